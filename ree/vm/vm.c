/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/vm_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "ree/vm/file.h"

#define VM_PAGE_SIZE 4096u

bool ree_vm_dead(const struct ree_vm *vm)
{
	return tl_load_acquire(vm->alive) == 0;
}

/* One of them tells of all: nobody closes a single number that isn't theirs, but closefrom(3) does. */
bool vm_owns_fds(struct ree_vm *vm)
{
	struct stat st;

	if (__atomic_load_n(&vm->lost, __ATOMIC_ACQUIRE))
		return false;
	if (!fstat(vm->sock, &st) && st.st_dev == vm->sock_dev && st.st_ino == vm->sock_ino)
		return true;
	__atomic_store_n(&vm->lost, true, __ATOMIC_RELEASE);
	vm_set_dead(vm);
	return false;
}

void vm_set_dead(struct ree_vm *vm)
{
	tl_store_release(vm->alive, 0u);
	ree_vm_wake(vm);
}

static void vm_event(struct ree_vm *vm, const struct vmctl_hdr *hdr)
{
	switch (hdr->type) {
	case VMCTL_EVENT_CONFIG:
		__atomic_store_n(&vm->config_pending, true, __ATOMIC_RELEASE);
		ree_vm_wake(vm);
		break;
	case VMCTL_EVENT_TEE_GONE:
		vm_set_dead(vm);
		break;
	default:
		log_warn("vm %u: unknown event %u from the hypervisor", vm->id, hdr->type);
		break;
	}
}

void vm_ctl_drain(struct ree_vm *vm)
{
	union {
		struct vmctl_hdr hdr;
		uint8_t bytes[VMCTL_MAX_MSG];
	} msg;
	struct pollfd pfd;
	ssize_t n;

	pthread_mutex_lock(&vm->ctl_lock);
	pfd = (struct pollfd){ .fd = vm->sock, .events = POLLIN };
	while (vm_owns_fds(vm) && poll(&pfd, 1, 0) > 0) {
		n = ctl_recv(vm->sock, &msg, sizeof(msg), NULL, NULL);
		if (n < (ssize_t)sizeof(msg.hdr)) {
			vm_set_dead(vm);
			break;
		}
		vm_event(vm, &msg.hdr);
	}
	pthread_mutex_unlock(&vm->ctl_lock);
}

/*
 * One request and its answer; events that come in between are acted on. @len bytes of @req go out,
 * @rsp_len come back into @rsp.
 */
static int vm_request(struct ree_vm *vm, struct vmctl_hdr *req, size_t len, const int *fd_out, void *rsp,
		      size_t rsp_len, int *fds, unsigned int *num_fds)
{
	union {
		struct vmctl_hdr hdr;
		uint8_t bytes[VMCTL_MAX_MSG];
	} msg;
	unsigned int room = num_fds ? *num_fds : 0;
	ssize_t n;
	int ret;

	if (num_fds)
		*num_fds = 0;
	pthread_mutex_lock(&vm->ctl_lock);
	ret = -EIO;
	if (ree_vm_dead(vm) || !vm_owns_fds(vm))
		goto out;
	req->seq = ++vm->seq ? vm->seq : ++vm->seq; /* 0 is for events */
	ret = ctl_send(vm->sock, req, len, fd_out, fd_out ? 1 : 0);
	if (ret)
		goto err_gone;
	for (;;) {
		unsigned int got = room;

		n = ctl_recv(vm->sock, &msg, sizeof(msg), fds, num_fds ? &got : NULL);
		if (n < (ssize_t)sizeof(msg.hdr))
			goto err_gone;
		if (num_fds)
			*num_fds = got;
		if (msg.hdr.seq == req->seq)
			break;
		while (got)
			close(fds[--got]);
		vm_event(vm, &msg.hdr);
	}
	ret = msg.hdr.status;
	if (!ret && (size_t)n != rsp_len)
		ret = -EPROTO;
	else if (!ret)
		memcpy(rsp, &msg, rsp_len);
out:
	pthread_mutex_unlock(&vm->ctl_lock);
	return ret;

err_gone:
	pthread_mutex_unlock(&vm->ctl_lock);
	vm_set_dead(vm);
	return -EIO;
}

