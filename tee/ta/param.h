/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The parameters of one call: where each memref lies for the TA, and the copies in and out.
 * Thread rule: plan and finish under the world lock, the rest without it, by the caller of the TA.
 * Ownership rule: a plan holds references to the memory objects until finish.
 */
#ifndef TEELINK_TEE_TA_PARAM_H
#define TEELINK_TEE_TA_PARAM_H

#include "tee/ta/manager.h"

struct ta_param_place {
	enum mailbox_where where;
	uint32_t slot;
	struct vm_mem *mem;
	uint8_t *shm_copy; /* in one of the areas, or NULL */
	uint64_t shm_offset;
	uint64_t size; /* when the call was made */
};

struct ta_param_plan {
	struct ta_param_place place[TA_NUM_PARAMS];
	uint64_t in_used, io_used;
	uint64_t copied_in, copied_out; /* bytes */
};

/*
 * Return: 0, or -ENOMEM: the areas are too small and it can't be mapped; -EINVAL: not a call's
 * parameter.
 */
int ta_params_plan(struct ta_instance *inst, const struct ta_call *call,
		   struct ta_param_plan *plan);
/* Copies input, and what output buffers hold now, and writes the mailbox's parameters. */
int ta_params_in(struct ta_instance *inst, const struct ta_call *call, struct ta_param_plan *plan);
/* -EPROTO: the TA's answer can't be. */
int ta_params_check(const struct ta_call *call, const struct mailbox_answer *ans);
/* After ta_params_check: values, sizes and bytes back to the caller. */
int ta_params_out(struct ta_call *call, const struct mailbox_answer *ans,
		  struct ta_param_plan *plan);
void ta_params_finish(struct ta_param_plan *plan);

#endif
