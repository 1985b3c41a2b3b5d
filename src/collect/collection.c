/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What collect.sh printed: sections, each with the output of one command. */
#include "collect/collection.h"

#include <stdbool.h>
#include <string.h>

enum { SECTIONS_MOST = 100000 };

/* A walk through the file. What is kept moves to the front: marks are left out. */
struct walk {
	struct collection *collection;
	char *at, *end, *to;
	size_t line;
	bool open; /* the last section's text may go on */
	bool ended;
};

void collection_done(struct collection *collection)
{
	bytes_done(&collection->bytes);
	vec_done(&collection->sections);
}

/* Complains about the line in hand. Returns -EBADMSG. */
static int bad(const struct walk *walk, size_t column, const char *expected,
               struct error **ret_error)
{
	return error_set(ret_error, EBADMSG, "%s:%zu:%zu: expected %s", walk->collection->path,
	                 walk->line, column, expected);
}

/* Ends the text of the section before, if there is one. */
static void close_section(struct walk *walk)
{
	struct collection *collection = walk->collection;
	struct section *last;

	if (!walk->open)
		return;
	last = &collection->sections.items[collection->sections.n - 1];
	last->len = (size_t)(walk->to - last->text);
	*walk->to++ = 0;
	walk->open = false;
}

/* Begins a section by its line, which ends with 0. 0 or a negative errno. */
static int open_section(struct walk *walk, char *line, struct error **ret_error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-:";
	static const size_t word = sizeof("section ") - 1;
	struct section *section;
	char *of;

	if (!line[word] || line[word + strspn(line + word, letters)])
		return bad(walk, word + 1, "the name of a section", ret_error);
	if (walk->collection->sections.n >= SECTIONS_MOST)
		return bad(walk, 1, "no more than 100000 sections", ret_error);
	close_section(walk);
	section = vec_push(&walk->collection->sections);
	if (!section)
		return error_set(ret_error, ENOMEM, "out of memory");
	of = strchr(line + word, ':');
	if (of)
		*of++ = 0;
	/* What is kept of each line is shorter than the line: the front never meets what is read.
	 */
	section->line = walk->line;
	section->name = memmove(walk->to, line + word, strlen(line + word) + 1);
	walk->to += strlen(section->name) + 1;
	if (of) {
		section->of = memmove(walk->to, of, strlen(of) + 1);
		walk->to += strlen(section->of) + 1;
	} else {
		section->of = "";
	}
	section->text = walk->to;
	walk->open = true;
	return 0;
}

/* Takes a line of output. */
static int take_output(struct walk *walk, const char *line, size_t len, struct error **ret_error)
{
	if (!walk->open)
		return bad(walk, 1, "\"section NAME\"", ret_error);
	memmove(walk->to, line + 1, len - 1);
	walk->to += len - 1;
	*walk->to++ = '\n';
	return 0;
}

/* Takes a complaint. The first of a section stays where it is: nothing moves that far any more. */
static int take_complaint(struct walk *walk, const char *line, struct error **ret_error)
{
	struct section *last;

	if (!walk->collection->sections.n)
		return bad(walk, 1, "\"section NAME\"", ret_error);
	last = &walk->collection->sections.items[walk->collection->sections.n - 1];
	if (!last->complaint) {
		size_t len = strlen(line + 1);

		close_section(walk);
		last->complaint = memmove(walk->to, line + 1, len + 1);
		walk->to += len + 1;
	}
	return 0;
}

/* Takes a line, which ends with 0. 0 or a negative errno. */
static int take_line(struct walk *walk, char *line, size_t len, struct error **ret_error)
{
	if (strlen(line) != len)
		return bad(walk, strlen(line) + 1, "no zero byte", ret_error);
	if (walk->ended)
		return bad(walk, 1, "nothing behind \"end\"", ret_error);
	if (*line == ' ')
		return take_output(walk, line, len, ret_error);
	if (*line == '!')
		return take_complaint(walk, line, ret_error);
	if (strncmp(line, "section ", 8) == 0)
		return open_section(walk, line, ret_error);
	if (strcmp(line, "end") != 0)
		return bad(walk, 1, "\"section NAME\", or \" \" and a line of output, or \"end\"",
		           ret_error);
	close_section(walk);
	walk->ended = true;
	return 0;
}

/* Takes the first line. 0 or -EBADMSG. */
static int take_first(const struct walk *walk, const char *line, struct error **ret_error)
{
	static const size_t len = sizeof(COLLECTION_MAGIC) - 1;

	if (strncmp(line, COLLECTION_MAGIC, len) != 0)
		return bad(walk, 1, "\"" COLLECTION_MAGIC "1\"", ret_error);
	if (strcmp(line + len, "1") != 0)
		return bad(walk, len + 1, "version 1, which is what this Seawall reads", ret_error);
	return 0;
}

int collection_read(const char *path, struct bytes *bytes, struct collection *ret_collection,
                    struct error **ret_error)
{
	struct walk walk = {.collection = ret_collection};
	int status = 0;

	*ret_collection = (struct collection){.path = path, .bytes = *bytes};
	*bytes = (struct bytes){0};
	walk.at = walk.to = (char *)ret_collection->bytes.data;
	walk.end = walk.at + ret_collection->bytes.len;
	while (status == 0 && walk.at < walk.end) {
		char *line = walk.at;
		char *newline = memchr(line, '\n', (size_t)(walk.end - line));
		size_t len;

		walk.line++;
		if (!newline)
			return bad(&walk, (size_t)(walk.end - line) + 1, "the end of the line",
			           ret_error);
		walk.at = newline + 1;
		len = (size_t)(newline - line);
		/* People send such files by mail. */
		if (len && line[len - 1] == '\r')
			len--;
		line[len] = 0;
		status = walk.line == 1 ? take_first(&walk, line, ret_error)
		                        : take_line(&walk, line, len, ret_error);
	}
	walk.line++;
	if (status == 0 && !walk.ended)
		status = bad(&walk, 1, "\"end\": the collection is cut short", ret_error);
	return status;
}

const struct section *collection_section(const struct collection *collection, const char *name,
                                         const char *of)
{
	vec_foreach(section, &collection->sections)
		if (strcmp(section->name, name) == 0 && strcmp(section->of, of) == 0)
			return section;
	return NULL;
}

char *collection_word(const struct collection *collection, const char *name)
{
	const struct section *section = collection_section(collection, name, "");
	const char *text = section ? section->text : "";
	size_t len = strlen(text);

	while (len && strchr(" \t\n", text[len - 1]))
		len--;
	return strndup(text, len);
}

char *section_line(const struct section *section, char **at)
{
	char *line = *at ? *at : (char *)section->text, *end;

	line += strspn(line, "\n");
	if (line >= section->text + section->len)
		return NULL;
	end = strchrnul(line, '\n');
	*at = *end ? end + 1 : end;
	*end = 0;
	return line;
}
