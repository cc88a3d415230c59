/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A shared library that a trusted application is linked with, and what it throws.
 * Thread rule: the instance's thread.
 * Ownership rule: none.
 */
#ifndef KIT_SHARED_H
#define KIT_SHARED_H

#ifdef __cplusplus
struct KitError {
	virtual ~KitError() = default;
	int value = 0;
};

struct KitSpecialError : KitError {
};

/* Throws a KitSpecialError. */
int kit_throw(int v);

extern "C" {
#endif
extern __thread int kit_shared_tls;

int kit_shared(int v); /* kit_base twice */
#ifdef __cplusplus
}
#endif

#endif
