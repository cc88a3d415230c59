/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Secure storage as the trusted applications of a machine reach it: the system calls of
 * wire/storage.h, over the supplicant's files and the machine's root key.
 * Thread rule: under the world lock, but for storage_service_serve.
 * Ownership rule: the world owns it; it outlives the TA manager's last instance.
 */
#ifndef TEELINK_TEE_STORAGE_SERVICE_H
#define TEELINK_TEE_STORAGE_SERVICE_H

#include <stdint.h>

struct tee_world;
struct storage_client;
struct storage_service;
struct ta_syscall;

/* The TA manager is there already. Return: 0 or -ENOMEM. */
int storage_service_create(struct tee_world *w, struct storage_service **sp);
void storage_service_destroy(struct storage_service *s); /* NULL is fine */

/* One system call on what @c sees; without the world lock, since it blocks. Return: TEE_Result. */
uint32_t storage_service_serve(struct storage_client *c, struct ta_syscall *sc);

#endif
