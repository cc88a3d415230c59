/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The mipstee driver's handle_msg against a secure world that sends anything: four calls wait, the
 * input is a sequence of messages, each two bytes of length and that many bytes.
 */
#include <string.h>

#include "fuzz/target.h"
#include "ree/mipstee/mipstee_private.h"

#define NUM_CALLS 4u
#define MAX_LEN 512u

static const uint64_t attrs[NUM_CALLS][MIPSTEE_NUM_PARAMS] = {
	{ 0 },
	{ MIPSTEE_ATTR_VALUE_INOUT, MIPSTEE_ATTR_TMEM_OUT },
	{ MIPSTEE_ATTR_RMEM_INOUT, MIPSTEE_ATTR_RMEM_OUT, MIPSTEE_ATTR_TMEM_IN, MIPSTEE_ATTR_NONE },
	{ MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META, MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META,
	  MIPSTEE_ATTR_TMEM_INOUT, MIPSTEE_ATTR_VALUE_OUT, MIPSTEE_ATTR_RMEM_OUT, MIPSTEE_ATTR_NONE },
};
static const uint32_t num_params[NUM_CALLS] = { 0, 2, 4, 6 };

/* Call @i waits under tag @i + 1. */
static void wait_call(struct mipstee_context *ctx, struct mipstee_call *call, unsigned int i)
{
	uint32_t n;

	mipstee_msg_init(&call->msg,
			 i == 3 ? MIPSTEE_CMD_OPEN_SESSION : MIPSTEE_CMD_INVOKE_COMMAND,
			 num_params[i]);
	call->msg.hdr.magic = MIPSTEE_MAGIC;
	call->msg.hdr.data_tag = i + 1;
	for (n = 0; n < num_params[i]; n++)
		call->msg.param[n].attr = attrs[i][n];
	call->state = MIPSTEE_CALL_WAITING;
	list_add_tail(&ctx->calls, &call->link);
}

static void check_call(const struct mipstee_call *call, unsigned int i)
{
	const struct mipstee_msg *ans = &call->ans;
	uint32_t n;

	FUZZ_ASSERT(call->msg.hdr.data_tag == i + 1 && call->msg.arg.num_params == num_params[i]);
	if (call->state != MIPSTEE_CALL_ANSWERED)
		return;
	FUZZ_ASSERT(ans->hdr.data_tag == i + 1 && ans->arg.cmd == call->msg.arg.cmd);
	FUZZ_ASSERT(ans->arg.num_params == num_params[i]);
	for (n = 0; n < num_params[i]; n++) {
		FUZZ_ASSERT(ans->param[n].attr == attrs[i][n]);
		if ((attrs[i][n] & MIPSTEE_ATTR_TYPE_MASK) >= MIPSTEE_ATTR_RMEM_IN)
			FUZZ_ASSERT(ans->param[n].u.tmem.size <= MIPSTEE_MAX_SIZE);
	}
}

static void deliver(struct mipstee_context *ctx, struct fuzz_input *in)
{
	size_t len = (size_t)fuzz_take(in, 2) % MAX_LEN;
	uint8_t *msg = malloc(len ? len : 1); /* exactly: a sanitizer sees the byte beyond */
	size_t i;

	FUZZ_ASSERT(msg);
	for (i = 0; i < len; i++)
		msg[i] = (uint8_t)fuzz_take(in, 1);
	mipstee_handle_msg(ctx, msg, len);
	free(msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct mipstee_context ctx = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct mipstee_call calls[NUM_CALLS];
	unsigned int i;

	/* What is dropped is logged: not a million times. */
	setenv("TEELINK_LOG", "error", 0);
	list_init(&ctx.calls);
	for (i = 0; i < NUM_CALLS; i++)
		wait_call(&ctx, &calls[i], i);
	while (in.size)
		deliver(&ctx, &in);
	for (i = 0; i < NUM_CALLS; i++)
		check_call(&calls[i], i);
	return 0;
}
