/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/tee/tee_private.h"

/* Takes the lowest free number in [@first, @first + 16). Return: it, or -ENOMEM. */
static int take_number(struct tee_subsys *subsys, unsigned int first)
{
	int ret = -ENOMEM;
	unsigned int i;

	pthread_mutex_lock(&subsys->lock);
	for (i = first; i < first + TEE_NUM_DEVICES / 2; i++) {
		if (subsys->dev_mask & 1u << i)
			continue;
		subsys->dev_mask |= 1u << i;
		ret = (int)i;
		break;
	}
	pthread_mutex_unlock(&subsys->lock);
	return ret;
}

static void give_number(struct tee_subsys *subsys, unsigned int num)
{
	pthread_mutex_lock(&subsys->lock);
	subsys->dev_mask &= ~(1u << num);
	pthread_mutex_unlock(&subsys->lock);
}

static bool desc_is_complete(const struct tee_desc *desc)
{
	return desc && desc->name && desc->ops && desc->ops->get_version && desc->ops->open &&
	       desc->ops->release;
}

int tee_device_alloc(const struct tee_desc *desc, struct tee_subsys *subsys,
		     struct tee_shm_pool *pool, void *driver_data, struct tee_device **devp)
{
	struct tee_device *dev;
	unsigned int first;
	bool privileged;
	int num;

	if (!desc_is_complete(desc) || !subsys || !pool)
		return -EINVAL;
	privileged = desc->flags & TEE_DESC_PRIVILEGED;
	first = privileged ? TEE_NUM_DEVICES / 2 : 0;

	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	num = take_number(subsys, first);
	if (num < 0) {
		log_error("tee: no number left for a %s device",
			  privileged ? "privileged" : "client");
		free(dev);
		return num;
	}
	dev->subsys = subsys;
	dev->desc = desc;
	dev->pool = pool;
	dev->driver_data = driver_data;
	dev->num = (unsigned int)num;
	dev->state = TEE_DEVICE_ALLOCATED;
	snprintf(dev->name, sizeof(dev->name), "tee%s%u", privileged ? "priv" : "",
		 dev->num - first);
	pthread_mutex_init(&dev->lock, NULL);
	pthread_cond_init(&dev->no_users, NULL);
	*devp = dev;
	return 0;
}

int tee_device_register(struct tee_device *dev)
{
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	if (dev->state != TEE_DEVICE_ALLOCATED)
		ret = -EINVAL;
	else
		dev->state = TEE_DEVICE_REGISTERED;
	pthread_mutex_unlock(&dev->lock);
	if (ret) {
		log_error("tee: attempt to register %s twice", dev->name);
		return ret;
	}

	/* Without the lock: an open may come before this returns. */
	ret = node_register(dev->subsys->vm, dev->name, &tee_node_ops, dev, &dev->node);
	if (ret) {
		pthread_mutex_lock(&dev->lock);
		dev->state = TEE_DEVICE_ALLOCATED;
		pthread_mutex_unlock(&dev->lock);
	}
	return ret;
}

void tee_device_unregister(struct tee_device *dev)
{
	if (!dev)
		return;
	node_unregister(dev->node);

	pthread_mutex_lock(&dev->lock);
	dev->state = TEE_DEVICE_UNREGISTERING;
	while (dev->num_users)
		pthread_cond_wait(&dev->no_users, &dev->lock);
	pthread_mutex_unlock(&dev->lock);

	give_number(dev->subsys, dev->num);
	tee_idr_destroy(&dev->idr);
	pthread_cond_destroy(&dev->no_users);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

int tee_device_get(struct tee_device *dev)
{
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	if (dev->state == TEE_DEVICE_UNREGISTERING)
		ret = -ENODEV;
	else
		dev->num_users++;
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

void tee_device_put(struct tee_device *dev)
{
	pthread_mutex_lock(&dev->lock);
	/* Under the lock to the end: the waiter frees the device. */
	if (!--dev->num_users)
		pthread_cond_broadcast(&dev->no_users);
	pthread_mutex_unlock(&dev->lock);
}

void *tee_get_drvdata(const struct tee_device *dev)
{
	return dev->driver_data;
}

void tee_device_describe(struct tee_device *dev, struct tee_device_info *info)
{
	*info = (struct tee_device_info){ .driver = dev->desc->name };
	snprintf(info->name, sizeof(info->name), "%s", dev->name);
	dev->desc->ops->get_version(dev, &info->vers);
	if (dev->desc->flags & TEE_DESC_PRIVILEGED)
		info->vers.gen_caps |= TEE_GEN_CAP_PRIVILEGED;

	pthread_mutex_lock(&dev->lock);
	info->num_contexts = dev->num_contexts;
	info->num_shm = dev->num_shm;
	info->shm_bytes = dev->shm_bytes;
	pthread_mutex_unlock(&dev->lock);
}
