/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "tee/storage/file.h"

/* Header's two copies. */
#define BLOCKS_AT (2u * STORE_BLOCK)
/* One node of level 1 with its blocks, both slots. */
#define GROUP_BLOCKS (2u * (1u + STORE_FANOUT))

static uint64_t group_base(uint64_t group)
{
	uint64_t l2 = group / STORE_FANOUT, l3 = l2 / STORE_FANOUT;

	return group * GROUP_BLOCKS + 2 * (l2 + 1) + 2 * (l3 + 1);
}

/*
 * In a group all blocks of slot 1 follow each other, then those of slot 2: what is written at
 * once lies together. Nodes of level 2 and 3 stand before their first group.
 */
static uint64_t position(unsigned int level, uint64_t index, uint32_t slot)
{
	uint64_t other = slot - 1, block;

	switch (level) {
	case 0:
		block = group_base(index / STORE_FANOUT) + other * (1 + STORE_FANOUT) + 1 +
			index % STORE_FANOUT;
		break;
	case 1:
		block = group_base(index) + other * (1 + STORE_FANOUT);
		break;
	case 2:
		block = group_base(index * STORE_FANOUT) - 2 + other;
		break;
	default:
		block = group_base(index * STORE_FANOUT * STORE_FANOUT) - 4 + other;
		break;
	}
	return BLOCKS_AT + block * STORE_BLOCK;
}

uint64_t store_tree_end(uint64_t last)
{
	return BLOCKS_AT + (group_base(last / STORE_FANOUT) + GROUP_BLOCKS) * STORE_BLOCK;
}

static uint64_t capacity(uint32_t depth)
{
	uint64_t n = 1;

	while (depth--)
		n *= STORE_FANOUT;
	return n;
}

void store_tree_forget(struct store_file *f)
{
	unsigned int i;

	for (i = 0; i < STORE_MAX_DEPTH; i++)
		f->node[i].valid = f->node[i].dirty = false;
	f->block.valid = false;
}

int store_tree_send(struct store_file *f, unsigned int num_ops, size_t len)
{
	struct fs_batch *b = &f->shelf->write;
	int ret;

	if (fs_batch_fits(b, num_ops, len))
		return 0;
	ret = fs_run(&f->shelf->fs, b);
	fs_batch_clear(b);
	return ret;
}

static void note_fresh(struct store_file *f, uint64_t index)
{
	if (f->fresh_first > f->fresh_last) {
		f->fresh_first = f->fresh_last = index;
		return;
	}
	f->fresh_first = index < f->fresh_first ? index : f->fresh_first;
	f->fresh_last = index > f->fresh_last ? index : f->fresh_last;
}

static int put(struct store_file *f, unsigned int level, uint64_t index, struct store_ref *ref,
	       const void *plain)
{
	const struct seal_place place = { .level = level, .index = index };
	struct fs_batch *b = &f->shelf->write;
	uint32_t slot = ref->slot == 1 ? 2 : 1;
	uint8_t *dst;
	int ret;

	ret = store_tree_send(f, 1, STORE_BLOCK);
	if (ret)
		return ret;
	dst = f->shelf->write_buf + b->bytes;
	ret = seal(f->shelf->sealer, f->key, &place, plain, STORE_BLOCK, dst, ref->iv, ref->tag);
	if (ret)
		return ret;
	ref->slot = slot;
	fs_add(b, SUPP_FS_WRITE, 0, position(level, index, slot), dst, STORE_BLOCK);
	f->unsynced = true;
	if (!level)
		note_fresh(f, index);
	return 0;
}

static void read_begin(struct store_file *f)
{
	fs_batch_clear(&f->shelf->read);
	memcpy(f->shelf->read.name[0], f->shelf->write.name[0], sizeof(f->shelf->read.name[0]));
}

static int get(struct store_file *f, unsigned int level, uint64_t index,
	       const struct store_ref *ref, void *out)
{
	const struct seal_place place = { .level = level, .index = index };
	struct store_shelf *sh = f->shelf;
	int ret;

	if (!ref->slot) {
		memset(out, 0, STORE_BLOCK);
		return 0;
	}
	read_begin(f);
	fs_add(&sh->read, SUPP_FS_READ, 0, position(level, index, ref->slot), sh->read_buf,
	       STORE_BLOCK);
	ret = fs_run(&sh->fs, &sh->read);
	if (ret)
		return ret;
	return unseal(sh->sealer, f->key, &place, sh->read_buf, STORE_BLOCK, ref->iv, ref->tag,
		      out);
}

static int check_node(const struct store_node *n)
{
	unsigned int i;

	for (i = 0; i < STORE_FANOUT; i++)
		if (n->ref[i].slot > 2)
			return -EBADMSG;
	return 0;
}

static int find_ref(struct store_file *f, unsigned int level, uint64_t index,
		    struct store_ref **refp);

/* Puts dirty nodes up to @level, lowest first. */
static int settle_to(struct store_file *f, unsigned int level)
{
	unsigned int i;

	for (i = 1; i <= level && i <= f->head.depth; i++) {
		struct store_cached_node *c = &f->node[i - 1];
		struct store_ref *ref;
		int ret;

		if (!c->valid || !c->dirty)
			continue;
		ret = find_ref(f, i, c->index, &ref);
		if (!ret)
			ret = put(f, i, c->index, ref, &c->node);
		if (ret)
			return ret;
		c->dirty = false;
		if (i < f->head.depth)
			f->node[i].dirty = true;
	}
	return 0;
}

