/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC entry under a hostile driver: registers, vCPU pages, arguments and page lists of any content,
 * RPCs answered with anything or twice, a VM that resets.
 * Input: steps of an op byte and its operands, see run().
 */
#include <string.h>

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/smc/smc_internal.h"
#include "tee/virtio/device.h"
#include "tests/unit/tee/fake_ta.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_STEPS 400u
#define NUM_VCPUS 4u
#define AREA_SIZE 16384u
#define MEMORY_SIZE 32768u
#define VCPU_GPA 0x700000u

enum op {
	OP_SMC,    /* u8 vCPU, u8 which function, five numbers */
	OP_ENTER,  /* u8 vCPU, u8 entry, u8 state, u8 intr */
	OP_ARG,    /* u8 page, u8 cmd, u8 func, u8 session, u8 num, num parameters of 4 numbers */
	OP_BYTES,  /* u16 where, u8 length, bytes: into the VM's memory */
	OP_RESUME, /* u8 vCPU, u8 what is added to the last token, two numbers */
	OP_FLAGS,  /* u16 flags of the TA, u8 what its load gives */
	OP_NUM
};

struct env {
	struct tee_world *w;
	struct fake_ta ta;
	struct tee_vm *vm;
	struct dataspace *ds;
	uint8_t *pages; /* vCPUs' */
	unsigned int rings;
};

/* The device of the fake VM is the count of its interrupts. */
void tee_virtio_ring_irq(struct tee_virtio_dev *dev)
{
	unsigned int *rings = (void *)dev;

	++*rings;
}

static struct vcpu_regs *regs_of(struct env *e, unsigned int i)
{
	return (struct vcpu_regs *)(void *)(e->pages + (i + 1) * VCPU_PAGE_SIZE);
}

/* Addresses of the reserved area and of other memory, small numbers, and their negatives. */
static uint64_t number(struct fuzz_input *in)
{
	uint64_t v = fuzz_take(in, 2);

	switch (v >> 14) {
	case 0:
		return v;
	case 1:
		return FAKE_SHM_GPA + (v & 0x3fff);
	case 2:
		return FAKE_DS_GPA + (v & 0x3fff) * 2;
	default:
		return (uint64_t)-(int64_t)(v & 0x3fff);
	}
}

static void enter(struct env *e, unsigned int i)
{
	struct vcpu_ctl *ctl = (struct vcpu_ctl *)(void *)e->pages;

	tl_store_release(&regs_of(e, i)->state, (uint32_t)VCPU_SECURE);
	ctl->pending |= 1u << i;
	e->vm->smc_ops->service(e->vm);
}

static void smc(struct env *e, struct fuzz_input *in)
{
	static const uint32_t funcs[] = {
		OPTEE_SMC_CALL_WITH_ARG, OPTEE_SMC_CALL_WITH_RPC_ARG, OPTEE_SMC_CALL_WITH_REGD_ARG,
		OPTEE_SMC_CALL_RETURN_FROM_RPC, OPTEE_SMC_ENABLE_ASYNC_NOTIF,
		OPTEE_SMC_GET_ASYNC_NOTIF_VALUE, OPTEE_SMC_ENABLE_SHM_CACHE,
		OPTEE_SMC_DISABLE_SHM_CACHE, OPTEE_SMC_EXCHANGE_CAPABILITIES, OPTEE_SMC_GET_SHM_CONFIG,
	};
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_VCPUS, k;
	struct vcpu_regs *regs = regs_of(e, i);
	uint64_t which = fuzz_take(in, 1), address;

	if (regs->state == VCPU_SECURE)
		return;
	regs->entry = VCPU_ENTRY_SMC;
	regs->a[0] = which < 200 ? funcs[which % (sizeof(funcs) / sizeof(funcs[0]))] :
				   which << 24 | number(in);
	address = number(in);
	regs->a[1] = address >> 32;
	regs->a[2] = (uint32_t)address;
	for (k = 3; k < 6; k++)
		regs->a[k] = number(in);
	enter(e, i);
}

static void raw_enter(struct env *e, struct fuzz_input *in)
{
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_VCPUS;
	struct vcpu_regs *regs = regs_of(e, i);
	uint32_t state;

	regs->entry = (uint32_t)fuzz_take(in, 1);
	state = (uint32_t)fuzz_take(in, 1);
	regs->intr = (uint32_t)fuzz_take(in, 1) & 1u;
	regs->waiting = state & 1u;
	enter(e, i);
	if (state > 250)
		regs->state = state;
}

