/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the hello program and its trusted application agree on.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 *
 * Every command answers TEE_ERROR_BAD_PARAMETERS when the parameter types aren't exactly the ones
 * named here (unnamed parameters are NONE) and TEE_ERROR_NOT_SUPPORTED when the command isn't known.
 * OpenSession takes no parameters.
 */
#ifndef TEELINK_EXAMPLES_HELLO_TA_H
#define TEELINK_EXAMPLES_HELLO_TA_H

/* baacae04-e558-465c-aa6f-0a1915fbcf43, an initialiser for TEEC_UUID and TEE_UUID alike. */
#define HELLO_TA_UUID                                                                              \
	{                                                                                          \
		0xbaacae04, 0xe558, 0x465c,                                                        \
		{                                                                                  \
			0xaa, 0x6f, 0x0a, 0x19, 0x15, 0xfb, 0xcf, 0x43                             \
		}                                                                                  \
	}

/* params[0] VALUE_INOUT: a becomes a + 1 (modulo 2^32), b is left alone. */
#define HELLO_CMD_INC 0u
/* params[0] VALUE_INOUT: a becomes a + b (modulo 2^32), b is left alone. */
#define HELLO_CMD_ADD 1u

#endif
