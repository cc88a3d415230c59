// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <string.h>

#include "fake_runtime.h"
#include "ta/base64.h"

#include <cmocka.h>

#define UUID                                                                                       \
	{                                                                                          \
		0x00112233, 0x4455, 0x6677,                                                        \
		{                                                                                  \
			0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff                             \
		}                                                                                  \
	}
#define UUID_TEXT "00112233-4455-6677-8899-aabbccddeeff"

static const struct user_ta_property props[] = {
	{ "bool", USER_TA_PROP_TYPE_BOOL, &(const bool){ true } },
	{ "u32", USER_TA_PROP_TYPE_U32, &(const uint32_t){ 4000000000u } },
	{ "u64", USER_TA_PROP_TYPE_U64, &(const uint64_t){ 1ull << 40 } },
	{ "uuid", USER_TA_PROP_TYPE_UUID, &(const TEE_UUID)UUID },
	{ "identity", USER_TA_PROP_TYPE_IDENTITY, &(const TEE_Identity){ 5, UUID } },
	{ "string", USER_TA_PROP_TYPE_STRING, "some words" },
	{ "block", USER_TA_PROP_TYPE_BINARY_BLOCK, "AAECAwQ=" },
};
#define TA TEE_PROPSET_CURRENT_TA

static int start(void **state)
{
	int ret = fake_runtime_start(state);

	fake.rt.props = props;
	fake.rt.num_props = sizeof(props) / sizeof(props[0]);
	return ret;
}

static void expect_text(const char *name, const char *text)
{
	char buf[80];
	size_t len = sizeof(buf);

	assert_int_equal(TEE_GetPropertyAsString(TA, name, buf, &len), TEE_SUCCESS);
	assert_string_equal(buf, text);
	assert_int_equal(len, strlen(text) + 1);
	len--;
	assert_int_equal(TEE_GetPropertyAsString(TA, name, buf, &len), TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, strlen(text) + 1);
	len = 0;
	assert_int_equal(TEE_GetPropertyAsString(TA, name, NULL, &len), TEE_ERROR_SHORT_BUFFER);
}

static void test_text(void **state)
{
	(void)state;
	expect_text("bool", "true");
	expect_text("u32", "4000000000");
	expect_text("u64", "1099511627776");
	expect_text("uuid", UUID_TEXT);
	expect_text("identity", "5:" UUID_TEXT);
	expect_text("string", "some words");
	expect_text("block", "AAECAwQ=");
}

static void test_types(void **state)
{
	static const TEE_UUID want = UUID;
	TEE_Identity id;
	TEE_UUID uuid;
	uint64_t u64;
	uint32_t u32;
	bool b = false;

	(void)state;
	assert_int_equal(TEE_GetPropertyAsBool(TA, "bool", &b), TEE_SUCCESS);
	assert_true(b);
	assert_int_equal(TEE_GetPropertyAsU32(TA, "u32", &u32), TEE_SUCCESS);
	assert_int_equal(u32, 4000000000u);
	assert_int_equal(TEE_GetPropertyAsU64(TA, "u64", &u64), TEE_SUCCESS);
	assert_true(u64 == 1ull << 40);
	assert_int_equal(TEE_GetPropertyAsUUID(TA, "uuid", &uuid), TEE_SUCCESS);
	assert_memory_equal(&uuid, &want, sizeof(uuid));
	assert_int_equal(TEE_GetPropertyAsIdentity(TA, "identity", &id), TEE_SUCCESS);
	assert_int_equal(id.login, 5);
	assert_int_equal(TEE_GetPropertyAsU32(TA, "string", &u32), TEE_ERROR_BAD_FORMAT);
	assert_int_equal(TEE_GetPropertyAsU32(TA, "nothing", &u32), TEE_ERROR_ITEM_NOT_FOUND);
	EXPECT_PANIC(TEE_GetPropertyAsU32(TA, NULL, &u32));
	EXPECT_PANIC(TEE_GetPropertyAsU32(TA, "u32", NULL));
	EXPECT_PANIC(TEE_GetPropertyAsU32(NULL, "u32", &u32));
}

static void test_binary_block(void **state)
{
	static const uint8_t want[5] = { 0, 1, 2, 3, 4 };
	uint8_t buf[5];
	size_t len = 4;

	(void)state;
	assert_int_equal(TEE_GetPropertyAsBinaryBlock(TA, "block", buf, &len),
			 TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 5);
	assert_int_equal(TEE_GetPropertyAsBinaryBlock(TA, "block", buf, &len), TEE_SUCCESS);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, want, 5);
}

