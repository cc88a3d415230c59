// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/supplicant.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/log.h"
#include "ree/supplicant/lanes.h"
#include "ree/supplicant/plugins.h"
#include "ree/supplicant/server.h"
#include "ree/supplicant/socket_lane.h"
#include "ree/supplicant/sockets.h"
#include "ree/supplicant/store.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"
#include "wire/supp.h"
#include "wire/supp_socket.h"

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
	struct sockets *sockets;
	struct socket_lane socket_lane[SUPP_SOCKET_LANES];
	unsigned int num_socket_lanes;
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

/* Memory of the VM's that @num lanes share. NULL: there is less. */
static uint8_t *lane_bytes(const struct supplicant *s, size_t offset, size_t bytes,
			   unsigned int num, unsigned int lane)
{
	const struct ree_vm_mem *shm = ree_vm_shm(s->vm);

	return shm->size < offset + num * bytes ? NULL
						: (uint8_t *)shm->base + offset + lane * bytes;
}

static size_t serve_plugin(void *data, unsigned int lane, const void *msg, size_t len, void *out,
			   size_t room)
{
	struct supplicant *s = data;
	uint8_t *bytes = lane_bytes(s, SUPP_PLUGIN_SHM_OFFSET, SUPP_PLUGIN_MAX_BYTES,
				    SUPP_PLUGIN_LANES, lane);
	struct supp_plugin_rsp rsp;

	(void)room;
	plugins_serve(s->plugins, msg, len, bytes, &rsp);
	memcpy(out, &rsp, sizeof(rsp));
	return sizeof(rsp);
}

static bool peek_socket(void *data, unsigned int lane, const void *msg, size_t len)
{
	struct supplicant *s = data;

	return socket_lane_peek(&s->socket_lane[lane], msg, len);
}

static size_t serve_socket(void *data, unsigned int lane, const void *msg, size_t len, void *out,
			   size_t room)
{
	struct supplicant *s = data;
	struct supp_socket_rsp rsp;

	(void)room;
	socket_lane_serve(&s->socket_lane[lane], msg, len, &rsp);
	memcpy(out, &rsp, sizeof(rsp));
	return sizeof(rsp);
}

enum { IMAGES, STORE, NUM_SERVERS };
enum { PLUGINS, SOCKETS, NUM_LANES };

struct channels {
	struct server *server[NUM_SERVERS];
	struct lanes *lanes[NUM_LANES];
};

static int start(struct supplicant *s, struct channels *ch)
{
	const struct server_config servers[NUM_SERVERS] = {
		[IMAGES] = { SUPP_PORT, sizeof(struct supp_req), sizeof(struct supp_rsp) + 1, NULL,
			     serve_image, s, &s->over },
		[STORE] = { SUPP_FS_PORT, sizeof(struct supp_fs_req), sizeof(struct supp_fs_rsp),
			    NULL, serve_store, s, &s->over },
	};
	const struct lanes_config lanes[NUM_LANES] = {
		[PLUGINS] = { SUPP_PLUGIN_PORT, SUPP_PLUGIN_LANES, sizeof(struct supp_plugin_req),
			      sizeof(struct supp_plugin_rsp), NULL, serve_plugin, s, &s->over },
		[SOCKETS] = { SUPP_SOCKET_PORT, SUPP_SOCKET_LANES, sizeof(struct supp_socket_req),
			      sizeof(struct supp_socket_rsp), peek_socket, serve_socket, s,
			      &s->over },
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < NUM_SERVERS && !ret; i++)
		ret = server_create(s->dev, &servers[i], &ch->server[i]);
	if (!ret)
		ret = server_start(ch->server[STORE]);
	for (i = 0; i < NUM_LANES && !ret; i++)
		ret = lanes_start(s->dev, &lanes[i], &ch->lanes[i]);
	return ret;
}

static int stop(struct supplicant *s, struct channels *ch)
{
	unsigned int i;

	__atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
	sockets_stop(s->sockets);
	for (i = 0; i < NUM_SERVERS; i++)
		if (server_stop(ch->server[i]))
			return -EBUSY;
	for (i = 0; i < NUM_LANES; i++)
		if (lanes_stop(ch->lanes[i]))
			return -EBUSY;
	for (i = 0; i < NUM_SERVERS; i++)
		server_destroy(ch->server[i]);
	for (i = 0; i < NUM_LANES; i++)
		lanes_destroy(ch->lanes[i]);
	return 0;
}

/* Images in this thread, the others in theirs. -EBUSY: one of them doesn't come back. */
static int serve(struct supplicant *s)
{
	struct channels ch = { .server = { NULL } };
	int ret = start(s, &ch);

	if (!ret)
		ret = server_run(ch.server[IMAGES]);
	if (!ret && !ree_vm_dead(s->vm))
		ret = -ECONNRESET;
	return stop(s, &ch) ? -EBUSY : ret;
}

/* A socket of one supplicant's isn't taken for another one's. */
static int make_sockets(struct supplicant *s)
{
	uint32_t epoch;
	int ret;

	if (getrandom(&epoch, sizeof(epoch), 0) != sizeof(epoch))
		return -errno;
	ret = sockets_create(&s->sockets);
	while (!ret && s->num_socket_lanes < SUPP_SOCKET_LANES) {
		unsigned int i = s->num_socket_lanes;

		ret = socket_lane_init(&s->socket_lane[i], s->sockets, epoch,
				       lane_bytes(s, SUPP_SOCKET_SHM_OFFSET, SUPP_SOCKET_LANE_BYTES,
						  SUPP_SOCKET_LANES, i));
		s->num_socket_lanes += !ret;
	}
	return ret;
}

static void release(struct supplicant *s)
{
	plugins_free(s->plugins);
	while (s->num_socket_lanes)
		socket_lane_release(&s->socket_lane[--s->num_socket_lanes]);
	sockets_destroy(s->sockets);
	ree_vm_detach(s->vm);
	store_release(&s->store);
	ta_file_close(&s->file);
	free(s);
}

int supplicant_run(int vm_fd, const struct supplicant_config *cfg)
{
	struct supplicant *s = calloc(1, sizeof(*s));
	int ret = -ENOMEM;

	if (s)
		ret = cfg->user ? ree_vm_attach_supplicant(vm_fd, &s->vm)
				: ree_vm_attach(vm_fd, &s->vm);
	if (ret) {
		close(vm_fd);
		free(s);
		/* The machine is leaving; or it refuses, and has said why. */
		return ret == -ECONNREFUSED ? 0 : ret;
	}
	if (cfg->ready)
		cfg->ready(cfg->ready_data);
	s->cfg = cfg;
	ta_file_init(&s->file);
	store_init(&s->store, cfg->fs_parent);
	ret = plugins_load(cfg->plugin_dir, &s->plugins);
	if (!ret)
		ret = make_sockets(s);
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
