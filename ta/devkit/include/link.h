/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The C library's <link.h>, with dl_iterate_phdr() whether or not GNU's extensions are asked for: OP-TEE's
 * TAs walk their own program headers without. As OP-TEE's it calls for each object, whatever is returned,
 * and returns what the last call did.
 * Thread rule: none, declarations only.
 * Ownership rule: none.
 */
#ifndef TEELINK_TA_LINK_H
#define TEELINK_TA_LINK_H

#include_next <link.h>

#ifndef __USE_GNU
#include <stddef.h>

struct dl_phdr_info {
	ElfW(Addr) dlpi_addr;
	const char *dlpi_name;
	const ElfW(Phdr) * dlpi_phdr;
	ElfW(Half) dlpi_phnum;
	unsigned long long int dlpi_adds;
	unsigned long long int dlpi_subs;
	size_t dlpi_tls_modid;
	void *dlpi_tls_data;
};
#endif

#ifdef __cplusplus
extern "C" {
#endif
int ta_iterate_phdr(int (*callback)(struct dl_phdr_info *info, size_t size, void *data),
		    void *data);
#ifdef __cplusplus
}
#endif
#define dl_iterate_phdr ta_iterate_phdr

#endif
