/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TA that signs what OP-TEE runs.
 * Machines don't have it: who opens a session is told TEE_ERROR_ITEM_NOT_FOUND. The values are
 * OP-TEE's, for programs that ask.
 * Thread rule: none, constants and layouts only.
 * Ownership rule: none.
 */
#ifndef PTA_ATTESTATION_H
#define PTA_ATTESTATION_H

#define PTA_ATTESTATION_UUID                                                                       \
	{ 0x39800861, 0x182a, 0x4720, { 0x9b, 0x67, 0x2b, 0xcd, 0x62, 0x2b, 0xc0, 0xb5 } }

/* [out] memrefs: public exponent and modulus, highest byte first; [out] value: algorithm */
#define PTA_ATTESTATION_GET_PUBKEY 0x0
/* [in] memrefs: UUID of an image, nonce; [out] memref: its header's digest, signature */
#define PTA_ATTESTATION_GET_TA_SHDR_DIGEST 0x1
/* [in] memref: nonce; [out] memref: digest of the calling TA's code and constants, signature */
#define PTA_ATTESTATION_HASH_TA_MEMORY 0x2
/* The same of the core's. */
#define PTA_ATTESTATION_HASH_TEE_MEMORY 0x3

#endif
