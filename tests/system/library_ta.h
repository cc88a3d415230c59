/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application with shared libraries, and what its tests ask of it. Names are UUIDs whose last
 * octet says which: LIBRARY_TA needs FIRST, which needs SECOND, which needs FIRST; LATE is there to be
 * opened, so are those from MANY on; nobody has made NONE, which LIBRARY_LACKING_TA needs.
 * Thread rule: the instance's thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_SYSTEM_LIBRARY_TA_H
#define TEELINK_TESTS_SYSTEM_LIBRARY_TA_H

#define LIBRARY_UUID_OF(octet)                                                                     \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, octet                            \
		}                                                                                  \
	}
#define LIBRARY_TA 0x60
#define LIBRARY_FIRST 0x61
#define LIBRARY_SECOND 0x62
#define LIBRARY_LATE 0x63
#define LIBRARY_LACKING_TA 0x64
#define LIBRARY_NONE 0x65
#define LIBRARY_MANY 0x68
#define LIBRARY_NUM_MANY 7

enum library_cmd {
	LIBRARY_VALUES, /* out a: FIRST's variable, then one more; b: the one that each thread has */
	LIBRARY_OPEN, /* in a: octet; out a: library_own of the library of this name, 0: refused */
	LIBRARY_SEEN, /* out a: the marks that constructors left */
	LIBRARY_NAMES, /* 0: dlsym and dlerror are what they should be */
	LIBRARY_OTHERS, /* 0: what is no library's name is refused */
	LIBRARY_WRITE, /* tries to write into a library's place: 0: it could */
};

/* The TA's own, which libraries change: each constructor sets the bit of its octet's last digit. */
extern unsigned int library_seen;

unsigned int library_first(void);
unsigned int library_second(void);
extern __thread unsigned int library_tls;
unsigned int library_own(void); /* of those that are opened: the octet */

#endif
