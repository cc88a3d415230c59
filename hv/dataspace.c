/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Dynamic dataspaces: made and sealed here, given to the secure world, handed to the VM. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/reopen.h"

#define PAGE 4096ull

int hv_memory(const char *name, uint64_t size, int *ro_fd)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		ret = -errno;
		goto err_close;
	}
	if (ro_fd) {
		ret = reopen_read_only(fd);
		if (ret < 0)
			goto err_close;
		*ro_fd = ret;
	}
	return fd;

err_close:
	close(fd);
	return ret;
}

/* First gap of the VM's dynamic range that is large enough; the list is in order of addresses. */
static struct hv_ds *reserve(struct hv *hv, struct hv_vm *vm, uint64_t size)
{
	uint64_t gpa = VMCTL_DS_GPA;
	struct list *pos;
	struct hv_ds *ds;

	list_for_each(pos, &vm->ds) {
		const struct hv_ds *other = list_entry(pos, struct hv_ds, node);

		if (other->gpa - gpa >= size)
			break;
		gpa = other->gpa + other->size;
	}
	ds = calloc(1, sizeof(*ds));
	if (!ds)
		return NULL;
	ds->id = ++hv->next_ds_id;
	ds->gpa = gpa;
	ds->size = size;
	list_add_tail(pos, &ds->node); /* before pos */
	vm->num_ds++;
	vm->memory += size;
	hv->tee_fds += HV_FDS_PER_DS;
	return ds;
}

static void release(struct hv *hv, struct hv_vm *vm, struct hv_ds *ds)
{
	hv->tee_fds -= HV_FDS_PER_DS;
	vm->num_ds--;
	vm->memory -= ds->size;
	list_del(&ds->node);
	free(ds);
}

void hv_ds_free_all(struct hv *hv, struct hv_vm *vm)
{
	while (!list_empty(&vm->ds))
		release(hv, vm, list_entry(vm->ds.next, struct hv_ds, node));
}

static void deleted(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	struct vmctl_ds rsp = {
		.hdr = { .type = VMCTL_DS_DESTROY, .seq = p->seq, .status = status },
		.id = p->ds->id,
	};

	if (fd >= 0)
		close(fd);
	p->ds->leaving = false;
	if (!status)
		release(hv, p->vm, p->ds);
	if (!p->peer)
		return;
	p->peer->busy = false;
	hv_peer_send(hv, p->peer, &rsp, sizeof(rsp), NULL, 0);
}

/* Asks the secure world to let go of @ds, for @peer's request or (NULL) for nobody's. Return: 0, -ENOMEM. */
static int take_away(struct hv *hv, struct hv_vm *vm, struct hv_ds *ds, struct hv_peer *peer,
		     uint32_t seq)
{
	struct teectl_ds msg = {
		.hdr.vm_id = vm->id, .id = ds->id, .gpa = ds->gpa, .size = ds->size
	};
	struct hv_pending *p = hv_pending_new(hv, peer, vm, VMCTL_DS_DESTROY, seq, deleted);

	if (!p)
		return -ENOMEM;
	p->ds = ds;
	ds->leaving = true;
	if (peer)
		hv_peer_set_busy(hv, peer, true);
	hv_proxy_send(hv, p, TEECTL_DS_DEL, &msg.hdr, sizeof(msg), NULL, 0);
	return 0;
}

static void added(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	struct vmctl_ds rsp = { .hdr = { .type = p->type, .seq = p->seq, .status = status } };

	if (fd >= 0)
		close(fd);
	if (status) {
		release(hv, p->vm, p->ds);
		if (p->peer)
			hv_peer_answer(hv, p->peer, p->type, p->seq, status);
	} else if (p->peer) {
		rsp.id = p->ds->id;
		rsp.gpa = p->ds->gpa;
		rsp.size = p->ds->size;
		p->peer->busy = false;
		if (hv_peer_send(hv, p->peer, &rsp, sizeof(rsp), &p->ds_fd,
				 p->type == VMCTL_DS_CREATE) == -ENOMEM)
			take_away(hv, p->vm, p->ds, NULL, 0); /* or, at the latest, with its VM */
	}
	if (p->ds_fd >= 0)
		close(p->ds_fd);
}

