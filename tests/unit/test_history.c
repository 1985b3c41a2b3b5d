/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered: as it was told, once, in order, and whatever names are. */
#include "history/history_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/seawall-history.XXXXXX";
static char path[64];

static const char nasty[] = "x'); DROP TABLE event; --\x1b[2J\"\n\xff";

/* What was seen of a log. */
struct seen {
	char text[32][128];
	size_t n;
};

static int see(const struct history_line *line, void *data)
{
	struct seen *seen = data;

	assert_true(seen->n < 32);
	snprintf(seen->text[seen->n++], sizeof(seen->text[0]), "%lld %s %s %s",
	         (long long)line->when, line->kind, line->container,
	         line->endpoint ? line->to : line->text);
	return 0;
}

static struct history *open_writer(bool *ret_aside)
{
	struct history *history = NULL;
	_cleanup_error_ struct error *error = NULL;

	if (history_open(path, true, &history, ret_aside, &error) < 0)
		fail_msg("%s", error_message(error));
	return history;
}

static struct seen read_log(struct history *history, time_t since, const char *container)
{
	struct seen seen = {0};

	assert_int_equal(history_read_log(history, since, container, see, &seen, NULL), 0);
	return seen;
}

static void ways_open_and_close(void **state)
{
	_cleanup_(cleanup_history_close) struct history *history = open_writer(NULL);
	const struct history_reach ways[] = {
	    {.endpoint = "a",
	     .container = "web",
	     .path = "published",
	     .in = "eth0",
	     .zone = "world",
	     .to = "192.0.2.1",
	     .port = 443,
	     .sources = "0.0.0.0/0",
	     .rule = "r",
	     .meant = true},
	    {.endpoint = "b",
	     .container = nasty,
	     .path = "direct",
	     .in = "eth0",
	     .zone = "world",
	     .to = "172.17.0.2",
	     .port = 80},
	};
	struct seen seen;

	(void)state;
	assert_int_equal(history_reach(history, 100, ways, 2, NULL), 0);
	assert_int_equal(history_reach(history, 200, ways, 2, NULL), 0); /* nothing new */
	assert_int_equal(history_event(history, 150, "heal", NULL, "mended", NULL), 0);
	assert_int_equal(history_reach(history, 300, ways, 1, NULL), 0);
	assert_int_equal(history_reach(history, 400, ways, 2, NULL), 0);
	seen = read_log(history, 0, NULL);
	assert_int_equal(seen.n, 5);
	assert_string_equal(seen.text[2], "150 heal  mended");
	assert_non_null(strstr(seen.text[3], "300 closed x'); DROP TABLE"));
	assert_non_null(strstr(seen.text[4], "400 open x'); DROP TABLE"));
	seen = read_log(history, 0, nasty);
	assert_int_equal(seen.n, 3);
	seen = read_log(history, 350, "web");
	assert_int_equal(seen.n, 0);
}

static uint64_t knocked;
static int see_knock(const struct history_knock *knock, void *data)
{
	(void)data;
	assert_string_equal(knock->source, "198.51.100.2/32");
	knocked = knock->count;
	assert_int_equal(knock->first, 7200);
	assert_int_equal(knock->last, 11000);
	return 0;
}

static int count_knock(const struct history_knock *knock, void *data)
{
	(void)data;
	knocked += knock->count;
	return 0;
}

static void knocks_add_up(void **state)
{
	_cleanup_(cleanup_history_close) struct history *history = open_writer(NULL);
	struct history_knock knock = {.source = "198.51.100.2/32",
	                              .zone = "world",
	                              .in = "eth0",
	                              .to = "192.0.2.1",
	                              .protocol = "tcp",
	                              .port = 22,
	                              .count = 3,
	                              .first = 7200,
	                              .last = 7201};

	(void)state;
	assert_int_equal(history_knocks(history, &knock, 1, NULL), 0);
	assert_int_equal(history_knocks(history, &knock, 1, NULL), 0);
	knock.first = knock.last = 11000; /* another hour */
	assert_int_equal(history_knocks(history, &knock, 1, NULL), 0);
	assert_int_equal(history_read_knocks(history, 0, 10, see_knock, NULL, NULL), 0);
	assert_int_equal(knocked, 9);
	/* What is old goes, but no more than a day of it at a time: the clock may be wrong. */
	knock.first = knock.last = 7200 + 30L * 3600;
	assert_int_equal(history_knocks(history, &knock, 1, NULL), 0);
	assert_int_equal(history_trim(history, 500L * 24 * 3600, NULL), 0);
	knocked = 0;
	assert_int_equal(history_read_knocks(history, 0, 10, count_knock, NULL, NULL), 0);
	assert_int_equal(knocked, 3);
	assert_int_equal(history_trim(history, 500L * 24 * 3600, NULL), 0);
	knocked = 0;
	assert_int_equal(history_read_knocks(history, 0, 10, see_knock, NULL, NULL), 0);
	assert_int_equal(knocked, 0);
	assert_int_equal(read_log(history, 0, NULL).n, 2); /* what is open still */
}

/* A file that is full makes room: of everything that is over the oldest goes. */
static void the_oldest_goes_first(void **state)
{
	_cleanup_(cleanup_history_close) struct history *history = open_writer(NULL);
	const struct history_reach way = {.endpoint = "full",
	                                  .container = "full",
	                                  .in = "eth0",
	                                  .path = "direct",
	                                  .zone = "world",
	                                  .to = "192.0.2.9"};
	struct seen seen;

	(void)state;
	for (time_t i = 0; i < 8; i++) {
		assert_int_equal(history_event(history, 1000 + i, "k", "full", "t", NULL), 0);
		assert_int_equal(history_reach(history, 2000 + 2 * i, &way, 1, NULL), 0);
		assert_int_equal(history_reach(history, 2001 + 2 * i, NULL, 0, NULL), 0);
	}
	assert_int_equal(history_reach(history, 3000, &way, 1, NULL), 0);
	assert_int_equal(history_drop_oldest(history, NULL), 0);
	seen = read_log(history, 1000, "full");
	/*
	 * Of 8 events the first 3 are gone, and of 10 ways that ended: those that the test before
	 * left open, and the first of these. What is open stays.
	 */
	assert_int_equal(seen.n, 5 + 2 * 7 + 1);
	assert_string_equal(seen.text[0], "1003 k full t");
	assert_string_equal(seen.text[seen.n - 1], "3000 open full 192.0.2.9");
}

static void a_damaged_file_is_put_aside(void **state)
{
	struct history *history = NULL;
	bool aside = false;
	FILE *file;

	(void)state;
	file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fputc(i * 7 & 255, file);
	fclose(file);
	assert_int_equal(history_open(path, false, &history, NULL, NULL), -EBADMSG);
	history = open_writer(&aside);
	assert_true(aside);
	assert_int_equal(history_event(history, 1, "k", "", "t", NULL), 0);
	history_close(history);
	history = open_writer(&aside);
	assert_false(aside);
	assert_int_equal(read_log(history, 0, NULL).n, 1);
	history_close(history);
	snprintf(path, sizeof(path), "%s/none.db", directory);
	assert_int_equal(history_open(path, false, &history, NULL, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ways_open_and_close),
	    cmocka_unit_test(knocks_add_up),
	    cmocka_unit_test(the_oldest_goes_first),
	    cmocka_unit_test(a_damaged_file_is_put_aside),
	};
	char command[96];
	int status;

	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/history.db", directory);
	status = cmocka_run_group_tests_name("history", tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) == 0 ? status : 1;
}
