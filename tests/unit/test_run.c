/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running another program: what it reads and says, how it ends, and when it does not. */
#include "base/run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void it_reads_and_answers(void **state)
{
	const char *const argv[] = {"/bin/cat", "-", NULL};
	char text[] = "one\ntwo\n";
	const struct bytes input = {.data = (uint8_t *)text, .len = strlen(text)};
	struct bytes output = {0};

	(void)state;
	assert_int_equal(run_program(argv, &input, 10, &output, NULL), 0);
	assert_string_equal((const char *)output.data, text);
	bytes_done(&output);
}

static void what_it_complains_about_is_told(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "echo first >&2; echo second; exit 3", NULL};
	_cleanup_error_ struct error *error = NULL;

	(void)state;
	assert_int_equal(run_program(argv, NULL, 10, NULL, &error), -EIO);
	assert_string_equal(error_message(error), "/bin/sh failed: first");
}

static void its_environment_is_a_path(void **state)
{
	const char *const argv[] = {"/usr/bin/env", NULL};
	struct bytes output = {0};

	(void)state;
	assert_int_equal(run_program(argv, NULL, 10, &output, NULL), 0);
	assert_int_equal(strncmp((const char *)output.data, "PATH=", 5), 0);
	assert_ptr_equal(strchr((const char *)output.data, '\n') + 1, output.data + output.len);
	bytes_done(&output);
}

static void one_that_hangs_is_killed(void **state)
{
	const char *const argv[] = {"/bin/sleep", "60", NULL};
	_cleanup_error_ struct error *error = NULL;

	(void)state;
	assert_int_equal(run_program(argv, NULL, 1, NULL, &error), -ETIMEDOUT);
	assert_string_equal(error_message(error), "/bin/sleep did not end within 1 s");
}

static void one_that_floods_is_cut(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "head -c 1000000 /dev/zero", NULL};
	struct bytes output = {0};

	(void)state;
	assert_int_equal(run_program(argv, NULL, 10, &output, NULL), 0);
	assert_int_equal(output.len, 4096);
	bytes_done(&output);
}

static void one_that_is_not_there(void **state)
{
	const char *const argv[] = {"/nowhere/at/all", NULL};
	_cleanup_error_ struct error *error = NULL;

	(void)state;
	assert_int_equal(run_program(argv, NULL, 1, NULL, &error), -ENOENT);
	assert_null(run_find("no-such-program-anywhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_reads_and_answers),
	    cmocka_unit_test(what_it_complains_about_is_told),
	    cmocka_unit_test(its_environment_is_a_path),
	    cmocka_unit_test(one_that_hangs_is_killed),
	    cmocka_unit_test(one_that_floods_is_cut),
	    cmocka_unit_test(one_that_is_not_there),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
