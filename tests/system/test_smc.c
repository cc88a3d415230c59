/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The OP-TEE ABI of a machine, call by call, as an honest driver uses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/futex.h"
#include "tests/system/group.h"
#include "tests/system/probe_ta.h"
#include "tests/system/smc.h"

#define OK 0u
#define TEEC_ERROR_CANCEL 0xffff0002u
#define TEEC_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEEC_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define NUM_THREADS 16u
#define NONCONTIG (OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG)

static void fast_calls(void **state)
{
	struct smc_res res;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	smc_fast(&s, OPTEE_SMC_CALLS_UID, 0, &res);
	assert_int_equal(res.a0, 0x384fb3e0);
	assert_int_equal(res.a1, 0xe7f811e3);
	assert_int_equal(res.a2, 0xaf630002);
	assert_int_equal(res.a3, 0xa5d5c51b);
	smc_fast(&s, OPTEE_SMC_CALLS_REVISION, 0, &res);
	assert_int_equal(res.a0, 2);
	assert_int_equal(res.a1, 0);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_EXCHANGE_CAPABILITIES, 0, &res), OK);
	assert_true(res.a1 & OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM);
	assert_true(res.a1 & OPTEE_SMC_SEC_CAP_DYNAMIC_SHM);
	assert_true(res.a1 & OPTEE_SMC_SEC_CAP_ASYNC_NOTIF);
	assert_true(res.a3 > 0);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_EXCHANGE_CAPABILITIES, 2, &res),
			 OPTEE_SMC_RETURN_ENOTAVAIL);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_GET_SHM_CONFIG, 0, &res), OK);
	assert_int_equal(res.a1, s.area_gpa);
	assert_int_equal(res.a2, s.area_size);
	assert_int_equal(res.a3, OPTEE_SMC_SHM_CACHED);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_GET_THREAD_COUNT, 0, &res), OK);
	assert_int_equal(res.a1, NUM_THREADS);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_ENABLE_SHM_CACHE, 0, &res), OK);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_DISABLE_SHM_CACHE, 0, &res),
			 OPTEE_SMC_RETURN_ENOTAVAIL);
	/* The hypervisor's own, whatever a7 says. */
	assert_int_equal(smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_VM_CREATED, .a1 = 5 }, &res),
			 OPTEE_SMC_RETURN_ENOTAVAIL);
	smc_detach(&s);
}

static void calls_for_others(void **state)
{
	static const uint64_t bad[] = {
		0x84000008,		     /* PSCI's owner */
		0xb4000000, 0x31000004,      /* neighbours of ours */
		0xf2000009, 0x72000004,      /* SMC64 */
		0xb2010009, 0x32800004,      /* reserved bits */
		0xb2001234, 0xbf000000,      /* no such fast function */
		0x1b2000009, 0x8000000032000004, /* more than 32 bits */
		0x3f00ff01,		     /* the API's owner has fast calls only */
	};
	struct smc_res res;
	struct smc_vm s;
	unsigned int i;

	(void)state;
	smc_attach(&s, &machine);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(smc_issue(&s, (struct smc_args){ .a0 = bad[i] }, &res),
				 OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
	assert_int_equal(smc_issue(&s, (struct smc_args){ .a0 = 0x32000005 }, &res),
			 OPTEE_SMC_RETURN_EBADCMD);
	smc_detach(&s);
}

static void sessions_and_values(void **state)
{
	struct smc_msg m = { .param = { { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					  .u.value = { 7, 9, 0 } },
					{ .attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT },
					{ .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INOUT,
					  .u.value = { 1, 2, 0 } } } };
	uint32_t session;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_VALUES, &m, 3), OK);
	assert_int_equal(m.hdr.ret_origin, 4);
	assert_int_equal(m.param[1].u.value.a, 9);
	assert_int_equal(m.param[1].u.value.b, 7);
	assert_int_equal(m.param[2].u.value.a, (uint32_t)~1u);
	assert_int_equal(m.param[2].u.value.b, 3);
	assert_int_equal(smc_invoke(&s, 0, session + 1, PROBE_NOP, &m, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(smc_close(&s, 0, session), OK);
	assert_int_equal(smc_close(&s, 0, session), TEEC_ERROR_ITEM_NOT_FOUND);
	smc_detach(&s);
}

static void reserved_memory(void **state)
{
	uint8_t *in, *out;
	struct smc_msg m;
	uint32_t session;
	unsigned int i;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	in = s.area + 0x10000;
	out = s.area + 0x20000;
	memset(in, 3, 100);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	memset(&m, 0, sizeof(m));
	m.param[0] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_TMEM_INPUT,
					       .u.tmem = { s.area_gpa + 0x10000, 100, 1 } };
	m.param[1] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT,
					       .u.tmem = { s.area_gpa + 0x20000, 50, 2 } };
	m.param[3].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_MEMORY, &m, 4), OK);
	assert_int_equal(m.param[3].u.value.a, 300);
	for (i = 0; i < 50; i++)
		assert_int_equal(out[i], (uint8_t)(i * 7 + 3));
	/* A size that the TA asks for comes back. */
	memset(&m, 0, sizeof(m));
	m.param[0] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT,
					       .u.tmem = { s.area_gpa + 0x20000, 50, 2 } };
	m.param[1] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					       .u.value = { 5000, 0, 0 } };
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_WANT_SIZE, &m, 2), 0xffff0010);
	assert_int_equal(m.param[0].u.tmem.size, 5000);
	smc_detach(&s);
}

