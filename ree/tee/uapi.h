/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * <linux/tee.h> and what newer kernels have added to it.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_TEE_UAPI_H
#define TEELINK_REE_TEE_UAPI_H

#include <linux/tee.h>

#include "wire/port.h"

#ifndef TEE_IOC_SHM_REGISTER_FD
struct tee_ioctl_shm_register_fd_data {
	__s64 fd;    /* in */
	__u64 size;  /* out */
	__u32 flags; /* in: 0 */
	__s32 id;    /* out */
};
/* Returns a descriptor that stands for the registration. */
#define TEE_IOC_SHM_REGISTER_FD                                                                    \
	_IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + 8, struct tee_ioctl_shm_register_fd_data)
#endif

/*
 * A flag of TEE_IOC_SHM_REGISTER for devices of our own alone: the memory is released after one call. The
 * kernel's take no flags.
 */
#define TEE_SHM_REGISTER_BRIEF (1u << 31)

TL_STATIC_ASSERT(sizeof(struct tee_ioctl_shm_register_fd_data) == 24, "shm_register_fd_data");
TL_STATIC_ASSERT(sizeof(struct tee_ioctl_param) == 32, "tee_ioctl_param");
TL_STATIC_ASSERT(sizeof(struct tee_ioctl_open_session_arg) == 56, "open_session_arg");
TL_STATIC_ASSERT(sizeof(struct tee_ioctl_invoke_arg) == 24, "invoke_arg");

#endif
