/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The classes of bugs that this field had, each by its name. Others stand where their neighbours are:
 * partial memrefs past their parent and sizes that are larger than the buffer in test_memory.c,
 * arguments flipped under the driver in unit/ree/test_tee_ioctl.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/tee.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/teelink/dev.h"
#include "tests/system/client.h"
#include "tests/system/fragile_ta.h"
#include "tests/system/group.h"
#include "tests/system/probe_ta.h"
#include "tests/system/raw.h"

#define PROBE_TEXT "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7701"
#define SHARED_TEXT "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7702"
#define LOCAL 1024u
#define NUM_CLIENTS 12u
#define NUM_THREADS 8u
#define TOO_LONG_MS 600000u /* whoever waits so long isn't ended as it should be */

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static const TEEC_UUID fragile = FRAGILE_TA_UUID;

/* In a process that has used nothing yet: whoever comes while the device is probed waits for that. */

static void *first_use(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c, &probe);
	client_works(&c);
	client_close(&c);
	return NULL;
}

static void device_opened_during_probe(void **state)
{
	pthread_t t[NUM_THREADS];
	unsigned int i;
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		for (i = 0; i < NUM_THREADS; i++)
			if (pthread_create(&t[i], NULL, first_use, NULL))
				_exit(1);
		for (i = 0; i < NUM_THREADS; i++)
			pthread_join(t[i], NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Each starts at the end of @go, says in @opened that it has a session, and leaves at the end of @leave. */
static void one_of_many(int go, int opened, int leave)
{
	struct client c;
	char byte = 'x';

	memset(&c, 0, sizeof(c));
	if (read(go, &byte, 1) != 0 || TEEC_InitializeContext(NULL, &c.ctx) ||
	    TEEC_OpenSession(&c.ctx, &c.session, &shared, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL) ||
	    client_invoke(&c, PROBE_NOP, NULL))
		_exit(1);
	if (write(opened, &byte, 1) != 1 || read(leave, &byte, 1) != 0 ||
	    client_invoke(&c, PROBE_NOP, NULL))
		_exit(1);
	client_close(&c);
	_exit(0);
}

static unsigned int instances_of(const char *uuid)
{
	json_t *status = machine_status(&machine), *insts, *inst;
	unsigned int n = 0;
	size_t i;

	insts = json_object_get(json_object_get(status, "secure_world"), "instances");
	json_array_foreach(insts, i, inst) n +=
		!strcmp(json_string_value(json_object_get(inst, "uuid")), uuid);
	json_decref(status);
	return n;
}

static void single_instance_opened_by_12_clients_at_once(void **state)
{
	int go[2], opened[2], leave[2], status;
	pid_t pid[NUM_CLIENTS];
	unsigned int i;
	char byte;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(opened), 0);
	assert_int_equal(pipe(leave), 0);
	for (i = 0; i < NUM_CLIENTS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i]) {
			close(go[1]);
			close(leave[1]);
			one_of_many(go[0], opened[1], leave[0]);
		}
	}
	close(opened[1]);
	close(go[1]);
	for (i = 0; i < NUM_CLIENTS; i++)
		assert_int_equal(read(opened[0], &byte, 1), 1);
	assert_int_equal(instances_of(SHARED_TEXT), 1);
	close(leave[1]);
	for (i = 0; i < NUM_CLIENTS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	close(go[0]);
	close(opened[0]);
	close(leave[0]);
}

