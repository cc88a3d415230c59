/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the TEE subsystem: what its files share and drivers don't see.
 * Thread rule: as tee_drv.h; the lock that guards a field stands beside it.
 * Ownership rule: as tee_drv.h.
 */
#ifndef TEELINK_REE_TEE_TEE_PRIVATE_H
#define TEELINK_REE_TEE_TEE_PRIVATE_H

#include <pthread.h>

#include "ree/tee/idr.h"
#include "ree/tee/tee_drv.h"
#include "ree/tee/uaccess.h"
#include "ree/vm/node.h"

struct tee_subsys {
	struct ree_vm *vm;
	pthread_mutex_t lock;
	uint32_t dev_mask; /* lock: a bit per number that is taken */
	const struct tee_in_place_ops *in_place; /* NULL: other memory is copied at each call */
};

enum tee_device_state {
	TEE_DEVICE_ALLOCATED,
	TEE_DEVICE_REGISTERED,
	TEE_DEVICE_UNREGISTERING, /* users go, none comes */
};

struct tee_device {
	struct tee_subsys *subsys;
	const struct tee_desc *desc;
	struct tee_shm_pool *pool;
	void *driver_data;
	unsigned int num; /* bit in the subsystem's mask */
	char name[TEE_DEVICE_NAME_SIZE];
	struct node *node;

	pthread_mutex_t lock;        /* guards what follows, and refs of contexts and objects */
	pthread_cond_t no_users;
	enum tee_device_state state;
	unsigned int num_users;      /* open files and shared memory objects */
	unsigned int num_contexts, num_shm;
	uint64_t shm_bytes;
	struct tee_idr idr;          /* client-visible objects */
};

/* A user more, unless the device is being unregistered: then -ENODEV. */
int tee_device_get(struct tee_device *dev);
void tee_device_put(struct tee_device *dev);

int tee_context_open(struct tee_device *dev, struct tee_context **ctxp);
void tee_context_close(struct tee_context *ctx);

/* Operations of tee0 and of shared memory descriptors. */
extern const struct node_ops tee_node_ops;
extern const struct node_ops tee_shm_node_ops;

int tee_ioctl(struct tee_context *ctx, unsigned int cmd, void *arg);
/* ioctl_session.c and ioctl_supp.c: the ioctls with a variable-sized argument. */
int tee_ioctl_open_session(struct tee_context *ctx, uint64_t ubuf);
int tee_ioctl_invoke(struct tee_context *ctx, uint64_t ubuf);
int tee_ioctl_supp_recv(struct tee_context *ctx, uint64_t ubuf);
int tee_ioctl_supp_send(struct tee_context *ctx, uint64_t ubuf);

/* Most parameters that fit an argument of TEE_MAX_ARG_SIZE behind its smallest header. */
#define TEE_MAX_PARAMS (TEE_MAX_ARG_SIZE / sizeof(struct tee_ioctl_param))

/* A private copy of a client's argument: header, then parameters. */
union tee_arg_buf {
	struct tee_ioctl_open_session_arg open;
	struct tee_ioctl_invoke_arg invoke;
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	uint8_t bytes[TEE_MAX_ARG_SIZE];
};

/* arg.c: the argument behind @ubuf, copied once. @hdr_size: of its header. 0, -EINVAL, -EFAULT. */
int tee_arg_copy_in(uint64_t ubuf, size_t hdr_size, uaccess_copy_in_fn copy_in,
		    struct tee_ioctl_buf_data *buf, union tee_arg_buf *arg);
/* True when @buf_len is what a header of @hdr_size and @num_params parameters take. */
static inline bool tee_arg_fits(uint64_t buf_len, size_t hdr_size, uint32_t num_params)
{
	return hdr_size + (uint64_t)num_params * sizeof(struct tee_ioctl_param) == buf_len;
}

/* param.c: between the private copy of a client's parameters and a driver's. */
int tee_params_from_client(struct tee_context *ctx, struct tee_param *params, size_t num,
			   const struct tee_ioctl_param *ips);
void tee_params_put(struct tee_param *params, size_t num);
/*
 * What a call refers to of bounced objects, before it and after it. @sizes keeps the sizes that the
 * client gave between the two: the driver changes those of the parameters.
 */
int tee_params_bounce_in(const struct tee_param *params, size_t num, size_t *sizes);
int tee_params_bounce_out(const struct tee_param *params, size_t num, const size_t *sizes);
/* Output fields only, to where the client has its parameters. */
int tee_params_to_client(uint64_t uparams, size_t num, const struct tee_param *params,
			 uaccess_copy_out_fn copy_out);
int tee_params_from_supp(struct tee_param *params, size_t num, const struct tee_ioctl_param *ips);
void tee_params_to_supp(struct tee_ioctl_param *ips, size_t num, const struct tee_param *params);

/* Smaller memory is copied by the secure world anyway. */
#define TEE_IN_PLACE_THRESHOLD 65536u

size_t tee_page_size(void);

#endif
