// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/sockets_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "include/tee_client_api.h"
#include "lib/futex.h"
#include "wire/supp_socket.h"

#define INDEX_BITS 8u
#define NS_PER_MS 1000000ull
#define MAX_POLL_MS 60000u

_Static_assert(SOCKETS_MAX == 1u << INDEX_BITS, "handles");

int sockets_create(struct sockets **ssp)
{
	struct sockets *ss = calloc(1, sizeof(*ss));

	if (!ss)
		return -ENOMEM;
	ss->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ss->stop_fd < 0) {
		free(ss);
		return -errno;
	}
	pthread_mutex_init(&ss->lock, NULL);
	*ssp = ss;
	return 0;
}

void sockets_stop(struct sockets *ss)
{
	eventfd_write(ss->stop_fd, 1);
}

void sockets_destroy(struct sockets *ss)
{
	unsigned int i;

	if (!ss)
		return;
	for (i = 0; i < SOCKETS_MAX; i++)
		if (ss->sock[i].refs)
			close(ss->sock[i].fd);
	close(ss->stop_fd);
	pthread_mutex_destroy(&ss->lock);
	free(ss);
}

static uint32_t handle_of(const struct sockets *ss, const struct sock *s)
{
	return s->serial << INDEX_BITS | (uint32_t)(s - ss->sock);
}

/* With the lock held. */
static void unref(struct sock *s)
{
	if (!--s->refs)
		close(s->fd);
}

static void doom(struct sock *s)
{
	s->doomed = true;
	shutdown(s->fd, SHUT_RDWR); /* whoever waits for it comes back */
	unref(s);
}

static struct sock *find(struct sockets *ss, struct socket_id id)
{
	struct sock *s = &ss->sock[id.handle & (SOCKETS_MAX - 1)];

	return s->refs && !s->doomed && s->instance == id.instance && handle_of(ss, s) == id.handle
		       ? s
		       : NULL;
}

struct sock *sockets_get(struct sockets *ss, struct socket_id id)
{
	struct sock *s;

	pthread_mutex_lock(&ss->lock);
	s = find(ss, id);
	if (s)
		s->refs++;
	pthread_mutex_unlock(&ss->lock);
	return s;
}

void sockets_put(struct sockets *ss, struct sock *s)
{
	pthread_mutex_lock(&ss->lock);
	unref(s);
	pthread_mutex_unlock(&ss->lock);
}

uint32_t sockets_add(struct sockets *ss, uint32_t instance, int fd, bool stream, uint32_t *handle)
{
	struct sock *s = NULL;
	unsigned int i, own = 0;

	pthread_mutex_lock(&ss->lock);
	for (i = 0; i < SOCKETS_MAX; i++) {
		if (!ss->sock[i].refs && !s)
			s = &ss->sock[i];
		own += ss->sock[i].refs && ss->sock[i].instance == instance;
	}
	if (own >= SOCKETS_MAX_PER_INSTANCE)
		s = NULL;
	if (s) {
		s->refs = 1;
		s->fd = fd;
		s->doomed = false;
		s->stream = stream;
		s->instance = instance;
		s->serial++;
		*handle = handle_of(ss, s);
	}
	pthread_mutex_unlock(&ss->lock);
	return s ? TEEC_SUCCESS : SOCKET_ERROR_OUT_OF_RESOURCES;
}

static uint64_t deadline_of(uint32_t timeout_ms)
{
	return timeout_ms == SUPP_SOCKET_NO_TIMEOUT ? 0 : tl_now_ns() + timeout_ms * NS_PER_MS;
}

