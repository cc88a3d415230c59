/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/node.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ree/vm/vm_internal.h"

#define NODE_NAME_MAX 32u
#define NODE_FD_LIMIT (1 << 20)

struct node {
	struct list link; /* ree_vm.nodes, under its node_lock */
	struct ree_vm *vm;
	char name[NODE_NAME_MAX];
	const struct node_ops *ops;
	void *data;
};

struct open_file {
	struct node_file f;
	const struct node_ops *ops;
	unsigned int refs; /* under files.lock: the descriptor's and one per operation that runs */
};

/*
 * Descriptors are per process by nature, so is the table that gives them meaning. lock guards both
 * fields and every open_file.refs.
 */
static struct {
	pthread_mutex_t lock;
	struct open_file **by_fd;
	int size;
} files = { .lock = PTHREAD_MUTEX_INITIALIZER };

int node_register(struct ree_vm *vm, const char *name, const struct node_ops *ops, void *node_data,
		  struct node **nodep)
{
	struct node *node;
	struct list *pos;
	int ret = 0;

	if (strlen(name) >= NODE_NAME_MAX)
		return -EINVAL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	strcpy(node->name, name);
	node->vm = vm;
	node->ops = ops;
	node->data = node_data;
	pthread_mutex_lock(&vm->node_lock);
	list_for_each(pos, &vm->nodes)
		if (!strcmp(list_entry(pos, struct node, link)->name, name))
			ret = -EEXIST;
	if (!ret)
		list_add_tail(&vm->nodes, &node->link);
	pthread_mutex_unlock(&vm->node_lock);
	if (ret) {
		free(node);
		return ret;
	}
	*nodep = node;
	return 0;
}

void node_unregister(struct node *node)
{
	if (!node)
		return;
	pthread_mutex_lock(&node->vm->node_lock);
	list_del(&node->link);
	pthread_mutex_unlock(&node->vm->node_lock);
	free(node);
}

static void file_count(struct ree_vm *vm, int change)
{
	if (vm->hold)
		vm->hold(vm->hold_data, change);
}

static void file_put(struct open_file *of)
{
	struct ree_vm *vm = of->f.vm;
	bool last;

	pthread_mutex_lock(&files.lock);
	last = --of->refs == 0;
	pthread_mutex_unlock(&files.lock);
	if (!last)
		return;
	if (of->ops->release)
		of->ops->release(&of->f);
	free(of);
	file_count(vm, -1);
}

static struct open_file *file_get(int fd)
{
	struct open_file *of = NULL;

	pthread_mutex_lock(&files.lock);
	if (fd >= 0 && fd < files.size)
		of = files.by_fd[fd];
	if (of)
		of->refs++;
	pthread_mutex_unlock(&files.lock);
	return of;
}

/* Called with files.lock held. */
static int table_grow(int fd)
{
	struct open_file **table;
	int size = files.size ? files.size : 64;

	while (size <= fd)
		size *= 2;
	if (size > NODE_FD_LIMIT)
		return -EMFILE;
	table = realloc(files.by_fd, (size_t)size * sizeof(struct open_file *));
	if (!table)
		return -ENOMEM;
	memset(table + files.size, 0, (size_t)(size - files.size) * sizeof(struct open_file *));
	files.by_fd = table;
	files.size = size;
	return 0;
}

/*
 * Puts @of behind a descriptor of its own. A file that is still there belongs to a descriptor that the
 * program closed behind our back, with close(2) or closefrom(3): it is released now.
 */
