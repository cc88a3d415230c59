// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Shared libraries of an instance. It has a read-only descriptor of each place from its start; a
 * library that was checked as an image is gets into the next of them.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/limits.h"
#include "lib/log.h"
#include "lib/uuid.h"
#include "tee/session/result.h"
#include "tee/ta/manager.h"
#include "wire/ta_library.h"

int ta_libraries_init(struct ta_instance *inst, const struct ta_image *img)
{
	unsigned int i;

	for (i = 0; img->takes_libraries && i < LAUNCH_MAX_LIBRARIES; i++) {
		inst->library[i].fd = memfd_create("ta-library", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (inst->library[i].fd < 0)
			return -errno;
	}
	return 0;
}

void ta_libraries_release(struct ta_instance *inst)
{
	unsigned int i;

	for (i = 0; i < LAUNCH_MAX_LIBRARIES; i++)
		if (inst->library[i].fd >= 0)
			close(inst->library[i].fd);
}

static bool find(const struct ta_instance *inst, const uint8_t uuid[16], uint64_t *index)
{
	unsigned int i;

	for (i = 0; i < inst->num_libraries; i++) {
		if (memcmp(inst->library[i].uuid, uuid, 16))
			continue;
		*index = i;
		return true;
	}
	return false;
}

/* A TA may ask as often as it likes, but not fill the log. */
static void refuse(struct ta_instance *inst, const uint8_t uuid[16], const char *why)
{
	char ta[UUID_TEXT_SIZE], library[UUID_TEXT_SIZE];

	if (inst->library_faults == TA_MAX_LIBRARY_FAULTS)
		return;
	inst->library_faults++;
	uuid_format(inst->uuid, ta);
	uuid_format(uuid, library);
	log_warn("TA %s: library %s: %s", ta, library, why);
}

/* Into the next place. The lock is dropped for the copying: the instance is in this call. */
static int place(struct ta_instance *inst, const struct ta_image *img, uint64_t *index)
{
	struct tee_world *w = inst->tm->world;
	struct ta_library *lib = &inst->library[inst->num_libraries];
	int ret;

	/* Its file is memory too, as what the TA allocates is. */
	if (img->size > world_limits(w)->memory_per_ta - inst->library_bytes)
		return -ENOMEM;
	world_block_begin(w);
	ret = ta_image_copy(img, lib->fd);
	world_block_end(w);
	if (ret)
		return ret;
	memcpy(lib->uuid, img->uuid, sizeof(lib->uuid));
	inst->library_bytes += img->size;
	*index = inst->num_libraries++;
	return 0;
}

static const char *fault_text(int err)
{
	switch (err) {
	case -ENOENT:
		return "there is none";
	case -EKEYREJECTED:
		return "it is refused";
	case -ENOEXEC:
		return "no shared library of this name";
	case -ENOMEM:
		return "no memory for it";
	default:
		return strerror(-err);
	}
}

static int open_library(struct ta_instance *inst, const uint8_t uuid[16], uint64_t *index)
{
	struct ta_image *img;
	int ret;

	if (find(inst, uuid, index))
		return 0;
	if (inst->library[0].fd < 0 || inst->num_libraries == LAUNCH_MAX_LIBRARIES) {
		refuse(inst, uuid, "there is no place for it");
		return -ENOMEM;
	}
	ret = ta_image_load_library(inst->tm->world, uuid, &img);
	if (!ret) {
		ret = place(inst, img, index);
		ta_image_put(img);
	}
	if (ret)
		refuse(inst, uuid, fault_text(ret));
	return ret;
}

static uint32_t serve(void *server, struct ta_syscall *sc)
{
	uint8_t uuid[16];
	uint64_t index = 0;

	(void)server;
	if (sc->nr != TA_LIBRARY_OPEN)
		return TEE_ERROR_NOT_IMPLEMENTED;
	memcpy(uuid, &sc->arg[TA_LIBRARY_ARG_UUID], sizeof(uuid));
	sc->inst->library_error = open_library(sc->inst, uuid, &index);
	sc->arg[TA_LIBRARY_ARG_INDEX] = index;
	return sc->inst->library_error ? image_load_result(sc->inst->library_error) : TEE_SUCCESS;
}

const struct ta_syscall_ops ta_library_ops = { .call = serve };
