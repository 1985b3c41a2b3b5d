/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which senders are alike to all rules of a host. */
#include "audit/sender_kinds.h"

#include "base/cleanup.h"
#include "base/hash.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

/* So many intervals are laid beside each other; a host has no more memory for rules than we. */
enum { MARKS_MOST = 1 << 21 };

/* An interval of values that a rule names, under the key of its list. */
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
	const struct sender_question *question;
	field_value most;
	VEC(struct mark) marks;
	VEC(struct edge) edges;
	unsigned *scattered;
	uint64_t row; /* of rules that differ only in the values they name */
	bool nat_refuses;
};

/* Whether a field is what is asked about. */
static bool is_asked(const struct marker *marker, enum field field)
{
	static const enum field fields[SENDER_TRAITS][2] = {
	    [SENDER_ADDRESS] = {FIELD_SOURCE, FIELD_ORIGINAL_SOURCE},
	    [SENDER_PORT] = {FIELD_SOURCE_PORT, FIELD_ORIGINAL_SOURCE_PORT},
	    [SENDER_MAC] = {FIELD_SOURCE_MAC, FIELD_SOURCE_MAC},
	};
	const enum field *of = fields[marker->question->trait];

	return field == of[0] || field == of[1];
}

/* Whether packets that are asked about can go to a port of an interval. */
static bool is_wanted(const struct marker *marker, const struct interval *values)
{
	const struct sender_question *question = marker->question;
	size_t low = 0, high = question->n_ports;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (question->ports[middle] < values->first)
			low = middle + 1;
		else
			high = middle;
	}
	return !question->ports ||
	       (low < question->n_ports && question->ports[low] <= values->last);
}

/* Whether a box can hold packets that are asked about, as far as ports and the family say. */
static bool box_matters(const struct marker *marker, const struct step *step, size_t box)
{
	for (size_t i = 0; i < step->n_fields; i++) {
		const struct interval *values = &step->boxes.items[box * step->n_fields + i];
		enum field field = step->fields[i].field;
		uint8_t family = marker->question->family;

		if (field == FIELD_FAMILY && (values->first > family || values->last < family))
			return false;
		if ((field == FIELD_DESTINATION_PORT || field == FIELD_ORIGINAL_DESTINATION_PORT) &&
		    !~step->fields[i].mask && !is_wanted(marker, values))
			return false;
	}
	return true;
}

/* Whether a match holds for no packet that is asked about. */
static bool never_holds(const struct marker *marker, const struct step *step)
{
	size_t n = step->n_fields ? step->boxes.n / step->n_fields : 0;

	if (step->kind != STEP_MATCH || step->negated || !step->n_fields)
		return false;
	for (size_t box = 0; box < n; box++)
		if (box_matters(marker, step, box))
			return false;
	return true;
}

/* Whether a step does, or lets through to what does, something to a packet. */
static bool step_acts(const struct step *step)
{
	return step->kind != STEP_MATCH && step->kind != STEP_UNKNOWN && step->kind != STEP_EFFECT;
}

