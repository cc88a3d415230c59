// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/property.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "tee/ta/syscall.h"
#include "tee/world.h"
#include "wire/property.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u

#define ROOT_KEY_SIZE 32u
#define LABEL "teelink device id"
#define UUID_VERSION_AT 6 /* RFC 4122 4.1.3: of names' hashes */
#define UUID_VERSION 0x50u
#define UUID_VARIANT_AT 8
#define UUID_VARIANT 0x80u

struct property_service {
	struct tee_world *world;
	bool known;
	uint8_t device_id[PROPERTY_DEVICE_ID_SIZE];
};

/* HMAC-SHA256 of a label under the machine's root key; a machine without one is another each time. */
static int make_device_id(struct tee_world *w, uint8_t id[PROPERTY_DEVICE_ID_SIZE])
{
	uint8_t root[ROOT_KEY_SIZE], digest[EVP_MAX_MD_SIZE];
	int ret = world_root_key(w, root);

	if (ret == -ENOENT)
		ret = RAND_bytes(digest, PROPERTY_DEVICE_ID_SIZE) == 1 ? 0 : -EIO;
	else if (!ret && !HMAC(EVP_sha256(), root, (int)sizeof(root), (const uint8_t *)LABEL,
			       sizeof(LABEL), digest, NULL))
		ret = -ENOMEM;
	if (!ret) {
		memcpy(id, digest, PROPERTY_DEVICE_ID_SIZE);
		id[UUID_VERSION_AT] = (uint8_t)((id[UUID_VERSION_AT] & 0x0fu) | UUID_VERSION);
		id[UUID_VARIANT_AT] = (uint8_t)((id[UUID_VARIANT_AT] & 0x3fu) | UUID_VARIANT);
	}
	explicit_bzero(root, sizeof(root));
	explicit_bzero(digest, sizeof(digest));
	return ret;
}

static uint32_t device_id(struct property_service *s, struct ta_syscall *sc)
{
	uint8_t id[PROPERTY_DEVICE_ID_SIZE];

	if (!s->known) {
		if (make_device_id(s->world, id))
			return TEE_ERROR_GENERIC;
		/* The lock was dropped: another call may have been here meanwhile. */
		if (!s->known)
			memcpy(s->device_id, id, sizeof(id));
		s->known = true;
	}
	memcpy(sc->arg, s->device_id, sizeof(s->device_id));
	return TEE_SUCCESS;
}

static uint32_t serve(void *server, struct ta_syscall *sc)
{
	switch (sc->nr) {
	case PROPERTY_DEVICE_ID:
		return device_id(server, sc);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

int property_service_create(struct tee_world *w, struct property_service **sp)
{
	static const struct ta_syscall_ops ops = { .call = serve };
	struct property_service *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	s->world = w;
	ret = ta_syscall_register(w, MAILBOX_SYSCALL_PROPERTY, &ops, s);
	if (ret) {
		free(s);
		return ret;
	}
	*sp = s;
	return 0;
}

void property_service_destroy(struct property_service *s)
{
	free(s);
}
