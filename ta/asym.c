// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of the classes TEE_OPERATION_ASYMMETRIC_CIPHER and _SIGNATURE (6.7). */
#include "ta/asym.h"

#include <stdlib.h>

#include "ta/pkey.h"
#include "ta/runtime.h"

static TEE_Result asym_create(TEE_OperationHandle op)
{
	op->own = NULL;
	return TEE_SUCCESS;
}

static void asym_destroy(TEE_OperationHandle op)
{
	EVP_PKEY_free(op->own);
}

static TEE_Result asym_set_key(TEE_OperationHandle op)
{
	bool private = op->info.mode == TEE_MODE_DECRYPT || op->info.mode == TEE_MODE_SIGN;

	EVP_PKEY_free(op->own);
	op->own = NULL;
	if (!op->key[0])
		return TEE_SUCCESS;
	op->own = ta_pkey_create(op->key[0], private);
	return op->own ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
}

/* The key is all there is. */
static bool asym_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	return !dst->own == !src->own;
}

const struct ta_class_ops ta_asym_class = {
	.create = asym_create,
	.destroy = asym_destroy,
	.set_key = asym_set_key,
	.copy = asym_copy,
};

static struct ta_asym_call begin(TEE_OperationHandle handle, uint32_t op_class, uint32_t mode,
				 const char *func)
{
	struct ta_asym_call call = { .op = ta_op_get(handle, op_class, func) };

	if (call.op->info.mode != mode)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "an operation of another mode");
	if (!(call.op->info.handleState & TEE_HANDLE_FLAG_KEY_SET))
		ta_panic(func, TEE_ERROR_BAD_STATE, "the operation has no key");
	call.pkey = call.op->own;
	return call;
}

static void take_input(struct ta_asym_call *call, const TEE_Attribute *params, uint32_t num,
		       const void *in, size_t len, const char *func)
{
	if ((!params && num) || (!in && len))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no data, or no parameters");
	call->params = params;
	call->num_params = num;
	call->in = in;
	call->in_len = len;
}

static void check_output(const void *out, const size_t *len, const char *func)
{
	if (!len || (!out && *len))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no place for the result");
}

static TEE_Result crypt(const struct ta_asym_call *call, void *out, size_t *len, const char *func)
{
	TEE_Result res;

	if (call->op->alg->kind != TA_SM2_PKE)
		res = ta_rsa_crypt(call, out, len);
	else if (call->op->info.mode == TEE_MODE_ENCRYPT)
		res = ta_sm2_encrypt(call, out, len);
	else
		res = ta_sm2_decrypt(call, out, len);
	if (res == TEE_ERROR_GENERIC || res == TEE_ERROR_OUT_OF_MEMORY)
		ta_panic(func, res, "libcrypto can't go on");
	return res;
}

TEE_Result TEE_AsymmetricEncrypt(TEE_OperationHandle operation, const TEE_Attribute *params,
				 uint32_t paramCount, const void *srcData, size_t srcLen,
				 void *destData, size_t *destLen)
{
	struct ta_asym_call call =
		begin(operation, TEE_OPERATION_ASYMMETRIC_CIPHER, TEE_MODE_ENCRYPT, __func__);

	take_input(&call, params, paramCount, srcData, srcLen, __func__);
	check_output(destData, destLen, __func__);
	return crypt(&call, destData, destLen, __func__);
}

TEE_Result TEE_AsymmetricDecrypt(TEE_OperationHandle operation, const TEE_Attribute *params,
				 uint32_t paramCount, const void *srcData, size_t srcLen,
				 void *destData, size_t *destLen)
{
	struct ta_asym_call call =
		begin(operation, TEE_OPERATION_ASYMMETRIC_CIPHER, TEE_MODE_DECRYPT, __func__);

	take_input(&call, params, paramCount, srcData, srcLen, __func__);
	check_output(destData, destLen, __func__);
	return crypt(&call, destData, destLen, __func__);
}

/*
 * Names of ECDSA that older TAs use say the curve and leave the hash open; for DSA the caller may have
 * cut the digest to the length of Q.
 */
static void check_digest(const struct ta_asym_call *call, const char *func)
{
	const struct ta_alg *alg = call->op->alg;
	bool cut = alg->key_type == TEE_TYPE_DSA_KEYPAIR && call->in_len < alg->hash_len;

	if (alg->hash_len && alg->key_type != TEE_TYPE_ECDSA_KEYPAIR && !cut &&
	    call->in_len != alg->hash_len)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "a digest of another hash");
}

TEE_Result TEE_AsymmetricSignDigest(TEE_OperationHandle operation, const TEE_Attribute *params,
				    uint32_t paramCount, const void *digest, size_t digestLen,
				    void *signature, size_t *signatureLen)
{
	struct ta_asym_call call =
		begin(operation, TEE_OPERATION_ASYMMETRIC_SIGNATURE, TEE_MODE_SIGN, __func__);
	TEE_Result res;

	take_input(&call, params, paramCount, digest, digestLen, __func__);
	check_output(signature, signatureLen, __func__);
	check_digest(&call, __func__);
	if (call.op->alg->kind == TA_SIGN_EDDSA)
		res = ta_eddsa_sign(&call, signature, signatureLen);
	else if (call.op->alg->kind == TA_SIGN_PAIR)
		res = ta_pair_sign(&call, signature, signatureLen);
	else
		res = ta_rsa_sign(&call, signature, signatureLen);
	if (res != TEE_SUCCESS && res != TEE_ERROR_SHORT_BUFFER)
		TA_PANIC(res, "the key or the parameters can't sign that");
	return res;
}

TEE_Result TEE_AsymmetricVerifyDigest(TEE_OperationHandle operation, const TEE_Attribute *params,
				      uint32_t paramCount, const void *digest, size_t digestLen,
				      const void *signature, size_t signatureLen)
{
	struct ta_asym_call call =
		begin(operation, TEE_OPERATION_ASYMMETRIC_SIGNATURE, TEE_MODE_VERIFY, __func__);
	TEE_Result res;

	take_input(&call, params, paramCount, digest, digestLen, __func__);
	if (!signature && signatureLen)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no signature");
	check_digest(&call, __func__);
	if (call.op->alg->kind == TA_SIGN_EDDSA)
		res = ta_eddsa_verify(&call, signature, signatureLen);
	else if (call.op->alg->kind == TA_SIGN_PAIR)
		res = ta_pair_verify(&call, signature, signatureLen);
	else
		res = ta_rsa_verify(&call, signature, signatureLen);
	if (res != TEE_SUCCESS && res != TEE_ERROR_SIGNATURE_INVALID)
		TA_PANIC(res, "the key or the parameters can't verify that");
	return res;
}
