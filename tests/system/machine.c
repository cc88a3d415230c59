/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/machine_path.h"
#include "tests/system/machine.h"
#include "wire/vmctl.h"

#define MAX_ARGS 32u
#define REPORT_PREFIX "sanitizer"
#define SLACK_KIB 1024u
#define MAX_PROCESSES 16384u /* of the whole computer: tests beside this one start hundreds */

/* What a sanitizer has to say goes to files in the machine's folder: machine_stop looks there. */
static void collect_reports(const struct test_machine *m)
{
	static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS" };
	char value[1024];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *old = getenv(names[i]);

		snprintf(value, sizeof(value), "%s%slog_path=%s/" REPORT_PREFIX, old ? old : "",
			 old && *old ? ":" : "", m->dir);
		setenv(names[i], value, 1);
	}
}

static const char *ta_dirs(void)
{
	const char *dirs = getenv("TEELINK_TEST_TA_DIR");

	if (!dirs)
		fail_msg("TEELINK_TEST_TA_DIR isn't set: start me by meson test");
	return dirs;
}

static void exec_machine(const struct test_machine *m, int ready, const char *option, const char *value)
{
	char *dirs = strdup(ta_dirs());
	char own[PATH_MAX], path[PATH_MAX], ready_text[16];
	const char *argv[MAX_ARGS];
	unsigned int n = 0;
	char *dir;

	if (machine_own_path(own, sizeof(own)) ||
	    machine_find_program(own, "teelinkd", path, sizeof(path)))
		_exit(127);
	collect_reports(m);
	snprintf(ready_text, sizeof(ready_text), "%d", ready);
	argv[n++] = "teelinkd";
	argv[n++] = "--foreground";
	argv[n++] = "--socket";
	argv[n++] = m->socket;
	argv[n++] = "--ready-fd";
	argv[n++] = ready_text;
	for (dir = strtok(dirs, ":"); dir && n < MAX_ARGS - 5; dir = strtok(NULL, ":")) {
		argv[n++] = "--ta-dir";
		argv[n++] = dir;
	}
	if (option)
		argv[n++] = option;
	if (value)
		argv[n++] = value;
	argv[n] = NULL;
	execv(path, (char *const *)(uintptr_t)argv);
	perror(path);
	_exit(127);
}

static void launch(struct test_machine *m, const char *option, const char *value)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	m->pid = fork();
	assert_true(m->pid >= 0);
	if (!m->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fcntl(ready[1], F_SETFD, 0);
		exec_machine(m, ready[1], option, value);
	}
	close(ready[1]);
	/* A byte, or only the end of the file when the machine didn't start. */
	if (read(ready[0], &byte, 1) != 1)
		fail_msg("the machine didn't start");
	close(ready[0]);
}

void machine_start(struct test_machine *m, const char *option, const char *value)
{
	ta_dirs();
	snprintf(m->dir, sizeof(m->dir), "/tmp/teelink-test-XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	snprintf(m->socket, sizeof(m->socket), "%s/sock", m->dir);
	launch(m, option, value);
	setenv("TEELINK_SOCKET", m->socket, 1);
	setenv("TEELINK_AUTOSTART", "0", 1);
}

void machine_restart(struct test_machine *m)
{
	int status;

	assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
	launch(m, NULL, NULL);
}

static void remove_folder(const char *dir)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	assert_int_equal(system(cmd), 0);
}

/*
 * A file isn't yet a report: a leak check that the end of its process interrupts says something too.
 * Return: whether it names a sanitizer's finding; then it is printed.
 */
static bool is_report(const char *path)
{
	FILE *f = fopen(path, "re");
	bool report = false;
	char line[512];

	assert_non_null(f);
	while (!report && fgets(line, sizeof(line), f))
		report = strstr(line, "Sanitizer") || strstr(line, "runtime error");
	rewind(f);
	while (report && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	fclose(f);
	return report;
}

/* Fails the test when a process of the machine was reported by a sanitizer. */
static void expect_no_reports(const struct test_machine *m)
{
	DIR *d = opendir(m->dir);
	unsigned int n = 0;
	struct dirent *e;
	char path[512];

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, REPORT_PREFIX, strlen(REPORT_PREFIX)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", m->dir, e->d_name);
		n += is_report(path);
	}
	closedir(d);
	if (n)
		fail_msg("%u reports of a sanitizer, in %s", n, m->dir);
}

void machine_reap(struct test_machine *m)
{
	int status;

	assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
	expect_no_reports(m);
	remove_folder(m->dir);
}

void machine_stop(struct test_machine *m)
{
	int status;

	/* It never started: the test has failed for that. */
	if (m->pid <= 0)
		return;
	assert_int_equal(kill(m->pid, SIGTERM), 0);
	assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(m->socket, F_OK), -1);
	expect_no_reports(m);
	remove_folder(m->dir);
}

