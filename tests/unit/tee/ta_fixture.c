// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/uuid.h"
#include "tee/launch/launch.h"
#include "tee/tipc/tipc_dev.h"

static const char *launcher_path;
static char **image_dirs;
static int num_image_dirs;

void ta_fixture_args(int argc, char **argv)
{
	assert_true(argc > 2);
	launcher_path = argv[1];
	image_dirs = argv + 2;
	num_image_dirs = argc - 2;
}

/* The supplicant. */

static size_t read_image(struct ta_fixture *f, const struct supp_req *req, struct supp_rsp *rsp,
			 uint8_t *data)
{
	char path[1024], uuid[UUID_TEXT_SIZE];
	struct stat st;
	ssize_t n = -1;
	int i, fd;

	if (f->image) {
		size_t left = f->image_size - (size_t)req->offset;

		rsp->total = f->image_size;
		n = left < req->max ? (ssize_t)left : (ssize_t)req->max;
		memcpy(data, f->image + req->offset, (size_t)n);
		return (size_t)n;
	}
	uuid_format(req->uuid, uuid);
	for (i = 0; i < num_image_dirs && n < 0; i++) {
		snprintf(path, sizeof(path), "%s/%s.ta", image_dirs[i], uuid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		assert_int_equal(fstat(fd, &st), 0);
		rsp->total = (uint64_t)st.st_size;
		n = pread(fd, data, req->max, (off_t)req->offset);
		close(fd);
	}
	if (n < 0)
		rsp->result = 0xffff0008u;
	return n < 0 ? 0 : (size_t)n;
}

static void spoil(struct ta_fixture *f, const struct supp_req *req, struct supp_rsp *rsp)
{
	switch (f->mood) {
	case SUPP_WRONG_TAG:
		rsp->tag++;
		break;
	case SUPP_WRONG_LEN:
		rsp->len++;
		break;
	case SUPP_TOO_LARGE:
		rsp->total = SUPP_MAX_IMAGE + 1ull;
		break;
	case SUPP_CHANGES_TOTAL:
		rsp->total += req->offset ? 1 : 0;
		break;
	case SUPP_TRUNCATES:
		rsp->total /= 2;
		if (req->offset + rsp->len > rsp->total)
			rsp->len = (uint32_t)(rsp->total - req->offset);
		break;
	default:
		break;
	}
}

static void answer(struct ta_fixture *f, const struct supp_req *req)
{
	struct supp_rsp rsp = { .cmd = req->cmd, .tag = req->tag };
	uint8_t data[SUPP_MAX_DATA];
	struct ipc_iov iov[2] = { { &rsp, sizeof(rsp) }, { data, 0 } };

	if (f->mood == SUPP_SILENT)
		return;
	if (f->mood == SUPP_HANGS_UP) {
		ipc_close(f->supp, f->supp_chan);
		return;
	}
	rsp.len = (uint32_t)read_image(f, req, &rsp, data);
	iov[1].len = rsp.len;
	spoil(f, req, &rsp);
	if (f->mood == SUPP_TRUNCATES)
		iov[1].len = rsp.len;
	if (f->mood == SUPP_LATE) {
		rsp.tag--;
		ipc_send_msg(f->supp, f->supp_chan, iov, 2);
		rsp.tag++;
	}
	ipc_send_msg(f->supp, f->supp_chan, iov, 2);
	if (f->mood == SUPP_TALKS_ON) {
		rsp.len = (uint32_t)rsp.total;
		iov[1].len = 1;
		ipc_send_msg(f->supp, f->supp_chan, iov, 2);
	}
}

static void on_supp_event(void *data)
{
	struct ta_fixture *f = data;
	struct ipc_uevent ev;
	struct ipc_msg_info info;

	while (ipc_wait_any(f->supp, &ev, 0) == NO_ERROR) {
		while (ipc_get_msg(f->supp, f->supp_chan, &info) == NO_ERROR) {
			struct supp_req req;
			struct ipc_iov iov = { &req, sizeof(req) };

			ipc_read_msg(f->supp, f->supp_chan, info.id, 0, &iov, 1);
			ipc_put_msg(f->supp, f->supp_chan, info.id);
			answer(f, &req);
		}
		/* The event stays until the handle goes: not closed, it would come for ever. */
		if (ev.event & IPC_HANDLE_POLL_HUP)
			ipc_close(f->supp, ev.handle);
	}
}

void ta_fixture_connect_supplicant(struct ta_fixture *f)
{
	static const uint8_t uuid[16] = { 0 };

	world_lock(f->world);
	f->supp_vm = calloc(1, sizeof(*f->supp_vm));
	assert_non_null(f->supp_vm);
	f->supp_vm->world = f->world;
	f->supp_vm->supplicant = true;
	f->supp = ipc_task_create(world_ipc(f->world), uuid, f->supp_vm);
	assert_non_null(f->supp);
	f->supp_chan = ipc_connect(f->supp, SUPP_PORT, IPC_CONNECT_ASYNC);
	assert_true(f->supp_chan > 0);
	ipc_task_set_notify(f->supp, on_supp_event, f);
	/* As the secure thread does that took a message with the request. */
	ipc_dispatch(world_ipc(f->world));
	world_unlock(f->world);
}

/* The launcher. */

static void *run_launcher(void *arg)
{
	struct ta_fixture *f = arg;

	launch_run(f->hv.launch, f->launch_ops);
	return NULL;
}

static void start_launcher(struct ta_fixture *f)
{
	char fd[16];

	if (f->threads) {
		f->hv.launch = fcntl(f->hv.launch, F_DUPFD_CLOEXEC, 0);
		assert_int_equal(pthread_create(&f->thread, NULL, run_launcher, f), 0);
		return;
	}
	f->launcher = fork();
	assert_true(f->launcher >= 0);
	if (f->launcher)
		return;
	fcntl(f->hv.launch, F_SETFD, 0);
	snprintf(fd, sizeof(fd), "%d", f->hv.launch);
	execl(launcher_path, "teelink-launch", "--tee-fd", fd, (char *)NULL);
	_exit(127);
}

static void start(struct ta_fixture *f, const struct launch_ops *ops, bool supplicant)
{
	int their_end;

	memset(f, 0, sizeof(*f));
	f->threads = ops;
	f->launch_ops = ops;
	fake_hv_start(&f->hv, 0);
	f->world = f->hv.world;
	their_end = f->hv.launch;
	start_launcher(f);
	/* The end that is left here would keep the socket alive beyond the launcher. */
	close(their_end);
	if (!ops)
		f->hv.launch = -1;
	if (supplicant)
		ta_fixture_connect_supplicant(f);
}

void ta_fixture_start(struct ta_fixture *f, bool threads, bool supplicant)
{
	start(f, threads ? &launch_thread_ops : NULL, supplicant);
}

void ta_fixture_start_played(struct ta_fixture *f, const struct launch_ops *ops)
{
	start(f, ops, true);
}

void ta_fixture_kill_launcher(struct ta_fixture *f)
{
	kill(f->launcher, SIGKILL);
	waitpid(f->launcher, NULL, 0);
	f->launcher = 0;
}

void ta_fixture_stop(struct ta_fixture *f)
{
	world_lock(f->world);
	assert_int_equal(ta_num_instances(f->world), 0);
	if (f->supp)
		ipc_task_destroy(f->supp);
	f->supp = NULL;
	world_unlock(f->world);
	free(f->supp_vm);
	free(f->image);
	close(f->hv.sock);
	pthread_join(f->hv.thread, NULL);
	/* Closes the launcher's socket, and the launcher ends. */
	world_destroy(f->world);
	if (f->threads)
		pthread_join(f->thread, NULL);
	else if (f->launcher)
		assert_int_equal(waitpid(f->launcher, NULL, 0), f->launcher);
}

int ta_fixture_load(struct ta_fixture *f, const uint8_t uuid[16], struct ta_image **img)
{
	int ret;

	world_lock(f->world);
	ret = ta_image_load(f->world, uuid, img);
	world_unlock(f->world);
	return ret;
}

struct ta_instance *ta_fixture_open(struct ta_fixture *f, const uint8_t uuid[16])
{
	struct ta_call create = { .entry = TA_ENTRY_CREATE };
	struct ta_call open = { .entry = TA_ENTRY_OPEN_SESSION, .session = 1 };
	struct ta_instance *inst = NULL;
	struct ta_image *img = NULL;

	assert_int_equal(ta_fixture_load(f, uuid, &img), 0);
	world_lock(f->world);
	assert_int_equal(ta_instance_create(f->world, img, &inst), 0);
	ta_image_put(img);
	world_unlock(f->world);
	assert_int_equal(ta_fixture_call(f, inst, &create), 0);
	assert_int_equal(create.result, 0);
	assert_int_equal(ta_fixture_call(f, inst, &open), 0);
	assert_int_equal(open.result, 0);
	return inst;
}

void ta_fixture_close(struct ta_fixture *f, struct ta_instance *inst)
{
	world_lock(f->world);
	ta_instance_destroy(inst);
	world_unlock(f->world);
}

int ta_fixture_call(struct ta_fixture *f, struct ta_instance *inst, struct ta_call *call)
{
	int ret;

	world_lock(f->world);
	ret = ta_instance_call(inst, call);
	world_unlock(f->world);
	return ret;
}

/* Memory. */

static struct dataspace *make_ds(size_t size, uint8_t **base)
{
	struct dataspace *ds = calloc(1, sizeof(*ds));
	char path[32];

	assert_non_null(ds);
	ds->refs = 1;
	ds->size = size;
	ds->fd_rw = memfd_create("test", MFD_CLOEXEC);
	assert_true(ds->fd_rw >= 0);
	assert_int_equal(ftruncate(ds->fd_rw, (off_t)size), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ds->fd_rw);
	ds->fd_ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ds->fd_ro >= 0);
	*base = dataspace_map(ds);
	assert_non_null(*base);
	return ds;
}

