/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/virtqueue.h"

/* Linux's numbers: a freestanding build has no errno.h. */
enum { VQ_ENOSPC = 28, VQ_EINVAL = 22, VQ_EPROTO = 71 };

/* Byte offsets of the two index rings (virtio 1.2, 2.7.6 and 2.7.8). */
enum { RING_FLAGS = 0, RING_IDX = 2, RING_ENTRIES = 4 };

/* An event index this far ahead is not crossed by any batch that a queue can hold. */
#define EVENT_NEVER 0x8000u

/*
 * One typed access each. The parts are aligned, which the init functions check, and are not reached
 * through the packed structs because those promise no alignment.
 */
static uint16_t shm_load16(const volatile uint8_t *shm, uint32_t off)
{
	return tl_load_relaxed((const volatile uint16_t *)(const volatile void *)(shm + off));
}

static uint16_t shm_load16_acquire(const volatile uint8_t *shm, uint32_t off)
{
	return tl_load_acquire((const volatile uint16_t *)(const volatile void *)(shm + off));
}

static uint32_t shm_load32(const volatile uint8_t *shm, uint32_t off)
{
	return tl_load_relaxed((const volatile uint32_t *)(const volatile void *)(shm + off));
}

static void shm_store16(volatile uint8_t *shm, uint32_t off, uint16_t v)
{
	tl_store_relaxed((volatile uint16_t *)(volatile void *)(shm + off), v);
}

static void shm_store16_release(volatile uint8_t *shm, uint32_t off, uint16_t v)
{
	tl_store_release((volatile uint16_t *)(volatile void *)(shm + off), v);
}

static void shm_store32(volatile uint8_t *shm, uint32_t off, uint32_t v)
{
	tl_store_relaxed((volatile uint32_t *)(volatile void *)(shm + off), v);
}

static void shm_zero(volatile uint8_t *shm, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		shm[i] = 0;
}

static uint32_t avail_entry(uint16_t num, uint16_t idx)
{
	return RING_ENTRIES + 2u * (idx & (num - 1u));
}

static uint32_t avail_used_event(uint16_t num)
{
	return RING_ENTRIES + 2u * num;
}

static uint32_t used_entry(uint16_t num, uint16_t idx)
{
	return RING_ENTRIES + 8u * (idx & (num - 1u));
}

static uint32_t used_avail_event(uint16_t num)
{
	return RING_ENTRIES + 8u * num;
}

static uint16_t idx_add(uint16_t idx, uint32_t n)
{
	return (uint16_t)(idx + n);
}

static uint16_t idx_diff(uint16_t later, uint16_t earlier)
{
	return (uint16_t)(later - earlier);
}

/* Did the index pass @event on its way from @old to @new? (virtio 1.2, 2.7.7.2) */
static bool event_crossed(uint16_t event, uint16_t new, uint16_t old)
{
	return idx_diff(new, idx_add(event, 1)) < idx_diff(new, old);
}

static bool layout_ok(uint16_t num, uintptr_t desc, uintptr_t avail, uintptr_t used)
{
	return num && num <= VQ_MAX_NUM && !(num & (num - 1)) && !(desc % VIRTQ_DESC_ALIGN) &&
	       !(avail % VIRTQ_AVAIL_ALIGN) && !(used % VIRTQ_USED_ALIGN);
}

int vq_driver_init(struct vq_driver *vq, uint16_t num, void *desc, void *avail, void *used,
		   bool event_idx)
{
	uint16_t i;

	if (!layout_ok(num, (uintptr_t)desc, (uintptr_t)avail, (uintptr_t)used))
		return -VQ_EINVAL;
	vq->shm_desc = desc;
	vq->shm_avail = avail;
	vq->shm_used = used;
	vq->num = num;
	vq->avail_idx = 0;
	vq->used_idx = 0;
	vq->kicked_idx = 0;
	vq->num_free = num;
	vq->free_head = 0;
	vq->event_idx = event_idx;
	vq->broken = false;
	for (i = 0; i < num; i++) {
		vq->slot[i].token = NULL;
		vq->slot[i].len = 0;
		vq->slot[i].next_free = idx_add(i, 1);
		vq->slot[i].device_writes = false;
	}
	shm_zero(desc, VIRTQ_DESC_SIZE(num));
	shm_zero(avail, VIRTQ_AVAIL_SIZE(num));
	shm_zero(used, VIRTQ_USED_SIZE(num));
	return 0;
}

