/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TA that installs images into OP-TEE's secure storage.
 * Machines don't have it: who opens a session is told TEE_ERROR_ITEM_NOT_FOUND. The values are
 * OP-TEE's, for programs that ask.
 * Thread rule: none, constants and layouts only.
 * Ownership rule: none.
 */
#ifndef PTA_SECSTOR_TA_MGMT_H
#define PTA_SECSTOR_TA_MGMT_H

#define PTA_SECSTOR_TA_MGMT_UUID                                                                   \
	{ 0x6e256cba, 0xfc4d, 0x4941, { 0xad, 0x09, 0x2c, 0xa1, 0x86, 0x03, 0x42, 0xdd } }

/* [in] memref: the signed image */
#define PTA_SECSTOR_TA_MGMT_BOOTSTRAP 0

#endif
