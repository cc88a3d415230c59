// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/show.h"

#include <stdio.h>

#include "ta/include/tee_api_defines.h"

#define MAX_SHOWN_BYTES 32u

static const char *type_name(uint32_t type)
{
	switch (type) {
	case TEE_PARAM_TYPE_VALUE_INPUT:
		return "value in";
	case TEE_PARAM_TYPE_VALUE_OUTPUT:
		return "value out";
	case TEE_PARAM_TYPE_VALUE_INOUT:
		return "value in/out";
	case TEE_PARAM_TYPE_MEMREF_INPUT:
		return "memref in";
	case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		return "memref out";
	case TEE_PARAM_TYPE_MEMREF_INOUT:
		return "memref in/out";
	default:
		return "none";
	}
}

static void show_bytes(const uint8_t *data, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size && i < MAX_SHOWN_BYTES; i++)
		fprintf(stderr, "%s%02x", i ? " " : ": ", data[i]);
	if (size > MAX_SHOWN_BYTES)
		fprintf(stderr, " ...");
}

static void show_param(unsigned int i, const struct fuzz_calls *calls, const struct fuzz_param *p)
{
	if (p->type == TEE_PARAM_TYPE_NONE)
		return;
	fprintf(stderr, "    %u %s", i, type_name(p->type));
	if (fuzz_type_is_memref(p->type)) {
		fprintf(stderr, ", %u bytes%s", p->size, p->null ? " at NULL" : "");
		if (fuzz_param_has_input(p))
			show_bytes(calls->store + p->at, p->size);
	} else if (fuzz_param_has_input(p)) {
		fprintf(stderr, " 0x%x 0x%x", p->a, p->b);
	}
	fputc('\n', stderr);
}

void fuzz_show_call(enum mailbox_entry entry, uint32_t session, const struct fuzz_calls *calls,
		    const struct fuzz_call *c)
{
	unsigned int i;

	switch (entry) {
	case MAILBOX_ENTRY_CREATE:
		fprintf(stderr, "create\n");
		return;
	case MAILBOX_ENTRY_DESTROY:
		fprintf(stderr, "destroy\n");
		return;
	case MAILBOX_ENTRY_OPEN_SESSION:
		fprintf(stderr, "open session %u\n", session);
		break;
	case MAILBOX_ENTRY_CLOSE_SESSION:
		fprintf(stderr, "close session %u\n", session);
		break;
	default:
		fprintf(stderr, "invoke session %u command 0x%x%s\n", session, c->cmd,
			c->cancelled ? ", cancelled" : "");
		break;
	}
	for (i = 0; c && i < MAILBOX_NUM_PARAMS; i++)
		show_param(i, calls, &c->param[i]);
}

void fuzz_show_answer(const struct mailbox_call *call, const struct mailbox_answer *ans)
{
	unsigned int i;

	fprintf(stderr, "  0x%08x\n", ans->result);
	for (i = 0; i < MAILBOX_NUM_PARAMS; i++) {
		switch (call->param[i].type) {
		case TEE_PARAM_TYPE_VALUE_OUTPUT:
		case TEE_PARAM_TYPE_VALUE_INOUT:
			fprintf(stderr, "    %u is 0x%x 0x%x\n", i, (unsigned int)ans->param[i].a,
				(unsigned int)ans->param[i].b);
			break;
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			fprintf(stderr, "    %u has %llu bytes\n", i,
				(unsigned long long)ans->param[i].b);
			break;
		default:
			break;
		}
	}
}

void fuzz_show_log(const struct mailbox *mb)
{
	uint32_t len = mb->answer.text_len;

	fprintf(stderr, "  %.*s\n", (int)(len > MAILBOX_MAX_TEXT ? MAILBOX_MAX_TEXT : len),
		mb->text);
}