int vq_driver_add(struct vq_driver *vq, uint64_t gpa, uint32_t len, bool device_writes, void *token)
{
	volatile uint8_t *shm_entry;
	uint16_t head = vq->free_head;

	if (vq->broken)
		return -VQ_EPROTO;
	if (!token)
		return -VQ_EINVAL;
	if (!vq->num_free)
		return -VQ_ENOSPC;
	vq->free_head = vq->slot[head].next_free;
	vq->num_free--;
	vq->slot[head].token = token;
	vq->slot[head].len = len;
	vq->slot[head].device_writes = device_writes;

	shm_entry = (volatile uint8_t *)&vq->shm_desc[head];
	shm_store32(shm_entry, 0, (uint32_t)gpa);
	shm_store32(shm_entry, 4, (uint32_t)(gpa >> 32));
	shm_store32(shm_entry, 8, len);
	shm_store32(shm_entry, 12, device_writes ? VIRTQ_DESC_F_WRITE : 0);
	shm_store16(vq->shm_avail, avail_entry(vq->num, vq->avail_idx), head);
	vq->avail_idx = idx_add(vq->avail_idx, 1);
	shm_store16_release(vq->shm_avail, RING_IDX, vq->avail_idx);
	return 0;
}

bool vq_driver_needs_kick(struct vq_driver *vq)
{
	uint16_t old = vq->kicked_idx;

	if (vq->broken)
		return false;
	tl_mb();
	vq->kicked_idx = vq->avail_idx;
	if (old == vq->avail_idx)
		return false;
	if (vq->event_idx)
		return event_crossed(shm_load16(vq->shm_used, used_avail_event(vq->num)),
				     vq->avail_idx, old);
	return !(shm_load16(vq->shm_used, RING_FLAGS) & VIRTQ_USED_F_NO_NOTIFY);
}

static int driver_break(struct vq_driver *vq)
{
	tl_store_relaxed(&vq->broken, true);
	return -VQ_EPROTO;
}

int vq_driver_get(struct vq_driver *vq, void **token, uint32_t *len)
{
	uint16_t ahead;
	uint32_t off, id, written;

	if (vq->broken)
		return -VQ_EPROTO;
	ahead = idx_diff(shm_load16_acquire(vq->shm_used, RING_IDX), vq->used_idx);
	if (!ahead)
		return 0;
	if (ahead > vq->num - vq->num_free)
		return driver_break(vq);
	off = used_entry(vq->num, vq->used_idx);
	id = shm_load32(vq->shm_used, off);
	written = shm_load32(vq->shm_used, off + 4);
	if (id >= vq->num || !vq->slot[id].token)
		return driver_break(vq);
	/* What a device reports for a buffer it only read has no meaning: not an error. */
	if (!vq->slot[id].device_writes)
		written = 0;
	if (written > vq->slot[id].len)
		return driver_break(vq);

	*token = vq->slot[id].token;
	*len = written;
	vq->slot[id].token = NULL;
	vq->slot[id].next_free = vq->free_head;
	vq->free_head = (uint16_t)id;
	vq->num_free++;
	tl_store_relaxed(&vq->used_idx, idx_add(vq->used_idx, 1));
	return 1;
}

bool vq_driver_more(const struct vq_driver *vq)
{
	return !tl_load_relaxed(&vq->broken) &&
	       shm_load16(vq->shm_used, RING_IDX) != tl_load_relaxed(&vq->used_idx);
}

bool vq_driver_enable_irq(struct vq_driver *vq)
{
	if (vq->event_idx)
		shm_store16(vq->shm_avail, avail_used_event(vq->num), vq->used_idx);
	else
		shm_store16(vq->shm_avail, RING_FLAGS, 0);
	tl_mb();
	return vq_driver_more(vq);
}

void vq_driver_disable_irq(struct vq_driver *vq)
{
	if (vq->event_idx)
		shm_store16(vq->shm_avail, avail_used_event(vq->num),
			    idx_add(vq->used_idx, EVENT_NEVER));
	else
		shm_store16(vq->shm_avail, RING_FLAGS, VIRTQ_AVAIL_F_NO_INTERRUPT);
}

