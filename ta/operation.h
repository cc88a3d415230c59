/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a TEE_OperationHandle points to (TEE Internal Core API 6.2): an algorithm, its keys, and the
 * state that the class of the algorithm keeps.
 * Thread rule: an instance's operations belong to its one thread; algorithms are constant.
 * Ownership rule: an operation owns copies of its keys and its class's state.
 */
#ifndef TEELINK_TA_OPERATION_H
#define TEELINK_TA_OPERATION_H

#include <openssl/types.h>
#include <tee_internal_api.h>

#include "lib/list.h"
#include "ta/object.h"

enum ta_family { TA_NO_CIPHER, TA_AES, TA_DES, TA_SM4 };

/* What an algorithm does within its class. */
enum ta_kind {
	TA_KIND_DIGEST,
	TA_CIPHER_ECB,
	TA_CIPHER_CBC,
	TA_CIPHER_CTR,
	TA_CIPHER_CTS,
	TA_CIPHER_XTS,
	TA_CIPHER_ECB_PKCS5,
	TA_CIPHER_CBC_PKCS5,
	TA_MAC_HMAC,
	TA_MAC_CMAC,
	TA_MAC_CBC,
	TA_MAC_CBC_PKCS5,
	TA_AE_GCM,
	TA_AE_CCM,
	TA_RSA_RAW,
	TA_RSA_PKCS1, /* encryption or signature */
	TA_RSA_OAEP,
	TA_RSA_PSS,
	TA_SIGN_PAIR, /* DSA, ECDSA, SM2: two numbers */
	TA_SIGN_EDDSA,
	TA_SM2_PKE,
	TA_DERIVE_DH,
	TA_DERIVE_ECDH,
	TA_DERIVE_RAW, /* X25519, X448 */
	TA_DERIVE_SM2_KEP,
	TA_DERIVE_HKDF_GP,
	TA_DERIVE_HKDF,
	TA_DERIVE_CONCAT,
	TA_DERIVE_PBKDF2,
};

struct ta_alg {
	uint32_t id; /* TEE_ALG_* */
	uint8_t op_class; /* TEE_OPERATION_* */
	uint8_t kind; /* enum ta_kind */
	uint8_t family; /* enum ta_family */
	uint8_t hash_len; /* bytes; 0: none */
	uint32_t key_type; /* of a secret or a pair; 0: no key */
	const char *hash; /* libcrypto's name, or NULL */
	uint16_t bits; /* the only size of key; 0: any of the type's */
};

/* A class of operations. Keys are checked and copied before @set_key sees them. */
struct ta_class_ops {
	/* Makes op->state_of_class. Return: TEE_SUCCESS, or an error of TEE_AllocateOperation. */
	TEE_Result (*create)(TEE_OperationHandle op);
	void (*destroy)(TEE_OperationHandle op);
	/* NULL: nothing to do. op->key[0] is NULL when the key is taken away. */
	TEE_Result (*set_key)(TEE_OperationHandle op);
	/* NULL: there are no states. */
	void (*reset)(TEE_OperationHandle op);
	/* Copies what the class keeps; same algorithm, mode and keys. False: out of memory. */
	bool (*copy)(TEE_OperationHandle dst, TEE_OperationHandle src);
};

struct __TEE_OperationHandle {
	struct list link;
	TEE_OperationInfo info;
	uint32_t state; /* TEE_OPERATION_STATE_* */
	const struct ta_alg *alg;
	const struct ta_class_ops *ops;
	TEE_ObjectHandle key[2];
	void *own; /* the class's */
};

extern const struct ta_class_ops ta_digest_class, ta_cipher_class, ta_mac_class, ta_ae_class,
	ta_asym_class, ta_derive_class;

/* algorithm.c */
/* NULL: not known. */
const struct ta_alg *ta_alg_find(uint32_t id);
const struct ta_alg *ta_alg_at(size_t i); /* NULL behind the last */
/* True: this build of libcrypto has what the algorithm needs. */
bool ta_alg_available(const struct ta_alg *alg);
/* libcrypto's name of the hash of a TEE_ALG_<hash>; NULL: none. */
const char *ta_hash_name(uint32_t alg_id);

/* operation.c */
/* A handle as the TA gave it: panics unless it is one of the instance's, of this class. */
TEE_OperationHandle ta_op_get(TEE_OperationHandle handle, uint32_t op_class, const char *func);
/* The same, started by its init function: panics otherwise. */
TEE_OperationHandle ta_op_get_active(TEE_OperationHandle handle, uint32_t op_class,
				     const char *func);
/* Begins: panics without key; what was begun before is forgotten. */
void ta_op_start(TEE_OperationHandle op, const char *func);
/* Is done: initial again. */
void ta_op_finish(TEE_OperationHandle op);
/* @room bytes are needed at *@len. False: *@len is less, it says now what is needed. */
bool ta_op_room(size_t *len, size_t room);
/* Panics with libcrypto's reason when a step that can't fail fails. */
void ta_op_check(bool ok, const char *func);

/* block.c */
/* Bytes of a block. */
size_t ta_block_size(enum ta_family family);
/**
 * ta_block_create() - a block cipher with its key
 * @mode: libcrypto's name, "ECB", "CBC", "CTR" or "GCM"
 *
 * Padding is off. Return: the cipher, NULL when libcrypto doesn't have it or memory is out.
 */
EVP_CIPHER_CTX *ta_block_create(enum ta_family family, TEE_ObjectHandle key, const char *mode,
				bool encrypt);
/* Whole blocks, or any length with CTR and GCM; @out NULL: nobody wants the result. */
bool ta_block_run(EVP_CIPHER_CTX *ctx, const uint8_t *in, uint8_t *out, size_t len);
/* @src, or a copy of it if writing @dst would change it: then *@copy is for ta_copy_free. */
const uint8_t *ta_src_apart(const uint8_t *src, size_t len, const void *dst, size_t dst_len,
			    uint8_t **copy);
void ta_copy_free(uint8_t *copy, size_t len);

#endif
