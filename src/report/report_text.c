/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first screen: who gets in, how, was it meant, what to do about it.
 *
 * Theory of operation. A row of the screen is a problem as a person would count it; it may stand
 * for several findings, one an interface, that carry the same row number. All text is made
 * printable before anything is measured, so that a width is a width. The three columns are as
 * wide as their contents, within shares of the terminal; where that would leave too little for
 * the sentence, each row becomes a heading with the sentence below.
 */
#include "report/report.h"

#include "base/cleanup.h"
#include "report/parts.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>

enum {
	WIDTH_DEFAULT = 80,
	WIDTH_LEAST = 20,
	GAP = 3,
	SENTENCE_LEAST = 28, /* below this many columns the table becomes a list */
	INDENT = 1,
};

struct row {
	char *number, *subject, *who, *text; /* owned, printable */
	enum layout_color color;
};

VEC_TYPE(rows, struct row);

struct screen {
	const struct audit *audit;
	const struct report_style *style;
	struct layout layout;
	struct rows problems, fine;
	unsigned number_columns, first_columns, who_columns;
	bool stacked;
};

static const enum layout_color severity_colors[] = {
    [SEVERITY_CRITICAL] = LAYOUT_BAD,
    [SEVERITY_HIGH] = LAYOUT_BAD,
    [SEVERITY_MEDIUM] = LAYOUT_WARN,
    [SEVERITY_LOW] = LAYOUT_PLAIN,
};

/* Releases what rows hold. */
static void rows_done(struct rows *rows)
{
	vec_foreach(row, rows) {
		free(row->number);
		free(row->subject);
		free(row->who);
		free(row->text);
	}
	vec_done(rows);
}

/* Adds a row of texts from outside; number 0 stands for none. 0 or -ENOMEM. */
static int rows_add(struct rows *rows, size_t number, const char *subject, const char *who,
                    const char *text, enum layout_color color)
{
	struct row *row = vec_push(rows);

	if (!row)
		return -ENOMEM;
	row->color = color;
	if (number && asprintf(&row->number, "%zu", number) < 0)
		row->number = NULL;
	else if (!number)
		row->number = strdup("");
	row->subject = printable(subject);
	row->who = printable(who);
	row->text = printable(text);
	return row->number && row->subject && row->who && row->text ? 0 : -ENOMEM;
}

/* Fills the rows of both tables. 0 or -ENOMEM. */
static int screen_fill(struct screen *screen)
{
	const struct audit *audit = screen->audit;

	for (size_t i = 0; i < audit->findings.n; i++) {
		const struct finding *finding = &audit->findings.items[i];

		if (!finding_starts_row(audit, i))
			continue;
		if (rows_add(&screen->problems, finding_row(audit, i), finding->subject,
		             finding->who, finding->why, severity_colors[finding->severity]) < 0)
			return -ENOMEM;
	}
	vec_foreach(line, &audit->fine)
		if (rows_add(&screen->fine, 0, line->subject, line->who, line->meant_by,
		             LAYOUT_PLAIN) < 0)
			return -ENOMEM;
	return 0;
}

/* The greater of a number and the columns of a text. */
static unsigned at_least_columns(unsigned columns, const char *text)
{
	unsigned wanted = printable_columns(text, strlen(text));

	return wanted > columns ? wanted : columns;
}

/* Widens the columns to what rows need. */
static void measure_rows(struct screen *screen, const struct rows *rows)
{
	vec_foreach(row, rows) {
		screen->number_columns = at_least_columns(screen->number_columns, row->number);
		screen->first_columns = at_least_columns(screen->first_columns, row->subject);
		screen->who_columns = at_least_columns(screen->who_columns, row->who);
	}
}

/* Chooses the columns that both tables share, or that rows are stacked. */
static void screen_measure(struct screen *screen)
{
	unsigned width = screen->layout.width, used;

	screen->number_columns = 1;
	screen->who_columns = (unsigned)strlen("WHO GETS IN");
	measure_rows(screen, &screen->problems);
	measure_rows(screen, &screen->fine);
	if (screen->first_columns > width * 3 / 10)
		screen->first_columns = width * 3 / 10;
	if (screen->who_columns > width * 3 / 10)
		screen->who_columns = width * 3 / 10;
	screen->first_columns += screen->number_columns + 1;
	screen->first_columns = at_least_columns(screen->first_columns, "PROBLEM");
	used = INDENT + screen->first_columns + GAP + screen->who_columns + GAP;
	screen->stacked = used + SENTENCE_LEAST > width;
}

