/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "hv/proxy/relay.h"

#include <string.h>

#include "lib/trace.h"
#include "wire/vcpu.h"

void relay_init(struct relay *r, uint8_t *shm_vm, uint8_t *shm_tee)
{
	struct vcpu_ctl *shm_ctl = (struct vcpu_ctl *)(void *)(shm_vm + VMCTL_VCPU_OFFSET);

	memset(r, 0, sizeof(*r));
	r->shm_vm = shm_vm;
	r->shm_tee = shm_tee;
	/* Nobody polls a VM's vCPUs here. */
	tl_store_release(&shm_ctl->kick, 1u);
}

/* Offset in link RAM, or UINT64_MAX when not all of it is there. */
static uint64_t ram_offset(uint64_t gpa, uint64_t len)
{
	uint64_t offset = gpa - VMCTL_RAM_GPA;

	if (gpa < VMCTL_RAM_GPA || offset > VMCTL_RAM_SIZE || len > VMCTL_RAM_SIZE - offset)
		return UINT64_MAX;
	return offset;
}

void relay_queue_start(struct relay *r, unsigned int index, uint16_t num, uint64_t desc,
		       uint64_t avail, uint64_t used, bool event_idx)
{
	uint64_t d = ram_offset(desc, VIRTQ_DESC_SIZE(num));
	uint64_t a = ram_offset(avail, VIRTQ_AVAIL_SIZE(num));
	uint64_t u = ram_offset(used, VIRTQ_USED_SIZE(num));
	struct relay_queue *q;
	unsigned int i;

	if (index >= TIPC_NUM_QUEUES)
		return;
	q = &r->queue[index];
	memset(q, 0, sizeof(*q));
	q->state = RELAY_ELSEWHERE;
	if (num > TIPC_QUEUE_LEN || d == UINT64_MAX || a == UINT64_MAX || u == UINT64_MAX ||
	    vq_device_init(&q->vm, num, r->shm_vm + d, r->shm_vm + a, r->shm_vm + u, event_idx) ||
	    vq_driver_init(&q->tee, num, r->shm_tee + d, r->shm_tee + a, r->shm_tee + u, event_idx))
		return;
	for (i = 0; i < TIPC_QUEUE_LEN; i++)
		q->slot[i].next_free = (uint8_t)(i + 1);
	q->state = RELAY_ON;
}

void relay_queue_stop(struct relay *r, unsigned int index)
{
	if (index < TIPC_NUM_QUEUES)
		r->queue[index].state = RELAY_OFF;
}

/*
 * Copies a buffer that lies in link RAM. What lies elsewhere is the secure world's memory as well, or it
 * will say that it isn't the VM's.
 */
static void copy(struct relay *r, uint8_t *shm_to, const uint8_t *shm_from, uint64_t gpa,
		 uint32_t len)
{
	uint64_t offset = ram_offset(gpa, len);

	r->messages++;
	if (offset == UINT64_MAX)
		return;
	memcpy(shm_to + offset, shm_from + offset, len);
	r->bytes += len;
	tl_trace(TRACE_PROXY, shm_to == r->shm_tee ? TRACE_DOWN : TRACE_UP, "copy", len);
}

/* What the VM did to its queue can't be shown in another one: an impossible buffer says as much. */
static void tell_broken(struct relay_queue *q)
{
	q->broken = true;
	q->told = q->told || !vq_driver_add(&q->tee, 0, 0, false, q);
}

/* Buffers that the VM has exposed. Return: whether more may be there. */
static bool take_from_vm(struct relay *r, struct relay_queue *q)
{
	unsigned int i;

	for (i = 0; i < q->vm.num && q->free < TIPC_QUEUE_LEN && q->tee.num_free; i++) {
		struct relay_buf *b = &q->slot[q->free];
		int ret = vq_device_get(&q->vm, &b->buf);

		if (ret < 0)
			tell_broken(q);
		if (ret <= 0)
			return false;
		if (!(b->buf.flags & VIRTQ_DESC_F_WRITE))
			copy(r, r->shm_tee, r->shm_vm, b->buf.gpa, b->buf.len);
		if (vq_driver_add(&q->tee, b->buf.gpa, b->buf.len,
				  b->buf.flags & VIRTQ_DESC_F_WRITE, b))
			return false;
		q->free = b->next_free;
	}
	/* Without a slot for it nothing can be taken: the secure world's next answer brings us back. */
	return q->free < TIPC_QUEUE_LEN && q->tee.num_free && vq_device_more(&q->vm);
}

/* Buffers that the secure world gives back. Return: whether more may be there. */
static bool give_to_vm(struct relay *r, struct relay_queue *q)
{
	unsigned int i;

	for (i = 0; i < q->tee.num; i++) {
		struct relay_buf *b;
		void *token;
		uint32_t len;

		if (vq_driver_get(&q->tee, &token, &len) <= 0)
			return false;
		if (token == q)
			continue;
		b = token;
		if (len)
			copy(r, r->shm_vm, r->shm_tee, b->buf.gpa, len);
		vq_device_put(&q->vm, b->buf.head, len);
		b->next_free = q->free;
		q->free = (uint8_t)(b - q->slot);
	}
	return vq_driver_more(&q->tee);
}

