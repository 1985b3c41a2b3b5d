/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule's statements as steps, and as several rules where one row of steps cannot say them. */
#include "rules/nft/build.h"

#include <assert.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>

/* Releases what the steps from n on own, and takes them off. */
static void steps_cut(struct build *build, size_t n)
{
	while (build->steps.n > n) {
		struct step *step = &build->steps.items[--build->steps.n];

		vec_done(&step->boxes);
		vec_done(&step->verdicts);
	}
}

int fork_begin(struct build *build, struct fork *fork, const char *at)
{
	if (build->forks == NFT_FORKS_MAX)
		return nft_too_many(build->nft, at, NFT_FORKS_MAX,
		                    "maps and changing sets in one rule");
	build->forks++;
	*fork = (struct fork){.n_steps = build->steps.n,
	                      .next = build->next,
	                      .known = build->known,
	                      .forked = build->forked};
	build->forked = true;
	return 0;
}

int fork_outcome(struct build *build, const struct fork *fork)
{
	const int status = build_rest(build);

	steps_cut(build, fork->n_steps);
	build->known = fork->known;
	build->next = fork->next;
	return status;
}

int fork_end(struct build *build, const struct fork *fork)
{
	build->forks--;
	build->forked = fork->forked;
	return BUILT;
}

struct step *build_step(struct build *build, enum step_kind kind)
{
	struct step *step = vec_push(&build->steps);

	if (step)
		*step = (struct step){.kind = kind};
	else
		(void)nft_no_memory(build->nft);
	return step;
}

int build_match(struct build *build, enum field field, field_value first, field_value last)
{
	struct step *step = build_step(build, STEP_MATCH);

	if (!step)
		return -ENOMEM;
	step->n_fields = 1;
	step->fields = field_whole(field);
	return step_add_interval(step, first, last) < 0 ? nft_no_memory(build->nft) : 0;
}

int build_unknown(struct build *build, bool shared, const char *text)
{
	struct step *step = text ? build_step(build, STEP_UNKNOWN) : NULL;

	if (!step)
		return -ENOMEM;
	step->shared = shared;
	step->text = text;
	return 0;
}

int build_effect(struct build *build, const char *text)
{
	struct step *step = text ? build_step(build, STEP_EFFECT) : NULL;

	if (!step)
		return -ENOMEM;
	step->text = text;
	return 0;
}

int build_verdict(struct build *build, enum rule_verdict kind, const char *chain)
{
	struct step *step = build_step(build, STEP_VERDICT);
	struct verdict *verdict;

	if (!step)
		return -ENOMEM;
	verdict = malloc(sizeof(*verdict));
	if (!verdict)
		return nft_no_memory(build->nft);
	*verdict = (struct verdict){.kind = kind, .chain = chain};
	step->verdicts.items = verdict;
	step->verdicts.n = step->verdicts.room = 1;
	return 0;
}

const char *build_words(struct build *build, const struct nft_statement *statement)
{
	struct nft_text text = {0};

	nft_text_statement(&text, statement);
	return nft_text_keep(build->nft, &text);
}

int build_family(struct build *build, uint8_t family)
{
	if (build->known.family == family)
		return 0;
	if (!build->known.family)
		build->known.family = family;
	return build_match(build, FIELD_FAMILY, family, family);
}

int build_protocol(struct build *build, uint8_t protocol)
{
	struct known *known = &build->known;

	if (known->protocol == protocol)
		return 0;
	if (!known->protocol) {
		known->protocol = protocol;
		known->ports = known->ports || protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
		               protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP ||
		               protocol == IPPROTO_DCCP;
	}
	return build_match(build, FIELD_PROTOCOL, protocol, protocol);
}

