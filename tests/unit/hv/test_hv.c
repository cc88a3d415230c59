/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The hypervisor between clients and a secure world that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_tee.h"
#include "lib/ctl.h"
#include "wire/virtio_mmio.h"
#include "wire/virtio_ring.h"

static struct machine m;

/* Another client attaches and leaves: the machine serves. */
static void others_are_served(void)
{
	int sock = client_connect(&m);
	struct tee_vm_fds vm;
	union any_msg msg;

	client_attach(&m, sock, &vm);
	tee_vm_close(&vm);
	close(sock);
	tee_expect(&m, TEECTL_VM_DEL, &msg, NULL);
	assert_int_equal(msg.tee.vm_id, vm.id);
	tee_say(&m, TEECTL_VM_DEL, vm.id, msg.tee.token, 0);
}

static void test_attach(void **state)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int sock = client_connect(&m), fds[5];
	struct tee_vm_fds vm;
	unsigned int num_fds, i;
	union any_msg rsp;
	struct stat st;

	(void)state;
	client_send_attach(sock);
	tee_accept_vm(&m, &vm);
	assert_int_equal(client_recv(sock, &rsp, fds, &num_fds), sizeof(rsp.attach));
	assert_int_equal(rsp.vm.status, 0);
	assert_int_equal(num_fds, 4);
	assert_int_equal(vm.flags, 0);
	assert_int_equal(vm.uid, getuid());
	assert_int_equal(vm.pid, getpid());
	for (i = TEECTL_FD_RAM; i <= TEECTL_FD_CONFIG; i++)
		if (i != TEECTL_FD_SHM_RO)
			assert_int_equal(fcntl(vm.fds[i], F_GET_SEALS), seals);
	assert_int_equal(fcntl(vm.fds[TEECTL_FD_SHM_RO], F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fstat(fds[VMCTL_FD_RAM], &st), 0);
	assert_int_equal(st.st_size, rsp.attach.ram_size);
	assert_int_equal(fstat(fds[VMCTL_FD_SHM], &st), 0);
	assert_int_equal(st.st_size, rsp.attach.shm_size);
	for (i = 0; i < num_fds; i++)
		close(fds[i]);
	tee_vm_close(&vm);
	/* Once only. */
	client_send_attach(sock);
	assert_int_equal(client_recv(sock, &rsp, NULL, NULL), sizeof(struct vmctl_simple));
	assert_int_equal(rsp.vm.status, -EBUSY);
	close(sock);
}

static void test_supplicant_is_marked(void **state)
{
	int sock = machine_child(&m, HV_CHILD_SUPPLICANT, 1);
	struct tee_vm_fds vm;
	union any_msg rsp;

	(void)state;
	client_send_attach(sock);
	tee_accept_vm(&m, &vm);
	assert_int_equal(client_recv(sock, &rsp, NULL, NULL), sizeof(rsp.attach));
	assert_int_equal(vm.flags, TEECTL_VM_SUPPLICANT);
	tee_vm_close(&vm);
}

/* This machine has a supplicant of its own, and knows no other wishes. */
static void test_attach_flags(void **state)
{
	struct vmctl_attach_req req = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 1 },
		.version = VMCTL_VERSION,
		.flags = VMCTL_ATTACH_SUPPLICANT,
	};
	int sock = client_connect(&m);
	struct tee_vm_fds vm;
	union any_msg rsp;

	(void)state;
	assert_int_equal(client_call(sock, &req, sizeof(req), -1, &rsp), -EBUSY);
	req.flags = VMCTL_ATTACH_SUPPLICANT << 1;
	assert_int_equal(client_call(sock, &req, sizeof(req), -1, &rsp), -EINVAL);
	/* Refused, and no supplicant afterwards. */
	client_attach(&m, sock, &vm);
	assert_int_equal(vm.flags, 0);
	tee_vm_close(&vm);
	close(sock);
	tee_expect(&m, TEECTL_VM_DEL, &rsp, NULL);
	tee_say(&m, TEECTL_VM_DEL, vm.id, rsp.tee.token, 0);
}

