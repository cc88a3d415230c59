/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One of the supplicant's channels to the secure world: questions come, one at a time, and each is
 * answered. Several may be served at once, each in a thread, so that one that takes its time
 * doesn't keep the others waiting.
 * Thread rule: server_create, server_destroy and server_run as they say; @serve runs in the thread
 *     that serves.
 * Ownership rule: server_create gives it to the caller; the device and data are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_SERVER_H
#define TEELINK_REE_SUPPLICANT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tipc_dev;
struct server;

/**
 * struct server_config - what a server serves
 * @port: to connect to
 * @max_req: bytes of the longest question; longer ones aren't answered
 * @min_room: bytes that an answer must have room for
 * @peek: sees each message as it comes, in any thread. Return: is it taken, and no question? May be
 *        NULL
 * @serve: answers @req into @out, which has room for @room bytes. Return: the answer's bytes
 * @over: set by any server of a supplicant that can't go on; all of them end then
 */
struct server_config {
	const char *port;
	size_t max_req, min_room;
	bool (*peek)(void *data, const void *msg, size_t len);
	size_t (*serve)(void *data, const void *req, size_t len, void *out, size_t room);
	void *data;
	bool *over;
};

/* Return: 0 or -ENOMEM. */
int server_create(struct tipc_dev *dev, const struct server_config *cfg, struct server **sp);
/*
 * Waits for its thread, if it has one, which *over has told to end. NULL is fine. Return: 0; -EBUSY:
 * it doesn't come back from @serve; then nothing that it uses can be freed.
 */
int server_stop(struct server *s);
/* Stopped, if it was started; NULL is fine. */
void server_destroy(struct server *s);
/* Serves in the calling thread until *over. Return: 0, or -errno when it couldn't go on. */
int server_run(struct server *s);
/* The same in a thread of its own. Return: 0 or -errno. */
int server_start(struct server *s);

#endif
