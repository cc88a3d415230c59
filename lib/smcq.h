/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The two ends of one stream of an SMC message queue (wire/smcq.h), over memory that a hostile peer may
 * change.
 * Thread rule: the caller's lock guards each end's struct; the ends share only the half and its area.
 * Ownership rule: both borrow the memory.
 *
 * Each end keeps its own index to itself and only publishes it; the peer's is read once a look and must
 * be possible. After an impossible one everything is -EPROTO: a stream can't be found again.
 */
#ifndef TEELINK_LIB_SMCQ_H
#define TEELINK_LIB_SMCQ_H

#include "wire/smcq.h"

/* Where the two areas of a buffer of @size bytes lie, and how large they are; 0: it is too small. */
static inline uint32_t smcq_capacity(uint32_t size)
{
	return size < SMCQ_MIN_SIZE || size > SMCQ_MAX_SIZE
		       ? 0
		       : (size - (uint32_t)sizeof(struct smcq_page)) / 2u;
}

struct smcq_writer {
	struct smcq_half *shm;
	uint8_t *shm_area;
	uint32_t capacity;
	uint32_t head;
	uint32_t room;  /* of which we know */
	uint32_t left;  /* bytes of the message under way, frame not counted */
	bool moved;     /* head since the last flush */
	bool stalled;   /* and said so */
	bool broken;
};

struct smcq_reader {
	struct smcq_half *shm;
	const uint8_t *shm_area;
	uint32_t capacity;
	uint32_t tail;
	uint32_t ready; /* bytes of which we know */
	uint32_t left;  /* bytes of the message under way */
	bool moved;
	bool broken;
};

/* @area: capacity bytes; indices start where both sides put them: at 0. */
void smcq_writer_init(struct smcq_writer *w, struct smcq_half *half, uint8_t *area, uint32_t capacity);
void smcq_reader_init(struct smcq_reader *r, struct smcq_half *half, const uint8_t *area,
		      uint32_t capacity);

/**
 * smcq_write_begin() - start a message
 * @len: its bytes, up to SMCQ_MAX_MSG
 *
 * Return: 0; -EAGAIN (no room for the frame), -EBUSY (the last message isn't whole), -EMSGSIZE, -EPROTO.
 */
int smcq_write_begin(struct smcq_writer *w, uint32_t len);
/**
 * smcq_write() - the next bytes of the message
 *
 * Return: how many of @len there was room for, 0 included; -EINVAL (more than the message has left),
 * -EPROTO.
 */
int64_t smcq_write(struct smcq_writer *w, const void *data, uint32_t len);
/* True between messages. */
static inline bool smcq_write_idle(const struct smcq_writer *w)
{
	return !w->left;
}
/* Publish what was written. Return: true when the reader is to be told. */
bool smcq_write_flush(struct smcq_writer *w);
/* No room: ask to be told of some. Return: true when there is some already (or the stream is broken). */
bool smcq_write_stall(struct smcq_writer *w);

/**
 * smcq_read_begin() - find the next message
 *
 * Return: 1 and its length, which may be 0; 0: none yet; -EBUSY (the last one wasn't read whole);
 * -EPROTO, also for one that is longer than SMCQ_MAX_MSG.
 */
int smcq_read_begin(struct smcq_reader *r, uint32_t *len);
/* The next up to @len bytes of the message, copied out once. Return: how many, 0 included; -EPROTO. */
int64_t smcq_read(struct smcq_reader *r, void *data, uint32_t len);
static inline bool smcq_read_idle(const struct smcq_reader *r)
{
	return !r->left;
}
/* Give the room back. Return: true when the writer waits for it and is to be told. */
bool smcq_read_flush(struct smcq_reader *r);
/* One look without side effect, for polling; also while another thread has the reader's lock. */
bool smcq_read_more(const struct smcq_reader *r);
/* Ask to be told. Return: true when something is there already (or the stream is broken). */
bool smcq_read_sleep(struct smcq_reader *r);
void smcq_read_awake(struct smcq_reader *r);

#endif
