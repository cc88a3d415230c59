/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application that talks to others, as its client says.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 *
 * Images of one source: RELAY (an instance per session), RELAY_A and RELAY_B (single instance, multi
 * session) and RELAY_EAGER (has a session with probe from its creation to its end).
 */
#ifndef TEELINK_TESTS_SYSTEM_RELAY_TA_H
#define TEELINK_TESTS_SYSTEM_RELAY_TA_H

#define RELAY_UUID_OF(octet)                                                                       \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, octet                            \
		}                                                                                  \
	}
#define RELAY_TA_UUID RELAY_UUID_OF(0x20)
#define RELAY_A_TA_UUID RELAY_UUID_OF(0x21)
#define RELAY_B_TA_UUID RELAY_UUID_OF(0x22)
#define RELAY_EAGER_TA_UUID RELAY_UUID_OF(0x23)

#define RELAY_NUM_SLOTS 8u
#define RELAY_UNMASK 0x80000000u /* cancellation is unmasked around the call */

/* A relay's result is what the other TA's call gave. */
enum relay_cmd {
	/*
	 * MEMREF_IN the UUID's 16 octets, VALUE_INOUT a = flags, b = time-out: a becomes the session's slot,
	 * b the origin; params[2] goes along.
	 */
	RELAY_OPEN = 0,
	/*
	 * VALUE_INOUT a = flags | command << 8 | slot, b = time-out: b becomes the origin; params[1..3] are
	 * the other's params[0..2].
	 */
	RELAY_INVOKE = 1,
	RELAY_CLOSE = 2,	 /* VALUE_IN a = slot */
	RELAY_WRONG_HANDLE = 3,	 /* VALUE_IN a = handle that is invoked */
	RELAY_WRONG_MEMORY = 4,	 /* MEMREF_IN, which is passed on as output; VALUE_IN a = slot */
	RELAY_WRONG_TYPES = 5,	 /* VALUE_IN a = slot: parameter types that there aren't */
	RELAY_EDGES = 6,	 /* VALUE_IN a = slot of probe: NULL, empty, too much */
};

#endif
