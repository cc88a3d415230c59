/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A TA that tries to get out. HOSTILE_CTOR_MISDEED (a define of the build) makes an image that tries one
 * misdeed in a constructor and remembers how it went: its OpenSession answers that.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <tee_internal_api.h>

#include "tests/system/probe_ta.h"

static TEE_Result constructed = TEE_SUCCESS;

static TEE_Result went(long ret)
{
	return ret >= 0 ? TEE_SUCCESS : TEE_ERROR_ACCESS_DENIED;
}

static TEE_Result send_on_all(void)
{
	struct iovec iov = { .iov_base = &iov, .iov_len = sizeof(iov) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	TEE_Result res = TEE_ERROR_ACCESS_DENIED;
	int fd;

	for (fd = 0; fd < 64; fd++)
		if (syscall(SYS_sendmsg, fd, &mh, MSG_NOSIGNAL) >= 0)
			res = TEE_SUCCESS;
	return res;
}

static TEE_Result write_on_all(void)
{
	TEE_Result res = TEE_ERROR_ACCESS_DENIED;
	int fd;

	for (fd = 3; fd < 64; fd++)
		if (syscall(SYS_write, fd, "x", 1L) >= 0)
			res = TEE_SUCCESS;
	return res;
}

static TEE_Result run_own_code(bool change)
{
	int prot = change ? PROT_READ | PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC;
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return TEE_ERROR_ACCESS_DENIED;
	return change ? went(mprotect(p, 4096, PROT_READ | PROT_EXEC)) : TEE_SUCCESS;
}

static TEE_Result read_parent(void)
{
	uint8_t byte;
	struct iovec here = { .iov_base = &byte, .iov_len = 1 };
	struct iovec there = { .iov_base = (void *)0x400000, .iov_len = 1 };

	return went(syscall(SYS_process_vm_readv, 1, &here, 1L, &there, 1L, 0L));
}

static TEE_Result try_map(size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, -1, 0) == MAP_FAILED ? TEE_ERROR_ACCESS_DENIED : TEE_SUCCESS;
}

static TEE_Result grow_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~4095ul;

	return went(syscall(SYS_mremap, here, 4096L, 1L << 30, 1L));
}

static TEE_Result advise(int advice)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return TEE_ERROR_ACCESS_DENIED;
	*(volatile char *)p = 1;
	return went(madvise(p, 4096, advice));
}

static TEE_Result change_code(void)
{
	uintptr_t code = (uintptr_t)change_code & ~4095ul;

	return mprotect((void *)code, 4096, PROT_READ | PROT_WRITE) ?
		       TEE_ERROR_ACCESS_DENIED :
		       went(mprotect((void *)code, 4096, PROT_READ | PROT_EXEC));
}

static TEE_Result replace_image(void)
{
	struct stat before, after;

	if (fstat(3, &before) || syscall(SYS_close, 3))
		return TEE_ERROR_ACCESS_DENIED;
	return fstat(3, &after) || after.st_ino != before.st_ino ? TEE_SUCCESS :
								   TEE_ERROR_ACCESS_DENIED;
}

/* Past a limit, or around one. */
static TEE_Result misuse_memory(uint32_t misdeed)
{
	const int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;
	uint32_t word = 0;

	switch (misdeed) {
	case HOSTILE_SHARED_ANON:
		return try_map(1ul << 30, rw, MAP_SHARED | MAP_ANONYMOUS);
	case HOSTILE_GROWSDOWN:
		return try_map(1ul << 30, rw, private | MAP_GROWSDOWN);
	case HOSTILE_MREMAP_STACK:
		return grow_stack();
	case HOSTILE_HUGETLB:
		return try_map(2ul << 20, rw, private | MAP_HUGETLB);
	case HOSTILE_READ_SPACE:
		return try_map(1ul << 40, PROT_READ, private | MAP_NORESERVE);
	case HOSTILE_HWPOISON:
		return advise(MADV_HWPOISON);
	case HOSTILE_MERGEABLE:
		return advise(MADV_MERGEABLE);
	case HOSTILE_FUTEX_PI:
		return went(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0L, NULL, NULL, 0L));
	case HOSTILE_PARENT_CLOCK:
		/* clock_getcpuclockid(3)'s number for process 1 */
		return went(syscall(SYS_clock_gettime, (long)(~1u << 3 | 2u), &(struct timespec){ 0 }));
	case HOSTILE_IMAGE_WRITE:
		return change_code();
	case HOSTILE_PRIVATE:
		return try_map(1ul << 30, rw, private);
	case HOSTILE_ANON_EXEC:
		return went((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, 3, 0));
	case HOSTILE_REPLACE_IMAGE:
		return replace_image();
	case HOSTILE_STAT:
		return went(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &(struct stat){ 0 }, 0));
	case HOSTILE_LIBRARY_EXEC:
		return went((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, 8, 0));
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}

static TEE_Result misbehave(uint32_t misdeed)
{
	char *const argv[] = { NULL };

	switch (misdeed) {
	case HOSTILE_OPEN:
#ifdef SYS_open
		return went(syscall(SYS_open, "/etc/passwd", O_RDONLY, 0));
#endif
	case HOSTILE_OPENAT:
		return went(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
	case HOSTILE_PROC_MEM:
		return went(syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR, 0));
	case HOSTILE_SOCKET:
		return went(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	case HOSTILE_FORK:
		return went(syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L));
	case HOSTILE_CLONE:
		return went(syscall(SYS_clone3, NULL, 0L));
	case HOSTILE_EXECVE:
		return went(syscall(SYS_execve, "/bin/true", argv, argv));
	case HOSTILE_PTRACE:
		return went(syscall(SYS_ptrace, PTRACE_TRACEME, 0L, 0L, 0L));
	case HOSTILE_KILL:
		return went(syscall(SYS_kill, -1, 0));
	case HOSTILE_MMAP_EXEC:
		return run_own_code(false);
	case HOSTILE_MPROTECT_EXEC:
		return run_own_code(true);
	case HOSTILE_MEMFD:
		return went(syscall(SYS_memfd_create, "x", 0));
	case HOSTILE_IO_URING:
		return went(syscall(SYS_io_uring_setup, 1, NULL));
	case HOSTILE_PROCESS_VM:
		return read_parent();
	case HOSTILE_SENDMSG:
		return send_on_all();
	case HOSTILE_WRITE:
		return write_on_all();
	case HOSTILE_USERFAULTFD:
		return went(syscall(SYS_userfaultfd, 1));
	case HOSTILE_BPF:
		return went(syscall(SYS_bpf, 0, NULL, 0));
	case HOSTILE_SHMGET:
		return went(syscall(SYS_shmget, 0, 4096, 0));
	case HOSTILE_PRCTL:
		return went(syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
	default:
		return misuse_memory(misdeed);
	}
}

#ifdef HOSTILE_CTOR_MISDEED
__attribute__((constructor)) static void misbehave_early(void)
{
	constructed = misbehave(HOSTILE_CTOR_MISDEED) == TEE_SUCCESS ? TEE_ERROR_SECURITY :
								       TEE_ERROR_ACCESS_DENIED;
}
#endif

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

/* SECURITY: the constructor's misdeed went through; ACCESS_DENIED: it was refused. */
TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)types;
	(void)params;
	(void)context;
	return constructed;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types, TEE_Param params[4])
{
	(void)context;
	(void)types;
	(void)params;
	return misbehave(cmd);
}
