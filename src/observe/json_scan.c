/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks over the text of a JSON value (RFC 8259) without making anything of it. */
#include "observe/json_scan.h"

#include <string.h>

enum { DEPTH_CAP = 100 }; /* of objects and arrays in each other; engines have about ten */

/* Notes the first error. */
static void wrong(struct json_scan *scan, const char *what)
{
	if (!scan->wrong)
		scan->wrong = what;
}

char json_scan_peek(struct json_scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
	return scan->wrong || scan->at == scan->end ? 0 : *scan->at;
}

/* Passes over a mark like ':'; an error where another character stands. */
static void take_mark(struct json_scan *scan, char mark)
{
	if (json_scan_peek(scan) == mark)
		scan->at++;
	else
		wrong(scan, scan->at == scan->end ? "it ends too early"
		                                  : "a character that JSON does not have there");
}

struct json_walk json_scan_enter(struct json_scan *scan, char opening)
{
	take_mark(scan, opening);
	if (++scan->depth > DEPTH_CAP)
		wrong(scan, "nested too deeply");
	return (struct json_walk){.closing = opening == '{' ? '}' : ']'};
}

/* Passes over the comma before the next member or item, or over the closing mark. */
static bool walk_on(struct json_scan *scan, struct json_walk *walk)
{
	if (json_scan_peek(scan) == walk->closing) {
		scan->at++;
		scan->depth--;
		return false;
	}
	if (walk->begun)
		take_mark(scan, ',');
	walk->begun = true;
	return !scan->wrong;
}

bool json_scan_member(struct json_scan *scan, struct json_walk *walk, struct json_slice *ret_key)
{
	if (!walk_on(scan, walk) || !json_scan_string(scan, ret_key))
		return false;
	take_mark(scan, ':');
	return !scan->wrong;
}

bool json_scan_item(struct json_scan *scan, struct json_walk *walk)
{
	return walk_on(scan, walk);
}

/* Passes over what follows a backslash. */
static void skip_escape(struct json_scan *scan)
{
	const size_t rest = (size_t)(scan->end - scan->at);

	if (rest > 0 && *scan->at && strchr("\"\\/bfnrt", *scan->at)) {
		scan->at++;
		return;
	}
	if (rest < 5 || *scan->at != 'u') {
		wrong(scan, "a backslash that escapes nothing");
		return;
	}
	for (int i = 1; i < 5; i++)
		if (!scan->at[i] || !strchr("0123456789abcdefABCDEF", scan->at[i]))
			wrong(scan, "a backslash that escapes nothing");
	scan->at += 5;
}

bool json_scan_string(struct json_scan *scan, struct json_slice *ret_string)
{
	const char *begin;

	take_mark(scan, '"');
	begin = scan->at;
	while (!scan->wrong) {
		const unsigned char next = scan->at < scan->end ? (unsigned char)*scan->at : 0;

		if (scan->at == scan->end) {
			wrong(scan, "it ends too early");
		} else if (next == '"') {
			*ret_string = (struct json_slice){begin, (size_t)(scan->at++ - begin)};
			return true;
		} else if (next < ' ') {
			wrong(scan, "a control character in a string");
		} else {
			scan->at++;
			if (next == '\\')
				skip_escape(scan);
		}
	}
	return false;
}

/* Passes over digits; an error where there are none. */
static void skip_digits(struct json_scan *scan)
{
	const char *begin = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	if (scan->at == begin)
		wrong(scan, "a number without digits");
}

/* Passes over a character if it is next. */
static bool skip_char(struct json_scan *scan, char wanted)
{
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

/* Passes over a number. */
static void skip_number(struct json_scan *scan)
{
	(void)skip_char(scan, '-');
	if (!skip_char(scan, '0'))
		skip_digits(scan);
	if (skip_char(scan, '.'))
		skip_digits(scan);
	if (skip_char(scan, 'e') || skip_char(scan, 'E')) {
		if (!skip_char(scan, '+'))
			(void)skip_char(scan, '-');
		skip_digits(scan);
	}
}

/* Passes over true, false or null. */
static void skip_word(struct json_scan *scan, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		wrong(scan, "a character that JSON does not have there");
	else
		scan->at += len;
}

/* Passes over a value; calls itself for what is inside, DEPTH_CAP deep at most. */
static void skip_value(struct json_scan *scan)
{
	struct json_slice ignored;
	struct json_walk walk;

	switch (json_scan_peek(scan)) {
	case '{':
		walk = json_scan_enter(scan, '{');
		while (json_scan_member(scan, &walk, &ignored))
			skip_value(scan);
		break;
	case '[':
		walk = json_scan_enter(scan, '[');
		while (json_scan_item(scan, &walk))
			skip_value(scan);
		break;
	case '"':
		(void)json_scan_string(scan, &ignored);
		break;
	case 't':
		skip_word(scan, "true");
		break;
	case 'f':
		skip_word(scan, "false");
		break;
	case 'n':
		skip_word(scan, "null");
		break;
	case 0:
		wrong(scan, "it ends too early");
		break;
	default:
		if (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'))
			skip_number(scan);
		else
			wrong(scan, "a character that JSON does not have there");
	}
}

struct json_slice json_scan_value(struct json_scan *scan)
{
	const char *begin;

	(void)json_scan_peek(scan);
	begin = scan->at;
	skip_value(scan);
	return (struct json_slice){begin, (size_t)(scan->at - begin)};
}

void json_scan_finish(struct json_scan *scan)
{
	(void)json_scan_peek(scan);
	if (scan->at != scan->end)
		wrong(scan, "something follows its end");
}

const char *json_scan_kind(char first)
{
	switch (first) {
	case '{':
		return "an object";
	case '[':
		return "an array";
	case '"':
		return "a string";
	case 't':
		return "true";
	case 'f':
		return "false";
	case 'n':
		return "null";
	case 0:
		return "nothing";
	default:
		return "a number";
	}
}

size_t utf8_len(const char *text, size_t len)
{
	static const struct {
		unsigned char first, last, second_min, second_max;
		size_t len;
	} forms[] = {
	    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; len > 0 && i < sizeof(forms) / sizeof(*forms); i++) {
		if (bytes[0] < forms[i].first || bytes[0] > forms[i].last)
			continue;
		for (size_t k = 1; k < forms[i].len; k++)
			if (k >= len || bytes[k] < (k == 1 ? forms[i].second_min : 0x80) ||
			    bytes[k] > (k == 1 ? forms[i].second_max : 0xbf))
				return 0;
		return forms[i].len;
	}
	return 0;
}
