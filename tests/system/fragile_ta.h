/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application that panics where it is told to, and one that looks for what others left.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 *
 * Images of one source: FRAGILE (single instance, multi session), FRAGILE_BORN (the same, panics when it
 * is created), FRAGILE_KEPT (kept alive, and kept when it crashed), FRAGILE_OWN (an instance per session),
 * FRAGILE_LONELY (single instance, single session) and FRAGILE_ALIVE (single instance, multi session, kept alive).
 *
 * OpenSession: no parameters, or params[0] VALUE_INPUT a = FRAGILE_PANIC_IN_OPEN.
 */
#ifndef TEELINK_TESTS_SYSTEM_FRAGILE_TA_H
#define TEELINK_TESTS_SYSTEM_FRAGILE_TA_H

#define FRAGILE_UUID_OF(octet)                                                                     \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, octet                            \
		}                                                                                  \
	}
#define FRAGILE_TA_UUID FRAGILE_UUID_OF(0x30)
#define FRAGILE_BORN_TA_UUID FRAGILE_UUID_OF(0x31)
#define FRAGILE_KEPT_TA_UUID FRAGILE_UUID_OF(0x32)
#define FRAGILE_OWN_TA_UUID FRAGILE_UUID_OF(0x33)
#define FRAGILE_LONELY_TA_UUID FRAGILE_UUID_OF(0x34)
#define FRAGILE_ALIVE_TA_UUID FRAGILE_UUID_OF(0x35)

#define FRAGILE_CODE 0x00c0ffee /* of every panic */

enum fragile_cmd {
	FRAGILE_NOP = 0,
	FRAGILE_PANIC = 1,
	FRAGILE_PANIC_IN_OPEN = 2, /* the next one */
	FRAGILE_PANIC_IN_CLOSE = 3,
	FRAGILE_PANIC_IN_DESTROY = 4,
	/*
	 * VALUE_IN a, b: halves of a word that is written all over the heap, the stack, variables and shared
	 * areas, each half inverted here so that it stands nowhere else.
	 */
	FRAGILE_KEEP_SECRET = 5,
	FRAGILE_FIND_SECRET = 6, /* VALUE_IN a, b as above, VALUE_OUT a = where it was found, 0 nowhere */
};

#endif
