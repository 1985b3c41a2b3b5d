/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of walls on disk: whole, or not at all. */
#include "change/state.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/seawall-state.XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) && setenv("STATE_DIRECTORY", directory, 1) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	assert_int_equal(state_remove(NULL), 0);
	return rmdir(directory);
}

/* A state with a wall and the one before it. */
static struct state make_state(const char *policy)
{
	struct state state = {.now = {.policy = strdup(policy),
	                              .boot = strdup("b"),
	                              .applied = 1000,
	                              .proved = 2000,
	                              .packets = 3,
	                              .log_only = true},
	                      .before = {.policy = strdup("old"), .boot = strdup("")},
	                      .has_before = true};

	assert_int_equal(bytes_append(&state.now.transaction, "\1\2\0\3", 4, 100), 0);
	*vec_push(&state.now.bridges) = strdup("docker0");
	*vec_push(&state.now.uplinks) = strdup("eth0");
	state.now.has_uplinks = true;
	return state;
}

/* Writes bytes over the state's file. */
static void write_file(const void *data, size_t len)
{
	_cleanup_free_ char *path = NULL;
	FILE *file;

	assert_true(asprintf(&path, "%s/state", directory) > 0);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

/* Reads the state's file whole. */
static size_t read_file(char *data, size_t room)
{
	_cleanup_free_ char *path = NULL;
	size_t len;
	FILE *file;

	assert_true(asprintf(&path, "%s/state", directory) > 0);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(data, 1, room, file);
	fclose(file);
	return len;
}

static void what_is_written_is_read(void **state)
{
	struct state written = make_state("/etc/seawall/policy.yaml"), read;

	(void)state;
	assert_int_equal(state_read(&read, NULL), 1);
	state_done(&read);
	assert_int_equal(state_write(&written, NULL), 0);
	assert_int_equal(state_read(&read, NULL), 0);
	assert_string_equal(read.now.policy, "/etc/seawall/policy.yaml");
	assert_int_equal(read.now.transaction.len, 4);
	assert_memory_equal(read.now.transaction.data, "\1\2\0\3", 4);
	assert_int_equal(read.now.bridges.n, 1);
	assert_string_equal(read.now.bridges.items[0], "docker0");
	assert_true(read.now.has_uplinks && read.now.uplinks.n == 1);
	assert_string_equal(read.now.uplinks.items[0], "eth0");
	assert_false(read.before.has_uplinks);
	assert_int_equal(read.now.applied, 1000);
	assert_int_equal(read.now.packets, 3);
	assert_true(read.now.log_only);
	assert_true(read.has_before);
	assert_string_equal(read.before.policy, "old");
	state_done(&written);
	state_done(&read);
}

static void damage_is_noticed(void **state)
{
	struct state written = make_state("p"), read;
	static char text[4096];
	size_t len;

	(void)state;
	assert_int_equal(state_write(&written, NULL), 0);
	len = read_file(text, sizeof(text));
	assert_in_range(len, 50, sizeof(text) - 1);
	/* Cut at each byte. */
	for (size_t cut = 0; cut < len; cut++) {
		_cleanup_error_ struct error *error = NULL;

		write_file(text, cut);
		assert_int_equal(state_read(&read, &error), -EBADMSG);
		assert_non_null(strstr(error_message(error), "damaged"));
		state_done(&read);
	}
	/* One bit of each byte; what JSON does not care about may stay. */
	for (size_t i = 0; i < len; i++) {
		char spoiled[sizeof(text)];

		memcpy(spoiled, text, len);
		spoiled[i] = (char)(spoiled[i] ^ 1);
		write_file(spoiled, len);
		if (state_read(&read, NULL) == 0)
			assert_memory_equal(read.now.transaction.data, "\1\2\0\3", 4);
		state_done(&read);
	}
	write_file("[]", 2);
	assert_int_equal(state_read(&read, NULL), -EBADMSG);
	state_done(&read);
	state_done(&written);
}

static void what_is_prepared_does_not_count(void **state)
{
	struct state first = make_state("first"), second = make_state("second"), read;

	(void)state;
	assert_int_equal(state_write(&first, NULL), 0);
	assert_int_equal(state_prepare(&second, NULL), 0);
	assert_int_equal(state_read(&read, NULL), 0);
	assert_string_equal(read.now.policy, "first");
	state_done(&read);
	state_discard();
	assert_true(state_publish(NULL) < 0);
	assert_int_equal(state_read(&read, NULL), 0);
	assert_string_equal(read.now.policy, "first");
	state_done(&read);
	assert_int_equal(state_prepare(&second, NULL), 0);
	assert_int_equal(state_publish(NULL), 0);
	assert_int_equal(state_read(&read, NULL), 0);
	assert_string_equal(read.now.policy, "second");
	state_done(&read);
	state_done(&first);
	state_done(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(damage_is_noticed),
	    cmocka_unit_test(what_is_prepared_does_not_count),
	};

	return cmocka_run_group_tests_name("state", tests, make_directory, remove_directory);
}
