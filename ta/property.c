// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Properties (4.4): of the TA, its client, and the implementation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/uuid.h"
#include "ta/base64.h"
#include "ta/bigint.h"
#include "ta/runtime.h"

#define NOT_STARTED UINT32_MAX
#define VALUE_TEXT_SIZE 64u /* a number, UUID or identity as text */

struct __TEE_PropSetHandle {
	TEE_PropSetHandle set; /* pseudo handle, NULL before start */
	uint32_t index;
};

#define TEE_BOOL(name, value) { name, USER_TA_PROP_TYPE_BOOL, &(const bool){ value } }
#define TEE_U32(name, value) { name, USER_TA_PROP_TYPE_U32, &(const uint32_t){ value } }
#define TEE_STRING(name, value) { name, USER_TA_PROP_TYPE_STRING, value }

/* Table 4-15. Levels of protection: 100 is the normal world's, 0 none at all. */
static const struct user_ta_property tee_props[] = {
	TEE_STRING("gpd.tee.apiversion", "1.3"),
	TEE_U32("gpd.tee.internalCore.version", TEE_CORE_API_VERSION),
	TEE_STRING("gpd.tee.description", "teelink"),
	/* value: the secure world's, asked when it is asked for */
	{ "gpd.tee.deviceID", USER_TA_PROP_TYPE_UUID, NULL },
	TEE_U32("gpd.tee.systemTime.protectionLevel", 100),
	TEE_U32("gpd.tee.TAPersistentTime.protectionLevel", 100),
	TEE_U32("gpd.tee.arith.maxBigIntSize", TA_BIGINT_MAX_BITS),
	TEE_BOOL("gpd.tee.cryptography.ecc", true),
	TEE_BOOL("gpd.tee.cryptography.nist", true),
	/* The Brainpool curves. */
	TEE_BOOL("gpd.tee.cryptography.bsi-r", true),
	TEE_BOOL("gpd.tee.cryptography.bsi-t", true),
	TEE_BOOL("gpd.tee.cryptography.ietf", true),
	TEE_BOOL("gpd.tee.cryptography.octa", true),
	TEE_U32("gpd.tee.trustedStorage.antiRollback.protectionLevel", 100),
	TEE_U32("gpd.tee.trustedStorage.rollbackDetection.protectionLevel", 100),
	TEE_STRING("gpd.tee.trustedos.implementation.version", TEELINK_VERSION),
	/* Numbers, as OP-TEE has them; GP has bytes. */
	TEE_U32("gpd.tee.trustedos.implementation.binaryversion", TEELINK_VERSION_NUMBER),
	TEE_STRING("gpd.tee.trustedos.manufacturer", "teelink"),
	/* Below a TA there is the computer that runs everything else. */
	TEE_STRING("gpd.tee.firmware.implementation.version", ""),
	TEE_U32("gpd.tee.firmware.implementation.binaryversion", 0),
	TEE_STRING("gpd.tee.firmware.manufacturer", ""),
	TEE_U32("gpd.tee.event.maxSources", 0),
};
static const struct user_ta_property client_props[] = {
	/* value: the call's, filled in when it is asked for */
	{ "gpd.client.identity", USER_TA_PROP_TYPE_IDENTITY, NULL },
	{ "gpd.client.endian", USER_TA_PROP_TYPE_U32, &(const uint32_t){ 0 } },
};

static bool is_pseudo(TEE_PropSetHandle h)
{
	return h == TEE_PROPSET_CURRENT_TA || h == TEE_PROPSET_CURRENT_CLIENT ||
	       h == TEE_PROPSET_TEE_IMPLEMENTATION;
}

static const struct user_ta_property *set_props(TEE_PropSetHandle set, size_t *num)
{
	struct ta_runtime *rt = ta_runtime_current();

	*num = 0;
	if (set == TEE_PROPSET_CURRENT_TA) {
		*num = rt->num_props;
		return rt->props;
	}
	if (set == TEE_PROPSET_CURRENT_CLIENT) {
		*num = sizeof(client_props) / sizeof(client_props[0]);
		return client_props;
	}
	if (set == TEE_PROPSET_TEE_IMPLEMENTATION) {
		*num = sizeof(tee_props) / sizeof(tee_props[0]);
		return tee_props;
	}
	return NULL;
}

