/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may get into a port, from what declares it: bind address, labels, policy.
 *
 * Theory of operation. A row comes with what its bind address declares. With `default: closed` that
 * counts for nothing (but in the host's namespace and on the LAN, where nobody bound anything for
 * the engine). A label of the container's replaces it (labels: full) or is cut with it (narrow);
 * what its image says is cut with the outcome. Entries of the policy that name the port for certain
 * replace all of that, and add up among themselves; one that names it only by its image's word is
 * cut with the rest: it must not open, and not to heed it could mean to leave open what it closes.
 */
#include "intent/intent_parts.h"
#include "intent/source_word.h"

#include <errno.h>

/* Replaces a row's list. */
static void replace(struct intent_port *port, struct policy_sources *by)
{
	vec_done(&port->allowed);
	port->allowed = *by;
}

/* Cuts a row's list with another; `by` is named where that takes somebody away. 0 or -ENOMEM. */
static int narrow(const struct policy *policy, struct intent_port *port,
                  const struct policy_sources *with, const char *by)
{
	struct policy_sources both = {0};
	size_t before = port->allowed.n;
	int status = sources_intersect(policy, &port->allowed, with, &both);
	bool same;

	if (status < 0)
		return status;
	same = both.n == before;
	for (size_t i = 0; same && i < before; i++)
		same = policy_source_compare(&both.items[i], &port->allowed.items[i]) == 0;
	if (!same) {
		port->narrowed = true;
		port->narrowed_by = by;
	}
	replace(port, &both);
	return 0;
}

/* Makes "name:line:column". Borrowed from the arena; NULL for no memory. */
static const char *place_text(struct intent *intent, const struct policy_place *place)
{
	return arena_printf(&intent->arena, "%s:%u:%u", intent->policy->name, place->line,
	                    place->column);
}

/* Applies `default: closed`. 0 or -ENOMEM. */
static int apply_default(struct intent *intent, struct intent_port *port)
{
	struct policy_sources host = {0};

	if (sources_add(&host, &(struct policy_source){.zone = ZONE_HOST}) < 0)
		return -ENOMEM;
	port->from = INTENT_POLICY;
	if (intent->policy->closed_place.line)
		port->said = place_text(intent, &intent->policy->closed_place);
	else
		port->said = intent->policy->name;
	replace(port, &host);
	return port->said ? 0 : -ENOMEM;
}

/* Applies one label. 0 or -ENOMEM. */
static int apply_label(struct intent *intent, struct intent_port *port,
                       const struct allow_label *label)
{
	const struct policy *policy = intent->policy;
	const char *said = arena_printf(&intent->arena, "label %s", label->key);

	if (!said)
		return -ENOMEM;
	port->from = INTENT_LABEL;
	port->said = said;
	if (policy->labels == LABELS_FULL && !label->inherited && !label->unread) {
		struct policy_sources copy = {0};
		int status = sources_join(&copy, &label->from);

		if (status < 0) {
			vec_done(&copy);
			return status;
		}
		replace(port, &copy);
		return 0;
	}
	return narrow(policy, port, &label->from, said);
}

/* Applies the labels that speak for a port: the container's own, then its image's. 0 or -ENOMEM. */
static int apply_labels(struct intent *intent, struct intent_port *port,
                        const struct allow_labels *labels)
{
	const struct allow_label *own = labels_find(labels, port->port, port->protocol, false);
	const struct allow_label *image = labels_find(labels, port->port, port->protocol, true);
	int status = own ? apply_label(intent, port, own) : 0;

	return status == 0 && image ? apply_label(intent, port, image) : status;
}

/* Whether an entry that names the container also names this way to this port. */
static bool entry_holds(const struct policy_selector *selector, const struct intent_port *port)
{
	bool by_number = selector->host_port.first || selector->container_port.first;

	if (!port->port)
		return !by_number; /* ports that nobody knows yet */
	if (selector->host_port.first && !port->host_port)
		return false;
	return ports_hold(&selector->host_port, port->host_port, port->protocol) &&
	       ports_hold(&selector->container_port, port->port, port->protocol);
}

/* Whether somebody outside this host can address a port at all. */
static bool reachable(const struct intent_port *port)
{
	return !port->published || !address_is_loopback(&port->published->host_address);
}

/* Applies the entries that name a port. 0 or -ENOMEM. */
static int apply_entries(struct intent_making *making, struct intent_port *port,
                         const struct namings *namings)
{
	struct intent *intent = making->intent;
	const struct policy *policy = intent->policy;
	struct policy_sources sum = {0};
	const struct policy_selector *first = NULL;
	int status = 0;

	vec_foreach(naming, namings) {
		const struct policy_allow *allow = &policy->allow.items[naming->entry];

		if (status < 0 || naming->match != MATCH_SURE ||
		    !entry_holds(&allow->selector, port))
			continue;
		/* A container's own address is a port of it, but not one that was published. */
		making->uses[naming->entry].port |= port->way != WAY_DIRECT || port->port;
		making->uses[naming->entry].works |= reachable(port) && port->way != WAY_DIRECT;
		first = first ? first : &allow->selector;
		status = sources_join(&sum, &allow->from);
	}
	if (status == 0 && first) {
		port->from = INTENT_POLICY;
		port->narrowed = false;
		port->narrowed_by = NULL;
		port->said = place_text(intent, &first->place);
		replace(port, &sum);
		return port->said ? 0 : -ENOMEM;
	}
	vec_done(&sum);
	vec_foreach(naming, namings) {
		const struct policy_allow *allow = &policy->allow.items[naming->entry];
		const char *said;

		if (status < 0 || naming->match != MATCH_CLAIMED ||
		    !entry_holds(&allow->selector, port))
			continue;
		said = place_text(intent, &allow->selector.place);
		status = said ? narrow(policy, port, &allow->from, said) : -ENOMEM;
		if (status == 0 && port->narrowed) {
			port->from = INTENT_POLICY;
			port->said = said;
		}
	}
	return status;
}

/* Whether the policy names the container of a row in so many words. */
static bool named(const struct policy *policy, const struct namings *namings)
{
	vec_foreach(naming, namings)
		if (naming->match == MATCH_SURE &&
		    selector_names_container(&policy->allow.items[naming->entry].selector))
			return true;
	return false;
}

int intent_decide(struct intent_making *making, struct intent_port *port,
                  const struct namings *namings, const struct allow_labels *labels)
{
	struct intent *intent = making->intent;
	const struct policy *policy = intent->policy;
	bool unbound = port->way == WAY_HOST || port->way == WAY_LAN;
	int status = 0;

	port->hands_off = unbound && !named(policy, namings);
	if (policy->closed && !port->hands_off)
		status = apply_default(intent, port);
	if (status == 0)
		status = apply_labels(intent, port, labels);
	return status == 0 ? apply_entries(making, port, namings) : status;
}
