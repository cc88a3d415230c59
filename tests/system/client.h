/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Short ways to say the usual things of a client application, each failing the test when it fails.
 * Thread rule: as the client API.
 * Ownership rule: client_open and client_close pair up.
 */
#ifndef TEELINK_TESTS_SYSTEM_CLIENT_H
#define TEELINK_TESTS_SYSTEM_CLIENT_H

#include <stdbool.h>

#include <tee_client_api.h>

struct client {
	TEEC_Context ctx;
	TEEC_Session session;
};

void client_open(struct client *c, const TEEC_UUID *uuid);
void client_close(struct client *c);
/* Invoke without parameters, or with one VALUE_IN. */
TEEC_Result client_invoke(struct client *c, uint32_t cmd, uint32_t *origin);
TEEC_Result client_value(struct client *c, uint32_t cmd, uint32_t a, uint32_t *origin);
/* PROBE_VALUES with the right answers. */
void client_works(struct client *c);

/* What PROBE_MEMORY does to bytes. */
void pattern_fill(uint8_t *p, size_t n, uint8_t seed);
uint32_t pattern_sum(const uint8_t *p, size_t n);
bool is_ta_output(const uint8_t *p, size_t n);

#endif
