/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lint found, for a person: each finding at its line, then what each tool publishes.
 *
 * The table has a line for each port of each service; where the tools agree, which is nearly
 * always, they are not told apart.
 */
#include "report/lint_report.h"

#include "base/cleanup.h"
#include "report/layout.h"
#include "report/printable.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
	WIDTH_DEFAULT = 80,
	INDENT = 1,
	GAP = 3,
	NUMBER_COLUMNS = 6,
	NAME_MOST = 24,
	SHOWN_MOST = 160, /* bytes of a line that are shown */
};

/* Writes the line that a finding is about with a mark under its place. 0 or -ENOMEM. */
static int write_line(const struct lint_finding *finding, const char *line,
                      const struct layout *layout)
{
	_cleanup_free_ char *cut = strndup(line, SHOWN_MOST), *safe = NULL;
	const struct compose_place *place = &finding->place;
	unsigned columns = 0,
	         length = place->end_column > place->column ? place->end_column - place->column : 1;

	if (!cut)
		return -ENOMEM;
	for (char *tab = cut; (tab = strchr(tab, '\t'));)
		*tab = ' ';
	safe = printable(cut);
	if (!safe)
		return -ENOMEM;
	columns = printable_columns(safe, strlen(safe));
	fprintf(layout->out, "%*u | %s\n", NUMBER_COLUMNS, place->line, safe);
	if (place->column > columns)
		return 0;
	if (length > columns - place->column + 1)
		length = columns - place->column + 1;
	fprintf(layout->out, "%*s | %*s", NUMBER_COLUMNS, "", (int)place->column - 1, "");
	for (unsigned i = 0; i < length; i++)
		layout_colored(layout, LAYOUT_BAD, "^", 1);
	fputc('\n', layout->out);
	return 0;
}

/* Writes which tools do so, where it is not the current one. 0 or -ENOMEM. */
static int write_tools(const struct lint *lint, const struct lint_finding *finding,
                       const struct layout *layout)
{
	const char *names[COMPOSE_TOOLS] = {0};
	size_t n = 0;

	if (finding->tools & 1U << COMPOSE_V2 || finding->tools == lint->tools || !finding->service)
		return 0;
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
		if (finding->tools & 1U << tool)
			names[n++] = compose_tool_name(tool);
	return layout_say(layout, NUMBER_COLUMNS + GAP, NUMBER_COLUMNS + GAP, "with %s%s%s",
	                  names[0], n > 1 ? ", " : "", n > 1 ? names[1] : "");
}

/* Writes a finding. 0 or a negative errno. */
static int write_finding(const struct lint *lint, const struct lint_finding *finding,
                         const struct layout *layout, lint_line_of *line_of, void *data)
{
	const struct compose_place *place = &finding->place;
	const char *line = place->line ? line_of(place->file, place->line, data) : NULL;
	int status;

	if (place->line)
		status = layout_say(layout, 0, 4, "%s:%u:%u: %s: %s%s%s", place->file, place->line,
		                    place->column, severity_name(finding->severity),
		                    finding->service ? finding->service : "",
		                    finding->service ? ": " : "", finding->why);
	else
		status = layout_say(layout, 0, 4, "%s: %s: %s", place->file,
		                    severity_name(finding->severity), finding->why);
	if (status == 0 && line)
		status = write_line(finding, line, layout);
	if (status == 0)
		status = write_tools(lint, finding, layout);
	if (status == 0)
		status = layout_say(layout, NUMBER_COLUMNS + GAP, NUMBER_COLUMNS + GAP, "%s",
		                    finding->fix);
	fputc('\n', layout->out);
	return status;
}

/* Writes "first" or "first-last". */
static void put_range(FILE *out, unsigned first, unsigned last)
{
	fprintf(out, "%u", first);
	if (last != first)
		fprintf(out, "-%u", last);
}

/* What a port is to the world: "8080 on 127.0.0.1 to 80/tcp". */
static void put_port(const struct compose_service *service, const struct compose_port *port,
                     FILE *out)
{
	char address[ADDRESS_TEXT];
	bool given = port->address_given;
	const struct address *at = given                             ? &port->address
	                           : service->default_address.family ? &service->default_address
	                                                             : NULL;

	if (port->host_first == 0)
		fputs("a free port", out);
	else
		put_range(out, port->host_first, port->host_last);
	fprintf(out, " on %s", at ? address_format(at, address) : "every address");
	if (port->host_first != port->container_first || port->host_last != port->container_last ||
	    port->protocol != IPPROTO_TCP) {
		fputs(" to ", out);
		put_range(out, port->container_first, port->container_last);
		fputs(port->protocol == IPPROTO_UDP    ? "/udp"
		      : port->protocol == IPPROTO_SCTP ? "/sctp"
		                                       : "/tcp",
		      out);
	}
	if (port->address_dropped)
		fputs(" (its address is passed over)", out);
}

