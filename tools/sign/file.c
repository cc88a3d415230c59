// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sign/image.h"

static int read_all(int fd, struct sign_bytes *b)
{
	size_t at = 0;

	while (at < b->size) {
		ssize_t n = read(fd, b->data + at, b->size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += (size_t)n;
	}
	return 0;
}

int sign_read(const char *path, struct sign_bytes *b)
{
	struct stat st;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : 0;
	if (!ret && st.st_size > SIGN_MAX_FILE)
		ret = -EFBIG;
	if (!ret) {
		b->size = (size_t)st.st_size;
		b->data = malloc(b->size + 1);
		ret = b->data ? read_all(fd, b) : -ENOMEM;
	}
	close(fd);
	if (ret) {
		free(b->data);
		b->data = NULL;
		return ret;
	}
	b->data[b->size] = '\0'; /* for those that read text */
	return 0;
}

/* Under another name first: nobody finds half an image. */
int sign_write(const char *path, const void *data, size_t size)
{
	char tmp[4096];
	FILE *f;
	int ret = 0;

	if (snprintf(tmp, sizeof(tmp), "%s.%ld", path, (long)getpid()) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	f = fopen(tmp, "we");
	if (!f)
		return -errno;
	if (size && fwrite(data, 1, size, f) != size)
		ret = -EIO;
	if (fclose(f) && !ret)
		ret = -errno;
	if (!ret && rename(tmp, path))
		ret = -errno;
	if (ret)
		unlink(tmp);
	return ret;
}

int sign_parse_key(const void *pem, size_t size, EVP_PKEY **key)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)size);

	if (!bio)
		return -ENOMEM;
	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	if (!*key) {
		BIO_reset(bio);
		*key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (*key && EVP_PKEY_get_base_id(*key) == EVP_PKEY_RSA)
		return 0;
	EVP_PKEY_free(*key);
	*key = NULL;
	return -EINVAL;
}

int sign_load_key(const char *path, EVP_PKEY **key)
{
	struct sign_bytes b = { NULL, 0 };
	int ret = sign_read(path, &b);

	if (ret)
		return ret;
	ret = sign_parse_key(b.data, b.size, key);
	OPENSSL_cleanse(b.data, b.size);
	free(b.data);
	return ret;
}

size_t sign_key_bytes(const EVP_PKEY *key)
{
	return (size_t)EVP_PKEY_get_size(key);
}
