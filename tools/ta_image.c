/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/ta_image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "lib/elf_names.h"
#include "wire/ta_head.h"

#define MAX_IMAGE (64 << 20)
#define SIGNED_MAGIC 0x4f545348u
#define BOOTSTRAP_IMAGE 1u

/* The signed header of OP-TEE's images, up to the hash. */
struct signed_head {
	uint32_t magic, type, image_size, algo;
	uint16_t hash_size, sig_size;
};

/* Bytes before the ELF file: 0 without a signed header. Other types don't hold a plain ELF. */
static int signed_size(const void *base, size_t size, size_t *skip)
{
	struct signed_head h;
	struct cursor c;

	*skip = 0;
	cursor_init_ro(&c, base, size);
	if (!cursor_get(&c, &h, sizeof(h)) || h.magic != SIGNED_MAGIC)
		return 0;
	if (h.type > BOOTSTRAP_IMAGE)
		return -ENOEXEC;
	*skip = sizeof(h) + (size_t)h.hash_size + h.sig_size +
		(h.type == BOOTSTRAP_IMAGE ? 20u : 0u);
	return *skip < size ? 0 : -ENOEXEC;
}

/* @len bytes at @offset, copied. */
static bool copy_at(const uint8_t *base, size_t size, uint64_t offset, void *dst, size_t len)
{
	struct cursor c;

	if (offset > size)
		return false;
	cursor_init_ro(&c, base, size);
	return cursor_skip(&c, (size_t)offset) && cursor_get(&c, dst, len);
}

static bool is_head_name(const uint8_t *base, size_t size, const Elf64_Shdr *names, uint32_t offset)
{
	char name[sizeof(TA_HEAD_SECTION)];
	uint64_t at;

	if (offset >= names->sh_size || __builtin_add_overflow(names->sh_offset, offset, &at))
		return false;
	return copy_at(base, size, at, name, sizeof(name)) &&
	       !memcmp(name, TA_HEAD_SECTION, sizeof(name));
}

static int find_head(const uint8_t *base, size_t size, struct ta_head *head)
{
	Elf64_Shdr names, sh;
	Elf64_Ehdr eh;
	unsigned int i;

	if (!copy_at(base, size, 0, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_shentsize != sizeof(sh) || eh.e_shoff > size || eh.e_shstrndx >= eh.e_shnum)
		return -ENOEXEC;
	if (!copy_at(base, size, eh.e_shoff + sizeof(sh) * eh.e_shstrndx, &names, sizeof(names)))
		return -ENOEXEC;
	for (i = 0; i < eh.e_shnum; i++) {
		if (!copy_at(base, size, eh.e_shoff + sizeof(sh) * i, &sh, sizeof(sh)))
			return -ENOEXEC;
		if (!is_head_name(base, size, &names, sh.sh_name))
			continue;
		if (sh.sh_type == SHT_NOBITS || sh.sh_size < sizeof(*head) ||
		    !copy_at(base, size, sh.sh_offset, head, sizeof(*head)))
			return -ENOEXEC;
		return 0;
	}
	return -ENOEXEC;
}

/* A shared library says its name where a TA has its head. */
static int parse_library(const uint8_t *base, size_t size, struct ta_image_info *info)
{
	uint8_t octets[UUID_OCTETS];
	struct elf_names names;

	if (elf_names_begin(&names, base, size) || !elf_names_next(&names, DT_SONAME, octets, NULL))
		return -ENOEXEC;
	uuid_format(octets, info->uuid);
	info->flags = 0;
	info->library = true;
	return 0;
}

static int parse(const uint8_t *base, size_t size, struct ta_image_info *info)
{
	uint8_t octets[UUID_OCTETS];
	struct ta_head head;
	size_t skip;
	int ret;

	info->library = false;
	ret = signed_size(base, size, &skip);
	if (ret)
		return ret;
	if (find_head(base + skip, size - skip, &head))
		return parse_library(base + skip, size - skip, info);
	uuid_to_octets(head.time_low, head.time_mid, head.time_hi_and_version,
		       head.clock_seq_and_node, octets);
	uuid_format(octets, info->uuid);
	info->flags = head.flags;
	return 0;
}

/* Maps a whole file. Return: 0 or -errno. */
static int map_image(const char *path, void **base, size_t *size)
{
	struct stat st;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : 0;
	if (!ret && (!S_ISREG(st.st_mode) || !st.st_size))
		ret = -ENOEXEC;
	if (!ret && st.st_size > MAX_IMAGE)
		ret = -EFBIG;
	if (ret)
		goto out_close;
	*size = (size_t)st.st_size;
	*base = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*base == MAP_FAILED)
		ret = -errno;
out_close:
	close(fd);
	return ret;
}

int ta_image_read(const char *path, struct ta_image_info *info)
{
	size_t size;
	void *base;
	int ret = map_image(path, &base, &size);

	if (ret)
		return ret;
	info->size = size;
	ret = parse(base, size, info);
	munmap(base, size);
	return ret;
}

static int write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *out = fopen(path, "we");
	int ret = 0;

	if (!out)
		return -errno;
	if (fwrite(data, 1, size, out) != size)
		ret = -EIO;
	if (fclose(out))
		ret = -EIO;
	return ret;
}

int ta_image_extract(const char *path, const char *elf)
{
	struct ta_image_info info;
	size_t size, skip;
	void *base;
	int ret = map_image(path, &base, &size);

	if (ret)
		return ret;
	ret = parse(base, size, &info);
	if (!ret)
		ret = signed_size(base, size, &skip);
	if (!ret)
		ret = write_file(elf, (const uint8_t *)base + skip, size - skip);
	munmap(base, size);
	return ret;
}

void ta_image_flags_text(uint32_t flags, char *buf, size_t size)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ TA_FLAG_SINGLE_INSTANCE, "single-instance" },
		{ TA_FLAG_MULTI_SESSION, "multi-session" },
		{ TA_FLAG_INSTANCE_KEEP_ALIVE, "keep-alive" },
		{ TA_FLAG_CONCURRENT, "concurrent" },
		{ TA_FLAG_INSTANCE_KEEP_CRASHED, "keep-crashed" },
	};
	size_t i, len = 0;

	snprintf(buf, size, "-");
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && len < size; i++)
		if (flags & names[i].flag)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "," : "",
						names[i].name);
}
