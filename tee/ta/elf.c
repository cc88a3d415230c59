// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/elf.h"

#include <errno.h>
#include <string.h>

#include "lib/elf_names.h"
#include "lib/uuid.h"

#define ELF_PAGE 4096ull

struct elf_view {
	const uint8_t *image;
	size_t size;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[ELF_MAX_PHDRS];
	Elf64_Shdr shstr;
};

static bool in_file(const struct elf_view *v, uint64_t offset, uint64_t len)
{
	return len <= v->size && offset <= v->size - len;
}

static bool read_at(const struct elf_view *v, uint64_t offset, void *dst, size_t len)
{
	if (!in_file(v, offset, len))
		return false;
	memcpy(dst, v->image + offset, len);
	return true;
}

static bool check_ehdr(struct elf_view *v)
{
	const Elf64_Ehdr *e = &v->ehdr;

	if (!read_at(v, 0, &v->ehdr, sizeof(v->ehdr)))
		return false;
	if (memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_ident[EI_DATA] != ELFDATA2LSB || e->e_ident[EI_VERSION] != EV_CURRENT)
		return false;
	if (e->e_ident[EI_OSABI] != ELFOSABI_SYSV && e->e_ident[EI_OSABI] != ELFOSABI_GNU)
		return false;
	return e->e_type == ET_DYN && e->e_machine == ELF_HOST_MACHINE &&
	       e->e_version == EV_CURRENT && e->e_ehsize == sizeof(*e) &&
	       e->e_phentsize == sizeof(Elf64_Phdr) && e->e_phnum > 0 &&
	       e->e_phnum <= ELF_MAX_PHDRS && e->e_shentsize == sizeof(Elf64_Shdr) &&
	       e->e_shnum > 0 && e->e_shnum <= ELF_MAX_SHDRS && e->e_shstrndx < e->e_shnum;
}

static bool check_load(const struct elf_view *v, const Elf64_Phdr *p, uint64_t *end)
{
	uint64_t top;

	if (p->p_memsz == 0 || p->p_filesz > p->p_memsz || !in_file(v, p->p_offset, p->p_filesz))
		return false;
	if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return false;
	if (p->p_align < ELF_PAGE || (p->p_align & (p->p_align - 1)) || p->p_align > ELF_MAX_SPAN ||
	    (p->p_vaddr - p->p_offset) & (p->p_align - 1))
		return false;
	if (__builtin_add_overflow(p->p_vaddr, p->p_memsz, &top) || top > ELF_MAX_SPAN)
		return false;
	/* Ordered, and no two in one page: the loader maps whole pages. */
	if (p->p_vaddr / ELF_PAGE * ELF_PAGE < *end)
		return false;
	*end = (top + ELF_PAGE - 1) / ELF_PAGE * ELF_PAGE;
	return true;
}

/* Does a segment's file part hold these bytes of the file at that address? */
static bool in_load(const struct elf_view *v, uint64_t vaddr, uint64_t offset, uint64_t len)
{
	unsigned int i;

	for (i = 0; i < v->ehdr.e_phnum; i++) {
		const Elf64_Phdr *p = &v->phdr[i];

		if (p->p_type == PT_LOAD && vaddr >= p->p_vaddr && len <= p->p_filesz &&
		    vaddr - p->p_vaddr <= p->p_filesz - len &&
		    offset == p->p_offset + (vaddr - p->p_vaddr))
			return true;
	}
	return false;
}

static bool check_dynamic(const struct elf_view *v, const Elf64_Phdr *p)
{
	uint64_t i, num = p->p_filesz / sizeof(Elf64_Dyn);
	Elf64_Dyn dyn;

	if (p->p_filesz % sizeof(Elf64_Dyn) || !in_load(v, p->p_vaddr, p->p_offset, p->p_filesz))
		return false;
	for (i = 0; i < num; i++) {
		if (!read_at(v, p->p_offset + i * sizeof(dyn), &dyn, sizeof(dyn)))
			return false;
		if (dyn.d_tag == DT_NULL)
			return true;
		if (dyn.d_tag == DT_TEXTREL ||
		    (dyn.d_tag == DT_FLAGS && dyn.d_un.d_val & DF_TEXTREL))
			return false;
	}
	return false;
}

