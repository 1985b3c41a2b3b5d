/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which source addresses are alike to all rules of a host. */
#include "audit/vantage_split_rules.h"

#include "base/cleanup.h"
#include "base/hash.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

/* So many intervals are laid beside each other; a host has no more memory for rules than we. */
enum { MARKS_MOST = 1 << 21 };

/* An interval of sources that a rule names, under the key of its list. */
struct mark {
	uint64_t key;
	struct interval values;
};

/* Where a list begins or ends. */
struct edge {
	field_value at;
	uint64_t change; /* what is added to the kind from here on */
};

struct marker {
	uint8_t family;
	field_value most;
	VEC(struct mark) marks;
	VEC(struct edge) edges;
	unsigned *scattered;
	uint64_t row; /* of rules that differ only in the sources they name */
	bool nat_refuses;
};

static bool is_source(enum field field)
{
	return field == FIELD_SOURCE || field == FIELD_ORIGINAL_SOURCE;
}

/* Whether a step does, or lets through to what does, something to a packet. */
static bool step_acts(const struct step *step)
{
	return step->kind != STEP_MATCH && step->kind != STEP_UNKNOWN && step->kind != STEP_EFFECT;
}

/* Whether a rule cannot make a difference to where a packet of the family goes. */
static bool is_idle(const struct marker *marker, const struct rule *rule)
{
	bool acts = false;

	vec_foreach(step, &rule->steps) {
		bool other = step->kind == STEP_MATCH && !step->negated && step->n_fields == 1 &&
		             step->fields[0].field == FIELD_FAMILY && step->boxes.n > 0;

		vec_foreach(box, &step->boxes)
			other =
			    other && (box->first > marker->family || box->last < marker->family);
		/* A new source comes when everything is decided, and takes nothing back. */
		if (other || (step->kind == STEP_NAT && !marker->nat_refuses &&
		              (step->nat == NAT_SOURCE || step->nat == NAT_MASQUERADE)))
			return true;
		acts = acts || step_acts(step);
	}
	return !acts;
}

/* Whether a chain, or one that it calls, can refuse a packet. `seen` has a place for each chain. */
static bool chain_refuses(const struct chain_graph *graph, uint32_t number, bool *seen)
{
	const struct graph_chain *found = &graph->chains.items[number];
	bool refuses = found->chain->base && found->chain->policy.kind != VERDICT_ACCEPT;

	if (seen[number])
		return false;
	seen[number] = true;
	vec_foreach(rule, &found->chain->rules)
		vec_foreach(step, &rule->steps)
			vec_foreach(verdict, &step->verdicts) {
				uint32_t called =
				    verdict->chain
				        ? chain_graph_find(graph, found->table, verdict->chain)
				        : CHAIN_NONE;

				refuses =
				    refuses || verdict->kind == VERDICT_DROP ||
				    verdict->kind == VERDICT_REJECT ||
				    verdict->kind == VERDICT_QUEUE ||
				    verdict->kind == VERDICT_STOLEN ||
				    (called != CHAIN_NONE && chain_refuses(graph, called, seen));
			}
	return refuses;
}

/* Whether some chain of type nat refuses packets, which is not what they are for. 0, 1 or
 * -ENOMEM. */
static int nat_refuses(const struct chain_graph *graph)
{
	_cleanup_free_ bool *seen = calloc(graph->chains.n + 1, sizeof(*seen));
	bool refuses = false;

	if (!seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->chains.n; i++)
		if (graph->chains.items[i].chain->base &&
		    graph->chains.items[i].chain->type == CHAIN_NAT)
			refuses = chain_refuses(graph, i, seen) || refuses;
	return refuses;
}

/* Whether a box of one step has the same intervals as that of another, but for sources. */
static bool box_alike(const struct step *a, const struct step *b, size_t box)
{
	for (size_t i = 0; i < a->n_fields; i++) {
		const struct interval *one = &a->boxes.items[box * a->n_fields + i];
		const struct interval *two = &b->boxes.items[box * a->n_fields + i];

		if (!is_source(a->fields[i].field) &&
		    (one->first != two->first || one->last != two->last))
			return false;
	}
	return true;
}

/* Whether two steps end a rule with the same word, after which nothing else is asked. */
static bool verdicts_alike(const struct step *a, const struct step *b)
{
	enum rule_verdict one = a->verdicts.items[0].kind, two = b->verdicts.items[0].kind;

	return one == two && (one == VERDICT_ACCEPT || one == VERDICT_DROP ||
	                      one == VERDICT_REJECT || one == VERDICT_RETURN);
}

