// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "tools/command.h"
#include "tools/fuzz.h"
#include "tools/kit.h"
#include "tools/ta_image.h"

#define MAX_OPTION (PATH_MAX + 64)

int fuzz_spawn(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		say("%s: %s", argv[0], strerror(errno));
		_exit(EXIT_CMD_NOT_FOUND);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid < 0) {
		int err = errno;

		say("%s: %s", argv[0], strerror(err));
		return -err;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int is_ta_elf(const struct dirent *e)
{
	static const char suffix[] = ".elf";
	char text[UUID_TEXT_SIZE];
	uint8_t uuid[UUID_OCTETS];

	if (strlen(e->d_name) != UUID_TEXT_SIZE - 1 + sizeof(suffix) - 1 ||
	    strcmp(e->d_name + UUID_TEXT_SIZE - 1, suffix) != 0)
		return 0;
	memcpy(text, e->d_name, UUID_TEXT_SIZE - 1);
	text[UUID_TEXT_SIZE - 1] = '\0';
	return !uuid_parse(text, uuid);
}

static int find_elf(const char *folder, char image[PATH_MAX])
{
	struct dirent **entries;
	int i, n = scandir(folder, &entries, is_ta_elf, alphasort);

	if (n == 1)
		snprintf(image, PATH_MAX, "%.3000s/%s", folder, entries[0]->d_name);
	for (i = 0; i < n; i++)
		free(entries[i]);
	if (n >= 0)
		free(entries);
	if (n == 1)
		return 0;
	say("%s: %s", folder,
	    n > 1 ? "more than one trusted application" : "no <uuid>.elf was made");
	return -ENOENT;
}

/* With the folder's own makefile, instrumented. */
static int build_sources(const char *ta, const struct kit *kit, struct fuzz_files *f)
{
	char build[PATH_MAX], dev_kit[MAX_OPTION], out[MAX_OPTION];
	char *const argv[] = {
		"make",		 "-s", "-C", (char *)(uintptr_t)ta, dev_kit, "CROSS_COMPILE=",
		"CFG_TA_FUZZ=y", out,  NULL
	};
	int ret;

	snprintf(build, sizeof(build), "%.3000s/build", f->output);
	snprintf(dev_kit, sizeof(dev_kit), "TA_DEV_KIT_DIR=%s", kit->path);
	snprintf(out, sizeof(out), "O=%s", build);
	ret = fuzz_spawn(argv);
	if (ret) {
		say("%s: can't be built", ta);
		return ret < 0 ? ret : -EINVAL;
	}
	return find_elf(build, f->image);
}

/* libFuzzer and AddressSanitizer, of the compiler that made the image. */
static int link_driver(const struct kit *kit, const struct fuzz_files *f)
{
	char libdir[MAX_OPTION], rpath[MAX_OPTION], lib[MAX_OPTION];
	char *const argv[] = { "clang",
			       "-fsanitize=fuzzer,address",
			       "-rdynamic",
			       "-o",
			       (char *)(uintptr_t)f->driver,
			       lib,
			       libdir,
			       rpath,
			       "-lutee",
			       "-lcrypto",
			       "-lpthread",
			       NULL };
	struct stat own, made;
	int ret;

	snprintf(lib, sizeof(lib), "%s/lib/libteelink-fuzz.a", kit->path);
	snprintf(libdir, sizeof(libdir), "-L%s/lib", kit->path);
	snprintf(rpath, sizeof(rpath), "-Wl,-rpath,%s/lib", kit->path);
	if (stat(lib, &own)) {
		ret = -errno;
		say("%s: %s", lib, strerror(-ret));
		return ret;
	}
	if (!stat(f->driver, &made) && made.st_mtime > own.st_mtime)
		return 0;
	ret = fuzz_spawn(argv);
	if (!ret)
		return 0;
	say("the driver can't be linked: clang with libFuzzer is needed");
	return ret < 0 ? ret : -EINVAL;
}

int fuzz_build(const char *ta, struct fuzz_files *f)
{
	struct kit *kit = malloc(sizeof(*kit));
	struct stat st;
	int ret;

	if (!kit)
		return -ENOMEM;
	ret = kit_find(kit);
	if (!ret && stat(ta, &st)) {
		ret = -errno;
		say("%s: %s", ta, strerror(-ret));
	}
	if (ret)
		goto out;
	snprintf(f->driver, sizeof(f->driver), "%.3000s/driver", f->output);
	if (S_ISDIR(st.st_mode)) {
		ret = build_sources(ta, kit, f);
	} else {
		snprintf(f->image, sizeof(f->image), "%.3000s/image.elf", f->output);
		ret = ta_image_extract(ta, f->image);
		if (ret)
			say("%s: %s", ta, strerror(-ret));
	}
	if (!ret)
		ret = link_driver(kit, f);
out:
	free(kit);
	return ret;
}
