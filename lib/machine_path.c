/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/machine_path.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far above a program or library of ours the top of the build tree or the prefix can be. */
#define MAX_LEVELS 4

static int __attribute__((format(printf, 3, 4)))
put_path(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static const char *env(const char *name)
{
	const char *s = secure_getenv(name);

	return s && *s ? s : NULL;
}

static bool name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	size_t len = strlen(name);

	return len > 0 && len <= MACHINE_NAME_MAX && name[0] != '.' && strspn(name, allowed) == len;
}

int machine_socket_path(const char *name, char *buf, size_t size)
{
	const char *base = env("XDG_RUNTIME_DIR");

	if (size > MACHINE_SOCKET_SIZE)
		size = MACHINE_SOCKET_SIZE;
	if (!name && env("TEELINK_SOCKET"))
		return put_path(buf, size, "%s", env("TEELINK_SOCKET"));
	if (!name)
		name = env("TEELINK_MACHINE");
	if (!name)
		name = "default";
	if (!name_ok(name))
		return -EINVAL;
	if (base && base[0] == '/')
		return put_path(buf, size, "%s/teelink/%s/sock", base, name);
	return put_path(buf, size, "/tmp/teelink-%u/%s/sock", (unsigned int)geteuid(), name);
}

/* Folder part of @path, "." when it has none. */
static int folder_of(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return put_path(buf, size, ".");
	if (slash == path)
		return put_path(buf, size, "/");
	return put_path(buf, size, "%.*s", (int)(slash - path), path);
}

static int beside(const char *socket, const char *name, char *buf, size_t size)
{
	char folder[PATH_MAX];
	int ret;

	ret = folder_of(socket, folder, sizeof(folder));
	return ret ? ret : put_path(buf, size, "%s/%s", folder, name);
}

int machine_state_path(const char *socket, char *buf, size_t size)
{
	return beside(socket, "state", buf, size);
}

int machine_ta_log_path(const char *socket, char *buf, size_t size)
{
	return beside(socket, "ta.log", buf, size);
}

int machine_lock_path(const char *socket, char *buf, size_t size)
{
	return put_path(buf, size, "%s.start", socket);
}

/* Nobody but us and root can put another folder in the place of one in @path. */
static int check_parent(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	/* Root's link to root's folder is fine; whose link it is says who can point it elsewhere. */
	if (S_ISLNK(st.st_mode) &&
	    ((st.st_uid != 0 && st.st_uid != geteuid()) || stat(path, &st) || st.st_uid != 0))
		return -EPERM;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	return (st.st_mode & 022) && !(st.st_mode & S_ISVTX) ? -EPERM : 0;
}

static int check_private(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return -EPERM;
	return 0;
}

int machine_make_folder(const char *socket)
{
	char folder[PATH_MAX], parent[PATH_MAX];
	int ret;

	ret = folder_of(socket, folder, sizeof(folder));
	if (!ret)
		ret = folder_of(folder, parent, sizeof(parent));
	if (ret)
		return ret;
	if (mkdir(parent, 0700) && errno != EEXIST)
		return -errno;
	ret = check_parent(parent);
	if (ret)
		return ret;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	return check_private(folder);
}

int machine_own_path(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return 0;
}

/* Where each program lies in a build tree, from its top. */
static const struct build_place {
	const char *name, *folder;
} build_places[] = {
	{ "teelinkd", "hv" },
	{ "teelink-tee", "tee" },
	{ "teelink-launch", "tee" },
	{ "tee-supplicant", "ree/supplicant" },
};

static int try_program(const char *folder, const char *sub, const char *name, char *buf,
		       size_t size)
{
	int ret = put_path(buf, size, "%s/%s/%s", folder, sub, name);

	if (ret)
		return ret;
	return access(buf, X_OK) ? -ENOENT : 0;
}

static int try_around(const char *top, const char *name, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(build_places) / sizeof(build_places[0]); i++)
		if (!strcmp(name, build_places[i].name) &&
		    !try_program(top, build_places[i].folder, name, buf, size))
			return 0;
	return try_program(top, "libexec/teelink", name, buf, size);
}

