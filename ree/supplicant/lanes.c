// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/lanes.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/supplicant/server.h"

#define MAX_PORT_NAME 48u

struct lane {
	struct lanes *of;
	unsigned int index;
	bool used; /* its own thread's */
	struct server *server;
	char port[MAX_PORT_NAME];
};

struct lanes {
	struct lanes_config cfg;
	struct tipc_dev *dev;
	pthread_mutex_t lock; /* num grows, and only until *over */
	unsigned int num;
	struct lane lane[];
};

static int grow(struct lanes *l);

static bool lane_peek(void *data, const void *msg, size_t len)
{
	const struct lane *lane = data;
	const struct lanes_config *cfg = &lane->of->cfg;

	return cfg->peek && cfg->peek(cfg->data, lane->index, msg, len);
}

static size_t lane_serve(void *data, const void *req, size_t len, void *out, size_t room)
{
	struct lane *lane = data;
	const struct lanes_config *cfg = &lane->of->cfg;
	int ret;

	if (!lane->used) {
		lane->used = true;
		ret = grow(lane->of);
		if (ret)
			log_warn("%s: no further lane: %s", cfg->port, strerror(-ret));
	}
	return cfg->serve(cfg->data, lane->index, req, len, out, room);
}

static int open_lane(struct lanes *l, struct lane *lane)
{
	const struct server_config cfg = { lane->port, l->cfg.max_req, l->cfg.min_room, lane_peek,
					   lane_serve, lane,	       l->cfg.over };
	int ret;

	lane->of = l;
	lane->index = l->num;
	snprintf(lane->port, sizeof(lane->port), "%s.%u", l->cfg.port, lane->index);
	ret = server_create(l->dev, &cfg, &lane->server);
	if (ret)
		return ret;
	ret = server_start(lane->server);
	if (ret)
		server_destroy(lane->server);
	return ret;
}

static int grow(struct lanes *l)
{
	int ret = 0;

	pthread_mutex_lock(&l->lock);
	if (l->num < l->cfg.max && !__atomic_load_n(l->cfg.over, __ATOMIC_ACQUIRE)) {
		ret = open_lane(l, &l->lane[l->num]);
		l->num += !ret;
	}
	pthread_mutex_unlock(&l->lock);
	return ret;
}

int lanes_start(struct tipc_dev *dev, const struct lanes_config *cfg, struct lanes **lp)
{
	struct lanes *l = calloc(1, sizeof(*l) + cfg->max * sizeof(l->lane[0]));

	*lp = l;
	if (!l)
		return -ENOMEM;
	l->cfg = *cfg;
	l->dev = dev;
	pthread_mutex_init(&l->lock, NULL);
	return grow(l);
}

int lanes_stop(struct lanes *l)
{
	unsigned int i, num = 0;
	int ret = 0;

	if (!l)
		return 0;
	/* Whoever was about to open one more has done so, and nobody does any more. */
	pthread_mutex_lock(&l->lock);
	num = l->num;
	pthread_mutex_unlock(&l->lock);
	for (i = 0; i < num && !ret; i++)
		ret = server_stop(l->lane[i].server);
	return ret;
}

void lanes_destroy(struct lanes *l)
{
	if (!l)
		return;
	while (l->num)
		server_destroy(l->lane[--l->num].server);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
