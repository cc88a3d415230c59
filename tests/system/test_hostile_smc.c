/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A VM whose OP-TEE driver lies. Each lie is refused with OP-TEE's error, and the machine serves others
 * and the VM itself afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/probe_ta.h"
#include "tests/system/smc.h"

#define OK 0u
#define EBADADDR OPTEE_SMC_RETURN_EBADADDR
#define TEEC_ERROR_CANCEL 0xffff0002u
#define TEEC_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEEC_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEEC_ERROR_SECURITY 0xffff000fu
#define NONCONTIG (OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG)
#define NUM_THREADS 16u
#define FOREIGN_INTR OPTEE_SMC_RETURN_RPC_FOREIGN_INTR

static struct test_machine machine;
static struct machine_shape before;

/* A VM that does everything right. */
static void others_are_served(void)
{
	struct smc_msg m = { .param = { { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					  .u.value = { 7, 9, 0 } },
					{ .attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT },
					{ .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INOUT } } };
	uint32_t session;
	struct smc_vm s;

	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_VALUES, &m, 3), OK);
	assert_int_equal(m.param[1].u.value.a, 9);
	assert_int_equal(smc_close(&s, 0, session), OK);
	smc_detach(&s);
}

static int start(void **state)
{
	struct smc_vm s;
	uint32_t session;

	(void)state;
	machine_start(&machine, NULL, NULL);
	others_are_served();
	/* Its instance stays when its sessions have ended. */
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_shared_uuid, &session), OK);
	smc_detach(&s);
	machine_look(&machine, &before);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	return 0;
}

static void end(struct smc_vm *s)
{
	uint32_t session;

	assert_int_equal(smc_open(s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_close(s, 0, session), OK);
	smc_detach(s);
	others_are_served();
	machine_expect(&machine, &before);
}

static uint32_t call_at(struct smc_vm *s, uint32_t a0, uint64_t gpa)
{
	struct smc_res res;

	return smc_issue(s, (struct smc_args){ .a0 = a0, .a1 = gpa >> 32, .a2 = (uint32_t)gpa }, &res);
}

static void arguments_in_impossible_places(void **state)
{
	const uint64_t end_of_page = 4096 - 64;
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_CANCEL, .num_params = 4 } };
	struct ree_vm_ds *ds;
	struct smc_res res;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 4096, &ds), 0);
	memcpy(s.area + s.area_size - 64, &m, 64);
	memcpy(ds->mem.base, &m, sizeof(m));
	memcpy(ds->mem.base + end_of_page, &m, 64);
	/* Nobody's memory, the ends of numbers, odd addresses, the middle of a page, the area's end. */
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, 0), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, 0x1000), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, UINT64_MAX & ~7ull), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, UINT64_MAX & ~4095ull), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, s.area_gpa + 4), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, ds->mem.gpa + 512), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, s.area_gpa + s.area_size), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, s.area_gpa + s.area_size - 64), EBADADDR);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, s.area_gpa + s.area_size - 16), EBADADDR);
	/* More parameters than a page holds; the RPC's argument beyond it. */
	m.hdr.num_params = OPTEE_MSG_MAX_NUM_PARAMS + 1;
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, smc_put(&s, 0, &m)), EBADADDR);
	m.hdr.num_params = UINT32_MAX;
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, smc_put(&s, 0, &m)), EBADADDR);
	m.hdr.num_params = OPTEE_MSG_MAX_NUM_PARAMS;
	memcpy(ds->mem.base, &m, sizeof(m));
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_RPC_ARG, ds->mem.gpa), EBADADDR);
	/* Too many for any command, in a place that holds them. */
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_ARG, ds->mem.gpa), OK);
	memcpy(&m, ds->mem.base, sizeof(m));
	assert_int_equal(m.hdr.ret, TEEC_ERROR_BAD_PARAMETERS);
	/* A cookie that isn't one, and offsets beyond what it names. */
	assert_int_equal(smc_register(&s, 0, OPTEE_MSG_ATTR_TYPE_TMEM_INOUT, ds->mem.gpa, 4096, 5), OK);
	assert_int_equal(call_at(&s, OPTEE_SMC_CALL_WITH_REGD_ARG, 6), EBADADDR);
	smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_REGD_ARG, .a2 = 5, .a3 = end_of_page },
		  &res);
	assert_int_equal(res.a0, EBADADDR);
	smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_REGD_ARG, .a2 = 5, .a3 = 4 }, &res);
	assert_int_equal(res.a0, EBADADDR);
	smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_REGD_ARG, .a2 = 5,
					 .a3 = 0xfffffff8u }, &res);
	assert_int_equal(res.a0, EBADADDR);
	/* A command that there isn't. */
	m = (struct smc_msg){ .hdr = { .cmd = 99 } };
	assert_int_equal(smc_run(&s, 0, &m), OPTEE_SMC_RETURN_EBADCMD);
	ree_vm_ds_destroy(s.vm, ds);
	/* The cookie's memory stays until it is unregistered, though the dataspace has gone. */
	assert_int_equal(smc_unregister(&s, 0, 5), OK);
	end(&s);
}

