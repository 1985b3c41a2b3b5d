/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Caddyfile as a tree of directives (Caddy 2.6, caddyconfig/caddyfile/lexer.go and parse.go). */
#include "site/caddy_parts.h"

#include "base/vec.h"
#include "site/site.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { IMPORT_DEPTH_CAP = 16, WORDS_CAP = 4096 };

/* What all files of one tree share. */
struct reader {
	struct config_files *files;
	struct arena *arena;
	struct error **ret_error;
	const struct directive *snippets; /* of the file in hand and those that import it */
	struct directive **next_snippet;
	size_t bytes, count, n_files;
	VEC(char) word;
};

/* A file being read. */
struct source {
	const char *name, *at, *end;
	unsigned line, imports;
};

VEC_TYPE(words, const char *);

/* A sentence about the line in hand. Returns -number. */
static int wrong(const struct reader *reader, const struct source *source, int number,
                 const char *what)
{
	return error_set(reader->ret_error, number, "%s:%u: %s", source->name, source->line, what);
}

/* Adds a character to the word in hand. 0 or -ENOMEM. */
static int put(struct reader *reader, char c)
{
	char *slot = vec_push(&reader->word);

	if (!slot)
		return error_set(reader->ret_error, ENOMEM, "out of memory");
	*slot = c;
	return 0;
}

/*
 * The word in hand, of which "{$NAME:DEFAULT}" is the default, and "{$NAME}" a hole. What stands
 * for it is no longer than it was.
 */
static const char *finish_word(struct reader *reader)
{
	char *word =
	    arena_strndup(reader->arena, reader->word.n ? reader->word.items : "", reader->word.n);
	char *out = word, *at = word, *last = word ? strrchr(word, '}') : NULL;

	while (at && *at) {
		char *colon, *end;

		if (at > last || strncmp(at, "{$", 2) != 0) {
			*out++ = *at++;
			continue;
		}
		end = strchr(at, '}');
		colon = memchr(at, ':', (size_t)(end - at));
		if (colon) {
			memmove(out, colon + 1, (size_t)(end - colon - 1));
			out += end - colon - 1;
		} else {
			*out++ = SITE_HOLE;
		}
		at = end + 1;
	}
	if (out)
		*out = 0;
	return word;
}

/* Reads a word from where it begins. *ret_bare: it had no quotes. 0 or a negative errno. */
static int read_word(struct reader *reader, struct source *source, const char **ret_word,
                     bool *ret_bare)
{
	char quote = *source->at == '"' || *source->at == '`' ? *source->at++ : 0;
	int status = 0;

	reader->word.n = 0;
	*ret_bare = !quote;
	while (status == 0 && source->at < source->end) {
		char c = *source->at;

		if (quote ? c == quote : strchr(" \t\r\n", c) && c)
			break;
		if ((unsigned char)c < ' ' && !strchr("\t\r\n", c))
			return wrong(reader, source, EBADMSG, "a control character");
		source->line += c == '\n';
		source->at++;
		if (c == '\\' && quote == '"' && source->at < source->end && *source->at == '"')
			c = *source->at++;
		status = put(reader, c);
	}
	if (status == 0 && quote && source->at == source->end)
		status = wrong(reader, source, EBADMSG, "a quote that is not closed");
	source->at += status == 0 && quote;
	if (status < 0)
		return status;
	*ret_word = finish_word(reader);
	return *ret_word ? 0 : error_set(reader->ret_error, ENOMEM, "out of memory");
}

/* How a line ended. */
enum ending { END_LINE, END_OPEN, END_CLOSE, END_FILE };

/* Passes white space within a line, escaped newlines and comments. */
static void skip_space(struct source *source)
{
	while (source->at < source->end) {
		char c = *source->at;

		if (c == '\\' && source->at + 1 < source->end && source->at[1] == '\n') {
			source->at += 2;
			source->line++;
		} else if (c == '#') {
			while (source->at < source->end && *source->at != '\n')
				source->at++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			source->at++;
		} else {
			return;
		}
	}
}

/* Whether the last word goes on after the end of its line: addresses with a comma between them. */
static bool goes_on(const struct words *words)
{
	const char *last = words->n ? words->items[words->n - 1] : "";

	return last && *last && last[strlen(last) - 1] == ',';
}

