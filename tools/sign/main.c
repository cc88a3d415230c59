// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* teelink-sign: signs images of trusted applications, with the words of OP-TEE's script. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/uuid.h"
#include "tools/sign/sign.h"

#define EXIT_USAGE 2

/* What a command can't do without. */
enum { NEED_UUID = 1, NEED_KEY = 2, NEED_IN = 4, NEED_OUT = 8, NEED_SIG = 16, NEED_DIG = 32,
       NEED_NAME_SIZE = 64 };

static const struct sign_command {
	const char *name, *alias;
	int (*main)(const struct sign_options *o);
	unsigned int needs;
	const char *what;
} commands[] = {
	{ "sign-enc", NULL, sign_cmd_enc, NEED_UUID | NEED_KEY | NEED_OUT,
	  "sign an image, and encrypt it with --enc-key (the default command)" },
	{ "digest", "generate-digest", sign_cmd_digest, NEED_UUID | NEED_KEY | NEED_DIG,
	  "write what is to be signed elsewhere" },
	{ "stitch", "stitch-ta", sign_cmd_stitch, NEED_UUID | NEED_KEY | NEED_OUT | NEED_SIG,
	  "make an image with a signature that was made elsewhere" },
	{ "verify", NULL, sign_cmd_verify, NEED_UUID | NEED_KEY | NEED_IN, "check an image" },
	{ "display", NULL, sign_cmd_display, NEED_IN, "print an image's headers" },
	{ "subkey-uuid", NULL, sign_cmd_subkey_uuid, NEED_IN,
	  "print the UUID that comes below a sub-key" },
	{ "sign-subkey", NULL, sign_cmd_subkey,
	  NEED_UUID | NEED_KEY | NEED_IN | NEED_OUT | NEED_NAME_SIZE, "sign a sub-key" },
	{ "public-key", NULL, sign_cmd_public_key, NEED_KEY | NEED_OUT,
	  "write the public part of a key" },
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char options_help[] =
	"\nOptions:\n"
	"  --uuid UUID          of the trusted application\n"
	"  --key FILE           PEM; the private key, or the public one where nothing is signed\n"
	"  --in FILE            default: UUID.stripped.elf\n"
	"  --out FILE\n"
	"  --algo NAME          TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256 (default) or\n"
	"                       TEE_ALG_RSASSA_PKCS1_V1_5_SHA256\n"
	"  --ta-version N       32 bits; a machine refuses less than it has seen\n"
	"  --subkey FILE        put these sub-keys in front\n"
	"  --name TEXT          the name below the last of them\n"
	"  --enc-key HEX        encrypt with AES-GCM\n"
	"  --enc-key-type NAME  SHDR_ENC_KEY_DEV_SPECIFIC (default) or SHDR_ENC_KEY_CLASS_WIDE\n"
	"  --dig FILE, --sig FILE  digest and signature, in base64\n"
	"  --max-depth N, --name-size N, --subkey-version N  of a sub-key\n"
	"  --format pem|c       of a public key\n"
	"  -h, --help           this text\n"
	"      --version        the version\n";

int sign_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("teelink-sign: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return 1;
}

static void print_help(FILE *f)
{
	size_t i;

	fputs("Usage: teelink-sign [COMMAND] OPTION...\n"
	      "Sign images of trusted applications. Commands and options are those of OP-TEE's\n"
	      "sign_encrypt.py.\n\nCommands:\n",
	      f);
	for (i = 0; i < NUM_COMMANDS; i++)
		fprintf(f, "  %-12s %s\n", commands[i].name, commands[i].what);
	fputs(options_help, f);
}

static const struct sign_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NUM_COMMANDS; i++)
		if (!strcmp(name, commands[i].name) ||
		    (commands[i].alias && !strcmp(name, commands[i].alias)))
			return &commands[i];
	return NULL;
}

static bool parse_u32(const char *text, uint32_t *v)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	*v = (uint32_t)n;
	return !errno && *text && *text != '-' && !*end && n <= UINT32_MAX;
}

static bool parse_algo(const char *text, uint32_t *algo)
{
	if (!strcmp(text, "TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256"))
		*algo = SHDR_ALG_RSA_PSS_SHA256;
	else if (!strcmp(text, "TEE_ALG_RSASSA_PKCS1_V1_5_SHA256"))
		*algo = SHDR_ALG_RSA_PKCS1_SHA256;
	else
		return false;
	return true;
}

