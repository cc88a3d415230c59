/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the benchmark and its trusted application agree on. The TA is a single instance with many
 * sessions: a session beside an open one starts no process.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef TEELINK_BENCH_TA_H
#define TEELINK_BENCH_TA_H

/* 2f5a7c1e-6d0b-4c83-8e19-3ab0c4d71f52, an initialiser for TEEC_UUID and TEE_UUID alike. */
#define BENCH_TA_UUID                                                                              \
	{                                                                                          \
		0x2f5a7c1e, 0x6d0b, 0x4c83,                                                        \
		{                                                                                  \
			0x8e, 0x19, 0x3a, 0xb0, 0xc4, 0xd7, 0x1f, 0x52                             \
		}                                                                                  \
	}

/* No parameters: comes straight back. */
#define BENCH_CMD_NOP 0u
/* params[0] MEMREF_INPUT, params[1] VALUE_OUTPUT: a, b become the XOR of the buffer's words. */
#define BENCH_CMD_TOUCH 1u
/* params[0] MEMREF_INPUT: its first byte is read. */
#define BENCH_CMD_ONCE 2u
/*
 * params[0] MEMREF_INPUT: written over the first bytes of the TA's one persistent object, which
 * the first call makes and each call leaves open.
 */
#define BENCH_CMD_STORE 5u

/* params[0] VALUE_INPUT: a pieces of BENCH_CRYPTO_SIZE bytes are encrypted, or digested. */
#define BENCH_CMD_AES_GCM 16u
#define BENCH_CMD_SHA256 17u
#define BENCH_CRYPTO_SIZE (16u << 10)

#endif
