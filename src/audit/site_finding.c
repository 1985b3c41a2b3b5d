/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about what web proxies lead to. */
#include "audit/finding.h"
#include "audit/mechanism.h"
#include "audit/proxied.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Whether a way through a proxy is one that outsiders can take, and asks for nothing. */
static bool is_open(const struct proxied *proxied)
{
	return proxied->who && !proxied->route->guard.what;
}

/*
 * The way to an endpoint that says most of it: one that asks for something, but first, where there
 * is one, one that asks for nothing. NULL: none leads there.
 */
static const struct proxied *way_to(const struct audit *audit, size_t endpoint, bool open_first)
{
	const struct proxied *found = NULL;

	vec_foreach(proxied, &audit->proxied) {
		if (proxied->endpoint != endpoint || !proxied->who)
			continue;
		if (open_first && is_open(proxied))
			return proxied;
		if (!found || (proxied->route->guard.what && !found->route->guard.what))
			found = proxied;
	}
	return found;
}

/* How many ways of this kind lead to an endpoint. */
static unsigned count_open(const struct audit *audit, size_t endpoint)
{
	unsigned n = 0;

	vec_foreach(proxied, &audit->proxied)
		n += proxied->endpoint == endpoint && is_open(proxied);
	return n;
}

/* "wiki.example.com/admin", "/etc/nginx/nginx.conf:12". Borrowed from the arena. */
static const char *way_text(struct audit *audit, const struct proxied *proxied)
{
	const struct site_route *route = proxied->route;
	bool whole = !route->location || strcmp(route->location, "/") == 0;
	char line[sizeof(":4294967295")] = "";

	/* Labels have none. */
	if (route->line)
		snprintf(line, sizeof(line), ":%u", route->line);
	return arena_printf(&audit->arena, "%s%s%s (%s%s)", proxied->name, whole ? "" : " ",
	                    whole ? "" : route->location, route->file ? route->file : "?", line);
}

/* Puts what the sentences about a way may name into facts. */
static void take_way(struct audit *audit, const struct proxied *proxied,
                     struct mechanism_facts *facts)
{
	facts->relay = proxied->route->proxy;
	facts->what = proxied->route->guard.what ? proxied->route->guard.what : "nothing";
	facts->rule = way_text(audit, proxied);
}

/* The way to an endpoint that says most of it; NULL: none leads there. */
static const struct proxied *way_around(const struct audit *audit,
                                        const struct audit_endpoint *endpoint)
{
	return way_to(audit, (size_t)(endpoint - audit->endpoints.items), true);
}

/* Whether outsiders take a way in without forging anything. */
static bool is_outside(const struct reach_entry *entry)
{
	return entry->classes & ~(1u << VANTAGE_CONTAINER | 1u << VANTAGE_SPOOFED);
}

bool proxied_passed(const struct audit *audit, const struct audit_endpoint *endpoint,
                    const struct reach_entry *entry)
{
	/* What a label or the policy lets in is open on purpose, whatever stands before it. */
	return entry->meant && is_outside(entry) &&
	       !(entry->row && entry->row->from != INTENT_BIND) && way_around(audit, endpoint);
}

enum mechanism proxied_mechanism(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	const struct proxied *way = way_around(audit, endpoint);

	return way && is_open(way) ? M55_PAST_PROXY : M55_PAST_GUARD;
}

enum severity proxied_severity(const struct audit *audit, const struct audit_endpoint *endpoint,
                               const struct reach_entry *entry)
{
	if (proxied_mechanism(audit, endpoint) == M55_PAST_PROXY)
		return SEVERITY_LOW;
	return entry->classes & 1u << VANTAGE_BEYOND ? SEVERITY_HIGH : SEVERITY_MEDIUM;
}

void proxied_facts(struct audit *audit, const struct audit_endpoint *endpoint,
                   struct mechanism_facts *facts)
{
	const struct proxied *way = way_around(audit, endpoint);

	if (way)
		take_way(audit, way, facts);
}

/* Whether an endpoint is open to outsiders by a way that is as it was meant, but for the proxy. */
static bool is_public(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	vec_foreach(entry, &endpoint->reach)
		if (is_outside(entry) && (!finding_is_problem(audit, endpoint, entry) ||
		                          proxied_passed(audit, endpoint, entry)))
			return true;
	return false;
}