/* Pages of two dataspaces, turn by turn and backwards, from an offset to one. */
static void scattered_memory(void **state)
{
	struct optee_msg_page_list *list;
	struct ree_vm_ds *ds[2], *lists;
	const uint64_t size = 20 * 4096 - 1000;
	struct smc_msg m;
	uint32_t session, i, sum = 0;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 10 * 4096, &ds[0]), 0);
	assert_int_equal(ree_vm_ds_create(s.vm, 10 * 4096, &ds[1]), 0);
	assert_int_equal(ree_vm_ds_create(s.vm, 4096, &lists), 0);
	list = (struct optee_msg_page_list *)(void *)lists->mem.base;
	for (i = 0; i < 20; i++) {
		uint32_t page = 9 - i / 2;

		list->pages[i] = ds[i % 2]->mem.gpa + page * 4096u;
		memset(ds[i % 2]->mem.base + page * 4096u, (int)i + 1, 4096);
		sum += (i + 1) * (i == 0 ? 4096u - 600u : i == 19 ? 4096u - 400u : 4096u);
	}
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_register(&s, 0, NONCONTIG, lists->mem.gpa + 600, size, 0xc00c1e), OK);
	memset(&m, 0, sizeof(m));
	m.param[0] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_RMEM_INPUT,
					       .u.rmem = { 0, size, 0xc00c1e } };
	m.param[3].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_MEMORY, &m, 4), OK);
	assert_int_equal(m.param[3].u.value.a, sum);
	/* The same without being registered. */
	m.param[0] = (struct optee_msg_param){ .attr = OPTEE_MSG_ATTR_TYPE_TMEM_INPUT |
						       OPTEE_MSG_ATTR_NONCONTIG,
					       .u.tmem = { lists->mem.gpa + 600, size, 1 } };
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_MEMORY, &m, 4), OK);
	assert_int_equal(m.param[3].u.value.a, sum);
	assert_int_equal(smc_unregister(&s, 0, 0xc00c1e), OK);
	assert_int_equal(smc_unregister(&s, 0, 0xc00c1e), TEEC_ERROR_ITEM_NOT_FOUND);
	ree_vm_ds_destroy(s.vm, ds[0]);
	ree_vm_ds_destroy(s.vm, ds[1]);
	ree_vm_ds_destroy(s.vm, lists);
	smc_detach(&s);
}

#define FRAGMENTS 512u /* 2 MiB, as a guest that has run for long gives it */