/* Into the cache, where it takes the place of another one, which is settled first. */
static int load_node(struct store_file *f, unsigned int level, uint64_t index)
{
	struct store_cached_node *c = &f->node[level - 1];
	struct store_ref *ref;
	unsigned int i;
	int ret;

	if (c->valid && c->index == index)
		return 0;
	ret = settle_to(f, level);
	if (ret)
		return ret;
	for (i = 0; i < level; i++)
		f->node[i].valid = false;
	ret = find_ref(f, level, index, &ref);
	if (!ret)
		ret = get(f, level, index, ref, &c->node);
	if (!ret)
		ret = check_node(&c->node);
	if (ret)
		return ret;
	c->index = index;
	c->dirty = false;
	c->valid = true;
	return 0;
}

/* What the tree says about a block or node; the path to it is in the cache afterwards. */
static int find_ref(struct store_file *f, unsigned int level, uint64_t index,
		    struct store_ref **refp)
{
	int ret;

	if (level == f->head.depth) {
		*refp = &f->head.root;
		return index ? -EINVAL : 0;
	}
	ret = load_node(f, level + 1, index / STORE_FANOUT);
	*refp = &f->node[level].node.ref[index % STORE_FANOUT];
	return ret;
}

int store_tree_settle(struct store_file *f)
{
	return settle_to(f, STORE_MAX_DEPTH);
}

int store_tree_get(struct store_file *f, uint64_t index, uint8_t out[STORE_BLOCK])
{
	return store_tree_get_run(f, index, 1, out);
}

int store_tree_get_run(struct store_file *f, uint64_t first, unsigned int num, uint8_t *out)
{
	struct store_shelf *sh = f->shelf;
	struct store_ref *ref = NULL;
	unsigned int i, n = 0;
	int ret;

	if (first >= capacity(f->head.depth)) {
		memset(out, 0, (size_t)num * STORE_BLOCK);
		return 0;
	}
	ret = find_ref(f, 0, first, &ref);
	if (ret)
		return ret;
	read_begin(f);
	/*
	 * At depth 0 there is one reference, and the blocks after the first lie past the tree's
	 * end.
	 */
	for (i = 0; i < num && (i == 0 || f->head.depth); i++)
		if (ref[i].slot)
			fs_add(&sh->read, SUPP_FS_READ, 0, position(0, first + i, ref[i].slot),
			       sh->read_buf + (size_t)n++ * STORE_BLOCK, STORE_BLOCK);
	ret = n ? fs_run(&sh->fs, &sh->read) : 0;
	for (i = 0, n = 0; i < num && !ret; i++) {
		const struct seal_place place = { .level = 0, .index = first + i };
		uint8_t *to = out + (size_t)i * STORE_BLOCK;

		if ((i && !f->head.depth) || !ref[i].slot)
			memset(to, 0, STORE_BLOCK);
		else
			ret = unseal(sh->sealer, f->key, &place,
				     sh->read_buf + (size_t)n++ * STORE_BLOCK, STORE_BLOCK,
				     ref[i].iv, ref[i].tag, to);
	}
	return ret;
}

int store_tree_put(struct store_file *f, uint64_t index, const uint8_t data[STORE_BLOCK])
{
	struct store_ref *ref;
	int ret = find_ref(f, 0, index, &ref);

	if (!ret)
		ret = put(f, 0, index, ref, data);
	if (!ret && f->head.depth)
		f->node[0].dirty = true;
	return ret;
}

/* Is the root a node that has yet to be put? */
static bool top_is_dirty(const struct store_file *f, uint32_t depth)
{
	return depth && f->node[depth - 1].valid && f->node[depth - 1].dirty;
}

int store_tree_grow(struct store_file *f, uint64_t last)
{
	while (last >= capacity(f->head.depth)) {
		struct store_cached_node *c;

		if (f->head.depth == STORE_MAX_DEPTH)
			return -EFBIG;
		c = &f->node[f->head.depth++];
		/*
		 * The tree becomes the first child of a new root; an empty one is as good a tree
		 * of any depth.
		 */
		if (!f->head.root.slot && !top_is_dirty(f, f->head.depth - 1))
			continue;
		memset(&c->node, 0, sizeof(c->node));
		c->node.ref[0] = f->head.root;
		memset(&f->head.root, 0, sizeof(f->head.root));
		c->index = 0;
		c->valid = c->dirty = true;
		/* The new root's first child is on the way to block 0. */
		note_fresh(f, 0);
	}
	return 0;
}

int store_tree_cut(struct store_file *f, uint64_t last)
{
	struct store_ref *ref;
	unsigned int level;
	int ret;

	if (last >= capacity(f->head.depth) || !f->head.depth)
		return 0;
	ret = find_ref(f, 0, last, &ref);
	/* Who looks whether this block is what the tree says has looked at all nodes that change here. */
	note_fresh(f, last);
	for (level = 1; level <= f->head.depth && !ret; level++) {
		struct store_cached_node *c = &f->node[level - 1];
		uint64_t keep = last % STORE_FANOUT + 1;

		memset(&c->node.ref[keep], 0, (STORE_FANOUT - keep) * sizeof(c->node.ref[0]));
		c->dirty = true;
		last /= STORE_FANOUT;
	}
	return ret;
}
