/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * TEEC_Operation to and from the parameters of the uapi, and the mark that says it is under way.
 * Thread rule: an operation is its caller's thread's, except for teec_op_target.
 * Ownership rule: teec_op_release undoes teec_op_prepare, also after its failure; teec_op_end
 * undoes teec_op_begin. A NULL operation is one without parameters.
 */
#ifndef TEELINK_REE_LIBTEEC_OPERATION_H
#define TEELINK_REE_LIBTEEC_OPERATION_H

#include "ree/libteec/api.h"
#include "ree/tee/uapi.h"

#define TEEC_NUM_PARAMS TEEC_CONFIG_PAYLOAD_REF_COUNT

/**
 * teec_op_prepare() - parameters for a call
 * @params: TEEC_NUM_PARAMS of them, filled in; zeroed by the caller
 * @temp: TEEC_NUM_PARAMS objects that hold the temporary references; filled in
 *
 * Return: 0; -EINVAL: types, flags, offsets, an object that isn't live; -ENOMEM; -errno of the device.
 */
int teec_op_prepare(TEEC_Context *ctx, const TEEC_Operation *op, struct tee_ioctl_param *params,
		    TEEC_SharedMemory *temp);
/* Writes outputs back: values, sizes, and bytes that went through a shadow. */
void teec_op_write_back(TEEC_Operation *op, const struct tee_ioctl_param *params,
			const TEEC_SharedMemory *temp);
void teec_op_release(TEEC_SharedMemory *temp);

/* Marks @op as under way on @session. Return: its cancel id, unique in this process, or 0. */
uint32_t teec_op_begin(TEEC_Operation *op, TEEC_Session *session);
void teec_op_end(TEEC_Operation *op);
/* Whom to ask to cancel @op. Return: false when it isn't under way. From any thread. */
bool teec_op_target(const TEEC_Operation *op, int *fd, struct tee_ioctl_cancel_arg *arg);

#endif
