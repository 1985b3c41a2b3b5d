/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets through a ruleset: the sources that it accepts, by the rule that does. */
#include "reach/accepted.h"

#include "reach/rest.h"

#include <linux/netfilter.h>
#include <string.h>

/* Intervals of all sources together; more are no answer. */
enum { INTERVALS_MOST = 1 << 24, GROUP_SLOTS_FIRST = 256 };

/* What was found out about a rest. */
struct judged {
	diagram_ref rest;  /* 0: free */
	uint32_t notes;    /* a number of the sets; who accepts */
	uint32_t deciders; /* a number of the sets: variables; meant where it is not must */
	bool must;
};

/* Sources of one rule and certainty. */
struct group {
	uint32_t note, deciders;
	bool must;
	struct intervals intervals;
};

struct finder {
	struct program_of_hook program;
	struct packet_limits limits;
	struct regions regions;
	struct rest_search search;
	struct number_sets sets;
	struct judged *judged;
	size_t n_judged_slots, n_judged;
	VEC(struct group) groups;
	uint32_t *group_slots; /* numbers by content, plus 1; 0: free */
	size_t n_group_slots, n_intervals;
};

/* Finds out what can come of a rest. 0 or -ENOMEM. */
static int judge(struct finder *finder, diagram_ref rest, struct judged *ret_judged)
{
	struct judged judged = {.rest = rest};
	int status = rest_find_notes(&finder->search, rest);

	if (status == 0)
		status = number_set_find(&finder->sets, finder->search.notes.items,
		                         finder->search.notes.n, &judged.notes);
	judged.must = finder->search.accepts && !finder->search.drops;
	if (status < 0)
		return status;
	finder->search.variables.n = 0;
	if (finder->search.accepts && !judged.must)
		status = rest_find_variables(&finder->search, rest);
	if (status == 0)
		status = number_set_find(&finder->sets, finder->search.variables.items,
		                         finder->search.variables.n, &judged.deciders);
	*ret_judged = judged;
	return status;
}

/* The slot that holds, or would hold, what is known of a rest. */
static struct judged *find_judged(const struct finder *finder, diagram_ref rest)
{
	size_t at = (rest * 0x9e3779b97f4a7c15U >> 24) & (finder->n_judged_slots - 1);

	while (finder->judged[at].rest && finder->judged[at].rest != rest)
		at = (at + 1) & (finder->n_judged_slots - 1);
	return &finder->judged[at];
}

/* Makes the slots twice as many. 0 or -ENOMEM. */
static int grow_judged(struct finder *finder)
{
	struct judged *old = finder->judged;
	size_t n_old = finder->n_judged_slots, n = n_old ? n_old * 2 : GROUP_SLOTS_FIRST;
	struct judged *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	finder->judged = slots;
	finder->n_judged_slots = n;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].rest)
			*find_judged(finder, old[i].rest) = old[i];
	free(old);
	return 0;
}

/* What can come of a rest, found out once. 0 or -ENOMEM. */
static int judge_once(struct finder *finder, diagram_ref rest, struct judged *ret_judged)
{
	struct judged *known;

	if (finder->n_judged * 2 >= finder->n_judged_slots && grow_judged(finder) < 0)
		return -ENOMEM;
	known = find_judged(finder, rest);
	if (!known->rest) {
		int status = judge(finder, rest, known);

		if (status < 0)
			return status;
		finder->n_judged++;
	}
	*ret_judged = *known;
	return 0;
}

/* The slot that holds, or would hold, a group. */
static uint32_t *find_group(const struct finder *finder, const struct group *wanted)
{
	uint64_t hash = ((uint64_t)wanted->note << 32 | wanted->deciders << 1 | wanted->must) *
	                0x9e3779b97f4a7c15U;
	size_t at = (hash >> 24) & (finder->n_group_slots - 1);

	for (uint32_t number; (number = finder->group_slots[at]);
	     at = (at + 1) & (finder->n_group_slots - 1)) {
		const struct group *other = &finder->groups.items[number - 1];

		if (other->note == wanted->note && other->deciders == wanted->deciders &&
		    other->must == wanted->must)
			break;
	}
	return &finder->group_slots[at];
}

/* Makes the slots of groups twice as many. 0 or -ENOMEM. */
static int grow_groups(struct finder *finder)
{
	size_t n = finder->n_group_slots ? finder->n_group_slots * 2 : GROUP_SLOTS_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(finder->group_slots);
	finder->group_slots = slots;
	finder->n_group_slots = n;
	for (size_t i = 0; i < finder->groups.n; i++)
		*find_group(finder, &finder->groups.items[i]) = (uint32_t)i + 1;
	return 0;
}

/* Adds an interval, behind all others, to the sources of a rule. 0 or a negative errno. */
static int add_interval(struct finder *finder, const struct group *wanted,
                        const struct interval *values)
{
	struct intervals *intervals;
	struct interval *last;
	struct group *group;
	uint32_t *slot;

	if (finder->groups.n * 2 >= finder->n_group_slots && grow_groups(finder) < 0)
		return -ENOMEM;
	slot = find_group(finder, wanted);
	if (!*slot) {
		group = vec_push(&finder->groups);
		if (!group)
			return -ENOMEM;
		*group = *wanted;
		*slot = (uint32_t)finder->groups.n;
	}
	intervals = &finder->groups.items[*slot - 1].intervals;
	last = intervals->n ? &intervals->items[intervals->n - 1] : NULL;
	if (last && last->last + 1 == values->first) {
		last->last = values->last;
		return 0;
	}
	if (++finder->n_intervals > INTERVALS_MOST)
		return -E2BIG;
	last = vec_push(intervals);
	if (!last)
		return -ENOMEM;
	*last = *values;
	return 0;
}

