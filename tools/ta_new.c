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

#include "lib/uuid.h"
#include "tools/command.h"
#include "tools/kit.h"

#define MAX_NAME 32u

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
	struct kit kit;
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
		{ "@uuid_init@", s->uuid_init }, { "@kit@", s->kit.path },	 { "@teec@", s->kit.teec },
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

	snprintf(from, sizeof(from), "%s/skeleton/%s", s->kit.path, f->from);
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
	if (!s || kit_find(&s->kit)) {
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