uint32_t sockets_await(const struct sockets *ss, int fd, short events, uint64_t deadline_ns,
		       int interrupt_fd)
{
	struct pollfd pfd[3] = { { fd, events, 0 },
				 { ss->stop_fd, POLLIN, 0 },
				 { interrupt_fd, POLLIN, 0 } };
	uint64_t left_ms = MAX_POLL_MS, now;
	int n;

	for (;;) {
		now = tl_now_ns();
		if (deadline_ns)
			left_ms = now < deadline_ns
					  ? (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS
					  : 0;
		n = poll(pfd, 3, (int)(left_ms < MAX_POLL_MS ? left_ms : MAX_POLL_MS));
		if (n < 0 && errno != EINTR)
			return TEEC_ERROR_GENERIC;
		if (n > 0 && pfd[0].revents)
			return TEEC_SUCCESS;
		if (n > 0)
			return TEEC_ERROR_CANCEL;
		if (!left_ms)
			return SOCKET_ERROR_TIMEOUT;
	}
}

uint32_t sockets_result(int err)
{
	switch (err) {
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return SOCKET_ERROR_REMOTE_CLOSED;
	case ETIMEDOUT:
	case EAGAIN:
		return SOCKET_ERROR_TIMEOUT;
	case EMSGSIZE:
		return SOCKET_ERROR_LARGE_BUFFER;
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
		return SOCKET_ERROR_OUT_OF_RESOURCES;
	case EINVAL:
	case EDOM:
		return TEEC_ERROR_BAD_PARAMETERS;
	default:
		return TEEC_ERROR_COMMUNICATION;
	}
}

uint32_t sockets_close(struct sockets *ss, struct socket_id id)
{
	struct sock *s;

	pthread_mutex_lock(&ss->lock);
	s = find(ss, id);
	if (s)
		doom(s);
	pthread_mutex_unlock(&ss->lock);
	return s ? TEEC_SUCCESS : TEEC_ERROR_BAD_PARAMETERS;
}

void sockets_close_all(struct sockets *ss, uint32_t instance)
{
	unsigned int i;

	pthread_mutex_lock(&ss->lock);
	for (i = 0; i < SOCKETS_MAX; i++)
		if (ss->sock[i].refs && !ss->sock[i].doomed && ss->sock[i].instance == instance)
			doom(&ss->sock[i]);
	pthread_mutex_unlock(&ss->lock);
}

static uint32_t do_send(const struct sockets *ss, const struct sock *s, const uint8_t *buf,
			size_t *done, size_t len, struct socket_wait wait)
{
	uint64_t deadline = deadline_of(wait.timeout_ms);
	uint32_t result;
	ssize_t n;

	do {
		result = sockets_await(ss, s->fd, POLLOUT, deadline, wait.interrupt_fd);
		if (result)
			return result;
		n = send(s->fd, buf + *done, len - *done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return sockets_result(errno);
		*done += n > 0 ? (size_t)n : 0;
	} while (n < 0 || (s->stream && *done < len));
	return TEEC_SUCCESS;
}

uint32_t sockets_send(struct sockets *ss, struct socket_id id, const void *buf, size_t *len,
		      struct socket_wait wait)
{
	struct sock *s = sockets_get(ss, id);
	uint32_t result;
	size_t done = 0;

	if (!s)
		return TEEC_ERROR_BAD_PARAMETERS;
	result = do_send(ss, s, buf, &done, *len, wait);
	sockets_put(ss, s);
	*len = done;
	return done ? TEEC_SUCCESS : result;
}

static uint32_t do_recv(const struct sockets *ss, const struct sock *s, void *buf, size_t *len,
			struct socket_wait wait)
{
	uint64_t deadline = deadline_of(wait.timeout_ms);
	int flags = MSG_DONTWAIT | (s->stream ? 0 : MSG_TRUNC), queued;
	uint32_t result;
	ssize_t n;

	if (!*len) {
		if (ioctl(s->fd, FIONREAD, &queued))
			return sockets_result(errno);
		*len = (size_t)queued;
		return TEEC_SUCCESS;
	}
	do {
		result = sockets_await(ss, s->fd, POLLIN, deadline, wait.interrupt_fd);
		if (result)
			return result;
		n = recv(s->fd, buf, *len, flags);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n < 0)
		return sockets_result(errno);
	*len = (size_t)n;
	return n || !s->stream ? TEEC_SUCCESS : SOCKET_ERROR_REMOTE_CLOSED;
}

uint32_t sockets_recv(struct sockets *ss, struct socket_id id, void *buf, size_t *len,
		      struct socket_wait wait)
{
	struct sock *s = sockets_get(ss, id);
	uint32_t result;

	if (!s)
		return TEEC_ERROR_BAD_PARAMETERS;
	result = do_recv(ss, s, buf, len, wait);
	sockets_put(ss, s);
	return result;
}
