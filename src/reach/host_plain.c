/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a host's rules and routes look at more of a packet than who sends it where. */
#include "reach/host.h"

#include <string.h>

bool host_field_is_open(enum field field)
{
	return field == FIELD_SOURCE_PORT || field == FIELD_ORIGINAL_SOURCE_PORT ||
	       field == FIELD_LENGTH || field == FIELD_HOP_LIMIT || field == FIELD_DSCP ||
	       field == FIELD_SOURCE_MAC;
}

/* Whether a verdict leaves it to somebody else. */
static bool leaves_open(const struct step *step)
{
	vec_foreach(verdict, &step->verdicts)
		if (verdict->kind == VERDICT_QUEUE)
			return true;
	return false;
}

/* Whether a step looks at what a sender chooses, or does what cannot be told. */
static bool step_is_plain(const struct step *step)
{
	if (step->kind == STEP_UNKNOWN || step->kind == STEP_FORGET || leaves_open(step))
		return false;
	if (step->kind == STEP_NAT &&
	    (step->nat == NAT_TPROXY || step->addresses.first != step->addresses.last ||
	     step->ports.first != step->ports.last))
		return false;
	for (size_t i = 0; i < step->n_fields; i++)
		if (host_field_is_open(step->fields[i].field))
			return false;
	return step->kind != STEP_COPY || !host_field_is_open(step->from);
}

bool host_is_plain(const struct host *host)
{
	if (host->ties)
		return false;
	vec_foreach(link, &host->view->links)
		if (link->has_xdp || strcmp(link->kind, "vrf") == 0)
			return false;
	vec_foreach(route, &host->view->routes)
		if (route->by_source || route->several)
			return false;
	for (size_t i = 0; i < host->graph.order.n; i++) {
		const struct chain *chain =
		    host->graph.chains.items[host->graph.order.items[i]].chain;

		vec_foreach(rule, &chain->rules)
			vec_foreach(step, &rule->steps)
				if (!step_is_plain(step))
					return false;
	}
	return true;
}
