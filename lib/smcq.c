/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/smcq.h"

#include <errno.h>
#include <string.h>

#include "lib/number.h"

static uint32_t index_add(uint32_t index, uint32_t n, uint32_t capacity)
{
	uint64_t sum = (uint64_t)index + n;

	return (uint32_t)(sum >= 2ull * capacity ? sum - 2ull * capacity : sum);
}

static uint32_t index_distance(uint32_t head, uint32_t tail, uint32_t capacity)
{
	return head >= tail ? head - tail : 2u * capacity - tail + head;
}

/* Where byte @index lies in the area, and how many follow it there without a turn. */
static uint32_t area_offset(uint32_t index, uint32_t capacity)
{
	return index >= capacity ? index - capacity : index;
}

void smcq_writer_init(struct smcq_writer *w, struct smcq_half *half, uint8_t *area, uint32_t capacity)
{
	*w = (struct smcq_writer){ .shm = half, .shm_area = area, .capacity = capacity, .room = capacity };
}

void smcq_reader_init(struct smcq_reader *r, struct smcq_half *half, const uint8_t *area,
		      uint32_t capacity)
{
	*r = (struct smcq_reader){ .shm = half, .shm_area = area, .capacity = capacity };
}

/* Looks at the reader's index when less than @want bytes of room are known. */
static int find_room(struct smcq_writer *w, uint32_t want)
{
	uint32_t tail, used;

	if (w->broken)
		return -EPROTO;
	if (w->room >= want)
		return 0;
	tail = tl_load_acquire(&w->shm->tail);
	used = tail < 2u * w->capacity ? index_distance(w->head, tail, w->capacity) : UINT32_MAX;
	/* Room only grows: a reader that takes some back lies. */
	if (used > w->capacity || w->capacity - used < w->room) {
		w->broken = true;
		return -EPROTO;
	}
	w->room = w->capacity - used;
	return 0;
}

static void put_bytes(struct smcq_writer *w, const void *data, uint32_t len)
{
	uint32_t at = area_offset(w->head, w->capacity);
	uint32_t first = min_u32(len, w->capacity - at);

	memcpy(w->shm_area + at, data, first);
	memcpy(w->shm_area, (const uint8_t *)data + first, len - first);
	if (w->stalled)
		tl_store_relaxed(&w->shm->stalled, 0u);
	w->stalled = false;
	w->head = index_add(w->head, len, w->capacity);
	w->room -= len;
	w->moved = true;
}

int smcq_write_begin(struct smcq_writer *w, uint32_t len)
{
	const struct smcq_frame frame = { .len = len };
	int ret;

	if (len > SMCQ_MAX_MSG)
		return -EMSGSIZE;
	if (w->left)
		return -EBUSY;
	ret = find_room(w, sizeof(frame));
	if (ret)
		return ret;
	if (w->room < sizeof(frame))
		return -EAGAIN;
	put_bytes(w, &frame, sizeof(frame));
	w->left = len;
	return 0;
}

int64_t smcq_write(struct smcq_writer *w, const void *data, uint32_t len)
{
	uint32_t n;
	int ret;

	if (len > w->left)
		return -EINVAL;
	ret = find_room(w, len);
	if (ret)
		return ret;
	n = min_u32(len, w->room);
	if (!n)
		return 0;
	put_bytes(w, data, n);
	w->left -= n;
	return n;
}

bool smcq_write_flush(struct smcq_writer *w)
{
	if (!w->moved)
		return false;
	w->moved = false;
	tl_store_release(&w->shm->head, w->head);
	tl_mb();
	return tl_load_relaxed(&w->shm->asleep) != 0;
}

bool smcq_write_stall(struct smcq_writer *w)
{
	uint32_t room = w->room;

	w->stalled = true;
	tl_store_relaxed(&w->shm->stalled, 1u);
	tl_mb();
	return find_room(w, w->capacity) || w->room > room;
}

static void reader_break(struct smcq_reader *r)
{
	tl_store_relaxed(&r->broken, true);
}

/* Looks at the writer's index when less than @want bytes are known to be there. */
static int find_bytes(struct smcq_reader *r, uint32_t want)
{
	uint32_t head, ready;

	if (r->broken)
		return -EPROTO;
	if (r->ready >= want)
		return 0;
	head = tl_load_acquire(&r->shm->head);
	ready = head < 2u * r->capacity ? index_distance(head, r->tail, r->capacity) : UINT32_MAX;
	if (ready > r->capacity || ready < r->ready) {
		reader_break(r);
		return -EPROTO;
	}
	tl_store_relaxed(&r->ready, ready);
	return 0;
}

static void get_bytes(struct smcq_reader *r, void *data, uint32_t len)
{
	uint32_t at = area_offset(r->tail, r->capacity);
	uint32_t first = min_u32(len, r->capacity - at);

	memcpy(data, r->shm_area + at, first);
	memcpy((uint8_t *)data + first, r->shm_area, len - first);
	/* What is looked at from here on is the copy. */
	__asm__ volatile("" ::: "memory");
	/* smcq_read_more looks at these without the reader's lock. */
	tl_store_relaxed(&r->tail, index_add(r->tail, len, r->capacity));
	tl_store_relaxed(&r->ready, r->ready - len);
	r->moved = true;
}

int smcq_read_begin(struct smcq_reader *r, uint32_t *len)
{
	struct smcq_frame frame;
	int ret;

	if (r->left)
		return -EBUSY;
	ret = find_bytes(r, sizeof(frame));
	if (ret || r->ready < sizeof(frame))
		return ret;
	get_bytes(r, &frame, sizeof(frame));
	if (frame.len > SMCQ_MAX_MSG || frame.reserved) {
		reader_break(r);
		return -EPROTO;
	}
	r->left = frame.len;
	*len = frame.len;
	return 1;
}

int64_t smcq_read(struct smcq_reader *r, void *data, uint32_t len)
{
	uint32_t n = min_u32(len, r->left);
	int ret = find_bytes(r, n);

	if (ret)
		return ret;
	n = min_u32(n, r->ready);
	if (!n)
		return 0;
	get_bytes(r, data, n);
	r->left -= n;
	return n;
}

bool smcq_read_flush(struct smcq_reader *r)
{
	if (!r->moved)
		return false;
	r->moved = false;
	tl_store_release(&r->shm->tail, r->tail);
	tl_mb();
	return tl_load_relaxed(&r->shm->stalled) != 0;
}

bool smcq_read_more(const struct smcq_reader *r)
{
	uint32_t ready = tl_load_relaxed(&r->ready);

	/* Torn while another thread reads, it may say yes for nothing; it looks again then. */
	return ready || tl_load_relaxed(&r->broken) ||
	       tl_load_relaxed(&r->shm->head) != tl_load_relaxed(&r->tail);
}

bool smcq_read_sleep(struct smcq_reader *r)
{
	uint32_t ready = r->ready;

	tl_store_relaxed(&r->shm->asleep, 1u);
	tl_mb();
	return find_bytes(r, r->capacity) || r->ready > ready;
}

void smcq_read_awake(struct smcq_reader *r)
{
	tl_store_relaxed(&r->shm->asleep, 0u);
}