static void test_malformed_requests(void **state)
{
	static const struct {
		uint32_t type;
		size_t len;
	} bad[] = {
		{ VMCTL_ATTACH, 16 },      { VMCTL_ATTACH, 25 },   { VMCTL_MMIO_READ, 16 },
		{ VMCTL_MMIO_WRITE, 33 },  { VMCTL_DS_CREATE, 39 }, { VMCTL_DS_IMPORT, 40 },
		{ VMCTL_STATUS, 24 },      { VMCTL_TRACE, 17 },     { 0, 16 },
		{ 9999, 16 },              { VMCTL_EVENT_TEE_GONE, 16 },
	};
	int sock = client_connect(&m);
	union any_msg msg, rsp;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&msg, 0, sizeof(msg));
		msg.vm.type = bad[i].type;
		assert_true(client_call(sock, &msg, bad[i].len, -1, &rsp) < 0);
	}
	/* What needs a VM, without one; a descriptor that isn't asked for. */
	memset(&msg, 0, sizeof(msg));
	msg.vm.type = VMCTL_MMIO_READ;
	assert_true(client_call(sock, &msg, sizeof(msg.mmio), -1, &rsp) < 0);
	msg.vm.type = VMCTL_DS_CREATE;
	assert_true(client_call(sock, &msg, sizeof(msg.ds), -1, &rsp) < 0);
	msg.vm.type = VMCTL_STATUS;
	assert_true(client_call(sock, &msg, sizeof(struct vmctl_simple), sock, &rsp) < 0);
	assert_int_equal(client_simple(sock, VMCTL_TRACE), -ENOENT);
	close(sock);
	/* No request at all: that client goes. */
	sock = client_connect(&m);
	client_send(sock, "abc", 3, -1);
	client_wait_end(sock);
	close(sock);
	sock = client_connect(&m);
	client_send(sock, &msg, sizeof(msg), -1);
	client_wait_end(sock);
	close(sock);
	others_are_served();
}

static int mmio(int sock, uint32_t type, uint32_t offset, uint32_t value, uint32_t *result)
{
	struct vmctl_mmio req = {
		.hdr = { .type = type }, .offset = offset, .size = 4, .value = value,
	};
	union any_msg rsp;
	int ret = client_call(sock, &req, sizeof(req), -1, &rsp);

	if (result)
		*result = rsp.mmio.value;
	return ret;
}

static void test_command_is_answered_when_the_device_has_acted(void **state)
{
	struct vmctl_mmio req = {
		.hdr = { .type = VMCTL_MMIO_WRITE, .seq = 3 },
		.offset = VIRTIO_MMIO_STATUS,
		.size = 4,
		.value = VIRTIO_STATUS_ACKNOWLEDGE,
	};
	int sock = client_connect(&m);
	struct tee_vm_fds vm;
	struct l4virtio_config *page;
	union any_msg msg;
	uint64_t token;
	uint32_t v;

	(void)state;
	client_attach(&m, sock, &vm);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm.fds[TEECTL_FD_CONFIG], 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(mmio(sock, VMCTL_MMIO_READ, VIRTIO_MMIO_DEVICE_ID, 0, &v), 0);
	assert_int_equal(v, VIRTIO_ID_TRUSTY_IPC);
	client_send(sock, &req, sizeof(req), -1);
	tee_expect(&m, TEECTL_DEV_CMD, &msg, NULL);
	token = msg.tee.token;
	assert_int_equal(page->cmd, L4VIRTIO_CMD_SET_STATUS | VIRTIO_STATUS_ACKNOWLEDGE);
	/* More of this VM's waits behind it; others don't. */
	req.hdr.type = VMCTL_MMIO_READ;
	req.hdr.seq = 4;
	client_send(sock, &req, sizeof(req), -1);
	others_are_served();
	page->status = VIRTIO_STATUS_ACKNOWLEDGE;
	tl_store_release(&page->cmd, 0u);
	tee_say(&m, TEECTL_DEV_CMD, vm.id, token, 0);
	assert_int_equal(client_recv(sock, &msg, NULL, NULL), sizeof(msg.mmio));
	assert_int_equal(msg.vm.seq, 3);
	assert_int_equal(msg.vm.status, 0);
	assert_int_equal(client_recv(sock, &msg, NULL, NULL), sizeof(msg.mmio));
	assert_int_equal(msg.vm.seq, 4);
	assert_int_equal(msg.mmio.value, VIRTIO_STATUS_ACKNOWLEDGE);
	/* The device changes by itself. */
	tee_say(&m, TEECTL_DEV_STATUS, vm.id, 0, 0);
	assert_int_equal(client_recv(sock, &msg, NULL, NULL), sizeof(struct vmctl_simple));
	assert_int_equal(msg.vm.type, VMCTL_EVENT_CONFIG);
	assert_int_equal(msg.vm.seq, 0);
	munmap(page, 4096);
	tee_vm_close(&vm);
	close(sock);
}

