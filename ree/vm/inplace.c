/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The way in, a slice at a time: the slice's pages move aside, so that whoever touches it waits;
 * their contents are copied into the dataspace; the dataspace is mapped over the slice; the waiters
 * go on. A page that a device or a child has a hold of doesn't move, and everything stays as it
 * was. The way back: the memory is write-protected, copied into new pages, which are moved over it
 * at once.
 */
#include "ree/vm/inplace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "ree/vm/file.h"
#include "ree/vm/maps.h"
#include "ree/vm/movable.h"
#include "ree/vm/uffd.h"
#include "ree/vm/vm_internal.h"

#define IN_PLACE_SLICE ((size_t)2 << 20) /* how much is out of reach at a time */
/* Input and output into the memory ends meanwhile, or has pinned it for good. */
#define IN_PLACE_TRIES 8u
#define IN_PLACE_PAUSE_US 500u

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

int ree_vm_in_place_enable(struct ree_vm *vm)
{
	int fd = uffd_open();

	if (fd < 0)
		return fd;
	vm->in_place.uffd = file_reserve(fd);
	return 0;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Pages of zeroes stay holes. */
static void copy_pages(uint8_t *dst, const uint8_t *src, size_t len)
{
	size_t page = page_size(), i;

	for (i = 0; i < len; i += page)
		if (src[i] || memcmp(src + i, src + i + 1, page - 1))
			memcpy(dst + i, src + i, page);
}

/* Undoes a move. Nobody else has these pages: what hinders passes. */
static void move_back(int uffd, uint8_t *addr, uint8_t *stage, size_t len)
{
	size_t moved;
	int ret;

	do {
		ret = uffd_move(uffd, addr, stage, len, &moved);
		addr += moved;
		stage += moved;
		len -= moved;
	} while (ret == -EBUSY || ret == -ENOMEM);
	if (ret)
		log_error("memory at %p was unmapped while it was registered: %s", (void *)addr,
			  strerror(-ret));
}

/* With the lock held. @stage is as large as a slice, tracked, without pages, before and after. */
static int take_slice(int uffd, const struct ree_vm_in_place *o, size_t pos, size_t len,
		      uint8_t *stage)
{
	uint8_t *addr = o->addr + pos;
	size_t moved;
	void *p;
	int ret;

	/* Pages that a child shares, or that are merged, become ours alone. */
	if (madvise(addr, len, MADV_POPULATE_WRITE))
		return -errno;
	ret = uffd_track_missing(uffd, addr, len);
	if (ret)
		return ret;
	ret = uffd_move(uffd, stage, addr, len, &moved);
	if (ret)
		goto err_back;
	copy_pages(o->ds->mem.base + o->offset + pos, stage, len);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, o->ds->mem.fd,
		 (off_t)(o->offset + pos));
	if (p == MAP_FAILED) {
		ret = -errno;
		goto err_back;
	}
	if (mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, addr) == MAP_FAILED) {
		ret = -errno;
		munmap(p, len);
		goto err_back;
	}
	uffd_wake(uffd, addr, len);
	madvise(stage, len, MADV_DONTNEED);
	return 0;

err_back:
	move_back(uffd, addr, stage, moved);
	uffd_untrack(uffd, addr, len);
	return ret;
}

/* A fork may come between two slices, and undo all. */
static int take_slice_locked(struct ree_vm *vm, struct ree_vm_in_place *o, size_t pos, size_t len,
			     uint8_t *stage)
{
	int ret;

	pthread_mutex_lock(&vm->in_place.lock);
	ret = o->live == pos ? take_slice(vm->in_place.uffd, o, pos, len, stage) : -ECANCELED;
	if (!ret)
		__atomic_store_n(&o->live, pos + len, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&vm->in_place.lock);
	return ret;
}

static int take_slices(struct ree_vm *vm, struct ree_vm_in_place *o, const struct movable *m,
		       uint8_t *stage)
{
	unsigned int try = 0;
	size_t pos = 0, len;
	int ret;

	while (pos < o->len) {
		len = movable_piece(m, (uintptr_t)o->addr + pos, o->len - pos);
		len = len < IN_PLACE_SLICE ? len : IN_PLACE_SLICE;
		ret = take_slice_locked(vm, o, pos, len, stage);
		if (!ret) {
			pos += len;
			try = 0;
			continue;
		}
		if (ret != -EBUSY || ++try == IN_PLACE_TRIES)
			return ret;
		usleep(IN_PLACE_PAUSE_US << try);
	}
	return 0;
}

static struct ree_vm_ds *find_ds(struct ree_vm *vm, const uint8_t *base, size_t len)
{
	struct ree_vm_ds *found = NULL;
	struct list *pos;

	pthread_mutex_lock(&vm->ds_lock);
	list_for_each(pos, &vm->ds) {
		struct ree_vm_ds *ds = list_entry(pos, struct ree_vm_ds, link);
		size_t offset = (size_t)((uintptr_t)base - (uintptr_t)ds->mem.base);

		if (base >= ds->mem.base && offset < ds->mem.size && len <= ds->mem.size - offset)
			found = ds;
	}
	if (found)
		found->in_place = true;
	pthread_mutex_unlock(&vm->ds_lock);
	return found;
}

int ree_vm_in_place_take(struct ree_vm *vm, void *addr, size_t len, const uint8_t *base,
			 struct ree_vm_in_place **objp)
{
	struct ree_vm_in_place *o;
	struct movable movable;
	uint8_t *stage;
	int ret = movable_look(addr, len, &movable);

