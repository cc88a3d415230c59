/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC message queue, secure side: tipc messages of any length through a buffer of the VM's
 * (wire/smcq.h). A NOTIFY takes what is there, sends what there is room for, and goes back.
 */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/number.h"
#include "lib/smcq.h"
#include "tee/tipc/tipc_dev.h"
#include "tee/virtio/device.h"

#define HDR_SIZE ((uint32_t)sizeof(struct tipc_msg_hdr))

struct smc_queue {
	struct dataspace *ds; /* of the buffer: a reference */
	uint32_t capacity;
	/* From the VM. */
	struct smcq_reader reader;
	uint32_t in_len, in_done;    /* of the message that comes in; 0: none */
	struct tipc_msg_hdr in_hdr;
	bool in_skip;                /* nobody takes it */
	uint8_t *in_large;           /* its payload when it is large */
	uint8_t in_small[HDR_SIZE + TIPC_DEV_MAX_DATA]; /* header and payload when it isn't */
	/* To the VM. */
	struct smcq_writer writer;
	bool sending, begun;
	uint32_t out_len, out_done;
	struct tipc_msg_hdr out_hdr;
	uint8_t *out_large;
	uint8_t out_small[TIPC_DEFAULT_MSG_BUF_SIZE];
};

static void queue_free(struct smc_queue *q)
{
	dataspace_put(q->ds);
	free(q->in_large);
	free(q->out_large);
	free(q);
}

void smc_queue_detach(struct smc_vm *smc)
{
	struct smc_queue *q = smc->queue;

	if (!q)
		return;
	smc->queue = NULL;
	/* A VM that goes has lost its device before. */
	if (smc->vm->tipc)
		tipc_dev_link_down(smc->vm->tipc);
	smc->vm->dropped = false;
	queue_free(q);
}

/* The next bytes of what goes out. Return: as smcq_write. */
static int64_t out_write(struct smc_queue *q)
{
	const uint8_t *data = q->out_large ? q->out_large : q->out_small;

	if (q->out_done < HDR_SIZE)
		return smcq_write(&q->writer, (const uint8_t *)&q->out_hdr + q->out_done,
				  HDR_SIZE - q->out_done);
	return smcq_write(&q->writer, data + (q->out_done - HDR_SIZE), q->out_len - q->out_done);
}

/* Return: 0, all is written; -EAGAIN, there is no room; -EPROTO. */
static int out_some(struct smc_queue *q)
{
	if (!q->begun) {
		int ret = smcq_write_begin(&q->writer, q->out_len);

		if (ret)
			return ret;
		q->begun = true;
	}
	while (q->out_done < q->out_len) {
		int64_t n = out_write(q);

		if (n <= 0)
			return n ? (int)n : -EAGAIN;
		q->out_done += (uint32_t)n;
	}
	return 0;
}

/* Goes on with what is being sent. Return: 0, nothing is left; -EAGAIN: NOTIFY comes when there is room. */
static int out_continue(struct tee_vm *vm, struct smc_queue *q)
{
	int ret;

	if (!q->sending)
		return 0;
	do {
		ret = out_some(q);
	} while (ret == -EAGAIN && smcq_write_stall(&q->writer));
	if (ret == -EAGAIN)
		return ret;
	free(q->out_large);
	q->out_large = NULL;
	q->sending = false;
	if (ret)
		vm_drop(vm, "breaks its message queue");
	return ret;
}

static void out_start(struct smc_queue *q, const struct tipc_msg_hdr *hdr, size_t len)
{
	q->sending = true;
	q->begun = false;
	q->out_hdr = *hdr;
	q->out_len = HDR_SIZE + (uint32_t)len;
	q->out_done = 0;
}

