/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the system tests and their trusted applications agree on.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 *
 * probe does honest and clumsy things, in three images of one source: PROBE (an instance per session),
 * PROBE_SHARED (single instance, multi session, kept alive) and PROBE_LONELY (single instance, single
 * session). hostile does what a TA must not do, by command, and in a constructor: HOSTILE_CTOR tries
 * the misdeed HOSTILE_CTOR_MISDEED before any entry point.
 */
#ifndef TEELINK_TESTS_SYSTEM_PROBE_TA_H
#define TEELINK_TESTS_SYSTEM_PROBE_TA_H

#define PROBE_TA_UUID                                                                              \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01                             \
		}                                                                                  \
	}
#define PROBE_SHARED_TA_UUID                                                                       \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x02                             \
		}                                                                                  \
	}
#define PROBE_LONELY_TA_UUID                                                                       \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x03                             \
		}                                                                                  \
	}
#define HOSTILE_TA_UUID                                                                            \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x04                             \
		}                                                                                  \
	}
/* Constructor images: one per misdeed, the last octet is 0x80 + misdeed. */
#define HOSTILE_CTOR_TA_UUID(misdeed)                                                              \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x80 + (misdeed)                 \
		}                                                                                  \
	}

/*
 * OpenSession of probe: no parameters, or params[0] VALUE_INPUT a = result to return, b = what to do
 * before: 0 nothing, 1 panic, 2 crash, 3 TEE_Wait of one second, 5 TEE_Wait until it is cancelled.
 */
enum probe_cmd {
	PROBE_NOP = 0,    /* any parameters */
	PROBE_VALUES = 1, /* VALUE_IN (a, b), VALUE_OUT gets (b, a), VALUE_INOUT becomes (~a, b + 1) */
	/*
	 * params[0..2] memrefs or NONE, params[3] VALUE_OUT or NONE. Input bytes are summed up into
	 * params[3].a; output byte k becomes k * 7 + 3; inout bytes are XORed with 0x5a.
	 */
	PROBE_MEMORY = 2,
	/* MEMREF_OUT, VALUE_IN a = wanted size: filled as above, or its size set and SHORT_BUFFER */
	PROBE_WANT_SIZE = 3,
	PROBE_WRITE_INPUT = 4, /* MEMREF_IN: writes its first byte */
	PROBE_WAIT = 5,        /* VALUE_IN a = milliseconds: result of TEE_Wait */
	PROBE_SPIN = 6,        /* never returns */
	PROBE_PANIC = 7,       /* VALUE_IN a = panic code */
	PROBE_CRASH = 8,       /* writes through NULL */
	PROBE_RETURN = 9,      /* VALUE_IN a = result */
	PROBE_IDENTITY = 10,   /* MEMREF_OUT of 20 bytes: login u32, UUID octets */
	PROBE_COUNT = 11,      /* VALUE_OUT a = open sessions, b = invokes so far, of this instance */
	PROBE_MALLOC = 12,     /* VALUE_IN a = bytes: allocated, filled, checked, freed */
	PROBE_ADDRESS = 13,    /* memref, VALUE_OUT (a, b) = low and high half of the buffer's address */
	PROBE_READ_AT = 14,    /* VALUE_INOUT (a, b) = address: a becomes the byte there */
	PROBE_WAIT_MASKED = 15, /* VALUE_INOUT a = ms with cancellation masked: a becomes the flag */
	PROBE_LIE_SIZE = 16,   /* MEMREF_OUT: size set to twice the buffer's and more, SUCCESS */
	PROBE_TOUCH = 17,      /* memref: one byte of every page read */
	PROBE_TIME = 18,       /* VALUE_OUT a = seconds, b = milliseconds of TEE_GetSystemTime */
	/*
	 * MEMREF_INOUT or NONE, VALUE_INOUT a = number, b: the system call with arguments b, the memref's
	 * size, 2, 3 … 7 and the memref's bytes, which come back; a becomes the first result.
	 */
	PROBE_SYSCALL = 19,
	PROBE_WAIT_AND_FILL = 21, /* MEMREF_OUT, VALUE_IN a = milliseconds: waits unmasked, then fills */
};

/*
 * Refused by a limit of the process, which a build with a sanitizer doesn't have: there the tests leave
 * them out (TEELINK_TEST_NO_LIMITS in the environment).
 */
#define HOSTILE_NEEDS_LIMITS(misdeed)                                                              \
	((misdeed) == HOSTILE_READ_SPACE || (misdeed) == HOSTILE_PRIVATE)

/*
 * Commands of hostile. A misdeed that the TA survives answers TEE_SUCCESS when it went through (bad) and
 * TEE_ERROR_ACCESS_DENIED when it was refused.
 */
enum hostile_misdeed {
	HOSTILE_OPEN = 0,
	HOSTILE_OPENAT = 1,
	HOSTILE_PROC_MEM = 2, /* /proc/self/mem, for writing */
	HOSTILE_SOCKET = 3,
	HOSTILE_FORK = 4,
	HOSTILE_CLONE = 5,
	HOSTILE_EXECVE = 6,
	HOSTILE_PTRACE = 7,
	HOSTILE_KILL = 8, /* the parent */
	HOSTILE_MMAP_EXEC = 9,
	HOSTILE_MPROTECT_EXEC = 10,
	HOSTILE_MEMFD = 11,
	HOSTILE_IO_URING = 12,
	HOSTILE_PROCESS_VM = 13,
	HOSTILE_SENDMSG = 14, /* on every descriptor */
	HOSTILE_WRITE = 15,   /* on every descriptor but 0 to 2 */
	HOSTILE_USERFAULTFD = 16,
	HOSTILE_BPF = 17,
	HOSTILE_SHMGET = 18,
	HOSTILE_PRCTL = 19,
	HOSTILE_SHARED_ANON = 20, /* memory that no limit counts: shared, a growing stack, mremap's */
	HOSTILE_GROWSDOWN = 21,
	HOSTILE_MREMAP_STACK = 22,
	HOSTILE_HUGETLB = 23,
	HOSTILE_READ_SPACE = 24,  /* address space without end, for page tables without end */
	HOSTILE_HWPOISON = 25,
	HOSTILE_MERGEABLE = 26,
	HOSTILE_FUTEX_PI = 27,
	HOSTILE_PARENT_CLOCK = 28, /* how long process 1 has run */
	HOSTILE_IMAGE_WRITE = 29,  /* write to the code's mapping */
	HOSTILE_PRIVATE = 30,      /* more private memory than is allowed */
	HOSTILE_REPLACE_IMAGE = 31, /* close the image's descriptor, to get another one in its place */
	HOSTILE_ANON_EXEC = 32, /* executable memory that names the image's descriptor but isn't of it */
	HOSTILE_STAT = 33, /* of a path */
	HOSTILE_LIBRARY_EXEC = 34, /* code of a descriptor where others have a library */
	HOSTILE_NUM
};

#endif