static struct vm_mem *make_mem(unsigned int num_runs)
{
	struct vm_mem *mem = calloc(1, sizeof(*mem) + num_runs * sizeof(mem->run[0]));

	assert_non_null(mem);
	mem->refs = 1;
	mem->num_runs = num_runs;
	return mem;
}

struct vm_mem *ta_fixture_mem(size_t size, uint8_t **base)
{
	struct vm_mem *mem = make_mem(1);

	mem->size = size;
	mem->run[0] = (struct vm_run){ .ds = make_ds(size, base), .len = size };
	return mem;
}

struct vm_mem *ta_fixture_mem_scattered(unsigned int num, uint8_t **base)
{
	struct vm_mem *mem = make_mem(num);
	uint8_t *at, *page;
	unsigned int i;

	at = mmap(NULL, num * 8192ull, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(at != MAP_FAILED);
	*base = at;
	mem->size = num * 4096ull;
	for (i = 0; i < num; i++, at += 8192) {
		struct dataspace *ds = make_ds(4096, &page);

		munmap(page, 4096);
		ds->shm_base = mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				    ds->fd_rw, 0);
		assert_ptr_equal(ds->shm_base, at);
		mem->run[i] = (struct vm_run){ .ds = ds, .len = 4096 };
	}
	return mem;
}

void ta_fixture_mem_put(struct ta_fixture *f, struct vm_mem *mem)
{
	world_lock(f->world);
	ta_unmap(f->world, mem);
	vm_mem_put(mem);
	world_unlock(f->world);
}
