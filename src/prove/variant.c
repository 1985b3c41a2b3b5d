/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view with some of its rules answering one way for good. */
#include "prove/variant.h"
#include "prove/twin_nft.h"
#include "prove/xt_blob.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { RUN_MAX = 512 << 20, PARTS_MAX = 64 };

struct variant {
	/* Borrows all but rules, legacy tables and, with own_sets, sets and elements. */
	struct netview view;
	bool own_sets;
	VEC(struct xt_shifts) shifts; /* one for each table of view.xtables, empty if unchanged */
};

/* The set that an expression which was left out named: an anonymous one goes with it. */
struct cut_set {
	uint8_t family;
	const char *table, *name;
};
VEC_TYPE(cut_sets, struct cut_set);

/* Orders changes, for qsort() and bsearch(). */
static int change_compare(const void *a, const void *b)
{
	const struct rule_change *left = a, *right = b;
	int order = (left->legacy > right->legacy) - (left->legacy < right->legacy);

	if (!order)
		order = (left->handle > right->handle) - (left->handle < right->handle);
	if (!order)
		order = (left->family > right->family) - (left->family < right->family);
	return order ? order : strcmp(left->table, right->table);
}

/* The change of a rule, or NULL. */
static const struct rule_change *change_find(const struct rule_changes *changes,
                                             const struct rule_change *wanted)
{
	return changes->n
	           ? bsearch(wanted, changes->items, changes->n, sizeof(*wanted), change_compare)
	           : NULL;
}

/* Opens a nest as the kernel dumps one, without the flag that it is one: checks compare bytes. */
static size_t dumped_nest(struct draft *draft, uint16_t type)
{
	size_t start = draft_nest(draft, type);

	if (draft->error == 0)
		memcpy(draft->bytes.data + start + offsetof(struct nlattr, nla_type), &type,
		       sizeof(type));
	return start;
}

/* Adds an expression that loads a number into a register, or compares one with it. */
static void draft_number(struct draft *draft, const char *name, uint16_t reg, uint16_t operation,
                         uint16_t data, uint32_t number)
{
	size_t element = dumped_nest(draft, NFTA_LIST_ELEM), inner, value;

	draft_put_string(draft, NFTA_EXPR_NAME, name);
	inner = dumped_nest(draft, NFTA_EXPR_DATA);
	draft_put_u32(draft, reg, htonl(NFT_REG_1));
	if (operation)
		draft_put_u32(draft, operation, htonl(NFT_CMP_EQ));
	value = dumped_nest(draft, data);
	draft_put_u32(draft, NFTA_DATA_VALUE, htonl(number));
	draft_nest_end(draft, value);
	draft_nest_end(draft, inner);
	draft_nest_end(draft, element);
}

/* Adds what ends a rule for every packet: a register gets 0 and is asked for 1. */
static void draft_impossible(struct draft *draft)
{
	draft_number(draft, "immediate", NFTA_IMMEDIATE_DREG, 0, NFTA_IMMEDIATE_DATA, 0);
	draft_number(draft, "cmp", NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA, 1);
}

/* Whether an expression of a rule stays as it is, by its number. */
static bool part_kept(const struct rule_change *change, unsigned i)
{
	return i >= PARTS_MAX || !(change->parts & 1ull << i);
}

/* Keeps the name of the set that an expression asks. 0 or -ENOMEM. */
static int cut_set_add(struct cut_sets *cut, const struct nlmsghdr *raw,
                       const struct nlattr *expression)
{
	const char *name = nlattr_string(nlattr_nested(expression, NFTA_EXPR_NAME)), *set_name;
	uint16_t type =
	    name && strcmp(name, "objref") == 0 ? NFTA_OBJREF_SET_NAME : NFTA_LOOKUP_SET;
	struct cut_set *set;

	if (!name || (strcmp(name, "lookup") != 0 && strcmp(name, "objref") != 0))
		return 0;
	set_name = nlattr_string(nlattr_nested(nlattr_nested(expression, NFTA_EXPR_DATA), type));
	set = set_name ? vec_push(cut) : NULL;
	if (set)
		*set = (struct cut_set){raw_family(raw), nft_text(raw, NFTA_RULE_TABLE), set_name};
	return set_name && !set ? -ENOMEM : 0;
}

/* Adds the expressions of a rule as a change has them. */
static int draft_changed(struct draft *draft, const struct nlmsghdr *raw, const struct nlattr *list,
                         const struct rule_change *change, struct cut_sets *cut)
{
	size_t nest = draft_nest(draft, NFTA_RULE_EXPRESSIONS), offset = 0;
	const struct nlattr *expression;
	bool stopped = false;
	int status = 0;

	for (unsigned i = 0;
	     (expression = nlattr_next(nlattr_data(list), nlattr_len(list), &offset)); i++) {
		/* Behind what nothing meets the rest may stay. */
		if (stopped || part_kept(change, i)) {
			draft_copy(draft, expression);
			continue;
		}
		stopped = change->never;
		if (stopped)
			draft_impossible(draft);
		if (status == 0)
			status = cut_set_add(cut, raw, expression);
	}
	draft_nest_end(draft, nest);
	return status;
}

