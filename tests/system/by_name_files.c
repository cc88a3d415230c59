/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What programs do with descriptors, with those of devices among them; and /dev/trusty-ipc-dev0. Run by
 * `teelink run --preload`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "tests/system/by_name.h"
#include "tests/system/probe_ta.h"

#define ECHO_PORT "com.android.ipc-unittest.srv.echo"
#define LONG_MS 20000

static struct tee_ioctl_version_data vers;

static bool is_tee(int fd)
{
	return fd >= 0 && !ioctl(fd, TEE_IOC_VERSION, &vers);
}

static void duplicates_are_the_same_file(void **state)
{
	int fd = open("/dev/tee0", O_RDWR), a, b, c, null;
	uint32_t session = tee_open_session(fd);

	(void)state;
	a = dup(fd);
	b = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	assert_true(is_tee(a) && is_tee(b) && b >= 100);
	assert_int_equal(dup2(fd, fd), fd);
	assert_int_equal(dup3(fd, fd, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fcntl(fd, F_DUPFD, -1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(close(fd), 0);
	assert_true(tee_works(a, session));
	/* Over a file of another kind, and another kind of file over it. */
	null = open("/dev/null", O_RDWR);
	assert_int_equal(null, fd);
	assert_int_equal(dup2(a, null), null);
	assert_true(tee_works(null, session));
	c = open("/dev/null", O_RDWR);
	assert_int_equal(dup2(c, b), b);
	assert_false(is_tee(b));
	assert_int_equal(write(b, "x", 1), 1);
	assert_int_equal(dup3(a, c, O_CLOEXEC), c);
	assert_true(tee_works(c, session));
	/* What can't be duplicated replaces nothing. */
	assert_int_equal(close(b), 0);
	assert_int_equal(dup2(b, c), -1);
	assert_int_equal(errno, EBADF);
	assert_true(tee_works(c, session));
	/* The session goes with the last of them. */
	close(null);
	close(a);
	assert_true(tee_works(c, session));
	assert_int_equal(close(c), 0);
	fd = open("/dev/tee0", O_RDWR);
	assert_false(tee_works(fd, session));
	close(fd);
}

static void flags_are_kept(void **state)
{
	int fd = open("/dev/trusty-ipc-dev0", O_RDWR | O_NONBLOCK | O_CLOEXEC), on = 1, off = 0;
	char byte;

	(void)state;
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(ioctl(fd, FIONBIO, &off), 0);
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	assert_int_equal(ioctl(fd, FIONBIO, &on), 0);
	assert_int_equal(ioctl(fd, FIOCLEX), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ioctl(fd, TIPC_IOC_CONNECT, ECHO_PORT), 0);
	assert_int_equal(read(fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	close(fd);
}

/* Closes everything above the standard files, by @how; the devices can be opened again afterwards. */
static void close_all(void (*how)(void))
{
	int fd = open("/dev/tee0", O_RDWR), null = open("/dev/null", O_RDWR);
	uint32_t session = tee_open_session(fd);

	assert_true(tee_works(fd, session));
	how();
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(fcntl(null, F_GETFD), -1);
	/* The numbers' next files have nothing to do with the last ones. */
	assert_int_equal(open("/dev/null", O_RDWR), fd);
	assert_false(is_tee(fd));
	assert_int_equal(write(fd, "12345678", 8), 8);
	assert_true(tee_round());
	close(fd);
}

static void by_closefrom(void)
{
	closefrom(3);
}

static void by_close_range(void)
{
	assert_int_equal(close_range(3, 511, 0), 0);
	assert_int_equal(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), 0);
	assert_int_equal(close_range(512, ~0u, 0), 0);
	assert_int_equal(close_range(2, 1, 0), -1);
	assert_int_equal(errno, EINVAL);
}

static void by_a_loop(void)
{
	int fd;

	for (fd = 3; fd < 2048; fd++)
		close(fd);
}

static void all_is_closed_at_once(void **state)
{
	int fd = open("/dev/tee0", O_RDWR);
	uint32_t session = tee_open_session(fd);

	(void)state;
	assert_int_equal(dup2(fd, 200), 200);
	assert_int_equal(close_range(3, 199, 0), 0);
	assert_true(tee_works(200, session));
	assert_int_equal(close(200), 0);
	close_all(by_closefrom);
	close_all(by_close_range);
	close_all(by_a_loop);
}

/* The VM's own are out of reach, whichever they are. */
static void nothing_is_put_over_the_vms_own(void **state)
{
	int fd = open("/dev/tee0", O_RDWR), null = open("/dev/null", O_RDWR), i, busy = 0;
	uint32_t session = tee_open_session(fd);

	(void)state;
	for (i = 512; i < 600; i++)
		if (dup2(null, i) < 0 && errno == EBUSY)
			busy++;
	assert_true(busy > 0);
	assert_true(tee_works(fd, session));
	for (i = 512; i < 600; i++)
		close(i);
	assert_true(tee_works(fd, session));
	close(null);
	close(fd);
}

static int open_echo(int flags)
{
	int fd = open("/dev/trusty-ipc-dev0", O_RDWR | flags);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIPC_IOC_CONNECT, ECHO_PORT), 0);
	return fd;
}

static void messages_come_back(void **state)
{
	char text[] = "to and fro", in[32], a[4], b[28];
	struct iovec out_iov[2] = { { text, 3 }, { text + 3, 8 } };
	struct iovec in_iov[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
	extern ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);
	int fd = open_echo(0);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	assert_int_equal(read(fd, in, sizeof(in)), sizeof(text));
	assert_string_equal(in, text);
	assert_int_equal(writev(fd, out_iov, 2), sizeof(text));
	assert_int_equal(readv(fd, in_iov, 2), sizeof(text));
	assert_memory_equal(a, "to a", 4);
	assert_string_equal(b, "nd fro");
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(__read_chk(fd, in, 8, sizeof(in)), 1);
	close(fd);
	fd = open("/dev/trusty-ipc-dev0", O_RDWR);
	assert_int_equal(write(fd, text, 1), -1);
	assert_int_equal(errno, ENOTCONN);
	close(fd);
}

static void polls_take_both_kinds(void **state)
{
	struct timespec moment = { 0, 1000000 };
	int fd = open_echo(0), pipe_fd[2];
	struct pollfd p[3];
	char c;

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	p[0] = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = fd, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = -1, .events = POLLIN };
	assert_int_equal(poll(p, 3, 0), 0);
	assert_int_equal(ppoll(p, 3, &moment, NULL), 0);
	assert_int_equal(write(fd, "1", 1), 1);
	assert_int_equal(poll(p, 3, LONG_MS), 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(write(pipe_fd[1], "2", 1), 1);
	assert_int_equal(poll(p, 3, -1), 2);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(poll(p, 3, -1), 1);
	assert_int_equal(p[0].revents, POLLIN);
	close(pipe_fd[0]);
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(p[0].revents, POLLNVAL);
	close(pipe_fd[1]);
	assert_int_equal(poll(p + 1, 1, 0), 0);
	moment.tv_nsec = -1;
	assert_int_equal(ppoll(p + 1, 1, &moment, NULL), -1);
	assert_int_equal(errno, EINVAL);
	close(fd);
}

static void select_takes_both_kinds(void **state)
{
	struct timeval tv = { .tv_sec = LONG_MS / 1000 };
	int fd = open_echo(0), pipe_fd[2], max;
	fd_set in, out;
	char c;

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	max = pipe_fd[0] > fd ? pipe_fd[0] : fd;
	FD_ZERO(&in);
	FD_SET(fd, &in);
	FD_SET(pipe_fd[0], &in);
	out = in;
	FD_CLR(pipe_fd[0], &out);
	assert_int_equal(select(max + 1, &in, &out, NULL, &tv), 1);
	assert_true(FD_ISSET(fd, &out) && !FD_ISSET(fd, &in) && !FD_ISSET(pipe_fd[0], &in));
	assert_int_equal(write(fd, "1", 1), 1);
	FD_SET(fd, &in);
	FD_SET(pipe_fd[0], &in);
	assert_int_equal(select(max + 1, &in, NULL, NULL, &tv), 1);
	assert_true(FD_ISSET(fd, &in) && !FD_ISSET(pipe_fd[0], &in));
	assert_true(tv.tv_sec < LONG_MS / 1000);
	assert_int_equal(read(fd, &c, 1), 1);
	tv = (struct timeval){ .tv_usec = 1000 };
	assert_int_equal(select(max + 1, &in, NULL, NULL, &tv), 0);
	assert_false(FD_ISSET(fd, &in));
	assert_int_equal(tv.tv_sec + tv.tv_usec, 0);
	FD_SET(fd, &in);
	FD_SET(pipe_fd[1], &in);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	assert_int_equal(pselect(FD_SETSIZE, &in, NULL, NULL, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
	close(fd);
}

/* Two threads wait, each on the channel and a pipe: one of them leads, both see all of it. */
struct waiter {
	int fd, pipe_fd[2];
	pthread_t thread;
	int found;
};

static void *wait_both(void *arg)
{
	struct waiter *w = arg;
	struct pollfd p[2] = { { .fd = w->pipe_fd[0], .events = POLLIN },
			       { .fd = w->fd, .events = POLLIN } };

	if (poll(p, 2, LONG_MS) > 0)
		w->found = (p[0].revents ? 1 : 0) | (p[1].revents ? 2 : 0);
	return NULL;
}

static void waiters_dont_miss_each_others(void **state)
{
	struct waiter w[3] = { { 0 } };
	unsigned int round, i;
	char c;

	(void)state;
	for (i = 0; i < 3; i++) {
		w[i].fd = open_echo(0);
		assert_int_equal(pipe(w[i].pipe_fd), 0);
	}
	for (round = 0; round < 12; round++) {
		for (i = 0; i < 3; i++) {
			w[i].found = 0;
			assert_int_equal(pthread_create(&w[i].thread, NULL, wait_both, &w[i]), 0);
		}
		for (i = 0; i < 3; i++) {
			struct waiter *next = &w[(i + round) % 3];
			bool by_pipe = (round + i) % 2;
			int from = by_pipe ? next->pipe_fd[0] : next->fd;

			usleep(round * 100);
			assert_int_equal(write(by_pipe ? next->pipe_fd[1] : next->fd, "x", 1), 1);
			assert_int_equal(pthread_join(next->thread, NULL), 0);
			assert_int_equal(next->found, by_pipe ? 1 : 2);
			assert_int_equal(read(from, &c, 1), 1);
		}
	}
	for (i = 0; i < 3; i++) {
		close(w[i].fd);
		close(w[i].pipe_fd[0]);
		close(w[i].pipe_fd[1]);
	}
}

static int handled;

static void handle(int sig)
{
	(void)sig;
	handled++;
}

static void a_signal_ends_a_poll(void **state)
{
	struct sigaction sa = { .sa_handler = handle, .sa_flags = SA_RESTART };
	struct pollfd p = { .fd = open_echo(0), .events = POLLIN };
	sigset_t usr1, none;

	(void)state;
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigaction(SIGUSR1, &sa, NULL);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	assert_int_equal(ppoll(&p, 1, NULL, &none), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(handled, 1);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	close(p.fd);
}

static void what_has_no_poll_is_ready(void **state)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = open("/dev/tee0", O_RDWR), ep = epoll_create1(EPOLL_CLOEXEC), pipe_fd[2];
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	(void)state;
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, pipe_fd[0], &event), 0);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	close(ep);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duplicates_are_the_same_file),
		cmocka_unit_test(flags_are_kept),
		cmocka_unit_test(all_is_closed_at_once),
		cmocka_unit_test(nothing_is_put_over_the_vms_own),
		cmocka_unit_test(messages_come_back),
		cmocka_unit_test(polls_take_both_kinds),
		cmocka_unit_test(select_takes_both_kinds),
		cmocka_unit_test(waiters_dont_miss_each_others),
		cmocka_unit_test(a_signal_ends_a_poll),
		cmocka_unit_test(what_has_no_poll_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
