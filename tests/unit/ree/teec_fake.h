/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A TEE device in a table: what libteec's tests put behind teec_sys(). It keeps count of everything
 * that it hands out and of everything that it gets back.
 * Thread rule: ioctls may come from several threads (one lock); tests set fields before they call.
 * Ownership rule: one per process, teec_fake; teec_fake_reset begins anew, teec_fake_leaks is 0
 * when all was given back.
 */
#ifndef TEELINK_TESTS_UNIT_REE_TEEC_FAKE_H
#define TEELINK_TESTS_UNIT_REE_TEEC_FAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ree/libteec/sys.h"
#include "ree/tee/uapi.h"

#define FAKE_FD_BASE 1000
#define FAKE_NUM_FDS 64u
#define FAKE_NUM_NODES 16u

enum fake_kind { FAKE_FREE, FAKE_NODE, FAKE_ALLOC, FAKE_REGISTERED, FAKE_BY_FD };

struct fake_file {
	enum fake_kind kind;
	int32_t id;
	size_t size;
	void *mem; /* FAKE_ALLOC: ours; FAKE_REGISTERED: the program's */
	bool mapped;
	bool gone; /* its machine is */
	int older, newer; /* closed with it; in the place of it; or -1 */
};

/* A node that isn't there has open_error set. */
struct fake_node {
	int open_error;
	struct tee_ioctl_version_data version;
};

/* What came with a call, without the flexible end of the uapi's structs. */
struct teec_fake_call {
	uint8_t uuid[TEE_IOCTL_UUID_LEN], clnt_uuid[TEE_IOCTL_UUID_LEN];
	uint32_t clnt_login, func, session, cancel_id, num_params;
};

struct teec_fake {
	pthread_mutex_t lock;
	struct fake_node node[FAKE_NUM_NODES];
	struct fake_file file[FAKE_NUM_FDS];
	/* Errors to answer with; 0: none. register_errors counts down register_error's uses. */
	int version_error, alloc_error, mmap_error, register_error, open_error, invoke_error;
	int close_error, cancel_error, renew_error;
	int register_errors;
	size_t max_alloc;
	/* What came. */
	char last_node[64];
	unsigned int opens, allocs, maps, unmaps, registers, closes, bad_closes;
	unsigned int opened, invoked, closed, cancelled, renewals;
	struct teec_fake_call open_arg, invoke_arg;
	struct tee_ioctl_cancel_arg cancel_arg;
	struct tee_ioctl_close_session_arg close_arg;
	struct tee_ioctl_param param[4];
	/* What to answer; @serve (may be NULL) changes parameters and memory as a TA would. */
	uint32_t ret, ret_origin, session;
	void (*serve)(struct tee_ioctl_param *param);
	/* Sees every ioctl before it is served, without the lock. */
	void (*before)(unsigned long request);
};

extern struct teec_fake teec_fake;

/* One node, tee0: a GP TEE of the mipstee driver with NULL memrefs. */
void teec_fake_reset(void);
/* The machine of all nodes that are open is gone. */
void teec_fake_go(void);
/* Bytes of the object of a memref parameter, at its offset. NULL for a NULL memref. */
uint8_t *teec_fake_bytes(const struct tee_ioctl_param *param);
/* Descriptors and mappings that are still out, wrong closes included. */
unsigned int teec_fake_leaks(void);

#endif
