/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes: twins in which rules that waver answer one way, and what differs between them. */
#include "audit/proof_run.h"

#include <errno.h>
#include <string.h>

enum {
	ALONE_MOST = 6,   /* turning rules that are tried alone */
	NAMED_MOST = 8,   /* rules that are named where there is no telling which */
	DOUBTS_MOST = 512 /* doubtful entries whose rules are told apart; then some are named */
};

/* Which of the turning rules match. */
enum turning { TURN_NONE, TURN_ALL, TURN_ONE };

/* How the rules that waver answer in one pass. */
struct resolution {
	bool open; /* those that open match, and those that close do not; or the reverse */
	enum turning turning;
	size_t one; /* TURN_ONE: the only turning rule that matches, by index */
};

/* What a rule of the run does in a pass. */
static struct rule_change change_of(const struct unsteady_rules *unsteady, size_t i,
                                    const struct resolution *resolution)
{
	const struct unsteady_rule *rule = &unsteady->items[i];
	struct rule_change change = {.family = rule->ref.family,
	                             .legacy = rule->ref.legacy,
	                             .table = rule->ref.table,
	                             .chain = rule->ref.chain,
	                             .handle = rule->ref.handle,
	                             .parts = rule->conditions};

	switch (rule->effect) {
	case UNSTEADY_OPENS:
		change.never = !resolution->open;
		break;
	case UNSTEADY_CLOSES:
		change.never = resolution->open;
		break;
	case UNSTEADY_TURNS:
		change.never = resolution->turning == TURN_NONE ||
		               (resolution->turning == TURN_ONE && resolution->one != i);
		break;
	}
	if (change.never)
		change.parts |= rule->choices;
	return change;
}

/* Makes a pass of a view, and its prover. The run's n_passes counts it from the start. */
static int pass_make(struct run *run, const struct resolution *resolution, struct error **ret_error)
{
	struct pass *pass = &run->passes[run->n_passes++];
	struct rule_changes changes = {0};
	int status = 0;

	pass->view = run->view;
	for (size_t i = 0; status == 0 && i < run->unsteady.n; i++) {
		struct rule_change *change = vec_push(&changes);

		if (!change)
			status = -ENOMEM;
		else
			*change = change_of(&run->unsteady, i, resolution);
	}
	if (status == 0 && changes.n) {
		status = variant_new(run->view, &changes, &pass->variant, ret_error);
		if (status == 0)
			pass->view = variant_view(pass->variant);
	}
	vec_done(&changes);
	if (status < 0)
		return status;
	status = twin_new(pass->view, run->options->user_namespace, &pass->twin, ret_error);
	if (status < 0)
		return error_wrap(ret_error, status, "the copy of this network cannot be made");
	status = twin_check(pass->twin, pass->view, ret_error);
	return status < 0 ? status
	                  : prover_new(pass->twin, pass->view, run->options->injector,
	                               &pass->prover, ret_error);
}

/* A rule in words, with its place; borrowed from the audit's arena. */
static const char *rule_words(struct run *run, const struct rule_ref *ref)
{
	_cleanup_free_ char *text = rule_text(run->view, ref);
	const char *words =
	    arena_printf(&run->audit->arena, "\"%s\" (table %s %s, chain %s)", text ? text : "?",
	                 decide_family(ref->family), ref->table, ref->chain);

	return words ? words : "a rule";
}

/* The first rule of the run that turns. */
static const struct unsteady_rule *first_turning(const struct run *run)
{
	size_t i = 0;

	while (i + 1 < run->unsteady.n && run->unsteady.items[i].effect != UNSTEADY_TURNS)
		i++;
	return &run->unsteady.items[i];
}

/* Says what the passes can not tell. 0 or -ENOMEM. */
static int say_untold(struct run *run, unsigned n_turning)
{
	struct notes *incomplete = &run->audit->incomplete;
	struct arena *arena = &run->audit->arena;
	unsigned choices = 0;
	int status = 0;

	vec_foreach(rule, &run->unsteady)
		if (status == 0 && rule->choices && choices++ < NAMED_MOST)
			status = notes_addf(incomplete, arena,
			                    "%s sends packets by lot or by what came "
			                    "before: not each of its ways was tried",
			                    rule_words(run, &rule->ref));
	if (status == 0 && choices > NAMED_MOST)
		status = notes_addf(incomplete, arena, "so do %u more rules", choices - NAMED_MOST);
	/* None, all and each alone are every case of two rules. */
	if (status == 0 && n_turning > 2)
		status = notes_addf(incomplete, arena,
		                    "%u rules send packets by lot or by what came before, such as "
		                    "%s: not every combination was tried",
		                    n_turning, rule_words(run, &first_turning(run)->ref));
	return status;
}

