/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The TEE subsystem as its drivers see it (Linux: include/linux/tee_drv.h and tee_core.h): devices,
 * contexts, shared memory objects and the pools that they come from. Clients reach it through the
 * device nodes tee0…tee15 and teepriv0…teepriv15 with the ioctls of <linux/tee.h>.
 * Thread rule: every function from any thread unless it says otherwise; driver operations run on
 * the client's threads, several at once on one context, with no lock of the subsystem held.
 * Ownership rule: *_create and *_alloc give the object to the caller. A context is alive while its
 * file is open or a shared memory object of it is; an object while someone holds a reference or a
 * descriptor.
 */
#ifndef TEELINK_REE_TEE_TEE_DRV_H
#define TEELINK_REE_TEE_TEE_DRV_H

#include <linux/tee.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ree_vm;
struct tee_subsys;
struct tee_device;
struct tee_context;
struct tee_shm;
struct tee_shm_pool;

#define TEE_NUM_DEVICES 32u /* per VM; privileged ones have the upper half */
#define TEE_DEVICE_NAME_SIZE 16u

/* What Linux answers where an operation is not supported; its name isn't exported to programs. */
#define TEE_ENOTSUPP 524

/**
 * tee_subsys_create() - the TEE subsystem of one VM: numbers its devices
 * @vm: where the nodes appear; outlives the subsystem
 *
 * Return: 0 or -ENOMEM.
 */
int tee_subsys_create(struct ree_vm *vm, struct tee_subsys **subsysp);
struct ree_vm_in_place;

/**
 * struct tee_in_place_ops - moves a client's memory into a dataspace where it lies (ree/vm/inplace.h)
 * @take: 0 and an object, or -errno and everything as it was
 * @live: bytes from the start that both see
 * @give_back: undoes it
 */
struct tee_in_place_ops {
	int (*take)(struct ree_vm *vm, void *addr, size_t len, const uint8_t *base,
		    struct ree_vm_in_place **objp);
	size_t (*live)(const struct ree_vm_in_place *obj);
	void (*give_back)(struct ree_vm *vm, struct ree_vm_in_place *obj);
};
/* Large memory that would be bounced is taken in place where it can be. Before there is a device. */
void tee_subsys_set_in_place(struct tee_subsys *subsys, const struct tee_in_place_ops *ops);
/* All devices must have been unregistered. NULL is fine. */
void tee_subsys_destroy(struct tee_subsys *subsys);

struct tee_param_memref {
	size_t shm_offs;
	size_t size;
	struct tee_shm *shm; /* NULL: a NULL memref */
};

struct tee_param_value {
	uint64_t a, b, c;
};

/* One parameter of a call; @attr is TEE_IOCTL_PARAM_ATTR_* as the client gave it. */
struct tee_param {
	uint64_t attr;
	union {
		struct tee_param_memref memref;
		struct tee_param_value value;
	} u;
};

/* True for the three memref types, whatever else @param's attribute says. */
static inline bool tee_param_is_memref(const struct tee_param *param)
{
	switch (param->attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
		return true;
	default:
		return false;
	}
}

/**
 * struct tee_driver_ops - what a TEE driver does; 0 or -errno
 * @get_version: fills @vers, which comes zeroed; the privileged bit is the subsystem's
 * @open: a client opened the device; may set ctx->data and ctx->cap_memref_null
 * @close: the client's file goes; memory may keep the context for longer. May be NULL
 * @release: the last reference to the context went: close what it still has open
 * @open_session: @param has arg->num_params entries; memrefs lie within their objects. Fills
 *                session, ret, ret_origin and the output parameters
 * @close_session: -EINVAL for a session that isn't the context's
 * @invoke_func: as open_session
 * @cancel_req: asks for the cancellation of a call
 * @supp_recv: privileged devices: next request; @num_params in: room, out: used; memrefs come with
 *             references, which the subsystem drops
 * @supp_send: privileged devices: answer to a request
 * @shm_register: TEE_IOC_SHM_REGISTER: make [@addr, @addr + @len) of this process known to the
 *                secure world; may fill runs. -ENXIO: nothing that the secure world can be shown, the
 *                subsystem bounces it. NULL together with @shm_unregister when the driver can't
 * @shm_register_fd: TEE_IOC_SHM_REGISTER_FD: the memory behind @fd; fills what a pool fills. NULL when
 *                   the driver can't
 * @shm_unregister: undo either
 */
struct tee_driver_ops {
	void (*get_version)(struct tee_device *dev, struct tee_ioctl_version_data *vers);
	int (*open)(struct tee_context *ctx);
	void (*close)(struct tee_context *ctx);
	void (*release)(struct tee_context *ctx);
	int (*open_session)(struct tee_context *ctx, struct tee_ioctl_open_session_arg *arg,
			    struct tee_param *param);
	int (*close_session)(struct tee_context *ctx, uint32_t session);
	int (*invoke_func)(struct tee_context *ctx, struct tee_ioctl_invoke_arg *arg,
			   struct tee_param *param);
	int (*cancel_req)(struct tee_context *ctx, uint32_t cancel_id, uint32_t session);
	int (*supp_recv)(struct tee_context *ctx, uint32_t *func, uint32_t *num_params,
			 struct tee_param *param);
	int (*supp_send)(struct tee_context *ctx, uint32_t ret, uint32_t num_params,
			 struct tee_param *param);
	int (*shm_register)(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len);
	int (*shm_register_fd)(struct tee_context *ctx, struct tee_shm *shm, int fd);
	int (*shm_unregister)(struct tee_context *ctx, struct tee_shm *shm);
};

