/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The hypervisor's relay between a VM and a secure world that write anything anywhere in their memories,
 * between any two turns of it. The input is a program: operations with their operands.
 */
#include <string.h>

#include "fuzz/target.h"
#include "hv/proxy/relay.h"
#include "wire/vcpu.h"

#define MAX_OPS 1024u
#define SETTLED_AFTER 4u /* turns without anything new */

enum fuzz_op {
	OP_WRITE_VM,
	OP_WRITE_TEE,
	OP_EXPOSE, /* a plausible buffer of the VM's */
	OP_GIVE_BACK, /* a plausible used entry of the secure world's */
	OP_START,
	OP_STOP,
	OP_SERVICE,
	OP_NUM
};

enum ring_part { RING_DESC = 0, RING_AVAIL = 0x400, RING_USED = 0x800, RING_QUEUE = 0x1000 };

static void write_bytes(uint8_t *ram, struct fuzz_input *in)
{
	/* Where rings, a few buffers and vCPU pages are. */
	static const uint32_t base[] = { 0, RING_QUEUE, 0x2000, VMCTL_VCPU_OFFSET };
	uint32_t off = base[fuzz_take(in, 1) % 4] + (uint32_t)fuzz_take(in, 2) % 0x2000;
	uint32_t len = (uint32_t)fuzz_take(in, 1) % 17;

	while (len--)
		ram[off++] = (uint8_t)fuzz_take(in, 1);
}

/* One more entry in a ring of @size bytes entries: its number, and the index behind it. */
static void append(uint8_t *ring, uint16_t num, const void *entry, size_t size)
{
	uint16_t idx;

	memcpy(&idx, ring + 2, sizeof(idx));
	memcpy(ring + 4 + size * (idx % num), entry, size);
	idx++;
	memcpy(ring + 2, &idx, sizeof(idx));
}

static void expose(uint8_t *vm, struct fuzz_input *in)
{
	uint8_t *rings = vm + fuzz_take(in, 1) % TIPC_NUM_QUEUES * RING_QUEUE;
	uint16_t head = (uint16_t)(fuzz_take(in, 1) % TIPC_QUEUE_LEN);
	struct virtq_desc d = {
		.addr = VMCTL_RAM_GPA + fuzz_take(in, 3),
		.len = (uint32_t)fuzz_take(in, 2),
		.flags = (uint16_t)(fuzz_take(in, 1) & VIRTQ_DESC_F_WRITE),
	};

	memcpy(rings + RING_DESC + head * sizeof(d), &d, sizeof(d));
	append(rings + RING_AVAIL, TIPC_QUEUE_LEN, &head, sizeof(head));
}

static void give_back(uint8_t *tee, struct fuzz_input *in)
{
	uint8_t *rings = tee + fuzz_take(in, 1) % TIPC_NUM_QUEUES * RING_QUEUE;
	struct virtq_used_elem e = {
		.id = (uint32_t)fuzz_take(in, 1) % TIPC_QUEUE_LEN,
		.len = (uint32_t)fuzz_take(in, 2),
	};

	append(rings + RING_USED, TIPC_QUEUE_LEN, &e, sizeof(e));
}

static void start(struct relay *r, struct fuzz_input *in)
{
	unsigned int index = (unsigned int)fuzz_take(in, 1) % (TIPC_NUM_QUEUES + 1);
	uint64_t gpa = VMCTL_RAM_GPA + index * RING_QUEUE;
	uint16_t num = TIPC_QUEUE_LEN;

	if (fuzz_take(in, 1) % 4 == 0) {
		num = (uint16_t)fuzz_take(in, 2);
		gpa = fuzz_take(in, 8);
	}
	relay_queue_start(r, index, num, gpa + RING_DESC, gpa + RING_AVAIL, gpa + RING_USED,
			  fuzz_take(in, 1) & 1);
}

/* Each slot is free or with the secure world, once. */
static void check_slots(const struct relay_queue *q)
{
	unsigned int n = 0, i;

	if (q->state != RELAY_ON)
		return;
	for (i = q->free; i < TIPC_QUEUE_LEN; i = q->slot[i].next_free)
		FUZZ_ASSERT(++n <= TIPC_QUEUE_LEN);
	FUZZ_ASSERT(n + (uint32_t)(q->tee.num - q->tee.num_free) >= TIPC_QUEUE_LEN);
	FUZZ_ASSERT(n >= (uint32_t)(TIPC_QUEUE_LEN - q->tee.num));
}

static void service(struct relay *r)
{
	unsigned int turn, i;

	/* Whatever the memories hold: when they stay as they are there is an end of it. */
	for (turn = 0; relay_service(r).again; turn++)
		FUZZ_ASSERT(turn < SETTLED_AFTER);
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		check_slots(&r->queue[i]);
	FUZZ_ASSERT(!(r->inside >> VMCTL_NUM_VCPUS));
}

static void one_op(struct relay *r, struct fuzz_input *in)
{
	switch (fuzz_take(in, 1) % OP_NUM) {
	case OP_WRITE_VM:
		write_bytes(r->shm_vm, in);
		break;
	case OP_WRITE_TEE:
		write_bytes(r->shm_tee, in);
		break;
	case OP_EXPOSE:
		expose(r->shm_vm, in);
		break;
	case OP_GIVE_BACK:
		give_back(r->shm_tee, in);
		break;
	case OP_START:
		start(r, in);
		break;
	case OP_STOP:
		relay_queue_stop(r, (unsigned int)fuzz_take(in, 1) % (TIPC_NUM_QUEUES + 1));
		break;
	default:
		service(r);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct relay *r = malloc(sizeof(*r));
	uint8_t *vm = aligned_alloc(VCPU_PAGE_SIZE, VMCTL_RAM_SIZE);
	uint8_t *tee = aligned_alloc(VCPU_PAGE_SIZE, VMCTL_RAM_SIZE);
	unsigned int i;

	FUZZ_ASSERT(r && vm && tee);
	memset(vm, 0, VMCTL_RAM_SIZE);
	memset(tee, 0, VMCTL_RAM_SIZE);
	relay_init(r, vm, tee);
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		relay_queue_start(r, i, TIPC_QUEUE_LEN, VMCTL_RAM_GPA + i * RING_QUEUE + RING_DESC,
				  VMCTL_RAM_GPA + i * RING_QUEUE + RING_AVAIL,
				  VMCTL_RAM_GPA + i * RING_QUEUE + RING_USED, true);
	for (i = 0; i < MAX_OPS && in.size; i++)
		one_op(r, &in);
	service(r);
	free(r);
	free(vm);
	free(tee);
	return 0;
}
