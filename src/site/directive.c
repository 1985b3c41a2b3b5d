/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nginx's configuration as a tree of directives, files that it includes taken in. */
#include "site/directive.h"
#include "base/vec.h"

#include <stdint.h>
#include <string.h>

enum { INCLUDE_DEPTH_CAP = 16, WORDS_CAP = 65536 };

/* What all files of one tree share. */
struct reader {
	struct config_files *files;
	struct arena *arena;
	struct error **ret_error;
	size_t bytes, count, n_files;
	VEC(char) word; /* in hand */
};

/* A file being read. */
struct source {
	const char *name;
	const char *at, *end, *line_start;
	unsigned line, includes;
};

enum token { TOKEN_WORD, TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_FILE_END };

static int read_block(struct reader *reader, struct source *source, unsigned depth,
                      struct directive **tail[static 1]);

/* A sentence about the place in hand. Returns -EBADMSG. */
static int wrong(const struct reader *reader, const struct source *source, const char *what)
{
	size_t column = 1;

	for (const char *at = source->line_start; at < source->at; at++)
		column += ((unsigned char)*at & 0xc0) != 0x80;
	return error_set(reader->ret_error, EBADMSG, "%s:%u:%zu: %s", source->name, source->line,
	                 column, what);
}

/* Passes one character, counting lines. */
static char take(struct source *source)
{
	char c = *source->at++;

	if (c == '\n') {
		source->line++;
		source->line_start = source->at;
	}
	return c;
}

/* Passes white space and comments. */
static void skip_space(struct source *source)
{
	while (source->at < source->end) {
		if (strchr(" \t\r\n", *source->at) && *source->at)
			(void)take(source);
		else if (*source->at == '#')
			while (source->at < source->end && *source->at != '\n')
				source->at++;
		else
			return;
	}
}

/* What stands for an escaped character; 0: the backslash stays in front of it. */
static char unescaped(char c)
{
	switch (c) {
	case '"':
	case '\'':
	case '\\':
		return c;
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	default:
		return 0;
	}
}

/* Whether a word without quotes ends in front of a character. */
static bool ends_word(char c)
{
	return strchr(" \t\r\n;{", c) != NULL;
}

/* Adds a character to the word in hand. False when memory is out. */
static bool put(struct reader *reader, char c)
{
	char *slot = vec_push(&reader->word);

	if (slot)
		*slot = c;
	return slot;
}

/* Takes one character of a word, or two that belong together, into the word in hand. */
static bool take_character(struct reader *reader, struct source *source)
{
	char c = take(source), next, plain;

	if (source->at == source->end || (c != '\\' && !(c == '$' && *source->at == '{')))
		return put(reader, c);
	next = take(source);
	plain = c == '\\' ? unescaped(next) : 0;
	return plain ? put(reader, plain) : put(reader, c) && put(reader, next);
}

/* Reads a word, in quotes or not, from where it begins. 0 or a negative errno. */
static int read_word(struct reader *reader, struct source *source, const char **ret_word)
{
	const struct source begin = *source;
	char quote = *source->at == '"' || *source->at == '\'' ? take(source) : 0;

	reader->word.n = 0;
	while (source->at < source->end &&
	       (quote ? *source->at != quote : !ends_word(*source->at))) {
		if ((unsigned char)*source->at < ' ' && !strchr("\t\r\n", *source->at))
			return wrong(reader, source, "a control character");
		if (!take_character(reader, source))
			return error_set(reader->ret_error, ENOMEM, "out of memory");
	}
	if (quote && source->at == source->end)
		return wrong(reader, &begin, "a quote that is not closed");
	if (quote)
		source->at++;
	*ret_word =
	    arena_strndup(reader->arena, reader->word.n ? reader->word.items : "", reader->word.n);
	return *ret_word ? 0 : error_set(reader->ret_error, ENOMEM, "out of memory");
}

