/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the commands of teelink-sign share.
 * Thread rule: one thread.
 * Ownership rule: options are the command line's; bytes are freed by who got them.
 */
#ifndef TEELINK_TOOLS_SIGN_SIGN_H
#define TEELINK_TOOLS_SIGN_SIGN_H

#include "tools/sign/image.h"

struct sign_options {
	uint8_t uuid[16];
	bool have_uuid;
	const char *uuid_text;
	const char *key, *in, *out, *sig, *dig, *subkey, *name, *enc_key, *format;
	uint32_t algo, version, subkey_version, enc_flags;
	uint32_t name_size;
	bool have_name_size, have_depth;
	uint32_t max_depth;
};

/* "teelink-sign: text" on stderr. Return: 1, the exit status. */
int sign_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Commands. Return: the exit status. */
int sign_cmd_enc(const struct sign_options *o);
int sign_cmd_digest(const struct sign_options *o);
int sign_cmd_stitch(const struct sign_options *o);
int sign_cmd_verify(const struct sign_options *o);
int sign_cmd_display(const struct sign_options *o);
int sign_cmd_subkey_uuid(const struct sign_options *o);
int sign_cmd_subkey(const struct sign_options *o);
int sign_cmd_public_key(const struct sign_options *o);

/* walk.c: the parts of an image, as they are in the file. */
struct sign_part {
	struct shdr h;
	const uint8_t *hash, *sig, *body;
	size_t body_size; /* of what the hash covers behind the signature */
	struct shdr_bootstrap_ta bs;
	struct shdr_encrypted_ta enc;
	struct shdr_subkey sk;
	const uint8_t *payload, *name; /* name: of a sub-key, sk.name_size bytes */
};

/* The part at @offset, and where the next begins. Return: 0 or -EBADMSG. */
int sign_walk(const struct sign_bytes *b, size_t *offset, struct sign_part *p);

#endif
