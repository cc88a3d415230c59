// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/supplicant.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "ree/supplicant/store.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"
#include "wire/supp.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_NOT_SUPPORTED 0xffff000au

#define TXBUF_TIMEOUT_MS 10000u

/*
 * The request is written by the interrupt, which is taken by whoever waits: this thread. `waiting`
 * is atomic all the same, since the VM's owner may take interrupts elsewhere.
 */
struct supplicant {
	struct ree_vm *vm;
	struct tipc_dev *dev;
	struct tipc_chan *chan;
	char *const *dirs;
	struct ta_file file;
	struct supp_req req;
	bool waiting; /* req is to be answered */
	bool over;    /* the channel is gone */
};

static void handle_event(void *data, enum tipc_chan_event event, int status)
{
	struct supplicant *s = data;

	(void)status;
	if (event != TIPC_CHANNEL_CONNECTED)
		__atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
}

static void handle_msg(void *data, const volatile void *shm_msg, size_t len)
{
	struct supplicant *s = data;

	/* One request at a time is the protocol; more than that isn't answered. */
	if (len != sizeof(s->req) || __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
		return;
	memcpy(&s->req, (const void *)(uintptr_t)shm_msg, sizeof(s->req));
	__atomic_store_n(&s->waiting, true, __ATOMIC_RELEASE);
}

static const struct tipc_chan_ops chan_ops = {
	.handle_event = handle_event,
	.handle_msg = handle_msg,
};

static int dev_online(void *data, struct tipc_dev *dev)
{
	(void)data;
	(void)dev;
	return 0;
}

static void dev_offline(void *data, struct tipc_dev *dev)
{
	struct supplicant *s = data;

	(void)dev;
	__atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
}

static const struct tipc_dev_ops dev_ops = {
	.online = dev_online,
	.offline = dev_offline,
};

static bool have_news(void *arg)
{
	struct supplicant *s = arg;

	return __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&s->over, __ATOMIC_ACQUIRE);
}

/* Fills in @rsp and the bytes behind it. */
static void load_ta(struct supplicant *s, const struct supp_req *req, struct supp_rsp *rsp,
		    uint8_t *data, size_t room)
{
	ssize_t n;
	int ret;

	if (req->offset == 0 || s->file.fd < 0 ||
	    memcmp(s->file.uuid, req->uuid, sizeof(req->uuid))) {
		ret = ta_file_open(&s->file, s->dirs, req->uuid);
		if (ret) {
			if (ret != -ENOENT)
				log_warn("a TA's image: %s", strerror(-ret));
			rsp->result = TEE_ERROR_ITEM_NOT_FOUND;
			return;
		}
	}
	rsp->total = s->file.size;
	if (rsp->total > SUPP_MAX_IMAGE)
		return;
	n = ta_file_read(&s->file, req->offset, data, req->max < room ? req->max : room);
	if (n < 0)
		rsp->result = n == -EINVAL ? TEE_ERROR_BAD_PARAMETERS : TEE_ERROR_GENERIC;
	else
		rsp->len = (uint32_t)n;
	if (n <= 0 || req->offset + (uint64_t)n >= rsp->total)
		ta_file_close(&s->file);
}

static int answer(struct supplicant *s)
{
	struct supp_req req = s->req;
	struct supp_rsp rsp = { .cmd = req.cmd, .tag = req.tag, .result = TEE_SUCCESS };
	struct tipc_txbuf *tx;
	int ret;

	__atomic_store_n(&s->waiting, false, __ATOMIC_RELEASE);
	ret = tipc_chan_get_txbuf(s->chan, TXBUF_TIMEOUT_MS, &tx);
	if (ret)
		return ret;
	if (tx->size <= sizeof(rsp)) {
		tipc_chan_put_txbuf(s->chan, tx);
		return -EMSGSIZE;
	}
	switch (req.cmd) {
	case SUPP_CMD_LOAD_TA:
		load_ta(s, &req, &rsp, tx->data + sizeof(rsp), tx->size - sizeof(rsp));
		break;
	default:
		rsp.result = TEE_ERROR_NOT_SUPPORTED;
		break;
	}
	memcpy(tx->data, &rsp, sizeof(rsp));
	ret = tipc_chan_queue_msg(s->chan, tx, sizeof(rsp) + rsp.len);
	if (ret)
		tipc_chan_put_txbuf(s->chan, tx);
	return ret;
}

static int serve(struct supplicant *s)
{
	for (;;) {
		int ret = ree_vm_wait(s->vm, have_news, s, 0);

		if (!ret && __atomic_load_n(&s->waiting, __ATOMIC_ACQUIRE))
			ret = answer(s);
		if (ree_vm_dead(s->vm))
			return 0;
		if (ret)
			return ret;
		if (__atomic_load_n(&s->over, __ATOMIC_ACQUIRE))
			return -ECONNRESET;
	}
}

static void store_over(void *data)
{
	struct supplicant *s = data;

	__atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
}

int supplicant_run(int vm_fd, char *const dirs[], const char *state_dir)
{
	struct supplicant s = { .dirs = dirs };
	struct store_server *store = NULL;
	int ret;

	ta_file_init(&s.file);
	ret = ree_vm_attach(vm_fd, &s.vm);
	if (ret) {
		close(vm_fd);
		return ret;
	}
	ret = tipc_dev_probe(s.vm, &tipc_virtio_link, &dev_ops, &s, &s.dev);
	if (ret)
		goto err_vm;
	ret = tipc_chan_create(s.dev, &chan_ops, &s, &s.chan);
	if (ret)
		goto err_dev;
	ret = tipc_chan_connect_wait(s.chan, SUPP_PORT);
	if (!ret)
		ret = store_server_start(s.dev, state_dir, store_over, &s, &store);
	if (!ret)
		ret = serve(&s);
	store_server_stop(store);
	tipc_chan_destroy(s.chan);
err_dev:
	tipc_dev_remove(s.dev);
err_vm:
	ree_vm_detach(s.vm);
	ta_file_close(&s.file);
	return ret;
}
