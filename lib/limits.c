/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/limits.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 256u

struct limit {
	const char *name;
	size_t offset;
	uint64_t initial, min, max;
};

#define LIMIT(field, initial, min, max) { #field, offsetof(struct limits, field), initial, min, max }

/* The greatest values are what tables and pools of the worlds have room for. */
static const struct limit all[] = {
	LIMIT(vms, 511, 1, 511),
	LIMIT(vms_per_uid, 511, 1, 511),
	LIMIT(sessions_per_vm, 256, 1, 4096),
	LIMIT(calls_per_vm, 64, 1, 1024),
	LIMIT(dataspaces_per_vm, 1024, 0, 1024),
	LIMIT(memory_per_vm, 8ull << 30, 0, 1ull << 40),
	LIMIT(ta_instances, 128, 1, 128),
	LIMIT(memory_per_ta, 256ull << 20, 1ull << 20, 1ull << 40),
	LIMIT(descriptors, 0, 0, 1ull << 30),
	LIMIT(orphan_call_ms, 1000, 0, 3600000),
	LIMIT(orphan_shared_call_ms, 5000, 0, 3600000),
};

#define NUM_LIMITS (sizeof(all) / sizeof(all[0]))

static uint64_t *field(struct limits *lim, const struct limit *l)
{
	return (uint64_t *)(void *)((char *)lim + l->offset);
}

void limits_default(struct limits *lim)
{
	unsigned int i;

	for (i = 0; i < NUM_LIMITS; i++)
		*field(lim, &all[i]) = all[i].initial;
}

const char *limits_name(unsigned int i)
{
	return i < NUM_LIMITS ? all[i].name : NULL;
}

uint64_t limits_value(const struct limits *lim, unsigned int i)
{
	return *(const uint64_t *)(const void *)((const char *)lim + all[i].offset);
}

static const struct limit *find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < NUM_LIMITS; i++)
		if (strlen(all[i].name) == len && !strncmp(all[i].name, name, len))
			return &all[i];
	return NULL;
}

static const char *skip_spaces(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static unsigned int unit_shift(char c)
{
	switch (c) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

static int parse_value(const char *text, uint64_t *value)
{
	unsigned int shift;
	char *end;

	text = skip_spaces(text);
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	shift = unit_shift(*end);
	if (*value > UINT64_MAX >> shift)
		return -ERANGE;
	*value <<= shift;
	return *skip_spaces(end + (shift != 0)) ? -EINVAL : 0;
}

int limits_set(struct limits *lim, const char *text)
{
	const char *name = skip_spaces(text), *equals = strchr(name, '=');
	const struct limit *l;
	uint64_t value;
	size_t len;
	int ret;

	if (!equals)
		return -EINVAL;
	for (len = (size_t)(equals - name); len && isspace((unsigned char)name[len - 1]);)
		len--;
	l = find(name, len);
	if (!l)
		return -ENOENT;
	ret = parse_value(equals + 1, &value);
	if (!ret && (value < l->min || value > l->max))
		ret = -ERANGE;
	if (!ret)
		*field(lim, l) = value;
	return ret;
}

int limits_read(struct limits *lim, const char *path, unsigned int *line)
{
	char text[LINE_SIZE], *hash;
	FILE *f = fopen(path, "re");
	int ret = 0;

	*line = 0;
	if (!f)
		return -errno;
	while (!ret && fgets(text, sizeof(text), f)) {
		++*line;
		if (!strchr(text, '\n') && !feof(f))
			ret = -EINVAL; /* longer than any line that means something */
		hash = strchr(text, '#');
		if (hash)
			*hash = '\0';
		if (!ret && *skip_spaces(text))
			ret = limits_set(lim, text);
	}
	if (!ret && ferror(f))
		ret = -EIO;
	fclose(f);
	return ret;
}

void limits_format(const struct limits *lim, char text[LIMITS_TEXT_SIZE])
{
	size_t at = 0;
	unsigned int i;

	*text = '\0';
	for (i = 0; i < NUM_LIMITS && at < LIMITS_TEXT_SIZE; i++)
		at += (size_t)snprintf(text + at, LIMITS_TEXT_SIZE - at, "%s%s=%llu", i ? "," : "",
				       all[i].name, (unsigned long long)limits_value(lim, i));
}

int limits_parse(struct limits *lim, const char *text)
{
	char one[LINE_SIZE];
	size_t len;
	int ret = 0;

	for (; *text && !ret; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		if (len >= sizeof(one))
			return -EINVAL;
		memcpy(one, text, len);
		one[len] = '\0';
		ret = limits_set(lim, one);
	}
	return ret;
}
