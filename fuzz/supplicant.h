/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A hostile supplicant for targets whose secure world asks one: its channel, what it takes and what it
 * says, and a stranger beside it who must not get in.
 * Thread rule: one thread.
 * Ownership rule: the world is the caller's; the VMs are the world's.
 */
#ifndef TEELINK_FUZZ_SUPPLICANT_H
#define TEELINK_FUZZ_SUPPLICANT_H

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tests/unit/tee/fake_world.h"

enum fuzz_supp_who { FUZZ_SUPPLICANT, FUZZ_STRANGER, FUZZ_SUPP_NUM };

struct fuzz_supp {
	struct tee_world *w;
	const char *port;
	struct tee_vm *vm[FUZZ_SUPP_NUM];
	struct ipc_task *task[FUZZ_SUPP_NUM];
	ipc_handle_t chan; /* the supplicant's, 0: none */
};

/* Both VMs with @shm_size bytes of shared memory; the supplicant is connected to @port. */
void fuzz_supp_start(struct fuzz_supp *s, struct tee_world *w, const char *port, uint64_t shm_size);
void fuzz_supp_end(struct fuzz_supp *s);
void fuzz_supp_hang_up(struct fuzz_supp *s);
void fuzz_supp_connect(struct fuzz_supp *s, enum fuzz_supp_who who);
/* Takes all requests that lie there; @req, of @size bytes, has the last one. Each passes @check. */
void fuzz_supp_take(struct fuzz_supp *s, void *req, size_t size,
		    void (*check)(const void *req, size_t len));
void fuzz_supp_say(struct fuzz_supp *s, const void *msg, size_t len);
/* A message of u16 bytes of value u8. */
void fuzz_supp_say_raw(struct fuzz_supp *s, struct fuzz_input *in);

#endif
