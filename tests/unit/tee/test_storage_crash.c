// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A change that is stopped at each of its operations leaves the old object or the new one. */
#include "tests/unit/tee/storage_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_SIZE 560000u

/* What an object may hold: its name and bytes; no name: there is none. */
struct state {
	const char *id;
	size_t size;
	uint8_t data[MAX_SIZE];
};

struct change {
	const char *name;
	size_t size; /* of the object before */
	int (*make)(struct storage_client *c, int handle);
	void (*expect)(struct state *s); /* turns the state before into the one after */
};

static uint8_t *fill;

static int write_part(struct storage_client *c, int h)
{
	return storage_write(c, h, 10, fill, 300);
}

static void part_written(struct state *s)
{
	memcpy(s->data + 10, fill, 300);
	s->size = s->size < 310 ? 310 : s->size;
}

static int write_block(struct storage_client *c, int h)
{
	return storage_write(c, h, 4096, fill, 4096);
}

static void block_written(struct state *s)
{
	memcpy(s->data + 4096, fill, 4096);
	s->size = s->size < 8192 ? 8192 : s->size;
}

static int write_much(struct storage_client *c, int h)
{
	return storage_write(c, h, 1000, fill, 30000);
}

static void much_written(struct state *s)
{
	memcpy(s->data + 1000, fill, 30000);
	s->size = s->size < 31000 ? 31000 : s->size;
}

static int write_far(struct storage_client *c, int h)
{
	return storage_write(c, h, 550000, fill, 5000);
}

static void far_written(struct state *s)
{
	memcpy(s->data + 550000, fill, 5000);
	s->size = s->size < 555000 ? 555000 : s->size;
}

static int cut(struct storage_client *c, int h)
{
	return storage_truncate(c, h, 5000);
}

static void was_cut(struct state *s)
{
	if (s->size > 5000)
		memset(s->data + 5000, 0, s->size - 5000);
	s->size = 5000;
}

static int cut_all(struct storage_client *c, int h)
{
	return storage_truncate(c, h, 0);
}

static void all_cut(struct state *s)
{
	memset(s->data, 0, sizeof(s->data));
	s->size = 0;
}

static int rename_it(struct storage_client *c, int h)
{
	return storage_rename(c, h, id_of("after"));
}

static void was_renamed(struct state *s)
{
	s->id = "after";
}

static int delete_it(struct storage_client *c, int h)
{
	return storage_delete(c, h);
}

static void was_deleted(struct state *s)
{
	s->id = NULL;
}

static int overwrite(struct storage_client *c, int h)
{
	const struct store_content content = { .type = 0xa00000bf,
					       .data = fill,
					       .data_size = 9000 };
	int ret;

	storage_close(c, h);
	ret = storage_create_object(c, id_of("before"), ALL_FLAGS | STORAGE_OVERWRITE, &content);
	return ret < 0 ? ret : storage_close(c, ret);
}

static void was_overwritten(struct state *s)
{
	memset(s->data, 0, sizeof(s->data));
	memcpy(s->data, fill, 9000);
	s->size = 9000;
}

static const struct change changes[] = {
	{ "write into a small one", 500, write_part, part_written },
	{ "write a small one out of its header", 500, write_block, block_written },
	{ "write a small one large", 500, write_much, much_written },
	{ "write into a block", 5000, write_part, part_written },
	{ "write a block", 20000, write_block, block_written },
	{ "write blocks", 35000, write_much, much_written },
	{ "write past the end", 6000, write_much, much_written },
	{ "write far away", 5000, write_far, far_written },
	{ "write one of one block far away", 4000, write_far, far_written },
	{ "write a small one far away", 100, write_far, far_written },
	{ "cut", 35000, cut, was_cut },
	{ "lengthen", 100, cut, was_cut },
	{ "cut all", 35000, cut_all, all_cut },
	{ "cut all of a small one", 3000, cut_all, all_cut },
	{ "rename", 20000, rename_it, was_renamed },
	{ "rename a small one", 20, rename_it, was_renamed },
	{ "overwrite", 35000, overwrite, was_overwritten },
	{ "delete", 35000, delete_it, was_deleted },
};

static bool holds(struct storage_client *c, const struct state *s)
{
	static uint8_t back[MAX_SIZE];
	size_t got = 0;
	bool same;
	int h;

	h = storage_open(c, id_of(s->id ? s->id : "before"), STORAGE_READ);
	if (!s->id)
		same = h == -ENOENT;
	else
		same = h > 0 && !storage_read(c, h, 0, back, MAX_SIZE, &got) && got == s->size &&
		       !memcmp(back, s->data, got);
	storage_close(c, h);
	return same;
}

