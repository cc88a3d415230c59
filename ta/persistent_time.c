// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The persistent time of a TA (7.2.3, 7.2.4): what it set, and the normal world's time when it did, in an
 * object of its own storage that its enumerators don't show.
 */
#include "ta/persistent_time.h"

#include <string.h>

#include "ta/runtime.h"

static const char object_id[] = "\0teelink.persistent-time";
#define ID_SIZE (sizeof(object_id) - 1)

struct kept_time {
	uint32_t set_seconds, set_millis;
	uint32_t ree_seconds, ree_millis;
};

bool ta_persistent_time_is(const void *id, size_t len)
{
	return len == ID_SIZE && !memcmp(id, object_id, ID_SIZE);
}

/* Return: TEE_SUCCESS, or an error of TEE_GetTAPersistentTime. */
static TEE_Result read_kept(struct kept_time *kept)
{
	TEE_ObjectHandle obj;
	size_t got = 0;
	TEE_Result res;

	res = TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, object_id, ID_SIZE,
				       TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ, &obj);
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		return TEE_ERROR_TIME_NOT_SET;
	if (res == TEE_ERROR_CORRUPT_OBJECT)
		return TEE_ERROR_TIME_NEEDS_RESET;
	if (res != TEE_SUCCESS)
		return res;
	res = TEE_ReadObjectData(obj, kept, sizeof(*kept), &got);
	TEE_CloseObject(obj);
	return res == TEE_SUCCESS && got == sizeof(*kept) ? TEE_SUCCESS
							  : TEE_ERROR_TIME_NEEDS_RESET;
}

TEE_Result TEE_GetTAPersistentTime(TEE_Time *time)
{
	struct kept_time kept;
	uint64_t now, ago, set;
	TEE_Time ree;
	TEE_Result res;

	if (!time)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the time");
	memset(time, 0, sizeof(*time));
	res = read_kept(&kept);
	if (res != TEE_SUCCESS)
		return res;
	TEE_GetREETime(&ree);
	now = (uint64_t)ree.seconds * 1000 + ree.millis;
	ago = (uint64_t)kept.ree_seconds * 1000 + kept.ree_millis;
	/* Somebody turned the clock back: how much time went by can't be known. */
	if (now < ago || kept.set_millis >= 1000)
		return TEE_ERROR_TIME_NEEDS_RESET;
	set = (uint64_t)kept.set_seconds * 1000 + kept.set_millis + (now - ago);
	time->seconds = (uint32_t)(set / 1000);
	time->millis = (uint32_t)(set % 1000);
	return set / 1000 > UINT32_MAX ? TEE_ERROR_OVERFLOW : TEE_SUCCESS;
}

TEE_Result TEE_SetTAPersistentTime(const TEE_Time *time)
{
	struct kept_time kept;
	TEE_Time ree;

	if (!time || time->millis >= 1000)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not a time");
	TEE_GetREETime(&ree);
	kept.set_seconds = time->seconds;
	kept.set_millis = time->millis;
	kept.ree_seconds = ree.seconds;
	kept.ree_millis = ree.millis;
	return TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, object_id, ID_SIZE,
					  TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_OVERWRITE,
					  TEE_HANDLE_NULL, &kept, sizeof(kept), NULL);
}
