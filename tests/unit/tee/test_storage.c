// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Objects over a file system that works: contents, sharing, names, who sees what. */
#include "tests/unit/tee/storage_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void sizes_come_back(void **state)
{
	static const size_t sizes[] = { 0,
					1,
					100,
					STORE_INLINE_MAX - 1,
					STORE_INLINE_MAX,
					STORE_INLINE_MAX + 1,
					4095,
					4096,
					4097,
					8192,
					100000,
					128 * 4096,
					128 * 4096 + 1,
					3000000 };
	struct fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *data = pattern(sizes[i], i);
		int h = create(fx->a, "sizes", ALL_FLAGS | STORAGE_OVERWRITE, data, sizes[i]);

		expect_content(fx->a, h, data, sizes[i]);
		assert_int_equal(storage_close(fx->a, h), 0);
		h = storage_open(fx->a, id_of("sizes"), ALL_FLAGS);
		assert_true(h > 0);
		expect_content(fx->a, h, data, sizes[i]);
		assert_int_equal(storage_close(fx->a, h), 0);
		fixture_restart(fx);
		h = storage_open(fx->a, id_of("sizes"), ALL_FLAGS);
		expect_content(fx->a, h, data, sizes[i]);
		assert_int_equal(storage_delete(fx->a, h), 0);
		assert_int_equal(storage_open(fx->a, id_of("sizes"), ALL_FLAGS), -ENOENT);
		free(data);
	}
}

/* A shadow of the object in memory, and random writes, cuts and growth against it. */
static void random_changes(void **state)
{
	const size_t max = 1500000;
	struct fixture *fx = *state;
	uint8_t *shadow = calloc(1, max), *buf = pattern(max, 7);
	unsigned int round, seed = 12345;
	size_t size = 0;
	int h = create(fx->a, "random", ALL_FLAGS, NULL, 0);

	for (round = 0; round < 400; round++) {
		size_t limit = round < 100 ? 10000 : max;
		size_t at = (size_t)rand_r(&seed) % limit;
		size_t len = (size_t)rand_r(&seed) % (round % 7 ? 9000 : 300000);

		len = len < max - at ? len : max - at;
		if (round % 5 == 4) {
			assert_int_equal(storage_truncate(fx->a, h, at), 0);
			if (at < size)
				memset(shadow + at, 0, size - at);
			size = at;
		} else {
			assert_int_equal(storage_write(fx->a, h, at, buf + round,
						       len - (len > 400 ? 400 : 0)),
					 0);
			len -= len > 400 ? 400 : 0;
			memcpy(shadow + at, buf + round, len);
			if (len && at + len > size)
				size = at + len;
		}
		if (round % 16 == 15) {
			fixture_restart(fx);
			h = storage_open(fx->a, id_of("random"), ALL_FLAGS);
			assert_true(h > 0);
		}
		if (round % 4 == 0)
			expect_content(fx->a, h, shadow, size);
	}
	expect_content(fx->a, h, shadow, size);
	free(shadow);
	free(buf);
}

/* Holes cost nothing, and the tree is as deep as it must be. */
static void far_away(void **state)
{
	const uint64_t at = 3ull << 30;
	struct fixture *fx = *state;
	uint8_t byte = 0x5a, back[3] = { 1, 1, 1 };
	struct storage_info info;
	size_t got;
	int h = create(fx->a, "far", ALL_FLAGS, "near", 4);

	/*
	 * The fake keeps its files in memory: only sizes and errors here; the rest is for real
	 * files.
	 */
	assert_int_equal(storage_truncate(fx->a, h, at), 0);
	assert_int_equal(storage_read(fx->a, h, at - 2, back, 3, &got), 0);
	assert_int_equal(got, 2);
	assert_int_equal(back[0] | back[1], 0);
	assert_int_equal(storage_write(fx->a, h, 70ull << 20, &byte, 1), 0);
	assert_int_equal(storage_read(fx->a, h, (70ull << 20) - 1, back, 3, &got), 0);
	assert_int_equal(got, 3);
	assert_int_equal(back[0], 0);
	assert_int_equal(back[1], 0x5a);
	assert_int_equal(back[2], 0);
	assert_int_equal(storage_read(fx->a, h, 0, back, 3, &got), 0);
	assert_memory_equal(back, "nea", 3);
	assert_int_equal(storage_info(fx->a, h, &info), 0);
	assert_int_equal(info.data_size, at);
	assert_int_equal(storage_write(fx->a, h, STORE_MAX_SIZE, &byte, 1), -EFBIG);
	assert_int_equal(storage_truncate(fx->a, h, STORE_MAX_SIZE + 1), -EFBIG);
	assert_int_equal(storage_truncate(fx->a, h, 2), 0);
	expect_content(fx->a, h, (const uint8_t *)"ne", 2);
}

