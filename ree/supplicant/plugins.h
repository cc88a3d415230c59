/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant's plugins: all shared objects of one folder (include/tee_plugin_method.h).
 * Thread rule: load and free before and after calls; calls from any thread, one at a time of each
 *     plugin.
 * Ownership rule: plugins_load gives them to the caller.
 */
#ifndef TEELINK_REE_SUPPLICANT_PLUGINS_H
#define TEELINK_REE_SUPPLICANT_PLUGINS_H

#include <stddef.h>
#include <stdint.h>

struct plugins;
struct supp_plugin_rsp;

/**
 * plugins_load() - load what is in @dir; what is no plugin is left out, and the log says so
 * @dir: NULL, or a folder that isn't there: no plugins
 *
 * Return: 0 or -ENOMEM.
 */
int plugins_load(const char *dir, struct plugins **psp);
void plugins_free(struct plugins *ps); /* NULL is fine */

/* Return: the plugin's TEEC_Result; TEEC_ERROR_ITEM_NOT_FOUND: none has this UUID (16 octets). */
uint32_t plugins_invoke(struct plugins *ps, const uint8_t uuid[16], uint32_t cmd, uint32_t sub_cmd,
			void *data, size_t len, size_t *out_len);
/*
 * Answers a request of wire/supp_plugin.h, of any @len bytes; @shm_bytes: SUPP_PLUGIN_MAX_BYTES that
 * the secure world has too, or NULL.
 */
void plugins_serve(struct plugins *ps, const void *msg, size_t len, uint8_t *shm_bytes,
		   struct supp_plugin_rsp *rsp);

#endif
