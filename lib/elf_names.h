/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The libraries that a shared object names by their UUIDs: DT_NEEDED, and DT_SONAME for itself. The
 * object's bytes may be anybody's.
 * Thread rule: pure functions; a walk is its caller's.
 * Ownership rule: the image is borrowed for as long as the walk lasts, and doesn't change.
 */
#ifndef TEELINK_LIB_ELF_NAMES_H
#define TEELINK_LIB_ELF_NAMES_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/uuid.h"

/* Entries of a dynamic section that are looked at. */
#define ELF_NAMES_MAX_ENTRIES 4096u

struct elf_names {
	const uint8_t *image;
	size_t size;
	uint64_t entry, num_entries; /* where they begin in the file */
	uint64_t next; /* index of the next entry */
	uint64_t text, text_size; /* the string table */
};

/**
 * elf_names_begin() - find a 64-bit little-endian object's dynamic section and its strings
 *
 * Return: 0; -ENOEXEC: there is none, or it doesn't lie within the file.
 */
int elf_names_begin(struct elf_names *n, const void *image, size_t size);

/**
 * elf_names_next() - the next entry of @tag whose string is a UUID; others are passed over
 * @at: where in the file the UUID_TEXT_SIZE bytes of text lie; may be NULL
 *
 * Return: false: there is no more.
 */
bool elf_names_next(struct elf_names *n, Elf64_Sxword tag, uint8_t uuid[UUID_OCTETS], uint64_t *at);

#endif
