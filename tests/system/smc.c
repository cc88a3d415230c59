/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/system/smc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

const uint8_t smc_probe_uuid[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				     0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01 };
const uint8_t smc_shared_uuid[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				      0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x02 };

void smc_attach(struct smc_vm *s, const struct test_machine *m)
{
	const struct ree_vm_mem *area;

	memset(s, 0, sizeof(*s));
	assert_int_equal(ree_vm_attach(machine_dial(m), &s->vm), 0);
	s->conduit = ree_vm_conduit(s->vm);
	area = ree_vm_shm(s->vm);
	s->area = area->base;
	s->area_gpa = area->gpa;
	s->area_size = area->size;
}

void smc_detach(struct smc_vm *s)
{
	ree_vm_detach(s->vm);
}

uint32_t smc_issue(struct smc_vm *s, struct smc_args args, struct smc_res *res)
{
	assert_int_equal(smc_conduit_call(s->conduit, &args, res), 0);
	return (uint32_t)res->a0;
}

uint32_t smc_fast(struct smc_vm *s, uint32_t a0, uint32_t a1, struct smc_res *res)
{
	return smc_issue(s, (struct smc_args){ .a0 = a0, .a1 = a1 }, res);
}

uint64_t smc_put(struct smc_vm *s, unsigned int slot, const struct smc_msg *m)
{
	memcpy(s->area + (size_t)slot * SMC_SLOT_SIZE, m, sizeof(*m));
	return s->area_gpa + (uint64_t)slot * SMC_SLOT_SIZE;
}

void smc_get(struct smc_vm *s, unsigned int slot, struct smc_msg *m)
{
	memcpy(m, s->area + (size_t)slot * SMC_SLOT_SIZE, sizeof(*m));
}

uint32_t smc_finish(struct smc_vm *s, struct smc_res *res)
{
	/* On a slow machine any call may ask to wait for a notification: it gets no memory and nobody waits. */
	while (OPTEE_SMC_RETURN_IS_RPC((uint32_t)res->a0)) {
		ree_vm_poll_irq(s->vm);
		smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC, .a3 = res->a3 },
			  res);
	}
	return (uint32_t)res->a0;
}

uint32_t smc_run(struct smc_vm *s, unsigned int slot, struct smc_msg *m)
{
	uint64_t gpa = smc_put(s, slot, m);
	struct smc_res res;
	uint32_t a0;

	smc_issue(s, (struct smc_args){ .a0 = OPTEE_SMC_CALL_WITH_ARG, .a1 = gpa >> 32,
					.a2 = (uint32_t)gpa }, &res);
	a0 = smc_finish(s, &res);
	smc_get(s, slot, m);
	return a0;
}

uint32_t smc_open(struct smc_vm *s, unsigned int slot, const uint8_t uuid[16], uint32_t *session)
{
	const uint64_t meta = OPTEE_MSG_ATTR_META | OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_OPEN_SESSION, .num_params = 2 },
			     .param = { { .attr = meta }, { .attr = meta } } };

	memcpy(m.param[0].u.octets, uuid, 16);
	assert_int_equal(smc_run(s, slot, &m), OPTEE_SMC_RETURN_OK);
	*session = m.hdr.session;
	return m.hdr.ret;
}

uint32_t smc_invoke(struct smc_vm *s, unsigned int slot, uint32_t session, uint32_t func,
		    struct smc_msg *m, uint32_t num)
{
	m->hdr = (struct optee_msg_hdr){ .cmd = OPTEE_MSG_CMD_INVOKE_COMMAND, .func = func,
					 .session = session, .ret = 0xdead, .num_params = num };
	assert_int_equal(smc_run(s, slot, m), OPTEE_SMC_RETURN_OK);
	return m->hdr.ret;
}

uint32_t smc_close(struct smc_vm *s, unsigned int slot, uint32_t session)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_CLOSE_SESSION, .session = session } };

	assert_int_equal(smc_run(s, slot, &m), OPTEE_SMC_RETURN_OK);
	return m.hdr.ret;
}

uint32_t smc_register(struct smc_vm *s, unsigned int slot, uint64_t attr, uint64_t buf, uint64_t size,
		      uint64_t cookie)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_REGISTER_SHM, .num_params = 1 },
			     .param = { { .attr = attr, .u.tmem = { buf, size, cookie } } } };

	assert_int_equal(smc_run(s, slot, &m), OPTEE_SMC_RETURN_OK);
	return m.hdr.ret;
}

uint32_t smc_unregister(struct smc_vm *s, unsigned int slot, uint64_t cookie)
{
	struct smc_msg m = { .hdr = { .cmd = OPTEE_MSG_CMD_UNREGISTER_SHM, .num_params = 1 },
			     .param = { { .attr = OPTEE_MSG_ATTR_TYPE_RMEM_INPUT,
					  .u.rmem = { 0, 0, cookie } } } };

	assert_int_equal(smc_run(s, slot, &m), OPTEE_SMC_RETURN_OK);
	return m.hdr.ret;
}
