/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/teelink/dev.h"
#include "lib/log.h"
#include "ree/mipstee/mipstee.h"
#include "ree/optee/optee.h"
#include "ree/smcq/smcq.h"
#include "ree/tee/tee_drv.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/file.h"
#include "ree/vm/inplace.h"
#include "ree/vm/node.h"
#include "ree/vm/registration.h"
#include "ree/vm/vm_internal.h"

#define ATTACH_TRIES 4u
#define ATTACH_PAUSE_US 10000u

struct machine {
	struct list node; /* current.all */
	int sock;         /* current.lock: of an attach that goes on, or -1 */
	struct ree_vm *vm; /* current.lock: set once */
	struct tee_subsys *tee;
	struct tipc_dev *tipc;
	struct mipstee *mipstee; /* one of the two drivers, or neither yet */
	struct optee *optee;
	bool wants_optee;
	unsigned int refs; /* current.lock: the slot's and one per open file or opening */
	bool retired;      /* current.lock: offline was seen, the next open attaches anew */
};

/* libteec's own VM: one of the two globals that the design allows. */
static struct {
	pthread_mutex_t renew_lock; /* one file is renewed at a time; taken before start_lock */
	pthread_mutex_t start_lock; /* one attach at a time; taken before lock */
	pthread_mutex_t lock;       /* the slot, all, refs, retired */
	struct machine *machine;
	struct list all; /* those that are gone and have open files, and those to be, too */
} current = {
	.renew_lock = PTHREAD_MUTEX_INITIALIZER,
	.start_lock = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = { &current.all, &current.all },
};

static void machine_unlist(struct machine *m)
{
	pthread_mutex_lock(&current.lock);
	list_del(&m->node);
	pthread_mutex_unlock(&current.lock);
}

static void machine_free(struct machine *m)
{
	struct mipstee *mt = m->mipstee;

	/* Removing the tipc device says offline once more: by then there is no tee device to tell. */
	machine_unlist(m);
	m->mipstee = NULL;
	mipstee_remove(mt);
	optee_remove(m->optee);
	m->optee = NULL;
	tipc_dev_remove(m->tipc);
	tee_subsys_destroy(m->tee);
	ree_vm_detach(m->vm);
	free(m);
}

static void machine_put(struct machine *m)
{
	bool last;

	pthread_mutex_lock(&current.lock);
	last = --m->refs == 0;
	pthread_mutex_unlock(&current.lock);
	if (last)
		machine_free(m);
}

/* The VM's files hold it: see ree_vm.hold. */
static void machine_hold(void *data, int change)
{
	struct machine *m = data;

	if (change < 0) {
		machine_put(m);
		return;
	}
	pthread_mutex_lock(&current.lock);
	m->refs++;
	pthread_mutex_unlock(&current.lock);
}

/* For status only: a machine that doesn't take it works as well. */
static void describe_device(struct machine *m, struct tee_device *tee_dev)
{
	struct tee_device_info info;
	struct ree_vm_device dev;
	int ret;

	tee_device_describe(tee_dev, &info);
	dev = (struct ree_vm_device){
		.name = info.name,
		.driver = info.driver,
		.impl_id = info.vers.impl_id,
		.impl_caps = info.vers.impl_caps,
		.gen_caps = info.vers.gen_caps,
	};
	ret = ree_vm_describe(m->vm, &dev);
	if (ret)
		log_debug("vm %u: %s isn't described: %s", ree_vm_id(m->vm), info.name, strerror(-ret));
}

static int machine_online(void *data, struct tipc_dev *tipc)
{
	struct machine *m = data;
	int ret;

	/* Back after having been offline: this VM is retired, the next open makes a new one. */
	if (m->mipstee)
		return -EBUSY;
	if (m->wants_optee)
		return 0;
	ret = mipstee_probe(m->tee, tipc, &m->mipstee);
	if (!ret)
		describe_device(m, mipstee_device(m->mipstee));
	return ret;
}

static void machine_offline(void *data, struct tipc_dev *tipc)
{
	struct machine *m = data;

	(void)tipc;
	__atomic_store_n(&m->retired, true, __ATOMIC_RELEASE);
	if (m->mipstee)
		mipstee_offline(m->mipstee);
	if (m->optee)
		optee_offline(m->optee);
}

static int probe_optee(struct machine *m)
{
	int ret = optee_probe(m->tee, m->vm, &m->optee);

	if (!ret)
		describe_device(m, optee_device(m->optee));
	return ret;
}

