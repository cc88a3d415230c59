/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/smcq/smcq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/number.h"
#include "lib/smcq.h"
#include "ree/tipc/tipc_internal.h"
#include "ree/vm/conduit.h"
#include "ree/vm/vm.h"
#include "wire/optee_smc.h"

#define SMALL_MSG TIPC_DEFAULT_MSG_BUF_SIZE

/*
 * The writer is guarded by dev->lock, the reader and what it fills by rx_lock, which is taken before
 * dev->lock and its users' locks.
 */
struct smcq_link {
	struct tipc_dev *dev;
	struct smc_conduit *conduit;
	struct ree_vm_ds *ds;
	bool attached;
	bool broken; /* atomic */
	struct smcq_writer writer;
	struct list read; /* tx buffers that are free again */
	struct tipc_txbuf_entry tx[TIPC_QUEUE_LEN];
	pthread_mutex_t rx_lock;
	struct smcq_reader reader;
	uint8_t *in; /* message under way, or room for a small one */
	uint32_t in_room, in_len, in_done;
};

/* Whoever takes the interrupt finds it, and tells the channels. */
static void link_break(struct smcq_link *link)
{
	__atomic_store_n(&link->broken, true, __ATOMIC_RELEASE);
	ree_vm_wake(link->dev->vm);
}

static bool is_broken(const struct smcq_link *link)
{
	return __atomic_load_n(&link->broken, __ATOMIC_ACQUIRE);
}

/* OPTEE_SMC_RETURN_*, or -EIO. */
static int64_t call(const struct smcq_link *link, uint32_t func, uint64_t gpa, uint32_t size)
{
	const struct smc_args args = {
		.a0 = func,
		.a1 = gpa >> 32,
		.a2 = (uint32_t)gpa,
		.a3 = size,
	};
	struct smc_res res;

	if (smc_conduit_call(link->conduit, &args, &res))
		return -EIO;
	return (uint32_t)res.a0;
}

static int notify(struct smcq_link *link)
{
	if (call(link, SMCQ_SMC_NOTIFY, 0, 0) == OPTEE_SMC_RETURN_OK)
		return 0;
	link_break(link);
	return -EIO;
}

/* Return: 0 when it is there to be read; 1: not all of it has come; -errno. */
static int in_some(struct smcq_link *link, uint32_t *budget)
{
	int64_t n;

	if (!link->in_len) {
		int ret = smcq_read_begin(&link->reader, &link->in_len);

		if (ret <= 0)
			return ret ? ret : 1;
		link->in_done = 0;
		if (link->in_len > link->in_room) {
			uint8_t *in = realloc(link->in, link->in_len);

			if (!in)
				return -ENOMEM;
			link->in = in;
			link->in_room = link->in_len;
		}
	}
	n = smcq_read(&link->reader, link->in + link->in_done, link->in_len - link->in_done);
	if (n < 0)
		return (int)n;
	link->in_done += (uint32_t)n;
	/* An empty message takes room as well: else they would never end. */
	*budget -= min_u32(*budget, (uint32_t)n + (uint32_t)sizeof(struct smcq_frame));
	return link->in_done < link->in_len;
}

static void in_deliver(struct smcq_link *link)
{
	tipc_rx_msg(link->dev, link->in, link->in_len);
	link->in_len = 0;
	if (link->in_room > SMALL_MSG) {
		free(link->in);
		link->in = NULL;
		link->in_room = 0;
	}
}

/* An areaful at a time: waiters look at their conditions even if the secure world never stops. */
static void irq_handle(void *data)
{
	struct smcq_link *link = data;
	uint32_t budget = link->reader.capacity;
	int ret = 0;

	pthread_mutex_lock(&link->rx_lock);
	while (!ret && budget && !is_broken(link)) {
		ret = in_some(link, &budget);
		if (!ret)
			in_deliver(link);
	}
	if (ret < 0) {
		log_warn("vm %u: the message queue is of no use any more: %s", ree_vm_id(link->dev->vm),
			 strerror(-ret));
		link_break(link);
	}
	if (smcq_read_flush(&link->reader) && !is_broken(link))
		notify(link);
	pthread_mutex_unlock(&link->rx_lock);
	if (is_broken(link))
		tipc_dev_config_changed(link->dev, true);
}

