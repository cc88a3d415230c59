// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The property gpd.tee.deviceID: the secure world's to know. */
#include <string.h>

#include "lib/uuid.h"
#include "ta/runtime.h"
#include "ta/syscall.h"
#include "wire/property.h"

TEE_Result ta_device_id(TEE_UUID *id)
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { 0 };
	TEE_Result res = ta_syscall(PROPERTY_DEVICE_ID, arg);
	uint8_t octets[UUID_OCTETS];

	if (res != TEE_SUCCESS)
		return res;
	memcpy(octets, arg, sizeof(octets));
	uuid_from_octets(octets, &id->timeLow, &id->timeMid, &id->timeHiAndVersion,
			 id->clockSeqAndNode);
	return TEE_SUCCESS;
}
