/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Who ends, times when: each process of a machine, and its client, is killed at each point of a
 * client's life. The client gets the error that fits, at once; the others are served, or served again
 * by the machine that was started anew; nothing stays behind.
 * TEELINK_TEST_ENDS_EVERY=N: one of N (1) cells of that table, in diagonals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"
#include "wire/virtio_mmio.h"
#include "wire/vmctl.h"

enum who { CLIENT, TA, SUPPLICANT, LAUNCHER, SECURE_WORLD, HYPERVISOR, NUM_WHO };
enum when { ATTACH, PROBE, OPEN, QUEUED, RUNNING, RETURNING, CLOSING, MAPPED, NUM_WHEN };

static const char *const who_names[] = { "client", "TA", "supplicant", "launcher", "secure world",
					 "hypervisor" };
static const char *const when_names[] = { "attach",    "probe",	  "open",    "queued",
					  "running", "returning", "closing", "mapped" };
/* How the process is called; the client's is known. */
static const char *const comms[] = { NULL,		"ta:",	       "tee-supplicant",
				     "teelink-launch", "teelink-tee", "teelinkd" };

static const TEEC_UUID probe = PROBE_TA_UUID;

/* What the test and the client that it is about share. */
struct stage {
	uint32_t there; /* the client is where its end is to come */
	uint32_t stop;
	uint32_t result, origin; /* of the call that failed, or the last one */
};

static TEEC_Result context_open(TEEC_Context *ctx)
{
	return TEEC_InitializeContext(NULL, ctx);
}

static TEEC_Result session_open(struct client *c, TEEC_Operation *op, uint32_t *origin)
{
	return TEEC_OpenSession(&c->ctx, &c->session, &probe, TEEC_LOGIN_PUBLIC, NULL, op, origin);
}

static void must(TEEC_Result res, int step)
{
	if (res)
		_exit(step);
}

static void arrive(struct stage *st)
{
	tl_store_release(&st->there, 1u);
}

/* Raw: the machine's socket, a request on its way, and whatever comes of it. */
static void do_attach(struct stage *st, const struct test_machine *m, bool wait)
{
	struct vmctl_attach_req req = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 1 },
		.version = VMCTL_VERSION,
	};
	int fds[VMCTL_MAX_FDS], s = machine_dial(m);
	unsigned int num = VMCTL_MAX_FDS;
	uint8_t rsp[VMCTL_MAX_MSG];

	if (ctl_send(s, &req, sizeof(req), NULL, 0))
		_exit(10);
	arrive(st);
	while (wait && !tl_load_acquire(&st->stop))
		usleep(1000);
	ctl_recv(s, rsp, sizeof(rsp), fds, &num);
}

/* A VM that reads the device's registers, one after the other. */
static void do_probe(struct stage *st, const struct test_machine *m)
{
	struct vmctl_attach_req req = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 1 },
		.version = VMCTL_VERSION,
	};
	struct vmctl_mmio mmio = { .hdr = { .type = VMCTL_MMIO_READ }, .size = 4 };
	int fds[VMCTL_MAX_FDS], s = machine_dial(m);
	unsigned int num = VMCTL_MAX_FDS;
	uint8_t rsp[VMCTL_MAX_MSG];

	if (ctl_send(s, &req, sizeof(req), NULL, 0) ||
	    ctl_recv(s, rsp, sizeof(rsp), fds, &num) != sizeof(struct vmctl_attach_rsp))
		_exit(11);
	arrive(st);
	for (mmio.hdr.seq = 2; !tl_load_acquire(&st->stop); mmio.hdr.seq++) {
		mmio.offset = mmio.hdr.seq % 4 * 4;
		if (ctl_send(s, &mmio, sizeof(mmio), NULL, 0) ||
		    ctl_recv(s, rsp, sizeof(rsp), NULL, NULL) <= 0)
			return;
	}
}

static void do_open(struct stage *st, struct client *c, uint32_t ms)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0) };

	op.params[0].value.b = ms > 1000 ? 3 : 0; /* waits for a second */
	arrive(st);
	st->result = session_open(c, &op, &st->origin);
	if (!st->result)
		TEEC_CloseSession(&c->session);
}

static void *call_too(void *arg)
{
	struct client *c = arg;
	uint32_t origin;

	client_invoke(c, PROBE_NOP, &origin);
	return NULL;
}

