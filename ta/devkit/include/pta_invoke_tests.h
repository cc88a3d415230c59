/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TA that tests the inside of OP-TEE's core.
 * Machines don't have it: who opens a session is told TEE_ERROR_ITEM_NOT_FOUND. The values are
 * OP-TEE's, for programs that ask.
 * Thread rule: none, constants and layouts only.
 * Ownership rule: none.
 */
#ifndef PTA_INVOKE_TESTS_H
#define PTA_INVOKE_TESTS_H

#define PTA_INVOKE_TESTS_UUID                                                                      \
	{ 0xd96a5b40, 0xc3e5, 0x21e3, { 0x87, 0x94, 0x10, 0x02, 0xa5, 0xd5, 0xc6, 0x1b } }

/* A line in the log; what parameters come; the core's own tests. */
#define PTA_INVOKE_TESTS_CMD_TRACE 0
#define PTA_INVOKE_TESTS_CMD_PARAMS 1
#define PTA_INVOKE_TESTS_CMD_SELF_TESTS 2
/* Secure data path: [in] memref, [out] memref; [inout] memref; [in] memref, [out] memref */
#define PTA_INVOKE_TESTS_CMD_COPY_NSEC_TO_SEC 3
#define PTA_INVOKE_TESTS_CMD_READ_MODIFY_SEC 4
#define PTA_INVOKE_TESTS_CMD_COPY_SEC_TO_NSEC 5
/* Storage's hash tree; locks: [in] value: which, delay, [out] value: before, meanwhile */
#define PTA_INVOKE_TESTS_CMD_FS_HTREE 6
#define PTA_MUTEX_TEST_WRITER 0
#define PTA_MUTEX_TEST_READER 1
#define PTA_INVOKE_TESTS_CMD_MUTEX 7
#define PTA_INVOKE_TESTS_CMD_LOCKDEP 8
/*
 * AES in the core: [in] value: decrypt << 16 | bits of the key, mode; [in] value: repetitions, size
 * of a unit; [in] memref; [out] memref
 */
#define PTA_INVOKE_TESTS_AES_ECB 0
#define PTA_INVOKE_TESTS_AES_CBC 1
#define PTA_INVOKE_TESTS_AES_CTR 2
#define PTA_INVOKE_TESTS_AES_XTS 3
#define PTA_INVOKE_TESTS_AES_GCM 4
#define PTA_INVOKE_TEST_CMD_AES_PERF 9
/* [inout] memref: NULL; then the results of two more of the core's own tests */
#define PTA_INVOKE_TESTS_CMD_MEMREF_NULL 10
#define PTA_INVOKE_TESTS_CMD_DT_DRIVER_TESTS 11
#define PTA_INVOKE_TESTS_CMD_TRANSFER_LIST_TESTS 12

#endif
