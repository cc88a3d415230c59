// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A plugin of the supplicant's, for tests. */
#include <fcntl.h>
#include <stdint.h>
#include <tee_plugin_method.h>
#include <unistd.h>

#include "tests/system/pta_ta.h"

extern const struct plugin_method plugin_method;

static TEEC_Result wait_for(const char *fifo)
{
	int fd = open(fifo, O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd < 0)
		return TEEC_ERROR_ITEM_NOT_FOUND;
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
	return TEEC_SUCCESS;
}

static TEEC_Result invoke(unsigned int cmd, unsigned int sub_cmd, void *data, size_t in_len,
			  size_t *out_len)
{
	uint8_t *bytes = data;
	size_t i;

	switch (cmd) {
	case TEST_PLUGIN_INC:
		for (i = 0; i < in_len; i++)
			bytes[i] = (uint8_t)(bytes[i] + sub_cmd);
		*out_len = in_len;
		return TEEC_SUCCESS;
	case TEST_PLUGIN_RESULT:
		return sub_cmd;
	case TEST_PLUGIN_BOAST:
		*out_len = in_len + 1000;
		return TEEC_SUCCESS;
	case TEST_PLUGIN_END:
		_exit(0);
	case TEST_PLUGIN_HANG:
		for (;;)
			pause();
	case TEST_PLUGIN_WAIT:
		return in_len && !bytes[in_len - 1] ? wait_for(data) : TEEC_ERROR_BAD_PARAMETERS;
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

__attribute__((visibility("default"))) const struct plugin_method plugin_method = {
	.name = "test",
	.uuid = TEST_PLUGIN_UUID,
	.invoke = invoke,
};
