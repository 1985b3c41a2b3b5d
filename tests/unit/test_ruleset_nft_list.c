/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that nft loaded and lists: its text and its JSON are the same rule programs, and they are
 * those of the rules as they were written.
 *
 * Each rule of ruleset_nft_cases.h that nft takes is loaded in a namespace of its own. Needs root.
 */
#include "ruleset_dump.h"
#include "ruleset_nft_cases.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { SKIP = 77, LEAST = 150 };

static const char frame[] =
    "table inet t {\n"
    "	set nets { type ipv4_addr; flags interval\n"
    "		elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 }; }\n"
    "	set bans { type ipv4_addr; flags dynamic, timeout; size 10; elements = { 192.0.2.1 }; }\n"
    "	set pairs { type ipv4_addr . inet_service; elements = { 1.1.1.1 . 22 }; }\n"
    "	set typed { typeof ip saddr . tcp dport; flags interval\n"
    "		elements = { 10.0.0.0/8 . 1-5 }; }\n"
    "	map ports { type inet_service : verdict\n"
    "		elements = { 22 : jump other, 80 : accept }; }\n"
    "	map targets { type inet_service : ipv4_addr . inet_service\n"
    "		elements = { 80 : 10.0.0.2 . 8080 }; }\n"
    "	counter web { }\n"
    "	limit few { rate 5/second; }\n"
    "	chain other { }\n"
    "	chain touch { add @bans { ip saddr }; }\n"
    "	chain base { type filter hook input priority filter + 10; policy drop; }\n"
    "	chain c { }\n"
    "}\n";

/* Runs a command with a text as its input. Returns whether it ended well. */
static bool feed(const char *command, const char *text)
{
	FILE *pipe = popen(command, "w");

	assert_non_null(pipe);
	fputs(text, pipe);
	return pclose(pipe) == 0;
}

/* What a command prints, for free(). */
static char *output(const char *command, size_t *ret_len)
{
	FILE *pipe = popen(command, "r");
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_len);
	int byte;

	assert_non_null(pipe);
	assert_non_null(file);
	while ((byte = fgetc(pipe)) != EOF)
		fputc(byte, file);
	fclose(file);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

/* The dump of what a command lists, its rules without their lines in the file. */
static char *listed(const char *command)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *text = NULL;
	struct ruleset ruleset = {0};
	char *dump = NULL;
	size_t len;
	FILE *file;

	text = output(command, &len);
	if (ruleset_read(command, text, len, &ruleset, &error) < 0)
		fail_msg("%s", error_message(error));
	vec_foreach(table, &ruleset.tables) {
		vec_foreach(chain, &table->chains) {
			vec_foreach(rule, &chain->rules)
				rule->line = 0;
		}
	}
	file = open_memstream(&dump, &len);
	assert_non_null(file);
	ruleset_dump(file, &ruleset);
	fclose(file);
	ruleset_done(&ruleset);
	return dump;
}

/* Loads all rules that nft takes; their steps as they should be, for free(). */
static char *load(unsigned *ret_n)
{
	char *expected = NULL;
	size_t len;
	FILE *file = open_memstream(&expected, &len);

	assert_non_null(file);
	for (size_t i = 0; i < COUNT(nft_cases); i++) {
		_cleanup_free_ char *rule = NULL;
		const char *steps = nft_cases[i].steps;

		/* Comments get lost, and a set that is deleted from is less sure everywhere. */
		if (strcmp(nft_cases[i].family, "inet") != 0 || strchr(nft_cases[i].rule, '#') ||
		    strstr(nft_cases[i].rule, "delete @"))
			continue;
		assert_true(asprintf(&rule, "add rule inet t c %s\n", nft_cases[i].rule) > 0);
		if (!feed("nft -f - 2>/dev/null", rule))
			continue;
		(*ret_n)++;
		for (const char *end; *steps; steps = *end ? end + 1 : end) {
			end = strchrnul(steps, '\n');
			fprintf(file, "0 %.*s\n", (int)(end - steps), steps);
		}
	}
	fclose(file);
	return expected;
}

static int byte_compare(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* Whether two lines are the same but for the order of elements, which the kernel may change. */
static bool same_line(const char *a, size_t a_len, const char *b, size_t b_len)
{
	_cleanup_free_ char *a_sorted = strndup(a, a_len), *b_sorted = strndup(b, b_len);

	assert_non_null(a_sorted);
	assert_non_null(b_sorted);
	qsort(a_sorted, strlen(a_sorted), 1, byte_compare);
	qsort(b_sorted, strlen(b_sorted), 1, byte_compare);
	return strcmp(a_sorted, b_sorted) == 0;
}

/* Compares what was loaded with what is listed, line by line; unknowns may be spelled otherwise. */
static void compare(const char *expected, const char *dump)
{
	const char *line = strstr(dump, "\nchain c\n");
	unsigned differences = 0;

	assert_non_null(line);
	line += strlen("\nchain c\n");
	while (*expected && *line) {
		const char *expected_end = strchrnul(expected, '\n');
		const char *end = strchrnul(line, '\n'), *unknown = strchr(expected, '{');
		size_t len = (size_t)(expected_end - expected);

		if (unknown && unknown < expected_end)
			len = (size_t)(unknown - expected);
		if (len < (size_t)(expected_end - expected)
		        ? strncmp(expected, line, len) != 0
		        : !same_line(expected, len, line, (size_t)(end - line))) {
			fprintf(stderr, "  expected: %.*s\n  listed: %.*s\n",
			        (int)(expected_end - expected), expected, (int)(end - line), line);
			differences++;
		}
		expected = *expected_end ? expected_end + 1 : expected_end;
		line = *end ? end + 1 : end;
	}
	assert_int_equal(differences, 0);
	assert_string_equal(expected, line);
}

static void test_listing(void **state)
{
	static const char *const commands[] = {
	    "nft -a list ruleset",
	    "nft -s list ruleset",
	    "nft -nn list ruleset",
	    "nft -j list ruleset",
	};
	_cleanup_free_ char *expected = NULL, *text = NULL;
	unsigned n = 0;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		fail_msg("unshare: %s", strerror(errno));
	assert_int_equal(system("ip link set lo up; ip link add eth0 type veth peer name eth1"), 0);
	assert_true(feed("nft -f -", frame));
	expected = load(&n);
	if (n < LEAST)
		fail_msg("nft took %u rules only", n);
	text = listed("nft list ruleset");
	compare(expected, text);
	for (size_t i = 0; i < COUNT(commands); i++) {
		_cleanup_free_ char *other = listed(commands[i]);

		assert_non_null(strstr(other, "chain base hook 1 priority 10 type 0 policy drop"));
		if (strcmp(commands[i], "nft -nn list ruleset") == 0)
			compare(expected, other);
		else
			assert_string_equal(other, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_listing)};

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root for a namespace of its own\n");
		return SKIP;
	}
	if (system("command -v nft >/dev/null") != 0) {
		fprintf(stderr, "skipped: nft is not installed\n");
		return SKIP;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