/* Sorts a region's sources by who accepts them. 0 or a negative errno. */
static int sort_region(struct finder *finder, const struct region *region)
{
	struct judged judged;
	int status = judge_once(finder, region->rest, &judged);
	size_t n = 0;

	if (status == 0)
		number_set_items(&finder->sets, judged.notes, &n);
	for (size_t i = 0; i < n && status == 0; i++) {
		struct group wanted = {.deciders = judged.deciders, .must = judged.must};

		wanted.note = number_set_items(&finder->sets, judged.notes, &n)[i];
		status = add_interval(finder, &wanted, &region->values);
	}
	return status;
}

/* Adds a phrase unless it is there. 0 or -ENOMEM. */
static int add_phrase(struct phrases *phrases, const char *text)
{
	const char **added;

	vec_foreach(phrase, phrases)
		if (strcmp(*phrase, text) == 0)
			return 0;
	added = vec_push(phrases);
	if (!added)
		return -ENOMEM;
	*added = text;
	return 0;
}

/* Names the variables that decide. 0 or -ENOMEM. */
static int name_deciders(const struct finder *finder, const struct group *group,
                         struct phrases *phrases)
{
	size_t n;
	const uint32_t *variables = number_set_items(&finder->sets, group->deciders, &n);
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		const struct space_variable *variable =
		    &finder->program.space.variables.items[variables[i]];

		status = add_phrase(phrases, variable->unknown ? variable->unknown
		                                               : field_question(variable->field));
	}
	return status;
}

/* Adds a group to the list. 0 or -ENOMEM. */
static int list_group(const struct finder *finder, const struct group *group,
                      struct accepted_list *list)
{
	struct accepted *accepted = vec_push(&list->items);
	int status;

	if (!accepted)
		return -ENOMEM;
	*accepted = (struct accepted){
	    .family = finder->limits.family,
	    .rule = finder->program.notes.items[group->note],
	    .must = group->must,
	};
	status = name_deciders(finder, group, &accepted->unknown);
	for (size_t i = 0; i < group->intervals.n && status == 0; i++)
		status = prefixes_add_interval(&accepted->sources, finder->limits.family,
		                               group->intervals.items[i]);
	return status;
}

/* Finds the sources of one family. 0 or a negative errno. */
static int find_family(struct finder *finder, const struct chain_graph *graph,
                       const struct reach_question *question, uint8_t family,
                       struct accepted_list *list, struct error **ret_error)
{
	size_t max_bytes = list->max_bytes ? list->max_bytes : REACH_BYTES_MOST;
	int status = question_limits(question, family, &finder->limits);

	if (status == 0)
		status = program_compile(&finder->program, graph, question->hook, &finder->limits,
		                         max_bytes, ret_error);
	finder->search.program = &finder->program;
	if (status == 0)
		status = regions_find(&finder->program, FIELD_SOURCE, finder->program.root,
		                      &finder->regions);
	for (size_t i = 0; i < finder->regions.n && status == 0; i++)
		status = sort_region(finder, &finder->regions.items[i]);
	for (size_t i = 0; i < finder->groups.n && status == 0; i++)
		status = list_group(finder, &finder->groups.items[i], list);
	if (status == -E2BIG)
		return error_set(ret_error, E2BIG,
		                 "the answer is too long to be listed; ask for fewer packets: one "
		                 "protocol, port or address");
	return status;
}

/* Releases what only the search needs. */
static void finder_done(struct finder *finder)
{
	vec_foreach(group, &finder->groups)
		vec_done(&group->intervals);
	vec_done(&finder->groups);
	free(finder->group_slots);
	free(finder->judged);
	vec_done(&finder->regions);
	rest_search_done(&finder->search);
	number_sets_done(&finder->sets);
	program_done(&finder->program);
	packet_limits_done(&finder->limits);
}

/* The line that an entry is found at. */
static unsigned line_of(const struct accepted *accepted)
{
	if (accepted->rule.rule)
		return accepted->rule.rule->line;
	return accepted->rule.chain ? accepted->rule.chain->line : 0;
}

/* Orders entries by family, then as the file has the rules, then must before may. */
static int compare_accepted(const void *a, const void *b)
{
	const struct accepted *first = a, *second = b;

	if (first->family != second->family)
		return first->family == NFPROTO_IPV4 ? -1 : 1;
	if (line_of(first) != line_of(second))
		return line_of(first) < line_of(second) ? -1 : 1;
	if (first->rule.rule != second->rule.rule)
		return first->rule.rule < second->rule.rule ? -1 : 1;
	if (first->must != second->must)
		return first->must ? -1 : 1;
	return prefix_compare(&first->sources.items[0], &second->sources.items[0]);
}

int accepted_find(const struct ruleset *ruleset, const char *path,
                  const struct reach_question *question, struct accepted_list *ret_list,
                  struct error **ret_error)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	struct chain_graph graph;
	int status = chain_graph_init(&graph, ruleset, path, ret_error);

	for (size_t i = 0; i < sizeof(families) && status == 0; i++) {
		struct finder finder = {0};

		if (!question_has_family(question, ruleset, families[i]))
			continue;
		status = find_family(&finder, &graph, question, families[i], ret_list, ret_error);
		finder_done(&finder);
	}
	chain_graph_done(&graph);
	if (status == 0 && ret_list->items.n)
		qsort(ret_list->items.items, ret_list->items.n, sizeof(*ret_list->items.items),
		      compare_accepted);
	return status;
}

void accepted_done(struct accepted_list *list)
{
	vec_foreach(accepted, &list->items) {
		vec_done(&accepted->unknown);
		vec_done(&accepted->sources);
	}
	vec_done(&list->items);
}
