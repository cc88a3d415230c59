// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/uuid.h"
#include "tee/ta/elf.h"
#include "tee/ta/manager.h"

/* On the sealed bytes: what was checked is what runs. */
static int check(struct ta_image *img, uint64_t size)
{
	struct ta_head head;
	void *p;
	int ret;

	if (fcntl(img->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		return -errno;
	if (size == 0)
		return -ENOEXEC;
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, img->fd, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	ret = elf_check_ta(p, size, img->uuid, &head);
	munmap(p, size);
	if (!ret)
		img->flags = head.flags;
	return ret;
}

int ta_image_load(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp)
{
	struct ta_image *img = calloc(1, sizeof(*img));
	char text[UUID_TEXT_SIZE];
	uint64_t size = 0;
	int ret;

	if (!img)
		return -ENOMEM;
	img->refs = 1;
	memcpy(img->uuid, uuid, sizeof(img->uuid));
	img->fd = memfd_create("ta", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (img->fd < 0) {
		free(img);
		return -ENOMEM;
	}
	ret = ta_loader_fetch(world_tas(w)->loader, uuid, img->fd, &size);
	if (!ret)
		ret = check(img, size);
	if (ret) {
		uuid_format(uuid, text);
		log_info("TA %s: no image: %s", text, strerror(-ret));
		ta_image_put(img);
		return ret;
	}
	*imgp = img;
	return 0;
}

void ta_image_put(struct ta_image *img)
{
	if (!img || --img->refs)
		return;
	close(img->fd);
	free(img);
}

uint32_t ta_image_flags(const struct ta_image *img)
{
	return img->flags;
}
