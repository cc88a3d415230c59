/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GlobalPlatform TEE Client API 1.0. Values and layouts are those of OP-TEE's client library 2.0.0,
 * so that a program that was built against that library runs with this one and the other way round.
 * Thread rule: any function from any thread. The program keeps two threads from using one operation
 * or changing one object at the same time; TEEC_RequestCancellation is the exception.
 * Ownership rule: every structure is the program's memory; what the library puts into one is taken
 * back by the function that undoes the one that filled it, in reverse order: memory and sessions
 * before their context. `imp` members are the library's.
 *
 * The variable TEELINK_DEVICE says which TEE a process talks to. It is read once, when the process
 * first uses this library:
 *   unset, empty or "vm"  the process's own VM, device nodes /dev/tee0… of include/teelink/dev.h; a
 *                         machine is started for it if there is none (not with TEELINK_AUTOSTART=0)
 *   "kernel"              the real nodes /dev/tee0… of the Linux kernel, the first one that fits
 *   "/dev/teeN"           (any absolute path) this real node
 *   "teeN"                (any other word) this node of the process's own VM
 * TEELINK_DRIVER says which driver tee0 of the process's own VM is: "mipstee" (also when unset or empty)
 * or "optee".
 * TEELINK_REGISTER says how ordinary memory of 64 KiB and more is registered with the process's own VM:
 *   unset, empty or "shadow"  each call copies what it refers to, in before and out after it
 *   "inplace"                 its whole pages are shared where they are, without a copy, where the process has
 *                             the full userfaultfd (teelink(1)); otherwise as "shadow"
 */
#ifndef TEE_CLIENT_API_H
#define TEE_CLIENT_API_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parameters in an operation. */
#define TEEC_CONFIG_PAYLOAD_REF_COUNT 4
/* The library itself sets no limit to the size of one piece of shared memory. */
#define TEEC_CONFIG_SHAREDMEM_MAX_SIZE ULONG_MAX

/* Types of a parameter, four bits each in TEEC_Operation.paramTypes. */
#define TEEC_NONE 0x00000000
/* TEEC_Value */
#define TEEC_VALUE_INPUT 0x00000001
#define TEEC_VALUE_OUTPUT 0x00000002
#define TEEC_VALUE_INOUT 0x00000003
/* TEEC_TempMemoryReference: any memory, shared for this one call */
#define TEEC_MEMREF_TEMP_INPUT 0x00000005
#define TEEC_MEMREF_TEMP_OUTPUT 0x00000006
#define TEEC_MEMREF_TEMP_INOUT 0x00000007
/* TEEC_RegisteredMemoryReference: all of a TEEC_SharedMemory, in the directions of its flags */
#define TEEC_MEMREF_WHOLE 0x0000000C
/* TEEC_RegisteredMemoryReference: a part of a TEEC_SharedMemory */
#define TEEC_MEMREF_PARTIAL_INPUT 0x0000000D
#define TEEC_MEMREF_PARTIAL_OUTPUT 0x0000000E
#define TEEC_MEMREF_PARTIAL_INOUT 0x0000000F

/* Directions of shared memory, as seen by the trusted application. */
#define TEEC_MEM_INPUT 0x00000001
#define TEEC_MEM_OUTPUT 0x00000002

/* Results. The TEE_ names come from the TEE's side and reach a program unchanged. */
#define TEEC_SUCCESS 0x00000000
#define TEEC_ERROR_STORAGE_NOT_AVAILABLE 0xF0100003
#define TEEC_ERROR_GENERIC 0xFFFF0000
#define TEEC_ERROR_ACCESS_DENIED 0xFFFF0001
#define TEEC_ERROR_CANCEL 0xFFFF0002
#define TEEC_ERROR_ACCESS_CONFLICT 0xFFFF0003
#define TEEC_ERROR_EXCESS_DATA 0xFFFF0004
#define TEEC_ERROR_BAD_FORMAT 0xFFFF0005
#define TEEC_ERROR_BAD_PARAMETERS 0xFFFF0006
#define TEEC_ERROR_BAD_STATE 0xFFFF0007
#define TEEC_ERROR_ITEM_NOT_FOUND 0xFFFF0008
#define TEEC_ERROR_NOT_IMPLEMENTED 0xFFFF0009
#define TEEC_ERROR_NOT_SUPPORTED 0xFFFF000A
#define TEEC_ERROR_NO_DATA 0xFFFF000B
#define TEEC_ERROR_OUT_OF_MEMORY 0xFFFF000C
#define TEEC_ERROR_BUSY 0xFFFF000D
#define TEEC_ERROR_COMMUNICATION 0xFFFF000E
#define TEEC_ERROR_SECURITY 0xFFFF000F
#define TEEC_ERROR_SHORT_BUFFER 0xFFFF0010
#define TEE_ERROR_EXTERNAL_CANCEL 0xFFFF0011
#define TEEC_ERROR_EXTERNAL_CANCEL 0xFFFF0011
#define TEE_ERROR_OVERFLOW 0xFFFF300F
#define TEE_ERROR_TARGET_DEAD 0xFFFF3024
#define TEEC_ERROR_TARGET_DEAD 0xFFFF3024
#define TEE_ERROR_STORAGE_NO_SPACE 0xFFFF3041
#define TEEC_ERROR_STORAGE_NO_SPACE 0xFFFF3041
#define TEE_ERROR_MAC_INVALID 0xFFFF3071
#define TEE_ERROR_SIGNATURE_INVALID 0xFFFF3072
#define TEE_ERROR_TIME_NOT_SET 0xFFFF5000
#define TEE_ERROR_TIME_NEEDS_RESET 0xFFFF5001

