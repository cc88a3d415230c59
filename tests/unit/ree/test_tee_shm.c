/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "ree/vm/node.h"
#include "tests/unit/ree/tee_fake.h"

static int set_up(void **state)
{
	*state = fake_tee_up(&fake_tee_desc);
	return 0;
}

static int set_up_reg(void **state)
{
	*state = fake_tee_up(&fake_reg_desc);
	return 0;
}

static int tear_down(void **state)
{
	fake_tee_down(*state);
	return 0;
}

static int open_dev(struct fake_tee *ft)
{
	int fd = node_open(&ft->vm, "tee0", 0);

	assert_true(fd >= 0);
	return fd;
}

static int alloc(int fd, size_t size, struct tee_ioctl_shm_alloc_data *data)
{
	*data = (struct tee_ioctl_shm_alloc_data){ .size = size };
	return node_ioctl(fd, TEE_IOC_SHM_ALLOC, data);
}

static void test_alloc_and_map(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_ioctl_shm_alloc_data data;
	struct tee_device_info info;
	size_t page = fake_page();
	int fd = open_dev(ft), shm_fd;
	void *a, *b, *c;

	shm_fd = alloc(fd, page + 1, &data);
	assert_true(shm_fd >= 0);
	assert_int_equal(data.size, 2 * page);
	assert_int_equal(data.id, 1);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 1);
	assert_int_equal(info.shm_bytes, 2 * page);

	/* Each mapping is one of its own, over the same memory: the pool's second page on. */
	assert_int_equal(node_mmap(shm_fd, 2 * page, PROT_READ | PROT_WRITE, &a), 0);
	assert_int_equal(node_mmap(shm_fd, 2 * page, PROT_READ, &b), 0);
	assert_ptr_not_equal(a, b);
	memcpy(a, "hello", 6);
	assert_string_equal(b, "hello");
	assert_string_equal(ft->mem + page, "hello");
	assert_int_equal(node_munmap(a, 2 * page), 0);
	assert_string_equal(b, "hello");
	assert_int_equal(node_munmap(b, 2 * page), 0);

	assert_int_equal(node_mmap(shm_fd, 1, PROT_READ, &c), 0);
	assert_int_equal(node_munmap(c, 1), 0);
	assert_int_equal(node_mmap(shm_fd, 0, PROT_READ, &c), -EINVAL);
	assert_int_equal(node_mmap(shm_fd, 2 * page + 1, PROT_READ, &c), -EINVAL);
	assert_int_equal(node_mmap(shm_fd, SIZE_MAX, PROT_READ, &c), -EINVAL);
	/* The device itself has no memory, the buffer no ioctl. */
	assert_int_equal(node_mmap(fd, page, PROT_READ, &c), -ENODEV);
	assert_int_equal(node_ioctl(shm_fd, TEE_IOC_VERSION, &info), -ENOTTY);

	node_close(shm_fd);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 0);
	assert_int_equal(info.shm_bytes, 0);
	node_close(fd);
}

static void test_alloc_refuses(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_ioctl_shm_alloc_data data;
	struct tee_device_info info;
	int fd = open_dev(ft);
	void *ro;

	data = (struct tee_ioctl_shm_alloc_data){ .size = 1, .flags = 1 };
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_ALLOC, &data), -EINVAL);
	assert_int_equal(alloc(fd, 0, &data), -EINVAL);
	assert_int_equal(alloc(fd, FAKE_POOL_PAGES * fake_page(), &data), -ENOMEM);
	assert_int_equal(alloc(fd, SIZE_MAX, &data), -ENOMEM);
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_ALLOC, NULL), -EFAULT);

	/* The id can't be told: nothing stays. */
	ro = mmap(NULL, fake_page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(ro != MAP_FAILED);
	data = (struct tee_ioctl_shm_alloc_data){ .size = 1 };
	memcpy(ro, &data, sizeof(data));
	assert_int_equal(mprotect(ro, fake_page(), PROT_READ), 0);
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_ALLOC, ro), -EFAULT);
	munmap(ro, fake_page());
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 0);
	node_close(fd);
}

static void test_shm_keeps_context(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_ioctl_shm_alloc_data data;
	int fd = open_dev(ft), shm_fd;
	void *p;

	shm_fd = alloc(fd, 10, &data);
	assert_true(shm_fd >= 0);
	node_close(fd);
	assert_int_equal(ft->releases, 0);
	assert_int_equal(node_mmap(shm_fd, 10, PROT_READ | PROT_WRITE, &p), 0);
	node_munmap(p, 10);
	node_close(shm_fd);
	assert_int_equal(ft->releases, 1);
}

