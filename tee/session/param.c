/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Parameters between a client's message and a request. */
#include "tee/session/manager.h"

#include "tee/session/result.h"

static bool is_output(uint32_t type)
{
	return (type & 3u) >= TEE_PARAM_TYPE_VALUE_OUTPUT;
}

/* Memory of the message's: @rq keeps what it names. */
static uint32_t memref_in(struct session_vm *sv, const struct mipstee_param *mp, unsigned int i,
			  struct tee_request *rq)
{
	struct ta_param *p = &rq->call.param[i];
	bool tmem = mp->attr >= MIPSTEE_ATTR_TMEM_IN;
	struct session_shm *shm;

	p->u.memref.size = mp->u.rmem.size;
	if (tmem && mp->u.tmem.buf_ptr == MIPSTEE_NULL_BUF)
		return TEE_SUCCESS;
	if (tmem) {
		p->u.memref.mem = shm_pool(sv);
		p->u.memref.offset = mp->u.tmem.buf_ptr;
	} else {
		shm = shm_find(sv, mp->u.rmem.shm_ref);
		if (!shm)
			return TEE_ERROR_BAD_PARAMETERS;
		shm->refs++;
		rq->shm[i] = shm;
		p->u.memref.mem = shm->mem;
		p->u.memref.offset = mp->u.rmem.offs;
	}
	if (!p->u.memref.mem ||
	    !shm_contains(p->u.memref.mem, p->u.memref.offset, p->u.memref.size))
		return TEE_ERROR_BAD_PARAMETERS;
	return TEE_SUCCESS;
}

uint32_t message_params_in(struct session_vm *sv, const struct mipstee_param *mp, unsigned int num,
			   struct tee_request *rq)
{
	uint32_t res = TEE_SUCCESS;
	unsigned int i;

	for (i = 0; i < num && !res; i++) {
		struct ta_param *p = &rq->call.param[i];

		/* TMEM's three types are RMEM's plus 4; RMEM's are the TEE's own numbers. */
		p->type = (uint32_t)mp[i].attr;
		if (p->type >= MIPSTEE_ATTR_TMEM_IN)
			p->type -= MIPSTEE_ATTR_TMEM_IN - MIPSTEE_ATTR_RMEM_IN;
		if (p->type >= TEE_PARAM_TYPE_MEMREF_INPUT) {
			res = memref_in(sv, &mp[i], i, rq);
		} else if (p->type) {
			p->u.value.a = (uint32_t)mp[i].u.value.a;
			p->u.value.b = (uint32_t)mp[i].u.value.b;
		}
	}
	return res;
}

void message_params_out(const struct tee_request *rq, struct mipstee_param *mp, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		const struct ta_param *p = &rq->call.param[i];

		if (!is_output(p->type))
			continue;
		if (p->type >= TEE_PARAM_TYPE_MEMREF_INPUT) {
			mp[i].u.rmem.size = p->u.memref.size;
		} else {
			mp[i].u.value.a = p->u.value.a;
			mp[i].u.value.b = p->u.value.b;
		}
	}
}