/* What is begun is ours: the next one finds no room until it is gone. */
static int link_tx(struct tee_vm *vm, const struct tipc_msg_hdr *hdr, const void *data, size_t len)
{
	struct smc_queue *q = vm->smc->queue;

	if (q->sending)
		return -EAGAIN;
	if (len > sizeof(q->out_small))
		return -EMSGSIZE;
	memcpy(q->out_small, data, len);
	out_start(q, hdr, len);
	return out_continue(vm, q) == -EPROTO ? -EPROTO : 0;
}

static int link_tx_large(struct tee_vm *vm, const struct tipc_msg_hdr *hdr, uint8_t *data, size_t len)
{
	struct smc_queue *q = vm->smc->queue;

	if (q->sending)
		return -EAGAIN;
	q->out_large = data;
	out_start(q, hdr, len);
	out_continue(vm, q);
	return 0;
}

static void link_flush(struct tee_vm *vm)
{
	if (!smcq_write_flush(&vm->smc->queue->writer))
		return;
	__atomic_fetch_or(&vm->smc->shm_ctl->irq, VCPU_IRQ_QUEUE, __ATOMIC_SEQ_CST);
	tee_virtio_ring_irq(vm->dev);
}

static const struct tipc_dev_link queue_link = {
	.max_data = SMCQ_MAX_MSG - sizeof(struct tipc_msg_hdr),
	.tx = link_tx,
	.tx_large = link_tx_large,
	.flush = link_flush,
};

/* The header has come: where does the rest go? */
static void in_begin(struct tee_vm *vm, struct smc_queue *q)
{
	size_t len = q->in_len - HDR_SIZE;

	memcpy(&q->in_hdr, q->in_small, sizeof(q->in_hdr));
	q->in_skip = !tipc_dev_takes(vm->tipc, &q->in_hdr, len);
	if (q->in_skip || len <= TIPC_DEV_MAX_DATA)
		return;
	q->in_large = malloc(len);
	if (!q->in_large)
		vm_drop(vm, "there is no memory for its message");
}

static void in_deliver(struct tee_vm *vm, struct smc_queue *q)
{
	uint8_t *large = q->in_large;
	uint32_t len = q->in_len;
	bool skip = q->in_skip;

	q->in_large = NULL;
	q->in_skip = false;
	q->in_len = 0;
	q->in_done = 0;
	if (large)
		tipc_dev_message_large(vm->tipc, &q->in_hdr, large, len - HDR_SIZE);
	else if (!skip)
		tipc_dev_message(vm->tipc, q->in_small, len);
}

/* Return: 1 when a message begins, or is under way; 0 when there is none yet; -EPROTO. */
static int in_find(struct smc_queue *q)
{
	int ret;

	if (q->in_len)
		return 1;
	ret = smcq_read_begin(&q->reader, &q->in_len);
	return ret == 1 && q->in_len < HDR_SIZE ? -EPROTO : ret;
}

/* The next bytes of what comes in. Return: as smcq_read. */
static int64_t in_read(struct smc_queue *q)
{
	uint32_t done = q->in_done;

	if (q->in_skip)
		return smcq_read(&q->reader, q->in_small,
				 min_u32(q->in_len - done, (uint32_t)sizeof(q->in_small)));
	if (done < HDR_SIZE)
		return smcq_read(&q->reader, q->in_small + done, HDR_SIZE - done);
	if (q->in_large)
		return smcq_read(&q->reader, q->in_large + (done - HDR_SIZE), q->in_len - done);
	return smcq_read(&q->reader, q->in_small + done, q->in_len - done);
}

/* Takes what is there, an areaful at most: what is written meanwhile comes with a NOTIFY of its own. */
static void in_drain(struct tee_vm *vm, struct smc_queue *q)
{
	uint32_t left = q->capacity;
	int64_t n = 1;

	while (n > 0 && left && !vm->dropped) {
		bool had_hdr;

		n = in_find(q);
		if (n <= 0)
			break;
		had_hdr = q->in_done >= HDR_SIZE;
		n = in_read(q);
		if (n < 0)
			break;
		q->in_done += (uint32_t)n;
		left -= min_u32(left, (uint32_t)n);
		if (!had_hdr && q->in_done == HDR_SIZE)
			in_begin(vm, q);
		if (!vm->dropped && q->in_done == q->in_len) {
			in_deliver(vm, q);
			n = 1;
		}
	}
	if (n < 0)
		tipc_dev_bad_framing(vm->tipc, "breaks its message queue");
	/* The writer comes back from NOTIFY and looks for room itself. */
	smcq_read_flush(&q->reader);
}

