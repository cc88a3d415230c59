/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages on port SUPP_PORT: the secure world asks, the machine's supplicant answers. Only the VM
 * that the hypervisor marks may connect. One request is outstanding per channel at a time.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_SUPP_H
#define TEELINK_WIRE_SUPP_H

#include "wire/port.h"

#define SUPP_PORT "tee.supplicant"

enum supp_cmd {
	SUPP_CMD_LOAD_TA = 0,
};

struct supp_req {
	uint32_t cmd;
	uint32_t tag;
	uint8_t uuid[16];
	uint64_t offset; /* LOAD_TA: from this byte of the image */
	uint32_t max;    /* LOAD_TA: at most this many bytes back */
	uint32_t reserved;
} TL_PACKED;

struct supp_rsp {
	uint32_t cmd;
	uint32_t tag;
	uint32_t result; /* TEE_Result: success, ITEM_NOT_FOUND, GENERIC… */
	uint32_t len;    /* bytes that follow */
	uint64_t total;  /* LOAD_TA: size of the image */
} TL_PACKED;

#define SUPP_MAX_DATA (4080u - 24u)
#define SUPP_MAX_IMAGE (64u << 20)

TL_STATIC_ASSERT(sizeof(struct supp_req) == 40, "supp_req");
TL_STATIC_ASSERT(sizeof(struct supp_rsp) == 24, "supp_rsp");

#endif
