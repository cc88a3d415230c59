/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the TAs of the storage tests understand. Parameters of all commands: value in {slot of a
 * handle, flags or number}, memref in: an object's id, memref inout: data.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_SYSTEM_STORE_TA_H
#define TEELINK_TESTS_SYSTEM_STORE_TA_H

/* Two TAs, of one source. */
#define STORE_TA_UUID                                                                              \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0xa1                             \
		}                                                                                  \
	}
#define STORE_OTHER_TA_UUID                                                                        \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0xa2                             \
		}                                                                                  \
	}

enum store_cmd {
	STORE_OPEN,
	STORE_CREATE, /* with the data */
	STORE_CLOSE,
	STORE_DELETE,
	STORE_RENAME,
	STORE_READ,
	STORE_WRITE,
	STORE_REWRITE, /* from the first byte on */
	STORE_TRUNCATE,
	STORE_SEEK_SET,
	STORE_SEEK_CUR,
	STORE_SEEK_END,
	STORE_INFO, /* seven words of TEE_ObjectInfo */
	STORE_LIST, /* ids, a byte of length before each; ITEM_NOT_FOUND at the end */
	STORE_KEEP_KEY,
	STORE_TURN_KEY,
	STORE_END_SLOWLY, /* the instance takes a while to be destroyed */
	STORE_DEVICE_ID, /* the property gpd.tee.deviceID */
	STORE_OPEN_SHARED, /* this and those after it: the id stays in the client's memory */
	STORE_CREATE_SHARED,
	STORE_RENAME_SHARED,
};

#endif
