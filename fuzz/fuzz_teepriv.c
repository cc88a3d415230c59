// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant of a kernel's secure world that is hostile: requests for images, memory, files,
 * sockets and plugins with any parameters. Whatever it asks for, nothing beside the folder of its
 * files changes.
 * Input: steps, see step(). A value is a byte that says which, and for some more bytes: see value().
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "ree/libteec/sys.h"
#include "ree/supplicant/supplicant.h"
#include "ree/supplicant/teepriv_request.h"
#include "wire/optee_msg.h"

#define MAX_SHM 65536u
#define MAX_STEPS 200u
#define STEP_MEMORY 0xffu

static const uint32_t functions[] = {
	OPTEE_RPC_CMD_FS,	   OPTEE_RPC_CMD_SOCKET,
	OPTEE_RPC_CMD_SUPP_PLUGIN, OPTEE_RPC_CMD_LOAD_TA,
	OPTEE_RPC_CMD_SHM_FREE,	   OPTEE_RPC_CMD_RPMB,
	OPTEE_RPC_CMD_RPMB_FRAMES, 4711,
};

struct env {
	struct fuzz_input in;
	struct teepriv_server server;
	char dir[64], fs_dir[80];
	int shm_id;
	uint64_t last; /* what the last request gave: a handle */
};

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct tee_ioctl_shm_alloc_data *alloc = arg;
	int shm_fd;

	(void)fd;
	if (request != TEE_IOC_SHM_ALLOC || alloc->size > MAX_SHM)
		return -ENOMEM;
	shm_fd = memfd_create("shm", MFD_CLOEXEC);
	if (shm_fd >= 0 && ftruncate(shm_fd, (off_t)alloc->size)) {
		close(shm_fd);
		return -ENOMEM;
	}
	alloc->id = shm_fd;
	return shm_fd < 0 ? -ENOMEM : shm_fd;
}

static int fake_mmap(int fd, size_t len, void **addr)
{
	*addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *addr == MAP_FAILED ? -errno : 0;
}

static void fake_munmap(void *addr, size_t len)
{
	munmap(addr, len);
}

static void fake_close(int fd)
{
	close(fd);
}

static const struct teec_sys_ops sys = {
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.close = fake_close,
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Files in memory are quick, where there are any. */
static void make_folder(struct env *e)
{
	snprintf(e->dir, sizeof(e->dir), "/dev/shm/teelink-fuzz-XXXXXX");
	if (!mkdtemp(e->dir)) {
		snprintf(e->dir, sizeof(e->dir), "/tmp/teelink-fuzz-XXXXXX");
		FUZZ_ASSERT(mkdtemp(e->dir));
	}
	snprintf(e->fs_dir, sizeof(e->fs_dir), "%s/fs", e->dir);
}

/* Nothing but the folder of the files is there. */
static void check_folder(const struct env *e)
{
	DIR *d = opendir(e->dir);
	struct dirent *entry;

	FUZZ_ASSERT(d);
	while ((entry = readdir(d)))
		FUZZ_ASSERT(!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			    !strcmp(entry->d_name, "fs"));
	closedir(d);
}

static uint64_t value(struct env *e)
{
	switch (fuzz_take(&e->in, 1) % 8) {
	case 0:
		return 0;
	case 1:
		return e->last;
	case 2:
		return (uint64_t)e->shm_id;
	case 3:
		return fuzz_take(&e->in, 1);
	case 4:
		return fuzz_take(&e->in, 2);
	case 5:
		return fuzz_take(&e->in, 8);
	case 6:
		return MAX_SHM;
	default:
		return UINT64_MAX;
	}
}

/* u16 offset, u8 length, as many bytes: into the memory that there is from the start. */
static void write_memory(struct env *e)
{
	uint64_t at = fuzz_take(&e->in, 2), len = fuzz_take(&e->in, 1), i;
	struct teepriv_mem *mem = teepriv_mem_get(&e->server.table, (uint64_t)e->shm_id, 0, 0);

	for (i = 0; mem && i < len && at + i < MAX_SHM; i++)
		((uint8_t *)mem->shm_base)[at + i] = (uint8_t)fuzz_take(&e->in, 1);
	teepriv_mem_put(&e->server.table, mem);
}

/* u8 function, u8 number of parameters, of each u8 type and three values. */
static void step(struct env *e)
{
	uint32_t func = (uint32_t)fuzz_take(&e->in, 1);
	struct tee_ioctl_param p[TEEPRIV_MAX_PARAMS + 1];
	unsigned int num, i;

	if (func == STEP_MEMORY) {
		write_memory(e);
		return;
	}
	func = functions[func % (sizeof(functions) / sizeof(functions[0]))];
	num = (unsigned int)fuzz_take(&e->in, 1) % (TEEPRIV_MAX_PARAMS + 2);
	memset(p, 0, sizeof(p));
	for (i = 0; i < num; i++) {
		p[i].attr = fuzz_take(&e->in, 1);
		p[i].a = value(e);
		p[i].b = value(e);
		p[i].c = value(e);
	}
	if (!teepriv_serve(&e->server, func, p, num) && num > 2)
		e->last = p[num - 1].a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size } };
	char *dirs[] = { e.dir, NULL };
	const struct supplicant_config cfg = { .ta_dirs = dirs, .fs_parent = e.fs_dir };
	unsigned int steps = 0;

	make_folder(&e);
	FUZZ_ASSERT(!teepriv_server_init(&e.server, &sys, -1, &cfg));
	FUZZ_ASSERT(!teepriv_mem_create(&e.server.table, MAX_SHM, &e.shm_id));
	while (e.in.size && steps++ < MAX_STEPS)
		step(&e);
	teepriv_server_release(&e.server);
	check_folder(&e);
	nftw(e.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
