/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which chain calls which: all chains of a ruleset by number, checked as the kernel checks them. */
#include "rules/chain_graph.h"

#include "base/hash.h"

#include <linux/netfilter.h>
#include <string.h>

enum chain_mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/* A search from the base chains down. */
struct search {
	struct chain_graph *graph;
	const char *path;
	struct error **ret_error;
	struct {
		uint8_t mark;     /* enum chain_mark */
		uint16_t heights; /* how deep jumps nest below it */
	} * chains;
};

/* A hash of a table and a name in it. */
static size_t hash_name(const struct table *table, const char *name)
{
	uint64_t hash = hash_text((uintptr_t)table * 0x9e3779b97f4a7c15U, name);

	return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds, or would hold, a chain. */
static uint32_t *find_slot(const struct chain_graph *graph, const struct table *table,
                           const char *name)
{
	size_t at = hash_name(table, name) & (graph->n_slots - 1);

	for (uint32_t number; (number = graph->slots[at]); at = (at + 1) & (graph->n_slots - 1)) {
		const struct graph_chain *other = &graph->chains.items[number - 1];

		if (other->table == table && strcmp(other->chain->name, name) == 0)
			break;
	}
	return &graph->slots[at];
}

uint32_t chain_graph_find(const struct chain_graph *graph, const struct table *table,
                          const char *name)
{
	return *find_slot(graph, table, name) - 1;
}

/* Numbers all chains; of two with one name the first is found. 0 or -ENOMEM. */
static int number_chains(struct chain_graph *graph, const struct ruleset *ruleset)
{
	vec_foreach(table, &ruleset->tables)
		vec_foreach(chain, &table->chains) {
			struct graph_chain *numbered = vec_push(&graph->chains);

			if (!numbered)
				return -ENOMEM;
			*numbered = (struct graph_chain){table, chain};
		}
	for (graph->n_slots = 16; graph->n_slots < graph->chains.n * 2;)
		graph->n_slots *= 2;
	graph->slots = calloc(graph->n_slots, sizeof(*graph->slots));
	if (!graph->slots)
		return -ENOMEM;
	for (size_t i = 0; i < graph->chains.n; i++) {
		const struct graph_chain *numbered = &graph->chains.items[i];
		uint32_t *slot = find_slot(graph, numbered->table, numbered->chain->name);

		if (!*slot)
			*slot = (uint32_t)i + 1;
	}
	return 0;
}

/* Says what is wrong with a rule. Returns -EINVAL. */
static int complain_of(const struct search *search, const struct rule *rule, const char *chain,
                       const char *what)
{
	return error_set(search->ret_error, EINVAL, "%s:%u:1: %s \"%s\"", search->path, rule->line,
	                 what, chain);
}

static int visit(struct search *search, uint32_t number, unsigned level);

/* Follows one jump or goto. 0 or a negative errno. */
static int follow(struct search *search, uint32_t caller, const struct rule *rule,
                  const struct verdict *verdict, unsigned level)
{
	const struct table *table = search->graph->chains.items[caller].table;
	uint32_t callee = chain_graph_find(search->graph, table, verdict->chain);
	unsigned most = table->xtables ? JUMP_LEVELS_XTABLES : JUMP_LEVELS_NFT;
	unsigned below;
	int status;

	if (callee == CHAIN_NONE)
		return complain_of(search, rule, verdict->chain, "there is no chain");
	if (search->chains[callee].mark == MARK_OPEN)
		return complain_of(search, rule, verdict->chain, "a loop of jumps by way of chain");
	if (level + 1 >= most)
		return complain_of(search, rule, verdict->chain,
		                   "jumps are nested too deep to chain");
	status = visit(search, callee, level + 1);
	if (status < 0)
		return status;
	below = search->chains[callee].heights + 1U;
	if (level + below >= most)
		return complain_of(search, rule, verdict->chain,
		                   "jumps are nested too deep to chain");
	if (below > search->chains[caller].heights)
		search->chains[caller].heights = (uint16_t)below;
	return 0;
}

/* Follows all jumps of a rule. 0 or a negative errno. */
static int follow_rule(struct search *search, uint32_t caller, const struct rule *rule,
                       unsigned level)
{
	int status = 0;

	vec_foreach(step, &rule->steps)
		vec_foreach(verdict, &step->verdicts) {
			if (verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO)
				status = follow(search, caller, rule, verdict, level);
			if (status < 0)
				return status;
		}
	return 0;
}

/* Goes down from a chain, once. The levels bound how deep this goes. */
static int visit(struct search *search, uint32_t number, unsigned level)
{
	const struct chain *chain = search->graph->chains.items[number].chain;
	uint32_t *ordered;

	if (search->chains[number].mark == MARK_DONE)
		return 0;
	search->chains[number].mark = MARK_OPEN;
	vec_foreach(rule, &chain->rules) {
		int status = follow_rule(search, number, rule, level);

		if (status < 0)
			return status;
	}
	search->chains[number].mark = MARK_DONE;
	ordered = vec_push(&search->graph->order);
	if (!ordered)
		return -ENOMEM;
	*ordered = number;
	return 0;
}

int chain_graph_init(struct chain_graph *graph, const struct ruleset *ruleset, const char *path,
                     struct error **ret_error)
{
	struct search search = {graph, path, ret_error, NULL};
	int status;

	*graph = (struct chain_graph){0};
	status = number_chains(graph, ruleset);
	if (status < 0)
		return status;
	search.chains = calloc(graph->chains.n + 1, sizeof(*search.chains));
	if (!search.chains)
		return -ENOMEM;
	for (size_t i = 0; i < graph->chains.n && status == 0; i++)
		if (graph->chains.items[i].chain->base)
			status = visit(&search, (uint32_t)i, 0);
	free(search.chains);
	return status;
}

bool table_sees_family(const struct table *table, uint8_t family)
{
	return !table->dormant && (table->family == family || table->family == NFPROTO_INET);
}

/*
 * Orders the numbers of base chains by priority. Of one priority the kernel calls the one that was
 * registered last first (net/netfilter/core.c, nf_hook_entries_grow()).
 */
static int compare_bases(const void *a, const void *b, void *data)
{
	const struct chain_graph *graph = data;
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
	int first_priority = graph->chains.items[first].chain->priority;
	int second_priority = graph->chains.items[second].chain->priority;

	if (first_priority != second_priority)
		return first_priority < second_priority ? -1 : 1;
	return first > second ? -1 : 1;
}

int chain_graph_bases(const struct chain_graph *graph, unsigned hook, uint8_t family,
                      uint32_t **ret_bases, size_t *ret_n)
{
	uint32_t *bases = calloc(graph->chains.n + 1, sizeof(*bases));
	size_t n = 0;

	if (!bases)
		return -ENOMEM;
	for (size_t i = 0; i < graph->chains.n; i++) {
		const struct graph_chain *found = &graph->chains.items[i];

		if (found->chain->base && found->chain->hook == hook &&
		    table_sees_family(found->table, family))
			bases[n++] = (uint32_t)i;
	}
	qsort_r(bases, n, sizeof(*bases), compare_bases, (void *)(uintptr_t)graph);
	*ret_bases = bases;
	*ret_n = n;
	return 0;
}

void chain_graph_done(struct chain_graph *graph)
{
	vec_done(&graph->chains);
	vec_done(&graph->order);
	free(graph->slots);
	graph->slots = NULL;
}
