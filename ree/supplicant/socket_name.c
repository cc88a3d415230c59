// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <string.h>

#include "ree/supplicant/sockets.h"

bool sockets_take_name(const uint8_t *shm_name, size_t len, char name[SOCKETS_NAME_SIZE])
{
	if (!shm_name || !len || len > SOCKETS_NAME_SIZE)
		return false;
	memcpy(name, shm_name, len);
	return !name[len - 1] && name[0];
}
