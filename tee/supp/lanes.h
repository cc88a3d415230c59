/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Several channels to the supplicant for requests that may take long, each with memory of its own:
 * one that waits keeps nobody else waiting. Lane N is connected to port "<port>.N".
 * Thread rule: under the world lock; functions that say "blocks" drop it.
 * Ownership rule: lanes are their creator's; one that was taken is the taker's until it is put.
 */
#ifndef TEELINK_TEE_SUPP_LANES_H
#define TEELINK_TEE_SUPP_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tee_world;
struct ta_param;
struct supp_lanes;
struct supp_lane;

#define SUPP_LANE_MAX_RSP 32u /* bytes of an answer */

/**
 * struct supp_lanes_config - what the lanes carry
 * @port: begins the ports' names
 * @num: lanes at most
 * @shm_offset, @bytes: lane N's memory in the static pool of the supplicant's VM has @bytes from
 *                      @shm_offset + N * @bytes on
 * @rsp_size: of an answer. Requests and answers begin with a uint32_t tag, which is the lanes' own
 */
struct supp_lanes_config {
	const char *port;
	unsigned int num;
	uint64_t shm_offset;
	uint32_t bytes;
	size_t rsp_size;
};

/* Return: 0 or -ENOMEM. */
int supp_lanes_create(struct tee_world *w, const struct supp_lanes_config *cfg,
		      struct supp_lanes **lp);
void supp_lanes_destroy(struct supp_lanes *l); /* NULL is fine */
/* Is there a supplicant? */
bool supp_lanes_connected(struct supp_lanes *l);
/**
 * supp_lanes_take() - a lane that nobody uses. Blocks.
 * @deadline_ns: how long to wait while all are in use; 0: for ever
 * @cancelled: looked at after each supp_lanes_wake; may be NULL
 *
 * Return: 0; -ETIMEDOUT; -ENOTCONN: there is no supplicant, and none has come for ten seconds;
 * -ECANCELED.
 */
int supp_lanes_take(struct supp_lanes *l, uint64_t deadline_ns, const bool *cancelled,
		    struct supp_lane **lanep);
void supp_lane_put(struct supp_lane *lane);
/* Whoever waits for a lane looks whether it still wants one. */
void supp_lanes_wake(struct supp_lanes *l);
/* @len bytes between @buf, from @at on, and the lane's memory. Blocks. Return: 0 or -errno. */
int supp_lane_copy(struct supp_lane *lane, const struct ta_param *buf, uint64_t at, size_t len,
		   bool in);
/**
 * supp_lane_ask() - send a request and wait for its answer. Blocks.
 * @req: gets its tag
 * @rsp: room for rsp_size bytes
 *
 * Return: 0; -ECONNRESET: the supplicant went; -ETIMEDOUT, -EPROTO: it was turned away; -ECANCELED:
 * the world stops.
 */
int supp_lane_ask(struct supp_lane *lane, void *req, size_t len, void *rsp, uint64_t timeout_ns);
/* What a trusted application is told of these errors; @gone: of all that mean that nobody answers. */
uint32_t supp_lane_result(int err, uint32_t gone);
/* Sends one more message about the request that is being waited for, if there is one; @msg gets its tag. */
void supp_lane_add(struct supp_lane *lane, void *msg, size_t len);

#endif