/* Reads the words of a line. 0 or a negative errno. */
static int read_line(struct reader *reader, struct source *source, struct words *words,
                     unsigned *ret_line, enum ending *ret_ending)
{
	words->n = 0;
	for (;;) {
		const char *word = NULL, **slot;
		bool bare = false;
		int status;

		skip_space(source);
		if (source->at == source->end) {
			*ret_ending = END_FILE;
			return 0;
		}
		if (*source->at == '\n') {
			source->at++;
			source->line++;
			if (words->n == 0 || goes_on(words))
				continue;
			*ret_ending = END_LINE;
			return 0;
		}
		if (words->n == 0)
			*ret_line = source->line;
		status = read_word(reader, source, &word, &bare);
		if (status < 0 || !word)
			return status < 0 ? status : -ENOMEM;
		if (bare && (strcmp(word, "{") == 0 || (strcmp(word, "}") == 0 && !words->n))) {
			*ret_ending = *word == '{' ? END_OPEN : END_CLOSE;
			return 0;
		}
		slot = words->n < WORDS_CAP ? vec_push(words) : NULL;
		if (!slot)
			return wrong(reader, source, EFBIG, "too many words");
		*slot = word;
	}
}

/* Adds a directive; NULL with a sentence. */
static struct directive *add(struct reader *reader, const struct source *source, unsigned line,
                             const struct words *words, struct directive ***tail)
{
	struct directive *directive = arena_alloc(reader->arena, sizeof(*directive));
	const char **copy = arena_alloc(reader->arena, (words->n + 1) * sizeof(*copy));

	if (!directive || !copy) {
		error_set(reader->ret_error, ENOMEM, "out of memory");
		return NULL;
	}
	if (++reader->count > DIRECTIVE_COUNT_CAP) {
		(void)wrong(reader, source, EFBIG, "too many directives");
		return NULL;
	}
	copy[0] = "";
	if (words->n)
		memcpy(copy, words->items, words->n * sizeof(*copy));
	*directive = (struct directive){
	    .words = copy, .n = words->n ? words->n : 1, .file = source->name, .line = line};
	**tail = directive;
	*tail = &directive->next;
	return directive;
}

static int read_lines(struct reader *reader, struct source *source, unsigned depth,
                      struct directive ***tail);

/* Reads a file's lines to the end of a list. 0 or a negative errno. */
static int read_file(struct reader *reader, const char *path, unsigned imports,
                     struct directive ***tail)
{
	struct source source = {.name = path, .line = 1, .imports = imports};
	struct bytes text = {0};
	int status = reader->files->read(reader->files, path, &text);

	reader->bytes += text.len;
	if (status < 0)
		status = error_wrap(reader->ret_error, status, "%s", path);
	else if (reader->bytes > DIRECTIVE_BYTES_CAP || ++reader->n_files > DIRECTIVE_FILES_CAP)
		status = wrong(reader, &source, EFBIG, "too many files, or too large ones");
	source.at = text.data ? (const char *)text.data : "";
	source.end = source.at + text.len;
	if (status == 0)
		status = read_lines(reader, &source, 0, tail);
	bytes_done(&text);
	return status;
}

/* What an import gave for the "{args.N}" or "{args[N]}" that a text begins with; NULL: it begins
 * with none, or none was given. *ret_len: how long that is. */
static const char *argument_of(const char *text, const struct words *arguments, size_t *ret_len)
{
	bool bracket = strncmp(text, "{args[", 6) == 0;
	const char *at = text + 6;
	size_t n = 0;

	if (!bracket && strncmp(text, "{args.", 6) != 0)
		return NULL;
	for (; *at >= '0' && *at <= '9' && n < WORDS_CAP; at++)
		n = n * 10 + (size_t)(*at - '0');
	if (at == text + 6 || (bracket && *at++ != ']') || *at != '}' || n + 2 >= arguments->n)
		return NULL;
	*ret_len = (size_t)(at + 1 - text);
	return arguments->items[n + 2];
}

/* Adds a text to the word in hand. 0 or a negative errno. */
static int put_text(struct reader *reader, const char *text)
{
	int status = 0;

	for (; *text && status == 0; text++)
		status = put(reader, *text);
	return status;
}

/*
 * Copies a word, in which "{args.N}" and "{args[N]}" stand for what an import gave. What all
 * copies take together has the cap of what is read. 0 or a negative errno.
 */
static int copy_word(struct reader *reader, const struct source *source, const char *word,
                     const struct words *arguments, const char **ret_word)
{
	int status = 0;

	reader->word.n = 0;
	for (const char *at = word; *at && status == 0;) {
		size_t len = 1;
		const char *argument = argument_of(at, arguments, &len);

		if (reader->bytes + reader->word.n > DIRECTIVE_BYTES_CAP)
			return wrong(reader, source, EFBIG, "snippets that are too large");
		status = argument ? put_text(reader, argument) : put(reader, *at);
		at += len;
	}
	if (status < 0)
		return status;
	reader->bytes += reader->word.n + sizeof(word);
	*ret_word =
	    arena_strndup(reader->arena, reader->word.n ? reader->word.items : "", reader->word.n);
	return *ret_word ? 0 : error_set(reader->ret_error, ENOMEM, "out of memory");
}

/* Adds a copy of a snippet's directives. 0 or a negative errno. */
static int copy_list(struct reader *reader, const struct source *source,
                     const struct directive *list, const struct words *arguments, unsigned depth,
                     struct directive ***tail)
{
	int status = 0;