static bool parse_key_type(const char *text, uint32_t *flags)
{
	*flags = strcmp(text, "SHDR_ENC_KEY_CLASS_WIDE") ? 0 : SHDR_ENC_KEY_CLASS_WIDE;
	return *flags || !strcmp(text, "SHDR_ENC_KEY_DEV_SPECIFIC");
}

/* Return: false for an option that makes no sense. */
static bool take_option(struct sign_options *o, int opt)
{
	switch (opt) {
	case 'u':
		o->uuid_text = optarg;
		o->have_uuid = !uuid_parse(optarg, o->uuid);
		return o->have_uuid;
	case 'k':
		o->key = optarg;
		return true;
	case 'i':
		o->in = optarg;
		return true;
	case 'o':
		o->out = optarg;
		return true;
	case 'a':
		return parse_algo(optarg, &o->algo);
	case 'V':
		return parse_u32(optarg, &o->version);
	case 'b':
		o->subkey = optarg;
		return true;
	case 'n':
		o->name = optarg;
		return true;
	case 'e':
		o->enc_key = optarg;
		return true;
	case 't':
		return parse_key_type(optarg, &o->enc_flags);
	case 'd':
		o->dig = optarg;
		return true;
	case 's':
		o->sig = optarg;
		return true;
	case 'm':
		o->have_depth = true;
		return parse_u32(optarg, &o->max_depth);
	case 'N':
		o->have_name_size = true;
		return parse_u32(optarg, &o->name_size);
	case 'S':
		return parse_u32(optarg, &o->subkey_version);
	case 'f':
		o->format = optarg;
		return !strcmp(optarg, "pem") || !strcmp(optarg, "c");
	default:
		return false;
	}
}

static const struct option longs[] = {
	{ "uuid", required_argument, NULL, 'u' },
	{ "key", required_argument, NULL, 'k' },
	{ "in", required_argument, NULL, 'i' },
	{ "out", required_argument, NULL, 'o' },
	{ "algo", required_argument, NULL, 'a' },
	{ "ta-version", required_argument, NULL, 'V' },
	{ "subkey", required_argument, NULL, 'b' },
	{ "name", required_argument, NULL, 'n' },
	{ "enc-key", required_argument, NULL, 'e' },
	{ "enc-key-type", required_argument, NULL, 't' },
	{ "dig", required_argument, NULL, 'd' },
	{ "sig", required_argument, NULL, 's' },
	{ "max-depth", required_argument, NULL, 'm' },
	{ "name-size", required_argument, NULL, 'N' },
	{ "subkey-version", required_argument, NULL, 'S' },
	{ "format", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static int usage_error(const char *text)
{
	sign_fail("%s", text);
	fputs("Try 'teelink-sign --help'.\n", stderr);
	return EXIT_USAGE;
}

static unsigned int given(const struct sign_options *o)
{
	return (o->have_uuid ? NEED_UUID : 0u) | (o->key ? NEED_KEY : 0u) |
	       (o->in ? NEED_IN : 0u) | (o->out ? NEED_OUT : 0u) | (o->sig ? NEED_SIG : 0u) |
	       (o->dig ? NEED_DIG : 0u) | (o->have_name_size ? NEED_NAME_SIZE : 0u);
}

int main(int argc, char **argv)
{
	struct sign_options o = { .algo = SHDR_ALG_RSA_PSS_SHA256 };
	const struct sign_command *cmd = &commands[0];
	int opt;

	if (argc > 1 && argv[1][0] != '-') {
		cmd = find_command(argv[1]);
		if (!cmd)
			return usage_error("no such command");
		argc--;
		argv++;
	}
	while ((opt = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (opt == 'h') {
			print_help(stdout);
			return 0;
		}
		if (opt == 'v') {
			puts("teelink-sign " TEELINK_VERSION);
			return 0;
		}
		if (opt == '?')
			return EXIT_USAGE;
		if (!take_option(&o, opt))
			return usage_error("an option's value makes no sense");
	}
	if (optind != argc)
		return usage_error("too many arguments");
	if (cmd->needs & ~given(&o))
		return usage_error("an option is missing");
	return cmd->main(&o);
}
