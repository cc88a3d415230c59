/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tee/storage/storage_internal.h"

void storage_object_put(struct storage_object *o)
{
	if (--o->refs)
		return;
	list_del(&o->node);
	store_file_release(&o->file);
	OPENSSL_cleanse(o->ta_key, sizeof(o->ta_key));
	free(o);
}

static struct storage_object *object_find(const struct storage_client *c, const struct store_id *id)
{
	struct list *pos;

	list_for_each (pos, &c->storage->objects) {
		struct storage_object *o = list_entry(pos, struct storage_object, node);

		if (!memcmp(o->uuid, c->uuid, sizeof(o->uuid)) && o->file.id.size == id->size &&
		    !memcmp(o->file.id.id, id->id, id->size))
			return o;
	}
	return NULL;
}

/* Not on the list yet, and without a handle. */
static int object_new(struct storage_client *c, const struct store_id *id, uint32_t flags,
		      struct storage_object **op)
{
	struct storage_object *o = calloc(1, sizeof(*o));
	int ret;

	if (!o)
		return -ENOMEM;
	memcpy(o->uuid, c->uuid, sizeof(o->uuid));
	memcpy(o->ta_key, c->key, sizeof(o->ta_key));
	o->flags = flags;
	o->refs = 1;
	list_init(&o->node);
	ret = store_file_init(&o->file, &c->storage->shelf, o->ta_key, c->folder, id);
	if (ret)
		storage_object_put(o);
	else
		*op = o;
	return ret;
}

/* May a handle with flags @b be opened beside one with flags @a? GP 5.7.2, as OP-TEE reads it. */
static bool flags_agree(uint32_t a, uint32_t b)
{
	uint32_t both = a & b, any = a | b;

	if (any & STORAGE_WRITE_META)
		return false;
	if (((any & STORAGE_READ) && !(both & STORAGE_SHARE_READ)) ||
	    ((any & STORAGE_WRITE) && !(both & STORAGE_SHARE_WRITE)))
		return false;
	return !((a ^ b) & (STORAGE_SHARE_READ | STORAGE_SHARE_WRITE));
}

static int free_handle(const struct storage_client *c)
{
	unsigned int i;

	for (i = 0; i < STORAGE_MAX_HANDLES; i++)
		if (!c->handle[i].object)
			return (int)i;
	return -ENOMEM;
}

static int handle_set(struct storage_client *c, int slot, struct storage_object *o, uint32_t flags)
{
	c->handle[slot].object = o;
	c->handle[slot].flags = flags & ~STORAGE_OVERWRITE;
	return slot + 1;
}

static int begin(struct storage_client *c, const struct store_id *id, uint32_t flags)
{
	int ret;

	if (id->size > STORE_ID_MAX || (flags & ~STORAGE_FLAGS))
		return -EINVAL;
	ret = storage_client_key(c);
	return ret ? ret : free_handle(c);
}

static int open_locked(struct storage_client *c, const struct store_id *id, uint32_t flags)
{
	struct storage_object *o;
	int ret, slot = begin(c, id, flags);

	if (slot < 0)
		return slot;
	o = object_find(c, id);
	if (o) {
		if (!flags_agree(o->flags, flags))
			return -EBUSY;
		ret = store_file_load(&o->file);
		if (ret)
			return ret;
		o->refs++;
		return handle_set(c, slot, o, flags);
	}
	ret = object_new(c, id, flags, &o);
	if (ret)
		return ret;
	ret = store_file_load(&o->file);
	if (ret) {
		storage_object_put(o);
		return ret;
	}
	list_add_tail(&c->storage->objects, &o->node);
	return handle_set(c, slot, o, flags);
}

int storage_open(struct storage_client *c, const struct store_id *id, uint32_t flags)
{
	int ret;

	if (flags & STORAGE_OVERWRITE)
		return -EINVAL;
	storage_lock(c->storage);
	ret = open_locked(c, id, flags);
	storage_unlock(c->storage);
	return ret;
}

/* Other handles of the object, if there are any, see the new content. */
static struct storage_object *object_replace(struct storage_object *old, struct storage_object *o)
{
	const uint8_t *key = old->file.ta_key;

	old->file = o->file;
	old->file.ta_key = key;
	old->refs++;
	storage_object_put(o);
	return old;
}

static int create_locked(struct storage_client *c, const struct store_id *id, uint32_t flags,
			 const struct store_content *content)
{
	struct storage_object *o, *old;
	int ret, slot = begin(c, id, flags);

	if (slot < 0)
		return slot;
	old = object_find(c, id);
	if (old && !(flags & STORAGE_OVERWRITE))
		return -EEXIST;
	if (old && !flags_agree(old->flags, flags))
		return -EBUSY;
	ret = object_new(c, id, flags, &o);
	if (ret)
		return ret;
	if (!(flags & STORAGE_OVERWRITE)) {
		ret = store_file_exists(&o->file);
		ret = ret ? ret : -EEXIST;
		ret = ret == -ENOENT ? 0 : ret;
	}
	if (!ret)
		ret = store_file_create(&o->file, content);
	if (ret) {
		storage_object_put(o);
		return ret;
	}
	if (old)
		o = object_replace(old, o);
	else
		list_add_tail(&c->storage->objects, &o->node);
	return handle_set(c, slot, o, flags);
}

