/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine_path.h"

struct sandbox {
	char dir[64];
};

static int setup(void **state)
{
	struct sandbox *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	strcpy(s->dir, "/tmp/teelink-test-XXXXXX");
	if (!mkdtemp(s->dir))
		return -1;
	unsetenv("TEELINK_SOCKET");
	unsetenv("TEELINK_MACHINE");
	unsetenv("TEELINK_TA_DIR");
	unsetenv("TEELINK_LIBEXEC");
	setenv("XDG_RUNTIME_DIR", s->dir, 1);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct sandbox *s = *state;
	char cmd[128];
	int ret;

	snprintf(cmd, sizeof(cmd), "rm -rf -- %s", s->dir);
	ret = system(cmd);
	free(s);
	return ret;
}

static void put(char *buf, size_t size, const char *dir, const char *name)
{
	assert_true(snprintf(buf, size, "%s/%s", dir, name) < (int)size);
}

static void touch_program(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	close(fd);
}

static void test_socket_choice(void **state)
{
	struct sandbox *s = *state;
	char got[MACHINE_SOCKET_SIZE], want[128];

	put(want, sizeof(want), s->dir, "teelink/default/sock");
	assert_int_equal(machine_socket_path(NULL, got, sizeof(got)), 0);
	assert_string_equal(got, want);

	setenv("TEELINK_MACHINE", "second", 1);
	put(want, sizeof(want), s->dir, "teelink/second/sock");
	assert_int_equal(machine_socket_path(NULL, got, sizeof(got)), 0);
	assert_string_equal(got, want);

	setenv("TEELINK_SOCKET", "/somewhere/sock", 1);
	assert_int_equal(machine_socket_path(NULL, got, sizeof(got)), 0);
	assert_string_equal(got, "/somewhere/sock");

	put(want, sizeof(want), s->dir, "teelink/third/sock");
	assert_int_equal(machine_socket_path("third", got, sizeof(got)), 0);
	assert_string_equal(got, want);
}

static void test_socket_without_runtime_dir(void **state)
{
	char got[MACHINE_SOCKET_SIZE], want[64];

	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(want, sizeof(want), "/tmp/teelink-%u/default/sock", (unsigned int)geteuid());
	assert_int_equal(machine_socket_path(NULL, got, sizeof(got)), 0);
	assert_string_equal(got, want);
}

static void test_bad_names(void **state)
{
	static const char *const bad[] = {
		"",    ".",   "..",  ".hidden",
		"a/b", "a b", "a\n", "name-that-is-much-longer-than-any-needs-to-be",
	};
	char got[MACHINE_SOCKET_SIZE], longer[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(machine_socket_path(bad[i], got, sizeof(got)), -EINVAL);
	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setenv("TEELINK_SOCKET", longer, 1);
	assert_int_equal(machine_socket_path(NULL, got, sizeof(got)), -ENAMETOOLONG);
	assert_int_equal(machine_socket_path("ok", got, 8), -ENAMETOOLONG);
}

static void test_beside_socket(void **state)
{
	char got[PATH_MAX];

	(void)state;
	assert_int_equal(machine_state_path("/a/b/sock", got, sizeof(got)), 0);
	assert_string_equal(got, "/a/b/state");
	assert_int_equal(machine_lock_path("/a/b/sock", got, sizeof(got)), 0);
	assert_string_equal(got, "/a/b/sock.start");
	assert_int_equal(machine_ta_log_path("/a/b/sock", got, sizeof(got)), 0);
	assert_string_equal(got, "/a/b/ta.log");
	assert_int_equal(machine_state_path("sock", got, sizeof(got)), 0);
	assert_string_equal(got, "./state");
}

static void test_make_folder(void **state)
{
	char sock[MACHINE_SOCKET_SIZE], folder[128];
	struct sandbox *s = *state;
	struct stat st;

	assert_int_equal(machine_socket_path("one", sock, sizeof(sock)), 0);
	assert_int_equal(machine_make_folder(sock), 0);
	assert_int_equal(machine_make_folder(sock), 0);
	put(folder, sizeof(folder), s->dir, "teelink/one");
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);

	assert_int_equal(chmod(folder, 0750), 0);
	assert_int_equal(machine_make_folder(sock), -EPERM);
	assert_int_equal(chmod(folder, 0700), 0);
	put(folder, sizeof(folder), s->dir, "teelink");
	assert_int_equal(chmod(folder, 0770), 0);
	assert_int_equal(machine_make_folder(sock), -EPERM);
}

static void test_make_folder_refuses_links(void **state)
{
	char sock[MACHINE_SOCKET_SIZE], folder[128], real[128];
	struct sandbox *s = *state;

	put(real, sizeof(real), s->dir, "real");
	assert_int_equal(mkdir(real, 0700), 0);
	put(folder, sizeof(folder), s->dir, "teelink");
	assert_int_equal(mkdir(folder, 0700), 0);
	put(folder, sizeof(folder), s->dir, "teelink/one");
	assert_int_equal(symlink(real, folder), 0);
	assert_int_equal(machine_socket_path("one", sock, sizeof(sock)), 0);
	assert_true(machine_make_folder(sock) < 0);

	/* A socket straight in a folder that others write to. */
	assert_int_equal(machine_make_folder("/tmp/sock"), -EPERM);
}