struct process {
	pid_t pid, parent;
	char comm[32];
};

static bool read_process(pid_t pid, struct process *p)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end || end[2] == 'Z')
		return false;
	*end = '\0';
	p->pid = pid;
	snprintf(p->comm, sizeof(p->comm), "%.31s", strchr(text, '(') + 1);
	p->parent = atoi(end + 4);
	return true;
}

bool process_runs(pid_t pid)
{
	struct process p;

	return read_process(pid, &p);
}

static unsigned int all_processes(struct process *list)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) && n < MAX_PROCESSES)
		if (isdigit((unsigned char)e->d_name[0]) && read_process(atoi(e->d_name), &list[n]))
			n++;
	closedir(d);
	return n;
}

/* Keeps teelinkd and what descends from it, parents first. */
static unsigned int family(const struct test_machine *m, struct process *out)
{
	struct process *all = calloc(MAX_PROCESSES, sizeof(*all));
	unsigned int num = all_processes(all), n = 0, i, k;

	for (i = 0; i < num; i++)
		if (all[i].pid == m->pid)
			out[n++] = all[i];
	for (k = 0; k < n; k++)
		for (i = 0; i < num && n < MAX_PROCESSES; i++)
			if (all[i].parent == out[k].pid)
				out[n++] = all[i];
	free(all);
	return n;
}

pid_t machine_process(const struct test_machine *m, const char *comm, unsigned int nth)
{
	struct process *p = calloc(MAX_PROCESSES, sizeof(*p));
	unsigned int num = family(m, p), i;
	pid_t pid = 0;

	for (i = 0; i < num && !pid; i++)
		if (!strncmp(p[i].comm, comm, strlen(comm)) && !nth--)
			pid = p[i].pid;
	free(p);
	return pid;
}

pid_t machine_await_process(const struct test_machine *m, const char *comm)
{
	unsigned int i;
	pid_t pid = 0;

	for (i = 0; i < 1000 && !pid; i++) {
		pid = machine_process(m, comm, 0);
		if (!pid)
			usleep(10000);
	}
	return pid;
}

unsigned int machine_count(const struct test_machine *m, const char *comm)
{
	unsigned int n = 0;

	while (machine_process(m, comm, n))
		n++;
	return n;
}

static unsigned int count_entries(pid_t pid, const char *what)
{
	char path[64];
	unsigned int n = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Mappings that are backed by a memfd: what VMs and TAs share. Heaps may grow and split as they like. */
static unsigned int count_maps(pid_t pid)
{
	char path[64], line[512];
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "/memfd:") != NULL;
	fclose(f);
	return n;
}

static void look_once(const struct test_machine *m, struct machine_shape *shape)
{
	struct process *p = calloc(MAX_PROCESSES, sizeof(*p));
	unsigned int i;

	memset(shape, 0, sizeof(*shape));
	shape->processes = family(m, p);
	for (i = 0; i < shape->processes; i++) {
		shape->fds += count_entries(p[i].pid, "fd");
		shape->tasks += count_entries(p[i].pid, "task");
		shape->maps += count_maps(p[i].pid);
	}
	free(p);
}

void machine_look(const struct test_machine *m, struct machine_shape *shape)
{
	struct machine_shape last;
	unsigned int same = 0, i;

	look_once(m, &last);
	for (i = 0; i < 200 && same < 5; i++) {
		usleep(50000);
		look_once(m, shape);
		same = memcmp(shape, &last, sizeof(last)) ? 0 : same + 1;
		last = *shape;
	}
}

bool wait_until(bool (*cond)(void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (cond(arg))
			return true;
		usleep(10000);
	}
	return false;
}

void machine_expect(const struct test_machine *m, const struct machine_shape *want)
{
	struct machine_shape now;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		look_once(m, &now);
		/* Secure threads leave when they have been idle for a second, down to two. */
		if (now.processes == want->processes && now.fds == want->fds &&
		    now.maps == want->maps && now.tasks <= want->tasks + 1)
			return;
		usleep(10000);
	}
	fail_msg("left behind: processes %u -> %u, descriptors %u -> %u, mappings %u -> %u, "
		 "threads %u -> %u",
		 want->processes, now.processes, want->fds, now.fds, want->maps, now.maps,
		 want->tasks, now.tasks);
}

