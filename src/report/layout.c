/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a given width: wrapped text with a hanging indent, and rows of wrapped cells. */
#include "report/layout.h"
#include "report/printable.h"

#include <stdbool.h>
#include <string.h>

enum { NARROWEST = 4 };

static const char *const color_codes[] = {
    [LAYOUT_PLAIN] = "",  [LAYOUT_BAD] = "1;31", [LAYOUT_WARN] = "33",
    [LAYOUT_GOOD] = "32", [LAYOUT_HEAD] = "1",
};
_Static_assert(sizeof(color_codes) / sizeof(*color_codes) == LAYOUT_COLORS, "a code for each");

/* The bytes of the word that starts here; a part in backquotes counts as one letter of it. */
static size_t word_length(const char *text)
{
	size_t len = 0;

	while (text[len] && text[len] != ' ') {
		const char *closing = text[len] == '`' ? strchr(text + len + 1, '`') : NULL;

		len = closing ? (size_t)(closing - text) + 1 : len + 1;
	}
	return len;
}

/* How many bytes of a word fit into columns: at least one character, and all of a command. */
static size_t word_part(const char *text, size_t len, unsigned columns)
{
	size_t fits = 0;
	unsigned used = 0, width;

	if (memchr(text, '`', len))
		return len;
	while (fits < len) {
		size_t next = printable_next(text + fits, &width);

		if (fits && used + width > columns)
			break;
		used += width;
		fits += next;
	}
	return fits;
}

size_t layout_break(const char *text, unsigned columns, size_t *ret_skip)
{
	size_t len = word_length(text), skip;

	if (printable_columns(text, len) > columns)
		len = word_part(text, len, columns);
	for (;;) {
		size_t word;

		for (skip = len; text[skip] == ' ';)
			skip++;
		word = word_length(text + skip);
		if (!word || skip == len || printable_columns(text, skip + word) > columns)
			break;
		len = skip + word;
	}
	*ret_skip = skip;
	return len;
}

/* Writes spaces. */
static void indent_by(FILE *out, unsigned columns)
{
	fprintf(out, "%*s", (int)columns, "");
}

void layout_colored(const struct layout *layout, enum layout_color color, const char *text,
                    size_t len)
{
	bool colored = layout->color && color != LAYOUT_PLAIN && len > 0;

	if (colored)
		fprintf(layout->out, "\033[%sm", color_codes[color]);
	fprintf(layout->out, "%.*s", (int)len, text);
	if (colored)
		fputs("\033[0m", layout->out);
}

/* What of the width is left after an indent; never so little that nothing fits. */
static unsigned room_after(const struct layout *layout, unsigned indent)
{
	return layout->width >= indent + NARROWEST ? layout->width - indent : NARROWEST;
}

void layout_paragraph(const struct layout *layout, const char *text, unsigned first, unsigned rest)
{
	unsigned indent = first;

	do {
		size_t skip, len = layout_break(text, room_after(layout, indent), &skip);

		indent_by(layout->out, indent);
		fprintf(layout->out, "%.*s\n", (int)len, text);
		text += skip;
		indent = rest;
	} while (*text);
}

/* Writes the next line of one cell. `*at`: the columns written so far. Returns how far to go on. */
static size_t row_part(const struct layout *layout, const struct cell *cell, const char *rest,
                       unsigned *at)
{
	unsigned room = cell->columns ? cell->columns : room_after(layout, cell->start);
	size_t skip, len = layout_break(rest, room, &skip);

	if (len) {
		/* An overlong command may have run into this column. */
		unsigned gap = cell->start > *at ? cell->start - *at : *at > 0;

		indent_by(layout->out, gap);
		layout_colored(layout, cell->color, rest, len);
		*at += gap + printable_columns(rest, len);
	}
	return skip;
}

void layout_row(const struct layout *layout, const struct cell *cells, size_t n)
{
	const char *rest[LAYOUT_CELLS] = {0};
	bool more;

	n = n < LAYOUT_CELLS ? n : LAYOUT_CELLS;
	for (size_t i = 0; i < n; i++)
		rest[i] = cells[i].text;
	do {
		unsigned at = 0;

		more = false;
		for (size_t i = 0; i < n; i++) {
			rest[i] += row_part(layout, &cells[i], rest[i], &at);
			more = more || *rest[i];
		}
		fputc('\n', layout->out);
	} while (more);
}