/* Reads the next token. 0 or a negative errno. */
static int read_token(struct reader *reader, struct source *source, enum token *ret_token,
                      const char **ret_word)
{
	skip_space(source);
	if (source->at == source->end) {
		*ret_token = TOKEN_FILE_END;
		return 0;
	}
	switch (*source->at) {
	case ';':
		*ret_token = TOKEN_END;
		break;
	case '{':
		*ret_token = TOKEN_OPEN;
		break;
	case '}':
		*ret_token = TOKEN_CLOSE;
		break;
	default:
		*ret_token = TOKEN_WORD;
		return read_word(reader, source, ret_word);
	}
	source->at++;
	return 0;
}

/* Passes over a block of Lua code, from behind its brace. Strings and comments may hold braces. */
static int skip_code(struct reader *reader, struct source *source)
{
	const struct source begin = *source;
	unsigned depth = 1;
	char quote = 0;

	while (source->at < source->end) {
		char c = take(source);

		if (quote) {
			if (c == '\\' && source->at < source->end)
				(void)take(source);
			else if (c == quote || c == '\n')
				quote = 0;
		} else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '-' && source->at < source->end && *source->at == '-')
			while (source->at < source->end && *source->at != '\n')
				source->at++;
		else if (c == '{')
			depth++;
		else if (c == '}' && --depth == 0)
			return 0;
	}
	return wrong(reader, &begin, "a block that is not closed");
}

/* Reads a file's directives to the end of a list. 0 or a negative errno. */
static int read_file(struct reader *reader, const char *path, unsigned includes,
                     struct directive ***tail)
{
	struct source source = {.name = path, .line = 1, .includes = includes};
	struct bytes text = {0};
	int status = reader->files->read(reader->files, path, &text);

	reader->bytes += text.len;
	if (status < 0)
		status = error_wrap(reader->ret_error, status, "%s", path);
	else if (reader->bytes > DIRECTIVE_BYTES_CAP || ++reader->n_files > DIRECTIVE_FILES_CAP)
		status = error_set(reader->ret_error, EFBIG,
		                   "%s: more than %d files or %d MiB of configuration", path,
		                   DIRECTIVE_FILES_CAP, DIRECTIVE_BYTES_CAP >> 20);
	source.at = source.line_start = text.data ? (const char *)text.data : "";
	source.end = source.at + text.len;
	if (status == 0)
		status = read_block(reader, &source, 0, tail);
	bytes_done(&text);
	return status;
}

/* Whether a pattern may name several files, so that none is no fault. */
static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* Takes in the files that an include names. 0 or a negative errno. */
static int read_include(struct reader *reader, struct source *source, const char *pattern,
                        struct directive ***tail)
{
	struct config_paths paths = {0};
	int status;

	if (source->includes >= INCLUDE_DEPTH_CAP)
		return wrong(reader, source, "files that include each other without end");
	status = reader->files->list(reader->files, pattern, reader->arena, &paths);
	if (status < 0)
		status = error_set(reader->ret_error, ENOMEM, "out of memory");
	else if (!paths.n && !is_pattern(pattern))
		status = wrong(reader, source, "includes a file that is not there");
	vec_foreach(path, &paths)
		if (status == 0)
			status = read_file(reader, *path, source->includes + 1, tail);
	vec_done(&paths);
	return status;
}

/* Adds a directive of words to a list; NULL with a sentence where memory or the cap is reached. */
static struct directive *add(struct reader *reader, const struct source *source, unsigned line,
                             const char *const *words, size_t n, struct directive ***tail)
{
	struct directive *directive = arena_alloc(reader->arena, sizeof(*directive));
	const char **copy = arena_alloc(reader->arena, n * sizeof(*copy));

	if (!directive || !copy) {
		error_set(reader->ret_error, ENOMEM, "out of memory");
		return NULL;
	}
	if (++reader->count > DIRECTIVE_COUNT_CAP) {
		error_set(reader->ret_error, EFBIG, "%s:%u: more than %d directives", source->name,
		          line, DIRECTIVE_COUNT_CAP);
		return NULL;
	}
	memcpy(copy, words, n * sizeof(*copy));
	*directive = (struct directive){.words = copy, .n = n, .file = source->name, .line = line};
	**tail = directive;
	*tail = &directive->next;
	return directive;
}

