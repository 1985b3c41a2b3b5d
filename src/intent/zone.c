/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zones of a host: which zone a sender belongs to, by interface and source address. */
#include "intent/zone.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Length of a pattern without its *; a plain name counts as longer than any wildcard. */
static size_t pattern_rank(const char *pattern)
{
	size_t len = strlen(pattern);

	return len && pattern[len - 1] == '*' ? len - 1 : SIZE_MAX;
}

bool interface_matches(const char *pattern, const char *interface)
{
	size_t rank = pattern_rank(pattern);

	return rank == SIZE_MAX ? strcmp(pattern, interface) == 0
	                        : strncmp(pattern, interface, rank) == 0;
}

/* Whether all that one pattern fits another one fits as well. */
static bool pattern_within(const char *inner, const char *outer)
{
	size_t rank = pattern_rank(inner);

	if (rank == SIZE_MAX)
		return interface_matches(outer, inner);
	return pattern_rank(outer) <= rank && strncmp(outer, inner, pattern_rank(outer)) == 0;
}

/* Orders classes as they are asked: names, then longer wildcards, then shorter ones; NULL last. */
static int class_compare(const void *a, const void *b)
{
	const struct zone_class *one = a, *two = b;
	size_t x = one->pattern ? pattern_rank(one->pattern) : 0;
	size_t y = two->pattern ? pattern_rank(two->pattern) : 0;

	if (!one->pattern || !two->pattern)
		return (one->pattern == NULL) - (two->pattern == NULL);
	return x != y ? (x < y) - (x > y) : strcmp(one->pattern, two->pattern);
}

/* Adds a class unless there is one of that pattern. 0 or -ENOMEM. */
static int class_add(struct zone_table *table, const char *pattern)
{
	struct zone_class *slot;

	vec_foreach(class, &table->classes)
		if (pattern && class->pattern && strcmp(class->pattern, pattern) == 0)
			return 0;
	slot = vec_push(&table->classes);
	if (!slot)
		return -ENOMEM;
	slot->pattern = pattern;
	return 0;
}

VEC_TYPE(span_prefixes, struct span_prefix);

/* Adds a prefix of a zone. 0 or -ENOMEM. */
static int prefix_add(struct span_prefixes *prefixes, const struct prefix *prefix, size_t zone)
{
	struct span_prefix *slot = vec_push(prefixes);

	if (!slot)
		return -ENOMEM;
	*slot = (struct span_prefix){.prefix = *prefix, .value = zone};
	return 0;
}

/* Adds both families as a whole. 0 or -ENOMEM. */
static int everybody_add(struct span_prefixes *prefixes, size_t zone)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	int status = 0;

	for (size_t i = 0; i < 2 && status == 0; i++) {
		struct address any = address_any(families[i]);
		struct prefix all = prefix_make(&any, 0);

		status = prefix_add(prefixes, &all, zone);
	}
	return status;
}

/* Whether a zone names this pattern; with NULL, whether it names no interface. */
static bool zone_names(const struct policy_zone *zone, const char *pattern)
{
	if (!pattern)
		return zone->interfaces.n == 0;
	vec_foreach(interface, &zone->interfaces)
		if (strcmp(*interface, pattern) == 0)
			return true;
	return false;
}

/* Lays the zones that name a pattern over what is in the class so far. 0 or -ENOMEM. */
static int class_lay(const struct policy *policy, const char *pattern, bool strange,
                     struct spans *spans)
{
	struct span_prefixes prefixes = {0};
	struct spans over = {0}, both = {0};
	int status = 0;

	for (size_t i = 0; i < policy->zones.n && status == 0; i++) {
		const struct policy_zone *zone = &policy->zones.items[i];

		if (!zone_names(zone, pattern) || (strange && !zone->sources.n))
			continue;
		if (zone->sources.n == 0)
			status = everybody_add(&prefixes, ZONES_BUILT_IN + i);
		vec_foreach(source, &zone->sources)
			if (status == 0)
				status = prefix_add(&prefixes, source, ZONES_BUILT_IN + i);
	}
	if (status == 0)
		status = spans_make(prefixes.items, prefixes.n, &over);
	if (status == 0)
		status = spans_overlay(&over, spans, &both);
	vec_done(&prefixes);
	vec_done(&over);
	if (status < 0)
		return status;
	vec_done(spans);
	*spans = both;
	return 0;
}

/* Makes a class hold one zone only. 0 or -ENOMEM. */
static int class_whole(struct zone_class *class, size_t zone)
{
	struct span_prefixes prefixes = {0};
	int status = everybody_add(&prefixes, zone);

	if (status == 0)
		status = spans_make(prefixes.items, prefixes.n, &class->spans);
	vec_done(&prefixes);
	return status;
}

/*
 * Fills a class of the policy's: from the least specific zones up, so that each lies on what it is
 * more specific than. The classes are in their order. 0 or -ENOMEM.
 */
static int class_fill(struct zone_table *table, struct zone_class *class)
{
	int status = class_whole(class, ZONE_WORLD);

	for (size_t i = table->classes.n; i-- > 0 && status == 0;) {
		const char *pattern = table->classes.items[i].pattern;

		if (!pattern || (class->pattern && pattern_within(class->pattern, pattern)))
			status = class_lay(table->policy, pattern, class->strange, &class->spans);
	}
	return status;
}

