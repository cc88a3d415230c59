/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fake_ta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tee/session/result.h"

struct ta_image {
	struct fake_ta *ta;
	uint8_t uuid[16];
};

struct ta_instance {
	struct fake_ta *ta;
	bool dead, killed, cancelled, running;
	uint8_t uuid[16];
	void *owner, *state;
};

void fake_ta_init(struct fake_ta *ta, struct tee_world *w)
{
	memset(ta, 0, sizeof(*ta));
	ta->w = w;
	w->ta = ta;
	world_event_init(&ta->event);
}

void fake_ta_release(struct fake_ta *ta)
{
	ta->release = true;
	world_signal(&ta->event);
}

/* Sleeps a moment or until news. False when the world stops. */
static bool doze(struct fake_ta *ta)
{
	return world_wait(ta->w, &ta->event, 0) != -ECANCELED;
}

int ta_image_load(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp)
{
	struct fake_ta *ta = w->ta;
	struct ta_image *img;

	ta->loads++;
	while (ta->hold_load && doze(ta))
		;
	if (ta->load_rc)
		return ta->load_rc;
	img = calloc(1, sizeof(*img));
	if (!img)
		abort();
	img->ta = ta;
	memcpy(img->uuid, uuid, sizeof(img->uuid));
	ta->images++;
	*imgp = img;
	return 0;
}

void ta_image_put(struct ta_image *img)
{
	img->ta->images--;
	free(img);
}

uint32_t ta_image_flags(const struct ta_image *img)
{
	return img->ta->flags;
}

int ta_instance_create(struct tee_world *w, struct ta_image *img, struct ta_instance **instp)
{
	struct ta_instance *inst;

	w->ta->creates++;
	w->ta->all_dead = false;
	if (w->ta->create_rc)
		return w->ta->create_rc;
	inst = calloc(1, sizeof(*inst));
	if (!inst)
		abort();
	inst->ta = w->ta;
	memcpy(inst->uuid, img->uuid, sizeof(inst->uuid));
	w->ta->instances++;
	*instp = inst;
	return 0;
}

void ta_instance_destroy(struct ta_instance *inst)
{
	if (!inst)
		return;
	if (inst->running)
		abort();
	if (inst->state)
		inst->ta->server_ops->gone(inst->ta->server, inst, inst->state);
	inst->ta->instances--;
	free(inst);
}

bool ta_instance_dead(const struct ta_instance *inst)
{
	return inst->dead || inst->ta->all_dead;
}

uint32_t ta_instance_pid(const struct ta_instance *inst)
{
	return inst->dead ? 0 : 4711;
}

static void block(struct ta_instance *inst, const bool *hold, bool cancellable)
{
	while ((!hold || *hold) && !inst->killed && !inst->ta->release &&
	       !(cancellable && inst->cancelled)) {
		if (!doze(inst->ta))
			break;
	}
}

static void increment(struct ta_call *call)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		struct ta_param *p = &call->param[i];

		if (p->type == TEE_PARAM_TYPE_VALUE_OUTPUT || p->type == TEE_PARAM_TYPE_VALUE_INOUT) {
			p->u.value.a++;
			p->u.value.b++;
		} else if (p->type > TEE_PARAM_TYPE_MEMREF_INPUT) {
			p->u.memref.size = 7;
		}
	}
}

static void make_syscall(struct ta_instance *inst)
{
	struct fake_ta *ta = inst->ta;
	struct ta_syscall sc = { .inst = inst, .state = &inst->state };
	uint32_t res;

	if (!ta->make_syscall || !ta->make_syscall(ta->syscall_data, &sc))
		return;
	res = ta->server_ops->call(ta->server, &sc);
	ta->syscall_made(ta->syscall_data, &sc, res);
}

static void invoke(struct ta_instance *inst, struct ta_call *call)
{
	switch ((enum fake_cmd)call->cmd) {
	case FAKE_CMD_NOP:
		break;
	case FAKE_CMD_INC:
		increment(call);
		break;
	case FAKE_CMD_BLOCK:
		block(inst, NULL, true);
		call->result = inst->cancelled ? TEE_ERROR_CANCEL : TEE_SUCCESS;
		break;
	case FAKE_CMD_SPIN:
		while (!inst->killed && doze(inst->ta))
			;
		break;
	case FAKE_CMD_PANIC:
		inst->killed = true;
		break;
	case FAKE_CMD_SYSCALL:
		make_syscall(inst);
		break;
	}
}

