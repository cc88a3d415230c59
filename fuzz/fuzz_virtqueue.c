/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Both sides of the virtqueue against a peer that writes anything anywhere in the shared parts,
 * between any two calls. The input is a program: one byte of set-up, then operations with their
 * operands.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/virtqueue.h"

#define MAX_OPS 4096u

/* Exact allocations: a sanitizer sees an access one byte beyond. */
struct rings {
	uint8_t *desc, *avail, *used;
	uint32_t desc_size, avail_size, used_size;
	uint16_t num;
};

enum fuzz_op {
	OP_WRITE_DESC,
	OP_WRITE_AVAIL,
	OP_WRITE_USED,
	OP_GET,
	OP_PUT,
	OP_SIGNAL,
	OP_ENABLE,
	OP_DISABLE,
	OP_MORE,
	OP_NUM
};

static void rings_init(struct rings *r, uint16_t num)
{
	r->num = num;
	r->desc_size = VIRTQ_DESC_SIZE(num);
	r->avail_size = VIRTQ_AVAIL_SIZE(num);
	r->used_size = VIRTQ_USED_SIZE(num);
	r->desc = calloc(1, r->desc_size);
	r->avail = calloc(1, r->avail_size);
	r->used = calloc(1, r->used_size);
	FUZZ_ASSERT(r->desc && r->avail && r->used);
}

static void rings_free(struct rings *r)
{
	free(r->desc);
	free(r->avail);
	free(r->used);
}

static void peer_writes(uint8_t *part, uint32_t size, struct fuzz_input *in)
{
	uint32_t off = (uint32_t)fuzz_take(in, 2) % size;
	uint32_t len = (uint32_t)fuzz_take(in, 1) % 17;

	for (; len && off < size; len--, off++)
		part[off] = (uint8_t)fuzz_take(in, 1);
}

static bool peer_op(struct rings *r, unsigned int op, struct fuzz_input *in)
{
	switch (op) {
	case OP_WRITE_DESC:
		peer_writes(r->desc, r->desc_size, in);
		return true;
	case OP_WRITE_AVAIL:
		peer_writes(r->avail, r->avail_size, in);
		return true;
	case OP_WRITE_USED:
		peer_writes(r->used, r->used_size, in);
		return true;
	default:
		return false;
	}
}

static void device_op(struct vq_device *dev, unsigned int op, uint16_t *taken, uint16_t *num_taken)
{
	struct vq_buf buf;
	bool broken = dev->broken;
	int ret;

	switch (op) {
	case OP_GET:
		ret = vq_device_get(dev, &buf);
		FUZZ_ASSERT(!broken || ret < 0);
		FUZZ_ASSERT(ret >= 0 || dev->broken);
		if (ret == 1) {
			FUZZ_ASSERT(buf.head < dev->num);
			FUZZ_ASSERT(!(buf.flags & ~VIRTQ_DESC_F_WRITE));
			FUZZ_ASSERT(*num_taken < dev->num);
			taken[(*num_taken)++] = buf.head;
		}
		break;
	case OP_PUT:
		if (*num_taken)
			vq_device_put(dev, taken[--*num_taken], 8);
		break;
	case OP_SIGNAL:
		vq_device_needs_irq(dev);
		FUZZ_ASSERT(!vq_device_needs_irq(dev));
		break;
	case OP_ENABLE:
		vq_device_enable_kick(dev);
		break;
	case OP_DISABLE:
		vq_device_disable_kick(dev);
		break;
	default:
		FUZZ_ASSERT(!vq_device_more(dev) || !dev->broken);
		break;
	}
}

static void fuzz_device(struct rings *r, bool event_idx, struct fuzz_input *in)
{
	uint16_t taken[VQ_MAX_NUM], num_taken = 0;
	struct vq_device dev;
	unsigned int i;

	FUZZ_ASSERT(!vq_device_init(&dev, r->num, r->desc, r->avail, r->used, event_idx));
	for (i = 0; in->size && i < MAX_OPS; i++) {
		unsigned int op = (unsigned int)fuzz_take(in, 1) % OP_NUM;

		if (!peer_op(r, op, in))
			device_op(&dev, op, taken, &num_taken);
	}
}

/* What the driver exposed; lens[token - 1] is 0 for a buffer that isn't out. */
struct exposed {
	uint32_t lens[VQ_MAX_NUM];
	bool writes[VQ_MAX_NUM];
	uint16_t num;
};

static void driver_add(struct vq_driver *drv, struct exposed *out, struct fuzz_input *in)
{
	uint32_t len = (uint32_t)fuzz_take(in, 2) + 1;
	bool writes = len & 1, broken = drv->broken;
	uint16_t i = 0;
	int ret;

	while (i < drv->num && out->lens[i])
		i++;
	ret = vq_driver_add(drv, len, len, writes, (void *)((uintptr_t)i + 1));
	FUZZ_ASSERT((ret == 0) == (!broken && out->num < drv->num));
	if (ret)
		return;
	FUZZ_ASSERT(i < drv->num);
	out->lens[i] = len;
	out->writes[i] = writes;
	out->num++;
}

static void driver_get(struct vq_driver *drv, struct exposed *out)
{
	bool broken = drv->broken;
	uint32_t len = 0;
	void *token = NULL;
	int ret = vq_driver_get(drv, &token, &len);
	uintptr_t i = (uintptr_t)token - 1;

	FUZZ_ASSERT(!broken || ret < 0);
	FUZZ_ASSERT(ret >= 0 || drv->broken);
	if (ret != 1)
		return;
	FUZZ_ASSERT(i < drv->num && out->lens[i]);
	FUZZ_ASSERT(len <= (out->writes[i] ? out->lens[i] : 0));
	out->lens[i] = 0;
	out->num--;
}

static void fuzz_driver(struct rings *r, bool event_idx, struct fuzz_input *in)
{
	struct exposed out;
	struct vq_driver drv;
	unsigned int i;

	memset(&out, 0, sizeof(out));
	FUZZ_ASSERT(!vq_driver_init(&drv, r->num, r->desc, r->avail, r->used, event_idx));
	for (i = 0; in->size && i < MAX_OPS; i++) {
		unsigned int op = (unsigned int)fuzz_take(in, 1) % OP_NUM;

		if (peer_op(r, op, in))
			continue;
		if (op == OP_GET)
			driver_get(&drv, &out);
		else if (op == OP_PUT)
			driver_add(&drv, &out, in);
		else if (op == OP_SIGNAL)
			vq_driver_needs_kick(&drv);
		else if (op == OP_ENABLE)
			vq_driver_enable_irq(&drv);
		else if (op == OP_DISABLE)
			vq_driver_disable_irq(&drv);
		else
			FUZZ_ASSERT(!vq_driver_more(&drv) || !drv.broken);
	}
}

/*
 * Set-up byte: bits 0-3 log2 of the queue's size, bit 4 event index, bit 5 which side is under
 * test.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int setup = (unsigned int)fuzz_take(&in, 1);
	struct rings r;

	rings_init(&r, (uint16_t)(1u << ((setup & 15) % 9)));
	if (setup & 32)
		fuzz_driver(&r, setup & 16, &in);
	else
		fuzz_device(&r, setup & 16, &in);
	rings_free(&r);
	return 0;
}
