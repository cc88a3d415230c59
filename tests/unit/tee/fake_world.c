/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fake_world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tee/ipc/ipc.h"

#define SLEEP_NS 1000000ull
#define GIVE_UP_ROUNDS 20000u

struct tee_world *fake_world_create(void)
{
	struct tee_world *w = calloc(1, sizeof(*w));
	unsigned int i;

	if (!w || ipc_kernel_create(w, &w->ipc))
		abort();
	limits_default(&w->limits);
	for (i = 0; i < FAKE_MAX_WATCHES; i++)
		w->watch[i].fd = -1;
	pthread_mutex_init(&w->lock, NULL);
	world_lock(w);
	return w;
}

void fake_world_destroy(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < FAKE_MAX_VMS; i++)
		fake_vm_destroy(w->vm[i]);
	ipc_kernel_destroy(w->ipc);
	world_unlock(w);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void fake_world_serve(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < FAKE_MAX_WATCHES; i++) {
		struct pollfd pfd = { .fd = w->watch[i].fd, .events = POLLIN };

		if (pfd.fd >= 0 && poll(&pfd, 1, 0) > 0)
			w->watch[i].fn(w->watch[i].data);
	}
	ipc_dispatch(w->ipc);
}

void fake_world_nap(struct tee_world *w)
{
	struct timespec ts = { .tv_nsec = SLEEP_NS / 4 };

	world_unlock(w);
	nanosleep(&ts, NULL);
	world_lock(w);
}

static void *serve_thread(void *data)
{
	struct tee_world *w = data;

	world_lock(w);
	while (!w->stopping) {
		fake_world_serve(w);
		fake_world_nap(w);
	}
	world_unlock(w);
	return NULL;
}

void fake_world_run(struct tee_world *w, unsigned int num)
{
	while (num--) {
		if (pthread_create(&w->thread[w->num_threads], NULL, serve_thread, w))
			abort();
		w->num_threads++;
	}
}

void fake_world_stop(struct tee_world *w)
{
	w->stopping = true;
	world_unlock(w);
	while (w->num_threads)
		pthread_join(w->thread[--w->num_threads], NULL);
	world_lock(w);
}

bool fake_world_until(struct tee_world *w, const unsigned int *flag, unsigned int value)
{
	unsigned int i;

	for (i = 0; i < GIVE_UP_ROUNDS; i++) {
		if (*flag >= value)
			return true;
		fake_world_nap(w);
	}
	return false;
}

/* tee/world.h */

void world_lock(struct tee_world *w)
{
	pthread_mutex_lock(&w->lock);
}

void world_unlock(struct tee_world *w)
{
	pthread_mutex_unlock(&w->lock);
}

struct ipc_kernel *world_ipc(struct tee_world *w)
{
	return w->ipc;
}

struct session_manager *world_sessions(struct tee_world *w)
{
	return w->sessions;
}

struct ta_manager *world_tas(struct tee_world *w)
{
	return w->tas;
}

int world_launch_sock(struct tee_world *w)
{
	return w->launch_sock;
}

const char *world_ta_log(const struct tee_world *w)
{
	(void)w;
	return NULL;
}

const char *world_ta_key(const struct tee_world *w)
{
	(void)w;
	return NULL;
}

void world_block_begin(struct tee_world *w)
{
	world_unlock(w);
}

void world_block_end(struct tee_world *w)
{
	world_lock(w);
}

void world_event_init(struct world_event *ev)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ev->cond, &attr);
	pthread_condattr_destroy(&attr);
	ev->ready_to_use = true;
}

void world_event_destroy(struct world_event *ev)
{
	pthread_cond_destroy(&ev->cond);
}

int world_wait(struct tee_world *w, struct world_event *ev, uint64_t deadline_ns)
{
	struct timespec ts = { .tv_sec = (time_t)(deadline_ns / 1000000000u),
			       .tv_nsec = (long)(deadline_ns % 1000000000u) };

	if (w->stopping)
		return -ECANCELED;
	if (w->on_wait)
		return w->on_wait(w->on_wait_data);
	if (!deadline_ns)
		return -pthread_cond_wait(&ev->cond, &w->lock);
	return -pthread_cond_timedwait(&ev->cond, &w->lock, &ts);
}

