/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a TA image says of itself, for a listing. The secure world does its own checks before it
 * runs one; this reader only has to survive whatever lies in a folder.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TOOLS_TA_IMAGE_H
#define TEELINK_TOOLS_TA_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/uuid.h"

struct ta_image_info {
	char uuid[UUID_TEXT_SIZE]; /* from the image's head, or a library's own name */
	bool library;              /* a shared library of TAs: it has no flags */
	uint32_t flags;            /* TA_FLAG_* */
	uint64_t size;             /* bytes of the file */
};

/**
 * ta_image_read() - read the head of an image file
 *
 * Return: 0; -ENOEXEC (no ELF file with a TA's head, nor a library of a UUID), -EFBIG, other -errno.
 */
int ta_image_read(const char *path, struct ta_image_info *info);

/**
 * ta_image_extract() - write an image's ELF file, without the signed header, to @elf
 *
 * Return: as ta_image_read().
 */
int ta_image_extract(const char *path, const char *elf);

/* Flags in words: "single-instance,multi-session", "-" for none. */
void ta_image_flags_text(uint32_t flags, char *buf, size_t size);

#endif
