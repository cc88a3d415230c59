/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE's driver over the real secure world: more calls than it has threads, and a supplicant on
 * the VM's own teepriv0, which is asked for nothing and ends with its program.
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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/teelink/dev.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define MOST_BUSY 15u /* of sixteen secure threads; one is left for calls that don't wait */
#define NUM_CALLS 20u
#define TOO_LONG_MS 600000u
#define META_ID (TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT | TEE_IOCTL_PARAM_ATTR_META)

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static struct test_machine machine;

static int start(void **state)
{
	(void)state;
	setenv("TEELINK_DRIVER", "optee", 1);
	machine_start(&machine, NULL, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	unsetenv("TEELINK_DRIVER");
	return 0;
}

/* The secure threads of all VMs that hold a call. */
static unsigned int threads_busy(void)
{
	json_t *status = machine_status(&machine), *vms, *vm;
	json_int_t n = 0;
	size_t i;

	vms = json_object_get(json_object_get(status, "secure_world"), "vms");
	json_array_foreach(vms, i, vm) n +=
		json_integer_value(json_object_get(json_object_get(vm, "smc"), "busy"));
	json_decref(status);
	return (unsigned int)n;
}

static bool are_busy(void *arg)
{
	return threads_busy() == *(const unsigned int *)arg;
}

/* Calls that wait: one in the TA, the others for it, or for a secure thread. */
struct crowd {
	TEEC_Context ctx;
	struct client c[NUM_CALLS];
	struct client_call call[NUM_CALLS];
};

/* Each is where it waits before the next one comes; 0, or a step that failed. */
static int crowd_start(struct crowd *crowd)
{
	unsigned int i, busy;

	memset(crowd, 0, sizeof(*crowd));
	if (TEEC_InitializeContext(NULL, &crowd->ctx))
		return 1;
	for (i = 0; i < NUM_CALLS; i++) {
		crowd->c[i].ctx = crowd->ctx;
		if (TEEC_OpenSession(&crowd->ctx, &crowd->c[i].session, &shared, TEEC_LOGIN_PUBLIC,
				     NULL, NULL, NULL))
			return 2;
	}
	for (i = 0; i < NUM_CALLS; i++) {
		struct client_call *call = &crowd->call[i];

		call->c = &crowd->c[i];
		call->cmd = PROBE_WAIT;
		call->op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
		call->op.params[0].value.a = TOO_LONG_MS;
		client_call_start(call);
		busy = i < MOST_BUSY ? i + 1 : MOST_BUSY;
		if (!wait_until(are_busy, &busy))
			return 3;
	}
	return 0;
}

static void expect_cancelled(struct crowd *crowd, unsigned int i)
{
	client_call_cancel(&crowd->call[i]);
	assert_int_equal(crowd->call[i].res, TEEC_ERROR_CANCEL);
}

static void cancelled_while_all_threads_are_busy(void **state)
{
	unsigned int busy = MOST_BUSY, none = 0, i;
	struct client witness;
	struct crowd crowd;

	(void)state;
	assert_int_equal(crowd_start(&crowd), 0);
	/* Two that have no thread, then one that has one: the next takes it. */
	expect_cancelled(&crowd, NUM_CALLS - 1);
	expect_cancelled(&crowd, MOST_BUSY + 1);
	assert_int_equal(threads_busy(), MOST_BUSY);
	expect_cancelled(&crowd, 5);
	assert_true(wait_until(are_busy, &busy));
	for (i = 0; i < NUM_CALLS; i++)
		if (i != 5 && i != MOST_BUSY + 1 && i != NUM_CALLS - 1)
			expect_cancelled(&crowd, i);
	assert_true(wait_until(are_busy, &none));
	for (i = 0; i < NUM_CALLS; i++) {
		client_works(&crowd.c[i]);
		TEEC_CloseSession(&crowd.c[i].session);
	}
	TEEC_FinalizeContext(&crowd.ctx);
	client_open(&witness, &probe);
	client_works(&witness);
	client_close(&witness);
}

static void killed_while_all_threads_are_busy(void **state)
{
	unsigned int none = 0;
	struct machine_shape before;
	struct client witness;
	int ready[2];
	char byte;
	pid_t pid;

	(void)state;
	client_open(&witness, &probe);
	machine_look(&machine, &before);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		static struct crowd crowd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (crowd_start(&crowd) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	client_works(&witness);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(wait_until(are_busy, &none));
	machine_expect(&machine, &before);
	client_works(&witness);
	client_close(&witness);
}

struct supplicant {
	int fd;
	int ret; /* of a receive that came back */
	union {
		struct tee_iocl_supp_recv_arg recv;
		struct tee_iocl_supp_send_arg send;
		uint8_t bytes[sizeof(struct tee_iocl_supp_recv_arg) +
			      5 * sizeof(struct tee_ioctl_param)];
	} arg;
};

static int supp_ioctl(struct supplicant *s, unsigned long request)
{
	struct tee_ioctl_buf_data buf = { .buf_ptr = (uintptr_t)&s->arg,
					  .buf_len = sizeof(s->arg) };

	return teelink_dev()->ioctl(s->fd, request, &buf);
}

/* As tee-supplicant: waits for a request, for ever. */
static void *supp_receive(void *data)
{
	struct supplicant *s = data;

	s->arg.recv.num_params = 5;
	s->arg.recv.params[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	s->ret = supp_ioctl(s, TEE_IOC_SUPPL_RECV);
	_exit(30);
}

/* What it may do unasked, and what it may not. Return: 0, or the step that failed. */
static int supp_uninvited(struct supplicant *s)
{
	struct tee_ioctl_shm_alloc_data shm = { .size = 4096 };
	int fd;

	s->fd = teelink_dev()->open("teepriv0", O_RDWR);
	if (s->fd < 0)
		return 10;
	/* There is one of it. */
	if (teelink_dev()->open("teepriv0", O_RDWR) != -EBUSY)
		return 11;
	s->arg.send.num_params = 5;
	if (supp_ioctl(s, TEE_IOC_SUPPL_SEND) != -EINVAL)
		return 12;
	s->arg.send.params[0] = (struct tee_ioctl_param){ .attr = META_ID, .a = 1 };
	if (supp_ioctl(s, TEE_IOC_SUPPL_SEND) != -ENOENT)
		return 13;
	memset(&s->arg, 0, sizeof(s->arg));
	fd = teelink_dev()->ioctl(s->fd, TEE_IOC_SHM_ALLOC, &shm);
	return fd < 0 || teelink_dev()->close(fd) ? 14 : 0;
}

/* A TA is loaded, waits for longer than a slice, asks for the time: all without the supplicant. */
static int client_of_all_sorts(struct client *c)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, 0, 0, 0) };

	if (TEEC_InitializeContext(NULL, &c->ctx) ||
	    TEEC_OpenSession(&c->ctx, &c->session, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL))
		return 20;
	if (client_value(c, PROBE_WAIT, 60, NULL))
		return 21;
	return TEEC_InvokeCommand(&c->session, PROBE_TIME, &op, NULL) ? 22 : 0;
}

