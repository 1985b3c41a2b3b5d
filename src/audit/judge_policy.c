/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging by the policy: whether who got in is among those whom a port's row lets in. */
#include "audit/judge_policy.h"

#include "audit/judge.h"
#include "intent/selector.h"

#include <errno.h>
#include <string.h>

const struct intent_port *policy_row(const struct audit *audit,
                                     const struct audit_endpoint *endpoint,
                                     const struct reach_entry *entry)
{
	const struct intent *intent = audit->intent;
	const struct container *container = endpoint->container;

	if (!intent)
		return NULL;
	switch (entry->path) {
	case PATH_INGRESS:
		return intent_find_mesh(intent, entry->to_port, endpoint->protocol);
	case PATH_PUBLISHED:
	case PATH_PROXY:
		if (!container)
			return intent_find_mesh(intent, entry->to_port, endpoint->protocol);
		return entry->published ? intent_find(intent, container, WAY_PUBLISHED,
		                                      entry->published, 0, endpoint->protocol)
		                        : NULL;
	case PATH_DIRECT:
		return container ? intent_find(intent, container, WAY_DIRECT, NULL, entry->to_port,
		                               endpoint->protocol)
		                 : NULL;
	case PATH_HOST:
		return container ? intent_find(intent, container, WAY_HOST, NULL, endpoint->port,
		                               endpoint->protocol)
		                 : NULL;
	case PATH_L2:
		return container
		           ? intent_find(intent, container, container->view ? WAY_LAN : WAY_DIRECT,
		                         NULL, endpoint->port, endpoint->protocol)
		           : NULL;
	case PATH_BROADCAST:
		/* What a socket of the host itself takes of it is for the policy to say. */
		return container && strcmp(endpoint->network, "host") == 0
		           ? intent_find(intent, container, WAY_HOST, NULL, endpoint->port,
		                         endpoint->protocol)
		           : NULL;
	case PATH_LOOPBACK:
	case PATH_REDIRECT:
	case REACH_PATHS:
		break;
	}
	return NULL;
}

bool policy_governs(const struct intent_port *row)
{
	return row && !row->hands_off && (row->from != INTENT_BIND || row->narrowed);
}

const char *policy_zone_of(const struct audit *audit, const struct vantage *vantage)
{
	if (vantage->class == VANTAGE_CONTAINER)
		return "containers";
	if (!audit->intent)
		return "world";
	return policy_zone_name(audit->intent->policy,
	                        zones_of(&audit->intent->zones, vantage->in, &vantage->source));
}

int policy_allows(const struct intent *intent, const struct intent_port *row,
                  const struct vantage *vantage)
{
	struct spans spans = {0};
	int status;

	if (vantage->class == VANTAGE_CONTAINER)
		return intent_allows_zone(&row->allowed, ZONE_CONTAINERS);
	status = zones_spans(zones_class(&intent->zones, vantage->in), &row->allowed, &spans);
	if (status == 0)
		status = spans_at(&spans, &vantage->source) != SIZE_MAX;
	vec_done(&spans);
	return status;
}

int policy_shuts(const struct audit *audit, const struct audit_endpoint *endpoint,
                 const struct published_port *published, const struct vantage *vantage)
{
	const struct intent_port *row =
	    audit->intent && endpoint->container
	        ? intent_find(audit->intent, endpoint->container, WAY_PUBLISHED, published, 0,
	                      endpoint->protocol)
	        : NULL;
	int allows = policy_governs(row) ? policy_allows(audit->intent, row, vantage) : 1;

	return allows < 0 ? allows : !allows;
}

int policy_judge(const struct audit *audit, const struct audit_endpoint *endpoint,
                 const struct vantage *vantage, struct reach_entry *entry)
{
	const struct intent_port *row = policy_row(audit, endpoint, entry);
	int allows;

	if (!policy_governs(row))
		return 0;
	allows = policy_allows(audit->intent, row, vantage);
	if (allows < 0)
		return allows;
	if (!allows && vantage->class == VANTAGE_CONTAINER)
		return 0;
	entry->row = row;
	return allows ? 0 : vantage_senders(vantage, &entry->unmeant);
}

/* Adds what a row says to an endpoint's intent, each once. 0 or -ENOMEM. */
static int add_row(const struct intent *intent, struct audit_endpoint *endpoint,
                   const struct intent_port *row)
{
	vec_foreach(source, &row->allowed) {
		struct intent_entry added = {
		    .zone = source->zone == SIZE_MAX
		                ? NULL
		                : policy_zone_name(intent->policy, source->zone),
		    .source = source->prefix,
		    .from = intent_from_name(row->from),
		};
		struct intent_entry *slot;
		bool there = false;

		vec_foreach(known, &endpoint->intent)
			there =
			    there || (known->zone && added.zone
			                  ? strcmp(known->zone, added.zone) == 0
			                  : !known->zone && !added.zone &&
			                        prefix_compare(&known->source, &added.source) == 0);
		if (there)
			continue;
		slot = vec_push(&endpoint->intent);
		if (!slot)
			return -ENOMEM;
		*slot = added;
	}
	return 0;
}

