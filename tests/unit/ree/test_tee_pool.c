/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ree/tee/gen_pool.h"
#include "ree/tee/idr.h"
#include "tests/unit/ree/tee_fake.h"

#define GPA 0x80000000ull

static void test_gen_pool_refuses(void **state)
{
	struct gen_pool *pool;
	uint64_t addr;

	(void)state;
	assert_int_equal(gen_pool_create(4, 64, 3, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(8, 60, 3, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(8, 0, 3, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(UINT64_MAX - 7, 16, 3, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(8, 64, 64, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(8, 64, 3, &pool), 0);
	assert_int_equal(gen_pool_alloc(pool, 0, &addr), -EINVAL);
	assert_int_equal(gen_pool_alloc(pool, 65, &addr), -ENOMEM);
	assert_int_equal(gen_pool_alloc(pool, SIZE_MAX, &addr), -ENOMEM);
	assert_int_equal(gen_pool_alloc(pool, 9, &addr), 0);
	assert_int_equal(addr, 8);
	assert_int_equal(gen_pool_avail(pool), 48);
	assert_int_equal(gen_pool_free(pool, 9, 8), -EINVAL);
	assert_int_equal(gen_pool_free(pool, 0, 8), -EINVAL);
	assert_int_equal(gen_pool_free(pool, 8, 24), -EINVAL); /* a unit too many */
	assert_int_equal(gen_pool_free(pool, 64, 16), -EINVAL);
	assert_int_equal(gen_pool_free(pool, UINT64_MAX - 7, 8), -EINVAL);
	assert_int_equal(gen_pool_free(pool, 8, SIZE_MAX), -EINVAL);
	assert_int_equal(gen_pool_free(pool, 8, 9), 0);
	assert_int_equal(gen_pool_free(pool, 8, 9), -EINVAL); /* twice */
	assert_int_equal(gen_pool_avail(pool), 64);
	gen_pool_destroy(pool);
	gen_pool_destroy(NULL);
}

static void test_gen_pool_best_fit(void **state)
{
	struct gen_pool *pool;
	uint64_t a[8], addr;
	unsigned int i;

	(void)state;
	assert_int_equal(gen_pool_create(GPA, 64, 3, &pool), 0);
	for (i = 0; i < 8; i++) {
		assert_int_equal(gen_pool_alloc(pool, 8, &a[i]), 0);
		assert_int_equal(a[i], GPA + 8 * i);
	}
	assert_int_equal(gen_pool_alloc(pool, 1, &addr), -ENOMEM);
	/* Free 1-3 and 5-6: two units fit the second hole exactly. */
	assert_int_equal(gen_pool_free(pool, a[1], 24), 0);
	assert_int_equal(gen_pool_free(pool, a[5], 16), 0);
	assert_int_equal(gen_pool_alloc(pool, 16, &addr), 0);
	assert_int_equal(addr, a[5]);
	assert_int_equal(gen_pool_alloc(pool, 32, &addr), -ENOMEM);
	assert_int_equal(gen_pool_alloc(pool, 24, &addr), 0);
	assert_int_equal(addr, a[1]);
	gen_pool_destroy(pool);
}

static void test_static_pool_parts(void **state)
{
	struct fake_tee *ft = fake_tee_up(&fake_tee_desc);
	struct tee_context ctx = { .dev = ft->dev, .refs = 1 };
	struct tee_shm *a, *b, *c, *big;
	size_t page = fake_page();

	(void)state;
	/* The driver's own: 8-byte units at the start. */
	assert_int_equal(tee_shm_alloc(&ctx, 1, 0, &a), 0);
	assert_int_equal(tee_shm_alloc(&ctx, 9, 0, &b), 0);
	assert_int_equal(a->size, 8);
	assert_int_equal(b->size, 16);
	assert_int_equal(a->paddr, FAKE_POOL_GPA);
	assert_int_equal(b->paddr, FAKE_POOL_GPA + 8);
	assert_ptr_equal(b->kaddr, ft->mem + 8);
	assert_int_equal(a->id, 0);
	assert_int_equal(tee_shm_alloc(&ctx, page, 0, &c), -ENOMEM);

	/* Clients' buffers: pages behind them. */
	assert_int_equal(tee_shm_alloc(&ctx, 1, TEE_SHM_DMA_BUF, &c), 0);
	assert_int_equal(c->size, page);
	assert_int_equal(c->paddr, FAKE_POOL_GPA + page);
	assert_int_equal(c->fd_offset, page);
	assert_int_equal(c->fd, ft->memfd);
	assert_int_equal(tee_shm_alloc(&ctx, (FAKE_POOL_PAGES - 1) * page, TEE_SHM_DMA_BUF, &big),
			 -ENOMEM);
	assert_int_equal(tee_shm_alloc(&ctx, (FAKE_POOL_PAGES - 2) * page, TEE_SHM_DMA_BUF, &big),
			 0);
	tee_shm_put(c);
	tee_shm_put(big);
	/* All of it back. */
	assert_int_equal(tee_shm_alloc(&ctx, (FAKE_POOL_PAGES - 1) * page, TEE_SHM_DMA_BUF, &big),
			 0);
	tee_shm_put(big);
	tee_shm_put(a);
	tee_shm_put(b);
	fake_tee_down(ft);
}

static void test_static_pool_area(void **state)
{
	size_t page = fake_page();
	uint8_t *area = aligned_alloc(page, 4 * page);
	struct tee_shm_pool_mem mem = { area, GPA, 2 * page, 3, 0 };
	struct tee_shm_pool *pool;
	struct tee_shm shm = { .flags = TEE_SHM_DMA_BUF };

	(void)state;
	assert_non_null(area);
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), 0);
	tee_shm_pool_free(pool);
	tee_shm_pool_free(NULL);

	mem.size--; /* one whole page only */
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	mem.size = 0;
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);

	/* Both edges unaligned: rounded inward, addresses move along. */
	mem = (struct tee_shm_pool_mem){ area + 8, GPA + 8, 4 * page - 16, 3, 8 };
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), 0);
	assert_int_equal(pool->ops->alloc(pool, &shm, 1), 0);
	assert_int_equal(shm.paddr, GPA + 2 * page); /* after the private page */
	assert_ptr_equal(shm.kaddr, area + 2 * page);
	assert_int_equal(shm.fd_offset, 2 * page);
	pool->ops->free(pool, &shm);
	assert_int_equal(pool->ops->alloc(pool, &shm, page + 1), -ENOMEM);
	tee_shm_pool_free(pool);

	/* Edges that leave too little, addresses that wrap, mapping that doesn't align along. */
	mem.size = 3 * page - 9;
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	mem = (struct tee_shm_pool_mem){ area, UINT64_MAX - page, 4 * page, 3, 0 };
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	mem = (struct tee_shm_pool_mem){ area + 8, GPA, 3 * page, 3, 0 };
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	mem = (struct tee_shm_pool_mem){ area, GPA, 3 * page, 3, 8 };
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	mem = (struct tee_shm_pool_mem){ NULL, GPA, 3 * page, 3, 0 };
	assert_int_equal(tee_shm_pool_alloc_res_mem(&mem, &pool), -EINVAL);
	free(area);
}

