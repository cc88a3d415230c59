/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/vm/vm.h"
#include "wire/l4virtio.h"

#define NODE_PREFIX "trusty-ipc-"

struct ree_vm *tipc_dev_vm(struct tipc_dev *dev)
{
	return dev->vm;
}

void tipc_dev_put(struct tipc_dev *dev)
{
	bool last;

	pthread_mutex_lock(&dev->lock);
	last = --dev->refs == 0;
	pthread_mutex_unlock(&dev->lock);
	if (!last)
		return;
	pthread_cond_destroy(&dev->idle);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

static bool dev_name_ok(const char name[TIPC_MAX_DEV_NAME_LEN])
{
	size_t i, len = strnlen(name, TIPC_MAX_DEV_NAME_LEN);

	if (!len || len == TIPC_MAX_DEV_NAME_LEN)
		return false;
	for (i = 0; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Buffers are page-aligned when they are a page, cache-line-aligned when they are smaller. */
static bool dev_align_ok(uint32_t align, uint32_t size)
{
	return !(align & (align - 1)) && align <= (size < TIPC_DEFAULT_MSG_BUF_SIZE ? 64u : 4096u);
}

static int dev_read_config(struct tipc_dev *dev)
{
	struct tipc_dev_config config;

	if (virtio_config_read(dev->vdev, 0, &config, sizeof(config)))
		return -EIO;
	if (config.msg_buf_max_size < TIPC_MIN_MSG_BUF_SIZE ||
	    config.msg_buf_max_size > TIPC_DEFAULT_MSG_BUF_SIZE ||
	    !dev_align_ok(config.msg_buf_alignment, config.msg_buf_max_size) ||
	    !dev_name_ok(config.dev_name)) {
		log_warn("vm %u: tipc: the device's config makes no sense", ree_vm_id(dev->vm));
		return -EIO;
	}
	dev->buf_size = config.msg_buf_max_size;
	snprintf(dev->node_name, sizeof(dev->node_name), NODE_PREFIX "%.*s",
		 (int)TIPC_MAX_DEV_NAME_LEN, config.dev_name);
	return 0;
}

void tipc_dev_go_online(struct tipc_dev *dev)
{
	pthread_mutex_lock(&dev->lock);
	if (dev->state == TIPC_DEV_OFFLINE) {
		dev->state = TIPC_DEV_ONLINE;
		dev->online_pending = true;
	}
	pthread_mutex_unlock(&dev->lock);
}

/* Called with the lock held, which is given up for each channel's event. */
static void dev_stop_chans(struct tipc_dev *dev)
{
	unsigned int i;

	for (i = 0; i < TIPC_MAX_CHANS; i++) {
		struct tipc_chan *chan = dev->slots[i].chan;

		if (dev->slots[i].disc_pending) {
			dev->slots[i].disc_pending = false;
			dev->num_disc_pending--;
		}
		if (!chan || chan->state == TIPC_STALE)
			continue;
		chan->state = TIPC_STALE;
		chan->remote = 0;
		tipc_chan_event(chan, TIPC_CHANNEL_SHUTDOWN, 0);
	}
}

void tipc_dev_stop(struct tipc_dev *dev, enum tipc_dev_state state)
{
	bool tell;

	pthread_mutex_lock(&dev->lock);
	if (dev->state == TIPC_DEV_DEAD || dev->state == state) {
		pthread_mutex_unlock(&dev->lock);
		return;
	}
	dev->state = state;
	dev->online_pending = false;
	dev_stop_chans(dev);
	tell = dev->announced;
	dev->announced = false;
	pthread_mutex_unlock(&dev->lock);
	if (tell)
		dev->ops->offline(dev->ops_data, dev);
	log_info("vm %u: tipc: %s", ree_vm_id(dev->vm),
		 state == TIPC_DEV_DEAD ? "dead" : "offline");
}

/* In the interrupt. The tipc config never changes: a change that isn't the end is none. */
static void dev_config_cb(void *data, bool gone)
{
	if (gone)
		tipc_dev_stop(data, TIPC_DEV_DEAD);
}

/*
 * Calls ops->online for the GO_ONLINE that @dev->online_pending tells of. Return: what it returned.
 */
static int dev_announce(struct tipc_dev *dev)
{
	int ret = 0;
	bool undo;

	if (!dev->node)
		ret = node_register(dev->vm, dev->node_name, &tipc_node_ops, dev, &dev->node);
	if (!ret)
		ret = dev->ops->online(dev->ops_data, dev);
	pthread_mutex_lock(&dev->lock);
	/* It may have gone offline meanwhile; then offline wasn't called. */
	undo = !ret && dev->state != TIPC_DEV_ONLINE;
	dev->announced = !ret && !undo;
	pthread_mutex_unlock(&dev->lock);
	if (undo)
		dev->ops->offline(dev->ops_data, dev);
	return ret;
}

static int dev_settle(struct tipc_dev *dev)
{
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	while (dev->online_pending && !dev->settling && !ret) {
		dev->online_pending = false;
		dev->settling = true;
		pthread_mutex_unlock(&dev->lock);
		ret = dev_announce(dev);
		pthread_mutex_lock(&dev->lock);
		dev->settling = false;
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

void tipc_dev_settle(struct tipc_dev *dev)
{
	int ret = dev_settle(dev);

	if (ret)
		log_info("vm %u: tipc: online again, refused: %s", ree_vm_id(dev->vm),
			 strerror(-ret));
}

static bool dev_online_cond(void *arg)
{
	struct tipc_dev *dev = arg;
	bool done;

	pthread_mutex_lock(&dev->lock);
	done = dev->state != TIPC_DEV_OFFLINE;
	pthread_mutex_unlock(&dev->lock);
	return done;
}

static int dev_wait_online(struct tipc_dev *dev)
{
	int ret = ree_vm_wait(dev->vm, dev_online_cond, dev, TIPC_REPLY_TIMEOUT_MS);

	if (ret)
		return ret;
	ret = dev_settle(dev);
	if (ret)
		return ret;
	pthread_mutex_lock(&dev->lock);
	if (dev->state == TIPC_DEV_DEAD)
		ret = -EIO;
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static int dev_set_up(struct tipc_dev *dev)
{
	/* The device's queues by their number: what it sends comes first. */
	const virtqueue_cb callbacks[TIPC_NUM_QUEUES] = {
		[TIPC_VQ_TX] = tipc_rxvq_cb,
		[TIPC_VQ_RX] = tipc_txvq_cb,
	};
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	int ret;

	ret = virtio_negotiate(dev->vdev, 0);
	if (!ret)
		ret = dev_read_config(dev);
	if (!ret)
		ret = virtio_find_vqs(dev->vdev, TIPC_NUM_QUEUES, vqs, callbacks, dev);
	if (ret)
		return ret;
	dev->rxvq = vqs[TIPC_VQ_TX];
	dev->txvq = vqs[TIPC_VQ_RX];
	ret = tipc_rx_init(dev);
	if (!ret)
		ret = tipc_tx_init(dev);
	if (ret)
		return ret;
	virtio_set_config_cb(dev->vdev, dev_config_cb, dev);
	ret = virtio_device_ready(dev->vdev);
	if (ret)
		return ret;
	virtqueue_kick(dev->rxvq);
	return dev_wait_online(dev);
}

int tipc_dev_probe(struct ree_vm *vm, const struct tipc_dev_ops *ops, void *data,
		   struct tipc_dev **devp)
{
	struct tipc_dev *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return -ENOMEM;
	dev->vm = vm;
	dev->ops = ops;
	dev->ops_data = data;
	dev->state = TIPC_DEV_OFFLINE;
	dev->refs = 1;
	list_init(&dev->tx_free);
	pthread_mutex_init(&dev->lock, NULL);
	pthread_cond_init(&dev->idle, NULL);
	ret = virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &dev->vdev);
	if (!ret)
		ret = dev_set_up(dev);
	if (ret) {
		tipc_dev_remove(dev);
		return ret;
	}
	*devp = dev;
	return 0;
}

void tipc_dev_remove(struct tipc_dev *dev)
{
	if (!dev)
		return;
	node_unregister(dev->node);
	if (dev->vdev) {
		virtio_set_config_cb(dev->vdev, NULL, NULL);
		/* No interrupt from here on: channel events are ours to send. */
		ree_vm_set_irq(dev->vm, NULL);
	}
	tipc_dev_stop(dev, TIPC_DEV_DEAD);
	virtio_device_destroy(dev->vdev);
	dev->vdev = NULL;
	tipc_dev_put(dev);
}
