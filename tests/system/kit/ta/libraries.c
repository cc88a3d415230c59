// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* What shared libraries give this trusted application, linked with it and opened by it. */
#include <base.h>
#include <dlfcn.h>
#include <kit_ta.h>
#include <shared.h>
#include <string.h>
#include <tee_internal_api.h>
#include <trace.h>

int kit_order;

static void __attribute__((constructor)) begin(void)
{
	kit_order = kit_order * 10 + 3;
}

static void __attribute__((destructor)) end(void)
{
	EMSG("end of the trusted application");
}

static int call(void *f, int v)
{
	int (*function)(int v);

	if (!f)
		return 0;
	memcpy(&function, &f, sizeof(f));
	return function(v);
}

/* 119: the same by the library's handle, the handle of all and the default. */
static int opened(const char *name)
{
	void *late = dlopen(name, RTLD_NOW), *all = dlopen(NULL, RTLD_NOW);
	int sum;

	if (!late || !all)
		return 0;
	sum = call(dlsym(late, "kit_late"), -100);
	if (call(dlsym(all, "kit_late"), -100) != sum ||
	    call(dlsym(RTLD_DEFAULT, "kit_late"), -100) != sum || dlsym(late, "kit_nothing") ||
	    !dlerror() || dlerror() || dlclose(all) || dlclose(late))
		return 0;
	return sum;
}

/* What isn't there, isn't signed as what it is asked for, or isn't a library. */
static int refused(void)
{
	static const char *const names[] = {
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a77ff",
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a7734.ta",
		"6a1e2c60-93d1-4b0c-9f3e-5b1c228a7720",
		"libc.so.6",
		"/etc/passwd",
		"",
	};
	int num = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		num += !dlopen(names[i], RTLD_NOW) && dlerror();
	return num;
}

uint32_t libraries_fact(unsigned int which)
{
	switch (which) {
	case 0:
		return (uint32_t)kit_shared(1);
	case 1:
		return (uint32_t)kit_shared_tls++;
	case 2:
		return (uint32_t)kit_order;
	case 3:
		return (uint32_t)refused();
	case 4:
		return (uint32_t)opened("6a1e2c60-93d1-4b0c-9f3e-5b1c228a7733.ta");
	case 5:
		return (uint32_t)opened("6a1e2c60-93d1-4b0c-9f3e-5b1c228a7733");
	case 6:
		return (uint32_t)kit_order;
	default:
		return (uint32_t)shapes_caught_from_library(88);
	}
}