/* Registers @entries pages of which the list at page 0 of @ds names the first ones. */
static uint32_t register_list(struct smc_vm *s, const struct ree_vm_ds *ds, uint64_t offset,
			      uint64_t size)
{
	uint32_t ret = smc_register(s, 0, NONCONTIG, ds->mem.gpa + offset, size, 0x1157);

	if (!ret)
		assert_int_equal(smc_unregister(s, 0, 0x1157), OK);
	return ret;
}

static void page_lists(void **state)
{
	struct optee_msg_page_list *list;
	struct ree_vm_ds *ds, *more;
	unsigned int i;
	struct smc_vm s;
	uint64_t page;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 600 * 4096, &ds), 0);
	list = (struct optee_msg_page_list *)(void *)ds->mem.base;
	for (i = 0; i < OPTEE_MSG_NONCONTIG_ENTRIES; i++)
		list->pages[i] = ds->mem.gpa + (i + 2) * 4096u;
	assert_int_equal(register_list(&s, ds, 0, 511 * 4096), OK);
	assert_int_equal(register_list(&s, ds, 4095, 1), OK);
	assert_int_equal(register_list(&s, ds, 4095, 2), OK);
	/* Sizes: nothing, more than the VM has, the end of numbers with and without an offset. */
	assert_int_equal(register_list(&s, ds, 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_list(&s, ds, 0, 1ull << 40), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_list(&s, ds, 0, UINT64_MAX), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_list(&s, ds, 1, UINT64_MAX), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_list(&s, ds, 4095, UINT64_MAX - 4094), TEEC_ERROR_BAD_PARAMETERS);
	/* A list of two pages: the link leads astray, is odd, or comes back to its own page. */
	list->next = 0x1000;
	assert_int_equal(register_list(&s, ds, 0, 512 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->next = ds->mem.gpa + 8;
	assert_int_equal(register_list(&s, ds, 0, 512 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->next = UINT64_MAX & ~4095ull;
	assert_int_equal(register_list(&s, ds, 0, 512 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->next = ds->mem.gpa;
	assert_int_equal(register_list(&s, ds, 0, 512 * 4096), OK); /* the same pages twice */
	/* Entries: odd, not the VM's, the end of numbers, and too many pieces. */
	page = list->pages[7];
	list->pages[7] = page + 1;
	assert_int_equal(register_list(&s, ds, 0, 9 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->pages[7] = 0x1000;
	assert_int_equal(register_list(&s, ds, 0, 9 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->pages[7] = UINT64_MAX & ~4095ull;
	assert_int_equal(register_list(&s, ds, 0, 9 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	list->pages[7] = page;
	for (i = 0; i < OPTEE_MSG_NONCONTIG_ENTRIES; i++)
		list->pages[i] = ds->mem.gpa;
	list->next = ds->mem.gpa;
	assert_int_equal(ree_vm_ds_create(s.vm, 5000 * 4096, &more), 0);
	assert_int_equal(register_list(&s, ds, 0, 4096 * 4096), OK);
	assert_int_equal(register_list(&s, ds, 0, 4097 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_list(&s, ds, 1, 4096 * 4096), TEEC_ERROR_BAD_PARAMETERS);
	ree_vm_ds_destroy(s.vm, more);
	/* A list outside the VM's memory. */
	assert_int_equal(smc_register(&s, 0, NONCONTIG, 0x1000, 4096, 1), TEEC_ERROR_BAD_PARAMETERS);
	ree_vm_ds_destroy(s.vm, ds);
	end(&s);
}

struct bender {
	struct optee_msg_page_list *list;
	uint64_t good;
	bool stop; /* atomic */
};

/* Writes good and bad entries and links in turn, as fast as it can. */
static void *bend(void *arg)
{
	struct bender *b = arg;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		tl_store_relaxed(&b->list->pages[3], 0x1000ull);
		tl_store_relaxed(&b->list->next, 0x2000ull);
		tl_store_relaxed(&b->list->pages[3], b->good);
		tl_store_relaxed(&b->list->next, b->good);
	}
	return NULL;
}

/* What was looked up is what is used: an object is all the VM's memory, or there is none. */
static void a_list_that_changes(void **state)
{
	struct bender b = { .stop = false };
	struct optee_msg_page_list *list;
	struct smc_msg m;
	struct ree_vm_ds *ds;
	unsigned int i;
	uint32_t session, ret;
	pthread_t thread;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 600 * 4096, &ds), 0);
	list = (struct optee_msg_page_list *)(void *)ds->mem.base;
	for (i = 0; i < OPTEE_MSG_NONCONTIG_ENTRIES; i++)
		list->pages[i] = ds->mem.gpa + (i + 2) * 4096u;
	b.list = list;
	b.good = ds->mem.gpa + 4096;
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(pthread_create(&thread, NULL, bend, &b), 0);
	for (i = 0; i < 200; i++) {
		ret = smc_register(&s, 0, NONCONTIG, ds->mem.gpa, 512 * 4096, 3);
		if (ret) {
			assert_int_equal(ret, TEEC_ERROR_BAD_PARAMETERS);
			continue;
		}
		memset(&m, 0, sizeof(m));
		m.param[0] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_RMEM_INPUT,
						       .u.rmem = { 3 * 4096, 64, 3 } };
		m.param[3].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
		assert_int_equal(smc_invoke(&s, 0, session, PROBE_MEMORY, &m, 4), OK);
		assert_int_equal(smc_unregister(&s, 0, 3), OK);
	}
	__atomic_store_n(&b.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(smc_close(&s, 0, session), OK);
	ree_vm_ds_destroy(s.vm, ds);
	end(&s);
}

static uint32_t with_param(struct smc_vm *s, uint32_t session, uint64_t attr, uint64_t a, uint64_t b,
			   uint64_t c)
{
	struct smc_msg m = { .param = { { .attr = attr, .u.value = { a, b, c } } } };

	return smc_invoke(s, 0, session, PROBE_NOP, &m, 1);
}

static void forged_parameters(void **state)
{
	const uint64_t r = OPTEE_MSG_ATTR_TYPE_RMEM_INOUT, t = OPTEE_MSG_ATTR_TYPE_TMEM_INOUT;
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_OPEN_SESSION } };
	struct smc_vm s, other;
	struct ree_vm_ds *ds;
	uint32_t session;

	(void)state;
	smc_attach(&s, &machine);
	smc_attach(&other, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 8192, &ds), 0);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_register(&s, 0, OPTEE_MSG_ATTR_TYPE_TMEM_INOUT, ds->mem.gpa, 8192, 5), OK);
	assert_int_equal(with_param(&s, session, r, 0, 8192, 5), OK);
	/* The same cookie again; one that isn't; offsets and sizes beyond. */
	assert_int_equal(smc_register(&s, 0, OPTEE_MSG_ATTR_TYPE_TMEM_INOUT, ds->mem.gpa, 4096, 5),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, r, 0, 1, 6), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, r, 0, 8193, 5), TEEC_ERROR_SECURITY);
	assert_int_equal(with_param(&s, session, r, 8192, 1, 5), TEEC_ERROR_SECURITY);
	assert_int_equal(with_param(&s, session, r, 1, UINT64_MAX, 5), TEEC_ERROR_SECURITY);
	assert_int_equal(with_param(&s, session, r, UINT64_MAX, 2, 5), TEEC_ERROR_SECURITY);
	/* Addresses that aren't the reserved area's. */
	assert_int_equal(with_param(&s, session, t, ds->mem.gpa, 16, 5), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, t, 0x1000, 16, 5), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, t, s.area_gpa, s.area_size + 1, 5),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, t, s.area_gpa + 8, UINT64_MAX, 5),
			 TEEC_ERROR_BAD_PARAMETERS);
	/* Attributes: META where none is, a type that isn't one. */
	assert_int_equal(with_param(&s, session, OPTEE_MSG_ATTR_META | r, 0, 1, 5),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, 4, 0, 1, 5), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(with_param(&s, session, 0xff, 0, 1, 5), TEEC_ERROR_BAD_PARAMETERS);
	/* OPEN_SESSION without its META parameters, and with too many others. */
	assert_int_equal(smc_run(&s, 0, &m), OK);
	assert_int_equal(m.hdr.ret, TEEC_ERROR_BAD_PARAMETERS);
	m.hdr.num_params = 7;
	assert_int_equal(smc_run(&s, 0, &m), OK);
	assert_int_equal(m.hdr.ret, TEEC_ERROR_BAD_PARAMETERS);
	/* Another VM's cookie and session mean nothing here. */
	assert_int_equal(smc_unregister(&other, 0, 5), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(with_param(&other, session, 0, 0, 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(smc_close(&other, 0, session), TEEC_ERROR_ITEM_NOT_FOUND);
	smc_detach(&other);
	assert_int_equal(smc_close(&s, 0, session), OK);
	assert_int_equal(smc_unregister(&s, 0, 5), OK);
	ree_vm_ds_destroy(s.vm, ds);
	end(&s);
}

/* Issues a call that waits @ms in its TA, and leaves it where it comes back the first time. */
static uint32_t begin_wait(struct smc_vm *s, unsigned int slot, uint32_t session, uint32_t ms,
			   struct smc_res *res)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_INVOKE_COMMAND, .func = PROBE_WAIT,
				      .session = session, .cancel_id = slot, .num_params = 1 },
			     .param = { { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					  .u.value = { ms, 0, 0 } } } };
	uint64_t gpa = smc_put(s, slot, &m);

	return smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_ARG, .a1 = gpa >> 32,
					       .a2 = (uint32_t)gpa }, res);
}

