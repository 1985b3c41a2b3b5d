/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nft lists, as text and as JSON, and what people write for it, as rule programs. */
#include "ruleset_dump.h"
#include "ruleset_nft_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char frame[] =
    "table %s t {\n"
    "	set nets { type ipv4_addr; flags interval\n"
    "		elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 } }\n"
    "	set bans { type ipv4_addr; flags dynamic; size 10; elements = { 192.0.2.1 } }\n"
    "	set pairs { type ipv4_addr . inet_service; elements = { 1.1.1.1 . 22 } }\n"
    "	set typed { typeof ip saddr . tcp dport; flags interval\n"
    "		elements = { 10.0.0.0/8 . 1-5 } }\n"
    "	set limited { type ipv4_addr; limit rate 5/second; elements = { 1.1.1.1 } }\n"
    "	map ports { type inet_service : verdict\n"
    "		elements = { 22 : jump other, 80 : accept } }\n"
    "	map targets { type inet_service : ipv4_addr . inet_service\n"
    "		elements = { 80 : 10.0.0.2 . 8080 } }\n"
    "	chain other { }\n"
    "	chain touch { add @bans { ip saddr } }\n"
    "	chain c {\n"
    "		%s\n"
    "	}\n"
    "}\n";

/* Reads a text and returns its dump, or the error behind "error: ", for free(). */
static char *read_text(const char *text, size_t len)
{
	_cleanup_error_ struct error *error = NULL;
	struct ruleset ruleset = {0};
	char *dump = NULL;
	size_t dump_len;
	FILE *file = open_memstream(&dump, &dump_len);

	assert_non_null(file);
	if (ruleset_read_nft("file", text, len, &ruleset, &error) < 0)
		fprintf(file, "error: %s", error_message(error));
	else
		ruleset_dump(file, &ruleset);
	fclose(file);
	ruleset_done(&ruleset);
	return dump;
}

/* Compares a text's dump. */
static void assert_reads(const char *text, const char *expected)
{
	_cleanup_free_ char *dump = read_text(text, strlen(text));

	assert_string_equal(dump, expected);
}

/* Writes the steps of the rules of the last chain, without their lines. */
static char *steps_of(const char *dump)
{
	const char *line = strstr(dump, "\nchain c\n");
	char *steps = calloc(1, strlen(dump) + 1);
	size_t len = 0;

	assert_non_null(steps);
	for (line = line ? strchr(line + 1, '\n') + 1 : dump; *line;) {
		const char *end = strchrnul(line, '\n'), *blank = strchr(line, ' ');

		if (blank && blank < end)
			line = blank + 1;
		memcpy(steps + len, line, (size_t)(end - line));
		len += (size_t)(end - line);
		line = *end ? end + 1 : end;
		if (*line)
			steps[len++] = '\n';
	}
	return steps;
}

static void test_rules(void **state)
{
	unsigned differences = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(nft_cases); i++) {
		_cleanup_free_ char *text = NULL, *dump = NULL, *steps = NULL;

		assert_true(asprintf(&text, frame, nft_cases[i].family, nft_cases[i].rule) > 0);
		dump = read_text(text, strlen(text));
		steps = steps_of(dump);
		if (strcmp(steps, nft_cases[i].steps) == 0)
			continue;
		fprintf(stderr, "%s\n  expected: %s\n  found: %s\n", nft_cases[i].rule,
		        nft_cases[i].steps, steps);
		differences++;
	}
	assert_int_equal(differences, 0);
}

static void test_errors(void **state)
{
	unsigned differences = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(nft_error_cases); i++) {
		const struct nft_error_case *wrong = &nft_error_cases[i];
		_cleanup_error_ struct error *error = NULL;
		struct ruleset ruleset = {0};
		int status;

		status = (*wrong->text == '{' ? ruleset_read_nft_json : ruleset_read_nft)(
		    "file", wrong->text, strlen(wrong->text), &ruleset, &error);
		ruleset_done(&ruleset);
		if (status == -EINVAL && strcmp(error_message(error), wrong->message) == 0)
			continue;
		fprintf(stderr, "%s\n  expected: %s\n  found: %s\n", wrong->text, wrong->message,
		        error_message(error));
		differences++;
	}
	assert_int_equal(differences, 0);
}

