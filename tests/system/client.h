/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Short ways to say the usual things of a client application, each failing the test when it fails.
 * Thread rule: as the client API.
 * Ownership rule: client_open and client_close pair up.
 */
#ifndef TEELINK_TESTS_SYSTEM_CLIENT_H
#define TEELINK_TESTS_SYSTEM_CLIENT_H

#include <pthread.h>
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

/* A call in a thread of its own: the caller fills in @op; @uuid set: it opens @session there. */
struct client_call {
	struct client *c;
	const TEEC_UUID *uuid;
	uint32_t cmd;
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t origin;
	pthread_t thread;
};
void client_call_start(struct client_call *call);
/* Asks for cancellation until the call is over: at first it may not have arrived yet. */
void client_call_cancel(struct client_call *call);
/* Waits for the end, ten seconds at most. */
void client_call_end(struct client_call *call);

/* @uuid as in a message. */
void octets_of(const TEEC_UUID *uuid, uint8_t octets[16]);

/* What PROBE_MEMORY does to bytes. */
void pattern_fill(uint8_t *p, size_t n, uint8_t seed);
uint32_t pattern_sum(const uint8_t *p, size_t n);
bool is_ta_output(const uint8_t *p, size_t n);

#endif