static void __attribute__((noreturn)) supp_program(int ready)
{
	struct supplicant s = { .ret = 1 };
	struct client c;
	pthread_t t;
	int step;

	memset(&c, 0, sizeof(c));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	step = supp_uninvited(&s);
	if (!step && pthread_create(&t, NULL, supp_receive, &s))
		step = 15;
	if (!step)
		step = client_of_all_sorts(&c);
	if (step || write(ready, "", 1) != 1)
		_exit(step ? step : 16);
	client_value(&c, PROBE_WAIT, TOO_LONG_MS, NULL);
	_exit(17);
}

static void a_supplicant_of_the_vms_own(void **state)
{
	unsigned int one = 1;
	struct machine_shape before;
	struct client witness;
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	client_open(&witness, &shared);
	machine_look(&machine, &before);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		supp_program(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		fail_msg("the program with the supplicant: step %d", WEXITSTATUS(status));
	}
	close(ready[0]);
	assert_true(wait_until(are_busy, &one));
	/* Stopped in the middle of everything: nobody else's affair. */
	assert_int_equal(kill(pid, SIGSTOP), 0);
	client_works(&witness);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	machine_expect(&machine, &before);
	client_works(&witness);
	client_close(&witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cancelled_while_all_threads_are_busy),
		cmocka_unit_test(killed_while_all_threads_are_busy),
		cmocka_unit_test(a_supplicant_of_the_vms_own),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
