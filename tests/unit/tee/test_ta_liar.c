// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A TA that the test plays, with nothing but the mailbox: it breaks every rule of turns and answers. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/futex.h"
#include "ta_fixture.h"
#include "tests/system/probe_ta.h"
#include "wire/mailbox.h"

#define VALUE_OUT 2u
#define MEMREF_OUT 6u
#define TEE_ERROR_TARGET_DEAD 0xffff3024u
#define BIG (1u << 20)

static const uint8_t probe[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				   0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01 };

enum lie {
	HONEST,
	ANSWER_READY_AGAIN,
	ANSWER_UNKNOWN,
	ANSWER_MAP_FAILED,
	ANSWER_LARGE_VALUE,
	ANSWER_LARGE_MEMREF,
	ANSWER_LONG_LINES, /* text without an end, levels that there aren't, then honest */
	LOAD_FAILS_WITHOUT_END,
	LOAD_ANSWERS_DONE,
	LOAD_DIES,
	LOAD_LOGS_FOR_EVER,
	SCRIBBLES, /* on all that is the secure world's, while it waits, then honest */
	ANSWERS_AHEAD, /* answers calls that haven't come */
	ANSWERS_AND_DIES,
	CLEARS_UNMAP, /* and never takes a message */
};

/* The one instance there is. */
struct liar {
	pthread_t thread;
	struct mailbox *mb;
	int ctl, exit_fd;
	bool stop; /* atomic */
};

static _Atomic enum lie lie; /* read by the TA's thread */
static struct ta_fixture fx;

static bool stopped(struct liar *l)
{
	return __atomic_load_n(&l->stop, __ATOMIC_ACQUIRE);
}

static void answer(struct liar *l, uint32_t seq, uint32_t kind)
{
	l->mb->answer.kind = kind;
	tl_store_release(&l->mb->answered, seq);
	futex_wake_shared(&l->mb->answered, 1);
}

/* Return: the next call's number, or 0 when told to stop. */
static uint32_t wait_call(struct liar *l, uint32_t seq)
{
	while (!stopped(l)) {
		uint32_t bell = tl_load_acquire(&l->mb->bell);
		uint32_t now = tl_load_acquire(&l->mb->call.seq);
		unsigned int i;

		for (i = 0; lie == CLEARS_UNMAP && i < MAILBOX_MAX_MAPS / 32; i++)
			tl_store_release(&l->mb->unmap[i], 0u);
		if (now != seq)
			return now;
		futex_wait_shared(&l->mb->bell, bell, tl_now_ns() + 10000000u);
	}
	return 0;
}

static uint32_t log_lines(struct liar *l, uint32_t seq)
{
	unsigned int i;

	memset(l->mb->text, 'x', sizeof(l->mb->text));
	for (i = 0; i < 3 && seq; i++) {
		l->mb->answer.level = 0;
		l->mb->answer.text_len = i % 2 ? UINT32_MAX : MAILBOX_MAX_TEXT + 1;
		l->mb->text[0] = (char)(i % 3 ? '\n' : 0x1b);
		answer(l, seq, MAILBOX_ANSWER_LOG);
		seq = wait_call(l, seq);
	}
	return seq;
}

static void scribble(struct liar *l)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		tl_store_release(&l->mb->answered, 0x80000000u ^ i);
		futex_wake_shared(&l->mb->answered, 1000);
		memset(&l->mb->call.kind, (int)i,
		       sizeof(l->mb->call) - offsetof(struct mailbox_call, kind));
		l->mb->num_ctl = i;
		memset(l->mb->unmap, (int)i, sizeof(l->mb->unmap));
	}
}

static bool load(struct liar *l)
{
	uint32_t seq = MAILBOX_FIRST_SEQ;

	switch ((enum lie)lie) {
	case LOAD_FAILS_WITHOUT_END:
		memset(l->mb->text, 'y', sizeof(l->mb->text));
		answer(l, seq, MAILBOX_ANSWER_LOAD_FAILED);
		return true;
	case LOAD_ANSWERS_DONE:
		answer(l, seq, MAILBOX_ANSWER_DONE);
		return true;
	case LOAD_DIES:
		return false;
	case LOAD_LOGS_FOR_EVER:
		l->mb->answer.kind = MAILBOX_ANSWER_LOG;
		l->mb->answer.level = 4;
		while (!stopped(l)) {
			tl_store_release(&l->mb->answered, tl_load_acquire(&l->mb->call.seq));
			futex_wake_shared(&l->mb->answered, 1);
		}
		return false;
	default:
		answer(l, seq, MAILBOX_ANSWER_READY);
		return true;
	}
}

