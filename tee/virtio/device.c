/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/virtio/device_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trace.h"
#include "tee/vm.h"
#include "tee/world_internal.h"
#include "wire/virtio_mmio.h"

/* The bytes mean nothing, but a full socket would ring no more. */
static void drain_kicks(const struct tee_virtio_dev *dev)
{
	char bytes[256];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	while (recvmsg(dev->kick_fd, &mh, MSG_DONTWAIT) == (ssize_t)sizeof(bytes))
		;
}

void tee_virtio_note_kick(const struct tee_virtio_dev *dev)
{
	tl_trace(TRACE_DEVICE, TRACE_DOWN, "kick", dev->vm->id);
	world_counters(dev->vm->world)->kicks++;
}

/* Rung by the hypervisor. */
static void on_kick(void *data)
{
	struct tee_virtio_dev *dev = data;

	drain_kicks(dev);
	tee_virtio_note_kick(dev);
	world_serve_vm(dev->vm->world, dev->vm);
}

static int watch_kick(struct tee_virtio_dev *dev)
{
	struct tee_world *w = dev->vm->world;

	if (!dev->kick_is_socket)
		return world_watch_bell(w, dev);
	dev->watch_id = world_watch(w, dev->kick_fd, on_kick, dev);
	return dev->watch_id < 0 ? dev->watch_id : 0;
}

static void unwatch_kick(struct tee_virtio_dev *dev)
{
	struct tee_world *w = dev->vm->world;

	if (dev->kick_is_socket)
		world_unwatch(w, dev->watch_id);
	else
		world_unwatch_bell(w, dev);
}