/* Where a result comes from: this library, the way to the TEE, the TEE itself, the TA. */
#define TEEC_ORIGIN_API 0x00000001
#define TEEC_ORIGIN_COMMS 0x00000002
#define TEEC_ORIGIN_TEE 0x00000003
#define TEEC_ORIGIN_TRUSTED_APP 0x00000004

/* What a session tells the TA about who opened it. */
#define TEEC_LOGIN_PUBLIC 0x00000000
#define TEEC_LOGIN_USER 0x00000001
#define TEEC_LOGIN_GROUP 0x00000002
#define TEEC_LOGIN_APPLICATION 0x00000004
#define TEEC_LOGIN_USER_APPLICATION 0x00000005
#define TEEC_LOGIN_GROUP_APPLICATION 0x00000006

/* paramTypes out of four types, and back. */
#define TEEC_PARAM_TYPES(p0, p1, p2, p3) ((p0) | ((p1) << 4) | ((p2) << 8) | ((p3) << 12))
#define TEEC_PARAM_TYPE_GET(p, i) (((p) >> ((i)*4)) & 0xF)

typedef uint32_t TEEC_Result;

/* A connection to a TEE. */
typedef struct {
	struct {
		int fd;
		bool reg_mem;
		bool memref_null;
	} imp;
} TEEC_Context;

/* Names a trusted application; fields in the machine's byte order. */
typedef struct {
	uint32_t timeLow;
	uint16_t timeMid;
	uint16_t timeHiAndVersion;
	uint8_t clockSeqAndNode[8];
} TEEC_UUID;

/**
 * struct TEEC_SharedMemory - memory that the program and TAs both see
 * @buffer: its first byte; set by the program to register, by the library to allocate
 * @size: bytes
 * @flags: TEEC_MEM_INPUT, TEEC_MEM_OUTPUT or both
 */
typedef struct {
	void *buffer;
	size_t size;
	uint32_t flags;
	struct {
		int id;
		size_t alloced_size;
		void *shadow_buffer;
		int registered_fd;
		uint32_t flags;
	} imp;
} TEEC_SharedMemory;

/**
 * struct TEEC_TempMemoryReference - memory that a TA sees during one call
 * @buffer: its first byte, or NULL (then @size is 0): the TA gets a NULL reference
 * @size: bytes; after a call with output what the TA wrote or, with TEEC_ERROR_SHORT_BUFFER, needs
 */
typedef struct {
	void *buffer;
	size_t size;
} TEEC_TempMemoryReference;

/**
 * struct TEEC_RegisteredMemoryReference - shared memory in a call
 * @parent: registered or allocated with the context of the call
 * @size: bytes; not read with TEEC_MEMREF_WHOLE; after a call as in TEEC_TempMemoryReference
 * @offset: bytes from the start of @parent; not read with TEEC_MEMREF_WHOLE
 */
typedef struct {
	TEEC_SharedMemory *parent;
	size_t size;
	size_t offset;
} TEEC_RegisteredMemoryReference;

typedef struct {
	uint32_t a;
	uint32_t b;
} TEEC_Value;

typedef union {
	TEEC_TempMemoryReference tmpref;
	TEEC_RegisteredMemoryReference memref;
	TEEC_Value value;
} TEEC_Parameter;

/* A connection to one TA. */
typedef struct {
	struct {
		TEEC_Context *ctx;
		uint32_t session_id;
		int device; /* lies where OP-TEE's has padding */
	} imp;
} TEEC_Session;

/**
 * struct TEEC_Operation - parameters of one call, and the handle to cancel it
 * @started: set it to 0 before a call that another thread may cancel
 * @paramTypes: TEEC_PARAM_TYPES(…); 0 for no parameters
 * @params: read and written according to @paramTypes
 */
typedef struct {
	uint32_t started;
	uint32_t paramTypes;
	TEEC_Parameter params[TEEC_CONFIG_PAYLOAD_REF_COUNT];
	struct {
		TEEC_Session *session;
	} imp;
} TEEC_Operation;