static void test_idr(void **state)
{
	struct tee_idr idr = { 0 };
	unsigned int i;
	int obj;

	(void)state;
	assert_null(tee_idr_find(&idr, 1));
	for (i = 1; i <= 100; i++)
		assert_int_equal(tee_idr_alloc(&idr, &obj), i);
	tee_idr_remove(&idr, 40);
	tee_idr_remove(&idr, 7);
	tee_idr_remove(&idr, 0);
	tee_idr_remove(&idr, 1000000);
	assert_null(tee_idr_find(&idr, 7));
	assert_null(tee_idr_find(&idr, 0));
	assert_null(tee_idr_find(&idr, UINT64_MAX));
	assert_null(tee_idr_find(&idr, 0x100000001ull)); /* isn't 1 */
	assert_ptr_equal(tee_idr_find(&idr, 1), &obj);
	assert_int_equal(tee_idr_alloc(&idr, &obj), 7);
	assert_int_equal(tee_idr_alloc(&idr, &obj), 40);
	assert_int_equal(tee_idr_alloc(&idr, &obj), 101);
	for (i = 102; i <= TEE_IDR_MAX; i++)
		assert_int_equal(tee_idr_alloc(&idr, &obj), i);
	assert_int_equal(tee_idr_alloc(&idr, &obj), -ENOSPC);
	tee_idr_remove(&idr, 5);
	assert_int_equal(tee_idr_alloc(&idr, &obj), 5);
	tee_idr_destroy(&idr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gen_pool_refuses),
		cmocka_unit_test(test_gen_pool_best_fit),
		cmocka_unit_test(test_static_pool_parts),
		cmocka_unit_test(test_static_pool_area),
		cmocka_unit_test(test_idr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
