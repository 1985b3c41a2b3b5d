/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scan found, for a person and as JSON, beside what an audit had said of it. */
#include "report/scan_report.h"

#include "base/cleanup.h"
#include "report/json_build.h"
#include "report/layout.h"
#include "report/parts.h"

#include <errno.h>
#include <string.h>

enum { WIDTH_DEFAULT = 80, INDENT = 1, GAP = 3, PORT_COLUMNS = 9, SCAN_FORMAT_VERSION = 1 };

/* The protocols that are scanned. */
static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
enum { PROTOCOLS = sizeof(protocols) };

/* The states of a protocol's ports. */
static const uint8_t *states_of(const struct scan_result *result, uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? result->tcp : result->udp;
}

/* Whether a protocol was scanned. */
static bool was_asked(const struct scan_report *report, uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? !report->no_tcp : !report->no_udp;
}

/* How many ports of an address are in a state. */
static unsigned count_state(const struct scan_result *result, uint8_t protocol,
                            enum port_state state)
{
	const uint8_t *states = states_of(result, protocol);
	unsigned n = 0;

	for (unsigned port = 1; port < SCAN_PORTS; port++)
		n += states[port] == state;
	return n;
}

/* Calls for each port that is to be shown: open ones, and those that the audit has open. */
struct visit {
	const struct scan_report *report;
	int (*port)(struct visit *visit, const struct scan_result *result, uint8_t protocol,
	            uint16_t port, enum expect_verdict verdict, const char *container);
	const struct layout *layout;
	struct json_builder *builder;
	json_t *list;
	size_t problems, shown;
};

/* Marks the ports of a protocol that the audit speaks of. */
static void mark_ports(const struct scan_report *report, uint8_t protocol, bool marked[SCAN_PORTS])
{
	memset(marked, 0, SCAN_PORTS);
	if (!report->expectation)
		return;
	vec_foreach(port, &report->expectation->ports)
		if (port->protocol == protocol)
			marked[port->port] = true;
}

/* Goes through the ports of all addresses. 0 or what the call says. */
static int visit_ports(struct visit *visit)
{
	const struct scan_report *report = visit->report;
	bool marked[SCAN_PORTS];

	for (size_t i = 0; i < report->n; i++)
		for (size_t p = 0; p < PROTOCOLS; p++) {
			const uint8_t *states = states_of(&report->results[i], protocols[p]);

			if (!was_asked(report, protocols[p]))
				continue;
			mark_ports(report, protocols[p], marked);
			for (unsigned port = 1; port < SCAN_PORTS; port++) {
				const char *container = NULL;
				enum expect_verdict verdict = EXPECT_NOTHING;
				int status = 0;

				if (marked[port])
					verdict = expectation_of(report->expectation,
					                         &report->results[i], protocols[p],
					                         (uint16_t)port, &container);

				if (states[port] == PORT_OPEN || verdict == EXPECT_OPEN)
					status =
					    visit->port(visit, &report->results[i], protocols[p],
					                (uint16_t)port, verdict, container);
				if (status < 0)
					return status;
			}
		}
	return 0;
}

/* Counts a port that is open and should not be. */
static int count_problem(struct visit *visit, const struct scan_result *result, uint8_t protocol,
                         uint16_t port, enum expect_verdict verdict, const char *container)
{
	(void)container;
	visit->problems +=
	    verdict == EXPECT_CLOSED && states_of(result, protocol)[port] == PORT_OPEN;
	return 0;
}

size_t scan_report_problems(const struct scan_report *report)
{
	struct visit visit = {.report = report, .port = count_problem};

	(void)visit_ports(&visit);
	return visit.problems;
}

/* What a port's state and the audit's word come to. */
static const char *meaning(const struct scan_report *report, uint8_t protocol,
                           enum port_state state, enum expect_verdict verdict)
{
	if (state == PORT_OPEN)
		return !report->expectation       ? "open"
		       : verdict == EXPECT_OPEN   ? "open, as the audit says"
		       : verdict == EXPECT_CLOSED ? "OPEN, and the audit has it closed from here"
		                                  : "open; no container's, the audit does not "
		                                    "speak of it";
	if (protocol == IPPROTO_UDP && state == PORT_SILENT)
		return "silent; the audit has it open: nothing is known";
	return state == PORT_SILENT
	           ? "silent; the audit has it open: something in front stops it, or nobody listens"
	       : state == PORT_REFUSED
	           ? "refused; the audit has it open: nobody listens, or something in front says no"
	           : "rejected by something in front; the audit has it open";
}

/* Writes a port. 0 or -ENOMEM. */
static int write_port(struct visit *visit, const struct scan_result *result, uint8_t protocol,
                      uint16_t port, enum expect_verdict verdict, const char *container)
{
	enum port_state state = states_of(result, protocol)[port];
	char address[ADDRESS_TEXT];
	bool problem = verdict == EXPECT_CLOSED && state == PORT_OPEN;

	visit->shown++;
	return layout_say(visit->layout, INDENT, INDENT + PORT_COLUMNS + GAP,
	                  "%5u/%s  %s  %s%s%s%s", port, protocol == IPPROTO_TCP ? "tcp" : "udp",
	                  address_format(&result->address, address), container ? container : "",
	                  container ? ": " : "", meaning(visit->report, protocol, state, verdict),
	                  problem ? " <--" : "");
}

