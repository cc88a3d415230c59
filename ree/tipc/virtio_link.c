/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Messages in buffers of link RAM, through the two queues of a virtio device. */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/virtio/virtio.h"
#include "ree/vm/vm.h"
#include "wire/l4virtio.h"

/*
 * Buffers go round: all that are posted are touched in turn, by both sides. More than this only come into
 * play when so many messages are under way.
 */
#define FEW_BUFFERS 4u

struct virtio_rxbuf {
	uint8_t *shm_base;
	uint64_t gpa;
};

struct virtio_link {
	struct virtio_device *vdev;
	struct virtqueue *rxvq, *txvq;
	struct virtio_rxbuf rx[TIPC_QUEUE_LEN];
	unsigned int num_rx; /* the first so many are posted, or being read */
	struct tipc_txbuf_entry tx[TIPC_QUEUE_LEN];
};

/* Buffers are page-aligned when they are a page, cache-line-aligned when they are smaller. */
static bool align_ok(uint32_t align, uint32_t size)
{
	return !(align & (align - 1)) && align <= (size < TIPC_DEFAULT_MSG_BUF_SIZE ? 64u : 4096u);
}

static int read_config(struct tipc_dev *dev)
{
	const struct virtio_link *link = dev->link;
	struct tipc_dev_config config;

	if (virtio_config_read(link->vdev, 0, &config, sizeof(config)))
		return -EIO;
	if (config.msg_buf_max_size < TIPC_MIN_MSG_BUF_SIZE ||
	    config.msg_buf_max_size > TIPC_DEFAULT_MSG_BUF_SIZE ||
	    !align_ok(config.msg_buf_alignment, config.msg_buf_max_size) ||
	    tipc_dev_set_name(dev, config.dev_name)) {
		log_warn("vm %u: tipc: the device's config makes no sense", ree_vm_id(dev->vm));
		return -EIO;
	}
	dev->max_msg = config.msg_buf_max_size;
	return 0;
}

/* Posts more buffers until there are @num. */
static int post_rx(struct tipc_dev *dev, unsigned int num)
{
	struct virtio_link *link = dev->link;

	if (num > virtqueue_size(link->rxvq))
		num = virtqueue_size(link->rxvq);
	for (; link->num_rx < num && link->num_rx < TIPC_QUEUE_LEN; link->num_rx++) {
		struct virtio_rxbuf *rx = &link->rx[link->num_rx];

		rx->shm_base = virtio_alloc_buf(link->vdev, (uint32_t)dev->max_msg, &rx->gpa);
		if (!rx->shm_base)
			return -ENOMEM;
		if (virtqueue_add_inbuf(link->rxvq, rx->gpa, (uint32_t)dev->max_msg, rx))
			return -EIO;
	}
	return 0;
}

static void rxvq_cb(struct virtqueue *vq)
{
	struct tipc_dev *dev = virtqueue_data(vq);
	struct virtio_link *link = dev->link;
	unsigned int n, num = virtqueue_size(vq);

	/*
	 * One queueful at a time: waiters look at their conditions even if the device never stops.
	 */
	for (n = 0; n < num; n++) {
		uint32_t len;
		struct virtio_rxbuf *rx = virtqueue_get_buf(vq, &len);

		if (!rx)
			break;
		tipc_rx_msg(dev, rx->shm_base, len);
		if (virtqueue_add_inbuf(vq, rx->gpa, (uint32_t)dev->max_msg, rx))
			break;
	}
	/* The device had none left. */
	if (n >= link->num_rx)
		post_rx(dev, 2 * link->num_rx);
	virtqueue_kick(vq);
}

static void txvq_cb(struct virtqueue *vq)
{
	tipc_tx_ready(virtqueue_data(vq));
}

static void config_cb(void *data, bool gone)
{
	tipc_dev_config_changed(data, gone);
}

