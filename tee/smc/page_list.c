/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* OP-TEE's lists of pages (seed 001), a chain that its writer may bend while it is read. */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE OPTEE_MSG_NONCONTIG_PAGE_SIZE
#define LIST_FIRST_ROOM 16u

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

static int list_grow(struct smc_list *l)
{
	unsigned int room = l->room ? 2 * l->room : LIST_FIRST_ROOM;
	struct vm_range *range;

	if (l->num == VM_MEM_MAX_RUNS)
		return -E2BIG;
	if (room > VM_MEM_MAX_RUNS)
		room = VM_MEM_MAX_RUNS;
	range = realloc(l->range, room * sizeof(*range));
	if (!range)
		return -ENOMEM;
	l->range = range;
	l->room = room;
	return 0;
}

static int add_piece(struct smc_list *l, uint64_t gpa, uint64_t len)
{
	struct vm_range *last = l->num ? &l->range[l->num - 1] : NULL;
	int ret = 0;

	if (last && last->gpa + last->len == gpa) {
		last->len += len;
		return 0;
	}
	if (l->num == l->room)
		ret = list_grow(l);
	if (!ret)
		l->range[l->num++] = (struct vm_range){ .gpa = gpa, .len = len };
	return ret;
}

int smc_list_begin(struct smc_list *l, const struct tee_vm *vm, uint64_t buf_ptr, uint64_t size)
{
	memset(l, 0, sizeof(*l));
	/* More than the VM has can't be meant; it bounds the walk too. */
	if (!size || size > vm_memory(vm))
		return -EINVAL;
	l->next = buf_ptr - buf_ptr % PAGE;
	l->offset = buf_ptr % PAGE;
	l->left = size;
	return 0;
}

int smc_list_walk(struct smc_list *l, struct tee_vm *vm)
{
	struct optee_msg_page_list list;
	unsigned int entry = OPTEE_MSG_NONCONTIG_ENTRIES, pages = 0;
	int ret;

	while (l->left) {
		uint64_t len = PAGE - l->offset < l->left ? PAGE - l->offset : l->left;

		if (entry == OPTEE_MSG_NONCONTIG_ENTRIES) {
			if (pages++ == SMC_LIST_SLICE)
				return -EAGAIN;
			ret = copy_list_page(vm, l->next, &list);
			if (ret)
				return ret;
			l->next = list.next;
			entry = 0;
		}
		if (list.pages[entry] % PAGE || list.pages[entry] > UINT64_MAX - PAGE)
			return -EINVAL;
		ret = add_piece(l, list.pages[entry++] + l->offset, len);
		if (ret)
			return ret;
		l->offset = 0;
		l->left -= len;
	}
	return 0;
}

void smc_list_end(struct smc_list *l)
{
	free(l->range);
	l->range = NULL;
}