/* One call in the TA, and another behind it if there is to be one. */
static void do_wait(struct stage *st, struct client *c, uint32_t ms, bool queued)
{
	pthread_t t;

	must(session_open(c, NULL, &st->origin), 12);
	arrive(st);
	/* Whichever of the two is first: the other one waits for it. */
	if (queued && pthread_create(&t, NULL, call_too, c))
		_exit(13);
	st->result = client_value(c, PROBE_WAIT, ms, &st->origin);
	if (queued)
		pthread_join(t, NULL);
	TEEC_CloseSession(&c->session);
}

static void do_return(struct stage *st, struct client *c)
{
	must(session_open(c, NULL, &st->origin), 14);
	arrive(st);
	do {
		st->result = client_invoke(c, PROBE_NOP, &st->origin);
	} while (!st->result && !tl_load_acquire(&st->stop));
	TEEC_CloseSession(&c->session);
}

static void do_close(struct stage *st, struct client *c)
{
	arrive(st);
	do {
		st->result = session_open(c, NULL, &st->origin);
		if (!st->result)
			TEEC_CloseSession(&c->session);
	} while (!st->result && !tl_load_acquire(&st->stop));
}

static void do_map(struct stage *st, struct client *c, uint32_t ms)
{
	TEEC_SharedMemory shm = { .size = 1 << 20, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };

	must(TEEC_AllocateSharedMemory(&c->ctx, &shm), 15);
	must(session_open(c, NULL, &st->origin), 16);
	op.params[0].memref.parent = &shm;
	must(TEEC_InvokeCommand(&c->session, PROBE_TOUCH, &op, &st->origin), 17);
	arrive(st);
	st->result = client_value(c, PROBE_WAIT, ms, &st->origin);
	memset(shm.buffer, 1, shm.size); /* still ours, whoever has gone */
	TEEC_CloseSession(&c->session);
	TEEC_ReleaseSharedMemory(&shm);
}

static void __attribute__((noreturn))
client_main(struct stage *st, const struct test_machine *m, enum who who, enum when when)
{
	/* Nobody's end ends a call when it is the supplicant's: it has to end by itself. */
	uint32_t ms = who == SUPPLICANT ? 100 : 60000;
	struct client c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (when == ATTACH || when == PROBE) {
		if (when == ATTACH)
			do_attach(st, m, who != CLIENT);
		else
			do_probe(st, m);
		_exit(0);
	}
	memset(&c, 0, sizeof(c));
	must(context_open(&c.ctx), 18);
	switch (when) {
	case OPEN:
		do_open(st, &c, ms);
		break;
	case QUEUED:
	case RUNNING:
		do_wait(st, &c, ms, when == QUEUED);
		break;
	case RETURNING:
		do_return(st, &c);
		break;
	case CLOSING:
		do_close(st, &c);
		break;
	default:
		do_map(st, &c, ms);
		break;
	}
	TEEC_FinalizeContext(&c.ctx);
	_exit(0);
}

/* Another VM: it has a session before, and calls when it is told to. */
struct witness {
	pid_t pid;
	int to, from;
};

enum order { ORDER_WORK = 'w', ORDER_AGAIN = 'a', ORDER_FAIL = 'f' };

static bool begin_again(void *arg)
{
	struct client *c = arg;
	uint32_t origin;

	if (context_open(&c->ctx))
		return false;
	if (!session_open(c, NULL, &origin))
		return true;
	TEEC_FinalizeContext(&c->ctx);
	return false;
}

static void witness_obey(struct client *c, char order)
{
	TEEC_Result res = TEEC_SUCCESS;
	uint32_t origin;
	unsigned int i;

	if (order == ORDER_WORK) {
		client_works(c);
		return;
	}
	/*
	 * Its session goes with the machine, whose next one serves it like anybody else. What is killed may
	 * answer once more.
	 */
	for (i = 0; i < 1000; i++) {
		res = client_invoke(c, PROBE_NOP, &origin);
		if (res)
			break;
		usleep(10000);
	}
	if (res != TEEC_ERROR_COMMUNICATION && res != TEEC_ERROR_TARGET_DEAD)
		_exit(20);
	client_close(c);
	if (order == ORDER_FAIL)
		_exit(0);
	if (!wait_until(begin_again, c))
		_exit(21);
	client_works(c);
}

