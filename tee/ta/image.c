// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/number.h"
#include "lib/uuid.h"
#include "tee/ta/elf.h"
#include "tee/ta/manager.h"
#include "tee/ta/signed_image.h"

#define IMAGE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int new_file(void)
{
	int fd = memfd_create("ta", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -ENOMEM : fd;
}

static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, IMAGE_SEALS) ? -errno : 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = pwrite(fd, data + at, size - at, (off_t)at);

		if (n <= 0)
			return -ENOMEM;
		at += (size_t)n;
	}
	return 0;
}

static int write_decrypted(int fd, const struct image_keys *keys, const struct signed_image *si,
			   const uint8_t *file, enum image_fault *fault)
{
	uint8_t *elf = malloc(si->size ? si->size : 1);
	int ret = -EKEYREJECTED;

	if (!elf)
		return -ENOMEM;
	*fault = signed_image_decrypt(keys, si, file, elf);
	if (!*fault)
		ret = write_all(fd, elf, si->size);
	OPENSSL_cleanse(elf, si->size);
	free(elf);
	return ret;
}

/* The ELF file within a good image, in @img->fd. */
static int unwrap(struct ta_image *img, const struct image_keys *keys,
		  const struct signed_image *si, const uint8_t *file, enum image_fault *fault)
{
	int ret = img->fd = new_file();

	if (ret < 0)
		return ret;
	ret = si->encrypted ? write_decrypted(img->fd, keys, si, file, fault)
			    : write_all(img->fd, file + si->offset, si->size);
	return ret ? ret : seal(img->fd);
}

/*
 * All that mmap mapped, the rest of the last page too: a race detector forgets whole pages, and in
 * solo mode an image is loaded where another was looked at.
 */
static void unmap(void *p, size_t size)
{
	munmap(p, tl_page_up(size));
}

/* On sealed bytes: what was checked is what runs. */
static int check_elf(struct ta_image *img, size_t size)
{
	struct ta_head head;
	void *elf;
	int ret;

	if (size == 0)
		return -ENOEXEC;
	elf = mmap(NULL, size, PROT_READ, MAP_PRIVATE, img->fd, 0);
	if (elf == MAP_FAILED)
		return -ENOMEM;
	if (img->library) {
		ret = elf_check_library(elf, size, img->uuid);
	} else {
		ret = elf_check_ta(elf, size, img->uuid, &head);
		if (!ret) {
			img->flags = head.flags;
			img->takes_libraries = elf_takes_libraries(elf, size);
		}
	}
	unmap(elf, size);
	img->size = size;
	return ret;
}

static const char *kind(const struct ta_image *img)
{
	return img->library ? "library" : "TA";
}

static void refuse(const struct ta_image *img, enum image_fault fault)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(img->uuid, text);
	log_warn("%s %s: image refused: %s", kind(img), text, image_fault_text(fault));
}

/* Without the lock: hashing takes its time. */
static int check_signature(struct ta_image *img, const struct image_keys *keys, int fd,
			   uint64_t size, struct signed_image *si)
{
	enum image_fault fault = IMAGE_UNSIGNED;
	uint8_t *file;
	int ret = seal(fd);

	if (ret || !size)
		goto out;
	file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		return -ENOMEM;
	fault = signed_image_check(keys, img->uuid, file, size, si);
	if (!fault)
		ret = unwrap(img, keys, si, file, &fault);
	unmap(file, size);
out:
	if (fault) {
		refuse(img, fault);
		ret = -EKEYREJECTED;
	}
	return ret;
}

static int check(struct ta_manager *tm, struct ta_image *img, int fd, uint64_t size)
{
	struct signed_image si;
	int ret;

	world_block_begin(tm->world);
	ret = check_signature(img, tm->keys, fd, size, &si);
	if (!ret)
		ret = check_elf(img, si.size);
	world_block_end(tm->world);
	if (ret)
		return ret;
	ret = versions_take(&tm->versions, &si);
	if (ret == -ESTALE) {
		refuse(img, IMAGE_ROLLED_BACK);
		ret = -EKEYREJECTED;
	}
	return ret;
}

static int load(struct tee_world *w, const uint8_t uuid[16], bool library, struct ta_image **imgp)
{
	struct ta_image *img = calloc(1, sizeof(*img));
	char text[UUID_TEXT_SIZE];
	uint64_t size = 0;
	int fd, ret;

	if (!img)
		return -ENOMEM;
	img->refs = 1;
	img->fd = -1;
	img->library = library;
	memcpy(img->uuid, uuid, sizeof(img->uuid));
	ret = fd = new_file();
	if (fd >= 0) {
		ret = ta_loader_fetch(world_tas(w)->loader, uuid, fd, &size);
		if (!ret)
			ret = check(world_tas(w), img, fd, size);
		else if (ret == -EFBIG) {
			refuse(img, IMAGE_TOO_LARGE);
			ret = -EKEYREJECTED;
		}
		close(fd);
	}
	if (ret) {
		uuid_format(uuid, text);
		if (ret == -ENOEXEC)
			log_warn("%s %s: its image holds no %s for this machine", kind(img), text,
				 library ? "library of this name" : "trusted application");
		else
			log_info("%s %s: no image: %s", kind(img), text, strerror(-ret));
		ta_image_put(img);
		return ret;
	}
	*imgp = img;
	return 0;
}

int ta_image_load(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp)
{
	return load(w, uuid, false, imgp);
}

int ta_image_load_library(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp)
{
	return load(w, uuid, true, imgp);
}

/* Without the lock. */
int ta_image_copy(const struct ta_image *img, int fd)
{
	uint8_t *elf = mmap(NULL, img->size, PROT_READ, MAP_PRIVATE, img->fd, 0);
	int ret;

	if (elf == MAP_FAILED)
		return -ENOMEM;
	ret = write_all(fd, elf, img->size);
	unmap(elf, img->size);
	return ret ? ret : seal(fd);
}

void ta_image_put(struct ta_image *img)
{
	if (!img || --img->refs)
		return;
	if (img->fd >= 0)
		close(img->fd);
	free(img);
}

uint32_t ta_image_flags(const struct ta_image *img)
{
	return img->flags;
}
