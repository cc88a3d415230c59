/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A VM: its memory and doorbells, from attach to the last trace of it in the secure world. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "wire/supp_socket.h"

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Both sides have their own descriptors then, and many VMs would use ours up. */
static void close_shared(struct hv_vm *vm)
{
	int *const fds[] = { &vm->ram_fd, &vm->shm_fd,  &vm->shm_ro_fd,
			     &vm->config_fd, &vm->kick_fd, &vm->irq_fd, &vm->irq_tee_fd };
	unsigned int i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		close_fd(*fds[i]);
		*fds[i] = -1;
	}
	hv_proxied_joined(vm);
}

struct hv_vm *hv_vm_find(struct hv *hv, uint32_t id)
{
	struct list *pos;

	list_for_each(pos, &hv->vms) {
		struct hv_vm *vm = list_entry(pos, struct hv_vm, node);

		if (vm->id == id)
			return vm;
	}
	return NULL;
}

void hv_vm_free(struct hv *hv, struct hv_vm *vm)
{
	if (vm->peer)
		vm->peer->vm = NULL;
	hv_proxy_forget_vm(hv, vm);
	hv_ds_free_all(hv, vm);
	hv_proxied_destroy(hv, vm);
	if (vm->vmm.shm_page)
		munmap(vm->vmm.shm_page, L4VIRTIO_PAGE_SIZE);
	close_shared(vm);
	list_del(&vm->node);
	hv->num_vms--;
	hv->tee_fds -= HV_FDS_PER_VM;
	free(vm);
	hv_idle_update(hv);
}

int hv_doorbell(int *listener, int *ringer)
{
	const int small = 1;
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s))
		return -errno;
	*listener = s[0];
	*ringer = s[1];
	return setsockopt(s[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) ? -errno : 0;
}

uint64_t hv_vm_shm_size(const struct hv_vm *vm)
{
	return vm->supplicant ? SUPP_SHM_SIZE : VMCTL_SHM_SIZE;
}

static int vm_resources(struct hv *hv, struct hv_vm *vm)
{
	void *page;
	int ret;

	vm->ram_fd = hv_memory("teelink-ram", VMCTL_RAM_SIZE, NULL);
	if (vm->ram_fd < 0)
		return vm->ram_fd;
	vm->shm_fd = hv_memory("teelink-shm", hv_vm_shm_size(vm), &vm->shm_ro_fd);
	if (vm->shm_fd < 0)
		return vm->shm_fd;
	vm->config_fd = hv_memory("teelink-config", L4VIRTIO_PAGE_SIZE, NULL);
	if (vm->config_fd < 0)
		return vm->config_fd;
	vm->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->kick_fd < 0)
		return -errno;
	ret = hv_doorbell(&vm->irq_fd, &vm->irq_tee_fd);
	if (ret)
		return ret;
	page = mmap(NULL, L4VIRTIO_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm->config_fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	vmm_init(&vm->vmm, page);
	return hv->cfg.proxied ? hv_proxied_create(hv, vm) : 0;
}

static void answer_attach(struct hv *hv, struct hv_peer *peer, struct hv_vm *vm, uint32_t seq)
{
	struct vmctl_attach_rsp rsp = {
		.hdr = { .type = VMCTL_ATTACH, .seq = seq },
		.vm_id = vm->id,
		.flags = hv->trace_fd >= 0 ? VMCTL_ATTACH_TRACE : 0,
		.ram_gpa = VMCTL_RAM_GPA,
		.ram_size = VMCTL_RAM_SIZE,
		.shm_gpa = VMCTL_SHM_GPA,
		.shm_size = hv_vm_shm_size(vm),
		.vcpu_gpa = VMCTL_VCPU_GPA,
		.num_vcpus = VMCTL_NUM_VCPUS,
	};
	int fds[VMCTL_FD_TRACE + 1];
	int ret;

	fds[VMCTL_FD_RAM] = vm->ram_fd;
	fds[VMCTL_FD_SHM] = vm->shm_fd;
	fds[VMCTL_FD_KICK] = vm->kick_fd;
	fds[VMCTL_FD_IRQ] = vm->irq_fd;
	fds[VMCTL_FD_TRACE] = hv->trace_fd;
	peer->busy = false;
	ret = hv_peer_send(hv, peer, &rsp, sizeof(rsp), fds, hv->trace_fd >= 0 ? 5 : 4);
	if (ret == -EPIPE)
		return; /* the peer is gone, and the VM on its way out */
	close_shared(vm);
	if (!ret)
		return;
	peer->vm = NULL;
	vm->peer = NULL;
	hv_vm_leave(hv, vm);
}

