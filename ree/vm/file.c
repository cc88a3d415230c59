/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ree/vm/vm_internal.h"

#define FILE_FD_LIMIT (1u << 20)
#define BITS 64u
/* Above what programs number themselves, as shells do. */
#define FILE_RESERVED_FROM 512

/*
 * Descriptors are per process by nature, so is the table that gives them meaning. lock guards all of
 * it and every open_file.refs; the bits are read without it.
 */
static struct {
	pthread_mutex_t lock;
	struct open_file **by_fd;
	unsigned int size;
	unsigned int epoch; /* grows in the child of a fork */
	pid_t pid;	    /* whose table this is: a child of vfork() sees it as well */
	struct open_file *orphans;
	unsigned int num; /* descriptors in the table; the token goes with the last */
	int token;	  /* what placeholders are duplicates of, or -1 */
	dev_t token_dev;
	ino_t token_ino;
	uint64_t owned[FILE_FD_LIMIT / BITS];
	uint64_t reserved[FILE_FD_LIMIT / BITS]; /* the VM's own, likewise */
} files = { .lock = PTHREAD_MUTEX_INITIALIZER, .token = -1 };

void file_table_lock(void)
{
	pthread_mutex_lock(&files.lock);
}

void file_table_unlock(void)
{
	pthread_mutex_unlock(&files.lock);
}

void file_hold(struct open_file *of)
{
	of->refs++;
}

static void file_count(struct ree_vm *vm, int change)
{
	if (vm && vm->hold)
		vm->hold(vm->hold_data, change);
}

struct open_file *file_new(struct ree_vm *vm, const struct node_ops *ops, int flags)
{
	struct open_file *of = calloc(1, sizeof(*of));

	if (!of)
		return NULL;
	of->f.vm = vm;
	of->f.flags = flags;
	of->ops = ops;
	of->older = of->newer = -1;
	file_count(vm, 1);
	return of;
}

void file_free(struct open_file *of)
{
	struct ree_vm *vm = of->f.vm;

	free(of);
	file_count(vm, -1);
}

void file_put(struct open_file *of)
{
	bool last;

	pthread_mutex_lock(&files.lock);
	last = --of->refs == 0;
	if (last && of->epoch != files.epoch) {
		/* The driver behind it is the parent's. */
		of->next_orphan = files.orphans;
		files.orphans = of;
		last = false;
	}
	pthread_mutex_unlock(&files.lock);
	if (!last)
		return;
	if (of->ops->release)
		of->ops->release(&of->f);
	file_free(of);
}

static bool bit_is_set(const uint64_t *bits, int fd)
{
	unsigned int i = (unsigned int)fd;

	return fd >= 0 && i < FILE_FD_LIMIT &&
	       __atomic_load_n(&bits[i / BITS], __ATOMIC_RELAXED) >> i % BITS & 1u;
}

static void bit_change(uint64_t *bits, unsigned int fd, bool set)
{
	uint64_t bit = 1ull << fd % BITS;

	if (set)
		__atomic_fetch_or(&bits[fd / BITS], bit, __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(&bits[fd / BITS], ~bit, __ATOMIC_RELEASE);
}

int node_owns(int fd)
{
	return bit_is_set(files.owned, fd);
}

int file_reserve(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FILE_RESERVED_FROM);

	if (high >= 0) {
		close(fd);
		fd = high;
	}
	__atomic_store_n(&files.pid, getpid(), __ATOMIC_RELAXED);
	if ((unsigned int)fd < FILE_FD_LIMIT)
		bit_change(files.reserved, (unsigned int)fd, true);
	return fd;
}

void file_unreserve(int fd)
{
	if (fd >= 0 && (unsigned int)fd < FILE_FD_LIMIT)
		bit_change(files.reserved, (unsigned int)fd, false);
}

/* A child of vfork() shares our memory, not our descriptors: what it closes stays open here. */
static bool another_process(void)
{
	return getpid() != __atomic_load_n(&files.pid, __ATOMIC_RELAXED);
}

int node_reserved(int fd)
{
	return bit_is_set(files.reserved, fd) && !another_process();
}

unsigned int node_next_reserved(unsigned int first, unsigned int last)
{
	unsigned int fd = first;

	while (fd <= last && fd < FILE_FD_LIMIT) {
		if (node_reserved((int)fd))
			return fd;
		fd++;
		while (fd % BITS == 0 && fd < FILE_FD_LIMIT &&
		       !__atomic_load_n(&files.reserved[fd / BITS], __ATOMIC_RELAXED))
			fd += BITS;
	}
	return UINT_MAX;
}

