// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/uuid.h"

static void on_launcher(void *data)
{
	ta_launcher_drain(data);
}

int ta_manager_create(struct tee_world *w, struct ta_manager **tmp)
{
	struct ta_manager *tm = calloc(1, sizeof(*tm));
	int ret;

	if (!tm)
		return -ENOMEM;
	tm->world = w;
	tm->launch_sock = world_launch_sock(w);
	list_init(&tm->instances);
	tm->server[MAILBOX_SYSCALL_LIBRARY / MAILBOX_SYSCALL_RANGE].ops = &ta_library_ops;
	if (fcntl(tm->launch_sock, F_SETFL, O_NONBLOCK)) {
		ret = -errno;
		goto err_free;
	}
	ret = ta_log_open(&tm->log, world_ta_log(w));
	if (ret)
		log_warn("%s: %s: lines of TAs aren't kept", world_ta_log(w), strerror(-ret));
	ret = image_keys_create(world_ta_key(w), &tm->keys);
	if (ret)
		goto err_free;
	ret = ta_loader_create(w, &tm->loader);
	if (ret)
		goto err_keys;
	ret = tm->watch = world_watch(w, tm->launch_sock, on_launcher, tm);
	if (ret < 0)
		goto err_loader;
	*tmp = tm;
	return 0;
err_loader:
	ta_loader_destroy(tm->loader);
err_keys:
	image_keys_destroy(tm->keys);
err_free:
	ta_log_close(&tm->log);
	free(tm);
	return ret;
}

void ta_manager_destroy(struct ta_manager *tm)
{
	if (!tm)
		return;
	world_unwatch(tm->world, tm->watch);
	ta_loader_destroy(tm->loader);
	image_keys_destroy(tm->keys);
	versions_release(&tm->versions);
	ta_log_close(&tm->log);
	free(tm);
}

unsigned int ta_num_instances(struct tee_world *w)
{
	return world_tas(w)->num_instances;
}

static void instance_status(const struct ta_instance *inst, FILE *out)
{
	char uuid[UUID_TEXT_SIZE];

	uuid_format(inst->uuid, uuid);
	fprintf(out,
		"{\"uuid\":\"%s\",\"pid\":%u,\"alive\":%s,\"busy\":%s,\"calls\":%llu,"
		"\"mapped_bytes\":%llu}",
		uuid, inst->pid, inst->dead ? "false" : "true", inst->busy ? "true" : "false",
		(unsigned long long)inst->calls, (unsigned long long)ta_mapping_bytes(inst));
}

void ta_status(struct tee_world *w, FILE *out)
{
	struct list *pos, *head = &world_tas(w)->instances;

	fputc('[', out);
	list_for_each(pos, head) {
		if (pos != head->next)
			fputc(',', out);
		instance_status(list_entry(pos, struct ta_instance, link), out);
	}
	fputc(']', out);
}