/* Each page elsewhere, the last one first: read and written as one buffer. */
static void reversed_memory(void **state)
{
	const uint64_t size = FRAGMENTS * 4096u;
	struct optee_msg_page_list *list;
	struct ree_vm_ds *ds, *lists;
	uint32_t session, i, k;
	struct smc_msg m = { .param = { { .attr = OPTEE_MSG_ATTR_TYPE_RMEM_INOUT,
					  .u.rmem = { 0, size, 0xf4a9 } } } };
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(ree_vm_ds_create(s.vm, 2 * size, &ds), 0);
	assert_int_equal(ree_vm_ds_create(s.vm, 2 * 4096, &lists), 0);
	list = (struct optee_msg_page_list *)(void *)lists->mem.base;
	list[0].next = lists->mem.gpa + 4096;
	for (i = 0; i < FRAGMENTS; i++) {
		/* Every second page of the memory. */
		uint64_t at = 2 * (FRAGMENTS - 1 - i) * 4096u;

		list[i / OPTEE_MSG_NONCONTIG_ENTRIES].pages[i % OPTEE_MSG_NONCONTIG_ENTRIES] =
			ds->mem.gpa + at;
		memset(ds->mem.base + at, (int)i, 4096);
	}
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &session), OK);
	assert_int_equal(smc_register(&s, 0, NONCONTIG, lists->mem.gpa, size, 0xf4a9), OK);
	assert_int_equal(smc_invoke(&s, 0, session, PROBE_MEMORY, &m, 1), OK);
	for (i = 0; i < FRAGMENTS; i++)
		for (k = 0; k < 4096; k++) {
			assert_int_equal(ds->mem.base[2 * (FRAGMENTS - 1 - i) * 4096u + k],
					 (uint8_t)i ^ 0x5a);
			assert_int_equal(ds->mem.base[(2 * i + 1) * 4096u + k], 0);
		}
	assert_int_equal(smc_unregister(&s, 0, 0xf4a9), OK);
	ree_vm_ds_destroy(s.vm, ds);
	ree_vm_ds_destroy(s.vm, lists);
	smc_detach(&s);
}

#define GIB (1ull << 30)

/* A list of 1 GiB: one page that leads to itself, over and over. Its address and size go into slot 0. */
static void put_long_list(struct smc_vm *s, struct ree_vm_ds **dsp, struct smc_res *res)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_REGISTER_SHM, .num_params = 1 } };
	struct optee_msg_page_list *list;
	uint64_t gpa;
	unsigned int i;

	assert_int_equal(ree_vm_ds_create(s->vm, GIB, dsp), 0);
	gpa = (*dsp)->mem.gpa;
	list = (struct optee_msg_page_list *)(void *)(*dsp)->mem.base;
	for (i = 0; i < OPTEE_MSG_NONCONTIG_ENTRIES; i++)
		list->pages[i] = gpa + i * 4096u;
	list->next = gpa;
	m.param[0] = (struct optee_msg_param){ .attr = NONCONTIG, .u.tmem = { gpa, GIB, 0x1019 } };
	gpa = smc_put(s, 0, &m);
	smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_ARG, .a1 = gpa >> 32,
					.a2 = (uint32_t)gpa }, res);
	assert_int_equal(res->a0, OPTEE_SMC_RETURN_RPC_FOREIGN_INTR);
}

static void resume(struct smc_vm *s, struct smc_res *res)
{
	smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a3 = res->a3 }, res);
}

/* The secure world takes long lists in slices, and serves others in between. */
static void long_list(void **state)
{
	struct smc_vm s, other;
	struct ree_vm_ds *ds;
	unsigned int slices;
	struct smc_res res;
	struct smc_msg m;

	(void)state;
	smc_attach(&s, &machine);
	smc_attach(&other, &machine);
	put_long_list(&s, &ds, &res);
	assert_int_equal(smc_fast(&other, OPTEE_SMC_CALLS_UID, 0, &res), OPTEE_MSG_UID_0);
	smc_detach(&other);
	/* The VM goes in the middle of one: nothing of it stays. */
	ree_vm_ds_destroy(s.vm, ds);
	smc_detach(&s);

	smc_attach(&s, &machine);
	put_long_list(&s, &ds, &res);
	for (slices = 1; res.a0 == OPTEE_SMC_RETURN_RPC_FOREIGN_INTR; slices++)
		resume(&s, &res);
	assert_int_equal(res.a0, OPTEE_SMC_RETURN_OK);
	assert_in_range(slices, 17, 100);
	smc_get(&s, 0, &m);
	assert_int_equal(m.hdr.ret, OK);
	assert_int_equal(smc_unregister(&s, 0, 0x1019), OK);
	ree_vm_ds_destroy(s.vm, ds);

	/* The memory goes in the middle. */
	put_long_list(&s, &ds, &res);
	ree_vm_ds_destroy(s.vm, ds);
	resume(&s, &res);
	assert_int_equal(res.a0, OPTEE_SMC_RETURN_OK);
	smc_get(&s, 0, &m);
	assert_int_equal(m.hdr.ret, TEEC_ERROR_BAD_PARAMETERS);
	smc_detach(&s);
}

