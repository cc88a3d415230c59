/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/preload/preload.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include <teelink/dev.h>

bool preload_is_node(const char *path)
{
	static const char *const names[] = { "/dev/tee", "/dev/teepriv", "/dev/trusty-ipc-dev" };
	size_t i;

	/* Most paths end here. */
	if (!path || strncmp(path, "/dev/t", 6))
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(path, names[i], len) && path[len] &&
		    !path[len + strspn(path + len, "0123456789")])
			return true;
	}
	return false;
}

bool preload_owns(int fd)
{
	return teelink_dev()->owns(fd);
}

int preload_enter(void)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	return old;
}

long preload_leave(int cancel_state, long ret)
{
	pthread_setcancelstate(cancel_state, NULL);
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}

int preload_other(int fd)
{
	int saved = errno;

	if (fd >= 0 && preload_owns(fd)) {
		int old = preload_enter();

		teelink_dev()->forget((unsigned int)fd, (unsigned int)fd);
		preload_leave(old, 0);
		errno = saved;
	}
	return fd;
}
