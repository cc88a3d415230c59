// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant's files of secure storage: what is asked for is done, in its folder and nowhere
 * else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ree/supplicant/store.h"

#define FOLDER "01234567-89ab-cdef-0123-456789abcdef"
#define NAME FOLDER "/00112233445566778899aabbccddeeff"
#define OTHER FOLDER "/ff112233445566778899aabbccddeeff"

#define SUCCESS 0u
#define BAD_PARAMETERS 0xffff0006u
#define NOT_FOUND 0xffff0008u

struct env {
	char dir[64], state[80];
	struct store store;
	struct supp_fs_req req;
	struct supp_fs_rsp rsp;
	uint8_t shm[8192];
};

static int setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	snprintf(e->dir, sizeof(e->dir), "/tmp/teelink-store-XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	snprintf(e->state, sizeof(e->state), "%s/state", e->dir);
	store_init(&e->store, e->state);
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	struct env *e = *state;
	char cmd[128];
	int ret;

	store_release(&e->store);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", e->dir);
	ret = system(cmd);
	free(e);
	return ret;
}

static void begin(struct env *e, const char *a, const char *b)
{
	memset(&e->req, 0, sizeof(e->req));
	e->req.tag = 77;
	snprintf(e->req.name[0], SUPP_FS_NAME_SIZE, "%s", a);
	snprintf(e->req.name[1], SUPP_FS_NAME_SIZE, "%s", b);
}

static struct supp_fs_op *add(struct env *e, enum supp_fs_op_code code, uint64_t offset,
			      uint32_t len, uint64_t at)
{
	struct supp_fs_op *op = &e->req.op[e->req.num_ops++];

	op->code = (uint8_t)code;
	op->offset = offset;
	op->len = len;
	op->shm_offset = at;
	return op;
}

static uint32_t run(struct env *e)
{
	store_serve(&e->store, &e->req,
		    offsetof(struct supp_fs_req, op) + e->req.num_ops * sizeof(e->req.op[0]),
		    e->shm, sizeof(e->shm), &e->rsp);
	return e->rsp.result;
}