static uint32_t resume(struct smc_vm *s, uint64_t token, struct smc_res *res)
{
	return smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a3 = token }, res);
}

static uint32_t cancel(struct smc_vm *s, uint32_t session, uint32_t cancel_id)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_CANCEL, .session = session,
				      .cancel_id = cancel_id } };

	assert_int_equal(smc_run(s, 100, &m), OK);
	return m.hdr.ret;
}

static void forged_resume_values(void **state)
{
	struct smc_res res, other_res;
	struct smc_vm s, other;
	uint64_t token;
	uint32_t session;
	unsigned int i;

	(void)state;
	smc_attach(&s, &machine);
	smc_attach(&other, &machine);
	/* Before there is any call, and with none suspended. */
	assert_int_equal(resume(&s, 0, &res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	for (i = 0; i < 300; i++)
		assert_int_equal(resume(&s, i, &res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(begin_wait(&s, 0, session, 60000, &res), FOREIGN_INTR);
	token = res.a3;
	/* Neighbours, another VM, more bits than a register has. */
	assert_int_equal(resume(&s, token + 1, &other_res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(resume(&s, token ^ 0x100, &other_res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(resume(&s, token | 1ull << 32, &other_res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(resume(&other, token, &other_res), OPTEE_SMC_RETURN_ERESUME);
	/* Answered twice: the first answer counts. */
	assert_int_equal(resume(&s, token, &res), FOREIGN_INTR);
	assert_true(res.a3 != token);
	assert_int_equal(resume(&s, token, &other_res), OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(cancel(&s, session, 0), OK);
	assert_int_equal(smc_finish(&s, &res), OK);
	smc_detach(&other);
	assert_int_equal(smc_close(&s, 0, session), OK);
	end(&s);
}

static uint32_t answer_alloc(struct smc_vm *s, uint64_t gpa, uint64_t cookie, struct smc_res *res)
{
	return smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a1 = gpa >> 32,
					       .a2 = (uint32_t)gpa, .a3 = res->a3, .a5 = cookie }, res);
}

/* Memory that is none, and a wait that ends too soon, with success and without. */
static void forged_rpc_answers(void **state)
{
	static const uint64_t bad[] = { 0x1000, 0xfffffffffffff000, 0x80000004, 0 };
	struct smc_msg m = { .hdr = { .num_params = 0 } };
	struct smc_res res;
	uint32_t session, a0;
	struct smc_vm s;
	unsigned int i;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_ENABLE_ASYNC_NOTIF, 0, &res), OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		a0 = begin_wait(&s, 0, session, 60000, &res);
		while (a0 == FOREIGN_INTR)
			a0 = resume(&s, res.a3, &res);
		assert_int_equal(a0, OPTEE_SMC_RETURN_RPC_ALLOC);
		a0 = answer_alloc(&s, bad[i], 77, &res);
		/* Given back if there was any, then waited for in slices. */
		if (bad[i]) {
			assert_int_equal(a0, OPTEE_SMC_RETURN_RPC_FREE);
			assert_int_equal(res.a2, 77);
			a0 = resume(&s, res.a3, &res);
		}
		assert_int_equal(a0, FOREIGN_INTR);
		assert_int_equal(cancel(&s, session, 0), OK);
		assert_int_equal(smc_finish(&s, &res), OK);
	}
	for (i = 0; i < 2; i++) {
		a0 = begin_wait(&s, 0, session, 60000, &res);
		while (a0 == FOREIGN_INTR)
			a0 = resume(&s, res.a3, &res);
		assert_int_equal(a0, OPTEE_SMC_RETURN_RPC_ALLOC);
		assert_int_equal(answer_alloc(&s, s.area_gpa + 0x40000, 78, &res),
				 OPTEE_SMC_RETURN_RPC_CMD);
		m.hdr.ret = i ? 0xffff0000u : OK;
		memcpy(s.area + 0x40000, &m.hdr, sizeof(m.hdr));
		a0 = resume(&s, res.a3, &res);
		assert_true(a0 == FOREIGN_INTR || a0 == OPTEE_SMC_RETURN_RPC_CMD);
		assert_int_equal(cancel(&s, session, 0), OK);
		for (; a0 != OK; a0 = resume(&s, res.a3, &res))
			assert_true(a0 == FOREIGN_INTR || a0 == OPTEE_SMC_RETURN_RPC_CMD ||
				    a0 == OPTEE_SMC_RETURN_RPC_FREE);
	}
	assert_int_equal(smc_close(&s, 0, session), OK);
	end(&s);
}

/* Callers that wait keep their threads; what never waits needs none. */
static void all_threads_busy(void **state)
{
	struct smc_res res[NUM_THREADS], one;
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_INVOKE_COMMAND } };
	uint32_t session;
	struct smc_vm s;
	unsigned int i;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_shared_uuid, &session), OK);
	for (i = 0; i < NUM_THREADS; i++)
		assert_int_equal(begin_wait(&s, i, session, 60000, &res[i]), FOREIGN_INTR);
	assert_int_equal(begin_wait(&s, NUM_THREADS, session, 1, &one),
			 OPTEE_SMC_RETURN_ETHREAD_LIMIT);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_ENABLE_SHM_CACHE, 0, &one), OPTEE_SMC_RETURN_EBUSY);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_DISABLE_SHM_CACHE, 0, &one), OPTEE_SMC_RETURN_EBUSY);
	others_are_served();
	/* One that waits in the queue, then the one that is in the TA. */
	assert_int_equal(cancel(&s, session, 5), OK);
	assert_int_equal(smc_finish(&s, &res[5]), OK);
	smc_get(&s, 5, &m);
	assert_int_equal(m.hdr.ret, TEEC_ERROR_CANCEL);
	assert_int_equal(begin_wait(&s, 5, session, 1, &res[5]), FOREIGN_INTR);
	for (i = 0; i < NUM_THREADS; i++) {
		if (i == 5)
			continue;
		assert_int_equal(cancel(&s, session, i), OK);
		assert_int_equal(smc_finish(&s, &res[i]), OK);
	}
	/* Its turn came last. */
	assert_int_equal(smc_finish(&s, &res[5]), OK);
	assert_int_equal(smc_close(&s, 0, session), OK);
	end(&s);
}

