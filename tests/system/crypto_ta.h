/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A TA that uses the cryptographic API where it will be used: in a confined process.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_CRYPTO_TA_H
#define TEELINK_TESTS_CRYPTO_TA_H

#define CRYPTO_TA_UUID                                                                             \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x40                             \
		}                                                                                  \
	}

/* Each answers TEE_SUCCESS when what it did came out right. */
enum crypto_cmd {
	CRYPTO_SYMMETRIC,
	CRYPTO_RSA,
	CRYPTO_CURVES,
	CRYPTO_NUMBERS,
	CRYPTO_NUM_CMDS,
	CRYPTO_MISUSE = CRYPTO_NUM_CMDS, /* panics */
	CRYPTO_TIME_UNSET,		 /* there is no persistent time */
	CRYPTO_TIME_SET,
	CRYPTO_TIME_RUNS, /* it is what was set, or later */
};

#endif