/* @seqp: the call's number, and then the last one that was answered. Return: false when it dies. */
static bool serve(struct liar *l, uint32_t *seqp)
{
	struct mailbox_answer *ans = &l->mb->answer;
	uint32_t seq = *seqp;
	unsigned int i;

	memset(ans, 0, sizeof(*ans));
	switch ((enum lie)lie) {
	case ANSWER_READY_AGAIN:
		answer(l, seq, MAILBOX_ANSWER_READY);
		return true;
	case ANSWER_UNKNOWN:
		answer(l, seq, 0xffffffffu);
		return true;
	case ANSWER_MAP_FAILED:
		answer(l, seq, MAILBOX_ANSWER_MAP_FAILED);
		return true;
	case ANSWER_LARGE_VALUE:
		ans->param[0].b = 1ull << 32;
		break;
	case ANSWER_LARGE_MEMREF:
		ans->param[1].b = MAILBOX_MAX_MEMREF + 1;
		break;
	case ANSWER_LONG_LINES:
		seq = *seqp = log_lines(l, seq);
		if (!seq)
			return false;
		break;
	case SCRIBBLES:
		scribble(l);
		memset(ans, 0, sizeof(*ans));
		break;
	case ANSWERS_AHEAD:
		for (; tl_load_acquire(&l->mb->call.seq) == seq && !stopped(l); sched_yield())
			for (i = 0; i < 2; i++)
				answer(l, seq + i, MAILBOX_ANSWER_DONE);
		return true;
	case ANSWERS_AND_DIES:
		answer(l, seq, MAILBOX_ANSWER_DONE);
		return false;
	default:
		break;
	}
	answer(l, seq, MAILBOX_ANSWER_DONE);
	return true;
}

static void *run(void *arg)
{
	struct liar *l = arg;
	uint32_t seq = MAILBOX_FIRST_SEQ;
	const uint64_t one = 1;

	if (load(l))
		while ((seq = wait_call(l, seq)) && serve(l, &seq))
			;
	if (write(l->exit_fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static int liar_init(void **data)
{
	*data = NULL;
	return 0;
}

static void liar_fini(void *data)
{
	(void)data;
}

static int liar_start(void *data, struct launch_instance *inst, const int fds[LAUNCH_FD_NUM])
{
	struct liar *l = calloc(1, sizeof(*l));
	void *p = mmap(NULL, MAILBOX_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       fds[LAUNCH_FD_MAILBOX], 0);

	(void)data;
	if (!l || p == MAP_FAILED)
		abort();
	l->mb = p;
	l->ctl = fcntl(fds[LAUNCH_FD_CTL], F_DUPFD_CLOEXEC, 0);
	l->exit_fd = inst->exit_fd = eventfd(0, EFD_CLOEXEC);
	inst->data = l;
	return -pthread_create(&l->thread, NULL, run, l);
}

static void liar_kill(struct launch_instance *inst)
{
	struct liar *l = inst->data;

	__atomic_store_n(&l->stop, true, __ATOMIC_RELEASE);
}

static int liar_reap(struct launch_instance *inst)
{
	struct liar *l = inst->data;

	pthread_join(l->thread, NULL);
	munmap(l->mb, MAILBOX_SIZE);
	close(l->ctl);
	close(l->exit_fd);
	free(l);
	return 0;
}

static const struct launch_ops liar_ops = {
	.init = liar_init,
	.fini = liar_fini,
	.start = liar_start,
	.kill = liar_kill,
	.reap = liar_reap,
};

static int setup(void **state)
{
	(void)state;
	ta_fixture_start_played(&fx, &liar_ops);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ta_fixture_stop(&fx);
	return 0;
}

static int create(struct ta_instance **inst)
{
	struct ta_image *img = NULL;
	int ret;

	assert_int_equal(ta_fixture_load(&fx, probe, &img), 0);
	world_lock(fx.world);
	ret = ta_instance_create(fx.world, img, inst);
	ta_image_put(img);
	world_unlock(fx.world);
	return ret;
}

static int call(struct ta_instance *inst, struct ta_call *c, struct vm_mem *mem)
{
	memset(c, 0, sizeof(*c));
	c->entry = TA_ENTRY_INVOKE;
	c->param[0].type = VALUE_OUT;
	c->param[1] = (struct ta_param){ .type = MEMREF_OUT, .u.memref = { mem, 0, mem->size } };
	return ta_fixture_call(&fx, inst, c);
}

static void test_lies_end_the_ta(void **state)
{
	static const enum lie lies[] = { ANSWER_READY_AGAIN, ANSWER_UNKNOWN, ANSWER_LARGE_VALUE,
					 ANSWER_LARGE_MEMREF };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct ta_instance *inst = NULL;
		struct vm_mem *mem;
		struct ta_call c;
		uint8_t *base;

		lie = lies[i];
		assert_int_equal(create(&inst), 0);
		mem = ta_fixture_mem(4096, &base);
		assert_int_equal(call(inst, &c, mem), -EOWNERDEAD);
		assert_int_equal(c.result, TEE_ERROR_TARGET_DEAD);
		assert_true(ta_instance_dead(inst));
		assert_int_equal(call(inst, &c, mem), -EOWNERDEAD);
		ta_fixture_close(&fx, inst);
		ta_fixture_mem_put(&fx, mem);
	}
}

/* What it says is odd, but may be: the answers are taken as they are. */
static void test_noise(void **state)
{
	static const enum lie lies[] = { ANSWER_LONG_LINES, SCRIBBLES, ANSWERS_AHEAD };
	unsigned int i, k;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct ta_instance *inst = NULL;
		struct vm_mem *mem;
		struct ta_call c;
		uint8_t *base;

		lie = lies[i];
		assert_int_equal(create(&inst), 0);
		mem = ta_fixture_mem(4096, &base);
		memset(base, 0x77, 4096);
		for (k = 0; k < 3; k++) {
			int ret = call(inst, &c, mem);

			/* Whoever answers ahead may be read while he writes, and be caught. */
			assert_true(!ret || (ret == -EOWNERDEAD && lies[i] == ANSWERS_AHEAD));
			assert_true(ret || c.param[1].u.memref.size <= MAILBOX_MAX_MEMREF);
			assert_int_equal(base[0], 0x77);
			if (ret)
				break;
		}
		ta_fixture_close(&fx, inst);
		ta_fixture_mem_put(&fx, mem);
	}
}

static void test_loads(void **state)
{
	static const struct {
		enum lie lie;
		int ret;
	} loads[] = {
		{ LOAD_FAILS_WITHOUT_END, -ENOEXEC },
		{ LOAD_ANSWERS_DONE, -EOWNERDEAD },
		{ LOAD_DIES, -EOWNERDEAD },
	};
	struct ta_instance *inst = NULL;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		lie = loads[i].lie;
		assert_int_equal(create(&inst), loads[i].ret);
	}
	lie = HONEST;
	assert_int_equal(create(&inst), 0);
	ta_fixture_close(&fx, inst);
}

