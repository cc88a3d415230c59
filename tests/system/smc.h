/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A VM without our OP-TEE driver: attaches and issues the SMCs that the caller likes.
 * Thread rule: smc_issue and smc_run from any thread; each thread has a slot of its own for arguments.
 * Ownership rule: smc_detach frees what smc_attach made.
 */
#ifndef TEELINK_TESTS_SYSTEM_SMC_H
#define TEELINK_TESTS_SYSTEM_SMC_H

#include <stddef.h>
#include <stdint.h>

#include "ree/vm/conduit.h"
#include "ree/vm/vm.h"
#include "tests/system/machine.h"
#include "wire/optee_msg.h"
#include "wire/optee_smc.h"
#include "wire/vcpu.h"

#define SMC_SLOT_SIZE 4096u
#define SMC_MSG_PARAMS 8u

struct smc_vm {
	struct ree_vm *vm;
	struct smc_conduit *conduit;
	uint8_t *area; /* the reserved area */
	uint64_t area_gpa, area_size;
};

/* An argument under construction, with room for the RPC's behind it. */
struct smc_msg {
	struct optee_msg_hdr hdr;
	struct optee_msg_param param[SMC_MSG_PARAMS];
};

void smc_attach(struct smc_vm *s, const struct test_machine *m);
void smc_detach(struct smc_vm *s);
/* One instruction: a0 of what comes back. */
uint32_t smc_issue(struct smc_vm *s, struct smc_args args, struct smc_res *res);
/* The same for calls that need a0 to a2 only. */
uint32_t smc_fast(struct smc_vm *s, uint32_t a0, uint32_t a1, struct smc_res *res);
/* Puts @m into slot @slot of the reserved area. */
uint64_t smc_put(struct smc_vm *s, unsigned int slot, const struct smc_msg *m);
void smc_get(struct smc_vm *s, unsigned int slot, struct smc_msg *m);
/* CALL_WITH_ARG, resumed as often as it comes back with an RPC, which is refused; a0 of the end. */
uint32_t smc_run(struct smc_vm *s, unsigned int slot, struct smc_msg *m);
/* From a0 and a3 of a call that went out with an RPC to its end. */
uint32_t smc_finish(struct smc_vm *s, struct smc_res *res);
/* hdr.ret of OPEN_SESSION; @uuid in octets. */
uint32_t smc_open(struct smc_vm *s, unsigned int slot, const uint8_t uuid[16], uint32_t *session);
/* hdr.ret of an INVOKE with @num parameters in @m. */
uint32_t smc_invoke(struct smc_vm *s, unsigned int slot, uint32_t session, uint32_t func,
		    struct smc_msg *m, uint32_t num);
uint32_t smc_close(struct smc_vm *s, unsigned int slot, uint32_t session);
/* hdr.ret of REGISTER_SHM with @attr, UNREGISTER_SHM. */
uint32_t smc_register(struct smc_vm *s, unsigned int slot, uint64_t attr, uint64_t buf, uint64_t size,
		      uint64_t cookie);
uint32_t smc_unregister(struct smc_vm *s, unsigned int slot, uint64_t cookie);

extern const uint8_t smc_probe_uuid[16], smc_shared_uuid[16];

#endif