/* Takes @fd over, also when it fails: vm_unmap gives it back. */
static int vm_map(struct ree_vm_mem *mem, int fd, uint64_t gpa, uint64_t size)
{
	void *p;

	mem->base = NULL;
	mem->fd = fd = file_reserve(fd);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	mem->gpa = gpa;
	mem->size = size;
	mem->base = p;
	return 0;
}

static void vm_close(const struct ree_vm *vm, int *fd)
{
	int own = *fd;

	*fd = -1;
	if (own < 0)
		return;
	file_unreserve(own);
	if (!__atomic_load_n(&vm->lost, __ATOMIC_ACQUIRE))
		close(own);
}

static void vm_unmap(const struct ree_vm *vm, struct ree_vm_mem *mem)
{
	if (mem->base)
		munmap(mem->base, mem->size);
	vm_close(vm, &mem->fd);
}

static void vm_close_but_sock(struct ree_vm *vm)
{
	vm_close(vm, &vm->ram.fd);
	vm_close(vm, &vm->shm.fd);
	vm_close(vm, &vm->kick_fd);
	vm_close(vm, &vm->irq_fd);
	vm_close(vm, &vm->wake_fd);
	vm_close(vm, &vm->in_place.uffd);
}

void vm_close_fds(struct ree_vm *vm)
{
	if (vm->sock >= 0)
		vm_owns_fds(vm);
	vm_close_but_sock(vm);
	vm_close(vm, &vm->sock);
	list_init(&vm->watchers);
}

/* The socket is left to the caller: attach gives it back when it fails. */
static void vm_free(struct ree_vm *vm)
{
	vm_close_but_sock(vm);
	vm_unmap(vm, &vm->ram);
	vm_unmap(vm, &vm->shm);
	pthread_cond_destroy(&vm->wait_cond);
	vm_conduit_destroy(vm);
	pthread_mutex_destroy(&vm->wait_lock);
	pthread_mutex_destroy(&vm->ctl_lock);
	pthread_mutex_destroy(&vm->handle_lock);
	pthread_mutex_destroy(&vm->node_lock);
	pthread_mutex_destroy(&vm->ds_lock);
	pthread_mutex_destroy(&vm->in_place.lock);
	if (vm->alive)
		munmap(vm->alive, VM_PAGE_SIZE);
	free(vm);
}

static struct ree_vm *vm_new(int sock)
{
	struct ree_vm *vm = calloc(1, sizeof(*vm));
	pthread_condattr_t attr;
	struct stat st;
	void *p;

	if (!vm)
		return NULL;
	vm->sock = sock;
	if (!fstat(sock, &st)) {
		vm->sock_dev = st.st_dev;
		vm->sock_ino = st.st_ino;
	}
	vm->ram.fd = vm->shm.fd = vm->kick_fd = vm->irq_fd = -1;
	vm->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->wake_fd >= 0)
		vm->wake_fd = file_reserve(vm->wake_fd);
	pthread_mutex_init(&vm->ctl_lock, NULL);
	pthread_mutex_init(&vm->wait_lock, NULL);
	pthread_mutex_init(&vm->handle_lock, NULL);
	pthread_mutex_init(&vm->node_lock, NULL);
	vm_conduit_init(vm);
	pthread_mutex_init(&vm->ds_lock, NULL);
	list_init(&vm->ds);
	pthread_mutex_init(&vm->in_place.lock, NULL);
	list_init(&vm->in_place.objects);
	vm->in_place.uffd = -1;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vm->wait_cond, &attr);
	pthread_condattr_destroy(&attr);
	list_init(&vm->nodes);
	list_init(&vm->watchers);
	p = mmap(NULL, VM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vm->alive = p == MAP_FAILED ? NULL : p;
	if (!vm->alive || vm->wake_fd < 0) {
		vm_free(vm);
		return NULL;
	}
	if (madvise(p, VM_PAGE_SIZE, MADV_WIPEONFORK))
		log_debug("no MADV_WIPEONFORK: a forked child isn't told apart");
	tl_store_release(vm->alive, 1u);
	return vm;
}