static int fill_tx(struct tipc_dev *dev)
{
	struct virtio_link *link = dev->link;
	unsigned int i, num = virtqueue_size(link->txvq);

	/* Never more buffers than descriptors: adding one can't fail for want of room. */
	for (i = 0; i < TIPC_QUEUE_LEN && i < num; i++) {
		struct tipc_txbuf_entry *tx = &link->tx[i];
		uint8_t *base = virtio_alloc_buf(link->vdev, (uint32_t)dev->max_msg, &tx->gpa);

		if (!base)
			return -ENOMEM;
		tipc_tx_add(dev, tx, base, dev->max_msg, i >= FEW_BUFFERS);
	}
	/* Buffers are taken back when one is needed: no interrupt for each that was read. */
	virtqueue_disable_cb(link->txvq);
	return 0;
}

static int set_up(struct tipc_dev *dev)
{
	/* The device's queues by their number: what it sends comes first. */
	const virtqueue_cb callbacks[TIPC_NUM_QUEUES] = {
		[TIPC_VQ_TX] = rxvq_cb,
		[TIPC_VQ_RX] = txvq_cb,
	};
	struct virtio_link *link = dev->link;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	int ret;

	ret = virtio_negotiate(link->vdev, 0);
	if (!ret)
		ret = read_config(dev);
	if (!ret)
		ret = virtio_find_vqs(link->vdev, TIPC_NUM_QUEUES, vqs, callbacks, dev);
	if (ret)
		return ret;
	link->rxvq = vqs[TIPC_VQ_TX];
	link->txvq = vqs[TIPC_VQ_RX];
	ret = post_rx(dev, FEW_BUFFERS);
	if (!ret)
		ret = fill_tx(dev);
	if (ret)
		return ret;
	virtio_set_config_cb(link->vdev, config_cb, dev);
	ret = virtio_device_ready(link->vdev);
	if (!ret)
		virtqueue_kick(link->rxvq);
	return ret;
}

static int virtio_link_open(struct tipc_dev *dev)
{
	struct virtio_link *link = calloc(1, sizeof(*link));
	int ret;

	if (!link)
		return -ENOMEM;
	dev->link = link;
	ret = virtio_mmio_probe(dev->vm, VIRTIO_ID_TRUSTY_IPC, &link->vdev);
	return ret ? ret : set_up(dev);
}

static void virtio_link_quiet(struct tipc_dev *dev)
{
	const struct virtio_link *link = dev->link;

	if (!link || !link->vdev)
		return;
	virtio_set_config_cb(link->vdev, NULL, NULL);
	ree_vm_set_irq(dev->vm, NULL);
}

static void virtio_link_close(struct tipc_dev *dev)
{
	struct virtio_link *link = dev->link;

	if (!link)
		return;
	virtio_device_destroy(link->vdev);
	free(link);
	dev->link = NULL;
}

static int virtio_link_send(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, size_t len, bool *kick)
{
	struct virtio_link *link = dev->link;

	if (virtqueue_add_outbuf(link->txvq, tx->gpa, (uint32_t)len, tx))
		return -EIO;
	*kick = virtqueue_kick_prepare(link->txvq);
	return 0;
}

static struct tipc_txbuf_entry *virtio_link_reclaim(struct tipc_dev *dev)
{
	struct virtio_link *link = dev->link;
	uint32_t len;

	return virtqueue_get_buf(link->txvq, &len);
}

static bool virtio_link_arm(struct tipc_dev *dev, bool wait)
{
	struct virtio_link *link = dev->link;

	if (wait)
		return virtqueue_enable_cb(link->txvq);
	virtqueue_disable_cb(link->txvq);
	return false;
}

static bool virtio_link_broken(const struct tipc_dev *dev)
{
	const struct virtio_link *link = dev->link;

	return virtqueue_broken(link->txvq);
}

static void virtio_link_kick(struct tipc_dev *dev)
{
	ree_vm_kick(dev->vm);
}

const struct tipc_link_ops tipc_virtio_link = {
	.open = virtio_link_open,
	.quiet = virtio_link_quiet,
	.close = virtio_link_close,
	.send = virtio_link_send,
	.reclaim = virtio_link_reclaim,
	.arm = virtio_link_arm,
	.broken = virtio_link_broken,
	.kick = virtio_link_kick,
};
