/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/storage/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tee/storage/storage.h"
#include "tee/storage/supp_fs.h"
#include "tee/ta/syscall.h"
#include "tee/world.h"
#include "wire/storage.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_ACCESS_CONFLICT 0xffff0003u
#define TEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u
#define TEE_ERROR_OUT_OF_MEMORY 0xffff000cu
#define TEE_ERROR_OVERFLOW 0xffff300fu
#define TEE_ERROR_STORAGE_NO_SPACE 0xffff3041u
#define TEE_ERROR_CORRUPT_OBJECT 0xf0100001u
#define TEE_ERROR_STORAGE_NOT_AVAILABLE 0xf0100003u

/* TEE_STORAGE_PRIVATE, and OP-TEE's name for the one that lies with the normal world. */
#define STORAGE_ID_PRIVATE 0x00000001u
#define STORAGE_ID_PRIVATE_REE 0x80000000u

_Static_assert(STORAGE_WIRE_ID_MAX == STORE_ID_MAX, "ids are the format's");
_Static_assert(STORE_KEY_SIZE == 32, "the root key is as long as storage's");

struct storage_service {
	struct tee_world *world;
	struct supp_fs *files;
	struct storage *storage;
};

static uint32_t to_result(int err)
{
	switch (err) {
	case 0:
		return TEE_SUCCESS;
	case -ENOENT:
		return TEE_ERROR_ITEM_NOT_FOUND;
	case -EBUSY:
	case -EEXIST:
	case -EACCES:
		return TEE_ERROR_ACCESS_CONFLICT;
	case -EBADMSG:
		return TEE_ERROR_CORRUPT_OBJECT;
	case -ENOSPC:
		return TEE_ERROR_STORAGE_NO_SPACE;
	case -EFBIG:
		return TEE_ERROR_OVERFLOW;
	case -ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	case -EBADF:
	case -EINVAL:
	case -EFAULT:
		return TEE_ERROR_BAD_PARAMETERS;
	case -ENOSYS:
		return TEE_ERROR_NOT_IMPLEMENTED;
	default: /* nobody there, no key, files that can't be used */
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	}
}

static bool storage_exists(uint64_t id)
{
	return id == STORAGE_ID_PRIVATE || id == STORAGE_ID_PRIVATE_REE;
}

static int handle_of(uint64_t arg)
{
	return arg <= INT32_MAX ? (int)arg : 0;
}

static int get_id(const struct ta_syscall *sc, uint64_t size, struct store_id *id)
{
	memset(id, 0, sizeof(*id));
	if (size > STORE_ID_MAX)
		return -EINVAL;
	id->size = (uint32_t)size;
	return ta_syscall_get(sc, STORAGE_AT_ID, id->id, id->size);
}

static int put_info(struct ta_syscall *sc, const struct storage_info *info)
{
	const struct storage_wire_info wire = {
		.type = info->type,
		.usage = info->usage,
		.flags = info->flags,
		.object_size = info->object_size,
		.max_object_size = info->max_object_size,
		.attr_size = info->attr_size,
		.data_size = info->data_size,
		.handle_flags = info->handle_flags,
	};

	return ta_syscall_put(sc, STORAGE_AT_INFO, &wire, sizeof(wire));
}

/* The handle, with info and attributes in the area. */
static int give_handle(struct storage_client *c, struct ta_syscall *sc, int handle)
{
	struct storage_info info;
	int ret;

	if (handle < 0)
		return handle;
	ret = storage_info(c, handle, &info);
	if (!ret && info.attr_size > STORAGE_MAX_ATTR)
		ret = -EBADMSG;
	if (!ret)
		ret = put_info(sc, &info);
	if (!ret)
		ret = storage_read_attr(c, handle, sc->shm_area + STORAGE_AT_BYTES, info.attr_size);
	if (ret)
		storage_close(c, handle);
	sc->arg[0] = (uint64_t)handle;
	return ret;
}

