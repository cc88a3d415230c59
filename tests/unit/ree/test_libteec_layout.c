/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a program that was built against OP-TEE's client library 2.0.0 has compiled in: layouts
 * (LP64), constants, names. The library's file comes in as the only argument.
 */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <tee_client_api.h>
#include <tee_client_api_extensions.h>

#define PIN_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#define PIN(type, member, offset)                                                                  \
	_Static_assert(offsetof(type, member) == (offset), #type "." #member)

#ifdef __LP64__
PIN_SIZE(TEEC_Context, 8);
PIN(TEEC_Context, imp.fd, 0);
PIN(TEEC_Context, imp.reg_mem, 4);
PIN(TEEC_Context, imp.memref_null, 5);

PIN_SIZE(TEEC_SharedMemory, 56);
PIN(TEEC_SharedMemory, buffer, 0);
PIN(TEEC_SharedMemory, size, 8);
PIN(TEEC_SharedMemory, flags, 16);
PIN(TEEC_SharedMemory, imp.id, 24);
PIN(TEEC_SharedMemory, imp.alloced_size, 32);
PIN(TEEC_SharedMemory, imp.shadow_buffer, 40);
PIN(TEEC_SharedMemory, imp.registered_fd, 48);
PIN(TEEC_SharedMemory, imp.flags, 52);

PIN_SIZE(TEEC_TempMemoryReference, 16);
PIN(TEEC_TempMemoryReference, buffer, 0);
PIN(TEEC_TempMemoryReference, size, 8);

PIN_SIZE(TEEC_RegisteredMemoryReference, 24);
PIN(TEEC_RegisteredMemoryReference, parent, 0);
PIN(TEEC_RegisteredMemoryReference, size, 8);
PIN(TEEC_RegisteredMemoryReference, offset, 16);

PIN_SIZE(TEEC_Parameter, 24);
PIN_SIZE(TEEC_Session, 16);
PIN(TEEC_Session, imp.ctx, 0);
PIN(TEEC_Session, imp.session_id, 8);

PIN_SIZE(TEEC_Operation, 112);
PIN(TEEC_Operation, params, 8);
PIN(TEEC_Operation, imp.session, 104);
#endif

PIN_SIZE(TEEC_Result, 4);
PIN_SIZE(TEEC_UUID, 16);
PIN(TEEC_UUID, timeLow, 0);
PIN(TEEC_UUID, timeMid, 4);
PIN(TEEC_UUID, timeHiAndVersion, 6);
PIN(TEEC_UUID, clockSeqAndNode, 8);
PIN_SIZE(TEEC_Value, 8);
PIN(TEEC_Value, a, 0);
PIN(TEEC_Value, b, 4);
PIN(TEEC_Operation, started, 0);
PIN(TEEC_Operation, paramTypes, 4);

_Static_assert(TEEC_MEMREF_TEMP_INPUT == 5 && TEEC_MEMREF_TEMP_INOUT == 7, "temp");
_Static_assert(TEEC_MEMREF_WHOLE == 12 && TEEC_MEMREF_PARTIAL_INOUT == 15, "registered");
_Static_assert(TEEC_PARAM_TYPES(1, 2, 3, 15) == 0xf321, "param types");
_Static_assert(TEEC_PARAM_TYPE_GET(0xf321, 1 + 2) == 15, "param type");
_Static_assert(TEEC_ERROR_SHORT_BUFFER == 0xffff0010 && TEEC_ERROR_TARGET_DEAD == 0xffff3024,
	       "results");
_Static_assert(TEEC_ORIGIN_API == 1 && TEEC_ORIGIN_TRUSTED_APP == 4, "origins");
_Static_assert(TEEC_LOGIN_APPLICATION == 4 && TEEC_LOGIN_GROUP_APPLICATION == 6, "logins");

static const char *library;

static void test_names(void **state)
{
	static const char *const exported[] = {
		"TEEC_InitializeContext", "TEEC_FinalizeContext", "TEEC_OpenSession",
		"TEEC_CloseSession", "TEEC_InvokeCommand", "TEEC_RequestCancellation",
		"TEEC_RegisterSharedMemory", "TEEC_AllocateSharedMemory",
		"TEEC_ReleaseSharedMemory", "TEEC_RegisterSharedMemoryFileDescriptor",
		"_dprintf", "dump_buffer", "teelink_dev",
	};
	static const char *const hidden[] = {
		"teec_sys", "teec_shm_register", "node_open", "ree_vm_attach", "log_print",
		"uuid_parse", "tipc_dev_probe",
	};
	void *lib = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
	unsigned int i;

	(void)state;
	assert_non_null(lib);
	for (i = 0; i < sizeof(exported) / sizeof(exported[0]); i++)
		assert_non_null(dlsym(lib, exported[i]));
	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_null(dlsym(lib, hidden[i]));
	dlclose(lib);
}

static void test_soname(void **state)
{
	void *lib = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
	const char *strings = NULL;
	ElfW(Xword) soname = 0;
	const ElfW(Dyn) * d;
	struct link_map *map = NULL;

	(void)state;
	assert_non_null(lib);
	assert_int_equal(dlinfo(lib, RTLD_DI_LINKMAP, &map), 0);
	for (d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
		if (d->d_tag == DT_SONAME)
			soname = d->d_un.d_val;
	}
	assert_non_null(strings);
	assert_string_equal(strings + soname, "libteec.so.2");
	dlclose(lib);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_soname),
	};

	if (argc != 2)
		return 2;
	library = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