int machine_dial(const struct test_machine *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(s >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", m->socket);
	assert_int_equal(connect(s, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return s;
}

json_t *machine_status(const struct test_machine *m)
{
	struct vmctl_simple msg = { .hdr = { .type = VMCTL_STATUS, .seq = 1 } };
	unsigned int num_fds = 1;
	json_error_t err;
	json_t *json;
	int fd = -1;
	int s = machine_dial(m);

	assert_int_equal(ctl_send(s, &msg, sizeof(msg), NULL, 0), 0);
	assert_int_equal(ctl_recv(s, &msg, sizeof(msg), &fd, &num_fds), (ssize_t)sizeof(msg));
	assert_int_equal(msg.hdr.status, 0);
	assert_int_equal(num_fds, 1);
	lseek(fd, 0, SEEK_SET);
	json = json_loadfd(fd, 0, &err);
	if (!json)
		fail_msg("status isn't JSON: %s", err.text);
	close(fd);
	close(s);
	return json;
}

struct busy {
	const struct test_machine *m;
	const char *uuid;
};

static bool is_busy(void *arg)
{
	const struct busy *b = arg;
	json_t *status = machine_status(b->m), *sessions, *session;
	bool found = false;
	size_t i;

	/* Not the instances: one of them is busy as well while it is created. */
	sessions = json_object_get(json_object_get(status, "secure_world"), "sessions");
	json_array_foreach(sessions, i, session)
		found |= !strcmp(json_string_value(json_object_get(session, "uuid")), b->uuid) &&
			 json_is_true(json_object_get(session, "busy"));
	json_decref(status);
	return found;
}

void machine_until_busy(const struct test_machine *m, const char *uuid)
{
	struct busy b = { m, uuid };

	if (!wait_until(is_busy, &b))
		fail_msg("no TA %s is in a call", uuid);
}

unsigned long process_private_kib(pid_t pid)
{
	unsigned long kib, sum = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		/* Clean pages are a file's: private or shared, as other machines come and go. */
		if (sscanf(line, "Private_Dirty: %lu", &kib) == 1)
			sum += kib;
	fclose(f);
	return sum;
}

/* Elements of the lists @name of all of @vms. */
static unsigned int count_all(json_t *vms, const char *name)
{
	unsigned int num = 0;
	size_t i;

	for (i = 0; i < json_array_size(vms); i++)
		num += (unsigned int)json_array_size(json_object_get(json_array_get(vms, i), name));
	return num;
}

void machine_look_held(const struct test_machine *m, struct machine_held *held)
{
	struct process *p = calloc(MAX_PROCESSES, sizeof(*p));
	json_t *status = machine_status(m), *tee = json_object_get(status, "secure_world");
	json_t *vms = json_object_get(status, "vms"), *tee_vms = json_object_get(tee, "vms");
	unsigned int i, num = family(m, p);

	held->vms = (unsigned int)(json_array_size(vms) + json_array_size(tee_vms));
	held->sessions = (unsigned int)json_array_size(json_object_get(tee, "sessions"));
	held->instances = (unsigned int)json_array_size(json_object_get(tee, "instances"));
	held->objects = count_all(vms, "dataspaces") + count_all(tee_vms, "shm");
	held->kib = 0;
	for (i = 0; i < num; i++)
		held->kib += process_private_kib(p[i].pid);
	json_decref(status);
	free(p);
}

void machine_expect_held(const struct test_machine *m, const struct machine_held *want)
{
	bool any = getenv("TEELINK_TEST_NO_LIMITS") != NULL;
	struct machine_held now;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		machine_look_held(m, &now);
		if (now.vms == want->vms && now.sessions == want->sessions &&
		    now.instances == want->instances && now.objects == want->objects &&
		    (any || now.kib <= want->kib + SLACK_KIB))
			return;
		usleep(10000);
	}
	fail_msg(
		"still held: VMs %u -> %u, sessions %u -> %u, instances %u -> %u, objects %u -> %u, "
		"memory %lu -> %lu KiB",
		want->vms, now.vms, want->sessions, now.sessions, want->instances, now.instances,
		want->objects, now.objects, want->kib, now.kib);
}

bool machine_is_proxied(const struct test_machine *m)
{
	json_t *status = machine_status(m);
	const char *mode = json_string_value(
		json_object_get(json_object_get(status, "machine"), "memory"));
	bool proxied;

	assert_non_null(mode);
	proxied = !strcmp(mode, "proxied");
	assert_true(proxied || !strcmp(mode, "direct"));
	json_decref(status);
	return proxied;
}

uint64_t machine_counter(const struct test_machine *m, const char *name)
{
	json_t *status = machine_status(m);
	json_t *c = json_object_get(json_object_get(json_object_get(status, "secure_world"), "counters"),
				    name);
	uint64_t v;

	if (!json_is_integer(c))
		fail_msg("no counter %s", name);
	v = (uint64_t)json_integer_value(c);
	json_decref(status);
	return v;
}