/* Makes the finding of an endpoint that a proxy leads anybody to. */
static int unguarded_finding(struct audit *audit, size_t index)
{
	const struct proxied *way = way_to(audit, index, true);
	struct mechanism_facts facts = {0};
	struct finding *finding;
	unsigned n = count_open(audit, index);

	if (!way || !is_open(way))
		return 0;
	take_way(audit, way, &facts);
	if (n > 1)
		facts.rule = arena_printf(&audit->arena, "%s and %u more", facts.rule, n - 1);
	facts.mode = way->route->guess ? arena_printf(&audit->arena, ", as far as can be told: %s",
	                                              way->route->guess)
	                               : "";
	finding = finding_add(audit, FINDING_RELAY, SEVERITY_LOW, M55_UNGUARDED, &facts);
	if (!finding)
		return -ENOMEM;
	finding_about(audit, finding, index);
	finding->who = way->who;
	return 0;
}

/* Whether an earlier finding about the same endpoint has named the proxy. */
static bool named_before(const struct audit *audit, const struct finding *finding)
{
	for (const struct finding *other = audit->findings.items; other < finding; other++)
		if (other->endpoint == finding->endpoint && other->past_proxy)
			return true;
	return false;
}

int proxied_name(struct audit *audit)
{
	vec_foreach(finding, &audit->findings) {
		const struct proxied *way =
		    finding->endpoint == SIZE_MAX ? NULL : way_to(audit, finding->endpoint, true);

		if (!way || !finding->has_path || finding->kind == FINDING_OUTAGE ||
		    finding->past_proxy)
			continue;
		if (!named_before(audit, finding))
			finding->why = is_open(way) ? arena_printf(&audit->arena, "%s; past %s",
			                                           finding->why, way->route->proxy)
			                            : arena_printf(&audit->arena,
			                                           "%s; past %s, which asks for %s",
			                                           finding->why, way->route->proxy,
			                                           way->route->guard.what);
		finding->past_proxy = true;
		if (!finding->why)
			return -ENOMEM;
	}
	return 0;
}

/* Whether another way before this one leads to the same nothing. */
static bool told_before(const struct audit *audit, const struct proxied *proxied)
{
	vec_foreach(other, &audit->proxied) {
		if (other >= proxied)
			return false;
		if (other->endpoint == SIZE_MAX && other->route->target &&
		    other->route->port == proxied->route->port &&
		    strcmp(other->route->target, proxied->route->target) == 0)
			return true;
	}
	return false;
}

/* Makes the finding of a way that ends where nothing answers. */
static int nowhere_finding(struct audit *audit, const struct proxied *proxied)
{
	struct mechanism_facts facts = {0};
	struct finding *finding;

	if (!proxied->route->target || told_before(audit, proxied))
		return 0;
	take_way(audit, proxied, &facts);
	facts.to =
	    arena_printf(&audit->arena, strchr(proxied->route->target, ':') ? "[%s]:%u" : "%s:%u",
	                 proxied->route->target, proxied->route->port);
	finding =
	    facts.to ? finding_add(audit, FINDING_OUTAGE, SEVERITY_LOW, M55_NOWHERE, &facts) : NULL;
	if (!finding)
		return -ENOMEM;
	finding->subject = proxied->route->proxy;
	finding->who = "nobody";
	finding->has_path = proxied->to.family != 0;
	finding->path = PATH_HOST;
	finding->to = proxied->to;
	finding->to_port = proxied->route->port;
	return 0;
}

int proxied_findings(struct audit *audit)
{
	int status = 0;

	for (size_t i = 0; i < audit->endpoints.n && status == 0; i++)
		if (!is_public(audit, &audit->endpoints.items[i]))
			status = unguarded_finding(audit, i);
	vec_foreach(proxied, &audit->proxied)
		if (status == 0 && proxied->endpoint == SIZE_MAX)
			status = nowhere_finding(audit, proxied);
	return status;
}

const char *proxied_words(struct audit *audit, size_t endpoint)
{
	const struct proxied *way = way_to(audit, endpoint, true);

	if (!way)
		return NULL;
	if (is_open(way))
		return arena_printf(&audit->arena, "; %s leads in %s", way->route->proxy, way->who);
	return arena_printf(&audit->arena, "; %s leads in %s with %s", way->route->proxy, way->who,
	                    way->route->guard.what);
}
