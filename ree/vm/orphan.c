/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What a file does that has lost its VM: it fails. */
#include "ree/vm/file.h"

#include <errno.h>
#include <poll.h>

static int orphan_ioctl(struct node_file *file, unsigned int cmd, void *arg)
{
	(void)file;
	(void)cmd;
	(void)arg;
	return -EIO;
}

static int orphan_mmap(struct node_file *file, size_t len, int prot, void **addr)
{
	(void)file;
	(void)len;
	(void)prot;
	(void)addr;
	return -EIO;
}

static ssize_t orphan_transfer(struct node_file *file, const struct iovec *iov, int iovcnt)
{
	(void)file;
	(void)iov;
	(void)iovcnt;
	return -EIO;
}

static short orphan_poll(struct node_file *file)
{
	(void)file;
	return POLLERR | POLLHUP;
}

const struct node_ops file_orphan_ops = {
	.ioctl = orphan_ioctl,
	.mmap = orphan_mmap,
	.read = orphan_transfer,
	.write = orphan_transfer,
	.poll = orphan_poll,
};
