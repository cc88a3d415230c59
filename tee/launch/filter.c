// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Arguments are compared with all their 64 bits: a descriptor with rubbish above bit 31, which the
 * kernel would ignore, matches no rule.
 */
#include <errno.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tee/launch/confine.h"
#include "wire/launch.h"

#define NUM(a) (sizeof(a) / sizeof((a)[0]))

struct rule {
	uint32_t action;
	int nr;
	unsigned int num_args;
	struct scmp_arg_cmp arg[3];
};

#define RULE0(action, name)                                                                        \
	{                                                                                          \
		action, SCMP_SYS(name), 0,                                                         \
		{                                                                                  \
			{ 0 }                                                                      \
		}                                                                                  \
	}
#define ALLOW(name) RULE0(SCMP_ACT_ALLOW, name)
#define RULE1(action, name, a0)                                                                    \
	{                                                                                          \
		action, SCMP_SYS(name), 1,                                                         \
		{                                                                                  \
			a0                                                                         \
		}                                                                                  \
	}
#define RULE2(action, name, a0, a1)                                                                \
	{                                                                                          \
		action, SCMP_SYS(name), 2,                                                         \
		{                                                                                  \
			a0, a1                                                                     \
		}                                                                                  \
	}
#define RULE3(action, name, a0, a1, a2)                                                            \
	{                                                                                          \
		action, SCMP_SYS(name), 3,                                                         \
		{                                                                                  \
			a0, a1, a2                                                                 \
		}                                                                                  \
	}
#define ARG_IS(n, value)                                                                           \
	{                                                                                          \
		(n), SCMP_CMP_EQ, (scmp_datum_t)(value), 0                                         \
	}
#define ARG_BITS(n, mask, value)                                                                   \
	{                                                                                          \
		(n), SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value)               \
	}
/* The n's bits from @low up are @value: the descriptors [value, value + low). */
#define FD_RANGE(low, value) ARG_BITS(0, ~((scmp_datum_t)(low)-1), value)

/* What both the C library and libutee use; the others reach further into the kernel. */
#define FUTEX_RULE(op)                                                                             \
	RULE1(SCMP_ACT_ALLOW, futex,                                                               \
	      ARG_BITS(1, ~(scmp_datum_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME), op))
#define MADVISE_RULE(advice) RULE1(SCMP_ACT_ALLOW, madvise, ARG_IS(2, advice))

/* Anonymous memory counts against RLIMIT_DATA only when it is neither shared nor a stack. */
#define MAP_UNCOUNTED (MAP_SHARED | MAP_GROWSDOWN | MAP_HUGETLB | MAP_LOCKED)
#define MAP_REFUSED (MAP_GROWSDOWN | MAP_HUGETLB | MAP_LOCKED | MAP_ANONYMOUS)

#define CODE_PROT ARG_BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)
#define CODE_FLAGS ARG_BITS(3, MAP_REFUSED, 0)
#define LIBRARY_FDS(n)                                                                             \
	ARG_BITS(n, ~((scmp_datum_t)LAUNCH_MAX_LIBRARIES - 1), CONFINE_FD_LIBRARY)

static const struct rule rules[] = {
	FUTEX_RULE(FUTEX_WAIT),
	FUTEX_RULE(FUTEX_WAKE),
	FUTEX_RULE(FUTEX_WAKE_OP),
	FUTEX_RULE(FUTEX_WAIT_BITSET),
	FUTEX_RULE(FUTEX_WAKE_BITSET),
	/* The system's clocks and its own; other numbers are other processes' times. */
	RULE1(SCMP_ACT_ALLOW, clock_gettime, ARG_BITS(0, ~(scmp_datum_t)15, 0)),
	ALLOW(gettimeofday),
	ALLOW(getrandom),
	/* libcrypto asks whether it was forked before it gives random bytes. */
	ALLOW(getpid),
	ALLOW(brk),
	ALLOW(munmap),
	/* It would grow the stack's mapping past every limit; realloc does without. */
	RULE0(SCMP_ACT_ERRNO(ENOMEM), mremap),
	/* For root some advice breaks memory for good, and merging pages tells what is in others'. */
	MADVISE_RULE(MADV_NORMAL),
	MADVISE_RULE(MADV_DONTNEED),
	MADVISE_RULE(MADV_FREE),
	MADVISE_RULE(MADV_HUGEPAGE),
	MADVISE_RULE(MADV_NOHUGEPAGE),
	ALLOW(sched_yield),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(exit),
	ALLOW(exit_group),
	RULE2(SCMP_ACT_ALLOW, mmap, ARG_BITS(2, PROT_EXEC, 0),
	      ARG_BITS(3, MAP_UNCOUNTED | MAP_ANONYMOUS, MAP_ANONYMOUS)),
	RULE2(SCMP_ACT_ALLOW, mmap, ARG_BITS(2, PROT_EXEC, 0), ARG_BITS(3, MAP_REFUSED, 0)),
	RULE1(SCMP_ACT_ALLOW, mprotect, ARG_BITS(2, PROT_EXEC, 0)),
	/*
	 * Code comes from the sealed image, and never writable: not even a private copy. Anonymous memory
	 * would be mapped too, whatever the descriptor.
	 */
	RULE3(SCMP_ACT_ALLOW, mmap, CODE_PROT, CODE_FLAGS, ARG_IS(4, CONFINE_FD_IMAGE)),
	RULE1(SCMP_ACT_ALLOW, recvmsg, ARG_IS(0, CONFINE_FD_CTL)),
	RULE1(SCMP_ACT_ALLOW, read, ARG_IS(0, CONFINE_FD_IMAGE)),
	RULE1(SCMP_ACT_ALLOW, pread64, ARG_IS(0, CONFINE_FD_IMAGE)),
	RULE1(SCMP_ACT_ALLOW, fstat, ARG_IS(0, CONFINE_FD_IMAGE)),
	/* Not allowed but answered: with a path they would look at any file. */
	RULE0(SCMP_ACT_TRAP, newfstatat),
	RULE0(SCMP_ACT_TRAP, openat),
	/* The loader wants to know it when a folder that it searches has a relative path. */
	RULE0(SCMP_ACT_ERRNO(ENOENT), getcwd),
	/* Every descriptor below CONFINE_MAX_FDS but the image's, in ranges that a mask can say. */
	RULE1(SCMP_ACT_ERRNO(0), close, ARG_IS(0, CONFINE_FD_IMAGE)),
	RULE1(SCMP_ACT_ALLOW, close, FD_RANGE(2, 0)),
	RULE1(SCMP_ACT_ALLOW, close, ARG_IS(0, 2)),
	RULE1(SCMP_ACT_ALLOW, close, FD_RANGE(4, 4)),
	RULE1(SCMP_ACT_ALLOW, close, FD_RANGE(16, 16)),
	RULE1(SCMP_ACT_ALLOW, close, FD_RANGE(32, 32)),
	/* A stray printf isn't worth a death. */
	RULE1(SCMP_ACT_ERRNO(EBADF), write, ARG_IS(0, STDOUT_FILENO)),
	RULE1(SCMP_ACT_ERRNO(EBADF), write, ARG_IS(0, STDERR_FILENO)),
	RULE1(SCMP_ACT_ERRNO(EBADF), writev, ARG_IS(0, STDOUT_FILENO)),
	RULE1(SCMP_ACT_ERRNO(EBADF), writev, ARG_IS(0, STDERR_FILENO)),
};

