/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A real world with real TAs: the launcher is the real one, as a process or as a thread; the
 * supplicant is a task of the IPC kernel that the test plays.
 * Thread rule: the test's thread; functions take the world lock themselves unless they say
 * otherwise.
 * Ownership rule: ta_fixture_stop frees everything; memory objects are the test's.
 */
#ifndef TEELINK_TESTS_TA_FIXTURE_H
#define TEELINK_TESTS_TA_FIXTURE_H

#include "fake_hv.h"
#include "tee/ipc/ipc.h"
#include "tee/launch/launch.h"
#include "tee/ta/ta.h"
#include "tee/vm.h"
#include "wire/supp.h"

/* How the played supplicant answers. */
enum supp_mood {
	SUPP_HONEST,
	SUPP_SILENT,
	SUPP_WRONG_TAG,
	SUPP_WRONG_LEN,
	SUPP_TOO_LARGE,
	SUPP_CHANGES_TOTAL,
	SUPP_TRUNCATES, /* half of the file is all there is */
	SUPP_HANGS_UP,
	SUPP_TALKS_ON, /* a second answer after each, whose length lies */
	SUPP_LATE,     /* first what was asked before, again */
};

struct ta_fixture {
	struct fake_hv hv;
	struct tee_world *world;
	bool threads;     /* instances are threads, or played */
	const struct launch_ops *launch_ops; /* NULL: processes */
	pid_t launcher;   /* process */
	pthread_t thread; /* of launch_run */
	struct tee_vm *supp_vm;
	struct ipc_task *supp;
	ipc_handle_t supp_chan;
	enum supp_mood mood;
	char *image; /* what is sent instead of files, or NULL */
	size_t image_size;
};

/* Folders of images and the launcher's program, from the command line. */
void ta_fixture_args(int argc, char **argv);

void ta_fixture_start(struct ta_fixture *f, bool threads, bool supplicant);
/* The test plays the instances too. */
void ta_fixture_start_played(struct ta_fixture *f, const struct launch_ops *ops);
void ta_fixture_stop(struct ta_fixture *f);
void ta_fixture_connect_supplicant(struct ta_fixture *f);
void ta_fixture_kill_launcher(struct ta_fixture *f);

int ta_fixture_load(struct ta_fixture *f, const uint8_t uuid[16], struct ta_image **img);
/*
 * Loads, starts, enters CREATE and opens session 1 without parameters; asserts that all goes well.
 */
struct ta_instance *ta_fixture_open(struct ta_fixture *f, const uint8_t uuid[16]);
void ta_fixture_close(struct ta_fixture *f, struct ta_instance *inst);
int ta_fixture_call(struct ta_fixture *f, struct ta_instance *inst, struct ta_call *call);

/* A dataspace of @size bytes, mapped, and an object over all of it. */
struct vm_mem *ta_fixture_mem(size_t size, uint8_t **base);
/* @num dataspaces of a page each, mapped at every second page from @base on. */
struct vm_mem *ta_fixture_mem_scattered(unsigned int num, uint8_t **base);
void ta_fixture_mem_put(struct ta_fixture *f, struct vm_mem *mem);

#endif
