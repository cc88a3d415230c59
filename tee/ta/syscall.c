// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/syscall.h"

#include <errno.h>
#include <string.h>

#include "lib/trace.h"
#include "tee/ta/manager.h"

#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u

static bool index_of(uint32_t nr, unsigned int *i)
{
	*i = nr / MAILBOX_SYSCALL_RANGE;
	return *i < MAILBOX_SYSCALL_NUM_RANGES;
}

int ta_syscall_register(struct tee_world *w, enum mailbox_syscall_range range,
			const struct ta_syscall_ops *ops, void *server)
{
	struct ta_syscall_server *servers = world_tas(w)->server;
	unsigned int i;

	if (!index_of(range, &i) || range % MAILBOX_SYSCALL_RANGE || !ops->call)
		return -EINVAL;
	if (servers[i].ops)
		return -EEXIST;
	servers[i].ops = ops;
	servers[i].data = server;
	return 0;
}

static bool lies_in_area(uint64_t offset, size_t len)
{
	return offset <= TA_SYSCALL_SIZE && len <= TA_SYSCALL_SIZE - offset;
}

int ta_syscall_get(const struct ta_syscall *sc, uint64_t offset, void *dst, size_t len)
{
	if (!lies_in_area(offset, len))
		return -EFAULT;
	memcpy(dst, sc->shm_area + offset, len);
	/* What is looked at from here on is the copy. */
	__asm__ volatile("" ::: "memory");
	return 0;
}

int ta_syscall_put(const struct ta_syscall *sc, uint64_t offset, const void *src, size_t len)
{
	if (!lies_in_area(offset, len))
		return -EFAULT;
	memcpy(sc->shm_area + offset, src, len);
	return 0;
}

static uint32_t dispatch(struct ta_instance *inst, struct ta_syscall *sc, bool loading)
{
	const struct ta_syscall_server *server;
	unsigned int i;
	uint32_t res;

	if (!index_of(sc->nr, &i) || !inst->tm->server[i].ops ||
	    (loading && i != MAILBOX_SYSCALL_LIBRARY / MAILBOX_SYSCALL_RANGE))
		return TEE_ERROR_NOT_IMPLEMENTED;
	server = &inst->tm->server[i];
	sc->state = &inst->server_state[i];
	inst->server = server;
	res = server->ops->call(server->data, sc);
	inst->server = NULL;
	return res;
}

static void copy_in(const struct ta_instance *inst, struct ta_syscall *sc)
{
	struct mailbox_syscall copy;

	memcpy(&copy, &inst->shm_mb->syscall, sizeof(copy));
	__asm__ volatile("" ::: "memory");
	sc->nr = copy.nr;
	memcpy(sc->arg, copy.arg, sizeof(sc->arg));
}

static int serve(struct ta_instance *inst, bool loading)
{
	struct ta_syscall sc = { .inst = inst, .shm_area = inst->shm_io + TA_AREA_SIZE };
	struct tee_world *w = inst->tm->world;
	uint32_t res = 0;
	bool dead;

	copy_in(inst, &sc);
	world_block_end(w);
	if (!inst->dead) {
		tl_trace(TRACE_TAMGR, TRACE_DOWN, "syscall", sc.nr);
		res = dispatch(inst, &sc, loading);
		tl_trace(TRACE_TAMGR, TRACE_UP, "syscall", res);
	}
	dead = inst->dead;
	world_block_begin(w);
	if (dead)
		return -EOWNERDEAD;
	memcpy(inst->shm_mb->syscall.arg, sc.arg, sizeof(sc.arg));
	inst->shm_mb->syscall.result = res;
	return 0;
}

int ta_syscall_serve(struct ta_instance *inst)
{
	return serve(inst, false);
}

int ta_syscall_serve_loading(struct ta_instance *inst)
{
	return serve(inst, true);
}

void ta_syscall_interrupt(struct ta_instance *inst)
{
	const struct ta_syscall_server *server = inst->server;

	if (server && server->ops->interrupt)
		server->ops->interrupt(server->data, inst,
				       inst->server_state[server - inst->tm->server]);
}

void ta_syscall_forget(struct ta_instance *inst)
{
	unsigned int i;

	for (i = 0; i < MAILBOX_SYSCALL_NUM_RANGES; i++) {
		const struct ta_syscall_server *server = &inst->tm->server[i];

		if (inst->server_state[i] && server->ops->gone)
			server->ops->gone(server->data, inst, inst->server_state[i]);
		inst->server_state[i] = NULL;
	}
}
