/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* tipc over the SMC message queue: messages of any length, and VMs that break the queue's rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/teelink/dev.h"
#include "lib/smcq.h"
#include "tests/system/client.h"
#include "tests/system/probe_ta.h"
#include "tests/system/smc.h"
#include "wire/smcq.h"
#include "wire/tipc.h"

#define NODE "/dev/trusty-ipc-dev0"
#define ECHO "com.android.ipc-unittest.srv.echo"
#define LARGE_ECHO "tee.echo.large"
#define MAX_MSG (64u << 20)
#define SIZE SMCQ_DEFAULT_SIZE

static const TEEC_UUID probe = PROBE_TA_UUID;
static struct test_machine machine;

static int start(void **state)
{
	(void)state;
	setenv("TEELINK_LINK", "smcq", 1);
	machine_start(&machine, NULL, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	unsetenv("TEELINK_LINK");
	return 0;
}

static int dial(const char *port)
{
	char name[TIPC_MAX_SRV_NAME_LEN];
	int fd = teelink_dev()->open(NODE, O_RDWR);

	assert_true(fd >= 0);
	strcpy(name, port);
	assert_int_equal(teelink_dev()->ioctl(fd, TIPC_IOC_CONNECT, name), 0);
	return fd;
}

static void fill(uint8_t *buf, size_t len, uint32_t seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)((i * 2654435761u + seed) >> 13);
}

static ssize_t put(int fd, void *buf, size_t len)
{
	return teelink_dev()->write(fd, &(struct iovec){ .iov_base = buf, .iov_len = len }, 1);
}

static ssize_t get(int fd, void *buf, size_t len)
{
	return teelink_dev()->read(fd, &(struct iovec){ .iov_base = buf, .iov_len = len }, 1);
}

static void expect_echo(int fd, uint8_t *out, uint8_t *back, size_t len)
{
	fill(out, len, (uint32_t)len);
	memset(back, 0, len);
	assert_int_equal(put(fd, out, len), len);
	assert_int_equal(get(fd, back, MAX_MSG), len);
	assert_int_equal(memcmp(out, back, len), 0);
}

static void messages_of_any_length(void **state)
{
	static const size_t lengths[] = { 1, 4080, 4081, 4096, 4097, 65535, 65536, 65537, 1u << 20,
					  3, MAX_MSG };
	uint8_t *out = malloc(MAX_MSG + 1u), *back = malloc(MAX_MSG);
	struct machine_shape before;
	int small, large;
	size_t i;

	(void)state;
	assert_non_null(out);
	assert_non_null(back);
	small = dial(ECHO);
	large = dial(LARGE_ECHO);
	expect_echo(small, out, back, 5);
	machine_look(&machine, &before);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		expect_echo(large, out, back, lengths[i]);
		expect_echo(small, out, back, 100);
	}
	assert_int_equal(put(large, out, MAX_MSG + 1u), -EMSGSIZE);
	assert_int_equal(put(small, out, 4097), -EMSGSIZE);
	/* Two are under way at a time, and their order stays. */
	for (i = 1; i < 8; i++) {
		fill(out, 100000 * i, (uint32_t)i);
		assert_int_equal(put(large, out, 100000 * i), 100000 * i);
		if (i == 1)
			continue;
		assert_int_equal(get(large, back, MAX_MSG), 100000 * (i - 1));
		fill(out, 100000 * (i - 1), (uint32_t)(i - 1));
		assert_memory_equal(out, back, 100000 * (i - 1));
	}
	machine_expect(&machine, &before);
	teelink_dev()->close(small);
	teelink_dev()->close(large);
	free(out);
	free(back);
}

static void more_than_the_echo_takes(void **state)
{
	uint8_t *out = calloc(1, 1u << 20);
	ssize_t ret = 0;
	unsigned int i;
	int large, small;

	(void)state;
	large = dial(LARGE_ECHO);
	small = dial(ECHO);
	/* Nobody reads: the channel ends, as it does for small messages, and nobody else notices. */
	for (i = 0; i < 1000 && ret >= 0; i++) {
		ret = put(large, out, 1u << 20);
		/* A program that only writes takes no interrupts. */
		if (ret >= 0)
			teelink_dev()->poll(large, POLLIN, 0);
	}
	assert_true(ret == -ENOTCONN || ret == -ESHUTDOWN);
	assert_int_equal(put(small, out, 10), 10);
	assert_int_equal(get(small, out, 4096), 10);
	teelink_dev()->close(large);
	teelink_dev()->close(small);
	free(out);
}