static int ds_call(int sock, uint32_t type, uint64_t value, int fd, union any_msg *rsp)
{
	struct vmctl_ds req = { .hdr = { .type = type } };

	if (type == VMCTL_DS_DESTROY)
		req.id = value;
	else
		req.size = value;
	return client_call(sock, &req, sizeof(req), fd, rsp);
}

/* With the secure world's consent, or its refusal. */
static int ds_with_tee(int sock, uint32_t type, uint64_t value, int fd, int status, union any_msg *rsp,
		       int *rsp_fd)
{
	struct vmctl_ds req = { .hdr = { .type = type, .seq = 5 } };
	unsigned int num_fds;
	union any_msg msg;
	int fds[5];

	if (type == VMCTL_DS_DESTROY)
		req.id = value;
	else
		req.size = value;
	client_send(sock, &req, sizeof(req), fd);
	tee_expect(&m, type == VMCTL_DS_DESTROY ? TEECTL_DS_DEL : TEECTL_DS_ADD, &msg, NULL);
	tee_say(&m, msg.tee.type, msg.tee.vm_id, msg.tee.token, status);
	assert_true(client_recv(sock, rsp, fds, &num_fds) > 0);
	assert_int_equal(rsp->vm.seq, 5);
	assert_true(num_fds <= 1);
	if (rsp_fd)
		*rsp_fd = num_fds ? fds[0] : -1;
	else if (num_fds)
		close(fds[0]);
	return rsp->vm.status;
}

static void test_dataspaces(void **state)
{
	int sock = client_connect(&m), fd;
	struct tee_vm_fds vm;
	union any_msg a, b, c;
	struct stat st;

	(void)state;
	client_attach(&m, sock, &vm);
	assert_int_equal(ds_call(sock, VMCTL_DS_CREATE, 0, -1, &a), -EINVAL);
	assert_int_equal(ds_call(sock, VMCTL_DS_CREATE, VMCTL_DS_MAX_SIZE + 1, -1, &a), -EINVAL);
	assert_int_equal(ds_call(sock, VMCTL_DS_CREATE, UINT64_MAX, -1, &a), -EINVAL);
	assert_int_equal(ds_call(sock, VMCTL_DS_DESTROY, 1, -1, &a), -ENOENT);

	assert_int_equal(ds_with_tee(sock, VMCTL_DS_CREATE, 5000, -1, 0, &a, &fd), 0);
	assert_int_equal(a.ds.size, 8192);
	assert_true(a.ds.gpa >= VMCTL_DS_GPA);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8192);
	assert_int_equal(ftruncate(fd, 4096), -1);
	close(fd);
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_CREATE, 4096, -1, 0, &b, NULL), 0);
	assert_true(b.ds.gpa >= a.ds.gpa + a.ds.size);
	assert_int_not_equal(a.ds.id, b.ds.id);
	/* A hole is used again, an id never. */
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_DESTROY, a.ds.id, -1, 0, &c, NULL), 0);
	assert_int_equal(ds_call(sock, VMCTL_DS_DESTROY, a.ds.id, -1, &c), -ENOENT);
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_CREATE, 8192, -1, 0, &c, NULL), 0);
	assert_int_equal(c.ds.gpa, a.ds.gpa);
	assert_true(c.ds.id > b.ds.id);
	/* The secure world says no: nothing is left of it. */
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_CREATE, 4096, -1, -ENOMEM, &a, NULL), -ENOMEM);
	/* All that one VM may have: twice 4 GiB, less what it has. */
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_CREATE, VMCTL_DS_MAX_SIZE, -1, 0, &a, NULL), 0);
	assert_int_equal(ds_call(sock, VMCTL_DS_CREATE, VMCTL_DS_MAX_SIZE, -1, &a), -ENOMEM);
	tee_vm_close(&vm);
	close(sock);
}

