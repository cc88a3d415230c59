/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Dynamic shared memory: page lists, registration, what a registration keeps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ree/tee/uapi.h"
#include "tests/unit/ree/optee/fake.h"

#define LIST_PA 0x40000000ull
#define MAX_LIST_PAGES 8u

static int set_up(void **state)
{
	*state = fake_up_probed(FAKE_ALL_CAPS);
	return 0;
}

static int tear_down(void **state)
{
	fake_down(*state);
	return 0;
}

/* Entry @n of a list, found as the secure world finds it: page by page. */
static uint64_t entry(const uint64_t *list, uint64_t n)
{
	uint64_t pa = LIST_PA;

	for (; n >= 511; n -= 511)
		pa = list[(pa - LIST_PA) / 8 + 511];
	return list[(pa - LIST_PA) / 8 + n];
}

/*
 * A buffer of @len bytes from @offset on in @page_size pages that lie scattered: every second one, in
 * falling order. The list counts in 4 KiB whatever the page size is.
 */
static void check_list(uint64_t page_size, uint64_t offset, uint64_t len)
{
	uint64_t *list = aligned_alloc(4096, MAX_LIST_PAGES * 4096);
	struct tee_shm_run run[64];
	uint64_t left = len, in_page = offset, entries, n, at;
	unsigned int num = 0, i;

	assert_non_null(list);
	memset(list, 0xee, MAX_LIST_PAGES * 4096);
	while (left) {
		uint64_t take = page_size - in_page < left ? page_size - in_page : left;

		assert_true(num < 64);
		run[num] = (struct tee_shm_run){ 0x900000000ull - 2 * page_size * num + in_page, take };
		num++;
		left -= take;
		in_page = 0;
	}
	entries = (offset % 4096 + len + 4095) / 4096;
	assert_int_equal(optee_page_list_entries(run, num), entries);
	assert_int_equal(optee_page_list_size(entries), (entries + 510) / 511 * 4096);
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, num), 0);
	n = 0;
	for (i = 0; i < num; i++)
		for (at = run[i].gpa & ~4095ull; at < run[i].gpa + run[i].len; at += 4096)
			assert_true(entry(list, n++) == at);
	assert_int_equal(n, entries);
	/* Nothing is written behind it. */
	if (entries % 511)
		assert_true(list[(entries / 511) * 512 + entries % 511] == 0xeeeeeeeeeeeeeeeeull);
	free(list);
}

static void test_page_lists(void **state)
{
	static const uint64_t page_sizes[] = { 4096, 16384, 65536 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint64_t p = page_sizes[i];

		check_list(p, 0, 1);
		check_list(p, 0, p);
		check_list(p, 1, p);
		check_list(p, p - 1, 1);
		check_list(p, p - 1, 2);
		check_list(p, 4095, 40000);
		check_list(p, p - 4096, 40000);
		check_list(p, p - 1, 10 * p + 2);
		check_list(p, 0, 60 * p);
	}
	/* Larger pages skip what lies before the buffer, in whole 4 KiB pages. */
	check_list(65536, 0x5010, 65536);
	check_list(16384, 0x3fff, 16384);
}

static void one_run(uint64_t pages)
{
	uint64_t *list = aligned_alloc(4096, MAX_LIST_PAGES * 4096);
	struct tee_shm_run run = { 0x100000000ull, pages * 4096 };
	uint64_t n;

	assert_non_null(list);
	memset(list, 0xee, MAX_LIST_PAGES * 4096);
	assert_int_equal(optee_page_list_fill(list, LIST_PA, &run, 1), 0);
	for (n = 0; n < pages; n++)
		assert_true(entry(list, n) == run.gpa + n * 4096);
	/* The last page of the list leads nowhere. */
	if (pages % 511 == 0)
		assert_int_equal(list[pages / 511 * 512 - 1], 0);
	free(list);
}

