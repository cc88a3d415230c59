/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * hello: the smallest whole client application. A number goes to a trusted application and comes
 * back larger.
 */
#include "examples/hello/hello_ta.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <tee_client_api.h>

#include "examples/teec_words.h"

struct options {
	uint32_t number;
	uint32_t addend;
	bool add; /* ADD with addend, not INC */
};

static void usage(FILE *out)
{
	fputs("Usage: hello [OPTION]... [NUMBER]\n"
	      "Let a trusted application add 1 to NUMBER (default 42) and print what it says.\n\n"
	      "  -a, --add=N    add N instead of 1\n"
	      "  -h, --help     print this and exit\n"
	      "      --version  print the version and exit\n\n"
	      "Numbers are of 32 bits, decimal or with 0x. The environment variable TEELINK_DEVICE\n"
	      "says which TEE to use (see tee_client_api.h).\n",
	      out);
}

static int parse_number(const char *text, uint32_t *number)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || !isdigit((unsigned char)text[0]) || *end || n > UINT32_MAX) {
		fprintf(stderr, "hello: not a number of 32 bits: %s\n", text);
		return -EINVAL;
	}
	*number = (uint32_t)n;
	return 0;
}

/* Return: 0 to go on, 1 when all is said and done, -EINVAL. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "add", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "a:h", known, NULL)) != -1) {
		switch (c) {
		case 'a':
			o->add = true;
			if (parse_number(optarg, &o->addend))
				return -EINVAL;
			break;
		case 'h':
			usage(stdout);
			return 1;
		case 'V':
			puts("hello (teelink) " TEELINK_VERSION);
			return 1;
		default:
			fputs("Try 'hello --help'.\n", stderr);
			return -EINVAL;
		}
	}
	if (optind < argc && parse_number(argv[optind++], &o->number))
		return -EINVAL;
	if (optind < argc) {
		fprintf(stderr, "hello: too many arguments: %s\n", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static int fail(const char *what, TEEC_Result res, uint32_t origin)
{
	fprintf(stderr, "hello: %s: %s (0x%08x, says %s)\n", what, teec_result_words(res), res,
		teec_origin_words(origin));
	return 1;
}

static int say_hello(TEEC_Session *session, const struct options *o)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_NONE, TEEC_NONE,
							     TEEC_NONE) };
	uint32_t origin = 0;
	TEEC_Result res;

	op.params[0].value.a = o->number;
	op.params[0].value.b = o->addend;
	res = TEEC_InvokeCommand(session, o->add ? HELLO_CMD_ADD : HELLO_CMD_INC, &op, &origin);
	if (res != TEEC_SUCCESS)
		return fail("invoke", res, origin);
	printf("hello: %u + %u = %u\n", o->number, o->addend, op.params[0].value.a);
	return 0;
}

int main(int argc, char **argv)
{
	static const TEEC_UUID uuid = HELLO_TA_UUID;
	struct options o = { .number = 42, .addend = 1 };
	TEEC_Context ctx;
	TEEC_Session session;
	uint32_t origin = TEEC_ORIGIN_API;
	TEEC_Result res;
	int ret;

	ret = parse_options(argc, argv, &o);
	if (ret)
		return ret < 0 ? 2 : 0;
	res = TEEC_InitializeContext(NULL, &ctx);
	if (res != TEEC_SUCCESS)
		return fail("no TEE", res, origin);
	res = TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
	if (res != TEEC_SUCCESS) {
		ret = fail("open session", res, origin);
	} else {
		ret = say_hello(&session, &o);
		TEEC_CloseSession(&session);
	}
	TEEC_FinalizeContext(&ctx);
	if (fflush(stdout)) {
		perror("hello: standard output");
		ret = 1;
	}
	return ret;
}