static int make_memfd(off_t size, int seals)
{
	int fd = memfd_create("import", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void test_imports(void **state)
{
	int sock = client_connect(&m);
	struct tee_vm_fds vm;
	union any_msg rsp;
	int fd, pipe_fd[2];

	(void)state;
	client_attach(&m, sock, &vm);
	fd = make_memfd(8192, F_SEAL_SHRINK);
	assert_int_equal(ds_with_tee(sock, VMCTL_DS_IMPORT, 8192, fd, 0, &rsp, NULL), 0);
	assert_int_equal(rsp.ds.size, 8192);
	close(fd);
	/* It could shrink; it isn't there; it isn't whole pages; it isn't memory; nothing comes along. */
	fd = make_memfd(8192, F_SEAL_GROW);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 8192, fd, &rsp), -EINVAL);
	close(fd);
	fd = make_memfd(8192, F_SEAL_SHRINK | F_SEAL_WRITE);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 8192, fd, &rsp), -EINVAL);
	close(fd);
	fd = make_memfd(0, F_SEAL_SHRINK);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 0, fd, &rsp), -EINVAL);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 4096, fd, &rsp), -EINVAL);
	close(fd);
	fd = make_memfd(5000, F_SEAL_SHRINK);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 5000, fd, &rsp), -EINVAL);
	close(fd);
	fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	if (fd >= 0) {
		assert_int_equal(ftruncate(fd, 2 << 20), 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
		assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 2 << 20, fd, &rsp), -EINVAL);
		close(fd);
	}
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 4096, pipe_fd[0], &rsp), -EINVAL);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	assert_int_equal(ds_call(sock, VMCTL_DS_IMPORT, 4096, -1, &rsp), -EINVAL);
	tee_vm_close(&vm);
	close(sock);
}

static void expect_del(uint32_t id)
{
	union any_msg msg;

	tee_expect(&m, TEECTL_VM_DEL, &msg, NULL);
	assert_int_equal(msg.tee.vm_id, id);
	tee_say(&m, TEECTL_VM_DEL, id, msg.tee.token, 0);
}

