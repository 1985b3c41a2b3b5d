/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets, questions and who gets through, by a table.
 *
 * A question is made of words: tcp, udp, icmp; a port; forward; in=, out=, src=, dst=, state=.
 */
#include "base/bytes.h"
#include "reach/accepted.h"
#include "reach_cases.h"

#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* The value of a word "key=value", or NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t len = strlen(key);

	return strncmp(word, key, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

/* Takes one word of a question. */
static void take_word(struct reach_question *question, const char *word)
{
	const char *value;

	if (strcmp(word, "forward") == 0)
		question->hook = NF_INET_FORWARD;
	else if (strcmp(word, "tcp") == 0)
		question->protocol = IPPROTO_TCP;
	else if (strcmp(word, "udp") == 0)
		question->protocol = IPPROTO_UDP;
	else if (strcmp(word, "icmp") == 0)
		question->protocol = IPPROTO_ICMP;
	else if ((value = value_of(word, "in")))
		question->in = value;
	else if ((value = value_of(word, "out")))
		question->out = value;
	else if ((value = value_of(word, "src")))
		assert_true(prefix_parse(value, &question->source));
	else if ((value = value_of(word, "dst")))
		assert_true(prefix_parse(value, &question->destination));
	else if ((value = value_of(word, "state")))
		question->state = strcmp(value, "related") == 0 ? STATE_RELATED : STATE_ESTABLISHED;
	else
		question->destination_port = atoi(word);
}

/* A ruleset's whole text; the caller frees. */
static char *whole_text(const char *rules)
{
	static const char frame[] = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n";
	char *text = NULL;
	int len = rules[0] == '-' ? asprintf(&text, "%s%s\nCOMMIT\n", frame, rules)
	                          : asprintf(&text, "%s\n", rules);

	assert_true(len > 0);
	return text;
}

/* Writes an answer as the table has it. */
static void write_answer(const struct accepted_list *list, FILE *out)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < list->items.n; i++) {
		const struct accepted *accepted = &list->items.items[i];
		const struct reach_note *by = &accepted->rule;
		unsigned line = by->rule ? by->rule->line : by->chain ? by->chain->line : 0;

		fprintf(out, "%s%s %u", i ? " | " : "", accepted->must ? "must" : "may", line);
		vec_foreach(prefix, &accepted->sources)
			fprintf(out, " %s", prefix_format(prefix, text));
		for (size_t j = 0; j < accepted->unknown.n; j++)
			fprintf(out, "%s%s", j ? "; " : " (", accepted->unknown.items[j]);
		if (accepted->unknown.n)
			fputc(')', out);
	}
}

/* What a case gives, as text that the caller frees. */
static char *answer_of(const char *rules, const char *words)
{
	struct reach_question question = {.hook = NF_INET_LOCAL_IN,
	                                  .protocol = -1,
	                                  .source_port = -1,
	                                  .destination_port = -1,
	                                  .state = STATE_NEW};
	_cleanup_free_ char *text = whole_text(rules), *copy = strdup(words);
	_cleanup_error_ struct error *error = NULL;
	struct accepted_list list = {0};
	struct ruleset ruleset = {0};
	char *rest = copy, *answer = NULL;
	size_t size;
	FILE *out = open_memstream(&answer, &size);

	assert_non_null(out);
	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			take_word(&question, word);
	if ((rules[0] == '-' ? ruleset_read_xtables : ruleset_read_nft)("rules", text, strlen(text),
	                                                                &ruleset, &error) < 0 ||
	    accepted_find(&ruleset, "rules", &question, &list, &error) < 0)
		fprintf(out, "error %s", error_message(error));
	else
		write_answer(&list, out);
	accepted_done(&list);
	ruleset_done(&ruleset);
	assert_int_equal(fclose(out), 0);
	return answer;
}

static void test_cases(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *answer = answer_of(cases[i].rules, cases[i].question);

		if (strcmp(answer, cases[i].expected) == 0)
			continue;
		print_error("%s\n  asked: %s\n  expected: %s\n  answered: %s\n", cases[i].rules,
		            cases[i].question, cases[i].expected, answer);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* A table whose jumps are nested n deep, and first called `from` deep; the caller frees. */
static char *nested_rules(unsigned n, unsigned from)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs("table ip t {\n", out);
	for (unsigned i = n; i > 0; i--)
		if (i < n)
			fprintf(out, "chain c%u { jump c%u; }\n", i, i + 1);
		else
			fprintf(out, "chain c%u { ip saddr 10.0.0.0/8 accept; }\n", i);
	fprintf(out,
	        "chain b { type filter hook input priority 0; policy drop; jump c%u; jump c1; }\n}",
	        from);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The kernel takes 15 jumps one in the other, and refuses 16 (seen on 6.18 with nft 1.0.6). */
static void test_depth(void **state)
{
	static const struct {
		unsigned n, from;
		const char *answer;
	} nested[] = {
	    {15, 1, "must 2 10.0.0.0/8"},
	    {15, 8, "must 2 10.0.0.0/8"},
	    {16, 1, "error rules:3:1: jumps are nested too deep to chain \"c16\""},
	    {16, 8, "error rules:11:1: jumps are nested too deep to chain \"c8\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nested) / sizeof(*nested); i++) {
		_cleanup_free_ char *rules = nested_rules(nested[i].n, nested[i].from);
		_cleanup_free_ char *answer = answer_of(rules, "tcp 22");

		assert_string_equal(answer, nested[i].answer);
	}
}

/* What is too much is an error with a sentence, whichever cap it is. */
static void test_caps(void **state)
{
	static const char rule[] = "-A INPUT -m limit --limit 5/min -j ACCEPT\n";
	_cleanup_free_ char *answer = NULL;
	struct bytes rules = {0};

	(void)state;
	for (unsigned i = 0; i <= UNKNOWNS_MOST; i++)
		assert_int_equal(bytes_append(&rules, rule, strlen(rule), SIZE_MAX), 0);
	answer = answer_of((const char *)rules.data, "tcp 22");
	assert_string_equal(answer,
	                    "error the rules are too many to tell all packets apart; ask for "
	                    "fewer packets: one protocol, port or address");
	bytes_done(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