/* What 8 to 15 are: of an instance without libraries ordinary descriptors, */
static const struct rule plain_rules[] = {
	RULE1(SCMP_ACT_ALLOW, close, FD_RANGE(8, 8)),
};

/* else those of libraries, as the image's is. */
static const struct rule library_rules[] = {
	RULE3(SCMP_ACT_ALLOW, mmap, CODE_PROT, CODE_FLAGS, LIBRARY_FDS(4)),
	RULE1(SCMP_ACT_ALLOW, read, LIBRARY_FDS(0)),
	RULE1(SCMP_ACT_ALLOW, pread64, LIBRARY_FDS(0)),
	RULE1(SCMP_ACT_ALLOW, fstat, LIBRARY_FDS(0)),
	RULE1(SCMP_ACT_ERRNO(0), close, LIBRARY_FDS(0)),
};
_Static_assert(CONFINE_FD_IMAGE == 3 && CONFINE_MAX_FDS == 64 && CONFINE_FD_LIBRARY == 8 &&
		       LAUNCH_MAX_LIBRARIES == 8,
	       "the rules for close");

static int read_program(int fd, struct confine_filter *f)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	f->prog.filter = malloc((size_t)st.st_size);
	if (!f->prog.filter)
		return -ENOMEM;
	n = pread(fd, f->prog.filter, (size_t)st.st_size, 0);
	if (n != st.st_size) {
		confine_filter_destroy(f);
		return -EIO;
	}
	f->prog.len = (unsigned short)((size_t)n / sizeof(struct sock_filter));
	return 0;
}

static int export(scmp_filter_ctx ctx, struct confine_filter *f)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = seccomp_export_bpf(ctx, fd);
	if (!ret)
		ret = read_program(fd, f);
	close(fd);
	return ret;
}

static int add_extras(scmp_filter_ctx ctx)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < confine_num_extras && !ret; i++)
		ret = seccomp_rule_add(ctx,
				       confine_extras[i].error ?
					       SCMP_ACT_ERRNO((uint32_t)confine_extras[i].error) :
					       SCMP_ACT_ALLOW,
				       confine_extras[i].nr, 0);
	return ret;
}

static int add_rules(scmp_filter_ctx ctx, const struct rule *rule, size_t num)
{
	int ret = 0;

	for (; num && !ret; num--, rule++)
		ret = seccomp_rule_add_array(ctx, rule->action, rule->nr, rule->num_args,
					     rule->arg);
	return ret;
}

int confine_filter_create(struct confine_filter *f, bool libraries)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	f->prog.filter = NULL;
	f->prog.len = 0;
	if (!ctx)
		return -ENOMEM;
	ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!ret)
		ret = add_rules(ctx, rules, NUM(rules));
	if (!ret)
		ret = libraries ? add_rules(ctx, library_rules, NUM(library_rules)) :
				  add_rules(ctx, plain_rules, NUM(plain_rules));
	if (!ret)
		ret = add_extras(ctx);
	if (!ret)
		ret = export(ctx, f);
	seccomp_release(ctx);
	return ret;
}

void confine_filter_destroy(struct confine_filter *f)
{
	free(f->prog.filter);
	f->prog.filter = NULL;
	f->prog.len = 0;
}
