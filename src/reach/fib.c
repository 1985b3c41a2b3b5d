/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks routes up as the kernel does. */
#include "reach/fib_table.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static const char several_hops[] = "which of a route's next hops is taken";
static const char by_source[] = "a route that holds for some senders only";
static const char vrf_table[] = "the table of a VRF";

/* Orders routes by family, table, length (longest first), destination, and as they are tried. */
static int route_compare(const void *a, const void *b)
{
	const struct route *one = *(const struct route *const *)a;
	const struct route *two = *(const struct route *const *)b;
	int order;

	if (one->destination.address.family != two->destination.address.family)
		return one->destination.address.family - two->destination.address.family;
	if (one->table != two->table)
		return one->table < two->table ? -1 : 1;
	if (one->destination.len != two->destination.len)
		return two->destination.len - one->destination.len;
	order = address_compare(&one->destination.address, &two->destination.address);
	if (order)
		return order;
	if (one->tos != two->tos)
		return two->tos - one->tos;
	if (one->metric != two->metric)
		return one->metric < two->metric ? -1 : 1;
	return one < two ? -1 : one > two;
}

struct fib *fib_new(const struct netview *view)
{
	struct fib *fib = calloc(1, sizeof(*fib));

	if (!fib)
		return NULL;
	fib->view = view;
	fib->routes = calloc(view->routes.n + 1, sizeof(const struct route *));
	if (!fib->routes) {
		free(fib);
		return NULL;
	}
	for (size_t i = 0; i < view->routes.n; i++)
		fib->routes[i] = &view->routes.items[i];
	fib->n = view->routes.n;
	qsort(fib->routes, fib->n, sizeof(const struct route *), route_compare);
	vec_foreach(rule, &view->policy_rules)
		fib->custom_rules[rule->family == AF_INET6] |=
		    rule->priority != 0 && rule->priority != 32766 && rule->priority != 32767;
	return fib;
}

void fib_free(struct fib *fib)
{
	if (!fib)
		return;
	free(fib->routes);
	free(fib);
}

/* The first route that is not before the key, in order of all but tos and metric. */
static size_t lower_bound(const struct fib *fib, const struct route *key)
{
	size_t first = 0, last = fib->n;

	while (first < last) {
		size_t middle = first + (last - first) / 2;
		const struct route *route = fib->routes[middle];

		/* Equal ones that the key's tos and metric leave before it would be missed. */
		if (route_compare(&route, &key) < 0)
			first = middle + 1;
		else
			last = middle;
	}
	return first;
}

/* Whether a route with the right destination is one to take. */
static bool route_fits(const struct route *route, const struct fib_question *question, bool strict)
{
	if (route->tos && route->tos != (question->tos & IPTOS_RT_MASK))
		return false;
	if (route->type == RTN_THROW || route->type == RTN_BLACKHOLE ||
	    route->type == RTN_UNREACHABLE || route->type == RTN_PROHIBIT)
		return true;
	if (strict && question->in_ifindex && route->out_ifindex != question->in_ifindex)
		return false;
	return !question->out_ifindex || route->out_ifindex == question->out_ifindex ||
	       route->several;
}

/* Whether only routes by the very link count: link-local and multicast destinations of IPv6. */
static bool is_strict(const struct address *destination)
{
	return destination->family == AF_INET6 &&
	       (address_is_link_local(destination) || address_is_multicast(destination));
}

const struct route *fib_table_lookup(const struct fib *fib, uint32_t table,
                                     const struct fib_question *question)
{
	const struct address *to = &question->destination;
	bool strict = is_strict(to);

	for (int len = (int)address_size(to->family) * 8; len >= 0; len--) {
		struct route key = {
		    .table = table, .tos = UINT8_MAX, .destination = prefix_make(to, (uint8_t)len)};

		for (size_t i = lower_bound(fib, &key); i < fib->n; i++) {
			const struct route *route = fib->routes[i];

			if (route->table != table || route->destination.len != len ||
			    prefix_compare(&route->destination, &key.destination) != 0)
				break;
			if (route_fits(route, question, strict))
				return route;
		}
	}
	return NULL;
}

/* Whether a link's name is the rule's; NULL asks for none. */
static bool link_fits(const struct fib *fib, const char *name, uint32_t ifindex)
{
	const struct link *link;

	if (!name)
		return true;
	/* What the host itself sends counts as coming in by `lo`. */
	link = ifindex ? netview_link(fib->view, ifindex) : netview_link_by_name(fib->view, "lo");
	return link && strcmp(link->name, name) == 0;
}