void world_signal(struct world_event *ev)
{
	pthread_cond_broadcast(&ev->cond);
}

bool world_stopping(const struct tee_world *w)
{
	return w->stopping;
}

int world_watch(struct tee_world *w, int fd, void (*fn)(void *data), void *data)
{
	int i;

	for (i = 0; i < (int)FAKE_MAX_WATCHES; i++) {
		if (w->watch[i].fd < 0) {
			w->watch[i] = (struct fake_watch){ .fd = fd, .fn = fn, .data = data };
			return i + 1;
		}
	}
	return -ENOSPC;
}

void world_unwatch(struct tee_world *w, int id)
{
	w->watch[id - 1].fd = -1;
}

void world_abandon(struct tee_world *w)
{
	(void)w; /* its tests look at the calls that end */
}

const struct cores *world_cores(const struct tee_world *w)
{
	return &w->cores;
}

const struct limits *world_limits(const struct tee_world *w)
{
	return &w->limits;
}

struct world_counters *world_counters(struct tee_world *w)
{
	return &w->counters;
}

/* tee/vm.h */

static struct dataspace *ds_create(uint64_t id, uint64_t gpa, uint64_t size)
{
	struct dataspace *ds = calloc(1, sizeof(*ds));

	if (!ds)
		abort();
	*ds = (struct dataspace){ .refs = 1, .id = id, .gpa = gpa, .size = size,
				  .fd_rw = -1, .fd_ro = -1, .shm_base = calloc(1, size) };
	return ds;
}

struct dataspace *dataspace_get(struct dataspace *ds)
{
	__atomic_fetch_add(&ds->refs, 1, __ATOMIC_RELAXED);
	return ds;
}

