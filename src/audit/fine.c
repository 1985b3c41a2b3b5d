/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of what is as it was meant: who gets in, and which declaration says so. */
#include "audit/fine.h"
#include "audit/finding.h"
#include "audit/mechanism.h"
#include "audit/proxied.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Whether a finding is about a container's port, or just about the container. */
static bool is_about(const struct audit *audit, const struct finding *finding,
                     const struct audit_endpoint *endpoint, bool this_port)
{
	const struct audit_endpoint *other;

	if (finding->endpoint == SIZE_MAX)
		return finding->kind == FINDING_RELAY &&
		       strcmp(finding->subject, endpoint->name) == 0;
	other = &audit->endpoints.items[finding->endpoint];
	return strcmp(other->name, endpoint->name) == 0 &&
	       (!this_port ||
	        (other->port == endpoint->port && other->protocol == endpoint->protocol));
}

/* Whether a container has a problem at all, or just at one port. */
static bool has_problem(const struct audit *audit, const struct audit_endpoint *endpoint,
                        bool this_port)
{
	vec_foreach(finding, &audit->findings)
		if (is_about(audit, finding, endpoint, this_port))
			return true;
	return false;
}

/*
 * Whether nothing of a port may be called fine. A way in that was not meant, or one that is closed,
 * leaves those who were meant to get in by another.
 */
static bool all_in_question(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	vec_foreach(finding, &audit->findings)
		if (finding->kind != FINDING_EXPOSURE && finding->kind != FINDING_OUTAGE &&
		    is_about(audit, finding, endpoint, true))
			return true;
	return false;
}

/* Whether an earlier endpoint of the same container and port has had its line. */
static bool said_before(const struct audit *audit, size_t index, bool any_port)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];

	for (size_t i = 0; i < index; i++) {
		const struct audit_endpoint *other = &audit->endpoints.items[i];

		if (other->container == endpoint->container &&
		    strcmp(other->name, endpoint->name) == 0 &&
		    (any_port ||
		     (other->port == endpoint->port && other->protocol == endpoint->protocol)))
			return true;
	}
	return false;
}

/*
 * Who gets into an endpoint as meant, outsiders only, or else `nobody`; NULL when memory is out.
 * Borrowed from the arena.
 */
static const char *who_gets_in(struct audit *audit, const struct audit_endpoint *endpoint,
                               const char *nobody)
{
	VEC(const struct reach_entry *) entries = {0};
	const char *who = NULL;

	vec_foreach(entry, &endpoint->reach) {
		const struct reach_entry **slot;

		if (entry->classes == 1u << VANTAGE_CONTAINER || entry->path == PATH_DIRECT ||
		    !entry->meant || !entry->agrees ||
		    entry->denied_classes & ~(1u << VANTAGE_CONTAINER))
			continue;
		slot = vec_push(&entries);
		if (!slot)
			goto out;
		*slot = entry;
	}
	who = entries.n ? finding_who(audit, entries.items, entries.n, false) : nobody;
out:
	vec_done(&entries);
	return who;
}

/* The mapping that lets most people in: the first on every address, else the first. */
static const struct published_port *widest_mapping(const struct audit_endpoint *endpoint)
{
	vec_foreach(published, &endpoint->published)
		if (address_is_any(&published->host_address))
			return published;
	return &endpoint->published.items[0];
}

/* Why a published endpoint is fine. Borrowed from the arena. */
static const char *meant_by(struct audit *audit, const struct audit_endpoint *endpoint)
{
	const struct published_port *published = widest_mapping(endpoint);
	char text[ADDRESS_TEXT];
	bool any = address_is_any(&published->host_address);
	const char *allows =
	    any && audit->firewall_name && audit->firewall_denies
	        ? arena_printf(&audit->arena, "; %s allows it", audit->firewall_name)
	        : "";

	if (!endpoint->container)
		return arena_printf(&audit->arena, "%u%s published through Swarm's mesh",
		                    published->host_port, protocol_suffix(published->protocol));
	return arena_printf(&audit->arena, "%u%s published on %s%s", published->host_port,
	                    protocol_suffix(published->protocol),
	                    any ? "every address" : address_format(&published->host_address, text),
	                    allows);
}

/* Whether an entry is one of outsiders whom a label or the policy lets in. */
static bool let_in(const struct reach_entry *entry)
{
	return entry->row && entry->meant && entry->agrees && entry->path != PATH_DIRECT;
}

/* Whether all of an entry's zone are let in, not only some of its addresses. */
static bool zone_named(const struct audit *audit, const struct reach_entry *entry)
{
	size_t zone = policy_zone_find(audit->intent->policy, entry->zone);

	return zone != SIZE_MAX && intent_allows_zone(&entry->row->allowed, zone);
}