int tee_virtio_create(struct tee_vm *vm, int config_fd, int kick_fd, int irq_fd,
		      const struct tee_virtio_ops *ops, void *data, struct tee_virtio_dev **devp)
{
	struct tee_virtio_dev *dev;
	bool kick_is_socket;
	struct stat st;
	void *p;
	int ret;

	if (fstat(config_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)L4VIRTIO_PAGE_SIZE)
		return -EINVAL;
	if (fstat(kick_fd, &st))
		return -errno;
	kick_is_socket = S_ISSOCK(st.st_mode);
	if (fstat(irq_fd, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EINVAL;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	p = mmap(NULL, L4VIRTIO_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, config_fd, 0);
	if (p == MAP_FAILED) {
		ret = -errno;
		goto err_free;
	}
	dev->vm = vm;
	dev->shm_page = p;
	dev->config_fd = config_fd;
	dev->kick_fd = kick_fd;
	dev->kick_is_socket = kick_is_socket;
	dev->irq_fd = irq_fd;
	dev->ops = ops;
	dev->data = data;
	dev->state = DEV_RESET;
	list_init(&dev->dirty);
	list_init(&dev->rung);
	ret = watch_kick(dev);
	if (ret)
		goto err_unmap;
	dev_config_fill(dev);
	*devp = dev;
	return 0;

err_unmap:
	munmap(p, L4VIRTIO_PAGE_SIZE);
err_free:
	free(dev);
	return ret;
}

void tee_virtio_destroy(struct tee_virtio_dev *dev)
{
	unsigned int i;

	if (!dev)
		return;
	unwatch_kick(dev);
	world_forget_vm(dev->vm->world, dev->vm);
	list_del(&dev->dirty);
	list_del(&dev->rung);
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		dev_queue_release(dev, i);
	munmap(dev->shm_page, L4VIRTIO_PAGE_SIZE);
	close(dev->config_fd);
	close(dev->kick_fd);
	close(dev->irq_fd);
	free(dev);
}

bool tee_virtio_live(const struct tee_virtio_dev *dev)
{
	return dev->state == DEV_LIVE;
}

void tee_virtio_break(struct tee_virtio_dev *dev)
{
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);

	if (dev->state == DEV_BROKEN)
		return;
	dev->state = DEV_BROKEN;
	__atomic_fetch_or(&shm_cfg->irq_status, VIRTIO_MMIO_INT_CONFIG, __ATOMIC_RELAXED);
	tl_store_relaxed(&shm_cfg->generation, shm_cfg->generation + 1);
	dev_store_status(dev, dev->status | VIRTIO_STATUS_NEEDS_RESET);
	/* The user may be in the middle of a loop over the queue: it is told when that has ended. */
	world_dev_dirty(dev->vm->world, &dev->dirty);
	hvlink_dev_status(dev->vm);
}

static int broke_rule(struct tee_virtio_dev *dev, const char *why)
{
	vm_drop(dev->vm, why);
	return -EPROTO;
}

int tee_virtio_rx(struct tee_virtio_dev *dev, void *dst, size_t size)
{
	struct vq_buf buf;
	const void *shm_src;
	int ret;

	if (dev->state != DEV_LIVE)
		return 0;
	ret = vq_device_get(&dev->q[TIPC_VQ_RX].vq, &buf);
	if (!ret)
		return 0;
	if (ret < 0)
		return broke_rule(dev, "bad index or descriptor in the driver's tx queue");
	dev->taken++;
	dev->stalled = false;
	world_heat_vm(dev->vm->world, dev->vm);
	if (buf.flags & VIRTQ_DESC_F_WRITE)
		return broke_rule(dev, "a buffer for writing in the driver's tx queue");
	if (!buf.len || buf.len > size)
		return broke_rule(dev, "message of a wrong length");
	shm_src = vm_ptr(dev->vm, buf.gpa, buf.len);
	if (!shm_src)
		return broke_rule(dev, "message outside the VM's memory");
	memcpy(dst, shm_src, buf.len);
	vq_device_put(&dev->q[TIPC_VQ_RX].vq, buf.head, 0);
	world_dev_dirty(dev->vm->world, &dev->dirty);
	tl_trace(TRACE_DEVICE, TRACE_DOWN, "rx", buf.len);
	return (int)buf.len;
}

int tee_virtio_tx(struct tee_virtio_dev *dev, const void *hdr, size_t hdr_len, const void *data,
		  size_t len)
{
	size_t total = hdr_len + len;
	struct vq_buf buf;
	uint8_t *shm_dst;
	int ret;

	if (dev->state != DEV_LIVE)
		return -EPROTO;
	/* The driver's next request follows this answer: it shall find a poller. */
	world_heat_vm(dev->vm->world, dev->vm);
	ret = vq_device_get(&dev->q[TIPC_VQ_TX].vq, &buf);
	if (!ret) {
		dev->tx_starved = true;
		return -EAGAIN;
	}
	if (ret < 0)
		return broke_rule(dev, "bad index or descriptor in the driver's rx queue");
	if (!(buf.flags & VIRTQ_DESC_F_WRITE))
		return broke_rule(dev, "a read-only buffer in the driver's rx queue");
	world_dev_dirty(dev->vm->world, &dev->dirty);
	if (buf.len < total) {
		vq_device_put(&dev->q[TIPC_VQ_TX].vq, buf.head, 0);
		return -EMSGSIZE;
	}
	shm_dst = vm_ptr(dev->vm, buf.gpa, buf.len);
	if (!shm_dst)
		return broke_rule(dev, "rx buffer outside the VM's memory");
	memcpy(shm_dst, hdr, hdr_len);
	if (len)
		memcpy(shm_dst + hdr_len, data, len);
	/* Before the driver can see it: a trace tells things in their order. */
	tl_trace(TRACE_DEVICE, TRACE_UP, "tx", total);
	vq_device_put(&dev->q[TIPC_VQ_TX].vq, buf.head, (uint32_t)total);
	return 0;
}

void tee_virtio_ring_irq(struct tee_virtio_dev *dev)
{
	uint64_t one = 1;
	struct iovec iov = { .iov_base = &one, .iov_len = sizeof(one) };
	const struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (sendmsg(dev->irq_fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		/* EAGAIN: what was sent before wasn't read yet, so the driver will look. */
	}
	world_rang_vm(dev->vm->world, dev->vm);
}

void tee_virtio_flush(struct tee_virtio_dev *dev)
{
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);
	bool due;

	if (dev->state != DEV_LIVE)
		return;
	/* Both are asked: each remembers what it was asked for. */
	due = vq_device_needs_irq(&dev->q[TIPC_VQ_TX].vq);
	due |= vq_device_needs_irq(&dev->q[TIPC_VQ_RX].vq);
	if (!due)
		return;
	if (!(tl_load_relaxed(&shm_cfg->irq_status) & VIRTIO_MMIO_INT_VRING))
		__atomic_fetch_or(&shm_cfg->irq_status, VIRTIO_MMIO_INT_VRING, __ATOMIC_RELAXED);
	world_counters(dev->vm->world)->irqs++;
	tl_trace(TRACE_DEVICE, TRACE_UP, "interrupt", dev->vm->id);
	tee_virtio_ring_irq(dev);
	if (dev->vm->smc)
		dev->vm->smc_ops->interrupt(dev->vm);
}

bool tee_virtio_more(const struct tee_virtio_dev *dev)
{
	if (dev->state != DEV_LIVE)
		return false;
	if (!dev->stalled && vq_device_more(&dev->q[TIPC_VQ_RX].vq))
		return true;
	return dev->tx_starved && vq_device_more(&dev->q[TIPC_VQ_TX].vq);
}

void tee_virtio_ask_kick(struct tee_virtio_dev *dev)
{
	if (dev->state != DEV_LIVE)
		return;
	vq_device_ask_kick(&dev->q[TIPC_VQ_RX].vq);
	if (dev->tx_starved)
		vq_device_ask_kick(&dev->q[TIPC_VQ_TX].vq);
}

void tee_virtio_disable_kick(struct tee_virtio_dev *dev)
{
	if (dev->state != DEV_LIVE)
		return;
	vq_device_disable_kick(&dev->q[TIPC_VQ_RX].vq);
	vq_device_disable_kick(&dev->q[TIPC_VQ_TX].vq);
}

void tee_virtio_ring_self(struct tee_virtio_dev *dev)
{
	world_dev_ring(dev->vm->world, &dev->rung);
}

void tee_virtio_service(struct tee_virtio_dev *dev)
{
	uint64_t before = dev->taken;
	bool had;

	if (dev->state != DEV_LIVE)
		return;
	had = vq_device_more(&dev->q[TIPC_VQ_RX].vq);
	dev->tx_starved = false;
	dev->ops->rx(dev->data);
	if (had && dev->taken == before && dev->state == DEV_LIVE)
		dev->stalled = true;
}

bool tee_virtio_settle(struct tee_virtio_dev *dev)
{
	if (dev->state != DEV_BROKEN || !dev->user_ready)
		return false;
	dev->user_ready = false;
	dev->ops->reset(dev->data);
	return true;
}
