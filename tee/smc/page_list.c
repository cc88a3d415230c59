/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* OP-TEE's lists of pages (seed 001), a chain that its writer may bend while it is read. */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <string.h>

#define PAGE OPTEE_MSG_NONCONTIG_PAGE_SIZE

static uint64_t vm_memory(const struct tee_vm *vm)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < vm->num_ds; i++)
		sum += vm->ds[i]->size;
	return sum;
}

static int copy_list_page(struct tee_vm *vm, uint64_t gpa, struct optee_msg_page_list *list)
{
	const void *shm_list = gpa % PAGE ? NULL : vm_ptr(vm, gpa, PAGE);

	if (!shm_list)
		return gpa % PAGE ? -EINVAL : -EFAULT;
	memcpy(list, shm_list, sizeof(*list));
	return 0;
}

/* Return: number of ranges, @num or one more. */
static int add_piece(struct vm_range *range, unsigned int num, uint64_t gpa, uint64_t len)
{
	struct vm_range *last = num ? &range[num - 1] : NULL;

	if (last && last->gpa + last->len == gpa) {
		last->len += len;
		return (int)num;
	}
	if (num == VM_MEM_MAX_RUNS)
		return -E2BIG;
	range[num] = (struct vm_range){ .gpa = gpa, .len = len };
	return (int)num + 1;
}

int smc_page_list(struct tee_vm *vm, uint64_t buf_ptr, uint64_t size, struct vm_range *range)
{
	uint64_t next = buf_ptr - buf_ptr % PAGE, offset = buf_ptr % PAGE;
	struct optee_msg_page_list list;
	unsigned int entry = OPTEE_MSG_NONCONTIG_ENTRIES;
	int num = 0, ret;

	/* More than the VM has can't be meant; it bounds the loop too. */
	if (!size || size > vm_memory(vm))
		return -EINVAL;
	while (size) {
		uint64_t len = PAGE - offset < size ? PAGE - offset : size;

		if (entry == OPTEE_MSG_NONCONTIG_ENTRIES) {
			ret = copy_list_page(vm, next, &list);
			if (ret)
				return ret;
			next = list.next;
			entry = 0;
		}
		if (list.pages[entry] % PAGE || list.pages[entry] > UINT64_MAX - PAGE)
			return -EINVAL;
		num = add_piece(range, (unsigned int)num, list.pages[entry++] + offset, len);
		if (num < 0)
			return num;
		offset = 0;
		size -= len;
	}
	return num;
}