static void __attribute__((noreturn)) witness_main(int from, int to)
{
	struct client c;
	char order = ORDER_WORK;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(&c, 0, sizeof(c));
	if (!begin_again(&c))
		_exit(22);
	do {
		witness_obey(&c, order);
		if (write(to, "", 1) != 1)
			_exit(23);
	} while (read(from, &order, 1) == 1);
	client_close(&c);
	_exit(0);
}

static void witness_start(struct witness *w)
{
	int to[2], from[2];
	char byte;

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (!w->pid) {
		close(to[1]);
		close(from[0]);
		witness_main(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	w->to = to[1];
	w->from = from[0];
	assert_int_equal(read(w->from, &byte, 1), 1);
}

static void witness_does(const struct witness *w, char order)
{
	char byte;

	assert_int_equal(write(w->to, &order, 1), 1);
	if (order != ORDER_FAIL)
		assert_int_equal(read(w->from, &byte, 1), 1);
}

static void witness_end(struct witness *w)
{
	int status;

	close(w->to);
	close(w->from);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_int_equal(status, 0);
}

/* The same for every machine with one witness: looked at once. */
struct picture {
	struct machine_shape shape;
	struct machine_held held;
};

struct scene {
	struct test_machine m;
	struct picture *before;
	struct witness witness;
	pid_t witness_ta;
	struct stage *st;
	pid_t client;
	int status;
	pid_t all[8]; /* of the machine, before its end */
};

static bool is_there(void *arg)
{
	struct scene *s = arg;

	return tl_load_acquire(&s->st->there) || waitpid(s->client, &s->status, WNOHANG) == s->client;
}

static bool client_ended(void *arg)
{
	struct scene *s = arg;

	return waitpid(s->client, &s->status, WNOHANG) == s->client;
}

/* The process of the client's TA: the one that isn't the witness's, or 0. */
static pid_t client_ta(const struct scene *s)
{
	pid_t pid = machine_process(&s->m, "ta:", 0);

	return pid == s->witness_ta ? machine_process(&s->m, "ta:", 1) : pid;
}

static bool has_ta(void *arg)
{
	return client_ta(arg) != 0;
}

static void scene_begin(struct scene *s, enum who who, enum when when)
{
	memset(s->st, 0, sizeof(*s->st));
	/* What a client leaves in a TA is given up soon: most cells would only wait for that. */
	machine_start(&s->m, "--limit", "orphan_call_ms=20");
	witness_start(&s->witness);
	s->witness_ta = machine_await_process(&s->m, "ta:");
	if (!s->before->shape.processes) {
		machine_look(&s->m, &s->before->shape);
		machine_look_held(&s->m, &s->before->held);
	}
	s->client = fork();
	assert_true(s->client >= 0);
	if (!s->client)
		client_main(s->st, &s->m, who, when);
	assert_true(wait_until(is_there, s));
	assert_int_equal(tl_load_acquire(&s->st->there), 1);
	if (when == OPEN || when == QUEUED || when == RUNNING || when == MAPPED) {
		/* A supplicant's end finds nothing of a client's that is through already. */
		if (who != SUPPLICANT)
			assert_true(wait_until(has_ta, s));
		usleep(5000);
	}
}

static void kill_process(pid_t pid)
{
	/* A TA that comes and goes may have gone by itself. */
	if (pid > 0)
		kill(pid, SIGKILL);
}

static void note_all(struct scene *s)
{
	unsigned int i;

	for (i = TA; i < HYPERVISOR; i++)
		s->all[i] = machine_process(&s->m, comms[i], 0);
	s->all[6] = machine_process(&s->m, "ta:", 1);
}

static bool all_gone(void *arg)
{
	const struct scene *s = arg;
	unsigned int i;

	for (i = 0; i < sizeof(s->all) / sizeof(s->all[0]); i++)
		if (s->all[i] && process_runs(s->all[i]))
			return false;
	return true;
}

static bool result_fits(enum who who, enum when when, const struct stage *st)
{
	if (when == ATTACH || when == PROBE)
		return true;
	switch (who) {
	case SUPPLICANT:
		/* What is loaded runs on; what isn't can't be loaded until there is another one. */
		return !st->result || (when == CLOSING && st->origin != TEEC_ORIGIN_API);
	case TA:
		/* It may have ended by itself, between two. */
		return st->result == TEEC_ERROR_TARGET_DEAD || (when == CLOSING && !st->result);
	case LAUNCHER:
	case SECURE_WORLD:
		return (st->result == TEEC_ERROR_COMMUNICATION && st->origin == TEEC_ORIGIN_COMMS) ||
		       (when == CLOSING && !st->result);
	default:
		return st->result == TEEC_ERROR_COMMUNICATION && st->origin == TEEC_ORIGIN_COMMS;
	}
}

static void expect_client(struct scene *s, enum who who, enum when when)
{
	if (who == CLIENT) {
		assert_int_equal(waitpid(s->client, &s->status, 0), s->client);
		return;
	}
	/*
	 * A TA that was missed, calls that nothing ends, opens that the next secure world serves: the client
	 * goes on until it is told.
	 */
	if (who == SUPPLICANT || when == ATTACH || when == PROBE ||
	    (who != HYPERVISOR && when == CLOSING))
		tl_store_release(&s->st->stop, 1u);
	if (!wait_until(client_ended, s)) {
		kill(s->client, SIGKILL);
		fail_msg("%s ends, %s: the client hangs", who_names[who], when_names[when]);
	}
	if (s->status || !result_fits(who, when, s->st))
		fail_msg("%s ends, %s: status 0x%x, result 0x%x, origin %u", who_names[who],
			 when_names[when], s->status, s->st->result, s->st->origin);
}

/* Who was killed is no more, and the machine is what it was before the client came. */
static void scene_end(struct scene *s, enum who who)
{
	if (who == HYPERVISOR) {
		witness_does(&s->witness, ORDER_FAIL);
		witness_end(&s->witness);
		assert_true(wait_until(all_gone, s));
		machine_restart(&s->m);
		witness_start(&s->witness);
	} else {
		witness_does(&s->witness,
			     who == LAUNCHER || who == SECURE_WORLD ? ORDER_AGAIN : ORDER_WORK);
	}
	machine_expect(&s->m, &s->before->shape);
	machine_expect_held(&s->m, &s->before->held);
	witness_end(&s->witness);
	machine_stop(&s->m);
}

static void play(enum who who, enum when when, struct stage *st, struct picture *before)
{
	struct scene s = { .st = st, .before = before };

	scene_begin(&s, who, when);
	note_all(&s);
	switch (who) {
	case CLIENT:
		kill_process(s.client);
		break;
	case TA:
		kill_process(client_ta(&s));
		break;
	case HYPERVISOR:
		kill_process(s.m.pid);
		break;
	default:
		kill_process(machine_await_process(&s.m, comms[who]));
		break;
	}
	/* Whom it doesn't concern is served meanwhile. */
	if (who == CLIENT || who == TA || who == SUPPLICANT)
		witness_does(&s.witness, ORDER_WORK);
	expect_client(&s, who, when);
	scene_end(&s, who);
}

static unsigned int every(void)
{
	const char *text = getenv("TEELINK_TEST_ENDS_EVERY");
	unsigned long n = text ? strtoul(text, NULL, 10) : 1;

	return n ? (unsigned int)n : 1;
}

static void play_all(enum who who, struct picture *before)
{
	unsigned int step = every();
	struct stage *st = mmap(NULL, sizeof(*st), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	enum when when;

	assert_true(st != MAP_FAILED);
	for (when = ATTACH; when < NUM_WHEN; when++) {
		if (((unsigned int)who + (unsigned int)when) % step)
			continue;
		/* A client that attaches or probes has no TA yet. */
		if (who != TA || (when != ATTACH && when != PROBE))
			play(who, when, st, before);
	}
	munmap(st, sizeof(*st));
}

static void the_client_ends(void **state)
{
	play_all(CLIENT, *state);
}

static void the_ta_ends(void **state)
{
	play_all(TA, *state);
}

static void the_supplicant_ends(void **state)
{
	play_all(SUPPLICANT, *state);
}

static void the_launcher_ends(void **state)
{
	play_all(LAUNCHER, *state);
}

static void the_secure_world_ends(void **state)
{
	play_all(SECURE_WORLD, *state);
}

static void the_hypervisor_ends(void **state)
{
	play_all(HYPERVISOR, *state);
}

static int begin(void **state)
{
	static struct picture before;

	*state = &before;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_ends),     cmocka_unit_test(the_ta_ends),
		cmocka_unit_test(the_supplicant_ends), cmocka_unit_test(the_launcher_ends),
		cmocka_unit_test(the_secure_world_ends), cmocka_unit_test(the_hypervisor_ends),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