static int sys_open(struct storage_client *c, struct ta_syscall *sc)
{
	struct store_id id;
	int ret = get_id(sc, sc->arg[2], &id);

	if (ret || sc->arg[1] > UINT32_MAX)
		return -EINVAL;
	if (!storage_exists(sc->arg[0]))
		return -ENOENT;
	return give_handle(c, sc, storage_open(c, &id, (uint32_t)sc->arg[1]));
}

/*
 * Attributes and data go from the area into the object as they are: whatever the TA does to them
 * meanwhile, it does to its own object.
 */
static int sys_create(struct storage_client *c, struct ta_syscall *sc)
{
	struct store_content content = { .attr = sc->shm_area + STORAGE_AT_BYTES };
	struct storage_wire_info wire;
	struct store_id id;
	int ret = get_id(sc, sc->arg[2], &id);

	if (!ret)
		ret = ta_syscall_get(sc, STORAGE_AT_INFO, &wire, sizeof(wire));
	if (ret || sc->arg[1] > UINT32_MAX || sc->arg[3] > STORAGE_MAX_ATTR ||
	    sc->arg[4] > STORAGE_MAX_BYTES - sc->arg[3])
		return -EINVAL;
	if (!storage_exists(sc->arg[0]))
		return -ENOENT;
	content.type = wire.type;
	content.usage = wire.usage;
	content.flags = wire.flags;
	content.object_size = wire.object_size;
	content.max_object_size = wire.max_object_size;
	content.attr_size = (uint32_t)sc->arg[3];
	content.data = sc->shm_area + STORAGE_AT_BYTES + sc->arg[3];
	content.data_size = (size_t)sc->arg[4];
	return give_handle(c, sc, storage_create_object(c, &id, (uint32_t)sc->arg[1], &content));
}

static int sys_rename(struct storage_client *c, struct ta_syscall *sc)
{
	struct store_id id;
	int ret = get_id(sc, sc->arg[1], &id);

	return ret ? ret : storage_rename(c, handle_of(sc->arg[0]), &id);
}

static int sys_info(struct storage_client *c, struct ta_syscall *sc)
{
	struct storage_info info;
	int ret = storage_info(c, handle_of(sc->arg[0]), &info);

	return ret ? ret : put_info(sc, &info);
}

static int sys_read(struct storage_client *c, struct ta_syscall *sc)
{
	size_t got = 0;
	int ret;

	if (sc->arg[2] > STORAGE_MAX_BYTES)
		return -EINVAL;
	ret = storage_read(c, handle_of(sc->arg[0]), sc->arg[1], sc->shm_area + STORAGE_AT_BYTES,
			   (size_t)sc->arg[2], &got);
	sc->arg[0] = got;
	return ret;
}

static int sys_write(struct storage_client *c, struct ta_syscall *sc)
{
	if (sc->arg[2] > STORAGE_MAX_BYTES)
		return -EINVAL;
	return storage_write(c, handle_of(sc->arg[0]), sc->arg[1], sc->shm_area + STORAGE_AT_BYTES,
			     (size_t)sc->arg[2]);
}

static int sys_enum_alloc(struct storage_client *c, struct ta_syscall *sc)
{
	int ret = storage_enum_alloc(c);

	sc->arg[0] = ret < 0 ? 0 : (uint64_t)ret;
	return ret < 0 ? ret : 0;
}

static int sys_enum_start(struct storage_client *c, struct ta_syscall *sc)
{
	if (!storage_exists(sc->arg[1]))
		return -ENOENT;
	return storage_enum_start(c, handle_of(sc->arg[0]));
}

static int sys_enum_next(struct storage_client *c, struct ta_syscall *sc)
{
	struct storage_info info;
	struct store_id id;
	int ret = storage_enum_next(c, handle_of(sc->arg[0]), &id, &info);

	if (!ret)
		ret = put_info(sc, &info);
	if (!ret)
		ret = ta_syscall_put(sc, STORAGE_AT_ID, id.id, id.size);
	sc->arg[0] = ret ? 0 : id.size;
	return ret;
}

