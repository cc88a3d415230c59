/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/tee/tee_private.h"

int tee_subsys_create(struct ree_vm *vm, struct tee_subsys **subsysp)
{
	struct tee_subsys *subsys;

	subsys = calloc(1, sizeof(*subsys));
	if (!subsys)
		return -ENOMEM;
	subsys->vm = vm;
	pthread_mutex_init(&subsys->lock, NULL);
	*subsysp = subsys;
	return 0;
}

void tee_subsys_set_in_place(struct tee_subsys *subsys, const struct tee_in_place_ops *ops)
{
	subsys->in_place = ops;
}

void tee_subsys_destroy(struct tee_subsys *subsys)
{
	if (!subsys)
		return;
	pthread_mutex_destroy(&subsys->lock);
	free(subsys);
}