/* The argument itself in memory that was registered, or in a page of its own, with the RPC's behind it. */
static void arguments_elsewhere(void **state)
{
	const uint64_t meta = OPTEE_MSG_ATTR_META | OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_OPEN_SESSION, .num_params = 2 },
			     .param = { { .attr = meta }, { .attr = meta } } };
	struct ree_vm_ds *ds;
	struct smc_args args;
	struct smc_res res;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	memcpy(m.param[0].u.octets, smc_probe_uuid, 16);
	assert_int_equal(ree_vm_ds_create(s.vm, 8192, &ds), 0);
	memcpy(ds->mem.base + 4096, &m, sizeof(m));
	args = (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_RPC_ARG,
				  .a1 = (ds->mem.gpa + 4096) >> 32,
				  .a2 = (uint32_t)(ds->mem.gpa + 4096) };
	smc_issue(&s, args, &res);
	assert_int_equal(smc_finish(&s, &res), OPTEE_SMC_RETURN_OK);
	memcpy(&m, ds->mem.base + 4096, sizeof(m));
	assert_int_equal(m.hdr.ret, OK);
	assert_int_equal(smc_register(&s, 0, OPTEE_MSG_ATTR_TYPE_TMEM_INOUT, ds->mem.gpa, 8192, 77), OK);
	m.hdr = (struct optee_msg_hdr){ .cmd = OPTEE_MSG_CMD_CLOSE_SESSION, .session = m.hdr.session,
					.ret = 1 };
	memcpy(ds->mem.base + 512, &m, sizeof(m));
	args = (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_REGD_ARG, .a2 = 77, .a3 = 512 };
	smc_issue(&s, args, &res);
	assert_int_equal(smc_finish(&s, &res), OPTEE_SMC_RETURN_OK);
	memcpy(&m, ds->mem.base + 512, sizeof(m));
	assert_int_equal(m.hdr.ret, OK);
	assert_int_equal(smc_unregister(&s, 0, 77), OK);
	ree_vm_ds_destroy(s.vm, ds);
	smc_detach(&s);
}

static uint32_t cancel(struct smc_vm *s, uint32_t session)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_CANCEL, .session = session } };

	assert_int_equal(smc_run(s, 1, &m), OPTEE_SMC_RETURN_OK);
	return m.hdr.ret;
}

/* A call that takes long comes back with FOREIGN_INTR before it ends. */
static void slices(void **state)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_INVOKE_COMMAND, .func = PROBE_WAIT,
				      .num_params = 1 },
			     .param = { { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					  .u.value = { 60000, 0, 0 } } } };
	struct smc_res res;
	unsigned int n;
	uint64_t gpa;
	struct smc_vm s;

	(void)state;
	smc_attach(&s, &machine);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &m.hdr.session), OK);
	gpa = smc_put(&s, 0, &m);
	smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_ARG, .a2 = gpa }, &res);
	for (n = 0; n < 5; n++) {
		assert_int_equal(res.a0, OPTEE_SMC_RETURN_RPC_FOREIGN_INTR);
		smc_issue(&s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a3 = res.a3 },
			  &res);
	}
	assert_int_equal(cancel(&s, m.hdr.session), OK);
	assert_int_equal(smc_finish(&s, &res), OPTEE_SMC_RETURN_OK);
	smc_get(&s, 0, &m);
	assert_int_equal(m.hdr.ret, TEEC_ERROR_CANCEL);
	smc_detach(&s);
}

struct notified {
	struct smc_vm *s;
	bool value[64];
};

static void take_notifications(void *arg)
{
	struct notified *n = arg;
	struct smc_res res;

	do {
		smc_fast(n->s, OPTEE_SMC_GET_ASYNC_NOTIF_VALUE, 0, &res);
		assert_int_equal(res.a0, OPTEE_SMC_RETURN_OK);
		if (!(res.a2 & OPTEE_SMC_ASYNC_NOTIF_VALUE_VALID))
			return;
		assert_true(res.a1 < 64);
		n->value[res.a1] = true;
	} while (res.a2 & OPTEE_SMC_ASYNC_NOTIF_VALUE_PENDING);
}

static uint32_t back(struct smc_vm *s, struct smc_res *res, uint64_t gpa, uint64_t cookie)
{
	return smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a1 = gpa >> 32,
					       .a2 = (uint32_t)gpa, .a3 = res->a3, .a4 = cookie >> 32,
					       .a5 = (uint32_t)cookie }, res);
}

static bool is_notified(void *arg)
{
	return *(bool *)arg;
}

