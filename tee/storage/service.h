/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Secure storage as the trusted applications of a machine reach it: the system calls of
 * wire/storage.h, over the supplicant's files and the machine's root key.
 * Thread rule: under the world lock.
 * Ownership rule: the world owns it; it outlives the TA manager's last instance.
 */
#ifndef TEELINK_TEE_STORAGE_SERVICE_H
#define TEELINK_TEE_STORAGE_SERVICE_H

struct tee_world;
struct storage_service;

/* The TA manager is there already. Return: 0 or -ENOMEM. */
int storage_service_create(struct tee_world *w, struct storage_service **sp);
void storage_service_destroy(struct storage_service *s); /* NULL is fine */

#endif
