/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Memory that a supplicant shares with a kernel's secure world: made when that asks for it, known by
 * the kernel's ids.
 * Thread rule: any thread.
 * Ownership rule: the table owns its objects; who uses one holds a reference.
 */
#ifndef TEELINK_REE_SUPPLICANT_TEEPRIV_MEM_H
#define TEELINK_REE_SUPPLICANT_TEEPRIV_MEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct teec_sys_ops;

#define TEEPRIV_MAX_MEM 128u
#define TEEPRIV_MEM_MAX_SIZE (64ull << 20)

struct teepriv_mem {
	unsigned int refs; /* the table's and users'; 0: the slot is free */
	bool doomed; /* goes with its last user */
	int id, fd;
	void *shm_base;
	size_t size;
};

struct teepriv_table {
	const struct teec_sys_ops *sys;
	int device;
	pthread_mutex_t lock;
	struct teepriv_mem mem[TEEPRIV_MAX_MEM];
};

void teepriv_table_init(struct teepriv_table *t, const struct teec_sys_ops *sys, int device);
void teepriv_table_release(struct teepriv_table *t);
/* Return: 0 and *@id; -EINVAL, -ENOSPC, -errno of the device. */
int teepriv_mem_create(struct teepriv_table *t, uint64_t size, int *id);
/* Return: 0 or -ENOENT. */
int teepriv_mem_destroy(struct teepriv_table *t, uint64_t id);
/* A reference to the object that has @size bytes from @offset on. NULL: there is none. */
struct teepriv_mem *teepriv_mem_get(struct teepriv_table *t, uint64_t id, uint64_t offset,
				    uint64_t size);
void teepriv_mem_put(struct teepriv_table *t, struct teepriv_mem *m); /* NULL is fine */

#endif
