/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what iptables-save, ip6tables-save and "iptables -S" print, one after the other.
 *
 * Theory of operation. Lines are taken one by one: "*TABLE" begins a table, ":CHAIN POLICY" and
 * "-N", "-P" declare its chains, "-A" adds a rule, "COMMIT" ends it. Such a line with no table
 * before it in the file is what "iptables -S" prints of table filter; that goes on until a "-P"
 * comes after other lines, where the next such listing begins. A table's end may be missing where
 * the text ends, as in what was copied off a screen: nothing of it is lost. Anywhere else it is an
 * error, since what was meant to be loaded there is open to guess.
 *
 * Sources: iptables' iptables/xtables-restore.c and iptables/xshared.c for what they accept,
 * net/netfilter/xt_*.c and net/ipv4/netfilter/ip_tables.c of Linux for what rules mean.
 */
#include "rules/xtables/xt.h"

#include <string.h>

/* "*TABLE" */
static int read_table(struct xt_reader *reader)
{
	const struct xt_word *word = reader->words.items;
	int status;

	if (reader->in_table && reader->headed)
		return xt_expected(reader, word, "COMMIT, which ends the table before it");
	/* The name may stand apart from its asterisk. */
	if (word->text[1] == '\0' && reader->words.n > 1)
		status = xt_table_begin(reader, word[1].text, &word[1]);
	else
		status = xt_table_begin(reader, word->text + 1, word);
	reader->headed = reader->any_headed = true;
	return status;
}

/* Has a table at hand for a line of "iptables -S". */
static int need_table(struct xt_reader *reader, bool policy)
{
	const struct xt_word *word = reader->words.items;
	bool begins = !reader->in_table;
	int status = 0;

	if (reader->in_table && !reader->headed && policy && !reader->policies_only)
		begins = true;
	if (begins && reader->any_headed && !policy)
		return xt_expected(reader, word, "\"*TABLE\" before it");
	if (begins) {
		reader->headed = false;
		status = xt_table_begin(reader, "filter", word);
		reader->policies_only = true;
	}
	if (!policy)
		reader->policies_only = false;
	return status;
}

/* ":CHAIN POLICY [0:0]" */
static int read_chain(struct xt_reader *reader)
{
	const struct xt_word *words = reader->words.items;
	bool apart = words->text[1] == '\0' && reader->words.n > 1;
	const struct xt_word *policy = apart ? words + 2 : words + 1;

	if (!reader->in_table || !reader->headed)
		return xt_expected(reader, words, "\"*TABLE\" before it");
	if (policy >= words + reader->words.n)
		return xt_wrong(reader, NULL,
		                "found no policy of the chain, expected ACCEPT, DROP or -");
	return xt_chain_declare(reader, words, apart ? words[1].text : words->text + 1, policy);
}

/* "-P CHAIN POLICY", "-N CHAIN" */
static int read_declaration(struct xt_reader *reader)
{
	const struct xt_word *words = reader->words.items;
	bool policy = strcmp(words->text, "-P") == 0 || strcmp(words->text, "--policy") == 0;
	int status = need_table(reader, policy);

	if (status < 0)
		return status;
	if (reader->words.n < (policy ? 3 : 2))
		return xt_wrong(reader, NULL, "found the end of the line, expected %s",
		                reader->words.n < 2 ? "a chain" : "ACCEPT or DROP");
	return xt_chain_declare(reader, &words[1], words[1].text, policy ? &words[2] : NULL);
}

/* "-A CHAIN ...", or "[1:2] -A CHAIN ..." */
static int read_rule(struct xt_reader *reader)
{
	int status = need_table(reader, false);

	return status < 0 ? status : xt_rule_read(reader);
}

/* "[1:2] -A CHAIN ...": the counters are left out. */
static int read_counted_rule(struct xt_reader *reader)
{
	const struct xt_word *words = reader->words.items;

	if (words->text[strlen(words->text) - 1] != ']')
		return xt_expected(reader, words, "counters, as [12:3456]");
	if (reader->words.n < 2)
		return xt_wrong(reader, NULL, "found the end of the line, expected -A");
	reader->words.n--;
	memmove(reader->words.items, reader->words.items + 1,
	        reader->words.n * sizeof(*reader->words.items));
	if (strcmp(reader->words.items->text, "-A") != 0 &&
	    strcmp(reader->words.items->text, "--append") != 0)
		return xt_expected(reader, reader->words.items, "-A");
	return read_rule(reader);
}

/* "COMMIT" */
static int read_commit(struct xt_reader *reader)
{
	if (!reader->in_table || !reader->headed)
		return xt_expected(reader, reader->words.items, "\"*TABLE\" before it");
	reader->in_table = false;
	return 0;
}

/* How lines begin, a character or a whole word, and what reads them. */
static const struct line_kind {
	const char *begin;
	int (*read)(struct xt_reader *reader);
} line_kinds[] = {
    {"-A", read_rule},
    {"[", read_counted_rule},
    {":", read_chain},
    {"*", read_table},
    {"COMMIT", read_commit},
    {"-N", read_declaration},
    {"-P", read_declaration},
    {"--append", read_rule},
    {"--new-chain", read_declaration},
    {"--policy", read_declaration},
};

/* Reads the line at hand. */
static int read_line(struct xt_reader *reader)
{
	const char *first;

	if (reader->words.n == 0) {
		xt_family_comment(reader);
		return 0;
	}
	first = reader->words.items->text;
	for (size_t i = 0; i < sizeof(line_kinds) / sizeof(*line_kinds); i++) {
		const char *begin = line_kinds[i].begin;

		if (begin[1] == '\0' ? *first == *begin : strcmp(first, begin) == 0)
			return line_kinds[i].read(reader);
	}
	return xt_expected(reader, reader->words.items,
	                   "a line of iptables-save: *TABLE, :CHAIN, -A, -N, -P or COMMIT");
}

int ruleset_read_xtables(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                         struct error **ret_error)
{
	struct xt_reader reader = {.path = path,
	                           .ruleset = ruleset,
	                           .ret_error = ret_error,
	                           .text = text,
	                           .end = text + len};
	int status = 0;

	reader.draft.reader = &reader;
	while (status == 0 && (status = xt_line_next(&reader)) > 0)
		status = read_line(&reader);
	xt_draft_done(&reader.draft);
	xt_index_done(&reader.index);
	vec_done(&reader.words);
	vec_done(&reader.room);
	return status;
}