static void invoke_on_a_dead_session_twice(void **state)
{
	struct client c, witness;
	uint32_t origin;
	unsigned int i;

	(void)state;
	client_open(&witness, &probe);
	client_open(&c, &probe);
	assert_int_equal(client_value(&c, PROBE_PANIC, 1, &origin), TEEC_ERROR_TARGET_DEAD);
	for (i = 0; i < 2; i++) {
		assert_int_equal(client_invoke(&c, PROBE_NOP, &origin), TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
		client_works(&witness);
	}
	client_close(&c);
	client_works(&witness);
	client_close(&witness);
}

/* A VM of its own, without our drivers. */
struct raw {
	struct raw_vm vm;
	uint32_t remote;
};

static void raw_ready(struct raw *r)
{
	raw_up(&r->vm);
	r->remote = raw_connect(&r->vm, LOCAL, MIPSTEE_PORT);
	assert_int_not_equal(r->remote, 0);
}

static struct raw_msg message(uint32_t cmd)
{
	static uint32_t tag;
	struct raw_msg m = { .hdr = { .magic = MIPSTEE_MAGIC, .data_tag = ++tag } };

	m.arg.cmd = cmd;
	return m;
}

static uint32_t call(struct raw *r, struct raw_msg *m, uint32_t num)
{
	m->arg.num_params = num;
	assert_true(raw_call(&r->vm, LOCAL, r->remote, m, num));
	return m->arg.ret;
}

static struct raw_msg open_message(uint32_t do_what)
{
	struct raw_msg m = message(MIPSTEE_CMD_OPEN_SESSION);
	uint8_t octets[16];

	octets_of(&probe, octets);
	m.param[0].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	memcpy(&m.param[0].u, octets, 16);
	m.param[1].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	m.param[2].attr = MIPSTEE_ATTR_VALUE_IN;
	m.param[2].u.value.b = do_what;
	return m;
}

static size_t size_of(uint32_t num)
{
	return sizeof(struct mipstee_hdr) + sizeof(struct mipstee_arg) +
	       num * sizeof(struct mipstee_param);
}

static void expect_nop(struct raw *r, uint32_t session, uint32_t want)
{
	struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

	m.arg.session = session;
	assert_int_equal(call(r, &m, 0), want);
}

static void session_closed_during_its_open(void **state)
{
	struct raw_msg open = open_message(0), m;
	uint32_t before, tag;
	struct raw r;
	struct {
		struct tipc_msg_hdr h;
		struct raw_msg m;
	} TL_PACKED answer;

	(void)state;
	raw_attach(&r.vm, &machine);
	raw_ready(&r);
	assert_int_equal(call(&r, &open, 3), TEEC_SUCCESS);
	before = open.arg.session;
	open = open_message(5);
	tag = open.hdr.data_tag;
	open.arg.num_params = 3;
	open.arg.cancel_id = 77;
	raw_send(&r.vm, LOCAL, r.remote, &open, size_of(3));
	machine_until_busy(&machine, PROBE_TEXT);
	/* Ids are counted up: this one is being opened. */
	m = message(MIPSTEE_CMD_CLOSE_SESSION);
	m.arg.session = before + 1;
	assert_int_equal(call(&r, &m, 0), TEEC_ERROR_ITEM_NOT_FOUND);
	expect_nop(&r, before + 1, TEEC_ERROR_BAD_PARAMETERS);
	expect_nop(&r, before, TEEC_SUCCESS);
	m = message(MIPSTEE_CMD_CANCEL);
	m.arg.cancel_id = 77;
	raw_send(&r.vm, LOCAL, r.remote, &m, size_of(0));
	assert_true(raw_recv(&r.vm, &answer, sizeof(answer), 10000) >=
		    sizeof(answer.h) + size_of(0));
	assert_int_equal(answer.m.hdr.data_tag, tag);
	assert_int_equal(answer.m.arg.ret, TEEC_SUCCESS);
	assert_int_equal(answer.m.arg.session, before + 1);
	expect_nop(&r, before + 1, TEEC_SUCCESS);
	raw_detach(&r.vm);
}

/* Another process has the VM's memory, and writes to messages that lie there to be read. */
static void flip_for_ever(struct raw *r)
{
	volatile uint32_t *shm_word;
	unsigned int i, at;

	srand(1);
	for (i = 0;; i = (i + 1) % 32) {
		for (at = 0; at < 40; at++) {
			shm_word = (volatile uint32_t *)(void *)(r->vm.ram + RAW_TX_BUF(i)) +
				   rand() % 40;
			*shm_word = rand() % 3 ? (uint32_t)rand() % 130 : (uint32_t)rand();
		}
	}
}

static void arguments_flipped_while_the_secure_world_reads(void **state)
{
	struct client witness;
	uint8_t answer[4096];
	unsigned int round, i;
	struct raw r;

	(void)state;
	client_open(&witness, &probe);
	raw_attach(&r.vm, &machine);
	for (round = 0; round < 6; round++) {
		struct raw_msg m = open_message(0);
		pid_t pid;

		raw_ready(&r);
		assert_int_equal(call(&r, &m, 3), TEEC_SUCCESS);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			flip_for_ever(&r);
		for (i = 0; i < 30; i++) {
			m = i % 3 ? message(MIPSTEE_CMD_INVOKE_COMMAND) : open_message(0);
			m.arg.num_params = 3;
			raw_send(&r.vm, LOCAL, r.remote, &m, size_of(3));
			while (raw_recv(&r.vm, answer, sizeof(answer), 1))
				;
		}
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		client_works(&witness);
	}
	raw_ready(&r);
	{
		struct raw_msg m = open_message(0);

		assert_int_equal(call(&r, &m, 3), TEEC_SUCCESS);
		expect_nop(&r, m.arg.session, TEEC_SUCCESS);
	}
	raw_detach(&r.vm);
	client_works(&witness);
	client_close(&witness);
}

/* The device's calls themselves, as a program makes them that knows no libteec. */
struct node {
	int fd;
	uint32_t session;
};

union ioctl_arg {
	struct tee_ioctl_open_session_arg open;
	struct tee_ioctl_invoke_arg invoke;
	uint8_t bytes[sizeof(struct tee_ioctl_open_session_arg) +
		      127 * sizeof(struct tee_ioctl_param)];
};

static int node_ioctl(int fd, unsigned long request, union ioctl_arg *arg, size_t len)
{
	struct tee_ioctl_buf_data buf = { .buf_ptr = (uintptr_t)arg, .buf_len = len };

	return teelink_dev()->ioctl(fd, request, &buf);
}

static void node_open(struct node *n)
{
	union ioctl_arg arg = { .bytes = { 0 } };

	n->fd = teelink_dev()->open("tee0", O_RDWR);
	assert_true(n->fd >= 0);
	octets_of(&probe, arg.open.uuid);
	assert_int_equal(node_ioctl(n->fd, TEE_IOC_OPEN_SESSION, &arg, sizeof(arg.open)), 0);
	assert_int_equal(arg.open.ret, TEEC_SUCCESS);
	n->session = arg.open.session;
}

static void node_works(struct node *n)
{
	union ioctl_arg arg = { .invoke = { .session = n->session, .func = PROBE_NOP } };

	assert_int_equal(node_ioctl(n->fd, TEE_IOC_INVOKE, &arg, sizeof(arg.invoke)), 0);
	assert_int_equal(arg.invoke.ret, TEEC_SUCCESS);
}

static void num_params_of_31_and_127(void **state)
{
	static const uint32_t nums[] = { 31, 127 };
	const size_t one = sizeof(struct tee_ioctl_param);
	union ioctl_arg arg;
	struct raw_msg m;
	struct node n;
	struct raw r;
	unsigned int i;

	(void)state;
	node_open(&n);
	for (i = 0; i < 2; i++) {
		memset(&arg, 0, sizeof(arg));
		octets_of(&probe, arg.open.uuid);
		arg.open.num_params = nums[i];
		assert_true(node_ioctl(n.fd, TEE_IOC_OPEN_SESSION, &arg,
				       sizeof(arg.open) + nums[i] * one) < 0);
		memset(&arg, 0, sizeof(arg));
		arg.invoke.session = n.session;
		arg.invoke.num_params = nums[i];
		assert_true(node_ioctl(n.fd, TEE_IOC_INVOKE, &arg,
				       sizeof(arg.invoke) + nums[i] * one) < 0);
		node_works(&n);
	}
	teelink_dev()->close(n.fd);

	/* The same of one who has no driver that would refuse it. */
	raw_attach(&r.vm, &machine);
	raw_ready(&r);
	m = open_message(0);
	assert_int_equal(call(&r, &m, 3), TEEC_SUCCESS);
	n.session = m.arg.session;
	m = message(MIPSTEE_CMD_INVOKE_COMMAND);
	m.arg.session = n.session;
	assert_int_equal(call(&r, &m, 31), TEEC_ERROR_BAD_PARAMETERS);
	/* 127 don't fit a message: it says so, and brings as many as fit. */
	m = message(MIPSTEE_CMD_INVOKE_COMMAND);
	m.arg.session = n.session;
	m.arg.num_params = 127;
	assert_true(raw_call(&r.vm, LOCAL, r.remote, &m, 120));
	assert_int_equal(m.arg.ret, TEEC_ERROR_BAD_PARAMETERS);
	expect_nop(&r, n.session, TEEC_SUCCESS);
	raw_detach(&r.vm);
}

struct node_call {
	struct node n;
	size_t len;
	int ret;
	pthread_t thread;
	union ioctl_arg arg; /* ends in an array */
};

static void *run_node_call(void *data)
{
	struct node_call *nc = data;

	nc->ret = node_ioctl(nc->n.fd, TEE_IOC_INVOKE, &nc->arg, nc->len);
	return NULL;
}

static void start_node_call(struct node_call *nc, uint32_t cmd, uint32_t num_params)
{
	nc->arg.invoke.session = nc->n.session;
	nc->arg.invoke.func = cmd;
	nc->arg.invoke.cancel_id = 1;
	nc->arg.invoke.num_params = num_params;
	nc->len = sizeof(nc->arg.invoke) + num_params * sizeof(struct tee_ioctl_param);
	assert_int_equal(pthread_create(&nc->thread, NULL, run_node_call, nc), 0);
	machine_until_busy(&machine, PROBE_TEXT);
}

static bool node_call_over(void *arg)
{
	struct node_call *nc = arg;

	return pthread_tryjoin_np(nc->thread, NULL) == 0;
}

static bool node_call_cancelled(void *arg)
{
	struct node_call *nc = arg;
	struct tee_ioctl_cancel_arg cancel = { .cancel_id = 1, .session = nc->n.session };

	teelink_dev()->ioctl(nc->n.fd, TEE_IOC_CANCEL, &cancel);
	return node_call_over(nc);
}

/* The bytes are copied for a small object, mapped into the TA for a large one. */
static void free_during_a_call(size_t size, struct client *witness)
{
	struct tee_ioctl_shm_alloc_data shm = { .size = size };
	struct node_call nc = { .ret = -1 };
	struct tee_ioctl_param *p = (void *)(nc.arg.bytes + sizeof(struct tee_ioctl_invoke_arg));
	int fd;

	node_open(&nc.n);
	fd = teelink_dev()->ioctl(nc.n.fd, TEE_IOC_SHM_ALLOC, &shm);
	assert_true(fd >= 0);
	p[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT;
	p[0].b = shm.size;
	p[0].c = (unsigned int)shm.id;
	p[1].attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT;
	p[1].a = TOO_LONG_MS;
	start_node_call(&nc, PROBE_WAIT_AND_FILL, 2);
	assert_int_equal(teelink_dev()->close(fd), 0);
	client_works(witness);
	assert_true(wait_until(node_call_cancelled, &nc));
	assert_int_equal(nc.ret, 0);
	assert_int_equal(nc.arg.invoke.ret, TEEC_SUCCESS);
	node_works(&nc.n);
	teelink_dev()->close(nc.n.fd);
}

static void shared_memory_freed_while_a_call_uses_it(void **state)
{
	struct machine_shape before;
	struct client witness;

	(void)state;
	client_open(&witness, &shared);
	/* What is mapped once and for all is mapped now. */
	free_during_a_call(4096, &witness);
	free_during_a_call(1u << 20, &witness);
	machine_look(&machine, &before);
	free_during_a_call(4096, &witness);
	free_during_a_call(1u << 20, &witness);
	machine_expect(&machine, &before);
	client_works(&witness);
	client_close(&witness);
}

/* The call keeps what it needs, or ends; whoever gets the number next isn't touched. */
static void handle_closed_by_another_thread_mid_call(void **state)
{
	struct node_call nc = { .ret = -1 };
	struct machine_shape before;
	struct client witness;
	struct node next;

	(void)state;
	client_open(&witness, &shared);
	machine_look(&machine, &before);
	node_open(&nc.n);
	((struct tee_ioctl_param *)(void *)(nc.arg.bytes +
					    sizeof(struct tee_ioctl_invoke_arg)))[0] =
		(struct tee_ioctl_param){ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT,
					  .a = 1000 };
	start_node_call(&nc, PROBE_WAIT, 1);
	assert_int_equal(teelink_dev()->close(nc.n.fd), 0);
	node_open(&next);
	node_works(&next);
	assert_true(wait_until(node_call_over, &nc));
	node_works(&next);
	teelink_dev()->close(next.fd);
	machine_expect(&machine, &before);
	client_works(&witness);
	client_close(&witness);
}

/* The TA answers long after its client's end; nobody else gets the answer, nothing stays behind. */
static void late_answer_after_the_client_gave_up(void **state)
{
	struct machine_shape before;
	struct client witness;
	int opened[2];
	pid_t pid;
	char c;

	(void)state;
	client_open(&witness, &shared);
	machine_look(&machine, &before);
	assert_int_equal(pipe(opened), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, 0, 0, 0) };
		struct client giving_up;

		client_open(&giving_up, &shared);
		assert_int_equal(write(opened[1], "", 1), 1);
		op.params[0].value.a = 1500;
		TEEC_InvokeCommand(&giving_up.session, PROBE_WAIT_MASKED, &op, NULL);
		_exit(1);
	}
	assert_int_equal(read(opened[0], &c, 1), 1);
	close(opened[0]);
	close(opened[1]);
	machine_until_busy(&machine, SHARED_TEXT);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Queued behind it. */
	client_works(&witness);
	machine_expect(&machine, &before);
	client_works(&witness);
	client_close(&witness);
}

