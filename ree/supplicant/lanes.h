/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Several channels of one kind, for requests that may take long: lane N serves port "<port>.N" in a
 * thread of its own. The first is there from the start; as soon as the last one has something to
 * do, there is one more.
 * Thread rule: start, stop and destroy in one thread; @peek and @serve as in server.h.
 * Ownership rule: lanes_start gives them to the caller; the device and data are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_LANES_H
#define TEELINK_REE_SUPPLICANT_LANES_H

#include <stdbool.h>
#include <stddef.h>

struct tipc_dev;
struct lanes;

/* As struct server_config, for each lane. */
struct lanes_config {
	const char *port;
	unsigned int max;
	size_t max_req, min_room;
	bool (*peek)(void *data, unsigned int lane, const void *msg, size_t len);
	size_t (*serve)(void *data, unsigned int lane, const void *req, size_t len, void *out,
			size_t room);
	void *data;
	bool *over;
};

/* Return: 0 or -errno; then too *@lp is to be stopped and destroyed, if it isn't NULL. */
int lanes_start(struct tipc_dev *dev, const struct lanes_config *cfg, struct lanes **lp);
/* *over is set. Return: 0, or -EBUSY as server_stop. NULL is fine. */
int lanes_stop(struct lanes *l);
void lanes_destroy(struct lanes *l); /* stopped; NULL is fine */

#endif