/* Adds a rule's message as a change has it. 0 or a negative errno. */
static int draft_rule(struct draft *draft, const struct nlmsghdr *raw,
                      const struct rule_change *change, struct cut_sets *cut)
{
	const struct nlattr *attribute;
	size_t start, len, offset = 0;
	const void *data;
	int status = 0;

	start = draft_begin(draft, raw->nlmsg_type, raw->nlmsg_flags, raw->nlmsg_seq,
	                    message_header(raw, sizeof(struct nfgenmsg)), sizeof(struct nfgenmsg));
	message_attributes(raw, sizeof(struct nfgenmsg), &data, &len);
	while (status == 0 && (attribute = nlattr_next(data, len, &offset))) {
		if (nlattr_type(attribute) == NFTA_RULE_EXPRESSIONS)
			status = draft_changed(draft, raw, attribute, change, cut);
		else
			draft_copy(draft, attribute);
	}
	draft_end(draft, start);
	return status < 0 ? status : draft->error;
}

/* Adds a message to a run of them. 0 or a negative errno. */
static int run_add(struct bytes *run, const void *message, size_t len)
{
	const uint32_t nothing = 0;
	size_t padding = NLMSG_ALIGN(len) - len;
	int status = bytes_append(run, message, len, RUN_MAX);

	return status == 0 && padding ? bytes_append(run, &nothing, padding, RUN_MAX) : status;
}

/* Copies nftables' rules, changed. 0 or a negative errno. */
static int rules_copy(struct bytes *rules, const struct bytes *from,
                      const struct rule_changes *changes, struct cut_sets *cut)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(from, &offset))) {
		const struct rule_change wanted = {
		    .family = raw_family(raw),
		    .table = nft_text(raw, NFTA_RULE_TABLE),
		    .handle = nlattr_be64(nft_attr(raw, NFTA_RULE_HANDLE), 0)};
		const struct rule_change *change = change_find(changes, &wanted);
		_cleanup_(draft_done) struct draft draft = {0};

		if (!change) {
			status = run_add(rules, raw, raw->nlmsg_len);
			continue;
		}
		status = draft_rule(&draft, raw, change, cut);
		if (status == 0)
			status = run_add(rules, draft.bytes.data, draft.bytes.len);
	}
	return status;
}

/* Whether a message is about a set that was left without its rule. */
static bool is_cut(const struct netview *view, const struct cut_sets *cut,
                   const struct nlmsghdr *raw, uint16_t table, uint16_t name)
{
	const struct nlmsghdr *set;
	size_t offset = 0;
	bool named = false;

	vec_foreach(one, cut)
		named = named || (one->family == raw_family(raw) &&
		                  strcmp(one->table, nft_text(raw, table)) == 0 &&
		                  strcmp(one->name, nft_text(raw, name)) == 0);
	while (named && (set = raw_next(&view->raw[RAW_NFT_SET], &offset)))
		if (raw_family(set) == raw_family(raw) &&
		    strcmp(nft_text(set, NFTA_SET_TABLE), nft_text(raw, table)) == 0 &&
		    strcmp(nft_text(set, NFTA_SET_NAME), nft_text(raw, name)) == 0)
			return nlattr_be32(nft_attr(set, NFTA_SET_FLAGS), 0) & NFT_SET_ANONYMOUS;
	return false;
}

/* Copies the messages of a kind about sets, without those that lost their rule. */
static int sets_of_kind(struct variant *variant, const struct netview *view, enum raw_kind kind,
                        const struct cut_sets *cut)
{
	uint16_t table = kind == RAW_NFT_SET ? NFTA_SET_TABLE : NFTA_SET_ELEM_LIST_TABLE;
	uint16_t name = kind == RAW_NFT_SET ? NFTA_SET_NAME : NFTA_SET_ELEM_LIST_SET;
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&view->raw[kind], &offset)))
		if (!is_cut(view, cut, raw, table, name))
			status = run_add(&variant->view.raw[kind], raw, raw->nlmsg_len);
	return status;
}

