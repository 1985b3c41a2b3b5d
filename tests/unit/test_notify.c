/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the admin: what once, and how much of it. */
#include "guard/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void what_was_told_is_not_told_again(void **state)
{
	struct notify *notify = notify_new();
	unsigned held = 7;

	(void)state;
	assert_true(notify_admits(notify, "a", 6000, &held));
	assert_int_equal(held, 0);
	assert_false(notify_admits(notify, "a", 6001, &held));
	assert_true(notify_admits(notify, "b", 6002, &held));
	assert_false(notify_admits(notify, "a", 6000 + 3599, &held));
	assert_true(notify_admits(notify, "a", 6000 + 3600, &held));
	notify_free(notify);
}

static void a_flood_is_cut_and_counted(void **state)
{
	struct notify *notify = notify_new();
	unsigned held = 0, sent = 0;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "problem %u", i);
		sent += notify_admits(notify, text, 6000, &held);
	}
	assert_int_equal(sent, 10);
	assert_true(notify_admits(notify, "another", 6060, &held));
	assert_int_equal(held, 990);
	assert_true(notify_admits(notify, "one more", 6061, &held));
	assert_int_equal(held, 0);
	notify_free(notify);
}

static void messages_are_one_line_of_json(void **state)
{
	char *message = notify_message("problem", "db", "x\n\"y\" \x1b[2J", 3, 0);

	(void)state;
	assert_non_null(message);
	assert_null(strchr(message, '\n'));
	assert_null(strchr(message, 0x1b));
	assert_non_null(strstr(message, "\"text\":\"x\\n\\\"y\\\" \\u001B[2J\""));
	assert_non_null(strstr(message, "\"held_back\":3"));
	assert_non_null(strstr(message, "\"time\":\"1970-01-01T00:00:00Z\""));
	free(message);
	message = notify_message("problem", NULL, "bad \xff", 0, 0);
	assert_non_null(message);
	assert_non_null(strstr(message, "\"container\":null"));
	assert_null(strstr(message, "held_back"));
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_told_is_not_told_again),
	    cmocka_unit_test(a_flood_is_cut_and_counted),
	    cmocka_unit_test(messages_are_one_line_of_json),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
