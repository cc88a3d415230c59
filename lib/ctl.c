/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/ctl.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union ctl_cmsg {
	char buf[CMSG_SPACE(sizeof(int) * CTL_MAX_FDS)];
	struct cmsghdr align;
};

int ctl_send(int sock, const void *msg, size_t len, const int *fds, unsigned int num_fds)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)msg, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union ctl_cmsg control;
	ssize_t n;

	if (num_fds > CTL_MAX_FDS)
		return -EINVAL;
	if (num_fds) {
		struct cmsghdr *cm;

		memset(&control, 0, sizeof(control));
		mh.msg_control = control.buf;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * num_fds);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * num_fds);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * num_fds);
	}
	do {
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static unsigned int take_fds(struct msghdr *mh, int *out)
{
	struct cmsghdr *cm;
	unsigned int n = 0;

	for (cm = CMSG_FIRSTHDR(mh); cm; cm = CMSG_NXTHDR(mh, cm)) {
		size_t bytes;

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = cm->cmsg_len - CMSG_LEN(0);
		if (bytes > (CTL_MAX_FDS - n) * sizeof(int))
			bytes = (CTL_MAX_FDS - n) * sizeof(int);
		memcpy(out + n, CMSG_DATA(cm), bytes);
		n += (unsigned int)(bytes / sizeof(int));
	}
	return n;
}

ssize_t ctl_recv(int sock, void *msg, size_t size, int *fds, unsigned int *num_fds)
{
	struct iovec iov = { .iov_base = msg, .iov_len = size };
	union ctl_cmsg control;
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	int got[CTL_MAX_FDS];
	unsigned int room = num_fds ? *num_fds : 0;
	unsigned int n, i;
	ssize_t len;

	if (num_fds)
		*num_fds = 0;
	do {
		len = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	n = take_fds(&mh, got);
	if (n > room || (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (i = 0; i < n; i++)
			close(got[i]);
		return (mh.msg_flags & MSG_TRUNC) ? -EMSGSIZE : -EPROTO;
	}
	if (n)
		memcpy(fds, got, n * sizeof(int));
	if (num_fds)
		*num_fds = n;
	return len;
}

int ctl_pair(int sock[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) ? -errno : 0;
}
