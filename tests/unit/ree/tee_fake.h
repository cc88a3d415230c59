/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A TEE driver for tests of the TEE subsystem: it records what it is asked and answers what the
 * test says, over a VM that has nothing but device nodes.
 * Thread rule: the test's one thread, but for the counters, which are atomic.
 * Ownership rule: fake_tee_up gives everything to the test, fake_tee_down takes it.
 */
#ifndef TEELINK_TESTS_UNIT_REE_TEE_FAKE_H
#define TEELINK_TESTS_UNIT_REE_TEE_FAKE_H

#include "ree/tee/tee_drv.h"
#include "ree/vm/vm_internal.h"

#define FAKE_POOL_PAGES 16u
#define FAKE_POOL_GPA 0x80000000ull
#define FAKE_SESSION 77u

struct fake_tee {
	struct ree_vm vm;
	struct tee_subsys *subsys;
	struct tee_shm_pool *pool;
	struct tee_device *dev;
	int memfd;
	uint8_t *mem;

	/* What the driver answers. */
	int open_ret, session_ret, register_ret;
	uint32_t result;
	bool no_memref_null;
	void (*during)(struct fake_tee *ft, struct tee_param *param, uint32_t num_params);
	/* What it saw. */
	unsigned int opens, releases, sessions, closes, invokes, cancels, unregisters;
	uint32_t last_session, last_cancel, last_num_params;
	struct tee_param last_param[32];
	void *reg_addr;
	size_t reg_len;
};

extern const struct tee_driver_ops fake_tee_ops; /* every operation */
extern const struct tee_desc fake_tee_desc;      /* client, every operation but registration's */
extern const struct tee_desc fake_reg_desc;      /* client, every operation */
extern const struct tee_desc fake_priv_desc;     /* privileged */
extern const struct tee_desc fake_bare_desc;     /* client, required operations only */

struct fake_tee *fake_tee_up(const struct tee_desc *desc);
void fake_tee_down(struct fake_tee *ft);
size_t fake_page(void);

#endif
