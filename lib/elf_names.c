// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "lib/elf_names.h"

#include <errno.h>
#include <string.h>

static bool read_at(const struct elf_names *n, uint64_t offset, void *dst, size_t len)
{
	if (len > n->size || offset > n->size - len)
		return false;
	memcpy(dst, n->image + offset, len);
	return true;
}

static bool read_phdr(const struct elf_names *n, const Elf64_Ehdr *eh, unsigned int i,
		      Elf64_Phdr *ph)
{
	uint64_t offset;

	return !__builtin_add_overflow(eh->e_phoff, (uint64_t)i * sizeof(*ph), &offset) &&
	       read_at(n, offset, ph, sizeof(*ph));
}

static bool read_entry(const struct elf_names *n, uint64_t i, Elf64_Dyn *dyn)
{
	return read_at(n, n->entry + i * sizeof(*dyn), dyn, sizeof(*dyn));
}

/* Where the file has what will lie at @vaddr. */
static bool find_offset(const struct elf_names *n, const Elf64_Ehdr *eh, uint64_t vaddr,
			uint64_t len, uint64_t *offset)
{
	Elf64_Phdr ph;
	unsigned int i;

	for (i = 0; i < eh->e_phnum && read_phdr(n, eh, i, &ph); i++) {
		if (ph.p_type != PT_LOAD || vaddr < ph.p_vaddr || len > ph.p_filesz ||
		    vaddr - ph.p_vaddr > ph.p_filesz - len)
			continue;
		return !__builtin_add_overflow(ph.p_offset, vaddr - ph.p_vaddr, offset) &&
		       len <= n->size && *offset <= n->size - len;
	}
	return false;
}

static bool find_dynamic(struct elf_names *n, const Elf64_Ehdr *eh)
{
	Elf64_Phdr ph;
	unsigned int i;

	for (i = 0; i < eh->e_phnum && read_phdr(n, eh, i, &ph); i++) {
		if (ph.p_type != PT_DYNAMIC)
			continue;
		n->entry = ph.p_offset;
		n->num_entries = ph.p_filesz / sizeof(Elf64_Dyn);
		return n->entry <= n->size && ph.p_filesz <= n->size - n->entry &&
		       n->num_entries <= ELF_NAMES_MAX_ENTRIES;
	}
	return false;
}

static bool find_strings(struct elf_names *n, const Elf64_Ehdr *eh)
{
	uint64_t i, vaddr = 0;
	bool found = false;
	Elf64_Dyn dyn;

	for (i = 0; i < n->num_entries && read_entry(n, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		if (dyn.d_tag == DT_STRTAB) {
			vaddr = dyn.d_un.d_ptr;
			found = true;
		} else if (dyn.d_tag == DT_STRSZ) {
			n->text_size = dyn.d_un.d_val;
		}
	}
	n->num_entries = i;
	/* Without strings there are no names. */
	return !found || find_offset(n, eh, vaddr, n->text_size, &n->text);
}

int elf_names_begin(struct elf_names *n, const void *image, size_t size)
{
	Elf64_Ehdr eh;

	memset(n, 0, sizeof(*n));
	n->image = image;
	n->size = size;
	if (!read_at(n, 0, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_phentsize != sizeof(Elf64_Phdr) || !find_dynamic(n, &eh) || !find_strings(n, &eh))
		return -ENOEXEC;
	return 0;
}

static bool read_uuid(const struct elf_names *n, uint64_t name, uint8_t uuid[UUID_OCTETS])
{
	char text[UUID_TEXT_SIZE];

	if (n->text_size < sizeof(text) || name > n->text_size - sizeof(text) ||
	    !read_at(n, n->text + name, text, sizeof(text)))
		return false;
	return !text[sizeof(text) - 1] && !uuid_parse(text, uuid);
}

bool elf_names_next(struct elf_names *n, Elf64_Sxword tag, uint8_t uuid[UUID_OCTETS], uint64_t *at)
{
	Elf64_Dyn dyn;

	while (n->next < n->num_entries && read_entry(n, n->next++, &dyn)) {
		if (dyn.d_tag != tag || !read_uuid(n, dyn.d_un.d_val, uuid))
			continue;
		if (at)
			*at = n->text + dyn.d_un.d_val;
		return true;
	}
	return false;
}
