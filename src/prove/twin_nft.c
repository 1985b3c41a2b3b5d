/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's nftables: everything the host has, in transactions as large as the kernel takes them.
 *
 * Theory of operation. Tables, chains, objects, sets and elements come before the rules that name
 * them. An anonymous set must be in the same transaction as the one rule that uses it, so a rule
 * and its anonymous sets form a group that is never torn apart; a set too large for that is made
 * as a named one, which decides the same.
 *
 * A transaction is one send, as long as the socket's buffer allows, and stands or falls as a whole.
 * The kernel names all the objects that it refuses: those are noted and left out, and the rest is
 * sent again. Where it refuses a transaction without saying which object is to blame, the
 * transaction is halved until it is known.
 */
#include "prove/twin_nft.h"

#include <arpa/inet.h>
#include <string.h>

enum { BATCH_MOST = 1 << 20, BATCH_MARGIN = 4096, STEP_MARGIN = 128 };

/* A set, its elements, and whether it has been placed. */
struct nft_set {
	const struct nlmsghdr *raw;
	const char *table, *name;
	uint8_t family;
	bool anonymous, placed;
	size_t size; /* of its messages */
	VEC(const struct nlmsghdr *) elements;
};

struct nft {
	struct twin *twin;
	const struct netview *view;
	struct wire wire;
	VEC(struct nft_set) sets; /* by family, table, name */
	VEC(struct nft_step) steps;
	uint32_t groups;
	/* Of the transaction under way: */
	bool refused;
	int blame; /* errno of a refusal of the whole */
	int error;
};

/* Releases all but the twin. */
static void nft_done(struct nft *nft)
{
	wire_close(&nft->wire);
	vec_foreach(set, &nft->sets)
		vec_done(&set->elements);
	vec_done(&nft->sets);
	vec_done(&nft->steps);
}

/* Orders sets, for qsort() and bsearch(). */
static int set_compare(const void *a, const void *b)
{
	const struct nft_set *left = a, *right = b;
	int order = (left->family > right->family) - (left->family < right->family);

	if (!order)
		order = strcmp(left->table, right->table);
	return order ? order : strcmp(left->name, right->name);
}

/* The set of a name, or NULL. */
static struct nft_set *set_find(struct nft *nft, uint8_t family, const char *table,
                                const char *name)
{
	const struct nft_set wanted = {.family = family, .table = table, .name = name};

	if (!nft->sets.n)
		return NULL;
	return bsearch(&wanted, nft->sets.items, nft->sets.n, sizeof(wanted), set_compare);
}

/* Collects sets, and their elements with them. */
static int sets_collect(struct nft *nft)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;

	while ((raw = raw_next(&nft->view->raw[RAW_NFT_SET], &offset))) {
		struct nft_set *set = vec_push(&nft->sets);
		uint32_t flags = nlattr_be32(nft_attr(raw, NFTA_SET_FLAGS), 0);

		if (!set)
			return -ENOMEM;
		*set = (struct nft_set){.raw = raw,
		                        .table = nft_text(raw, NFTA_SET_TABLE),
		                        .name = nft_text(raw, NFTA_SET_NAME),
		                        .family = raw_family(raw),
		                        .anonymous = flags & NFT_SET_ANONYMOUS,
		                        .size = raw->nlmsg_len};
	}
	if (nft->sets.n)
		qsort(nft->sets.items, nft->sets.n, sizeof(struct nft_set), set_compare);
	offset = 0;
	while ((raw = raw_next(&nft->view->raw[RAW_NFT_ELEMENT], &offset))) {
		struct nft_set *set =
		    set_find(nft, raw_family(raw), nft_text(raw, NFTA_SET_ELEM_LIST_TABLE),
		             nft_text(raw, NFTA_SET_ELEM_LIST_SET));
		const struct nlmsghdr **slot = set ? vec_push(&set->elements) : NULL;

		if (set && !slot)
			return -ENOMEM;
		if (!set)
			continue;
		*slot = raw;
		set->size += raw->nlmsg_len;
	}
	return 0;
}

/* Adds a step. 0 or -ENOMEM. */
static int step_add(struct nft *nft, enum raw_kind kind, const struct nlmsghdr *raw, bool own_group)
{
	struct nft_step *step = vec_push(&nft->steps);

	if (!step)
		return -ENOMEM;
	nft->groups += own_group;
	*step = (struct nft_step){.kind = kind, .raw = raw, .group = nft->groups};
	return 0;
}

/* Adds one step for each message of a kind. */
static int steps_of_kind(struct nft *nft, enum raw_kind kind)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&nft->view->raw[kind], &offset)))
		status = step_add(nft, kind, raw, true);
	return status;
}

/* Adds the elements of a set. */
static int steps_of_elements(struct nft *nft, const struct nft_set *set, bool own_groups)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < set->elements.n; i++)
		status = step_add(nft, RAW_NFT_ELEMENT, set->elements.items[i], own_groups);
	return status;
}

