/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/ree/mipstee_fake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fake_link *of_vm(const struct ree_vm *vm)
{
	return (struct fake_link *)((uintptr_t)vm - offsetof(struct fake_link, vm));
}

static int fake_chan_create(struct tipc_dev *dev, const struct tipc_chan_ops *ops, void *data,
			    struct tipc_chan **chanp)
{
	struct tipc_chan *chan = calloc(1, sizeof(*chan));

	assert(chan);
	chan->fl = dev->fl;
	chan->ops = ops;
	chan->data = data;
	dev->fl->num_chans++;
	*chanp = chan;
	return 0;
}

static int fake_connect_wait(struct tipc_chan *chan, const char *name)
{
	assert(!strcmp(name, "tee.sess_manager.command_msg"));
	if (chan->fl->connect_ret) {
		chan->ops->handle_event(chan->data, TIPC_CHANNEL_DISCONNECTED, -2);
		return chan->fl->connect_ret;
	}
	chan->ops->handle_event(chan->data, TIPC_CHANNEL_CONNECTED, 0);
	chan->connected = true;
	return 0;
}

static size_t fake_max_msg_size(struct tipc_chan *chan)
{
	return chan->fl->max_msg_size;
}

static int fake_get_txbuf(struct tipc_chan *chan, unsigned int timeout_ms,
			  struct tipc_txbuf **txbufp)
{
	struct tipc_txbuf *txbuf;

	assert(timeout_ms);
	if (chan->fl->txbuf_ret)
		return chan->fl->txbuf_ret;
	txbuf = calloc(1, sizeof(*txbuf) + MIPSTEE_MAX_MSG);
	assert(txbuf);
	txbuf->data = (uint8_t *)(txbuf + 1);
	txbuf->size = MIPSTEE_MAX_MSG;
	pthread_mutex_lock(&chan->fl->lock);
	chan->fl->num_txbufs++;
	pthread_mutex_unlock(&chan->fl->lock);
	*txbufp = txbuf;
	return 0;
}

static void fake_put_txbuf(struct tipc_chan *chan, struct tipc_txbuf *txbuf)
{
	pthread_mutex_lock(&chan->fl->lock);
	chan->fl->num_txbufs--;
	pthread_mutex_unlock(&chan->fl->lock);
	free(txbuf);
}

size_t fake_respond(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	ans->arg.ret = fl->result;
	ans->arg.ret_origin = 4;
	if (ans->arg.cmd == MIPSTEE_CMD_OPEN_SESSION && !fl->result)
		ans->arg.session = ++fl->next_session;
	return ans->arg.cmd == MIPSTEE_CMD_CANCEL ? 0 : len;
}

static int fake_queue_msg(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len)
{
	struct fake_link *fl = chan->fl;
	struct mipstee_msg ans;
	struct fake_msg *m;

	if (fl->queue_ret)
		return fl->queue_ret;
	assert(chan->connected);
	assert(len <= sizeof(m->msg));
	pthread_mutex_lock(&fl->lock);
	assert(fl->num_sent < FAKE_MAX_MSGS);
	m = &fl->sent[fl->num_sent++];
	m->chan = chan;
	m->len = len;
	memcpy(&m->msg, txbuf->data, len);
	memcpy(&ans, txbuf->data, len);
	pthread_cond_broadcast(&fl->changed);
	pthread_mutex_unlock(&fl->lock);
	fake_put_txbuf(chan, txbuf);
	if (fl->respond) {
		len = fl->respond(fl, &ans, len);
		if (len)
			fake_link_deliver(chan, &ans, len);
	}
	return 0;
}

static void fake_shutdown(struct tipc_chan *chan)
{
	chan->connected = false;
	chan->shutdowns++;
}

static void fake_destroy(struct tipc_chan *chan)
{
	chan->fl->num_chans--;
	free(chan);
}

static int fake_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	struct fake_link *fl = of_vm(vm);
	int ret = 0;

	assert(!timeout_ms);
	pthread_mutex_lock(&fl->lock);
	while (!cond(arg) && !fl->dead)
		pthread_cond_wait(&fl->changed, &fl->lock);
	if (!cond(arg))
		ret = -EIO;
	pthread_mutex_unlock(&fl->lock);
	return ret;
}

static void fake_wake(struct ree_vm *vm)
{
	struct fake_link *fl = of_vm(vm);

	pthread_mutex_lock(&fl->lock);
	pthread_cond_broadcast(&fl->changed);
	pthread_mutex_unlock(&fl->lock);
}

static const struct ree_vm_mem *fake_shm(const struct ree_vm *vm)
{
	return &of_vm(vm)->shm;
}

static void map_memfd(struct ree_vm_mem *mem, uint64_t gpa, size_t size)
{
	int ret;

	mem->gpa = gpa;
	mem->size = size;
	mem->fd = memfd_create("fake", MFD_CLOEXEC);
	assert(mem->fd >= 0);
	ret = ftruncate(mem->fd, (off_t)size);
	assert(!ret);
	mem->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
	assert(mem->base != MAP_FAILED);
}