static void test_base64(void **state)
{
	uint8_t buf[8];

	(void)state;
	assert_int_equal(base64_decode("", buf, sizeof(buf)), 0);
	assert_int_equal(base64_decode("Zm9vYmFy", buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "foobar", 6);
	assert_int_equal(base64_decode("Zg==", buf, sizeof(buf)), 1);
	assert_int_equal(base64_decode("Zg=", buf, sizeof(buf)), 1);
	assert_int_equal(base64_decode("====", buf, sizeof(buf)), 0);
	assert_int_equal(base64_decode("-%@&", buf, sizeof(buf)), 0);
	assert_int_equal(base64_decode("/////w==", buf, sizeof(buf)), 4);
	assert_memory_equal(buf, "\xff\xff\xff\xff", 4);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(base64_decode("Zm9vYmFy", buf, 2), 6);
	assert_memory_equal(buf, "fo\0", 3);
}

static void test_client(void **state)
{
	static const TEE_UUID want = UUID;
	static const uint8_t octets[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	TEE_Identity id;
	char text[80];
	size_t len = sizeof(text);

	(void)state;
	fake.rt.call.login = 2;
	memcpy(fake.rt.call.client_uuid, octets, sizeof(octets));
	assert_int_equal(TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT,
						   "gpd.client.identity", &id),
			 TEE_SUCCESS);
	assert_int_equal(id.login, 2);
	assert_memory_equal(&id.uuid, &want, sizeof(want));
	assert_int_equal(TEE_GetPropertyAsString(TEE_PROPSET_CURRENT_CLIENT,
						 "gpd.client.identity", text, &len),
			 TEE_SUCCESS);
	assert_string_equal(text, "2:" UUID_TEXT);
}

#define TEE TEE_PROPSET_TEE_IMPLEMENTATION

/* What GP and OP-TEE's users ask an implementation for. */
static void test_implementation(void **state)
{
	static const TEE_UUID want = UUID;
	char text[80];
	size_t len = sizeof(text);
	uint32_t version = 0;
	bool has = false;
	TEE_UUID id;

	(void)state;
	fake.device_id = want;
	assert_int_equal(TEE_GetPropertyAsUUID(TEE, "gpd.tee.deviceID", &id), TEE_SUCCESS);
	assert_memory_equal(&id, &want, sizeof(id));
	assert_int_equal(TEE_GetPropertyAsString(TEE, "gpd.tee.deviceID", text, &len), TEE_SUCCESS);
	assert_string_equal(text, UUID_TEXT);
	fake.device_id_result = TEE_ERROR_GENERIC;
	assert_int_equal(TEE_GetPropertyAsUUID(TEE, "gpd.tee.deviceID", &id),
			 TEE_ERROR_ITEM_NOT_FOUND);
	len = sizeof(text);
	assert_int_equal(TEE_GetPropertyAsString(TEE, "gpd.tee.deviceID", text, &len),
			 TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(TEE_GetPropertyAsBool(TEE, "gpd.tee.cryptography.bsi-r", &has),
			 TEE_SUCCESS);
	assert_true(has);
	assert_int_equal(TEE_GetPropertyAsU32(TEE, "gpd.tee.trustedos.implementation.binaryversion",
					      &version),
			 TEE_SUCCESS);
	assert_int_not_equal(version, 0);
}

static void test_enumerator(void **state)
{
	TEE_PropSetHandle e;
	char name[16];
	size_t len = sizeof(name);
	unsigned int n = 1;
	uint32_t u32;

	(void)state;
	assert_int_equal(TEE_AllocatePropertyEnumerator(&e), TEE_SUCCESS);
	assert_int_equal(TEE_GetNextProperty(e), TEE_ERROR_ITEM_NOT_FOUND);
	TEE_StartPropertyEnumerator(e, TA);
	assert_int_equal(TEE_GetPropertyName(e, name, &len), TEE_SUCCESS);
	assert_string_equal(name, "bool");
	while (TEE_GetNextProperty(e) == TEE_SUCCESS)
		if (n++ == 1)
			assert_int_equal(TEE_GetPropertyAsU32(e, NULL, &u32), TEE_SUCCESS);
	assert_int_equal(n, fake.rt.num_props);
	assert_int_equal(TEE_GetPropertyAsU32(e, NULL, &u32), TEE_ERROR_ITEM_NOT_FOUND);
	TEE_ResetPropertyEnumerator(e);
	assert_int_equal(TEE_GetPropertyName(e, name, &len), TEE_ERROR_ITEM_NOT_FOUND);
	EXPECT_PANIC(TEE_StartPropertyEnumerator(e, e));
	EXPECT_PANIC(TEE_GetNextProperty(TA));
	EXPECT_PANIC(TEE_GetPropertyName(e, name, NULL));
	EXPECT_PANIC(TEE_ResetPropertyEnumerator(TA));
	EXPECT_PANIC(TEE_FreePropertyEnumerator(TA));
	EXPECT_PANIC(TEE_AllocatePropertyEnumerator(NULL));
	TEE_FreePropertyEnumerator(e);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),       TEST(test_types),  TEST(test_binary_block),
		TEST(test_base64),     TEST(test_client), TEST(test_implementation),
		TEST(test_enumerator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