	if (ret)
		return ret;
	o = calloc(1, sizeof(*o));
	stage = mmap(NULL, IN_PLACE_SLICE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (!o || stage == MAP_FAILED) {
		ret = -ENOMEM;
		goto out;
	}
	o->ds = find_ds(vm, base, len);
	ret = o->ds ? 0 : -EINVAL;
	if (!ret)
		ret = uffd_track_writes(vm->in_place.uffd, stage, IN_PLACE_SLICE);
	if (ret)
		goto out;
	o->addr = addr;
	o->len = len;
	o->offset = (size_t)(base - o->ds->mem.base);
	pthread_mutex_lock(&vm->in_place.lock);
	list_add_tail(&vm->in_place.objects, &o->node);
	pthread_mutex_unlock(&vm->in_place.lock);
	ret = take_slices(vm, o, &movable, stage);
	if (ret) {
		ree_vm_in_place_give_back(vm, o);
		o = NULL;
	}
	*objp = o;
out:
	if (stage != MAP_FAILED)
		munmap(stage, IN_PLACE_SLICE);
	if (ret)
		free(o);
	return ret;
}

/* What of the dataspace isn't a hole. A descriptor that isn't ours any more can't be asked. */
static void copy_data(struct ree_vm *vm, const struct ree_vm_in_place *o, size_t pos, size_t len,
		      uint8_t *dst)
{
	off_t begin, end, at = (off_t)(o->offset + pos), stop = at + (off_t)len;
	const uint8_t *src = o->ds->mem.base;
	int fd = o->ds->mem.fd;

	if (!vm_owns_fds(vm)) {
		copy_pages(dst, src + at, len);
		return;
	}
	for (begin = at; begin < stop; begin = end) {
		begin = lseek(fd, begin, SEEK_DATA);
		if (begin < 0 || begin >= stop)
			break;
		end = lseek(fd, begin, SEEK_HOLE);
		if (end < 0 || end > stop)
			end = stop;
		copy_pages(dst + (begin - at), src + begin, (size_t)(end - begin));
	}
}

static int prot_of(const char *perms)
{
	return (perms[0] == 'r' ? PROT_READ : 0) | (perms[1] == 'w' ? PROT_WRITE : 0) |
	       (perms[2] == 'x' ? PROT_EXEC : 0);
}

/* With the lock held: [@addr, @addr + @len) of the object, which the dataspace is mapped at. */
static int give_back_piece(struct ree_vm *vm, const struct ree_vm_in_place *o, int uffd,
			   uint8_t *addr, size_t len, int prot)
{
	uint8_t *stage;
	int ret;

	stage = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED)
		return -errno;
	ret = uffd_track_writes(uffd, addr, len);
	if (ret)
		goto err_unmap;
	copy_data(vm, o, (size_t)(addr - o->addr), len, stage);
	if ((prot != (PROT_READ | PROT_WRITE) && mprotect(stage, len, prot)) ||
	    mremap(stage, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, addr) == MAP_FAILED) {
		ret = -errno;
		uffd_untrack(uffd, addr, len);
		goto err_unmap;
	}
	uffd_wake(uffd, addr, len);
	return 0;

err_unmap:
	munmap(stage, len);
	return ret;
}

/* The dataspace's bytes, where they were put? The program may have unmapped or moved some. */
static bool is_ours(const struct ree_vm_in_place *o, const struct maps_entry *m)
{
	uintptr_t addr = (uintptr_t)o->addr;

	return m->ino == o->ds->ino && m->dev == o->ds->dev && m->perms[3] == 's' &&
	       m->start < addr + o->live && m->end > addr &&
	       m->offset - m->start == o->offset - addr;
}

/* With the lock held. */
static int give_back_pieces(struct ree_vm *vm, const struct ree_vm_in_place *o, int uffd)
{
	uintptr_t addr = (uintptr_t)o->addr, end = addr + o->live, from, to;
	struct maps_reader r;
	struct maps_entry m;
	int ret = maps_open(&r, false);

	if (ret)
		return ret;
	while (!ret && maps_next(&r, &m) > 0 && m.start < end) {
		if (!is_ours(o, &m))
			continue;
		from = m.start > addr ? m.start : addr;
		to = m.end < end ? m.end : end;
		ret = give_back_piece(vm, o, uffd, o->addr + (from - addr), to - from,
				      prot_of(m.perms));
	}
	maps_close(&r);
	return ret;
}

/* With the lock held. */
static void give_back(struct ree_vm *vm, struct ree_vm_in_place *o)
{
	int uffd, ret;
	bool owns;

	if (!o->live)
		return;
	/* The program may have closed ours. */
	owns = vm_owns_fds(vm);
	uffd = owns ? vm->in_place.uffd : uffd_open();
	ret = uffd < 0 ? uffd : give_back_pieces(vm, o, uffd);
	if (!owns && uffd >= 0)
		close(uffd);
	__atomic_store_n(&o->live, 0, __ATOMIC_RELEASE);
	if (ret)
		log_warn("vm %u: memory at %p stays shared, a child would share it too: %s", vm->id,
			 (void *)o->addr, strerror(-ret));
}

void ree_vm_in_place_give_back(struct ree_vm *vm, struct ree_vm_in_place *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&vm->in_place.lock);
	give_back(vm, o);
	list_del(&o->node);
	pthread_mutex_unlock(&vm->in_place.lock);
	free(o);
}

void ree_vm_in_place_fork_prepare(struct ree_vm *vm)
{
	struct list *pos;

	pthread_mutex_lock(&vm->in_place.lock);
	list_for_each(pos, &vm->in_place.objects)
		give_back(vm, list_entry(pos, struct ree_vm_in_place, node));
}

void ree_vm_in_place_fork_done(struct ree_vm *vm)
{
	pthread_mutex_unlock(&vm->in_place.lock);
}
