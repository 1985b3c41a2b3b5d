/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: what is wrong, how bad, in whose words, and what to do. */
#include "audit/finding.h"
#include "audit/fine.h"
#include "audit/flow_ask.h"
#include "audit/host_finding.h"
#include "audit/judge_policy.h"
#include "audit/proxied.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Text of an address and port: "192.0.2.1:80", "[2001:db8::1]:53/udp". Borrowed from the arena.
 */
static const char *socket_text(struct audit *audit, const struct address *address, uint16_t port,
                               uint8_t protocol)
{
	char text[ADDRESS_TEXT];

	return arena_printf(&audit->arena, address->family == AF_INET6 ? "[%s]:%u%s" : "%s:%u%s",
	                    address_format(address, text), port, protocol_suffix(protocol));
}

/* What an endpoint is published on, in words. Borrowed from the arena. */
static const char *published_text(struct audit *audit, const struct audit_endpoint *endpoint,
                                  const struct published_port *published)
{
	char text[ADDRESS_TEXT];

	if (!published && endpoint->published.n)
		published = &endpoint->published.items[0];
	if (!published)
		return "nothing";
	if (address_is_any(&published->host_address))
		return "every address";
	return arena_strdup(&audit->arena, address_format(&published->host_address, text));
}

/* "Docker 20.10.24". Borrowed from the arena. */
static const char *engine_text(struct audit *audit)
{
	const struct engine *engine = &audit->snapshot->engine;
	bool podman = engine->kind && strcmp(engine->kind, "podman") == 0;

	return arena_printf(&audit->arena, "%s%s%s", podman ? "Podman" : "Docker",
	                    engine->version ? " " : "", engine->version ? engine->version : "");
}

/* The subnet of a network that holds the address. Borrowed from the arena. */
static const char *subnet_text(struct audit *audit, const struct audit_endpoint *endpoint)
{
	const struct engine_network *network =
	    endpoint->network ? snapshot_network(audit->snapshot, endpoint->network) : NULL;
	char text[PREFIX_TEXT];

	if (network)
		vec_foreach(subnet, &network->subnets)
			if (prefix_contains(&subnet->prefix, &endpoint->address))
				return arena_strdup(&audit->arena,
				                    prefix_format(&subnet->prefix, text));
	return socket_text(audit, &endpoint->address, endpoint->port, endpoint->protocol);
}

/* What a network asks for, in words. Borrowed. */
static const char *mode_text(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	const struct engine_network *network =
	    endpoint->network ? snapshot_network(audit->snapshot, endpoint->network) : NULL;
	const char *mode = NULL;

	if (network)
		mode = endpoint->address.family == AF_INET6 ? network->gateway_mode_ipv6
		                                            : network->gateway_mode_ipv4;
	if (mode && strcmp(mode, "nat") != 0)
		return mode;
	return network && network->trusted_interfaces ? "trusted host interfaces"
	                                              : "direct routing is allowed";
}

/* Gathers what a sentence about an endpoint may name. */
static struct mechanism_facts endpoint_facts(struct audit *audit,
                                             const struct audit_endpoint *endpoint,
                                             const struct published_port *published,
                                             const struct rule_note *rule)
{
	const struct engine_network *network =
	    endpoint->network ? snapshot_network(audit->snapshot, endpoint->network) : NULL;

	if (!published && endpoint->published.n)
		published = &endpoint->published.items[0];
	return (struct mechanism_facts){
	    .at = socket_text(audit, &endpoint->address, endpoint->port, endpoint->protocol),
	    .published = published_text(audit, endpoint, published),
	    .engine = engine_text(audit),
	    .firewall = audit->firewall_name,
	    .rule = rule->text ? rule->text : "a rule that could not be named",
	    .rule_owner = rule->owner,
	    .network = endpoint->network,
	    .container = endpoint->name,
	    .net = subnet_text(audit, endpoint),
	    .bridge = network && network->bridge ? network->bridge : "docker0",
	    .iptables = endpoint->address.family == AF_INET6 ? "ip6tables" : "iptables",
	    .mode = mode_text(audit, endpoint),
	    .port = published && published->host_port ? published->host_port : endpoint->port,
	    .protocol = endpoint->protocol,
	};
}

/* What closes a port that its bind address opens. Borrowed. */
static const char *policy_words(struct audit *audit, const struct reach_entry *entry)
{
	const struct intent_port *row = entry->row;
	const char *said = !row ? NULL : row->narrowed ? row->narrowed_by : row->said;

	return said ? arena_printf(&audit->arena, "%s does not let %s in", said, entry->zone)
	            : NULL;
}

