/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a packet's way in words, and the kernel's trace laid beside them. */
#include "audit/explain_parts.h"

#include "rules/listing/text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Finds the entry of a legacy chain by its number. */
struct legacy_search {
	unsigned line, seen;
	uint64_t offset;
	bool found;
};

static int see_legacy(const struct rule_ref *ref, const char *text, void *data)
{
	struct legacy_search *search = data;

	(void)text;
	if (!ref->legacy || ++search->seen != search->line)
		return 0;
	search->offset = ref->handle;
	search->found = true;
	return 1;
}

bool explain_rule_ref(const struct netview *view, const struct walk_event *event,
                      struct rule_ref *ret_ref)
{
	struct legacy_search search = {.line = event->rule ? event->rule->line : 0};

	if (!event->chain)
		return false;
	*ret_ref = (struct rule_ref){
	    .family = event->table->family,
	    .legacy = event->table->xtables,
	    .policy = !event->rule,
	    .table = event->table->name,
	    .chain = event->chain->name,
	    .handle = event->rule ? event->rule->handle : 0,
	};
	if (!ret_ref->legacy || ret_ref->policy)
		return true;
	(void)rules_of_chain(view, ret_ref->family, ret_ref->table, ret_ref->chain, see_legacy,
	                     &search);
	ret_ref->handle = search.offset;
	return search.found;
}

int explain_rule_note(const struct netview *view, const struct rule_ref *ref, struct arena *arena,
                      struct rule_note *ret_note)
{
	_cleanup_free_ char *text = rule_text(view, ref);

	*ret_note = (struct rule_note){
	    .family = decide_family(ref->family),
	    .table = arena_strdup(arena, ref->table),
	    .chain = arena_strdup(arena, ref->chain),
	    .text = text ? arena_strdup(arena, text) : NULL,
	    .handle = ref->legacy ? 0 : ref->handle,
	    .line = ref->legacy ? rule_line(view, ref) : 0,
	    .legacy = ref->legacy,
	    .owner = arena_strdup(arena, rule_owner_name(view, ref)),
	};
	return ret_note->table && ret_note->chain && ret_note->owner ? 0 : -ENOMEM;
}

/* The hook of a step, by the words that rulesets use. */
static const char *hook_words(uint8_t family, unsigned hook)
{
	static const char *const ip[] = {"prerouting", "input", "forward", "output", "postrouting"};
	static const char *const bridge[] = {"bridge prerouting", "bridge input", "bridge forward",
	                                     "bridge output", "bridge postrouting"};

	if (family == NFPROTO_NETDEV)
		return "ingress";
	if (hook >= sizeof(ip) / sizeof(*ip))
		return "?";
	return family == NFPROTO_BRIDGE ? bridge[hook] : ip[hook];
}