/* Adds what loading one field needs. */
static int field_needs(struct build *build, const struct nft_field *field)
{
	struct known *known = &build->known;
	int status = 0;

	if (field->needs & (NEED_IPV4 | NEED_IPV6))
		status =
		    build_family(build, field->needs & NEED_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	if (status == 0 && field->protocol)
		status = build_protocol(build, field->protocol);
	if (status == 0 && field->needs & NEED_FIRST && !known->first) {
		known->first = true;
		status = build_match(build, FIELD_FRAGMENT, 0, 0);
	}
	if (status == 0 && field->needs & NEED_FLOW && !known->flow) {
		known->flow = true;
		status = build_match(build, FIELD_STATE, STATE_ESTABLISHED, STATE_NEW);
	}
	return status;
}

int build_needs(struct build *build, const struct nft_node *node)
{
	const struct nft_field *raw;
	int status = 0;

	if (node->kind == NFT_FIELD) {
		status = field_needs(build, node->field);
		raw = node->field->group[0] == '@'
		          ? nft_field_raw(node->word, build->known.family, build->known.protocol)
		          : NULL;
		if (status == 0 && raw)
			status = field_needs(build, raw);
		return status;
	}
	if (node->kind != NFT_CONCAT && node->kind != NFT_BINARY && node->kind != NFT_MAP)
		return 0;
	for (const struct nft_node *child = node->child; child && status == 0; child = child->next)
		status = build_needs(build, child);
	return status;
}

/* A verdict that the rule ends with. */
static int build_end(struct build *build, const struct nft_statement *statement)
{
	const char *chain = NULL;
	uint32_t found = 0;

	if (statement->word.len > 0) {
		if (!nft_chain_lookup(build->nft, build->table, statement->word, &found))
			return nft_expected(build->nft, statement->word.text, statement->word,
			                    "a chain of this table");
		chain = nft_chain_of(build->nft, found)->name;
	}
	return build_verdict(build, statement->verdict, chain);
}

/* A refusal; some answers are only for some packets. */
static int build_reject(struct build *build, const struct nft_statement *statement)
{
	int status = 0;

	if (statement->family)
		status = build_family(build, statement->family);
	if (status == 0 && statement->protocol)
		status = build_protocol(build, statement->protocol);
	return status < 0 ? status : build_verdict(build, VERDICT_REJECT, NULL);
}

static int build_notrack(struct build *build, const struct nft_statement *statement)
{
	(void)statement;
	return build_step(build, STEP_NOTRACK) ? 0 : -ENOMEM;
}

static int build_note(struct build *build, const struct nft_statement *statement)
{
	return build_effect(build, statement->text);
}

/* What may end the rule, by something else than the packet; at its end that changes nothing. */
static int build_maybe(struct build *build, const struct nft_statement *statement)
{
	if (build->next == build->nft->statements.n)
		return build_effect(build, statement->text);
	return build_unknown(build, !statement->own, statement->text);
}

/* An element added or deleted: nothing of the packet, but its key must be there to be loaded. */
static int build_update(struct build *build, const struct nft_statement *statement)
{
	const int status = statement->left ? build_needs(build, statement->left) : 0;

	if (status < 0)
		return status;
	return statement->own ? build_unknown(build, false, statement->text)
	                      : build_effect(build, statement->text);
}

/* Adds the match of the flags that a proxy of handshakes looks for. */
static int build_handshake(struct build *build, bool negated)
{
	static const struct operand_field flags = {FIELD_TCP_FLAGS, 0x12};
	struct step *step = build_step(build, STEP_MATCH);

	if (!step)
		return -ENOMEM;
	step->n_fields = 1;
	step->fields = &flags;
	step->negated = negated;
	return step_add_interval(step, 0, 0) < 0 ? nft_no_memory(build->nft) : 0;
}

/* TCP packets with SYN or ACK go no further; other TCP packets pass, others do not match. */
static int build_synproxy(struct build *build, const struct nft_statement *statement)
{
	struct fork fork = {0};
	int status = build_protocol(build, IPPROTO_TCP);

	if (status == 0 && !build->known.first) {
		build->known.first = true;
		status = build_match(build, FIELD_FRAGMENT, 0, 0);
	}
	if (status == 0)
		status = fork_begin(build, &fork, statement->at);
	if (status < 0)
		return status;
	status = build_handshake(build, true);
	if (status == 0)
		status = build_verdict(build, VERDICT_STOLEN, NULL);
	if (status == 0) {
		build->next = build->nft->statements.n;
		status = fork_outcome(build, &fork);
	}
	if (status == 0)
		status = build_handshake(build, false);
	if (status == 0)
		status = fork_outcome(build, &fork);
	return status < 0 ? status : fork_end(build, &fork);
}

/* Targets of xtables that only look or mark, and those that end the walk. */
static int build_foreign(struct build *build, const struct nft_statement *statement)
{
	static const struct {
		const char *name;
		enum { LOOKS, MARKS, MARKS_FLOW, REJECTS } does;
	} targets[] = {
	    {"LOG", LOOKS},           {"NFLOG", LOOKS},     {"ULOG", LOOKS},     {"TRACE", LOOKS},
	    {"CHECKSUM", LOOKS},      {"TCPMSS", LOOKS},    {"CLASSIFY", LOOKS}, {"TEE", LOOKS},
	    {"AUDIT", LOOKS},         {"LED", LOOKS},       {"SET", LOOKS},      {"RATEEST", LOOKS},
	    {"SECMARK", LOOKS},       {"IDLETIMER", LOOKS}, {"MARK", MARKS},     {"HMARK", MARKS},
	    {"CONNMARK", MARKS_FLOW}, {"REJECT", REJECTS},
	};
	struct step *step;
	int status;

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		if (!nft_slice_is(statement->word, targets[i].name))
			continue;
		if (targets[i].does == REJECTS)
			return build_verdict(build, VERDICT_REJECT, NULL);
		if (targets[i].does == LOOKS)
			return build_effect(build, statement->text);
		step = build_step(build, STEP_FORGET);
		if (!step)
			return -ENOMEM;
		step->field = FIELD_MARK;
		step->mask = UINT32_MAX;
		step->text = statement->text;
		if (targets[i].does == MARKS)
			return 0;
		step = build_step(build, STEP_FORGET);
		if (!step)
			return -ENOMEM;
		step->field = FIELD_CT_MARK;
		step->mask = UINT32_MAX;
		step->text = statement->text;
		return 0;
	}
	/* It may do anything with the packet, or let it go on. */
	status = build_unknown(build, false, statement->text);
	return status < 0 ? status : build_verdict(build, VERDICT_QUEUE, NULL);
}