static uint32_t queue_notify(struct smc_vm *smc)
{
	struct smc_queue *q = smc->queue;
	struct tee_vm *vm = smc->vm;

	if (!q || vm->dropped)
		return OPTEE_SMC_RETURN_ENOTAVAIL;
	in_drain(vm, q);
	if (!vm->dropped && !out_continue(vm, q))
		tipc_dev_pump(vm->tipc);
	link_flush(vm);
	return vm->dropped ? OPTEE_SMC_RETURN_ENOTAVAIL : OPTEE_SMC_RETURN_OK;
}

static bool page_ok(const struct smcq_page *shm_page, uint32_t capacity)
{
	struct smcq_page page;

	memcpy(&page, shm_page, offsetof(struct smcq_page, half));
	__asm__ volatile("" ::: "memory");
	return page.magic == SMCQ_MAGIC && page.version == SMCQ_VERSION && page.capacity == capacity &&
	       !page.reserved;
}

static struct smc_queue *queue_create(struct dataspace *ds, struct smcq_page *shm_page, uint32_t capacity)
{
	struct smc_queue *q = calloc(1, sizeof(*q));
	uint8_t *shm_area = (uint8_t *)(shm_page + 1);

	if (!q)
		return NULL;
	q->ds = dataspace_get(ds);
	q->capacity = capacity;
	smcq_reader_init(&q->reader, &shm_page->half[SMCQ_TO_SECURE], shm_area, capacity);
	smcq_writer_init(&q->writer, &shm_page->half[SMCQ_TO_NORMAL], shm_area + capacity, capacity);
	/* For ever: nobody here looks between two NOTIFYs. */
	smcq_read_sleep(&q->reader);
	return q;
}

static uint32_t queue_attach(struct smc_vm *smc, const struct smc_regs *r)
{
	uint64_t gpa = (uint64_t)(uint32_t)r->a[1] << 32 | (uint32_t)r->a[2];
	uint32_t size = (uint32_t)r->a[3], capacity = smcq_capacity(size);
	struct smcq_page *shm_page;

	if (smc->queue || tipc_dev_link(smc->vm->tipc))
		return OPTEE_SMC_RETURN_EBUSY;
	if (!capacity || gpa % SMCQ_ALIGN)
		return OPTEE_SMC_RETURN_EBADCMD;
	shm_page = vm_ptr(smc->vm, gpa, size);
	if (!shm_page)
		return OPTEE_SMC_RETURN_EBADADDR;
	if (!page_ok(shm_page, capacity))
		return OPTEE_SMC_RETURN_EBADCMD;
	smc->queue = queue_create(vm_find_ds(smc->vm, gpa, size), shm_page, capacity);
	if (!smc->queue)
		return OPTEE_SMC_RETURN_ENOMEM;
	tipc_dev_link_up(smc->vm->tipc, &queue_link);
	return OPTEE_SMC_RETURN_OK;
}

uint32_t smc_queue_call(struct smc_vm *smc, const struct smc_regs *r)
{
	switch (r->a[0]) {
	case SMCQ_SMC_ATTACH:
		return queue_attach(smc, r);
	case SMCQ_SMC_NOTIFY:
		return queue_notify(smc);
	case SMCQ_SMC_DETACH:
		if (!smc->queue)
			return OPTEE_SMC_RETURN_ENOTAVAIL;
		smc_queue_detach(smc);
		return OPTEE_SMC_RETURN_OK;
	default:
		return OPTEE_SMC_RETURN_UNKNOWN_FUNCTION;
	}
}