	if (depth > DIRECTIVE_DEPTH_CAP)
		return wrong(reader, source, EBADMSG, "snippets too deep in each other");
	directive_each(item, list)
	{
		struct words words = {0};
		struct directive *copy = NULL, **inside;

		for (size_t i = 0; i < item->n && status == 0; i++) {
			const char **slot = vec_push(&words);

			status = slot ? copy_word(reader, source, item->words[i], arguments, slot)
			              : error_set(reader->ret_error, ENOMEM, "out of memory");
		}
		if (status == 0)
			copy = add(reader, source, item->line, &words, tail);
		vec_done(&words);
		if (!copy)
			return status < 0 ? status : -ENOMEM;
		copy->block = item->block;
		copy->file = item->file;
		inside = &copy->first;
		status = copy_list(reader, source, item->first, arguments, depth + 1, &inside);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Takes in what an import names: a snippet, or files. 0 or a negative errno. */
static int import(struct reader *reader, struct source *source, const struct words *words,
                  struct directive ***tail)
{
	struct config_paths paths = {0};
	char *name = arena_printf(reader->arena, "(%s)", words->items[1]);
	int status;

	if (!name)
		return error_set(reader->ret_error, ENOMEM, "out of memory");
	directive_each(snippet, reader->snippets) if (directive_is(snippet, name)) return copy_list(
	    reader, source, snippet->first, words, 0, tail);
	if (source->imports >= IMPORT_DEPTH_CAP)
		return wrong(reader, source, EBADMSG, "files that import each other without end");
	status = reader->files->list(reader->files, words->items[1], reader->arena, &paths);
	if (status < 0)
		status = error_set(reader->ret_error, ENOMEM, "out of memory");
	else if (!paths.n && !strpbrk(words->items[1], "*?["))
		status = wrong(reader, source, EBADMSG, "imports what is not there");
	vec_foreach(path, &paths)
		if (status == 0)
			status = read_file(reader, *path, source->imports + 1, tail);
	vec_done(&paths);
	return status;
}

/* Adds a directive and reads its block, if it opens one. 0 or a negative errno. */
static int take_line(struct reader *reader, struct source *source, unsigned depth, unsigned line,
                     const struct words *words, enum ending ending, struct directive ***tail)
{
	bool snippet = depth == 0 && words->n && words->items[0][0] == '(';
	struct directive *directive, **inside, *own = NULL, **own_tail = &own;
	int status;

	if (ending != END_OPEN && words->n > 1 && strcmp(words->items[0], "import") == 0)
		return import(reader, source, words, tail);
	directive = add(reader, source, line, words, snippet ? &own_tail : tail);
	if (!directive)
		return reader->count > DIRECTIVE_COUNT_CAP ? -EFBIG : -ENOMEM;
	if (ending != END_OPEN)
		return 0; /* a snippet without a block is none */
	if (depth >= DIRECTIVE_DEPTH_CAP)
		return wrong(reader, source, EBADMSG, "blocks too deep in each other");
	directive->block = true;
	inside = &directive->first;
	status = read_lines(reader, source, depth + 1, &inside);
	if (snippet && status == 0) { /* only now, so that it cannot import itself */
		*reader->next_snippet = directive;
		reader->next_snippet = &directive->next;
	}
	return status;
}

/* Reads lines until the end of the block, or of the file at depth 0. 0 or a negative errno. */
static int read_lines(struct reader *reader, struct source *source, unsigned depth,
                      struct directive ***tail)
{
	struct words words = {0};
	enum ending ending = END_LINE;
	unsigned line = 0;
	int status = 0;

	while (status == 0 && ending != END_FILE) {
		status = read_line(reader, source, &words, &line, &ending);
		if (status < 0)
			break;
		if (ending == END_CLOSE) {
			if (depth == 0)
				status = wrong(reader, source, EBADMSG, "a \"}\" without a \"{\"");
			break;
		}
		if (words.n || ending == END_OPEN)
			status = take_line(reader, source, depth, line, &words, ending, tail);
		if (status == 0 && ending == END_FILE && depth)
			status = wrong(reader, source, EBADMSG, "a block that is not closed");
	}
	vec_done(&words);
	return status;
}

int caddy_tree(struct config_files *files, const char *path, struct arena *arena,
               struct directive **ret_first, struct error **ret_error)
{
	/* Snippets stand before their use: the list grows while it is looked through. */
	struct directive head = {.words = (const char *const[]){""}, .n = 1};
	struct reader reader = {.files = files, .arena = arena, .ret_error = ret_error};
	struct directive **tail = ret_first;
	int status;

	*ret_first = NULL;
	reader.snippets = &head;
	reader.next_snippet = &head.next;
	status = read_file(&reader, path, 0, &tail);
	vec_done(&reader.word);
	return status;
}