/* Whether the block of a directive holds code in another language. */
static bool holds_code(const char *name)
{
	static const char suffix[] = "_by_lua_block";
	size_t len = strlen(name), tail = sizeof(suffix) - 1;

	return len > tail && strcmp(name + len - tail, suffix) == 0;
}

/* What a token made of the words before it: a directive, or with a brace its block. */
static int finish(struct reader *reader, struct source *source, unsigned depth, enum token token,
                  unsigned line, const char *const *words, size_t n, struct directive ***tail)
{
	struct directive *directive, **inside;

	if (token == TOKEN_END && n == 2 && strcmp(words[0], "include") == 0)
		return read_include(reader, source, words[1], tail);
	directive = add(reader, source, line, words, n, tail);
	if (!directive)
		return reader->count > DIRECTIVE_COUNT_CAP ? -EFBIG : -ENOMEM;
	if (token == TOKEN_END)
		return 0;
	directive->block = true;
	if (holds_code(words[0]))
		return skip_code(reader, source);
	if (depth >= DIRECTIVE_DEPTH_CAP)
		return wrong(reader, source, "blocks too deep in each other");
	inside = &directive->first;
	return read_block(reader, source, depth + 1, &inside);
}

/*
 * Reads directives until the end of the block, or of the file at depth 0, and adds them at *tail.
 * 0 or a negative errno with a sentence.
 */
static int read_block(struct reader *reader, struct source *source, unsigned depth,
                      struct directive **tail[static 1])
{
	VEC(const char *) words = {0};
	unsigned line = 0;
	int status = 0;

	while (status == 0) {
		enum token token = TOKEN_FILE_END;
		const char *word = NULL, **slot;

		status = read_token(reader, source, &token, &word);
		if (status < 0)
			break;
		if (token == TOKEN_WORD) {
			if (words.n == 0)
				line = source->line;
			slot = words.n < WORDS_CAP ? vec_push(&words) : NULL;
			if (!slot) {
				status = words.n < WORDS_CAP
				             ? error_set(reader->ret_error, ENOMEM, "out of memory")
				             : wrong(reader, source, "too many words");
				break;
			}
			*slot = word;
		} else if (token == TOKEN_CLOSE || token == TOKEN_FILE_END) {
			if (words.n)
				status = wrong(reader, source, "expected \";\" or \"{\"");
			else if ((token == TOKEN_CLOSE) != (depth > 0))
				status = wrong(reader, source,
				               depth ? "a block that is not closed"
				                     : "a \"}\" without a \"{\"");
			break;
		} else if (words.n == 0) {
			status = wrong(reader, source, "expected a directive");
		} else {
			status =
			    finish(reader, source, depth, token, line, words.items, words.n, tail);
			words.n = 0;
		}
	}
	vec_done(&words);
	return status;
}

int directives_read(struct config_files *files, const char *path, struct arena *arena,
                    struct directive **ret_first, struct error **ret_error)
{
	struct reader reader = {.files = files, .arena = arena, .ret_error = ret_error};
	struct directive **tail = ret_first;
	int status;

	*ret_first = NULL;
	status = read_file(&reader, path, 0, &tail);
	vec_done(&reader.word);
	return status;
}

bool directive_is(const struct directive *directive, const char *name)
{
	return strcmp(directive->words[0], name) == 0;
}

const struct directive *directive_last(const struct directive *first, const char *name)
{
	const struct directive *found = NULL;

	directive_each(item, first) if (directive_is(item, name)) found = item;
	return found;
}
