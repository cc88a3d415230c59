/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/tee/tee_drv.h"
#include "ree/vm/inplace.h"

static const struct tee_in_place_ops in_place_ops = {
	.take = ree_vm_in_place_take,
	.live = ree_vm_in_place_live,
	.give_back = ree_vm_in_place_give_back,
};

int registration_choose(struct ree_vm *vm, struct tee_subsys *tee)
{
	const char *way = secure_getenv("TEELINK_REGISTER");
	int ret;

	if (!way || !*way || !strcmp(way, "shadow"))
		return 0;
	if (strcmp(way, "inplace")) {
		log_error("TEELINK_REGISTER=%s: neither shadow nor inplace", way);
		return -EINVAL;
	}
	ret = ree_vm_in_place_enable(vm);
	if (!ret)
		tee_subsys_set_in_place(tee, &in_place_ops);
	else
		log_warn("TEELINK_REGISTER=inplace needs the full userfaultfd of Linux 6.8: %s. It "
			 "takes CAP_SYS_PTRACE, vm.unprivileged_userfaultfd=1 or access to "
			 "/dev/userfaultfd. Registered memory is copied at each call",
			 strerror(-ret));
	return 0;
}
