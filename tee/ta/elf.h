/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Is this a trusted application's image? Asked of the immutable copy before anything maps it.
 * Thread rule: pure functions.
 * Ownership rule: the image is borrowed.
 *
 * What passes is still hostile code: the loader meets it inside the confined process. The check
 * keeps out what can't be a TA, and what would need rights that the process doesn't have.
 */
#ifndef TEELINK_TEE_TA_ELF_H
#define TEELINK_TEE_TA_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/port.h"
#include "wire/ta_head.h"

#if defined(__x86_64__)
#define ELF_HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define ELF_HOST_MACHINE EM_AARCH64
#elif defined(__riscv)
#define ELF_HOST_MACHINE EM_RISCV
#elif defined(__mips__)
#define ELF_HOST_MACHINE EM_MIPS
#else
#error "say which ELF machine this host is"
#endif

#define ELF_MAX_PHDRS 32u
#define ELF_MAX_SHDRS 512u
/* Address space between the first and the last byte of the image. */
#define ELF_MAX_SPAN (256ull << 20)

/**
 * elf_check_ta() - check an image and find its head
 * @image, @size: the bytes
 * @uuid: octets that the head must name
 * @head: filled in on success
 *
 * A little-endian 64-bit shared object for this machine: headers in bounds; PT_LOAD segments in
 * order, apart, none both writable and executable; PT_DYNAMIC inside one and without text
 * relocations; PT_GNU_STACK present and not executable; no PT_INTERP; a section .ta_head inside a
 * segment.
 * Return: 0, or -ENOEXEC.
 */
int elf_check_ta(const void *image, size_t size, const uint8_t uuid[16], struct ta_head *head);

/* The same of a shared library: no .ta_head, but a DT_SONAME that is its UUID. */
int elf_check_library(const void *image, size_t size, const uint8_t uuid[16]);

/* Does an image that passed need a library, or can it ask for one (TA_LIBRARIES_SECTION)? */
bool elf_takes_libraries(const void *image, size_t size);

#endif
