/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets through a saved ruleset, for a person: who, through which rule, and what else decides.
 */
#include "base/cleanup.h"
#include "report/layout.h"
#include "report/parts.h"
#include "report/printable.h"
#include "report/reach_report.h"
#include "report/reach_who.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, WHO_LEAST = 12, RULE_LEAST = 24, GAP = 3, INDENT = 1 };

/* A page that is being written. */
struct page {
	struct layout layout;
	unsigned who_columns;
	bool stacked;
};

/* "line 12, filter INPUT: -A INPUT ..."; the caller frees. NULL without memory. */
static char *rule_phrase(const struct reach_note *note)
{
	_cleanup_free_ char *text = note_text(note);
	unsigned line = note->rule ? note->rule->line : note->chain ? note->chain->line : 0;
	char *phrase;
	int len;

	if (!text)
		return NULL;
	if (!note->chain)
		return strdup("no chain in this file looks at such packets");
	if (line)
		len = asprintf(&phrase, "line %u, %s %s: %s", line, note->table->name,
		               note->chain->name, text);
	else
		len = asprintf(&phrase, "%s %s: %s", note->table->name, note->chain->name, text);
	return len < 0 ? NULL : phrase;
}

/* The same with what decides; the caller frees. NULL without memory. */
static char *how_phrase(const struct accepted *accepted)
{
	_cleanup_free_ char *rule = rule_phrase(&accepted->rule);
	char *phrase = NULL;
	size_t size;
	FILE *out;

	if (!rule)
		return NULL;
	out = open_memstream(&phrase, &size);
	if (!out)
		return NULL;
	fputs(rule, out);
	for (size_t i = 0; i < accepted->unknown.n; i++)
		fprintf(out, "%s%s", i ? "; " : " - it depends on: ", accepted->unknown.items[i]);
	if (fclose(out) == 0)
		return phrase;
	free(phrase);
	return NULL;
}

/* Writes one entry in columns, or as a heading with the rule below. 0 or -ENOMEM. */
static int write_entry(const struct page *page, const struct accepted *accepted)
{
	_cleanup_free_ char *who = who_phrase(&accepted->sources, accepted->family);
	_cleanup_free_ char *how = how_phrase(accepted);
	_cleanup_free_ char *safe = how ? printable(how) : NULL;
	enum layout_color color = accepted->must ? LAYOUT_PLAIN : LAYOUT_WARN;
	unsigned start = INDENT + page->who_columns + GAP;

	if (!who || !safe)
		return -ENOMEM;
	if (page->stacked) {
		const struct cell cells[] = {{who, INDENT, 0, color}};

		layout_row(&page->layout, cells, 1);
		layout_paragraph(&page->layout, safe, INDENT + 2, INDENT + 2);
		return 0;
	}
	const struct cell cells[] = {{who, INDENT, page->who_columns, color},
	                             {safe, start, 0, LAYOUT_PLAIN}};

	layout_row(&page->layout, cells, 2);
	return 0;
}

/* Writes the entries of one certainty under a heading, if there are any. 0 or -ENOMEM. */
static int write_entries(const struct page *page, const struct accepted_list *list, bool must)
{
	const struct cell heading[] = {
	    {must ? "GETS IN" : "MAY GET IN", INDENT, 0, LAYOUT_HEAD},
	    {"THROUGH", INDENT + page->who_columns + GAP, 0, LAYOUT_HEAD},
	};
	bool any = false;

	vec_foreach(accepted, &list->items) {
		if (accepted->must != must)
			continue;
		if (!any)
			layout_row(&page->layout, heading, page->stacked ? 1 : 2);
		any = true;
		if (write_entry(page, accepted) < 0)
			return -ENOMEM;
	}
	if (any)
		fputc('\n', page->layout.out);
	return 0;
}

/* Writes the protocol and ports asked for to `out`. */
static void describe_ports(const struct reach_question *question, FILE *out)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {{IPPROTO_TCP, "tcp"},   {IPPROTO_UDP, "udp"},       {IPPROTO_SCTP, "sctp"},
	             {IPPROTO_ICMP, "icmp"}, {IPPROTO_ICMPV6, "icmpv6"}, {-1, "any protocol"}};
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].number == question->protocol)
			name = names[i].name;
	if (name)
		fprintf(out, "%s", name);
	else
		fprintf(out, "protocol %d", question->protocol);
	if (question->destination_port >= 0)
		fprintf(out, " port %d", question->destination_port);
	if (question->source_port >= 0)
		fprintf(out, " from port %d", question->source_port);
}

