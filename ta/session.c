// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Sessions with other TAs (4.9). A handle is the secure world's number of the session. */
#include <string.h>

#include "lib/uuid.h"
#include "ta/runtime.h"
#include "ta/syscall.h"
#include "wire/ta_session.h"

#define DATA_OFFSET ((sizeof(struct ta_session_msg) + TA_AREA_ALIGN - 1) & ~(TA_AREA_ALIGN - 1ull))

static uint32_t handle_id(TEE_TASessionHandle session)
{
	return (uint32_t)(uintptr_t)session;
}

static bool is_memref(uint32_t type)
{
	return type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT;
}

static bool is_known(uint32_t type)
{
	return type <= TEE_PARAM_TYPE_VALUE_INOUT || is_memref(type);
}

static void check_access(uint32_t type, const TEE_Param *p, const char *func)
{
	uint32_t flags = TEE_MEMORY_ACCESS_ANY_OWNER;

	if (type != TEE_PARAM_TYPE_MEMREF_OUTPUT)
		flags |= TEE_MEMORY_ACCESS_READ;
	if (type != TEE_PARAM_TYPE_MEMREF_INPUT)
		flags |= TEE_MEMORY_ACCESS_WRITE;
	if (TEE_CheckMemoryAccessRights(flags, p->memref.buffer, p->memref.size))
		ta_panic(func, TEE_ERROR_ACCESS_DENIED, "memory that may not be used so");
}

/* What a calling TA passed is secure; what a client did, or may have, isn't. */
static bool is_shared(const TEE_Param *p)
{
	const struct ta_runtime *rt = ta_runtime_current();

	return rt->call.login != TEE_LOGIN_TRUSTED_APP &&
	       ta_memory_is_shared(rt, p->memref.buffer, p->memref.size);
}

/* Output's bytes go along too: those that the callee doesn't write stay as they are. */
static TEE_Result put_memref(const TEE_Param *p, uint64_t *used, uint64_t *offset)
{
	size_t size = p->memref.size;

	if (!p->memref.buffer) {
		*offset = TA_SESSION_NULL;
		return size > MAILBOX_MAX_MEMREF ? TEE_ERROR_OUT_OF_MEMORY : TEE_SUCCESS;
	}
	if (size > TA_SYSCALL_SIZE - *used)
		return TEE_ERROR_OUT_OF_MEMORY;
	*offset = *used;
	if (size)
		memcpy(ta_syscall_area() + *used, p->memref.buffer, size);
	*used += (size + TA_AREA_ALIGN - 1) & ~(TA_AREA_ALIGN - 1ull);
	if (*used > TA_SYSCALL_SIZE)
		*used = TA_SYSCALL_SIZE;
	return TEE_SUCCESS;
}

static TEE_Result put_params(struct ta_session_msg *msg, uint32_t types,
			     const TEE_Param params[TEE_NUM_PARAMS], const char *func)
{
	uint64_t used = DATA_OFFSET;
	TEE_Result res = TEE_SUCCESS;
	unsigned int i;

	for (i = 0; i < TEE_NUM_PARAMS && !res; i++) {
		uint32_t type = TEE_PARAM_TYPE_GET(types, i);

		msg->param[i].type = type;
		if (!is_known(type) || (type && !params))
			return TEE_ERROR_BAD_PARAMETERS;
		if (is_memref(type)) {
			check_access(type, &params[i], func);
			msg->param[i].b = params[i].memref.size;
			if (params[i].memref.buffer && is_shared(&params[i]))
				msg->param[i].flags = TA_SESSION_PARAM_SHARED;
			res = put_memref(&params[i], &used, &msg->param[i].a);
		} else if (type) {
			msg->param[i].a = params[i].value.a;
			msg->param[i].b = params[i].value.b;
		}
	}
	return res;
}

static void get_memref(const struct ta_session_msg *asked, unsigned int i, uint64_t size,
		       TEE_Param *p)
{
	size_t len = size < p->memref.size ? size : p->memref.size;

	/* Of more than there is room for, what there is: a pseudo-TA may give the first part. */
	if (p->memref.buffer && len)
		memcpy(p->memref.buffer, ta_syscall_area() + asked->param[i].a, len);
	p->memref.size = size;
}