static bool irq_more(void *data)
{
	struct smcq_link *link = data;

	return is_broken(link) || smcq_read_more(&link->reader);
}

static bool irq_enable(void *data)
{
	struct smcq_link *link = data;
	bool more;

	pthread_mutex_lock(&link->rx_lock);
	more = smcq_read_sleep(&link->reader);
	pthread_mutex_unlock(&link->rx_lock);
	return more;
}

static void irq_disable(void *data)
{
	struct smcq_link *link = data;

	smcq_read_awake(&link->reader);
}

/* The config is the virtio device's, but dropping the VM shows there too. */
static void irq_config(void *data, bool gone)
{
	struct smcq_link *link = data;

	if (!gone && !is_broken(link))
		gone = notify(link) != 0;
	if (gone)
		tipc_dev_config_changed(link->dev, true);
}

static int make_buffer(struct smcq_link *link)
{
	struct smcq_page *page;
	uint8_t *area;
	int ret = ree_vm_ds_create(link->dev->vm, SMCQ_DEFAULT_SIZE, &link->ds);

	if (ret)
		return ret;
	page = (struct smcq_page *)(void *)link->ds->mem.base;
	page->magic = SMCQ_MAGIC;
	page->version = SMCQ_VERSION;
	page->capacity = smcq_capacity(SMCQ_DEFAULT_SIZE);
	area = (uint8_t *)(page + 1);
	smcq_writer_init(&link->writer, &page->half[SMCQ_TO_SECURE], area, page->capacity);
	smcq_reader_init(&link->reader, &page->half[SMCQ_TO_NORMAL], area + page->capacity,
			 page->capacity);
	return 0;
}

static int make_tx(struct tipc_dev *dev, struct smcq_link *link)
{
	unsigned int i;

	for (i = 0; i < TIPC_QUEUE_LEN; i++) {
		uint8_t *base = malloc(SMALL_MSG);

		if (!base)
			return -ENOMEM;
		tipc_tx_add(dev, &link->tx[i], base, SMALL_MSG, false);
	}
	return 0;
}

static int attach(struct tipc_dev *dev, struct smcq_link *link)
{
	const struct ree_vm_irq irq = {
		.more = irq_more,
		.enable = irq_enable,
		.disable = irq_disable,
		.handle = irq_handle,
		.config = irq_config,
		.data = link,
	};
	int64_t res;

	ree_vm_set_irq(dev->vm, &irq);
	res = call(link, SMCQ_SMC_ATTACH, link->ds->mem.gpa, SMCQ_DEFAULT_SIZE);
	link->attached = res == OPTEE_SMC_RETURN_OK;
	if (link->attached)
		return 0;
	log_warn("vm %u: the secure world doesn't take a message queue (%lld)", ree_vm_id(dev->vm),
		 (long long)res);
	return res < 0 ? (int)res : -ENODEV;
}

static int smcq_link_open(struct tipc_dev *dev)
{
	static const char name[TIPC_MAX_DEV_NAME_LEN] = "dev0";
	struct smcq_link *link = calloc(1, sizeof(*link));
	int ret;

	if (!link)
		return -ENOMEM;
	dev->link = link;
	link->dev = dev;
	link->conduit = ree_vm_conduit(dev->vm);
	list_init(&link->read);
	pthread_mutex_init(&link->rx_lock, NULL);
	dev->max_msg = SMCQ_MAX_MSG;
	ret = tipc_dev_set_name(dev, name);
	if (!ret)
		ret = make_buffer(link);
	if (!ret)
		ret = make_tx(dev, link);
	return ret ? ret : attach(dev, link);
}