static void huge_temporary_memref_must_not_close_fd_0(void **state)
{
	static const size_t sizes[] = { (size_t)1 << 46, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX };
	uint8_t byte = 0;
	struct client c;
	unsigned int i, k;
	int null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(dup2(null, STDIN_FILENO), STDIN_FILENO);
	client_open(&c, &probe);
	for (i = 0; i < 4; i++) {
		for (k = 0; k < 4; k++) {
			TEEC_Operation op = { 0 };

			op.paramTypes = (uint32_t)TEEC_MEMREF_TEMP_OUTPUT << (4 * k);
			op.params[k].tmpref.buffer = &byte;
			op.params[k].tmpref.size = sizes[i];
			assert_int_not_equal(TEEC_InvokeCommand(&c.session, PROBE_NOP, &op, NULL),
					     TEEC_SUCCESS);
			assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
		}
	}
	client_works(&c);
	client_close(&c);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	close(null);
}

static uint32_t find_secret(uint32_t a, uint32_t b)
{
	TEEC_Operation op = { .paramTypes =
				      TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, 0, 0) };
	struct client c;

	client_open(&c, &fragile);
	op.params[0].value.a = a;
	op.params[0].value.b = b;
	assert_int_equal(TEEC_InvokeCommand(&c.session, FRAGILE_FIND_SECRET, &op, NULL),
			 TEEC_SUCCESS);
	client_close(&c);
	return op.params[1].value.a;
}