static void get_params(const struct ta_session_msg *asked, TEE_Param params[TEE_NUM_PARAMS])
{
	struct ta_session_msg answer;
	unsigned int i;

	memcpy(&answer, ta_syscall_area(), sizeof(answer));
	for (i = 0; i < TEE_NUM_PARAMS; i++) {
		switch (asked->param[i].type) {
		case TEE_PARAM_TYPE_VALUE_OUTPUT:
		case TEE_PARAM_TYPE_VALUE_INOUT:
			params[i].value.a = (uint32_t)answer.param[i].a;
			params[i].value.b = (uint32_t)answer.param[i].b;
			break;
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			get_memref(asked, i, answer.param[i].b, &params[i]);
			break;
		default:
			break;
		}
	}
}

/* @uuid NULL: INVOKE of *@id; else OPEN, which sets it. */
static TEE_Result call(const TEE_UUID *uuid, uint32_t *id, uint32_t cmd, uint32_t timeout,
		       uint32_t types, TEE_Param params[TEE_NUM_PARAMS], uint32_t *origin)
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { *id, cmd, timeout };
	struct ta_session_msg msg = { .uuid = { 0 } };
	TEE_Result res;

	*origin = TEE_ORIGIN_API;
	if (uuid)
		uuid_to_octets(uuid->timeLow, uuid->timeMid, uuid->timeHiAndVersion,
			       uuid->clockSeqAndNode, msg.uuid);
	res = put_params(&msg, types, params, uuid ? "TEE_OpenTASession" : "TEE_InvokeTACommand");
	if (res)
		return res;
	memcpy(ta_syscall_area(), &msg, sizeof(msg));
	if (!ta_runtime_current()->cancel_masked)
		arg[TA_SESSION_ARG_FLAGS] = TA_SESSION_CANCELLABLE;
	res = ta_syscall(uuid ? TA_SESSION_OPEN : TA_SESSION_INVOKE, arg);
	*origin = (uint32_t)arg[TA_SESSION_ARG_ORIGIN];
	*id = (uint32_t)arg[TA_SESSION_ARG_ID];
	get_params(&msg, params);
	return res;
}

TEE_Result TEE_OpenTASession(const TEE_UUID *destination, uint32_t cancellationRequestTimeout,
			     uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS],
			     TEE_TASessionHandle *session, uint32_t *returnOrigin)
{
	uint32_t id = 0, origin;
	TEE_Result res;

	if (!destination || !session)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no UUID, or no place for the session");
	res = call(destination, &id, 0, cancellationRequestTimeout, paramTypes, params, &origin);
	*session = res == TEE_SUCCESS ? (TEE_TASessionHandle)(uintptr_t)id : TEE_HANDLE_NULL;
	if (returnOrigin)
		*returnOrigin = origin;
	return res;
}

void TEE_CloseTASession(TEE_TASessionHandle session)
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { handle_id(session) };
	TEE_Result res;

	if (session == TEE_HANDLE_NULL)
		return;
	res = ta_syscall(TA_SESSION_CLOSE, arg);
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		TA_PANIC(res, "not the handle of a session");
}

TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session, uint32_t cancellationRequestTimeout,
			       uint32_t commandID, uint32_t paramTypes,
			       TEE_Param params[TEE_NUM_PARAMS], uint32_t *returnOrigin)
{
	uint32_t id = handle_id(session), origin;
	TEE_Result res;

	res = call(NULL, &id, commandID, cancellationRequestTimeout, paramTypes, params, &origin);
	/* The secure world finds nothing wrong with what call makes, but for an unknown session. */
	if (res == TEE_ERROR_BAD_PARAMETERS && origin == TEE_ORIGIN_TEE)
		TA_PANIC(res, "not the handle of a session");
	if (returnOrigin)
		*returnOrigin = origin;
	return res;
}
