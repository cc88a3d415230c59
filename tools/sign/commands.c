// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <ctype.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/uuid.h"
#include "tools/sign/sign.h"

static int hex_digit(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Hexadecimal text, in quotes or not: makefiles pass it so. */
static int parse_hex(const char *text, struct sign_bytes *b)
{
	size_t i, len = strlen(text);

	if (len >= 2 && text[0] == '\'' && text[len - 1] == '\'') {
		text++;
		len -= 2;
	}
	b->size = len / 2;
	b->data = malloc(b->size + 1);
	if (!b->data)
		return -ENOMEM;
	for (i = 0; i < b->size; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		b->data[i] = (uint8_t)(high << 4 | low);
	}
	return len % 2 || (b->size != 16 && b->size != 24 && b->size != 32) ? -EINVAL : 0;
}

/* Sub-keys in front: @o->subkey's bytes and the name that the last of them asks for. */
static int load_prefix(const struct sign_options *o, struct sign_bytes *prefix, uint32_t *depth)
{
	struct sign_bytes b = { NULL, 0 };
	struct sign_part p = { .sk = { .name_size = 0 } };
	size_t at = 0, name_size, len = o->name ? strlen(o->name) : 0;
	int ret = sign_read(o->subkey, &b);

	if (ret)
		return ret;
	while (at < b.size) {
		ret = sign_walk(&b, &at, &p);
		/* The last one's name isn't there yet. */
		if (ret && p.payload && p.h.img_type == SHDR_SUBKEY &&
		    p.name == b.data + b.size) {
			ret = 0;
			break;
		}
		if (ret || p.h.img_type != SHDR_SUBKEY) {
			free(b.data);
			return -EBADMSG;
		}
	}
	name_size = p.sk.name_size;
	*depth = p.sk.max_depth;
	if (len > name_size) {
		free(b.data);
		return -ENAMETOOLONG;
	}
	prefix->size = b.size + name_size;
	prefix->data = calloc(1, prefix->size + 1);
	if (prefix->data) {
		memcpy(prefix->data, b.data, b.size);
		if (len)
			memcpy(prefix->data + b.size, o->name, len);
	}
	free(b.data);
	return prefix->data ? 0 : -ENOMEM;
}

static void request_release(struct sign_request *rq)
{
	EVP_PKEY_free(rq->key);
	free(rq->enc_key.data);
	free(rq->payload.data);
	free(rq->sig.data);
	free(rq->prefix.data);
}

/* Return: 0, or an exit status with a message printed. */
static int request_init(const struct sign_options *o, struct sign_request *rq)
{
	char in[64];
	uint32_t depth;
	int ret;

	*rq = (struct sign_request){
		.type = o->enc_key ? SHDR_ENCRYPTED_TA : SHDR_BOOTSTRAP_TA,
		.algo = o->algo,
		.version = o->version,
		.enc_flags = o->enc_flags,
	};
	memcpy(rq->uuid, o->uuid, sizeof(rq->uuid));
	snprintf(in, sizeof(in), "%s.stripped.elf", o->uuid_text);
	ret = sign_load_key(o->key, &rq->key);
	if (ret)
		return sign_fail("%s: %s", o->key, ret == -EINVAL ? "no RSA key" : strerror(-ret));
	if (o->enc_key && parse_hex(o->enc_key, &rq->enc_key))
		return sign_fail("--enc-key: not 16, 24 or 32 bytes in hexadecimal");
	ret = sign_read(o->in ? o->in : in, &rq->payload);
	if (ret)
		return sign_fail("%s: %s", o->in ? o->in : in, strerror(-ret));
	if (o->subkey) {
		ret = load_prefix(o, &rq->prefix, &depth);
		if (ret)
			return sign_fail("%s: %s", o->subkey,
					 ret == -EBADMSG      ? "no sub-key" :
					 ret == -ENAMETOOLONG ? "takes no name so long" :
								strerror(-ret));
	}
	return 0;
}

static int finish(const struct sign_options *o, const struct sign_request *rq, const char *suffix)
{
	struct sign_bytes out = { NULL, 0 };
	char name[64];
	int ret = sign_build(rq, &out);

	if (ret)
		return sign_fail("%s", ret == -ENOKEY ? "the key can't be used for signing" :
				       ret == -EKEYREJECTED ? "the signature isn't of this image" :
							      strerror(-ret));
	snprintf(name, sizeof(name), "%s%s", o->uuid_text, suffix);
	ret = sign_write(o->out ? o->out : name, out.data, out.size);
	free(out.data);
	return ret ? sign_fail("%s: %s", o->out ? o->out : name, strerror(-ret)) : 0;
}

int sign_cmd_enc(const struct sign_options *o)
{
	struct sign_request rq;
	int ret = request_init(o, &rq);

	if (!ret)
		ret = finish(o, &rq, ".ta");
	request_release(&rq);
	return ret;
}

int sign_cmd_digest(const struct sign_options *o)
{
	uint8_t digest[SHDR_HASH_SIZE], text[64];
	struct sign_request rq;
	int n, ret = request_init(o, &rq);

	if (!ret && sign_digest(&rq, digest))
		ret = sign_fail("no digest");
	request_release(&rq);
	if (ret)
		return ret;
	n = EVP_EncodeBlock(text, digest, sizeof(digest));
	ret = sign_write(o->dig, text, (size_t)n);
	return ret ? sign_fail("%s: %s", o->dig, strerror(-ret)) : 0;
}

/* Base64 over any number of lines, as openssl and base64 write it. */
static int read_signature(const char *path, struct sign_bytes *sig)
{
	struct sign_bytes text = { NULL, 0 };
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n = 0, rest = 0, ret = sign_read(path, &text);

	if (!ret) {
		sig->data = malloc(text.size + 1);
		EVP_DecodeInit(ctx);
		if (!sig->data ||
		    EVP_DecodeUpdate(ctx, sig->data, &n, text.data, (int)text.size) < 0 ||
		    EVP_DecodeFinal(ctx, sig->data + n, &rest) < 0)
			ret = -EBADMSG;
		sig->size = (size_t)(n + rest);
	}
	EVP_ENCODE_CTX_free(ctx);
	free(text.data);
	return ret;
}

int sign_cmd_stitch(const struct sign_options *o)
{
	struct sign_request rq;
	int ret = request_init(o, &rq);

	if (!ret && read_signature(o->sig, &rq.sig))
		ret = sign_fail("%s: no signature in base64", o->sig);
	if (!ret)
		ret = finish(o, &rq, ".ta");
	request_release(&rq);
	return ret;
}

int sign_cmd_subkey(const struct sign_options *o)
{
	struct sign_request rq = { .type = SHDR_SUBKEY, .algo = o->algo };
	uint32_t above = UINT32_MAX, depth = 0;
	EVP_PKEY *key = NULL;
	int ret = 0;

	if (sign_load_key(o->key, &rq.key) || sign_load_key(o->in, &key))
		ret = sign_fail("no RSA key in %s", rq.key ? o->in : o->key);
	if (!ret && o->subkey && load_prefix(o, &rq.prefix, &above))
		ret = sign_fail("%s: no sub-key, or the name is too long for it", o->subkey);
	if (o->have_depth)
		depth = o->max_depth;
	else if (o->subkey)
		depth = above - 1;
	if (!ret && depth >= above)
		ret = sign_fail("below that sub-key --max-depth must be less than %u", above);
	if (!ret && sign_subkey_body(key, o->uuid, o->name_size, o->subkey_version, depth, o->algo,
				     &rq.payload))
		ret = sign_fail("%s: no key for this", o->in);
	if (!ret)
		ret = finish(o, &rq, ".bin");
	EVP_PKEY_free(key);
	request_release(&rq);
	return ret;
}

int sign_cmd_subkey_uuid(const struct sign_options *o)
{
	struct sign_bytes b = { NULL, 0 };
	struct sign_part p = { .payload = NULL };
	char text[UUID_TEXT_SIZE];
	uint8_t next[16];
	size_t at = 0;

	if (sign_read(o->in, &b))
		return sign_fail("%s: can't be read", o->in);
	/* The last one's name is what we are asked about. */
	while (!sign_walk(&b, &at, &p) && at < b.size)
		;
	if (!p.payload || p.h.img_type != SHDR_SUBKEY) {
		free(b.data);
		return sign_fail("%s: no sub-key", o->in);
	}
	sign_next_uuid(p.sk.uuid, o->name && p.sk.name_size ? o->name : "", next);
	uuid_format(next, text);
	puts(text);
	free(b.data);
	return 0;
}

static int write_c_array(const struct sign_options *o, const char *pem, size_t size)
{
	FILE *f = fopen(o->out, "we");
	size_t i;

	if (!f)
		return -errno;
	fputs("/* The public key that images are checked with, in PEM. Made by teelink-sign. */\n"
	      "#include <stddef.h>\n\n"
	      "extern const char ta_default_key[];\n"
	      "extern const size_t ta_default_key_size;\n\n"
	      "const char ta_default_key[] = {\n",
	      f);
	for (i = 0; i < size; i++)
		fprintf(f, "%d,%c", pem[i], i % 16 == 15 ? '\n' : ' ');
	fprintf(f, "\n};\nconst size_t ta_default_key_size = %zu;\n", size);
	return fclose(f) ? -errno : 0;
}

int sign_cmd_public_key(const struct sign_options *o)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key = NULL;
	char *pem = NULL;
	long size = 0;
	int ret = 0;

	if (sign_load_key(o->key, &key))
		ret = sign_fail("%s: no RSA key", o->key);
	else if (PEM_write_bio_PUBKEY(bio, key) == 1)
		size = BIO_get_mem_data(bio, &pem);
	if (!ret && size <= 0)
		ret = sign_fail("no memory");
	else if (!ret && o->format && !strcmp(o->format, "c"))
		ret = write_c_array(o, pem, (size_t)size) ? sign_fail("%s: not written", o->out) : 0;
	else if (!ret)
		ret = sign_write(o->out, pem, (size_t)size) ? sign_fail("%s: not written", o->out)
							    : 0;
	BIO_free(bio);
	EVP_PKEY_free(key);
	return ret;
}
