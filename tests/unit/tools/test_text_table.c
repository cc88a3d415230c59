/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "tools/text_table.h"

static void assert_printed(const char *json, const char *want)
{
	json_t *root = json_loads(json, 0, NULL);
	size_t size;
	char *text;
	FILE *out;

	assert_non_null(root);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	text_print(out, root);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
	json_decref(root);
}

static void test_plain(void **state)
{
	(void)state;
	assert_printed("{\"a\": 1, \"b\": \"x\\n\\u001b[1m\", \"c\": true, \"d\": null, "
		       "\"list\": [1, 2]}",
		       "a: 1\nb: x??[1m\nc: yes\nd: -\nlist: 1, 2\n");
}

static void test_table(void **state)
{
	(void)state;
	assert_printed("{\"vms\": [{\"id\": 1, \"name\": \"first\"},"
		       " {\"id\": 10, \"name\": \"b\", \"late\": [3, 4]}], \"up\": true}",
		       "up: yes\n"
		       "\nvms\n"
		       "  id  name   late\n"
		       "   1  first     -\n"
		       "  10  b         2\n");
}

static void test_inner(void **state)
{
	(void)state;
	assert_printed("{\"tee\": {\"pid\": 4, \"tas\": []}}",
		       "\ntee\n  pid: 4\n\ntee.tas\n  none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_inner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
