// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/teepriv_request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "include/tee_client_api.h"
#include "ree/supplicant/optee_fs.h"
#include "ree/supplicant/optee_socket.h"
#include "ree/supplicant/plugins.h"
#include "ree/supplicant/sockets.h"
#include "ree/supplicant/supplicant.h"
#include "wire/optee_msg.h"

#define PLUGIN_INVOKE 0u

#define VALUE_IN TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT
#define VALUE_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT
#define MEMREF_OUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT
#define MEMREF_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT

int teepriv_server_init(struct teepriv_server *t, const struct teec_sys_ops *sys, int device,
			const struct supplicant_config *cfg)
{
	int ret;

	*t = (struct teepriv_server){ .sys = sys, .cfg = cfg, .device = device };
	teepriv_table_init(&t->table, sys, device);
	ret = optee_fs_create(cfg->fs_parent, &t->fs);
	if (!ret)
		ret = plugins_load(cfg->plugin_dir, &t->plugins);
	if (!ret)
		ret = sockets_create(&t->sockets);
	return ret;
}

void teepriv_server_release(struct teepriv_server *t)
{
	sockets_destroy(t->sockets);
	plugins_free(t->plugins);
	optee_fs_destroy(t->fs);
	teepriv_table_release(&t->table);
}

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
static uint32_t load_ta(struct teepriv_server *t, const struct optee_arg *arg, unsigned int num)
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

static uint32_t shm_alloc(struct teepriv_server *t, const struct optee_arg *arg, unsigned int num)
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

static uint32_t shm_free(struct teepriv_server *t, const struct optee_arg *arg, unsigned int num)
{
	if (num != 1 || is_memref(&arg[0]) || teepriv_mem_destroy(&t->table, arg[0].param->b))
		return TEEC_ERROR_BAD_PARAMETERS;
	return TEEC_SUCCESS;
}

/* The UUID's octets come as four words, each in its octets' order. */
static uint32_t invoke_plugin(struct teepriv_server *t, const struct optee_arg *arg,
			      unsigned int num)
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
	result = plugins_invoke(t->plugins, uuid, (uint32_t)arg[1].param->c,
				(uint32_t)arg[2].param->a, arg[3].shm_buf, arg[3].param->b,
				&out_len);
	arg[2].param->b = out_len;
	return result;
}

static uint32_t dispatch(struct teepriv_server *t, uint32_t func, const struct optee_arg *arg,
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
	case OPTEE_RPC_CMD_SOCKET:
		return optee_socket_serve(t->sockets, arg, num);
	case OPTEE_RPC_CMD_SUPP_PLUGIN:
		return invoke_plugin(t, arg, num);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

/* Memory that @p names by the kernel's id stays while it is worked on. */
uint32_t teepriv_serve(struct teepriv_server *t, uint32_t func, struct tee_ioctl_param *p,
		       unsigned int num)
{
	struct teepriv_mem *mem[TEEPRIV_MAX_PARAMS] = { NULL };
	struct optee_arg arg[TEEPRIV_MAX_PARAMS] = { { NULL, NULL } };
	uint32_t result;
	unsigned int i;

	if (num > TEEPRIV_MAX_PARAMS)
		return TEEC_ERROR_BAD_PARAMETERS;
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