static bool check_phdrs(struct elf_view *v)
{
	unsigned int i, loads = 0, dynamics = 0, stacks = 0;
	uint64_t end = 0;
	bool ok = true;

	if (!read_at(v, v->ehdr.e_phoff, v->phdr, v->ehdr.e_phnum * sizeof(v->phdr[0])))
		return false;
	for (i = 0; i < v->ehdr.e_phnum && ok; i++) {
		const Elf64_Phdr *p = &v->phdr[i];

		switch (p->p_type) {
		case PT_LOAD:
			loads++;
			ok = check_load(v, p, &end);
			break;
		case PT_DYNAMIC:
			dynamics++;
			break;
		case PT_GNU_STACK:
			stacks++;
			ok = !(p->p_flags & PF_X);
			break;
		case PT_INTERP:
			ok = false;
			break;
		default:
			ok = in_file(v, p->p_offset, p->p_filesz) && p->p_memsz <= ELF_MAX_SPAN;
			break;
		}
	}
	if (!ok || !loads || dynamics != 1 || stacks != 1)
		return false;
	for (i = 0; i < v->ehdr.e_phnum; i++)
		if (v->phdr[i].p_type == PT_DYNAMIC)
			return check_dynamic(v, &v->phdr[i]);
	return false;
}

static bool read_shdr(const struct elf_view *v, unsigned int i, Elf64_Shdr *sh)
{
	return read_at(v, v->ehdr.e_shoff + (uint64_t)i * sizeof(*sh), sh, sizeof(*sh));
}

static bool name_is(const struct elf_view *v, const Elf64_Shdr *sh, const char *name)
{
	size_t len = strlen(name) + 1;

	return sh->sh_name < v->shstr.sh_size && len <= v->shstr.sh_size - sh->sh_name &&
	       !memcmp(v->image + v->shstr.sh_offset + sh->sh_name, name, len);
}

/* Return: false: there is none, or the sections aren't in order. */
static bool find_section(struct elf_view *v, const char *name, Elf64_Shdr *sh)
{
	unsigned int i;

	if (!in_file(v, v->ehdr.e_shoff, (uint64_t)v->ehdr.e_shnum * sizeof(*sh)) ||
	    !read_shdr(v, v->ehdr.e_shstrndx, &v->shstr) || v->shstr.sh_type != SHT_STRTAB ||
	    !in_file(v, v->shstr.sh_offset, v->shstr.sh_size))
		return false;
	for (i = 0; i < v->ehdr.e_shnum; i++) {
		if (!read_shdr(v, i, sh))
			return false;
		if (name_is(v, sh, name))
			return true;
	}
	return false;
}

static bool find_head(struct elf_view *v, struct ta_head *head)
{
	Elf64_Shdr sh;

	return find_section(v, TA_HEAD_SECTION, &sh) && sh.sh_type == SHT_PROGBITS &&
	       sh.sh_size >= sizeof(*head) &&
	       in_load(v, sh.sh_addr, sh.sh_offset, sizeof(*head)) &&
	       read_at(v, sh.sh_offset, head, sizeof(*head));
}

int elf_check_ta(const void *image, size_t size, const uint8_t uuid[16], struct ta_head *head)
{
	struct elf_view v = { .image = image, .size = size };
	uint8_t octets[16];

	if (!check_ehdr(&v) || !check_phdrs(&v) || !find_head(&v, head))
		return -ENOEXEC;
	uuid_to_octets(head->time_low, head->time_mid, head->time_hi_and_version,
		       head->clock_seq_and_node, octets);
	if (memcmp(octets, uuid, sizeof(octets)) || head->depr_entry != UINT64_MAX)
		return -ENOEXEC;
	return 0;
}

int elf_check_library(const void *image, size_t size, const uint8_t uuid[16])
{
	struct elf_view v = { .image = image, .size = size };
	struct elf_names names;
	uint8_t own[UUID_OCTETS];

	if (!check_ehdr(&v) || !check_phdrs(&v) || elf_names_begin(&names, image, size) ||
	    !elf_names_next(&names, DT_SONAME, own, NULL) || memcmp(own, uuid, sizeof(own)))
		return -ENOEXEC;
	return 0;
}

bool elf_takes_libraries(const void *image, size_t size)
{
	struct elf_view v = { .image = image, .size = size };
	struct elf_names names;
	uint8_t uuid[UUID_OCTETS];
	Elf64_Shdr sh;

	if (!elf_names_begin(&names, image, size) && elf_names_next(&names, DT_NEEDED, uuid, NULL))
		return true;
	return check_ehdr(&v) && find_section(&v, TA_LIBRARIES_SECTION, &sh);
}