/* A VM that has a buffer of its own and writes into it what it likes. */
struct raw {
	struct smc_vm s;
	struct ree_vm_ds *ds;
	struct smcq_page *page;
	struct smcq_writer w;
	struct smcq_reader r;
};

static void raw_reset_page(struct raw *raw)
{
	uint8_t *area = (uint8_t *)(raw->page + 1);

	memset(raw->page, 0, sizeof(*raw->page));
	raw->page->magic = SMCQ_MAGIC;
	raw->page->version = SMCQ_VERSION;
	raw->page->capacity = smcq_capacity(SIZE);
	smcq_writer_init(&raw->w, &raw->page->half[SMCQ_TO_SECURE], area, raw->page->capacity);
	smcq_reader_init(&raw->r, &raw->page->half[SMCQ_TO_NORMAL], area + raw->page->capacity,
			 raw->page->capacity);
}

static void raw_attach(struct raw *raw)
{
	smc_attach(&raw->s, &machine);
	assert_int_equal(ree_vm_ds_create(raw->s.vm, SIZE, &raw->ds), 0);
	raw->page = (struct smcq_page *)(void *)raw->ds->mem.base;
	raw_reset_page(raw);
}

static void raw_detach(struct raw *raw)
{
	ree_vm_ds_destroy(raw->s.vm, raw->ds);
	smc_detach(&raw->s);
}

static uint32_t raw_call(struct raw *raw, uint32_t func, uint64_t gpa, uint32_t size)
{
	struct smc_res res;

	return smc_issue(&raw->s, (struct smc_args){ .a0 = func, .a1 = gpa >> 32, .a2 = (uint32_t)gpa,
						     .a3 = size }, &res);
}

static uint32_t raw_queue(struct raw *raw)
{
	raw_reset_page(raw);
	return raw_call(raw, SMCQ_SMC_ATTACH, raw->ds->mem.gpa, SIZE);
}

static uint32_t notify(struct raw *raw)
{
	return raw_call(raw, SMCQ_SMC_NOTIFY, 0, 0);
}

static uint32_t raw_send(struct raw *raw, const struct tipc_msg_hdr *hdr, const void *data, uint32_t len)
{
	assert_int_equal(smcq_write_begin(&raw->w, (uint32_t)sizeof(*hdr) + len), 0);
	assert_int_equal(smcq_write(&raw->w, hdr, sizeof(*hdr)), sizeof(*hdr));
	assert_int_equal(smcq_write(&raw->w, data, len), len);
	smcq_write_flush(&raw->w);
	return notify(raw);
}

/* Still served: GO_ONLINE is there, and a connect is answered. */
static void expect_served(struct raw *raw)
{
	struct {
		struct tipc_ctrl_msg ctrl;
		struct tipc_conn_req_body body;
	} TL_PACKED req = { .ctrl = { .type = TIPC_CTRL_CONN_REQ, .body_len = sizeof(req.body) },
			    .body = { .name = ECHO } };
	const struct tipc_msg_hdr hdr = { .src = 1024, .dst = TIPC_CTRL_ADDR, .len = sizeof(req) };
	struct {
		struct tipc_msg_hdr hdr;
		struct tipc_ctrl_msg ctrl;
		uint8_t body[64];
	} TL_PACKED msg;
	unsigned int i;
	uint32_t len;

	assert_int_equal(raw_queue(raw), OPTEE_SMC_RETURN_OK);
	assert_int_equal(smcq_read_begin(&raw->r, &len), 1);
	assert_int_equal(len, sizeof(msg.hdr) + sizeof(msg.ctrl));
	assert_int_equal(smcq_read(&raw->r, &msg, len), len);
	assert_int_equal(msg.ctrl.type, TIPC_CTRL_GO_ONLINE);
	assert_int_equal(raw_send(raw, &hdr, &req, sizeof(req)), OPTEE_SMC_RETURN_OK);
	for (i = 0; i < 1000 && !smcq_read_begin(&raw->r, &len); i++)
		assert_int_equal(notify(raw), OPTEE_SMC_RETURN_OK);
	assert_int_equal(smcq_read(&raw->r, &msg, sizeof(msg)), len);
	assert_int_equal(msg.ctrl.type, TIPC_CTRL_CONN_RSP);
	assert_int_equal(raw_call(raw, SMCQ_SMC_DETACH, 0, 0), OPTEE_SMC_RETURN_OK);
}

