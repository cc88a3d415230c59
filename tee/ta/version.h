/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The highest versions of TAs and sub-keys that were loaded: older ones are refused.
 * Thread rule: under the world lock.
 * Ownership rule: embedded in its owner, who initialises and releases it.
 *
 * Only what a trusted key has signed gets in here, so that nobody else can fill it up.
 */
#ifndef TEELINK_TEE_TA_VERSION_H
#define TEELINK_TEE_TA_VERSION_H

#include <stdbool.h>

#include "tee/ta/signed_image.h"

#define VERSION_MAX_ENTRIES 4096u

enum version_kind { VERSION_TA, VERSION_SUBKEY };

struct version_entry;

struct version_table {
	struct version_entry *entry;
	unsigned int num, room;
};

/**
 * versions_take() - refuse a checked image that is older than what was seen, else remember it
 *
 * Return: 0; -ESTALE, and nothing is remembered of it; -ENOSPC (VERSION_MAX_ENTRIES), -ENOMEM.
 */
int versions_take(struct version_table *t, const struct signed_image *si);
void versions_release(struct version_table *t);

#endif