/* What was asked, as the page's first line; the caller frees. NULL without memory. */
static char *title_of(const struct reach_question *question, const char *path)
{
	static const char *const states[] = {"invalid", "established", "related", "new",
	                                     "untracked"};
	bool forward = question->hook == NF_INET_FORWARD;
	char text[PREFIX_TEXT], *title = NULL;
	size_t size;
	FILE *out = open_memstream(&title, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s - %s - ", strcmp(path, "-") == 0 ? "standard input" : path,
	        forward ? "forward" : "input");
	describe_ports(question, out);
	if (question->source.address.family)
		fprintf(out, " - from %s", prefix_format(&question->source, text));
	if (question->destination.address.family)
		fprintf(out, " - to %s", prefix_format(&question->destination, text));
	fprintf(out, " - %s packets, in by %s", states[question->state],
	        question->in ? question->in : "any interface but lo");
	if (forward)
		fprintf(out, ", out by %s", question->out ? question->out : "any but lo");
	if (fclose(out) == 0)
		return title;
	free(title);
	return NULL;
}

/* Begins a page with what was asked. 0 or -ENOMEM. */
static int page_begin(struct page *page, const struct reach_question *question, const char *path,
                      const struct report_style *style, FILE *out)
{
	unsigned width = style->width ? style->width : WIDTH_DEFAULT;
	_cleanup_free_ char *title = title_of(question, path);
	_cleanup_free_ char *safe = title ? printable(title) : NULL;

	*page =
	    (struct page){.layout = {out, width < WIDTH_LEAST ? WIDTH_LEAST : width, style->color}};
	if (!safe)
		return -ENOMEM;
	if (!style->quiet) {
		layout_paragraph(&page->layout, safe, 0, 0);
		fputc('\n', out);
	}
	return 0;
}

/* Chooses the columns. 0 or -ENOMEM. */
static int page_measure(struct page *page, const struct accepted_list *list)
{
	unsigned most = page->layout.width * 2 / 5;

	page->who_columns = WHO_LEAST;
	vec_foreach(accepted, &list->items) {
		_cleanup_free_ char *who = who_phrase(&accepted->sources, accepted->family);
		unsigned columns = who ? printable_columns(who, strlen(who)) : 0;

		if (!who)
			return -ENOMEM;
		if (columns > page->who_columns)
			page->who_columns = columns;
	}
	if (page->who_columns > most)
		page->who_columns = most < WHO_LEAST ? WHO_LEAST : most;
	page->stacked = INDENT + page->who_columns + GAP + RULE_LEAST > page->layout.width;
	return 0;
}

int reach_report_text(const struct accepted_list *list, const struct reach_question *question,
                      const char *path, const struct report_style *style, FILE *out)
{
	struct page page;
	int status = page_begin(&page, question, path, style, out);

	if (status == 0)
		status = page_measure(&page, list);
	if (status == 0)
		status = write_entries(&page, list, true);
	if (status == 0)
		status = write_entries(&page, list, false);
	if (status < 0)
		return status;
	if (list->items.n == 0)
		layout_paragraph(&page.layout, "Nobody gets in.", INDENT, INDENT);
	if (list->items.n == 0 && !style->quiet)
		fputc('\n', out);
	if (!style->quiet)
		layout_paragraph(&page.layout,
		                 "The packet is the one that meets the hook: what translates its "
		                 "addresses has done so before. All sources: --json",
		                 0, 0);
	return ferror(out) ? -EIO : 0;
}

/* Writes a class and where it gets to. 0 or -ENOMEM. */
static int write_class(const struct page *page, const struct matrix *matrix, uint32_t number)
{
	const struct matrix_class *class = &matrix->classes.items[number];
	_cleanup_free_ char *who = who_phrase(&class->prefixes, class->family);
	_cleanup_free_ char *line = NULL, *to = NULL;
	size_t size;
	FILE *out = who ? open_memstream(&to, &size) : NULL;
	bool any = false;

	if (!out)
		return -ENOMEM;
	vec_foreach(edge, &matrix->edges)
		if (edge->from == number) {
			fprintf(out, "%s%u%s", any ? ", " : "to ", edge->to, edge->must ? "" : "?");
			any = true;
		}
	if (fclose(out) != 0 || asprintf(&line, "%u: %s", number, who) < 0)
		return -ENOMEM;
	layout_paragraph(&page->layout, line, INDENT, INDENT + 2);
	layout_paragraph(&page->layout, any ? to : "to nobody", INDENT + 4, INDENT + 4);
	return 0;
}

int reach_matrix_text(const struct matrix *matrix, const struct reach_question *question,
                      const char *path, const struct report_style *style, FILE *out)
{
	struct page page;
	int status = page_begin(&page, question, path, style, out);

	for (uint32_t i = 0; i < matrix->classes.n && status == 0; i++)
		status = write_class(&page, matrix, i);
	if (status < 0)
		return status;
	if (!style->quiet) {
		fputc('\n', out);
		layout_paragraph(&page.layout,
		                 "Addresses of one class are alike to these rules. ? marks what "
		                 "depends on more than was asked.",
		                 0, 0);
	}
	return ferror(out) ? -EIO : 0;
}
