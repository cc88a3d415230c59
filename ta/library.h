/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the dev kit's dlopen and the like are made of: shared libraries of trusted applications by their
 * UUIDs.
 * Thread rule: the instance's thread.
 * Ownership rule: a handle is the instance's, and a library stays until the instance ends.
 */
#ifndef TEELINK_TA_LIBRARY_H
#define TEELINK_TA_LIBRARY_H

/**
 * ta_library_open() - <uuid>, <uuid>.ta, or NULL for all that there is
 * @flags: RTLD_GLOBAL: what is opened later finds its names
 *
 * Return: a handle, or NULL: ta_library_error says why.
 */
__attribute__((visibility("default"))) void *ta_library_open(const char *name, int flags);
/* A name that @handle's library or those that it needs have; NULL is the handle of all. */
__attribute__((visibility("default"))) void *ta_library_find(void *handle, const char *symbol);
/* What the last failure was, or NULL: it has been asked for already. */
__attribute__((visibility("default"))) const char *ta_library_error(void);

#endif
