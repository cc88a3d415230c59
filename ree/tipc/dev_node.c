/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Files of trusty-ipc-dev0: one channel each (seed "tipc - trusty ipc": tipc_fops). */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "include/teelink/dev.h"
#include "lib/log.h"
#include "ree/vm/vm.h"

struct file_msg {
	struct list link;
	size_t len;
	uint8_t data[];
};

struct tipc_file {
	struct ree_vm *vm;
	struct tipc_chan *chan;
	pthread_mutex_t lock; /* all below; taken in the interrupt */
	/* What the channel's events said; STALE also when the peer overflowed us. */
	enum tipc_chan_state state;
	struct list rx; /* struct file_msg, at most TIPC_MAX_MSG_BUFS */
	unsigned int num_rx;
};

static void file_handle_event(void *data, enum tipc_chan_event event, int status)
{
	struct tipc_file *f = data;

	(void)status;
	pthread_mutex_lock(&f->lock);
	switch (event) {
	case TIPC_CHANNEL_CONNECTED:
		f->state = TIPC_CONNECTED;
		break;
	case TIPC_CHANNEL_DISCONNECTED:
		f->state = TIPC_DISCONNECTED;
		break;
	case TIPC_CHANNEL_SHUTDOWN:
	default:
		f->state = TIPC_STALE;
		break;
	}
	pthread_mutex_unlock(&f->lock);
}

/* Called with the lock held. False: no room, by limit or for want of memory. */
static bool file_queue_msg(struct tipc_file *f, const volatile void *shm_msg, size_t len)
{
	struct file_msg *msg;

	if (f->num_rx == TIPC_MAX_MSG_BUFS)
		return false;
	msg = malloc(sizeof(*msg) + len);
	if (!msg)
		return false;
	msg->len = len;
	tipc_msg_copy(msg->data, shm_msg, len);
	list_add_tail(&f->rx, &msg->link);
	f->num_rx++;
	return true;
}

static void file_handle_msg(void *data, const volatile void *shm_msg, size_t len)
{
	struct tipc_file *f = data;
	bool overflow = false;

	pthread_mutex_lock(&f->lock);
	if (f->state == TIPC_CONNECTED && !file_queue_msg(f, shm_msg, len)) {
		/* A message lost in silence would be worse than an end that both sides see. */
		overflow = true;
		f->state = TIPC_STALE;
	}
	pthread_mutex_unlock(&f->lock);
	if (overflow) {
		log_warn("vm %u: tipc: the peer sends more than is read: disconnected",
			 ree_vm_id(f->vm));
		tipc_chan_shutdown(f->chan);
	}
}

static const struct tipc_chan_ops file_chan_ops = {
	.handle_event = file_handle_event,
	.handle_msg = file_handle_msg,
};

static int file_open(struct node_file *file)
{
	struct tipc_dev *dev = file->node_data;
	struct tipc_file *f = calloc(1, sizeof(*f));
	int ret;

	if (!f)
		return -ENOMEM;
	/* The device may have come back without anybody having looked. */
	ree_vm_poll_irq(file->vm);
	tipc_dev_settle(dev);
	f->vm = file->vm;
	f->state = TIPC_DISCONNECTED;
	list_init(&f->rx);
	pthread_mutex_init(&f->lock, NULL);
	ret = tipc_chan_create(dev, &file_chan_ops, f, &f->chan);
	if (ret) {
		pthread_mutex_destroy(&f->lock);
		free(f);
		return ret;
	}
	file->data = f;
	return 0;
}

static void file_release(struct node_file *file)
{
	struct tipc_file *f = file->data;
	struct list *node;

	tipc_chan_destroy(f->chan);
	while ((node = list_pop(&f->rx)))
		free(list_entry(node, struct file_msg, link));
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static int file_connect(struct tipc_file *f, const char *arg)
{
	char name[TIPC_MAX_SRV_NAME_LEN];
	size_t len;
	int ret;

	if (!arg)
		return -EFAULT;
	len = strnlen(arg, sizeof(name));
	if (len == sizeof(name))
		return -ENAMETOOLONG;
	/* Copied: the program may change it under us. */
	memcpy(name, arg, len);
	name[len] = '\0';
	ret = tipc_chan_connect(f->chan, name);
	if (ret)
		return ret;
	ret = tipc_chan_wait_answer(f->chan);
	if (ret == -ETIMEDOUT || ret == -EIO) {
		pthread_mutex_lock(&f->lock);
		f->state = TIPC_STALE;
		pthread_mutex_unlock(&f->lock);
	}
	/* A refusal looks as in Linux, where the reason doesn't reach the program. */
	return ret == -ECONNREFUSED || ret == -EACCES ? -ENOTCONN : ret;
}

static int file_ioctl(struct node_file *file, unsigned int cmd, void *arg)
{
	switch (cmd) {
	case TIPC_IOC_CONNECT:
		return file_connect(file->data, arg);
	default:
		return -ENOTTY;
	}
}

static int iov_total(const struct iovec *iov, int iovcnt, size_t *total)
{
	int i;

	*total = 0;
	for (i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len > (size_t)SSIZE_MAX - *total)
			return -EINVAL;
		*total += iov[i].iov_len;
	}
	return iovcnt < 0 ? -EINVAL : 0;
}

