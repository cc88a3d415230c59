// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Prints the facts that the dev kit's test TA knows, a text of its, and how it ends. */
#include <kit_ta.h>
#include <stdio.h>
#include <string.h>
#include <tee_client_api.h>

int main(void)
{
	TEEC_UUID uuid = KIT_TA_UUID;
	TEEC_Operation op;
	TEEC_Context ctx;
	TEEC_Session session;
	TEEC_Result res;
	char text[64];
	uint32_t i;

	if (TEEC_InitializeContext(NULL, &ctx))
		return 1;
	res = TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
	if (res)
		return printf("no session: 0x%x\n", res), 1;
	for (i = 0;; i++) {
		memset(&op, 0, sizeof(op));
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
		op.params[0].value.a = i;
		if (TEEC_InvokeCommand(&session, KIT_CMD_FACT, &op, NULL))
			break;
		printf("%u ", op.params[0].value.a);
	}
	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	op.params[0].tmpref.buffer = text;
	op.params[0].tmpref.size = 1;
	res = TEEC_InvokeCommand(&session, KIT_CMD_TEXT, &op, NULL);
	printf("0x%x %zu ", res, op.params[0].tmpref.size);
	res = TEEC_InvokeCommand(&session, KIT_CMD_TEXT, &op, NULL);
	printf("%s\n", res ? "failed" : text);
	/* The last session's end is the instance's, whose destructors run. */
	TEEC_CloseSession(&session);
	res = TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
	if (res)
		return printf("no session: 0x%x\n", res), 1;
	res = TEEC_InvokeCommand(&session, KIT_CMD_PANIC, NULL, NULL);
	printf("0x%x\n", res);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&ctx);
	return 0;
}