static TEE_Result prop_find(TEE_PropSetHandle h, const char *name,
			    const struct user_ta_property **found, const char *func)
{
	const struct user_ta_property *props;
	size_t i, num;

	if (!h)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no set of properties");
	if (!is_pseudo(h)) {
		props = set_props(h->set, &num);
		if (h->index >= num)
			return TEE_ERROR_ITEM_NOT_FOUND;
		*found = &props[h->index];
		return TEE_SUCCESS;
	}
	if (!name)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no name of a property");
	props = set_props(h, &num);
	for (i = 0; i < num; i++) {
		if (!strcmp(props[i].name, name)) {
			*found = &props[i];
			return TEE_SUCCESS;
		}
	}
	return TEE_ERROR_ITEM_NOT_FOUND;
}

static void current_client(TEE_Identity *id)
{
	struct ta_runtime *rt = ta_runtime_current();

	memset(id, 0, sizeof(*id));
	id->login = rt->call.login;
	uuid_from_octets(rt->call.client_uuid, &id->uuid.timeLow, &id->uuid.timeMid,
			 &id->uuid.timeHiAndVersion, id->uuid.clockSeqAndNode);
}

/* Return: TEE_SUCCESS, TEE_ERROR_ITEM_NOT_FOUND (the machine can't say who it is). */
static TEE_Result prop_uuid(const struct user_ta_property *p, TEE_UUID *uuid)
{
	if (!p->value)
		return ta_device_id(uuid) == TEE_SUCCESS ? TEE_SUCCESS : TEE_ERROR_ITEM_NOT_FOUND;
	memcpy(uuid, p->value, sizeof(*uuid));
	return TEE_SUCCESS;
}

static void prop_identity(const struct user_ta_property *p, TEE_Identity *id)
{
	if (p->value)
		memcpy(id, p->value, sizeof(*id));
	else
		current_client(id);
}

/* A property of exactly this type, copied. */
static TEE_Result prop_get(TEE_PropSetHandle h, const char *name, enum user_ta_prop_type type,
			   void *value, size_t size, const char *func)
{
	const struct user_ta_property *p;
	TEE_Result res;

	if (!value)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no place for the value");
	res = prop_find(h, name, &p, func);
	if (res != TEE_SUCCESS)
		return res;
	if (p->type != type)
		return TEE_ERROR_BAD_FORMAT;
	if (type == USER_TA_PROP_TYPE_UUID)
		return prop_uuid(p, value);
	if (type == USER_TA_PROP_TYPE_IDENTITY)
		prop_identity(p, value);
	else
		memcpy(value, p->value, size);
	return TEE_SUCCESS;
}

TEE_Result TEE_GetPropertyAsBool(TEE_PropSetHandle h, const char *name, bool *value)
{
	return prop_get(h, name, USER_TA_PROP_TYPE_BOOL, value, sizeof(*value), __func__);
}

TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle h, const char *name, uint32_t *value)
{
	return prop_get(h, name, USER_TA_PROP_TYPE_U32, value, sizeof(*value), __func__);
}

TEE_Result TEE_GetPropertyAsU64(TEE_PropSetHandle h, const char *name, uint64_t *value)
{
	return prop_get(h, name, USER_TA_PROP_TYPE_U64, value, sizeof(*value), __func__);
}

TEE_Result TEE_GetPropertyAsUUID(TEE_PropSetHandle h, const char *name, TEE_UUID *value)
{
	return prop_get(h, name, USER_TA_PROP_TYPE_UUID, value, sizeof(*value), __func__);
}

TEE_Result TEE_GetPropertyAsIdentity(TEE_PropSetHandle h, const char *name, TEE_Identity *value)
{
	return prop_get(h, name, USER_TA_PROP_TYPE_IDENTITY, value, sizeof(*value), __func__);
}

TEE_Result TEE_GetPropertyAsBinaryBlock(TEE_PropSetHandle h, const char *name, void *value,
					size_t *len)
{
	const struct user_ta_property *p;
	size_t room;
	TEE_Result res;

	if (!len || (!value && *len))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the value");
	res = prop_find(h, name, &p, __func__);
	if (res != TEE_SUCCESS)
		return res;
	if (p->type != USER_TA_PROP_TYPE_BINARY_BLOCK)
		return TEE_ERROR_BAD_FORMAT;
	room = *len;
	*len = base64_decode(p->value, value, room);
	return *len > room ? TEE_ERROR_SHORT_BUFFER : TEE_SUCCESS;
}

static void uuid_text(const TEE_UUID *uuid, char text[UUID_TEXT_SIZE])
{
	uint8_t octets[UUID_OCTETS];

	uuid_to_octets(uuid->timeLow, uuid->timeMid, uuid->timeHiAndVersion,
		       uuid->clockSeqAndNode, octets);
	uuid_format(octets, text);
}