static bool file_readable(void *arg)
{
	struct tipc_file *f = arg;
	bool ready;

	pthread_mutex_lock(&f->lock);
	ready = f->state != TIPC_CONNECTED || !list_empty(&f->rx);
	pthread_mutex_unlock(&f->lock);
	return ready;
}

/* Copies the first message out. -EAGAIN: none yet. */
static ssize_t file_read_msg(struct tipc_file *f, const struct iovec *iov, size_t room)
{
	struct file_msg *msg;
	ssize_t ret;
	size_t done = 0;

	pthread_mutex_lock(&f->lock);
	if (list_empty(&f->rx)) {
		ret = -EAGAIN;
		if (f->state != TIPC_CONNECTED)
			ret = f->state == TIPC_STALE ? -ESHUTDOWN : -ENOTCONN;
		goto out;
	}
	msg = list_entry(f->rx.next, struct file_msg, link);
	ret = -EMSGSIZE;
	if (msg->len > room)
		goto out; /* it stays: the next read may be larger */
	for (; done < msg->len; iov++) {
		size_t n = msg->len - done < iov->iov_len ? msg->len - done : iov->iov_len;

		if (n)
			memcpy(iov->iov_base, msg->data + done, n);
		done += n;
	}
	list_del(&msg->link);
	f->num_rx--;
	ret = (ssize_t)msg->len;
	free(msg);
out:
	pthread_mutex_unlock(&f->lock);
	return ret;
}

static ssize_t file_read(struct node_file *file, const struct iovec *iov, int iovcnt)
{
	struct tipc_file *f = file->data;
	size_t room;
	ssize_t ret;
	int err = iov_total(iov, iovcnt, &room);

	if (err)
		return err;
	for (;;) {
		ret = file_read_msg(f, iov, room);
		if (ret != -EAGAIN)
			return ret;
		if (file->flags & O_NONBLOCK) {
			ree_vm_poll_irq(f->vm);
			return file_read_msg(f, iov, room);
		}
		err = ree_vm_wait(f->vm, file_readable, f, 0);
		if (err)
			return err;
	}
}

static ssize_t file_write(struct node_file *file, const struct iovec *iov, int iovcnt)
{
	struct tipc_file *f = file->data;
	unsigned int timeout = file->flags & O_NONBLOCK ? 0 : TIPC_TXBUF_TIMEOUT_MS;
	struct tipc_txbuf *txbuf;
	size_t len, done = 0;
	int ret, i;

	ret = iov_total(iov, iovcnt, &len);
	if (ret)
		return ret;
	ret = tipc_chan_get_txbuf(f->chan, timeout, &txbuf);
	if (ret)
		return ret;
	ret = tipc_chan_grow_txbuf(f->chan, txbuf, len);
	if (ret)
		goto err_put;
	for (i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len)
			memcpy(txbuf->data + done, iov[i].iov_base, iov[i].iov_len);
		done += iov[i].iov_len;
	}
	ret = tipc_chan_queue_msg(f->chan, txbuf, len);
	if (ret)
		goto err_put;
	return (ssize_t)len;

err_put:
	tipc_chan_put_txbuf(f->chan, txbuf);
	return ret;
}

static short file_poll(struct node_file *file)
{
	struct tipc_file *f = file->data;
	short mask = POLLOUT | POLLWRNORM; /* as Linux: a write waits for its buffer itself */

	pthread_mutex_lock(&f->lock);
	if (!list_empty(&f->rx))
		mask |= POLLIN | POLLRDNORM;
	if (f->state != TIPC_CONNECTED)
		mask |= POLLERR;
	pthread_mutex_unlock(&f->lock);
	return mask;
}

const struct node_ops tipc_node_ops = {
	.open = file_open,
	.release = file_release,
	.ioctl = file_ioctl,
	.read = file_read,
	.write = file_write,
	.poll = file_poll,
};