/* Two slices, then the caller is asked for memory and waits for a notification in it. */
static void wait_for_a_notification(struct smc_vm *s, struct notified *n, struct smc_msg *m, bool cached)
{
	const uint64_t rpc_gpa = s->area_gpa + 0x40000, cookie = 0x1234567890ull;
	uint64_t gpa = smc_put(s, 0, m);
	struct smc_msg rpc;
	struct smc_res res;
	uint32_t a0;

	a0 = smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_ARG, .a2 = gpa }, &res);
	while (a0 == OPTEE_SMC_RETURN_RPC_FOREIGN_INTR)
		a0 = back(s, &res, 0, 0);
	if (!cached) {
		assert_int_equal(a0, OPTEE_SMC_RETURN_RPC_ALLOC);
		assert_true(res.a1 >= sizeof(rpc.hdr) + sizeof(rpc.param[0]));
		a0 = back(s, &res, rpc_gpa, cookie);
	}
	assert_int_equal(a0, OPTEE_SMC_RETURN_RPC_CMD);
	assert_int_equal(res.a1 << 32 | res.a2, cookie);
	memcpy(&rpc, s->area + 0x40000, sizeof(rpc));
	assert_int_equal(rpc.hdr.cmd, OPTEE_RPC_CMD_NOTIFICATION);
	assert_int_equal(rpc.hdr.num_params, 1);
	assert_int_equal(rpc.param[0].u.value.a, OPTEE_RPC_NOTIFICATION_WAIT);
	assert_true(rpc.param[0].u.value.b > 0 && rpc.param[0].u.value.b < 64);
	assert_int_equal(cancel(s, m->hdr.session), OK);
	assert_int_equal(ree_vm_wait(s->vm, is_notified, &n->value[rpc.param[0].u.value.b], 10000), 0);
	n->value[rpc.param[0].u.value.b] = false;
	rpc.hdr.ret = OK;
	memcpy(s->area + 0x40000, &rpc, sizeof(rpc));
	a0 = back(s, &res, 0, 0);
	if (a0 == OPTEE_SMC_RETURN_RPC_FREE) {
		assert_int_equal(res.a1 << 32 | res.a2, cookie);
		a0 = back(s, &res, 0, 0);
	}
	assert_int_equal(a0, OPTEE_SMC_RETURN_OK);
	smc_get(s, 0, m);
	assert_int_equal(m->hdr.ret, TEEC_ERROR_CANCEL);
}

static void notifications(void **state)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_INVOKE_COMMAND, .func = PROBE_WAIT,
				      .num_params = 1 },
			     .param = { { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
					  .u.value = { 60000, 0, 0 } } } };
	struct smc_msg stop_notif = { .hdr = { .cmd = OPTEE_MSG_CMD_STOP_ASYNC_NOTIF } };
	struct smc_vm s;
	struct notified n = { .s = &s };
	struct smc_res res;

	(void)state;
	smc_attach(&s, &machine);
	ree_vm_set_notif(s.vm, take_notifications, &n);
	assert_int_equal(smc_open(&s, 0, smc_probe_uuid, &m.hdr.session), OK);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_ENABLE_ASYNC_NOTIF, 0, &res), OK);
	wait_for_a_notification(&s, &n, &m, false);
	/* With the cache on, the memory is asked for once, and given back when the cache goes off. */
	assert_int_equal(smc_fast(&s, OPTEE_SMC_ENABLE_SHM_CACHE, 0, &res), OK);
	wait_for_a_notification(&s, &n, &m, false);
	wait_for_a_notification(&s, &n, &m, true);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_DISABLE_SHM_CACHE, 0, &res), OK);
	assert_int_equal(res.a1 << 32 | res.a2, 0x1234567890ull);
	assert_int_equal(smc_fast(&s, OPTEE_SMC_DISABLE_SHM_CACHE, 0, &res),
			 OPTEE_SMC_RETURN_ENOTAVAIL);
	assert_int_equal(smc_run(&s, 0, &stop_notif), OPTEE_SMC_RETURN_OK);
	assert_int_equal(stop_notif.hdr.ret, OK);
	ree_vm_set_notif(s.vm, NULL, NULL);
	smc_detach(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fast_calls),
		cmocka_unit_test(calls_for_others),
		cmocka_unit_test(sessions_and_values),
		cmocka_unit_test(reserved_memory),
		cmocka_unit_test(scattered_memory),
		cmocka_unit_test(reversed_memory),
		cmocka_unit_test(long_list),
		cmocka_unit_test(arguments_elsewhere),
		cmocka_unit_test(slices),
		cmocka_unit_test(notifications),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
