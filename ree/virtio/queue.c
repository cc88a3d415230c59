/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/virtio/virtio_internal.h"

#include "lib/log.h"
#include "lib/trace.h"
#include "ree/vm/vm.h"

void *virtqueue_data(struct virtqueue *vq)
{
	return vq->data;
}

uint16_t virtqueue_size(const struct virtqueue *vq)
{
	return vq->drv.num;
}

int virtqueue_add_outbuf(struct virtqueue *vq, uint64_t gpa, uint32_t len, void *token)
{
	return vq_driver_add(&vq->drv, gpa, len, false, token);
}

int virtqueue_add_inbuf(struct virtqueue *vq, uint64_t gpa, uint32_t len, void *token)
{
	return vq_driver_add(&vq->drv, gpa, len, true, token);
}

void *virtqueue_get_buf(struct virtqueue *vq, uint32_t *len)
{
	bool broken = vq->drv.broken;
	void *token = NULL;
	int ret = vq_driver_get(&vq->drv, &token, len);

	if (ret < 0 && !broken) {
		log_warn("vm %u: the device broke queue %u", ree_vm_id(vq->vdev->vm), vq->index);
		tl_store_release(&vq->vdev->broken, true);
	}
	return ret == 1 ? token : NULL;
}

bool virtqueue_broken(const struct virtqueue *vq)
{
	return tl_load_relaxed(&vq->drv.broken);
}

bool virtqueue_kick_prepare(struct virtqueue *vq)
{
	bool wanted = vq_driver_needs_kick(&vq->drv);

	/* A device that is looking anyway gets the buffer without a kick: show that hop too. */
	tl_trace(TRACE_VIRTIO, TRACE_DOWN, wanted ? "kick" : "buffer", vq->index);
	return wanted;
}

void virtqueue_kick(struct virtqueue *vq)
{
	/* Empty buffers go back with each message that came: no hop of a call, unless it rings. */
	if (!vq_driver_needs_kick(&vq->drv))
		return;
	tl_trace(TRACE_VIRTIO, TRACE_DOWN, "kick", vq->index);
	ree_vm_kick(vq->vdev->vm);
}

void virtqueue_disable_cb(struct virtqueue *vq)
{
	tl_store_relaxed(&vq->cb_mode, VIRTQUEUE_CB_OFF);
	vq_driver_disable_irq(&vq->drv);
}

bool virtqueue_enable_cb(struct virtqueue *vq)
{
	tl_store_relaxed(&vq->cb_mode, VIRTQUEUE_CB_ARMED);
	return vq_driver_enable_irq(&vq->drv);
}

static bool queue_wants_cb(const struct virtqueue *vq)
{
	return tl_load_relaxed(&vq->cb_mode) != VIRTQUEUE_CB_OFF && vq_driver_more(&vq->drv);
}

static bool break_untold(const struct virtio_device *vdev)
{
	return tl_load_relaxed(&vdev->broken) && !tl_load_relaxed(&vdev->broken_told);
}

static bool irq_more(void *data)
{
	const struct virtio_device *vdev = data;
	unsigned int i;

	if (break_untold(vdev))
		return true;
	for (i = 0; i < vdev->num_vqs; i++)
		if (queue_wants_cb(vdev->vqs[i]))
			return true;
	return false;
}

static bool irq_enable(void *data)
{
	struct virtio_device *vdev = data;
	bool more;
	unsigned int i;

	pthread_mutex_lock(&vdev->irq_lock);
	more = break_untold(vdev);
	for (i = 0; i < vdev->num_vqs; i++) {
		struct virtqueue *vq = vdev->vqs[i];

		if (tl_load_relaxed(&vq->cb_mode) == VIRTQUEUE_CB_AUTO)
			more |= vq_driver_enable_irq(&vq->drv);
		else
			more |= queue_wants_cb(vq);
	}
	pthread_mutex_unlock(&vdev->irq_lock);
	return more;
}

static void irq_disable(void *data)
{
	struct virtio_device *vdev = data;
	unsigned int i;

	pthread_mutex_lock(&vdev->irq_lock);
	for (i = 0; i < vdev->num_vqs; i++)
		if (tl_load_relaxed(&vdev->vqs[i]->cb_mode) == VIRTQUEUE_CB_AUTO)
			vq_driver_disable_irq(&vdev->vqs[i]->drv);
	pthread_mutex_unlock(&vdev->irq_lock);
}

static void irq_handle(void *data)
{
	struct virtio_device *vdev = data;
	unsigned int i;

	pthread_mutex_lock(&vdev->irq_lock);
	for (i = 0; i < vdev->num_vqs; i++) {
		if (!queue_wants_cb(vdev->vqs[i]))
			continue;
		tl_trace(TRACE_VIRTIO, TRACE_UP, "interrupt", i);
		vdev->vqs[i]->callback(vdev->vqs[i]);
	}
	if (break_untold(vdev)) {
		tl_store_relaxed(&vdev->broken_told, true);
		if (vdev->config_cb)
			vdev->config_cb(vdev->config_data, true);
	}
	pthread_mutex_unlock(&vdev->irq_lock);
}

static void irq_config(void *data, bool gone)
{
	struct virtio_device *vdev = data;
	uint32_t status = 0;

	if (!gone)
		gone = virtio_status_read(vdev, &status) ||
		       (status & (VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED));
	pthread_mutex_lock(&vdev->irq_lock);
	if (vdev->config_cb)
		vdev->config_cb(vdev->config_data, gone);
	pthread_mutex_unlock(&vdev->irq_lock);
}

void virtio_irq_install(struct virtio_device *vdev)
{
	const struct ree_vm_irq irq = {
		.more = irq_more,
		.enable = irq_enable,
		.disable = irq_disable,
		.handle = irq_handle,
		.config = irq_config,
		.data = vdev,
	};

	ree_vm_set_irq(vdev->vm, &irq);
}
