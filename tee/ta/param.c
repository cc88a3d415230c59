// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/param.h"

#include <errno.h>
#include <string.h>

#include "tee/vm.h"

#define PARAM_NONE 0u
#define PARAM_VALUE_IN 1u
#define PARAM_VALUE_OUT 2u
#define PARAM_VALUE_INOUT 3u
#define PARAM_MEMREF_IN 5u
#define PARAM_MEMREF_OUT 6u
#define PARAM_MEMREF_INOUT 7u

static bool is_memref(uint32_t type)
{
	return type >= PARAM_MEMREF_IN && type <= PARAM_MEMREF_INOUT;
}

static bool is_known(uint32_t type)
{
	return type <= PARAM_VALUE_INOUT || is_memref(type);
}

/* Room in one of the areas. */
static int place_copy(struct ta_instance *inst, struct ta_param_plan *plan,
		      struct ta_param_place *p, bool writable)
{
	uint64_t *used = writable ? &plan->io_used : &plan->in_used;
	uint64_t start = (*used + TA_AREA_ALIGN - 1) & ~(uint64_t)(TA_AREA_ALIGN - 1);

	if (start > TA_AREA_SIZE || p->size > TA_AREA_SIZE - start)
		return -ENOMEM;
	*used = start + p->size;
	p->where = writable ? MAILBOX_WHERE_IO : MAILBOX_WHERE_IN;
	p->shm_copy = (writable ? inst->shm_io : inst->shm_in) + start;
	p->shm_offset = start;
	return 0;
}

static int place_memref(struct ta_instance *inst, const struct ta_param *param,
			struct ta_param_plan *plan, struct ta_param_place *p)
{
	bool writable = param->type != PARAM_MEMREF_IN;
	int slot;

	p->size = param->u.memref.size;
	if (p->size > MAILBOX_MAX_MEMREF)
		return -EINVAL;
	if (!param->u.memref.mem) {
		p->where = MAILBOX_WHERE_NULL;
		return 0;
	}
	p->mem = vm_mem_get(param->u.memref.mem);
	slot = ta_mapping_get(inst, p->mem, writable);
	if (slot < 0)
		return place_copy(inst, plan, p, writable);
	p->where = MAILBOX_WHERE_MAP;
	p->slot = (uint32_t)slot;
	return 0;
}

int ta_params_plan(struct ta_instance *inst, const struct ta_call *call, struct ta_param_plan *plan)
{
	unsigned int i;
	int ret = 0;

	memset(plan, 0, sizeof(*plan));
	for (i = 0; i < TA_NUM_PARAMS && !ret; i++) {
		const struct ta_param *param = &call->param[i];

		if (!is_known(param->type))
			ret = -EINVAL;
		else if (is_memref(param->type))
			ret = place_memref(inst, param, plan, &plan->place[i]);
	}
	if (ret)
		ta_params_finish(plan);
	return ret;
}

static int memref_in(const struct ta_param *param, struct ta_param_plan *plan,
		     struct ta_param_place *p, struct mailbox_param *mp)
{
	int ret;

	mp->where = p->where;
	mp->slot = p->slot;
	mp->a = p->where == MAILBOX_WHERE_MAP ? param->u.memref.offset : p->shm_offset;
	mp->b = p->size;
	if (!p->shm_copy)
		return 0;
	/* Output too: bytes that the TA doesn't write stay the client's. */
	ret = vm_mem_copy_from(p->mem, param->u.memref.offset, p->shm_copy, p->size);
	if (!ret)
		plan->copied_in += p->size;
	return ret;
}

int ta_params_in(struct ta_instance *inst, const struct ta_call *call, struct ta_param_plan *plan)
{
	unsigned int i;
	int ret;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		const struct ta_param *param = &call->param[i];
		struct mailbox_param mp = { .type = param->type };

		if (is_memref(param->type)) {
			ret = memref_in(param, plan, &plan->place[i], &mp);
			if (ret)
				return ret;
		} else if (param->type == PARAM_VALUE_IN || param->type == PARAM_VALUE_INOUT) {
			mp.a = param->u.value.a;
			mp.b = param->u.value.b;
		}
		inst->shm_mb->call.param[i] = mp;
	}
	return 0;
}

int ta_params_check(const struct ta_call *call, const struct mailbox_answer *ans)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		uint32_t type = call->param[i].type;

		if (is_memref(type) && ans->param[i].b > MAILBOX_MAX_MEMREF)
			return -EPROTO;
		if ((type == PARAM_VALUE_OUT || type == PARAM_VALUE_INOUT) &&
		    (ans->param[i].a > UINT32_MAX || ans->param[i].b > UINT32_MAX))
			return -EPROTO;
	}
	return 0;
}

/* A larger size tells what is needed: what lies behind the buffer isn't copied. */
static int memref_out(struct ta_param *param, uint64_t size, struct ta_param_plan *plan,
		      const struct ta_param_place *p)
{
	uint64_t len = size < p->size ? size : p->size;
	int ret;

	param->u.memref.size = size;
	if (!p->shm_copy)
		return 0;
	ret = vm_mem_copy_to(p->mem, param->u.memref.offset, p->shm_copy, len);
	if (!ret)
		plan->copied_out += len;
	return ret;
}

int ta_params_out(struct ta_call *call, const struct mailbox_answer *ans,
		  struct ta_param_plan *plan)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < TA_NUM_PARAMS && !ret; i++) {
		struct ta_param *param = &call->param[i];

		switch (param->type) {
		case PARAM_VALUE_OUT:
		case PARAM_VALUE_INOUT:
			param->u.value.a = (uint32_t)ans->param[i].a;
			param->u.value.b = (uint32_t)ans->param[i].b;
			break;
		case PARAM_MEMREF_OUT:
		case PARAM_MEMREF_INOUT:
			ret = memref_out(param, ans->param[i].b, plan, &plan->place[i]);
			break;
		default:
			break;
		}
	}
	return ret;
}

void ta_params_finish(struct ta_param_plan *plan)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		vm_mem_put(plan->place[i].mem);
		plan->place[i].mem = NULL;
	}
}
