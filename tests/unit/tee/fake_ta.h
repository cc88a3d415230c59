/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Trusted applications that live in the test: one behaviour for every image, told by the test.
 * Thread rule: under the world lock.
 * Ownership rule: the test owns the struct and hangs it into its world.
 */
#ifndef TEELINK_TESTS_FAKE_TA_H
#define TEELINK_TESTS_FAKE_TA_H

#include "fake_world.h"
#include "tee/ta/syscall.h"

#define FAKE_TA_ERROR 0x80000001u /* what an OPEN with value 1 returns */

enum fake_cmd {
	FAKE_CMD_NOP,
	FAKE_CMD_INC,   /* every INOUT or OUT value's a and b plus 1; every output memref's size 7 */
	FAKE_CMD_BLOCK, /* until released, cancelled or killed */
	FAKE_CMD_SPIN,  /* until killed */
	FAKE_CMD_PANIC,
	FAKE_CMD_SYSCALL, /* what make_syscall says */
};

struct fake_ta {
	struct tee_world *w;
	uint32_t flags;
	int load_rc, create_rc;
	uint32_t create_result;
	bool hold_load, hold_close, hold_destroy, hold_create;
	bool release;
	bool all_dead; /* every instance there is has died in its sleep */
	struct world_event event;
	unsigned int loads, creates, calls[5], running, cancels, kills, unmaps, images, instances;
	unsigned int most_running;
	const struct ta_syscall_ops *server_ops; /* of sessions between TAs */
	void *server;
	/* Fills in number, arguments and area; false: no system call is made. */
	bool (*make_syscall)(void *data, struct ta_syscall *sc);
	void (*syscall_made)(void *data, struct ta_syscall *sc, uint32_t result);
	void *syscall_data;
	struct ta_call last;
	bool last_pool; /* a memref of the last call lay in the static pool's object */
};

void fake_ta_init(struct fake_ta *ta, struct tee_world *w);
void fake_ta_release(struct fake_ta *ta);

#endif
