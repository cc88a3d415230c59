/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Persistent objects (TEE Internal Core API 5.7 to 5.9) as libutee's files see them: handles of
 * the secure
 * world's storage (wire/storage.h). The position in the data stream is kept here, with the object.
 * Thread rule: the instance's thread.
 * Ownership rule: an object's handle is closed with the object.
 */
#ifndef TEELINK_TA_STORED_H
#define TEELINK_TA_STORED_H

#include "ta/object.h"
#include "ta/syscall.h"
#include "wire/storage.h"

extern const struct ta_stored_ops stored_ops;

static inline uint64_t stored_handle(TEE_ObjectHandle obj)
{
	return (uint64_t)(uintptr_t)obj->stored;
}

/* A persistent object's handle, as the TA gave it: panics unless it is one. */
TEE_ObjectHandle stored_get(TEE_ObjectHandle handle, const char *func);
/*
 * What the specification lets the caller of a function see of a result; anything else panics.
 * @allowed
 * ends with TEE_SUCCESS. A storage that isn't there, and memory that isn't, may always be said.
 */
TEE_Result stored_result(TEE_Result res, const TEE_Result *allowed, const char *func);
/* An object's id into the area. Panics when it is none. */
void stored_put_id(const void *id, size_t len, const char *func);

#endif