/* The vCPU's page: entries that there aren't, a state that isn't one, bits of vCPUs that there aren't. */
static void register_pages(void **state)
{
	uint8_t *base;
	struct vcpu_ctl *ctl;
	struct vcpu_regs *regs;
	uint32_t entry;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	base = ree_vm_ram(s.vm)->base + ree_vm_ram(s.vm)->size;
	ctl = (struct vcpu_ctl *)(void *)base;
	regs = (struct vcpu_regs *)(void *)(base + VCPU_PAGE_SIZE);
	tl_store_relaxed(&regs->state, 77u);
	__atomic_fetch_or(&ctl->pending, UINT32_MAX, __ATOMIC_SEQ_CST);
	ree_vm_kick(s.vm);
	others_are_served();
	tl_store_relaxed(&regs->state, (uint32_t)VCPU_NORMAL);
	/* Each entry and more, on a vCPU that is on: off, on again, and what isn't one. */
	for (entry = VCPU_ENTRY_CPU_ON; entry < VCPU_ENTRY_NUM + 3; entry++) {
		regs->entry = entry;
		tl_store_release(&regs->state, (uint32_t)VCPU_SECURE);
		__atomic_fetch_or(&ctl->pending, 1u, __ATOMIC_SEQ_CST);
		ree_vm_kick(s.vm);
		while (tl_load_acquire(&regs->state) != VCPU_NORMAL)
			usleep(100);
	}
	/* SYSTEM_RESET came last of those that exist: the first vCPU runs. */
	end(&s);
}

