/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Problems are told when they begin and when they are gone. */
#include "guard/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* What was said to be gone, one behind the other. */
static void note_gone(const char *container, const char *text, void *data)
{
	char *said = data;

	snprintf(said + strlen(said), 200 - strlen(said), "%s:%s;", container ? container : "-",
	         text);
}

static void each_is_told_once_and_when_it_is_gone(void **state)
{
	_cleanup_(cleanup_problems_free) struct problems *problems = problems_new();
	char said[200] = "";

	(void)state;
	assert_non_null(problems);
	assert_true(problems_see(problems, "db", "open"));
	assert_true(problems_see(problems, "web", "open"));
	assert_true(problems_see(problems, NULL, "the engine listens on TCP"));
	assert_false(problems_see(problems, "db", "open"));
	problems_settle(problems, note_gone, said);
	assert_string_equal(said, "");

	assert_false(problems_see(problems, "web", "open"));
	assert_true(problems_see(problems, "web", "open in another way"));
	problems_settle(problems, note_gone, said);
	assert_string_equal(said, "db:open;-:the engine listens on TCP;");

	/* What was gone and comes back is told again. */
	said[0] = 0;
	assert_true(problems_see(problems, "db", "open"));
	problems_settle(problems, note_gone, said);
	assert_string_equal(said, "web:open;web:open in another way;");
	problems_settle(problems, note_gone, said);
	assert_string_equal(said, "web:open;web:open in another way;db:open;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_told_once_and_when_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