int storage_create_object(struct storage_client *c, const struct store_id *id, uint32_t flags,
			  const struct store_content *content)
{
	int ret;

	storage_lock(c->storage);
	ret = create_locked(c, id, flags, content);
	storage_unlock(c->storage);
	return ret;
}

/* The handle, with the lock, if it was opened with one of @flags (0: any way at all). */
static int handle_get(struct storage_client *c, int handle, uint32_t flags,
		      struct storage_handle **hp)
{
	struct storage_handle *h;

	storage_lock(c->storage);
	h = handle > 0 && handle <= (int)STORAGE_MAX_HANDLES ? &c->handle[handle - 1] : NULL;
	*hp = h;
	if (!h || !h->object)
		return -EBADF;
	return !flags || (h->flags & flags) ? 0 : -EACCES;
}

/* An object that there is a handle to, and no file, is a corrupt one. */
static int handle_put(struct storage_client *c, int ret)
{
	storage_unlock(c->storage);
	return ret == -ENOENT ? -EBADMSG : ret;
}

int storage_close(struct storage_client *c, int handle)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, 0, &h);

	if (!ret) {
		storage_object_put(h->object);
		h->object = NULL;
	}
	return handle_put(c, ret);
}

int storage_delete(struct storage_client *c, int handle)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, STORAGE_WRITE_META, &h);

	if (!ret) {
		ret = store_file_remove(&h->object->file);
		storage_object_put(h->object);
		h->object = NULL;
	}
	return handle_put(c, ret);
}

int storage_rename(struct storage_client *c, int handle, const struct store_id *id)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, STORAGE_WRITE_META, &h);

	if (!ret && id->size > STORE_ID_MAX)
		ret = -EINVAL;
	if (!ret)
		ret = store_file_rename(&h->object->file, id);
	return handle_put(c, ret);
}

void storage_file_info(const struct store_file *f, uint32_t handle_flags, struct storage_info *info)
{
	const struct store_head *h = &f->head;

	*info = (struct storage_info){
		.type = h->type,
		.usage = h->usage,
		.flags = h->flags,
		.object_size = h->object_size,
		.max_object_size = h->max_object_size,
		.attr_size = h->attr_size,
		.data_size = h->size - h->attr_size,
		.handle_flags = handle_flags,
	};
}

int storage_info(struct storage_client *c, int handle, struct storage_info *info)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, 0, &h);

	if (!ret)
		ret = store_file_load(&h->object->file);
	if (!ret)
		storage_file_info(&h->object->file, h->flags, info);
	return handle_put(c, ret);
}

int storage_set_usage(struct storage_client *c, int handle, uint32_t usage)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, 0, &h);

	if (!ret)
		ret = store_file_set_usage(&h->object->file, usage);
	return handle_put(c, ret);
}

int storage_read_attr(struct storage_client *c, int handle, void *buf, uint32_t size)
{
	struct storage_handle *h;
	size_t got;
	int ret = handle_get(c, handle, 0, &h);

	if (!ret)
		ret = store_file_load(&h->object->file);
	if (!ret && size != h->object->file.head.attr_size)
		ret = -EINVAL;
	if (!ret)
		ret = store_file_read(&h->object->file, 0, buf, size, &got);
	return handle_put(c, ret);
}

int storage_read(struct storage_client *c, int handle, uint64_t offset, void *buf, size_t len,
		 size_t *got)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, STORAGE_READ, &h);

	*got = 0;
	if (!ret)
		ret = store_file_load(&h->object->file);
	if (!ret && offset <= STORE_MAX_SIZE)
		ret = store_file_read(&h->object->file, h->object->file.head.attr_size + offset,
				      buf, len, got);
	return handle_put(c, ret);
}

int storage_write(struct storage_client *c, int handle, uint64_t offset, const void *buf,
		  size_t len)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, STORAGE_WRITE, &h);

	if (!ret)
		ret = store_file_load(&h->object->file);
	if (!ret)
		ret = offset > STORE_MAX_SIZE
			      ? -EFBIG
			      : store_file_write(&h->object->file,
						 h->object->file.head.attr_size + offset, buf, len);
	return handle_put(c, ret);
}

int storage_truncate(struct storage_client *c, int handle, uint64_t size)
{
	struct storage_handle *h;
	int ret = handle_get(c, handle, STORAGE_WRITE, &h);

	if (!ret)
		ret = store_file_load(&h->object->file);
	if (!ret)
		ret = size > STORE_MAX_SIZE
			      ? -EFBIG
			      : store_file_resize(&h->object->file,
						  h->object->file.head.attr_size + size);
	return handle_put(c, ret);
}