static void test_long_page_lists(void **state)
{
	static const uint64_t pages[] = { 510, 511, 512, 1021, 1022, 1023, 1533, 4000 };
	struct tee_shm_run run[3] = { { 0x1000, 0x1000 }, { 0x4000, 0x2000 }, { 0x9000, 5 } };
	uint64_t list[512];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		one_run(pages[i]);
	/* What isn't made of pages is refused. */
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, 3), 0);
	run[1].gpa++;
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, 3), -EINVAL);
	run[1] = (struct tee_shm_run){ 0x4000, 0x1fff };
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, 3), -EINVAL);
	run[1] = (struct tee_shm_run){ 0x4000, 0 };
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, 3), -EINVAL);
	run[2] = (struct tee_shm_run){ UINT64_MAX - 4095, 8192 };
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run + 2, 1), -EINVAL);
	assert_int_equal(optee_page_list_fill(list, LIST_PA, run, 0), -EINVAL);
	assert_int_equal(optee_page_list_fill(list, LIST_PA + 8, run, 1), -EINVAL);
}

static int reg(int fd, void *addr, size_t len, int *id)
{
	struct tee_ioctl_shm_register_data data = { .addr = (uintptr_t)addr, .length = len };
	int ret = node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data);

	*id = data.id;
	return ret;
}

static void test_register_pieces(void **state)
{
	static uint8_t mem[200000];
	struct fake_sec *fs = *state;
	uint64_t offset = ((uintptr_t)mem + 100) % 4096;
	int fd = fake_open(fs), shm, id;
	union invoke_buf b = { .arg = { .num_params = 1 } };

	fs->find_num = 3;
	shm = reg(fd, mem + 100, 100000, &id);
	assert_true(shm >= 0);
	assert_int_equal(fs->cmd[0], OPTEE_MSG_CMD_REGISTER_SHM);
	assert_int_equal(fake_arg(&fs->last)->params[0].attr,
			 OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG);
	assert_int_equal(fs->reg[0].size, 100000);
	assert_int_equal(fs->reg[0].offset, offset);
	assert_true(fs->reg[0].page[0] == 0x700000000ull);
	assert_true(fs->reg[0].page[1] == 0x700003000ull);
	assert_true(fs->reg[0].page[2] == 0x700006000ull);
	assert_true(fs->reg[0].page[3] == 0x700007000ull);
	assert_int_equal(fs->reg[0].num_pages, (offset + 100000 + 4095) / 4096);
	/* The list itself is gone. */
	assert_int_equal(fs->num_ds, 0);

	b.arg.session = fake_open_session(fd);
	b.p[0] = (struct tee_ioctl_param){ 7, 5, 100, (uint32_t)id };
	assert_int_equal(fake_do_invoke(fd, &b), 0);
	assert_int_equal(fake_arg(&fs->last)->params[0].attr, OPTEE_MSG_ATTR_TYPE_RMEM_INOUT);
	assert_int_equal(fake_arg(&fs->last)->params[0].u.rmem.offs, 5);
	assert_int_equal(fake_arg(&fs->last)->params[0].u.rmem.shm_ref, fs->reg[0].cookie);
	b.p[0] = (struct tee_ioctl_param){ 7, 1, 100000, (uint32_t)id };
	assert_int_equal(fake_do_invoke(fd, &b), -EINVAL);
	node_close(shm);
	assert_int_equal(fake_arg(&fs->last)->cmd, OPTEE_MSG_CMD_UNREGISTER_SHM);
	assert_int_equal(fake_arg(&fs->last)->params[0].attr, OPTEE_MSG_ATTR_TYPE_RMEM_INPUT);
	assert_int_equal(fake_arg(&fs->last)->params[0].u.rmem.shm_ref, fs->reg[0].cookie);
	node_close(fd);
}

static void test_register_ordinary(void **state)
{
	static uint8_t mem[200000];
	struct fake_sec *fs = *state;
	int fd = fake_open(fs), small, large, id;

	small = reg(fd, mem, 100, &id);
	assert_true(small >= 0);
	assert_int_equal(fs->num_cmds, 0);
	/* A copy of its own, which is registered. */
	large = reg(fd, mem, sizeof(mem), &id);
	assert_true(large >= 0);
	assert_int_equal(fs->num_regs, 1);
	assert_int_equal(fs->num_ds, 1);
	node_close(small);
	node_close(large);
	/* Too many pieces for the secure world: the same. */
	fs->find_num = 3;
	fs->result = OPTEE_ERROR_EXCESS_DATA;
	assert_int_equal(reg(fd, mem, sizeof(mem), &id), -E2BIG);
	fs->result = 0;
	assert_int_equal(fs->num_ds, 0);
	node_close(fd);
}

