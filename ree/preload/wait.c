/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* poll, select and epoll. */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "ree/preload/preload.h"
#include "ree/preload/real.h"

PRELOAD_EXPORT int __poll_chk(struct pollfd *fds, nfds_t num, int timeout_ms, size_t size);
PRELOAD_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
			       const sigset_t *mask, size_t size);

static bool owns_any(const struct pollfd *fds, nfds_t num)
{
	nfds_t i;

	for (i = 0; i < num; i++)
		if (preload_owns(fds[i].fd))
			return true;
	return false;
}

static int ppoll_nodes(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
		       const sigset_t *mask)
{
	int old = preload_enter();

	return (int)preload_leave(old, teelink_dev()->ppoll(fds, num, timeout, mask));
}

static int poll_nodes(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	struct timespec ts = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	return ppoll_nodes(fds, num, timeout_ms < 0 ? NULL : &ts, NULL);
}

PRELOAD_EXPORT int poll(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	if (!owns_any(fds, num))
		return real()->poll(fds, num, timeout_ms);
	return poll_nodes(fds, num, timeout_ms);
}

/* If @size is too small for @num the C library says so. */
int __poll_chk(struct pollfd *fds, nfds_t num, int timeout_ms, size_t size)
{
	if (size / sizeof(*fds) < num || !owns_any(fds, num))
		return real()->poll_chk(fds, num, timeout_ms, size);
	return poll_nodes(fds, num, timeout_ms);
}

PRELOAD_EXPORT int ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
			 const sigset_t *mask)
{
	if (!owns_any(fds, num))
		return real()->ppoll(fds, num, timeout, mask);
	return ppoll_nodes(fds, num, timeout, mask);
}

int __ppoll_chk(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
		const sigset_t *mask, size_t size)
{
	if (size / sizeof(*fds) < num || !owns_any(fds, num))
		return real()->ppoll_chk(fds, num, timeout, mask, size);
	return ppoll_nodes(fds, num, timeout, mask);
}

/* select's three sets; any may be NULL. */
struct fd_sets {
	fd_set *in, *out, *except;
};

static bool is_in(int fd, const fd_set *set)
{
	return set && FD_ISSET(fd, set);
}

static short wanted(const struct fd_sets *sets, int fd)
{
	return (short)((is_in(fd, sets->in) ? POLLIN : 0) | (is_in(fd, sets->out) ? POLLOUT : 0) |
		       (is_in(fd, sets->except) ? POLLPRI : 0));
}

static bool selects_any(int num, const struct fd_sets *sets)
{
	int fd;

	for (fd = 0; fd < num && fd < FD_SETSIZE; fd++)
		if (wanted(sets, fd) && preload_owns(fd))
			return true;
	return false;
}

static int keep_if(int fd, fd_set *set, int holds)
{
	if (!is_in(fd, set))
		return 0;
	if (holds)
		return 1;
	FD_CLR(fd, set);
	return 0;
}

/* What poll found, in select's words. */
static int fill_sets(const struct fd_sets *sets, const struct pollfd *fds, nfds_t num)
{
	int bits = 0;
	nfds_t i;

	for (i = 0; i < num; i++) {
		int fd = fds[i].fd;

		bits += keep_if(fd, sets->in, fds[i].revents & (POLLIN | POLLHUP | POLLERR));
		bits += keep_if(fd, sets->out, fds[i].revents & (POLLOUT | POLLERR));
		bits += keep_if(fd, sets->except, fds[i].revents & POLLPRI);
	}
	return bits;
}

static int select_nodes(int max, const struct fd_sets *sets, const struct timespec *timeout,
			const sigset_t *mask)
{
	struct pollfd fds[FD_SETSIZE];
	nfds_t i, num = 0;
	int fd, ret;

	for (fd = 0; fd < max && fd < FD_SETSIZE; fd++) {
		fds[num] = (struct pollfd){ .fd = fd, .events = wanted(sets, fd) };
		num += fds[num].events != 0;
	}
	ret = ppoll_nodes(fds, num, timeout, mask);
	if (ret < 0)
		return ret;
	for (i = 0; i < num; i++) {
		if (!(fds[i].revents & POLLNVAL))
			continue;
		errno = EBADF;
		return -1;
	}
	return fill_sets(sets, fds, num);
}

PRELOAD_EXPORT int pselect(int num, fd_set *in, fd_set *out, fd_set *except,
			   const struct timespec *timeout, const sigset_t *mask)
{
	const struct fd_sets sets = { in, out, except };

	if (!selects_any(num, &sets))
		return real()->pselect(num, in, out, except, timeout, mask);
	return select_nodes(num, &sets, timeout, mask);
}

/* Linux tells in @timeout what is left of it. */
PRELOAD_EXPORT int select(int num, fd_set *in, fd_set *out, fd_set *except,
			  struct timeval *timeout)
{
	const struct fd_sets sets = { in, out, except };
	struct timespec ts, begin, end;
	struct timeval spent;
	int ret;

	if (!selects_any(num, &sets))
		return real()->select(num, in, out, except, timeout);
	if (!timeout)
		return select_nodes(num, &sets, NULL, NULL);
	if (timeout->tv_usec < 0 || timeout->tv_usec > 999999) {
		errno = EINVAL;
		return -1;
	}
	TIMEVAL_TO_TIMESPEC(timeout, &ts);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ret = select_nodes(num, &sets, &ts, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	spent.tv_sec = end.tv_sec - begin.tv_sec;
	spent.tv_usec = (end.tv_nsec - begin.tv_nsec) / 1000;
	if (spent.tv_usec < 0) {
		spent.tv_sec--;
		spent.tv_usec += 1000000;
	}
	if (timercmp(timeout, &spent, >))
		timersub(timeout, &spent, timeout);
	else
		timerclear(timeout);
	return ret;
}

/* As a file that can't be waited for: nobody takes the VM's interrupts while the program is elsewhere. */
PRELOAD_EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && preload_owns(fd)) {
		errno = EPERM;
		return -1;
	}
	return real()->epoll_ctl(epfd, op, fd, event);
}
