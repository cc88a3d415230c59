// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The trusted applications that an operating system makes devices of: those whose header says so,
 * as far as the secure world knows them. Images are the supplicant's, so an application is known
 * from its first session on for as long as it is loaded; pseudo-TAs always are.
 */
#include <string.h>

#include "tee/pta/pta.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "tee/vm.h"
#include "tee/world.h"

#define UUID_SIZE 16u

enum device_cmd {
	GET_DEVICES = 0, /* that need no supplicant */
	GET_DEVICES_SUPP = 1, /* that need one */
	GET_DEVICES_RPMB = 2, /* that need the secure storage of an eMMC: none here */
};

#define ENUM_FLAGS                                                                                 \
	(TA_FLAG_DEVICE_ENUM | TA_FLAG_DEVICE_ENUM_SUPP | TA_FLAG_DEVICE_ENUM_TEE_STORAGE_PRIVATE)

const uint8_t pta_device_uuid[16] = { 0x70, 0x11, 0xa6, 0x88, 0xdd, 0xde, 0x40, 0x53,
				      0xa5, 0xa9, 0x7b, 0x3c, 0x4d, 0xdf, 0x13, 0xb8 };

/* An image says one of the three, or isn't listed. */
static bool is_listed(const struct session_image *img, uint32_t wanted)
{
	uint32_t flags = img->flags & ENUM_FLAGS;

	return img->state == IMAGE_LOADED && flags && !(flags & (flags - 1)) && (flags & wanted);
}

static uint32_t list_devices(struct session_manager *sm, struct ta_call *call, uint32_t wanted)
{
	struct ta_param *p = &call->param[0];
	uint64_t room = p->u.memref.size, used = 0;
	struct list *pos;

	if (!pta_types_are(call, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0, 0) ||
	    (room && !p->u.memref.mem))
		return TEE_ERROR_BAD_PARAMETERS;
	list_for_each (pos, &sm->images) {
		const struct session_image *img = list_entry(pos, struct session_image, node);

		if (!is_listed(img, wanted))
			continue;
		if (used + UUID_SIZE <= room &&
		    vm_mem_copy_to(p->u.memref.mem, p->u.memref.offset + used, img->uuid,
				   UUID_SIZE))
			return TEE_ERROR_BAD_PARAMETERS;
		used += UUID_SIZE;
	}
	p->u.memref.size = used;
	return used > room ? TEE_ERROR_SHORT_BUFFER : TEE_SUCCESS;
}

static uint32_t device_invoke(void *data, void *ctx, struct ta_call *call)
{
	const struct pta *pta = data;
	struct session_manager *sm = world_sessions(pta->world);

	(void)ctx;
	switch (call->cmd) {
	case GET_DEVICES:
		return list_devices(sm, call, TA_FLAG_DEVICE_ENUM);
	case GET_DEVICES_SUPP:
		return list_devices(sm, call,
				    TA_FLAG_DEVICE_ENUM_SUPP |
					    TA_FLAG_DEVICE_ENUM_TEE_STORAGE_PRIVATE);
	case GET_DEVICES_RPMB:
		return list_devices(sm, call, 0);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

const struct pseudo_ta_ops pta_device_ops = { .invoke = device_invoke };
