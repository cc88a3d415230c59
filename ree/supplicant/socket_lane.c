// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/socket_lane.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "include/tee_client_api.h"
#include "ree/supplicant/sockets.h"

int socket_lane_init(struct socket_lane *lane, struct sockets *ss, uint32_t epoch,
		     uint8_t *shm_bytes)
{
	*lane = (struct socket_lane){ .sockets = ss, .epoch = epoch, .shm_bytes = shm_bytes };
	lane->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return lane->interrupt_fd < 0 ? -errno : 0;
}

void socket_lane_release(struct socket_lane *lane)
{
	close(lane->interrupt_fd);
}

bool socket_lane_peek(struct socket_lane *lane, const void *msg, size_t len)
{
	struct supp_socket_req req;

	if (len != sizeof(req))
		return false;
	memcpy(&req, msg, sizeof(req));
	if (req.op != SUPP_SOCKET_CANCEL)
		return false;
	__atomic_store_n(&lane->cancelled, req.tag, __ATOMIC_RELEASE);
	eventfd_write(lane->interrupt_fd, 1);
	return true;
}

static uint32_t open_socket(struct socket_lane *lane, const struct supp_socket_req *req,
			    struct supp_socket_rsp *rsp)
{
	char name[SOCKETS_NAME_SIZE];
	struct socket_peer peer = { name, req->port, req->protocol, req->ip_version };
	uint32_t handle = 0, result;

	if (!sockets_take_name(lane->shm_bytes, req->len, name))
		return SOCKET_ERROR_HOSTNAME;
	result = sockets_open(lane->sockets, req->instance, &peer, lane->interrupt_fd, &handle);
	rsp->handle = handle;
	return result;
}

static uint32_t transfer(struct socket_lane *lane, const struct supp_socket_req *req,
			 struct supp_socket_rsp *rsp)
{
	struct socket_id id = { req->instance, req->handle };
	struct socket_wait wait = { req->arg, lane->interrupt_fd };
	size_t len = req->len;
	uint32_t result;

	if (req->op == SUPP_SOCKET_SEND)
		result = sockets_send(lane->sockets, id, lane->shm_bytes, &len, wait);
	else
		result = sockets_recv(lane->sockets, id, lane->shm_bytes, &len, wait);
	rsp->len = (uint32_t)len;
	return result;
}

static uint32_t dispatch(struct socket_lane *lane, const struct supp_socket_req *req,
			 struct supp_socket_rsp *rsp)
{
	struct socket_id id = { req->instance, req->handle };

	switch (req->op) {
	case SUPP_SOCKET_OPEN:
		return open_socket(lane, req, rsp);
	case SUPP_SOCKET_CLOSE:
		return sockets_close(lane->sockets, id);
	case SUPP_SOCKET_CLOSE_ALL:
		sockets_close_all(lane->sockets, req->instance);
		return TEEC_SUCCESS;
	case SUPP_SOCKET_SEND:
	case SUPP_SOCKET_RECV:
		return transfer(lane, req, rsp);
	case SUPP_SOCKET_IOCTL:
		return sockets_ioctl(lane->sockets, id, req->arg, lane->shm_bytes, req->len);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

void socket_lane_serve(struct socket_lane *lane, const void *msg, size_t len,
		       struct supp_socket_rsp *rsp)
{
	struct supp_socket_req req;
	eventfd_t count;

	*rsp = (struct supp_socket_rsp){ .result = TEEC_ERROR_BAD_PARAMETERS,
					 .epoch = lane->epoch };
	if (len != sizeof(req))
		return;
	memcpy(&req, msg, sizeof(req));
	rsp->tag = req.tag;
	if (req.len > SUPP_SOCKET_LANE_BYTES || !lane->shm_bytes)
		return;
	/* A word for an earlier request is none for this one; one for this one may be there. */
	eventfd_read(lane->interrupt_fd, &count);
	if (__atomic_load_n(&lane->cancelled, __ATOMIC_ACQUIRE) == req.tag)
		rsp->result = TEEC_ERROR_CANCEL;
	else if (req.op != SUPP_SOCKET_OPEN && req.op != SUPP_SOCKET_CLOSE_ALL &&
		 req.epoch != lane->epoch)
		rsp->result = SOCKET_ERROR_REMOTE_CLOSED;
	else
		rsp->result = dispatch(lane, &req, rsp);
}
