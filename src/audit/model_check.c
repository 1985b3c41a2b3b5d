/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds the model of the rules against the kernel, probe by probe. */
#include "audit/model_check.h"

#include "audit/finding.h"
#include "audit/model.h"
#include "prove/catch.h"

#include <errno.h>

enum {
	WALKS_MOST = 4096, /* so that a host of many rules and probes is not walked for long */
	SAID_MOST = 3,     /* differences that are told one by one */
};

int model_check_init(struct model_check *check, struct audit *audit, const struct netview *view)
{
	_cleanup_error_ struct error *error = NULL;
	int status = host_new(view, CATCH_TABLE, &check->host, &error);

	check->every = 1;
	if (status == 0 || status == -ENOMEM)
		return status;
	return notes_addf(&audit->notes, &audit->arena,
	                  "the rules were asked by packets only, not read as well: %s",
	                  error_message(error));
}

void model_check_expect(struct model_check *check, size_t n)
{
	check->every = n / WALKS_MOST + 1;
}

void model_check_done(struct model_check *check)
{
	host_free(check->host);
	check->host = NULL;
}

/* What stopped a packet or let it through, by the model. */
static const char *reason_of(const struct host_end *end)
{
	if (end->stop)
		return end->stop;
	if (end->drop != FIB_TAKEN)
		return fib_drop_name(end->drop);
	if (end->by.rule)
		return end->by.rule->text;
	return end->by.chain ? end->by.chain->name : "no rule";
}

/* Makes a finding of both stories of a packet. 0 or -ENOMEM. */
static int say_differs(const struct model_check *check, struct audit *audit,
                       const struct probe *probe, const struct arrival *arrival,
                       const struct host_end *end)
{
	const struct netview *view = check->host->view;
	const struct link *in = netview_link(view, probe->ifindex);
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];
	const char *text = arena_printf(
	    &audit->arena,
	    "the kernel and the reading of its rules disagree on a packet from %s to %s port %u by "
	    "%s. The kernel: %s. The rules as read: %s (%s)",
	    address_format(&probe->source, from), address_format(&probe->destination, to),
	    probe->destination_port, in ? in->name : "?",
	    model_fate_words(&audit->arena, view, model_fate(arrival), &arrival->destination,
	                     arrival->destination_port, arrival->out_ifindex),
	    model_fate_words(&audit->arena, view, end->fate, &end->destination, end->port,
	                     end->out_ifindex),
	    reason_of(end));
	const struct mechanism_facts facts = {.rule = text};
	struct finding *finding =
	    text ? finding_add(audit, FINDING_DISAGREEMENT, SEVERITY_MEDIUM, M00_DISAGREE, &facts)
	         : NULL;

	if (!finding)
		return -ENOMEM;
	finding->in = in ? in->name : NULL;
	return 0;
}

int model_check_probe(struct model_check *check, struct audit *audit, size_t number,
                      const struct probe *probe, const struct arrival *arrival)
{
	struct host_packet packet;
	struct host_ways ways = {0};
	int status;

	if (!check->host || number % check->every)
		return 0;
	packet = model_packet(probe);
	status = host_ways_find(check->host, &packet, &ways);
	if (status == 0 && !ways.incomplete) {
		if (model_allows(&ways, arrival)) {
			audit->agree++;
		} else {
			audit->disagree++;
			if (check->differs++ < SAID_MOST)
				status =
				    say_differs(check, audit, probe, arrival, &ways.ends.items[0]);
		}
	}
	host_ways_done(&ways);
	return status == -ENODEV ? 0 : status;
}
