/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The one place where a -errno of the inside becomes a TEEC_Result and its origin.
 * Thread rule: pure functions.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_LIBTEEC_RESULT_H
#define TEELINK_REE_LIBTEEC_RESULT_H

#include "ree/libteec/api.h"

/* @err: 0 or -errno. */
TEEC_Result teec_result(int err);
/* Origin of an error met before the call left the library: COMMS when the TEE is gone, else API. */
uint32_t teec_local_origin(int err);

#endif
