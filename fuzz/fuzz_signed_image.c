// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The check of a signed image. Input: the image; if its first byte is 1 to 4, a description: so many
 * headers follow, each a type byte and a u16 size of a payload, which are then signed by the key
 * that is due, so that what comes behind a good signature is reached.
 */
#include <string.h>

#include "fuzz/target.h"
#include "tee/ta/signed_image.h"
#include "tools/sign/image.h"

static const uint8_t uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
				  0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };

static struct image_keys *keys;
static EVP_PKEY *key;

static void check(const uint8_t *data, size_t size)
{
	struct signed_image si;
	uint8_t *out;

	if (signed_image_check(keys, uuid, data, size, &si))
		return;
	FUZZ_ASSERT(si.offset <= size && si.size == size - si.offset);
	FUZZ_ASSERT(si.num_subkeys <= SHDR_MAX_SUBKEYS && !memcmp(si.ta.uuid, uuid, sizeof(uuid)));
	if (!si.encrypted)
		return;
	out = malloc(si.size ? si.size : 1);
	FUZZ_ASSERT(out);
	signed_image_decrypt(keys, &si, data, out);
	free(out);
}

/* One header more behind @b's. A sub-key's body is the input's, or that of the one key there is. */
static void add(struct fuzz_input *in, struct sign_bytes *b)
{
	uint32_t type = (uint32_t)fuzz_take(in, 1), size = (uint32_t)fuzz_take(in, 2);
	struct sign_request rq = { .type = type & 3, .algo = SHDR_ALG_RSA_PSS_SHA256, .key = key,
				   .prefix = *b };
	static uint8_t enc_key[32];
	struct sign_bytes next = { NULL, 0 }, body = { NULL, 0 };

	if (size > in->size)
		size = (uint32_t)in->size;
	memcpy(rq.uuid, uuid, sizeof(uuid));
	rq.enc_key = (struct sign_bytes){ enc_key, sizeof(enc_key) };
	rq.payload = (struct sign_bytes){ (uint8_t *)(uintptr_t)in->data, size };
	if (rq.type == SHDR_SUBKEY && type & 4) {
		FUZZ_ASSERT(!sign_subkey_body(key, uuid, type >> 6, 0, type >> 3 & 7,
					      SHDR_ALG_RSA_PSS_SHA256, &body));
		rq.payload = body;
	}
	FUZZ_ASSERT(!sign_build(&rq, &next));
	in->data += size;
	in->size -= size;
	free(body.data);
	free(b->data);
	*b = next;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct sign_bytes b = { NULL, 0 };
	uint64_t i, n;

	if (!keys && (image_keys_create(NULL, &keys) || sign_load_key(TEST_TA_KEY, &key)))
		abort();
	n = size ? data[0] : 0;
	if (n < 1 || n > 4) {
		check(data, size);
		return 0;
	}
	fuzz_take(&in, 1);
	for (i = 0; i < n; i++)
		add(&in, &b);
	check(b.data, b.size);
	free(b.data);
	return 0;
}