static void attributes_stay(void **state)
{
	struct fixture *fx = *state;
	uint8_t *attr = pattern(5000, 3), *data = pattern(6000, 4), back[5000];
	struct store_content c = { .type = 0xa1000030,
				   .usage = 0x3f,
				   .flags = 9,
				   .object_size = 2048,
				   .max_object_size = 4096,
				   .attr = attr,
				   .attr_size = 5000,
				   .data = data,
				   .data_size = 6000 };
	struct storage_info info;
	int h = storage_create_object(fx->a, id_of("key"), ALL_FLAGS, &c);

	assert_true(h > 0);
	assert_int_equal(storage_write(fx->a, h, 6000, data, 100), 0);
	assert_int_equal(storage_set_usage(fx->a, h, 0x11), 0);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of("key"), STORAGE_READ);
	assert_int_equal(storage_info(fx->a, h, &info), 0);
	assert_int_equal(info.type, 0xa1000030);
	assert_int_equal(info.usage, 0x11);
	assert_int_equal(info.flags, 9);
	assert_int_equal(info.object_size, 2048);
	assert_int_equal(info.max_object_size, 4096);
	assert_int_equal(info.attr_size, 5000);
	assert_int_equal(info.data_size, 6100);
	assert_int_equal(info.handle_flags, STORAGE_READ);
	assert_int_equal(storage_read_attr(fx->a, h, back, 4999), -EINVAL);
	assert_int_equal(storage_read_attr(fx->a, h, back, 5000), 0);
	assert_memory_equal(back, attr, 5000);
	free(attr);
	free(data);
}

static void flags_decide(void **state)
{
	static const struct {
		uint32_t first, second;
		int result; /* 0: both */
	} cases[] = {
		{ STORAGE_READ, STORAGE_READ, -EBUSY },
		{ STORAGE_READ | STORAGE_SHARE_READ, STORAGE_READ | STORAGE_SHARE_READ, 0 },
		{ STORAGE_READ | STORAGE_SHARE_READ, STORAGE_READ, -EBUSY },
		{ STORAGE_WRITE | STORAGE_SHARE_WRITE, STORAGE_WRITE | STORAGE_SHARE_WRITE, 0 },
		{ STORAGE_WRITE | STORAGE_SHARE_READ, STORAGE_WRITE | STORAGE_SHARE_READ, -EBUSY },
		{ STORAGE_WRITE_META | STORAGE_SHARE_READ, STORAGE_READ | STORAGE_SHARE_READ,
		  -EBUSY },
		{ STORAGE_READ | STORAGE_SHARE_READ, STORAGE_WRITE_META | STORAGE_SHARE_READ,
		  -EBUSY },
		{ STORAGE_SHARE_READ, 0, -EBUSY },
		{ 0, 0, 0 },
		{ STORAGE_SHARE_READ | STORAGE_SHARE_WRITE,
		  STORAGE_READ | STORAGE_WRITE | STORAGE_SHARE_READ | STORAGE_SHARE_WRITE, 0 },
	};
	struct fixture *fx = *state;
	unsigned int i;
	int h, k;

	h = create(fx->a, "shared", 0, "x", 1);
	storage_close(fx->a, h);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		h = storage_open(fx->a, id_of("shared"), cases[i].first);
		assert_true(h > 0);
		/* Another instance of the same TA meets the same rule. */
		k = storage_open(i % 2 ? fx->a : fx->a2, id_of("shared"), cases[i].second);
		if (cases[i].result)
			assert_int_equal(k, cases[i].result);
		else
			assert_true(k > 0);
		if (k > 0)
			storage_close(i % 2 ? fx->a : fx->a2, k);
		storage_close(fx->a, h);
	}
}

