/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Lookups of guest-physical memory: runs, ends, wraps, and what outlives the VM. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tee/virtio/device.h"
#include "tee/vm.h"
#include "tee/world_internal.h"

/* vm.c's neighbours, not used here. */
void tee_virtio_break(struct tee_virtio_dev *dev)
{
	(void)dev;
}

struct world_counters *world_counters(struct tee_world *w)
{
	return &w->counters;
}

struct log_limit *world_drops(struct tee_world *w)
{
	return &w->drops;
}

static uint64_t released_token;

void hvlink_vm_released(struct tee_world *w, uint32_t vm_id, uint64_t token)
{
	(void)w;
	(void)vm_id;
	released_token = token;
}

static struct dataspace *add(struct tee_vm *vm, uint64_t id, uint64_t gpa, uint64_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct dataspace *ds;

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(dataspace_create(id, gpa, size, fd, -1, &ds), 0);
	assert_int_equal(vm_add_ds(vm, ds), 0);
	return ds;
}

static int set_up(void **state)
{
	struct tee_vm *vm = calloc(1, sizeof(*vm));

	vm->world = calloc(1, sizeof(*vm->world));
	vm->refs = 1;
	/* The third follows the second without a gap; the last ends near the top of the space. */
	add(vm, 2, 0x20000, 0x2000);
	add(vm, 1, 0x10000, 0x1000);
	add(vm, 3, 0x22000, 0x1000);
	add(vm, 4, UINT64_MAX - 0x1fff, 0x1000);
	*state = vm;
	return 0;
}

static int tear_down(void **state)
{
	struct tee_vm *vm = *state;
	struct tee_world *w = vm->world;

	vm_put(vm);
	free(w);
	return 0;
}

static int create(struct tee_vm *vm, uint64_t gpa, uint64_t len, struct vm_mem **memp)
{
	const struct vm_range range = { gpa, len };

	return vm_mem_create(vm, &range, 1, memp);
}

static void test_ends(void **state)
{
	struct tee_vm *vm = *state;
	struct vm_mem *mem;

	assert_int_equal(create(vm, 0x10000, 0x1000, &mem), 0);
	vm_mem_put(mem);
	assert_int_equal(create(vm, 0xffff, 1, &mem), -EFAULT);
	assert_int_equal(create(vm, 0x10000, 0x1001, &mem), -EFAULT);
	assert_int_equal(create(vm, 0x11000, 1, &mem), -EFAULT);
	assert_int_equal(create(vm, 0x10000, 0, &mem), -EINVAL);
	assert_int_equal(vm_mem_create(vm, NULL, 0, &mem), -EINVAL);
	assert_int_equal(create(vm, 0, 1, &mem), -EFAULT);
}

static void test_wraps(void **state)
{
	struct tee_vm *vm = *state;
	struct vm_mem *mem;

	assert_int_equal(create(vm, 0x10000, UINT64_MAX, &mem), -EFAULT);
	assert_int_equal(create(vm, 0x10000, UINT64_MAX - 0xffff, &mem), -EFAULT);
	assert_int_equal(create(vm, UINT64_MAX - 0x1fff, 0x1000, &mem), 0);
	vm_mem_put(mem);
	assert_int_equal(create(vm, UINT64_MAX - 0x1fff, 0x1001, &mem), -EFAULT);
	assert_int_equal(create(vm, UINT64_MAX, 1, &mem), -EFAULT);
	assert_int_equal(create(vm, UINT64_MAX, UINT64_MAX, &mem), -EFAULT);
	assert_null(vm_ptr(vm, 0x10000, UINT64_MAX));
	assert_null(vm_ptr(vm, UINT64_MAX - 0x1fff, UINT64_MAX));
	assert_null(vm_ptr(vm, UINT64_MAX, 1));
	assert_null(vm_ptr(vm, 0x10000, 0));
	/* Rings and buffers lie in one dataspace. */
	assert_null(vm_ptr(vm, 0x21fff, 2));
	assert_non_null(vm_ptr(vm, 0x21fff, 1));
}

static void test_runs(void **state)
{
	struct tee_vm *vm = *state;
	const struct vm_range joined[] = { { 0x20000, 0x800 }, { 0x20800, 0x800 }, { 0x10000, 8 } };
	struct vm_range many[VM_MEM_MAX_RUNS + 1];
	struct vm_mem *mem;
	unsigned int i;

	assert_int_equal(vm_mem_create(vm, joined, 3, &mem), 0);
	assert_int_equal(mem->num_runs, 2);
	assert_int_equal(mem->size, 0x1008);
	vm_mem_put(mem);

	/* One range over two dataspaces. */
	assert_int_equal(create(vm, 0x21000, 0x2000, &mem), 0);
	assert_int_equal(mem->num_runs, 2);
	vm_mem_put(mem);

	for (i = 0; i <= VM_MEM_MAX_RUNS; i++)
		many[i] = (struct vm_range){ 0x10000 + 16u * (i % 8), 8 };
	assert_int_equal(vm_mem_create(vm, many, VM_MEM_MAX_RUNS, &mem), 0);
	vm_mem_put(mem);
	assert_int_equal(vm_mem_create(vm, many, VM_MEM_MAX_RUNS + 1, &mem), -E2BIG);
}

