/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/ta_image.h"
#include "wire/ta_head.h"

/* The least that passes for an image: two sections, one of them the head. */
struct image {
	Elf64_Ehdr eh;
	Elf64_Shdr sh[2];
	char names[32];
	struct ta_head head;
};

struct signed_head {
	uint32_t magic, type, image_size, algo;
	uint16_t hash_size, sig_size;
	uint8_t hash[32], sig[64], uuid[16];
	uint32_t version;
};

static void make_image(struct image *img)
{
	memset(img, 0, sizeof(*img));
	memcpy(img->eh.e_ident, ELFMAG, SELFMAG);
	img->eh.e_ident[EI_CLASS] = ELFCLASS64;
	img->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	img->eh.e_shoff = offsetof(struct image, sh);
	img->eh.e_shentsize = sizeof(Elf64_Shdr);
	img->eh.e_shnum = 2;
	memcpy(img->names + 1, ".ta_head", 9);
	img->sh[0].sh_type = SHT_STRTAB;
	img->sh[0].sh_offset = offsetof(struct image, names);
	img->sh[0].sh_size = sizeof(img->names);
	img->sh[1].sh_name = 1;
	img->sh[1].sh_type = SHT_PROGBITS;
	img->sh[1].sh_offset = offsetof(struct image, head);
	img->sh[1].sh_size = sizeof(img->head);
	img->head.time_low = 0x01234567;
	img->head.time_mid = 0x89ab;
	img->head.time_hi_and_version = 0x4def;
	memset(img->head.clock_seq_and_node, 0x5a, 8);
	img->head.flags = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION;
}

static int read_bytes(const void *head, size_t head_len, const void *bytes, size_t len,
		      struct ta_image_info *info)
{
	char path[] = "/tmp/teelink-image-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, head, head_len), (ssize_t)head_len);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	ret = ta_image_read(path, info);
	unlink(path);
	return ret;
}

static void test_plain_and_signed(void **state)
{
	struct signed_head h = { .magic = 0x4f545348, .type = 1, .hash_size = 32, .sig_size = 64 };
	struct ta_image_info info;
	struct image img;

	(void)state;
	make_image(&img);
	assert_int_equal(read_bytes("", 0, &img, sizeof(img), &info), 0);
	assert_string_equal(info.uuid, "01234567-89ab-4def-5a5a-5a5a5a5a5a5a");
	assert_int_equal(info.flags, TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION);
	assert_int_equal(info.size, sizeof(img));

	assert_int_equal(read_bytes(&h, sizeof(h), &img, sizeof(img), &info), 0);
	assert_string_equal(info.uuid, "01234567-89ab-4def-5a5a-5a5a5a5a5a5a");
	h.type = 0;
	assert_int_equal(read_bytes(&h, sizeof(h) - 20, &img, sizeof(img), &info), 0);
	h.type = 2;
	assert_int_equal(read_bytes(&h, sizeof(h), &img, sizeof(img), &info), -ENOEXEC);
	h.type = 1;
	h.sig_size = 0xffff;
	assert_int_equal(read_bytes(&h, sizeof(h), &img, sizeof(img), &info), -ENOEXEC);
}

static void test_every_truncation(void **state)
{
	struct ta_image_info info;
	struct image img;
	size_t len;

	(void)state;
	make_image(&img);
	for (len = 0; len < sizeof(img); len++)
		assert_int_equal(read_bytes("", 0, &img, len, &info), -ENOEXEC);
}

static void assert_bad(const struct image *img)
{
	struct ta_image_info info;

	assert_int_equal(read_bytes("", 0, img, sizeof(*img), &info), -ENOEXEC);
}

static void test_hostile_fields(void **state)
{
	struct image good, img;

	(void)state;
	make_image(&good);
	img = good;
	img.eh.e_shoff = UINT64_MAX - 64;
	assert_bad(&img);
	img = good;
	img.eh.e_shstrndx = 2;
	assert_bad(&img);
	img = good;
	img.sh[0].sh_offset = UINT64_MAX;
	assert_bad(&img);
	img = good;
	img.sh[1].sh_name = UINT32_MAX;
	assert_bad(&img);
	img = good;
	img.sh[1].sh_offset = UINT64_MAX - 8;
	assert_bad(&img);
	img = good;
	img.sh[1].sh_size = sizeof(struct ta_head) - 1;
	assert_bad(&img);
	img = good;
	img.sh[1].sh_type = SHT_NOBITS;
	assert_bad(&img);
	img = good;
	img.eh.e_ident[EI_CLASS] = ELFCLASS32;
	assert_bad(&img);
}

static void test_flags_text(void **state)
{
	char text[128];

	(void)state;
	ta_image_flags_text(0, text, sizeof(text));
	assert_string_equal(text, "-");
	ta_image_flags_text(TA_FLAG_SINGLE_INSTANCE | TA_FLAG_INSTANCE_KEEP_ALIVE, text,
			    sizeof(text));
	assert_string_equal(text, "single-instance,keep-alive");
	ta_image_flags_text(UINT32_MAX, text, 8);
	assert_string_equal(text, "single-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_and_signed),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_flags_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
