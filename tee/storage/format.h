/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How a stored object lies in its file: docs/storage.md in declarations. Little-endian, packed.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 *
 * A file is two copies of a header, then blocks. Each block has two slots; the header, through a
 * tree of nodes, says which slot of each block counts. A change writes the slots that don't count,
 * then one copy of the header, then the other one: docs/storage.md says why nothing is ever mixed.
 */
#ifndef TEELINK_TEE_STORAGE_FORMAT_H
#define TEELINK_TEE_STORAGE_FORMAT_H

#include "wire/port.h"

#define STORE_BLOCK 4096u
#define STORE_FANOUT 128u
#define STORE_MAX_DEPTH 3u
#define STORE_IV_SIZE 12u
#define STORE_TAG_SIZE 16u
#define STORE_KEY_SIZE 32u
#define STORE_SALT_SIZE 32u
#define STORE_ID_MAX 64u /* TEE_OBJECT_ID_MAX_LEN */
#define STORE_NO_ID 0xffffffffu
#define STORE_INLINE_MAX 3584u
#define STORE_INLINE 0xffu /* depth of an object whose content lies in its header */
/* Attributes and data of one object together. */
#define STORE_MAX_SIZE 0xffffffffull

/* Objects whose last counter is remembered. */
#define STORE_NUM_SEEN 4096u

/* A change of more blocks waits for the disk twice. */
#define STORE_MAX_FRESH 1024u

#define STORE_MAGIC 0x314a424f4b4e4c54ull /* "TLNKOBJ1" */

/* Where a block or node is, and what it must be. */
struct store_ref {
	uint32_t slot; /* 1 or 2; 0: a hole, all zero */
	uint8_t iv[STORE_IV_SIZE];
	uint8_t tag[STORE_TAG_SIZE];
} TL_PACKED;

struct store_node {
	struct store_ref ref[STORE_FANOUT];
} TL_PACKED;

/* The sealed part of a header. */
struct store_head {
	uint64_t counter; /* of the machine's changes; the higher of two good copies counts */
	uint64_t size; /* bytes of content: attributes, then data */
	uint32_t attr_size;
	uint32_t type, usage, flags, object_size, max_object_size; /* TEE_ObjectInfo's */
	uint32_t depth; /* of the tree: 0 when root is the only block, or STORE_INLINE */
	uint32_t id_size, old_id_size;
	uint8_t id[STORE_ID_MAX];
	uint8_t old_id
		[STORE_ID_MAX]; /* before a rename that may be half-way; size STORE_NO_ID: none */
	struct store_ref root;
	uint8_t content[STORE_INLINE_MAX];
	/*
	 * Blocks that the last change wrote; num 0: they were on the disk before this header was. While
	 * the other copy is older, this state counts only if they are what the tree says.
	 */
	uint32_t fresh_first, fresh_num;
	uint8_t zero[224];
} TL_PACKED;

struct store_head_block {
	uint64_t magic;
	uint8_t salt[STORE_SALT_SIZE];
	uint8_t iv[STORE_IV_SIZE];
	uint8_t tag[STORE_TAG_SIZE];
	uint8_t sealed[sizeof(struct store_head)];
} TL_PACKED;

/*
 * What the machine keeps of an object beside its files, at place (name_id modulo STORE_NUM_SEEN):
 * no state of it with a lower counter is to be believed. All zero: nothing.
 */
struct store_record {
	uint8_t name_id[16];
	uint64_t counter;
	uint8_t mac[8]; /* of the above, the first bytes */
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct store_record) == 32, "store_record");
TL_STATIC_ASSERT(sizeof(struct store_ref) == 32, "store_ref");
TL_STATIC_ASSERT(sizeof(struct store_node) == STORE_BLOCK, "store_node");
TL_STATIC_ASSERT(sizeof(struct store_head_block) == STORE_BLOCK, "store_head_block");

#endif
