/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of TAs, for those who serve them: storage, sessions between TAs, properties.
 * Thread rule: under the world lock. A server's `call` runs in the thread that waits for the TA's
 * entry to end, and may drop the lock (world_wait, world_block_begin) as long as it keeps what it
 * uses; ta_syscall_get and ta_syscall_put take no lock and need none.
 * Ownership rule: ops and server are the server's and outlive the TA manager's last instance; the
 * instance is alive, and its area mapped, until `call` returns; what `state` points at is the
 * server's, which frees it in `gone`.
 *
 * How to serve one: take a range in wire/mailbox.h, write its calls' numbers and arguments into a
 * header in wire/, call ta_syscall_register once when the world is made, and call ta_syscall
 * (ta/syscall.h) in libutee. The TA's numbers are hostile: @arg is a copy, made once, and yours to
 * check; bytes of the area change while they are looked at, so take them out with ta_syscall_get
 * and look at the copy.
 *
 * The TA's death, its cancellation and the end of the world don't stop a `call` by themselves. One
 * that waits for long gives `interrupt`, which signals the event that it waits for, and then looks
 * at ta_instance_dead (return anything, nobody reads it) and ta_instance_cancelled (whether the TA
 * has masked cancellation is in libutee: let it tell in an argument). world_wait returns -ECANCELED
 * when the world stops.
 */
#ifndef TEELINK_TEE_TA_SYSCALL_H
#define TEELINK_TEE_TA_SYSCALL_H

#include <stddef.h>

#include "tee/ta/ta.h"
#include "wire/mailbox.h"

/**
 * struct ta_syscall - one system call under way
 * @nr: within its server's range
 * @arg: arguments, then results: all of them go back to the TA
 * @state: the server's own pointer for this instance, NULL at first
 * @inst: who calls
 * @shm_area: TA_SYSCALL_SIZE bytes that the TA can write to at any time
 */
struct ta_syscall {
	uint32_t nr;
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS];
	void **state;
	struct ta_instance *inst;
	uint8_t *shm_area;
};

/**
 * struct ta_syscall_ops - a server of system calls
 * @call: does it; returns a TEE_Result, with results in @sc->arg. May block
 * @interrupt: the instance, which is in @call, was cancelled or died. Doesn't block; may be NULL
 * @gone: the instance goes, no call is in flight: let go of @state, which isn't NULL. Doesn't block;
 *        may be NULL
 */
struct ta_syscall_ops {
	uint32_t (*call)(void *server, struct ta_syscall *sc);
	void (*interrupt)(void *server, struct ta_instance *inst, void *state);
	void (*gone)(void *server, struct ta_instance *inst, void *state);
};

/**
 * ta_syscall_register() - serve the range that begins with @range
 * @server: handed to the ops
 *
 * Return: 0; -EEXIST (somebody serves it), -EINVAL (no such range).
 */
int ta_syscall_register(struct tee_world *w, enum mailbox_syscall_range range,
			const struct ta_syscall_ops *ops, void *server);

/* Bytes out of and into the area. -EFAULT: not all of them lie in it, 64-bit wrap included. */
int ta_syscall_get(const struct ta_syscall *sc, uint64_t offset, void *dst, size_t len);
int ta_syscall_put(const struct ta_syscall *sc, uint64_t offset, const void *src, size_t len);

#endif
