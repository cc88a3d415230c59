/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What was last seen of each object: in memory, and in the machine's record of it. */
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "tee/storage/seen.h"

#define RECORDS_PER_READ 128u

static unsigned int place_of(const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	/* name_id is a MAC: any of its bytes are as good as random. */
	return (name_id[0] | (unsigned int)name_id[1] << 8) % STORE_NUM_SEEN;
}

static struct store_seen *find(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	struct store_seen *s = &sh->seen[place_of(name_id)];

	return s->used && !memcmp(s->name_id, name_id, SUPP_FS_ID_SIZE) ? s : NULL;
}

/* Return: 0 or -ENOMEM. */
static int record_mac(const struct store_shelf *sh, const struct store_record *r,
		      uint8_t mac[STORE_KEY_SIZE])
{
	return seal_derive(sh->record_key, "seen", r, offsetof(struct store_record, mac), mac);
}

/* A full disk, say, costs protection after a restart, not the change that it is about. */
static void record_write(const struct store_shelf *sh, const struct store_seen *s)
{
	struct store_record r = { .counter = s->counter };
	uint8_t mac[STORE_KEY_SIZE];

	if (sh->record < 0)
		return;
	memcpy(r.name_id, s->name_id, sizeof(r.name_id));
	if (record_mac(sh, &r, mac))
		return;
	memcpy(r.mac, mac, sizeof(r.mac));
	if (pwrite(sh->record, &r, sizeof(r), (off_t)(place_of(s->name_id) * sizeof(r))) !=
	    (ssize_t)sizeof(r))
		log_debug("the record of counters can't be written");
}

static void set(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE], uint64_t counter,
		bool alive)
{
	struct store_seen *s = &sh->seen[place_of(name_id)];
	bool same =
		s->used && s->counter == counter && !memcmp(s->name_id, name_id, SUPP_FS_ID_SIZE);

	memcpy(s->name_id, name_id, sizeof(s->name_id));
	s->counter = counter;
	s->used = true;
	s->alive = alive;
	if (counter > sh->counter)
		sh->counter = counter;
	if (!same)
		record_write(sh, s);
}

/* Whoever changed the record has at most unmade it: an entry with another key's MAC is none. */
static void take(struct store_shelf *sh, const struct store_record *r, unsigned int place)
{
	static const uint8_t none[sizeof(r->name_id)];
	struct store_seen *s = &sh->seen[place];
	uint8_t mac[STORE_KEY_SIZE];

	if (!memcmp(r->name_id, none, sizeof(none)) || place_of(r->name_id) != place ||
	    record_mac(sh, r, mac) || memcmp(mac, r->mac, sizeof(r->mac)))
		return;
	memcpy(s->name_id, r->name_id, sizeof(s->name_id));
	s->counter = r->counter;
	s->used = true;
	if (r->counter > sh->counter)
		sh->counter = r->counter;
}

void store_seen_open(struct store_shelf *sh, int fd, const uint8_t key[STORE_KEY_SIZE])
{
	struct store_record r[RECORDS_PER_READ];
	unsigned int first, i;
	ssize_t n;

	if (fd < 0 || seal_derive(key, "record", NULL, 0, sh->record_key))
		return;
	sh->record = fd;
	for (first = 0; first < STORE_NUM_SEEN; first += RECORDS_PER_READ) {
		n = pread(fd, r, sizeof(r), (off_t)(first * sizeof(r[0])));
		for (i = 0; n > 0 && i < (size_t)n / sizeof(r[0]); i++)
			take(sh, &r[i], first + i);
	}
}

uint64_t store_seen_next(struct store_shelf *sh, uint64_t last)
{
	uint64_t next = (last > sh->counter ? last : sh->counter) + 1;

	/* Which copy of a header is written first alternates with its counter. */
	sh->counter = next + !((next ^ last) & 1);
	return sh->counter;
}

bool store_seen_allows(struct store_shelf *sh, const struct store_file *f)
{
	const struct store_seen *s = find(sh, f->name_id);

	return !s || f->head.counter >= s->counter;
}

bool store_seen_alive(struct store_shelf *sh, const struct store_file *f)
{
	const struct store_seen *s = find(sh, f->name_id);

	return s && s->alive;
}

void store_seen_note(struct store_shelf *sh, const struct store_file *f)
{
	set(sh, f->name_id, f->head.counter, true);
}

void store_seen_removed(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	set(sh, name_id, sh->counter + 1, false);
}

void store_seen_forget(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	struct store_seen *s = find(sh, name_id);

	if (s)
		s->alive = false;
}
