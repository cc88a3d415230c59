/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/ree/fake_vm.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "wire/l4virtio.h"
#include "wire/lk_err.h"
#include "wire/virtio_mmio.h"

struct ree_vm *fake_vm_new(void)
{
	struct ree_vm *vm = calloc(1, sizeof(*vm));
	pthread_mutexattr_t attr;
	unsigned int i;

	vm->ram.base = aligned_alloc(4096, FAKE_RAM_SIZE);
	vm->ram.gpa = FAKE_RAM_GPA;
	vm->ram.size = FAKE_RAM_SIZE;
	memset(vm->ram.base, 0xa5, FAKE_RAM_SIZE);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&vm->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_mutex_init(&vm->handle_lock, NULL);
	vm->magic = VIRTIO_MMIO_MAGIC_VALUE;
	vm->version = VIRTIO_MMIO_VERSION_VALUE;
	vm->device_id = VIRTIO_ID_TRUSTY_IPC;
	vm->offered = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_EVENT_IDX | 1ull << 5;
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		vm->q[i].num_max = TIPC_QUEUE_LEN;
	vm->config.msg_buf_max_size = TIPC_DEFAULT_MSG_BUF_SIZE;
	vm->config.msg_buf_alignment = 4096;
	strcpy(vm->config.dev_name, "dev0");
	vm->next_addr = TIPC_TEE_ADDR_BASE;
	vm->max_msg_size = 4064;
	return vm;
}

void fake_vm_free(struct ree_vm *vm)
{
	free(vm->ram.base);
	pthread_mutex_destroy(&vm->lock);
	pthread_mutex_destroy(&vm->handle_lock);
	free(vm);
}

uint32_t ree_vm_id(const struct ree_vm *vm)
{
	(void)vm;
	return 1;
}

const struct ree_vm_mem *ree_vm_ram(const struct ree_vm *vm)
{
	return &vm->ram;
}

bool ree_vm_dead(const struct ree_vm *vm)
{
	return vm->dead;
}

static void *fake_ptr(struct ree_vm *vm, uint64_t gpa, uint64_t len)
{
	if (gpa < vm->ram.gpa || gpa - vm->ram.gpa > vm->ram.size ||
	    len > vm->ram.size - (gpa - vm->ram.gpa))
		abort();
	return vm->ram.base + (gpa - vm->ram.gpa);
}

static uint32_t reg_get(struct ree_vm *vm, uint32_t reg)
{
	switch (reg) {
	case VIRTIO_MMIO_MAGIC:
		return vm->magic;
	case VIRTIO_MMIO_VERSION:
		return vm->version;
	case VIRTIO_MMIO_DEVICE_ID:
		return vm->device_id;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return (uint32_t)(vm->offered >> (vm->dev_sel ? 32 : 0));
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return vm->queue_sel < TIPC_NUM_QUEUES ? vm->q[vm->queue_sel].num_max : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return vm->queue_sel < TIPC_NUM_QUEUES ? vm->q[vm->queue_sel].ready : 0;
	case VIRTIO_MMIO_STATUS:
		return vm->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return vm->restless_config ? vm->generation++ : vm->generation;
	default:
		return 0;
	}
}

static void set_half(uint64_t *v, bool high, uint32_t half)
{
	unsigned int shift = high ? 32 : 0;

	*v = (*v & ~(0xffffffffull << shift)) | (uint64_t)half << shift;
}

static void device_start(struct ree_vm *vm)
{
	unsigned int i;

	for (i = 0; i < TIPC_NUM_QUEUES; i++) {
		struct fake_queue *q = &vm->q[i];
		uint16_t num = (uint16_t)q->num;

		q->live = q->ready &&
			  !vq_device_init(&q->dev, num, fake_ptr(vm, q->desc, VIRTQ_DESC_SIZE(num)),
					  fake_ptr(vm, q->avail, VIRTQ_AVAIL_SIZE(num)),
					  fake_ptr(vm, q->used, VIRTQ_USED_SIZE(num)),
					  vm->accepted >> VIRTIO_F_EVENT_IDX & 1);
		if (q->live)
			vq_device_enable_kick(&q->dev);
	}
	if (!vm->silent_online)
		fake_send_ctrl(vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0);
}

static void status_set(struct ree_vm *vm, uint32_t value)
{
	unsigned int i;

	if (vm->stuck_status && !value)
		return;
	if (vm->refuse_features)
		value &= ~VIRTIO_STATUS_FEATURES_OK;
	if (!value) {
		for (i = 0; i < TIPC_NUM_QUEUES; i++) {
			vm->q[i].ready = 0;
			vm->q[i].live = false;
		}
		vm->num_held = 0;
	}
	if (value & ~vm->status & VIRTIO_STATUS_DRIVER_OK)
		device_start(vm);
	vm->status = value;
}

