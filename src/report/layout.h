/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a given width: wrapped text with a hanging indent, and rows of wrapped cells.
 *
 * All text given here is printable (report/printable.h) and borrowed for the call. A part
 * between backquotes is a command to be copied: it is never broken, rather overlong.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* ANSI colours by meaning; LAYOUT_PLAIN writes no escape sequence. */
enum layout_color {
	LAYOUT_PLAIN,
	LAYOUT_BAD,
	LAYOUT_WARN,
	LAYOUT_GOOD,
	LAYOUT_HEAD,
	LAYOUT_COLORS
};

struct layout {
	FILE *out;
	unsigned width; /* columns */
	int color;      /* whether colours are written at all */
};

struct cell {
	const char *text;
	unsigned start;   /* the column it starts at */
	unsigned columns; /* its room; 0: what is left of the line */
	enum layout_color color;
};

/*
 * The next line of text that fits into columns: its length in bytes, without the space it was
 * broken at. *ret_skip is how far to go on: length plus that space.
 */
size_t layout_break(const char *text, unsigned columns, size_t *ret_skip) __attribute__((nonnull));

/* Writes text, wrapped; the first line starts after `first` columns, all others after `rest`. */
void layout_paragraph(const struct layout *layout, const char *text, unsigned first, unsigned rest)
    __attribute__((nonnull));

/* The same by a printf format, whose text is made printable here. 0 or -ENOMEM. */
int layout_say(const struct layout *layout, unsigned first, unsigned rest, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull(1, 4), warn_unused_result));

/* Writes n cells, at most LAYOUT_CELLS, side by side in as many lines as it takes. */
enum { LAYOUT_CELLS = 5 };
void layout_row(const struct layout *layout, const struct cell *cells, size_t n)
    __attribute__((nonnull));

/* Writes text in a colour, without a line's end. */
void layout_colored(const struct layout *layout, enum layout_color color, const char *text,
                    size_t len) __attribute__((nonnull));