/**
 * TEEC_InitializeContext() - connect to a TEE (GP TEE Client API 4.5.2)
 * @name: NULL takes the first TEE that follows GlobalPlatform; "mipstee" one behind the mipstee
 *        driver, "optee-tz" one behind OP-TEE's
 * @context: filled in
 *
 * Return: TEEC_SUCCESS; TEEC_ERROR_ITEM_NOT_FOUND: no such TEE, or no machine runs and none may be
 * started; TEEC_ERROR_BAD_PARAMETERS: no @context; TEEC_ERROR_ACCESS_DENIED,
 * TEEC_ERROR_COMMUNICATION or TEEC_ERROR_OUT_OF_MEMORY when there may be one but we can't reach it.
 */
TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context);

/**
 * TEEC_FinalizeContext() - end a connection (GP TEE Client API 4.5.3)
 * @context: without sessions and shared memory; NULL is fine
 */
void TEEC_FinalizeContext(TEEC_Context *context);

/**
 * TEEC_OpenSession() - connect to a trusted application (GP TEE Client API 4.5.7)
 * @context: connection to its TEE; must outlive the session
 * @session: filled in on success
 * @destination: the TA
 * @connectionMethod: TEEC_LOGIN_…; the application logins are TEEC_ERROR_NOT_IMPLEMENTED, since
 *                    nobody vouches for what program a process runs
 * @connectionData: pointer to the gid (uint32_t) for the group logins, else not looked at
 * @operation: parameters for the TA's open entry point, or NULL for none
 * @returnOrigin: receives TEEC_ORIGIN_…; may be NULL
 *
 * Return: TEEC_SUCCESS; what the TEE or the TA answers; with TEEC_ORIGIN_API
 * TEEC_ERROR_BAD_PARAMETERS (a NULL pointer, parameters that make no sense) or
 * TEEC_ERROR_OUT_OF_MEMORY; with TEEC_ORIGIN_COMMS the reason why the call didn't come through,
 * TEEC_ERROR_COMMUNICATION when the TEE is gone.
 */
TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session,
			     const TEEC_UUID *destination, uint32_t connectionMethod,
			     const void *connectionData, TEEC_Operation *operation,
			     uint32_t *returnOrigin);

/**
 * TEEC_CloseSession() - leave a trusted application (GP TEE Client API 4.5.8)
 * @session: no call of it may be under way; NULL is fine
 */
void TEEC_CloseSession(TEEC_Session *session);

/**
 * TEEC_InvokeCommand() - have a trusted application do something (GP TEE Client API 4.5.9)
 * @session: open session
 * @commandID: which command; the TA gives the number its meaning
 * @operation: parameters, or NULL for none
 * @returnOrigin: receives TEEC_ORIGIN_…; may be NULL
 *
 * Outputs are written back whatever the TA answers, when it answers.
 *
 * Return: as TEEC_OpenSession; TEEC_ERROR_TARGET_DEAD (origin TEE) when the TA has died.
 */
TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t commandID, TEEC_Operation *operation,
			       uint32_t *returnOrigin);

/**
 * TEEC_RequestCancellation() - ask for the end of a call that another thread makes
 * (GP TEE Client API 4.5.10)
 * @operation: given to that call; nothing happens when it has ended or not begun, or when NULL
 *
 * The call ends when the TA heeds the request, often with TEEC_ERROR_CANCEL.
 */
void TEEC_RequestCancellation(TEEC_Operation *operation);

/**
 * TEEC_RegisterSharedMemory() - share memory that the program has (GP TEE Client API 4.5.4)
 * @context: connection to the TEE to share it with
 * @sharedMem: buffer, size and flags set; a size of 0 is fine. The buffer stays the program's and
 *             must stay until it is released.
 *
 * The memory is shared as it is when the TEE can (TEE_GEN_CAP_REG_MEM); otherwise through a shadow,
 * with a copy before and after each call.
 *
 * Return: TEEC_SUCCESS; TEEC_ERROR_BAD_PARAMETERS: a NULL pointer or wrong flags;
 * TEEC_ERROR_OUT_OF_MEMORY; TEEC_ERROR_COMMUNICATION. Releasing is allowed even after an error.
 */
TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem);

/**
 * TEEC_AllocateSharedMemory() - make shared memory (GP TEE Client API 4.5.5)
 * @context: connection to the TEE to share it with
 * @sharedMem: size and flags set; a size of 0 gives a buffer that isn't NULL. buffer is filled in
 *             (NULL after an error) and goes when it is released.
 *
 * Return: as TEEC_RegisterSharedMemory.
 */
TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem);

/**
 * TEEC_ReleaseSharedMemory() - end sharing (GP TEE Client API 4.5.6)
 * @sharedMemory: used by no call; released before or NULL is fine. Its buffer becomes NULL.
 */
void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *sharedMemory);

#ifdef __cplusplus
}
#endif

#endif
