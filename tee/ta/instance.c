// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/futex.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/uuid.h"
#include "tee/ta/manager.h"

#define SHARED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

uint32_t ta_log_level(void)
{
	/* TRACE_ERROR, _INFO, _DEBUG of a TA; a machine that shows all shows the flow too. */
	switch (log_get_level()) {
	case LOG_LEVEL_DEBUG:
		return 4;
	case LOG_LEVEL_INFO:
		return 2;
	default:
		return 1;
	}
}

/*
 * Memory that we write and the TA maps; with @seal F_SEAL_FUTURE_WRITE nobody but our mapping,
 * which exists already, can write to it.
 */
static int share(const char *name, size_t size, int seals, void **shm)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	*shm = NULL;
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size))
		goto err_close;
	*shm = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*shm == MAP_FAILED) {
		*shm = NULL;
		goto err_close;
	}
	if (!fcntl(fd, F_ADD_SEALS, seals))
		return fd;
	/* The mapping goes with the instance. */
err_close:
	ret = -errno;
	close(fd);
	return ret;
}

static void area_unmap(void *shm, size_t size)
{
	if (shm)
		munmap(shm, size);
}

static void instance_free(struct ta_instance *inst)
{
	area_unmap(inst->shm_mb, MAILBOX_SIZE);
	area_unmap(inst->shm_in, TA_AREA_SIZE);
	area_unmap(inst->shm_io, TA_IO_SIZE);
	ta_libraries_release(inst);
	if (inst->ctl >= 0)
		close(inst->ctl);
	world_event_destroy(&inst->event);
	free(inst);
}

static void close_all(int *fds)
{
	unsigned int i;

	for (i = 0; i < LAUNCH_FD_NUM; i++)
		if (fds[i] >= 0 && i != LAUNCH_FD_IMAGE)
			close(fds[i]);
}

/* The instance's side of everything in @fds; the image's descriptor is borrowed. */
static int make_shared(struct ta_instance *inst, int fds[LAUNCH_FD_NUM])
{
	int sock[2], ret = ctl_pair(sock);
	void *shm;

	if (ret)
		return ret;
	inst->ctl = sock[0];
	fds[LAUNCH_FD_CTL] = sock[1];
	if (fcntl(inst->ctl, F_SETFL, O_NONBLOCK))
		return -errno;
	fds[LAUNCH_FD_MAILBOX] = share("ta-mailbox", MAILBOX_SIZE, SHARED_SEALS, &shm);
	inst->shm_mb = shm;
	fds[LAUNCH_FD_IN] =
		share("ta-in", TA_AREA_SIZE, SHARED_SEALS | F_SEAL_FUTURE_WRITE, &shm);
	inst->shm_in = shm;
	fds[LAUNCH_FD_IO] = share("ta-io", TA_IO_SIZE, SHARED_SEALS, &shm);
	inst->shm_io = shm;
	if (fds[LAUNCH_FD_MAILBOX] < 0 || fds[LAUNCH_FD_IN] < 0 || fds[LAUNCH_FD_IO] < 0)
		return -ENOMEM;
	inst->shm_mb->log_level = ta_log_level();
	/* The loading counts as taken: a TA that is quick must not see a call that nobody made. */
	inst->shm_mb->call.seq = MAILBOX_FIRST_SEQ;
	return 0;
}

static int start(struct ta_instance *inst, const struct ta_image *img)
{
	int fds[LAUNCH_MAX_FDS] = { img->fd, -1, -1, -1, -1 };
	unsigned int i, num_fds = LAUNCH_FD_NUM;
	int ret = make_shared(inst, fds);

	if (!ret)
		ret = ta_libraries_init(inst, img);
	if (!ret && img->takes_libraries)
		for (i = 0; i < LAUNCH_MAX_LIBRARIES; i++)
			fds[num_fds++] = inst->library[i].fd;
	if (!ret) {
		__atomic_store_n(&inst->seq, MAILBOX_FIRST_SEQ, __ATOMIC_SEQ_CST);
		inst->shm_mb->call.seq = MAILBOX_FIRST_SEQ;
		ret = ta_launcher_start(inst, img, fds, num_fds);
	}
	close_all(fds);
	return ret;
}

static struct ta_instance *instance_new(struct ta_manager *tm, const struct ta_image *img)
{
	struct ta_instance *inst = calloc(1, sizeof(*inst));
	unsigned int i;

