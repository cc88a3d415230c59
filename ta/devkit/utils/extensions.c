// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

#define PAGE 4096u

static TEE_Result check_range(char *buf, size_t len)
{
	return TEE_CheckMemoryAccessRights(TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_ANY_OWNER, buf,
					   len);
}

TEE_Result TEE_CacheClean(char *buf, size_t len)
{
	return check_range(buf, len);
}

TEE_Result TEE_CacheFlush(char *buf, size_t len)
{
	return check_range(buf, len);
}

TEE_Result TEE_CacheInvalidate(char *buf, size_t len)
{
	return check_range(buf, len);
}

void *tee_map_zi(size_t len, uint32_t flags)
{
	size_t size;
	void *p;

	if (flags & ~(uint32_t)TEE_MEMORY_ACCESS_ANY_OWNER ||
	    __builtin_add_overflow(len, PAGE - 1, &size))
		return NULL;
	size &= ~(size_t)(PAGE - 1);
	p = aligned_alloc(PAGE, size);
	return p ? memset(p, 0, size) : NULL;
}

TEE_Result tee_unmap(void *buf, size_t len)
{
	(void)len;
	if ((uintptr_t)buf % PAGE)
		return TEE_ERROR_BAD_PARAMETERS;
	free(buf);
	return TEE_SUCCESS;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	       isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 :
					    -1;
}

TEE_Result tee_uuid_from_str(TEE_UUID *uuid, const char *s)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	uint8_t o[16] = { 0 };
	size_t i, n = 0;

	if (!s || strlen(s) != sizeof(shape) - 1)
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; shape[i]; i++) {
		if (shape[i] == '-' ? s[i] != '-' : digit(s[i]) < 0)
			return TEE_ERROR_BAD_PARAMETERS;
		if (shape[i] == '-')
			continue;
		o[n / 2] = (uint8_t)(o[n / 2] << 4 | digit(s[i]));
		n++;
	}
	uuid->timeLow = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
	uuid->timeMid = (uint16_t)(o[4] << 8 | o[5]);
	uuid->timeHiAndVersion = (uint16_t)(o[6] << 8 | o[7]);
	memcpy(uuid->clockSeqAndNode, o + 8, sizeof(uuid->clockSeqAndNode));
	return TEE_SUCCESS;
}
