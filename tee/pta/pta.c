// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/pta/pta.h"

#include <errno.h>
#include <stdlib.h>

#include "tee/pta/plugin.h"
#include "tee/supp/lanes.h"
#include "tee/world.h"

int pta_create(struct tee_world *w, struct pta **ptap)
{
	struct pta *pta = calloc(1, sizeof(*pta));
	int ret;

	if (!pta)
		return -ENOMEM;
	pta->world = w;
	ret = plugin_lanes_create(w, &pta->plugins);
	if (!ret)
		ret = pta_socket_lanes_create(w, &pta->sockets);
	if (!ret)
		ret = pseudo_ta_add(world_sessions(w), pta_system_uuid, &pta_system_ops, pta);
	if (!ret)
		ret = pseudo_ta_add(world_sessions(w), pta_device_uuid, &pta_device_ops, pta);
	if (!ret)
		ret = pseudo_ta_add(world_sessions(w), pta_socket_uuid, &pta_socket_ops, pta);
	/* What was added stays until the session manager goes: with it, not before. */
	*ptap = pta;
	return ret;
}

void pta_destroy(struct pta *pta)
{
	if (!pta)
		return;
	supp_lanes_destroy(pta->sockets);
	supp_lanes_destroy(pta->plugins);
	free(pta);
}
