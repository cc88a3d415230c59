/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/optee/optee_private.h"

#define SLOT_ALIGN 512u
#define CHUNK_SIZE 4096u

/*
 * A page with room for several arguments: calls take a slot and give it back, pages stay for the next
 * call.
 */
struct optee_arg_chunk {
	struct list link;
	struct optee_mem mem;
	unsigned int num; /* slots, at most 64 */
	uint64_t taken;   /* arg_lock: a bit per slot */
};

static size_t slot_size(const struct optee *o)
{
	size_t size = OPTEE_MSG_GET_ARG_SIZE(OPTEE_NUM_PARAMS);

	if (o->rpc_param_count)
		size += OPTEE_MSG_GET_ARG_SIZE(o->rpc_param_count);
	return (size + SLOT_ALIGN - 1) & ~(size_t)(SLOT_ALIGN - 1);
}

static struct optee_arg_chunk *chunk_create(struct optee *o)
{
	size_t slot = slot_size(o);
	struct optee_arg_chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	if (optee_mem_alloc(o, slot > CHUNK_SIZE ? slot : CHUNK_SIZE, &chunk->mem)) {
		free(chunk);
		return NULL;
	}
	chunk->num = (unsigned int)(chunk->mem.size / slot);
	if (chunk->num > 64)
		chunk->num = 64;
	return chunk;
}

/* Called with arg_lock held. */
static bool slot_take(struct optee *o, struct optee_arg_slot *slot)
{
	size_t size = slot_size(o);
	struct list *pos;
	unsigned int i;

	list_for_each(pos, &o->arg_chunks) {
		struct optee_arg_chunk *chunk = list_entry(pos, struct optee_arg_chunk, link);

		for (i = 0; i < chunk->num; i++) {
			if (chunk->taken & 1ull << i)
				continue;
			chunk->taken |= 1ull << i;
			*slot = (struct optee_arg_slot){
				.chunk = chunk,
				.index = i,
				.shm_va = chunk->mem.va + i * size,
				.pa = chunk->mem.pa + i * size,
			};
			return true;
		}
	}
	return false;
}

int optee_arg_get(struct optee *o, struct optee_arg_slot *slot)
{
	struct optee_arg_chunk *chunk;
	bool taken;

	pthread_mutex_lock(&o->arg_lock);
	taken = slot_take(o, slot);
	pthread_mutex_unlock(&o->arg_lock);
	if (taken)
		return 0;
	chunk = chunk_create(o);
	if (!chunk)
		return -ENOMEM;
	pthread_mutex_lock(&o->arg_lock);
	list_add_tail(&o->arg_chunks, &chunk->link);
	taken = slot_take(o, slot);
	pthread_mutex_unlock(&o->arg_lock);
	/* Others may have taken all of it: as many of them as there are slots. */
	return taken ? 0 : optee_arg_get(o, slot);
}

void optee_arg_put(struct optee *o, const struct optee_arg_slot *slot)
{
	pthread_mutex_lock(&o->arg_lock);
	slot->chunk->taken &= ~(1ull << slot->index);
	pthread_mutex_unlock(&o->arg_lock);
}

void optee_arg_destroy(struct optee *o)
{
	struct list *pos;

	while ((pos = list_pop(&o->arg_chunks))) {
		struct optee_arg_chunk *chunk = list_entry(pos, struct optee_arg_chunk, link);

		optee_mem_free(o, &chunk->mem);
		free(chunk);
	}
}
