// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of class TEE_OPERATION_AE (6.6): GCM by libcrypto, CCM of ta/ccm.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ta/ccm.h"
#include "ta/operation.h"
#include "ta/runtime.h"

#define MAX_TAG 16u
#define STEP (1u << 30) /* libcrypto counts in int */

struct ae {
	EVP_CIPHER_CTX *gcm;
	size_t nonce_len; /* that gcm knows of; 0: none yet */
	struct ta_ccm ccm;
	bool payload; /* some came: no more of what is only authenticated */
	size_t tag_len;
	/* CCM gives whole blocks until the end: GP leaves it open, OP-TEE does it. */
	uint8_t held[TA_CCM_BLOCK];
	size_t num_held;
};

static void ae_clear(struct ae *a)
{
	EVP_CIPHER_CTX_free(a->gcm);
	ta_ccm_clear(&a->ccm);
	explicit_bzero(a, sizeof(*a));
}

static void ae_destroy(TEE_OperationHandle op)
{
	ae_clear(op->own);
	free(op->own);
}

static TEE_Result ae_create(TEE_OperationHandle op)
{
	op->own = calloc(1, sizeof(struct ae));
	return op->own ? TEE_SUCCESS : TEE_ERROR_OUT_OF_MEMORY;
}

static bool is_gcm(TEE_OperationHandle op)
{
	return op->alg->kind == TA_AE_GCM;
}

static bool is_encrypt(TEE_OperationHandle op)
{
	return op->info.mode == TEE_MODE_ENCRYPT;
}

static TEE_Result ae_set_key(TEE_OperationHandle op)
{
	struct ae *a = op->own;

	ae_clear(a);
	if (!op->key[0])
		return TEE_SUCCESS;
	if (!is_gcm(op))
		return ta_ccm_set_key(&a->ccm, op->key[0]) ? TEE_SUCCESS : TEE_ERROR_GENERIC;
	a->gcm = ta_block_create(TA_AES, op->key[0], "GCM", is_encrypt(op));
	return a->gcm ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

static void ae_reset(TEE_OperationHandle op)
{
	struct ae *a = op->own;

	a->payload = false;
	a->tag_len = 0;
	explicit_bzero(a->held, sizeof(a->held));
	a->num_held = 0;
}

static bool ae_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	struct ae *to = dst->own;
	const struct ae *from = src->own;

	to->payload = from->payload;
	to->tag_len = from->tag_len;
	to->nonce_len = from->nonce_len;
	memcpy(to->held, from->held, sizeof(to->held));
	to->num_held = from->num_held;
	if (!from->gcm)
		return ta_ccm_copy(&to->ccm, &from->ccm);
	return EVP_CIPHER_CTX_copy(to->gcm, from->gcm) == 1;
}

const struct ta_class_ops ta_ae_class = {
	.create = ae_create,
	.destroy = ae_destroy,
	.set_key = ae_set_key,
	.reset = ae_reset,
	.copy = ae_copy,
};

static bool gcm_init(struct ae *a, const void *nonce, size_t len, bool encrypt)
{
	if (len == 0 || len > INT_MAX)
		return false;
	if (len != a->nonce_len &&
	    EVP_CIPHER_CTX_ctrl(a->gcm, EVP_CTRL_AEAD_SET_IVLEN, (int)len, NULL) != 1)
		return false;
	a->nonce_len = len;
	return EVP_CipherInit_ex2(a->gcm, NULL, NULL, nonce, encrypt, NULL) == 1;
}

static bool tag_ok(TEE_OperationHandle op, uint32_t bits)
{
	if (is_gcm(op))
		return bits >= 96 && bits <= 128 && bits % 8 == 0;
	return bits >= 32 && bits <= 128 && bits % 16 == 0;
}

TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void *nonce, size_t nonceLen,
		      uint32_t tagLen, size_t AADLen, size_t payloadLen)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_AE, __func__);
	struct ae *a = op->own;
	bool ok;

	if (!nonce)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no nonce");
	if (op->state != TEE_OPERATION_STATE_INITIAL)
		TA_PANIC(TEE_ERROR_BAD_STATE, "the operation is under way");
	if (!tag_ok(op, tagLen))
		return TEE_ERROR_NOT_SUPPORTED;
	ta_op_start(op, __func__);
	ae_reset(op);
	a->tag_len = tagLen / 8;
	op->info.digestLength = tagLen / 8;
	if (is_gcm(op))
		ok = gcm_init(a, nonce, nonceLen, is_encrypt(op));
	else
		ok = ta_ccm_init(&a->ccm, nonce, nonceLen, a->tag_len, AADLen, payloadLen);
	if (!ok)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a nonce or a length that the mode can't have");
	return TEE_SUCCESS;
}

static bool gcm_run(struct ae *a, const uint8_t *in, uint8_t *out, size_t len)
{
	while (len) {
		size_t n = len < STEP ? len : STEP;
		int got;

		if (EVP_CipherUpdate(a->gcm, out, &got, in, (int)n) != 1)
			return false;
		in += n;
		out = out ? out + n : NULL;
		len -= n;
	}
	return true;
}

void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void *AADdata, size_t AADdataLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_AE, __func__);
	struct ae *a = op->own;
	bool ok;

	if (!AADdata && AADdataLen)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data");
	if (a->payload)
		TA_PANIC(TEE_ERROR_BAD_STATE, "the payload has begun");
	if (a->gcm)
		ok = gcm_run(a, AADdata, NULL, AADdataLen);
	else
		ok = ta_ccm_aad(&a->ccm, AADdata, AADdataLen);
	if (!ok)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "more than was said to come");
}

