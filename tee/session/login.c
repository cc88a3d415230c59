/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "tee/session/result.h"

/* The namespace of Linux's client UUIDs (drivers/tee/tee_core.c): 58ac9ca0-2086-4683-a1b8-ec4bc08e01b6. */
static const uint8_t client_namespace[16] = { 0x58, 0xac, 0x9c, 0xa0, 0x20, 0x86, 0x46, 0x83,
					      0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6 };

#define SHA1_SIZE 20u

/* UUID of version 5 (RFC 4122, section 4.3). */
static uint32_t name_uuid(const char *name, uint8_t uuid[16])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t digest[SHA1_SIZE];
	bool ok;

	ok = md && EVP_DigestInit_ex(md, EVP_sha1(), NULL) &&
	     EVP_DigestUpdate(md, client_namespace, sizeof(client_namespace)) &&
	     EVP_DigestUpdate(md, name, strlen(name)) && EVP_DigestFinal_ex(md, digest, NULL);
	EVP_MD_CTX_free(md);
	if (!ok)
		return TEE_ERROR_OUT_OF_MEMORY;
	memcpy(uuid, digest, 16);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return TEE_SUCCESS;
}

int login_prepare(void)
{
	uint8_t uuid[16];

	return name_uuid("", uuid) ? -ENOMEM : 0;
}

static bool in_group(const struct vm_creds *creds, uint32_t gid)
{
	uint32_t i;

	if (creds->gid == gid)
		return true;
	for (i = 0; i < creds->num_groups && i < VM_MAX_GROUPS; i++) {
		if (creds->groups[i] == gid)
			return true;
	}
	return false;
}

/* A process: its own word counts for nothing but which of its groups it means. */
static uint32_t process_identity(const struct vm_creds *creds, uint32_t login, const uint8_t data[16],
				 uint8_t client_uuid[16])
{
	char name[32];
	uint32_t gid;

	switch (login) {
	case TEE_LOGIN_PUBLIC:
		return TEE_SUCCESS;
	case TEE_LOGIN_USER:
		snprintf(name, sizeof(name), "uid=%" PRIx32, creds->uid);
		return name_uuid(name, client_uuid);
	case TEE_LOGIN_GROUP:
		memcpy(&gid, data, sizeof(gid));
		if (!in_group(creds, gid))
			return TEE_ERROR_ACCESS_DENIED;
		snprintf(name, sizeof(name), "gid=%" PRIx32, gid);
		return name_uuid(name, client_uuid);
	case TEE_LOGIN_APPLICATION:
	case TEE_LOGIN_APPLICATION_USER:
	case TEE_LOGIN_APPLICATION_GROUP:
		return TEE_ERROR_NOT_IMPLEMENTED;
	case TEE_LOGIN_REE_KERNEL:
		return TEE_ERROR_ACCESS_DENIED;
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

/* A guest kernel vouches for its processes. */
static uint32_t guest_identity(uint32_t login, const uint8_t data[16], uint8_t client_uuid[16])
{
	switch (login) {
	case TEE_LOGIN_PUBLIC:
	case TEE_LOGIN_REE_KERNEL:
		return TEE_SUCCESS;
	case TEE_LOGIN_USER:
	case TEE_LOGIN_GROUP:
	case TEE_LOGIN_APPLICATION:
	case TEE_LOGIN_APPLICATION_USER:
	case TEE_LOGIN_APPLICATION_GROUP:
		memcpy(client_uuid, data, 16);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

uint32_t login_identity(const struct tee_vm *vm, uint32_t login, const uint8_t data[16],
			uint8_t client_uuid[16])
{
	memset(client_uuid, 0, 16);
	if (vm->guest)
		return guest_identity(login, data, client_uuid);
	return process_identity(&vm->creds, login, data, client_uuid);
}
