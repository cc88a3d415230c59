// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Where a TA panicked, in its log. The heap may be what is broken: nothing is allocated from it. The
 * image's file is what the loader was given; the filter answers with it again.
 */
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ta/runtime.h"

#define MAX_FRAMES 32

static const void *at(const struct ta_image_file *f, uint64_t offset, uint64_t size, size_t align)
{
	if (offset > f->size || size > f->size - offset || offset % align)
		return NULL;
	return f->data + offset;
}

/* Name of the function that @addr, relative to the image, lies in; NULL: not known. */
static const char *find_name(const struct ta_image_file *f, uint64_t addr, uint64_t *past)
{
	const Elf64_Ehdr *eh = at(f, 0, sizeof(*eh), 8);
	const Elf64_Shdr *sh, *str;
	const Elf64_Sym *sym;
	const char *names;
	uint64_t i, k;

	sh = eh ? at(f, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(*sh), 8) : NULL;
	for (i = 0; sh && i < eh->e_shnum; i++) {
		if (sh[i].sh_type != SHT_SYMTAB || sh[i].sh_link >= eh->e_shnum)
			continue;
		str = &sh[sh[i].sh_link];
		sym = at(f, sh[i].sh_offset, sh[i].sh_size, 8);
		names = at(f, str->sh_offset, str->sh_size, 1);
		if (!sym || !names || !str->sh_size || names[str->sh_size - 1])
			return NULL;
		for (k = 0; k < sh[i].sh_size / sizeof(*sym); k++) {
			if (ELF64_ST_TYPE(sym[k].st_info) != STT_FUNC ||
			    addr - sym[k].st_value >= sym[k].st_size ||
			    sym[k].st_name >= str->sh_size)
				continue;
			*past = addr - sym[k].st_value;
			return names + sym[k].st_name;
		}
	}
	return NULL;
}

static bool map_image(const char *path, struct ta_image_file *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = ta_image_file_map(fd, f);
	close(fd);
	return ok;
}

void ta_backtrace_prepare(void)
{
	void *frame[1];

	/* The first call loads the unwinder. */
	backtrace(frame, 1);
}

void ta_backtrace_print(struct ta_runtime *rt)
{
	struct ta_image_file f = { .data = NULL };
	void *frame[MAX_FRAMES];
	int i, num, shown = 0;
	Dl_info own, info;

	/* The image's entry point says where the image is; a panic before there is one has no frames. */
	if (rt->mb->log_level < TRACE_ERROR || !rt->entry.invoke ||
	    !dladdr(dlsym(rt->image, "TA_InvokeCommandEntryPoint"), &own) ||
	    !map_image(rt->cfg->image_path, &f))
		return;
	num = backtrace(frame, MAX_FRAMES);
	for (i = 0; i < num; i++) {
		/* A return address may lie behind its function. */
		uintptr_t addr = (uintptr_t)frame[i] - 1, base = (uintptr_t)own.dli_fbase;
		uint64_t past = 0;
		const char *name;

		if (!dladdr((void *)addr, &info) || info.dli_fbase != own.dli_fbase)
			continue;
		name = find_name(&f, addr - base, &past);
		trace_printf(NULL, 0, TRACE_ERROR, true, " #%d 0x%lx %s+0x%lx", shown++,
			     (unsigned long)(addr - base), name ? name : "?", (unsigned long)past);
	}
	ta_image_file_unmap(&f);
}
