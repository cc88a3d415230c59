// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Signed headers: good ones, and one of each kind that is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include "tee/ta/signed_image.h"
#include "tee/ta/version.h"
#include "tools/sign/image.h"

static const uint8_t uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
				  0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };
static const uint8_t space[16] = { 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
static uint8_t elf[] = "not an ELF file, but nobody looks here";
static uint8_t enc_key[] = { 0xe3, 0xff, 0x38, 0x1e, 0xb7, 0x85, 0x9b, 0xb9, 0x61, 0xc5, 0x2f,
			     0x9b, 0x78, 0xb6, 0x93, 0xf7, 0x25, 0xc2, 0x61, 0xe7, 0x5e, 0xb4,
			     0x88, 0xef, 0x58, 0x93, 0xd6, 0xde, 0x5d, 0x09, 0x7e, 0x6a };

static EVP_PKEY *key, *other;
static struct image_keys *keys;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(sign_load_key(TEST_TA_KEY, &key), 0);
	other = EVP_RSA_gen(2048);
	assert_non_null(other);
	return image_keys_create(NULL, &keys);
}

static int teardown(void **state)
{
	(void)state;
	image_keys_destroy(keys);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

static struct sign_request request(uint32_t type)
{
	struct sign_request rq = {
		.type = type,
		.algo = SHDR_ALG_RSA_PSS_SHA256,
		.version = 3,
		.key = key,
		.payload = { elf, sizeof(elf) },
		.enc_key = { enc_key, sizeof(enc_key) },
	};

	memcpy(rq.uuid, uuid, sizeof(uuid));
	return rq;
}

static struct sign_bytes build(const struct sign_request *rq)
{
	struct sign_bytes b = { NULL, 0 };

	assert_int_equal(sign_build(rq, &b), 0);
	return b;
}

/* A copy of its own, so that a sanitizer sees every step beyond. */
static enum image_fault check(const uint8_t *data, size_t size, struct signed_image *si)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum image_fault fault;

	assert_non_null(copy);
	if (size)
		memcpy(copy, data, size);
	fault = signed_image_check(keys, uuid, copy, size, si);
	free(copy);
	return fault;
}

static void expect(const struct sign_request *rq, enum image_fault fault)
{
	struct sign_bytes b = build(rq);
	struct signed_image si;

	assert_int_equal(check(b.data, b.size, &si), fault);
	free(b.data);
}

static void test_good(void **state)
{
	static const uint32_t types[] = { SHDR_TA, SHDR_BOOTSTRAP_TA };
	static const uint32_t algos[] = { SHDR_ALG_RSA_PSS_SHA256, SHDR_ALG_RSA_PKCS1_SHA256 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct sign_request rq = request(types[i / 2]);
		struct signed_image si;
		struct sign_bytes b;

		rq.algo = algos[i % 2];
		b = build(&rq);
		assert_int_equal(check(b.data, b.size, &si), IMAGE_GOOD);
		assert_int_equal(si.size, sizeof(elf));
		assert_memory_equal(b.data + si.offset, elf, sizeof(elf));
		assert_int_equal(si.ta.version, types[i / 2] == SHDR_TA ? 0 : 3);
		assert_memory_equal(si.ta.uuid, uuid, sizeof(uuid));
		assert_false(si.encrypted);
		free(b.data);
	}
}

static void test_encrypted(void **state)
{
	struct sign_request rq = request(SHDR_ENCRYPTED_TA);
	uint8_t out[sizeof(elf)];
	struct signed_image si;
	struct sign_bytes b = build(&rq);

	(void)state;
	assert_int_equal(check(b.data, b.size, &si), IMAGE_GOOD);
	assert_true(si.encrypted);
	assert_memory_not_equal(b.data + si.offset, elf, sizeof(elf));
	assert_int_equal(signed_image_decrypt(keys, &si, b.data, out), IMAGE_GOOD);
	assert_memory_equal(out, elf, sizeof(elf));
	si.tag[0] ^= 1;
	assert_int_equal(signed_image_decrypt(keys, &si, b.data, out), IMAGE_NOT_DECRYPTED);
	free(b.data);

	rq.enc_key.size = 16; /* and not the key of this machine either */
	b = build(&rq);
	assert_int_equal(check(b.data, b.size, &si), IMAGE_GOOD);
	assert_int_equal(signed_image_decrypt(keys, &si, b.data, out), IMAGE_NOT_DECRYPTED);
	free(b.data);
}