/* Which driver tee0 is to be: the user's choice. */
static int choose_driver(struct machine *m)
{
	const char *driver = secure_getenv("TEELINK_DRIVER");

	m->wants_optee = driver && !strcmp(driver, "optee");
	if (!driver || !*driver || m->wants_optee || !strcmp(driver, "mipstee"))
		return 0;
	log_error("TEELINK_DRIVER=%s: neither mipstee nor optee", driver);
	return -EINVAL;
}

static const struct tipc_dev_ops machine_tipc_ops = {
	.online = machine_online,
	.offline = machine_offline,
};

/* Memory in place is given back before the file table is locked: mappings change. */
static void machine_fork_prepare(void)
{
	struct list *pos;

	pthread_mutex_lock(&current.lock);
	list_for_each(pos, &current.all) {
		struct machine *m = list_entry(pos, struct machine, node);

		if (m->vm)
			ree_vm_in_place_fork_prepare(m->vm);
	}
	file_table_lock();
}

static void in_place_fork_done(void)
{
	struct list *pos;

	list_for_each(pos, &current.all) {
		struct machine *m = list_entry(pos, struct machine, node);

		if (m->vm)
			ree_vm_in_place_fork_done(m->vm);
	}
}

static void machine_fork_parent(void)
{
	file_table_unlock();
	in_place_fork_done();
	pthread_mutex_unlock(&current.lock);
}

/*
 * The child of a fork keeps nothing of the parent's VMs open: the hypervisor must see when the parent is
 * gone. An attach may be under way for long, no fork waits for that: its thread isn't in the child, and
 * neither are those that hold a lock of a VM's or a driver's. So nothing else of them is touched.
 */
static void machine_fork_child(void)
{
	struct list *pos;

	file_fork_child();
	in_place_fork_done();
	pthread_mutex_init(&current.renew_lock, NULL);
	pthread_mutex_init(&current.start_lock, NULL);
	list_for_each(pos, &current.all) {
		struct machine *m = list_entry(pos, struct machine, node);

		if (m->vm)
			vm_close_fds(m->vm);
		else if (m->sock >= 0)
			close(m->sock);
		m->sock = -1;
	}
	current.machine = NULL;
	pthread_mutex_unlock(&current.lock);
}

__attribute__((constructor)) static void machine_fork_register(void)
{
	pthread_atfork(machine_fork_prepare, machine_fork_parent, machine_fork_child);
}

static void machine_set_vm(struct machine *m, int sock, struct ree_vm *vm)
{
	pthread_mutex_lock(&current.lock);
	m->sock = sock;
	m->vm = vm;
	pthread_mutex_unlock(&current.lock);
}

/*
 * A machine that leaves takes connections until it is gone and hangs up on them: it was none, and the
 * next try finds or starts another.
 */
static int machine_attach(struct machine *m)
{
	struct ree_vm *vm = NULL;
	unsigned int i;
	int ret = -ECONNREFUSED;

	for (i = 0; i < ATTACH_TRIES && ret == -ECONNREFUSED; i++) {
		int sock;

		if (i)
			usleep(ATTACH_PAUSE_US << i);
		sock = machine_connect();
		if (sock < 0)
			return sock;
		machine_set_vm(m, sock, NULL);
		ret = ree_vm_attach(sock, &vm);
		machine_set_vm(m, -1, vm);
		if (ret)
			close(sock);
	}
	return ret;
}

/* What TEELINK_LINK names, NULL for what nobody knows. */
static const struct tipc_link_ops *machine_link(void)
{
	const char *name = secure_getenv("TEELINK_LINK");

	if (!name || !name[0] || !strcmp(name, "virtio"))
		return &tipc_virtio_link;
	if (!strcmp(name, "smcq"))
		return &tipc_smcq_link;
	log_warn("TEELINK_LINK is %s: neither virtio nor smcq", name);
	return NULL;
}

static int machine_start(struct machine **mp)
{
	const struct tipc_link_ops *link = machine_link();
	struct machine *m;
	int ret;

	if (!link)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->sock = -1;
	pthread_mutex_lock(&current.lock);
	list_add_tail(&current.all, &m->node);
	pthread_mutex_unlock(&current.lock);
	ret = choose_driver(m);
	if (!ret)
		ret = machine_attach(m);
	if (ret)
		goto err_free;
	m->vm->hold = machine_hold;
	m->vm->hold_data = m;
	m->refs = 1;
	ret = tee_subsys_create(m->vm, &m->tee);
	if (ret)
		goto err_detach;
	ret = registration_choose(m->vm, m->tee);
	if (ret)
		goto err_remove;
	ret = tipc_dev_probe(m->vm, link, &machine_tipc_ops, m, &m->tipc);
	if (ret)
		goto err_remove;
	if (m->wants_optee)
		ret = probe_optee(m);
	if (ret)
		goto err_tipc;
	*mp = m;
	return 0;

err_tipc:
	tipc_dev_remove(m->tipc);
err_remove:
	mipstee_remove(m->mipstee);
	tee_subsys_destroy(m->tee);
err_detach:
	machine_unlist(m); /* before what it leads to goes: a fork looks */
	ree_vm_detach(m->vm);
err_free:
	machine_unlist(m);
	free(m);
	return ret;
}