static void handles_allow_what_they_say(void **state)
{
	struct fixture *fx = *state;
	struct store_content c = { .data = "abc", .data_size = 3 };
	uint8_t b[4];
	size_t got;
	int h = create(fx->a, "rights", 0, "x", 1);

	assert_int_equal(storage_read(fx->a, h, 0, b, 1, &got), -EACCES);
	assert_int_equal(storage_write(fx->a, h, 0, b, 1), -EACCES);
	assert_int_equal(storage_truncate(fx->a, h, 0), -EACCES);
	assert_int_equal(storage_rename(fx->a, h, id_of("other")), -EACCES);
	assert_int_equal(storage_delete(fx->a, h), -EACCES);
	assert_int_equal(storage_close(fx->a, h), 0);
	assert_int_equal(storage_close(fx->a, h), -EBADF);
	assert_int_equal(storage_read(fx->a, 0, 0, b, 1, &got), -EBADF);
	assert_int_equal(storage_read(fx->a, 100000, 0, b, 1, &got), -EBADF);
	assert_int_equal(storage_create_object(fx->a, id_of("rights"), ALL_FLAGS, &c), -EEXIST);
	h = storage_create_object(fx->a, id_of("rights"), ALL_FLAGS | STORAGE_OVERWRITE, &c);
	assert_true(h > 0);
	assert_int_equal(
		storage_create_object(fx->a2, id_of("rights"), ALL_FLAGS | STORAGE_OVERWRITE, &c),
		-EBUSY);
	expect_content(fx->a, h, (const uint8_t *)"abc", 3);
	assert_int_equal(storage_open(fx->a, id_of("rights"), 1u << 20), -EINVAL);
}

static void others_see_new_content(void **state)
{
	const uint32_t flags =
		STORAGE_READ | STORAGE_WRITE | STORAGE_SHARE_READ | STORAGE_SHARE_WRITE;
	struct fixture *fx = *state;
	int k, h = create(fx->a, "both", flags, "old", 3);

	k = create(fx->a2, "both", flags | STORAGE_OVERWRITE, "newer", 5);
	expect_content(fx->a, h, (const uint8_t *)"newer", 5);
	assert_int_equal(storage_write(fx->a, h, 5, "!", 1), 0);
	expect_content(fx->a2, k, (const uint8_t *)"newer!", 6);
}

static void renamed(void **state)
{
	struct fixture *fx = *state;
	int k, h = create(fx->a, "old", ALL_FLAGS, "data", 4);

	k = create(fx->a, "taken", ALL_FLAGS, "t", 1);
	assert_int_equal(storage_rename(fx->a, h, id_of("taken")), -EEXIST);
	assert_int_equal(storage_rename(fx->a, h, id_of("new")), 0);
	assert_int_equal(storage_write(fx->a, h, 4, "!", 1), 0);
	assert_int_equal(storage_open(fx->a, id_of("old"), ALL_FLAGS), -ENOENT);
	assert_int_equal(storage_open(fx->a, id_of("new"), ALL_FLAGS), -EBUSY);
	storage_close(fx->a, h);
	storage_close(fx->a, k);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of("new"), ALL_FLAGS);
	expect_content(fx->a, h, (const uint8_t *)"data!", 5);
	/* The empty id is one as any other. */
	assert_int_equal(storage_rename(fx->a, h, id_of("")), 0);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of(""), ALL_FLAGS);
	expect_content(fx->a, h, (const uint8_t *)"data!", 5);
}

static void listed(void **state)
{
	struct fixture *fx = *state;
	struct storage_info info;
	unsigned int seen = 0, i;
	struct store_id id;
	char name[16];
	int h, e = storage_enum_alloc(fx->a);

	assert_true(e > 0);
	assert_int_equal(storage_enum_next(fx->a, e, &id, &info), -ENOENT);
	assert_int_equal(storage_enum_start(fx->a, e), -ENOENT);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "object %u", i);
		h = create(fx->a, name, ALL_FLAGS, name, i);
		if (i != 3)
			storage_close(fx->a, h);
	}
	storage_close(fx->b, create(fx->b, "of another", ALL_FLAGS, "x", 1));
	fixture_restart(fx);
	e = storage_enum_alloc(fx->a);
	assert_int_equal(storage_enum_start(fx->a, e), 0);
	h = storage_open(fx->a, id_of("object 5"), ALL_FLAGS);
	assert_int_equal(storage_delete(fx->a, h), 0);
	while (!storage_enum_next(fx->a, e, &id, &info)) {
		assert_int_equal(id.size, 8);
		assert_memory_equal(id.id, "object ", 7);
		i = (unsigned int)id.id[7] - '0';
		assert_int_equal(info.data_size, i);
		seen |= 1u << i;
	}
	assert_int_equal(seen, 0x3ff & ~(1u << 5));
	assert_int_equal(storage_enum_reset(fx->a, e), 0);
	assert_int_equal(storage_enum_next(fx->a, e, &id, &info), -ENOENT);
	assert_int_equal(storage_enum_free(fx->a, e), 0);
	assert_int_equal(storage_enum_free(fx->a, e), -EBADF);
	assert_int_equal(storage_enum_start(fx->a, e), -EBADF);
}