/* The object before, whose last change was one, too: both slots of its blocks are in use. */
static struct fixture *prepare(const struct change *ch, struct state *before)
{
	struct fixture *fx = fixture_new();
	int h;

	memset(before, 0, sizeof(*before));
	before->id = "before";
	before->size = ch->size;
	memcpy(before->data, fill + 1, ch->size);
	h = create(fx->a, "before", ALL_FLAGS, fill + 2, ch->size);
	assert_int_equal(storage_write(fx->a, h, 0, fill + 3, ch->size), 0);
	assert_int_equal(storage_write(fx->a, h, 0, before->data, ch->size), 0);
	storage_close(fx->a, h);
	return fx;
}

/* An object must still be of use after what happened to it. */
static void still_works(struct fixture *fx, const struct state *s)
{
	int h;

	if (!s->id)
		return;
	h = storage_open(fx->a, id_of(s->id), ALL_FLAGS);
	if (h < 0)
		fail_msg("%s can't be opened: %d", s->id, h);
	assert_int_equal(storage_write(fx->a, h, 3, "xyz", 3), 0);
	assert_int_equal(storage_truncate(fx->a, h, 6), 0);
	storage_close(fx->a, h);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of(s->id), ALL_FLAGS);
	assert_true(h > 0);
	assert_int_equal(storage_delete(fx->a, h), 0);
}

/* Return: did the change get to its end? */
static bool stop_at(const struct change *ch, uint64_t op, int error, bool stays,
		    enum fake_crash how, bool restart)
{
	static struct state states[2];
	struct state *before = &states[0], *after = &states[1];
	struct fixture *fx = prepare(ch, before);
	int saved = fixture_save_record(fx);
	bool old, new;
	int ret, h;

	h = storage_open(fx->a, id_of("before"), ALL_FLAGS);
	assert_true(h > 0);
	*after = *before;
	ch->expect(after);
	fx->fs.fail_at = fx->fs.num_ops + op;
	fx->fs.fail_with = error;
	fx->fs.stays_failed = stays;
	ret = ch->make(fx->a, h);
	if (restart) {
		fake_fs_crash(&fx->fs, how);
		/* Nobody waits for the record: it may be what the disk had, too. */
		if (how != FAKE_CRASH_KILL && op % 2)
			fixture_restore_record(fx, saved);
		fixture_restart(fx);
	} else {
		fx->fs.fail_at = 0;
		storage_close(fx->a, h);
	}
	old = holds(fx->a, before);
	new = holds(fx->a, after);
	if (!old && !new)
		fail_msg("%s, stopped at %u, crash %d: neither the old nor the new object",
			 ch->name, (unsigned int)op, how);
	if (!ret && !new)
		fail_msg("%s: said to be done, and lost by crash %d", ch->name, how);
	still_works(fx, new ? after : before);
	close(saved);
	fixture_free(fx);
	return !ret;
}

/* kill -9 of the machine, and power cuts that lose any part of what wasn't synced. */
static void stopped_anywhere(void **state)
{
	unsigned int i, how;
	uint64_t op;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (how = 0; how < FAKE_CRASH_NUM; how++)
			for (op = 1; !stop_at(&changes[i], op, -EIO, true, how, true); op++)
				assert_true(op < 100);
}

/* The secure world lives on: the supplicant went, or the disk is full, at any operation. */
static void refused_anywhere(void **state)
{
	static const int errors[] = { -ENOSPC, -ECONNRESET, -EIO };
	unsigned int i, k;
	uint64_t op;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (k = 0; k < 3; k++)
			for (op = 1; !stop_at(&changes[i], op, errors[k], false, 0, false); op++)
				assert_true(op < 100);
}

static void full_disk_is_said(void **state)
{
	struct fixture *fx = fixture_new();
	int h = create(fx->a, "full", ALL_FLAGS, fill, 5000);
	const struct store_content c = { .data = fill, .data_size = 5000 };

	(void)state;
	fx->fs.fail_with = -ENOSPC;
	fx->fs.fail_at = fx->fs.num_ops + 2;
	assert_int_equal(storage_write(fx->a, h, 0, fill, 30000), -ENOSPC);
	fx->fs.fail_at = fx->fs.num_ops + 3;
	assert_int_equal(storage_create_object(fx->a, id_of("new"), ALL_FLAGS, &c), -ENOSPC);
	expect_content(fx->a, h, fill, 5000);
	assert_int_equal(storage_open(fx->a, id_of("new"), ALL_FLAGS), -ENOENT);
	fixture_free(fx);
}