/* Copies sets and their elements where some lost their rule. 0 or a negative errno. */
static int sets_copy(struct variant *variant, const struct netview *view,
                     const struct cut_sets *cut)
{
	int status;

	if (!cut->n)
		return 0;
	variant->own_sets = true;
	variant->view.raw[RAW_NFT_SET] = variant->view.raw[RAW_NFT_ELEMENT] = (struct bytes){0};
	status = sets_of_kind(variant, view, RAW_NFT_SET, cut);
	return status < 0 ? status : sets_of_kind(variant, view, RAW_NFT_ELEMENT, cut);
}

/* A legacy table that is being changed. */
struct table_change {
	const struct rule_changes *changes;
	const struct xtables_table *table;
	bool any;
};

/* What becomes of an entry. */
static struct xt_edit entry_change(void *data, const struct xt_entry *entry)
{
	struct table_change *table = data;
	const struct rule_change wanted = {.legacy = true,
	                                   .family = table->table->family,
	                                   .table = table->table->name,
	                                   .handle = entry->offset};
	const struct rule_change *change = change_find(table->changes, &wanted);

	table->any |= change != NULL;
	if (!change)
		return (struct xt_edit){0};
	return (struct xt_edit){.leave_out = change->never, .cut = change->parts};
}

/* Copies a legacy table, changed. 0 or a negative errno. */
static int table_copy(struct variant *variant, const struct xtables_table *table,
                      const struct rule_changes *changes)
{
	struct table_change change = {.changes = changes, .table = table};
	struct xtables_table *copy = vec_push(&variant->view.xtables);
	struct xt_shifts *shifts = vec_push(&variant->shifts);
	struct ipt_getinfo info;
	int status;

	if (!copy || !shifts)
		return -ENOMEM;
	*copy = (struct xtables_table){.family = table->family, .name = table->name};
	status = xt_blob_edit(table, entry_change, &change, &info, &copy->entries, shifts);
	if (status == 0 && change.any)
		return bytes_append(&copy->info, &info, sizeof(info), sizeof(info));
	/* One that has nothing to change, or cannot be understood, stays as it is. */
	bytes_done(&copy->entries);
	vec_done(shifts);
	if (status == -ENOMEM)
		return status;
	status = bytes_append(&copy->entries, table->entries.data, table->entries.len, SIZE_MAX);
	return status < 0 ? status
	                  : bytes_append(&copy->info, table->info.data, table->info.len, SIZE_MAX);
}

int variant_new(const struct netview *view, const struct rule_changes *changes,
                struct variant **ret_variant, struct error **ret_error)
{
	_cleanup_(cleanup_variant_free) struct variant *variant = calloc(1, sizeof(*variant));
	struct rule_changes sorted = {0};
	struct cut_sets cut = {0};
	int status = variant ? vec_reserve(&sorted, changes->n) : -ENOMEM;

	if (status == 0) {
		variant->view = *view;
		variant->view.raw[RAW_NFT_RULE] = (struct bytes){0};
		memset(&variant->view.xtables, 0, sizeof(variant->view.xtables));
		vec_foreach(change, changes)
			sorted.items[sorted.n++] = *change;
		if (sorted.n)
			qsort(sorted.items, sorted.n, sizeof(*sorted.items), change_compare);
		status = rules_copy(&variant->view.raw[RAW_NFT_RULE], &view->raw[RAW_NFT_RULE],
		                    &sorted, &cut);
	}
	if (status == 0)
		status = sets_copy(variant, view, &cut);
	vec_foreach(table, &view->xtables)
		if (status == 0)
			status = table_copy(variant, table, &sorted);
	vec_done(&sorted);
	vec_done(&cut);
	if (status < 0)
		return error_wrap(ret_error, status, "changing rules for a copy");
	*ret_variant = steal_pointer(&variant);
	return 0;
}

const struct netview *variant_view(const struct variant *variant)
{
	return &variant->view;
}

uint64_t variant_origin(const struct variant *variant, uint8_t family, const char *table,
                        uint64_t offset)
{
	for (size_t i = 0; i < variant->view.xtables.n; i++) {
		const struct xtables_table *one = &variant->view.xtables.items[i];

		if (one->family == family && strcmp(one->name, table) == 0)
			return xt_shift_origin(&variant->shifts.items[i], offset);
	}
	return offset;
}

void variant_free(struct variant *variant)
{
	if (!variant)
		return;
	bytes_done(&variant->view.raw[RAW_NFT_RULE]);
	if (variant->own_sets) {
		bytes_done(&variant->view.raw[RAW_NFT_SET]);
		bytes_done(&variant->view.raw[RAW_NFT_ELEMENT]);
	}
	vec_foreach(table, &variant->view.xtables) {
		bytes_done(&table->info);
		bytes_done(&table->entries);
	}
	vec_done(&variant->view.xtables);
	vec_foreach(shifts, &variant->shifts)
		vec_done(shifts);
	vec_done(&variant->shifts);
	free(variant);
}