static void test_ids_are_a_contexts_own(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_context a = { .dev = ft->dev, .refs = 1 }, b = { .dev = ft->dev, .refs = 1 };
	struct tee_shm *shm, *same, *priv;
	uint64_t pa;

	assert_int_equal(tee_shm_alloc(&a, 100, TEE_SHM_DMA_BUF, &shm), 0);
	assert_int_equal(tee_shm_get_from_id(&a, (uint64_t)shm->id, &same), 0);
	assert_ptr_equal(same, shm);
	assert_int_equal(tee_shm_get_from_id(&b, (uint64_t)shm->id, &same), -EINVAL);
	assert_int_equal(tee_shm_get_from_id(&a, 99, &same), -EINVAL);
	assert_int_equal(tee_shm_get_from_id(&a, 0, &same), -EINVAL);
	assert_int_equal(tee_shm_get_from_id(&a, (uint32_t)shm->id + (UINT64_C(1) << 32), &same),
			 -EINVAL);

	assert_ptr_equal(tee_shm_get_va(shm, 5), shm->kaddr + 5);
	assert_null(tee_shm_get_va(shm, shm->size));
	assert_int_equal(tee_shm_get_pa(shm, 5, &pa), 0);
	assert_int_equal(pa, shm->paddr + 5);
	assert_int_equal(tee_shm_get_pa(shm, shm->size, &pa), -EINVAL);
	assert_int_equal(tee_shm_get_size(shm), fake_page());
	assert_true(tee_shm_contains(shm, 0, shm->size));
	assert_true(tee_shm_contains(shm, shm->size, 0));
	assert_false(tee_shm_contains(shm, 1, shm->size));
	assert_false(tee_shm_contains(shm, UINT64_MAX, 2));

	tee_shm_put(shm);
	tee_shm_put(shm);
	assert_int_equal(tee_shm_get_from_id(&a, 1, &same), -EINVAL);

	assert_int_equal(tee_shm_alloc(&a, 100, 0, &priv), 0);
	assert_int_equal(tee_shm_get_fd(priv), -EINVAL);
	tee_shm_put(priv);
	assert_int_equal(tee_shm_alloc(&a, 100, TEE_SHM_USER_MAPPED, &priv), -EINVAL);
	assert_int_equal(a.refs, 1);
}

static void test_register_unsupported(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_ioctl_shm_register_data data = { .addr = 4096, .length = 100 };
	int fd = open_dev(ft);

	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -TEE_ENOTSUPP);
	node_close(fd);
}

static void test_register(void **state)
{
	struct fake_tee *ft = *state;
	char buf[100];
	struct tee_ioctl_shm_register_data data = { .addr = (uintptr_t)buf, .length = sizeof(buf) };
	int fd = open_dev(ft), shm_fd;
	void *p;

	data.flags = 1;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -EINVAL);
	data.flags = 0;
	data.length = UINT64_MAX;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -EFAULT);
	data.length = 0;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -ENOMEM);
	data.length = sizeof(buf);
	ft->register_ret = -EIO;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -EIO);
	ft->register_ret = 0;
	shm_fd = node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data);
	assert_true(shm_fd >= 0);
	assert_int_equal(data.id, 1);
	assert_int_equal(data.length, sizeof(buf));
	assert_ptr_equal(ft->reg_addr, buf);
	assert_int_equal(ft->reg_len, sizeof(buf));
	assert_int_equal(node_mmap(shm_fd, 1, PROT_READ, &p), -EINVAL);
	node_close(fd);
	assert_int_equal(ft->unregisters, 0);
	node_close(shm_fd);
	assert_int_equal(ft->unregisters, 1);
	assert_int_equal(ft->releases, 1);
}

static int invoke_memref(int fd, uint64_t kind, int id, uint64_t offs, uint64_t size,
			 uint64_t *size_out)
{
	union {
		struct tee_ioctl_invoke_arg arg;
		uint8_t bytes[sizeof(struct tee_ioctl_invoke_arg) + sizeof(struct tee_ioctl_param)];
	} b = { .bytes = { 0 } };
	struct tee_ioctl_buf_data data = { (uintptr_t)&b, sizeof(b.bytes) };
	struct tee_ioctl_param p = { kind, offs, size, (uint32_t)id };
	int ret;

	b.arg.session = FAKE_SESSION;
	b.arg.num_params = 1;
	memcpy(b.bytes + sizeof(struct tee_ioctl_invoke_arg), &p, sizeof(p));
	ret = node_ioctl(fd, TEE_IOC_INVOKE, &data);
	memcpy(&p, b.bytes + sizeof(struct tee_ioctl_invoke_arg), sizeof(p));
	*size_out = p.b;
	return ret;
}

