// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/launch/debug.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#include "include/teelink/ta_runtime.h"
#include "lib/log.h"
#include "lib/uuid.h"
#include "tee/launch/areas.h"

enum debug_mode debug_mode_of(const uint8_t uuid[16])
{
	const char *text = getenv("TEELINK_DEBUG_TA"), *colon = text ? strchr(text, ':') : NULL;
	uint8_t named[16];

	if (!colon || uuid_parse(colon + 1, named) || memcmp(named, uuid, sizeof(named)) != 0)
		return DEBUG_NONE;
	if (!strncmp(text, "gdb:", 4))
		return DEBUG_GDB;
	return strncmp(text, "valgrind:", 9) ? DEBUG_NONE : DEBUG_VALGRIND;
}

/* The descriptors from DEBUG_FIRST_FD on, and the standard ones. */
static bool keep_fds(const int *fds, unsigned int num)
{
	int high[LAUNCH_MAX_FDS];
	unsigned int i;

	for (i = 0; i < num; i++) {
		high[i] = fcntl(fds[i], F_DUPFD, DEBUG_FIRST_FD + (int)LAUNCH_MAX_FDS);
		if (high[i] < 0)
			return false;
	}
	for (i = 0; i < num; i++)
		if (dup2(high[i], DEBUG_FIRST_FD + (int)i) < 0)
			return false;
	closefrom(DEBUG_FIRST_FD + (int)num);
	return true;
}

static bool is_traced(void)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");
	int tracer = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f)
		fclose(f);
	return tracer != 0;
}

static void wait_for_debugger(const char *uuid)
{
	const struct timespec nap = { .tv_nsec = 20000000 };

	fprintf(stderr, "teelink: TA %s, not confined, waits for: gdb -p %d\n", uuid, getpid());
	while (!is_traced())
		nanosleep(&nap, NULL);
}

/* One of its own, for the loader's names of libraries to be changed in. */
static int copy_image(int fd, int copy)
{
	off_t at = 0;
	ssize_t n;

	do {
		n = sendfile(copy, fd, &at, 1 << 20);
	} while (n > 0);
	return n < 0 ? -errno : 0;
}

/*
 * valgrind looks for symbols in the file by its name, and memory has none: a copy in a file, which goes
 * as soon as it is loaded.
 */
static int copy_named(int fd, char *path)
{
	int ret, copy = mkostemp(path, O_CLOEXEC);

	if (copy < 0)
		return -errno;
	ret = copy_image(fd, copy);
	close(copy);
	return ret;
}

static void unlink_image(const struct ta_runtime_config *cfg)
{
	unlink(cfg->image_path);
}

/* With what keep_fds left. */
static int run_instance(enum debug_mode mode)
{
	struct ta_runtime_config cfg = {
		.ctl = DEBUG_FIRST_FD + LAUNCH_FD_CTL,
		.unconfined = true,
	};
	int fds[LAUNCH_FD_NUM];
	unsigned int i;
	char path[64];

	for (i = 0; i < LAUNCH_FD_NUM; i++)
		fds[i] = DEBUG_FIRST_FD + (int)i;
	for (i = 0; i < LAUNCH_MAX_LIBRARIES; i++)
		cfg.library_fd[i] = DEBUG_FIRST_FD + (int)(LAUNCH_FD_LIBRARY + i);
	if (fcntl(cfg.library_fd[0], F_GET_SEALS) >= 0)
		cfg.num_libraries = LAUNCH_MAX_LIBRARIES;
	if (mode == DEBUG_VALGRIND) {
		snprintf(path, sizeof(path), "/tmp/teelink-ta-XXXXXX");
		if (copy_named(fds[LAUNCH_FD_IMAGE], path))
			return EXIT_FAILURE;
		cfg.loaded = unlink_image;
	} else {
		int copy = memfd_create("ta", MFD_CLOEXEC);

		if (copy < 0 || copy_image(fds[LAUNCH_FD_IMAGE], copy))
			return EXIT_FAILURE;
		/* By our number: the debugger opens it too. */
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), copy);
	}
	cfg.image_path = path;
	if (areas_map(&cfg, fds))
		return EXIT_FAILURE;
	return ta_runtime_main(&cfg) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void __attribute__((noreturn)) run_valgrind(void)
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (n > 0) {
		own[n] = '\0';
		execlp("valgrind", "valgrind", "--quiet", "--leak-check=full",
		       "--show-leak-kinds=definite", own, "--instance", (char *)NULL);
	}
	log_error("valgrind: %s", strerror(errno));
	_exit(EXIT_FAILURE);
}

void debug_main(enum debug_mode mode, const char *uuid, const int *fds, unsigned int num_libraries)
{
	if (!keep_fds(fds, LAUNCH_FD_NUM + num_libraries))
		_exit(EXIT_FAILURE);
	if (mode == DEBUG_VALGRIND) {
		/* It says what it found when it is asked to end. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		run_valgrind();
	}
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	wait_for_debugger(uuid);
	_exit(run_instance(mode));
}

int debug_instance(void)
{
	return ta_runtime_prepare() ? EXIT_FAILURE : run_instance(DEBUG_VALGRIND);
}
