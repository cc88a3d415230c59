// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <kit.h>
#include <kit_ta.h>
#include <printk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string_ext.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>
#include <util.h>

#ifndef ONLY_ENTRY
#error "a flag of this source is missing"
#endif

static __thread uint32_t tls = 11;

/* libcrypto has one of this name: this TA means its own. */
int SHA256_Init(void *ctx);
int SHA256_Init(void *ctx __unused)
{
	return 33;
}

TEE_Result TA_CreateEntryPoint(void)
{
	DMSG("made of %d parts", 4);
	tls++;
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t param_types, TEE_Param __maybe_unused params[4],
				    void __maybe_unused **ctx)
{
	return param_types ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void __maybe_unused *ctx)
{
}

static uint32_t answer_property(void)
{
	uint32_t v = 0;

	return TEE_GetPropertyAsU32(TEE_PROPSET_CURRENT_TA, "kit.answer", &v) ? 0 : v;
}

static uint32_t uuid_from_text(void)
{
	TEE_UUID uuid;

	if (!tee_uuid_from_str(&uuid, "6a1e2c60-93d1-4b0c-9f3e-5b1c228a772"))
		return 0;
	return tee_uuid_from_str(&uuid, "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7720") ?
		       0 :
		       uuid.clockSeqAndNode[7];
}

/* 1.1's uint32_t sizes. */
static uint32_t name_size(void)
{
	char name[64];
	uint32_t len = sizeof(name);
	TEE_Result res = TEE_GetPropertyAsString(TEE_PROPSET_CURRENT_TA, "kit.name", name, &len);

	return res == TEE_SUCCESS && !strcmp(name, "a test of the dev kit") ? len : 0;
}

static uint32_t strings(void)
{
	char text[8];
	size_t wanted = strlcpy(text, "four", sizeof(text)) + strlcat(text, "teen", sizeof(text));

	return wanted == 12 && !strcmp(text, "fourtee") && consttime_memcmp(text, "fourtee", 8) == 0 &&
			       snprintk(text, sizeof(text), "%d", 12) == 2 ?
		       12 :
		       0;
}

static TEE_Result fact(uint32_t which, uint32_t *v)
{
	const uint32_t facts[] = {
		deep(),		(uint32_t)made(), (uint32_t)kit_twice(21),
		tls,		(uint32_t)SHA256_Init(NULL), (uint32_t)shapes_caught(77),
		(uint32_t)shapes_constructed(), answer_property(), uuid_from_text(),
		name_size(),	strings(),
	};

	if (which >= ARRAY_SIZE(facts) + KIT_NUM_LIBRARY_FACTS)
		return TEE_ERROR_ITEM_NOT_FOUND;
	*v = which < ARRAY_SIZE(facts) ? facts[which] : libraries_fact(which - ARRAY_SIZE(facts));
	return TEE_SUCCESS;
}

/* For valgrind to find: a byte behind what was allocated. */
static uint32_t __noinline overrun(size_t size)
{
	volatile uint8_t *p = malloc(size);
	uint32_t v = p ? p[size] : 0;

	free((void *)(uintptr_t)p);
	return v & 0;
}

static TEE_Result text(TEE_Param *p)
{
	static const char said[] = "from a trusted application";

	if (p->memref.size < sizeof(said)) {
		p->memref.size = sizeof(said);
		return TEE_ERROR_SHORT_BUFFER;
	}
	memcpy(p->memref.buffer, said, sizeof(said));
	p->memref.size = sizeof(said);
	printf("said: %s\n", said);
	return overrun(sizeof(said)) ? TEE_ERROR_GENERIC : TEE_SUCCESS;
}

TEE_Result TA_InvokeCommandEntryPoint(void __maybe_unused *ctx, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	switch (cmd) {
	case KIT_CMD_FACT:
		if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, 0, 0, 0))
			return TEE_ERROR_BAD_PARAMETERS;
		return fact(params[0].value.a, &params[0].value.a);
	case KIT_CMD_TEXT:
		if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0, 0))
			return TEE_ERROR_BAD_PARAMETERS;
		return text(&params[0]);
	case KIT_CMD_PANIC:
		TEE_Panic(0x1234);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