static bool run(TEE_OperationHandle op, const uint8_t *in, uint8_t *out, size_t len)
{
	struct ae *a = op->own;

	return a->gcm ? gcm_run(a, in, out, len)
		      : ta_ccm_payload(&a->ccm, in, out, len, is_encrypt(op));
}

/* Bytes that come out when @len come in; @last: no more will. */
static size_t out_size(TEE_OperationHandle op, size_t len, bool last)
{
	const struct ae *a = op->own;

	return last || a->gcm ? a->num_held + len
			      : (a->num_held + len) / TA_CCM_BLOCK * TA_CCM_BLOCK;
}

/* Gives @give bytes, of those held and of @in, and holds the rest. */
static bool go_on(TEE_OperationHandle op, const uint8_t *in, size_t len, uint8_t *out, size_t give)
{
	struct ae *a = op->own;
	size_t now = give ? give - a->num_held : 0;

	if (give) {
		if (!run(op, a->held, out, a->num_held) || !run(op, in, out + a->num_held, now))
			return false;
		a->num_held = 0;
	}
	if (len > now)
		memcpy(a->held + a->num_held, in + now, len - now);
	a->num_held += len - now;
	return true;
}

static void payload(TEE_OperationHandle op, const uint8_t *in, size_t len, uint8_t *out,
		    size_t give, const char *func)
{
	struct ae *a = op->own;
	const uint8_t *src = in;
	uint8_t *copy = NULL;
	bool ok;

	if (len)
		a->payload = true;
	if (in != out || a->num_held)
		src = ta_src_apart(in, len, out, give, &copy);
	ok = (a->gcm || ta_ccm_fits(&a->ccm, a->num_held + len)) && (src || !len) &&
	     go_on(op, src, len, out, give);
	ta_copy_free(copy, len);
	if (!ok)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "more than was said to come");
}

TEE_Result TEE_AEUpdate(TEE_OperationHandle operation, const void *srcData, size_t srcLen,
			void *destData, size_t *destLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_AE, __func__);
	size_t give;

	if (!destLen || (!srcData && srcLen) || (!destData && *destLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the result");
	give = out_size(op, srcLen, false);
	if (!ta_op_room(destLen, give))
		return TEE_ERROR_SHORT_BUFFER;
	payload(op, srcData, srcLen, destData, give, __func__);
	return TEE_SUCCESS;
}

static bool gcm_tag(struct ae *a, uint8_t *tag)
{
	int got;

	return EVP_CipherFinal_ex(a->gcm, tag, &got) == 1 &&
	       EVP_CIPHER_CTX_ctrl(a->gcm, EVP_CTRL_AEAD_GET_TAG, (int)a->tag_len, tag) == 1;
}

static void done(TEE_OperationHandle op)
{
	ae_reset(op);
	ta_op_finish(op);
}

TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, void *tag, size_t *tagLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_AE, __func__);
	struct ae *a = op->own;
	size_t none = 0, give;
	bool room;

	if (!destLen)
		destLen = &none;
	if (!tagLen || (!srcData && srcLen) || (!destData && *destLen) || (!tag && *tagLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for result or tag");
	if (!is_encrypt(op))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the operation decrypts");
	give = out_size(op, srcLen, true);
	room = ta_op_room(destLen, give);
	if (!ta_op_room(tagLen, a->tag_len) || !room)
		return TEE_ERROR_SHORT_BUFFER;
	payload(op, srcData, srcLen, destData, give, __func__);
	if (!(a->gcm ? gcm_tag(a, tag) : ta_ccm_tag(&a->ccm, tag)))
		TA_PANIC(TEE_ERROR_BAD_STATE, "less than was said to come");
	done(op);
	return TEE_SUCCESS;
}

/* False: the tag is another. */
static bool gcm_check(struct ae *a, const void *tag)
{
	uint8_t copy[MAX_TAG];
	int got;

	memcpy(copy, tag, a->tag_len);
	return EVP_CIPHER_CTX_ctrl(a->gcm, EVP_CTRL_AEAD_SET_TAG, (int)a->tag_len, copy) == 1 &&
	       EVP_CipherFinal_ex(a->gcm, copy, &got) == 1;
}

TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, const void *tag, size_t tagLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_AE, __func__);
	struct ae *a = op->own;
	uint8_t ours[MAX_TAG];
	size_t none = 0, give;
	bool same;

	if (!destLen)
		destLen = &none;
	if ((!srcData && srcLen) || (!destData && *destLen) || !tag)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the result");
	if (is_encrypt(op))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the operation encrypts");
	give = out_size(op, srcLen, true);
	if (!ta_op_room(destLen, give))
		return TEE_ERROR_SHORT_BUFFER;
	payload(op, srcData, srcLen, destData, give, __func__);
	if (!a->gcm && !ta_ccm_tag(&a->ccm, ours))
		TA_PANIC(TEE_ERROR_BAD_STATE, "less than was said to come");
	same = tagLen == a->tag_len;
	if (same)
		same = a->gcm ? gcm_check(a, tag) : !TEE_MemCompare(ours, tag, tagLen);
	explicit_bzero(ours, sizeof(ours));
	done(op);
	return same ? TEE_SUCCESS : TEE_ERROR_MAC_INVALID;
}
