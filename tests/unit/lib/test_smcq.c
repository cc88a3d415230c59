/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/smcq.h"

/* Both ends of one stream over the same memory. */
struct pair {
	struct smcq_writer w;
	struct smcq_reader r;
	struct smcq_half *half;
	uint8_t *area;
	uint32_t capacity;
	int data_fd, room_fd; /* the signals, for the threads */
};

static struct pair *pair_new(uint32_t capacity)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->capacity = capacity;
	p->half = calloc(1, sizeof(*p->half));
	p->area = malloc(capacity);
	assert_non_null(p->half);
	assert_non_null(p->area);
	smcq_writer_init(&p->w, p->half, p->area, capacity);
	smcq_reader_init(&p->r, p->half, p->area, capacity);
	p->data_fd = eventfd(0, EFD_CLOEXEC);
	p->room_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(p->data_fd >= 0 && p->room_fd >= 0);
	return p;
}

static void pair_free(struct pair *p)
{
	close(p->data_fd);
	close(p->room_fd);
	free(p->half);
	free(p->area);
	free(p);
}

static uint8_t byte_at(uint32_t message, uint32_t at)
{
	return (uint8_t)(at * 31u + (at >> 8) * 7u + message);
}

static void messages_of_all_lengths(void **state)
{
	struct pair *p = pair_new(41); /* no power of two, and messages turn at every place of it */
	uint8_t out[200], in[200];
	uint32_t len, i, got, n;

	(void)state;
	for (len = 0; len < 150; len++) {
		uint32_t done = 0;

		for (i = 0; i < len; i++)
			out[i] = byte_at(len, i);
		assert_int_equal(smcq_write_begin(&p->w, len), 0);
		assert_false(smcq_read_more(&p->r));
		smcq_write_flush(&p->w);
		assert_true(smcq_read_more(&p->r));
		assert_int_equal(smcq_read_begin(&p->r, &got), 1);
		assert_int_equal(got, len);
		for (n = 0; n < len;) {
			n += (uint32_t)smcq_write(&p->w, out + n, len - n);
			smcq_write_flush(&p->w);
			done += (uint32_t)smcq_read(&p->r, in + done, sizeof(in) - done);
			assert_int_equal(done, n);
			smcq_read_flush(&p->r);
		}
		assert_memory_equal(in, out, len);
		assert_true(smcq_write_idle(&p->w) && smcq_read_idle(&p->r));
		assert_int_equal(smcq_read_begin(&p->r, &got), 0);
	}
	pair_free(p);
}

static void wrong_order_is_refused(void **state)
{
	struct pair *p = pair_new(64);
	uint8_t buf[64] = { 0 };
	uint32_t len;

	(void)state;
	assert_int_equal(smcq_write(&p->w, buf, 1), -EINVAL);
	assert_int_equal(smcq_write_begin(&p->w, SMCQ_MAX_MSG + 1u), -EMSGSIZE);
	assert_int_equal(smcq_write_begin(&p->w, 40), 0);
	assert_int_equal(smcq_write_begin(&p->w, 1), -EBUSY);
	assert_int_equal(smcq_write(&p->w, buf, 41), -EINVAL);
	assert_int_equal(smcq_write(&p->w, buf, 40), 40);
	smcq_write_flush(&p->w);
	/* 48 of 64 are taken: a frame fits, the next one doesn't. */
	assert_int_equal(smcq_write_begin(&p->w, 8), 0);
	assert_int_equal(smcq_write(&p->w, buf, 8), 8);
	smcq_write_flush(&p->w);
	assert_int_equal(smcq_write_begin(&p->w, 0), -EAGAIN);
	assert_int_equal(smcq_read_begin(&p->r, &len), 1);
	assert_int_equal(smcq_read_begin(&p->r, &len), -EBUSY);
	pair_free(p);
}

static void flags_ask_for_signals(void **state)
{
	struct pair *p = pair_new(64);
	uint8_t buf[64] = { 0 };
	uint32_t len;

	(void)state;
	assert_int_equal(smcq_write_begin(&p->w, 100), 0);
	assert_false(smcq_write_flush(&p->w)); /* nobody sleeps */
	assert_false(smcq_write_flush(&p->w)); /* nothing new */
	assert_true(smcq_read_sleep(&p->r));   /* it came before we slept */
	assert_int_equal(smcq_read_begin(&p->r, &len), 1);
	assert_false(smcq_read_flush(&p->r)); /* nobody stalls */
	assert_false(smcq_read_sleep(&p->r));
	assert_int_equal(smcq_write(&p->w, buf, 64), 64);
	assert_true(smcq_write_flush(&p->w));
	assert_false(smcq_write_stall(&p->w));
	assert_int_equal(smcq_read(&p->r, buf, 10), 10);
	assert_true(smcq_read_flush(&p->r));
	assert_true(smcq_write_stall(&p->w)); /* room came before we slept */
	smcq_read_awake(&p->r);
	assert_int_equal(smcq_write(&p->w, buf, 5), 5);
	assert_false(smcq_write_flush(&p->w));
	assert_int_equal(smcq_read(&p->r, buf, 10), 10);
	assert_false(smcq_read_flush(&p->r)); /* writing took the wish back */
	pair_free(p);
}

