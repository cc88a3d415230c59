/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ctl.h"

struct out {
	struct list node;
	int fds[CTL_MAX_FDS];
	unsigned int num_fds;
	size_t len;
	uint8_t msg[];
};

static void out_free(struct out *out)
{
	while (out->num_fds)
		close(out->fds[--out->num_fds]);
	explicit_bzero(out->msg, out->len);
	free(out);
}

void outbox_init(struct outbox *box, unsigned int max)
{
	list_init(&box->msgs);
	box->num = 0;
	box->max = max;
	box->refused = NULL;
}

static struct out *take_first(struct outbox *box)
{
	box->num--;
	return list_entry(list_pop(&box->msgs), struct out, node);
}

void outbox_clear(struct outbox *box)
{
	while (box->num)
		out_free(take_first(box));
}

static int keep(struct outbox *box, const void *msg, size_t len, const int *fds, unsigned int num_fds)
{
	struct out *out;

	if (box->num == box->max || num_fds > CTL_MAX_FDS)
		return -ENOSPC;
	out = calloc(1, sizeof(*out) + len);
	if (!out)
		return -ENOMEM;
	memcpy(out->msg, msg, len);
	out->len = len;
	for (; out->num_fds < num_fds; out->num_fds++) {
		int fd = fcntl(fds[out->num_fds], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			out_free(out);
			return -EMFILE;
		}
		out->fds[out->num_fds] = fd;
	}
	list_add_tail(&box->msgs, &out->node);
	box->num++;
	return 0;
}

int outbox_send(struct outbox *box, int sock, const void *msg, size_t len, const int *fds,
		unsigned int num_fds)
{
	int ret = box->num ? -EAGAIN : ctl_send(sock, msg, len, fds, num_fds);

	return ret == -EAGAIN ? keep(box, msg, len, fds, num_fds) : ret;
}

bool outbox_flush(struct outbox *box, int sock)
{
	while (box->num) {
		struct out *out = list_entry(box->msgs.next, struct out, node);
		int ret = ctl_send(sock, out->msg, out->len, out->fds, out->num_fds);

		if (ret == -EAGAIN)
			return false;
		take_first(box);
		if (ret && box->refused)
			box->refused(box->refused_data, out->msg, ret);
		out_free(out);
	}
	return true;
}
