/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdlib.h>

#include <tee_internal_api.h>

#include "ta/syscall.h"
#include "tests/system/fragile_ta.h"

#define HEAP_BLOCKS 16u
#define HEAP_SIZE (32u << 10)
#define STACK_SIZE (16u << 10)
#define AREA_SIZE (1u << 20)

#ifdef FRAGILE_BORN
static const bool panics_at_birth = true;
#else
static const bool panics_at_birth = false;
#endif

static uint32_t panics_next; /* enum fragile_cmd */
static uint64_t variable[64];

static void panic_if(uint32_t cmd)
{
	if (panics_next == cmd)
		TEE_Panic(FRAGILE_CODE);
}

TEE_Result TA_CreateEntryPoint(void)
{
	if (panics_at_birth)
		TEE_Panic(FRAGILE_CODE);
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	panic_if(FRAGILE_PANIC_IN_DESTROY);
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)context;
	if (TEE_PARAM_TYPE_GET(types, 0) == TEE_PARAM_TYPE_VALUE_INPUT)
		panics_next = params[0].value.a;
	panic_if(FRAGILE_PANIC_IN_OPEN);
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
	panic_if(FRAGILE_PANIC_IN_CLOSE);
}

static void fill(volatile uint64_t *p, size_t size, uint64_t word)
{
	size_t i;

	for (i = 0; i < size / sizeof(*p); i++)
		p[i] = word;
}

/*
 * Is the word with all its bits inverted @inverted? Whoever looks for it must not have it himself, not
 * even in a register that goes to the stack: what inverts is read anew each time.
 */
static volatile uint64_t all_ones = UINT64_MAX;

static bool holds(const volatile uint64_t *p, size_t size, uint64_t inverted)
{
	size_t i;

	for (i = 0; i < size / sizeof(*p); i++)
		if ((p[i] ^ all_ones) == inverted)
			return true;
	return false;
}

static __attribute__((noinline)) void fill_stack(uint64_t word)
{
	volatile uint64_t deep[STACK_SIZE / sizeof(uint64_t)];

	fill(deep, sizeof(deep), word);
}

static __attribute__((noinline)) bool stack_holds(uint64_t inverted)
{
	volatile uint64_t deep[STACK_SIZE / sizeof(uint64_t)];

	/* What lies there before anything is written is just what this is about: nothing is written here. */
	__asm__ volatile("" : "=m"(deep));
	return holds(deep, sizeof(deep), inverted);
}

static uint64_t *shared_area(unsigned int nr)
{
	return (uint64_t *)(void *)(ta_syscall_area() - (nr ? 0 : TA_AREA_SIZE));
}

static void keep(uint64_t word)
{
	uint64_t *heap;
	unsigned int i;

	for (i = 0; i < HEAP_BLOCKS; i++) {
		heap = TEE_Malloc(HEAP_SIZE, TEE_MALLOC_NO_FILL);
		if (!heap)
			TEE_Panic(FRAGILE_CODE);
		fill(heap, HEAP_SIZE, word);
	}
	fill_stack(word);
	fill(variable, sizeof(variable), word);
	fill(shared_area(0), AREA_SIZE, word);
	fill(shared_area(1), AREA_SIZE, word);
}

/* The C library's, which doesn't clear it. */
static bool heap_holds(uint64_t inverted)
{
	uint64_t *heap[HEAP_BLOCKS];
	bool found = false;
	unsigned int i;

	for (i = 0; i < HEAP_BLOCKS; i++) {
		heap[i] = malloc(HEAP_SIZE);
		if (!heap[i])
			TEE_Panic(FRAGILE_CODE);
		found |= holds(heap[i], HEAP_SIZE, inverted);
	}
	for (i = 0; i < HEAP_BLOCKS; i++)
		free(heap[i]);
	return found;
}

static uint32_t find(uint64_t inverted)
{
	if (heap_holds(inverted))
		return 1;
	if (stack_holds(inverted))
		return 2;
	if (holds(variable, sizeof(variable), inverted))
		return 3;
	if (holds(shared_area(0), AREA_SIZE, inverted) ||
	    holds(shared_area(1), AREA_SIZE, inverted))
		return 4;
	return 0;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	uint64_t inverted = (uint64_t)params[0].value.a << 32 | params[0].value.b;

	(void)context;
	(void)types;
	switch (cmd) {
	case FRAGILE_NOP:
		return TEE_SUCCESS;
	case FRAGILE_PANIC:
		TEE_Panic(FRAGILE_CODE);
		return TEE_SUCCESS;
	case FRAGILE_PANIC_IN_OPEN:
	case FRAGILE_PANIC_IN_CLOSE:
	case FRAGILE_PANIC_IN_DESTROY:
		panics_next = cmd;
		return TEE_SUCCESS;
	case FRAGILE_KEEP_SECRET:
		keep(inverted ^ all_ones);
		return TEE_SUCCESS;
	case FRAGILE_FIND_SECRET:
		params[1].value.a = find(inverted);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