static void fresh_ta_scanned_for_its_predecessors_secrets(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0) };
	uint32_t a = 0x13572468, b = 0x0badcafe;
	unsigned int dies;

	(void)state;
	op.params[0].value.a = a;
	op.params[0].value.b = b;
	for (dies = 0; dies < 2; dies++) {
		struct client c;

		client_open(&c, &fragile);
		assert_int_equal(TEEC_InvokeCommand(&c.session, FRAGILE_KEEP_SECRET, &op, NULL),
				 TEEC_SUCCESS);
		/* While it is there it is found: else nothing would be proved. */
		assert_int_not_equal(find_secret(a, b), 0);
		if (dies)
			assert_int_equal(client_invoke(&c, FRAGILE_PANIC, NULL),
					 TEEC_ERROR_TARGET_DEAD);
		client_close(&c);
		assert_int_equal(find_secret(a, b), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_opened_during_probe),
		cmocka_unit_test(single_instance_opened_by_12_clients_at_once),
		cmocka_unit_test(invoke_on_a_dead_session_twice),
		cmocka_unit_test(session_closed_during_its_open),
		cmocka_unit_test(arguments_flipped_while_the_secure_world_reads),
		cmocka_unit_test(num_params_of_31_and_127),
		cmocka_unit_test(shared_memory_freed_while_a_call_uses_it),
		cmocka_unit_test(handle_closed_by_another_thread_mid_call),
		cmocka_unit_test(late_answer_after_the_client_gave_up),
		cmocka_unit_test(huge_temporary_memref_must_not_close_fd_0),
		cmocka_unit_test(fresh_ta_scanned_for_its_predecessors_secrets),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