struct open_file *file_get(int fd)
{
	struct open_file *of;

	if (!node_owns(fd))
		return NULL;
	pthread_mutex_lock(&files.lock);
	of = files.by_fd[fd];
	if (of)
		of->refs++;
	pthread_mutex_unlock(&files.lock);
	return of;
}

/* Called with the lock held. */
static int table_grow(unsigned int fd)
{
	unsigned int size = files.size ? files.size : 64;
	struct open_file **table;

	while (size <= fd)
		size *= 2;
	if (size > FILE_FD_LIMIT)
		return -EMFILE;
	table = realloc(files.by_fd, size * sizeof(struct open_file *));
	if (!table)
		return -ENOMEM;
	memset(table + files.size, 0, (size - files.size) * sizeof(struct open_file *));
	files.by_fd = table;
	files.size = size;
	return 0;
}

/* Called with the lock held and room for @fd. Return: what was there, whose reference is the caller's. */
static struct open_file *table_set(unsigned int fd, struct open_file *of)
{
	struct open_file *old = files.by_fd[fd];

	files.by_fd[fd] = of;
	bit_change(files.owned, fd, of);
	files.num += of ? 1 : 0;
	files.num -= old ? 1 : 0;
	return old;
}

bool file_is_orphan(const struct open_file *of)
{
	return of->ops == &file_orphan_ops;
}

int file_newer(const struct open_file *of)
{
	int newer;

	pthread_mutex_lock(&files.lock);
	newer = of->newer;
	pthread_mutex_unlock(&files.lock);
	return newer;
}

int file_supersede(int fd, int new_fd)
{
	struct open_file *gone = file_new(NULL, &file_orphan_ops, 0);
	struct open_file *old = NULL, *now;

	if (!gone)
		return -ENOMEM;
	gone->newer = new_fd;
	gone->refs = 1;
	pthread_mutex_lock(&files.lock);
	now = files.by_fd[new_fd];
	/* Unless the program has closed either in the meantime. */
	if (now && files.by_fd[fd]) {
		gone->epoch = files.epoch;
		gone->older = files.by_fd[fd]->older;
		now->older = fd;
		old = table_set((unsigned int)fd, gone);
	}
	pthread_mutex_unlock(&files.lock);
	file_put(old ? old : gone);
	return 0;
}

static struct open_file *table_clear(unsigned int fd)
{
	return fd < files.size ? table_set(fd, NULL) : NULL;
}

/*
 * Puts @of, with one more reference, behind the descriptor @fd, which is closed if that fails. A file
 * that is still there belongs to a descriptor that the program closed behind our back, by a system
 * call of its own: it is released now.
 */
static int table_install(int fd, struct open_file *of)
{
	struct open_file *stale = NULL;
	int ret = 0;

	pthread_mutex_lock(&files.lock);
	if ((unsigned int)fd >= files.size)
		ret = table_grow((unsigned int)fd);
	if (!ret) {
		stale = table_set((unsigned int)fd, of);
		of->refs++;
	}
	pthread_mutex_unlock(&files.lock);
	if (ret) {
		close(fd);
		return ret;
	}
	if (stale)
		file_put(stale);
	return fd;
}

/* Is it ours still, or did the program close it by a system call of its own and get the number again? */
static bool is_placeholder(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && st.st_dev == files.token_dev &&
	       st.st_ino == files.token_ino;
}

/* With the lock held. A socket that says nothing, and has an inode of its own to be known by. */
static int token_make(void)
{
	struct stat st;
	int fd;

	if (is_placeholder(files.token))
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	files.token = file_reserve(fd);
	files.token_dev = st.st_dev;
	files.token_ino = st.st_ino;
	return 0;
}

/* With the lock held. */
static void token_drop(void)
{
	file_unreserve(files.token);
	if (is_placeholder(files.token))
		close(files.token);
	files.token = -1;
}

/* A number for a file. It never outlives an exec: nothing there would know what it means. */
static int placeholder(void)
{
	int fd, ret;

	pthread_mutex_lock(&files.lock);
	ret = token_make();
	fd = ret ? ret : fcntl(files.token, F_DUPFD_CLOEXEC, 0);
	if (!ret && fd < 0)
		fd = -errno;
	pthread_mutex_unlock(&files.lock);
	return fd;
}

