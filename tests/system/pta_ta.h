/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application that calls the machine's pseudo-TAs, and the plugin that it calls.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_SYSTEM_PTA_TA_H
#define TEELINK_TESTS_SYSTEM_PTA_TA_H

#define PTA_TA_UUID                                                                                \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x50                             \
		}                                                                                  \
	}

/* The TA's commands. Its result is what the pseudo-TA's call gave. */
enum pta_cmd {
	/* VALUE_INOUT a = command, b = sub-command, a becomes the length; MEMREF_INOUT the bytes */
	PTA_PLUGIN = 0,
	PTA_OTHER_PLUGIN = 1, /* no parameters: one that isn't there */
	PTA_KEY = 2, /* MEMREF_IN salt; MEMREF_OUT the key, by way of the TA's own memory */
	PTA_SHARED_KEY = 3, /* the same, but the pseudo-TA is given the client's buffer */
	PTA_ENTROPY = 4, /* MEMREF_IN */
	PTA_SYSTEM_CMD = 5, /* VALUE_IN a = a command of the system pseudo-TA, without parameters */
	PTA_LOG = 6, /* VALUE_IN a: a line with this number */
};

#define TEST_PLUGIN_UUID                                                                           \
	{                                                                                          \
		0x5f0ad3b4, 0x6f6b, 0x4f0c,                                                        \
		{                                                                                  \
			0x9d, 0x51, 0x0b, 0x65, 0x8f, 0x3f, 0x11, 0x02                             \
		}                                                                                  \
	}

enum test_plugin_cmd {
	TEST_PLUGIN_INC = 0, /* each byte plus sub-command */
	TEST_PLUGIN_RESULT = 1, /* the sub-command */
	TEST_PLUGIN_BOAST = 2, /* says that it gives more than there was room for */
	TEST_PLUGIN_END = 3, /* the supplicant's process */
	TEST_PLUGIN_HANG = 4,
	TEST_PLUGIN_WAIT =
		5, /* until the fifo that the bytes name has been written to and closed */
};

#endif
