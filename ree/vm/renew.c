/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A file in the place of one whose machine is gone. */
#include <errno.h>

#include "ree/vm/file.h"
#include "ree/vm/vm_internal.h"

/* The file that @fd stands for after all that has superseded it; @fd moves there. */
static struct open_file *newest(int *fd)
{
	struct open_file *of = file_get(*fd);
	int newer = of ? file_newer(of) : -1;

	while (newer >= 0) {
		file_put(of);
		*fd = newer;
		of = file_get(newer);
		newer = of ? file_newer(of) : -1;
	}
	return of;
}

/* Not an inherited one, nor one whose number the program may have given to a file of its own. */
static bool renewable(const struct open_file *of, bool (*usable)(struct ree_vm *vm))
{
	return !file_is_orphan(of) && vm_owns_fds(of->f.vm) && !usable(of->f.vm);
}

int file_renew(int fd, bool (*usable)(struct ree_vm *vm), int (*open)(const char *name, int flags))
{
	struct open_file *of = newest(&fd);
	int new_fd, ret;

	if (!of)
		return -EBADF;
	if (!renewable(of, usable)) {
		file_put(of);
		return fd;
	}
	new_fd = open(of->node, of->f.flags);
	file_put(of);
	if (new_fd < 0)
		return new_fd;
	ret = file_supersede(fd, new_fd);
	if (ret)
		node_close(new_fd);
	return ret ? ret : new_fd;
}