/* The next line is there as soon as one is taken: the deadline holds all the same. */
static void test_load_without_end(void **state)
{
	struct ta_instance *inst = NULL;

	(void)state;
	lie = LOAD_LOGS_FOR_EVER;
	assert_int_equal(create(&inst), -ETIMEDOUT);
}

static void test_answer_of_the_dead(void **state)
{
	struct ta_instance *inst = NULL;
	struct vm_mem *mem = NULL;
	struct ta_call c;
	uint8_t *base;

	(void)state;
	lie = ANSWERS_AND_DIES;
	assert_int_equal(create(&inst), 0);
	mem = ta_fixture_mem(4096, &base);
	/* In time or not: never does it hang. */
	while (!call(inst, &c, mem))
		;
	assert_int_equal(c.result, TEE_ERROR_TARGET_DEAD);
	ta_fixture_close(&fx, inst);
	ta_fixture_mem_put(&fx, mem);
}

/* A TA that takes no control messages gets no more of them: descriptors in flight are few. */
static void test_untaken_messages(void **state)
{
	struct ta_instance *inst = NULL;
	struct world_counters counters;
	struct ta_call c;
	unsigned int i;
	uint8_t *base;

	(void)state;
	lie = CLEARS_UNMAP;
	assert_int_equal(create(&inst), 0);
	for (i = 0; i < 400; i++) {
		struct vm_mem *mem = ta_fixture_mem(BIG, &base);

		assert_int_equal(call(inst, &c, mem), 0);
		ta_fixture_mem_put(&fx, mem);
	}
	world_lock(fx.world);
	counters = *world_counters(fx.world);
	world_unlock(fx.world);
	assert_int_equal(counters.maps, 1);
	ta_fixture_close(&fx, inst);
}

static void test_map_failed(void **state)
{
	struct ta_instance *inst = NULL;
	struct vm_mem *mem;
	struct ta_call c;
	unsigned int i;
	uint8_t *base;

	(void)state;
	lie = ANSWER_MAP_FAILED;
	assert_int_equal(create(&inst), 0);
	mem = ta_fixture_mem(BIG, &base);
	for (i = 0; i < 5; i++)
		assert_int_equal(call(inst, &c, mem), -ENOMEM);
	ta_fixture_close(&fx, inst);
	ta_fixture_mem_put(&fx, mem);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lies_end_the_ta),    TEST(test_noise),
		TEST(test_loads),	       TEST(test_load_without_end),
		TEST(test_answer_of_the_dead), TEST(test_untaken_messages),
		TEST(test_map_failed),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