static void make(struct env *e, const char *name, const char *text)
{
	begin(e, name, "");
	memcpy(e->shm, text, strlen(text));
	add(e, SUPP_FS_CREATE, 0, 0, 0);
	add(e, SUPP_FS_WRITE, 0, (uint32_t)strlen(text), 0);
	add(e, SUPP_FS_SYNC, 0, 0, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(e->rsp.done, 3);
	assert_int_equal(e->rsp.tag, 77);
}

static uint32_t look(struct env *e, const char *name, char back[16])
{
	uint32_t res;

	begin(e, name, "");
	memset(e->shm, 0xff, 16);
	add(e, SUPP_FS_READ, 0, 16, 0);
	res = run(e);
	memcpy(back, e->shm, 16);
	return res;
}

static void files_come_and_go(void **state)
{
	struct env *e = *state;
	char path[256], back[16];
	struct stat st;

	assert_int_equal(look(e, NAME, back), NOT_FOUND);
	make(e, NAME SUPP_FS_NEW_SUFFIX, "text");
	snprintf(path, sizeof(path), "%s/storage/" NAME SUPP_FS_NEW_SUFFIX, e->state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	begin(e, NAME SUPP_FS_NEW_SUFFIX, NAME);
	add(e, SUPP_FS_RENAME, 0, 0, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(look(e, NAME, back), SUCCESS);
	assert_int_equal(e->rsp.got, 4);
	assert_memory_equal(back, "text\0\0\0\0\0\0\0\0\0\0\0", 16);
	begin(e, NAME, "");
	add(e, SUPP_FS_TRUNCATE, 2, 0, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(look(e, NAME, back), SUCCESS);
	assert_int_equal(e->rsp.got, 2);
	make(e, OTHER, "other");
	begin(e, NAME, OTHER);
	add(e, SUPP_FS_RENAME, 0, 0, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(look(e, NAME, back), NOT_FOUND);
	assert_int_equal(look(e, OTHER, back), SUCCESS);
	assert_memory_equal(back, "te", 2);
	begin(e, OTHER, "");
	add(e, SUPP_FS_REMOVE, 0, 0, 0);
	add(e, SUPP_FS_REMOVE, 0, 0, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(look(e, OTHER, back), NOT_FOUND);
}

static void lists_names(void **state)
{
	struct env *e = *state;

	begin(e, FOLDER, "");
	add(e, SUPP_FS_LIST, 0, 64, 0);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(e->rsp.got, 0);
	make(e, NAME, "1");
	make(e, OTHER SUPP_FS_NEW_SUFFIX, "2");
	begin(e, FOLDER, "");
	add(e, SUPP_FS_LIST, 0, 64, 100);
	assert_int_equal(run(e), SUCCESS);
	assert_int_equal(e->rsp.got, 16);
	assert_int_equal(e->shm[101], 0x11);
	assert_int_equal(e->shm[115], 0xff);
}

static void stops_at_the_first_error(void **state)
{
	struct env *e = *state;
	char back[16];

	make(e, NAME, "text");
	begin(e, NAME, OTHER);
	memcpy(e->shm, "TEXT", 4);
	add(e, SUPP_FS_WRITE, 0, 2, 0);
	add(e, SUPP_FS_READ, 0, 2, 0)->file = 1;
	add(e, SUPP_FS_WRITE, 2, 2, 0);
	assert_int_equal(run(e), NOT_FOUND);
	assert_int_equal(e->rsp.done, 1);
	assert_int_equal(look(e, NAME, back), SUCCESS);
	assert_memory_equal(back, "TExt", 4);
}

static void names_stay_inside(void **state)
{
	static const char *const bad[] = {
		"",
		"/etc/passwd",
		"../../../../etc/passwd",
		FOLDER "/../" FOLDER,
		FOLDER "/..",
		FOLDER "/00112233445566778899aabbccddeefg",
		NAME ".old",
		NAME "/x",
		NAME SUPP_FS_NEW_SUFFIX "x",
		"0123456789abcdef/00112233445566778899aabbccddeeff",
		FOLDER,
		FOLDER "/00112233445566778899AABBCCDDEEFF",
	};
	struct env *e = *state;
	unsigned int i;

	make(e, NAME, "x");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(e, bad[i], NAME);
		add(e, SUPP_FS_CREATE, 0, 0, 0);
		assert_int_equal(run(e), BAD_PARAMETERS);
		begin(e, NAME, bad[i]);
		add(e, SUPP_FS_RENAME, 0, 0, 0);
		assert_int_equal(run(e), BAD_PARAMETERS);
	}
	begin(e, NAME, "");
	memset(e->req.name[0], 'a', SUPP_FS_NAME_SIZE);
	add(e, SUPP_FS_READ, 0, 1, 0);
	assert_int_equal(run(e), BAD_PARAMETERS);
	/* A link of somebody's isn't followed. */
	begin(e, OTHER, "");
	{
		char path[256];

		snprintf(path, sizeof(path), "%s/storage/" OTHER, e->state);
		assert_int_equal(symlink("/etc/passwd", path), 0);
	}
	add(e, SUPP_FS_READ, 0, 16, 0);
	assert_int_not_equal(run(e), SUCCESS);
	assert_int_equal(e->rsp.done, 0);
}

static void requests_are_checked(void **state)
{
	struct env *e = *state;
	size_t len = offsetof(struct supp_fs_req, op);

	make(e, NAME, "x");
	begin(e, NAME, "");
	add(e, SUPP_FS_READ, 0, 16, sizeof(e->shm) - 15);
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	add(e, SUPP_FS_READ, 0, 0xffffffff, 1);
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	add(e, SUPP_FS_WRITE, UINT64_MAX, 1, 0);
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	add(e, SUPP_FS_WRITE, 0, 1, UINT64_MAX);
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	add(e, SUPP_FS_READ, 0, 1, 0)->file = 2;
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	add(e, (enum supp_fs_op_code)99, 0, 1, 0);
	assert_int_equal(run(e), BAD_PARAMETERS);
	begin(e, NAME, "");
	store_serve(&e->store, &e->req, len - 1, e->shm, sizeof(e->shm), &e->rsp);
	assert_int_equal(e->rsp.result, BAD_PARAMETERS);
	e->req.num_ops = 1;
	store_serve(&e->store, &e->req, len, e->shm, sizeof(e->shm), &e->rsp);
	assert_int_equal(e->rsp.result, BAD_PARAMETERS);
	e->req.num_ops = 0x10000000;
	store_serve(&e->store, &e->req, sizeof(e->req), e->shm, sizeof(e->shm), &e->rsp);
	assert_int_equal(e->rsp.result, BAD_PARAMETERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_names, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_at_the_first_error, setup, teardown),
		cmocka_unit_test_setup_teardown(names_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_are_checked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
