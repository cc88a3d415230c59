// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Stored objects whose files somebody else has written: bytes changed at will, and, as if he had
 * the key as well, headers and nodes of any content, rightly sealed.
 * Input: steps of an op byte and its operands, see step(), on three objects of one TA.
 */
#include <errno.h>
#include <string.h>

#include "fuzz/target.h"
#include "tee/storage/storage.h"
#include "tests/unit/tee/fake_fs.h"

#define MAX_STEPS 40u
#define MAX_FILE (4u << 20)
#define ALL (STORAGE_READ | STORAGE_WRITE | STORAGE_WRITE_META)

enum op {
	OP_FLIP, /* u32 offset, u8 xor: a byte of the file */
	OP_CUT, /* u32: the file's size */
	OP_HEAD, /* u8 copy, u16 offset, u32 value, u8 bytes: into a header, sealed anew */
	OP_READ, /* u32 offset, u16 size */
	OP_WRITE, /* u32 offset, u16 size */
	OP_RESIZE, /* u32 */
	OP_RENAME, /* u8: name */
	OP_CREATE, /* u16: size */
	OP_DELETE,
	OP_LIST,
	OP_SWAP, /* the first two files */
	OP_RESTART,
	OP_NUM
};

struct env {
	struct fuzz_input in;
	struct fake_fs fs;
	struct storage *storage;
	struct storage_client *client;
	struct sealer *sealer;
};

static const uint8_t uuid[16] = { 0xf0, 0x22 };
static const uint8_t fuzz_root_key[STORE_KEY_SIZE] = { 1, 2, 3 };

static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	(void)data;
	memcpy(key, fuzz_root_key, STORE_KEY_SIZE);
	return 0;
}

static void start(struct env *e)
{
	const struct storage_config cfg = { .fs = { &fake_fs_ops, &e->fs }, .root_key = root_key };

	FUZZ_ASSERT(!storage_create(&cfg, &e->storage));
	FUZZ_ASSERT(!storage_client_create(e->storage, uuid, &e->client));
}

static void stop(struct env *e)
{
	storage_client_destroy(e->client);
	storage_destroy(e->storage);
}

static void file_key(const struct store_head_block *hb, uint8_t key[STORE_KEY_SIZE])
{
	uint8_t storage_key[STORE_KEY_SIZE], ta_key[STORE_KEY_SIZE];

	FUZZ_ASSERT(!seal_derive(fuzz_root_key, "storage", NULL, 0, storage_key));
	FUZZ_ASSERT(!seal_derive(storage_key, "ta", uuid, sizeof(uuid), ta_key));
	FUZZ_ASSERT(!seal_derive(ta_key, "object", hb->salt, sizeof(hb->salt), key));
}

static void change_head(struct env *e, struct fake_file *f)
{
	const struct seal_place place = { .level = SEAL_HEAD };
	size_t copy = fuzz_take(&e->in, 1) % 2,
	       at = fuzz_take(&e->in, 2) % sizeof(struct store_head);
	uint64_t value = fuzz_take(&e->in, 4);
	size_t n = fuzz_take(&e->in, 1) % 8 + 1;
	uint8_t head[sizeof(struct store_head)], key[STORE_KEY_SIZE];
	struct store_head_block hb;

	if (f->size < 2 * STORE_BLOCK)
		return;
	memcpy(&hb, f->now + copy * STORE_BLOCK, sizeof(hb));
	file_key(&hb, key);
	if (unseal(e->sealer, key, &place, hb.sealed, sizeof(head), hb.iv, hb.tag, head))
		return;
	memcpy(head + at, &value, n < sizeof(head) - at ? n : sizeof(head) - at);
	FUZZ_ASSERT(!seal(e->sealer, key, &place, head, sizeof(head), hb.sealed, hb.iv, hb.tag));
	memcpy(f->now + copy * STORE_BLOCK, &hb, sizeof(hb));
}

static void id_set(struct store_id *id, uint64_t n)
{
	memset(id, 0, sizeof(*id));
	id->size = (uint32_t)(n % 3);
	memset(id->id, 'a', id->size);
}