static void enter(struct ta_instance *inst, struct ta_call *call)
{
	struct fake_ta *ta = inst->ta;

	switch (call->entry) {
	case TA_ENTRY_CREATE:
		call->result = ta->create_result;
		block(inst, &ta->hold_create, false);
		break;
	case TA_ENTRY_DESTROY:
		block(inst, &ta->hold_destroy, false);
		break;
	case TA_ENTRY_OPEN_SESSION:
		if (call->param[0].type == TEE_PARAM_TYPE_VALUE_INPUT) {
			call->result = call->param[0].u.value.a == 1 ? FAKE_TA_ERROR : TEE_SUCCESS;
			inst->killed = call->param[0].u.value.a == 2;
			if (call->param[0].u.value.a == 3)
				block(inst, NULL, true);
		}
		break;
	case TA_ENTRY_CLOSE_SESSION:
		block(inst, &ta->hold_close, false);
		break;
	case TA_ENTRY_INVOKE:
		invoke(inst, call);
		break;
	}
}

int ta_instance_call(struct ta_instance *inst, struct ta_call *call)
{
	struct fake_ta *ta = inst->ta;
	unsigned int i;

	if (inst->running || inst->dead)
		abort();
	inst->running = true;
	inst->cancelled = false;
	ta->calls[call->entry]++;
	ta->last = *call;
	ta->last_pool = false;
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		if (call->param[i].type >= TEE_PARAM_TYPE_MEMREF_INPUT && call->param[i].u.memref.mem)
			ta->last_pool |= call->param[i].u.memref.mem->pool;
	}
	ta->running++;
	if (ta->running > ta->most_running)
		ta->most_running = ta->running;
	call->result = TEE_SUCCESS;
	call->origin = TEE_ORIGIN_TRUSTED_APP;
	enter(inst, call);
	ta->running--;
	inst->running = false;
	if (!inst->killed)
		return 0;
	inst->dead = true;
	return -EOWNERDEAD;
}

void ta_instance_cancel(struct ta_instance *inst)
{
	inst->cancelled = true;
	inst->ta->cancels++;
	world_signal(&inst->ta->event);
}

void ta_instance_kill(struct ta_instance *inst)
{
	inst->killed = true;
	inst->ta->kills++;
	world_signal(&inst->ta->event);
}

void ta_instance_set_owner(struct ta_instance *inst, void *owner)
{
	inst->owner = owner;
}

void *ta_instance_owner(const struct ta_instance *inst)
{
	return inst->owner;
}

const uint8_t *ta_instance_uuid(const struct ta_instance *inst)
{
	return inst->uuid;
}

bool ta_instance_cancelled(const struct ta_instance *inst)
{
	return inst->cancelled;
}

int ta_syscall_register(struct tee_world *w, enum mailbox_syscall_range range,
			const struct ta_syscall_ops *ops, void *server)
{
	if (range != MAILBOX_SYSCALL_SESSION)
		abort();
	w->ta->server_ops = ops;
	w->ta->server = server;
	return 0;
}

/* Whoever serves checks first. */
static void check_area(uint64_t offset, size_t len)
{
	if (offset > TA_SYSCALL_SIZE || len > TA_SYSCALL_SIZE - offset)
		abort();
}

int ta_syscall_get(const struct ta_syscall *sc, uint64_t offset, void *dst, size_t len)
{
	check_area(offset, len);
	memcpy(dst, sc->shm_area + offset, len);
	return 0;
}

int ta_syscall_put(const struct ta_syscall *sc, uint64_t offset, const void *src, size_t len)
{
	check_area(offset, len);
	memcpy(sc->shm_area + offset, src, len);
	return 0;
}

void ta_unmap(struct tee_world *w, struct vm_mem *mem)
{
	(void)mem;
	w->ta->unmaps++;
}