#define TEE_DESC_PRIVILEGED 1u /* a supplicant's device: teeprivN */

struct tee_desc {
	const char *name;
	const struct tee_driver_ops *ops;
	uint32_t flags;
};

/**
 * struct tee_context - one open file of a device
 * @data: the driver's own
 * @cap_memref_null: set by the driver's open when it can pass NULL memrefs
 */
struct tee_context {
	struct tee_device *dev;
	void *data;
	bool cap_memref_null;
	bool releasing;    /* release runs: references that it takes and drops count for nothing */
	unsigned int refs; /* device lock */
};

/**
 * tee_device_alloc() - make a device and take its number
 * @desc: name, ops, and of ops get_version, open and release are required
 * @pool: where shared memory comes from; borrowed until tee_device_unregister returned
 * @driver_data: for tee_get_drvdata()
 *
 * Return: 0; -EINVAL for an argument that misses; -ENOMEM, also when all 16 numbers of the kind are
 * taken.
 */
int tee_device_alloc(const struct tee_desc *desc, struct tee_subsys *subsys,
		     struct tee_shm_pool *pool, void *driver_data, struct tee_device **devp);

/**
 * tee_device_register() - make the device's node openable
 *
 * tee_device_unregister() is due whether this succeeds or not.
 * Return: 0; -EINVAL the second time; what node_register says.
 */
int tee_device_register(struct tee_device *dev);

/**
 * tee_device_unregister() - remove and free a device, registered or not
 *
 * No file can be opened any more; waits until the files that are open and the shared memory that is
 * alive are gone. NULL is fine.
 */
void tee_device_unregister(struct tee_device *dev);
void *tee_get_drvdata(const struct tee_device *dev);

/* What Linux shows in /sys/class/tee, and what keeps the device busy. */
struct tee_device_info {
	char name[TEE_DEVICE_NAME_SIZE];
	const char *driver;
	struct tee_ioctl_version_data vers;
	unsigned int num_contexts, num_shm;
	uint64_t shm_bytes;
};
void tee_device_describe(struct tee_device *dev, struct tee_device_info *info);

/* For objects that a driver itself keeps on behalf of a context. */
void tee_context_get(struct tee_context *ctx);
void tee_context_put(struct tee_context *ctx);

/**
 * tee_session_check_login() - login methods that Linux knows how to compute a client UUID for
 *
 * Return: 0 for public, user, group and kernel logins; -EINVAL for the application logins and
 * others.
 */
int tee_session_check_login(uint32_t login);

#define TEE_SHM_DMA_BUF (1u << 1)     /* has an id and can have a descriptor: a client's buffer */
#define TEE_SHM_USER_MAPPED (1u << 2) /* the client's own memory, registered */
#define TEE_SHM_BOUNCED (1u << 3)     /* user-mapped, and the secure world sees a copy from the pool */
#define TEE_SHM_POOL (1u << 4)        /* from the device's pool */

/* A piece of an object in guest-physical memory. */
struct tee_shm_run {
	uint64_t gpa, len;
};

/**
 * struct tee_shm - a shared memory object
 * @ctx: kept alive by the object
 * @kaddr: where this process has it mapped
 * @uaddr: of a bounced object: the client's bytes, which calls copy to and from kaddr
 * @skip: bytes of the pool's memory before the object's first: a bounced object lies in its pages as the
 *        client's memory does in its own, so that pages can be shared in place
 * @in_place: of a bounced object, what both see, from byte @in_place_from on; or NULL
 * @paddr: guest-physical address, for objects of the static pool and dataspaces
 * @runs, @num_runs: the pieces of registered memory, from malloc; NULL for an object in one piece at
 *                   paddr
 * @size: bytes, never changes
 * @fd, @fd_offset: the memory's own descriptor, which clients' mappings are made of; -1: none.
 *                  Borrowed
 * @id: device-wide id, from 1 up; 0 for driver-private memory
 * @sec_world_id: the driver's: under which name the secure world knows it, 0: none
 * @pool_data: the pool's own
 *
 * The pool fills kaddr, paddr, size, fd and fd_offset. A client's mapping doesn't keep the object:
 * memory of the static pool may be given out again after the descriptor was closed.
 */
struct tee_shm {
	struct tee_context *ctx;
	uint8_t *kaddr;
	uint64_t uaddr;
	size_t skip;
	struct ree_vm_in_place *in_place;
	size_t in_place_from;
	uint64_t paddr;
	struct tee_shm_run *runs;
	unsigned int num_runs;
	size_t size;
	int fd;
	uint64_t fd_offset;
	uint32_t flags;
	int id;
	uint64_t sec_world_id;
	void *pool_data;
	unsigned int refs; /* device lock */
};

