// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/plugins.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "include/tee_plugin_method.h"
#include "lib/log.h"
#include "lib/uuid.h"
#include "wire/supp_plugin.h"

#define MAX_PLUGINS 64u
#define SYMBOL "plugin_method"

struct plugins {
	unsigned int num;
	struct {
		void *handle;
		const struct plugin_method *method;
		pthread_mutex_t lock; /* during a call */
	} plugin[MAX_PLUGINS];
};

/* Opening a fifo would wait for its other end. */
static bool is_regular(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static void load_one(struct plugins *ps, const char *path)
{
	const struct plugin_method *m;
	TEEC_Result res;
	void *handle;

	if (ps->num == MAX_PLUGINS) {
		log_warn("%s: more than %u plugins: left out", path, MAX_PLUGINS);
		return;
	}
	handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!handle) {
		log_warn("%s", dlerror());
		return;
	}
	m = dlsym(handle, SYMBOL);
	if (!m || !m->name || !m->invoke) {
		log_warn("%s: no plugin: it has no " SYMBOL, path);
		dlclose(handle);
		return;
	}
	res = m->init ? m->init() : TEEC_SUCCESS;
	if (res) {
		log_warn("%s: plugin %s fails to start: 0x%x", path, m->name, res);
		dlclose(handle);
		return;
	}
	log_info("plugin %s from %s", m->name, path);
	ps->plugin[ps->num].handle = handle;
	pthread_mutex_init(&ps->plugin[ps->num].lock, NULL);
	ps->plugin[ps->num++].method = m;
}

int plugins_load(const char *dir, struct plugins **psp)
{
	struct plugins *ps = calloc(1, sizeof(*ps));
	DIR *d = dir ? opendir(dir) : NULL;
	char path[PATH_MAX];
	struct dirent *e;

	if (ps && dir && !d && errno != ENOENT)
		log_warn("%s: %s", dir, strerror(errno));
	while (ps && d && (e = readdir(d)))
		if (snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path) &&
		    is_regular(path))
			load_one(ps, path);
	if (d)
		closedir(d);
	*psp = ps;
	return ps ? 0 : -ENOMEM;
}

void plugins_free(struct plugins *ps)
{
	while (ps && ps->num) {
		dlclose(ps->plugin[--ps->num].handle);
		pthread_mutex_destroy(&ps->plugin[ps->num].lock);
	}
	free(ps);
}

uint32_t plugins_invoke(struct plugins *ps, const uint8_t uuid[16], uint32_t cmd, uint32_t sub_cmd,
			void *data, size_t len, size_t *out_len)
{
	unsigned int i;
	TEEC_UUID want;
	uint32_t result;

	*out_len = 0;
	uuid_from_octets(uuid, &want.timeLow, &want.timeMid, &want.timeHiAndVersion,
			 want.clockSeqAndNode);
	for (i = 0; i < ps->num; i++) {
		if (memcmp(&ps->plugin[i].method->uuid, &want, sizeof(want)))
			continue;
		pthread_mutex_lock(&ps->plugin[i].lock);
		result = ps->plugin[i].method->invoke(cmd, sub_cmd, data, len, out_len);
		pthread_mutex_unlock(&ps->plugin[i].lock);
		return result;
	}
	return TEEC_ERROR_ITEM_NOT_FOUND;
}

void plugins_serve(struct plugins *ps, const void *msg, size_t len, uint8_t *shm_bytes,
		   struct supp_plugin_rsp *rsp)
{
	struct supp_plugin_req req;
	size_t out_len = 0;

	*rsp = (struct supp_plugin_rsp){ .result = TEEC_ERROR_BAD_PARAMETERS };
	if (len != sizeof(req))
		return;
	memcpy(&req, msg, sizeof(req));
	rsp->tag = req.tag;
	if (req.len > SUPP_PLUGIN_MAX_BYTES || !shm_bytes)
		return;
	rsp->result = plugins_invoke(ps, req.uuid, req.cmd, req.sub_cmd, req.len ? shm_bytes : NULL,
				     req.len, &out_len);
	rsp->out_len = out_len > UINT32_MAX ? UINT32_MAX : (uint32_t)out_len;
}
