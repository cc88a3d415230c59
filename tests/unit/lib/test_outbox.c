/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/ctl.h"
#include "lib/outbox.h"

#define MAX_KEPT 8u

struct fixture {
	struct outbox box;
	int sock[2];
	uint32_t sent, got;
};

static int setup(void **state)
{
	static struct fixture fixture;
	struct fixture *f = &fixture;

	*f = (struct fixture){ .sent = 0 };
	assert_int_equal(ctl_pair(f->sock), 0);
	assert_int_equal(fcntl(f->sock[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(f->sock[1], F_SETFL, O_NONBLOCK), 0);
	outbox_init(&f->box, MAX_KEPT);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	outbox_clear(&f->box);
	close(f->sock[0]);
	close(f->sock[1]);
	return 0;
}

static int send_next(struct fixture *f, const int *fds, unsigned int num_fds)
{
	int ret = outbox_send(&f->box, f->sock[0], &f->sent, sizeof(f->sent), fds, num_fds);

	if (!ret)
		f->sent++;
	return ret;
}

/* All that lies in the socket, in order. */
static void take_all(struct fixture *f)
{
	uint32_t number;

	while (ctl_recv(f->sock[1], &number, sizeof(number), NULL, NULL) == sizeof(number))
		assert_int_equal(number, f->got++);
}

static void fill(struct fixture *f)
{
	while (outbox_empty(&f->box))
		assert_int_equal(send_next(f, NULL, 0), 0);
}

static void messages_keep_their_order(void **state)
{
	struct fixture *f = *state;

	fill(f);
	take_all(f);
	/* There is room, but one waits. */
	assert_int_equal(send_next(f, NULL, 0), 0);
	take_all(f);
	assert_true(f->got < f->sent);
	assert_true(outbox_flush(&f->box, f->sock[0]));
	take_all(f);
	assert_int_equal(f->got, f->sent);
	assert_int_equal(send_next(f, NULL, 0), 0);
	take_all(f);
	assert_int_equal(f->got, f->sent);
}

static void so_many_are_kept(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	fill(f);
	for (i = 1; i < MAX_KEPT; i++)
		assert_int_equal(send_next(f, NULL, 0), 0);
	assert_int_equal(send_next(f, NULL, 0), -ENOSPC);
	assert_false(outbox_flush(&f->box, f->sock[0]));
	take_all(f);
	assert_true(outbox_flush(&f->box, f->sock[0]));
	take_all(f);
	assert_int_equal(f->got, f->sent);
}

static void descriptors_are_duplicates(void **state)
{
	struct fixture *f = *state;
	unsigned int num = 1;
	uint32_t number;
	int out[2], in;
	char byte;

	fill(f);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(send_next(f, &out[1], 1), 0);
	close(out[1]);
	take_all(f);
	while (f->got + 1 < f->sent) {
		outbox_flush(&f->box, f->sock[0]);
		if (ctl_recv(f->sock[1], &number, sizeof(number), NULL, NULL) > 0)
			assert_int_equal(number, f->got++);
	}
	assert_true(outbox_flush(&f->box, f->sock[0]));
	assert_int_equal(ctl_recv(f->sock[1], &number, sizeof(number), &in, &num), sizeof(number));
	assert_int_equal(num, 1);
	assert_int_equal(write(in, "x", 1), 1);
	close(in);
	assert_int_equal(read(out[0], &byte, 1), 1);
	/* Nobody has the other end any more. */
	assert_int_equal(read(out[0], &byte, 1), 0);
	close(out[0]);
}

static void clearing_closes_descriptors(void **state)
{
	struct fixture *f = *state;
	int out[2];
	char byte;

	fill(f);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(send_next(f, &out[1], 1), 0);
	close(out[1]);
	outbox_clear(&f->box);
	assert_true(outbox_empty(&f->box));
	assert_int_equal(read(out[0], &byte, 1), 0);
	close(out[0]);
}

static void count_refused(void *data, const void *msg, int why)
{
	uint32_t *refused = data, number;

	memcpy(&number, msg, sizeof(number));
	assert_true(number == *refused || !*refused);
	assert_true(why == -EPIPE || why == -ECONNRESET);
	*refused = number + 1;
}

static void a_broken_socket_is_told(void **state)
{
	struct fixture *f = *state;
	uint32_t refused = 0;

	fill(f);
	f->box.refused = count_refused;
	f->box.refused_data = &refused;
	close(f->sock[1]);
	f->sock[1] = -1;
	assert_true(outbox_flush(&f->box, f->sock[0]));
	/* Each that waited, in order, up to the last. */
	assert_int_equal(refused, f->sent);
	assert_int_equal(send_next(f, NULL, 0), -EPIPE);
	assert_true(outbox_empty(&f->box));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(so_many_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_are_duplicates, setup, teardown),
		cmocka_unit_test_setup_teardown(clearing_closes_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_socket_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
