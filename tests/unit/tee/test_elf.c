// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/elf_names.h"
#include "tests/unit/tee/elf_sample.h"

/* On the heap and of exact size: a read beyond it is the sanitizer's to see. */
static int check(const struct elf_sample *s, size_t size)
{
	struct ta_head head;
	void *copy = malloc(size ? size : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, s, size);
	ret = elf_check_ta(copy, size, elf_sample_uuid, &head);
	if (!ret)
		assert_memory_equal(&head, &s->head, sizeof(head));
	free(copy);
	return ret;
}

static void test_good(void **state)
{
	struct elf_sample s;

	(void)state;
	elf_sample_init(&s);
	assert_int_equal(check(&s, sizeof(s)), 0);
}

static void test_every_truncation(void **state)
{
	struct elf_sample s;
	size_t size;

	(void)state;
	elf_sample_init(&s);
	for (size = 0; size < sizeof(s); size++)
		assert_int_equal(check(&s, size), -ENOEXEC);
}

#define SPOILED(stmt)                                                                              \
	do {                                                                                       \
		struct elf_sample s;                                                               \
                                                                                                   \
		elf_sample_init(&s);                                                               \
		stmt;                                                                              \
		assert_int_equal(check(&s, sizeof(s)), -ENOEXEC);                                  \
	} while (0)

static void test_header(void **state)
{
	(void)state;
	SPOILED(s.ehdr.e_ident[0] = 'M');
	SPOILED(s.ehdr.e_ident[EI_CLASS] = ELFCLASS32);
	SPOILED(s.ehdr.e_ident[EI_DATA] = ELFDATA2MSB);
	SPOILED(s.ehdr.e_ident[EI_OSABI] = ELFOSABI_ARM);
	SPOILED(s.ehdr.e_type = ET_EXEC);
	SPOILED(s.ehdr.e_machine = EM_SPARC);
	SPOILED(s.ehdr.e_phnum = 0);
	SPOILED(s.ehdr.e_phnum = 0xffff);
	SPOILED(s.ehdr.e_phentsize = 32);
	SPOILED(s.ehdr.e_phoff = UINT64_MAX - 8);
	SPOILED(s.ehdr.e_shnum = 0);
	SPOILED(s.ehdr.e_shnum = 0xffff);
	SPOILED(s.ehdr.e_shoff = UINT64_MAX - 8);
	SPOILED(s.ehdr.e_shstrndx = 3);
}

static void test_segments(void **state)
{
	(void)state;
	SPOILED(s.phdr[0].p_flags = PF_R | PF_W | PF_X);
	SPOILED(s.phdr[0].p_memsz = s.phdr[0].p_filesz - 1);
	SPOILED(s.phdr[0].p_filesz = UINT64_MAX);
	SPOILED(s.phdr[0].p_filesz = s.phdr[0].p_memsz = sizeof(s) + 1);
	SPOILED(s.phdr[0].p_memsz = UINT64_MAX);
	SPOILED(s.phdr[0].p_memsz = ELF_MAX_SPAN + 1);
	SPOILED(s.phdr[0].p_vaddr = UINT64_MAX - 4095);
	SPOILED(s.phdr[0].p_vaddr = 8);
	SPOILED(s.phdr[0].p_align = 0);
	SPOILED(s.phdr[0].p_align = 4097);
	SPOILED(s.phdr[0].p_type = PT_NULL);
	SPOILED(s.phdr[2].p_type = PT_INTERP);
	SPOILED(s.phdr[2].p_flags |= PF_X);
	SPOILED(s.phdr[2].p_type = PT_NULL);
	/* A second segment in the pages of the first. */
	SPOILED((s.phdr[2] = s.phdr[0], s.phdr[2].p_flags = PF_R | PF_W));
}

static void test_dynamic(void **state)
{
	(void)state;
	SPOILED(s.phdr[1].p_type = PT_NULL);
	SPOILED(s.phdr[1].p_vaddr = 1 << 20);
	SPOILED(s.phdr[1].p_offset = UINT64_MAX - 4);
	SPOILED(s.phdr[1].p_filesz = 8);
	SPOILED(s.phdr[1].p_filesz = 0);
	SPOILED(s.dyn[1].d_tag = DT_SONAME); /* no end */
	SPOILED(s.dyn[0].d_tag = DT_TEXTREL);
	SPOILED((s.dyn[0].d_tag = DT_FLAGS, s.dyn[0].d_un.d_val = DF_TEXTREL));
}

static void test_head(void **state)
{
	(void)state;
	SPOILED(s.shdr[1].sh_name = 0);
	SPOILED(s.shdr[1].sh_name = UINT32_MAX);
	SPOILED(s.shdr[1].sh_type = SHT_NOBITS);
	SPOILED(s.shdr[1].sh_size = sizeof(s.head) - 1);
	SPOILED(s.shdr[1].sh_addr = 0);
	SPOILED(s.shdr[1].sh_offset = UINT64_MAX);
	SPOILED(s.shdr[2].sh_offset = UINT64_MAX);
	SPOILED(s.shdr[2].sh_size = UINT64_MAX);
	SPOILED(s.shdr[2].sh_type = SHT_PROGBITS);
	SPOILED(s.head.time_low++);
	SPOILED(s.head.clock_seq_and_node[7]++);
	SPOILED(s.head.depr_entry = 0);
}

/* In the sample, a library: its own name and one that it needs. */
struct library_sample {
	struct elf_sample elf;
	char text[2 * UUID_TEXT_SIZE];
	Elf64_Dyn dyn[5];
};

#define OWN_NAME "11223344-5566-7788-99aa-bbccddeeff01"
#define NEEDED_NAME "11223344-5566-7788-99aa-bbccddeeff02"