/* The addresses that are let in whatever zone they are in, added to a text. NULL without memory. */
static const char *add_prefixes(struct audit *audit, const struct audit_endpoint *endpoint,
                                const char *text)
{
	char prefix[PREFIX_TEXT];
	const struct intent_port *row = NULL;

	vec_foreach(entry, &endpoint->reach)
		if (let_in(entry) && !row)
			row = entry->row;
	if (row)
		vec_foreach(source, &row->allowed)
			if (source->zone == SIZE_MAX)
				text = arena_printf(&audit->arena, "%s%s%s", text ? text : "",
				                    text ? ", " : "",
				                    prefix_format(&source->prefix, prefix));
	return text;
}

/* The zones that a label or the policy lets in and that do get in; NULL: none. From the arena. */
static const char *zones_let_in(struct audit *audit, const struct audit_endpoint *endpoint)
{
	const char *text = NULL, *names[16];
	unsigned n = 0;

	vec_foreach(entry, &endpoint->reach) {
		bool known = !let_in(entry) || n == sizeof(names) / sizeof(*names);

		for (unsigned i = 0; i < n; i++)
			known = known || strcmp(names[i], entry->zone) == 0;
		if (known)
			continue;
		names[n++] = entry->zone;
		if (!zone_named(audit, entry))
			continue;
		if (strcmp(entry->zone, "world") == 0)
			return "anyone";
		text = arena_printf(&audit->arena, "%s%s%s", text ? text : "", text ? ", " : "",
		                    entry->zone);
	}
	return add_prefixes(audit, endpoint, text);
}

/* Which line of the policy, or label, lets them in; NULL: none. */
static const char *said_by(const struct audit_endpoint *endpoint)
{
	vec_foreach(entry, &endpoint->reach)
		if (let_in(entry))
			return entry->row->said;
	return NULL;
}

/* Adds one line. */
static int line_add(struct audit *audit, const char *subject, const char *who, const char *by)
{
	struct fine_line *line = who && by ? vec_push(&audit->fine) : NULL;

	if (!line)
		return -ENOMEM;
	*line = (struct fine_line){.subject = subject, .who = who, .meant_by = by};
	return 0;
}

/* Adds the line of an endpoint that is not published, one for the whole container. */
static int unpublished_line(struct audit *audit, size_t index)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];
	const struct container *container = endpoint->container;

	if (strcmp(endpoint->network, "host") == 0) {
		if (said_before(audit, index, false) || has_problem(audit, endpoint, true))
			return 0;
		return line_add(
		    audit, endpoint->name, who_gets_in(audit, endpoint, "this host"),
		    arena_printf(&audit->arena, "%u on this host's own network", endpoint->port));
	}
	if (said_before(audit, index, true) || has_problem(audit, endpoint, false) ||
	    (container && container->published.n))
		return 0;
	if (container && container->view)
		return line_add(audit, endpoint->name, "its LAN",
		                arena_printf(&audit->arena,
		                             "all ports, on network %s; this host's rules do not "
		                             "apply",
		                             endpoint->network));
	return line_add(audit, endpoint->name, "its own network", "not published");
}

/* Adds the line of a published port; where it has a problem, of what is meant beside that. */
static int published_line(struct audit *audit, const struct audit_endpoint *endpoint)
{
	bool problem = has_problem(audit, endpoint, true);
	const char *who = zones_let_in(audit, endpoint), *said = said_by(endpoint), *by;

	if (who && said)
		return line_add(audit, endpoint->name, who,
		                arena_printf(&audit->arena, "%u%s published; %s lets them in",
		                             widest_mapping(endpoint)->host_port,
		                             protocol_suffix(endpoint->protocol), said));
	who = who_gets_in(audit, endpoint, problem ? "" : "this host");
	if (who && !*who)
		return 0;
	said = proxied_words(audit, (size_t)(endpoint - audit->endpoints.items));
	by = meant_by(audit, endpoint);
	if (said && by)
		by = arena_printf(&audit->arena, "%s%s", by, said);
	return line_add(audit, endpoint->name, who, by);
}

int fine_lines(struct audit *audit)
{
	for (size_t i = 0; i < audit->endpoints.n; i++) {
		const struct audit_endpoint *endpoint = &audit->endpoints.items[i];
		int status;

		if (!endpoint->published.n)
			status = unpublished_line(audit, i);
		else if (said_before(audit, i, false) || all_in_question(audit, endpoint))
			status = 0;
		else
			status = published_line(audit, endpoint);
		if (status < 0)
			return status;
	}
	return 0;
}
