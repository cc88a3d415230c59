/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * digest: what sha256sum prints, computed by a trusted application. Files of any size go there
 * through one shared buffer.
 */
#include "examples/digest/digest_ta.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tee_client_api.h>

#include "examples/teec_words.h"

#define DEFAULT_BUFFER_SIZE (1u << 20)

static const struct {
	const char *name;
	enum digest_alg alg;
} algorithms[] = {
	{ "md5", DIGEST_MD5 },	     { "sha1", DIGEST_SHA1 },	  { "sha224", DIGEST_SHA224 },
	{ "sha256", DIGEST_SHA256 }, { "sha384", DIGEST_SHA384 }, { "sha512", DIGEST_SHA512 },
};

struct options {
	enum digest_alg alg;
	size_t buffer_size;
};

/* The connection that all files use. */
struct tee {
	TEEC_Context ctx;
	TEEC_Session session;
	TEEC_SharedMemory shm;
};

/* A file that can't be read is skipped, a TEE that fails ends the program. */
enum outcome { OUTCOME_OK, OUTCOME_BAD_FILE, OUTCOME_BAD_TEE };

static void usage(FILE *out)
{
	fputs("Usage: digest [OPTION]... [FILE]...\n"
	      "Print the digest of each FILE, computed by a trusted application, as sha256sum does.\n"
	      "Without FILE, or when FILE is -, read standard input.\n\n"
	      "  -a, --algorithm=ALG     md5, sha1, sha224, sha256 (default), sha384 or sha512\n"
	      "  -b, --buffer-size=SIZE  size of the shared buffer (default 1M); K, M and G are\n"
	      "                          powers of 1024\n"
	      "  -h, --help              print this and exit\n"
	      "      --version           print the version and exit\n\n"
	      "The environment variable TEELINK_DEVICE says which TEE to use (see\n"
	      "tee_client_api.h).\n",
	      out);
}

static int parse_algorithm(const char *name, enum digest_alg *alg)
{
	unsigned int i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (strcmp(name, algorithms[i].name))
			continue;
		*alg = algorithms[i].alg;
		return 0;
	}
	fprintf(stderr, "digest: unknown algorithm: %s\n", name);
	return -EINVAL;
}

static int parse_size(const char *text, size_t *size)
{
	static const char units[] = "KMG";
	unsigned int shift = 0;
	unsigned long n;
	const char *unit;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (errno || !isdigit((unsigned char)text[0]) || *end || !n || n > SIZE_MAX >> shift) {
		fprintf(stderr, "digest: not a size: %s\n", text);
		return -EINVAL;
	}
	*size = (size_t)n << shift;
	return 0;
}

/* Return: 0 to go on, 1 when all is said and done, -EINVAL. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "algorithm", required_argument, NULL, 'a' },
		{ "buffer-size", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c, ret = 0;

	while (!ret && (c = getopt_long(argc, argv, "a:b:h", known, NULL)) != -1) {
		switch (c) {
		case 'a':
			ret = parse_algorithm(optarg, &o->alg);
			break;
		case 'b':
			ret = parse_size(optarg, &o->buffer_size);
			break;
		case 'h':
			usage(stdout);
			return 1;
		case 'V':
			puts("digest (teelink) " TEELINK_VERSION);
			return 1;
		default:
			ret = -EINVAL;
		}
	}
	if (ret)
		fputs("Try 'digest --help'.\n", stderr);
	return ret;
}

static void complain(const char *what, TEEC_Result res, uint32_t origin)
{
	fprintf(stderr, "digest: %s: %s (0x%08x, says %s)\n", what, teec_result_words(res), res,
		teec_origin_words(origin));
}

static int invoke(struct tee *tee, uint32_t cmd, const char *what, TEEC_Operation *op)
{
	uint32_t origin = 0;
	TEEC_Result res = TEEC_InvokeCommand(&tee->session, cmd, op, &origin);

	if (res == TEEC_SUCCESS)
		return 0;
	complain(what, res, origin);
	return -EIO;
}

static int digest_init(struct tee *tee, enum digest_alg alg)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE,
							     TEEC_NONE) };

	op.params[0].value.a = alg;
	return invoke(tee, DIGEST_CMD_INIT, "start a digest", &op);
}

/* The first @len bytes of the shared buffer. */
static int digest_update(struct tee *tee, size_t len)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_NONE,
							     TEEC_NONE, TEEC_NONE) };

	op.params[0].memref.parent = &tee->shm;
	op.params[0].memref.size = len;
	return invoke(tee, DIGEST_CMD_UPDATE, "go on with a digest", &op);
}

