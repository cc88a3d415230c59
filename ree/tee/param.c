/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "ree/tee/tee_private.h"

static int memref_from_client(struct tee_context *ctx, struct tee_param *p,
			      const struct tee_ioctl_param *ip)
{
	struct tee_shm *shm = NULL;
	int ret;

	if (ip->c == TEE_MEMREF_NULL) {
		if (!ctx->cap_memref_null)
			return -EINVAL;
	} else {
		ret = tee_shm_get_from_id(ctx, ip->c, &shm);
		if (ret)
			return ret;
		if (!tee_shm_contains(shm, ip->a, ip->b)) {
			tee_shm_put(shm);
			return -EINVAL;
		}
	}
	p->u.memref.shm = shm;
	p->u.memref.shm_offs = ip->a;
	p->u.memref.size = ip->b;
	return 0;
}

static int param_from_client(struct tee_context *ctx, struct tee_param *p,
			     const struct tee_ioctl_param *ip)
{
	if (ip->attr & ~(uint64_t)TEE_IOCTL_PARAM_ATTR_MASK)
		return -EINVAL;
	p->attr = ip->attr;
	switch (ip->attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
	case TEE_IOCTL_PARAM_ATTR_TYPE_NONE:
	case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		return 0;
	case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
		p->u.value = (struct tee_param_value){ ip->a, ip->b, ip->c };
		return 0;
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
		return memref_from_client(ctx, p, ip);
	default:
		return -EINVAL;
	}
}

/* On success each memref holds a reference to its object; on failure none does. */
int tee_params_from_client(struct tee_context *ctx, struct tee_param *params, size_t num,
			   const struct tee_ioctl_param *ips)
{
	size_t i;
	int ret;

	memset(params, 0, num * sizeof(*params));
	for (i = 0; i < num; i++) {
		ret = param_from_client(ctx, params + i, ips + i);
		if (ret) {
			tee_params_put(params, i);
			return ret;
		}
	}
	return 0;
}

void tee_params_put(struct tee_param *params, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++) {
		if (!tee_param_is_memref(params + i) || !params[i].u.memref.shm)
			continue;
		tee_shm_put(params[i].u.memref.shm);
		params[i].u.memref.shm = NULL;
	}
}

int tee_params_bounce_in(const struct tee_param *params, size_t num, size_t *sizes)
{
	const struct tee_param_memref *ref;
	size_t i;
	int ret;

	for (i = 0; i < num; i++) {
		if (!tee_param_is_memref(params + i) || !params[i].u.memref.shm)
			continue;
		ref = &params[i].u.memref;
		sizes[i] = ref->size;
		/* Outputs too: what the TA leaves alone must be the same after the copy back. */
		ret = tee_shm_bounce_in(ref->shm, ref->shm_offs, ref->size);
		if (ret)
			return ret;
	}
	return 0;
}

int tee_params_bounce_out(const struct tee_param *params, size_t num, const size_t *sizes)
{
	const struct tee_param_memref *ref;
	size_t i, len;
	int ret;

	for (i = 0; i < num; i++) {
		ref = &params[i].u.memref;
		switch (params[i].attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			if (!ref->shm)
				break;
			len = ref->size < sizes[i] ? ref->size : sizes[i];
			ret = tee_shm_bounce_out(ref->shm, ref->shm_offs, len);
			if (ret)
				return ret;
			break;
		default:
			break;
		}
	}
	return 0;
}

int tee_params_to_client(uint64_t uparams, size_t num, const struct tee_param *params,
			 uaccess_copy_out_fn copy_out)
{
	const struct tee_param_value *v;
	uint64_t uparam, size, abc[3];
	size_t i;
	int ret;

	for (i = 0; i < num; i++) {
		uparam = uparams + i * sizeof(struct tee_ioctl_param);
		switch (params[i].attr) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			v = &params[i].u.value;
			abc[0] = v->a;
			abc[1] = v->b;
			abc[2] = v->c;
			ret = copy_out(uparam + offsetof(struct tee_ioctl_param, a), abc,
				       sizeof(abc));
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			size = params[i].u.memref.size;
			ret = copy_out(uparam + offsetof(struct tee_ioctl_param, b), &size,
				       sizeof(size));
			break;
		default:
			ret = 0;
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

void tee_params_to_supp(struct tee_ioctl_param *ips, size_t num, const struct tee_param *params)
{
	const struct tee_param *p;
	size_t i;

	for (i = 0; i < num; i++) {
		p = params + i;
		ips[i] = (struct tee_ioctl_param){ .attr = p->attr };
		switch (p->attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			ips[i].a = p->u.value.a;
			ips[i].b = p->u.value.b;
			ips[i].c = p->u.value.c;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			ips[i].b = p->u.memref.size;
			if (!p->u.memref.shm) {
				ips[i].c = TEE_MEMREF_NULL;
				break;
			}
			ips[i].a = p->u.memref.shm_offs;
			ips[i].c = (uint32_t)p->u.memref.shm->id;
			break;
		default:
			break;
		}
	}
}

int tee_params_from_supp(struct tee_param *params, size_t num, const struct tee_ioctl_param *ips)
{
	size_t i;

	memset(params, 0, num * sizeof(*params));
	for (i = 0; i < num; i++) {
		if (ips[i].attr & ~(uint64_t)TEE_IOCTL_PARAM_ATTR_MASK)
			return -EINVAL;
		params[i].attr = ips[i].attr;
		switch (ips[i].attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			params[i].u.value =
				(struct tee_param_value){ ips[i].a, ips[i].b, ips[i].c };
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			/* The driver knows the object; the supplicant may only set the size. */
			params[i].u.memref.size = ips[i].b;
			break;
		default:
			break;
		}
	}
	return 0;
}