/* Nobody may have listened to the hypervisor since the machine went: ask before the VM is used again. */
static bool machine_usable(const struct machine *m)
{
	if (!ree_vm_dead(m->vm))
		vm_ctl_drain(m->vm);
	return !__atomic_load_n(&m->retired, __ATOMIC_ACQUIRE) && !ree_vm_dead(m->vm);
}

/* The machine in the slot, with a reference for the caller, or NULL. */
static struct machine *machine_current(void)
{
	struct machine *m;

	pthread_mutex_lock(&current.lock);
	m = current.machine;
	if (m)
		m->refs++;
	pthread_mutex_unlock(&current.lock);
	return m;
}

/* Puts @m (or NULL) into the slot; the slot's reference to what was there is dropped. */
static void machine_set_current(struct machine *m)
{
	struct machine *old;

	pthread_mutex_lock(&current.lock);
	old = current.machine;
	current.machine = m;
	if (m)
		m->refs++;
	pthread_mutex_unlock(&current.lock);
	if (old)
		machine_put(old);
}

/*
 * The current machine with a reference, attached if there is none. Racing first callers wait for one
 * attach: start_lock is held across it, current.lock isn't (probing registers nodes and takes holds).
 */
static int machine_get(struct machine **mp)
{
	struct machine *m;
	int ret = 0;

	pthread_mutex_lock(&current.start_lock);
	m = machine_current();
	if (m && !machine_usable(m)) {
		machine_set_current(NULL);
		machine_put(m);
		m = NULL;
	}
	if (!m) {
		ret = machine_start(&m);
		if (!ret)
			machine_set_current(m);
	}
	pthread_mutex_unlock(&current.start_lock);
	*mp = m;
	return ret;
}

/* At exit and dlclose of the library: nothing stays mapped or open when no file is. */
__attribute__((destructor)) static void machine_exit(void)
{
	struct machine *m;

	pthread_mutex_lock(&current.lock);
	m = current.machine;
	current.machine = NULL;
	/* Files that the program left open may be in use by threads that still run: leave them. */
	if (m && m->refs > 1) {
		m->refs--;
		m = NULL;
	}
	pthread_mutex_unlock(&current.lock);
	if (m)
		machine_free(m);
}

static const char *node_name(const char *name)
{
	return strncmp(name, "/dev/", 5) ? name : name + 5;
}

static int dev_open(const char *name, int flags)
{
	struct machine *m;
	int ret;

	if (!name)
		return -EFAULT;
	ret = machine_get(&m);
	if (ret)
		return ret;
	ret = node_open(m->vm, node_name(name), flags);
	if (ret == -EIO)
		ret = -ENODEV;
	machine_put(m);
	return ret;
}

static bool vm_usable(struct ree_vm *vm)
{
	return machine_usable(vm->hold_data);
}

static int dev_renew(int fd)
{
	int ret;

	pthread_mutex_lock(&current.renew_lock);
	ret = file_renew(fd, vm_usable, dev_open);
	pthread_mutex_unlock(&current.renew_lock);
	return ret;
}

static int dev_exists(const char *name)
{
	struct machine *m;
	int ret;

	if (!name)
		return -EFAULT;
	ret = machine_get(&m);
	if (ret)
		return ret;
	ret = node_exists(m->vm, node_name(name)) ? 0 : -ENOENT;
	machine_put(m);
	return ret;
}

const struct teelink_dev_ops *teelink_dev(void)
{
	static const struct teelink_dev_ops ops = {
		.open = dev_open,
		.ioctl = node_ioctl,
		.mmap = node_mmap,
		.read = node_read,
		.write = node_write,
		.poll = node_poll,
		.close = node_close,
		.owns = node_owns,
		.exists = dev_exists,
		.munmap = node_munmap,
		.dup = node_dup,
		.dup3 = node_dup3,
		.forget = node_forget,
		.reserved = node_reserved,
		.next_reserved = node_next_reserved,
		.fcntl = node_fcntl,
		.ppoll = node_ppoll,
		.renew = dev_renew,
	};

	return &ops;
}
