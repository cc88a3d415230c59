// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The check of a TA's image, or a library's, as the supplicant sent it, and who it names. */
#include "fuzz/target.h"
#include "lib/elf_names.h"
#include "tee/ta/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
					  0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };
	struct elf_names names;
	struct ta_head head;
	uint8_t named[UUID_OCTETS];
	uint64_t at;

	if (!elf_check_ta(data, size, uuid, &head) && head.depr_entry != UINT64_MAX)
		__builtin_trap();
	elf_check_library(data, size, uuid);
	elf_takes_libraries(data, size);
	if (elf_names_begin(&names, data, size))
		return 0;
	while (elf_names_next(&names, DT_NEEDED, named, &at))
		if (at > size || size - at < UUID_TEXT_SIZE)
			__builtin_trap();
	return 0;
}
