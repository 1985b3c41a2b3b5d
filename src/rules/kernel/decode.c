/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule of a kernel dump on its way into the form: its paths and their steps. */
#include "rules/kernel/kernel.h"
#include "rules/kernel/words.h"

#include <assert.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <string.h>

const uint8_t port_protocols[5] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DCCP, IPPROTO_SCTP,
                                   IPPROTO_UDPLITE};

/* Releases what a rule owns. */
static void rule_release(struct rule *rule)
{
	vec_foreach(step, &rule->steps) {
		vec_done(&step->boxes);
		vec_done(&step->verdicts);
	}
	vec_done(&rule->steps);
}

/* Releases what paths own; the array is kept for the next. */
static void paths_clear(struct paths *paths)
{
	vec_foreach(path, paths)
		rule_release(&path->rule);
	paths->n = 0;
}

void decode_done(struct decode *decode)
{
	paths_clear(&decode->paths);
	paths_clear(&decode->forks);
	vec_done(&decode->paths);
	vec_done(&decode->forks);
	vec_foreach(load, &decode->loads)
		free(*load);
	vec_done(&decode->loads);
}

/* What the tables of a family see. */
static uint8_t families_of(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return KNOWN_IPV4;
	case NFPROTO_IPV6:
		return KNOWN_IPV6;
	case NFPROTO_INET:
		return KNOWN_IPV4 | KNOWN_IPV6;
	default:
		return KNOWN_IPV4 | KNOWN_IPV6 | KNOWN_OTHER;
	}
}

/* Takes the array of steps of the first path, to be used again. */
static struct rule take_draft(struct decode *decode)
{
	struct rule draft = {0};

	if (decode->paths.n > 0) {
		draft = decode->paths.items[0].rule;
		decode->paths.items[0].rule = (struct rule){0};
	}
	vec_foreach(step, &draft.steps) {
		vec_done(&step->boxes);
		vec_done(&step->verdicts);
	}
	draft.steps.n = 0;
	return draft;
}

int decode_begin(struct decode *decode, uint8_t family, const char *table,
                 const struct nft_rule *nft)
{
	struct rule draft = take_draft(decode);
	struct path *path;

	paths_clear(&decode->paths);
	paths_clear(&decode->forks);
	decode->family = family;
	decode->table = table;
	decode->nft = nft;
	decode->n_loads = 0;
	decode->fork_fields = decode->changed_fields = 0;
	decode->jumps_behind_fork = false;
	path = vec_push(&decode->paths);
	if (!path) {
		rule_release(&draft);
		return -ENOMEM;
	}
	*path = (struct path){.rule = draft, .known.families = families_of(family)};
	memset(path->known.protocols, 0xff, sizeof(path->known.protocols));
	decode->path = path;
	return 0;
}

struct load *decode_new_load(struct decode *decode)
{
	struct load **added;

	if (decode->n_loads == decode->loads.n) {
		struct load *load = malloc(sizeof(*load));

		added = load ? vec_push(&decode->loads) : NULL;
		if (!added) {
			free(load);
			return NULL;
		}
		*added = load;
	}
	return decode->loads.items[decode->n_loads++];
}

