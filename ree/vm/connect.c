/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/machine.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/machine_path.h"

extern char **environ;

/* Seconds without any VM after which a machine that started by itself leaves; TEELINK_IDLE_EXIT. */
#define MACHINE_IDLE_EXIT "60"
/*
 * A machine that is about to leave refuses us and still holds its lock against the next one: it is asked
 * again after a while that doubles, 5 s in all.
 */
#define START_TRIES 10u
#define START_PAUSE_US 5000u

/*
 * The hypervisor must be ours or root's: somebody else's would see all that we share. A socket that
 * the user named is the user's choice.
 */
static int check_peer(int sock)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (secure_getenv("TEELINK_SOCKET"))
		return 0;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	return cred.uid == geteuid() || cred.uid == 0 ? 0 : -EPERM;
}

int machine_connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	do {
		ret = connect(sock, (const struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	} while (ret == -EINTR);
	if (!ret)
		ret = check_peer(sock);
	if (ret) {
		close(sock);
		return ret;
	}
	return sock;
}

static const char *idle_exit(void)
{
	const char *secs = secure_getenv("TEELINK_IDLE_EXIT");

	return secs && *secs ? secs : MACHINE_IDLE_EXIT;
}

/* Our environment but for what is preloaded into this program alone; the caller frees the array. */
static char **machine_environ(void)
{
	size_t i, num = 0;
	char **env;

	while (environ[num])
		num++;
	env = calloc(num + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (i = num = 0; environ[i]; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11))
			env[num++] = environ[i];
	return env;
}

/* Runs teelinkd, whose first process ends as soon as the machine serves. */
static int spawn_machine(const char *program, const char *path)
{
	char arg0[] = "teelinkd", daemon[] = "--daemon", sock_opt[] = "--socket", idle[] = "--idle-exit";
	char *sock_path = strdup(path), *secs = strdup(idle_exit()), **env = machine_environ();
	char *argv[] = { arg0, daemon, sock_opt, sock_path, idle, secs, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int ret, status;

	if (!sock_path || !secs || !env) {
		free(env);
		free(sock_path);
		free(secs);
		return -ENOMEM;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	/* The program's own files aren't the machine's: a pipe would stay open for ever. */
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSID);
	ret = -posix_spawn(&pid, program, &fa, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	free(env);
	free(sock_path);
	free(secs);
	if (ret)
		return ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0; /* the program reaps its children itself: connecting will tell */
	if (!WIFEXITED(status))
		return -ECONNREFUSED;
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case MACHINE_EXIT_IN_USE:
		return -EADDRINUSE;
	default:
		return -ECONNREFUSED;
	}
}

/* The file that this code is in: libteec.so.2, or a program that is linked statically. */
static const char *own_file(char *buf, size_t size)
{
	static const char here;
	Dl_info info;

	if (dladdr(&here, &info) && info.dli_fname && realpath(info.dli_fname, buf))
		return buf;
	return machine_own_path(buf, size) ? NULL : buf;
}

static bool nobody_there(int ret)
{
	return ret == -ENOENT || ret == -ECONNREFUSED;
}

/* With the starters' lock. */
static int start_or_connect(const char *program, const char *path)
{
	unsigned int i, pause = START_PAUSE_US;
	int ret;

	for (i = 0; i < START_TRIES; i++, pause *= 2) {
		int sock = machine_connect_to(path);

		if (!nobody_there(sock))
			return sock;
		if (i)
			usleep(pause);
		ret = spawn_machine(program, path);
		if (ret && ret != -EADDRINUSE)
			return ret;
	}
	return -ECONNREFUSED;
}

static int start_machine(const char *path)
{
	char own[PATH_MAX], program[PATH_MAX], lock_path[PATH_MAX];
	int lock, sock, ret;

	ret = machine_find_program(own_file(own, sizeof(own)), "teelinkd", program, sizeof(program));
	if (ret)
		return ret;
	ret = machine_make_folder(path);
	if (!ret)
		ret = machine_lock_path(path, lock_path, sizeof(lock_path));
	if (ret)
		return ret;
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return -errno;
	/* Of racing starters one gets the lock; the others find its machine when they have it. */
	do {
		ret = flock(lock, LOCK_EX) ? -errno : 0;
	} while (ret == -EINTR);
	sock = ret ? ret : start_or_connect(program, path);
	close(lock);
	return sock;
}

int machine_connect(void)
{
	const char *autostart = secure_getenv("TEELINK_AUTOSTART");
	char path[MACHINE_SOCKET_SIZE];
	int ret;

	ret = machine_socket_path(NULL, path, sizeof(path));
	if (ret)
		return ret;
	ret = machine_connect_to(path);
	if (ret != -ENOENT && ret != -ECONNREFUSED)
		return ret;
	if (autostart && !strcmp(autostart, "0"))
		return -ENOENT;
	ret = start_machine(path);
	if (ret < 0)
		log_error("no machine at %s, and none could be started: %s", path, strerror(-ret));
	return ret;
}
