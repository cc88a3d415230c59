/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What an object holds: read, written, cut. */
#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "tee/storage/file.h"

static void cache_block(struct store_file *f, uint64_t index, const uint8_t *data)
{
	if (data != f->block.data)
		memcpy(f->block.data, data, STORE_BLOCK);
	f->block.index = index;
	f->block.valid = true;
}

/* Block @index as it was before the change, in the cache. */
static int open_block(struct store_file *f, uint64_t index)
{
	int ret;

	if (f->block.valid && f->block.index == index)
		return 0;
	f->block.valid = false;
	ret = store_tree_get(f, index, f->block.data);
	if (!ret)
		cache_block(f, index, f->block.data);
	return ret;
}

static size_t min_size(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

/* The content leaves the header: it becomes block 0 of a tree, in the cache and yet to be put. */
static void leave_inline(struct store_file *f)
{
	memset(f->block.data, 0, STORE_BLOCK);
	memcpy(f->block.data, f->head.content, STORE_INLINE_MAX);
	cache_block(f, 0, f->block.data);
	memset(f->head.content, 0, sizeof(f->head.content));
	memset(&f->head.root, 0, sizeof(f->head.root));
	f->head.depth = 0;
}

/* @len bytes from @offset on into blocks, each once. */
int store_put_range(struct store_file *f, uint64_t offset, const uint8_t *buf, size_t len)
{
	int ret = store_tree_grow(f, (offset + len - 1) / STORE_BLOCK);

	while (len && !ret) {
		uint64_t index = offset / STORE_BLOCK;
		size_t at = offset % STORE_BLOCK;
		size_t n = min_size(STORE_BLOCK - at, len);

		if (n == STORE_BLOCK) {
			if (f->block.valid && f->block.index == index)
				f->block.valid = false;
			ret = store_tree_put(f, index, buf);
		} else {
			ret = open_block(f, index);
			if (ret)
				break;
			memcpy(f->block.data + at, buf, n);
			ret = store_tree_put(f, index, f->block.data);
		}
		offset += n;
		buf += n;
		len -= n;
	}
	return ret;
}

/* Of an object that was inline: block 0 is put even where the write begins behind it. */
static int put_after_inline(struct store_file *f, uint64_t offset, const uint8_t *buf, size_t len)
{
	size_t n = offset < STORE_BLOCK ? min_size(STORE_BLOCK - offset, len) : 0;
	int ret;

	leave_inline(f);
	if (n)
		memcpy(f->block.data + offset, buf, n);
	ret = len ? store_tree_grow(f, (offset + len - 1) / STORE_BLOCK) : 0;
	if (!ret)
		ret = store_tree_put(f, 0, f->block.data);
	return ret || n == len ? ret : store_put_range(f, offset + n, buf + n, len - n);
}

int store_file_write(struct store_file *f, uint64_t offset, const void *buf, size_t len)
{
	uint64_t end;
	int ret;

	if (__builtin_add_overflow(offset, len, &end) || end > STORE_MAX_SIZE)
		return -EFBIG;
	ret = store_begin(f);
	if (ret || !len)
		return ret;
	if (f->head.depth != STORE_INLINE)
		ret = store_put_range(f, offset, buf, len);
	else if (end <= STORE_INLINE_MAX)
		memcpy(f->head.content + offset, buf, len);
	else
		ret = put_after_inline(f, offset, buf, len);
	if (ret)
		return store_failed(f, ret);
	if (end > f->head.size)
		f->head.size = end;
	return store_commit(f, NULL, 0);
}

/* Nothing of what is behind @size remains: it is zero if the object grows again. */
static int shrink(struct store_file *f, uint64_t size)
{
	uint64_t last = (size - 1) / STORE_BLOCK;
	size_t at = size % STORE_BLOCK;
	int ret = 0;

	if (!size) {
		memset(&f->head.root, 0, sizeof(f->head.root));
		f->head.depth = 0;
		store_tree_forget(f);
		return 0;
	}
	if (f->block.valid && f->block.index > last)
		f->block.valid = false;
	if (at) {
		ret = open_block(f, last);
		if (ret)
			return ret;
		memset(f->block.data + at, 0, STORE_BLOCK - at);
		ret = store_tree_grow(f, last);
		if (!ret)
			ret = store_tree_put(f, last, f->block.data);
	}
	return ret ? ret : store_tree_cut(f, last);
}

int store_file_resize(struct store_file *f, uint64_t size)
{
	uint64_t cut_at = 0;
	int ret;

	if (size > STORE_MAX_SIZE)
		return -EFBIG;
	ret = store_begin(f);
	if (ret || size == f->head.size)
		return ret;
	if (f->head.depth == STORE_INLINE) {
		if (size > STORE_INLINE_MAX)
			ret = put_after_inline(f, 0, NULL, 0);
		else if (size < f->head.size)
			memset(f->head.content + size, 0, STORE_INLINE_MAX - size);
	} else if (size < f->head.size) {
		ret = shrink(f, size);
		cut_at = size ? store_tree_end((size - 1) / STORE_BLOCK) : 2 * STORE_BLOCK;
	}
	if (ret)
		return store_failed(f, ret);
	f->head.size = size;
	return store_commit(f, NULL, cut_at);
}

int store_file_set_usage(struct store_file *f, uint32_t usage)
{
	int ret = store_begin(f);

	if (ret || f->head.usage == usage)
		return ret;
	f->head.usage = usage;
	return store_commit(f, NULL, 0);
}

/* Part of one block, by way of the cache. */
static int read_part(struct store_file *f, uint64_t offset, uint8_t *buf, size_t n)
{
	int ret = open_block(f, offset / STORE_BLOCK);

	if (!ret)
		memcpy(buf, f->block.data + offset % STORE_BLOCK, n);
	return ret;
}

/* Whole blocks, as many as one message brings. Return: bytes or -errno. */
static ssize_t read_run(struct store_file *f, uint64_t index, uint8_t *buf, size_t len)
{
	size_t num = min_size(len / STORE_BLOCK, STORE_FANOUT - index % STORE_FANOUT);
	int ret = store_tree_get_run(f, index, (unsigned int)num, buf);

	return ret ? ret : (ssize_t)(num * STORE_BLOCK);
}

int store_file_read(struct store_file *f, uint64_t offset, void *buf, size_t len, size_t *got)
{
	uint8_t *to = buf;
	int ret = store_begin(f);

	*got = 0;
	if (ret || offset >= f->head.size)
		return ret;
	len = min_size(f->head.size - offset, len);
	*got = len;
	if (f->head.depth == STORE_INLINE) {
		memcpy(to, f->head.content + offset, len);
		return 0;
	}
	while (len) {
		size_t at = offset % STORE_BLOCK;
		size_t n = min_size(STORE_BLOCK - at, len);

		if (n < STORE_BLOCK) {
			ret = read_part(f, offset, to, n);
		} else {
			ssize_t run = read_run(f, offset / STORE_BLOCK, to, len);

			ret = run < 0 ? (int)run : 0;
			n = run < 0 ? 0 : (size_t)run;
		}
		if (ret) {
			*got = 0;
			return store_failed(f, ret);
		}
		offset += n;
		to += n;
		len -= n;
	}
	return 0;
}
