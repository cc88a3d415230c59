/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "examples/teec_words.h"

const char *teec_result_words(TEEC_Result result)
{
	static const struct {
		TEEC_Result result;
		const char *words;
	} row[] = {
		{ TEEC_SUCCESS, "success" },
		{ TEEC_ERROR_GENERIC, "unspecified failure" },
		{ TEEC_ERROR_ACCESS_DENIED, "access denied" },
		{ TEEC_ERROR_CANCEL, "cancelled" },
		{ TEEC_ERROR_ACCESS_CONFLICT, "access conflict" },
		{ TEEC_ERROR_EXCESS_DATA, "too much data" },
		{ TEEC_ERROR_BAD_FORMAT, "bad format" },
		{ TEEC_ERROR_BAD_PARAMETERS, "bad parameters" },
		{ TEEC_ERROR_BAD_STATE, "bad state" },
		{ TEEC_ERROR_ITEM_NOT_FOUND, "item not found" },
		{ TEEC_ERROR_NOT_IMPLEMENTED, "not implemented" },
		{ TEEC_ERROR_NOT_SUPPORTED, "not supported" },
		{ TEEC_ERROR_NO_DATA, "no data" },
		{ TEEC_ERROR_OUT_OF_MEMORY, "out of memory" },
		{ TEEC_ERROR_BUSY, "busy" },
		{ TEEC_ERROR_COMMUNICATION, "communication failed" },
		{ TEEC_ERROR_SECURITY, "security error" },
		{ TEEC_ERROR_SHORT_BUFFER, "buffer too short" },
		{ TEEC_ERROR_TARGET_DEAD, "the trusted application has died" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (row[i].result == result)
			return row[i].words;
	return "unknown result";
}

const char *teec_origin_words(uint32_t origin)
{
	switch (origin) {
	case TEEC_ORIGIN_API:
		return "the client library";
	case TEEC_ORIGIN_COMMS:
		return "the link to the TEE";
	case TEEC_ORIGIN_TEE:
		return "the TEE";
	case TEEC_ORIGIN_TRUSTED_APP:
		return "the trusted application";
	default:
		return "an unknown origin";
	}
}