int passes_make(struct run *run, struct error **ret_error)
{
	unsigned turning = 0, alone = 0;
	bool opens_or_closes = false;
	int status = rules_unsteady(run->view, &run->unsteady);

	vec_foreach(rule, &run->unsteady) {
		turning += rule->effect == UNSTEADY_TURNS;
		opens_or_closes |= rule->effect != UNSTEADY_TURNS;
	}
	if (status == 0)
		status = say_untold(run, turning);
	if (status == 0)
		status = pass_make(run, &(struct resolution){true, TURN_NONE, 0}, ret_error);
	if (status == 0 && turning)
		status = pass_make(run, &(struct resolution){true, TURN_ALL, 0}, ret_error);
	if (status == 0 && opens_or_closes)
		status = pass_make(run, &(struct resolution){false, TURN_NONE, 0}, ret_error);
	if (status == 0 && opens_or_closes && turning)
		status = pass_make(run, &(struct resolution){false, TURN_ALL, 0}, ret_error);
	for (size_t i = 0; turning > 1 && i < run->unsteady.n; i++)
		if (status == 0 && run->unsteady.items[i].effect == UNSTEADY_TURNS &&
		    alone++ < ALONE_MOST)
			status = pass_make(run, &(struct resolution){true, TURN_ONE, i}, ret_error);
	return status;
}

_Static_assert(4 + ALONE_MOST <= PASSES_MOST, "room for every pass");

void passes_done(struct run *run)
{
	for (unsigned i = 0; i < run->n_passes; i++) {
		prover_free(run->passes[i].prover);
		twin_free(run->passes[i].twin);
		variant_free(run->passes[i].variant);
	}
	run->n_passes = 0;
	vec_done(&run->unsteady);
}

uint32_t passes_all(const struct run *run)
{
	return (1u << run->n_passes) - 1;
}

const struct pass *passes_first(const struct run *run, uint32_t passes)
{
	unsigned i = 0;

	while (i + 1 < run->n_passes && !(passes & 1u << i))
		i++;
	return passes & 1u << i ? &run->passes[i] : &run->passes[0];
}

bool run_draws(const struct run *run)
{
	vec_foreach(rule, &run->unsteady)
		if (rule->choices)
			return true;
	return false;
}

bool same_hit(const struct hit *a, const struct hit *b)
{
	return a->order == b->order && a->endpoint == b->endpoint && a->path == b->path &&
	       a->vantage == b->vantage && a->socket == b->socket &&
	       address_equal(&a->arrival.destination, &b->arrival.destination) &&
	       a->arrival.destination_port == b->arrival.destination_port;
}

/* Adds a hit, or its passes to the same one among those of its probe, which begin at `first`. */
static int join_hit(struct hits *hits, size_t first, const struct hit *hit)
{
	struct hit *slot;

	for (size_t i = first; i < hits->n; i++)
		if (same_hit(&hits->items[i], hit)) {
			hits->items[i].passes |= hit->passes;
			return 0;
		}
	slot = vec_push(hits);
	if (!slot)
		return -ENOMEM;
	*slot = *hit;
	return 0;
}

int passes_join(struct hits *hits, const struct hits *more)
{
	struct hits joined = {0};
	size_t i = 0, k = 0;
	int status = vec_reserve(&joined, hits->n + more->n);

	while (status == 0 && (i < hits->n || k < more->n)) {
		uint64_t order =
		    i == hits->n || (k < more->n && more->items[k].order < hits->items[i].order)
		        ? more->items[k].order
		        : hits->items[i].order;
		size_t first = joined.n;

		while (status == 0 && i < hits->n && hits->items[i].order == order)
			status = join_hit(&joined, first, &hits->items[i++]);
		while (status == 0 && k < more->n && more->items[k].order == order)
			status = join_hit(&joined, first, &more->items[k++]);
	}
	if (status < 0) {
		vec_done(&joined);
		return status;
	}
	vec_done(hits);
	*hits = joined;
	return 0;
}

/* The reach entry that a hit was put into, or NULL. */
static struct reach_entry *entry_of_hit(const struct run *run, const struct hit *hit)
{
	return hit->endpoint == SIZE_MAX || hit->entry == SIZE_MAX
	           ? NULL
	           : &run->audit->endpoints.items[hit->endpoint].reach.items[hit->entry];
}

/* Whether a hit's packet is the one that an entry is told by. */
static bool is_witness(const struct reach_entry *entry, const struct probe *probe)
{
	return entry->witness.ifindex == probe->ifindex &&
	       entry->witness.source_port == probe->source_port &&
	       entry->witness.protocol == probe->protocol &&
	       address_equal(&entry->witness.source, &probe->source);
}

