/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE's page lists: any address, size and memory.
 * Input: u64 buf_ptr, u64 size (both from number()), then entries, each u16 where it stands and a number.
 */
#include <errno.h>
#include <string.h>

#include "fuzz/target.h"
#include "tee/smc/smc_internal.h"
#include "tee/virtio/device.h"
#include "tests/unit/tee/fake_world.h"

#define NUM_PAGES 24u
#define MEMORY_SIZE (NUM_PAGES * 4096u)
#define MAX_ENTRIES 20000u

/* No device is behind this target. */
void tee_virtio_ring_irq(struct tee_virtio_dev *dev)
{
	(void)dev;
}

/* Pages of the VM, near misses, or any number. */
static uint64_t number(struct fuzz_input *in)
{
	uint64_t kind = fuzz_take(in, 1), v;

	if (kind < 192)
		return FAKE_DS_GPA + kind % (NUM_PAGES + 1) * 4096u;
	v = fuzz_take(in, kind < 224 ? 2 : 8);
	return kind < 208 ? FAKE_DS_GPA + v : v;
}

static void check(struct tee_vm *vm, uint64_t size, const struct vm_range *range, unsigned int num)
{
	struct vm_mem *mem;
	uint64_t sum = 0;
	unsigned int i;

	FUZZ_ASSERT(num >= 1 && num <= VM_MEM_MAX_RUNS);
	for (i = 0; i < num; i++) {
		FUZZ_ASSERT(range[i].len && range[i].gpa + range[i].len > range[i].gpa);
		FUZZ_ASSERT(!i || range[i].gpa % 4096u == 0);
		sum += range[i].len;
	}
	FUZZ_ASSERT(sum == size);
	if (vm_mem_create(vm, range, num, &mem))
		return;
	FUZZ_ASSERT(mem->size == size);
	vm_mem_put(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	struct tee_world *w = fake_world_create();
	struct tee_vm *vm = fake_vm_create(w, 1, 4096);
	struct dataspace *ds = fake_vm_add_ds(vm, FAKE_DS_GPA, MEMORY_SIZE);
	struct smc_list list;
	uint64_t buf_ptr = number(&in) + fuzz_take(&in, 2) % 4096u, len = fuzz_take(&in, 8);
	unsigned int i;
	int ret;

	for (i = 0; i < MAX_ENTRIES && in.size; i++) {
		size_t at = (size_t)fuzz_take(&in, 2) % (MEMORY_SIZE / 8u) * 8u;
		uint64_t entry = number(&in);

		memcpy((uint8_t *)dataspace_map(ds) + at, &entry, sizeof(entry));
	}
	ret = smc_list_begin(&list, vm, buf_ptr, len);
	if (!ret)
		ret = smc_list_walk(&list, vm);
	if (!ret)
		check(vm, len, list.range, list.num);
	else
		FUZZ_ASSERT(ret == -EINVAL || ret == -EFAULT || ret == -E2BIG);
	smc_list_end(&list);
	fake_vm_destroy(vm);
	fake_world_destroy(w);
	return 0;
}
