/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The files of secure storage: what wire/supp_fs.h asks for, done in one folder, "storage" in the
 * machine's state folder. What is in the files is none of the supplicant's business.
 * Thread rule: one request at a time per store; store_server_* as they say.
 * Ownership rule: the store owns its folder's descriptor; memory and requests are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_STORE_H
#define TEELINK_REE_SUPPLICANT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/supp_fs.h"

struct store {
	const char *state_dir; /* made when the first file is */
	int dir; /* -1: not there yet */
};

void store_init(struct store *st, const char *state_dir);
void store_release(struct store *st);
/*
 * @len: bytes of @req that came. @shm: the memory that both sides see: bytes are copied once, and
 * never looked at.
 */
void store_serve(struct store *st, const struct supp_fs_req *req, size_t len, uint8_t *shm,
		 size_t shm_size, struct supp_fs_rsp *rsp);

struct tipc_dev;
struct store_server;

/**
 * store_server_start() - serve SUPP_FS_PORT in a thread of its own
 * @over: called by that thread when it can't go on
 *
 * Return: 0 or -errno.
 */
int store_server_start(struct tipc_dev *dev, const char *state_dir, void (*over)(void *data),
		       void *data, struct store_server **sp);
void store_server_stop(struct store_server *s); /* NULL is fine */

#endif
