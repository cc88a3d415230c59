// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/teepriv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "include/tee_client_api.h"
#include "lib/log.h"
#include "ree/libteec/sys.h"
#include "ree/supplicant/optee_fs.h"
#include "ree/supplicant/plugins.h"
#include "ree/supplicant/teepriv_mem.h"
#include "wire/optee_msg.h"

#define MAX_DEVICES 10u
#define NUM_WORKERS 4u /* requests that are served at once */
#define MAX_PARAMS 4u
#define PLUGIN_INVOKE 0u

#define VALUE_IN TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT
#define VALUE_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT
#define MEMREF_OUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT
#define MEMREF_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT

struct teepriv {
	const struct teec_sys_ops *sys;
	const struct supplicant_config *cfg;
	int device;
	struct teepriv_table table;
	struct optee_fs *fs;
	struct plugins *plugins;
	pthread_mutex_t plugin_lock;
	int error; /* atomic: why a worker ended */
};

/* A request, whose answer takes its place. The first parameter carries its id. */
union message {
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	struct {
		uint32_t words[2];
		struct tee_ioctl_param param[1 + MAX_PARAMS];
	} m;
};

static bool is_memref(const struct optee_arg *arg)
{
	uint64_t type = optee_arg_type(arg);

	return type >= TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT && type <= MEMREF_INOUT;
}

static bool types_are(const struct optee_arg *arg, unsigned int num, const uint64_t *types,
		      unsigned int num_types)
{
	unsigned int i;

	for (i = 0; i < num && num == num_types; i++)
		if (optee_arg_type(&arg[i]) != types[i])
			return false;
	return num == num_types;
}

/* Without a buffer it is asked how large it is. */
static uint32_t load_ta(struct teepriv *t, const struct optee_arg *arg, unsigned int num)
{
	static const uint64_t types[] = { VALUE_IN, MEMREF_OUT };
	uint64_t room, at = 0;
	struct ta_file f;
	uint8_t uuid[16];
	ssize_t n = 1;

	if (!types_are(arg, num, types, 2))
		return TEEC_ERROR_BAD_PARAMETERS;
	memcpy(uuid, &arg[0].param->a, 8);
	memcpy(uuid + 8, &arg[0].param->b, 8);
	ta_file_init(&f);
	if (ta_file_open(&f, t->cfg->ta_dirs, uuid))
		return TEEC_ERROR_ITEM_NOT_FOUND;
	room = arg[1].shm_buf ? arg[1].param->b : 0;
	arg[1].param->b = f.size;
	if (f.size > room) {
		ta_file_close(&f);
		return arg[1].shm_buf ? TEEC_ERROR_SHORT_BUFFER : TEEC_SUCCESS;
	}
	while (at < f.size && n > 0) {
		n = ta_file_read(&f, at, arg[1].shm_buf + at, (size_t)(f.size - at));
		at += n > 0 ? (uint64_t)n : 0;
	}
	ta_file_close(&f);
	return at == f.size ? TEEC_SUCCESS : TEEC_ERROR_GENERIC;
}

static uint32_t shm_alloc(struct teepriv *t, const struct optee_arg *arg, unsigned int num)
{
	int id, ret;

	if (num != 1 || is_memref(&arg[0]))
		return TEEC_ERROR_BAD_PARAMETERS;
	ret = teepriv_mem_create(&t->table, arg[0].param->b, &id);
	if (ret)
		return ret == -EINVAL ? TEEC_ERROR_BAD_PARAMETERS : TEEC_ERROR_OUT_OF_MEMORY;
	arg[0].param->c = (uint32_t)id;
	return TEEC_SUCCESS;
}

static uint32_t shm_free(struct teepriv *t, const struct optee_arg *arg, unsigned int num)
{
	if (num != 1 || is_memref(&arg[0]) || teepriv_mem_destroy(&t->table, arg[0].param->b))
		return TEEC_ERROR_BAD_PARAMETERS;
	return TEEC_SUCCESS;
}

/* The UUID's octets come as four words, each in its octets' order. */
static uint32_t invoke_plugin(struct teepriv *t, const struct optee_arg *arg, unsigned int num)
{
	static const uint64_t types[] = { VALUE_IN, VALUE_IN, VALUE_INOUT, MEMREF_INOUT };
	uint32_t word[4], result;
	uint8_t uuid[16];
	size_t out_len;

	if (!types_are(arg, num, types, 4) || arg[0].param->a != PLUGIN_INVOKE ||
	    (arg[3].param->b && !arg[3].shm_buf))
		return TEEC_ERROR_BAD_PARAMETERS;
	word[0] = (uint32_t)arg[0].param->b;
	word[1] = (uint32_t)arg[0].param->c;
	word[2] = (uint32_t)arg[1].param->a;
	word[3] = (uint32_t)arg[1].param->b;
	memcpy(uuid, word, sizeof(uuid));
	pthread_mutex_lock(&t->plugin_lock);
	result = plugins_invoke(t->plugins, uuid, (uint32_t)arg[1].param->c,
				(uint32_t)arg[2].param->a, arg[3].shm_buf, arg[3].param->b,
				&out_len);
	pthread_mutex_unlock(&t->plugin_lock);
	arg[2].param->b = out_len;
	return result;
}

