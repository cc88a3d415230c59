/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/uffd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.8; the headers may be older. */
#ifndef UFFDIO_MOVE
#define UFFD_FEATURE_MOVE (1u << 16)
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES 2u
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move; /* out: bytes, or -errno */
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

#define FEATURES (UFFD_FEATURE_MOVE | UFFD_FEATURE_WP_HUGETLBFS_SHMEM)

static int open_any(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	int dev, err = errno;

	if (fd >= 0)
		return fd;
	dev = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -err;
	fd = ioctl(dev, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
	err = errno;
	close(dev);
	return fd < 0 ? -err : fd;
}

int uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = FEATURES };
	int fd = open_any();

	if (fd < 0 || !ioctl(fd, UFFDIO_API, &api))
		return fd;
	close(fd);
	return -EOPNOTSUPP;
}

static struct uffdio_range range_of(const void *addr, size_t len)
{
	return (struct uffdio_range){ .start = (uintptr_t)addr, .len = len };
}

static int track(int fd, const void *addr, size_t len, uint64_t mode)
{
	struct uffdio_register reg = { .range = range_of(addr, len), .mode = mode };

	return ioctl(fd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

int uffd_track_missing(int fd, void *addr, size_t len)
{
	return track(fd, addr, len, UFFDIO_REGISTER_MODE_MISSING);
}

int uffd_track_writes(int fd, void *addr, size_t len)
{
	struct uffdio_writeprotect wp = { .range = range_of(addr, len),
					  .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	int ret = track(fd, addr, len, UFFDIO_REGISTER_MODE_WP);

	if (!ret && ioctl(fd, UFFDIO_WRITEPROTECT, &wp)) {
		ret = -errno;
		uffd_untrack(fd, addr, len);
	}
	return ret;
}

void uffd_untrack(int fd, void *addr, size_t len)
{
	struct uffdio_range range = range_of(addr, len);

	ioctl(fd, UFFDIO_UNREGISTER, &range);
}

void uffd_wake(int fd, void *addr, size_t len)
{
	struct uffdio_range range = range_of(addr, len);

	ioctl(fd, UFFDIO_WAKE, &range);
}

int uffd_move(int fd, void *dst, void *src, size_t len, size_t *moved)
{
	struct uffdio_move mv;

	*moved = 0;
	while (*moved < len) {
		mv = (struct uffdio_move){
			.dst = (uintptr_t)dst + *moved,
			.src = (uintptr_t)src + *moved,
			.len = len - *moved,
			.mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES,
		};
		if (!ioctl(fd, UFFDIO_MOVE, &mv)) {
			*moved = len;
			break;
		}
		if (errno != EAGAIN)
			return -errno;
		if (mv.move > 0)
			*moved += (size_t)mv.move;
	}
	return 0;
}