int decode_finish(struct decode *decode, struct chain *chain, uint64_t handle, unsigned line,
                  const char *text)
{
	bool none = true;

	vec_foreach(path, &decode->paths)
		none = none && path->dead;
	vec_foreach(path, &decode->paths) {
		struct rule *rule;

		if (path->dead && !none)
			continue;
		rule = chain_add_rule(chain);
		if (!rule)
			return -ENOMEM;
		/* A rule that never matches is there all the same, with what shows it last. */
		if (none &&
		    !rule_add_match(decode->kernel->ruleset, &path->rule, FIELD_FAMILY, false))
			return -ENOMEM;
		none = false;
		rule->handle = handle;
		rule->line = line;
		rule->text = text;
		if (rule_pack(decode->kernel->ruleset, &path->rule, rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Copies an array of items; false without memory. */
static bool copy_items(void **items, size_t *room, size_t n, size_t size)
{
	void *copy = n ? malloc(n * size) : NULL;

	if (n && !copy)
		return false;
	if (n)
		memcpy(copy, *items, n * size);
	*items = copy;
	*room = n;
	return true;
}

/* Copies a step's own arrays; on failure it owns none. */
static bool step_own(struct step *step)
{
	struct verdict *verdicts = step->verdicts.items;
	size_t n = step->verdicts.n;

	step->verdicts.items = NULL;
	step->verdicts.n = step->verdicts.room = 0;
	if (!copy_items((void **)&step->boxes.items, &step->boxes.room, step->boxes.n,
	                sizeof(*step->boxes.items))) {
		step->boxes = (struct intervals){0};
		return false;
	}
	if (!copy_items((void **)&verdicts, &step->verdicts.room, n, sizeof(*verdicts)))
		return false;
	step->verdicts.items = verdicts;
	step->verdicts.n = n;
	return true;
}

int decode_fork_begin(struct decode *decode, struct fork *fork)
{
	const struct rule *from = &decode->path->rule;
	struct rule *to = &fork->copy.rule;

	if (decode->paths.n + decode->forks.n >= KERNEL_PATHS_MAX)
		return error_set(decode->kernel->ret_error, E2BIG,
		                 "a rule of table %s has more than %d outcomes", decode->table,
		                 KERNEL_PATHS_MAX);
	fork->copy = *decode->path;
	*to = (struct rule){0};
	vec_foreach(step, &from->steps) {
		struct step *copy = vec_push(&to->steps);

		if (copy)
			*copy = *step;
		if (!copy || !step_own(copy)) {
			rule_release(to);
			return -ENOMEM;
		}
	}
	fork->original = decode->path;
	decode->path = &fork->copy;
	return 0;
}

int decode_fork_end(struct decode *decode, struct fork *fork)
{
	struct path *kept = NULL;

	decode->path = fork->original;
	if (!fork->copy.dead)
		kept = vec_push(&decode->forks);
	if (kept) {
		*kept = fork->copy;
		return 0;
	}
	rule_release(&fork->copy.rule);
	return fork->copy.dead ? 0 : -ENOMEM;
}

void decode_never(struct decode *decode)
{
	decode->path->ended = decode->path->dead = true;
}

int decode_match(struct decode *decode, enum field field, bool negated, field_value first,
                 field_value last)
{
	struct step *step =
	    rule_add_match(decode->kernel->ruleset, &decode->path->rule, field, negated);
	int status = step ? step_add_interval(step, first, last) : -ENOMEM;

	if (status == 0)
		decode_learn(decode, step);
	return status;
}

struct step *decode_match_fields(struct decode *decode, enum step_kind kind, bool negated,
                                 unsigned n, const struct operand_field *fields)
{
	return rule_add_fields(decode->kernel->ruleset, &decode->path->rule, kind, negated, n,
	                       fields);
}

int decode_match_masked(struct decode *decode, enum field field, bool negated, field_value mask,
                        field_value value)
{
	const struct operand_field operand = {field, mask};
	struct step *step;

	if (mask == all_of(field).last)
		return decode_match(decode, field, negated, value, value);
	step = decode_match_fields(decode, STEP_MATCH, negated, 1, &operand);
	return step ? step_add_interval(step, value, value) : -ENOMEM;
}

int decode_match_flow(struct decode *decode)
{
	static_assert(STATE_ESTABLISHED + 2 == STATE_NEW, "these three are in row");

	return decode_match(decode, FIELD_STATE, false, STATE_ESTABLISHED, STATE_NEW);
}

bool way_back_known(const struct netview *view, bool by_mark)
{
	vec_foreach(route, &view->routes)
		if (route->several || route->by_source)
			return false;
	vec_foreach(rule, &view->policy_rules)
		if (rule->l3mdev || (by_mark && (rule->mark || rule->mark_mask)))
			return false;
	return true;
}

int decode_where_flow(struct decode *decode, size_t from)
{
	struct rule *rule = &decode->path->rule;
	int status = 0;

	for (size_t i = from; i < rule->steps.n && status == 0; i++) {
		struct step *step = &rule->steps.items[i];

		if (step->kind == STEP_ASSIGN || step->kind == STEP_COPY ||
		    step->kind == STEP_FORGET)
			status = step_only_where(step, FIELD_STATE, STATE_ESTABLISHED, STATE_NEW);
	}
	return status;
}

int decode_match_first_fragment(struct decode *decode)
{
	/* Once is enough. */
	vec_foreach(step, &decode->path->rule.steps)
		if (step->kind == STEP_MATCH && !step->negated &&
		    step->fields->field == FIELD_FRAGMENT && step->n_fields == 1 &&
		    step->boxes.n == 1 && step->boxes.items->last == 0)
			return 0;
	return decode_match(decode, FIELD_FRAGMENT, false, 0, 0);
}

int decode_assign(struct decode *decode, enum field field, field_value mask, field_value value)
{
	struct step *step = rule_add_step(&decode->path->rule, STEP_ASSIGN);

	if (!step)
		return -ENOMEM;
	step->field = field;
	step->mask = mask;
	step->value = value;
	decode->changed_fields |= 1u << field;
	return 0;
}

int decode_copy(struct decode *decode, enum field field, enum field from, field_value mask,
                field_value value)
{
	struct step *step = rule_add_step(&decode->path->rule, STEP_COPY);

	if (!step)
		return -ENOMEM;
	step->field = field;
	step->from = from;
	step->mask = mask;
	step->value = value;
	decode->changed_fields |= 1u << field;
	return 0;
}

/* Adds a step with the words at hand. */
static struct step *add_words(struct decode *decode, enum step_kind kind)
{
	struct step *step = rule_add_step(&decode->path->rule, kind);

	if (step)
		step->text = decode_words(decode);
	return step;
}

int decode_forget(struct decode *decode, enum field field, field_value mask)
{
	struct step *step = add_words(decode, STEP_FORGET);

	if (!step)
		return -ENOMEM;
	step->field = field;
	step->mask = mask;
	decode->changed_fields |= 1u << field;
	return 0;
}

int decode_unknown(struct decode *decode, bool shared)
{
	struct step *step = add_words(decode, STEP_UNKNOWN);

	if (!step)
		return -ENOMEM;
	step->shared = shared;
	return 0;
}

int decode_effect(struct decode *decode)
{
	return add_words(decode, STEP_EFFECT) ? 0 : -ENOMEM;
}

int decode_verdict(struct decode *decode, enum rule_verdict kind, const char *chain)
{
	struct step *step;

	if (kind == VERDICT_CONTINUE)
		return 0;
	if (kind == VERDICT_ACCEPT && decode->path->proxy.text) {
		step = rule_add_step(&decode->path->rule, STEP_NAT);
		if (step)
			*step = decode->path->proxy;
		decode->path->ended = true;
		return step ? 0 : -ENOMEM;
	}
	if (kind == VERDICT_JUMP || kind == VERDICT_GOTO) {
		decode->jumps_behind_fork = true;
		chain = arena_strdup(&decode->kernel->ruleset->arena, chain ? chain : "");
		if (!chain)
			return -ENOMEM;
	} else {
		chain = NULL;
	}
	step = rule_add_step(&decode->path->rule, STEP_VERDICT);
	if (!step)
		return -ENOMEM;
	/* The one item that it needs; vec_push() would make room for eight. */
	step->verdicts.items = calloc(1, sizeof(*step->verdicts.items));
	if (!step->verdicts.items)
		return -ENOMEM;
	step->verdicts.n = step->verdicts.room = 1;
	step->verdicts.items[0] = (struct verdict){kind, chain};
	decode->path->ended = true;
	return 0;
}

struct step *decode_nat(struct decode *decode, enum nat_kind kind)
{
	struct step *step = rule_add_step(&decode->path->rule, STEP_NAT);

	if (step)
		step->nat = kind;
	return step;
}

/* A set of protocols that an interval and a sign stand for, joined to another. */
static void protocols_add(uint64_t protocols[static 4], const struct interval *interval)
{
	for (field_value i = interval->first; i <= interval->last && i <= UINT8_MAX; i++)
		protocols[i / 64] |= UINT64_C(1) << i % 64;
}

/* Which of KNOWN_* an interval of families has. */
static uint8_t families_in(const struct interval *interval)
{
	uint8_t families = KNOWN_OTHER;

	if (interval->first <= NFPROTO_IPV4 && interval->last >= NFPROTO_IPV4)
		families |= KNOWN_IPV4;
	if (interval->first <= NFPROTO_IPV6 && interval->last >= NFPROTO_IPV6)
		families |= KNOWN_IPV6;
	if (interval->first == interval->last && families != KNOWN_OTHER)
		families &= (uint8_t)~KNOWN_OTHER;
	return families;
}

void decode_learn(struct decode *decode, const struct step *step)
{
	struct known *known = &decode->path->known;
	uint64_t protocols[4] = {0}, left = 0;
	uint8_t families = 0;

	if (step->n_fields != 1 || step->fields->mask != ~(field_value)0)
		return;
	if (step->fields->field == FIELD_FAMILY) {
		vec_foreach(box, &step->boxes)
			families |= families_in(box);
		/* What is none of both may be any other. */
		known->families &= step->negated ? (uint8_t)(~families | KNOWN_OTHER) : families;
		if (!known->families)
			decode_never(decode);
	} else if (step->fields->field == FIELD_PROTOCOL) {
		vec_foreach(box, &step->boxes)
			protocols_add(protocols, box);
		for (unsigned i = 0; i < 4; i++) {
			known->protocols[i] &= step->negated ? ~protocols[i] : protocols[i];
			left |= known->protocols[i];
		}
		if (!left)
			decode_never(decode);
	}
}

bool known_protocol(const struct known *known, uint8_t protocol)
{
	return known->protocols[protocol / 64] >> protocol % 64 & 1;
}

bool known_protocols_within(const struct known *known, const uint8_t *protocols, size_t n)
{
	uint64_t left[4];

	memcpy(left, known->protocols, sizeof(left));
	for (size_t i = 0; i < n; i++)
		left[protocols[i] / 64] &= ~(UINT64_C(1) << protocols[i] % 64);
	return !(left[0] | left[1] | left[2] | left[3]);
}

const char *decode_words(struct decode *decode)
{
	_cleanup_free_ char *words =
	    decode->part ? kernel_part_words(decode->kernel->view, decode_family(decode),
	                                     decode->part, decode->part_is_target)
	    : decode->nft
	        ? kernel_expression_words(decode->kernel->view, decode->nft, decode->expression)
	        : NULL;
	const char *from = words ? words + strspn(words, " ") : "";
	const char *copy = arena_strdup(&decode->kernel->ruleset->arena, from);

	return copy ? copy : "";
}