struct finding *finding_add(struct audit *audit, enum finding_kind kind, enum severity severity,
                            enum mechanism mechanism, const struct mechanism_facts *facts)
{
	struct finding *finding = vec_push(&audit->findings);

	if (!finding)
		return NULL;
	*finding = (struct finding){
	    .kind = kind,
	    .severity = severity,
	    .mechanism = mechanism_id(mechanism),
	    .endpoint = SIZE_MAX,
	    .subject = "host",
	    .who = "",
	    .why = mechanism_why(mechanism, facts, &audit->arena),
	    .fix = mechanism_fix(mechanism, facts, &audit->arena),
	    .merged = 1,
	};
	return finding->why && finding->fix ? finding : NULL;
}

void finding_about(const struct audit *audit, struct finding *finding, size_t endpoint)
{
	finding->endpoint = endpoint;
	finding->subject = audit->endpoints.items[endpoint].name;
}

void finding_at(struct finding *finding, const struct reach_entry *entry)
{
	finding->has_path = true;
	finding->path = entry->path;
	finding->in = entry->in;
	finding->to = entry->to;
	finding->to_port = entry->to_port;
	finding->rule = entry->rule;
}

int finding_note(struct audit *audit, const char *text)
{
	const char **slot = text ? vec_push(&audit->notes) : NULL;

	if (!slot)
		return -ENOMEM;
	*slot = text;
	return 0;
}

/* Whether these sources are so many of an address family that they are the world. */
static bool from_world(const struct prefixes *sources)
{
	return prefixes_are_most(sources->items, sources->n);
}

/* Whether some of these sources are strangers' anywhere in the world, by a rule that lets them in.
 */
static bool from_strangers(const struct prefixes *far)
{
	vec_foreach(source, far)
		if (!address_is_private(&source->address))
			return true;
	return false;
}

/* How bad it is that this entry is open. See docs: severity. */
static enum severity exposure_severity(const struct reach_entry *entry, enum mechanism mechanism)
{
	bool routed = entry->classes & 1u << VANTAGE_BEYOND &&
	              !(entry->path == PATH_DIRECT && address_is_private(&entry->to));
	bool far_away = routed && from_world(&entry->sources);

	if (mechanism == M13_WEAK_HOST || mechanism == M52_CONTAINERS ||
	    mechanism == M30_BROADCAST || entry->classes == 1u << VANTAGE_CONTAINER)
		return SEVERITY_LOW;
	if (far_away) /* critical is what is known not to be meant */
		return mechanism == M41_UNKNOWN ? SEVERITY_HIGH : SEVERITY_CRITICAL;
	if (entry->classes & (1u << VANTAGE_NEIGHBOUR | 1u << VANTAGE_LINK_LOCAL) ||
	    (routed && from_strangers(&entry->far)))
		return SEVERITY_HIGH;
	return SEVERITY_MEDIUM; /* by a route that somebody must set, or a forged source */
}

/* How bad it is that INPUT denies it to those who get in all the same. */
static enum severity bypass_severity(const struct reach_entry *entry)
{
	return from_world(&entry->denied) ||
	               entry->denied_classes & (1u << VANTAGE_NEIGHBOUR | 1u << VANTAGE_LINK_LOCAL)
	           ? SEVERITY_HIGH
	           : SEVERITY_MEDIUM; /* by a route */
}

/* Whether INPUT denies an entry's port to some of those who get in. */
static bool is_denied(const struct reach_entry *entry)
{
	return entry->denied_classes & ~(1u << VANTAGE_CONTAINER);
}

/* Whether that is what is wrong. What the policy names is open on purpose, whatever INPUT says. */
static bool is_about_denied(const struct reach_entry *entry)
{
	return is_denied(entry) && !(entry->row && entry->row->from == INTENT_POLICY);
}

/* Whether this entry is a problem, and of which kind. */
static bool entry_is_problem(const struct audit *audit, const struct audit_endpoint *endpoint,
                             const struct reach_entry *entry, enum finding_kind *ret_kind)
{
	bool answers = !endpoint->listening_known || endpoint->listening || endpoint->published.n;
	bool known = judge_meaning_known(audit, endpoint);
	bool denied = is_denied(entry);

	if (!entry->agrees) {
		*ret_kind = FINDING_DISAGREEMENT;
		return true;
	}
	if (!entry->meant && (known || !denied)) {
		*ret_kind = known ? FINDING_EXPOSURE : FINDING_UNKNOWN;
		return answers;
	}
	*ret_kind = FINDING_BYPASS;
	return is_about_denied(entry) || proxied_passed(audit, endpoint, entry);
}

