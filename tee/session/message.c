/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include "tee/session/result.h"

static bool is_client_attr(uint64_t attr)
{
	switch (attr) {
	case MIPSTEE_ATTR_NONE:
	case MIPSTEE_ATTR_VALUE_IN:
	case MIPSTEE_ATTR_VALUE_OUT:
	case MIPSTEE_ATTR_VALUE_INOUT:
	case MIPSTEE_ATTR_RMEM_IN:
	case MIPSTEE_ATTR_RMEM_OUT:
	case MIPSTEE_ATTR_RMEM_INOUT:
	case MIPSTEE_ATTR_TMEM_IN:
	case MIPSTEE_ATTR_TMEM_OUT:
	case MIPSTEE_ATTR_TMEM_INOUT:
		return true;
	default:
		return false;
	}
}

static bool check_client_params(const struct mipstee_msg *msg, uint32_t first, bool *malformed)
{
	uint32_t i;

	if (msg->arg.num_params - first > MIPSTEE_MAX_CLIENT_PARAMS)
		return false;
	for (i = first; i < msg->arg.num_params; i++) {
		if (!is_client_attr(msg->param[i].attr)) {
			*malformed = true;
			return false;
		}
	}
	return true;
}

static bool check_open(const struct mipstee_msg *msg, bool *malformed)
{
	const uint64_t meta = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;

	if (msg->arg.num_params < MESSAGE_META_PARAMS || msg->param[0].attr != meta ||
	    msg->param[1].attr != meta || msg->param[1].u.value.c > UINT32_MAX) {
		*malformed = true;
		return false;
	}
	return check_client_params(msg, MESSAGE_META_PARAMS, malformed);
}

/* All but the last piece say that more follows; all name one object. */
static bool check_register(const struct mipstee_msg *msg)
{
	uint32_t i, num = msg->arg.num_params;

	for (i = 0; i < num; i++) {
		uint64_t attr = MIPSTEE_ATTR_TMEM_INOUT;

		if (i + 1 < num)
			attr |= MIPSTEE_ATTR_FRAGMENT;
		if (msg->param[i].attr != attr ||
		    msg->param[i].u.tmem.shm_ref != msg->param[0].u.tmem.shm_ref)
			return false;
	}
	return num > 0;
}

static bool check_command(const struct mipstee_msg *msg, bool *malformed)
{
	bool ok;

	switch (msg->arg.cmd) {
	case MIPSTEE_CMD_OPEN_SESSION:
		return check_open(msg, malformed);
	case MIPSTEE_CMD_INVOKE_COMMAND:
		return check_client_params(msg, 0, malformed);
	case MIPSTEE_CMD_CLOSE_SESSION:
	case MIPSTEE_CMD_CANCEL:
		ok = !msg->arg.num_params;
		break;
	case MIPSTEE_CMD_REGISTER_SHM:
		ok = check_register(msg);
		break;
	case MIPSTEE_CMD_UNREGISTER_SHM:
		ok = msg->arg.num_params == 1 && msg->param[0].attr == MIPSTEE_ATTR_RMEM_INOUT &&
		     !msg->param[0].u.rmem.offs && !msg->param[0].u.rmem.size;
		break;
	default:
		ok = false;
		break;
	}
	if (!ok)
		*malformed = true;
	return ok;
}

uint32_t message_check(const struct mipstee_msg *msg, size_t len, bool *malformed)
{
	*malformed = true;
	if (msg->hdr.magic != MIPSTEE_MAGIC)
		return TEE_ERROR_BAD_FORMAT;
	if (msg->arg.num_params > MIPSTEE_MAX_PARAMS || len != message_len(msg->arg.num_params) ||
	    msg->arg.pad)
		return TEE_ERROR_BAD_PARAMETERS;
	if (msg->arg.cmd > MIPSTEE_CMD_UNREGISTER_SHM)
		return TEE_ERROR_NOT_SUPPORTED;
	*malformed = false;
	return check_command(msg, malformed) ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
}
