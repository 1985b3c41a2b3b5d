/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan and what came of it, for a person. */
#include "base/cleanup.h"
#include "report/layout.h"
#include "report/parts.h"
#include "report/plan_report.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 40, LIST_MOST = 40 };

static struct layout layout_of(const struct report_style *style, FILE *out)
{
	unsigned width = style->width ? style->width : WIDTH_DEFAULT;

	return (struct layout){out, width < WIDTH_LEAST ? WIDTH_LEAST : width, style->color};
}

/* Whether a row is worth a line: what can be addressed from outside, and each port once. */
static bool is_shown(const struct intent *intent, size_t index)
{
	const struct intent_port *row = &intent->ports.items[index];

	if (row->hands_off || (row->way != WAY_PUBLISHED && row->way != WAY_MESH))
		return false;
	for (size_t i = 0; i < index; i++) {
		const struct intent_port *other = &intent->ports.items[i];

		if (other->container == row->container && other->service == row->service &&
		    other->way == row->way && other->host_port == row->host_port &&
		    other->protocol == row->protocol &&
		    address_is_any(row->published ? &row->published->host_address
		                                  : &(struct address){0}) &&
		    other->allowed.n == row->allowed.n)
			return false;
	}
	return true;
}

/* Writes one row. 0 or -ENOMEM. */
static int write_row(const struct plan *plan, const struct intent_port *row,
                     const struct layout *layout)
{
	struct arena arena = {0};
	char address[ADDRESS_TEXT];
	bool any = !row->published || address_is_any(&row->published->host_address);
	const char *name = row->container ? row->container->name : row->service->name;
	const char *who = wall_words(&arena, plan->intent->policy, &row->allowed);
	const char *port = arena_printf(
	    &arena, "%s%s%u%s", any ? "" : address_format(&row->published->host_address, address),
	    any ? "" : ":", row->host_port, protocol_suffix(row->protocol));
	const char *said = row->narrowed ? row->narrowed_by
	                   : row->said   ? row->said
	                                 : "bind address";
	_cleanup_free_ char *safe = printable(name), *word = printable(said);
	int status = who && port && safe && word ? 0 : -ENOMEM;

	if (status == 0) {
		bool shut = strcmp(who, "nobody") == 0;
		const struct cell cells[] = {
		    {safe, 1, 18, LAYOUT_PLAIN},
		    {port, 21, 16, LAYOUT_PLAIN},
		    {shut ? "this host only" : who, 39, 16, shut ? LAYOUT_PLAIN : LAYOUT_GOOD},
		    {word, 57, 0, LAYOUT_PLAIN},
		};

		layout_row(layout, cells, 4);
	}
	arena_done(&arena);
	return status;
}

int report_doors(const struct plan *plan, const struct report_style *style, FILE *out)
{
	const struct layout layout = layout_of(style, out);
	const struct cell heading[] = {
	    {"CONTAINER", 1, 0, LAYOUT_HEAD},
	    {"PORT", 21, 0, LAYOUT_HEAD},
	    {"WHO MAY GET IN", 39, 0, LAYOUT_HEAD},
	    {"BY", 57, 0, LAYOUT_HEAD},
	};

	layout_row(&layout, heading, 4);
	for (size_t i = 0; i < plan->intent->ports.n; i++)
		if (is_shown(plan->intent, i) &&
		    write_row(plan, &plan->intent->ports.items[i], &layout) < 0)
			return -ENOMEM;
	if (layout_say(&layout, 1, 1,
	               "Everything else that comes from outside to a container is turned away.") <
	    0)
		return -ENOMEM;
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

/* Writes a list below a heading; nothing for an empty one. 0 or -ENOMEM. */
static int write_list(const struct layout *layout, const char *heading, const struct notes *notes,
                      enum layout_color color)
{
	const struct cell cell = {heading, 1, 0, color};

	if (!notes->n)
		return 0;
	layout_row(layout, &cell, 1);
	for (size_t i = 0; i < notes->n && i < LIST_MOST; i++)
		if (layout_say(layout, 3, 5, "%s", notes->items[i]) < 0)
			return -ENOMEM;
	if (notes->n > LIST_MOST &&
	    layout_say(layout, 3, 5, "and %zu more", notes->n - LIST_MOST) < 0)
		return -ENOMEM;
	fputc('\n', layout->out);
	return 0;
}

int report_plan(const struct plan *plan, bool done, const struct report_style *style, FILE *out)
{
	const struct layout layout = layout_of(style, out);
	char packets[COUNT_TEXT];
	int status =
	    write_list(&layout, done ? "CLOSED" : "WOULD BE CLOSED", &plan->closes, LAYOUT_GOOD);

	if (status == 0)
		status =
		    write_list(&layout, "SHOULD BE CLOSED, AND IS NOT", &plan->exposed, LAYOUT_BAD);
	if (status == 0)
		status =
		    write_list(&layout, "MEANT, AND WOULD BE KEPT OUT", &plan->lost, LAYOUT_BAD);
	if (status == 0 && !style->quiet)
		status =
		    write_list(&layout, "STAYS AS IT IS: NO WALL CLOSES IT, OR NONE WAS ASKED TO",
		               &plan->remains, LAYOUT_WARN);
	if (status == 0 && !style->quiet)
		status = write_list(&layout, "WHAT RULES IN DOCKER-USER CANNOT CLOSE",
		                    &plan->cannot, LAYOUT_WARN);
	if (status == 0)
		status = write_list(&layout, "NOT KNOWN", &plan->after->incomplete, LAYOUT_WARN);
	if (status == 0 && !style->quiet)
		status = layout_say(&layout, 0, 0,
		                    "Proved with %s packets in a copy of this "
		                    "host's network%s.",
		                    count_format(plan->after->packets, packets),
		                    done ? ", as it is now" : " that has this wall");
	if (status < 0)
		return status;
	return ferror(out) ? -EIO : 0;
}
