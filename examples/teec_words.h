/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Results and origins of the TEE Client API in words.
 * Thread rule: pure functions.
 * Ownership rule: the strings are constants.
 */
#ifndef TEELINK_EXAMPLES_TEEC_WORDS_H
#define TEELINK_EXAMPLES_TEEC_WORDS_H

#include <tee_client_api.h>

/* "item not found"…; "unknown result" for what isn't in the list. */
const char *teec_result_words(TEEC_Result result);
/* Who says so: "the TEE"… */
const char *teec_origin_words(uint32_t origin);

#endif