/* Whole files: chains, hooks, priorities, lines. */
static void test_files(void **state)
{
	(void)state;
	assert_reads("table inet filter {\n"
	             "	chain input {\n"
	             "		type filter hook input priority filter; policy drop;\n"
	             "		accept\n"
	             "	}\n"
	             "\n"
	             "	chain later {\n"
	             "		type nat hook postrouting priority srcnat - 5\n"
	             "	}\n"
	             "	flags dormant\n"
	             "}\n"
	             "table bridge b {\n"
	             "	chain f { type filter hook forward priority dstnat + 1; drop; }\n"
	             "}\n"
	             "table netdev n {\n"
	             "	chain i { type filter hook ingress device \"eth0\" priority -500; }\n"
	             "}\n",
	             "table inet filter dormant\n"
	             "chain input hook 1 priority 0 type 0 policy drop\n"
	             "4 accept\n"
	             "chain later hook 4 priority 95 type 1 policy accept (unsaid)\n"
	             "table bridge b\n"
	             "chain f hook 2 priority -299 type 0 policy accept (unsaid)\n"
	             "13 drop\n"
	             "table netdev n\n"
	             "chain i hook 0 priority -500 type 0 policy accept (unsaid) device eth0\n");
}

/* Files as people write them: variables, commands, CRLF, joined lines, comments. */
static void test_hand(void **state)
{
	(void)state;
	assert_reads("#!/usr/sbin/nft -f\r\n"
	             "flush ruleset\r\n"
	             "define wan = eth0; define ports = { 22, 80-90 }\r\n"
	             "define all = { $ports, 443 } # and these\r\n"
	             "table inet f {\r\n"
	             "  chain in { type filter hook input priority 0\r\n"
	             "    iifname $wan tcp dport \\\r\n"
	             "      $all accept\r\n"
	             "    ip saddr {\r\n"
	             "      10.0.0.1, # one\r\n"
	             "      10.0.0.2,\r\n"
	             "    } drop; jump other\r\n"
	             "  }\r\n"
	             "  chain other { }\r\n"
	             "}\r\n"
	             "redefine wan = ppp0\r\n"
	             "add rule inet f other iifname $wan return\r\n"
	             "insert rule inet f other accept\r\n"
	             "add table nat\n"
	             "add chain ip nat pre { type nat hook prerouting priority dstnat; }\n"
	             "add rule nat pre tcp dport http dnat to 10.0.0.1",
	             "table inet f\n"
	             "chain in hook 1 priority 0 type 0 policy accept (unsaid)\n"
	             "7 in eth0; proto 6; fragment 0; dport 22,80-90,443; accept\n"
	             "9 family 2; src 10.0.0.1,10.0.0.2; drop\n"
	             "12 jump other\n"
	             "chain other\n"
	             "18 accept\n"
	             "17 in ppp0; return\n"
	             "table ip nat\n"
	             "chain pre hook 0 priority -100 type 1 policy accept (unsaid)\n"
	             "21 proto 6; fragment 0; dport 80; dnat 10.0.0.1\n");
	/* Reloading a table: what was there before goes. */
	assert_reads("table ip t { chain a { accept; }; chain b { drop; }; }\n"
	             "delete table ip t\n"
	             "table ip t { chain a { drop; }; }\n",
	             "table ip t\nchain a\n3 drop\n");
	assert_reads("table ip t { chain a { accept; }; }\nflush chain ip t a\n"
	             "table ip t { chain a { drop; }; }\n",
	             "table ip t\nchain a\n3 drop\n");
	assert_reads("table ip t { chain a { accept; }; }\nflush ruleset\n", "");
	/* Elements by command, after the rule that looks them up. */
	assert_reads("table ip t { set s { type ipv4_addr; }; chain a { ip saddr @s drop; }; }\n"
	             "add element ip t s { 1.2.3.4, 5.6.7.8 }\n",
	             "table ip t\nchain a\n1 src 1.2.3.4,5.6.7.8; drop\n");
}

