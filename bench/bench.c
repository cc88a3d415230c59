/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cold_start.h"
#include "bench/crypto.h"
#include "bench/floor.h"
#include "bench/home.h"
#include "bench/link.h"
#include "bench/model.h"
#include "bench/process.h"
#include "bench/registration.h"
#include "bench/report.h"
#include "bench/samples.h"
#include "bench/scale.h"
#include "bench/syscalls.h"
#include "lib/futex.h"

#define SWITCH_INVOKES 5000u
#define IDLE_NS 1000000000u
#define COLD_US 5000u

static uint64_t all_switches(const struct process *list, unsigned int num)
{
	uint64_t sum = process_switches(getpid());
	unsigned int i;

	for (i = 0; i < num; i++)
		sum += process_switches(list[i].pid);
	return sum;
}

static uint64_t all_sleeps(const struct process *list, unsigned int num)
{
	uint64_t sum = process_sleeps(getpid());
	unsigned int i;

	for (i = 0; i < num; i++)
		sum += process_sleeps(list[i].pid);
	return sum;
}

/* What a call costs in context switches; each of a sleep's ends by a wake-up. */
static void add_switches(struct report *r, struct link *l, const struct process *list, unsigned int num)
{
	uint64_t switches = all_switches(list, num), sleeps = all_sleeps(list, num);
	unsigned int i;

	for (i = 0; i < SWITCH_INVOKES; i++)
		link_invoke(l);
	report_add(r, "context_switches_per_invoke",
	    (double)(all_switches(list, num) - switches) / SWITCH_INVOKES, "", 2);
	report_add(r, "wakeups_per_invoke", (double)(all_sleeps(list, num) - sleeps) / SWITCH_INVOKES, "", 2);
}

/* Each side in a run of its own: see syscalls.h for what tracing does to them. */
static void add_syscalls(struct report *r, struct link *l, const struct process *list, unsigned int num)
{
	unsigned int i;

	report_add(r, "syscalls_per_invoke", syscalls_per_invoke(l, getpid()), "", 2);
	for (i = 0; i < num; i++)
		if (!strcmp(list[i].name, "teelink-tee"))
			report_add(r, "syscalls_per_invoke_secure", syscalls_per_invoke(l, list[i].pid), "", 2);
}

/* Resident memory of the process called @name (15 characters count), or of the launcher's child. */
static double rss_kib(const struct process *list, unsigned int num, const char *name)
{
	pid_t launcher = 0;
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (name && !strncmp(list[i].name, name, sizeof(list[i].name) - 1))
			return (double)process_rss_kib(list[i].pid);
		if (!strcmp(list[i].name, "teelink-launch") && !launcher)
			launcher = list[i].pid;
		else if (!name && launcher && list[i].parent == launcher)
			return (double)process_rss_kib(list[i].pid);
	}
	return -1;
}

static void add_memory(struct report *r, const struct process *list, unsigned int num)
{
	report_add(r, "rss_teelinkd_kib", rss_kib(list, num, "teelinkd"), "KiB", 0);
	report_add(r, "rss_teelink_tee_kib", rss_kib(list, num, "teelink-tee"), "KiB", 0);
	report_add(r, "rss_teelink_launch_kib", rss_kib(list, num, "teelink-launch"), "KiB", 0);
	report_add(r, "rss_tee_supplicant_kib", rss_kib(list, num, "tee-supplicant"), "KiB", 0);
	report_add(r, "rss_ta_kib", rss_kib(list, num, NULL), "KiB", 0);
}

/* Everything on the core that we are on: a machine inherits where it may run. */
static void add_same_core(struct report *r)
{
	int cpu = sched_getcpu();
	cpu_set_t old, one;
	uint64_t p50, p99;
	struct home home;
	struct link l;

	CPU_ZERO(&one);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
	if (sched_getaffinity(0, sizeof(old), &old) || sched_setaffinity(0, sizeof(one), &one)) {
		report_add(r, "invoke_empty_same_core_p50_ns", -1, "ns", 0);
		return;
	}
	home_create(&home);
	link_open(&l);
	link_measure_invoke(&l, &p50, &p99);
	report_add(r, "invoke_empty_same_core_p50_ns", (double)p50, "ns", 0);
	report_add(r, "floor_futex_same_core_p50_ns", (double)floor_futex_ns(true), "ns", 0);
	link_close(&l);
	home_remove(&home);
	sched_setaffinity(0, sizeof(old), &old);
}

/* Negative values are printed as not found. */
static void add_way(struct report *r, const char *format, const char *way, double value, const char *unit,
		    unsigned int digits)
{
	char key[REPORT_KEY_SIZE];

	snprintf(key, sizeof(key), format, way);
	report_add(r, key, value, unit, digits);
}

