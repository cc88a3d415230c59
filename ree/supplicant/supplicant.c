// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/supplicant.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "ree/supplicant/plugins.h"
#include "ree/supplicant/server.h"
#include "ree/supplicant/store.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"
#include "wire/supp.h"
#include "wire/supp_plugin.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_NOT_SUPPORTED 0xffff000au

struct supplicant {
	const struct supplicant_config *cfg;
	struct ree_vm *vm;
	struct tipc_dev *dev;
	struct ta_file file;
	struct store store;
	struct plugins *plugins;
	bool over; /* a channel, or the device, is gone */
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

/* Fills in @rsp and the bytes behind it. */
static void load_ta(struct supplicant *s, const struct supp_req *req, struct supp_rsp *rsp,
		    uint8_t *data, size_t room)
{
	ssize_t n;
	int ret;

	if (req->offset == 0 || s->file.fd < 0 ||
	    memcmp(s->file.uuid, req->uuid, sizeof(req->uuid))) {
		ret = ta_file_open(&s->file, s->cfg->ta_dirs, req->uuid);
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

static size_t serve_image(void *data, const void *msg, size_t len, void *out, size_t room)
{
	const struct supp_req *req = msg;
	struct supp_rsp rsp = { .result = TEE_ERROR_BAD_PARAMETERS };

	if (len == sizeof(*req)) {
		rsp.cmd = req->cmd;
		rsp.tag = req->tag;
		rsp.result = req->cmd == SUPP_CMD_LOAD_TA ? TEE_SUCCESS : TEE_ERROR_NOT_SUPPORTED;
	}
	if (!rsp.result)
		load_ta(data, req, &rsp, (uint8_t *)out + sizeof(rsp), room - sizeof(rsp));
	memcpy(out, &rsp, sizeof(rsp));
	return sizeof(rsp) + rsp.len;
}

static size_t serve_store(void *data, const void *msg, size_t len, void *out, size_t room)
{
	struct supplicant *s = data;
	const struct ree_vm_mem *shm = ree_vm_shm(s->vm);
	struct supp_fs_rsp rsp;

	(void)room;
	store_serve(&s->store, msg, len, shm->base, shm->size, &rsp);
	memcpy(out, &rsp, sizeof(rsp));
	return sizeof(rsp);
}

static size_t serve_plugin(void *data, const void *msg, size_t len, void *out, size_t room)
{
	struct supplicant *s = data;
	const struct ree_vm_mem *shm = ree_vm_shm(s->vm);
	const struct supp_plugin_req *req = msg;
	struct supp_plugin_rsp rsp = { .result = TEE_ERROR_BAD_PARAMETERS };
	size_t out_len = 0;

	(void)room;
	if (len == sizeof(*req))
		rsp.tag = req->tag;
	if (len == sizeof(*req) && req->len <= SUPP_PLUGIN_MAX_BYTES &&
	    shm->size >= SUPP_PLUGIN_SHM_OFFSET + SUPP_PLUGIN_MAX_BYTES) {
		uint8_t *bytes = (uint8_t *)shm->base + SUPP_PLUGIN_SHM_OFFSET;

		rsp.result = plugins_invoke(s->plugins, req->uuid, req->cmd, req->sub_cmd,
					    req->len ? bytes : NULL, req->len, &out_len);
	}
	rsp.out_len = out_len > UINT32_MAX ? UINT32_MAX : (uint32_t)out_len;
	memcpy(out, &rsp, sizeof(rsp));
	return sizeof(rsp);
}

enum { IMAGES, STORE, PLUGINS, NUM_SERVERS };

/* Images in this thread, the others in theirs. -EBUSY: one of them doesn't come back. */
static int serve(struct supplicant *s)
{
	const struct server_config cfg[NUM_SERVERS] = {
		[IMAGES] = { SUPP_PORT, sizeof(struct supp_req), sizeof(struct supp_rsp) + 1,
			     serve_image, s, &s->over },
		[STORE] = { SUPP_FS_PORT, sizeof(struct supp_fs_req), sizeof(struct supp_fs_rsp),
			    serve_store, s, &s->over },
		[PLUGINS] = { SUPP_PLUGIN_PORT, sizeof(struct supp_plugin_req),
			      sizeof(struct supp_plugin_rsp), serve_plugin, s, &s->over },
	};
	struct server *server[NUM_SERVERS] = { NULL };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < NUM_SERVERS && !ret; i++)
		ret = server_create(s->dev, &cfg[i], &server[i]);
	for (i = STORE; i < NUM_SERVERS && !ret; i++)
		ret = server_start(server[i]);
	if (!ret)
		ret = server_run(server[IMAGES]);
	if (!ret && !ree_vm_dead(s->vm))
		ret = -ECONNRESET;
	__atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
	for (i = 0; i < NUM_SERVERS; i++)
		if (server_stop(server[i]))
			return -EBUSY;
	for (i = 0; i < NUM_SERVERS; i++)
		server_destroy(server[i]);
	return ret;
}

static void release(struct supplicant *s)
{
	plugins_free(s->plugins);
	ree_vm_detach(s->vm);
	store_release(&s->store);
	ta_file_close(&s->file);
	free(s);
}

int supplicant_run(int vm_fd, const struct supplicant_config *cfg)
{
	struct supplicant *s = calloc(1, sizeof(*s));
	int ret = s ? ree_vm_attach(vm_fd, &s->vm) : -ENOMEM;

	if (ret) {
		close(vm_fd);
		free(s);
		/* The machine is leaving; or it refuses, and has said why. */
		return ret == -ECONNREFUSED ? 0 : ret;
	}
	s->cfg = cfg;
	ta_file_init(&s->file);
	store_init(&s->store, cfg->fs_parent);
	ret = plugins_load(cfg->plugin_dir, &s->plugins);
	if (!ret)
		ret = tipc_dev_probe(s->vm, &tipc_virtio_link, &dev_ops, s, &s->dev);
	if (!ret)
		ret = serve(s);
	if (ret && ret != -EBUSY && ree_vm_dead(s->vm))
		ret = 0;
	/* A thread that a plugin keeps goes with the process, and what it uses too. */
	if (ret == -EBUSY)
		return ret;
	tipc_dev_remove(s->dev);
	release(s);
	return ret;
}