static void test_client_leaves_at_any_moment(void **state)
{
	struct vmctl_mmio req = {
		.hdr = { .type = VMCTL_MMIO_WRITE, .seq = 3 },
		.offset = VIRTIO_MMIO_STATUS, .size = 4, .value = 1,
	};
	struct vmctl_ds ds = { .hdr = { .type = VMCTL_DS_CREATE, .seq = 3 }, .size = 4096 };
	struct tee_vm_fds vm;
	union any_msg add, msg;
	int sock;

	(void)state;
	/* Before it said anything. */
	close(client_connect(&m));
	/* While the secure world is being told of it. */
	sock = client_connect(&m);
	client_send_attach(sock);
	tee_expect(&m, TEECTL_VM_ADD, &add, NULL);
	close(sock);
	others_are_served();
	tee_say(&m, TEECTL_VM_ADD, add.tee.vm_id, add.tee.token, 0);
	expect_del(add.tee.vm_id);
	/* The same, and it is refused. */
	sock = client_connect(&m);
	client_send_attach(sock);
	tee_expect(&m, TEECTL_VM_ADD, &add, NULL);
	close(sock);
	others_are_served();
	tee_say(&m, TEECTL_VM_ADD, add.tee.vm_id, add.tee.token, -ENOMEM);
	/* In a command. */
	sock = client_connect(&m);
	client_attach(&m, sock, &vm);
	tee_vm_close(&vm);
	client_send(sock, &req, sizeof(req), -1);
	tee_expect(&m, TEECTL_DEV_CMD, &msg, NULL);
	close(sock);
	tee_expect(&m, TEECTL_VM_DEL, &add, NULL);
	tee_say(&m, TEECTL_DEV_CMD, vm.id, msg.tee.token, 0);
	tee_say(&m, TEECTL_VM_DEL, vm.id, add.tee.token, 0);
	/* In a dataspace's creation. */
	sock = client_connect(&m);
	client_attach(&m, sock, &vm);
	tee_vm_close(&vm);
	client_send(sock, &ds, sizeof(ds), -1);
	tee_expect(&m, TEECTL_DS_ADD, &msg, NULL);
	close(sock);
	tee_expect(&m, TEECTL_VM_DEL, &add, NULL);
	tee_say(&m, TEECTL_DS_ADD, vm.id, msg.tee.token, 0);
	tee_say(&m, TEECTL_VM_DEL, vm.id, add.tee.token, 0);
	others_are_served();
}

static void test_secure_world_ends(void **state)
{
	int attached = client_connect(&m), attaching = client_connect(&m), idle = client_connect(&m);
	struct tee_vm_fds vm;
	union any_msg msg;

	(void)state;
	client_attach(&m, attached, &vm);
	tee_vm_close(&vm);
	client_send_attach(attaching);
	tee_expect(&m, TEECTL_VM_ADD, &msg, NULL);
	assert_int_equal(shutdown(machine_child(&m, HV_CHILD_TEE, 1), SHUT_RDWR), 0);
	assert_true(client_wait_end(attached));
	close(attached);
	/* A tool's connection stays; who was attaching gets the next secure world. */
	assert_int_equal(client_simple(idle, VMCTL_STATUS), 0);
	machine_child(&m, HV_CHILD_TEE, 2);
	tee_say(&m, TEECTL_READY, 0, 0, 0);
	tee_accept_vm(&m, &vm);
	tee_vm_close(&vm);
	assert_int_equal(client_recv(attaching, &msg, NULL, NULL), sizeof(msg.attach));
	assert_int_equal(msg.vm.status, 0);
	machine_child(&m, HV_CHILD_SUPPLICANT, 2);
	close(attaching);
	close(idle);
	expect_del(vm.id);
	others_are_served();
}

static void test_secure_world_lies(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t token;
		int status;
	} lies[] = {
		{ TEECTL_VM_ADD, 4711, 0 },
		{ TEECTL_DEV_CMD, 0, 0 },
		{ 1000, 0, 0 },
		{ TEECTL_STATUS, UINT64_MAX, 1 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		tee_say(&m, lies[i].type, 1, lies[i].token, lies[i].status);
		machine_child(&m, HV_CHILD_TEE, i + 2);
		tee_say(&m, TEECTL_READY, 0, 0, 0);
		others_are_served();
	}
}

static void test_status_without_the_secure_world(void **state)
{
	struct vmctl_simple req = { .hdr = { .type = VMCTL_STATUS, .seq = 9 } };
	int sock = client_connect(&m), fds[5];
	unsigned int num_fds;
	union any_msg msg;
	char text[8192];
	ssize_t n;

	(void)state;
	client_send(sock, &req, sizeof(req), -1);
	tee_expect(&m, TEECTL_STATUS, &msg, NULL);
	/* It is asked and says nothing. */
	assert_int_equal(client_recv(sock, &msg, fds, &num_fds), sizeof(req));
	assert_int_equal(msg.vm.seq, 9);
	assert_int_equal(msg.vm.status, 0);
	assert_int_equal(num_fds, 1);
	n = pread(fds[0], text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "\"secure_world\":null"));
	close(fds[0]);
	close(sock);
}