static void wait_for_tee(struct hv *hv, struct hv_peer *peer)
{
	peer->waiting = true;
	peer->wait_until_ns = tl_now_ns() + HV_ATTACH_WAIT_MS * 1000000ull;
	hv_idle_update(hv);
	hv_timer_update(hv);
}

static void joined(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	struct hv_vm *vm = p->vm;

	close_fd(fd);
	if (status) {
		if (hv->state != HV_STOPPING)
			log_warn_limited(&hv->refused, "vm %u: the secure world refuses it: %d", vm->id,
					 status);
		hv_vm_free(hv, vm);
		if (p->peer && hv->state == HV_STARTING)
			wait_for_tee(hv, p->peer); /* it ended: the next one is asked */
		else if (p->peer)
			hv_peer_answer(hv, p->peer, VMCTL_ATTACH, p->seq, status);
		return;
	}
	vm->joined = true;
	if (vm->state == HV_VM_LEAVING) {
		close_shared(vm);
		hv_vm_leave(hv, vm);
		return;
	}
	vm->state = HV_VM_LIVE;
	answer_attach(hv, p->peer, vm, p->seq);
}

/* One at a time, and only in place of the machine's own. */
static int check_supplicant(const struct hv *hv)
{
	struct list *pos;

	if (!hv->cfg.user_supplicant)
		return -EBUSY;
	list_for_each(pos, &hv->vms) {
		const struct hv_vm *vm = list_entry(pos, struct hv_vm, node);

		if (vm->supplicant && vm->peer)
			return -EBUSY;
	}
	return 0;
}

/* The supplicant's VM is the machine's own. Those that are leaving are nobody's any more. */
static int check_limits(struct hv *hv, const struct hv_peer *peer)
{
	uint64_t vms = 0, own = 0;
	const char *name = NULL;
	struct list *pos;

	list_for_each(pos, &hv->vms) {
		const struct hv_vm *vm = list_entry(pos, struct hv_vm, node);

		if (vm->supplicant || !vm->peer)
			continue;
		vms++;
		own += vm->creds.uid == peer->creds.uid;
	}
	if (peer->attach.flags & VMCTL_ATTACH_SUPPLICANT)
		return check_supplicant(hv);
	if (peer->supplicant)
		return 0;
	if (vms >= hv->limits.vms)
		name = "vms";
	else if (own >= hv->limits.vms_per_uid)
		name = "vms_per_uid";
	else if (hv->tee_fds + HV_FDS_PER_VM > hv->max_tee_fds)
		name = "descriptors";
	if (!name)
		return 0;
	log_warn_limited(&hv->refused, "pid %u, uid %u: no VM for it: the limit %s is reached",
			 peer->creds.pid, peer->creds.uid, name);
	return -ENOSPC;
}

void hv_vm_attach(struct hv *hv, struct hv_peer *peer, const struct vmctl_attach_req *req)
{
	struct hv_pending *p;
	struct hv_vm *vm;
	int ret;

	hv_peer_set_busy(hv, peer, true);
	peer->attach = *req;
	if (hv->state == HV_STARTING) {
		wait_for_tee(hv, peer);
		return;
	}
	ret = check_limits(hv, peer);
	vm = ret ? NULL : calloc(1, sizeof(*vm));
	if (!vm) {
		hv_peer_answer(hv, peer, VMCTL_ATTACH, req->hdr.seq, ret ? ret : -ENOMEM);
		return;
	}
	vm->id = ++hv->next_vm_id;
	vm->supplicant = peer->supplicant || req->flags & VMCTL_ATTACH_SUPPLICANT;
	vm->creds = peer->creds;
	vm->peer = peer;
	vm->ram_fd = vm->shm_fd = vm->shm_ro_fd = vm->config_fd = vm->kick_fd = -1;
	vm->irq_fd = vm->irq_tee_fd = -1;
	list_init(&vm->ds);
	list_add_tail(&hv->vms, &vm->node);
	hv->num_vms++;
	hv->tee_fds += HV_FDS_PER_VM;
	peer->vm = vm;
	hv_idle_update(hv);
	ret = vm_resources(hv, vm);
	p = ret ? NULL : hv_pending_new(hv, peer, vm, VMCTL_ATTACH, req->hdr.seq, joined);
	if (!p) {
		hv_vm_free(hv, vm);
		hv_peer_answer(hv, peer, VMCTL_ATTACH, req->hdr.seq, ret ? ret : -ENOMEM);
		return;
	}
	hv_proxy_join(hv, vm, p);
}

