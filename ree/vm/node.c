/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/node.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ree/vm/file.h"
#include "ree/vm/mapping.h"
#include "ree/vm/vm_internal.h"

struct node {
	struct list link; /* ree_vm.nodes, under its node_lock */
	struct ree_vm *vm;
	char name[NODE_NAME_MAX];
	const struct node_ops *ops;
	void *data;
};

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

/* Gives @of its operations, those of the node called @name. */
static int find_node(struct ree_vm *vm, const char *name, struct open_file *of)
{
	struct list *pos;
	int ret = -ENOENT;

	pthread_mutex_lock(&vm->node_lock);
	list_for_each(pos, &vm->nodes) {
		const struct node *node = list_entry(pos, struct node, link);

		if (strcmp(node->name, name))
			continue;
		of->ops = node->ops;
		of->f.node_data = node->data;
		ret = 0;
		break;
	}
	pthread_mutex_unlock(&vm->node_lock);
	return ret;
}

bool node_exists(struct ree_vm *vm, const char *name)
{
	struct open_file nobody = { .refs = 0 };

	return !find_node(vm, name, &nobody);
}

int node_open(struct ree_vm *vm, const char *name, int flags)
{
	struct open_file *of = file_new(vm, NULL, flags);
	int ret, fd;

	if (!of)
		return -ENOMEM;
	ret = find_node(vm, name, of);
	if (!ret)
		strcpy(of->node, name);
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
	file_free(of);
	return ret;
}

int node_install_fd(struct ree_vm *vm, const struct node_ops *ops, void *data)
{
	struct open_file *of = file_new(vm, ops, 0);
	int fd;

	if (!of)
		return -ENOMEM;
	of->f.data = data;
	fd = file_install(of);
	if (fd < 0)
		file_free(of);
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
	if (!ret) {
		ret = mapping_add(*addr, len, of);
		if (ret)
			munmap(*addr, len);
	}
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

/* What fcntl(2) tells of a file and changes in it, but for its number. */
int node_fcntl(int fd, int cmd, int arg)
{
	struct open_file *of = file_get(fd);
	int ret = 0;

	if (!of)
		return -EBADF;
	switch (cmd) {
	case F_GETFL:
		ret = __atomic_load_n(&of->f.flags, __ATOMIC_RELAXED) &
		      ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
		break;
	case F_SETFL:
		ret = of->f.flags & ~O_NONBLOCK;
		__atomic_store_n(&of->f.flags, ret | (arg & O_NONBLOCK), __ATOMIC_RELAXED);
		ret = 0;
		break;
	default:
		ret = -EINVAL;
		break;
	}
	file_put(of);
	return ret;
}