/* Writes how many ports of an address were in which state. 0 or -ENOMEM. */
static int write_counts(const struct scan_report *report, const struct scan_result *result,
                        const struct layout *layout)
{
	char address[ADDRESS_TEXT], text[4][COUNT_TEXT];
	int status = 0;

	address_format(&result->address, address);
	if (!report->no_tcp)
		status = layout_say(
		    layout, 0, 2, "%s TCP: %s open, %s refused, %s rejected, %s silent.", address,
		    count_format(count_state(result, IPPROTO_TCP, PORT_OPEN), text[0]),
		    count_format(count_state(result, IPPROTO_TCP, PORT_REFUSED), text[1]),
		    count_format(count_state(result, IPPROTO_TCP, PORT_REJECTED), text[2]),
		    count_format(count_state(result, IPPROTO_TCP, PORT_SILENT), text[3]));
	if (status == 0 && !report->no_udp)
		status = layout_say(
		    layout, 0, 2,
		    "%s UDP: %s answered, %s refused, %s rejected, %s silent: open or closed, "
		    "nobody "
		    "can tell.",
		    address, count_format(count_state(result, IPPROTO_UDP, PORT_OPEN), text[0]),
		    count_format(count_state(result, IPPROTO_UDP, PORT_REFUSED), text[1]),
		    count_format(count_state(result, IPPROTO_UDP, PORT_REJECTED), text[2]),
		    count_format(count_state(result, IPPROTO_UDP, PORT_SILENT), text[3]));
	if (status == 0 && result->stopped)
		status = layout_say(layout, 0, 2,
		                    "%s packets to %s were stopped by this machine's own rules.",
		                    count_format(result->stopped, text[0]), address);
	return status;
}

int scan_report_text(const struct scan_report *report, const struct report_style *style, FILE *out)
{
	const struct layout layout = {.out = out,
	                              .width = style->width ? style->width : WIDTH_DEFAULT,
	                              .color = style->color};
	struct visit visit = {.report = report, .port = write_port, .layout = &layout};
	int status = visit_ports(&visit);
	char from[ADDRESS_TEXT];

	if (status == 0 && visit.shown == 0)
		status = layout_say(&layout, INDENT, INDENT, "No port answers.");
	if (style->quiet)
		return status;
	fputc('\n', out);
	for (size_t i = 0; i < report->n && status == 0; i++)
		status = write_counts(report, &report->results[i], &layout);
	if (status == 0 && report->n)
		status = layout_say(&layout, 0, 0,
		                    "From %s. What is open from here may be closed from elsewhere, "
		                    "and the other way round.",
		                    address_format(&report->results[0].from, from));
	return status;
}

/* Adds a port to the list. */
static int port_json(struct visit *visit, const struct scan_result *result, uint8_t protocol,
                     uint16_t port, enum expect_verdict verdict, const char *container)
{
	static const char *const verdicts[] = {
	    [EXPECT_NOTHING] = NULL, [EXPECT_CLOSED] = "closed", [EXPECT_OPEN] = "open"};
	json_t *object = json_object();

	json_put(visit->builder, object, "address", address_json(&result->address));
	json_put(visit->builder, object, "port", json_integer(port));
	json_put(visit->builder, object, "proto", protocol_json(protocol));
	json_put(visit->builder, object, "state",
	         json_string(port_state_name(states_of(result, protocol)[port])));
	json_put(visit->builder, object, "expected", text_json(verdicts[verdict]));
	json_put(visit->builder, object, "container", text_json(container));
	json_append(visit->builder, visit->list, object);
	return 0;
}

/* What was found of an address in numbers. */
static json_t *result_json(struct json_builder *builder, const struct scan_report *report,
                           const struct scan_result *result)
{
	json_t *object = json_object();

	json_put(builder, object, "address", address_json(&result->address));
	json_put(builder, object, "from", address_json(&result->from));
	json_put(builder, object, "sent", count_json(result->sent));
	json_put(builder, object, "stopped", count_json(result->stopped));
	json_put(builder, object, "seconds", json_real(result->seconds));
	for (size_t p = 0; p < PROTOCOLS; p++) {
		json_t *counts = was_asked(report, protocols[p]) ? json_object() : json_null();

		for (enum port_state state = 0;
		     was_asked(report, protocols[p]) && state < PORT_STATES; state++)
			json_put(builder, counts, port_state_name(state),
			         json_integer(count_state(result, protocols[p], state)));
		json_put(builder, object, protocols[p] == IPPROTO_TCP ? "tcp" : "udp", counts);
	}
	return object;
}

int scan_report_json(const struct scan_report *report, FILE *out)
{
	struct json_builder builder = {0};
	json_t *root = json_object(), *addresses = json_array(), *ports = json_array();
	struct visit visit = {
	    .report = report, .port = port_json, .builder = &builder, .list = ports};

	(void)visit_ports(&visit);
	for (size_t i = 0; i < report->n; i++)
		json_append(&builder, addresses,
		            result_json(&builder, report, &report->results[i]));
	json_put(&builder, root, "version", json_integer(SCAN_FORMAT_VERSION));
	json_put(&builder, root, "host", text_json(report->host));
	json_put(&builder, root, "addresses", addresses);
	json_put(&builder, root, "ports", ports);
	return json_write(&builder, root, out);
}
