/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages to a control socket (lib/ctl.h) that doesn't wait: what it hasn't taken yet, in order.
 * Thread rule: the caller's lock guards it.
 * Ownership rule: the outbox keeps copies of messages and duplicates of descriptors.
 */
#ifndef TEELINK_LIB_OUTBOX_H
#define TEELINK_LIB_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/list.h"

/**
 * struct outbox - messages that wait
 * @refused: told of each message that outbox_flush() drops, with what ctl_send() said; may send others.
 *           NULL: nobody is
 */
struct outbox {
	struct list msgs;
	unsigned int num, max;
	void (*refused)(void *data, const void *msg, int why);
	void *refused_data;
};

/* @max: messages that it keeps at the most. */
void outbox_init(struct outbox *box, unsigned int max);
/* Forgets the messages, and wipes them. */
void outbox_clear(struct outbox *box);
static inline bool outbox_empty(const struct outbox *box)
{
	return !box->num;
}
/**
 * outbox_send() - send a message, or keep it behind those that wait already
 *
 * Return: 0; -ENOSPC (so many wait already), -ENOMEM, -EMFILE; what ctl_send() says of a broken socket.
 */
int outbox_send(struct outbox *box, int sock, const void *msg, size_t len, const int *fds,
		unsigned int num_fds);
/* Sends what the socket takes now; drops what it refuses. Return: true when nothing is left. */
bool outbox_flush(struct outbox *box, int sock);

#endif
