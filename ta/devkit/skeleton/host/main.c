#include <stdio.h>
#include <tee_client_api.h>
#include <@name@_ta.h>

int main(void)
{
	TEEC_UUID uuid = @NAME@_TA_UUID;
	TEEC_Operation op = {
		.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_NONE, TEEC_NONE, TEEC_NONE),
		.params[0].value.a = 12,
	};
	TEEC_Context ctx;
	TEEC_Session session;
	TEEC_Result res;
	uint32_t origin;

	res = TEEC_InitializeContext(NULL, &ctx);
	if (res != TEEC_SUCCESS) {
		fprintf(stderr, "no TEE: 0x%x\n", res);
		return 1;
	}
	res = TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
	if (res != TEEC_SUCCESS) {
		fprintf(stderr, "no session: 0x%x from %u\n", res, origin);
		TEEC_FinalizeContext(&ctx);
		return 1;
	}
	res = TEEC_InvokeCommand(&session, @NAME@_CMD_SQUARE, &op, &origin);
	if (res == TEEC_SUCCESS)
		printf("12 * 12 = %u\n", op.params[0].value.a);
	else
		fprintf(stderr, "no answer: 0x%x from %u\n", res, origin);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&ctx);
	return res != TEEC_SUCCESS;
}