static void impossible_indices_break_the_stream(void **state)
{
	const uint32_t bad_head[] = { 65, 128, 129, UINT32_MAX };
	uint8_t buf[64] = { 0 };
	uint32_t len;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_head) / sizeof(bad_head[0]); i++) {
		struct pair *p = pair_new(64);

		p->half->head = bad_head[i];
		assert_true(smcq_read_more(&p->r));
		assert_true(smcq_read_sleep(&p->r));
		assert_int_equal(smcq_read_begin(&p->r, &len), -EPROTO);
		p->half->head = 0;
		assert_int_equal(smcq_read_begin(&p->r, &len), -EPROTO);
		assert_true(smcq_read_more(&p->r));
		pair_free(p);
	}
	for (i = 0; i < 4; i++) {
		/* Beyond the head, out of range, and room that is taken back. */
		const uint32_t bad_tail[] = { 48, 128, UINT32_MAX, 112 };
		struct pair *p = pair_new(64);

		assert_int_equal(smcq_write_begin(&p->w, 200), 0);
		assert_int_equal(smcq_write(&p->w, buf, 20), 20);
		smcq_write_flush(&p->w);
		p->half->tail = bad_tail[i];
		assert_int_equal(smcq_write(&p->w, buf, 60), -EPROTO);
		p->half->tail = 0;
		assert_int_equal(smcq_write(&p->w, buf, 1), -EPROTO);
		assert_true(smcq_write_stall(&p->w));
		pair_free(p);
	}
}

static void bad_frames_break_the_stream(void **state)
{
	const struct smcq_frame bad[] = { { .len = SMCQ_MAX_MSG + 1u }, { .len = UINT32_MAX }, { .reserved = 1 } };
	uint32_t len;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pair *p = pair_new(64);

		memcpy(p->area, &bad[i], sizeof(bad[i]));
		p->half->head = sizeof(bad[i]);
		assert_int_equal(smcq_read_begin(&p->r, &len), -EPROTO);
		assert_int_equal(smcq_read(&p->r, &len, 1), -EPROTO);
		pair_free(p);
	}
}

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

/* A lost signal shows here. */
static void await_fd(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t count;

	assert_int_equal(poll(&pfd, 1, 20000), 1);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
}

static const uint32_t lengths[] = { 1, 0, 7, 4096, 65535, 65536, 65537, 3, 1u << 20, 1, 64u << 20, 2 };
#define NUM_LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void write_some(struct pair *p)
{
	if (smcq_write_flush(&p->w))
		signal_fd(p->data_fd);
	if (!smcq_write_stall(&p->w))
		await_fd(p->room_fd);
}

static void *writer(void *arg)
{
	struct pair *p = arg;
	uint8_t *piece = malloc(100000);
	size_t m;

	for (m = 0; m < NUM_LENGTHS; m++) {
		uint32_t done = 0, i, n;
		int ret;

		while ((ret = smcq_write_begin(&p->w, lengths[m])) == -EAGAIN)
			write_some(p);
		assert_int_equal(ret, 0);
		while (done < lengths[m]) {
			n = lengths[m] - done < 100000 ? lengths[m] - done : 100000;
			for (i = 0; i < n; i++)
				piece[i] = byte_at((uint32_t)m, done + i);
			for (i = 0; i < n;) {
				int64_t got = smcq_write(&p->w, piece + i, n - i);

				assert_true(got >= 0);
				if (!got)
					write_some(p);
				i += (uint32_t)got;
			}
			done += n;
		}
		if (smcq_write_flush(&p->w))
			signal_fd(p->data_fd);
	}
	free(piece);
	return NULL;
}

static void read_more(struct pair *p)
{
	if (smcq_read_flush(&p->r))
		signal_fd(p->room_fd);
	if (!smcq_read_sleep(&p->r))
		await_fd(p->data_fd);
	smcq_read_awake(&p->r);
}

/* Every message through an area that is smaller than it, the threads asleep whenever they can be. */
static void two_threads(void **state)
{
	struct pair *p = pair_new(smcq_capacity(SMCQ_DEFAULT_SIZE));
	uint8_t *piece = malloc(70000);
	pthread_t thread;
	size_t m;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, writer, p), 0);
	for (m = 0; m < NUM_LENGTHS; m++) {
		uint32_t len, done = 0, wrong = 0, i;
		int ret;

		while (!(ret = smcq_read_begin(&p->r, &len)))
			read_more(p);
		assert_int_equal(ret, 1);
		assert_int_equal(len, lengths[m]);
		while (done < len) {
			int64_t got = smcq_read(&p->r, piece, 70000);

			assert_true(got >= 0);
			if (!got)
				read_more(p);
			for (i = 0; i < (uint32_t)got; i++)
				wrong += piece[i] != byte_at((uint32_t)m, done + i);
			done += (uint32_t)got;
		}
		assert_int_equal(wrong, 0);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	free(piece);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_all_lengths),
		cmocka_unit_test(wrong_order_is_refused),
		cmocka_unit_test(flags_ask_for_signals),
		cmocka_unit_test(impossible_indices_break_the_stream),
		cmocka_unit_test(bad_frames_break_the_stream),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
