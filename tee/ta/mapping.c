// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Large objects of clients, mapped into the TA that receives them, once, until they are released.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/number.h"
#include "tee/ta/manager.h"
#include "tee/vm.h"

_Static_assert(MAILBOX_MAX_RUNS <= CTL_MAX_FDS, "a message's descriptors");

/*
 * A descriptor lets the TA map what it likes of the file behind it: only a run that is all of its file,
 * but for the rest of its last page, is handed out. Of the runs only the last may end inside a page.
 */
static bool mappable(const struct vm_mem *mem, bool writable)
{
	unsigned int i;

	if (mem->pool || mem->num_runs > TA_MAP_MAX_RUNS || mem->size < TA_MAP_THRESHOLD ||
	    mem->size > MAILBOX_MAX_MEMREF)
		return false;
	for (i = 0; i < mem->num_runs; i++) {
		const struct vm_run *run = &mem->run[i];
		int fd = writable ? run->ds->fd_rw : run->ds->fd_ro;
		struct stat st;

		if (run->offset || (i + 1 < mem->num_runs && run->len != tl_page_up(run->len)))
			return false;
		if (fd < 0 || fstat(fd, &st) || tl_page_up((uint64_t)st.st_size) != tl_page_up(run->len))
			return false;
	}
	return true;
}

/*
 * Before a call the TA takes all messages that came before. One that answered calls and left them lie
 * would fill the kernel with descriptors in flight, of which a user has a bounded number.
 */
static bool takes_messages(const struct ta_instance *inst)
{
	uint32_t fresh = inst->num_ctl - inst->num_ctl_called;
	int unread = 0;

	if (fresh)
		return fresh < TA_NUM_PARAMS * (TA_MAP_MAX_RUNS / MAILBOX_MAX_RUNS);
	return ioctl(inst->ctl, SIOCOUTQ, &unread) || !unread;
}

/* Runs [first, first + msg->num_runs) in one message. */
static int send_runs(struct ta_instance *inst, const struct vm_mem *mem, unsigned int first,
		     struct mailbox_map *msg)
{
	int fds[MAILBOX_MAX_RUNS];
	unsigned int i;
	int ret;

	for (i = 0; i < msg->num_runs; i++) {
		const struct vm_run *run = &mem->run[first + i];

		fds[i] = msg->writable ? run->ds->fd_rw : run->ds->fd_ro;
		msg->run[i].offset = run->offset;
		msg->run[i].len = tl_page_up(run->len);
	}
	ret = ctl_send(inst->ctl, msg, sizeof(*msg), fds, msg->num_runs);
	if (!ret)
		tl_store_release(&inst->shm_mb->num_ctl, ++inst->num_ctl);
	return ret;
}

static int send_map(struct ta_instance *inst, const struct vm_mem *mem, uint32_t slot,
		    bool writable)
{
	struct mailbox_map msg = { .slot = slot, .writable = writable,
				   .total = tl_page_up(mem->size) };
	unsigned int first, i;
	int ret;

	for (first = 0; first < mem->num_runs; first += msg.num_runs) {
		msg.num_runs = mem->num_runs - first;
		if (msg.num_runs > MAILBOX_MAX_RUNS)
			msg.num_runs = MAILBOX_MAX_RUNS;
		ret = send_runs(inst, mem, first, &msg);
		if (ret)
			return first ? -EPIPE : ret;
		for (i = 0; i < msg.num_runs; i++)
			msg.at += msg.run[i].len;
	}
	return 0;
}

/* The TA hasn't let go of it yet. */
static bool slot_lingers(const struct ta_instance *inst, uint32_t slot)
{
	return tl_load_acquire(&inst->shm_mb->unmap[slot / 32]) & 1u << slot % 32;
}

static int find_slot(const struct ta_instance *inst, const struct vm_mem *mem, bool writable)
{
	int i, unused = -ENOSPC;

	for (i = 0; i < (int)MAILBOX_MAX_MAPS; i++) {
		const struct ta_mapping *m = &inst->map[i];

		if (m->mem == mem && m->writable == writable && !m->doomed)
			return i;
		if (!m->mem && unused < 0 && !slot_lingers(inst, (uint32_t)i))
			unused = i;
	}
	return unused;
}

static void unmap_slot(struct ta_instance *inst, uint32_t slot)
{
	struct ta_mapping *m = &inst->map[slot];

	__atomic_fetch_or(&inst->shm_mb->unmap[slot / 32], 1u << (slot % 32), __ATOMIC_ACQ_REL);
	ta_bell(inst);
	vm_mem_put(m->mem);
	memset(m, 0, sizeof(*m));
	world_counters(inst->tm->world)->unmaps++;
}

int ta_mapping_get(struct ta_instance *inst, struct vm_mem *mem, bool writable)
{
	struct ta_mapping *m;
	int ret, slot;

	if (!mappable(mem, writable))
		return -EINVAL;
	slot = find_slot(inst, mem, writable);
	if (slot < 0)
		return slot;
	m = &inst->map[slot];
	if (m->mem)
		return slot;
	if (!takes_messages(inst))
		return -EPROTO;
	ret = send_map(inst, mem, (uint32_t)slot, writable);
	if (ret == -EPIPE) {
		/* Half told: what the TA makes of it can't be taken back. */
		ta_launcher_kill(inst);
		return ret;
	}
	if (ret)
		return ret;
	m->mem = vm_mem_get(mem);
	m->writable = writable;
	world_counters(inst->tm->world)->maps++;
	return slot;
}

void ta_mapping_doom(struct ta_instance *inst, uint32_t slot)
{
	inst->map[slot].doomed = true;
	inst->any_doomed = true;
}

void ta_mapping_release(struct ta_instance *inst, struct vm_mem *mem)
{
	uint32_t i;

	for (i = 0; i < MAILBOX_MAX_MAPS; i++) {
		if (inst->map[i].mem != mem)
			continue;
		if (inst->busy)
			ta_mapping_doom(inst, i);
		else
			unmap_slot(inst, i);
	}
}

void ta_mapping_release_doomed(struct ta_instance *inst)
{
	uint32_t i;

	if (!inst->any_doomed)
		return;
	inst->any_doomed = false;
	for (i = 0; i < MAILBOX_MAX_MAPS; i++)
		if (inst->map[i].doomed)
			unmap_slot(inst, i);
}

void ta_mapping_drop_all(struct ta_instance *inst)
{
	uint32_t i;

	for (i = 0; i < MAILBOX_MAX_MAPS; i++) {
		if (!inst->map[i].mem)
			continue;
		vm_mem_put(inst->map[i].mem);
		memset(&inst->map[i], 0, sizeof(inst->map[i]));
		world_counters(inst->tm->world)->unmaps++;
	}
}

uint64_t ta_mapping_bytes(const struct ta_instance *inst)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < MAILBOX_MAX_MAPS; i++)
		if (inst->map[i].mem)
			bytes += inst->map[i].mem->size;
	return bytes;
}

void ta_unmap(struct tee_world *w, struct vm_mem *mem)
{
	struct list *pos;

	list_for_each(pos, &world_tas(w)->instances)
		ta_mapping_release(list_entry(pos, struct ta_instance, link), mem);
}
