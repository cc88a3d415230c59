// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/tee/storage_fixture.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint8_t uuid_a[16] = { 0xa0, 1, 2, 3 }, uuid_b[16] = { 0xb0, 1, 2, 3 };

static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	const struct fixture *fx = data;

	memcpy(key, fx->root_key, STORE_KEY_SIZE);
	return fx->key_error;
}

static int record(void *data)
{
	const struct fixture *fx = data;

	return fx->record;
}

static void start(struct fixture *fx)
{
	const struct storage_config cfg = {
		.fs = { .ops = &fake_fs_ops, .data = &fx->fs },
		.root_key = root_key,
		.record = record,
		.key_data = fx,
	};

	assert_int_equal(storage_create(&cfg, &fx->storage), 0);
	assert_int_equal(storage_client_create(fx->storage, uuid_a, &fx->a), 0);
	assert_int_equal(storage_client_create(fx->storage, uuid_a, &fx->a2), 0);
	assert_int_equal(storage_client_create(fx->storage, uuid_b, &fx->b), 0);
}

static void stop(struct fixture *fx)
{
	storage_client_destroy(fx->a);
	storage_client_destroy(fx->a2);
	storage_client_destroy(fx->b);
	storage_destroy(fx->storage);
}

struct fixture *fixture_new(void)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	assert_non_null(fx);
	memset(fx->root_key, 0x77, sizeof(fx->root_key));
	fx->record = memfd_create("record", MFD_CLOEXEC);
	assert_true(fx->record >= 0);
	start(fx);
	return fx;
}

void fixture_free(struct fixture *fx)
{
	stop(fx);
	fake_fs_release(&fx->fs);
	close(fx->record);
	free(fx);
}

void fixture_restart(struct fixture *fx)
{
	stop(fx);
	start(fx);
}

static void copy_record(int to, int from)
{
	static uint8_t buf[STORE_NUM_SEEN * sizeof(struct store_record)];
	ssize_t n = pread(from, buf, sizeof(buf), 0);

	assert_true(n >= 0);
	assert_int_equal(ftruncate(to, 0), 0);
	assert_int_equal(pwrite(to, buf, (size_t)n, 0), n);
}

int fixture_save_record(const struct fixture *fx)
{
	int saved = memfd_create("saved", MFD_CLOEXEC);

	assert_true(saved >= 0);
	copy_record(saved, fx->record);
	return saved;
}

void fixture_restore_record(struct fixture *fx, int saved)
{
	copy_record(fx->record, saved);
}

const struct store_id *id_of(const char *text)
{
	static struct store_id id;

	memset(&id, 0, sizeof(id));
	id.size = (uint32_t)strlen(text);
	memcpy(id.id, text, id.size);
	return &id;
}

uint8_t *pattern(size_t size, unsigned int seed)
{
	uint8_t *p = malloc(size + 1);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < size; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + seed * 101 + 1);
	return p;
}

int create(struct storage_client *c, const char *id, uint32_t flags, const void *data, size_t size)
{
	const struct store_content content = { .type = 0xa00000bf,
					       .data = data,
					       .data_size = size };
	int h = storage_create_object(c, id_of(id), flags, &content);

	assert_true(h > 0);
	return h;
}

void expect_content(struct storage_client *c, int handle, const uint8_t *data, size_t size)
{
	uint8_t *back = malloc(size + 10);
	struct storage_info info;
	size_t got;

	assert_non_null(back);
	assert_int_equal(storage_info(c, handle, &info), 0);
	assert_int_equal(info.data_size, size);
	assert_int_equal(storage_read(c, handle, 0, back, size + 10, &got), 0);
	assert_int_equal(got, size);
	if (size)
		assert_memory_equal(back, data, size);
	free(back);
}

void swap_contents(struct fake_fs *fs, struct fake_file *f, const char *name)
{
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++) {
		struct fake_file *g = &fs->file[i], tmp;

		if (!*g->name || !strcmp(g->name, name))
			continue;
		tmp = *f;
		*f = *g;
		*g = tmp;
		memcpy(g->name, f->name, sizeof(g->name));
		memcpy(f->name, name, sizeof(f->name));
		return;
	}
	fail_msg("there is no other file");
}