/**
 * tee_shm_alloc() - memory from the device's pool
 * @flags: TEE_SHM_DMA_BUF for a client's buffer (pages), 0 for the driver's own (8-byte units)
 *
 * Return: 0 and a reference; -EINVAL (size 0, unknown flag), -ENOMEM, what the pool says.
 */
int tee_shm_alloc(struct tee_context *ctx, size_t size, uint32_t flags, struct tee_shm **shmp);
/**
 * tee_shm_register_user_buf() - the client's own memory
 * @brief: it is released soon: not worth the pains of taking it in place
 *
 * As it is where the driver can show it to the secure world, else through a bounce buffer of the pool:
 * then each call copies what it refers to, but for what was taken in place.
 * Return: 0 and a reference; -TEE_ENOTSUPP; -EFAULT (wraps, or isn't readable memory); -ENOMEM (also
 * for no bytes); what the driver and the pool say.
 */
int tee_shm_register_user_buf(struct tee_context *ctx, uint64_t addr, uint64_t len, bool brief,
			      struct tee_shm **shmp);
/* The memory behind a descriptor. -TEE_ENOTSUPP, -EINVAL (it can't be shared), -ENOMEM. */
int tee_shm_register_fd(struct tee_context *ctx, int fd, struct tee_shm **shmp);
/* Copy [@offs, @offs + @len) of a bounced object; nothing for others. 0 or -EFAULT. */
int tee_shm_bounce_in(const struct tee_shm *shm, size_t offs, size_t len);
int tee_shm_bounce_out(const struct tee_shm *shm, size_t offs, size_t len);
/* A new reference to the context's object @id; -EINVAL for an id that it doesn't have. */
int tee_shm_get_from_id(struct tee_context *ctx, uint64_t id, struct tee_shm **shmp);
void tee_shm_get(struct tee_shm *shm);
void tee_shm_put(struct tee_shm *shm);
/* A descriptor that holds a reference of its own; -EINVAL for driver-private memory. */
int tee_shm_get_fd(struct tee_shm *shm);
/* Address of byte @offs; NULL when it isn't the object's, or the object isn't mapped. */
void *tee_shm_get_va(const struct tee_shm *shm, size_t offs);
/* Guest-physical address of byte @offs; -EINVAL beyond the end. */
int tee_shm_get_pa(const struct tee_shm *shm, size_t offs, uint64_t *pa);
static inline size_t tee_shm_get_size(const struct tee_shm *shm)
{
	return shm->size;
}
/* Bytes between the start of the first 4 KiB page and the object's first byte. */
uint32_t tee_shm_get_page_offset(const struct tee_shm *shm);
static inline unsigned int tee_shm_num_runs(const struct tee_shm *shm)
{
	return shm->runs ? shm->num_runs : 1;
}
/* Piece @i, below tee_shm_num_runs(). */
struct tee_shm_run tee_shm_get_run(const struct tee_shm *shm, unsigned int i);
/* Where a memref lies in its object: @offs, @size within it without a wrap? */
static inline bool tee_shm_contains(const struct tee_shm *shm, uint64_t offs, uint64_t size)
{
	return offs <= shm->size && size <= shm->size - offs;
}

/**
 * struct tee_shm_pool_ops - where memory comes from
 * @alloc: at least @size bytes (> 0) for @shm, whose flags and ctx are set; -ENOMEM and others. May
 *         talk to the secure world through shm->ctx
 * @free: gives the memory back; shm->ctx is still alive
 * @destroy: frees the pool
 */
struct tee_shm_pool_ops {
	int (*alloc)(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size);
	void (*free)(struct tee_shm_pool *pool, struct tee_shm *shm);
	void (*destroy)(struct tee_shm_pool *pool);
};

struct tee_shm_pool {
	const struct tee_shm_pool_ops *ops;
	void *private_data;
};

/* Memory that a static pool manages; @fd at @fd_offset backs @vaddr. */
struct tee_shm_pool_mem {
	uint8_t *vaddr;
	uint64_t paddr;
	size_t size;
	int fd;
	uint64_t fd_offset;
};

#define TEE_SHM_NUM_PRIV_PAGES 1u

/**
 * tee_shm_pool_alloc_res_mem() - static pool over a reserved area, in two parts
 * @mem: the area; its unaligned edges are left out
 *
 * The first TEE_SHM_NUM_PRIV_PAGES pages serve driver-private memory in units of 8 bytes, the rest
 * clients' buffers in pages (seed "optee_config_shm_memremap").
 * Return: 0; -EINVAL for less than twice the private part or addresses that don't align together.
 */
int tee_shm_pool_alloc_res_mem(const struct tee_shm_pool_mem *mem, struct tee_shm_pool **poolp);
void tee_shm_pool_free(struct tee_shm_pool *pool); /* NULL is fine */

#endif