static void trusted_applications_are_apart(void **state)
{
	struct fixture *fx = *state;
	char name[SUPP_FS_NAME_SIZE];
	struct fake_file *f;
	int h = create(fx->a, "mine", ALL_FLAGS, "secret", 6);

	storage_close(fx->a, h);
	assert_int_equal(storage_open(fx->b, id_of("mine"), ALL_FLAGS), -ENOENT);
	/*
	 * The same name for another TA is another file; with its bytes in it, it is a corrupt
	 * one.
	 */
	f = fake_fs_any(&fx->fs);
	snprintf(name, sizeof(name), "%s", f->name);
	storage_close(fx->b, create(fx->b, "mine", ALL_FLAGS, "other", 5));
	f = fake_fs_find(&fx->fs, name);
	swap_contents(&fx->fs, f, name);
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->b, id_of("mine"), ALL_FLAGS), -EBADMSG);
	assert_int_equal(storage_open(fx->a, id_of("mine"), ALL_FLAGS), -EBADMSG);
}

static void objects_cant_be_swapped(void **state)
{
	struct fixture *fx = *state;
	char name[SUPP_FS_NAME_SIZE];

	storage_close(fx->a, create(fx->a, "one", ALL_FLAGS, "1", 1));
	snprintf(name, sizeof(name), "%s", fake_fs_any(&fx->fs)->name);
	storage_close(fx->a, create(fx->a, "two", ALL_FLAGS, "2", 1));
	swap_contents(&fx->fs, fake_fs_find(&fx->fs, name), name);
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->a, id_of("one"), ALL_FLAGS), -EBADMSG);
	assert_int_equal(storage_open(fx->a, id_of("two"), ALL_FLAGS), -EBADMSG);
}

static void rollback_is_seen(void **state)
{
	struct fixture *fx = *state;
	struct fake_fs before, none = { .num_ops = 0 };
	int h = create(fx->a, "counter", ALL_FLAGS, "1", 1);

	fake_fs_copy(&before, &fx->fs);
	assert_int_equal(storage_write(fx->a, h, 0, "2", 1), 0);
	storage_close(fx->a, h);
	fake_fs_release(&fx->fs);
	fake_fs_copy(&fx->fs, &before);
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	/* Gone, where it was there a moment ago: that isn't an object that there never was. */
	fake_fs_release(&fx->fs);
	fx->fs = none;
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	/* The TA may start anew; then what was removed doesn't come back. */
	h = create(fx->a, "counter", ALL_FLAGS, "3", 1);
	assert_int_equal(storage_delete(fx->a, h), 0);
	fake_fs_release(&fx->fs);
	fake_fs_copy(&fx->fs, &before);
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	fake_fs_release(&before);
}

static void put_back(struct fixture *fx, const struct fake_fs *before)
{
	fake_fs_release(&fx->fs);
	fake_fs_copy(&fx->fs, before);
}

/* The same, while no secure world was there to see it. */
static void rollback_is_seen_later(void **state)
{
	struct fixture *fx = *state;
	struct fake_fs before, after;
	int h = create(fx->a, "counter", ALL_FLAGS, "1", 1);

	fake_fs_copy(&before, &fx->fs);
	assert_int_equal(storage_write(fx->a, h, 0, "2", 1), 0);
	fake_fs_copy(&after, &fx->fs);
	put_back(fx, &before);
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	put_back(fx, &after);
	h = storage_open(fx->a, id_of("counter"), ALL_FLAGS);
	expect_content(fx->a, h, (const uint8_t *)"2", 1);
	/* A removed one doesn't come back, nor one that another took the place of. */
	assert_int_equal(storage_delete(fx->a, h), 0);
	put_back(fx, &after);
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	h = create(fx->a, "counter", ALL_FLAGS | STORAGE_OVERWRITE, "3", 1);
	assert_int_equal(storage_rename(fx->a, h, id_of("another")), 0);
	assert_int_equal(storage_rename(fx->a, h, id_of("counter")), 0);
	put_back(fx, &after);
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->a, id_of("counter"), ALL_FLAGS), -EBADMSG);
	fake_fs_release(&before);
	fake_fs_release(&after);
}

