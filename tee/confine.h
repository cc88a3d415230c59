/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What teelink-tee may ask of the kernel: no files, no network, no other process.
 * Thread rule: before any other thread runs.
 * Ownership rule: none.
 */
#ifndef TEELINK_TEE_CONFINE_H
#define TEELINK_TEE_CONFINE_H

/*
 * Loads the filter for good. Builds with a sanitizer link another implementation that loads none and
 * says so: the sanitizer's runtime needs what the filter forbids. Return: 0 or -errno.
 */
int confine_secure_world(void);

#endif