/* Adds all sets that are no part of a rule's group, in the host's order, then their elements. */
static int steps_of_sets(struct nft *nft)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&nft->view->raw[RAW_NFT_SET], &offset))) {
		struct nft_set *set = set_find(nft, raw_family(raw), nft_text(raw, NFTA_SET_TABLE),
		                               nft_text(raw, NFTA_SET_NAME));

		if (!set || (set->anonymous && set->size < nft->wire.most / 4))
			continue;
		status = step_add(nft, RAW_NFT_SET, raw, true);
		if (status == 0)
			nft->steps.items[nft->steps.n - 1].clear_name = true;
		set->placed = true;
	}
	vec_foreach(set, &nft->sets)
		if (status == 0 && set->placed)
			status = steps_of_elements(nft, set, true);
	return status;
}

/* A rule whose sets are being looked for. */
struct rule_sets {
	struct nft *nft;
	const struct nlmsghdr *raw;
};

/* Adds an anonymous set before its rule. */
static int rule_set_named(void *data, const char *name)
{
	const struct rule_sets *rule = data;
	struct nft_set *set =
	    set_find(rule->nft, raw_family(rule->raw), nft_text(rule->raw, NFTA_RULE_TABLE), name);
	int status;

	if (!set || set->placed)
		return 0;
	set->placed = true;
	status = step_add(rule->nft, RAW_NFT_SET, set->raw, false);
	return status < 0 ? status : steps_of_elements(rule->nft, set, false);
}

/* Adds all rules, each behind its anonymous sets. */
static int steps_of_rules(struct nft *nft)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&nft->view->raw[RAW_NFT_RULE], &offset))) {
		const struct twin_chain *chain =
		    twin_chain_find(nft->twin, raw_family(raw), nft_text(raw, NFTA_RULE_TABLE),
		                    nft_text(raw, NFTA_RULE_CHAIN));
		struct rule_sets rule = {nft, raw};
		bool leave = false;

		status = nft_rule_notes(nft->twin, raw, chain ? chain->hook : -1, &leave);
		if (status < 0 || leave)
			continue;
		nft->groups++;
		status = nft_rule_sets(raw, rule_set_named, &rule);
		if (status == 0)
			status = step_add(nft, RAW_NFT_RULE, raw, false);
	}
	return status;
}

/* Notes flowtables and offloading, which a twin does not have. */
static int hardware_notes(struct nft *nft)
{
	const struct nlmsghdr *raw;
	char text[NFT_DESCRIPTION];
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&nft->view->raw[RAW_NFT_FLOWTABLE], &offset)))
		status = twin_note(nft->twin,
		                   "%s: flowtables are not copied; what they carry past the "
		                   "rules is not seen",
		                   nft_describe(raw, RAW_NFT_FLOWTABLE, text));
	offset = 0;
	while (status == 0 && (raw = raw_next(&nft->view->raw[RAW_NFT_CHAIN], &offset)))
		if (nlattr_be32(nft_attr(raw, NFTA_CHAIN_FLAGS), 0) & NFT_CHAIN_HW_OFFLOAD)
			status =
			    twin_note(nft->twin, "%s: it is offloaded to hardware, the copy is not",
			              nft_describe(raw, RAW_NFT_CHAIN, text));
	return status;
}

/* Takes a refusal. */
static void nft_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct nft *nft = data;
	char text[NFT_DESCRIPTION];
	struct nft_step *step;

	if (seq == 0 || seq > nft->steps.n) {
		nft->blame = number;
		return;
	}
	step = &nft->steps.items[seq - 1];
	nft->refused = true;
	if (step->refused || nft->error < 0)
		return;
	step->refused = true;
	nft->error = twin_note(
	    nft->twin, "%s: it is not copied: %s%s%s", nft_describe(step->raw, step->kind, text),
	    why ? why : strerror(number), why ? ": " : "", why ? strerror(number) : "");
}

/* Adds the message that begins or ends a transaction. */
static void draft_bracket(struct draft *draft, uint16_t type)
{
	struct nfgenmsg header = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};

	draft_end(draft, draft_begin(draft, type, 0, 0, &header, sizeof(header)));
}

/* Sends the steps first..last-1 that were not refused as one transaction. */
static int batch_send(struct nft *nft, size_t first, size_t last)
{
	_cleanup_(draft_done) struct draft draft = {0};
	bool lost = false;
	int status;

	nft->refused = false;
	nft->blame = 0;
	draft_bracket(&draft, NFNL_MSG_BATCH_BEGIN);
	for (size_t i = first; i < last; i++)
		if (!nft->steps.items[i].refused)
			nft_draft(&draft, &nft->steps.items[i], 1 + (uint32_t)i);
	draft_bracket(&draft, NFNL_MSG_BATCH_END);
	status = wire_send(&nft->wire, &draft, nft_refused, nft, &lost);
	if (status == -EMSGSIZE || status == -ENOBUFS || (lost && !nft->refused))
		nft->blame = EMSGSIZE;
	else if (status < 0)
		return status;
	return nft->error;
}