/* How many sources each box of a step names. */
static unsigned names_source(const struct step *step)
{
	unsigned n = 0;

	for (size_t i = 0; i < step->n_fields; i++)
		n += is_source(step->fields[i].field);
	return n;
}

/* Whether two steps are the same but for the sources that they name. */
static bool steps_alike(const struct step *a, const struct step *b)
{
	bool source_only = a->n_fields == 1 && is_source(a->fields[0].field);

	if (a->kind != b->kind || a->negated != b->negated || a->n_fields != b->n_fields)
		return false;
	if (a->kind == STEP_VERDICT)
		return verdicts_alike(a, b);
	if (a->kind != STEP_MATCH)
		return a->kind == STEP_EFFECT;
	for (size_t i = 0; i < a->n_fields; i++)
		if (a->fields[i].field != b->fields[i].field ||
		    (!is_source(a->fields[i].field) && a->fields[i].mask != b->fields[i].mask))
			return false;
	if (source_only)
		return !a->negated;
	if (a->boxes.n != b->boxes.n || (a->negated && names_source(a)))
		return false;
	for (size_t box = 0; a->n_fields && box < a->boxes.n / a->n_fields; box++)
		if (!box_alike(a, b, box))
			return false;
	return true;
}

/* Whether two rules, one after the other, are entries of one list. */
static bool rules_alike(const struct rule *a, const struct rule *b)
{
	unsigned naming = 0;

	if (a->steps.n != b->steps.n)
		return false;
	for (size_t i = 0; i < a->steps.n; i++) {
		naming += names_source(&a->steps.items[i]);
		if (naming > 1 || !steps_alike(&a->steps.items[i], &b->steps.items[i]))
			return false;
	}
	return true;
}

/* The addresses that an interval of a masked source stands for. False: they are no interval. */
static bool unmasked(const struct marker *marker, field_value mask, struct interval *values)
{
	field_value below = ~mask & marker->most;

	if (below & (below + 1))
		return false;
	values->first = (values->first + below) & ~below;
	values->last |= below;
	return true;
}

/* Adds an interval. 0 or -ENOMEM. */
static int add_mark(struct marker *marker, uint64_t key, field_value mask, struct interval values)
{
	struct mark *mark;

	if (marker->marks.n == MARKS_MOST || !unmasked(marker, mask, &values)) {
		++*marker->scattered;
		return 0;
	}
	if (values.first > values.last || values.first > marker->most ||
	    (values.first == 0 && values.last >= marker->most))
		return 0;
	mark = vec_push(&marker->marks);
	if (!mark)
		return -ENOMEM;
	*mark = (struct mark){key, values};
	return 0;
}

/* Adds all sources that a step names, those of one box apart from those of others that look at
 * more than the source. 0 or -ENOMEM. */
static int mark_step(struct marker *marker, const struct step *step, size_t number)
{
	uint64_t list = hash_bytes(HASH_BEGIN, &marker->row, sizeof(marker->row));
	size_t n = step->n_fields ? step->boxes.n / step->n_fields : 0;
	unsigned naming = names_source(step);
	int status = 0;

	list = hash_bytes(list, &number, sizeof(number));
	for (size_t box = 0; box < n; box++) {
		const struct interval *intervals = step->boxes.items + box * step->n_fields;
		const struct verdict *verdict =
		    step->kind == STEP_VERDICT_MAP ? &step->verdicts.items[box] : NULL;
		uint64_t key = list;

		if (verdict)
			key = hash_text(hash_bytes(key, &verdict->kind, sizeof(verdict->kind)),
			                verdict->chain ? verdict->chain : "");
		for (size_t i = 0; i < step->n_fields; i++)
			if (!is_source(step->fields[i].field))
				key = hash_bytes(key, &intervals[i], sizeof(intervals[i]));
			else if (naming > 1) /* what lies in one of them may not lie in the other */
				key = hash_bytes(key, &box, sizeof(box));
		for (size_t i = 0; status == 0 && i < step->n_fields; i++)
			if (is_source(step->fields[i].field))
				status = add_mark(marker, naming > 1 ? key + i : key,
				                  step->fields[i].mask, intervals[i]);
	}
	return status;
}

/* Adds what the rules of a chain name. 0 or -ENOMEM. */
static int mark_chain(struct marker *marker, const struct chain *chain)
{
	int status = 0;

	for (size_t i = 0; i < chain->rules.n && status == 0; i++) {
		const struct rule *rule = &chain->rules.items[i];

		marker->row += i == 0 || !rules_alike(rule - 1, rule);
		if (is_idle(marker, rule))
			continue;
		for (size_t k = 0; k < rule->steps.n && status == 0; k++)
			status = mark_step(marker, &rule->steps.items[k], k);
	}
	return status;
}