bool finding_is_problem(const struct audit *audit, const struct audit_endpoint *endpoint,
                        const struct reach_entry *entry)
{
	enum finding_kind kind;

	return entry_is_problem(audit, endpoint, entry, &kind);
}

/* By which mechanism an entry is a problem of a kind. */
static enum mechanism problem_mechanism(const struct audit *audit,
                                        const struct audit_endpoint *endpoint,
                                        const struct reach_entry *entry, enum finding_kind kind)
{
	if (kind == FINDING_BYPASS)
		return is_about_denied(entry) ? M01_BYPASS : proxied_mechanism(audit, endpoint);
	if (kind == FINDING_UNKNOWN)
		return M41_UNKNOWN;
	return entry->row && judge_bind_means(audit, endpoint, entry)
	           ? M00_POLICY
	           : mechanism_of(audit, endpoint, entry);
}

/* The finding that already speaks for (endpoint, kind, mechanism, path, interface), or NULL. */
static struct finding *finding_like(struct audit *audit, size_t endpoint, enum finding_kind kind,
                                    const char *mechanism, const struct reach_entry *entry)
{
	vec_foreach(finding, &audit->findings)
		if (finding->endpoint == endpoint && finding->kind == kind && finding->has_path &&
		    finding->path == entry->path && strcmp(finding->mechanism, mechanism) == 0 &&
		    strcmp(finding->in, entry->in) == 0)
			return finding;
	return NULL;
}

/* Adds the sources of an entry that a finding speaks of to it. */
static int finding_take_sources(struct finding *finding, const struct reach_entry *entry)
{
	const struct prefixes *sources = &entry->sources;

	if (finding->kind == FINDING_BYPASS && is_about_denied(entry))
		sources = &entry->denied;
	else if (finding->kind != FINDING_BYPASS && entry->row)
		sources = &entry->unmeant;
	return prefixes_add(&finding->sources, sources->items, sources->n);
}

/* Makes the finding of one entry, or adds the entry to the one that it belongs to. */
static int entry_finding(struct audit *audit, size_t index, const struct reach_entry *entry,
                         enum finding_kind kind)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];
	enum mechanism mechanism = problem_mechanism(audit, endpoint, entry, kind);
	bool past_proxy = mechanism == M55_PAST_PROXY || mechanism == M55_PAST_GUARD;
	enum severity severity = kind != FINDING_BYPASS ? exposure_severity(entry, mechanism)
	                         : past_proxy           ? proxied_severity(audit, endpoint, entry)
	                                                : bypass_severity(entry);
	struct mechanism_facts facts =
	    endpoint_facts(audit, endpoint, entry->published, &entry->rule);
	struct finding *finding = finding_like(audit, index, kind, mechanism_id(mechanism), entry);

	if (finding) {
		finding->merged++;
		if (severity < finding->severity)
			finding->severity = severity;
		return finding_take_sources(finding, entry);
	}
	facts.to = socket_text(audit, &entry->to, entry->to_port, endpoint->protocol);
	facts.in = entry->in;
	facts.policy = policy_words(audit, entry);
	if (past_proxy)
		proxied_facts(audit, endpoint, &facts);
	finding = finding_add(audit, kind, severity, mechanism, &facts);
	if (!finding)
		return -ENOMEM;
	finding_about(audit, finding, index);
	finding_at(finding, entry);
	finding->past_proxy = past_proxy;
	return finding_take_sources(finding, entry);
}

/* Makes the findings of ports that are meant to be open and let nobody in. */
static int outage_findings(struct audit *audit, const struct proof *proof)
{
	if (audit->snapshot->engine.from_kernel)
		return 0; /* what was meant to be open is not known */
	vec_foreach(blocked, &proof->blocked) {
		const struct audit_endpoint *endpoint = &audit->endpoints.items[blocked->endpoint];
		struct mechanism_facts facts =
		    endpoint_facts(audit, endpoint, NULL, &blocked->rule);
		struct finding *finding;

		facts.in = blocked->in;
		facts.to = socket_text(audit, &blocked->to, blocked->to_port, endpoint->protocol);
		facts.port = blocked->to_port;
		finding = finding_add(audit, FINDING_OUTAGE, SEVERITY_LOW,
		                      blocked->rule.text ? M00_CLOSED : M00_NOWHERE, &facts);
		if (!finding)
			return -ENOMEM;
		finding->endpoint = blocked->endpoint;
		finding->subject = endpoint->name;
		finding->in = blocked->in;
		finding->has_path = true;
		finding->path = PATH_PUBLISHED;
		finding->to = blocked->to;
		finding->to_port = blocked->to_port;
		finding->rule = blocked->rule;
		finding->who = "nobody";
	}
	return 0;
}

