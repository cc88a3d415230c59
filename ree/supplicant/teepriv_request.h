/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a kernel's secure world asks of its supplicant, request by request.
 * Thread rule: init and release before and after requests; those from any thread.
 * Ownership rule: init and release pair up; device, configuration and parameters are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_TEEPRIV_REQUEST_H
#define TEELINK_REE_SUPPLICANT_TEEPRIV_REQUEST_H

#include "ree/supplicant/teepriv_mem.h"
#include "ree/tee/uapi.h"

struct supplicant_config;
struct optee_fs;
struct plugins;
struct sockets;

#define TEEPRIV_MAX_PARAMS 4u

struct teepriv_server {
	const struct teec_sys_ops *sys;
	const struct supplicant_config *cfg;
	int device;
	struct teepriv_table table;
	struct optee_fs *fs;
	struct plugins *plugins;
	struct sockets *sockets;
};

/* Return: 0 or -errno; then too it is to be released. */
int teepriv_server_init(struct teepriv_server *t, const struct teec_sys_ops *sys, int device,
			const struct supplicant_config *cfg);
void teepriv_server_release(struct teepriv_server *t);
/* Does OPTEE_RPC_CMD_* @func; outputs are set in @p. Return: a TEE_Result. */
uint32_t teepriv_serve(struct teepriv_server *t, uint32_t func, struct tee_ioctl_param *p,
		       unsigned int num);

#endif
