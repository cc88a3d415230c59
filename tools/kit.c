// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tools/kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine_path.h"
#include "tools/command.h"

#define MAX_LEVELS 3

static bool is_kit(const char *path)
{
	char file[PATH_MAX];

	return snprintf(file, sizeof(file), "%s/skeleton/ta/sub.mk", path) < (int)sizeof(file) &&
	       !access(file, R_OK);
}

/* <top>/lib/teelink of an installation, <top>/ta/devkit of a build tree. */
static int find_around(struct kit *kit)
{
	static const char *const places[] = { "lib/teelink", "ta/devkit" };
	char top[PATH_MAX], *slash;
	int level;
	size_t i;

	if (machine_own_path(top, sizeof(top)))
		return -ENOENT;
	for (level = 0; level < MAX_LEVELS; level++) {
		slash = strrchr(top, '/');
		if (!slash || slash == top)
			break;
		*slash = '\0';
		for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			snprintf(kit->path, sizeof(kit->path), "%.4000s/%s/ta-dev-kit", top,
				 places[i]);
			snprintf(kit->teec, sizeof(kit->teec), "%.4000s/%s/teec-export", top,
				 places[i]);
			if (is_kit(kit->path))
				return 0;
		}
	}
	return -ENOENT;
}

int kit_find(struct kit *kit)
{
	const char *given = getenv("TA_DEV_KIT_DIR");

	if (given && *given && !is_kit(given)) {
		say("%s (TA_DEV_KIT_DIR): there is no dev kit of teelink's", given);
		return -ENOENT;
	}
	if (given && *given && realpath(given, kit->path)) {
		snprintf(kit->teec, sizeof(kit->teec), "%.4000s/../teec-export", kit->path);
		return 0;
	}
	if (!find_around(kit))
		return 0;
	say("no dev kit found; TA_DEV_KIT_DIR can name its folder");
	return -ENOENT;
}