/* In /tmp anybody may have put it there, to point it elsewhere once it has been looked at. */
static void test_make_folder_refuses_others_links(void **state)
{
	char sock[MACHINE_SOCKET_SIZE], link[128];
	struct sandbox *s = *state;

	put(link, sizeof(link), s->dir, "teelink");
	assert_int_equal(symlink("/", link), 0);
	if (lchown(link, 12345, 12345))
		skip();
	assert_int_equal(machine_socket_path("one", sock, sizeof(sock)), 0);
	assert_int_equal(machine_make_folder(sock), -EPERM);
	assert_int_equal(unlink(link), 0);
}

static void test_find_program(void **state)
{
	char own[128], want[128], got[PATH_MAX];
	struct sandbox *s = *state;

	put(own, sizeof(own), s->dir, "bin");
	assert_int_equal(mkdir(own, 0700), 0);
	put(own, sizeof(own), s->dir, "bin/teelink");
	touch_program(own);
	assert_int_equal(machine_find_program(own, "teelink-nothing", got, sizeof(got)), -ENOENT);

	put(want, sizeof(want), s->dir, "libexec");
	assert_int_equal(mkdir(want, 0700), 0);
	put(want, sizeof(want), s->dir, "libexec/teelink");
	assert_int_equal(mkdir(want, 0700), 0);
	put(want, sizeof(want), s->dir, "libexec/teelink/teelinkd");
	touch_program(want);
	assert_int_equal(machine_find_program(own, "teelinkd", got, sizeof(got)), 0);
	assert_string_equal(got, want);
	assert_int_equal(machine_find_program(own, "teelinkd", got, 10), -ENAMETOOLONG);

	put(want, sizeof(want), s->dir, "hv");
	assert_int_equal(mkdir(want, 0700), 0);
	put(want, sizeof(want), s->dir, "hv/teelinkd");
	touch_program(want);
	assert_int_equal(machine_find_program(own, "teelinkd", got, sizeof(got)), 0);
	assert_string_equal(got, want);

	setenv("TEELINK_LIBEXEC", s->dir, 1);
	assert_int_equal(machine_find_program(own, "teelinkd", got, sizeof(got)), -ENOENT);
}

static void test_build_tree(void **state)
{
	char own[128], path[128], got[PATH_MAX];
	struct sandbox *s = *state;

	put(own, sizeof(own), s->dir, "tools");
	assert_int_equal(mkdir(own, 0700), 0);
	put(own, sizeof(own), s->dir, "tools/teelink");
	touch_program(own);
	assert_int_equal(machine_build_libdir(own, got, sizeof(got)), -ENOENT);
	assert_int_equal(machine_build_libdir(NULL, got, sizeof(got)), -ENOENT);

	put(path, sizeof(path), s->dir, "meson-private");
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, sizeof(path), s->dir, "meson-private/coredata.dat");
	touch_program(path);
	assert_int_equal(machine_build_libdir(own, got, sizeof(got)), 0);
	put(path, sizeof(path), s->dir, "ree/libteec");
	assert_string_equal(got, path);
}

static void test_build_tree_images(void **state)
{
	static const char *const folders[] = {
		"meson-private", "meson-private/coredata.dat", "tools", "examples",
		"examples/one",	 "examples/one/ta",	       "bench", "bench/ta",
	};
	char own[128], path[128], **dirs;
	struct sandbox *s = *state;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		put(path, sizeof(path), s->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put(own, sizeof(own), s->dir, "tools/teelink");
	touch_program(own);
	dirs = machine_ta_dirs(own);
	assert_non_null(dirs);
	put(path, sizeof(path), s->dir, "examples/one/ta");
	assert_string_equal(dirs[0], path);
	put(path, sizeof(path), s->dir, "bench/ta");
	assert_string_equal(dirs[1], path);
	machine_ta_dirs_free(dirs);
}

static void test_ta_dirs(void **state)
{
	struct sandbox *s = *state;
	char list[256], **dirs;

	snprintf(list, sizeof(list), ":%s/none:%s::/tmp:", s->dir, s->dir);
	setenv("TEELINK_TA_DIR", list, 1);
	dirs = machine_ta_dirs(NULL);
	assert_non_null(dirs);
	assert_string_equal(dirs[0], s->dir);
	assert_string_equal(dirs[1], "/tmp");
	machine_ta_dirs_free(dirs);
	machine_ta_dirs_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_socket_choice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket_without_runtime_dir, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beside_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_folder_refuses_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_folder_refuses_others_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find_program, setup, teardown),
		cmocka_unit_test_setup_teardown(test_build_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_build_tree_images, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ta_dirs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
