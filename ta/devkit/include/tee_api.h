/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The old name of <tee_internal_api.h>.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_API_H
#define TEE_API_H

#include <tee_internal_api.h>

#endif