/* Orders marks by their lists, then by where they begin. */
static int compare_marks(const void *a, const void *b)
{
	const struct mark *one = a, *two = b;

	if (one->key != two->key)
		return one->key < two->key ? -1 : 1;
	return one->values.first < two->values.first   ? -1
	       : one->values.first > two->values.first ? 1
	                                               : 0;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *one = a, *two = b;

	return one->at < two->at ? -1 : one->at > two->at;
}

/* Adds the two ends of addresses that a list holds. 0 or -ENOMEM. */
static int add_edges(struct marker *marker, const struct mark *mark)
{
	/* Sums of keys tell which lists hold an address, whatever order they come in. */
	uint64_t change = mark->key | 1;
	struct edge *begin = vec_push(&marker->edges);
	struct edge *end =
	    begin && mark->values.last < marker->most ? vec_push(&marker->edges) : NULL;

	if (!begin || (!end && mark->values.last < marker->most))
		return -ENOMEM;
	/* The first may have moved. */
	marker->edges.items[marker->edges.n - (end ? 2 : 1)] =
	    (struct edge){mark->values.first, change};
	if (end)
		*end = (struct edge){mark->values.last + 1, -change};
	return 0;
}

/* Joins what overlaps within each list, and makes edges of it. 0 or -ENOMEM. */
static int join_marks(struct marker *marker)
{
	struct mark *marks = marker->marks.items;
	int status = 0;

	if (marker->marks.n)
		qsort(marks, marker->marks.n, sizeof(*marks), compare_marks);
	for (size_t i = 0; i < marker->marks.n && status == 0;) {
		struct mark joined = marks[i++];

		for (; i < marker->marks.n && marks[i].key == joined.key &&
		       (joined.values.last >= marker->most ||
		        marks[i].values.first <= joined.values.last + 1);
		     i++)
			if (marks[i].values.last > joined.values.last)
				joined.values.last = marks[i].values.last;
		status = add_edges(marker, &joined);
	}
	return status;
}

/* Walks along the edges. 0 or -ENOMEM. */
static int make_kinds(struct marker *marker, struct source_kinds *kinds)
{
	const struct edge *edges = marker->edges.items;
	field_value first = 0;
	uint64_t kind = 0;
	size_t i = 0;

	if (marker->edges.n)
		qsort(marker->edges.items, marker->edges.n, sizeof(*edges), compare_edges);
	for (;;) {
		struct source_kind *slot;

		for (; i < marker->edges.n && edges[i].at == first; i++)
			kind += edges[i].change;
		slot = vec_push(kinds);
		if (!slot)
			return -ENOMEM;
		*slot = (struct source_kind){{first, marker->most}, kind};
		if (i == marker->edges.n)
			return 0;
		slot->values.last = edges[i].at - 1;
		first = edges[i].at;
	}
}

int source_kinds_make(const struct chain_graph *graph, uint8_t family, struct source_kinds *kinds,
                      unsigned *scattered)
{
	struct marker marker = {
	    .family = family,
	    .most = family == NFPROTO_IPV6 ? ~(field_value)0 : UINT32_MAX,
	    .scattered = scattered,
	};
	int status = nat_refuses(graph);

	marker.nat_refuses = status > 0;
	status = status < 0 ? status : 0;
	for (size_t i = 0; i < graph->order.n && status == 0; i++) {
		const struct graph_chain *found = &graph->chains.items[graph->order.items[i]];

		if (table_sees_family(found->table, family) ||
		    found->table->family == NFPROTO_NETDEV ||
		    found->table->family == NFPROTO_BRIDGE)
			status = mark_chain(&marker, found->chain);
	}
	if (status == 0)
		status = join_marks(&marker);
	if (status == 0)
		status = make_kinds(&marker, kinds);
	vec_done(&marker.marks);
	vec_done(&marker.edges);
	return status;
}

size_t source_kinds_find(const struct source_kinds *kinds, field_value value)
{
	size_t low = 0, high = kinds->n;

	while (low + 1 < high) {
		size_t middle = (low + high) / 2;

		if (kinds->items[middle].values.first <= value)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t source_kind_at(const struct source_kinds *kinds, field_value value)
{
	return kinds->items[source_kinds_find(kinds, value)].kind;
}
