/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of iptables-save as words, and where they stand for messages.
 *
 * Words are parted by blanks. Double quotes keep blanks together, and within them a backslash takes
 * the next character as it is; a closing quote ends the word, as in iptables-restore.
 */
#include "rules/xtables/xt.h"

#include <stdarg.h>
#include <string.h>

enum { QUOTED_MAX = 100 }; /* of a word in a message, bytes */

int xt_wrong(const struct xt_reader *reader, const struct xt_word *at, const char *format, ...)
{
	_cleanup_free_ char *sentence = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&sentence, format, args);
	va_end(args);
	if (len < 0) {
		sentence = NULL;
		return -ENOMEM;
	}
	return error_set(reader->ret_error, EINVAL, "%s:%u:%zu: %s", reader->path,
	                 reader->line_number, (at ? at->from : reader->line_len) + 1, sentence);
}

int xt_expected(const struct xt_reader *reader, const struct xt_word *at, const char *what)
{
	return xt_wrong(reader, at, "found \"%.*s\", expected %s", QUOTED_MAX, at->text, what);
}

int xt_expected_in(const struct xt_reader *reader, const struct xt_word *at, size_t offset,
                   size_t len, const char *what)
{
	struct xt_word part = *at;

	part.from += offset;
	return xt_wrong(reader, &part, "found \"%.*s\", expected %s",
	                (int)(len < QUOTED_MAX ? len : QUOTED_MAX), at->text + offset, what);
}

/* Takes the next line's bounds, without its end. False at the end of the text. */
static bool line_take(struct xt_reader *reader)
{
	size_t left = (size_t)(reader->end - reader->text);
	const char *newline = left > 0 ? memchr(reader->text, '\n', left) : NULL;
	size_t len = newline ? (size_t)(newline - reader->text) : left;

	if (left == 0)
		return false;
	reader->line = reader->text;
	reader->text += newline ? len + 1 : len;
	while (len > 0 && reader->line[len - 1] == '\r')
		len--;
	reader->line_len = len;
	reader->line_number++;
	return true;
}

/* True for what parts words. */
static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Copies a quoted part from behind its quote. Moves *at behind the closing one. */
static int quoted_take(const struct xt_reader *reader, size_t *at, char **to)
{
	const struct xt_word quote = {.from = *at - 1};

	for (; *at < reader->line_len; (*at)++) {
		char byte = reader->line[*at];

		if (byte == '"') {
			(*at)++;
			return 0;
		}
		if (byte == '\\' && *at + 1 < reader->line_len)
			byte = reader->line[++*at];
		*(*to)++ = byte;
	}
	return xt_wrong(reader, &quote, "found no end of what is quoted from here, expected \"");
}

/* Copies the word at *at into the room, NUL behind it. */
static int word_take(struct xt_reader *reader, size_t *at, char **to)
{
	struct xt_word *word = vec_push(&reader->words);
	int status = 0;

	if (!word)
		return -ENOMEM;
	*word = (struct xt_word){.text = *to, .from = *at};
	while (*at < reader->line_len && !is_blank(reader->line[*at]) && !word->quoted) {
		if (reader->line[*at] == '"') {
			(*at)++;
			word->quoted = true;
			status = quoted_take(reader, at, to);
			if (status < 0)
				return status;
		} else {
			*(*to)++ = reader->line[(*at)++];
		}
	}
	word->to = *at;
	*(*to)++ = '\0';
	return 0;
}

/* Cuts the line at hand into words; a comment has none. */
static int line_cut(struct xt_reader *reader)
{
	size_t at = 0;
	char *to;
	int status;

	reader->words.n = 0;
	reader->room.n = 0;
	/* Each word is followed by a blank or the end, which its NUL takes the place of; a word
	 * that a quote ended may be followed by another one at once. */
	if (vec_reserve(&reader->room, 2 * reader->line_len + 2) < 0)
		return -ENOMEM;
	to = reader->room.items;
	for (;;) {
		while (at < reader->line_len && is_blank(reader->line[at]))
			at++;
		if (at == reader->line_len || (reader->line[at] == '#' && reader->words.n == 0))
			return 0;
		status = word_take(reader, &at, &to);
		if (status < 0)
			return status;
	}
}

int xt_line_next(struct xt_reader *reader)
{
	const char *nul;
	int status;

	if (!line_take(reader))
		return 0;
	if (reader->line_len > XT_LINE_MAX)
		return error_set(reader->ret_error, E2BIG,
		                 "%s:%u:1: a line of %zu bytes: expected at most %d", reader->path,
		                 reader->line_number, reader->line_len, XT_LINE_MAX);
	nul = reader->line_len > 0 ? memchr(reader->line, '\0', reader->line_len) : NULL;
	if (nul) {
		const struct xt_word at = {.from = (size_t)(nul - reader->line)};

		return xt_wrong(reader, &at, "found a NUL byte, expected text");
	}
	if (reader->line_number == 1 && reader->line_len >= 3 &&
	    memcmp(reader->line, "\xef\xbb\xbf", 3) == 0) {
		reader->line += 3;
		reader->line_len -= 3;
	}
	status = line_cut(reader);
	return status < 0 ? status : 1;
}
