/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/process.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sum of the numbers after @key in a file of "key: number" lines whose keys end with @key. */
static uint64_t sum_keys(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	uint64_t sum = 0;
	char line[256];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, key);

		if (at)
			sum += strtoull(at + strlen(key), NULL, 10);
	}
	fclose(f);
	return sum;
}

uint64_t process_rss_kib(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return sum_keys(path, "VmRSS:");
}

uint64_t process_private_kib(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	return sum_keys(path, "Private_Clean:") + sum_keys(path, "Private_Dirty:");
}

/* Sum over all threads of what @fn makes of the file @name of each. */
static uint64_t sum_threads(pid_t pid, const char *name, uint64_t (*fn)(const char *path, const char *key),
			    const char *key)
{
	char path[64], file[512];
	struct dirent *e;
	uint64_t sum = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(file, sizeof(file), "%s/%s/%s", path, e->d_name, name);
		sum += fn(file, key);
	}
	if (dir)
		closedir(dir);
	return sum;
}

uint64_t process_switches(pid_t pid)
{
	/* Both "voluntary_ctxt_switches:" and "nonvoluntary_ctxt_switches:". */
	return sum_threads(pid, "status", sum_keys, "voluntary_ctxt_switches:");
}

uint64_t process_sleeps(pid_t pid)
{
	return process_switches(pid) - sum_threads(pid, "status", sum_keys, "nonvoluntary_ctxt_switches:");
}

/* The number that the file begins with. */
static uint64_t first_number(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	unsigned long long n = 0;

	(void)key;
	if (!f)
		return 0;
	if (fscanf(f, "%llu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

uint64_t process_run_ns(pid_t pid)
{
	return sum_threads(pid, "schedstat", first_number, NULL);
}

static bool read_process(pid_t pid, struct process *p)
{
	char path[64], line[512], *name, *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	name = fgets(line, sizeof(line), f) ? strchr(line, '(') : NULL;
	fclose(f);
	end = name ? strrchr(name, ')') : NULL;
	if (!end)
		return false;
	*end = '\0';
	p->pid = pid;
	snprintf(p->name, sizeof(p->name), "%s", name + 1);
	/* ") S 123": state, then parent. */
	p->parent = (pid_t)strtol(end + 3, NULL, 10);
	return true;
}

static unsigned int add_children(struct process *list, unsigned int num, pid_t parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && num < MAX_PROCESSES && (e = readdir(dir))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid > 0 && read_process(pid, &list[num]) && list[num].parent == parent)
			num++;
	}
	if (dir)
		closedir(dir);
	return num;
}

unsigned int process_tree(pid_t root, struct process list[MAX_PROCESSES])
{
	unsigned int num = 0, i;

	if (read_process(root, &list[0]))
		num = 1;
	for (i = 0; i < num; i++)
		num = add_children(list, num, list[i].pid);
	return num;
}
