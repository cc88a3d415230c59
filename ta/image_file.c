// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <sys/mman.h>
#include <sys/stat.h>

#include "ta/runtime.h"

bool ta_image_file_map(int fd, struct ta_image_file *f)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) || st.st_size <= 0)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	f->data = p;
	f->size = (size_t)st.st_size;
	return p != MAP_FAILED;
}

void ta_image_file_unmap(const struct ta_image_file *f)
{
	munmap((void *)(uintptr_t)f->data, f->size);
}