struct resumer {
	struct smc_vm *s;
	uint32_t session;
	uint32_t a0;      /* of the end */
	uint32_t started; /* atomic */
};

static void *resume_until_the_end(void *arg)
{
	struct resumer *r = arg;
	struct smc_res res;

	r->a0 = begin_wait(r->s, 0, r->session, 60000, &res);
	tl_store_release(&r->started, 1u);
	while (r->a0 == FOREIGN_INTR)
		r->a0 = resume(r->s, res.a3, &res);
	return NULL;
}

static bool has_started(void *arg)
{
	return tl_load_acquire(&((struct resumer *)arg)->started);
}

/* A VM that resets while one of its calls is under way: the call has no end to wait for. */
static void reset_with_a_call_inside(void **state)
{
	struct smc_vm s;
	struct resumer r = { .s = &s };
	struct vcpu_ctl *ctl;
	struct vcpu_regs *regs;
	pthread_t thread;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &r.session), OK);
	assert_int_equal(pthread_create(&thread, NULL, resume_until_the_end, &r), 0);
	assert_true(wait_until(has_started, &r));
	/* On a vCPU that the conduit hasn't started. */
	ctl = (struct vcpu_ctl *)(void *)(ree_vm_ram(s.vm)->base + ree_vm_ram(s.vm)->size);
	regs = (struct vcpu_regs *)(void *)((uint8_t *)ctl + 16 * VCPU_PAGE_SIZE);
	regs->entry = VCPU_ENTRY_SYSTEM_RESET;
	tl_store_release(&regs->state, (uint32_t)VCPU_SECURE);
	__atomic_fetch_or(&ctl->pending, 1u << 15, __ATOMIC_SEQ_CST);
	ree_vm_kick(s.vm);
	pthread_join(thread, NULL);
	assert_int_equal(r.a0, OPTEE_SMC_RETURN_ERESUME);
	assert_int_equal(smc_close(&s, 0, r.session), TEEC_ERROR_ITEM_NOT_FOUND);
	end(&s);
}

