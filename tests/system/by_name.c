/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/system/by_name.h"
#include "tests/system/probe_ta.h"

#define NUM_PARAMS 4u

/* Each ends in an array of parameters of no declared length. */
union open_buf {
	struct tee_ioctl_open_session_arg arg;
	uint8_t bytes[sizeof(struct tee_ioctl_open_session_arg) +
		      NUM_PARAMS * sizeof(struct tee_ioctl_param)];
};

union invoke_buf {
	struct tee_ioctl_invoke_arg arg;
	uint8_t bytes[sizeof(struct tee_ioctl_invoke_arg) +
		      NUM_PARAMS * sizeof(struct tee_ioctl_param)];
};

static int open_session(int fd, uint32_t *session)
{
	static const uint8_t probe[TEE_IOCTL_UUID_LEN] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1,
							   0x4b, 0x0c, 0x9f, 0x3e, 0x5b, 0x1c,
							   0x22, 0x8a, 0x77, 0x01 };
	union open_buf buf = { .bytes = { 0 } };
	struct tee_ioctl_buf_data data = { .buf_ptr = (uintptr_t)&buf, .buf_len = sizeof(buf) };

	buf.arg.num_params = NUM_PARAMS;
	memcpy(buf.arg.uuid, probe, sizeof(probe));
	if (ioctl(fd, TEE_IOC_OPEN_SESSION, &data))
		return -errno;
	*session = buf.arg.session;
	return buf.arg.ret ? -EPROTO : 0;
}

uint32_t tee_open_session(int fd)
{
	uint32_t session = 0;

	assert_int_equal(open_session(fd, &session), 0);
	return session;
}

void tee_close_session(int fd, uint32_t session)
{
	struct tee_ioctl_close_session_arg arg = { .session = session };

	assert_int_equal(ioctl(fd, TEE_IOC_CLOSE_SESSION, &arg), 0);
}

int tee_invoke(int fd, uint32_t session, uint32_t func, struct tee_ioctl_param params[4],
	       uint32_t *result)
{
	union invoke_buf buf = { .bytes = { 0 } };
	struct tee_ioctl_buf_data data = { .buf_ptr = (uintptr_t)&buf, .buf_len = sizeof(buf) };

	buf.arg.func = func;
	buf.arg.session = session;
	buf.arg.num_params = NUM_PARAMS;
	memcpy(buf.arg.params, params, NUM_PARAMS * sizeof(*params));
	if (ioctl(fd, TEE_IOC_INVOKE, &data))
		return -errno;
	memcpy(params, buf.arg.params, NUM_PARAMS * sizeof(*params));
	*result = buf.arg.ret;
	return 0;
}

int tee_works(int fd, uint32_t session)
{
	struct tee_ioctl_param p[4] = {
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT, .a = 5, .b = 6 },
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT, .a = 7, .b = 8 },
	};
	uint32_t result;

	return !tee_invoke(fd, session, PROBE_VALUES, p, &result) && !result && p[1].a == 6 &&
	       p[1].b == 5 && p[2].a == (uint32_t)~7u && p[2].b == 9;
}

int tee_round(void)
{
	int fd = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	uint32_t session;
	int well;

	if (fd < 0)
		return 0;
	well = !open_session(fd, &session) && tee_works(fd, session);
	return !close(fd) && well;
}

int tee_shm_alloc(int fd, uint64_t size, int32_t *id)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	int shm_fd = ioctl(fd, TEE_IOC_SHM_ALLOC, &data);

	*id = data.id;
	return shm_fd < 0 ? -errno : shm_fd;
}
