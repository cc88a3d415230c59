/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The smallest image that passes elf_check_ta, for tests to spoil.
 * Thread rule: pure functions.
 * Ownership rule: the caller's memory.
 */
#ifndef TEELINK_TESTS_ELF_SAMPLE_H
#define TEELINK_TESTS_ELF_SAMPLE_H

#include <string.h>

#include "tee/ta/elf.h"

struct elf_sample {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[3]; /* PT_LOAD, PT_DYNAMIC, PT_GNU_STACK */
	Elf64_Dyn dyn[2];
	struct ta_head head;
	char names[32];
	Elf64_Shdr shdr[3]; /* null, .ta_head, .shstrtab */
};

static const uint8_t elf_sample_uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
					     0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };

static inline void elf_sample_init(struct elf_sample *s)
{
	static const uint8_t node[8] = { 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };

	memset(s, 0, sizeof(*s));
	memcpy(s->ehdr.e_ident, ELFMAG, SELFMAG);
	s->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	s->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	s->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	s->ehdr.e_type = ET_DYN;
	s->ehdr.e_machine = ELF_HOST_MACHINE;
	s->ehdr.e_version = EV_CURRENT;
	s->ehdr.e_ehsize = sizeof(s->ehdr);
	s->ehdr.e_phoff = offsetof(struct elf_sample, phdr);
	s->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	s->ehdr.e_phnum = 3;
	s->ehdr.e_shoff = offsetof(struct elf_sample, shdr);
	s->ehdr.e_shentsize = sizeof(Elf64_Shdr);
	s->ehdr.e_shnum = 3;
	s->ehdr.e_shstrndx = 2;

	s->phdr[0].p_type = PT_LOAD;
	s->phdr[0].p_flags = PF_R;
	s->phdr[0].p_filesz = sizeof(*s);
	s->phdr[0].p_memsz = sizeof(*s);
	s->phdr[0].p_align = 4096;
	s->phdr[1].p_type = PT_DYNAMIC;
	s->phdr[1].p_flags = PF_R;
	s->phdr[1].p_offset = offsetof(struct elf_sample, dyn);
	s->phdr[1].p_vaddr = s->phdr[1].p_offset;
	s->phdr[1].p_filesz = sizeof(s->dyn);
	s->phdr[1].p_memsz = sizeof(s->dyn);
	s->phdr[2].p_type = PT_GNU_STACK;
	s->phdr[2].p_flags = PF_R | PF_W;
	s->dyn[0].d_tag = DT_SONAME;

	s->head.time_low = 0x11223344;
	s->head.time_mid = 0x5566;
	s->head.time_hi_and_version = 0x7788;
	memcpy(s->head.clock_seq_and_node, node, sizeof(node));
	s->head.depr_entry = UINT64_MAX;
	s->head.flags = TA_FLAG_MULTI_SESSION;

	memcpy(s->names, "\0.ta_head\0.shstrtab", sizeof("\0.ta_head\0.shstrtab"));
	s->shdr[1].sh_name = 1;
	s->shdr[1].sh_type = SHT_PROGBITS;
	s->shdr[1].sh_offset = offsetof(struct elf_sample, head);
	s->shdr[1].sh_addr = s->shdr[1].sh_offset;
	s->shdr[1].sh_size = sizeof(s->head);
	s->shdr[2].sh_name = 10;
	s->shdr[2].sh_type = SHT_STRTAB;
	s->shdr[2].sh_offset = offsetof(struct elf_sample, names);
	s->shdr[2].sh_size = sizeof(s->names);
}

#endif
