/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Shared memory objects, below the API: errors are -errno.
 * Thread rule: any thread; one object by one thread at a time.
 * Ownership rule: teec_shm_release undoes every other function and is harmless after their failure.
 */
#ifndef TEELINK_REE_LIBTEEC_SHM_H
#define TEELINK_REE_LIBTEEC_SHM_H

#include "ree/libteec/api.h"

/* TEEC_SharedMemory.imp.flags; 0 is an object that holds nothing. */
#define TEEC_SHM_LIVE (1u << 0)   /* id and registered_fd mean something */
#define TEEC_SHM_HEAP (1u << 1)   /* the shared bytes are from the heap, ours to free */
#define TEEC_SHM_MAPPED (1u << 2) /* the shared bytes are mapped from registered_fd */
/* Above them: the device that it is shared by, as far as there is room for its descriptor. */
#define TEEC_SHM_DEVICE_SHIFT 8
#define TEEC_SHM_DEVICE_MASK 0xffffffu

/* Makes @shm hold nothing. */
void teec_shm_init(TEEC_SharedMemory *shm);
/* Return: 0, -EINVAL (flags, no buffer), -ENOMEM, other -errno of the device. */
int teec_shm_allocate(TEEC_Context *ctx, TEEC_SharedMemory *shm);
int teec_shm_register(TEEC_Context *ctx, TEEC_SharedMemory *shm);
int teec_shm_register_brief(TEEC_Context *ctx, TEEC_SharedMemory *shm); /* for one call */
int teec_shm_register_fd(TEEC_Context *ctx, TEEC_SharedMemory *shm, int fd);
void teec_shm_release(TEEC_SharedMemory *shm);

/*
 * May a session of the device @fd refer to it? 0; -EIO: the one's or the other's machine is gone;
 * -EINVAL: another context's.
 */
int teec_shm_usable(const TEEC_SharedMemory *shm, int fd);

/* Copy @len bytes at @offset (inside the object) to or from the shadow, if it has one. */
void teec_shm_to_shadow(const TEEC_SharedMemory *shm, size_t offset, size_t len);
void teec_shm_from_shadow(const TEEC_SharedMemory *shm, size_t offset, size_t len);

#endif
