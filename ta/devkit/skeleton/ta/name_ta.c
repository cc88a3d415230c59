#include <@name@_ta.h>
#include <tee_internal_api.h>

/* The instance begins. */
TEE_Result TA_CreateEntryPoint(void)
{
	DMSG("@name@ begins");
	return TEE_SUCCESS;
}

/* The instance ends. */
void TA_DestroyEntryPoint(void)
{
}

/* A client opens a session; *session is what the other two get of it. */
TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[TEE_NUM_PARAMS],
				    void **session)
{
	(void)types;
	(void)params;
	(void)session;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *session)
{
	(void)session;
}

static TEE_Result square(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	DMSG("the square of %u", params[0].value.a);
	params[0].value.a *= params[0].value.a;
	return TEE_SUCCESS;
}

TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t cmd, uint32_t types,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	(void)session;
	switch (cmd) {
	case @NAME@_CMD_SQUARE:
		return square(types, params);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
