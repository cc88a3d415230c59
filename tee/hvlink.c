/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The secure world's end of the control link. The hypervisor is trusted, its messages are checked
 * nevertheless: a slip there must not become a hole here. Messages are acted on in the order they came.
 */
#include "tee/world_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/log.h"
#include "tee/session/session.h"
#include "tee/tipc/tipc_dev.h"
#include "tee/vm.h"

union hv_msg {
	struct teectl_hdr hdr;
	struct teectl_vm_add vm_add;
	struct teectl_ds ds;
	struct teectl_root_key root_key;
	uint8_t bytes[TEECTL_MAX_MSG];
};

struct hv_packet {
	union hv_msg m;
	size_t len;
	int fds[TEECTL_MAX_FDS];
	unsigned int num_fds;
};

/* @fd is taken over. An error other than a full socket shows when the socket is read. */
static void send_hdr(struct tee_world *w, const struct teectl_hdr *hdr, int fd)
{
	switch (outbox_send(&w->out, w->cfg.hv_sock, hdr, sizeof(*hdr), &fd, fd >= 0 ? 1 : 0)) {
	case -ENOSPC:
	case -ENOMEM:
	case -EMFILE:
		log_error("the hypervisor doesn't take its answers: giving up");
		world_begin_stop(w);
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void answer(struct tee_world *w, const struct teectl_hdr *req, int status, int fd)
{
	struct teectl_hdr hdr = *req;

	hdr.status = status;
	hdr.reserved = 0;
	send_hdr(w, &hdr, fd);
}

void hvlink_ready(struct tee_world *w)
{
	const struct teectl_hdr hdr = { .type = TEECTL_READY };

	send_hdr(w, &hdr, -1);
}

void hvlink_ask_key(struct tee_world *w)
{
	const struct teectl_hdr hdr = { .type = TEECTL_ROOT_KEY };

	send_hdr(w, &hdr, -1);
}

void hvlink_dev_status(struct tee_vm *vm)
{
	const struct teectl_hdr hdr = { .type = TEECTL_DEV_STATUS, .vm_id = vm->id };

	if (!vm->gone)
		send_hdr(vm->world, &hdr, -1);
}

void hvlink_vm_released(struct tee_world *w, uint32_t vm_id, uint64_t token)
{
	const struct teectl_hdr hdr = { .type = TEECTL_VM_DEL, .vm_id = vm_id, .token = token };

	send_hdr(w, &hdr, -1);
}

void hvlink_vm_teardown(struct tee_vm *vm)
{
	vm->gone = true;
	tipc_dev_destroy(vm->tipc);
	vm->tipc = NULL;
	if (vm->smc)
		vm->smc_ops->destroy(vm);
	session_vm_gone(world_sessions(vm->world), vm);
	tee_virtio_destroy(vm->dev);
	vm->dev = NULL;
}

/* Takes packet's descriptors @rw and @ro (-1: none) into a dataspace of @vm. */
static int add_ds(struct tee_vm *vm, struct hv_packet *p, uint64_t id, uint64_t gpa, uint64_t size,
		  unsigned int rw, int ro, struct dataspace **dsp)
{
	struct dataspace *ds;
	int ret;

	ret = dataspace_create(id, gpa, size, p->fds[rw], ro < 0 ? -1 : p->fds[ro], &ds);
	if (ret)
		return ret;
	p->fds[rw] = -1;
	if (ro >= 0)
		p->fds[ro] = -1;
	ret = vm_add_ds(vm, ds);
	if (ret) {
		dataspace_put(ds);
		return ret;
	}
	if (dsp)
		*dsp = ds;
	return 0;
}

static int vm_set_up(struct tee_vm *vm, struct hv_packet *p)
{
	const struct teectl_vm_add *m = &p->m.vm_add;
	int ret;

	ret = add_ds(vm, p, 0, m->ram_gpa, m->ram_size, TEECTL_FD_RAM, -1, &vm->ram);
	if (ret)
		return ret;
	ret = add_ds(vm, p, 0, m->shm_gpa, m->shm_size, TEECTL_FD_SHM, TEECTL_FD_SHM_RO, &vm->shm);
	if (ret)
		return ret;
	ret = tipc_dev_create(vm, &vm->tipc);
	if (ret)
		return ret;
	ret = tee_virtio_create(vm, p->fds[TEECTL_FD_CONFIG], p->fds[TEECTL_FD_KICK],
				p->fds[TEECTL_FD_IRQ], &tipc_dev_virtio_ops, vm->tipc, &vm->dev);
	if (ret) {
		tipc_dev_destroy(vm->tipc);
		return ret;
	}
	p->fds[TEECTL_FD_CONFIG] = -1;
	p->fds[TEECTL_FD_KICK] = -1;
	p->fds[TEECTL_FD_IRQ] = -1;
	vm->smc_ops = vm->world->cfg.smc;
	if (!vm->smc_ops || !m->num_vcpus)
		return 0;
	ret = vm->smc_ops->create(vm, m->vcpu_gpa, m->num_vcpus);
	if (ret)
		hvlink_vm_teardown(vm);
	return ret;
}

static int vm_add(struct tee_world *w, struct hv_packet *p)
{
	const struct teectl_vm_add *m = &p->m.vm_add;
	struct tee_vm *vm;
	int ret;

	if (p->len != sizeof(*m) || p->num_fds != TEECTL_FD_NUM ||
	    m->num_groups > TEECTL_MAX_GROUPS ||
	    (m->flags & ~(TEECTL_VM_SUPPLICANT | TEECTL_VM_GUEST)))
		return -EINVAL;
	if (world_vm(w, m->hdr.vm_id))
		return -EEXIST;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	vm->refs = 1;
	vm->world = w;
	vm->id = m->hdr.vm_id;
	vm->supplicant = m->flags & TEECTL_VM_SUPPLICANT;
	vm->guest = m->flags & TEECTL_VM_GUEST;
	vm->creds.uid = m->uid;
	vm->creds.gid = m->gid;
	vm->creds.pid = m->pid;
	vm->creds.num_groups = m->num_groups;
	memcpy(vm->creds.groups, m->groups, m->num_groups * sizeof(m->groups[0]));
	ret = vm_set_up(vm, p);
	if (ret)
		goto err_put;
	ret = world_add_vm(w, vm);
	if (!ret)
		return 0;
	hvlink_vm_teardown(vm);
err_put:
	vm_put(vm);
	return ret;
}

/* Answered by the last reference: a call in flight may hold the VM for a while. */
static int vm_del(struct tee_world *w, const struct hv_packet *p)
{
	struct tee_vm *vm = world_vm(w, p->m.hdr.vm_id);

	if (!vm)
		return -ENOENT;
	world_remove_vm(w, vm);
	hvlink_vm_teardown(vm);
	vm->del_token = p->m.hdr.token;
	vm_put(vm);
	return 0;
}

static int ds_add(struct tee_world *w, struct hv_packet *p)
{
	const struct teectl_ds *m = &p->m.ds;
	struct tee_vm *vm = world_vm(w, m->hdr.vm_id);

	if (p->len != sizeof(*m) || p->num_fds != 2 || !m->id)
		return -EINVAL;
	if (!vm)
		return -ENOENT;
	return add_ds(vm, p, m->id, m->gpa, m->size, 0, 1, NULL);
}

static int ds_del(struct tee_world *w, const struct hv_packet *p)
{
	const struct teectl_ds *m = &p->m.ds;
	struct tee_vm *vm = world_vm(w, m->hdr.vm_id);

	if (p->len != sizeof(*m))
		return -EINVAL;
	return vm ? vm_del_ds(vm, m->id) : -ENOENT;
}

static int dev_cmd(struct tee_world *w, const struct hv_packet *p)
{
	struct tee_vm *vm = world_vm(w, p->m.hdr.vm_id);

	if (!vm)
		return -ENOENT;
	tee_virtio_command(vm->dev);
	return 0;
}

static void handle(struct tee_world *w, struct hv_packet *p)
{
	const struct teectl_hdr hdr = p->m.hdr;
	int ret, fd = -1, none = -1;

	switch (hdr.type) {
	case TEECTL_VM_ADD:
		ret = vm_add(w, p);
		break;
	case TEECTL_VM_DEL:
		ret = hdr.token ? vm_del(w, p) : -EINVAL;
		if (!ret)
			return;
		break;
	case TEECTL_DS_ADD:
		ret = ds_add(w, p);
		break;
	case TEECTL_DS_DEL:
		ret = ds_del(w, p);
		break;
	case TEECTL_DEV_CMD:
		ret = dev_cmd(w, p);
		break;
	case TEECTL_ROOT_KEY:
		if (p->len == sizeof(p->m.root_key) && hdr.status <= 0)
			world_key_came(w, hdr.status, p->m.root_key.key,
				       p->num_fds ? &p->fds[0] : &none);
		explicit_bzero(&p->m, sizeof(p->m));
		return;
	case TEECTL_STATUS:
		fd = world_status_fd(w);
		ret = fd < 0 ? fd : 0;
		break;
	default:
		ret = -ENOSYS;
		break;
	}
	if (ret)
		log_debug("message %u for vm %u: %s", hdr.type, hdr.vm_id, strerror(-ret));
	answer(w, &hdr, ret, fd);
}

static void on_message(void *data)
{
	struct tee_world *w = data;
	struct hv_packet p;

	outbox_flush(&w->out, w->cfg.hv_sock);
	while (!world_stopping(w)) {
		ssize_t n;
		unsigned int i;

		p.num_fds = TEECTL_MAX_FDS;
		n = ctl_recv(w->cfg.hv_sock, &p.m, sizeof(p.m), p.fds, &p.num_fds);
		if (n == -EAGAIN)
			return;
		if (n < (ssize_t)sizeof(p.m.hdr)) {
			log_info("the hypervisor has left");
			world_begin_stop(w);
		} else {
			p.len = (size_t)n;
			handle(w, &p);
		}
		for (i = 0; i < p.num_fds; i++)
			if (p.fds[i] >= 0)
				close(p.fds[i]);
	}
}

int hvlink_start(struct tee_world *w)
{
	int flags = fcntl(w->cfg.hv_sock, F_GETFL);
	int ret;

	if (flags < 0 || fcntl(w->cfg.hv_sock, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	ret = world_watch_events(w, w->cfg.hv_sock, EPOLLIN | EPOLLOUT | EPOLLRDHUP, on_message, w);
	return ret < 0 ? ret : 0;
}

void hvlink_finish(struct tee_world *w)
{
	outbox_clear(&w->out);
}
