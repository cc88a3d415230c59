/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The public headers as the library itself includes them: what they declare is exported, everything
 * else of the library is hidden (teec.map says the same to the linker).
 * Thread rule: none, declarations only.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_LIBTEEC_API_H
#define TEELINK_REE_LIBTEEC_API_H

#pragma GCC visibility push(default)
#include <tee_client_api.h>
#include <tee_client_api_extensions.h>
#pragma GCC visibility pop

#endif
