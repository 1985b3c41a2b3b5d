/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HAProxy's configuration as lines of words (doc/configuration.txt 2.2, 2.3). */
#include "site/haproxy_parts.h"

#include "base/vec.h"

#include <errno.h>
#include <string.h>

/* A text being read. */
struct source {
	const char *name, *at, *end, *line_start;
	unsigned line;
	struct arena *arena;
	struct error **ret_error;
	VEC(char) word;
};

/* A sentence about the place in hand. Returns -EBADMSG. */
static int wrong(const struct source *source, const char *what)
{
	size_t column = 1;

	for (const char *at = source->line_start; at < source->at; at++)
		column += ((unsigned char)*at & 0xc0) != 0x80;
	return error_set(source->ret_error, EBADMSG, "%s:%u:%zu: %s", source->name, source->line,
	                 column, what);
}

/* Adds a character to the word in hand. 0 or -ENOMEM. */
static int put(struct source *source, char c)
{
	char *slot = vec_push(&source->word);

	if (!slot)
		return error_set(source->ret_error, ENOMEM, "out of memory");
	*slot = c;
	return 0;
}

/* Passes over the name of an environment variable behind its '$'. */
static void skip_variable(struct source *source)
{
	bool brace = source->at < source->end && *source->at == '{';

	while (source->at < source->end && *source->at != '\n') {
		char c = *source->at;
		bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		            (c >= '0' && c <= '9') || c == '_';

		if (!part && !brace)
			return;
		source->at++;
		if (brace && c == '}')
			return;
	}
}

/* Takes what stands for one character, or for a variable, into the word. 0 or a negative errno. */
static int take(struct source *source, char quote)
{
	char c = *source->at++;

	if (c == '$' && quote == '"') {
		skip_variable(source);
		return put(source, SITE_HOLE);
	}
	if (c == '\\' && quote != '\'' && source->at < source->end && *source->at != '\n')
		c = *source->at++;
	if ((unsigned char)c < ' ' && c != '\t')
		return wrong(source, "a control character");
	return put(source, c);
}

/* Reads a word, parts of it in quotes or not. 0 or a negative errno. */
static int read_word(struct source *source, const char **ret_word)
{
	char quote = 0;
	int status = 0;

	source->word.n = 0;
	while (status == 0 && source->at < source->end && *source->at != '\n') {
		char c = *source->at;

		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			source->at++;
		} else if (!quote && strchr(" \t\r#", c) && c) {
			break;
		} else {
			status = take(source, quote);
		}
	}
	if (status == 0 && quote)
		status = wrong(source, "a quote that is not closed");
	if (status < 0)
		return status;
	*ret_word =
	    arena_strndup(source->arena, source->word.n ? source->word.items : "", source->word.n);
	return *ret_word ? 0 : error_set(source->ret_error, ENOMEM, "out of memory");
}

/* Whether a keyword begins a section. */
static bool heads_section(const char *word)
{
	static const char *const heads[] = {"global",      "defaults", "frontend", "backend",
	                                    "listen",      "userlist", "peers",    "resolvers",
	                                    "mailers",     "cache",    "program",  "ring",
	                                    "http-errors", "fcgi-app", "crt-list", "log-forward"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (strcmp(word, heads[i]) == 0)
			return true;
	return false;
}

VEC_TYPE(words, const char *);

/* Reads the words of the line in hand, and goes to the next. 0 or a negative errno. */
static int read_line(struct source *source, struct words *words)
{
	int status = 0;

	words->n = 0;
	while (status == 0 && source->at < source->end && *source->at != '\n') {
		const char **slot;

		if (strchr(" \t\r", *source->at) && *source->at) {
			source->at++;
			continue;
		}
		if (*source->at == '#') {
			while (source->at < source->end && *source->at != '\n')
				source->at++;
			break;
		}
		if (words->n >= HAPROXY_WORDS_CAP)
			return wrong(source, "too many words");
		slot = vec_push(words);
		status = slot ? read_word(source, slot)
		              : error_set(source->ret_error, ENOMEM, "out of memory");
	}
	return status;
}

/* Adds a line of words. 0 or a negative errno. */
static int add_line(struct source *source, const struct words *words, struct haproxy_line ***tail)
{
	struct haproxy_line *line = arena_alloc(source->arena, sizeof(*line));
	const char **copy = arena_alloc(source->arena, words->n * sizeof(*copy));

	if (!line || !copy)
		return error_set(source->ret_error, ENOMEM, "out of memory");
	memcpy(copy, words->items, words->n * sizeof(*copy));
	*line = (struct haproxy_line){
	    .words = copy, .n = words->n, .line = source->line, .heads = heads_section(copy[0])};
	**tail = line;
	*tail = &line->next;
	return 0;
}

int haproxy_lines(const char *name, const char *text, size_t len, struct arena *arena,
                  struct haproxy_line **ret_first, struct error **ret_error)
{
	struct source source = {
	    .name = name, .at = text, .end = text + len, .arena = arena, .ret_error = ret_error};
	struct haproxy_line **tail = ret_first;
	struct words words = {0};
	size_t lines = 0;
	int status = 0;

	*ret_first = NULL;
	while (status == 0 && source.at < source.end) {
		source.line++;
		source.line_start = source.at;
		status = read_line(&source, &words);
		if (status == 0 && words.n && ++lines > HAPROXY_LINES_CAP)
			status = error_set(ret_error, EFBIG, "%s: more than %d lines", name,
			                   HAPROXY_LINES_CAP);
		if (status == 0 && words.n)
			status = add_line(&source, &words, &tail);
		source.at += source.at < source.end;
	}
	vec_done(&source.word);
	vec_done(&words);
	return status;
}