/* Whether two findings are one problem to a person. */
static bool same_row(const struct finding *a, const struct finding *b)
{
	bool about_same = a->endpoint != SIZE_MAX || (a->has_path && a->to_port == b->to_port &&
	                                              address_equal(&a->to, &b->to));

	return a->kind == b->kind && a->endpoint == b->endpoint && about_same &&
	       a->has_path == b->has_path && a->path == b->path &&
	       strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->subject, b->subject) == 0;
}

/* Orders findings: worst first, then by subject, then as they came. */
static int finding_compare(const void *a, const void *b)
{
	const struct finding *one = a, *two = b;

	if (one->row != two->row)
		return (int)one->row - (int)two->row;
	return (int)one->severity - (int)two->severity;
}

/* The worst severity among the findings of one row. */
static enum severity row_severity(const struct audit *audit, const struct finding *first)
{
	enum severity worst = first->severity;

	vec_foreach(finding, &audit->findings)
		if (same_row(finding, first) && finding->severity < worst)
			worst = finding->severity;
	return worst;
}

/* Numbers the rows, worst first, and sorts the findings by them. */
static void number_rows(struct audit *audit)
{
	unsigned row = 0;

	for (enum severity severity = 0; severity < SEVERITIES; severity++)
		vec_foreach(finding, &audit->findings) {
			if (finding->row || row_severity(audit, finding) != severity)
				continue;
			row++;
			finding->row = row;
			vec_foreach(other, &audit->findings)
				if (!other->row && same_row(other, finding))
					other->row = row;
		}
	if (audit->findings.n)
		qsort(audit->findings.items, audit->findings.n, sizeof(struct finding),
		      finding_compare);
}

/* Whether an entry is one that a finding speaks for. */
static bool finding_covers(const struct audit *audit, const struct finding *finding,
                           const struct audit_endpoint *endpoint, const struct reach_entry *entry)
{
	enum finding_kind kind;

	return entry_is_problem(audit, endpoint, entry, &kind) && kind == finding->kind &&
	       entry->path == finding->path &&
	       strcmp(mechanism_id(problem_mechanism(audit, endpoint, entry, kind)),
	              finding->mechanism) == 0;
}

/* Says who is behind each row, over all its interfaces, and of each entry which row it is in. */
static int name_rows(struct audit *audit)
{
	vec_foreach(finding, &audit->findings) {
		VEC(const struct reach_entry *) entries = {0};
		struct audit_endpoint *endpoint;

		if (finding->endpoint == SIZE_MAX || *finding->who)
			continue;
		endpoint = &audit->endpoints.items[finding->endpoint];
		vec_foreach(entry, &endpoint->reach) {
			const struct reach_entry **slot;

			if (!finding_covers(audit, finding, endpoint, entry))
				continue;
			slot = vec_push(&entries);
			if (!slot)
				return -ENOMEM;
			*slot = entry;
			entry->problem = finding->row;
		}
		finding->who =
		    entries.n ? finding_who(audit, entries.items, entries.n,
		                            finding->kind == FINDING_BYPASS && !finding->past_proxy)
		              : "";
		vec_done(&entries);
		if (!finding->who)
			return -ENOMEM;
	}
	return 0;
}

/* Makes an endpoint's findings; an interface's own address is named before others that lead there.
 */
static int endpoint_findings(struct audit *audit, size_t index)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];
	int status = 0;

	for (int own = 1; own >= 0; own--)
		vec_foreach(entry, &endpoint->reach) {
			enum finding_kind kind;

			if (status == 0 && entry->own_address == (own == 1) &&
			    entry_is_problem(audit, endpoint, entry, &kind))
				status = entry_finding(audit, index, entry, kind);
		}
	return status;
}

int findings_make(struct audit *audit, const struct proof *proof)
{
	int status = proxied_find(audit, proof);

	for (size_t i = 0; i < audit->endpoints.n && status == 0; i++)
		status = endpoint_findings(audit, i);
	if (status == 0)
		status = outage_findings(audit, proof);
	if (status == 0)
		status = flow_findings(audit, proof);
	if (status == 0)
		status = host_findings(audit, proof);
	if (status == 0)
		status = proxied_findings(audit);
	if (status == 0 && audit->intent)
		status = policy_accept_findings(audit, time(NULL));
	if (status == 0) {
		number_rows(audit);
		status = proxied_name(audit);
	}
	if (status == 0)
		status = name_rows(audit);
	return status == 0 && audit->proved ? fine_lines(audit) : status;
}