/* What a service publishes with a tool; the caller frees. NULL without memory. */
static char *ports_text(const struct compose_service *service, enum compose_tool tool)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (!service->active)
		fputs("not started: its profile is off", out);
	else if (tool != COMPOSE_STACK && service->network_mode &&
	         strcmp(service->network_mode, "host") == 0)
		fputs("whatever it listens on: network_mode is host", out);
	else if (service->ports.n == 0)
		fputs("nothing", out);
	else
		for (size_t i = 0; i < service->ports.n; i++) {
			fputs(i ? ", " : "", out);
			put_port(service, &service->ports.items[i], out);
		}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* The service of a name that a tool sees, or NULL. */
static const struct compose_service *service_of(const struct compose_view *view, const char *name)
{
	vec_foreach(service, &view->services)
		if (strcmp(service->name, name) == 0)
			return service;
	return NULL;
}

/* Writes a row of the table, the name made printable. 0 or -ENOMEM. */
static int write_row(const struct layout *layout, const char *name, unsigned columns,
                     const char *tools, const char *text)
{
	_cleanup_free_ char *safe_name = printable(name), *line = NULL, *safe = NULL;

	if (asprintf(&line, "%s%s%s", tools ? tools : "", tools ? ": " : "", text) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	safe = printable(line);
	if (!safe_name || !safe)
		return -ENOMEM;

	const struct cell cells[] = {{safe_name, INDENT, columns, LAYOUT_PLAIN},
	                             {safe, INDENT + columns + GAP, 0, LAYOUT_PLAIN}};

	layout_row(layout, cells, 2);
	return 0;
}

/* Writes the rows of a service: one, or one for each tool where they differ. 0 or -ENOMEM. */
static int write_service(const struct lint *lint, const char *name, unsigned columns,
                         const struct layout *layout)
{
	char *texts[COMPOSE_TOOLS] = {0};
	const char *first = NULL;
	bool differ = false;
	int status = 0;

	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++) {
		const struct compose_service *service =
		    service_of(&lint->compose->views[tool], name);

		if (!(lint->tools & 1U << tool) || !service)
			continue;
		texts[tool] = ports_text(service, tool);
		if (!texts[tool])
			status = -ENOMEM;
		else if (!first)
			first = texts[tool];
		else
			differ |= strcmp(first, texts[tool]) != 0;
	}
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS && status == 0; tool++) {
		if (!texts[tool] || (!differ && texts[tool] != first))
			continue;
		status = write_row(layout, texts[tool] == first ? name : "", columns,
		                   differ ? compose_tool_name(tool) : NULL, texts[tool]);
	}
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
		free(texts[tool]);
	return status;
}

/* The view that names the services: the current tool's, else the first that there is. */
static const struct compose_view *view_of(const struct lint *lint)
{
	if (lint->tools & 1U << COMPOSE_V2)
		return &lint->compose->views[COMPOSE_V2];
	return &lint->compose->views[lint->tools & 1U << COMPOSE_V1 ? COMPOSE_V1 : COMPOSE_STACK];
}

/* Writes what each service publishes. 0 or -ENOMEM. */
static int write_table(const struct lint *lint, const struct layout *layout)
{
	const struct compose_view *view = view_of(lint);
	unsigned columns = 7;
	int status = 0;

	if (lint->tools == 0 || view->services.n == 0)
		return 0;
	vec_foreach(service, &view->services) {
		size_t len = strlen(service->name);

		if (len > columns)
			columns = len > NAME_MOST ? NAME_MOST : (unsigned)len;
	}

	const struct cell heading[] = {{"SERVICE", INDENT, columns, LAYOUT_HEAD},
	                               {"PUBLISHES", INDENT + columns + GAP, 0, LAYOUT_HEAD}};

	layout_row(layout, heading, 2);
	vec_foreach(service, &view->services)
		if (status == 0)
			status = write_service(lint, service->name, columns, layout);
	return status;
}

/* Writes which tools do not take the files, and why. 0 or -ENOMEM. */
static int write_rejected(const struct lint *lint, const struct layout *layout)
{
	int status = 0;

	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS && status == 0; tool++)
		if (lint->compose->views[tool].rejected)
			status = layout_say(layout, 0, 4, "%s does not take this: %s",
			                    compose_tool_name(tool),
			                    error_message(lint->compose->views[tool].rejected));
	return status;
}

int lint_report_text(const struct lint *lint, const struct report_style *style,
                     lint_line_of *line_of, void *data, FILE *out)
{
	const struct layout layout = {.out = out,
	                              .width = style->width ? style->width : WIDTH_DEFAULT,
	                              .color = style->color};
	int status = 0;

	vec_foreach(finding, &lint->findings)
		if (status == 0)
			status = write_finding(lint, finding, &layout, line_of, data);
	if (status == 0 && !style->quiet)
		status = write_table(lint, &layout);
	if (status == 0 && !style->quiet)
		status = write_rejected(lint, &layout);
	if (status == 0 && lint->findings.n == 0 && !style->quiet)
		status = layout_say(&layout, 0, 0, "Nothing to say against it.");
	return status;
}
