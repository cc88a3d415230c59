/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * tipc_echo: messages to a port of the secure world and back, through the trusty-ipc device alone.
 * A program for a kernel with Android's driver reads the same, with open(2), ioctl(2), poll(2)…
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/teelink/dev.h"

#define DEFAULT_PORT "com.android.ipc-unittest.srv.echo"
#define MAX_SIZE 65536u
#define ANSWER_TIMEOUT_MS 10000
#define SHOWN 60 /* characters of an answer that are printed */

struct options {
	const char *port;
	const char *text;
	unsigned long count;
	unsigned long size; /* 0: as long as the text */
	bool quiet;
};

static void usage(FILE *out)
{
	fputs("Usage: tipc_echo [OPTION]...\n"
	      "Send messages to an echo port of the secure world and check what comes back.\n\n"
	      "  -n, --count=N      send N messages (default 1); each gets its number if N > 1\n"
	      "  -s, --size=N       make each N bytes long, by repeating or cutting the text\n"
	      "  -t, --text=TEXT    what to send (default \"hello, trusty\")\n"
	      "  -p, --port=NAME    port to connect to (default " DEFAULT_PORT ")\n"
	      "  -q, --quiet        print the sum only\n"
	      "  -h, --help         print this and exit\n"
	      "      --version      print the version and exit\n",
	      out);
}

static int parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 0);
	if (errno || !isdigit((unsigned char)text[0]) || *end || !*number || *number > max) {
		fprintf(stderr, "tipc_echo: not a number from 1 to %lu: %s\n", max, text);
		return -EINVAL;
	}
	return 0;
}

/* Return: 0 to go on, 1 when all is said and done, -EINVAL. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "count", required_argument, NULL, 'n' }, { "size", required_argument, NULL, 's' },
		{ "text", required_argument, NULL, 't' },  { "port", required_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },	   { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	   { NULL, 0, NULL, 0 },
	};
	int c, ret = 0;

	while (!ret && (c = getopt_long(argc, argv, "n:s:t:p:qh", known, NULL)) != -1) {
		switch (c) {
		case 'n':
			ret = parse_number(optarg, 1000000000, &o->count);
			break;
		case 's':
			ret = parse_number(optarg, MAX_SIZE, &o->size);
			break;
		case 't':
			o->text = optarg;
			break;
		case 'p':
			o->port = optarg;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			usage(stdout);
			return 1;
		case 'V':
			puts("tipc_echo (teelink) " TEELINK_VERSION);
			return 1;
		default:
			fputs("Try 'tipc_echo --help'.\n", stderr);
			return -EINVAL;
		}
	}
	if (!ret && optind < argc) {
		fprintf(stderr, "tipc_echo: too many arguments: %s\n", argv[optind]);
		return -EINVAL;
	}
	return ret;
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "tipc_echo: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return err;
}

/* Message number @i into @msg. Return: its length. */
static size_t fill(const struct options *o, unsigned long i, char *msg)
{
	size_t len, size, done;
	int n;

	if (o->count > 1)
		n = snprintf(msg, MAX_SIZE, "%s #%lu", o->text, i);
	else
		n = snprintf(msg, MAX_SIZE, "%s", o->text);
	len = n < 0 ? 0 : (size_t)n < MAX_SIZE ? (size_t)n : MAX_SIZE - 1;
	size = o->size ? o->size : len;
	for (done = len; len && done < size; done += len)
		memcpy(msg + done, msg, len < size - done ? len : size - done);
	if (!len)
		memset(msg, '.', size);
	return size;
}

/* One message there and back. Return: 0 or -errno. */
static int echo(const struct teelink_dev_ops *dev, int fd, const struct options *o, const char *msg,
		char *answer, size_t len)
{
	struct iovec out = { .iov_base = (void *)(uintptr_t)msg, .iov_len = len };
	struct iovec in = { .iov_base = answer, .iov_len = MAX_SIZE };
	ssize_t n = dev->write(fd, &out, 1);
	int ret;

	if (n < 0)
		return fail("write", (int)n);
	ret = dev->poll(fd, POLLIN, ANSWER_TIMEOUT_MS);
	if (ret <= 0)
		return fail("poll", ret ? ret : -ETIMEDOUT);
	n = dev->read(fd, &in, 1);
	if (n < 0)
		return fail("read", (int)n);
	if ((size_t)n != len || memcmp(msg, answer, len)) {
		fprintf(stderr, "tipc_echo: sent %zu bytes, %zd others came back\n", len, n);
		return -EBADMSG;
	}
	if (!o->quiet)
		printf("%zd bytes: %.*s%s\n", n, n > SHOWN ? SHOWN : (int)n, answer,
		       n > SHOWN ? "…" : "");
	return 0;
}

static int run(const struct options *o, char *msg, char *answer)
{
	const struct teelink_dev_ops *dev = teelink_dev();
	unsigned long i, bytes = 0;
	int fd, ret;

	fd = dev->open("/dev/trusty-ipc-dev0", O_RDWR);
	if (fd < 0)
		return fail("/dev/trusty-ipc-dev0", fd);
	ret = dev->ioctl(fd, TIPC_IOC_CONNECT, (void *)(uintptr_t)o->port);
	if (ret < 0)
		fail(o->port, ret);
	for (i = 0; !ret && i < o->count; i++) {
		size_t len = fill(o, i, msg);

		ret = echo(dev, fd, o, msg, answer, len);
		bytes += len;
	}
	dev->close(fd);
	if (!ret)
		printf("tipc_echo: %lu messages, %lu bytes came back as they went\n", o->count,
		       bytes);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = { .port = DEFAULT_PORT, .text = "hello, trusty", .count = 1 };
	char *msg, *answer;
	int ret = parse_options(argc, argv, &o);

	if (ret)
		return ret < 0 ? 2 : 0;
	msg = malloc(MAX_SIZE);
	answer = malloc(MAX_SIZE);
	ret = msg && answer ? run(&o, msg, answer) : fail("no memory", -ENOMEM);
	free(msg);
	free(answer);
	return ret ? 1 : 0;
}