/* What a caller may be told. */
static void check(int ret)
{
	FUZZ_ASSERT(ret >= 0 || ret == -ENOENT || ret == -EBADMSG || ret == -ENOSPC ||
		    ret == -EFBIG || ret == -EEXIST || ret == -EBUSY || ret == -EINVAL);
}

static void with_handle(struct env *e, enum op op)
{
	static uint8_t buf[65536];
	struct store_id id, to;
	size_t got;
	int h;

	id_set(&id, fuzz_take(&e->in, 1));
	h = storage_open(e->client, &id, ALL);
	check(h);
	if (h < 0)
		return;
	switch (op) {
	case OP_READ:
		got = 0;
		check(storage_read(e->client, h, fuzz_take(&e->in, 4), buf, fuzz_take(&e->in, 2),
				   &got));
		FUZZ_ASSERT(got <= sizeof(buf));
		break;
	case OP_WRITE:
		check(storage_write(e->client, h, fuzz_take(&e->in, 4) % MAX_FILE, buf,
				    fuzz_take(&e->in, 2)));
		break;
	case OP_RESIZE:
		check(storage_truncate(e->client, h, fuzz_take(&e->in, 4)));
		break;
	case OP_RENAME:
		id_set(&to, fuzz_take(&e->in, 1));
		check(storage_rename(e->client, h, &to));
		break;
	default:
		check(storage_delete(e->client, h));
		return;
	}
	check(storage_close(e->client, h));
}

static void create(struct env *e)
{
	static const uint8_t data[65536];
	struct store_content c = { .type = 0xa00000bf, .data = data };
	struct store_id id;
	int h;

	id_set(&id, fuzz_take(&e->in, 1));
	c.data_size = fuzz_take(&e->in, 2);
	h = storage_create_object(e->client, &id, ALL | STORAGE_OVERWRITE, &c);
	check(h);
	if (h > 0)
		storage_close(e->client, h);
}

static void list(struct env *e)
{
	struct storage_info info;
	struct store_id id;
	unsigned int i;
	int h = storage_enum_alloc(e->client), ret;

	FUZZ_ASSERT(h > 0);
	ret = storage_enum_start(e->client, h);
	check(ret);
	for (i = 0; i < 8 && !ret; i++) {
		ret = storage_enum_next(e->client, h, &id, &info);
		check(ret);
		FUZZ_ASSERT(ret || id.size <= STORE_ID_MAX);
	}
	FUZZ_ASSERT(!storage_enum_free(e->client, h));
}

static void swap(struct fake_fs *fs)
{
	struct fake_file tmp = fs->file[0];

	fs->file[0] = fs->file[1];
	fs->file[1] = tmp;
	memcpy(fs->file[1].name, fs->file[0].name, sizeof(tmp.name));
	memcpy(fs->file[0].name, tmp.name, sizeof(tmp.name));
}

static void step(struct env *e)
{
	enum op op = (enum op)(fuzz_take(&e->in, 1) % OP_NUM);
	struct fake_file *f = fake_fs_any(&e->fs);
	uint64_t at;

	switch (op) {
	case OP_FLIP:
		at = fuzz_take(&e->in, 4);
		if (f && f->size)
			f->now[at % f->size] ^= (uint8_t)fuzz_take(&e->in, 1);
		break;
	case OP_CUT:
		at = fuzz_take(&e->in, 4);
		if (f && at < f->size)
			f->size = at;
		break;
	case OP_HEAD:
		if (f)
			change_head(e, f);
		break;
	case OP_CREATE:
		create(e);
		break;
	case OP_LIST:
		list(e);
		break;
	case OP_SWAP:
		swap(&e->fs);
		break;
	case OP_RESTART:
		stop(e);
		start(e);
		break;
	default:
		with_handle(e, op);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env *e = calloc(1, sizeof(*e));
	unsigned int i;

	FUZZ_ASSERT(e);
	e->in = (struct fuzz_input){ data, size };
	e->fs.max_size = 4 * MAX_FILE;
	FUZZ_ASSERT(!seal_create(&e->sealer));
	start(e);
	for (i = 0; i < MAX_STEPS && e->in.size; i++)
		step(e);
	stop(e);
	seal_destroy(e->sealer);
	fake_fs_release(&e->fs);
	free(e);
	return 0;
}