static void smcq_link_quiet(struct tipc_dev *dev)
{
	if (dev->link)
		ree_vm_set_irq(dev->vm, NULL);
}

static void smcq_link_close(struct tipc_dev *dev)
{
	struct smcq_link *link = dev->link;
	unsigned int i;

	if (!link)
		return;
	if (link->attached)
		call(link, SMCQ_SMC_DETACH, 0, 0);
	ree_vm_ds_destroy(dev->vm, link->ds);
	for (i = 0; i < TIPC_QUEUE_LEN; i++)
		free(link->tx[i].base);
	free(link->in);
	pthread_mutex_destroy(&link->rx_lock);
	free(link);
	dev->link = NULL;
}

static void set_base(struct tipc_txbuf_entry *tx, uint8_t *base, size_t size)
{
	tx->base = base;
	tx->pub.data = base + TIPC_HDR_SIZE;
	tx->pub.size = size - TIPC_HDR_SIZE;
}

static int smcq_link_grow(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, size_t len)
{
	uint8_t *base;

	(void)dev;
	base = realloc(tx->base, TIPC_HDR_SIZE + len);
	if (!base)
		return -ENOMEM;
	set_base(tx, base, TIPC_HDR_SIZE + len);
	return 0;
}

/*
 * There is no room: the secure world takes what is there, and there is some. Return: 0; -EIO: it broke its
 * word.
 */
static int make_room(struct smcq_link *link)
{
	smcq_write_flush(&link->writer);
	if (notify(link))
		return -EIO;
	if (smcq_write_stall(&link->writer))
		return 0;
	link_break(link);
	return -EIO;
}

static int write_all(struct smcq_link *link, const uint8_t *msg, uint32_t len)
{
	uint32_t done = 0;
	int ret;

	while ((ret = smcq_write_begin(&link->writer, len)) == -EAGAIN)
		if (make_room(link))
			return -EIO;
	while (!ret && done < len) {
		int64_t n = smcq_write(&link->writer, msg + done, len - done);

		if (n < 0)
			ret = -EIO;
		else if (!n)
			ret = make_room(link);
		else
			done += (uint32_t)n;
	}
	return ret;
}

static int smcq_link_send(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, size_t len, bool *kick)
{
	struct smcq_link *link = dev->link;

	if (is_broken(link))
		return -EIO;
	if (write_all(link, tx->base, (uint32_t)len)) {
		link_break(link);
		return -EIO;
	}
	*kick |= smcq_write_flush(&link->writer);
	if (tx->pub.size > SMALL_MSG) {
		uint8_t *base = realloc(tx->base, SMALL_MSG);

		if (base)
			set_base(tx, base, SMALL_MSG);
	}
	list_add_tail(&link->read, &tx->link);
	return 0;
}

/* What is written is copied: the buffer is free at once. */
static struct tipc_txbuf_entry *smcq_link_reclaim(struct tipc_dev *dev)
{
	struct smcq_link *link = dev->link;
	struct list *node = list_pop(&link->read);

	return node ? list_entry(node, struct tipc_txbuf_entry, link) : NULL;
}

static bool smcq_link_arm(struct tipc_dev *dev, bool wait)
{
	const struct smcq_link *link = dev->link;

	return wait && !list_empty(&link->read);
}

static bool smcq_link_broken(const struct tipc_dev *dev)
{
	return is_broken(dev->link);
}

static void smcq_link_kick(struct tipc_dev *dev)
{
	struct smcq_link *link = dev->link;

	if (!is_broken(link))
		notify(link);
}

const struct tipc_link_ops tipc_smcq_link = {
	.open = smcq_link_open,
	.quiet = smcq_link_quiet,
	.close = smcq_link_close,
	.grow = smcq_link_grow,
	.send = smcq_link_send,
	.reclaim = smcq_link_reclaim,
	.arm = smcq_link_arm,
	.broken = smcq_link_broken,
	.kick = smcq_link_kick,
};