static void library_init(struct library_sample *s)
{
	const uint64_t text = offsetof(struct library_sample, text);

	elf_sample_init(&s->elf);
	memcpy(s->text, OWN_NAME "\0" NEEDED_NAME, sizeof(s->text));
	s->elf.phdr[0].p_filesz = s->elf.phdr[0].p_memsz = sizeof(*s);
	s->elf.phdr[1].p_offset = s->elf.phdr[1].p_vaddr = offsetof(struct library_sample, dyn);
	s->elf.phdr[1].p_filesz = s->elf.phdr[1].p_memsz = sizeof(s->dyn);
	s->dyn[0] = (Elf64_Dyn){ .d_tag = DT_SONAME };
	s->dyn[1] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = UUID_TEXT_SIZE };
	s->dyn[2] = (Elf64_Dyn){ .d_tag = DT_STRTAB, .d_un.d_ptr = text };
	s->dyn[3] = (Elf64_Dyn){ .d_tag = DT_STRSZ, .d_un.d_val = sizeof(s->text) };
	s->dyn[4] = (Elf64_Dyn){ .d_tag = DT_NULL };
	/* Not a TA. */
	memcpy(s->elf.names, "\0.text", sizeof("\0.text"));
}

/* On the heap and of exact size, as above. */
static int check_library(const struct library_sample *s, size_t size, bool *takes)
{
	void *copy = malloc(size ? size : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, s, size);
	ret = elf_check_library(copy, size, elf_sample_uuid);
	*takes = elf_takes_libraries(copy, size);
	free(copy);
	return ret;
}

/* @stmt makes it no library of this name; @needs: it still names one that it needs. */
#define NO_LIBRARY(stmt, needs)                                                                    \
	do {                                                                                       \
		struct library_sample s;                                                           \
		bool takes;                                                                        \
                                                                                                   \
		library_init(&s);                                                                  \
		stmt;                                                                              \
		assert_int_equal(check_library(&s, sizeof(s), &takes), -ENOEXEC);                  \
		assert_int_equal(takes, needs);                                                    \
	} while (0)

static void test_library(void **state)
{
	struct library_sample s;
	struct elf_names names;
	uint8_t uuid[UUID_OCTETS];
	uint64_t at = 0;
	bool takes;

	(void)state;
	library_init(&s);
	assert_int_equal(check_library(&s, sizeof(s), &takes), 0);
	assert_true(takes);
	assert_int_equal(elf_names_begin(&names, &s, sizeof(s)), 0);
	assert_true(elf_names_next(&names, DT_NEEDED, uuid, &at));
	assert_int_equal(at, offsetof(struct library_sample, text) + UUID_TEXT_SIZE);
	assert_int_equal(uuid[15], 2);
	assert_false(elf_names_next(&names, DT_NEEDED, uuid, &at));
}

static void test_no_library(void **state)
{
	(void)state;
	NO_LIBRARY(s.text[35] = '2', true);
	NO_LIBRARY(s.text[35] = 'g', true);
	NO_LIBRARY(s.text[36] = '0', true);
	NO_LIBRARY(s.dyn[0].d_tag = DT_RPATH, true);
	NO_LIBRARY(s.dyn[0].d_un.d_val = sizeof(s.text) - UUID_TEXT_SIZE + 1, true);
	NO_LIBRARY(s.dyn[0].d_un.d_val = UINT64_MAX, true);
	NO_LIBRARY(s.dyn[2].d_un.d_ptr = sizeof(s), false);
	NO_LIBRARY(s.dyn[2].d_un.d_ptr = UINT64_MAX, false);
	NO_LIBRARY(s.dyn[2].d_tag = DT_RPATH, false);
	NO_LIBRARY(s.dyn[3].d_un.d_val = UINT64_MAX, false);
	NO_LIBRARY(s.dyn[3].d_un.d_val = sizeof(s), false);
	NO_LIBRARY(s.dyn[3].d_un.d_val = 0, false);
	NO_LIBRARY(s.elf.phdr[1].p_offset = sizeof(s) - 8, false);
	NO_LIBRARY(s.elf.phdr[1].p_filesz = UINT64_MAX, false);
	NO_LIBRARY(s.elf.phdr[0].p_offset = UINT64_MAX, false);
	NO_LIBRARY(s.elf.ehdr.e_phoff = UINT64_MAX - 8, false);
	NO_LIBRARY(s.elf.ehdr.e_phnum = 0, false);
}

static void test_library_truncations(void **state)
{
	struct library_sample s;
	size_t size;
	bool takes;

	(void)state;
	library_init(&s);
	for (size = 0; size < sizeof(s); size++)
		assert_int_equal(check_library(&s, size, &takes), -ENOEXEC);
}

/* Who calls dlopen says so by a section. */
static void test_asks(void **state)
{
	struct elf_sample s;

	(void)state;
	elf_sample_init(&s);
	assert_false(elf_takes_libraries(&s, sizeof(s)));
	memcpy(s.names, "\0" TA_LIBRARIES_SECTION, sizeof("\0" TA_LIBRARIES_SECTION));
	assert_true(elf_takes_libraries(&s, sizeof(s)));
	s.shdr[2].sh_size = 4;
	assert_false(elf_takes_libraries(&s, sizeof(s)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),    cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_header),  cmocka_unit_test(test_segments),
		cmocka_unit_test(test_dynamic), cmocka_unit_test(test_head),
		cmocka_unit_test(test_library), cmocka_unit_test(test_no_library),
		cmocka_unit_test(test_library_truncations), cmocka_unit_test(test_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