static int file_install(struct open_file *of)
{
	struct open_file *stale = NULL;
	int ret = 0;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	pthread_mutex_lock(&files.lock);
	if (fd >= files.size)
		ret = table_grow(fd);
	if (!ret) {
		stale = files.by_fd[fd];
		files.by_fd[fd] = of;
		of->refs = 1;
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

static struct open_file *file_new(struct ree_vm *vm, const struct node_ops *ops, int flags)
{
	struct open_file *of = calloc(1, sizeof(*of));

	if (!of)
		return NULL;
	of->f.vm = vm;
	of->f.flags = flags;
	of->ops = ops;
	return of;
}

int node_open(struct ree_vm *vm, const char *name, int flags)
{
	struct open_file *of = NULL;
	struct list *pos;
	int ret = -ENOENT;
	int fd;

	file_count(vm, 1);
	pthread_mutex_lock(&vm->node_lock);
	list_for_each(pos, &vm->nodes) {
		struct node *node = list_entry(pos, struct node, link);

		if (strcmp(node->name, name))
			continue;
		of = file_new(vm, node->ops, flags);
		ret = of ? 0 : -ENOMEM;
		if (of)
			of->f.node_data = node->data;
		break;
	}
	pthread_mutex_unlock(&vm->node_lock);
	if (!ret && of->ops->open)
		ret = of->ops->open(&of->f);
	if (ret)
		goto err_free;
	fd = file_install(of);
	if (fd < 0) {
		ret = fd;
		goto err_release;
	}
	return fd;

err_release:
	if (of->ops->release)
		of->ops->release(&of->f);
err_free:
	free(of);
	file_count(vm, -1);
	return ret;
}

int node_install_fd(struct ree_vm *vm, const struct node_ops *ops, void *data)
{
	struct open_file *of = file_new(vm, ops, 0);
	int fd;

	if (!of)
		return -ENOMEM;
	of->f.data = data;
	file_count(vm, 1);
	fd = file_install(of);
	if (fd < 0) {
		free(of);
		file_count(vm, -1);
	}
	return fd;
}

void *node_lookup_fd(int fd, const struct node_ops *ops)
{
	struct open_file *of = file_get(fd);
	void *data;

	if (!of)
		return NULL;
	data = of->ops == ops ? of->f.data : NULL;
	file_put(of);
	return data;
}

int node_ioctl(int fd, unsigned long request, void *arg)
{
	struct open_file *of = file_get(fd);
	int ret;

	if (!of)
		return -EBADF;
	ret = of->ops->ioctl ? of->ops->ioctl(&of->f, (unsigned int)request, arg) : -ENOTTY;
	file_put(of);
	return ret;
}

int node_mmap(int fd, size_t len, int prot, void **addr)
{
	struct open_file *of = file_get(fd);
	int ret;

	if (!of)
		return -EBADF;
	ret = of->ops->mmap ? of->ops->mmap(&of->f, len, prot, addr) : -ENODEV;
	file_put(of);
	return ret;
}

ssize_t node_read(int fd, const struct iovec *iov, int iovcnt)
{
	struct open_file *of = file_get(fd);
	ssize_t ret;

	if (!of)
		return -EBADF;
	ret = of->ops->read ? of->ops->read(&of->f, iov, iovcnt) : -EINVAL;
	file_put(of);
	return ret;
}

ssize_t node_write(int fd, const struct iovec *iov, int iovcnt)
{
	struct open_file *of = file_get(fd);
	ssize_t ret;

	if (!of)
		return -EBADF;
	ret = of->ops->write ? of->ops->write(&of->f, iov, iovcnt) : -EINVAL;
	file_put(of);
	return ret;
}

int node_poll(int fd, short events, int timeout_ms)
{
	struct open_file *of = file_get(fd);
	int ret;

	if (!of)
		return -EBADF;
	/* As poll(2) on a file without the operation: always ready. */
	ret = of->ops->poll ? of->ops->poll(&of->f, events, timeout_ms) : events;
	file_put(of);
	return ret;
}

int node_close(int fd)
{
	struct open_file *of = NULL;

	pthread_mutex_lock(&files.lock);
	if (fd >= 0 && fd < files.size) {
		of = files.by_fd[fd];
		files.by_fd[fd] = NULL;
	}
	pthread_mutex_unlock(&files.lock);
	if (!of)
		return -EBADF;
	close(fd);
	file_put(of);
	return 0;
}

int node_owns(int fd)
{
	struct open_file *of = file_get(fd);

	if (!of)
		return 0;
	file_put(of);
	return 1;
}
