/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Which memory of this process is mapped from which open file: as with Linux, memory stays while it is
 * mapped, also when its descriptor is closed.
 * Thread rule: any thread.
 * Ownership rule: a mapping holds its file until node_munmap.
 */
#ifndef TEELINK_REE_VM_MAPPING_H
#define TEELINK_REE_VM_MAPPING_H

#include <stddef.h>

struct open_file;

/* Return: 0; -ENOMEM. */
int mapping_add(void *addr, size_t len, struct open_file *of);

#endif
