// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/image_key.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define MAX_KEY_FILE 65536u

/* What the build was given: see ta/devkit. */
extern const char ta_default_key[];
extern const size_t ta_default_key_size;

/* The dev kit's, known to everybody: images that it encrypts are a demonstration. */
static const uint8_t default_enc_key[IMAGE_ENC_KEY_SIZE] = {
	0xe3, 0xff, 0x38, 0x1e, 0xb7, 0x85, 0x9b, 0xb9, 0x61, 0xc5, 0x2f,
	0x9b, 0x78, 0xb6, 0x93, 0xf7, 0x25, 0xc2, 0x61, 0xe7, 0x5e, 0xb4,
	0x88, 0xef, 0x58, 0x93, 0xd6, 0xde, 0x5d, 0x09, 0x7e, 0x6a,
};

static bool is_allowed(const EVP_PKEY *key)
{
	int bits = key ? EVP_PKEY_get_bits(key) : 0;

	return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits >= (int)SHDR_MIN_RSA_BITS &&
	       bits <= (int)SHDR_MAX_RSA_BITS;
}

static int add_pem(struct image_keys *keys, const char *pem, size_t size)
{
	char no_password[] = ""; /* nobody is asked for one */
	BIO *bio = BIO_new_mem_buf(pem, (int)size);
	EVP_PKEY *key;

	if (!bio)
		return -ENOMEM;
	key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (!key) {
		BIO_reset(bio);
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (!is_allowed(key) || keys->num == IMAGE_MAX_KEYS) {
		EVP_PKEY_free(key);
		return -EINVAL;
	}
	keys->root[keys->num++] = key;
	return 0;
}

/* Bytes read into @buf, at most @size, or -errno. */
static ssize_t read_small(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static int add_file(struct image_keys *keys, int dir, const char *path)
{
	char *buf = malloc(MAX_KEY_FILE);
	ssize_t n = -ENOMEM;
	int ret;

	if (buf)
		n = read_small(dir, path, buf, MAX_KEY_FILE);
	ret = n < 0 ? (int)n : add_pem(keys, buf, (size_t)n);
	free(buf);
	if (ret)
		log_error("%s: %s", path,
			  ret == -EINVAL ? "no RSA key of 2048 to 4096 bits, or too many keys" :
					   strerror(-ret));
	return ret;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	       c >= 'a' && c <= 'f'	 ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F'	 ? c - 'A' + 10 :
					   -1;
}

static int read_enc_key(struct image_keys *keys, int dir)
{
	char text[2 * IMAGE_ENC_KEY_SIZE + 1];
	ssize_t n = read_small(dir, IMAGE_ENC_KEY_FILE, text, sizeof(text));
	size_t i;

	if (n == -ENOENT)
		return 0;
	for (i = 0; n >= (ssize_t)sizeof(text) - 1 && i < IMAGE_ENC_KEY_SIZE; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			break;
		keys->enc_key[i] = (uint8_t)(high << 4 | low);
	}
	if (i == IMAGE_ENC_KEY_SIZE)
		return 0;
	log_error("%s: not 32 bytes in hexadecimal", IMAGE_ENC_KEY_FILE);
	return -EINVAL;
}

static int add_folder(struct image_keys *keys, int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int ret = 0;

	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (!ret && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot && !strcmp(dot, ".pem"))
			ret = add_file(keys, dirfd(dir), e->d_name);
	}
	if (!ret)
		ret = read_enc_key(keys, dirfd(dir));
	closedir(dir);
	return !ret && !keys->num ? -ENOKEY : ret;
}

static int add_path(struct image_keys *keys, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return add_folder(keys, fd);
	return errno == ENOTDIR ? add_file(keys, AT_FDCWD, path) : -errno;
}

int image_keys_create(const char *path, struct image_keys **kp)
{
	static const uint8_t nothing[SHDR_HASH_SIZE] = { 0 };
	struct image_keys *keys = calloc(1, sizeof(*keys));
	int ret;

	if (!keys)
		return -ENOMEM;
	memcpy(keys->enc_key, default_enc_key, sizeof(keys->enc_key));
	ret = path ? add_path(keys, path) : add_pem(keys, ta_default_key, ta_default_key_size);
	if (ret) {
		log_error("no keys for images: %s: %s", path ? path : "built in", strerror(-ret));
		image_keys_destroy(keys);
		return ret;
	}
	/* The library looks up what it needs the first time, which later it couldn't. */
	image_key_verify(keys->root[0], SHDR_ALG_RSA_PSS_SHA256, nothing, nothing, sizeof(nothing));
	*kp = keys;
	return 0;
}

void image_keys_destroy(struct image_keys *keys)
{
	unsigned int i;

	if (!keys)
		return;
	for (i = 0; i < keys->num; i++)
		EVP_PKEY_free(keys->root[i]);
	OPENSSL_cleanse(keys->enc_key, sizeof(keys->enc_key));
	free(keys);
}

EVP_PKEY *image_key_from_numbers(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *bn_n = BN_bin2bn(n, (int)n_size, NULL), *bn_e = BN_bin2bn(e, (int)e_size, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bld && bn_n && bn_e && ctx &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn_n);
	BN_free(bn_e);
	if (is_allowed(key))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool set_padding(EVP_PKEY_CTX *ctx, uint32_t algo)
{
	if (EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return false;
	switch (algo) {
	case SHDR_ALG_RSA_PKCS1_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	case SHDR_ALG_RSA_PSS_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	default:
		return false;
	}
}

bool image_key_verify(EVP_PKEY *key, uint32_t algo, const uint8_t hash[SHDR_HASH_SIZE],
		      const uint8_t *sig, size_t sig_size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, algo) &&
		  EVP_PKEY_verify(ctx, sig, sig_size, hash, SHDR_HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}
