/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Storage over a fake file system, with two instances of one TA and one of another.
 * Thread rule: one thread.
 * Ownership rule: fixture_new's is the caller's.
 */
#ifndef TEELINK_TESTS_UNIT_TEE_STORAGE_FIXTURE_H
#define TEELINK_TESTS_UNIT_TEE_STORAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tee/storage/storage.h"
#include "tests/unit/tee/fake_fs.h"

#define ALL_FLAGS (STORAGE_READ | STORAGE_WRITE | STORAGE_WRITE_META)

struct fixture {
	struct fake_fs fs;
	uint8_t root_key[STORE_KEY_SIZE];
	int key_error;
	int record; /* memfd of what outlives a secure world; -1: nothing does */
	struct storage *storage;
	struct storage_client *a, *a2, *b;
};

struct fixture *fixture_new(void);
void fixture_free(struct fixture *fx);
/* A new secure world on the same files. */
void fixture_restart(struct fixture *fx);
/* The record as it is now, in another memfd, which the caller closes; and back. */
int fixture_save_record(const struct fixture *fx);
void fixture_restore_record(struct fixture *fx, int saved);

/* Until the next call. */
const struct store_id *id_of(const char *text);
/* @size bytes of which no two patterns share many; the caller frees. */
uint8_t *pattern(size_t size, unsigned int seed);
/* Asserts that it works. */
int create(struct storage_client *c, const char *id, uint32_t flags, const void *data, size_t size);
void expect_content(struct storage_client *c, int handle, const uint8_t *data, size_t size);
/* Swaps @f with the first other object's file, whose name isn't @name. */
void swap_contents(struct fake_fs *fs, struct fake_file *f, const char *name);

#endif
