/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Small ids for objects: the lowest free one from 1 up.
 * Thread rule: the caller's lock guards it.
 * Ownership rule: the table borrows the objects.
 */
#ifndef TEELINK_REE_TEE_IDR_H
#define TEELINK_REE_TEE_IDR_H

#include <stdint.h>

#define TEE_IDR_MAX 65536u /* highest id */

struct tee_idr {
	void **slot; /* slot[id - 1], NULL: free */
	uint32_t num;
	uint32_t lowest_free; /* no slot below this index is free */
};

/* Id of @obj (not NULL), or -ENOMEM, -ENOSPC. */
int tee_idr_alloc(struct tee_idr *idr, void *obj);
void *tee_idr_find(const struct tee_idr *idr, uint64_t id); /* NULL: none */
void tee_idr_remove(struct tee_idr *idr, int id);
void tee_idr_destroy(struct tee_idr *idr);

#endif
