// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Services beyond GP's API, for trusted applications. What OP-TEE's does to a TA's address space
 * (mapping memory, dlopen, dlsym) happens in the TA's own process here, by its C library: those
 * commands answer that they aren't supported.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "lib/uuid.h"
#include "tee/pta/plugin.h"
#include "tee/pta/pta.h"
#include "tee/session/result.h"
#include "tee/vm.h"
#include "tee/world.h"

enum system_cmd {
	ADD_RNG_ENTROPY = 0,
	DERIVE_TA_UNIQUE_KEY = 1,
	MAP_ZI = 2,
	UNMAP = 3,
	DLOPEN = 10,
	DLSYM = 11,
	GET_TPM_EVENT_LOG = 12,
	SUPP_PLUGIN_INVOKE = 13,
};

#define KEY_MIN 16u
#define KEY_MAX 32u
#define SALT_MAX 1024u
#define UUID_SIZE 16u
#define ROOT_KEY_SIZE 32u
#define KEY_LABEL "teelink TA unique key"
#define ENTROPY_PIECE 4096u

const uint8_t pta_system_uuid[16] = { 0x3a, 0x2f, 0x89, 0x78, 0x5d, 0xc0, 0x11, 0xe8,
				      0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc };

/*
 * Without the lock. All of it goes into a digest, that into the generator: it is seeded anew once,
 * however much comes, and counts on none of it.
 */
static uint32_t mix_in(const struct ta_param *p)
{
	uint8_t piece[ENTROPY_PIECE], digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t at, left = p->u.memref.size;
	unsigned int len = 0;
	bool ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1;
	for (at = p->u.memref.offset; ok && left; at += len, left -= len) {
		len = left < sizeof(piece) ? (unsigned int)left : (unsigned int)sizeof(piece);
		ok = !vm_mem_copy_from(p->u.memref.mem, at, piece, len) &&
		     EVP_DigestUpdate(ctx, piece, len) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
	if (ok)
		RAND_add(digest, (int)len, 0);
	EVP_MD_CTX_free(ctx);
	explicit_bzero(piece, sizeof(piece));
	explicit_bzero(digest, sizeof(digest));
	return ok ? TEE_SUCCESS : TEE_ERROR_OUT_OF_MEMORY;
}

static uint32_t add_entropy(struct tee_world *w, const struct ta_call *call)
{
	const struct ta_param *p = &call->param[0];
	uint32_t result;

	if (!pta_types_are(call, TEE_PARAM_TYPE_MEMREF_INPUT, 0, 0, 0) || !p->u.memref.mem ||
	    !p->u.memref.size)
		return TEE_ERROR_BAD_PARAMETERS;
	world_block_begin(w);
	result = mix_in(p);
	world_block_end(w);
	return result;
}

static uint32_t key_result(int err)
{
	switch (err) {
	case 0:
		return TEE_SUCCESS;
	case -ENOENT: /* this machine keeps none */
		return TEE_ERROR_NOT_SUPPORTED;
	case -EPERM: /* others can read it */
		return TEE_ERROR_SECURITY;
	case -ECANCELED:
		return TEE_ERROR_CANCEL;
	case -ETIMEDOUT:
		return TEE_ERROR_COMMUNICATION;
	default:
		return TEE_ERROR_GENERIC;
	}
}

/* HMAC-SHA256 under the machine's root key of a label, the TA's UUID and its salt. */
static uint32_t derive_key(struct tee_world *w, const struct ta_call *call)
{
	const struct ta_param *salt = &call->param[0], *out = &call->param[1];
	uint8_t msg[sizeof(KEY_LABEL) + UUID_SIZE + SALT_MAX] = KEY_LABEL;
	uint8_t root[ROOT_KEY_SIZE], key[KEY_MAX];
	uint64_t salt_size = salt->u.memref.size;
	uint32_t result;

	if (!pta_types_are(call, TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0) ||
	    salt_size > SALT_MAX || (salt_size && !salt->u.memref.mem) || !out->u.memref.mem ||
	    out->u.memref.size < KEY_MIN || out->u.memref.size > KEY_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	/* A key of the TA's alone isn't written where the normal world reads. */
	if (out->shared)
		return TEE_ERROR_SECURITY;
	memcpy(msg + sizeof(KEY_LABEL), call->client_uuid, UUID_SIZE);
	if (salt_size && vm_mem_copy_from(salt->u.memref.mem, salt->u.memref.offset,
					  msg + sizeof(KEY_LABEL) + UUID_SIZE, salt_size))
		return TEE_ERROR_BAD_PARAMETERS;
	result = key_result(world_root_key(w, root));
	if (result)
		goto out;
	result = TEE_ERROR_OUT_OF_MEMORY;
	if (HMAC(EVP_sha256(), root, (int)sizeof(root), msg,
		 sizeof(KEY_LABEL) + UUID_SIZE + salt_size, key, NULL))
		result = vm_mem_copy_to(out->u.memref.mem, out->u.memref.offset, key,
					out->u.memref.size)
				 ? TEE_ERROR_BAD_PARAMETERS
				 : TEE_SUCCESS;
out:
	explicit_bzero(root, sizeof(root));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(msg, sizeof(msg));
	return result;
}

/* A TEE_UUID as it lies in a TA's memory. */
struct host_uuid {
	uint32_t low;
	uint16_t mid, hi;
	uint8_t node[8];
};

static uint32_t invoke_plugin(struct supp_lanes *plugins, struct ta_call *call)
{
	struct ta_param *name = &call->param[0], *buf = &call->param[2];
	uint8_t uuid[UUID_SIZE];
	struct host_uuid host;

	if (!pta_types_are(call, TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_VALUE_INPUT,
			   TEE_PARAM_TYPE_MEMREF_INOUT, TEE_PARAM_TYPE_VALUE_OUTPUT) ||
	    !name->u.memref.mem || name->u.memref.size != sizeof(host) ||
	    (buf->u.memref.size && !buf->u.memref.mem) ||
	    vm_mem_copy_from(name->u.memref.mem, name->u.memref.offset, &host, sizeof(host)))
		return TEE_ERROR_BAD_PARAMETERS;
	uuid_to_octets(host.low, host.mid, host.hi, host.node, uuid);
	return plugin_call(plugins, uuid, call->param[1].u.value.a, call->param[1].u.value.b, buf,
			   &call->param[3].u.value.a);
}

static uint32_t system_open(void *data, struct ta_call *call, void **ctx)
{
	(void)data;
	(void)ctx;
	return call->login == TEE_LOGIN_TRUSTED_APP ? TEE_SUCCESS : TEE_ERROR_ACCESS_DENIED;
}

static uint32_t system_invoke(void *data, void *ctx, struct ta_call *call)
{
	const struct pta *pta = data;

	(void)ctx;
	switch (call->cmd) {
	case ADD_RNG_ENTROPY:
		return add_entropy(pta->world, call);
	case DERIVE_TA_UNIQUE_KEY:
		return derive_key(pta->world, call);
	case SUPP_PLUGIN_INVOKE:
		return invoke_plugin(pta->plugins, call);
	case MAP_ZI:
	case UNMAP:
	case DLOPEN:
	case DLSYM:
	case GET_TPM_EVENT_LOG:
		return TEE_ERROR_NOT_SUPPORTED;
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

const struct pseudo_ta_ops pta_system_ops = {
	.concurrent = true, /* plugins take their time */
	.open = system_open,
	.invoke = system_invoke,
};