/* Refuses whole groups of which one step was refused. */
static void groups_spread(struct nft *nft, size_t first, size_t last)
{
	size_t begin = first;

	while (begin < last) {
		size_t end = begin;
		bool refused = false;

		while (end < last && nft->steps.items[end].group == nft->steps.items[begin].group)
			refused |= nft->steps.items[end++].refused;
		while (begin < end)
			nft->steps.items[begin++].refused |= refused;
	}
}

/* The border between groups that is nearest to the middle, or last where there is none. */
static size_t groups_middle(const struct nft *nft, size_t first, size_t last)
{
	size_t middle = first + (last - first) / 2, up = middle;

	while (middle > first &&
	       nft->steps.items[middle].group == nft->steps.items[middle - 1].group)
		middle--;
	if (middle > first)
		return middle;
	while (up < last && nft->steps.items[up].group == nft->steps.items[first].group)
		up++;
	return up;
}

/* Brings the steps first..last-1 into the twin, as many of them as it takes. */
static int range_send(struct nft *nft, size_t first, size_t last)
{
	int status;
	size_t middle;

	do {
		status = batch_send(nft, first, last);
		if (status < 0)
			return status;
		groups_spread(nft, first, last);
	} while (nft->refused && !nft->blame);
	if (!nft->blame)
		return 0;
	middle = groups_middle(nft, first, last);
	if (middle >= last) {
		nft_refused(nft, (uint32_t)last, nft->blame, NULL);
		groups_spread(nft, first, last);
		return nft->error;
	}
	status = range_send(nft, first, middle);
	return status < 0 ? status : range_send(nft, middle, last);
}

/* Sends all steps in transactions of a size that the socket takes. */
static int steps_send(struct nft *nft)
{
	size_t most = nft->wire.most < BATCH_MOST ? nft->wire.most : BATCH_MOST;
	size_t first = 0, border = 0, size = 0;
	int status = batch_send(nft, 0, 0);

	/* An empty transaction tells whether there is anybody to talk to. */
	if (status == 0 && nft->blame)
		return twin_note(nft->twin, "no nftables rule is copied: this kernel says: %s",
		                 strerror(nft->blame));
	for (size_t i = 0; status == 0 && i <= nft->steps.n; i++) {
		bool end = i == nft->steps.n;

		if (end || i == 0 || nft->steps.items[i].group != nft->steps.items[i - 1].group) {
			if (border > first && (end || size > most - BATCH_MARGIN)) {
				/* What came since the last border opens the next batch. */
				size_t last = end && size <= most - BATCH_MARGIN ? i : border;

				status = range_send(nft, first, last);
				first = last;
				size = 0;
				for (size_t j = first; j < i; j++)
					size += nft->steps.items[j].raw->nlmsg_len + STEP_MARGIN;
			}
			border = i;
		}
		if (!end)
			size += nft->steps.items[i].raw->nlmsg_len + STEP_MARGIN;
	}
	if (status == 0 && first < nft->steps.n)
		status = range_send(nft, first, nft->steps.n);
	return status;
}

/* Keeps the host's handles of the rules that the twin took. */
static int handles_keep(struct nft *nft)
{
	vec_foreach(step, &nft->steps) {
		struct twin_chain *chain;
		uint64_t *handle;

		if (step->kind != RAW_NFT_RULE || step->refused)
			continue;
		chain = twin_chain_find(nft->twin, raw_family(step->raw),
		                        nft_text(step->raw, NFTA_RULE_TABLE),
		                        nft_text(step->raw, NFTA_RULE_CHAIN));
		handle = chain ? vec_push(&chain->host_handles) : NULL;
		if (chain && !handle)
			return -ENOMEM;
		if (handle)
			*handle = nlattr_be64(nft_attr(step->raw, NFTA_RULE_HANDLE), 0);
	}
	return 0;
}

int twin_nft(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_(nft_done) struct nft nft = {.twin = twin, .view = view, .wire = WIRE_CLOSED};
	int status;

	if (view->raw[RAW_NFT_TABLE].len == 0)
		return 0;
	status = wire_open(NETLINK_NETFILTER, &nft.wire, ret_error);
	if (status == -EPROTONOSUPPORT)
		return twin_note(twin, "no nftables rule is copied: this kernel has no nfnetlink");
	if (status == 0)
		status = twin_handles_new(twin, view, ret_error);
	if (status == 0)
		status = sets_collect(&nft);
	if (status == 0)
		status = hardware_notes(&nft);
	if (status == 0)
		status = steps_of_kind(&nft, RAW_NFT_TABLE);
	if (status == 0)
		status = steps_of_kind(&nft, RAW_NFT_CHAIN);
	if (status == 0)
		status = steps_of_kind(&nft, RAW_NFT_OBJECT);
	if (status == 0)
		status = steps_of_sets(&nft);
	if (status == 0)
		status = steps_of_rules(&nft);
	if (status == 0)
		status = steps_send(&nft);
	if (status == 0)
		status = handles_keep(&nft);
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its nftables") : 0;
}