/* Whether a rule cannot make a difference to where a packet that is asked about goes. */
static bool is_idle(const struct marker *marker, const struct rule *rule)
{
	bool acts = false;

	vec_foreach(step, &rule->steps) {
		/* A new source comes when everything is decided, and takes nothing back. */
		if (never_holds(marker, step) ||
		    (step->kind == STEP_NAT && !marker->nat_refuses &&
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

/* Whether a box of one step has the same intervals as that of another, but for what is asked about.
 */
static bool box_alike(const struct marker *marker, const struct step *a, const struct step *b,
                      size_t box)
{
	for (size_t i = 0; i < a->n_fields; i++) {
		const struct interval *one = &a->boxes.items[box * a->n_fields + i];
		const struct interval *two = &b->boxes.items[box * a->n_fields + i];

		if (!is_asked(marker, a->fields[i].field) &&
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

/* How many of the values asked about each box of a step names. */
static unsigned names(const struct marker *marker, const struct step *step)
{
	unsigned n = 0;

	for (size_t i = 0; i < step->n_fields; i++)
		n += is_asked(marker, step->fields[i].field);
	return n;
}

/* Whether two steps are the same but for the values that they name. */
static bool steps_alike(const struct marker *marker, const struct step *a, const struct step *b)
{
	bool asked_only = a->n_fields == 1 && is_asked(marker, a->fields[0].field);

	if (a->kind != b->kind || a->negated != b->negated || a->n_fields != b->n_fields)
		return false;
	if (a->kind == STEP_VERDICT)
		return verdicts_alike(a, b);
	if (a->kind != STEP_MATCH)
		return a->kind == STEP_EFFECT;
	for (size_t i = 0; i < a->n_fields; i++)
		if (a->fields[i].field != b->fields[i].field ||
		    (!is_asked(marker, a->fields[i].field) &&
		     a->fields[i].mask != b->fields[i].mask))
			return false;
	if (asked_only)
		return !a->negated;
	if (a->boxes.n != b->boxes.n || (a->negated && names(marker, a)))
		return false;
	for (size_t box = 0; a->n_fields && box < a->boxes.n / a->n_fields; box++)
		if (!box_alike(marker, a, b, box))
			return false;
	return true;
}

/* Whether two rules, one after the other, are entries of one list. */
static bool rules_alike(const struct marker *marker, const struct rule *a, const struct rule *b)
{
	unsigned naming = 0;

	if (a->steps.n != b->steps.n)
		return false;
	for (size_t i = 0; i < a->steps.n; i++) {
		naming += names(marker, &a->steps.items[i]);
		if (naming > 1 || !steps_alike(marker, &a->steps.items[i], &b->steps.items[i]))
			return false;
	}
	return true;
}

/* The values that an interval of masked ones stands for. False: they are no interval. */
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
	if (values.last > marker->most)
		values.last = marker->most;
	if (values.first > values.last || (values.first == 0 && values.last == marker->most))
		return 0;
	mark = vec_push(&marker->marks);
	if (!mark)
		return -ENOMEM;
	*mark = (struct mark){key, values};
	return 0;
}

/* Adds all values that a step names, those of one box apart from those of others that look at more
 * than these. 0 or -ENOMEM. */
static int mark_step(struct marker *marker, const struct step *step, size_t number)
{
	uint64_t list = hash_bytes(HASH_BEGIN, &marker->row, sizeof(marker->row));
	size_t n = step->n_fields ? step->boxes.n / step->n_fields : 0;
	unsigned naming = names(marker, step);
	int status = 0;

	list = hash_bytes(list, &number, sizeof(number));
	for (size_t box = 0; box < n; box++) {
		const struct interval *intervals = step->boxes.items + box * step->n_fields;
		const struct verdict *verdict =
		    step->kind == STEP_VERDICT_MAP ? &step->verdicts.items[box] : NULL;
		uint64_t key = list;

		if (!box_matters(marker, step, box))
			continue;
		if (verdict)
			key = hash_text(hash_bytes(key, &verdict->kind, sizeof(verdict->kind)),
			                verdict->chain ? verdict->chain : "");
		for (size_t i = 0; i < step->n_fields; i++)
			if (!is_asked(marker, step->fields[i].field))
				key = hash_bytes(key, &intervals[i], sizeof(intervals[i]));
			else if (naming > 1) /* what lies in one of them may not lie in the other */
				key = hash_bytes(key, &box, sizeof(box));
		for (size_t i = 0; status == 0 && i < step->n_fields; i++)
			if (is_asked(marker, step->fields[i].field))
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

		marker->row += i == 0 || !rules_alike(marker, rule - 1, rule);
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
	/* Sums of keys tell which lists hold a value, whatever order they come in. */
	uint64_t change = mark->key | 1;
	struct edge *edges;

	if (vec_reserve(&marker->edges, 2) < 0)
		return -ENOMEM;
	edges = marker->edges.items + marker->edges.n;
	edges[0] = (struct edge){mark->values.first, change};
	marker->edges.n++;
	if (mark->values.last == marker->most)
		return 0;
	edges[1] = (struct edge){mark->values.last + 1, 0 - change};
	marker->edges.n++;
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
		       (joined.values.last == marker->most ||
		        marks[i].values.first <= joined.values.last + 1);
		     i++)
			if (marks[i].values.last > joined.values.last)
				joined.values.last = marks[i].values.last;
		status = add_edges(marker, &joined);
	}
	return status;
}

/* Walks along the edges. 0 or -ENOMEM. */
static int make_kinds(struct marker *marker, struct sender_kinds *kinds)
{
	const struct edge *edges = marker->edges.items;
	field_value first = 0;
	uint64_t kind = 0;
	size_t i = 0;

	if (marker->edges.n)
		qsort(marker->edges.items, marker->edges.n, sizeof(*edges), compare_edges);
	for (;;) {
		struct sender_kind *slot;

		for (; i < marker->edges.n && edges[i].at == first; i++)
			kind += edges[i].change;
		slot = vec_push(kinds);
		if (!slot)
			return -ENOMEM;
		*slot = (struct sender_kind){{first, marker->most}, kind};
		if (i == marker->edges.n)
			return 0;
		slot->values.last = edges[i].at - 1;
		first = edges[i].at;
	}
}

/* Adds the senders that a rule of routing (ip rule) names, under a key. 0 or -ENOMEM. */
static int mark_routed(struct marker *marker, const struct policy_rule *rule, uint64_t key)
{
	const struct sender_question *question = marker->question;
	uint8_t family = rule->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	struct address last = prefix_last(&rule->source);
	struct interval values = {rule->first_source_port, rule->last_source_port};

	if (family != question->family || question->trait == SENDER_MAC ||
	    (question->trait == SENDER_PORT ? !rule->last_source_port : !rule->source.len))
		return 0;
	if (question->trait == SENDER_ADDRESS)
		values = (struct interval){field_of_address(family, rule->source.address.bytes),
		                           field_of_address(family, last.bytes)};
	return add_mark(marker, key, ~(field_value)0, values);
}

/* The same of all rules of routing. 0 or -ENOMEM. */
static int mark_routing(struct marker *marker)
{
	const struct netview *view = marker->question->view;
	int status = 0;

	for (size_t i = 0; view && i < view->policy_rules.n && status == 0; i++)
		status = mark_routed(
		    marker, &view->policy_rules.items[i],
		    hash_text(hash_bytes(HASH_BEGIN, &i, sizeof(i)), "a rule of routing"));
	return status;
}

/* The greatest value of what is asked about. */
static field_value greatest(const struct sender_question *question)
{
	switch (question->trait) {
	case SENDER_PORT:
		return UINT16_MAX;
	case SENDER_MAC:
		return ((field_value)1 << 48) - 1;
	default:
		return question->family == NFPROTO_IPV6 ? ~(field_value)0 : UINT32_MAX;
	}
}

int sender_kinds_make(const struct sender_question *question, struct sender_kinds *kinds,
                      unsigned *scattered)
{
	const struct chain_graph *graph = question->graph;
	struct marker marker = {
	    .question = question, .most = greatest(question), .scattered = scattered};
	int status = nat_refuses(graph);

	marker.nat_refuses = status > 0;
	status = status < 0 ? status : 0;
	for (size_t i = 0; i < graph->order.n && status == 0; i++) {
		const struct graph_chain *found = &graph->chains.items[graph->order.items[i]];

		if (table_sees_family(found->table, question->family) ||
		    found->table->family == NFPROTO_NETDEV ||
		    found->table->family == NFPROTO_BRIDGE)
			status = mark_chain(&marker, found->chain);
	}
	if (status == 0)
		status = mark_routing(&marker);
	if (status == 0)
		status = join_marks(&marker);
	if (status == 0)
		status = make_kinds(&marker, kinds);
	vec_done(&marker.marks);
	vec_done(&marker.edges);
	return status;
}

size_t sender_kinds_find(const struct sender_kinds *kinds, field_value value)
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

uint64_t sender_kind_at(const struct sender_kinds *kinds, field_value value)
{
	return kinds->items[sender_kinds_find(kinds, value)].kind;
}