int vq_device_init(struct vq_device *vq, uint16_t num, const void *desc, const void *avail,
		   void *used, bool event_idx)
{
	if (!layout_ok(num, (uintptr_t)desc, (uintptr_t)avail, (uintptr_t)used))
		return -VQ_EINVAL;
	vq->shm_desc = desc;
	vq->shm_avail = avail;
	vq->shm_used = used;
	vq->num = num;
	vq->avail_idx = 0;
	vq->used_idx = 0;
	vq->signalled_idx = 0;
	vq->event_idx = event_idx;
	vq->broken = false;
	return 0;
}

static int device_break(struct vq_device *vq)
{
	tl_store_relaxed(&vq->broken, true);
	return -VQ_EPROTO;
}

int vq_device_get(struct vq_device *vq, struct vq_buf *buf)
{
	const volatile uint8_t *shm_entry;
	uint16_t ahead, head;
	uint32_t flags;

	if (vq->broken)
		return -VQ_EPROTO;
	ahead = idx_diff(shm_load16_acquire(vq->shm_avail, RING_IDX), vq->avail_idx);
	if (!ahead)
		return 0;
	/* Buffers taken but not yet given back still occupy the queue. */
	if (ahead > vq->num - idx_diff(vq->avail_idx, vq->used_idx))
		return device_break(vq);
	head = shm_load16(vq->shm_avail, avail_entry(vq->num, vq->avail_idx));
	if (head >= vq->num)
		return device_break(vq);

	shm_entry = (const volatile uint8_t *)&vq->shm_desc[head];
	buf->head = head;
	buf->gpa = shm_load32(shm_entry, 0) | (uint64_t)shm_load32(shm_entry, 4) << 32;
	buf->len = shm_load32(shm_entry, 8);
	flags = shm_load16(shm_entry, 12);
	if (flags & ~VIRTQ_DESC_F_WRITE)
		return device_break(vq);
	buf->flags = (uint16_t)flags;
	tl_store_relaxed(&vq->avail_idx, idx_add(vq->avail_idx, 1));
	return 1;
}

void vq_device_put(struct vq_device *vq, uint16_t head, uint32_t len)
{
	uint32_t off = used_entry(vq->num, vq->used_idx);

	if (vq->broken)
		return;
	shm_store32(vq->shm_used, off, head);
	shm_store32(vq->shm_used, off + 4, len);
	vq->used_idx = idx_add(vq->used_idx, 1);
	shm_store16_release(vq->shm_used, RING_IDX, vq->used_idx);
}

bool vq_device_needs_irq(struct vq_device *vq)
{
	uint16_t old = vq->signalled_idx;

	if (vq->broken)
		return false;
	tl_mb();
	vq->signalled_idx = vq->used_idx;
	if (old == vq->used_idx)
		return false;
	if (vq->event_idx)
		return event_crossed(shm_load16(vq->shm_avail, avail_used_event(vq->num)),
				     vq->used_idx, old);
	return !(shm_load16(vq->shm_avail, RING_FLAGS) & VIRTQ_AVAIL_F_NO_INTERRUPT);
}

bool vq_device_more(const struct vq_device *vq)
{
	return !tl_load_relaxed(&vq->broken) &&
	       shm_load16(vq->shm_avail, RING_IDX) != tl_load_relaxed(&vq->avail_idx);
}

void vq_device_ask_kick(struct vq_device *vq)
{
	if (vq->event_idx)
		shm_store16(vq->shm_used, used_avail_event(vq->num), vq->avail_idx);
	else
		shm_store16(vq->shm_used, RING_FLAGS, 0);
}

bool vq_device_enable_kick(struct vq_device *vq)
{
	vq_device_ask_kick(vq);
	tl_mb();
	return vq_device_more(vq);
}

void vq_device_disable_kick(struct vq_device *vq)
{
	if (vq->event_idx)
		shm_store16(vq->shm_used, used_avail_event(vq->num),
			    idx_add(vq->avail_idx, EVENT_NEVER));
	else
		shm_store16(vq->shm_used, RING_FLAGS, VIRTQ_USED_F_NO_NOTIFY);
}
