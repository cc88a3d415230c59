/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Names of files as a kernel's secure world has them: relative, whatever they begin with.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_SUPPLICANT_OPTEE_NAME_H
#define TEELINK_REE_SUPPLICANT_OPTEE_NAME_H

#include <limits.h>
#include <stdbool.h>

#include "ree/supplicant/optee_fs.h"

/*
 * "./" and the name in @arg's memory, which is copied once and then looked at: nothing that leads
 * out of a folder. Return: 0 or an errno.
 */
int optee_name_take(const struct optee_arg *arg, char name[PATH_MAX]);
/*
 * Make the folders that @path goes through, below @at, and with @all the last part too. Return: 0 or an
 * errno.
 */
int optee_name_make_folders(int at, char *path, bool all);

#endif
