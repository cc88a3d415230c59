/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tee/session/result.h"

struct session_vm *session_vm_of(struct session_manager *sm, struct tee_vm *vm)
{
	struct session_vm *sv = vm->session_data;
	unsigned int i;

	if (sv)
		return sv;
	sv = calloc(1, sizeof(*sv));
	if (!sv)
		return NULL;
	sv->sm = sm;
	sv->vm = vm_get(vm);
	sv->vm_id = vm->id;
	sv->refs = 1;
	list_init(&sv->contexts);
	list_init(&sv->resume_node);
	for (i = 0; i < SESSION_SHM_HASH; i++)
		list_init(&sv->shm_hash[i]);
	vm->session_data = sv;
	return sv;
}

struct session_vm *session_vm_get(struct session_vm *sv)
{
	sv->refs++;
	return sv;
}

void session_vm_put(struct session_vm *sv)
{
	if (--sv->refs)
		return;
	list_del(&sv->resume_node);
	vm_put(sv->vm);
	free(sv);
}

static struct list *bucket(struct session_vm *sv, uint64_t ref)
{
	/* Multiplied, so that addresses and counters both spread. */
	return &sv->shm_hash[(ref * 0x9e3779b97f4a7c15ull) >> 56];
}

_Static_assert(SESSION_SHM_HASH == 256, "bucket takes 8 bits");

struct session_shm *shm_find(struct session_vm *sv, uint64_t ref)
{
	struct list *pos, *head = bucket(sv, ref);

	list_for_each(pos, head) {
		struct session_shm *shm = list_entry(pos, struct session_shm, node);

		if (shm->ref == ref)
			return shm;
	}
	return NULL;
}

static uint32_t create_result(int err)
{
	switch (err) {
	case 0:
		return TEE_SUCCESS;
	case -ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	case -E2BIG:
		return TEE_ERROR_EXCESS_DATA;
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

uint32_t shm_register(struct session_vm *sv, uint64_t ref, const struct vm_range *ranges,
		      unsigned int num)
{
	struct session_shm *shm;
	int rc;

	if (shm_find(sv, ref))
		return TEE_ERROR_BAD_PARAMETERS;
	if (sv->num_shm == SESSION_MAX_SHM_PER_VM)
		return TEE_ERROR_OUT_OF_MEMORY;
	shm = calloc(1, sizeof(*shm));
	if (!shm)
		return TEE_ERROR_OUT_OF_MEMORY;
	rc = vm_mem_create(sv->vm, ranges, num, &shm->mem);
	if (rc) {
		free(shm);
		return create_result(rc);
	}
	if (shm->mem->num_runs > SESSION_MAX_RUNS_PER_VM - sv->num_runs) {
		vm_mem_put(shm->mem);
		free(shm);
		return TEE_ERROR_OUT_OF_MEMORY;
	}
	shm->refs = 1;
	shm->ref = ref;
	list_add_tail(bucket(sv, ref), &shm->node);
	sv->num_shm++;
	sv->num_runs += shm->mem->num_runs;
	return TEE_SUCCESS;
}

/*
 * The last one out unmaps: while a request holds the object, a TA may still map it for that request,
 * whatever was unmapped before.
 */
void shm_put(struct tee_world *w, struct session_shm *shm)
{
	if (--shm->refs)
		return;
	ta_unmap(w, shm->mem);
	vm_mem_put(shm->mem);
	free(shm);
}

static void shm_remove(struct session_vm *sv, struct session_shm *shm)
{
	list_del(&shm->node);
	sv->num_shm--;
	sv->num_runs -= shm->mem->num_runs;
	shm_put(sv->sm->world, shm);
}

uint32_t shm_unregister(struct session_vm *sv, uint64_t ref)
{
	struct session_shm *shm = shm_find(sv, ref);

	if (!shm)
		return TEE_ERROR_ITEM_NOT_FOUND;
	shm_remove(sv, shm);
	return TEE_SUCCESS;
}

void shm_unregister_all(struct session_vm *sv)
{
	unsigned int i;

	for (i = 0; i < SESSION_SHM_HASH; i++) {
		while (!list_empty(&sv->shm_hash[i]))
			shm_remove(sv, list_entry(sv->shm_hash[i].next, struct session_shm, node));
	}
}

struct vm_mem *shm_pool(struct session_vm *sv)
{
	struct vm_range range;

	if (!sv->pool && sv->vm->shm) {
		range = (struct vm_range){ .gpa = sv->vm->shm->gpa, .len = sv->vm->shm->size };
		if (!vm_mem_create(sv->vm, &range, 1, &sv->pool))
			sv->pool->pool = true;
	}
	return sv->pool;
}

bool shm_contains(const struct vm_mem *mem, uint64_t offset, uint64_t size)
{
	return size <= mem->size && offset <= mem->size - size;
}

void session_shm_status(struct tee_vm *vm, FILE *out)
{
	struct session_vm *sv = vm->session_data;
	const char *sep = "";
	struct list *pos;
	unsigned int i;

	fputc('[', out);
	for (i = 0; sv && i < SESSION_SHM_HASH; i++) {
		list_for_each(pos, &sv->shm_hash[i]) {
			struct session_shm *shm = list_entry(pos, struct session_shm, node);

			fprintf(out, "%s{\"shm_ref\":%" PRIu64 ",\"size\":%" PRIu64 ",\"runs\":%u}",
				sep, shm->ref, shm->mem->size, shm->mem->num_runs);
			sep = ",";
		}
	}
	fputc(']', out);
}