static void add_registration(struct report *r, struct link *l, enum registration_way way, bool usable)
{
	static const char *const names[] = { "own", "fd", "shadow", "inplace" };
	double make = -1, release = -1, small = -1, small_ratio = -1, large = -1, large_ratio = -1;

	if (usable) {
		registration_measure(l, way, &make, &release);
		registration_measure_invoke(l, way, 3, 2u << 20, &small, &small_ratio);
	}
	/* A gigabyte that is copied at each call says nothing new. */
	if (usable && way != REGISTRATION_SHADOW && registration_has_room(1u << 30))
		registration_measure_invoke(l, way, 1, 1u << 30, &large, &large_ratio);
	add_way(r, "register_%s_per_page_ns", names[way], make, "ns", 1);
	add_way(r, "release_%s_per_page_ns", names[way], release, "ns", 1);
	add_way(r, "invoke_3x2m_%s_p50_ns", names[way], small, "ns", 0);
	add_way(r, "invoke_3x2m_%s_ratio", names[way], small_ratio, "", 3);
	add_way(r, "invoke_1g_%s_p50_ns", names[way], large, "ns", 0);
	add_way(r, "invoke_1g_%s_ratio", names[way], large_ratio, "", 3);
}

/* In place in a VM of its own: the variable is read when the program becomes one. */
static void add_registrations(struct report *r)
{
	struct home home;
	struct link l;

	home_create(&home);
	link_open(&l);
	add_registration(r, &l, REGISTRATION_OWN, true);
	add_registration(r, &l, REGISTRATION_FD, true);
	add_registration(r, &l, REGISTRATION_SHADOW, true);
	link_close(&l);
	home_remove(&home);
	setenv("TEELINK_REGISTER", "inplace", 1);
	home_create(&home);
	link_open(&l);
	add_registration(r, &l, REGISTRATION_INPLACE, registration_is_in_place(&l));
	link_close(&l);
	home_remove(&home);
	unsetenv("TEELINK_REGISTER");
}

static uint64_t all_run_ns(const struct process *list, unsigned int num)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < num; i++)
		sum += process_run_ns(list[i].pid);
	return sum;
}

/* The machine's share of one core while nobody calls. */
static double idle_cpu_percent(const struct process *list, unsigned int num)
{
	uint64_t start, ran;

	usleep(200000); /* what was in flight comes to rest */
	start = tl_now_ns();
	ran = all_run_ns(list, num);
	usleep(IDLE_NS / 1000);
	ran = all_run_ns(list, num) - ran;
	return 100.0 * (double)ran / (double)(tl_now_ns() - start);
}

/* Private memory of the process called @name, or of the launcher's child (NULL). */
static double private_kib(const struct process *list, unsigned int num, const char *name)
{
	pid_t launcher = 0;
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (name && !strncmp(list[i].name, name, sizeof(list[i].name) - 1))
			return (double)process_private_kib(list[i].pid);
		if (!strcmp(list[i].name, "teelink-launch") && !launcher)
			launcher = list[i].pid;
		else if (!name && launcher && list[i].parent == launcher)
			return (double)process_private_kib(list[i].pid);
	}
	return -1;
}

static void add_parallel(struct report *r, struct crowd *c)
{
	char key[REPORT_KEY_SIZE];
	unsigned int n;

	for (n = 1; n <= 8; n *= 2) {
		snprintf(key, sizeof(key), "parallel_%u_calls_per_s", n);
		report_add(r, key, crowd_parallel_rate(c, n), "/s", 0);
	}
}

/* A machine with ever more VMs, all but one of them idle. */
static void add_scale(struct report *r)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct process *list = calloc(MAX_PROCESSES, sizeof(*list));
	double before, after, first = 0, last = 0;
	char key[REPORT_KEY_SIZE];
	struct home home;
	unsigned int n, num;

	if (!c || !list)
		exit(1);
	home_create(&home);
	crowd_grow(c, 1);
	num = process_tree(home_machine_pid(), list);
	before = private_kib(list, num, "teelink-tee");
	for (n = 1; n <= CROWD_MAX; n *= 4) {
		crowd_grow(c, n);
		last = (double)crowd_invoke_p50_ns(c);
		first = n == 1 ? last : first;
		snprintf(key, sizeof(key), "vms_%u_invoke_p50_ns", n);
		report_add(r, key, last, "ns", 0);
	}
	report_add(r, "vms_256_to_1_ratio", last / first, "", 2);
	num = process_tree(home_machine_pid(), list);
	after = private_kib(list, num, "teelink-tee");
	report_add(r, "idle_cpu_percent", idle_cpu_percent(list, num), "%", 3);
	report_add(r, "private_per_idle_vm_kib", (after - before) / (CROWD_MAX - 1), "KiB", 1);
	report_add(r, "private_per_idle_ta_kib", private_kib(list, num, NULL), "KiB", 0);
	add_parallel(r, c);
	crowd_end(c);
	home_remove(&home);
	free(list);
	free(c);
}

/*
 * How long a plain file's owner waits for the disk, in the same folder, nothing here can make
 * shorter.
 */
