// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tests/system/library_ta.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <tee_internal_api.h>

#define NAME "6a1e2c60-93d1-4b0c-9f3e-5b1c228a77%02x%s"

__attribute__((visibility("default"))) unsigned int library_seen;

static unsigned int call(void *symbol)
{
	unsigned int (*f)(void);

	memcpy(&f, &symbol, sizeof(f));
	return f ? f() : 0;
}

static void *open_octet(uint32_t octet, const char *suffix)
{
	char name[64];

	snprintf(name, sizeof(name), NAME, octet, suffix);
	return dlopen(name, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
}

static uint32_t open_and_call(uint32_t octet)
{
	void *handle = open_octet(octet, ".ta");
	uint32_t value = handle ? call(dlsym(handle, "library_own")) : 0;

	if (handle)
		dlclose(handle);
	return value;
}

static TEE_Result names(void)
{
	void *late, *all;

	dlerror();
	late = open_octet(LIBRARY_LATE, "");
	all = dlopen(NULL, RTLD_NOW);
	if (!late || !all || dlerror())
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (open_octet(LIBRARY_LATE, ".ta") != late || dlclose(late) ||
	    call(dlsym(late, "library_own")) != LIBRARY_LATE ||
	    call(dlsym(all, "library_own")) != LIBRARY_LATE ||
	    call(dlsym(RTLD_DEFAULT, "library_own")) != LIBRARY_LATE ||
	    dlsym(all, "library_first") == NULL)
		return TEE_ERROR_BAD_STATE;
	return !dlsym(late, "library_nothing") && dlerror() && !dlerror() ? TEE_SUCCESS
									  : TEE_ERROR_GENERIC;
}

static TEE_Result others(void)
{
	static const char *const no_names[] = {
		"",
		"libc.so.6",
		"/etc/passwd",
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a776",
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a7763.so",
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a776x",
		"/6a1e2c60-93d1-4b0c-9f3e-5b1c228a7763",
	};
	unsigned int i;

	for (i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++)
		if (dlopen(no_names[i], RTLD_NOW) || !dlerror())
			return TEE_ERROR_GENERIC;
	return TEE_SUCCESS;
}

/* The first place is FIRST's; the last one is still empty. */
static TEE_Result write_places(void)
{
	int fd;

	for (fd = 8; fd < 16; fd += 7)
		if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
			return TEE_SUCCESS;
	return TEE_ERROR_ACCESS_DENIED;
}

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)types;
	(void)params;
	(void)context;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	(void)context;
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, 0, 0, 0))
		return TEE_ERROR_BAD_PARAMETERS;
	switch (cmd) {
	case LIBRARY_VALUES:
		params[0].value.a = library_first();
		params[0].value.b = library_tls++;
		return TEE_SUCCESS;
	case LIBRARY_OPEN:
		params[0].value.a = open_and_call(params[0].value.a);
		return TEE_SUCCESS;
	case LIBRARY_SEEN:
		params[0].value.a = library_seen;
		return TEE_SUCCESS;
	case LIBRARY_NAMES:
		return names();
	case LIBRARY_OTHERS:
		return others();
	case LIBRARY_WRITE:
		return write_places();
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
