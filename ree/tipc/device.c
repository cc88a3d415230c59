/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/vm/vm.h"

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

int tipc_dev_set_name(struct tipc_dev *dev, const char name[TIPC_MAX_DEV_NAME_LEN])
{
	if (!dev_name_ok(name))
		return -EIO;
	snprintf(dev->node_name, sizeof(dev->node_name), NODE_PREFIX "%.*s",
		 (int)TIPC_MAX_DEV_NAME_LEN, name);
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

/* The tipc config never changes: a change that isn't the end is none. */
void tipc_dev_config_changed(struct tipc_dev *dev, bool gone)
{
	if (gone)
		tipc_dev_stop(dev, TIPC_DEV_DEAD);
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

int tipc_dev_probe(struct ree_vm *vm, const struct tipc_link_ops *link,
		   const struct tipc_dev_ops *ops, void *data, struct tipc_dev **devp)
{
	struct tipc_dev *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return -ENOMEM;
	dev->vm = vm;
	dev->link_ops = link;
	dev->ops = ops;
	dev->ops_data = data;
	dev->state = TIPC_DEV_OFFLINE;
	dev->refs = 1;
	list_init(&dev->tx_free);
	list_init(&dev->tx_spare);
	pthread_mutex_init(&dev->lock, NULL);
	pthread_cond_init(&dev->idle, NULL);
	ret = link->open(dev);
	if (!ret)
		ret = dev_wait_online(dev);
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
	/* No interrupt from here on: channel events are ours to send. */
	dev->link_ops->quiet(dev);
	tipc_dev_stop(dev, TIPC_DEV_DEAD);
	dev->link_ops->close(dev);
	tipc_dev_put(dev);
}
