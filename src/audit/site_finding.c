/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about what web proxies lead to. */
#include "audit/finding.h"
#include "audit/judge.h"
#include "audit/mechanism.h"
#include "audit/proxied.h"

#include <errno.h>
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
	const char *location = proxied->route->location;
	bool whole = !location || strcmp(location, "/") == 0;

	return arena_printf(
	    &audit->arena, "%s%s%s (%s:%u)", proxied->name, whole ? "" : " ", whole ? "" : location,
	    proxied->route->file ? proxied->route->file : "?", proxied->route->line);
}

/* What the sentences about a way may name. */
static struct mechanism_facts way_facts(struct audit *audit, const struct proxied *proxied)
{
	return (struct mechanism_facts){
	    .relay = proxied->route->proxy,
	    .what = proxied->route->guard.what ? proxied->route->guard.what : "nothing",
	    .rule = way_text(audit, proxied),
	};
}

/* Whether an endpoint is open to outsiders by a way that is as it was meant. */
static const struct reach_entry *open_on_purpose(const struct audit *audit,
                                                 const struct audit_endpoint *endpoint)
{
	const unsigned inside = 1u << VANTAGE_CONTAINER | 1u << VANTAGE_SPOOFED;
	const struct reach_entry *found = NULL;

	vec_foreach(entry, &endpoint->reach) {
		if (!(entry->classes & ~inside) || finding_is_problem(audit, endpoint, entry))
			continue;
		if (!found || (entry->classes & 1u << VANTAGE_BEYOND && entry->own_address &&
		               !(found->classes & 1u << VANTAGE_BEYOND)))
			found = entry;
	}
	return found;
}

/* Adds what a reach entry says to a finding about its endpoint. 0 or -ENOMEM. */
static int take_entry(struct audit *audit, struct finding *finding, size_t index,
                      const struct reach_entry *entry)
{
	if (!finding)
		return -ENOMEM;
	finding->endpoint = index;
	finding->subject = audit->endpoints.items[index].name;
	finding->who = finding_who(audit, &entry, 1, false);
	finding->has_path = true;
	finding->path = entry->path;
	finding->in = entry->in;
	finding->to = entry->to;
	finding->to_port = entry->to_port;
	finding->rule = entry->rule;
	vec_foreach(source, &entry->sources)
		if (judge_source_add(&finding->sources, source) < 0)
			return -ENOMEM;
	return finding->who ? 0 : -ENOMEM;
}

/* Makes the finding of an endpoint that is meant to be open, and has a proxy in front of it. */
static int past_finding(struct audit *audit, size_t index, const struct reach_entry *entry)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];
	const struct proxied *way = way_to(audit, index, true);
	struct mechanism_facts facts;
	enum severity severity = SEVERITY_LOW;
	struct finding *finding;

	/* What a label or the policy lets in is open on purpose, whatever stands before it. */
	if (!way || (entry->row && entry->row->from != INTENT_BIND))
		return 0;
	if (!is_open(way))
		severity = entry->classes & 1u << VANTAGE_BEYOND ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	facts = way_facts(audit, way);
	facts.port = entry->to_port;
	facts.protocol = endpoint->protocol;
	finding = finding_add(audit, FINDING_BYPASS, severity,
	                      is_open(way) ? M55_PAST_PROXY : M55_PAST_GUARD, &facts);
	if (finding)
		finding->past_proxy = true;
	return take_entry(audit, finding, index, entry);
}

/* Makes the finding of an endpoint that a proxy leads anybody to. */
static int unguarded_finding(struct audit *audit, size_t index)
{
	const struct proxied *way = way_to(audit, index, true);
	struct mechanism_facts facts;
	struct finding *finding;
	unsigned n = count_open(audit, index);

	if (!way || !is_open(way))
		return 0;
	facts = way_facts(audit, way);
	if (n > 1)
		facts.rule = arena_printf(&audit->arena, "%s and %u more", facts.rule, n - 1);
	facts.mode = way->guess
	                 ? arena_printf(&audit->arena, ", as far as can be told: %s", way->guess)
	                 : "";
	finding = finding_add(audit, FINDING_RELAY, SEVERITY_LOW, M55_UNGUARDED, &facts);
	if (!finding)
		return -ENOMEM;
	finding->endpoint = index;
	finding->subject = audit->endpoints.items[index].name;
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
		if (other->endpoint == SIZE_MAX && other->route->port == proxied->route->port &&
		    strcmp(other->route->target, proxied->route->target) == 0)
			return true;
	}
	return false;
}

/* Makes the finding of a way that ends where nothing answers. */
static int nowhere_finding(struct audit *audit, const struct proxied *proxied)
{
	struct mechanism_facts facts = way_facts(audit, proxied);
	struct finding *finding;

	if (!proxied->route->target || told_before(audit, proxied))
		return 0;
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

	for (size_t i = 0; i < audit->endpoints.n && status == 0; i++) {
		const struct reach_entry *entry =
		    open_on_purpose(audit, &audit->endpoints.items[i]);

		status = entry ? past_finding(audit, i, entry) : unguarded_finding(audit, i);
	}
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
