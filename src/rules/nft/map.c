/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps: of verdicts, and of values that a statement takes. */
#include "rules/nft/build.h"

#include <string.h>

enum { DISTINCT = 16 };

/* Checks that the chains of verdicts are there. */
static int check_chains(struct build *build, const struct nft_statement *statement,
                        const struct nft_set *set)
{
	const struct verdict *last = NULL;

	vec_foreach(verdict, &set->verdicts) {
		const struct nft_slice name = {verdict->chain,
		                               verdict->chain ? strlen(verdict->chain) : 0};
		uint32_t chain = 0;

		if (!verdict->chain || (last && strcmp(last->chain, verdict->chain) == 0))
			continue;
		if (!nft_chain_lookup(build->nft, build->table, name, &chain))
			return nft_expected(build->nft, statement->right->at, name,
			                    "a chain of this table");
		last = verdict;
	}
	return 0;
}

/* Whether a verdict was seen among the first elements. */
static bool seen_before(const struct nft_set *set, size_t at)
{
	const struct verdict *verdict = &set->verdicts.items[at];

	for (size_t i = 0; i < at && i < DISTINCT; i++) {
		const struct verdict *other = &set->verdicts.items[i];

		if (other->kind == verdict->kind &&
		    (!verdict->chain || strcmp(other->chain, verdict->chain) == 0))
			return true;
	}
	return false;
}

/* A map whose keys the form cannot tell: one outcome for each verdict, each an unknown. */
static int build_unknown_map(struct build *build, const struct nft_statement *statement,
                             const struct nft_set *set)
{
	const char *words = build_words(build, statement);
	struct fork fork = {0};
	int status = words ? fork_begin(build, &fork, statement->at) : -ENOMEM;

	for (size_t i = 0; i < set->verdicts.n && status == 0; i++) {
		if (seen_before(set, i))
			continue;
		status = build_unknown(build, false, words);
		if (status == 0)
			status = build_verdict(build, set->verdicts.items[i].kind,
			                       set->verdicts.items[i].chain);
		if (status == 0)
			status = fork_outcome(build, &fork);
	}
	return status < 0 ? status : fork_end(build, &fork);
}

/* A map with an element for all that has none. */
static int build_default_map(struct build *build, const struct nft_statement *statement,
                             const struct nft_operands *operands, const struct nft_set *set)
{
	struct step *step = NULL;
	struct fork fork = {0};
	int status = fork_begin(build, &fork, statement->at);

	if (status == 0 && set->n > 1) {
		status = build_boxes(build, operands, set, 0, set->n - 1, false, true, &step);
		if (status == 0)
			status = fork_outcome(build, &fork);
		if (status == 0)
			status =
			    build_boxes(build, operands, set, 0, set->n - 1, true, false, &step);
	}
	if (status == 0)
		status = build_verdict(build, set->verdicts.items[set->n - 1].kind,
		                       set->verdicts.items[set->n - 1].chain);
	if (status == 0)
		status = fork_outcome(build, &fork);
	return status < 0 ? status : fork_end(build, &fork);
}

/* Builds a map of verdicts that is known. */
static int build_verdicts(struct build *build, const struct nft_statement *statement,
                          const struct nft_operands *operands, const struct nft_set *set)
{
	struct step *step;
	int status;

	if (set->added_to || set->deleted_from)
		return build_unknown_map(build, statement, set);
	status = build_boxes(build, operands, set, 0, set->n, false, true, &step);
	if (status < 0)
		return status;
	if (!step)
		return build_unknown_map(build, statement, set);
	if (!set->any)
		return 0;
	vec_done(&step->boxes);
	vec_done(&step->verdicts);
	build->steps.n--;
	return build_default_map(build, statement, operands, set);
}

int build_verdict_map(struct build *build, const struct nft_statement *statement)
{
	static const uint8_t verdict[] = {TYPE_VERDICT};
	struct nft_operands operands = {0};
	struct nft_set scratch = {0};
	const struct nft_set *set;
	int status = operands_read(build, statement->left, &operands);

	if (status == 0)
		status =
		    operands_set(build, &operands, statement->right, verdict, 1, &scratch, &set);
	if (status == 0)
		status = check_chains(build, statement, set);
	if (status == 0)
		status = operands_ports(build, &operands, set, statement->at);
	if (status == 0)
		status = build_needs(build, statement->left);
	if (status == 0)
		status = build_verdicts(build, statement, &operands, set);
	nft_set_done(&scratch);
	return status;
}

/* The key of one element matches, or may. */
static int build_key(struct build *build, const struct nft_operands *operands,
                     const struct nft_set *set, size_t element, const char *words)
{
	const bool others = set->any && element == set->n - 1;
	struct step *step = NULL;
	int status = 0;

	if (element < set->n && !others)
		status = build_boxes(build, operands, set, element, 1, false, false, &step);
	else if (set->n > others)
		status = build_boxes(build, operands, set, 0, set->n - others, true, false, &step);
	if (status == 0 &&
	    ((!step && !(others && set->n == 1)) || set->deleted_from || element == set->n))
		status = build_unknown(build, false, words);
	return status;
}

int build_map(struct build *build, const struct nft_statement *statement,
              const struct nft_node *key, const struct nft_node *map, const uint8_t *data,
              unsigned n_data,
              int (*then)(struct build *build, const struct nft_statement *statement,
                          const struct nft_set *set, size_t element))
{
	struct nft_operands operands = {0};
	struct nft_set scratch = {0};
	const struct nft_set *set = NULL;
	const char *words = build_words(build, statement);
	struct fork fork = {0};
	int status = words ? operands_read(build, key, &operands) : -ENOMEM;

	if (status == 0)
		status = operands_set(build, &operands, map, data, n_data, &scratch, &set);
	if (status == 0)
		status = operands_ports(build, &operands, set, statement->at);
	if (status == 0)
		status = build_needs(build, key);
	if (status == 0)
		status = fork_begin(build, &fork, statement->at);
	if (status != 0) {
		nft_set_done(&scratch);
		return status;
	}
	for (size_t i = 0; i < set->n + set->added_to && status == 0; i++) {
		status = build_key(build, &operands, set, i, words);
		if (status == 0)
			status = then(build, statement, set, i);
		if (status == 0)
			status = fork_outcome(build, &fork);
	}
	nft_set_done(&scratch);
	return status < 0 ? status : fork_end(build, &fork);
}