static void attach_checks(void **state)
{
	struct raw raw;
	uint64_t gpa;

	(void)state;
	raw_attach(&raw);
	gpa = raw.ds->mem.gpa;
	assert_int_equal(notify(&raw), OPTEE_SMC_RETURN_ENOTAVAIL);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_DETACH, 0, 0), OPTEE_SMC_RETURN_ENOTAVAIL);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_DETACH + 1, 0, 0), OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH | OPTEE_SMC_64, gpa, SIZE),
			 OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa + 8, SIZE), OPTEE_SMC_RETURN_EBADCMD);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, SMCQ_MIN_SIZE - 1), OPTEE_SMC_RETURN_EBADCMD);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, UINT32_MAX), OPTEE_SMC_RETURN_EBADCMD);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa + raw.ds->mem.size, SIZE),
			 OPTEE_SMC_RETURN_EBADADDR);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, UINT64_MAX - 4095, SIZE), OPTEE_SMC_RETURN_EBADADDR);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, SIZE / 2), OPTEE_SMC_RETURN_EBADCMD);
	raw.page->magic++;
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, SIZE), OPTEE_SMC_RETURN_EBADCMD);
	raw_reset_page(&raw);
	raw.page->version++;
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, SIZE), OPTEE_SMC_RETURN_EBADCMD);
	assert_int_equal(raw_queue(&raw), OPTEE_SMC_RETURN_OK);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_ATTACH, gpa, SIZE), OPTEE_SMC_RETURN_EBUSY);
	assert_int_equal(raw_call(&raw, SMCQ_SMC_DETACH, 0, 0), OPTEE_SMC_RETURN_OK);
	expect_served(&raw);
	raw_detach(&raw);
}

static void head_jumps(struct raw *raw)
{
	raw->page->half[SMCQ_TO_SECURE].head = raw->page->capacity + 1;
}

static void head_is_impossible(struct raw *raw)
{
	raw->page->half[SMCQ_TO_SECURE].head = UINT32_MAX;
}

static void tail_jumps(struct raw *raw)
{
	struct smcq_half *half = &raw->page->half[SMCQ_TO_NORMAL];

	/* Something has to be written for it to be looked at: answers until the area is full. */
	half->tail = half->head + 1;
	while (notify(raw) == OPTEE_SMC_RETURN_OK) {
		struct tipc_msg_hdr hdr = { .src = 1024, .dst = TIPC_CTRL_ADDR };
		struct {
			struct tipc_ctrl_msg ctrl;
			struct tipc_conn_req_body body;
		} TL_PACKED req = { .ctrl = { .type = TIPC_CTRL_CONN_REQ, .body_len = sizeof(req.body) } };

		hdr.len = sizeof(req);
		if (raw_send(raw, &hdr, &req, sizeof(req)) != OPTEE_SMC_RETURN_OK)
			break;
	}
}

static void frame_is_huge(struct raw *raw)
{
	const struct smcq_frame frame = { .len = UINT32_MAX };

	memcpy(raw->page + 1, &frame, sizeof(frame));
	raw->page->half[SMCQ_TO_SECURE].head = sizeof(frame);
}

static void frame_is_less_than_a_header(struct raw *raw)
{
	assert_int_equal(smcq_write_begin(&raw->w, 15), 0);
	smcq_write_flush(&raw->w);
}