/* What a rule's text leaves out, and its handle. */
static void test_text(void **state)
{
	static const char text[] =
	    "table ip t { # handle 1\n"
	    "	chain a { # handle 2\n"
	    "		tcp dport { 22,\n"
	    "			    80 } counter packets 5 bytes 300 quota 1 mbytes used 5 bytes"
	    " accept comment \"a  b\" # handle 7\n"
	    "		drop # handle 8\n"
	    "	}\n"
	    "}\n";
	_cleanup_error_ struct error *error = NULL;
	struct ruleset ruleset = {0};
	const struct rule *rule;

	(void)state;
	assert_int_equal(ruleset_read_nft("file", text, strlen(text), &ruleset, &error), 0);
	rule = ruleset.tables.items[0].chains.items[0].rules.items;
	assert_string_equal(rule->text,
	                    "tcp dport { 22, 80 } counter quota 1 mbytes accept comment \"a  b\"");
	assert_int_equal(rule->handle, 7);
	assert_int_equal(rule->line, 3);
	assert_string_equal(rule[1].text, "drop");
	assert_int_equal(rule[1].handle, 8);
	ruleset_done(&ruleset);
}

/* Much of one thing ends with an error, or is read, in bounded time and memory. */
static void test_much(void **state)
{
	enum { MUCH = 10 << 20 };
	static const struct {
		const char *head, *again, *tail, *message;
	} files[] = {
	    {"table ip t { chain c { ip saddr ", "{ ", "", "expected this brace to be closed"},
	    {"table ip t { chain c { meta mark & ", "(", "}}", "not nested so deeply"},
	    {"table ip t { chain c { ", "jhash ", "}}", "not nested so deeply"},
	    {"define a = { 1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4 }; define b = { $a, $a, $a, $a };"
	     "define c = { $b, $b, $b, $b }; define d = { $c, $c, $c, $c };"
	     "define e = { $d, $d, $d, $d }; define f = { $e, $e, $e, $e };"
	     "define g = { $f, $f, $f, $f }; table ip t { chain c { ",
	     "meta skuid $g;", "}}", "more than 30000000 words"},
	    {"table ip t { chain c { meta mark ", "& 1 ", "}}", "at most 64 values joined"},
	    {"table ip t { chain c { ", "counter ", "}}", "more than 1000 statements"},
	    {"table ip t { set s { type ipv4_addr; elements = { ", "1.2.3.4, ", "}}}",
	     "more than 1000000 elements"},
	    {"table ip t { chain c { ", "accept;", "}}", "more than 1000000 rules"},
	    {"table ip t { chain c { ", "a", "}}", "words of at most"},
	    {"table ip t { chain c { log prefix \"", "a", "\"}}", "words of at most"},
	    {"table ip t ", "{ ", "", "expected \"chain\""},
	    {"", "\n", "", NULL},
	    {"", "# handle 99999999999999", "", NULL},
	    {"", "table ip t { }\n", "", NULL},
	    {"{\"nftables\": ", "[", "", "nested too deeply"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		_cleanup_error_ struct error *error = NULL;
		_cleanup_free_ char *text = malloc(MUCH);
		struct ruleset ruleset = {0};
		size_t len = strlen(files[i].head);
		int status;

		assert_non_null(text);
		memcpy(text, files[i].head, len);
		while (len + strlen(files[i].again) + strlen(files[i].tail) <= MUCH) {
			memcpy(text + len, files[i].again, strlen(files[i].again));
			len += strlen(files[i].again);
		}
		memcpy(text + len, files[i].tail, strlen(files[i].tail));
		len += strlen(files[i].tail);
		status = (*text == '{' ? ruleset_read_nft_json
		                       : ruleset_read_nft)("file", text, len, &ruleset, &error);
		if (files[i].message) {
			assert_true(status < 0);
			if (!strstr(error_message(error), files[i].message))
				fail_msg("\"%s\": %s", files[i].again, error_message(error));
		} else {
			assert_int_equal(status, 0);
		}
		ruleset_done(&ruleset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules), cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_files), cmocka_unit_test(test_hand),
	    cmocka_unit_test(test_text),  cmocka_unit_test(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