	if (!inst)
		return NULL;
	inst->tm = tm;
	inst->ctl = -1;
	for (i = 0; i < LAUNCH_MAX_LIBRARIES; i++)
		inst->library[i].fd = -1;
	inst->id = ++tm->last_id;
	memcpy(inst->uuid, img->uuid, sizeof(inst->uuid));
	world_event_init(&inst->event);
	return inst;
}

static int loaded(struct ta_instance *inst, int ret, const struct mailbox_answer *ans)
{
	char uuid[UUID_TEXT_SIZE], why[128];
	size_t i;

	if (!ret && ans->kind == MAILBOX_ANSWER_READY)
		return 0;
	uuid_format(inst->uuid, uuid);
	if (ret || ans->kind != MAILBOX_ANSWER_LOAD_FAILED) {
		log_warn("TA %s: ended while it was loaded", uuid);
		return ret == -ETIMEDOUT ? ret : -EOWNERDEAD;
	}
	memcpy(why, inst->shm_mb->text, sizeof(why));
	why[sizeof(why) - 1] = '\0';
	for (i = 0; why[i]; i++)
		if (why[i] < ' ' || why[i] > '~')
			why[i] = '?';
	log_warn("TA %s: not loaded: %s", uuid, why);
	return inst->library_error ? inst->library_error : -ENOEXEC;
}

/*
 * Without the lock. Libraries are fetched on the way: what the supplicant takes for that isn't the
 * TA's time.
 */
static int take_loaded(struct ta_instance *inst, struct mailbox_answer *ans)
{
	unsigned int calls;

	for (calls = 0;; calls++) {
		/* Somebody who debugs takes their time. */
		uint64_t deadline =
			getenv("TEELINK_DEBUG_TA") ? 0 : tl_now_ns() + TA_LOAD_TIMEOUT_NS;
		int ret = ta_turn_take(inst, deadline, ans);

		if (ret || ans->kind != MAILBOX_ANSWER_SYSCALL || calls == TA_MAX_LOAD_CALLS)
			return ret;
		ret = ta_syscall_serve_loading(inst);
		if (ret)
			return ret;
		inst->shm_mb->call.kind = MAILBOX_CALL_RESUME;
		ta_turn_give(inst);
	}
}

/*
 * The image is loaded in the TA's process: its constructors may take their time, but not for ever.
 */
static int wait_loaded(struct ta_instance *inst)
{
	struct mailbox_answer ans = { .kind = 0 };
	struct tee_world *w = inst->tm->world;
	int ret;

	inst->busy = true;
	world_block_begin(w);
	ret = take_loaded(inst, &ans);
	world_block_end(w);
	inst->busy = false;
	if (inst->error)
		return inst->error;
	ret = loaded(inst, ret, &ans);
	/* The launcher spoke before the TA did; its word may still lie there. */
	ta_launcher_drain(inst->tm);
	while (!ret && !inst->started)
		ret = world_wait(w, &inst->event, 0);
	return !ret && inst->dead ? -EOWNERDEAD : ret;
}

int ta_instance_create(struct tee_world *w, struct ta_image *img, struct ta_instance **instp)
{
	struct ta_manager *tm = world_tas(w);
	struct ta_instance *inst;
	int ret;

	if (tm->num_instances >= world_limits(tm->world)->ta_instances)
		return -EAGAIN;
	inst = instance_new(tm, img);
	if (!inst)
		return -ENOMEM;
	ret = start(inst, img);
	if (ret) {
		instance_free(inst);
		return ret;
	}
	list_add_tail(&tm->instances, &inst->link);
	tm->num_instances++;
	ret = wait_loaded(inst);
	if (ret) {
		ta_instance_destroy(inst);
		return ret;
	}
	*instp = inst;
	return 0;
}

void ta_instance_destroy(struct ta_instance *inst)
{
	if (!inst)
		return;
	ta_launcher_kill(inst);
	ta_syscall_forget(inst);
	list_del(&inst->link);
	inst->tm->num_instances--;
	ta_mapping_drop_all(inst);
	instance_free(inst);
}

bool ta_instance_dead(const struct ta_instance *inst)
{
	return inst->dead;
}

void ta_instance_set_owner(struct ta_instance *inst, void *owner)
{
	inst->owner = owner;
}

void *ta_instance_owner(const struct ta_instance *inst)
{
	return inst->owner;
}

const uint8_t *ta_instance_uuid(const struct ta_instance *inst)
{
	return inst->uuid;
}

bool ta_instance_cancelled(const struct ta_instance *inst)
{
	return inst->cancelled;
}

uint32_t ta_instance_pid(const struct ta_instance *inst)
{
	return inst->dead ? 0 : inst->pid;
}