static void test_register_fails(void **state)
{
	static const struct {
		uint32_t result;
		int want;
	} cases[] = { { OPTEE_ERROR_OUT_OF_MEMORY, -ENOMEM },
		      { OPTEE_ERROR_BAD_PARAMETERS, -EINVAL },
		      { OPTEE_ERROR_ACCESS_DENIED, -EACCES },
		      { 0xffff0000, -EIO } };
	static uint8_t mem[200000];
	struct fake_sec *fs = *state;
	int fd = fake_open(fs), id;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		fs->result = cases[i].result;
		fs->find_num = 2;
		assert_int_equal(reg(fd, mem, sizeof(mem), &id), cases[i].want);
		assert_int_equal(fake_alloc(fd, 100000, &id), cases[i].want);
		assert_int_equal(fs->num_ds, 0);
	}
	fs->result = 0;
	fs->a0 = OPTEE_SMC_RETURN_EBADADDR;
	assert_int_equal(fake_alloc(fd, 100000, &id), -EIO);
	fs->a0 = 0;
	fs->ds_ret = -ENOMEM;
	assert_int_equal(fake_alloc(fd, 100000, &id), -ENOMEM);
	assert_int_equal(fs->num_ds, 0);
	node_close(fd);
}

static void test_register_fd(void **state)
{
	struct fake_sec *fs = *state;
	struct tee_ioctl_shm_register_fd_data data = { .fd = memfd_create("own", MFD_CLOEXEC) };
	int fd = fake_open(fs), shm;
	void *p;

	assert_int_equal(ftruncate((int)data.fd, 3 * 4096), 0);
	shm = node_ioctl(fd, TEE_IOC_SHM_REGISTER_FD, &data);
	assert_true(shm >= 0);
	assert_int_equal(data.size, 3 * 4096);
	assert_int_equal(fs->reg[0].num_pages, 3);
	assert_int_equal(fs->num_ds, 1);
	/* It can be mapped, as any object in one piece. */
	assert_int_equal(node_mmap(shm, 3 * 4096, PROT_READ, &p), 0);
	assert_int_equal(node_munmap(p, 3 * 4096), 0);
	close((int)data.fd);
	node_close(fd);
	/* The object keeps its context, so that the secure world can be told. */
	assert_int_equal(fs->num_cmds, 1);
	node_close(shm);
	assert_int_equal(fs->cmd[1], OPTEE_MSG_CMD_UNREGISTER_SHM);
	assert_int_equal(fs->num_ds, 0);
}

static void test_without_dynamic_memory(void **state)
{
	static uint8_t mem[100000];
	struct fake_sec *fs = fake_up_probed(OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM);
	struct tee_ioctl_shm_register_fd_data data = { .fd = 0 };
	int fd = fake_open(fs), shm, id;

	(void)state;
	fs->find_num = 1;
	/* Bounced, as it were anywhere. */
	shm = reg(fd, mem, sizeof(mem), &id);
	assert_true(shm >= 0);
	assert_int_equal(fs->num_cmds, 0);
	node_close(shm);
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER_FD, &data), -TEE_ENOTSUPP);
	node_close(fd);
	fake_down(fs);
}

static void test_gone_before_release(void **state)
{
	struct fake_sec *fs = fake_up_probed(FAKE_ALL_CAPS);
	int fd = fake_open(fs), shm, id;

	(void)state;
	shm = fake_alloc(fd, 100000, &id);
	assert_true(shm >= 0);
	fake_die(fs);
	node_close(shm);
	assert_int_equal(fs->num_ds, 0);
	node_close(fd);
	fake_down(fs);
}

#define MEMORY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_lists),
		cmocka_unit_test(test_long_page_lists),
		MEMORY_TEST(test_register_pieces),
		MEMORY_TEST(test_register_ordinary),
		MEMORY_TEST(test_register_fails),
		MEMORY_TEST(test_register_fd),
		cmocka_unit_test(test_without_dynamic_memory),
		cmocka_unit_test(test_gone_before_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