static const char *prop_text(const struct user_ta_property *p, char text[VALUE_TEXT_SIZE])
{
	char uuid[UUID_TEXT_SIZE];
	TEE_Identity id;
	TEE_UUID u;
	uint32_t u32;
	uint64_t u64;

	switch (p->type) {
	case USER_TA_PROP_TYPE_BOOL:
		return *(const bool *)p->value ? "true" : "false";
	case USER_TA_PROP_TYPE_U32:
		memcpy(&u32, p->value, sizeof(u32));
		snprintf(text, VALUE_TEXT_SIZE, "%" PRIu32, u32);
		return text;
	case USER_TA_PROP_TYPE_U64:
		memcpy(&u64, p->value, sizeof(u64));
		snprintf(text, VALUE_TEXT_SIZE, "%" PRIu64, u64);
		return text;
	case USER_TA_PROP_TYPE_UUID:
		if (prop_uuid(p, &u) != TEE_SUCCESS)
			return NULL;
		uuid_text(&u, text);
		return text;
	case USER_TA_PROP_TYPE_IDENTITY:
		prop_identity(p, &id);
		uuid_text(&id.uuid, uuid);
		snprintf(text, VALUE_TEXT_SIZE, "%" PRIu32 ":%s", id.login, uuid);
		return text;
	case USER_TA_PROP_TYPE_STRING:
	case USER_TA_PROP_TYPE_BINARY_BLOCK:
		return p->value;
	default:
		return NULL;
	}
}

/* With its NUL; *@len becomes what is needed. */
static TEE_Result give_text(const char *text, char *buffer, size_t *len)
{
	size_t room = *len, need = strlen(text) + 1;

	*len = need;
	if (room)
		snprintf(buffer, room, "%s", text);
	return need > room ? TEE_ERROR_SHORT_BUFFER : TEE_SUCCESS;
}

TEE_Result TEE_GetPropertyAsString(TEE_PropSetHandle h, const char *name, char *value, size_t *len)
{
	const struct user_ta_property *p;
	char text[VALUE_TEXT_SIZE];
	const char *s;
	TEE_Result res;

	if (!len || (!value && *len))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the value");
	res = prop_find(h, name, &p, __func__);
	if (res != TEE_SUCCESS)
		return res;
	s = prop_text(p, text);
	if (!s)
		return p->value ? TEE_ERROR_BAD_FORMAT : TEE_ERROR_ITEM_NOT_FOUND;
	return give_text(s, value, len);
}

TEE_Result TEE_AllocatePropertyEnumerator(TEE_PropSetHandle *enumerator)
{
	if (!enumerator)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the handle");
	*enumerator = TEE_Malloc(sizeof(**enumerator), TEE_MALLOC_FILL_ZERO);
	if (!*enumerator)
		return TEE_ERROR_OUT_OF_MEMORY;
	(*enumerator)->index = NOT_STARTED;
	return TEE_SUCCESS;
}

void TEE_FreePropertyEnumerator(TEE_PropSetHandle enumerator)
{
	if (is_pseudo(enumerator))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not an enumerator");
	TEE_Free(enumerator);
}

void TEE_StartPropertyEnumerator(TEE_PropSetHandle enumerator, TEE_PropSetHandle propSet)
{
	if (!enumerator || is_pseudo(enumerator) || !is_pseudo(propSet))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not an enumerator, or no set of properties");
	enumerator->set = propSet;
	enumerator->index = 0;
}

void TEE_ResetPropertyEnumerator(TEE_PropSetHandle enumerator)
{
	if (!enumerator || is_pseudo(enumerator))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not an enumerator");
	enumerator->index = NOT_STARTED;
}

TEE_Result TEE_GetPropertyName(TEE_PropSetHandle enumerator, void *name, size_t *len)
{
	const struct user_ta_property *p;
	TEE_Result res;

	if (!enumerator || is_pseudo(enumerator) || !len || (!name && *len))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not an enumerator, or no place for the name");
	res = prop_find(enumerator, NULL, &p, __func__);
	return res == TEE_SUCCESS ? give_text(p->name, name, len) : res;
}

TEE_Result TEE_GetNextProperty(TEE_PropSetHandle enumerator)
{
	size_t num;

	if (!enumerator || is_pseudo(enumerator))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not an enumerator");
	if (enumerator->index == NOT_STARTED)
		return TEE_ERROR_ITEM_NOT_FOUND;
	set_props(enumerator->set, &num);
	if (enumerator->index < num)
		enumerator->index++;
	return enumerator->index < num ? TEE_SUCCESS : TEE_ERROR_ITEM_NOT_FOUND;
}