/* A new one is there as a whole, or not at all. */
static void created_or_not(void **state)
{
	unsigned int how;
	uint64_t op;
	int h = 0, k;

	(void)state;
	for (how = 0; how < FAKE_CRASH_NUM; how++) {
		for (op = 1, h = 0; h <= 0; op++) {
			const struct store_content c = { .data = fill, .data_size = 9000 };
			struct fixture *fx = fixture_new();

			assert_int_equal(storage_open(fx->a, id_of("new"), ALL_FLAGS), -ENOENT);
			fx->fs.fail_at = fx->fs.num_ops + op;
			fx->fs.fail_with = -EIO;
			fx->fs.stays_failed = true;
			h = storage_create_object(fx->a, id_of("new"), ALL_FLAGS, &c);
			fake_fs_crash(&fx->fs, how);
			fixture_restart(fx);
			k = storage_open(fx->a, id_of("new"), ALL_FLAGS);
			if (k > 0)
				expect_content(fx->a, k, fill, 9000);
			else
				assert_int_equal(k, -ENOENT);
			assert_true(k > 0 || h <= 0);
			if (k < 0)
				k = storage_create_object(fx->a, id_of("new"), ALL_FLAGS, &c);
			assert_true(k > 0);
			fixture_free(fx);
		}
	}
}

/* Does the object read as what was stored, or is it said to be corrupt? Nothing else will do. */
static bool flip_is_harmless(struct fixture *fx, const uint8_t *data, size_t size)
{
	static uint8_t back[MAX_SIZE];
	size_t got = 0;
	int ret, h;

	h = storage_open(fx->a, id_of("flipped"), ALL_FLAGS);
	ret = h < 0 ? h : storage_read(fx->a, h, 0, back, size, &got);
	if (ret && ret != -EBADMSG)
		fail_msg("an error that isn't of corruption: %d", ret);
	if (!ret) {
		assert_int_equal(got, size);
		assert_memory_equal(back, data, size);
	}
	storage_close(fx->a, h);
	return !ret;
}

/* A file that ends too early, which the repair of its header may have made longer again. */
static void cut_anywhere(struct fixture *fx, struct fake_file *f, size_t size)
{
	size_t i, whole_size = f->size;
	uint8_t *whole = malloc(whole_size);

	memcpy(whole, f->now, whole_size);
	for (i = 0; i < whole_size; i += 4093) {
		f->size = i;
		flip_is_harmless(fx, fill, size);
		free(f->now);
		f->now = malloc(whole_size);
		memcpy(f->now, whole, whole_size);
		f->size = whole_size;
	}
	free(whole);
}

static void flip_each_byte(size_t size, unsigned int min_seen)
{
	struct fixture *fx = fixture_new();
	struct fake_file *f;
	unsigned int seen = 0;
	size_t i;
	int h = create(fx->a, "flipped", ALL_FLAGS, fill + 1, size);

	assert_int_equal(storage_write(fx->a, h, 0, fill, size), 0);
	storage_close(fx->a, h);
	f = fake_fs_any(&fx->fs);
	for (i = 0; i < f->size; i++) {
		/*
		 * Blocks that hold nothing are there in number: each of their bytes is as good as
		 * the other.
		 */
		if (i > 8192 && i % 4096 > 64 && i % 61 && !f->now[i])
			continue;
		f->now[i] ^= 0x10;
		seen += !flip_is_harmless(fx, fill, size);
		f->now[i] ^= 0x10;
	}
	assert_true(flip_is_harmless(fx, fill, size));
	/*
	 * The bytes of the blocks that count; the two copies of the header stand in for each
	 * other.
	 */
	assert_true(seen >= min_seen);
	for (i = 0; i < 4096; i += 3) {
		f->now[i] ^= 1;
		f->now[4096 + (i * 7) % 4096] ^= 1;
		assert_false(flip_is_harmless(fx, fill, size));
		f->now[i] ^= 1;
		f->now[4096 + (i * 7) % 4096] ^= 1;
	}
	cut_anywhere(fx, f, size);
	fixture_free(fx);
}

static void each_byte_counts(void **state)
{
	(void)state;
	flip_each_byte(1000, 0);
	flip_each_byte(5000, 12000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_anywhere),  cmocka_unit_test(refused_anywhere),
		cmocka_unit_test(full_disk_is_said), cmocka_unit_test(created_or_not),
		cmocka_unit_test(each_byte_counts),
	};
	int ret;

	fill = pattern(2 * MAX_SIZE, 9);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	free(fill);
	return ret;
}