static void add_storage(struct report *r, struct link *l, const char *dir)
{
	uint64_t small, large, sync, unused;

	link_measure_store(l, 4u << 10, dir, &small, &sync);
	link_measure_store(l, 1u << 20, dir, &large, &unused);
	report_add(r, "storage_write_4k_p50_ns", (double)small, "ns", 0);
	report_add(r, "storage_write_bytes_per_s", 1048576e9 / (double)large, "B/s", 0);
	report_add(r, "floor_sync_p50_ns", (double)sync, "ns", 0);
	report_add(r, "storage_sync_share", (double)sync / (double)small, "", 3);
}

static void add_touch_once(struct report *r, struct link *l, const char *size_name, size_t size)
{
	uint64_t p50, empty;
	char key[REPORT_KEY_SIZE];

	link_measure_touch_once(l, size, &p50, &empty);
	snprintf(key, sizeof(key), "memref_%s_touch_once_p50_ns", size_name);
	report_add(r, key, (double)p50, "ns", 0);
	snprintf(key, sizeof(key), "memref_%s_touch_once_ratio", size_name);
	report_add(r, key, (double)p50 / (double)empty, "", 3);
}

/* What a call costs with one client, in a machine of its own. */
static void add_calls(struct report *r)
{
	struct process list[MAX_PROCESSES];
	uint64_t p50, p99, futex, model;
	struct home home;
	unsigned int num;
	struct link l;

	home_create(&home);
	link_open(&l);
	link_measure_invoke(&l, &p50, &p99);
	/* Machines have moods: what is compared is measured in the same one. */
	futex = floor_futex_ns(false);
	model = model_three_parties_ns();
	num = process_tree(home_machine_pid(), list);
	report_add(r, "invoke_empty_p50_ns", (double)p50, "ns", 0);
	report_add(r, "invoke_empty_p99_ns", (double)p99, "ns", 0);
	report_add(r, "floor_futex_p50_ns", (double)futex, "ns", 0);
	report_add(r, "floor_three_parties_p50_ns", model ? (double)model : -1, "ns", 0);
	report_add(r, "invoke_empty_ratio", (double)p50 / (double)futex, "", 3);
	report_add(r, "invoke_three_parties_ratio", model ? (double)p50 / (double)model : -1, "", 2);
	report_add(r, "invoke_cold_p50_ns", (double)link_measure_cold(&l, COLD_US), "ns", 0);
	report_add(r, "floor_cold_p50_ns", (double)floor_cold_ns(COLD_US), "ns", 0);
	add_switches(r, &l, list, num);
	add_syscalls(r, &l, list, num);
	add_touch_once(r, &l, "1m", 1u << 20);
	add_touch_once(r, &l, "16m", 16u << 20);
	report_add(r, "session_open_close_p50_ns", (double)link_measure_open_close(&l), "ns", 0);
	link_close(&l);
	home_remove(&home);
	add_same_core(r);
}

/* What the calls of one path cost, with one client and with many. */
static void add_path(struct report *r, const char *prefix, const char *env, const char *value)
{
	r->prefix = prefix;
	setenv(env, value, 1);
	add_calls(r);
	add_scale(r);
	unsetenv(env);
	r->prefix = "";
}

/* What costs the same on every path. */
static void add_contents(struct report *r)
{
	struct process list[MAX_PROCESSES];
	struct home home;
	unsigned int num;
	struct link l;

	home_create(&home);
	link_open(&l);
	num = process_tree(home_machine_pid(), list);
	report_add(r, "memref_4k_bytes_per_s", link_measure_memref(&l, 4u << 10), "B/s", 0);
	report_add(r, "memref_64k_bytes_per_s", link_measure_memref(&l, 64u << 10), "B/s", 0);
	report_add(r, "memref_1m_bytes_per_s", link_measure_memref(&l, 1u << 20), "B/s", 0);
	report_add(r, "memref_16m_bytes_per_s", link_measure_memref(&l, 16u << 20), "B/s", 0);
	report_add(r, "memcpy_bytes_per_s", floor_memcpy_rate(), "B/s", 0);
	add_storage(r, &l, home.dir);
	report_add(r, "ta_aes_gcm_ratio", crypto_aes_gcm_ratio(&l), "", 3);
	report_add(r, "ta_sha256_ratio", crypto_sha256_ratio(&l), "", 3);
	add_memory(r, list, num);
	link_close(&l);
	home_remove(&home);
}

static void measure(struct report *r)
{
	add_path(r, "", "TEELINK_DRIVER", "mipstee");
	add_path(r, "optee_", "TEELINK_DRIVER", "optee");
	add_path(r, "smcq_", "TEELINK_LINK", "smcq");
	add_contents(r);
	add_registrations(r);
	report_add(r, "floor_eventfd_p50_ns", (double)floor_eventfd_ns(), "ns", 0);
	/* Last: machines that end keep the cores busy for a while. */
	report_add(r, "cold_start_ms", cold_start_ms(), "ms", 2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "first-answer", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct report report = { .prefix = "" };
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 'f':
			return cold_start_answer();
		default:
			fprintf(opt == 'h' ? stdout : stderr, "Usage: bench [--json]\n");
			return opt == 'h' ? 0 : 2;
		}
	}
	measure(&report);
	if (json)
		report_print_json(&report);
	else
		report_print_table(&report);
	return 0;
}
