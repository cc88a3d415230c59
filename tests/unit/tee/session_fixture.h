/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The session manager in a fake world, with fake TAs and the clients of two VMs.
 * Thread rule: one thread beside those of run_threads().
 * Ownership rule: session_teardown() frees what session_setup() made.
 */
#ifndef TEELINK_TESTS_UNIT_TEE_SESSION_FIXTURE_H
#define TEELINK_TESTS_UNIT_TEE_SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_ta.h"
#include "fake_world.h"
#include "tee/ipc/ipc.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "tee/session/session.h"
#include "wire/mipstee.h"

#define SHM_SIZE 8192u
#define SHARED (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)

/* One client context: a channel of a VM's. */
struct ctx {
	struct ipc_task *task;
	ipc_handle_t h;
};

struct fixture {
	struct tee_world *w;
	struct fake_ta ta;
	struct tee_vm *vm, *vm2;
	struct ctx a, b, other; /* two of one VM, one of another */
	uint32_t tag;
	uint64_t bad;
	bool threads;
};

int session_setup(void **state);
int session_teardown(void **state);
/* From here on @num threads serve, instead of who posts. */
void run_threads(struct fixture *f, unsigned int num);

void ctx_connect(struct fixture *f, struct ctx *c, struct tee_vm *vm);
void hang_up(struct fixture *f, struct ctx *c);

/* Messages of the next tag. */
struct mipstee_msg message(struct fixture *f, uint32_t cmd);
struct mipstee_msg open_message(struct fixture *f, uint8_t uuid);
struct mipstee_msg invoke_message(struct fixture *f, uint32_t session, uint32_t cmd);

/* Sends; without threads it is served at once. */
void post_len(struct fixture *f, struct ctx *c, struct mipstee_msg *m, size_t len);
void post(struct fixture *f, struct ctx *c, struct mipstee_msg *m);
/* Next answer; it must come. */
struct mipstee_msg answer_of(struct fixture *f, struct ctx *c);
/* post() and answer_of(). */
void call(struct fixture *f, struct ctx *c, struct mipstee_msg *m);

uint32_t open_as(struct fixture *f, struct ctx *c, uint8_t uuid);
uint32_t close_as(struct fixture *f, struct ctx *c, uint32_t session);
uint32_t register_as(struct fixture *f, struct ctx *c, uint64_t gpa, uint64_t size, uint64_t ref);
uint32_t unregister_as(struct fixture *f, struct ctx *c, uint64_t ref);
void cancel(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cancel_id);

void expect_none(struct fixture *f, struct ctx *c);
/* Malformed messages since the last look. */
void expect_bad(struct fixture *f, unsigned int num);
void expect_open(struct fixture *f, struct ctx *c, uint8_t uuid, uint32_t res, uint32_t origin);
void expect_invoke(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cmd,
		   uint32_t res, uint32_t origin);
/* The session takes a command. */
void works(struct fixture *f, struct ctx *c, uint32_t session);
void until(struct fixture *f, const unsigned int *counter, unsigned int value);

#endif
