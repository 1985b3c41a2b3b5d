/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out what kind of ruleset a text is, and has it read.
 *
 * The first word that is neither blank nor a comment tells: JSON begins with a brace; nft speaks
 * of tables; the lines of iptables-save begin with "*", ":", "[" or "-".
 */
#include "rules/ruleset.h"

#include <string.h>

/* A reader of one format, and the words that a text of it can begin with. */
struct format {
	int (*read)(const char *path, const char *text, size_t len, struct ruleset *ruleset,
	            struct error **ret_error);
	const char *words[16]; /* of letters: as a whole word; else as they stand */
};

static const struct format formats[] = {
    {ruleset_read_nft_json, {"{"}},
    {ruleset_read_nft,
     {"table", "flush", "add", "create", "delete", "destroy", "define", "undefine", "redefine",
      "include", "insert", "chain", "replace", "reset"}},
    {ruleset_read_xtables, {"*", ":", "[", "-"}},
};

/* Leaves out blanks, comment lines and a byte order mark. */
static size_t first_word(const char *text, size_t len)
{
	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < len) {
		if (strchr(" \t\r\n", text[at]) && text[at] != '\0') {
			at++;
		} else if (text[at] == '#') {
			while (at < len && text[at] != '\n')
				at++;
		} else {
			break;
		}
	}
	return at;
}

/* True for what words are made of. */
static bool is_word_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || byte == '_';
}

/* Whether the text at hand begins with a word. */
static bool begins_with(const char *text, size_t len, const char *word)
{
	size_t size = strlen(word);

	if (len < size || memcmp(text, word, size) != 0)
		return false;
	return !is_word_byte(word[0]) || len == size || !is_word_byte(text[size]);
}

/* The format whose words the text begins with; NULL for none. */
static const struct format *format_of(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		for (const char *const *word = formats[i].words; *word; word++)
			if (begins_with(text, len, *word))
				return &formats[i];
	return NULL;
}

int ruleset_read(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                 struct error **ret_error)
{
	size_t at = first_word(text, len);
	const struct format *format = format_of(text + at, len - at);

	if (!format || !format->read)
		return error_set(ret_error, EINVAL,
		                 "%s:1:1: expected rules as iptables-save, ip6tables-save, "
		                 "\"nft list ruleset\" or \"nft -j list ruleset\" print them%s",
		                 path, at == len ? ", but nothing is there" : "");
	return format->read(path, text, len, ruleset, ret_error);
}
