/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Plugins of tee-supplicant: shared objects that trusted applications call by a UUID
 * (tee_invoke_supp_plugin). The layout is that of OP-TEE's client: a plugin that was built for one
 * works with the other.
 * Thread rule: init runs before anything is served, invoke once at a time.
 * Ownership rule: the plugin owns its struct and its name; data is the caller's.
 */
#ifndef TEE_PLUGIN_METHOD_H
#define TEE_PLUGIN_METHOD_H

#include <stddef.h>
#include <tee_client_api.h>

/**
 * struct plugin_method - a plugin's object of the name plugin_method
 * @name: for messages
 * @uuid: whom trusted applications call
 * @init: may be NULL. A plugin whose init fails isn't there
 * @invoke: @data has @in_len bytes, which the answer takes the place of; *@out_len, 0 at first, is
 *          the answer's length
 */
struct plugin_method {
	const char *name;
	TEEC_UUID uuid;
	TEEC_Result (*init)(void);
	TEEC_Result (*invoke)(unsigned int cmd, unsigned int sub_cmd, void *data, size_t in_len,
			      size_t *out_len);
};

#endif
