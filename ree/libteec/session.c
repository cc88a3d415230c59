/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/log.h"
#include "lib/trace.h"
#include "lib/uuid.h"
#include "ree/libteec/context.h"
#include "ree/libteec/operation.h"
#include "ree/libteec/result.h"
#include "ree/libteec/sys.h"

#define PARAMS_SIZE (TEEC_NUM_PARAMS * sizeof(struct tee_ioctl_param))

union open_buf {
	struct tee_ioctl_open_session_arg arg;
	uint8_t bytes[sizeof(struct tee_ioctl_open_session_arg) + PARAMS_SIZE];
};

union invoke_buf {
	struct tee_ioctl_invoke_arg arg;
	uint8_t bytes[sizeof(struct tee_ioctl_invoke_arg) + PARAMS_SIZE];
};

static int call_ioctl(const TEEC_Context *ctx, unsigned long request, void *buf, size_t len)
{
	struct tee_ioctl_buf_data data = { .buf_ptr = (uintptr_t)buf, .buf_len = len };
	int ret = teec_sys()->ops->ioctl(ctx->imp.fd, request, &data);

	return ret < 0 ? ret : 0;
}

/* The kernel (or the secure world) knows who we are; all that a login may need from us is a gid. */
static int login_set(struct tee_ioctl_open_session_arg *arg, uint32_t method, const void *data)
{
	arg->clnt_login = method;
	if (method != TEEC_LOGIN_GROUP && method != TEEC_LOGIN_GROUP_APPLICATION)
		return 0;
	if (!data)
		return -EINVAL;
	memcpy(arg->clnt_uuid, data, sizeof(uint32_t));
	return 0;
}

/*
 * Linux tells a login that it can't vouch for from no other bad argument; but of those that are the
 * client's to make none is left here.
 */
static TEEC_Result open_result(uint32_t method, int ret)
{
	bool application = method == TEEC_LOGIN_APPLICATION ||
			   method == TEEC_LOGIN_USER_APPLICATION ||
			   method == TEEC_LOGIN_GROUP_APPLICATION;

	return ret == -EINVAL && application ? TEEC_ERROR_NOT_IMPLEMENTED : teec_result(ret);
}

static TEEC_Result session_open(TEEC_Context *ctx, TEEC_Session *session, const TEEC_UUID *uuid,
				uint32_t method, const void *data, TEEC_Operation *op,
				uint32_t *origin)
{
	TEEC_SharedMemory temp[TEEC_NUM_PARAMS];
	union open_buf buf = { .bytes = { 0 } };
	TEEC_Context at;
	TEEC_Result res;
	int ret;

	ret = login_set(&buf.arg, method, data);
	if (!ret)
		ret = teec_context_at(ctx, &at);
	if (ret) {
		*origin = teec_local_origin(ret);
		return teec_result(ret);
	}
	uuid_to_octets(uuid->timeLow, uuid->timeMid, uuid->timeHiAndVersion, uuid->clockSeqAndNode,
		       buf.arg.uuid);
	buf.arg.num_params = TEEC_NUM_PARAMS;
	/* Until it is open the session has the id 0, for a canceller too. */
	session->imp.ctx = ctx;
	session->imp.session_id = 0;
	session->imp.device = at.imp.fd;
	buf.arg.cancel_id = teec_op_begin(op, session);
	ret = teec_op_prepare(&at, op, buf.arg.params, temp);
	*origin = teec_local_origin(ret);
	res = teec_result(ret);
	if (ret)
		goto out_release;
	ret = call_ioctl(&at, TEE_IOC_OPEN_SESSION, &buf, sizeof(buf));
	*origin = ret ? TEEC_ORIGIN_COMMS : buf.arg.ret_origin;
	res = ret ? open_result(method, ret) : buf.arg.ret;
	if (!ret)
		teec_op_write_back(op, buf.arg.params, temp);

out_release:
	teec_op_release(temp);
	teec_op_end(op);
	/* After teec_op_end: now no canceller looks at it. */
	if (res == TEEC_SUCCESS)
		session->imp.session_id = buf.arg.session;
	else
		session->imp.ctx = NULL;
	return res;
}

TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session,
			     const TEEC_UUID *destination, uint32_t connectionMethod,
			     const void *connectionData, TEEC_Operation *operation,
			     uint32_t *returnOrigin)
{
	TEEC_Result res = TEEC_ERROR_BAD_PARAMETERS;
	uint32_t origin = TEEC_ORIGIN_API;

	tl_trace(TRACE_CA, TRACE_DOWN, "open_session", connectionMethod);
	if (context && session && destination)
		res = session_open(context, session, destination, connectionMethod, connectionData,
				   operation, &origin);
	if (returnOrigin)
		*returnOrigin = origin;
	tl_trace(TRACE_CA, TRACE_UP, "open_session", res);
	return res;
}

void TEEC_CloseSession(TEEC_Session *session)
{
	struct tee_ioctl_close_session_arg arg = { 0 };
	int ret;

	if (!session || !session->imp.ctx)
		return;
	arg.session = session->imp.session_id;
	tl_trace(TRACE_CA, TRACE_DOWN, "close_session", arg.session);
	ret = teec_sys()->ops->ioctl(session->imp.device, TEE_IOC_CLOSE_SESSION, &arg);
	if (ret < 0)
		log_debug("close of session %u: %s", arg.session, strerror(-ret));
	session->imp.ctx = NULL;
	session->imp.session_id = 0;
	tl_trace(TRACE_CA, TRACE_UP, "close_session", arg.session);
}

static TEEC_Result session_invoke(TEEC_Session *session, uint32_t cmd, TEEC_Operation *op,
				  uint32_t *origin)
{
	TEEC_SharedMemory temp[TEEC_NUM_PARAMS];
	union invoke_buf buf = { .bytes = { 0 } };
	TEEC_Context at = teec_context_of(session);
	TEEC_Result res;
	int ret;

	buf.arg.func = cmd;
	buf.arg.session = session->imp.session_id;
	buf.arg.num_params = TEEC_NUM_PARAMS;
	buf.arg.cancel_id = teec_op_begin(op, session);
	ret = teec_op_prepare(&at, op, buf.arg.params, temp);
	*origin = teec_local_origin(ret);
	res = teec_result(ret);
	if (ret)
		goto out_release;
	ret = call_ioctl(&at, TEE_IOC_INVOKE, &buf, sizeof(buf));
	*origin = ret ? TEEC_ORIGIN_COMMS : buf.arg.ret_origin;
	res = ret ? teec_result(ret) : buf.arg.ret;
	if (!ret)
		teec_op_write_back(op, buf.arg.params, temp);

out_release:
	teec_op_release(temp);
	teec_op_end(op);
	return res;
}

TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t commandID, TEEC_Operation *operation,
			       uint32_t *returnOrigin)
{
	TEEC_Result res = TEEC_ERROR_BAD_PARAMETERS;
	uint32_t origin = TEEC_ORIGIN_API;

	tl_trace(TRACE_CA, TRACE_DOWN, "invoke", commandID);
	if (session && session->imp.ctx)
		res = session_invoke(session, commandID, operation, &origin);
	if (returnOrigin)
		*returnOrigin = origin;
	tl_trace(TRACE_CA, TRACE_UP, "invoke", res);
	return res;
}

void TEEC_RequestCancellation(TEEC_Operation *operation)
{
	struct tee_ioctl_cancel_arg arg = { 0 };
	int fd, ret;

	if (!operation || !teec_op_target(operation, &fd, &arg))
		return;
	tl_trace(TRACE_CA, TRACE_DOWN, "cancel", arg.session);
	ret = teec_sys()->ops->ioctl(fd, TEE_IOC_CANCEL, &arg);
	if (ret < 0)
		log_debug("cancel in session %u: %s", arg.session, strerror(-ret));
	tl_trace(TRACE_CA, TRACE_UP, "cancel", arg.session);
}