static void arg(struct env *e, struct fuzz_input *in)
{
	size_t at = (size_t)fuzz_take(in, 1) % (AREA_SIZE / 4096u) * 4096u;
	struct {
		struct optee_msg_hdr hdr;
		struct optee_msg_param param[8];
	} m = { .hdr = { .cmd = 0 } };
	unsigned int i;

	m.hdr.cmd = (uint32_t)fuzz_take(in, 1) % 10;
	/* Nobody would ever end what blocks. */
	m.hdr.func = (uint32_t)fuzz_take(in, 1);
	if (m.hdr.func == FAKE_CMD_BLOCK || m.hdr.func == FAKE_CMD_SPIN)
		m.hdr.func = FAKE_CMD_INC;
	m.hdr.session = (uint32_t)fuzz_take(in, 1);
	m.hdr.num_params = (uint32_t)fuzz_take(in, 1);
	for (i = 0; i < m.hdr.num_params && i < 8; i++) {
		m.param[i].attr = number(in);
		m.param[i].u.value.a = number(in);
		m.param[i].u.value.b = number(in);
		m.param[i].u.value.c = number(in);
	}
	memcpy((uint8_t *)dataspace_map(e->vm->shm) + at, &m, sizeof(m));
	memcpy((uint8_t *)dataspace_map(e->ds) + at, &m, sizeof(m));
}

static void bytes(struct env *e, struct fuzz_input *in)
{
	size_t at = (size_t)fuzz_take(in, 2) % (MEMORY_SIZE - 256u);
	size_t len = (size_t)fuzz_take(in, 1);

	len = len < in->size ? len : in->size;
	memcpy((uint8_t *)dataspace_map(e->ds) + at, in->data, len);
	in->data += len;
	in->size -= len;
}

static void resume(struct env *e, struct fuzz_input *in)
{
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_VCPUS;
	struct vcpu_regs *regs = regs_of(e, i);
	uint64_t address;

	if (regs->state == VCPU_SECURE)
		return;
	regs->entry = VCPU_ENTRY_SMC;
	regs->a[0] = OPTEE_SMC_CALL_RETURN_FROM_RPC;
	regs->a[3] += fuzz_take(in, 1);
	address = number(in);
	regs->a[1] = address >> 32;
	regs->a[2] = (uint32_t)address;
	regs->a[4] = 0;
	regs->a[5] = number(in);
	enter(e, i);
}

static void set_flags(struct env *e, struct fuzz_input *in)
{
	e->ta.flags = (uint32_t)fuzz_take(in, 2);
	e->ta.load_rc = -(int)(fuzz_take(in, 1) % 16);
}

static void run(struct env *e, struct fuzz_input *in)
{
	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_SMC:
		smc(e, in);
		break;
	case OP_ENTER:
		raw_enter(e, in);
		break;
	case OP_ARG:
		arg(e, in);
		break;
	case OP_BYTES:
		bytes(e, in);
		break;
	case OP_RESUME:
		resume(e, in);
		break;
	case OP_FLAGS:
		set_flags(e, in);
		break;
	case OP_NUM:
		break;
	}
}

/* A vCPU is inside for a thread that says so, and the other way round. */
static void check(const struct env *e)
{
	const struct smc_vm *smc = e->vm->smc;
	const struct session_vm *sv = e->vm->session_data;
	unsigned int i, inside = 0;

	for (i = 0; i < smc->num_vcpus; i++) {
		const struct smc_thread *t = smc->vcpu[i].thread;

		FUZZ_ASSERT(!t || (t->state == SMC_THREAD_INSIDE && t->vcpu == &smc->vcpu[i]));
		inside += t != NULL;
	}
	for (i = 0; smc->front && i < SMC_NUM_THREADS; i++)
		inside -= smc->front->thread[i].state == SMC_THREAD_INSIDE;
	FUZZ_ASSERT(!inside);
	FUZZ_ASSERT(!sv || sv->num_shm <= SESSION_MAX_SHM_PER_VM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	struct env e = { .w = fake_world_create() };
	struct dataspace *vcpus;
	unsigned int i;

	fake_ta_init(&e.ta, e.w);
	e.ta.release = true;
	FUZZ_ASSERT(!session_manager_create(e.w, &e.w->sessions));
	e.vm = fake_vm_create(e.w, 1, AREA_SIZE);
	e.ds = fake_vm_add_ds(e.vm, FAKE_DS_GPA, MEMORY_SIZE);
	vcpus = fake_vm_add_ds(e.vm, VCPU_GPA, VCPU_AREA_SIZE(NUM_VCPUS));
	e.pages = dataspace_map(vcpus);
	e.vm->dev = (void *)&e.rings;
	e.vm->smc_ops = &smc_entry_ops;
	FUZZ_ASSERT(!smc_entry_ops.create(e.vm, VCPU_GPA, NUM_VCPUS));
	for (i = 0; i < NUM_VCPUS; i++)
		e.vm->smc->vcpu[i].power = SMC_CPU_ON;
	for (i = 0; i < MAX_STEPS && in.size; i++) {
		run(&e, &in);
		check(&e);
		fake_world_serve(e.w);
		check(&e);
	}
	e.vm->gone = true;
	smc_entry_ops.destroy(e.vm);
	session_vm_gone(e.w->sessions, e.vm);
	fake_world_serve(e.w);
	session_manager_destroy(e.w->sessions);
	FUZZ_ASSERT(!e.ta.instances && !e.ta.images);
	fake_vm_destroy(e.vm);
	fake_world_destroy(e.w);
	return 0;
}
