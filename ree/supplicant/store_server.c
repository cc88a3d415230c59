// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The storage's channel, in a thread of its own: a disk that takes its time doesn't keep images
 * from being loaded.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/supplicant/store.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"

#define TXBUF_TIMEOUT_MS 10000u

/*
 * The request is written by the interrupt, which any waiting thread takes; `waiting` hands it over.
 */
struct store_server {
	struct tipc_dev *dev;
	struct tipc_chan *chan;
	struct store store;
	pthread_t thread;
	void (*over)(void *data);
	void *data;
	struct supp_fs_req req;
	size_t len;
	bool waiting; /* req is to be answered */
	bool ended; /* the channel is gone, or the server is to stop */
};

static void handle_event(void *data, enum tipc_chan_event event, int status)
{
	struct store_server *s = data;

	(void)status;
	if (event != TIPC_CHANNEL_CONNECTED)
		__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
}

static void handle_msg(void *data, const volatile void *shm_msg, size_t len)
{
	struct store_server *s = data;

	/* One request at a time is the protocol; more than that isn't answered. */
	if (len > sizeof(s->req) || __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
		return;
	tipc_msg_copy(&s->req, shm_msg, len);
	s->len = len;
	__atomic_store_n(&s->waiting, true, __ATOMIC_RELEASE);
}

static const struct tipc_chan_ops chan_ops = {
	.handle_event = handle_event,
	.handle_msg = handle_msg,
};

static bool have_news(void *arg)
{
	struct store_server *s = arg;

	return __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&s->ended, __ATOMIC_ACQUIRE);
}

static int answer(struct store_server *s)
{
	const struct ree_vm_mem *shm = ree_vm_shm(tipc_dev_vm(s->dev));
	struct supp_fs_rsp rsp;
	struct tipc_txbuf *tx;
	int ret;

	store_serve(&s->store, &s->req, s->len, shm->base, shm->size, &rsp);
	__atomic_store_n(&s->waiting, false, __ATOMIC_RELEASE);
	ret = tipc_chan_get_txbuf(s->chan, TXBUF_TIMEOUT_MS, &tx);
	if (ret)
		return ret;
	ret = tx->size < sizeof(rsp) ? -EMSGSIZE : 0;
	if (!ret) {
		memcpy(tx->data, &rsp, sizeof(rsp));
		ret = tipc_chan_queue_msg(s->chan, tx, sizeof(rsp));
	}
	if (ret)
		tipc_chan_put_txbuf(s->chan, tx);
	return ret;
}

static void *server_main(void *arg)
{
	struct store_server *s = arg;
	struct ree_vm *vm = tipc_dev_vm(s->dev);
	int ret = tipc_chan_connect_wait(s->chan, SUPP_FS_PORT);

	while (!ret && !__atomic_load_n(&s->ended, __ATOMIC_ACQUIRE)) {
		ret = ree_vm_wait(vm, have_news, s, 0);
		if (!ret && __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
			ret = answer(s);
	}
	if (ret && !ree_vm_dead(vm))
		log_error("secure storage: %s", strerror(-ret));
	s->over(s->data);
	ree_vm_wake(vm);
	return NULL;
}

int store_server_start(struct tipc_dev *dev, const char *state_dir, void (*over)(void *data),
		       void *data, struct store_server **sp)
{
	struct store_server *s = calloc(1, sizeof(*s));
	sigset_t all, old;
	int ret;

	if (!s)
		return -ENOMEM;
	s->dev = dev;
	s->over = over;
	s->data = data;
	store_init(&s->store, state_dir);
	ret = tipc_chan_create(dev, &chan_ops, s, &s->chan);
	if (ret)
		goto err_free;
	/* Signals are the first thread's affair. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&s->thread, NULL, server_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		goto err_chan;
	*sp = s;
	return 0;
err_chan:
	tipc_chan_destroy(s->chan);
err_free:
	free(s);
	return ret;
}

void store_server_stop(struct store_server *s)
{
	if (!s)
		return;
	__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
	tipc_chan_shutdown(s->chan);
	ree_vm_wake(tipc_dev_vm(s->dev));
	pthread_join(s->thread, NULL);
	tipc_chan_destroy(s->chan);
	store_release(&s->store);
	free(s);
}