static void length_is_not_the_header_s(struct raw *raw)
{
	const struct tipc_msg_hdr hdr = { .src = 1024, .dst = TIPC_CTRL_ADDR, .len = 9 };

	raw_send(raw, &hdr, "12345678", 8);
}

/* Each breaks the queue of its VM, which can make a new one; others are served meanwhile. */
static void broken_rules(void **state)
{
	void (*const misdeed[])(struct raw *raw) = {
		head_jumps, head_is_impossible, tail_jumps, frame_is_huge, frame_is_less_than_a_header,
		length_is_not_the_header_s,
	};
	struct client other;
	struct raw raw;
	size_t i;

	(void)state;
	client_open(&other, &probe);
	raw_attach(&raw);
	for (i = 0; i < sizeof(misdeed) / sizeof(misdeed[0]); i++) {
		assert_int_equal(raw_queue(&raw), OPTEE_SMC_RETURN_OK);
		misdeed[i](&raw);
		assert_int_equal(notify(&raw), OPTEE_SMC_RETURN_ENOTAVAIL);
		assert_int_equal(notify(&raw), OPTEE_SMC_RETURN_ENOTAVAIL);
		client_works(&other);
		assert_int_equal(raw_call(&raw, SMCQ_SMC_DETACH, 0, 0), OPTEE_SMC_RETURN_OK);
		expect_served(&raw);
	}
	raw_detach(&raw);
	client_close(&other);
}

/* As small messages to nobody: read, dropped, no offence. */
static void large_for_nobody(void **state)
{
	static const uint8_t data[10000];
	const struct tipc_msg_hdr hdr = { .src = 1024, .dst = TIPC_TEE_ADDR_BASE };
	uint32_t done = 0;
	struct raw raw;

	(void)state;
	raw_attach(&raw);
	assert_int_equal(raw_queue(&raw), OPTEE_SMC_RETURN_OK);
	assert_int_equal(smcq_write_begin(&raw.w, sizeof(hdr) + (1u << 20)), 0);
	assert_int_equal(smcq_write(&raw.w, &hdr, sizeof(hdr)), sizeof(hdr));
	while (done < 1u << 20) {
		uint32_t left = (1u << 20) - done;
		int64_t n = smcq_write(&raw.w, data, left < sizeof(data) ? left : sizeof(data));

		assert_true(n > 0);
		done += (uint32_t)n;
		smcq_write_flush(&raw.w);
		assert_int_equal(notify(&raw), OPTEE_SMC_RETURN_OK);
	}
	assert_int_equal(raw_call(&raw, SMCQ_SMC_DETACH, 0, 0), OPTEE_SMC_RETURN_OK);
	expect_served(&raw);
	raw_detach(&raw);
}

/* Attaches and says the beginning of a message. */
static void half_a_message(struct raw *raw, size_t len)
{
	const struct tipc_msg_hdr hdr = { .src = 1024, .dst = TIPC_CTRL_ADDR, .len = 1000 };

	raw_attach(raw);
	assert_int_equal(raw_queue(raw), OPTEE_SMC_RETURN_OK);
	assert_int_equal(smcq_write_begin(&raw->w, 1016), 0);
	smcq_write(&raw->w, &hdr, (uint32_t)len);
	smcq_write_flush(&raw->w);
	assert_int_equal(notify(raw), OPTEE_SMC_RETURN_OK);
}

/* A VM that goes in the middle of a message, with the buffer taken away first or with its process. */
static void vm_goes_in_a_message(void **state)
{
	struct machine_shape before;
	unsigned int i;

	(void)state;
	machine_look(&machine, &before);
	for (i = 0; i < 4; i++) {
		size_t len = i & 1 ? 7 : sizeof(struct tipc_msg_hdr);
		struct raw raw;
		int status;
		pid_t pid;

		if (i & 2) {
			half_a_message(&raw, len);
			raw_detach(&raw);
			continue;
		}
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			half_a_message(&raw, len);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	machine_expect(&machine, &before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_any_length),
		cmocka_unit_test(more_than_the_echo_takes),
		cmocka_unit_test(attach_checks),
		cmocka_unit_test(broken_rules),
		cmocka_unit_test(large_for_nobody),
		cmocka_unit_test(vm_goes_in_a_message),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
