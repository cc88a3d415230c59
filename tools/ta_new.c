// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tools/ta_new.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "tools/command.h"

#define MAX_NAME 32u
#define MAX_LEVELS 3

/* Files of the skeleton, and what they are called in the new folder. */
static const struct skeleton_file {
	const char *from, *to;
} files[] = {
	{ "Makefile", "Makefile" },
	{ "gitignore", ".gitignore" },
	{ "host/Makefile", "host/Makefile" },
	{ "host/main.c", "host/main.c" },
	{ "ta/Makefile", "ta/Makefile" },
	{ "ta/sub.mk", "ta/sub.mk" },
	{ "ta/user_ta_header_defines.h", "ta/user_ta_header_defines.h" },
	{ "ta/name_ta.c", "ta/@name@_ta.c" },
	{ "ta/include/name_ta.h", "ta/include/@name@_ta.h" },
};

static const char *const folders[] = { "", "/host", "/ta", "/ta/include" };

/* What stands for what. */
struct skeleton {
	char name[MAX_NAME + 1], upper[MAX_NAME + 1];
	char uuid[UUID_TEXT_SIZE], uuid_init[128];
	char kit[PATH_MAX], teec[PATH_MAX];
};

static bool is_name(const char *name)
{
	size_t i, len = strlen(name);

	if (!len || len > MAX_NAME || !islower((unsigned char)name[0]))
		return false;
	for (i = 0; i < len; i++)
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
		    name[i] != '_')
			return false;
	return true;
}

static bool is_kit(const char *path)
{
	char file[PATH_MAX];

	return snprintf(file, sizeof(file), "%s/skeleton/ta/sub.mk", path) < (int)sizeof(file) &&
	       !access(file, R_OK);
}

/* Around our own file: <top>/lib/teelink of an installation, <top>/ta/devkit of a build tree. */
static int find_kit(struct skeleton *s)
{
	static const char *const places[] = { "lib/teelink", "ta/devkit" };
	const char *given = getenv("TA_DEV_KIT_DIR");
	char top[PATH_MAX], *slash;
	int level;
	size_t i;

	if (given && *given && is_kit(given) && realpath(given, s->kit))
		return snprintf(s->teec, sizeof(s->teec), "%.4000s/../teec-export", s->kit) < 0;
	if (machine_own_path(top, sizeof(top)))
		return -ENOENT;
	for (level = 0; level < MAX_LEVELS; level++) {
		slash = strrchr(top, '/');
		if (!slash || slash == top)
			break;
		*slash = '\0';
		for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			snprintf(s->kit, sizeof(s->kit), "%.4000s/%s/ta-dev-kit", top, places[i]);
			snprintf(s->teec, sizeof(s->teec), "%.4000s/%s/teec-export", top,
				 places[i]);
			if (is_kit(s->kit))
				return 0;
		}
	}
	return -ENOENT;
}

static int make_uuid(struct skeleton *s)
{
	uint8_t o[16];

	if (getrandom(o, sizeof(o), 0) != (ssize_t)sizeof(o))
		return -EIO;
	o[6] = (uint8_t)((o[6] & 0x0f) | 0x40);
	o[8] = (uint8_t)((o[8] & 0x3f) | 0x80);
	uuid_format(o, s->uuid);
	snprintf(s->uuid_init, sizeof(s->uuid_init),
		 "{ 0x%02x%02x%02x%02x, 0x%02x%02x, 0x%02x%02x, "
		 "{ 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x } }",
		 o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7], o[8], o[9], o[10], o[11], o[12],
		 o[13], o[14], o[15]);
	return 0;
}

/* Prints @text with its placeholders filled in. */
static void fill_in(FILE *out, const struct skeleton *s, const char *text)
{
	const struct {
		const char *mark, *value;
	} marks[] = {
		{ "@name@", s->name },		 { "@NAME@", s->upper }, { "@uuid@", s->uuid },
		{ "@uuid_init@", s->uuid_init }, { "@kit@", s->kit },	 { "@teec@", s->teec },
	};
	size_t i;

	while (*text) {
		for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
			if (!strncmp(text, marks[i].mark, strlen(marks[i].mark)))
				break;
		if (i == sizeof(marks) / sizeof(marks[0])) {
			fputc(*text++, out);
			continue;
		}
		fputs(marks[i].value, out);
		text += strlen(marks[i].mark);
	}
}

static int write_file(const struct skeleton *s, const struct skeleton_file *f)
{
	char from[PATH_MAX + 64], line[512];
	FILE *in, *out, *path;
	char *to = NULL;
	size_t size;
	int ret = 0;

	snprintf(from, sizeof(from), "%s/skeleton/%s", s->kit, f->from);
	path = open_memstream(&to, &size);
	if (!path)
		return -ENOMEM;
	fprintf(path, "%s/", s->name);
	fill_in(path, s, f->to);
	fclose(path);
	in = fopen(from, "re");
	out = in ? fopen(to, "wxe") : NULL;
	if (!out)
		ret = -errno;
	while (out && fgets(line, sizeof(line), in))
		fill_in(out, s, line);
	if (in)
		fclose(in);
	if (out && fclose(out))
		ret = -errno;
	if (ret)
		say("%s: %s", to, strerror(-ret));
	free(to);
	return ret;
}

static int write_all(const struct skeleton *s)
{
	char path[MAX_NAME + 32];
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", s->name, folders[i]);
		if (mkdir(path, 0777)) {
			say("%s: %s", path, strerror(errno));
			return EXIT_FAILED;
		}
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (write_file(s, &files[i]))
			return EXIT_FAILED;
	return EXIT_DONE;
}

int ta_new(const char *name)
{
	struct skeleton *s;
	size_t i;
	int ret;

	if (!is_name(name)) {
		say("'%s' can't be a name: small letters, digits and '_', at most %u", name,
		    MAX_NAME);
		return EXIT_USAGE;
	}
	s = calloc(1, sizeof(*s));
	if (!s || find_kit(s)) {
		say("no dev kit found; TA_DEV_KIT_DIR can name its folder");
		free(s);
		return EXIT_FAILED;
	}
	strcpy(s->name, name);
	for (i = 0; name[i]; i++)
		s->upper[i] = (char)toupper((unsigned char)name[i]);
	ret = make_uuid(s) ? EXIT_FAILED : write_all(s);
	if (!ret)
		printf("%s: trusted application %s and its client. Now:\n"
		       "  make -C %s && teelink run --ta-dir %s/ta %s/host/%s\n",
		       name, s->uuid, name, name, name, name);
	free(s);
	return ret;
}
