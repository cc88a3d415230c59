/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* /dev/tee0 by name: calls, shared memory, threads, fork. Run by `teelink run --preload`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/by_name.h"
#include "tests/system/probe_ta.h"
#include "wire/mipstee.h"

#define PAGE 4096u

static int open_tee(void)
{
	int fd = open("/dev/tee0", O_RDWR);

	assert_true(fd >= 0);
	return fd;
}

static bool by_optee(void)
{
	const char *driver = getenv("TEELINK_DRIVER");

	return driver && !strcmp(driver, "optee");
}

static void the_device_says_what_it_is(void **state)
{
	struct tee_ioctl_version_data vers = { 0 };
	int fd = open_tee();

	(void)state;
	assert_int_equal(ioctl(fd, TEE_IOC_VERSION, &vers), 0);
	assert_int_equal(vers.impl_id, by_optee() ? TEE_IMPL_ID_OPTEE : MIPSTEE_IMPL_ID);
	assert_true(vers.gen_caps & TEE_GEN_CAP_GP);
	errno = 0;
	assert_int_equal(ioctl(fd, TEE_IOC_VERSION, NULL), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(close(fd), 0);
	assert_int_equal(ioctl(fd, TEE_IOC_VERSION, &vers), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(close(fd), -1);
	assert_int_equal(errno, EBADF);
}

static void only_what_exists_is_found(void **state)
{
	static const char *const none[] = { "/dev/tee9", "/dev/teepriv9", "/dev/tee", "/dev/tee0x" };
	struct statx stx;
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(open(none[i], O_RDWR), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(stat(none[i], &st), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(access(none[i], F_OK), -1);
		assert_int_equal(errno, ENOENT);
	}
	assert_int_equal(stat("/dev/tee0", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(lstat("/dev/tee0", &st), 0);
	assert_int_equal(fstatat(AT_FDCWD, "/dev/tee0", &st, 0), 0);
	assert_int_equal(statx(AT_FDCWD, "/dev/tee0", 0, STATX_BASIC_STATS, &stx), 0);
	assert_true(S_ISCHR(stx.stx_mode));
	assert_int_equal(access("/dev/tee0", R_OK | W_OK), 0);
	assert_int_equal(faccessat(AT_FDCWD, "/dev/tee0", R_OK | W_OK, AT_EACCESS), 0);
	assert_int_equal(access("/dev/tee0", X_OK), -1);
	assert_int_equal(errno, EACCES);
	/* What is no device of ours is as it is. */
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_int_equal(access("/dev/null", R_OK), 0);
}

static void every_open_finds_it(void **state)
{
	extern int __open_2(const char *path, int flags), __open64_2(const char *path, int flags);
	extern int __openat_2(int dir, const char *path, int flags);
	extern int __openat64_2(int dir, const char *path, int flags);
	int fds[] = {
		open("/dev/tee0", O_RDWR),	       open64("/dev/tee0", O_RDWR),
		openat(-1, "/dev/tee0", O_RDWR),       openat64(-1, "/dev/tee0", O_RDWR),
		__open_2("/dev/tee0", O_RDWR),	       __open64_2("/dev/tee0", O_RDWR),
		__openat_2(-1, "/dev/tee0", O_RDWR), __openat64_2(-1, "/dev/tee0", O_RDWR),
	};
	struct tee_ioctl_version_data vers;
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		assert_true(fds[i] >= 0);
		assert_int_equal(ioctl(fds[i], TEE_IOC_VERSION, &vers), 0);
		assert_int_equal(fstat(fds[i], &st), 0);
		assert_true(S_ISCHR(st.st_mode));
		assert_int_equal(close(fds[i]), 0);
	}
	/* The third argument arrives where it is wanted. */
	fds[0] = open("/tmp", O_TMPFILE | O_RDWR, 0640);
	assert_true(fds[0] >= 0);
	assert_int_equal(fstat(fds[0], &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640u, 0);
	assert_true(st.st_mode & 0400);
	close(fds[0]);
}

/* As a supplicant does that is killed while it waits for requests. */
static void the_privileged_device(void **state)
{
	union {
		struct tee_iocl_supp_recv_arg arg;
		uint8_t bytes[sizeof(struct tee_iocl_supp_recv_arg) +
			      5 * sizeof(struct tee_ioctl_param)];
	} buf = { .bytes = { 0 } };
	struct tee_ioctl_buf_data data = { .buf_ptr = (uintptr_t)&buf, .buf_len = sizeof(buf) };
	struct tee_ioctl_version_data vers;
	int pipe_fd[2], fd, status;
	pid_t pid;
	char c;

	(void)state;
	if (!by_optee()) {
		assert_int_equal(open("/dev/teepriv0", O_RDWR), -1);
		assert_int_equal(errno, ENOENT);
		return;
	}
	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (!pid) {
		fd = open("/dev/teepriv0", O_RDWR);
		if (fd < 0 || ioctl(fd, TEE_IOC_VERSION, &vers) ||
		    !(vers.gen_caps & TEE_GEN_CAP_PRIVILEGED) || write(pipe_fd[1], "x", 1) != 1)
			_exit(1);
		buf.arg.num_params = 5;
		ioctl(fd, TEE_IOC_SUPPL_RECV, &data);
		_exit(2);
	}
	close(pipe_fd[1]);
	assert_int_equal(read(pipe_fd[0], &c, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	close(pipe_fd[0]);
}

/* One byte of @n at @p, and its sum from the TA. */
static uint32_t sum(int fd, uint32_t session, int32_t id, size_t n, uint32_t *result)
{
	struct tee_ioctl_param p[4] = {
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, .b = n, .c = (uint32_t)id },
		{ 0 },
		{ 0 },
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
	};
	int ret = tee_invoke(fd, session, PROBE_MEMORY, p, result);

	if (ret)
		*result = (uint32_t)ret;
	return (uint32_t)p[3].a;
}

/* As client libraries do that close the descriptor at once: the mapping keeps the memory. */
static void memory_lives_while_it_is_mapped(void **state)
{
	static const size_t sizes[] = { 100, PAGE, 3 * PAGE, 1u << 20 };
	int fd = open_tee(), shm_fd, again;
	uint32_t session = tee_open_session(fd), result;
	int32_t id, other;
	uint8_t *p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		shm_fd = tee_shm_alloc(fd, sizes[i], &id);
		assert_true(shm_fd >= 0);
		p = mmap(NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_SHARED, shm_fd, 0);
		assert_true(p != MAP_FAILED);
		assert_int_equal(close(shm_fd), 0);
		/* Not given to anybody else. */
		again = tee_shm_alloc(fd, sizes[i], &other);
		assert_true(again >= 0);
		assert_int_not_equal(other, id);
		assert_int_equal(close(again), 0);
		memset(p, 1, sizes[i]);
		assert_int_equal(sum(fd, session, id, sizes[i], &result), sizes[i]);
		assert_int_equal(result, 0);
		assert_int_equal(munmap(p, sizes[i]), 0);
		sum(fd, session, id, sizes[i], &result);
		assert_int_equal(result, (uint32_t)-EINVAL);
	}
	assert_int_equal(close(fd), 0);
}

static void pieces_are_unmapped_one_by_one(void **state)
{
	int fd = open_tee(), shm_fd;
	uint32_t session = tee_open_session(fd), result;
	int32_t id;
	uint8_t *p;

	(void)state;
	shm_fd = tee_shm_alloc(fd, 4 * PAGE, &id);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shm_fd, 0);
	assert_true(p != MAP_FAILED);
	close(shm_fd);
	memset(p, 1, 4 * PAGE);
	assert_int_equal(munmap(p + PAGE, PAGE), 0);
	assert_int_equal(munmap(p, PAGE), 0);
	assert_int_equal(munmap(p + 3 * PAGE, PAGE), 0);
	assert_int_equal(sum(fd, session, id, 4 * PAGE, &result), 4 * PAGE);
	assert_int_equal(p[2 * PAGE], 1);
	assert_int_equal(munmap(p + 2 * PAGE, PAGE), 0);
	sum(fd, session, id, PAGE, &result);
	assert_int_equal(result, (uint32_t)-EINVAL);
	/* As for other files: */
	shm_fd = tee_shm_alloc(fd, PAGE, &id);
	assert_true(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, shm_fd, 0) == MAP_FAILED);
	assert_true(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, shm_fd, PAGE) == MAP_FAILED);
	assert_true(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(munmap(p, PAGE), 0);
	close(shm_fd);
	close(fd);
}

static void a_forked_child_has_none_of_it(void **state)
{
	int fd = open_tee(), status;
	uint32_t session = tee_open_session(fd);
	struct tee_ioctl_version_data vers;
	int32_t id;
	int shm_fd = tee_shm_alloc(fd, PAGE, &id);
	uint8_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shm_fd, 0);
	pid_t pid;

	(void)state;
	assert_true(p != MAP_FAILED);
	pid = fork();
	if (!pid) {
		bool well = ioctl(fd, TEE_IOC_VERSION, &vers) == -1 && errno == EIO;

		well &= mmap(NULL, PAGE, PROT_READ, MAP_SHARED, shm_fd, 0) == MAP_FAILED;
		well &= !munmap(p, PAGE) && !close(shm_fd) && !close(fd);
		well &= close(fd) == -1 && errno == EBADF;
		/* A machine of its own, by all numbers that the parent uses. */
		well &= tee_round() && tee_round();
		_exit(well ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(tee_works(fd, session));
	/* What vfork's child does with descriptors is its own affair. */
	pid = vfork();
	if (!pid) {
		close(fd);
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(tee_works(fd, session));
	munmap(p, PAGE);
	close(shm_fd);
	close(fd);
}

static void an_exec_closes_it(void **state)
{
	char path[32], name[] = "test", option[] = "-e";
	char *argv[] = { name, option, path, NULL };
	int fd = open_tee(), status;
	pid_t pid;

	(void)state;
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	pid = fork();
	if (!pid) {
		/* The sanitizers' runtimes aren't in other programs. */
		unsetenv("LD_PRELOAD");
		execv("/usr/bin/test", argv);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	close(fd);
}

static void *rounds(void *arg)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		int null = open("/dev/null", O_RDWR);

		if (!tee_round() || write(null, "x", 1) != 1 || close(null))
			return NULL;
	}
	return arg;
}

static void threads_dont_mix_their_files_up(void **state)
{
	pthread_t t[6];
	unsigned int i;
	void *ret;


	for (i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&t[i], NULL, rounds, state), 0);
	for (i = 0; i < 6; i++) {
		assert_int_equal(pthread_join(t[i], &ret), 0);
		assert_non_null(ret);
	}
}

/* Children are made while other threads hold every lock there is. */
static void fork_in_the_midst_of_it(void **state)
{
	unsigned int i, done = 0;
	pthread_t t[3];
	void *ret;


	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, rounds, state), 0);
	for (i = 0; i < 20; i++) {
		int status, fd = open_tee();
		pid_t pid = fork();

		if (!pid)
			_exit(close(fd));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done += !status;
		close(fd);
	}
	assert_int_equal(done, 20);
	for (i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(t[i], &ret), 0);
		assert_non_null(ret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_says_what_it_is),
		cmocka_unit_test(only_what_exists_is_found),
		cmocka_unit_test(every_open_finds_it),
		cmocka_unit_test(the_privileged_device),
		cmocka_unit_test(memory_lives_while_it_is_mapped),
		cmocka_unit_test(pieces_are_unmapped_one_by_one),
		cmocka_unit_test(a_forked_child_has_none_of_it),
		cmocka_unit_test(an_exec_closes_it),
		cmocka_unit_test(threads_dont_mix_their_files_up),
		cmocka_unit_test(fork_in_the_midst_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