/* The column where the subject, and where the who, starts. */
static unsigned subject_start(const struct screen *screen)
{
	return INDENT + screen->number_columns + 1;
}

static unsigned who_start(const struct screen *screen)
{
	return INDENT + screen->first_columns + GAP;
}

/* Writes a table's heading. */
static void write_heading(const struct screen *screen, const char *first, const char *last)
{
	unsigned who = who_start(screen);
	const struct cell cells[] = {
	    {first, INDENT, 0, LAYOUT_HEAD},
	    {"WHO GETS IN", who, 0, LAYOUT_HEAD},
	    {last, who + screen->who_columns + GAP, 0, LAYOUT_HEAD},
	};

	layout_row(&screen->layout, cells, screen->stacked ? 1 : 3);
}

/* The cell of a row's number, aligned to the right. */
static struct cell number_cell(const struct screen *screen, const struct row *row)
{
	unsigned columns = printable_columns(row->number, strlen(row->number));

	return (struct cell){row->number, INDENT + screen->number_columns - columns, columns,
	                     row->color};
}

/* Writes a row as columns: number and subject share the first one. */
static void write_columns(const struct screen *screen, const struct row *row)
{
	unsigned subject = subject_start(screen), who = who_start(screen);
	const struct cell cells[] = {
	    number_cell(screen, row),
	    {row->subject, subject, INDENT + screen->first_columns - subject, row->color},
	    {row->who, who, screen->who_columns, row->color},
	    {row->text, who + screen->who_columns + GAP, 0, LAYOUT_PLAIN},
	};

	layout_row(&screen->layout, cells, 4);
}

/* Writes a row as a heading with its sentence below. 0 or -ENOMEM. */
static int write_stacked(const struct screen *screen, const struct row *row)
{
	unsigned subject = subject_start(screen);
	_cleanup_free_ char *head = NULL;

	if (asprintf(&head, "%s%s%s", row->subject, *row->who ? " - " : "", row->who) < 0) {
		head = NULL;
		return -ENOMEM;
	}
	const struct cell cells[] = {number_cell(screen, row), {head, subject, 0, row->color}};

	layout_row(&screen->layout, cells, 2);
	if (*row->text)
		layout_paragraph(&screen->layout, row->text, subject + 2, subject + 2);
	return 0;
}

/* Writes a table unless it is empty. 0 or -ENOMEM. */
static int write_table(const struct screen *screen, const struct rows *rows, const char *first,
                       const char *last)
{
	if (rows->n == 0)
		return 0;
	write_heading(screen, first, last);
	vec_foreach(row, rows) {
		if (!screen->stacked)
			write_columns(screen, row);
		else if (write_stacked(screen, row) < 0)
			return -ENOMEM;
	}
	fputc('\n', screen->layout.out);
	return 0;
}

/* Says that there was nothing to find, which is not the same as silence. */
static void write_nothing(const struct screen *screen)
{
	if (screen->problems.n + screen->fine.n || screen->audit->incomplete.n)
		return;
	layout_paragraph(&screen->layout, "No container port was found on this host.", 1, 1);
	fputc('\n', screen->layout.out);
}

/* Writes the whole screen of filled rows. 0 or -ENOMEM. */
static int screen_write(struct screen *screen)
{
	const struct layout *layout = &screen->layout;
	bool quiet = screen->style->quiet;
	int status;

	screen_measure(screen);
	status = quiet ? 0 : title_write(screen->audit, layout);
	if (status == 0 && !quiet)
		status = asked_write(screen->audit, layout);
	if (status == 0)
		status = write_table(screen, &screen->problems, "PROBLEM", "HOW");
	if (status == 0 && !quiet)
		status = write_table(screen, &screen->fine, "FINE", "MEANT BY");
	if (status == 0)
		status = unknown_write(screen->audit, screen->style, layout);
	if (status < 0 || quiet)
		return status;
	write_nothing(screen);
	return closing_write(screen->audit, screen->style, layout);
}

int report_text(const struct audit *audit, const struct report_style *style, FILE *out)
{
	unsigned width = style->width ? style->width : WIDTH_DEFAULT;
	struct screen screen = {
	    .audit = audit,
	    .style = style,
	    .layout = {out, width < WIDTH_LEAST ? WIDTH_LEAST : width, style->color},
	};
	int status = screen_fill(&screen);

	if (status == 0)
		status = screen_write(&screen);
	rows_done(&screen.problems);
	rows_done(&screen.fine);
	if (status < 0)
		return status;
	return ferror(out) ? -EIO : 0;
}