int policy_intents(const struct audit *audit, struct audit_endpoint *endpoint, bool *ret_governed)
{
	const struct intent *intent = audit->intent;
	const struct container *container = endpoint->container;

	*ret_governed = false;
	if (!intent || !container)
		return 0;
	vec_foreach(published, &endpoint->published) {
		const struct intent_port *row =
		    intent_find(intent, container, WAY_PUBLISHED, published, 0, endpoint->protocol);

		if (!policy_governs(row))
			continue;
		*ret_governed = true;
		if (add_row(intent, endpoint, row) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Gathers every prefix that the policy names, each once. 0 or -ENOMEM. */
static int named_prefixes(const struct policy *policy, struct prefixes *named)
{
	vec_foreach(zone, &policy->zones)
		vec_foreach(prefix, &zone->sources) {
			struct prefix *slot = vec_push(named);

			if (!slot)
				return -ENOMEM;
			*slot = *prefix;
		}
	vec_foreach(allow, &policy->allow)
		vec_foreach(source, &allow->from) {
			struct prefix *slot = source->zone == SIZE_MAX ? vec_push(named) : NULL;

			if (source->zone != SIZE_MAX)
				continue;
			if (!slot)
				return -ENOMEM;
			*slot = source->prefix;
		}
	return 0;
}

/* Orders prefixes for qsort(). */
static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* Whether an address lies in a named prefix that is narrower than what it stands for. */
static bool is_named(const struct prefixes *named, const struct address *address, uint8_t wider)
{
	vec_foreach(prefix, named)
		if (prefix->len > wider && prefix_contains(prefix, address))
			return true;
	return false;
}

/* An address that stands for a prefix, beside those of it that are named. False: there is none. */
static bool choose_address(const struct prefixes *named, const struct netview *view,
                           const struct prefix *sources, const struct address *like,
                           struct address *ret_address)
{
	struct address address = *like;

	if (prefix_contains(sources, like) && !is_named(named, like, sources->len))
		return true;
	for (unsigned i = 0;
	     sources->len == 0 && vantage_world_address(i, sources->address.family, &address); i++)
		if (!is_named(named, &address, 0)) {
			*ret_address = address;
			return true;
		}
	return sources->len > 0 && vantage_free_address(view, sources, named, ret_address);
}

/* Adds the named prefixes within what one vantage point stands for. 0 or -ENOMEM. */
static int split_one(const struct prefixes *named, const struct netview *view, size_t index,
                     struct vantages *vantages, unsigned *ret_left_out)
{
	enum { WITHIN_MOST = 32 };
	struct vantage vantage = vantages->items[index];
	unsigned within = 0;

	vec_foreach(prefix, named) {
		struct vantage *slot;
		struct address address = vantage.source;

		if (prefix->address.family != vantage.source.family ||
		    prefix->len <= vantage.sources.len ||
		    !prefix_contains(&vantage.sources, &prefix->address))
			continue;
		if (++within > WITHIN_MOST) {
			++*ret_left_out;
			continue;
		}
		if (!choose_address(named, view, prefix, &address, &address))
			continue;
		slot = vec_push(vantages);
		if (!slot)
			return -ENOMEM;
		*slot = vantage;
		slot->source = address;
		slot->sources = *prefix;
	}
	if (within &&
	    choose_address(named, view, &vantage.sources, &vantage.source, &vantage.source))
		vantages->items[index].source = vantage.source;
	return 0;
}

int policy_split_vantages(const struct intent *intent, const struct netview *view,
                          struct vantages *vantages, unsigned *ret_left_out)
{
	struct prefixes named = {0};
	int status = named_prefixes(intent->policy, &named);
	size_t n = vantages->n, kept = 0;

	*ret_left_out = 0;
	if (named.n)
		qsort(named.items, named.n, sizeof(*named.items), compare);
	for (size_t i = 0; i < named.n; i++)
		if (!kept || prefix_compare(&named.items[kept - 1], &named.items[i]) != 0)
			named.items[kept++] = named.items[i];
	named.n = kept;
	for (size_t i = 0; status == 0 && i < n; i++)
		if (vantages->items[i].class != VANTAGE_CONTAINER &&
		    vantages->items[i].class != VANTAGE_SPOOFED)
			status = split_one(&named, view, i, vantages, ret_left_out);
	vec_done(&named);
	return status;
}

/* Whether an entry of the policy's `accept` speaks of a finding. */
static bool accepts(const struct audit *audit, const struct policy_accept *accept,
                    const struct finding *finding, time_t now)
{
	const struct audit_endpoint *endpoint;
	const struct policy_selector *selector = &accept->selector;
	uint16_t host_port = finding->path == PATH_DIRECT ? 0 : finding->to_port;

	if (finding->endpoint == SIZE_MAX || (accept->until && now >= accept->until))
		return false;
	endpoint = &audit->endpoints.items[finding->endpoint];
	if (accept->kind && strcmp(accept->kind, finding_kind_name(finding->kind)) != 0)
		return false;
	if (!endpoint->container || selector_container(selector, endpoint->container) != MATCH_SURE)
		return false;
	return ports_hold(&selector->host_port, host_port, endpoint->protocol) &&
	       ports_hold(&selector->container_port, endpoint->port, endpoint->protocol);
}

/* Says what is accepted, once for all interfaces. 0 or -ENOMEM. */
static int note_accepted(struct audit *audit, const struct policy_accept *accept,
                         const struct finding *finding)
{
	const char *text =
	    arena_printf(&audit->arena, "accepted%s%s: %s: %s (%s)", accept->until ? " until " : "",
	                 accept->until ? accept->until_text : "", finding->subject, finding->why,
	                 accept->reason);

	vec_foreach(note, &audit->notes)
		if (text && strcmp(*note, text) == 0)
			return 0;
	return notes_add(&audit->notes, text);
}

int policy_accept_findings(struct audit *audit, time_t now)
{
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < audit->findings.n; i++) {
		struct finding *finding = &audit->findings.items[i];
		const struct policy_accept *found = NULL;

		vec_foreach(accept, &audit->intent->policy->accept)
			if (!found && accepts(audit, accept, finding, now))
				found = accept;
		if (!found) {
			audit->findings.items[kept++] = *finding;
			continue;
		}
		if (status == 0)
			status = note_accepted(audit, found, finding);
		vec_done(&finding->sources);
	}
	audit->findings.n = kept;
	return status;
}
