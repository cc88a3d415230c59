/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The files of secure storage: what wire/supp_fs.h asks for, done in one folder, "storage" in the
 * machine's state folder. What is in the files is none of the supplicant's business.
 * Thread rule: one request at a time per store.
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

#endif