/* Takes a suspended call on to the RPC that asks for memory, or to the one that waits. */
static void begin_rpc(struct smc_vm *s, struct smc_res *res, bool wait)
{
	struct smc_res notif;
	uint32_t a0 = FOREIGN_INTR;

	smc_fast(s, OPTEE_SMC_ENABLE_ASYNC_NOTIF, 0, &notif);
	while (a0 == FOREIGN_INTR)
		a0 = resume(s, res->a3, res);
	if (wait)
		answer_alloc(s, s->area_gpa + 0x40000, 79, res);
}

/* Goes while its calls are inside, outside, and never came back. */
static void gone_in_any_state(void **state)
{
	struct smc_res res;
	uint32_t session;
	struct smc_vm s;
	unsigned int i;
	pid_t pid;
	int status;

	(void)state;
	for (i = 0; i < 6; i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			smc_attach(&s, &machine);
			if (i > 0)
				smc_open(&s, 0, i > 2 ? smc_shared_uuid : smc_probe_uuid, &session);
			if (i > 1)
				begin_wait(&s, 0, session, 60000, &res);
			if (i > 2)
				begin_wait(&s, 1, session, 60000, &res);
			if (i > 3)
				begin_rpc(&s, &res, i > 4);
			_exit(7);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	smc_attach(&s, &machine);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_in_impossible_places),
		cmocka_unit_test(page_lists),
		cmocka_unit_test(a_list_that_changes),
		cmocka_unit_test(forged_parameters),
		cmocka_unit_test(forged_resume_values),
		cmocka_unit_test(forged_rpc_answers),
		cmocka_unit_test(all_threads_busy),
		cmocka_unit_test(register_pages),
		cmocka_unit_test(reset_with_a_call_inside),
		cmocka_unit_test(gone_in_any_state),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
