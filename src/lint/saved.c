/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that were saved, and what becomes of them when they are loaded again.
 *
 * Theory of operation. No ruleset is parsed: what matters shows in a few words and where they
 * stand, so a file of any version, with variables and includes, is read as words with their places.
 * What nft does with such a file was measured with 1.0.6 (docs/lint.md); what stale doors do, with
 * Docker 20.10 to 29 (M36 of docs/exposures.md).
 */
#include "lint/lint_parts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { FAMILY_WORDS = 6, DEPTH_CHAIN = 2 };

/* A word of a file of nft's, or one of { } ; or the end of a line, as "\n". */
struct word {
	const char *text;
	size_t len;
	struct compose_place place;
};

/* A file that is being read. */
struct reading {
	struct lint *lint;
	const char *text, *at, *end;
	struct compose_place place; /* of the next character */
	unsigned depth;             /* of braces */
	bool seen[LINT_RULES];      /* said already: once a file is enough */
	int status;
};

/* Goes one character on; columns count characters of UTF-8. */
static void advance(struct reading *reading)
{
	if (*reading->at == '\n') {
		reading->place.line++;
		reading->place.column = 1;
	} else if (((unsigned char)*reading->at & 0xc0) != 0x80) {
		reading->place.column++;
	}
	reading->at++;
}

/* Whether a character stands for itself. */
static bool is_sign(char c)
{
	return c == '{' || c == '}' || c == ';' || c == '\n';
}

/* Adds a finding, the first of its rule in the file. */
static void find(struct reading *reading, enum lint_rule rule, const struct compose_place *place,
                 const char *why, const char *fix)
{
	struct lint_finding *finding;

	if (reading->seen[rule])
		return;
	reading->seen[rule] = true;
	finding = lint_finding_new(reading->lint, rule, NULL, place);
	if (!finding || !why) {
		reading->status = -ENOMEM;
		return;
	}
	finding->why = why;
	finding->fix = fix;
}

/* Takes a comment, which may hold what older versions could not print otherwise. */
static void take_comment(struct reading *reading)
{
	static const char lost[] = "# xt_";
	struct compose_place place = reading->place;
	const char *from = reading->at;

	while (reading->at < reading->end && *reading->at != '\n')
		advance(reading);
	place.end_column = reading->place.column;
	if (reading->depth < DEPTH_CHAIN || (size_t)(reading->at - from) < sizeof(lost) - 1 ||
	    memcmp(from, lost, sizeof(lost) - 1) != 0)
		return;
	find(reading, LINT_SAVED_LOST, &place,
	     "nft wrote this condition as a comment: loaded again, the rule is without it and "
	     "matches more",
	     "write the rule anew with nft's own words (iptables-translate), or save it by "
	     "iptables-save");
}

/* Takes a text between quotes. */
static void take_quoted(struct reading *reading)
{
	advance(reading);
	while (reading->at < reading->end && *reading->at != '"' && *reading->at != '\n')
		advance(reading);
	if (reading->at < reading->end && *reading->at == '"')
		advance(reading);
}

/* Whether a character stands between words; a line's end does where a backslash is before it. */
static bool is_between(const struct reading *reading)
{
	return *reading->at == '\n' ? reading->at > reading->text && reading->at[-1] == '\\'
	                            : isspace((unsigned char)*reading->at) || *reading->at == '\\';
}

/* Takes the next word. False at the end. */
static bool next_word(struct reading *reading, struct word *ret_word)
{
	for (;;) {
		while (reading->at < reading->end && is_between(reading))
			advance(reading);
		if (reading->at < reading->end && *reading->at == '#')
			take_comment(reading);
		else
			break;
	}
	if (reading->at == reading->end)
		return false;
	*ret_word = (struct word){.text = reading->at, .place = reading->place};
	if (*reading->at == '"')
		take_quoted(reading);
	else if (is_sign(*reading->at))
		advance(reading);
	else
		while (reading->at < reading->end && !isspace((unsigned char)*reading->at) &&
		       !is_sign(*reading->at) && *reading->at != '"')
			advance(reading);
	ret_word->len = (size_t)(reading->at - ret_word->text);
	ret_word->place.end_column =
	    *ret_word->text == '\n' ? ret_word->place.column + 1 : reading->place.column;
	return true;
}