static void left(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	close_fd(fd);
	if (status && status != -EIO)
		log_warn("vm %u: the secure world doesn't let go: %d", p->vm->id, status);
	hv_vm_free(hv, p->vm);
}

void hv_vm_leave(struct hv *hv, struct hv_vm *vm)
{
	struct teectl_simple msg = { .hdr.vm_id = vm->id };
	struct hv_pending *p;

	vm->state = HV_VM_LEAVING;
	if (!vm->joined)
		return; /* the answer to VM_ADD is on its way */
	p = hv_pending_new(hv, NULL, vm, 0, 0, left);
	if (!p) {
		/* Rather no secure world than one that is left with a dead VM. */
		hv_proxy_give_up(hv, "no memory to take a VM away");
		return;
	}
	vm->joined = false; /* once */
	hv_proxy_send(hv, p, TEECTL_VM_DEL, &msg.hdr, sizeof(msg), NULL, 0);
}

/* Printable, and ended within its room. */
static bool name_ok(const char name[VMCTL_DEVICE_NAME])
{
	size_t i, len = strnlen(name, VMCTL_DEVICE_NAME);

	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return len && len < VMCTL_DEVICE_NAME;
}

int hv_vm_describe(struct hv_vm *vm, const struct vmctl_describe *req)
{
	unsigned int i;

	if (!name_ok(req->name) || !name_ok(req->driver) || req->reserved)
		return -EINVAL;
	for (i = 0; i < VMCTL_MAX_DEVICES; i++) {
		if (*vm->device[i].name && strcmp(vm->device[i].name, req->name))
			continue;
		vm->device[i] = *req;
		return 0;
	}
	return -ENOSPC;
}

static void answer_mmio(struct hv *hv, struct hv_peer *peer, struct vmctl_mmio *m, int status)
{
	m->hdr.status = status;
	peer->busy = false;
	hv_peer_send(hv, peer, m, sizeof(*m), NULL, 0);
}

static void command_done(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	int ret;

	close_fd(fd);
	ret = vmm_command_done(&p->vm->vmm);
	/* What the driver exposed before its device was there hasn't been rung for. */
	hv_proxied_service(hv, p->vm);
	if (p->peer)
		answer_mmio(hv, p->peer, &p->mmio, status ? status : ret);
}

void hv_vm_mmio(struct hv *hv, struct hv_peer *peer, const struct vmctl_mmio *req)
{
	struct teectl_simple msg = { .hdr.vm_id = peer->vm->id };
	bool is_write = req->hdr.type == VMCTL_MMIO_WRITE;
	struct vmctl_mmio m = *req;
	struct hv_pending *p;
	int ret;

	hv->mmio_accesses++;
	tl_trace(TRACE_VMM, TRACE_DOWN, is_write ? "mmio_write" : "mmio_read", m.offset);
	if (is_write)
		ret = vmm_write(&peer->vm->vmm, m.offset, m.size, m.value);
	else
		ret = vmm_read(&peer->vm->vmm, m.offset, m.size, &m.value);
	if (ret <= 0) {
		answer_mmio(hv, peer, &m, ret);
		return;
	}
	hv_proxied_written(peer->vm, &m);
	hv_peer_set_busy(hv, peer, true);
	p = hv_pending_new(hv, peer, peer->vm, m.hdr.type, m.hdr.seq, command_done);
	if (!p) {
		hv_peer_destroy(hv, peer);
		return;
	}
	p->mmio = m;
	hv_proxy_send(hv, p, TEECTL_DEV_CMD, &msg.hdr, sizeof(msg), NULL, 0);
}