/**
 * walk_up() - call @fn with @own's folder and the ones above until it returns other than -ENOENT
 */
static int walk_up(const char *own,
		   int (*fn)(const char *top, const char *arg, char *buf, size_t size),
		   const char *arg, char *buf, size_t size)
{
	char top[PATH_MAX];
	int level, ret = -ENOENT;
	char *slash;

	if (!own || !realpath(own, top))
		return -ENOENT;
	for (level = 0; level < MAX_LEVELS && ret == -ENOENT; level++) {
		slash = strrchr(top, '/');
		if (!slash || slash == top)
			return -ENOENT;
		*slash = '\0';
		ret = fn(top, arg, buf, size);
	}
	return ret;
}

int machine_find_program(const char *own, const char *name, char *buf, size_t size)
{
	const char *dir = env("TEELINK_LIBEXEC");
	int ret;

	if (dir)
		return try_program(dir, ".", name, buf, size);
	ret = walk_up(own, try_around, name, buf, size);
	if (ret != -ENOENT)
		return ret;
	return try_program(TEELINK_LIBEXECDIR, ".", name, buf, size);
}

/* The file that Meson writes at the top of every build tree. */
static bool is_build_tree(const char *top)
{
	char path[PATH_MAX];

	return !put_path(path, sizeof(path), "%s/meson-private/coredata.dat", top) &&
	       !access(path, F_OK);
}

static int try_build_folder(const char *top, const char *sub, char *buf, size_t size)
{
	if (!is_build_tree(top))
		return -ENOENT;
	return put_path(buf, size, "%s/%s", top, sub);
}

int machine_build_libdir(const char *own, char *buf, size_t size)
{
	return walk_up(own, try_build_folder, "ree/libteec", buf, size);
}

int machine_preload_path(const char *own, char *buf, size_t size)
{
	int ret = walk_up(own, try_build_folder, "ree/preload/libteelink-dev.so", buf, size);

	if (ret == -ENOENT)
		ret = put_path(buf, size, "%s", TEELINK_LIBDIR "/libteelink-dev.so");
	return !ret && access(buf, R_OK) ? -ENOENT : ret;
}

static unsigned int add_dir(char **dirs, unsigned int n, const char *path, size_t len)
{
	struct stat st;

	if (n >= MACHINE_MAX_TA_DIRS || !len)
		return n;
	dirs[n] = strndup(path, len);
	if (!dirs[n])
		return n;
	if (!stat(dirs[n], &st) && S_ISDIR(st.st_mode))
		return n + 1;
	free(dirs[n]);
	dirs[n] = NULL;
	return n;
}

/* The build tree's own images: each trusted application is built in a folder of its own. */
static unsigned int add_build_dirs(char **dirs, unsigned int n, const char *own)
{
	static const char *const patterns[] = { "examples/*/ta", "bench/ta" };
	char path[PATH_MAX];
	size_t i, k;
	glob_t found;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (walk_up(own, try_build_folder, patterns[i], path, sizeof(path)) ||
		    glob(path, 0, NULL, &found))
			continue;
		for (k = 0; k < found.gl_pathc; k++)
			n = add_dir(dirs, n, found.gl_pathv[k], strlen(found.gl_pathv[k]));
		globfree(&found);
	}
	return n;
}

char **machine_ta_dirs(const char *own)
{
	const char *list = env("TEELINK_TA_DIR");
	unsigned int n = 0;
	char **dirs;

	dirs = calloc(MACHINE_MAX_TA_DIRS + 1, sizeof(*dirs));
	if (!dirs)
		return NULL;
	while (list && *list) {
		size_t len = strcspn(list, ":");

		n = add_dir(dirs, n, list, len);
		list += len + (list[len] == ':');
	}
	n = add_build_dirs(dirs, n, own);
	n = add_dir(dirs, n, TEELINK_TA_DIR, strlen(TEELINK_TA_DIR));
	add_dir(dirs, n, "/lib/optee_armtz", strlen("/lib/optee_armtz"));
	return dirs;
}

void machine_ta_dirs_free(char **dirs)
{
	unsigned int i;

	for (i = 0; dirs && dirs[i]; i++)
		free(dirs[i]);
	free(dirs);
}