static void test_wrong_key(void **state)
{
	struct sign_request rq = request(SHDR_BOOTSTRAP_TA);

	(void)state;
	rq.key = other;
	expect(&rq, IMAGE_WRONG_KEY);
}

static void test_every_cut(void **state)
{
	struct sign_request rq = request(SHDR_BOOTSTRAP_TA);
	struct sign_bytes b = build(&rq);
	struct signed_image si;
	size_t i;

	(void)state;
	for (i = 0; i < b.size; i++)
		assert_int_equal(check(b.data, i, &si), i < 4 ? IMAGE_UNSIGNED : IMAGE_TRUNCATED);
	assert_int_equal(check(b.data, b.size, &si), IMAGE_GOOD);
	b.data = realloc(b.data, b.size + 1);
	assert_non_null(b.data);
	b.data[b.size] = 0;
	assert_int_equal(check(b.data, b.size + 1, &si), IMAGE_OVERSIZED);
	free(b.data);
}

/* A change of any byte is noticed, whatever it is called then. */
static void test_every_byte(void **state)
{
	struct sign_request rq = request(SHDR_ENCRYPTED_TA);
	struct sign_bytes b = build(&rq);
	struct signed_image si;
	size_t i, sig_end = sizeof(struct shdr) + SHDR_HASH_SIZE + sign_key_bytes(key);

	(void)state;
	for (i = 0; i < b.size; i++) {
		enum image_fault fault;

		b.data[i] ^= 0x10;
		fault = check(b.data, b.size, &si);
		assert_int_not_equal(fault, IMAGE_GOOD);
		if (i >= sizeof(struct shdr) && i < sig_end)
			assert_int_equal(fault, IMAGE_WRONG_KEY);
		if (i >= b.size - sizeof(elf))
			assert_int_equal(fault, IMAGE_WRONG_HASH);
		assert_non_null(image_fault_text(fault));
		b.data[i] ^= 0x10;
	}
	free(b.data);
}

static void test_head(void **state)
{
	struct sign_request rq = request(SHDR_BOOTSTRAP_TA);
	struct sign_bytes b = build(&rq);
	struct signed_image si;
	struct shdr h;

	(void)state;
	memcpy(&h, b.data, sizeof(h));
	h.img_type = 4;
	memcpy(b.data, &h, sizeof(h));
	assert_int_equal(check(b.data, b.size, &si), IMAGE_WRONG_TYPE);
	h.img_type = SHDR_BOOTSTRAP_TA;
	h.algo = 0x70002830; /* PKCS #1 with SHA-1 */
	memcpy(b.data, &h, sizeof(h));
	assert_int_equal(check(b.data, b.size, &si), IMAGE_WRONG_ALGORITHM);
	h.algo = SHDR_ALG_RSA_PKCS1_SHA256; /* not what was signed */
	memcpy(b.data, &h, sizeof(h));
	assert_int_equal(check(b.data, b.size, &si), IMAGE_WRONG_KEY);
	free(b.data);
	assert_int_equal(check(elf, sizeof(elf), &si), IMAGE_UNSIGNED);
	rq.uuid[3]++;
	expect(&rq, IMAGE_WRONG_UUID);
}

/* A sub-key of @of's, in @above's place; with the name that follows, padded to 8 bytes. */
static struct sign_bytes subkey(EVP_PKEY *of, EVP_PKEY *above, const uint8_t its[16],
				uint32_t depth, const char *name, struct sign_bytes prefix)
{
	struct sign_request rq = { .type = SHDR_SUBKEY, .algo = SHDR_ALG_RSA_PSS_SHA256,
				   .key = above, .prefix = prefix };
	struct sign_bytes b;

	assert_int_equal(sign_subkey_body(of, its, name ? 8 : 0, 2, depth,
					  SHDR_ALG_RSA_PSS_SHA256, &rq.payload),
			 0);
	b = build(&rq);
	free(rq.payload.data);
	if (!name)
		return b;
	b.data = realloc(b.data, b.size + 8);
	assert_non_null(b.data);
	memset(b.data + b.size, 0, 8);
	memcpy(b.data + b.size, name, strlen(name));
	b.size += 8;
	return b;
}