static void test_shutdown(void **state)
{
	int sock = client_connect(&m);

	(void)state;
	assert_int_equal(client_simple(sock, VMCTL_SHUTDOWN), 0);
	client_wait_end(sock);
	close(sock);
}

static void test_attach_waits_for_ready(void **state)
{
	struct tee_vm_fds vm;
	union any_msg msg;
	int sock, early;

	(void)state;
	machine_new(&m);
	machine_run(&m, true);
	sock = client_connect(&m);
	early = client_connect(&m);
	client_send_attach(sock);
	client_send_attach(early);
	/* Round trips of another one: both have been read by now. */
	{
		int other = client_connect(&m);

		assert_int_equal(client_simple(other, VMCTL_STATUS), 0);
		assert_int_equal(client_simple(other, VMCTL_TRACE), 0);
		close(other);
	}
	close(early);
	machine_child(&m, HV_CHILD_TEE, 1);
	tee_say(&m, TEECTL_READY, 0, 0, 0);
	tee_accept_vm(&m, &vm);
	tee_vm_close(&vm);
	assert_int_equal(client_recv(sock, &msg, NULL, NULL), sizeof(msg.attach));
	assert_int_equal(msg.attach.flags, VMCTL_ATTACH_TRACE);
	close(sock);
	machine_end(&m);
}

static void remove_folder(void)
{
	char cmd[96];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", m.folder);
	assert_int_equal(system(cmd), 0);
}

static void test_secure_world_never_comes_up(void **state)
{
	(void)state;
	machine_new(&m);
	m.cant_start = true;
	machine_run(&m, false);
	pthread_join(m.thread, NULL);
	assert_int_equal(m.result, -ENOENT);
	hv_destroy(m.hv);
	assert_int_equal(access(m.socket, F_OK), -1);
	remove_folder();
}

static int create(const char *socket)
{
	const struct hv_config cfg = { .socket = socket };
	struct hv *hv;
	int ret = hv_create(&cfg, &hv);

	if (!ret)
		hv_destroy(hv);
	return ret;
}

static void test_socket_belongs_to_one(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char folder[64];
	int fd;

	(void)state;
	machine_new(&m);
	machine_serve(&m);
	assert_int_equal(create(m.socket), -EADDRINUSE);
	others_are_served();
	machine_end(&m);

	machine_new(&m);
	snprintf(folder, sizeof(folder), "%.40s/m", m.folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	/* Something else under the name stays; a dead machine's socket is replaced. */
	fd = open(m.socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(create(m.socket), -EEXIST);
	assert_int_equal(access(m.socket, F_OK), 0);
	assert_int_equal(unlink(m.socket), 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	strcpy(addr.sun_path, m.socket);
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(create(m.socket), 0);
	assert_int_equal(access(m.socket, F_OK), -1);
	/* Others could get at it. */
	assert_int_equal(chmod(folder, 0750), 0);
	assert_int_equal(create(m.socket), -EPERM);
	remove_folder();
}

#define TEST(fn) MACHINE_TEST(fn, &m)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_flags),
		TEST(test_supplicant_is_marked),
		TEST(test_malformed_requests),
		TEST(test_command_is_answered_when_the_device_has_acted),
		TEST(test_dataspaces),
		TEST(test_imports),
		TEST(test_client_leaves_at_any_moment),
		TEST(test_secure_world_ends),
		TEST(test_secure_world_lies),
		TEST(test_status_without_the_secure_world),
		TEST(test_shutdown),
		cmocka_unit_test(test_attach_waits_for_ready),
		cmocka_unit_test(test_secure_world_never_comes_up),
		cmocka_unit_test(test_socket_belongs_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