/* Takes the attach answer's descriptors into @vm; on failure they are closed with it. */
static int vm_take_fds(struct ree_vm *vm, const struct vmctl_attach_rsp *rsp, int *fds,
		       unsigned int num_fds)
{
	unsigned int want = rsp->flags & VMCTL_ATTACH_TRACE ? 5u : 4u;
	int ret;

	if (num_fds != want) {
		while (num_fds)
			close(fds[--num_fds]);
		return -EPROTO;
	}
	vm->kick_fd = file_reserve(fds[VMCTL_FD_KICK]);
	vm->irq_fd = file_reserve(fds[VMCTL_FD_IRQ]);
	if (want == 5u) {
		ret = trace_attach(fds[VMCTL_FD_TRACE]);
		if (ret)
			log_warn("vm %u: no trace: %s", vm->id, strerror(-ret));
		close(fds[VMCTL_FD_TRACE]);
	}
	ret = vm_map(&vm->ram, fds[VMCTL_FD_RAM], rsp->ram_gpa, rsp->ram_size);
	if (ret) {
		close(fds[VMCTL_FD_SHM]);
		return ret;
	}
	return vm_map(&vm->shm, fds[VMCTL_FD_SHM], rsp->shm_gpa, rsp->shm_size);
}

static int vm_attach(int sock, uint32_t flags, struct ree_vm **vmp)
{
	struct vmctl_attach_req req = {
		.hdr.type = VMCTL_ATTACH,
		.version = VMCTL_VERSION,
		.flags = flags,
	};
	struct vmctl_attach_rsp rsp;
	int fds[VMCTL_MAX_FDS];
	unsigned int num_fds = VMCTL_MAX_FDS;
	struct ree_vm *vm = vm_new(sock);
	int ret;

	if (!vm)
		return -ENOMEM;
	ret = vm_request(vm, &req.hdr, sizeof(req), NULL, &rsp, sizeof(rsp), fds, &num_fds);
	if (ret) {
		while (num_fds)
			close(fds[--num_fds]);
		vm_free(vm);
		return ret == -EIO ? -ECONNREFUSED : ret;
	}
	vm->id = rsp.vm_id;
	ret = vm_take_fds(vm, &rsp, fds, num_fds);
	if (!ret)
		ret = vm_conduit_map(vm, rsp.vcpu_gpa, rsp.num_vcpus);
	if (ret) {
		vm_free(vm);
		return ret;
	}
	vm->sock = file_reserve(vm->sock);
	*vmp = vm;
	return 0;
}

int ree_vm_attach(int sock, struct ree_vm **vmp)
{
	return vm_attach(sock, 0, vmp);
}

int ree_vm_attach_supplicant(int sock, struct ree_vm **vmp)
{
	return vm_attach(sock, VMCTL_ATTACH_SUPPLICANT, vmp);
}

void ree_vm_detach(struct ree_vm *vm)
{
	if (!vm)
		return;
	if (vm->sock >= 0)
		vm_owns_fds(vm);
	vm_close(vm, &vm->sock);
	vm_free(vm);
}

uint32_t ree_vm_id(const struct ree_vm *vm)
{
	return vm->id;
}

const struct ree_vm_mem *ree_vm_ram(const struct ree_vm *vm)
{
	return &vm->drivers_ram;
}

const struct ree_vm_mem *ree_vm_shm(const struct ree_vm *vm)
{
	return &vm->shm;
}

int ree_vm_mmio_read(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t *value)
{
	struct vmctl_mmio m = { .hdr.type = VMCTL_MMIO_READ, .offset = offset, .size = size };
	int ret = vm_request(vm, &m.hdr, sizeof(m), NULL, &m, sizeof(m), NULL, NULL);

	if (!ret)
		*value = m.value;
	return ret;
}

int ree_vm_mmio_write(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t value)
{
	struct vmctl_mmio m = {
		.hdr.type = VMCTL_MMIO_WRITE,
		.offset = offset,
		.size = size,
		.value = value,
	};

	return vm_request(vm, &m.hdr, sizeof(m), NULL, &m, sizeof(m), NULL, NULL);
}