static enum image_fault check_below(const struct sign_bytes *prefix, const uint8_t its[16],
				    EVP_PKEY *with, struct signed_image *si)
{
	struct sign_request rq = request(SHDR_BOOTSTRAP_TA);
	enum image_fault fault;
	struct sign_bytes b;

	memcpy(rq.uuid, its, sizeof(rq.uuid));
	rq.prefix = *prefix;
	rq.key = with;
	b = build(&rq);
	fault = signed_image_check(keys, its, b.data, b.size, si);
	free(b.data);
	return fault;
}

static void test_subkey(void **state)
{
	static const struct sign_bytes none;
	struct sign_bytes sk = subkey(other, key, space, 0, "my-ta", none);
	struct signed_image si;
	uint8_t next[16];

	(void)state;
	sign_next_uuid(space, "my-ta", next);
	assert_int_equal(next[6] >> 4, 5);
	assert_int_equal(check_below(&sk, next, other, &si), IMAGE_GOOD);
	assert_int_equal(si.num_subkeys, 1);
	assert_memory_equal(si.subkey[0].uuid, space, sizeof(space));
	assert_int_equal(si.subkey[0].version, 2);
	/* Another name, another signer. */
	assert_int_equal(check_below(&sk, uuid, other, &si), IMAGE_WRONG_UUID);
	assert_int_equal(check_below(&sk, next, key, &si), IMAGE_WRONG_KEY);
	sk.data[sk.size - 7]++;
	assert_int_equal(check_below(&sk, next, other, &si), IMAGE_WRONG_UUID);
	free(sk.data);

	/* Nobody but the root makes sub-keys of the root's. */
	sk = subkey(other, other, space, 0, "my-ta", none);
	assert_int_equal(check_below(&sk, next, other, &si), IMAGE_WRONG_KEY);
	free(sk.data);
}

static void test_depth(void **state)
{
	static const struct sign_bytes none;
	struct sign_bytes top = subkey(other, key, uuid, 1, NULL, none);
	struct sign_bytes mid = subkey(key, other, uuid, 0, NULL, top);
	struct sign_bytes low = subkey(other, key, uuid, 0, NULL, mid);
	struct signed_image si;

	(void)state;
	assert_int_equal(check_below(&top, uuid, other, &si), IMAGE_GOOD);
	assert_int_equal(check_below(&mid, uuid, key, &si), IMAGE_GOOD);
	assert_int_equal(si.num_subkeys, 2);
	assert_int_equal(check_below(&low, uuid, other, &si), IMAGE_TOO_DEEP);
	free(top.data);
	free(mid.data);
	free(low.data);
}

/* What a root key has signed and is no key all the same. */
static void test_bad_subkeys(void **state)
{
	struct sign_request rq = { .type = SHDR_SUBKEY, .algo = SHDR_ALG_RSA_PSS_SHA256,
				   .key = key };
	struct shdr_subkey_attr attr;
	struct shdr_subkey sk;
	struct signed_image si;
	struct sign_bytes body, b;
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		assert_int_equal(sign_subkey_body(other, uuid, 0, 0, 0, SHDR_ALG_RSA_PSS_SHA256,
						  &body),
				 0);
		memcpy(&sk, body.data, sizeof(sk));
		memcpy(&attr, body.data + sizeof(sk), sizeof(attr));
		sk.attr_count = i == 0 ? UINT32_MAX : i == 1 ? 1 : sk.attr_count;
		sk.algo = i == 2 ? SHDR_ALG_AES_GCM : sk.algo;
		attr.offs = i == 3 ? UINT32_MAX : attr.offs;
		attr.size = i == 4 ? UINT32_MAX : i == 5 ? 64 : attr.size;
		memcpy(body.data, &sk, sizeof(sk));
		memcpy(body.data + sizeof(sk), &attr, sizeof(attr));
		rq.payload = body;
		b = build(&rq);
		assert_int_equal(check(b.data, b.size, &si), IMAGE_WRONG_SUBKEY);
		free(b.data);
		free(body.data);
	}
}

