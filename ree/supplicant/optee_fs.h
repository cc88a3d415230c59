/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Files of a kernel's secure world: what OP-TEE asks of its supplicant (OPTEE_RPC_CMD_FS in
 * wire/optee_msg.h), done in one folder and what lies below it.
 * Thread rule: any thread.
 * Ownership rule: create gives the files to the caller; arguments are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_OPTEE_FS_H
#define TEELINK_REE_SUPPLICANT_OPTEE_FS_H

#include <stddef.h>
#include <stdint.h>

#include "ree/tee/uapi.h"

struct optee_fs;

/* One parameter of a request, as the device gave it; outputs are set in place. */
struct optee_arg {
	struct tee_ioctl_param *param;
	uint8_t *shm_buf; /* of a memref, its param->b bytes; NULL: it has none */
};

/* The type of a parameter, without what else its attribute says. */
static inline uint64_t optee_arg_type(const struct optee_arg *arg)
{
	return arg->param->attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK;
}

/* @parent: made, with the folders above it, when it is first needed. Return: 0 or -ENOMEM. */
int optee_fs_create(const char *parent, struct optee_fs **fsp);
void optee_fs_destroy(struct optee_fs *fs); /* closes what is open; NULL is fine */
/* Return: a TEE_Result. */
uint32_t optee_fs_serve(struct optee_fs *fs, const struct optee_arg *arg, unsigned int num);

#endif