/* What a rule said; NULL where it said nothing. The chain that a jump names is in its steps. */
static const char *verdict_words(struct arena *arena, const struct walk_event *event)
{
	static const char *const words[] = {
	    [VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop",     [VERDICT_REJECT] = "reject",
	    [VERDICT_QUEUE] = "queue",   [VERDICT_STOLEN] = "stolen", [VERDICT_RETURN] = "return",
	};
	bool jumps = event->verdict == VERDICT_JUMP || event->verdict == VERDICT_GOTO;

	if (event->verdict == VERDICT_CONTINUE)
		return NULL;
	if (!jumps)
		return words[event->verdict];
	vec_foreach(step, &event->rule->steps)
		vec_foreach(verdict, &step->verdicts)
			if (verdict->kind == event->verdict && step->kind == STEP_VERDICT)
				return arena_printf(arena, "%s %s",
				                    event->verdict == VERDICT_JUMP ? "jump"
				                                                   : "goto",
				                    verdict->chain);
	return event->verdict == VERDICT_JUMP ? "jump" : "goto";
}

/* Writes one value of a field. */
static const char *value_words(struct arena *arena, enum field field, field_value value,
                               uint8_t family)
{
	char text[ADDRESS_TEXT];
	struct address address;

	switch (field) {
	case FIELD_SOURCE:
	case FIELD_DESTINATION:
	case FIELD_ORIGINAL_SOURCE:
	case FIELD_ORIGINAL_DESTINATION:
		address = host_address(family, value);
		return arena_strdup(arena, address_format(&address, text));
	case FIELD_IN:
	case FIELD_OUT: {
		char name[17] = "";

		for (unsigned i = 0; i < 16; i++)
			name[i] = (char)(uint8_t)(value >> 8 * (15 - i));
		return arena_strdup(arena, name);
	}
	default:
		return arena_printf(arena, "%" PRIu64, (uint64_t)value);
	}
}

/* The element of a list that held: "192.0.2.0-192.0.2.255 . 80". NULL where there is no list. */
static const char *element_words(struct arena *arena, const struct walk_event *event,
                                 uint8_t family)
{
	const struct step *list = event->list;
	const char *text = "";

	if (!list || event->list->boxes.n <= list->n_fields)
		return NULL;
	for (unsigned i = 0; text && i < list->n_fields; i++) {
		const struct interval *part = &list->boxes.items[event->box * list->n_fields + i];
		enum field field = list->fields[i].field;
		bool name = field == FIELD_IN || field == FIELD_OUT;
		const char *first = value_words(arena, field, part->first, family);
		const char *last = part->last == part->first || name
		                       ? NULL
		                       : value_words(arena, field, part->last, family);

		text =
		    arena_printf(arena, "%s%s%s%s%s%s", text, i ? " . " : "", first ? first : "?",
		                 name && part->last != part->first ? "*" : "", last ? "-" : "",
		                 last ? last : "");
	}
	return text;
}

/* A route in words. */
static const char *route_words(struct arena *arena, const struct netview *view,
                               const struct host_event *event)
{
	const struct fib_answer *answer = &event->route;
	const struct link *out = netview_link(view, answer->out_ifindex);
	char prefix[PREFIX_TEXT], gateway[ADDRESS_TEXT];

	if (event->drop != FIB_TAKEN && event->drop != FIB_NO_FORWARDING)
		return fib_drop_name(event->drop);
	if (answer->type == RTN_LOCAL)
		return "the address is this host's own";
	if (answer->type == RTN_BROADCAST || answer->type == RTN_MULTICAST)
		return answer->type == RTN_BROADCAST ? "a broadcast address of this host"
		                                     : "a multicast address";
	if (!answer->route)
		return "no route";
	return arena_printf(
	    arena, "route %s%s%s by %s%s%s%s", prefix_format(&answer->route->destination, prefix),
	    answer->gateway.family ? " via " : "",
	    answer->gateway.family ? address_format(&answer->gateway, gateway) : "",
	    out ? out->name : "no link", event->drop == FIB_NO_FORWARDING ? ", but " : "",
	    event->drop == FIB_NO_FORWARDING ? fib_drop_name(event->drop) : "",
	    answer->unknown ? ", or another: several hold" : "");
}

/* What conntrack made of a packet. */
static const char *state_words(enum packet_state state)
{
	static const char *const words[] = {
	    [STATE_INVALID] = "invalid",
	    [STATE_ESTABLISHED] = "of a flow that is there",
	    [STATE_RELATED] = "related to a flow that is there",
	    [STATE_NEW] = "a new flow",
	    [STATE_UNTRACKED] = "untracked",
	};

	return words[state];
}

/* Fills what is said of an event beside its rule. 0 or -ENOMEM. */
static int step_words(struct arena *arena, const struct netview *view,
                      const struct host_event *event, struct explain_step *step)
{
	char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];
	uint8_t family = event->source.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	switch (event->kind) {
	case HOST_RULE:
		step->kind = EXPLAINED_RULE;
		step->verdict = verdict_words(arena, &event->rule);
		step->what = element_words(arena, &event->rule, family);
		return 0;
	case HOST_TRACKED:
		step->kind = EXPLAINED_TRACKED;
		step->what = state_words(event->state);
		return 0;
	case HOST_TRANSLATED:
		step->kind = EXPLAINED_REWRITTEN;
		step->what =
		    arena_printf(arena, "now from %s port %u to %s port %u",
		                 address_format(&event->source, source), event->source_port,
		                 address_format(&event->destination, destination), event->port);
		break;
	case HOST_ROUTED:
		step->kind = EXPLAINED_ROUTED;
		step->what = route_words(arena, view, event);
		break;
	}
	return step->what ? 0 : -ENOMEM;
}

