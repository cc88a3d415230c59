// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The check of a TA's image as the supplicant sent it. */
#include "fuzz/target.h"
#include "tee/ta/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
					  0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };
	struct ta_head head;

	if (!elf_check_ta(data, size, uuid, &head) && head.depr_entry != UINT64_MAX)
		__builtin_trap();
	return 0;
}
