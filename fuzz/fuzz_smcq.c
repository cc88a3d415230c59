/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The two ends of an SMC message queue's stream, each against a peer that writes any index, flag and byte:
 * as long as nobody has lied the bytes come out as they went in, and after a lie nobody reads or writes
 * outside the area.
 * Input: u16 the area's size, then steps of an op byte and its operands, see run().
 */
#include <errno.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/smcq.h"

#define MAX_STEPS 1000u
#define MAX_AREA 512u
#define MAX_PIECE 600u

enum op {
	OP_BEGIN, /* u32 length, mostly a small one */
	OP_WRITE, /* u16 length */
	OP_FLUSH,
	OP_STALL,
	OP_FIND,
	OP_READ, /* u16 length */
	OP_GIVE_BACK,
	OP_SLEEP,
	OP_POKE_INDEX, /* u8 which, u32 value, or a step from what is there */
	OP_POKE_AREA, /* u16 where, u8 value */
	OP_NUM
};

struct env {
	struct smcq_writer w;
	struct smcq_reader r;
	struct smcq_half half;
	uint8_t *area; /* exactly: a sanitizer sees the byte beyond */
	bool lied;
	uint32_t written, read; /* bytes of messages so far */
};

static uint8_t byte_at(uint32_t at)
{
	return (uint8_t)(at * 31u + (at >> 8) * 7u);
}

static uint32_t length(struct fuzz_input *in)
{
	uint32_t how = (uint32_t)fuzz_take(in, 1);

	if (how < 250)
		return how;
	return how < 253 ? SMCQ_MAX_MSG - 1u + (how - 250) : (uint32_t)fuzz_take(in, 4);
}

static void do_begin(struct env *e, uint32_t len)
{
	bool idle = smcq_write_idle(&e->w);
	int ret = smcq_write_begin(&e->w, len);

	if (len > SMCQ_MAX_MSG)
		FUZZ_ASSERT(ret == -EMSGSIZE);
	else if (!idle)
		FUZZ_ASSERT(ret == -EBUSY);
	else
		FUZZ_ASSERT(!ret || ret == -EAGAIN || (e->lied && ret == -EPROTO));
}

static void do_write(struct env *e, uint32_t len)
{
	uint8_t data[MAX_PIECE];
	uint32_t left = e->w.left, i;
	int64_t n;

	len %= MAX_PIECE;
	for (i = 0; i < len; i++)
		data[i] = byte_at(e->written + i);
	n = smcq_write(&e->w, data, len);
	if (len > left) {
		FUZZ_ASSERT(n == -EINVAL);
		return;
	}
	FUZZ_ASSERT((n >= 0 && n <= len) || (e->lied && n == -EPROTO));
	e->written += n > 0 ? (uint32_t)n : 0;
}

static void do_find(struct env *e)
{
	bool idle = smcq_read_idle(&e->r);
	uint32_t len = 0;
	int ret = smcq_read_begin(&e->r, &len);

	if (!idle)
		FUZZ_ASSERT(ret == -EBUSY);
	else
		FUZZ_ASSERT(ret == 0 || ret == 1 || (e->lied && ret == -EPROTO));
	FUZZ_ASSERT(ret != 1 || len <= SMCQ_MAX_MSG);
}

static void do_read(struct env *e, uint32_t len)
{
	uint8_t *data;
	uint32_t i;
	int64_t n;

	len %= MAX_PIECE;
	data = malloc(len ? len : 1);
	FUZZ_ASSERT(data);
	n = smcq_read(&e->r, data, len);
	FUZZ_ASSERT((n >= 0 && n <= len) || (e->lied && n == -EPROTO));
	for (i = 0; !e->lied && i < (uint32_t)n; i++)
		FUZZ_ASSERT(data[i] == byte_at(e->read + i));
	e->read += n > 0 ? (uint32_t)n : 0;
	free(data);
}

static void poke_index(struct env *e, struct fuzz_input *in)
{
	uint32_t *const shm[] = { &e->half.head, &e->half.tail, &e->half.stalled, &e->half.asleep };
	uint32_t how = (uint32_t)fuzz_take(in, 1), *shm_word = shm[how % 4];

	*shm_word = how < 128 ? *shm_word + fuzz_take_delta(in) : (uint32_t)fuzz_take(in, 4);
	e->lied = true;
}

static void run(struct env *e, struct fuzz_input *in)
{
	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_BEGIN:
		do_begin(e, length(in));
		break;
	case OP_WRITE:
		do_write(e, (uint32_t)fuzz_take(in, 2));
		break;
	case OP_FLUSH:
		smcq_write_flush(&e->w);
		break;
	case OP_STALL:
		smcq_write_stall(&e->w);
		break;
	case OP_FIND:
		do_find(e);
		break;
	case OP_READ:
		do_read(e, (uint32_t)fuzz_take(in, 2));
		break;
	case OP_GIVE_BACK:
		smcq_read_flush(&e->r);
		break;
	case OP_SLEEP:
		smcq_read_sleep(&e->r);
		break;
	case OP_POKE_INDEX:
		poke_index(e, in);
		break;
	case OP_POKE_AREA:
		e->area[fuzz_take(in, 2) % e->w.capacity] = (uint8_t)fuzz_take(in, 1);
		e->lied = true;
		break;
	case OP_NUM:
		break;
	}
}

static void check(const struct env *e)
{
	uint32_t capacity = e->w.capacity;

	FUZZ_ASSERT(e->w.room <= capacity && e->r.ready <= capacity);
	FUZZ_ASSERT(e->w.head < 2u * capacity && e->r.tail < 2u * capacity);
	FUZZ_ASSERT(e->lied || (!e->w.broken && !e->r.broken && e->read <= e->written));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint32_t capacity = 1u + (uint32_t)fuzz_take(&in, 2) % MAX_AREA;
	struct env e = { .area = calloc(1, capacity) };
	unsigned int i;

	FUZZ_ASSERT(e.area);
	smcq_writer_init(&e.w, &e.half, e.area, capacity);
	smcq_reader_init(&e.r, &e.half, e.area, capacity);
	for (i = 0; i < MAX_STEPS && in.size; i++) {
		run(&e, &in);
		check(&e);
	}
	free(e.area);
	return 0;
}