static void service_queue(struct relay *r, struct relay_queue *q, struct relay_due *due)
{
	bool again;

	/* What the secure world has broken ends with the next reset. */
	if (q->tee.broken)
		return;
	again = give_to_vm(r, q);
	if (q->broken)
		tell_broken(q);
	else
		again |= take_from_vm(r, q);
	due->ring_tee |= vq_driver_needs_kick(&q->tee);
	due->ring_vm |= vq_device_needs_irq(&q->vm);
	/* Both are asked to ring for the next one; what came before they were is for the next turn. */
	if (!q->broken && vq_device_enable_kick(&q->vm))
		again |= q->free < TIPC_QUEUE_LEN && q->tee.num_free;
	again |= vq_driver_enable_irq(&q->tee);
	due->again |= again && !q->tee.broken;
}

static struct vcpu_regs *vcpu_page(uint8_t *shm_ram, unsigned int i)
{
	return (struct vcpu_regs *)(void *)(shm_ram + VMCTL_VCPU_OFFSET +
					    (uint64_t)VCPU_PAGE_SIZE * (i + 1u));
}

static struct vcpu_ctl *vcpu_ctl(uint8_t *shm_ram)
{
	return (struct vcpu_ctl *)(void *)(shm_ram + VMCTL_VCPU_OFFSET);
}

static void copy_regs(struct vcpu_regs *shm_to, const struct vcpu_regs *shm_from)
{
	unsigned int i;

	for (i = 0; i < VCPU_NUM_REGS; i++)
		tl_store_relaxed(&shm_to->a[i], tl_load_relaxed(&shm_from->a[i]));
}

/* vCPU @i has entered the secure world, or is to come back from it. */
static void vcpu_down(struct relay *r, unsigned int i)
{
	struct vcpu_regs *shm_vm = vcpu_page(r->shm_vm, i), *shm_tee = vcpu_page(r->shm_tee, i);

	tl_store_relaxed(&shm_tee->intr, tl_load_relaxed(&shm_vm->intr));
	if (r->inside & (1u << i) || tl_load_acquire(&shm_vm->state) != VCPU_SECURE)
		return;
	copy_regs(shm_tee, shm_vm);
	tl_store_relaxed(&shm_tee->entry, tl_load_relaxed(&shm_vm->entry));
	tl_store_relaxed(&shm_tee->waiting, 1u);
	tl_store_release(&shm_tee->state, (uint32_t)VCPU_SECURE);
	r->inside |= 1u << i;
	r->messages++;
	tl_trace(TRACE_PROXY, TRACE_DOWN, "smc", i);
}

/* Return: whether the VM waits for it. */
static bool vcpu_up(struct relay *r, unsigned int i)
{
	struct vcpu_regs *shm_vm = vcpu_page(r->shm_vm, i), *shm_tee = vcpu_page(r->shm_tee, i);

	if (tl_load_acquire(&shm_tee->state) != VCPU_NORMAL)
		return false;
	copy_regs(shm_vm, shm_tee);
	r->inside &= ~(1u << i);
	tl_trace(TRACE_PROXY, TRACE_UP, "return", i);
	tl_store_release(&shm_vm->state, (uint32_t)VCPU_NORMAL);
	tl_mb();
	return tl_load_relaxed(&shm_vm->waiting);
}

static void service_vcpus(struct relay *r, struct relay_due *due)
{
	struct vcpu_ctl *shm_vm = vcpu_ctl(r->shm_vm), *shm_tee = vcpu_ctl(r->shm_tee);
	uint32_t pending = 0, irq = 0, left;

	for (left = r->inside; left; left &= left - 1)
		due->ring_vm |= vcpu_up(r, (unsigned int)__builtin_ctz(left));
	if (tl_load_relaxed(&shm_tee->irq))
		irq = __atomic_exchange_n(&shm_tee->irq, 0u, __ATOMIC_SEQ_CST);
	if (irq)
		__atomic_fetch_or(&shm_vm->irq, irq, __ATOMIC_SEQ_CST);
	due->ring_vm |= irq != 0;
	if (tl_load_relaxed(&shm_vm->pending))
		pending = __atomic_exchange_n(&shm_vm->pending, 0u, __ATOMIC_SEQ_CST);
	pending &= (1u << VMCTL_NUM_VCPUS) - 1u;
	for (left = pending; left; left &= left - 1)
		vcpu_down(r, (unsigned int)__builtin_ctz(left));
	if (!pending)
		return;
	__atomic_fetch_or(&shm_tee->pending, pending, __ATOMIC_SEQ_CST);
	due->ring_tee |= tl_load_relaxed(&shm_tee->kick) != 0;
}

struct relay_due relay_service(struct relay *r)
{
	struct relay_due due = { .again = false };
	unsigned int i;

	for (i = 0; i < TIPC_NUM_QUEUES; i++) {
		if (r->queue[i].state == RELAY_ON)
			service_queue(r, &r->queue[i], &due);
		else if (r->queue[i].state == RELAY_ELSEWHERE)
			due.ring_vm = due.ring_tee = true;
	}
	service_vcpus(r, &due);
	return due;
}