static void test_versions(void **state)
{
	struct signed_image si = { .ta = { .version = 5 }, .num_subkeys = 1,
				   .subkey = { { .version = 2 } } };
	struct version_table t = { .num = 0 };
	unsigned int i;

	(void)state;
	assert_int_equal(versions_take(&t, &si), 0);
	si.ta.version = 4;
	assert_int_equal(versions_take(&t, &si), -ESTALE);
	si.ta.version = 6;
	si.subkey[0].version = 1;
	assert_int_equal(versions_take(&t, &si), -ESTALE);
	/* What was refused isn't remembered. */
	si.ta.version = 5;
	si.subkey[0].version = 2;
	assert_int_equal(versions_take(&t, &si), 0);
	si.num_subkeys = 0;
	for (i = 0; i < VERSION_MAX_ENTRIES - 2; i++) {
		si.ta.uuid[0] = (uint8_t)(i >> 8);
		si.ta.uuid[1] = (uint8_t)i;
		si.ta.uuid[2] = 1;
		assert_int_equal(versions_take(&t, &si), 0);
	}
	si.ta.uuid[2] = 2;
	assert_int_equal(versions_take(&t, &si), -ENOSPC);
	versions_release(&t);
}

static void write_file(const char *dir, const char *name, const void *data, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(sign_write(path, data, size), 0);
}

/* A folder of keys instead of the one that is built in. */
static void test_key_folder(void **state)
{
	char dir[] = "/tmp/teelink-keys-XXXXXX", path[64], hex[2 * sizeof(enc_key) + 1], *pem;
	struct sign_request rq = request(SHDR_BOOTSTRAP_TA);
	struct image_keys *mine = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	struct signed_image si;
	struct sign_bytes b;
	long size;
	size_t i;

	(void)state;
	rq.key = other;
	b = build(&rq);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(image_keys_create(dir, &mine), -ENOKEY);
	assert_int_equal(PEM_write_bio_PUBKEY(bio, other), 1);
	size = BIO_get_mem_data(bio, &pem);
	write_file(dir, "b.pem", pem, (size_t)size);
	snprintf(path, sizeof(path), "%s/b.pem", dir);
	assert_int_equal(image_keys_create(path, &mine), 0);
	assert_int_equal(signed_image_check(mine, uuid, b.data, b.size, &si), IMAGE_GOOD);
	image_keys_destroy(mine);

	for (i = 0; i < sizeof(enc_key); i++)
		snprintf(hex + 2 * i, 3, "%02x", enc_key[i] ^ 0xff);
	write_file(dir, IMAGE_ENC_KEY_FILE, hex, sizeof(hex) - 1);
	assert_int_equal(image_keys_create(dir, &mine), 0);
	assert_int_equal(mine->enc_key[0], 0x1c);
	assert_int_equal(signed_image_check(mine, uuid, b.data, b.size, &si), IMAGE_GOOD);
	assert_int_equal(signed_image_check(keys, uuid, b.data, b.size, &si), IMAGE_WRONG_KEY);
	image_keys_destroy(mine);
	write_file(dir, IMAGE_ENC_KEY_FILE, "xy", 2);
	assert_int_equal(image_keys_create(dir, &mine), -EINVAL);
	write_file(dir, "c.pem", "no key", 6);
	assert_int_equal(image_keys_create(dir, &mine), -EINVAL);

	unlink(path);
	snprintf(path, sizeof(path), "%s/c.pem", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" IMAGE_ENC_KEY_FILE, dir);
	unlink(path);
	rmdir(dir);
	BIO_free(bio);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	    cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_wrong_key),   cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_head),
		cmocka_unit_test(test_subkey),	    cmocka_unit_test(test_depth),
		cmocka_unit_test(test_bad_subkeys), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_key_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