/* A record that is behind, damaged, another key's or gone keeps nobody from an object. */
static void any_record_will_do(void **state)
{
	struct fixture *fx = *state;
	struct store_record zero = { .counter = 0 };
	int saved, empty, h = create(fx->a, "kept", ALL_FLAGS, "1", 1);
	off_t at;

	saved = fixture_save_record(fx);
	assert_int_equal(storage_write(fx->a, h, 0, "2", 1), 0);
	fixture_restore_record(fx, saved);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of("kept"), ALL_FLAGS);
	expect_content(fx->a, h, (const uint8_t *)"2", 1);
	/* Each entry claims a state that is yet to come. */
	for (at = 0; pread(fx->record, &zero, sizeof(zero), at) == (ssize_t)sizeof(zero);
	     at += (off_t)sizeof(zero)) {
		zero.counter += 1000;
		assert_int_equal(pwrite(fx->record, &zero, sizeof(zero), at), sizeof(zero));
	}
	assert_true(at > 0);
	fixture_restart(fx);
	h = storage_open(fx->a, id_of("kept"), ALL_FLAGS);
	expect_content(fx->a, h, (const uint8_t *)"2", 1);
	empty = memfd_create("empty", MFD_CLOEXEC);
	fixture_restore_record(fx, empty);
	fixture_restart(fx);
	assert_true(storage_open(fx->a, id_of("kept"), ALL_FLAGS) > 0);
	/* Its first use after that is written down again. */
	assert_true(lseek(fx->record, 0, SEEK_END) > 0);
	close(empty);
	close(saved);
}

/* One message for a change, one for opening. */
static void few_messages(void **state)
{
	struct fixture *fx = *state;
	uint8_t *data = pattern(1 << 20, 1);
	uint64_t runs, syncs;
	int h = create(fx->a, "few", ALL_FLAGS, data, 4096);

	runs = fx->fs.num_runs;
	syncs = fx->fs.num_syncs;
	assert_int_equal(storage_write(fx->a, h, 0, data + 1, 4096), 0);
	assert_int_equal(fx->fs.num_runs, runs + 1);
	assert_int_equal(fx->fs.num_syncs, syncs + 1);
	storage_close(fx->a, h);
	h = storage_open(fx->a, id_of("few"), ALL_FLAGS);
	assert_int_equal(fx->fs.num_runs, runs + 2);
	expect_content(fx->a, h, data + 1, 4096);
	assert_int_equal(fx->fs.num_runs, runs + 3);
	runs = fx->fs.num_runs;
	assert_int_equal(storage_write(fx->a, h, 4096, data, 512 << 10), 0);
	assert_true(fx->fs.num_runs <= runs + 2);
	storage_close(fx->a, h);
	h = create(fx->a, "small", ALL_FLAGS, data, 100);
	syncs = fx->fs.num_syncs;
	assert_int_equal(storage_write(fx->a, h, 0, data + 1, 100), 0);
	assert_int_equal(fx->fs.num_syncs, syncs + 1);
	free(data);
}

static void no_key_no_storage(void **state)
{
	struct fixture *fx = *state;

	fx->key_error = -ECONNRESET;
	assert_int_equal(storage_open(fx->a, id_of("x"), ALL_FLAGS), -ECONNRESET);
	fx->key_error = 0;
	assert_int_equal(storage_open(fx->a, id_of("x"), ALL_FLAGS), -ENOENT);
	storage_close(fx->a, create(fx->a, "x", ALL_FLAGS, "x", 1));
	/* With another machine's key nothing is to be seen. */
	fx->root_key[5] ^= 1;
	fixture_restart(fx);
	assert_int_equal(storage_open(fx->a, id_of("x"), ALL_FLAGS), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sizes_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(random_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(far_away, setup, teardown),
		cmocka_unit_test_setup_teardown(attributes_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(flags_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(handles_allow_what_they_say, setup, teardown),
		cmocka_unit_test_setup_teardown(others_see_new_content, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(listed, setup, teardown),
		cmocka_unit_test_setup_teardown(trusted_applications_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(objects_cant_be_swapped, setup, teardown),
		cmocka_unit_test_setup_teardown(rollback_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(rollback_is_seen_later, setup, teardown),
		cmocka_unit_test_setup_teardown(any_record_will_do, setup, teardown),
		cmocka_unit_test_setup_teardown(few_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(no_key_no_storage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
