// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/optee_socket.h"

#include <stdbool.h>

#include "include/tee_client_api.h"
#include "ree/supplicant/optee_fs.h"
#include "ree/supplicant/sockets.h"
#include "wire/supp_socket.h"

#define VALUE_IN TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT
#define VALUE_OUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT
#define VALUE_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT
#define MEMREF_IN TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT
#define MEMREF_OUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT
#define MEMREF_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT
#define MAX_BYTES (16u << 20)

static struct socket_id id_of(const struct optee_arg *arg)
{
	return (struct socket_id){ (uint32_t)arg[0].param->b, (uint32_t)arg[0].param->c };
}

static bool has_bytes(const struct optee_arg *arg)
{
	return arg->param->b <= MAX_BYTES && (arg->shm_buf || !arg->param->b);
}

static uint32_t do_open(struct sockets *ss, const struct optee_arg *arg)
{
	char name[SOCKETS_NAME_SIZE];
	struct socket_peer peer = { name, (uint16_t)arg[1].param->a, (uint32_t)arg[1].param->b,
				    (uint32_t)arg[1].param->c };
	uint32_t handle, result;

	if (arg[1].param->a > UINT16_MAX)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (!has_bytes(&arg[2]) || !sockets_take_name(arg[2].shm_buf, arg[2].param->b, name))
		return SOCKET_ERROR_HOSTNAME;
	result = sockets_open(ss, (uint32_t)arg[0].param->b, &peer, -1, &handle);
	if (!result)
		arg[3].param->a = handle;
	return result;
}

static uint32_t do_send(struct sockets *ss, const struct optee_arg *arg)
{
	struct socket_wait wait = { (uint32_t)arg[2].param->a, -1 };
	size_t len = arg[1].param->b;
	uint32_t result;

	if (!has_bytes(&arg[1]))
		return TEEC_ERROR_BAD_PARAMETERS;
	result = sockets_send(ss, id_of(arg), arg[1].shm_buf, &len, wait);
	if (!result)
		arg[2].param->b = len;
	return result;
}

static uint32_t do_recv(struct sockets *ss, const struct optee_arg *arg)
{
	struct socket_wait wait = { (uint32_t)arg[2].param->a, -1 };
	size_t len = arg[1].param->b;
	uint32_t result;

	if (!has_bytes(&arg[1]))
		return TEEC_ERROR_BAD_PARAMETERS;
	result = sockets_recv(ss, id_of(arg), arg[1].shm_buf, &len, wait);
	if (!result || result == SOCKET_ERROR_REMOTE_CLOSED)
		arg[1].param->b = len;
	return result;
}

static uint32_t do_ioctl(struct sockets *ss, const struct optee_arg *arg)
{
	if (!arg[1].shm_buf)
		return TEEC_ERROR_BAD_PARAMETERS;
	return sockets_ioctl(ss, id_of(arg), (uint32_t)arg[2].param->a, arg[1].shm_buf,
			     arg[1].param->b);
}

static bool types_are(const struct optee_arg *arg, unsigned int num, const uint64_t types[4])
{
	unsigned int i;

	for (i = 0; i < num; i++)
		if (optee_arg_type(&arg[i]) != types[i])
			return false;
	return num == 4 || !types[num];
}

static bool args_ok(const struct optee_arg *arg, unsigned int num)
{
	static const uint64_t types[][4] = {
		[SUPP_SOCKET_OPEN] = { VALUE_IN, VALUE_IN, MEMREF_IN, VALUE_OUT },
		[SUPP_SOCKET_CLOSE] = { VALUE_IN },
		[SUPP_SOCKET_CLOSE_ALL] = { VALUE_IN },
		[SUPP_SOCKET_SEND] = { VALUE_IN, MEMREF_IN, VALUE_INOUT },
		[SUPP_SOCKET_RECV] = { VALUE_IN, MEMREF_OUT, VALUE_IN },
		[SUPP_SOCKET_IOCTL] = { VALUE_IN, MEMREF_INOUT, VALUE_IN },
	};

	return num && arg[0].param->a <= SUPP_SOCKET_IOCTL &&
	       types_are(arg, num, types[arg[0].param->a]);
}

uint32_t optee_socket_serve(struct sockets *ss, const struct optee_arg *arg, unsigned int num)
{
	if (!args_ok(arg, num))
		return TEEC_ERROR_BAD_PARAMETERS;
	switch (arg[0].param->a) {
	case SUPP_SOCKET_OPEN:
		return do_open(ss, arg);
	case SUPP_SOCKET_CLOSE:
		return sockets_close(ss, id_of(arg));
	case SUPP_SOCKET_CLOSE_ALL:
		sockets_close_all(ss, (uint32_t)arg[0].param->b);
		return TEEC_SUCCESS;
	case SUPP_SOCKET_SEND:
		return do_send(ss, arg);
	case SUPP_SOCKET_RECV:
		return do_recv(ss, arg);
	default:
		return do_ioctl(ss, arg);
	}
}
