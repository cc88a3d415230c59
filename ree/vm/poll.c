/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* poll(2) and ppoll(2) on open files, for the latter among descriptors of other kinds. */
#include "ree/vm/node.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "ree/vm/file.h"
#include "ree/vm/vm_internal.h"

/* What holds of a file that has no such operation. */
#define ALWAYS_READY (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)

struct polled {
	struct open_file *of;
	short wanted;
	short *revents;
};

struct poll_set {
	struct polled *files;
	nfds_t num;
};

static short file_ready(struct open_file *of, short wanted)
{
	int mask = of->ops->poll ? of->ops->poll(&of->f) : ALWAYS_READY;

	return (short)(mask & (wanted | POLLERR | POLLHUP));
}

static bool any_ready(void *arg)
{
	const struct poll_set *set = arg;
	bool any = false;
	nfds_t i;

	for (i = 0; i < set->num; i++) {
		const struct polled *p = &set->files[i];

		*p->revents = file_ready(p->of, p->wanted);
		any |= *p->revents != 0;
	}
	return any;
}

int node_poll(int fd, short events, int timeout_ms)
{
	struct polled p = { .wanted = events };
	struct poll_set set = { &p, 1 };
	short revents = 0;

	p.of = file_get(fd);
	if (!p.of)
		return -EBADF;
	p.revents = &revents;
	if (!any_ready(&set)) {
		struct ree_vm *vm = p.of->f.vm;

		if (timeout_ms)
			ree_vm_wait(vm, any_ready, &set, timeout_ms < 0 ? 0 : (unsigned int)timeout_ms);
		else
			ree_vm_poll_irq(vm);
		any_ready(&set);
		if (!revents && ree_vm_dead(vm))
			revents = POLLERR;
	}
	file_put(p.of);
	return revents;
}

/* Both halves of a ppoll: our files, and everybody else's descriptors with room for the wait's. */
static int split(struct pollfd *fds, nfds_t num, struct poll_set *set, struct pollfd *others)
{
	nfds_t i;

	for (i = 0; i < num; i++) {
		struct open_file *of = file_get(fds[i].fd);

		others[i] = fds[i];
		others[i].revents = fds[i].revents = 0;
		if (!of)
			continue;
		others[i].fd = -1;
		set->files[set->num++] = (struct polled){ of, fds[i].events, &fds[i].revents };
	}
	return set->num ? 0 : -EBADF;
}

/* Milliseconds for ree_vm_wait, rounded up so that nobody comes back early: 0 for ever, or -1 not at all. */
static int wait_ms(const struct timespec *timeout)
{
	long ms;

	if (!timeout)
		return 0;
	if (timeout->tv_sec >= INT_MAX / 1000)
		return INT_MAX;
	ms = timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000;
	return ms ? (int)ms : -1;
}

/* What holds now, of all of them. */
static int look(struct poll_set *set, struct ree_vm_others *others)
{
	const struct timespec now = { 0 };
	bool ready = any_ready(set);

	if (ppoll(others->fds, others->num, &now, others->mask) >= 0)
		return 0;
	return errno == EINTR && ready ? 0 : -errno;
}

/* Files that wait are of one VM, the current one: others have hung up and are ready. */
static int wait_for_any(struct poll_set *set, struct ree_vm_others *others,
			const struct timespec *timeout)
{
	struct ree_vm *vm = set->files[0].of->f.vm;
	int ms = wait_ms(timeout);
	int waited = 0, ret;

	if (ms < 0)
		ree_vm_poll_irq(vm);
	else if (!any_ready(set))
		waited = ree_vm_wait_others(vm, any_ready, set, (unsigned int)ms, others);
	if (waited && waited != -ETIMEDOUT && waited != -EIO)
		return waited;
	ret = look(set, others);
	if (waited == -EIO)
		*set->files[0].revents |= POLLERR;
	return ret;
}

int node_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)
{
	struct ree_vm_others others = { .num = num, .mask = mask };
	struct poll_set set = { .num = 0 };
	struct rlimit limit;
	int ret = -ENOMEM, ready = 0;
	nfds_t i;

	if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec > 999999999))
		return -EINVAL;
	if (getrlimit(RLIMIT_NOFILE, &limit) || num + REE_VM_WAIT_FDS > limit.rlim_cur)
		return -EINVAL;
	others.fds = calloc(num + REE_VM_WAIT_FDS, sizeof(*others.fds));
	set.files = calloc(num + 1, sizeof(*set.files));
	if (!others.fds || !set.files)
		goto out;
	ret = split(fds, num, &set, others.fds);
	if (!ret)
		ret = wait_for_any(&set, &others, timeout);
	for (i = 0; i < set.num; i++)
		file_put(set.files[i].of);
	for (i = 0; !ret && i < num; i++) {
		if (others.fds[i].fd >= 0)
			fds[i].revents = others.fds[i].revents;
		ready += fds[i].revents != 0;
	}
out:
	free(set.files);
	free(others.fds);
	return ret ? ret : ready;
}