void dataspace_put(struct dataspace *ds)
{
	if (!ds || __atomic_sub_fetch(&ds->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(ds->shm_base);
	free(ds);
}

void *dataspace_map(struct dataspace *ds)
{
	return ds->shm_base;
}

struct dataspace *fake_vm_add_ds(struct tee_vm *vm, uint64_t gpa, uint64_t size)
{
	struct dataspace *ds = ds_create(vm->num_ds + 1, gpa, size);

	vm->ds[vm->num_ds++] = ds;
	return ds;
}

struct tee_vm *fake_vm_create(struct tee_world *w, uint32_t id, uint64_t shm_size)
{
	struct tee_vm *vm = calloc(1, sizeof(*vm));

	if (!vm || id >= FAKE_MAX_VMS)
		abort();
	vm->world = w;
	vm->id = id;
	vm->creds.uid = 1000 + id;
	vm->creds.gid = 2000 + id;
	vm->creds.num_groups = 1;
	vm->creds.groups[0] = 3000;
	if (shm_size)
		vm->shm = fake_vm_add_ds(vm, FAKE_SHM_GPA, shm_size);
	w->vm[id] = vm;
	return vm;
}

void fake_vm_destroy(struct tee_vm *vm)
{
	if (!vm)
		return;
	if (vm->refs)
		abort();
	vm->world->vm[vm->id] = NULL;
	while (vm->num_ds)
		dataspace_put(vm->ds[--vm->num_ds]);
	free(vm);
}

struct tee_vm *vm_get(struct tee_vm *vm)
{
	vm->refs++;
	return vm;
}

void vm_put(struct tee_vm *vm)
{
	vm->refs--;
}

static struct dataspace *ds_of(struct tee_vm *vm, const struct vm_range *r)
{
	unsigned int i;

	for (i = 0; i < vm->num_ds; i++) {
		struct dataspace *ds = vm->ds[i];

		if (r->gpa >= ds->gpa && r->len <= ds->size && r->gpa - ds->gpa <= ds->size - r->len)
			return ds;
	}
	return NULL;
}

/* One run per range: enough for whoever only passes memory objects on. */
struct dataspace *vm_find_ds(struct tee_vm *vm, uint64_t gpa, uint64_t len)
{
	const struct vm_range r = { .gpa = gpa, .len = len };

	return len ? ds_of(vm, &r) : NULL;
}

void *vm_ptr(struct tee_vm *vm, uint64_t gpa, uint64_t len)
{
	struct dataspace *ds = vm_find_ds(vm, gpa, len);

	return ds ? (uint8_t *)dataspace_map(ds) + (gpa - ds->gpa) : NULL;
}

int vm_mem_create(struct tee_vm *vm, const struct vm_range *ranges, unsigned int num_ranges,
		  struct vm_mem **memp)
{
	struct vm_mem *mem;
	unsigned int i;

	if (num_ranges > VM_MEM_MAX_RUNS)
		return -E2BIG;
	for (i = 0; i < num_ranges; i++) {
		if (!ranges[i].len)
			return -EINVAL;
		if (!ds_of(vm, &ranges[i]))
			return -EFAULT;
	}
	mem = calloc(1, sizeof(*mem) + num_ranges * sizeof(mem->run[0]));
	if (!mem)
		return -ENOMEM;
	mem->refs = 1;
	mem->num_runs = num_ranges;
	for (i = 0; i < num_ranges; i++) {
		struct dataspace *ds = ds_of(vm, &ranges[i]);

		mem->run[i] = (struct vm_run){ .ds = dataspace_get(ds),
					       .offset = ranges[i].gpa - ds->gpa,
					       .len = ranges[i].len };
		mem->size += ranges[i].len;
	}
	*memp = mem;
	return 0;
}

int vm_mem_create_own(uint64_t size, struct vm_mem **memp)
{
	struct vm_mem *mem = calloc(1, sizeof(*mem) + sizeof(mem->run[0]));

	if (!mem)
		return -ENOMEM;
	mem->refs = 1;
	mem->pool = true;
	mem->size = size;
	mem->num_runs = 1;
	mem->run[0] = (struct vm_run){ .ds = ds_create(0, 0, size), .len = size };
	*memp = mem;
	return 0;
}

struct vm_mem *vm_mem_get(struct vm_mem *mem)
{
	__atomic_fetch_add(&mem->refs, 1, __ATOMIC_RELAXED);
	return mem;
}

void vm_mem_put(struct vm_mem *mem)
{
	unsigned int i;

	if (!mem || __atomic_sub_fetch(&mem->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (i = 0; i < mem->num_runs; i++)
		dataspace_put(mem->run[i].ds);
	free(mem);
}

static int mem_copy(const struct vm_mem *mem, uint64_t offset, uint8_t *dst, const uint8_t *src,
		    size_t len)
{
	unsigned int i;
	size_t done = 0;

	if (offset > mem->size || len > mem->size - offset)
		return -EFAULT;
	for (i = 0; i < mem->num_runs && done < len; i++) {
		const struct vm_run *run = &mem->run[i];
		uint8_t *shm_p = run->ds->shm_base;
		size_t n;

		if (offset >= run->len) {
			offset -= run->len;
			continue;
		}
		n = run->len - offset < len - done ? (size_t)(run->len - offset) : len - done;
		if (dst)
			memcpy(dst + done, shm_p + run->offset + offset, n);
		else
			memcpy(shm_p + run->offset + offset, src + done, n);
		done += n;
		offset = 0;
	}
	return 0;
}

int vm_mem_copy_from(const struct vm_mem *mem, uint64_t offset, void *dst, size_t len)
{
	return mem_copy(mem, offset, dst, NULL, len);
}

int vm_mem_copy_to(const struct vm_mem *mem, uint64_t offset, const void *src, size_t len)
{
	return mem_copy(mem, offset, NULL, src, len);
}

void vm_drop(struct tee_vm *vm, const char *why)
{
	(void)why;
	if (!vm->dropped)
		vm->world->vm_drops++;
	vm->dropped = true;
}
