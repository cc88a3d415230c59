/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "tee/virtio/device.h"
#include "tee/world_internal.h"

struct tee_vm *vm_get(struct tee_vm *vm)
{
	vm->refs++;
	return vm;
}

void vm_put(struct tee_vm *vm)
{
	if (!vm || --vm->refs)
		return;
	while (vm->num_ds)
		dataspace_put(vm->ds[--vm->num_ds]);
	if (vm->del_token)
		hvlink_vm_released(vm->world, vm->id, vm->del_token);
	free(vm);
}

/* Index of the first dataspace that begins above @gpa. */
static unsigned int upper_bound(const struct tee_vm *vm, uint64_t gpa)
{
	unsigned int lo = 0, hi = vm->num_ds;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (vm->ds[mid]->gpa <= gpa)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int vm_add_ds(struct tee_vm *vm, struct dataspace *ds)
{
	unsigned int at = upper_bound(vm, ds->gpa), i;

	if (vm->num_ds >= TEE_VM_MAX_DS)
		return -ENOSPC;
	for (i = 0; ds->id && i < vm->num_ds; i++)
		if (vm->ds[i]->id == ds->id)
			return -EEXIST;
	/* gpa + size doesn't wrap: dataspace_create checked. */
	if (at > 0 && vm->ds[at - 1]->gpa + vm->ds[at - 1]->size > ds->gpa)
		return -EEXIST;
	if (at < vm->num_ds && ds->gpa + ds->size > vm->ds[at]->gpa)
		return -EEXIST;
	memmove(&vm->ds[at + 1], &vm->ds[at], (vm->num_ds - at) * sizeof(vm->ds[0]));
	vm->ds[at] = ds;
	vm->num_ds++;
	return 0;
}

int vm_del_ds(struct tee_vm *vm, uint64_t id)
{
	struct dataspace *ds;
	unsigned int i;

	for (i = 0; i < vm->num_ds; i++)
		if (id && vm->ds[i]->id == id)
			break;
	if (i == vm->num_ds)
		return -ENOENT;
	ds = vm->ds[i];
	vm->num_ds--;
	memmove(&vm->ds[i], &vm->ds[i + 1], (vm->num_ds - i) * sizeof(vm->ds[0]));
	dataspace_put(ds);
	return 0;
}

struct dataspace *vm_find_ds(struct tee_vm *vm, uint64_t gpa, uint64_t len)
{
	unsigned int at = upper_bound(vm, gpa);
	struct dataspace *ds;

	if (!at || !len || vm->gone)
		return NULL;
	ds = vm->ds[at - 1];
	if (gpa - ds->gpa >= ds->size || len > ds->size - (gpa - ds->gpa))
		return NULL;
	return ds;
}

void *vm_ptr(struct tee_vm *vm, uint64_t gpa, uint64_t len)
{
	struct dataspace *ds = vm_find_ds(vm, gpa, len);
	uint8_t *base = ds ? dataspace_map(ds) : NULL;

	return base ? base + (gpa - ds->gpa) : NULL;
}

void vm_drop(struct tee_vm *vm, const char *why)
{
	if (vm->gone || vm->dropped)
		return;
	vm->dropped = true;
	world_counters(vm->world)->bad_messages++;
	log_warn_limited(world_drops(vm->world), "vm %u: %s: dropped until it resets its device", vm->id,
			 why);
	if (vm->dev)
		tee_virtio_break(vm->dev);
}