int file_install(struct open_file *of)
{
	int fd = placeholder();

	if (fd < 0)
		return fd;
	pthread_mutex_lock(&files.lock);
	__atomic_store_n(&files.pid, getpid(), __ATOMIC_RELAXED);
	of->epoch = files.epoch;
	pthread_mutex_unlock(&files.lock);
	return table_install(fd, of);
}

int node_dup(int fd, int min)
{
	struct open_file *of = file_get(fd);
	int first, new_fd;

	if (!of)
		return -EBADF;
	first = placeholder();
	new_fd = first;
	if (first >= 0 && first < min) {
		new_fd = fcntl(first, F_DUPFD_CLOEXEC, min);
		new_fd = new_fd < 0 ? -errno : new_fd;
		close(first);
	}
	if (new_fd >= 0)
		new_fd = table_install(new_fd, of);
	file_put(of);
	return new_fd;
}

/* The number changes its meaning under the lock, so that nobody finds it between the two. */
static int replace(struct open_file *of, int number, int new_fd, struct open_file **old)
{
	int ret = 0;

	pthread_mutex_lock(&files.lock);
	if ((unsigned int)new_fd >= files.size)
		ret = table_grow((unsigned int)new_fd);
	if (!ret) {
		*old = table_set((unsigned int)new_fd, NULL);
		if (dup3(number, new_fd, O_CLOEXEC) < 0)
			ret = -errno;
	}
	if (!ret) {
		table_set((unsigned int)new_fd, of);
		of->refs++;
	} else if (*old) {
		table_set((unsigned int)new_fd, *old);
		*old = NULL;
	}
	pthread_mutex_unlock(&files.lock);
	return ret;
}

int node_dup3(int fd, int new_fd, int flags)
{
	struct open_file *of, *old = NULL;
	int number, ret;

	if ((flags & ~O_CLOEXEC) || fd == new_fd)
		return -EINVAL;
	if (new_fd < 0 || (unsigned int)new_fd >= FILE_FD_LIMIT)
		return -EBADF;
	if (!node_owns(fd))
		return -EBADF;
	if (another_process())
		return dup3(fd, new_fd, flags) < 0 ? -errno : new_fd;
	of = file_get(fd);
	if (!of)
		return -EBADF;
	number = placeholder();
	ret = number < 0 ? number : replace(of, number, new_fd, &old);
	if (number >= 0)
		close(number);
	file_put(of);
	if (old)
		file_put(old);
	return ret ? ret : new_fd;
}

/* *@older: the descriptor that goes too, or -1. */
static int close_one(int fd, int *older)
{
	struct open_file *of;

	*older = -1;
	if (!node_owns(fd))
		return -EBADF;
	if (another_process())
		return close(fd) ? -errno : 0;
	pthread_mutex_lock(&files.lock);
	of = table_clear((unsigned int)fd);
	if (of)
		*older = of->older;
	if (of && is_placeholder(fd))
		close(fd);
	if (of && !files.num)
		token_drop();
	pthread_mutex_unlock(&files.lock);
	if (!of)
		return -EBADF;
	file_put(of);
	return 0;
}

int node_close(int fd)
{
	int ret = close_one(fd, &fd);

	while (fd >= 0)
		close_one(fd, &fd);
	return ret;
}

/* Takes the first file at *@fd or above off the table; *@fd moves behind it. */
static struct open_file *table_take(unsigned int *fd, unsigned int last)
{
	struct open_file *of = NULL;

	pthread_mutex_lock(&files.lock);
	for (; *fd < files.size && *fd <= last && !of; (*fd)++)
		of = table_clear(*fd);
	pthread_mutex_unlock(&files.lock);
	return of;
}

void node_forget(unsigned int first, unsigned int last)
{
	struct open_file *of;

	if (another_process())
		return;
	while ((of = table_take(&first, last)))
		file_put(of);
}

void file_fork_child(void)
{
	unsigned int fd;

	files.epoch++;
	__atomic_store_n(&files.pid, getpid(), __ATOMIC_RELAXED);
	for (fd = 0; fd < files.size; fd++)
		if (files.by_fd[fd])
			files.by_fd[fd]->ops = &file_orphan_ops;
	pthread_mutex_unlock(&files.lock);
}