static int digest_final(struct tee *tee, uint8_t *digest, size_t *len)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_NONE,
							     TEEC_NONE, TEEC_NONE) };
	int ret;

	op.params[0].tmpref.buffer = digest;
	op.params[0].tmpref.size = *len;
	ret = invoke(tee, DIGEST_CMD_FINAL, "finish a digest", &op);
	*len = op.params[0].tmpref.size;
	return ret;
}

/* Return: bytes, fewer than @len only at the end of the file, or -errno. */
static ssize_t read_full(int fd, uint8_t *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = read(fd, buf + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* As sha256sum: odd characters in a name are escaped, and a backslash before the digest says so. */
static void print_line(const uint8_t *digest, size_t len, const char *name)
{
	bool escape = strpbrk(name, "\\\n\r");
	size_t i;

	if (escape)
		putchar('\\');
	for (i = 0; i < len; i++)
		printf("%02x", digest[i]);
	fputs("  ", stdout);
	for (; *name; name++) {
		if (*name == '\\')
			fputs("\\\\", stdout);
		else if (*name == '\n')
			fputs("\\n", stdout);
		else if (*name == '\r')
			fputs("\\r", stdout);
		else
			putchar(*name);
	}
	putchar('\n');
}

static enum outcome digest_stream(struct tee *tee, const struct options *o, int fd,
				  const char *name)
{
	uint8_t digest[DIGEST_MAX_SIZE];
	size_t len = sizeof(digest);
	ssize_t n;

	if (digest_init(tee, o->alg))
		return OUTCOME_BAD_TEE;
	do {
		n = read_full(fd, tee->shm.buffer, tee->shm.size);
		if (n < 0) {
			fprintf(stderr, "digest: %s: %s\n", name, strerror((int)-n));
			return OUTCOME_BAD_FILE;
		}
		if (n && digest_update(tee, (size_t)n))
			return OUTCOME_BAD_TEE;
	} while ((size_t)n == tee->shm.size);
	if (digest_final(tee, digest, &len))
		return OUTCOME_BAD_TEE;
	print_line(digest, len, name);
	return OUTCOME_OK;
}

static enum outcome digest_file(struct tee *tee, const struct options *o, const char *name)
{
	enum outcome outcome;
	int fd;

	if (!strcmp(name, "-"))
		return digest_stream(tee, o, STDIN_FILENO, name);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "digest: %s: %s\n", name, strerror(errno));
		return OUTCOME_BAD_FILE;
	}
	outcome = digest_stream(tee, o, fd, name);
	close(fd);
	return outcome;
}

static int tee_open(struct tee *tee, size_t buffer_size)
{
	static const TEEC_UUID uuid = DIGEST_TA_UUID;
	uint32_t origin = TEEC_ORIGIN_API;
	TEEC_Result res;

	res = TEEC_InitializeContext(NULL, &tee->ctx);
	if (res != TEEC_SUCCESS) {
		complain("no TEE", res, origin);
		return -ENODEV;
	}
	tee->shm.size = buffer_size;
	tee->shm.flags = TEEC_MEM_INPUT;
	res = TEEC_AllocateSharedMemory(&tee->ctx, &tee->shm);
	if (res != TEEC_SUCCESS) {
		complain("shared memory", res, origin);
		goto err_finalize;
	}
	res = TEEC_OpenSession(&tee->ctx, &tee->session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL,
			       &origin);
	if (res != TEEC_SUCCESS) {
		complain("open session", res, origin);
		goto err_release;
	}
	return 0;

err_release:
	TEEC_ReleaseSharedMemory(&tee->shm);
err_finalize:
	TEEC_FinalizeContext(&tee->ctx);
	return -ENODEV;
}

static void tee_close(struct tee *tee)
{
	TEEC_CloseSession(&tee->session);
	TEEC_ReleaseSharedMemory(&tee->shm);
	TEEC_FinalizeContext(&tee->ctx);
}

int main(int argc, char **argv)
{
	static char standard_input[] = "-";
	char *only[] = { standard_input, NULL };
	struct options o = { .alg = DIGEST_SHA256, .buffer_size = DEFAULT_BUFFER_SIZE };
	enum outcome outcome = OUTCOME_OK;
	bool all = true;
	struct tee tee;
	char **name;
	int ret;

	ret = parse_options(argc, argv, &o);
	if (ret)
		return ret < 0 ? 2 : 0;
	if (tee_open(&tee, o.buffer_size))
		return 1;
	name = optind < argc ? argv + optind : only;
	for (; *name && outcome != OUTCOME_BAD_TEE; name++) {
		outcome = digest_file(&tee, &o, *name);
		all = all && outcome == OUTCOME_OK;
	}
	tee_close(&tee);
	if (fflush(stdout) || ferror(stdout)) {
		perror("digest: standard output");
		return 1;
	}
	return all ? 0 : 1;
}
