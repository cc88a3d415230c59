/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant of a kernel's secure world: requests come from /dev/teepriv0 (TEE_IOC_SUPPL_RECV)
 * and are answered there (TEE_IOC_SUPPL_SEND), several at once.
 * Thread rule: teepriv_run in one thread; it has others of its own meanwhile.
 * Ownership rule: configuration and names are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_TEEPRIV_H
#define TEELINK_REE_SUPPLICANT_TEEPRIV_H

#include "ree/supplicant/supplicant.h"

struct teec_sys_ops;

/**
 * teepriv_run() - serve until the device is gone
 * @sys: the way to the device
 * @device: its path, or NULL: the first of /dev/teepriv0 to 9 that is OP-TEE's
 *
 * Return: -ENODEV (there is no such device, or it isn't OP-TEE's), other -errno of the device.
 */
int teepriv_run(const struct teec_sys_ops *sys, const char *device,
		const struct supplicant_config *cfg);

#endif
