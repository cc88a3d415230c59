// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/optee_name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int optee_name_make_folders(int at, char *path, bool all)
{
	char *slash = path;
	int ret = 0;

	while (!ret && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		ret = mkdirat(at, path, 0700) && errno != EEXIST ? errno : 0;
		*slash = '/';
	}
	if (!ret && all)
		ret = mkdirat(at, path, 0700) && errno != EEXIST ? errno : 0;
	return ret;
}

int optee_name_take(const struct optee_arg *arg, char name[PATH_MAX])
{
	size_t size = arg->param->b < PATH_MAX - 3 ? arg->param->b : PATH_MAX - 3;
	const char *part;

	if (!arg->shm_buf)
		return EINVAL;
	memcpy(name, "./", 2);
	memcpy(name + 2, arg->shm_buf, size);
	name[2 + size] = '\0';
	/* It ends within what came. */
	if (strlen(name + 2) == size)
		return EINVAL;
	for (part = name + 2; part; part = strchr(part, '/')) {
		part += strspn(part, "/");
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return EINVAL;
	}
	return 0;
}
