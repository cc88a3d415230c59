/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The memory that an instance shares with the secure world, as the instance maps it.
 * Thread rule: pure but for the mappings.
 * Ownership rule: mappings are the caller's until areas_unmap.
 */
#ifndef TEELINK_TEE_LAUNCH_AREAS_H
#define TEELINK_TEE_LAUNCH_AREAS_H

#include "include/teelink/ta_runtime.h"
#include "wire/launch.h"

/* Fills in mailbox, in_area and io_area of @cfg. Return: 0 or -errno with nothing mapped. */
int areas_map(struct ta_runtime_config *cfg, const int fds[LAUNCH_FD_NUM]);
void areas_unmap(struct ta_runtime_config *cfg);

#endif