/* Whether the rule's conditions hold (fib_rule_match(), fib4_rule_match(), fib6_rule_match()). */
static bool conditions_hold(const struct fib *fib, const struct policy_rule *rule,
                            const struct fib_question *question)
{
	return link_fits(fib, rule->in, question->in_ifindex) &&
	       (!rule->out ||
	        (question->out_ifindex && link_fits(fib, rule->out, question->out_ifindex))) &&
	       ((question->mark ^ rule->mark) & rule->mark_mask) == 0 && !rule->not_root &&
	       prefix_contains(&rule->source, &question->source) &&
	       prefix_contains(&rule->destination, &question->destination) &&
	       (!rule->tos || rule->tos == (question->tos & IPTOS_RT_MASK)) &&
	       (!rule->protocol || rule->protocol == question->protocol) &&
	       question->source_port >= rule->first_source_port &&
	       question->source_port <= rule->last_source_port &&
	       question->destination_port >= rule->first_port &&
	       question->destination_port <= rule->last_port;
}

/* Whether a packet belongs to a VRF: by the link that it came in by, or must leave by. */
static bool in_vrf(const struct fib *fib, const struct fib_question *question)
{
	uint32_t of[2] = {question->in_ifindex, question->out_ifindex};

	for (unsigned i = 0; i < 2; i++) {
		const struct link *link = netview_link(fib->view, of[i]);
		const struct link *master = link ? netview_link(fib->view, link->master) : NULL;

		if ((link && strcmp(link->kind, "vrf") == 0) ||
		    (master && strcmp(master->kind, "vrf") == 0))
			return true;
	}
	return false;
}

/* Fills an answer from a route. */
static struct fib_answer answer_of(const struct route *route, const struct policy_rule *rule)
{
	return (struct fib_answer){
	    .type = route->type,
	    .out_ifindex = route->out_ifindex,
	    .gateway = route->gateway,
	    .route = route,
	    .rule = rule,
	    .unknown = route->by_source ? by_source
	               : route->several ? several_hops
	                                : NULL,
	};
}

/* What a rule without a table says. RTN_UNSPEC where it says nothing. */
static uint8_t refusal(const struct policy_rule *rule)
{
	switch (rule->action) {
	case FR_ACT_BLACKHOLE:
		return RTN_BLACKHOLE;
	case FR_ACT_UNREACHABLE:
		return RTN_UNREACHABLE;
	case FR_ACT_PROHIBIT:
		return RTN_PROHIBIT;
	default:
		return RTN_UNSPEC;
	}
}

struct fib_answer fib_lookup(const struct fib *fib, const struct fib_question *question)
{
	uint8_t family = question->destination.family;
	uint32_t skip_below = 0;

	vec_foreach(rule, &fib->view->policy_rules) {
		const struct route *route;

		if (rule->family != family || rule->priority < skip_below ||
		    conditions_hold(fib, rule, question) == rule->invert)
			continue;
		if (rule->l3mdev) {
			if (in_vrf(fib, question))
				return (struct fib_answer){.rule = rule, .unknown = vrf_table};
			continue;
		}
		if (rule->action == FR_ACT_GOTO)
			skip_below = rule->go_to;
		if (refusal(rule))
			return (struct fib_answer){.type = refusal(rule), .rule = rule};
		if (rule->action != FR_ACT_TO_TBL)
			continue;
		route = fib_table_lookup(fib, rule->table, question);
		if (!route || route->type == RTN_THROW ||
		    (rule->suppress_len >= 0 && route->destination.len <= rule->suppress_len))
			continue;
		return answer_of(route, rule);
	}
	return (struct fib_answer){.type = RTN_UNSPEC};
}

uint8_t fib_address_type(const struct fib *fib, const struct address *address, uint32_t ifindex)
{
	struct fib_question question = {.destination = *address, .out_ifindex = ifindex};
	const struct route *route;

	if (address_is_multicast(address))
		return RTN_MULTICAST;
	if (address->family == AF_INET &&
	    (address->bytes[0] == 0 || address_equal(address, &FIB_LIMITED_BROADCAST)))
		return RTN_BROADCAST;
	/* inet_addr_type() asks the local table alone; unicast is what stands nowhere in it. */
	route = fib_table_lookup(fib, RT_TABLE_LOCAL, &question);
	return route ? route->type : RTN_UNICAST;
}