/* A TA that turns every byte it sees into the next letter, and says it made more than fits. */
static void next_letters(struct fake_tee *ft, struct tee_param *param, uint32_t num_params)
{
	uint8_t *p = tee_shm_get_va(param->u.memref.shm, param->u.memref.shm_offs);
	size_t i;

	(void)ft;
	assert_int_equal(num_params, 1);
	for (i = 0; i < param->u.memref.size; i++)
		p[i]++;
	param->u.memref.size += 1000;
}

static void test_bounce(void **state)
{
	struct fake_tee *ft = *state;
	char buf[9000] = "abcdefgh";
	struct tee_ioctl_shm_register_data data = { .addr = (uintptr_t)buf + 1, .length = 5000 };
	int fd = open_dev(ft), shm_fd;
	struct tee_device_info info;
	uint64_t size;

	ft->register_ret = -ENXIO;
	shm_fd = node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data);
	assert_true(shm_fd >= 0);
	assert_int_equal(data.length, 5000);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 1);

	/* Copied for each call: what it refers to, and no byte more. */
	ft->during = next_letters;
	assert_int_equal(invoke_memref(fd, 7, data.id, 1, 3, &size), 0);
	assert_int_equal(size, 1003);
	assert_string_equal(buf, "abdeffgh");
	memcpy(buf, "xxxxxxxx", 8);
	assert_int_equal(invoke_memref(fd, 6, data.id, 0, 2, &size), 0);
	assert_string_equal(buf, "xyyxxxxx");
	assert_int_equal(invoke_memref(fd, 5, data.id, 0, 5, &size), 0);
	assert_string_equal(buf, "xyyxxxxx");
	/* Its end is its end, whatever its copy is rounded up to. */
	assert_int_equal(invoke_memref(fd, 7, data.id, 4999, 2, &size), -EINVAL);
	assert_int_equal(invoke_memref(fd, 7, data.id, 4999, 1, &size), 0);
	assert_int_equal(buf[5000], 1);
	assert_int_equal(buf[5001], 0);

	node_close(shm_fd);
	assert_int_equal(ft->unregisters, 0);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 0);
	node_close(fd);
}

static void test_bounce_protection(void **state)
{
	struct fake_tee *ft = *state;
	size_t page = fake_page();
	struct tee_ioctl_shm_register_data data = { .length = 2 * page };
	int fd = open_dev(ft), shm_fd;
	struct tee_device_info info;
	uint64_t size;
	char *p;

	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	memset(p, 'a', 2 * page);
	data.addr = (uintptr_t)p;
	ft->register_ret = -ENXIO;
	ft->during = next_letters;

	/* Not all of it is there. */
	assert_int_equal(mprotect(p + page, page, PROT_NONE), 0);
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -EFAULT);
	data.addr = 0;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data), -EFAULT);
	data.addr = (uintptr_t)p;
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_shm, 0);

	/* Read-only: good for input; an output is told, and nothing is written. */
	assert_int_equal(mprotect(p, 2 * page, PROT_READ), 0);
	shm_fd = node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data);
	assert_true(shm_fd >= 0);
	assert_int_equal(invoke_memref(fd, 5, data.id, 0, 10, &size), 0);
	assert_int_equal(invoke_memref(fd, 7, data.id, 0, 10, &size), -EFAULT);
	assert_int_equal(p[0], 'a');
	/* Gone meanwhile: the call fails, the program goes on. */
	assert_int_equal(munmap(p, 2 * page), 0);
	assert_int_equal(invoke_memref(fd, 5, data.id, 0, 10, &size), -EFAULT);
	node_close(shm_fd);
	node_close(fd);
}

static void test_runs(void **state)
{
	struct tee_shm_run runs[2] = { { 0x5123, 0xedd }, { 0x9000, 7 } };
	struct tee_shm shm = { .paddr = 0x1234, .size = 99 };

	(void)state;
	assert_int_equal(tee_shm_num_runs(&shm), 1);
	assert_int_equal(tee_shm_get_run(&shm, 0).gpa, 0x1234);
	assert_int_equal(tee_shm_get_run(&shm, 0).len, 99);
	assert_int_equal(tee_shm_get_page_offset(&shm), 0x234);
	shm.runs = runs;
	shm.num_runs = 2;
	assert_int_equal(tee_shm_num_runs(&shm), 2);
	assert_int_equal(tee_shm_get_run(&shm, 1).gpa, 0x9000);
	assert_int_equal(tee_shm_get_page_offset(&shm), 0x123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alloc_and_map, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_alloc_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shm_keeps_context, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ids_are_a_contexts_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_register_unsupported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_register, set_up_reg, tear_down),
		cmocka_unit_test_setup_teardown(test_bounce, set_up_reg, tear_down),
		cmocka_unit_test_setup_teardown(test_bounce_protection, set_up_reg, tear_down),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