void ree_vm_kick(struct ree_vm *vm)
{
	uint64_t one = 1;

	if (ree_vm_dead(vm) || !vm_owns_fds(vm))
		return;
	/* EAGAIN means that the counter is at its end: the other side is rung already. */
	if (write(vm->kick_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("vm %u: kick: %s", vm->id, strerror(errno));
}

int ree_vm_describe(struct ree_vm *vm, const struct ree_vm_device *dev)
{
	struct vmctl_describe m = {
		.hdr.type = VMCTL_DESCRIBE,
		.impl_id = dev->impl_id,
		.impl_caps = dev->impl_caps,
		.gen_caps = dev->gen_caps,
	};
	struct vmctl_simple rsp;

	if (strlen(dev->name) >= sizeof(m.name) || strlen(dev->driver) >= sizeof(m.driver))
		return -EINVAL;
	strcpy(m.name, dev->name);
	strcpy(m.driver, dev->driver);
	return vm_request(vm, &m.hdr, sizeof(m), NULL, &rsp, sizeof(rsp), NULL, NULL);
}

static int vm_ds_map(struct ree_vm *vm, const struct vmctl_ds *rsp, int fd, struct ree_vm_ds **dsp)
{
	struct ree_vm_ds *ds = calloc(1, sizeof(*ds));
	struct vmctl_ds req = { .hdr.type = VMCTL_DS_DESTROY, .id = rsp->id };
	struct stat st;
	int ret = -ENOMEM;

	if (ds) {
		ds->id = rsp->id;
		if (!fstat(fd, &st)) {
			ds->dev = st.st_dev;
			ds->ino = st.st_ino;
		}
		ret = vm_map(&ds->mem, fd, rsp->gpa, rsp->size);
	}
	if (ret) {
		vm_request(vm, &req.hdr, sizeof(req), NULL, &req, sizeof(req), NULL, NULL);
		if (ds)
			vm_unmap(vm, &ds->mem);
		else
			close(fd);
		free(ds);
		return ret;
	}
	pthread_mutex_lock(&vm->ds_lock);
	list_add_tail(&vm->ds, &ds->link);
	pthread_mutex_unlock(&vm->ds_lock);
	*dsp = ds;
	return 0;
}

int ree_vm_ds_create(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp)
{
	struct vmctl_ds m = { .hdr.type = VMCTL_DS_CREATE, .size = size };
	unsigned int num_fds = 1;
	int fd = -1;
	int ret;

	if (!size || size > VMCTL_DS_MAX_SIZE)
		return -EINVAL;
	ret = vm_request(vm, &m.hdr, sizeof(m), NULL, &m, sizeof(m), &fd, &num_fds);
	if (!ret && (num_fds != 1 || m.size < size))
		ret = -EPROTO;
	if (ret) {
		if (num_fds)
			close(fd);
		return ret;
	}
	return vm_ds_map(vm, &m, fd, dsp);
}

int ree_vm_ds_import(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp)
{
	struct vmctl_ds m = { .hdr.type = VMCTL_DS_IMPORT };
	struct stat st;
	int seals, own, ret;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) || st.st_size <= 0)
		return -EINVAL;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -errno;
	m.size = (uint64_t)st.st_size;
	ret = vm_request(vm, &m.hdr, sizeof(m), &own, &m, sizeof(m), NULL, NULL);
	if (ret) {
		close(own);
		return ret;
	}
	return vm_ds_map(vm, &m, own, dsp);
}

void ree_vm_ds_destroy(struct ree_vm *vm, struct ree_vm_ds *ds)
{
	struct vmctl_ds req = { .hdr.type = VMCTL_DS_DESTROY };
	int ret;

	if (!ds)
		return;
	pthread_mutex_lock(&vm->ds_lock);
	list_del(&ds->link);
	pthread_mutex_unlock(&vm->ds_lock);
	req.id = ds->id;
	ret = vm_request(vm, &req.hdr, sizeof(req), NULL, &req, sizeof(req), NULL, NULL);
	if (ret && ret != -EIO)
		log_warn("vm %u: dataspace %llu: %s", vm->id, (unsigned long long)ds->id,
			 strerror(-ret));
	vm_unmap(vm, &ds->mem);
	free(ds);
}