static void test_copies(void **state)
{
	struct tee_vm *vm = *state;
	uint8_t out[0x1800], in[0x1800];
	struct vm_mem *mem;
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + 1);
	assert_int_equal(create(vm, 0x21000, 0x2000, &mem), 0);
	assert_int_equal(vm_mem_copy_to(mem, 0x7ff, out, sizeof(out)), 0);
	assert_int_equal(vm_mem_copy_from(mem, 0x7ff, in, sizeof(in)), 0);
	assert_memory_equal(in, out, sizeof(in));
	/* The same bytes through the other way in. */
	assert_memory_equal(vm_ptr(vm, 0x22000, 0x100), out + 0x801, 0x100);

	assert_int_equal(vm_mem_copy_from(mem, 0x2000, in, 0), 0);
	assert_int_equal(vm_mem_copy_from(mem, 0x2000, in, 1), -EFAULT);
	assert_int_equal(vm_mem_copy_from(mem, 0x1fff, in, 2), -EFAULT);
	assert_int_equal(vm_mem_copy_from(mem, UINT64_MAX, in, 2), -EFAULT);
	assert_int_equal(vm_mem_copy_to(mem, UINT64_MAX - 1, out, 4), -EFAULT);
	vm_mem_put(mem);
}

static void test_object_outlives_dataspace(void **state)
{
	struct tee_vm *vm = *state;
	struct vm_mem *mem;
	uint8_t byte = 42;

	assert_int_equal(create(vm, 0x10000, 16, &mem), 0);
	assert_int_equal(vm_del_ds(vm, 1), 0);
	assert_int_equal(vm_del_ds(vm, 1), -ENOENT);
	assert_int_equal(vm_del_ds(vm, 0), -ENOENT);
	assert_null(vm_ptr(vm, 0x10000, 1));
	assert_int_equal(vm_mem_copy_to(mem, 0, &byte, 1), 0);
	vm_mem_put(mem);
}

static void test_overlaps(void **state)
{
	struct tee_vm *vm = *state;
	const struct {
		uint64_t id, gpa, size;
	} bad[] = {
		{ 2, 0x50000, 0x1000 }, { 9, 0x10000, 0x1000 }, { 9, 0x1f000, 0x2000 },
		{ 9, 0x21000, 0x1000 }, { 9, 0xf000, 0x2000 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = memfd_create("test", MFD_CLOEXEC);
		struct dataspace *ds;

		assert_int_equal(ftruncate(fd, (off_t)bad[i].size), 0);
		assert_int_equal(dataspace_create(bad[i].id, bad[i].gpa, bad[i].size, fd, -1, &ds), 0);
		assert_int_equal(vm_add_ds(vm, ds), -EEXIST);
		dataspace_put(ds);
	}
}

static void test_bad_dataspaces(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct dataspace *ds;

	(void)state;
	assert_int_equal(ftruncate(fd, 0x1000), 0);
	assert_int_equal(dataspace_create(1, 0x1000, 0, fd, -1, &ds), -EINVAL);
	assert_int_equal(dataspace_create(1, 0x1001, 0x1000, fd, -1, &ds), -EINVAL);
	assert_int_equal(dataspace_create(1, 0x1000, 0x1001, fd, -1, &ds), -EINVAL);
	assert_int_equal(dataspace_create(1, 0x1000, 0x2000, fd, -1, &ds), -EINVAL);
	assert_int_equal(dataspace_create(1, UINT64_MAX - 0xfff, 0x1000, fd, -1, &ds), -EINVAL);
	assert_int_equal(dataspace_create(1, 0x1000, UINT64_MAX - 0xfff, fd, -1, &ds), -EINVAL);
	close(fd);
}

static void test_gone(void **state)
{
	struct tee_vm *vm = *state;
	struct vm_mem *mem;

	vm->gone = true;
	assert_int_equal(create(vm, 0x10000, 1, &mem), -EFAULT);
	vm->del_token = 77;
	vm_get(vm);
	vm_put(vm);
	assert_int_equal(released_token, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wraps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_object_outlives_dataspace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overlaps, set_up, tear_down),
		cmocka_unit_test(test_bad_dataspaces),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
