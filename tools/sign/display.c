// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/uuid.h"
#include "tools/sign/sign.h"

static const char *algo_name(uint32_t algo)
{
	switch (algo) {
	case SHDR_ALG_RSA_PSS_SHA256:
		return "TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256";
	case SHDR_ALG_RSA_PKCS1_SHA256:
		return "TEE_ALG_RSASSA_PKCS1_V1_5_SHA256";
	case SHDR_ALG_AES_GCM:
		return "TEE_ALG_AES_GCM";
	default:
		return "unknown";
	}
}

static void print_uuid(const char *label, const uint8_t uuid[16])
{
	char text[UUID_TEXT_SIZE];

	uuid_format(uuid, text);
	printf("  %s%s\n", label, text);
}

static void print_hex(const char *label, const uint8_t *data, size_t size)
{
	size_t i;

	printf("  %s", label);
	for (i = 0; i < size; i++)
		printf("%02x", data[i]);
	putchar('\n');
}

static void print_part(const struct sign_part *p)
{
	static const char *const types[] = { "SHDR_TA", "SHDR_BOOTSTRAP_TA", "SHDR_ENCRYPTED_TA",
					     "SHDR_SUBKEY" };

	printf(" struct shdr\n");
	printf("  magic:      0x%08x\n", p->h.magic);
	printf("  img_type:   %u (%s)\n", p->h.img_type, types[p->h.img_type]);
	printf("  img_size:   %u bytes\n", p->h.img_size);
	printf("  algo:       0x%08x (%s)\n", p->h.algo, algo_name(p->h.algo));
	printf("  hash_size:  %u bytes\n", p->h.hash_size);
	printf("  sig_size:   %u bytes\n", p->h.sig_size);
	print_hex("hash:       ", p->hash, p->h.hash_size);
	if (p->h.img_type == SHDR_SUBKEY) {
		printf(" struct shdr_subkey\n");
		print_uuid("uuid:       ", p->sk.uuid);
		printf("  name_size:  %u\n  subkey_version: %u\n  max_depth:  %u\n", p->sk.name_size,
		       p->sk.version, p->sk.max_depth);
		printf("  algo:       0x%08x (%s)\n  attr_count: %u\n", p->sk.algo,
		       algo_name(p->sk.algo), p->sk.attr_count);
		return;
	}
	if (p->h.img_type != SHDR_TA) {
		printf(" struct shdr_bootstrap_ta\n");
		print_uuid("uuid:       ", p->bs.uuid);
		printf("  ta_version: %u\n", p->bs.version);
	}
	if (p->h.img_type == SHDR_ENCRYPTED_TA) {
		printf(" struct shdr_encrypted_ta\n");
		printf("  enc_algo:   0x%08x (%s)\n  flags:      0x%x\n  iv_size:    %u\n"
		       "  tag_size:   %u\n",
		       p->enc.enc_algo, algo_name(p->enc.enc_algo), p->enc.flags, p->enc.iv_size,
		       p->enc.tag_size);
	}
	printf(" TA size:    %u bytes\n", p->h.img_size);
}

int sign_cmd_display(const struct sign_options *o)
{
	struct sign_bytes b = { NULL, 0 };
	struct sign_part p;
	size_t at = 0;
	int ret = sign_read(o->in, &b);

	if (ret)
		return sign_fail("%s: %s", o->in, strerror(-ret));
	while (!ret && at < b.size) {
		size_t start = at;

		ret = sign_walk(&b, &at, &p);
		if (ret)
			break;
		printf("Header at offset %zu\n", start);
		print_part(&p);
	}
	free(b.data);
	return ret ? sign_fail("%s: no signed image", o->in) : 0;
}

static bool hash_matches(const struct sign_part *p)
{
	uint8_t digest[SHDR_HASH_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, &p->h, sizeof(p->h)) == 1 &&
		  EVP_DigestUpdate(md, p->body, p->body_size) == 1 &&
		  EVP_DigestFinal_ex(md, digest, NULL) == 1 &&
		  !memcmp(digest, p->hash, sizeof(digest));

	EVP_MD_CTX_free(md);
	return ok;
}

int sign_cmd_verify(const struct sign_options *o)
{
	struct sign_bytes b = { NULL, 0 };
	EVP_PKEY *key = NULL;
	struct sign_part p;
	size_t at = 0;
	int ret = 0;

	if (sign_load_key(o->key, &key))
		return sign_fail("%s: no RSA key", o->key);
	if (sign_read(o->in, &b))
		ret = sign_fail("%s: can't be read", o->in);
	else if (sign_walk(&b, &at, &p) || at != b.size || p.h.img_type == SHDR_SUBKEY)
		ret = sign_fail("%s: no signed image, or one below a sub-key", o->in);
	else if (!hash_matches(&p))
		ret = sign_fail("%s: the hash doesn't match", o->in);
	else if (!sign_verify(key, p.h.algo, p.hash, p.sig, p.h.sig_size))
		ret = sign_fail("%s: signed with another key", o->in);
	else if (p.h.img_type != SHDR_TA && memcmp(p.bs.uuid, o->uuid, sizeof(o->uuid)) != 0)
		ret = sign_fail("%s: the UUID doesn't match", o->in);
	free(b.data);
	EVP_PKEY_free(key);
	if (!ret)
		puts("Trusted application is correctly verified.");
	return ret;
}
