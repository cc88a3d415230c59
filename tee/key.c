/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The machine's root key: asked of the hypervisor when it is first needed, then kept. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/futex.h"
#include "tee/world_internal.h"

#define ANSWER_TIMEOUT_NS 10000000000ull

void world_key_init(struct tee_world *w)
{
	world_event_init(&w->root_key.event);
	w->root_key.record = -1;
}

void world_key_release(struct tee_world *w)
{
	explicit_bzero(w->root_key.key, sizeof(w->root_key.key));
	world_event_destroy(&w->root_key.event);
	if (w->root_key.record >= 0)
		close(w->root_key.record);
}

void world_key_came(struct tee_world *w, int status, const uint8_t key[TEECTL_ROOT_KEY_SIZE],
		    int *record)
{
	struct world_key *k = &w->root_key;

	if (!k->asked || k->known)
		return;
	k->known = true;
	k->status = status;
	memcpy(k->key, key, sizeof(k->key));
	if (k->record < 0) {
		k->record = *record;
		*record = -1;
	}
	world_signal(&k->event);
}

int world_root_key(struct tee_world *w, uint8_t key[TEECTL_ROOT_KEY_SIZE])
{
	uint64_t deadline = tl_now_ns() + ANSWER_TIMEOUT_NS;
	struct world_key *k = &w->root_key;
	int ret = 0;

	/* An error isn't kept: what was wrong with the file may be put right. */
	if (!k->asked || (k->known && k->status)) {
		k->asked = true;
		k->known = false;
		hvlink_ask_key(w);
	}
	while (!k->known && !ret)
		ret = world_wait(w, &k->event, deadline);
	if (!k->known)
		return ret;
	memcpy(key, k->key, sizeof(k->key));
	return k->status;
}

int world_record(const struct tee_world *w)
{
	return w->root_key.record;
}