static bool is_word(const struct word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

/* Whether a word begins so. */
static bool begins(const struct word *word, const char *text)
{
	return word->len >= strlen(text) && memcmp(word->text, text, strlen(text)) == 0;
}

/* Says what a copy of the engine's rules does. */
static void find_engine(struct reading *reading, const struct compose_place *place)
{
	find(reading, LINT_SAVED_ENGINE, place,
	     "Docker's own rules were saved with the others: loaded again, each of their doors "
	     "leads to "
	     "whichever container has the address by then",
	     "save your own tables and chains alone; Docker makes its own when it starts");
}

/* Takes what stands behind `table`. */
static void take_table(struct reading *reading)
{
	static const char *const families[FAMILY_WORDS] = {"ip",  "ip6",    "inet",
	                                                   "arp", "bridge", "netdev"};
	struct word word;
	bool inet = false;

	if (!next_word(reading, &word))
		return;
	for (size_t i = 0; i < FAMILY_WORDS; i++)
		if (is_word(&word, families[i])) {
			inet = is_word(&word, "inet");
			if (!next_word(reading, &word))
				return;
			break;
		}
	if (inet && is_word(&word, "seawall"))
		find(reading, LINT_SAVED_WALL, &word.place,
		     "a copy of Seawall's own table: nothing of this file is loaded while a hard "
		     "wall "
		     "is up, and else it puts back doors of containers that may be gone",
		     "leave the table out of what you save; seawall-wall.service puts the wall up "
		     "at "
		     "boot");
	else if (begins(&word, "docker-bridges"))
		find_engine(reading, &word.place);
}

/* Takes what stands behind a word of a rule or a statement that matters here. */
static void take_statement(struct reading *reading, const struct word *first)
{
	struct word word;

	if (is_word(first, "table")) {
		take_table(reading);
	} else if (is_word(first, "chain")) {
		if (next_word(reading, &word) && begins(&word, "DOCKER") &&
		    !is_word(&word, "DOCKER-USER"))
			find_engine(reading, &word.place);
	} else if (is_word(first, "flush")) {
		if (next_word(reading, &word) && is_word(&word, "ruleset"))
			find(
			    reading, LINT_SAVED_FLUSH, &word.place,
			    "loaded while Docker runs, this takes away Docker's rules and an "
			    "ordinary wall too: published ports go dead, and containers can be "
			    "reached by their own addresses",
			    "flush your own tables by name (`table inet filter`, `flush table inet "
			    "filter`), or restart Docker each time after it");
	} else if (is_word(first, "flags") && reading->depth == 1) {
		const struct compose_place place = first->place;

		if (next_word(reading, &word) && (is_word(&word, "\n") || is_word(&word, ";")))
			find(reading, LINT_SAVED_FLAGS, &place,
			     "nft printed a flag that it cannot read back: nothing of this file is "
			     "loaded, and the host is without rules",
			     "leave this table out of what you save");
	} else if (is_word(first, "xt") && reading->depth >= DEPTH_CHAIN) {
		struct compose_place place = first->place;

		if (next_word(reading, &word) &&
		    (is_word(&word, "match") || is_word(&word, "target"))) {
			place.end_column = word.place.end_column;
			find(reading, LINT_SAVED_EXTENSION, &place,
			     "nft does not take iptables' extensions back: nothing of this file is "
			     "loaded, and the host is without rules",
			     "write the rule with nft's own words (iptables-translate), or save "
			     "these "
			     "tables by iptables-save");
		}
	}
}

/* Reads a file of nft's. */
static void read_nft(struct reading *reading)
{
	struct word word;

	while (reading->status == 0 && next_word(reading, &word)) {
		if (is_word(&word, "{"))
			reading->depth++;
		else if (is_word(&word, "}"))
			reading->depth -= reading->depth > 0;
		else
			take_statement(reading, &word);
	}
}

/* Reads a file of iptables-save's, line by line. */
static void read_save(struct reading *reading)
{
	static const char chain[] = ":DOCKER", users[] = ":DOCKER-USER ";

	while (reading->status == 0 && reading->at < reading->end) {
		const char *line = reading->at, *word;
		struct compose_place place = reading->place;
		size_t len;

		while (reading->at < reading->end && *reading->at != '\n')
			advance(reading);
		len = (size_t)(reading->at - line);
		word = memchr(line, ' ', len);
		place.end_column = place.column + (unsigned)(word ? (size_t)(word - line) : len);
		if (len >= sizeof(chain) - 1 && memcmp(line, chain, sizeof(chain) - 1) == 0 &&
		    (len < sizeof(users) - 1 || memcmp(line, users, sizeof(users) - 1) != 0))
			find_engine(reading, &place);
		if (reading->at < reading->end)
			advance(reading);
	}
}

/* Whether a line, from its first character on, is one of iptables-save's. */
static bool is_save_line(const char *at, const char *end)
{
	static const char *const tables[] = {"*filter", "*nat", "*mangle", "*raw", "*security"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if ((size_t)(end - at) >= strlen(tables[i]) &&
		    memcmp(at, tables[i], strlen(tables[i])) == 0)
			return true;
	return false;
}

/* Which kind of rules a text is, by its first line that is no comment. */
enum saved_kind { SAVED_NONE, SAVED_NFT, SAVED_IPTABLES };

static enum saved_kind kind_of(const char *text, size_t len)
{
	static const char *const starts[] = {"table ",       "add table ", "flush ",
	                                     "define ",      "include \"", "destroy table ",
	                                     "delete table "};
	const char *end = text + len, *at = text;

	while (at < end && (isspace((unsigned char)*at) || *at == '#')) {
		if (*at == '#')
			while (at < end && *at != '\n')
				at++;
		else
			at++;
	}
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if ((size_t)(end - at) >= strlen(starts[i]) &&
		    memcmp(at, starts[i], strlen(starts[i])) == 0)
			return SAVED_NFT;
	return is_save_line(at, end) ? SAVED_IPTABLES : SAVED_NONE;
}

bool lint_saved_is(const char *text, size_t len)
{
	return kind_of(text, len) != SAVED_NONE;
}

int lint_saved(struct lint *lint, const char *file, const char *text, size_t len)
{
	struct reading reading = {.lint = lint,
	                          .text = text,
	                          .at = text,
	                          .end = text + len,
	                          .place = {.file = file, .line = 1, .column = 1}};

	if (kind_of(text, len) == SAVED_IPTABLES)
		read_save(&reading);
	else
		read_nft(&reading);
	return reading.status;
}
