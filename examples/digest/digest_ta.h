/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the digest program and its trusted application agree on: INIT, any number of UPDATEs, FINAL.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 *
 * The TA takes many sessions; each has one digest of its own. Every command answers
 * TEE_ERROR_BAD_PARAMETERS when the parameter types aren't exactly the ones named here (unnamed
 * parameters are NONE) and TEE_ERROR_NOT_SUPPORTED when the command isn't known. OpenSession takes
 * no parameters. UPDATE and FINAL without a digest under way answer TEE_ERROR_BAD_STATE.
 */
#ifndef TEELINK_EXAMPLES_DIGEST_TA_H
#define TEELINK_EXAMPLES_DIGEST_TA_H

/* 70f8cf9b-318e-42ad-9a43-22167f5d5109, an initialiser for TEEC_UUID and TEE_UUID alike. */
#define DIGEST_TA_UUID                                                                             \
	{                                                                                          \
		0x70f8cf9b, 0x318e, 0x42ad,                                                        \
		{                                                                                  \
			0x9a, 0x43, 0x22, 0x16, 0x7f, 0x5d, 0x51, 0x09                             \
		}                                                                                  \
	}

/* In params[0].value.a of INIT. */
enum digest_alg {
	DIGEST_MD5 = 1,    /* 16 bytes */
	DIGEST_SHA1 = 2,   /* 20 bytes */
	DIGEST_SHA224 = 3, /* 28 bytes */
	DIGEST_SHA256 = 4, /* 32 bytes */
	DIGEST_SHA384 = 5, /* 48 bytes */
	DIGEST_SHA512 = 6, /* 64 bytes */
};

#define DIGEST_MAX_SIZE 64u

/*
 * params[0] VALUE_INPUT: a = enum digest_alg, b = 0. Starts a digest; one that is under way is
 * dropped. TEE_ERROR_NOT_SUPPORTED: no such algorithm (then none is under way).
 */
#define DIGEST_CMD_INIT 0u
/* params[0] MEMREF_INPUT: the next bytes, any number of them, none included. */
#define DIGEST_CMD_UPDATE 1u
/*
 * params[0] MEMREF_OUTPUT: receives the digest, size becomes its length, and the digest is over.
 * TEE_ERROR_SHORT_BUFFER: size becomes the length that is needed and the digest stays under way.
 */
#define DIGEST_CMD_FINAL 2u

#endif
