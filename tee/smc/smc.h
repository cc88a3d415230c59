/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * SMC entry: OP-TEE's way into the session manager. A VM's vCPUs come in with registers and go out with
 * registers; between the two the entry changes state and never waits.
 * Thread rule: under the world lock.
 * Ownership rule: what a VM has here is made by create and goes after destroy, with its last call.
 */
#ifndef TEELINK_TEE_SMC_SMC_H
#define TEELINK_TEE_SMC_SMC_H

#include "tee/vm.h"

/* For world_config.smc. */
extern const struct tee_smc_ops smc_entry_ops;

#endif
