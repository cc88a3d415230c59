/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Feeds a fuzz target with the files of the folders named as arguments. No file at all is a
 * failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"

#define REPLAY_MAX_INPUT (1u << 20)

static int replay_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return -1;
	}
	data = malloc(REPLAY_MAX_INPUT);
	len = data ? fread(data, 1, REPLAY_MAX_INPUT, f) : 0;
	fclose(f);
	/* Exactly as long as the input, so that a sanitizer sees reads beyond it. */
	if (data && len) {
		uint8_t *exact = realloc(data, len);

		data = exact ? exact : data;
	}
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	return 0;
}

static int replay_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	if (!d) {
		perror(dir);
		return -1;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (replay_file(dir, e->d_name)) {
			n = -1;
			break;
		}
		n++;
	}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int i, n, total = 0;

	for (i = 1; i < argc; i++) {
		n = replay_folder(argv[i]);
		if (n < 0)
			return 1;
		total += n;
	}
	printf("%d inputs\n", total);
	return total ? 0 : 1;
}
