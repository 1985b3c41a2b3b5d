/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as far as it decides where packets go: its rules, routes, links and settings. */
#include "reach/host.h"

#include "rules/kernel/view.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

/* Takes a table of a name out of a ruleset. 0 or -ENOMEM. */
static int leave_out(struct ruleset *ruleset, const char *name)
{
	struct ruleset dropped = {0};
	size_t kept = 0;
	int status = 0;

	vec_foreach(table, &ruleset->tables) {
		struct table *slot = strcmp(table->name, name) == 0
		                         ? vec_push(&dropped.tables)
		                         : &ruleset->tables.items[kept++];

		if (slot)
			*slot = *table;
		else
			status = -ENOMEM;
	}
	ruleset->tables.n = kept;
	ruleset_done(&dropped);
	return status;
}

/* Where a base chain runs. */
static int priority_of(const struct chain *chain)
{
	if (chain->type != CHAIN_NAT)
		return chain->priority;
	return chain->hook == NF_INET_PRE_ROUTING || chain->hook == NF_INET_LOCAL_OUT
	           ? NF_IP_PRI_NAT_DST
	           : NF_IP_PRI_NAT_SRC;
}

/* Whether a rule changes what others may see of a packet. */
static bool rule_changes(const struct rule *rule)
{
	vec_foreach(step, &rule->steps)
		if (step->kind == STEP_ASSIGN || step->kind == STEP_COPY ||
		    step->kind == STEP_FORGET || step->kind == STEP_NAT ||
		    step->kind == STEP_NOTRACK)
			return true;
	return false;
}

/* What rules of a table can do, be it in chains that a base chain does not get to. */
enum { TABLE_HAS_RULES = 1, TABLE_CHANGES = 2 };

static unsigned table_does(const struct host *host, const struct host_base *base)
{
	const struct table *table = host->graph.chains.items[base->chain].table;
	unsigned does = 0;

	vec_foreach(chain, &table->chains)
		vec_foreach(rule, &chain->rules)
			does |= TABLE_HAS_RULES | (rule_changes(rule) ? TABLE_CHANGES : 0);
	return does;
}

/* A chain's own priority. */
static int own_priority(const struct host *host, const struct host_base *base)
{
	return host->graph.chains.items[base->chain].chain->priority;
}

/* Marks where legacy chains and others stand at one priority, and puts the legacy ones first. */
static void mark_ties(struct host *host, struct host_bases *bases)
{
	for (size_t i = 0, end; i < bases->n; i = end) {
		struct host_base *first = &bases->items[i];
		size_t legacy = 0;
		unsigned does[2] = {0};

		for (end = i; end < bases->n && bases->items[end].nat == first->nat &&
		              own_priority(host, &bases->items[end]) == own_priority(host, first);
		     end++) {
			struct host_base base = bases->items[end];

			does[base.legacy] |= table_does(host, &base);
			if (!base.legacy)
				continue;
			memmove(first + legacy + 1, first + legacy,
			        (end - i - legacy) * sizeof(base));
			first[legacy++] = base;
		}
		if (legacy == 0 || legacy == end - i)
			continue;
		host->ties = true;
		if (does[0] && does[1] && (does[0] | does[1]) & TABLE_CHANGES)
			first->tied = (unsigned)(end - i);
	}
}

/* Adds the base chains of a family and hook. 0 or -ENOMEM. */
static int add_bases(struct host *host, uint8_t family, unsigned hook, struct host_bases *bases)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t n;
	int status = chain_graph_bases(&host->graph, hook, family, &numbers, &n);

	if (status < 0)
		return status;
	for (size_t i = 0; i < n; i++) {
		const struct graph_chain *found = &host->graph.chains.items[numbers[i]];
		struct host_base added = {numbers[i], priority_of(found->chain),
		                          found->chain->type == CHAIN_NAT, found->table->xtables,
		                          0};
		struct host_base *slot;
		size_t at = bases->n;

		/* Frames of a bridge do not come by tables of IP. */
		if (family == NFPROTO_BRIDGE && found->table->family != NFPROTO_BRIDGE)
			continue;
		slot = vec_push(bases);
		if (!slot)
			return -ENOMEM;
		/* They come in order of their own priorities; nat chains move among the others. */
		for (; at > 0 && bases->items[at - 1].priority > added.priority; at--)
			bases->items[at] = bases->items[at - 1];
		bases->items[at] = added;
	}
	mark_ties(host, bases);
	return 0;
}

/* Whether a sysctl is on. */
static bool is_on(const struct netview *view, const char *path)
{
	const char *value = netview_sysctl(view, path);

	return value && strcmp(value, "0") != 0;
}

/* Fills a host that has its view. 0 or a negative errno with a sentence. */
static int host_fill(struct host *host, const char *without, struct error **ret_error)
{
	int status = ruleset_from_view(host->view, &host->ruleset, ret_error);

	if (status == 0 && without)
		status = leave_out(&host->ruleset, without);
	if (status == 0)
		status =
		    chain_graph_init(&host->graph, &host->ruleset, "the kernel's rules", ret_error);
	for (unsigned hook = 0; hook < HOST_HOOKS && status == 0; hook++) {
		status = add_bases(host, NFPROTO_IPV4, hook, &host->bases[0][hook]);
		if (status == 0)
			status = add_bases(host, NFPROTO_IPV6, hook, &host->bases[1][hook]);
		if (status == 0)
			status = add_bases(host, NFPROTO_BRIDGE, hook, &host->bridge[hook]);
	}
	host->fib = status == 0 ? fib_new(host->view) : NULL;
	host->conntrack = rules_conntrack(host->view, without);
	host->bridge_calls[0] = is_on(host->view, "net/bridge/bridge-nf-call-iptables");
	host->bridge_calls[1] = is_on(host->view, "net/bridge/bridge-nf-call-ip6tables");
	return status == 0 && !host->fib ? -ENOMEM : status;
}

int host_new(const struct netview *view, const char *without, struct host **ret_host,
             struct error **ret_error)
{
	_cleanup_(cleanup_host_free) struct host *host = calloc(1, sizeof(*host));
	int status;

	if (!host)
		return error_set(ret_error, ENOMEM, "out of memory");
	host->view = view;
	status = host_fill(host, without, ret_error);
	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	*ret_host = steal_pointer(&host);
	return 0;
}

bool host_tracks(const struct host *host, uint8_t family)
{
	return host->conntrack & (family == NFPROTO_IPV6 ? CONNTRACK_IPV6 : CONNTRACK_IPV4);
}

const struct host_bases *host_bases_at(const struct host *host, uint8_t family, unsigned hook)
{
	return &host->bases[family == NFPROTO_IPV6][hook];
}

const struct link *host_ip_link(const struct host *host, const struct link *link)
{
	const struct link *master = link->master ? netview_link(host->view, link->master) : NULL;

	return master && strcmp(master->kind, "bridge") == 0 ? master : link;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (unsigned hook = 0; hook < HOST_HOOKS; hook++) {
		vec_done(&host->bases[0][hook]);
		vec_done(&host->bases[1][hook]);
		vec_done(&host->bridge[hook]);
	}
	fib_free(host->fib);
	chain_graph_done(&host->graph);
	ruleset_done(&host->ruleset);
	free(host);
}
