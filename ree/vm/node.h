/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Device nodes of an in-process VM: the registry behind include/teelink/dev.h. Drivers register nodes
 * as Linux drivers add cdevs; opened files carry a driver's private pointer.
 * Thread rule: any thread. A file's operations may run on several threads at once; release runs after
 * the last of them.
 * Ownership rule: a node holds nothing; node_file belongs to the registry, its `data` to the driver.
 */
#ifndef TEELINK_REE_VM_NODE_H
#define TEELINK_REE_VM_NODE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define NODE_NAME_MAX 32u

struct ree_vm;
struct node;

struct node_file {
	struct ree_vm *vm;
	void *node_data; /* what the driver registered with; NULL for anonymous files */
	void *data;      /* the driver's own, set in open */
	int flags;       /* O_NONBLOCK… */
};

/*
 * All return 0 or more, or -errno. A missing operation is -ENOTTY (ioctl), -EINVAL or -ENODEV.
 * @poll says which of POLLIN, POLLRDNORM, POLLOUT, POLLERR… hold now; it neither waits nor takes
 * interrupts. A file without it is always ready, as in Linux.
 */
struct node_ops {
	int (*open)(struct node_file *file);
	void (*release)(struct node_file *file);
	int (*ioctl)(struct node_file *file, unsigned int cmd, void *arg);
	int (*mmap)(struct node_file *file, size_t len, int prot, void **addr);
	ssize_t (*read)(struct node_file *file, const struct iovec *iov, int iovcnt);
	ssize_t (*write)(struct node_file *file, const struct iovec *iov, int iovcnt);
	short (*poll)(struct node_file *file);
};

/**
 * node_register() - make @name ("tee0") openable
 *
 * Return: 0, -EEXIST, -ENOMEM.
 */
int node_register(struct ree_vm *vm, const char *name, const struct node_ops *ops, void *node_data,
		  struct node **nodep);
/*
 * After this no new open finds the node; one that has begun may still reach the driver, so what
 * @node_data points to lives until the VM's last file is closed. NULL is fine.
 */
void node_unregister(struct node *node);

/**
 * node_install_fd() - descriptor for an anonymous file, as a dma-buf's
 *
 * @ops->open is not called. Return: descriptor, or -errno (then @data stays the caller's).
 */
int node_install_fd(struct ree_vm *vm, const struct node_ops *ops, void *data);

/**
 * node_lookup_fd() - the driver's data behind a descriptor, when it was made with @ops
 *
 * Return: @data, or NULL. The caller must know by other means that the file stays open.
 */
void *node_lookup_fd(int fd, const struct node_ops *ops);

bool node_exists(struct ree_vm *vm, const char *name);

/* Operations on one VM's nodes, what teelink_dev() is made of. @name without "/dev/". */
int node_open(struct ree_vm *vm, const char *name, int flags);
int node_ioctl(int fd, unsigned long request, void *arg);
int node_mmap(int fd, size_t len, int prot, void **addr);
int node_munmap(void *addr, size_t len);
ssize_t node_read(int fd, const struct iovec *iov, int iovcnt);
ssize_t node_write(int fd, const struct iovec *iov, int iovcnt);
int node_poll(int fd, short events, int timeout_ms);
int node_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask);
int node_fcntl(int fd, int cmd, int arg);
/* Without a lock: also for a signal handler. */
int node_owns(int fd);
int node_reserved(int fd);
/* From @first to @last, or UINT_MAX. */
unsigned int node_next_reserved(unsigned int first, unsigned int last);

/* As the system calls of these names do: 0 or more, or -errno. -EBADF: not one of ours. */
int node_dup(int fd, int min);
int node_dup3(int fd, int new_fd, int flags);
int node_close(int fd);
/* Releases what is behind the descriptors from @first to @last and leaves their numbers taken. */
void node_forget(unsigned int first, unsigned int last);

#endif
