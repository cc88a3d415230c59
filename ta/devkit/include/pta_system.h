/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The system pseudo-TA: values of its interface, which are OP-TEE's.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef PTA_SYSTEM_H
#define PTA_SYSTEM_H

#define PTA_SYSTEM_UUID                                                                            \
	{ 0x3a2f8978, 0x5dc0, 0x11e8, { 0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc } }

/* [in] memref: entropy */
#define PTA_SYSTEM_ADD_RNG_ENTROPY 0
/* [in] memref: salt; [out] memref: the key, whose size is asked for */
#define PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY 1
/*
 * What these do happens in the TA's process, without the pseudo-TA: tee_map_zi, tee_unmap and the
 * dynamic linker. It answers TEE_ERROR_NOT_SUPPORTED.
 */
#define PTA_SYSTEM_MAP_FLAG_SHAREABLE (1u << 0)
#define PTA_SYSTEM_MAP_FLAG_WRITEABLE (1u << 1)
#define PTA_SYSTEM_MAP_FLAG_EXECUTABLE (1u << 2)
#define PTA_SYSTEM_MAP_ZI 2
#define PTA_SYSTEM_UNMAP 3
#define PTA_SYSTEM_DLOPEN 10
#define PTA_SYSTEM_DLSYM 11
#define PTA_SYSTEM_GET_TPM_EVENT_LOG 12

/* [in] memref: the TEE_UUID; [in] value: cmd, sub_cmd; [inout] memref; [out] value: length */
#define PTA_SYSTEM_SUPP_PLUGIN_INVOKE 13

#define TA_DERIVED_KEY_MIN_SIZE 16
#define TA_DERIVED_KEY_MAX_SIZE 32
#define TA_DERIVED_EXTRA_DATA_MAX_SIZE 1024

#endif