/* Copies what a step owns. */
static int step_copy(const struct step *from, struct step *to)
{
	*to = *from;
	to->boxes.items = NULL;
	to->verdicts.items = NULL;
	if (from->boxes.n > 0) {
		to->boxes.items = malloc(from->boxes.n * sizeof(*to->boxes.items));
		if (to->boxes.items)
			memcpy(to->boxes.items, from->boxes.items,
			       from->boxes.n * sizeof(*to->boxes.items));
	}
	if (from->verdicts.n > 0) {
		to->verdicts.items = malloc(from->verdicts.n * sizeof(*to->verdicts.items));
		if (to->verdicts.items)
			memcpy(to->verdicts.items, from->verdicts.items,
			       from->verdicts.n * sizeof(*to->verdicts.items));
	}
	to->boxes.room = to->boxes.n = to->boxes.items ? from->boxes.n : 0;
	to->verdicts.room = to->verdicts.n = to->verdicts.items ? from->verdicts.n : 0;
	return to->boxes.n == from->boxes.n && to->verdicts.n == from->verdicts.n ? 0 : -ENOMEM;
}

/* Adds a rule of the steps there are; takes them, unless they are needed again. */
static int build_rule(struct build *build)
{
	struct nft *nft = build->nft;
	struct step *steps = build->steps.n ? malloc(build->steps.n * sizeof(*steps)) : NULL;
	struct rule *rule;

	if (nft->n_rules == NFT_RULES_MAX) {
		free(steps);
		return nft_too_many(nft, nft->start, NFT_RULES_MAX, "rules and elements of maps");
	}
	rule = chain_add_rule(nft_chain_of(nft, build->chain));
	if (!rule || (build->steps.n && !steps)) {
		free(steps);
		return nft_no_memory(nft);
	}
	nft->n_rules++;
	rule->line = build->line;
	rule->handle = build->handle;
	rule->text = build->text;
	rule->steps.items = steps;
	rule->steps.room = build->steps.n;
	if (!build->forked) {
		if (steps)
			memcpy(steps, build->steps.items, build->steps.n * sizeof(*steps));
		rule->steps.n = build->steps.n;
		build->steps.n = 0;
		return 0;
	}
	for (size_t i = 0; i < build->steps.n; i++) {
		nft->n_boxes += build->steps.items[i].boxes.n;
		if (nft->n_boxes > NFT_BOXES_MAX)
			return nft_too_many(nft, nft->start, NFT_BOXES_MAX,
			                    "values of sets in rules");
		rule->steps.n++;
		if (step_copy(&build->steps.items[i], &steps[i]) < 0)
			return nft_no_memory(nft);
	}
	return 0;
}

int build_rest(struct build *build)
{
	static int (*const kinds[])(struct build *, const struct nft_statement *) = {
	    [NFT_MATCH] = build_comparison,
	    [NFT_VMAP] = build_verdict_map,
	    [NFT_END] = build_end,
	    [NFT_REJECT] = build_reject,
	    [NFT_SET_FIELD] = build_set_field,
	    [NFT_NAT] = build_nat,
	    [NFT_NOTRACK] = build_notrack,
	    [NFT_EFFECT] = build_note,
	    [NFT_MAYBE] = build_maybe,
	    [NFT_SYNPROXY] = build_synproxy,
	    [NFT_UPDATE] = build_update,
	    [NFT_OBJECT] = build_object,
	    [NFT_FOREIGN] = build_foreign,
	};

	while (build->next < build->nft->statements.n) {
		const struct nft_statement *statement =
		    &build->nft->statements.items[build->next++];
		const int status = kinds[statement->kind](build, statement);

		if (status != 0)
			return status == BUILT ? 0 : status;
	}
	return build_rule(build);
}

int nft_build(struct nft *nft, uint32_t chain, unsigned line, uint64_t handle, const char *text)
{
	const uint32_t table = nft->chains.items[chain].table;
	const uint8_t family = nft->ruleset->tables.items[table].family;
	struct build build = {.nft = nft,
	                      .chain = chain,
	                      .table = table,
	                      .family = family,
	                      .line = line,
	                      .handle = handle,
	                      .text = text};
	int status;

	if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
		build.known.family = family;
	build.steps.items = nft->steps;
	build.steps.room = nft->steps_room;
	status = build_rest(&build);
	steps_cut(&build, 0);
	nft->steps = build.steps.items;
	nft->steps_room = build.steps.room;
	return status;
}