static uint32_t dispatch(struct teepriv *t, uint32_t func, const struct optee_arg *arg,
			 unsigned int num)
{
	switch (func) {
	case OPTEE_RPC_CMD_LOAD_TA:
		return load_ta(t, arg, num);
	case OPTEE_RPC_CMD_FS:
		return optee_fs_serve(t->fs, arg, num);
	case OPTEE_RPC_CMD_SHM_ALLOC:
		return shm_alloc(t, arg, num);
	case OPTEE_RPC_CMD_SHM_FREE:
		return shm_free(t, arg, num);
	case OPTEE_RPC_CMD_SUPP_PLUGIN:
		return invoke_plugin(t, arg, num);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

/* Memory that @p names by the kernel's id stays while it is worked on. */
static uint32_t serve(struct teepriv *t, uint32_t func, struct tee_ioctl_param *p, unsigned int num)
{
	struct teepriv_mem *mem[MAX_PARAMS] = { NULL };
	struct optee_arg arg[MAX_PARAMS];
	uint32_t result;
	unsigned int i;

	for (i = 0; i < num; i++) {
		arg[i] = (struct optee_arg){ .param = &p[i] };
		if (!is_memref(&arg[i]))
			continue;
		mem[i] = teepriv_mem_get(&t->table, p[i].c, p[i].a, p[i].b);
		if (mem[i])
			arg[i].shm_buf = (uint8_t *)mem[i]->shm_base + p[i].a;
	}
	result = dispatch(t, func, arg, num);
	for (i = 0; i < num; i++)
		teepriv_mem_put(&t->table, mem[i]);
	return result;
}

static int one_request(struct teepriv *t)
{
	union message msg = { .recv = { .num_params = 1 + MAX_PARAMS } };
	struct tee_ioctl_buf_data buf = { (uintptr_t)&msg, sizeof(msg) };
	uint32_t num;
	int ret;

	/* We know ids: answers may overtake each other. */
	msg.m.param[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	ret = t->sys->ioctl(t->device, TEE_IOC_SUPPL_RECV, &buf);
	if (ret < 0)
		return ret;
	num = msg.recv.num_params;
	if (!num || num > 1 + MAX_PARAMS || !(msg.m.param[0].attr & TEE_IOCTL_PARAM_ATTR_META))
		return -EPROTO;
	msg.send.ret = serve(t, msg.recv.func, &msg.m.param[1], num - 1);
	msg.send.num_params = num;
	buf.buf_len = sizeof(msg.send) + num * sizeof(msg.m.param[0]);
	ret = t->sys->ioctl(t->device, TEE_IOC_SUPPL_SEND, &buf);
	/* -ENOENT: whoever asked doesn't want to know any more. */
	return ret < 0 && ret != -ENOENT ? ret : 0;
}

static void *worker(void *arg)
{
	struct teepriv *t = arg;
	int ret;

	do {
		ret = one_request(t);
	} while (!ret || ret == -EINTR || ret == -EAGAIN);
	__atomic_store_n(&t->error, ret, __ATOMIC_RELEASE);
	return NULL;
}

/* This thread and some more, until the device gives none of them anything to do. */
static int run_workers(struct teepriv *t)
{
	pthread_t thread[NUM_WORKERS - 1];
	unsigned int num = 0;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (num < NUM_WORKERS - 1 && !pthread_create(&thread[num], NULL, worker, t))
		num++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	worker(t);
	while (num)
		pthread_join(thread[--num], NULL);
	return __atomic_load_n(&t->error, __ATOMIC_ACQUIRE);
}

static int open_one(const struct teec_sys_ops *sys, const char *path)
{
	struct tee_ioctl_version_data version = { 0 };
	int fd = sys->open(path), ret;

	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	ret = sys->ioctl(fd, TEE_IOC_VERSION, &version);
	if (ret >= 0 && version.impl_id == TEE_IMPL_ID_OPTEE)
		return fd;
	sys->close(fd);
	return ret < 0 ? ret : -ENODEV;
}

/* The first error that says more than that there is none counts. */
static int open_device(const struct teec_sys_ops *sys, const char *device)
{
	int fd = -ENODEV, first = -ENODEV;
	char path[32];
	unsigned int i;

	if (device)
		return open_one(sys, device);
	for (i = 0; i < MAX_DEVICES && fd < 0; i++) {
		snprintf(path, sizeof(path), "/dev/teepriv%u", i);
		fd = open_one(sys, path);
		if (fd < 0 && fd != -ENODEV && first == -ENODEV)
			first = fd;
	}
	return fd < 0 ? first : fd;
}

int teepriv_run(const struct teec_sys_ops *sys, const char *device,
		const struct supplicant_config *cfg, void (*ready)(void *data), void *data)
{
	struct teepriv t = { .sys = sys, .cfg = cfg };
	int ret;

	t.device = open_device(sys, device);
	if (t.device < 0)
		return t.device;
	teepriv_table_init(&t.table, sys, t.device);
	pthread_mutex_init(&t.plugin_lock, NULL);
	ret = optee_fs_create(cfg->fs_parent, &t.fs);
	if (!ret)
		ret = plugins_load(cfg->plugin_dir, &t.plugins);
	if (!ret && ready)
		ready(data);
	if (!ret)
		ret = run_workers(&t);
	plugins_free(t.plugins);
	optee_fs_destroy(t.fs);
	pthread_mutex_destroy(&t.plugin_lock);
	teepriv_table_release(&t.table);
	sys->close(t.device);
	return ret;
}