static int fake_ds_create(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fake_link *fl = of_vm(vm);
	struct ree_vm_ds *ds;

	if (fl->ds_ret)
		return fl->ds_ret;
	ds = calloc(1, sizeof(*ds));
	assert(ds);
	ds->id = ++fl->ds_created;
	map_memfd(&ds->mem, FAKE_DS_GPA * ds->id, (size + page - 1) & ~(page - 1));
	fl->num_ds++;
	*dsp = ds;
	return 0;
}

static void fake_ds_destroy(struct ree_vm *vm, struct ree_vm_ds *ds)
{
	munmap(ds->mem.base, ds->mem.size);
	close(ds->mem.fd);
	free(ds);
	of_vm(vm)->num_ds--;
}

/* Any memfd does for a fake machine. */
static int fake_ds_import(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size <= 0 ? -EINVAL : fake_ds_create(vm, (size_t)size, dsp);
}

static int fake_find_mem(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
			 unsigned int max)
{
	struct fake_link *fl = of_vm(vm);
	unsigned int i;

	(void)addr;
	if (!fl->find_ret)
		return -ENXIO;
	/* As many pieces as the test wants, each a page after a hole. */
	assert(fl->find_ret <= (int)max);
	for (i = 0; (int)i < fl->find_ret; i++)
		runs[i] = (struct ree_vm_run){ FAKE_DS_GPA + i * 0x2000, 0x1000 };
	runs[i - 1].len = len - (i - 1) * 0x1000;
	return fl->find_ret;
}

static const struct mipstee_link_ops fake_link_ops = {
	.chan_create = fake_chan_create,
	.chan_connect_wait = fake_connect_wait,
	.chan_max_msg_size = fake_max_msg_size,
	.chan_get_txbuf = fake_get_txbuf,
	.chan_put_txbuf = fake_put_txbuf,
	.chan_queue_msg = fake_queue_msg,
	.chan_shutdown = fake_shutdown,
	.chan_destroy = fake_destroy,
	.wait = fake_wait,
	.wake = fake_wake,
	.shm = fake_shm,
	.ds_create = fake_ds_create,
	.ds_import = fake_ds_import,
	.ds_destroy = fake_ds_destroy,
	.find_mem = fake_find_mem,
};

struct fake_link *fake_link_up(void)
{
	struct fake_link *fl = calloc(1, sizeof(*fl));
	int ret;

	assert(fl);
	pthread_mutex_init(&fl->vm.node_lock, NULL);
	list_init(&fl->vm.nodes);
	pthread_mutex_init(&fl->lock, NULL);
	pthread_cond_init(&fl->changed, NULL);
	map_memfd(&fl->shm, FAKE_SHM_GPA, FAKE_SHM_PAGES * (size_t)sysconf(_SC_PAGESIZE));
	fl->tipc.fl = fl;
	fl->respond = fake_respond;
	fl->max_msg_size = MIPSTEE_MAX_MSG;
	ret = tee_subsys_create(&fl->vm, &fl->tee);
	assert(!ret);
	ret = mipstee_probe_on(&fake_link_ops, fl->tee, &fl->tipc, &fl->vm, &fl->mt);
	assert(!ret);
	return fl;
}

void fake_link_down(struct fake_link *fl)
{
	mipstee_remove(fl->mt);
	tee_subsys_destroy(fl->tee);
	/* Nothing that the driver took from the link is left. */
	assert(!fl->num_chans && !fl->num_ds && !fl->num_txbufs);
	munmap(fl->shm.base, fl->shm.size);
	close(fl->shm.fd);
	pthread_mutex_destroy(&fl->vm.node_lock);
	pthread_mutex_destroy(&fl->lock);
	pthread_cond_destroy(&fl->changed);
	free(fl);
}

int fake_link_open(struct fake_link *fl)
{
	return node_open(&fl->vm, "tee0", 0);
}

void fake_link_wait_sent(struct fake_link *fl, unsigned int num)
{
	pthread_mutex_lock(&fl->lock);
	while (fl->num_sent < num)
		pthread_cond_wait(&fl->changed, &fl->lock);
	pthread_mutex_unlock(&fl->lock);
}

void fake_link_deliver(struct tipc_chan *chan, const void *bytes, size_t len)
{
	/* A buffer of exactly that length: reading beyond it is seen by the address sanitizer. */
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	memcpy(copy, bytes, len);
	chan->ops->handle_msg(chan->data, copy, len);
	free(copy);
	fake_wake(&chan->fl->vm);
}

void fake_link_event(struct tipc_chan *chan, enum tipc_chan_event event)
{
	chan->ops->handle_event(chan->data, event, 0);
}

void fake_link_die(struct fake_link *fl)
{
	pthread_mutex_lock(&fl->lock);
	fl->dead = true;
	pthread_mutex_unlock(&fl->lock);
	fake_wake(&fl->vm);
}

const struct mipstee_msg *fake_link_last(struct fake_link *fl)
{
	assert(fl->num_sent);
	return &fl->sent[fl->num_sent - 1].msg;
}