/* Gives memory to the secure world. @fd and @ro are taken over. */
static void add(struct hv *hv, struct hv_peer *peer, uint32_t type, uint32_t seq, uint64_t size, int fd,
		int ro)
{
	struct hv_vm *vm = peer->vm;
	struct teectl_ds msg = { .hdr.vm_id = vm->id, .size = size };
	struct hv_pending *p = hv_pending_new(hv, peer, vm, type, seq, added);
	struct hv_ds *ds = p ? reserve(hv, vm, size) : NULL;
	int fds[2] = { fd, ro };

	if (!ds) {
		if (p)
			list_del(&p->node);
		free(p);
		close(fd);
		close(ro);
		hv_peer_answer(hv, peer, type, seq, -ENOMEM);
		return;
	}
	p->ds = ds;
	p->ds_fd = fd;
	msg.id = ds->id;
	msg.gpa = ds->gpa;
	hv_peer_set_busy(hv, peer, true);
	hv_proxy_send(hv, p, TEECTL_DS_ADD, &msg.hdr, sizeof(msg), fds, 2);
	close(ro);
}

static int check_size(const struct hv *hv, const struct hv_vm *vm, uint64_t size)
{
	if (!size || size > VMCTL_DS_MAX_SIZE)
		return -EINVAL;
	if (vm->num_ds >= hv->limits.dataspaces_per_vm || vm->memory > hv->limits.memory_per_vm ||
	    size > hv->limits.memory_per_vm - vm->memory ||
	    hv->tee_fds + HV_FDS_PER_DS > hv->max_tee_fds)
		return -ENOMEM;
	return 0;
}

void hv_ds_create(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req)
{
	int ret = req->size > VMCTL_DS_MAX_SIZE ? -EINVAL : 0;
	uint64_t size = ret ? 0 : (req->size + PAGE - 1) & ~(PAGE - 1);
	int fd = -1, ro = -1;

	if (!ret)
		ret = check_size(hv, peer->vm, size);
	if (!ret) {
		fd = hv_memory("teelink-ds", size, &ro);
		ret = fd < 0 ? fd : 0;
	}
	if (ret)
		hv_peer_answer(hv, peer, VMCTL_DS_CREATE, req->hdr.seq, ret);
	else
		add(hv, peer, VMCTL_DS_CREATE, req->hdr.seq, size, fd, ro);
}

/*
 * A client's memfd, when nobody can shrink it under a reader, and both sides can write it. Not in huge
 * pages: when those run out a fault is a SIGBUS, and it would be the secure world's.
 */
static int check_import(const struct hv *hv, const struct hv_vm *vm, const struct vmctl_ds *req, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct statfs fs;
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) || fstatfs(fd, &fs))
		return -EINVAL;
	if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) || fs.f_type != TMPFS_MAGIC)
		return -EINVAL;
	if (st.st_size < 0 || (uint64_t)st.st_size < req->size || req->size % PAGE)
		return -EINVAL;
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
		return -EINVAL;
	return check_size(hv, vm, req->size);
}

void hv_ds_import(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req, int fd)
{
	int ret = check_import(hv, peer->vm, req, fd);
	int own = -1, ro = -1;

	if (!ret) {
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		ro = own < 0 ? -errno : reopen_read_only(own);
		ret = ro < 0 ? ro : 0;
	}
	if (!ret) {
		add(hv, peer, VMCTL_DS_IMPORT, req->hdr.seq, req->size, own, ro);
		return;
	}
	if (own >= 0)
		close(own);
	hv_peer_answer(hv, peer, VMCTL_DS_IMPORT, req->hdr.seq, ret);
}

void hv_ds_destroy(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req)
{
	struct hv_ds *ds = NULL;
	struct list *pos;
	int ret;

	list_for_each(pos, &peer->vm->ds)
		if (list_entry(pos, struct hv_ds, node)->id == req->id)
			ds = list_entry(pos, struct hv_ds, node);
	if (ds && ds->leaving)
		ds = NULL; /* it was never handed over */
	ret = ds ? take_away(hv, peer->vm, ds, peer, req->hdr.seq) : -ENOENT;
	if (ret)
		hv_peer_answer(hv, peer, VMCTL_DS_DESTROY, req->hdr.seq, ret);
}