static void reg_set(struct ree_vm *vm, uint32_t reg, uint32_t value)
{
	struct fake_queue *q = &vm->q[vm->queue_sel % TIPC_NUM_QUEUES];

	switch (reg) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		vm->dev_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		vm->drv_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		set_half(&vm->accepted, vm->drv_sel, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		vm->queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NUM:
		q->num = value;
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		q->ready = value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_half(&q->desc, reg == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
	case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
		set_half(&q->avail, reg == VIRTIO_MMIO_QUEUE_DRIVER_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
	case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
		set_half(&q->used, reg == VIRTIO_MMIO_QUEUE_DEVICE_HIGH, value);
		break;
	case VIRTIO_MMIO_STATUS:
		status_set(vm, value);
		break;
	default:
		abort();
	}
}

static bool access_fails(struct ree_vm *vm)
{
	return vm->dead || ++vm->accesses == vm->fail_at;
}

int ree_vm_mmio_read(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t *value)
{
	int ret = 0;

	pthread_mutex_lock(&vm->lock);
	if (access_fails(vm)) {
		ret = -EIO;
	} else if (offset >= VIRTIO_MMIO_CONFIG) {
		*value = 0;
		memcpy(value, (uint8_t *)&vm->config + (offset - VIRTIO_MMIO_CONFIG), size);
	} else {
		*value = reg_get(vm, offset);
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

int ree_vm_mmio_write(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t value)
{
	int ret = size == 4 ? 0 : -EINVAL;

	pthread_mutex_lock(&vm->lock);
	if (!ret && access_fails(vm))
		ret = -EIO;
	if (!ret && vm->num_log < FAKE_MAX_LOG) {
		vm->log[vm->num_log].reg = offset;
		vm->log[vm->num_log++].value = value;
	}
	if (!ret)
		reg_set(vm, offset, value);
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

void ree_vm_kick(struct ree_vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	vm->num_kicks++;
	pthread_mutex_unlock(&vm->lock);
}

void ree_vm_set_irq(struct ree_vm *vm, const struct ree_vm_irq *irq)
{
	pthread_mutex_lock(&vm->handle_lock);
	vm->irq_set = irq != NULL;
	if (irq)
		vm->irq = *irq;
	pthread_mutex_unlock(&vm->handle_lock);
}

void ree_vm_wake(struct ree_vm *vm)
{
	(void)vm;
}

static bool irq_once(struct ree_vm *vm)
{
	bool more = false;

	pthread_mutex_lock(&vm->handle_lock);
	if (vm->irq_set && !vm->dead) {
		/* As a leader that goes to sleep and is woken. */
		more = vm->irq.enable(vm->irq.data);
		vm->irq.disable(vm->irq.data);
		if (more && !vm->irq.more(vm->irq.data))
			abort();
		vm->irq.handle(vm->irq.data);
	}
	pthread_mutex_unlock(&vm->handle_lock);
	return more;
}

void fake_irq(struct ree_vm *vm)
{
	while (irq_once(vm))
		;
}

void ree_vm_poll_irq(struct ree_vm *vm)
{
	irq_once(vm);
}

/* Nothing that a test waits for comes from outside: when nothing moves, nothing will. */
int ree_vm_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	bool moved;

	(void)timeout_ms;
	for (;;) {
		moved = fake_device_run(vm);
		moved |= irq_once(vm);
		if (cond(arg))
			return 0;
		if (vm->dead)
			return -EIO;
		if (!moved && !vm->threaded)
			return -ETIMEDOUT;
		sched_yield();
	}
}

void fake_die(struct ree_vm *vm)
{
	vm->dead = true;
	pthread_mutex_lock(&vm->handle_lock);
	if (vm->irq_set)
		vm->irq.config(vm->irq.data, true);
	pthread_mutex_unlock(&vm->handle_lock);
}

bool fake_send(struct ree_vm *vm, const struct tipc_msg_hdr *hdr, const void *data, size_t len,
	       uint32_t used_len)
{
	struct fake_queue *q = &vm->q[TIPC_VQ_TX];
	struct vq_buf buf;
	uint8_t *p;

	pthread_mutex_lock(&vm->lock);
	if (!q->live || vq_device_get(&q->dev, &buf) != 1) {
		pthread_mutex_unlock(&vm->lock);
		return false;
	}
	if (!(buf.flags & VIRTQ_DESC_F_WRITE) || buf.len < sizeof(*hdr) + len)
		abort();
	p = fake_ptr(vm, buf.gpa, buf.len);
	memcpy(p, hdr, sizeof(*hdr));
	if (len)
		memcpy(p + sizeof(*hdr), data, len);
	vq_device_put(&q->dev, buf.head, used_len ? used_len : (uint32_t)(sizeof(*hdr) + len));
	vq_device_needs_irq(&q->dev);
	pthread_mutex_unlock(&vm->lock);
	return true;
}

bool fake_send_ctrl(struct ree_vm *vm, uint32_t src, uint32_t type, const void *body,
		    size_t body_len)
{
	struct tipc_msg_hdr hdr = {
		.src = src,
		.dst = TIPC_CTRL_ADDR,
		.len = (uint16_t)(sizeof(struct tipc_ctrl_msg) + body_len),
	};
	struct tipc_ctrl_msg ctrl = { .type = type, .body_len = (uint32_t)body_len };
	uint8_t msg[512];

	memcpy(msg, &ctrl, sizeof(ctrl));
	if (body_len)
		memcpy(msg + sizeof(ctrl), body, body_len);
	return fake_send(vm, &hdr, msg, sizeof(ctrl) + body_len, 0);
}

static void device_connect(struct ree_vm *vm, uint32_t src, const char *name)
{
	struct tipc_conn_rsp_body rsp = {
		.target = src,
		.max_msg_size = vm->max_msg_size,
		.max_msg_cnt = 8,
	};

	vm->num_conn++;
	if (!strcmp(name, "silent"))
		return;
	if (!strcmp(name, "deny"))
		rsp.status = (uint32_t)ERR_ACCESS_DENIED;
	else if (!strcmp(name, "none"))
		rsp.status = (uint32_t)ERR_NOT_FOUND;
	else
		rsp.remote = vm->next_addr++;
	fake_send_ctrl(vm, TIPC_CTRL_ADDR, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp));
}

static void device_message(struct ree_vm *vm, const struct tipc_msg_hdr *hdr, const uint8_t *data)
{
	struct tipc_ctrl_msg ctrl;

	if (hdr->dst != TIPC_CTRL_ADDR) {
		struct tipc_msg_hdr back = { .src = hdr->dst, .dst = hdr->src, .len = hdr->len };

		vm->num_data++;
		if (!vm->mute)
			fake_send(vm, &back, data, hdr->len, 0);
		return;
	}
	memcpy(&ctrl, data, sizeof(ctrl));
	if (ctrl.body_len + sizeof(ctrl) != hdr->len)
		abort();
	if (ctrl.type == TIPC_CTRL_CONN_REQ && ctrl.body_len == sizeof(struct tipc_conn_req_body)) {
		device_connect(vm, hdr->src, (const char *)data + sizeof(ctrl));
	} else if (ctrl.type == TIPC_CTRL_DISC_REQ && ctrl.body_len == sizeof(vm->last_disc)) {
		vm->num_disc++;
		memcpy(&vm->last_disc, data + sizeof(ctrl), sizeof(vm->last_disc));
	} else {
		abort();
	}
}

static bool device_take(struct ree_vm *vm)
{
	struct fake_queue *q = &vm->q[TIPC_VQ_RX];
	struct vq_buf buf;
	uint8_t *p;
	int ret = q->live ? vq_device_get(&q->dev, &buf) : 0;

	if (ret < 0)
		abort();
	if (!ret)
		return false;
	if (buf.flags || buf.len < sizeof(vm->last_hdr) || buf.len > sizeof(vm->last_data) + 16)
		abort();
	p = fake_ptr(vm, buf.gpa, buf.len);
	memcpy(&vm->last_hdr, p, sizeof(vm->last_hdr));
	if (vm->last_hdr.len + sizeof(vm->last_hdr) != buf.len)
		abort();
	memcpy(vm->last_data, p + sizeof(vm->last_hdr), vm->last_hdr.len);
	if (vm->hold_tx && vm->num_held < FAKE_HELD) {
		vm->held[vm->num_held++] = buf;
	} else {
		vq_device_put(&q->dev, buf.head, 0);
		vq_device_needs_irq(&q->dev);
	}
	device_message(vm, &vm->last_hdr, vm->last_data);
	return true;
}

bool fake_device_run(struct ree_vm *vm)
{
	bool moved = false;

	pthread_mutex_lock(&vm->lock);
	while (device_take(vm))
		moved = true;
	pthread_mutex_unlock(&vm->lock);
	return moved;
}

void fake_device_release(struct ree_vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	while (vm->num_held)
		vq_device_put(&vm->q[TIPC_VQ_RX].dev, vm->held[--vm->num_held].head, 0);
	vq_device_needs_irq(&vm->q[TIPC_VQ_RX].dev);
	pthread_mutex_unlock(&vm->lock);
}

int node_register(struct ree_vm *vm, const char *name, const struct node_ops *ops, void *node_data,
		  struct node **nodep)
{
	if (vm->node_present)
		return -EEXIST;
	vm->node = (struct node){ .name = name, .ops = ops, .data = node_data };
	vm->node_present = true;
	*nodep = &vm->node;
	return 0;
}

void node_unregister(struct node *node)
{
	if (node)
		((struct ree_vm *)(void *)((char *)node - offsetof(struct ree_vm, node)))
			->node_present = false;
}
