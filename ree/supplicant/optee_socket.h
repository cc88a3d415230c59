/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Sockets of a kernel's secure world: what OP-TEE asks of its supplicant (OPTEE_RPC_CMD_SOCKET).
 * Thread rule: any thread.
 * Ownership rule: sockets and arguments are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_OPTEE_SOCKET_H
#define TEELINK_REE_SUPPLICANT_OPTEE_SOCKET_H

#include <stdint.h>

struct sockets;
struct optee_arg;

/* Return: a TEE_Result, or SOCKET_ERROR_*. */
uint32_t optee_socket_serve(struct sockets *ss, const struct optee_arg *arg, unsigned int num);

#endif