void passes_mark(struct run *run)
{
	uint32_t all = passes_all(run);

	vec_foreach(hit, &run->hits) {
		struct reach_entry *entry = entry_of_hit(run, hit);

		if (!entry)
			continue;
		if (is_witness(entry, &hit->probe))
			entry->passes |= hit->passes;
		if (hit->passes == all || entry->doubtful_passes)
			continue;
		entry->doubtful = hit->probe;
		entry->doubtful_passes = hit->passes;
	}
}

/* The index of the rule that a reference means, or SIZE_MAX. */
static size_t unsteady_at(const struct run *run, const struct rule_ref *ref)
{
	for (size_t i = 0; i < run->unsteady.n; i++) {
		const struct rule_ref *rule = &run->unsteady.items[i].ref;

		if (rule->legacy == ref->legacy && rule->handle == ref->handle &&
		    rule->family == ref->family && strcmp(rule->table, ref->table) == 0 &&
		    strcmp(rule->chain, ref->chain) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* Marks the wavering rules that a packet meets in a pass. */
static int met_in_pass(struct run *run, const struct pass *pass, const struct probe *probe,
                       bool *met, struct error **ret_error)
{
	const struct trace_origin from = {pass->twin, pass->variant};
	struct trace_steps steps = {0};
	struct arrival arrival;
	int status = prover_trace(pass->prover, probe, &steps, &arrival, ret_error);

	vec_foreach(step, &steps) {
		struct rule_ref ref;
		size_t at;

		if (status < 0 || step->policy || !decide_step(&from, step, &ref))
			continue;
		at = unsteady_at(run, &ref);
		if (at != SIZE_MAX)
			met[at] = true;
	}
	vec_done(&steps);
	return status;
}

/* Marks the wavering rules that an entry hangs on: those met where its packet arrives, and where
 * it does not; the first few of all where neither trace tells. */
static int entry_rules(struct run *run, const struct reach_entry *entry, bool trace, bool *met,
                       struct error **ret_error)
{
	uint32_t missed = passes_all(run) & ~entry->doubtful_passes;
	bool any = false;
	int status = 0;

	if (trace)
		status = met_in_pass(run, passes_first(run, entry->doubtful_passes),
		                     &entry->doubtful, met, ret_error);
	if (trace && status == 0)
		status =
		    met_in_pass(run, passes_first(run, missed), &entry->doubtful, met, ret_error);
	for (size_t i = 0; i < run->unsteady.n; i++)
		any |= met[i];
	for (size_t i = 0; !any && i < run->unsteady.n && i < NAMED_MOST; i++)
		met[i] = true;
	return status;
}

/* Says once of each rule that something hangs on it. 0 or -ENOMEM. */
static int note_rules(struct run *run, const char *const *words, const bool *named)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < run->unsteady.n; i++)
		if (named[i])
			status = notes_addf(&run->audit->notes, &run->audit->arena,
			                    "%s does not always answer the same; what it lets "
			                    "through only at times is listed as open",
			                    words[i]);
	return status;
}

/* What the naming of rules needs at hand, one for each rule of the run. */
struct naming {
	const char **words; /* NULL until wanted */
	bool *met, *named;
	unsigned traced;
};

/* Fills one entry's unknowns. */
static int name_entry(struct run *run, struct reach_entry *entry, struct naming *naming,
                      struct error **ret_error)
{
	int status;

	memset(naming->met, 0, run->unsteady.n * sizeof(*naming->met));
	status = entry_rules(run, entry, naming->traced++ < DOUBTS_MOST, naming->met, ret_error);
	entry->certainty = CERTAIN_MAY;
	for (size_t i = 0; status == 0 && i < run->unsteady.n; i++) {
		if (!naming->met[i])
			continue;
		if (!naming->words[i])
			naming->words[i] = rule_words(run, &run->unsteady.items[i].ref);
		naming->named[i] = true;
		status = notes_add(&entry->unknown, naming->words[i]);
	}
	return status;
}

int run_doubts(struct run *run, struct error **ret_error)
{
	_cleanup_free_ const char **words = calloc(run->unsteady.n + 1, sizeof(*words));
	_cleanup_free_ bool *met = calloc(run->unsteady.n + 1, sizeof(*met));
	_cleanup_free_ bool *named = calloc(run->unsteady.n + 1, sizeof(*named));
	struct naming naming = {.words = words, .met = met, .named = named};
	int status = words && met && named ? 0 : -ENOMEM;

	vec_foreach(endpoint, &run->audit->endpoints)
		if (status == 0 && entry_of_run(run, endpoint))
			vec_foreach(entry, &endpoint->reach)
				if (status == 0 && entry->doubtful_passes)
					status = name_entry(run, entry, &naming, ret_error);
	return status == 0 ? note_rules(run, words, named) : status;
}