int explain_add_steps(struct explanation *explanation, const struct netview *view,
                      const struct host_events *events)
{
	struct arena *arena = &explanation->arena;

	vec_foreach(event, events) {
		struct explain_step *step = vec_push(&explanation->steps);
		struct rule_ref ref;

		if (!step)
			return -ENOMEM;
		*step = (struct explain_step){
		    .hook = hook_words(event->family, event->hook),
		    .traced = TRACED_UNTOLD,
		    .source = event->source,
		    .destination = event->destination,
		    .source_port = event->source_port,
		    .port = event->port,
		    .mark = event->mark,
		};
		if (step_words(arena, view, event, step) < 0)
			return -ENOMEM;
		if (explain_rule_ref(view, &event->rule, &ref) &&
		    explain_rule_note(view, &ref, arena, &step->rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Whether the kernel tells of such a step when it traces: from prerouting on, above bridges. */
static bool is_told(const struct explain_step *step)
{
	return step->kind == EXPLAINED_RULE && step->rule.family &&
	       strcmp(step->rule.family, "bridge") != 0 && strcmp(step->rule.family, "netdev") != 0;
}

/* Whether two notes are of one rule. */
static bool same_rule(const struct rule_note *a, const struct rule_note *b)
{
	return a->handle == b->handle && a->line == b->line && a->legacy == b->legacy &&
	       strcmp(a->family, b->family) == 0 && strcmp(a->table, b->table) == 0 &&
	       strcmp(a->chain, b->chain) == 0;
}

VEC_TYPE(rule_notes, struct rule_note);

/* The rules that a trace names, as the view has them. 0 or -ENOMEM. */
static int read_trace(struct explanation *explanation, const struct netview *view,
                      const struct trace_origin *from, const struct trace_steps *trace,
                      struct rule_notes *ret_notes)
{
	vec_foreach(traced, trace) {
		struct rule_ref ref;
		struct rule_note *note;

		if (traced->family == NFPROTO_BRIDGE || traced->family == NFPROTO_NETDEV ||
		    !decide_step(from, traced, &ref))
			continue;
		note = vec_push(ret_notes);
		if (!note || explain_rule_note(view, &ref, &explanation->arena, note) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Whether a rule has something that reading cannot tell. */
static bool has_unknown(const struct ruleset *ruleset, const struct rule_note *note)
{
	vec_foreach(table, &ruleset->tables) {
		const struct chain *chain =
		    strcmp(table->name, note->table) == 0 &&
		            strcmp(decide_family(table->family), note->family) == 0
		        ? table_chain(table, note->chain)
		        : NULL;

		if (!chain)
			continue;
		vec_foreach(rule, &chain->rules)
			if (rule->handle == note->handle && rule->line == note->line)
				vec_foreach(step, &rule->steps)
					if (step->kind == STEP_UNKNOWN)
						return true;
	}
	return false;
}

/* The laying of one list beside the other. */
struct beside {
	struct explanation *explanation;
	const struct ruleset *ruleset;
	bool bridged;
	bool excused; /* the kernel is in a rule that reading could not decide, or behind it */
	/* Legacy tables and others stand at one priority: in which order, nobody tells. */
	bool ties;
};

/* Whether the walk has a step of a rule already. */
static bool was_met(const struct explanation *explanation, const struct rule_note *note)
{
	vec_foreach(step, &explanation->steps)
		if (step->traced == TRACED_SAME && same_rule(&step->rule, note))
			return true;
	return false;
}

/* Adds a step that only the kernel told of. 0 or -ENOMEM. */
static int add_only(struct beside *beside, size_t at, const struct rule_note *note)
{
	struct explanation *explanation = beside->explanation;
	struct explain_step *steps, *last;

	/* A bridge that does not know where a station is sends to all its ports, one by one. */
	if (beside->bridged && was_met(explanation, note))
		return 0;
	last = vec_push(&explanation->steps);
	if (!last)
		return -ENOMEM;
	steps = explanation->steps.items;
	memmove(steps + at + 1, steps + at, (explanation->steps.n - 1 - at) * sizeof(*steps));
	steps[at] = (struct explain_step){
	    .kind = EXPLAINED_RULE, .hook = "", .rule = *note, .traced = TRACED_ONLY};
	beside->excused = beside->excused || has_unknown(beside->ruleset, note);
	explanation->differs += !beside->excused && !beside->ties;
	return 0;
}

/* Notes that the kernel does not name a step. */
static void set_missing(struct beside *beside, struct explain_step *step)
{
	/* A bridged frame is caught before the last hook of IP has asked nat chains. */
	if (beside->bridged && strcmp(step->hook, "postrouting") == 0)
		return;
	step->traced = TRACED_MISSING;
	beside->explanation->differs += !beside->ties && !has_unknown(beside->ruleset, &step->rule);
}

int explain_add_trace(struct explanation *explanation, const struct host *host,
                      const struct trace_origin *from, const struct trace_steps *trace)
{
	struct beside beside = {.explanation = explanation,
	                        .ruleset = &host->ruleset,
	                        .bridged = explanation->probe.l2_direct,
	                        .ties = host->ties};
	struct rule_notes notes = {0};
	size_t next = 0;
	int status = read_trace(explanation, host->view, from, trace, &notes);

	for (size_t i = 0; status == 0 && i < explanation->steps.n; i++) {
		struct explain_step *step = &explanation->steps.items[i];
		size_t at = next, before = explanation->steps.n;

		if (!is_told(step))
			continue;
		while (at < notes.n && !same_rule(&step->rule, &notes.items[at]))
			at++;
		if (at == notes.n) {
			set_missing(&beside, step);
			continue;
		}
		step->traced = TRACED_SAME;
		explanation->same++;
		while (status == 0 && next < at) {
			status = add_only(&beside, i, &notes.items[next++]);
			i += explanation->steps.n - before;
			before = explanation->steps.n;
		}
		beside.excused = false;
		next = at + 1;
	}
	while (status == 0 && next < notes.n)
		status = add_only(&beside, explanation->steps.n, &notes.items[next++]);
	vec_done(&notes);
	return status;
}