static int serve(struct storage_client *c, struct ta_syscall *sc)
{
	switch ((enum storage_syscall)(sc->nr)) {
	case STORAGE_SYS_OPEN:
		return sys_open(c, sc);
	case STORAGE_SYS_CREATE:
		return sys_create(c, sc);
	case STORAGE_SYS_CLOSE:
		return storage_close(c, handle_of(sc->arg[0]));
	case STORAGE_SYS_DELETE:
		return storage_delete(c, handle_of(sc->arg[0]));
	case STORAGE_SYS_RENAME:
		return sys_rename(c, sc);
	case STORAGE_SYS_INFO:
		return sys_info(c, sc);
	case STORAGE_SYS_SET_USAGE:
		return storage_set_usage(c, handle_of(sc->arg[0]), (uint32_t)sc->arg[1]);
	case STORAGE_SYS_READ:
		return sys_read(c, sc);
	case STORAGE_SYS_WRITE:
		return sys_write(c, sc);
	case STORAGE_SYS_TRUNCATE:
		return storage_truncate(c, handle_of(sc->arg[0]), sc->arg[1]);
	case STORAGE_SYS_ENUM_ALLOC:
		return sys_enum_alloc(c, sc);
	case STORAGE_SYS_ENUM_FREE:
		return storage_enum_free(c, handle_of(sc->arg[0]));
	case STORAGE_SYS_ENUM_RESET:
		return storage_enum_reset(c, handle_of(sc->arg[0]));
	case STORAGE_SYS_ENUM_START:
		return sys_enum_start(c, sc);
	case STORAGE_SYS_ENUM_NEXT:
		return sys_enum_next(c, sc);
	default:
		return -ENOSYS;
	}
}

uint32_t storage_service_serve(struct storage_client *c, struct ta_syscall *sc)
{
	return to_result(serve(c, sc));
}

static uint32_t service_call(void *server, struct ta_syscall *sc)
{
	struct storage_service *s = server;
	struct storage_client *c = *sc->state;
	uint32_t res;
	int ret;

	if (!c) {
		ret = storage_client_create(s->storage, ta_instance_uuid(sc->inst), &c);
		if (ret)
			return to_result(ret);
		*sc->state = c;
	}
	world_block_begin(s->world);
	res = storage_service_serve(c, sc);
	world_block_end(s->world);
	return res;
}

static void service_gone(void *server, struct ta_instance *inst, void *state)
{
	(void)server;
	(void)inst;
	storage_client_destroy(state);
}

static const struct ta_syscall_ops service_ops = {
	.call = service_call,
	.gone = service_gone,
};

/* From inside a call: without the lock. */
static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	struct storage_service *s = data;
	int ret;

	world_block_end(s->world);
	ret = world_root_key(s->world, key);
	world_block_begin(s->world);
	return ret ? -ECONNRESET : 0;
}

static int record(void *data)
{
	const struct storage_service *s = data;

	return world_record(s->world);
}

int storage_service_create(struct tee_world *w, struct storage_service **sp)
{
	struct storage_service *s = calloc(1, sizeof(*s));
	struct storage_config cfg = { .root_key = root_key, .record = record, .key_data = s };
	int ret;

	if (!s)
		return -ENOMEM;
	s->world = w;
	ret = supp_fs_create(w, &s->files);
	if (ret)
		goto err_free;
	cfg.fs.ops = &supp_fs_ops;
	cfg.fs.data = s->files;
	ret = storage_create(&cfg, &s->storage);
	if (ret)
		goto err_files;
	ret = ta_syscall_register(w, MAILBOX_SYSCALL_STORAGE, &service_ops, s);
	if (ret)
		goto err_storage;
	*sp = s;
	return 0;
err_storage:
	storage_destroy(s->storage);
err_files:
	supp_fs_destroy(s->files);
err_free:
	free(s);
	return ret;
}

void storage_service_destroy(struct storage_service *s)
{
	if (!s)
		return;
	storage_destroy(s->storage);
	supp_fs_destroy(s->files);
	free(s);
}
