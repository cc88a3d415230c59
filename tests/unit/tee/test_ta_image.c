// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Images from a supplicant that is honest, absent, or neither. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_sample.h"
#include "ta_fixture.h"
#include "tools/sign/image.h"

static const uint8_t probe[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				   0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x02 };

static struct ta_fixture fx;

static int setup(void **state)
{
	(void)state;
	ta_fixture_start(&fx, true, true);
	return 0;
}

static int setup_processes(void **state)
{
	(void)state;
	ta_fixture_start(&fx, false, true);
	return 0;
}

static int setup_alone(void **state)
{
	(void)state;
	ta_fixture_start(&fx, true, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ta_fixture_stop(&fx);
	return 0;
}

static void put(struct ta_image *img)
{
	world_lock(fx.world);
	ta_image_put(img);
	world_unlock(fx.world);
}

static void expect_loads(void)
{
	struct ta_image *img = NULL;

	assert_int_equal(ta_fixture_load(&fx, probe, &img), 0);
	assert_int_equal(ta_image_flags(img), TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION |
						      TA_FLAG_INSTANCE_KEEP_ALIVE);
	put(img);
}

static void test_load(void **state)
{
	static const uint8_t unknown[16] = { 1 };
	struct ta_image *img = NULL;

	(void)state;
	expect_loads();
	assert_int_equal(ta_fixture_load(&fx, unknown, &img), -ENOENT);
	expect_loads();
}

static void test_moods(void **state)
{
	static const struct {
		enum supp_mood mood;
		int ret;
	} moods[] = {
		{ SUPP_TOO_LARGE, -EKEYREJECTED },
		{ SUPP_CHANGES_TOTAL, -ECONNRESET },
		{ SUPP_TRUNCATES, -EKEYREJECTED },
	};
	struct ta_image *img = NULL;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
		fx.mood = moods[i].mood;
		assert_int_equal(ta_fixture_load(&fx, probe, &img), moods[i].ret);
		fx.mood = SUPP_HONEST;
		expect_loads();
	}
}

/* Answers to requests that were given up. */
static void test_late_answers(void **state)
{
	(void)state;
	fx.mood = SUPP_LATE;
	expect_loads();
	expect_loads();
}

static void expect_hangs_up(enum supp_mood mood)
{
	struct ta_image *img = NULL;

	fx.mood = mood;
	assert_int_equal(ta_fixture_load(&fx, probe, &img), -ECONNRESET);
}

static void test_wrong_tag(void **state)
{
	(void)state;
	expect_hangs_up(SUPP_WRONG_TAG);
}

static void test_wrong_len(void **state)
{
	(void)state;
	expect_hangs_up(SUPP_WRONG_LEN);
}

static void test_hang_up(void **state)
{
	(void)state;
	expect_hangs_up(SUPP_HANGS_UP);
}

/* Neither checked nor expected: it must not become the answer that was. */
static void test_second_answer(void **state)
{
	(void)state;
	fx.mood = SUPP_TALKS_ON;
	expect_loads();
	expect_loads();
}

static void *connect_late(void *arg)
{
	(void)arg;
	usleep(50000);
	ta_fixture_connect_supplicant(&fx);
	return NULL;
}

static void test_late_supplicant(void **state)
{
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, connect_late, NULL), 0);
	expect_loads();
	pthread_join(t, NULL);
}

static void use_bytes(const void *data, size_t size)
{
	free(fx.image);
	fx.image = malloc(size ? size : 1);
	assert_non_null(fx.image);
	memcpy(fx.image, data, size);
	fx.image_size = size;
}

/* Signed as @uuid's, in @version. */
static void use_signed(const struct elf_sample *s, size_t size, const uint8_t uuid[16],
		       uint32_t version)
{
	struct sign_request rq = { .type = SHDR_BOOTSTRAP_TA, .algo = SHDR_ALG_RSA_PSS_SHA256,
				   .version = version };
	struct sign_bytes out;

	memcpy(rq.uuid, uuid, sizeof(rq.uuid));
	rq.payload = (struct sign_bytes){ (uint8_t *)(uintptr_t)s, size };
	assert_int_equal(sign_load_key(TEST_TA_KEY, &rq.key), 0);
	assert_int_equal(sign_build(&rq, &out), 0);
	EVP_PKEY_free(rq.key);
	use_bytes(out.data, out.size);
	free(out.data);
}

/* Refused before a process is started, or by the loader in it: never taken for a TA. */
static void test_bad_images(void **state)
{
	struct ta_image *img = NULL;
	struct ta_instance *inst = NULL;
	struct elf_sample s;

	(void)state;
	elf_sample_init(&s);
	use_signed(&s, 0, elf_sample_uuid, 0);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -ENOEXEC);
	use_signed(&s, sizeof(s) / 2, elf_sample_uuid, 0);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -ENOEXEC);
	s.ehdr.e_machine = EM_S390;
	use_signed(&s, sizeof(s), elf_sample_uuid, 0);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -ENOEXEC);
	/* Its own head says that it is another's, whatever the signed header says. */
	elf_sample_init(&s);
	use_signed(&s, sizeof(s), probe, 0);
	assert_int_equal(ta_fixture_load(&fx, probe, &img), -ENOEXEC);

	/* Formally sound, but without symbols the loader stumbles over it: alone. */
	s.dyn[0].d_tag = DT_NULL;
	use_signed(&s, sizeof(s), elf_sample_uuid, 0);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), 0);
	world_lock(fx.world);
	assert_int_equal(ta_instance_create(fx.world, img, &inst), -EOWNERDEAD);
	world_unlock(fx.world);
	put(img);
}

/* Nothing of an image that isn't signed by whom we trust is looked at. */
static void test_unsigned(void **state)
{
	struct ta_image *img = NULL;
	struct elf_sample s;

	(void)state;
	elf_sample_init(&s);
	use_bytes(&s, sizeof(s));
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -EKEYREJECTED);
	use_bytes(&s, 0);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -EKEYREJECTED);
	use_signed(&s, sizeof(s), elf_sample_uuid, 0);
	assert_int_equal(ta_fixture_load(&fx, probe, &img), -EKEYREJECTED);
	fx.image[fx.image_size - 1] ^= 1;
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -EKEYREJECTED);
	fx.image[fx.image_size - 1] ^= 1;
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), 0);
	put(img);
}

static void test_rollback(void **state)
{
	struct ta_image *img = NULL;
	struct elf_sample s;

	(void)state;
	elf_sample_init(&s);
	use_signed(&s, sizeof(s), elf_sample_uuid, 7);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), 0);
	put(img);
	use_signed(&s, sizeof(s), elf_sample_uuid, 6);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), -EKEYREJECTED);
	use_signed(&s, sizeof(s), elf_sample_uuid, 7);
	assert_int_equal(ta_fixture_load(&fx, elf_sample_uuid, &img), 0);
	put(img);
	free(fx.image);
	fx.image = NULL;
	expect_loads();
}

static void *load_one(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 5; i++)
		expect_loads();
	return NULL;
}

static void test_many_at_once(void **state)
{
	pthread_t t[6];
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&t[i], NULL, load_one, NULL), 0);
	for (i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load),      TEST(test_moods),      TEST(test_wrong_tag),
		TEST(test_wrong_len), TEST(test_hang_up),    TEST(test_second_answer),
		TEST(test_many_at_once),
		TEST(test_late_answers), TEST(test_unsigned),     TEST(test_rollback),
		cmocka_unit_test_setup_teardown(test_bad_images, setup_processes, teardown),
		cmocka_unit_test_setup_teardown(test_late_supplicant, setup_alone, teardown),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
