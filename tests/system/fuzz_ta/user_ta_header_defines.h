/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#define TA_UUID                                                                                    \
	{                                                                                          \
		0x0e1f5a3c, 0x6d0b, 0x4c1e,                                                        \
		{                                                                                  \
			0x9c, 0x51, 0x2b, 0x1d, 0x8a, 0x7b, 0xe3, 0xf4                             \
		}                                                                                  \
	}
#define TA_FLAGS 0
#define TA_STACK_SIZE (64 * 1024)
#define TA_DATA_SIZE (64 * 1024)

#endif