/* Whether something that is no container's hangs on a bridge: who comes in by it may be anybody. */
static bool bridge_is_shared(const struct snapshot *snapshot, const char *bridge)
{
	const struct link *link = netview_link_by_name(&snapshot->net, bridge);

	if (!link)
		return false;
	vec_foreach(port, &snapshot->net.links)
		if (port->master == link->index && strcmp(port->kind, "veth") != 0)
			return true;
	return false;
}

/* What the host itself makes of an interface, or SIZE_MAX: lo, and bridges of the engine. */
static size_t built_in_zone(const struct snapshot *snapshot, const char *interface)
{
	if (strcmp(interface, "lo") == 0)
		return ZONE_HOST;
	vec_foreach(network, &snapshot->engine.networks)
		if (network->bridge && strcmp(network->bridge, interface) == 0)
			return bridge_is_shared(snapshot, interface) ? ZONE_WORLD : ZONE_CONTAINERS;
	return SIZE_MAX;
}

bool zone_is_uplink(const struct snapshot *snapshot, const struct link *link)
{
	vec_foreach(route, &snapshot->net.routes)
		if (route->destination.len == 0 && route->table == RT_TABLE_MAIN &&
		    route->out_ifindex == link->index)
			return true;
	return false;
}

/* Whether the default route has moved to a link since somebody applied the policy. */
static bool is_strange(const struct policy *policy, const struct snapshot *snapshot,
                       const struct link *link)
{
	if (!policy->has_uplinks || !zone_is_uplink(snapshot, link))
		return false;
	vec_foreach(known, &policy->uplinks)
		if (strcmp(*known, link->name) == 0)
			return false;
	return true;
}

/* Makes links that the default route moved to classes of their own. 0 or -ENOMEM. */
static int strangers_add(const struct policy *policy, const struct snapshot *snapshot,
                         struct zone_table *table)
{
	int status = 0;

	vec_foreach(link, &snapshot->net.links) {
		if (status < 0 || !is_strange(policy, snapshot, link))
			continue;
		status = class_add(table, link->name);
		vec_foreach(class, &table->classes)
			if (class->pattern && strcmp(class->pattern, link->name) == 0)
				class->strange = true;
	}
	return status;
}

/* Adds all classes that there are to be. 0 or -ENOMEM. */
static int classes_add(const struct policy *policy, const struct snapshot *snapshot,
                       struct zone_table *table)
{
	int status = class_add(table, NULL);

	if (status == 0)
		status = class_add(table, "lo");
	vec_foreach(network, &snapshot->engine.networks)
		if (status == 0 && network->bridge)
			status = class_add(table, network->bridge);
	vec_foreach(zone, &policy->zones)
		vec_foreach(interface, &zone->interfaces)
			if (status == 0)
				status = class_add(table, *interface);
	return status == 0 ? strangers_add(policy, snapshot, table) : status;
}

int zones_make(const struct policy *policy, const struct snapshot *snapshot,
               struct zone_table *table)
{
	int status;

	*table = (struct zone_table){.policy = policy};
	status = classes_add(policy, snapshot, table);
	if (status < 0)
		return status;
	qsort(table->classes.items, table->classes.n, sizeof(struct zone_class), class_compare);
	vec_foreach(class, &table->classes) {
		size_t zone = class->pattern ? built_in_zone(snapshot, class->pattern) : SIZE_MAX;

		status = zone == SIZE_MAX ? class_fill(table, class) : class_whole(class, zone);
		if (status < 0)
			return status;
	}
	return 0;
}

void zones_done(struct zone_table *table)
{
	vec_foreach(class, &table->classes)
		vec_done(&class->spans);
	vec_done(&table->classes);
}

const struct zone_class *zones_class(const struct zone_table *table, const char *interface)
{
	vec_foreach(class, &table->classes)
		if (!class->pattern || interface_matches(class->pattern, interface))
			return class;
	return &table->classes.items[table->classes.n - 1];
}

size_t zones_of(const struct zone_table *table, const char *interface, const struct address *source)
{
	return spans_at(&zones_class(table, interface)->spans, source);
}

/* Whether a zone is among sources. */
static bool zone_listed(const struct policy_sources *sources, size_t zone)
{
	vec_foreach(source, sources)
		if (source->zone == zone)
			return true;
	return false;
}

int zones_spans(const struct zone_class *class, const struct policy_sources *sources,
                struct spans *ret_spans)
{
	struct span_prefix_list named = {0};
	struct spans listed = {0}, over = {0};
	int status = 0;

	vec_foreach(span, &class->spans)
		if (zone_listed(sources, span->value)) {
			struct address_span *slot = vec_push(&listed);

			if (!slot)
				status = -ENOMEM;
			else
				*slot = *span;
		}
	vec_foreach(source, sources)
		if (source->zone == SIZE_MAX) {
			struct prefix *slot = vec_push(&named);

			if (!slot)
				status = -ENOMEM;
			else
				*slot = source->prefix;
		}
	if (status == 0)
		status = spans_of(named.items, named.n, &over);
	if (status == 0)
		status = spans_overlay(&over, &listed, ret_spans);
	vec_done(&named);
	vec_done(&listed);
	vec_done(&over);
	return status;
}

int zones_prefixes(const struct zone_class *class, const struct policy_sources *sources,
                   struct span_prefix_list *ret_prefixes)
{
	struct spans spans = {0};
	int status = zones_spans(class, sources, &spans);

	if (status == 0)
		status = spans_prefixes(&spans, ret_prefixes);
	vec_done(&spans);
	return status;
}
