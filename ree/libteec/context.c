/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "ree/libteec/context.h"
#include "ree/libteec/result.h"
#include "ree/libteec/sys.h"
#include "ree/tee/uapi.h"
#include "wire/mipstee.h"

/* Linux numbers client devices tee0 to tee15. */
#define TEEC_NUM_NODES 16u

static bool version_fits(const struct tee_ioctl_version_data *v, const char *name)
{
	if (!(v->gen_caps & TEE_GEN_CAP_GP))
		return false;
	if (!name)
		return true;
	if (!strcmp(name, "optee-tz"))
		return v->impl_id == TEE_IMPL_ID_OPTEE && (v->impl_caps & TEE_OPTEE_CAP_TZ);
	if (!strcmp(name, "mipstee"))
		return v->impl_id == MIPSTEE_IMPL_ID;
	return false;
}

static int node_try(const struct teec_sys_ops *ops, const char *node, const char *name,
		    TEEC_Context *ctx)
{
	struct tee_ioctl_version_data v = { 0 };
	int fd, ret;

	fd = ops->open(node);
	if (fd < 0)
		return fd;
	ret = ops->ioctl(fd, TEE_IOC_VERSION, &v);
	/* Something that isn't a TEE device is no TEE device, not a failure. */
	if (ret == -ENOTTY || (ret >= 0 && !version_fits(&v, name)))
		ret = -ENOENT;
	if (ret < 0) {
		ops->close(fd);
		return ret;
	}
	ctx->imp.fd = fd;
	ctx->imp.reg_mem = v.gen_caps & TEE_GEN_CAP_REG_MEM;
	ctx->imp.memref_null = v.gen_caps & TEE_GEN_CAP_MEMREF_NULL;
	return 0;
}

/* True for an error of one node: the next may do. Others are the whole machine's. */
static bool node_skip(int err)
{
	switch (-err) {
	case ENOENT:
	case ENXIO:
	case EACCES:
	case EBUSY:
	case EINVAL:
		return true;
	default:
		return false;
	}
}

static int context_open(const char *name, TEEC_Context *ctx)
{
	const struct teec_sys *sys = teec_sys();
	int first = -ENOENT;
	char node[32];
	unsigned int i;
	int ret;

	if (sys->node)
		return node_try(sys->ops, sys->node, name, ctx);
	for (i = 0; i < TEEC_NUM_NODES; i++) {
		snprintf(node, sizeof(node), "/dev/tee%u", i);
		ret = node_try(sys->ops, node, name, ctx);
		if (!ret || !node_skip(ret))
			return ret;
		if (first == -ENOENT)
			first = ret;
	}
	return first;
}

/* The descriptor of a device that lives, in the place of one that is gone. */
static int device_renew(TEEC_Context *ctx)
{
	const struct teec_sys_ops *ops = teec_sys()->ops;
	int fd = __atomic_load_n(&ctx->imp.fd, __ATOMIC_ACQUIRE);

	while (ops->renew) {
		int now = ops->renew(fd);

		if (now < 0) {
			log_debug("the context stays without its device: %s", strerror(-now));
			/* It had one: what is missing is the machine, not an item. */
			return now == -ENOENT ? -EIO : now;
		}
		/* Another thread may have been here: never back to an older one. */
		if (now == fd || __atomic_compare_exchange_n(&ctx->imp.fd, &fd, now, false,
							     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return now;
	}
	return fd;
}

int teec_context_at(TEEC_Context *ctx, TEEC_Context *at)
{
	int fd = device_renew(ctx);

	at->imp.fd = fd;
	at->imp.reg_mem = ctx->imp.reg_mem;
	at->imp.memref_null = ctx->imp.memref_null;
	return fd < 0 ? fd : 0;
}

TEEC_Context teec_context_of(const TEEC_Session *session)
{
	TEEC_Context at;

	at.imp.fd = session->imp.device;
	at.imp.reg_mem = session->imp.ctx->imp.reg_mem;
	at.imp.memref_null = session->imp.ctx->imp.memref_null;
	return at;
}

TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context)
{
	int ret;

	if (!context)
		return TEEC_ERROR_BAD_PARAMETERS;
	/* Finalizing a context that failed to open must not close descriptor 0. */
	context->imp.fd = -1;
	context->imp.reg_mem = false;
	context->imp.memref_null = false;
	ret = context_open(name, context);
	if (ret)
		log_debug("no context %s: %s", name ? name : "(any)", strerror(-ret));
	return teec_result(ret);
}

void TEEC_FinalizeContext(TEEC_Context *context)
{
	if (!context || context->imp.fd < 0)
		return;
	teec_sys()->ops->close(context->imp.fd);
	context->imp.fd = -1;
}
