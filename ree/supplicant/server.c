// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"

#define TXBUF_TIMEOUT_MS 10000u
#define STOP_TIMEOUT_S 5
#define SERVER_MAX_PEEK 64u /* bytes of a message that may be taken before others */

/*
 * The request is written by the interrupt, which any waiting thread takes; `waiting` hands it over.
 */
struct server {
	struct server_config cfg;
	struct tipc_dev *dev;
	struct tipc_chan *chan;
	pthread_t thread;
	bool has_thread;
	bool waiting; /* req is to be answered */
	size_t len;
	uint8_t req[] __attribute__((aligned(8)));
};

static void handle_event(void *data, enum tipc_chan_event event, int status)
{
	struct server *s = data;

	(void)status;
	if (event != TIPC_CHANNEL_CONNECTED)
		__atomic_store_n(s->cfg.over, true, __ATOMIC_RELEASE);
}

static void handle_msg(void *data, const volatile void *shm_msg, size_t len)
{
	uint8_t copy[SERVER_MAX_PEEK];
	struct server *s = data;

	if (s->cfg.peek && len <= sizeof(copy)) {
		tipc_msg_copy(copy, shm_msg, len);
		if (s->cfg.peek(s->cfg.data, copy, len))
			return;
	}
	/* One request at a time is the protocol; more than that isn't answered. */
	if (len > s->cfg.max_req || __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
		return;
	tipc_msg_copy(s->req, shm_msg, len);
	s->len = len;
	__atomic_store_n(&s->waiting, true, __ATOMIC_RELEASE);
}

static const struct tipc_chan_ops chan_ops = {
	.handle_event = handle_event,
	.handle_msg = handle_msg,
};

static bool is_over(const struct server *s)
{
	return __atomic_load_n(s->cfg.over, __ATOMIC_ACQUIRE);
}

static bool have_news(void *arg)
{
	struct server *s = arg;

	return __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE) || is_over(s);
}

static int answer(struct server *s)
{
	struct tipc_txbuf *tx;
	size_t len;
	int ret;

	ret = tipc_chan_get_txbuf(s->chan, TXBUF_TIMEOUT_MS, &tx);
	if (ret)
		return ret;
	if (tx->size < s->cfg.min_room) {
		tipc_chan_put_txbuf(s->chan, tx);
		return -EMSGSIZE;
	}
	len = s->cfg.serve(s->cfg.data, s->req, s->len, tx->data, tx->size);
	/* The next question may come as soon as this one's answer is there. */
	__atomic_store_n(&s->waiting, false, __ATOMIC_RELEASE);
	ret = tipc_chan_queue_msg(s->chan, tx, len);
	if (ret)
		tipc_chan_put_txbuf(s->chan, tx);
	return ret;
}

int server_run(struct server *s)
{
	struct ree_vm *vm = tipc_dev_vm(s->dev);
	int ret = tipc_chan_connect_wait(s->chan, s->cfg.port);

	while (!ret && !is_over(s)) {
		ret = ree_vm_wait(vm, have_news, s, 0);
		if (!ret && __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
			ret = answer(s);
	}
	__atomic_store_n(s->cfg.over, true, __ATOMIC_RELEASE);
	ree_vm_wake(vm);
	return ree_vm_dead(vm) ? 0 : ret;
}

static void *thread_main(void *arg)
{
	struct server *s = arg;
	int ret = server_run(s);

	if (ret)
		log_error("%s: %s", s->cfg.port, strerror(-ret));
	return NULL;
}

int server_start(struct server *s)
{
	sigset_t all, old;
	int ret;

	/* Signals are the first thread's affair. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&s->thread, NULL, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->has_thread = !ret;
	return ret;
}

int server_create(struct tipc_dev *dev, const struct server_config *cfg, struct server **sp)
{
	struct server *s = calloc(1, sizeof(*s) + cfg->max_req);
	int ret;

	if (!s)
		return -ENOMEM;
	s->cfg = *cfg;
	s->dev = dev;
	ret = tipc_chan_create(dev, &chan_ops, s, &s->chan);
	if (ret) {
		free(s);
		return ret;
	}
	*sp = s;
	return 0;
}

int server_stop(struct server *s)
{
	struct timespec until;

	if (!s || !s->has_thread)
		return 0;
	/* It may still wait for its connection. */
	tipc_chan_shutdown(s->chan);
	ree_vm_wake(tipc_dev_vm(s->dev));
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_TIMEOUT_S;
	if (pthread_timedjoin_np(s->thread, NULL, &until))
		return -EBUSY;
	s->has_thread = false;
	return 0;
}

void server_destroy(struct server *s)
{
	if (!s)
		return;
	tipc_chan_destroy(s->chan);
	free(s);
}
