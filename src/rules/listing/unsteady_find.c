/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which matches and expressions waver, and which sets rules fill. */
#include "rules/listing/registers.h"
#include "rules/listing/unsteady_find.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_set.h>
#include <string.h>

enum {
	PARTS_MAX = 64, /* bits of a mask */
	KEYS_DEEP = 8,  /* maps of maps that are followed */
	/* NFT_OBJECT_* whose use can say no, and the attributes of sets that newer headers have. */
	OBJECT_QUOTA = 2,
	OBJECT_LIMIT = 4,
	OBJECT_CONNLIMIT = 5,
};

/* Matches of xtables that count, remember, draw lots or look at the clock; addons too. */
static const char *const unsteady_matches[] = {
    "limit", "hashlimit", "connlimit", "statistic", "quota",  "quota2",    "time",
    "cpu",   "rateest",   "random",    "nth",       "fuzzy",  "condition", "psd",
    "lscan", "pknock",    "dstlimit",  "connrate",  "nfacct",
};

/* Expressions of nftables that count, by themselves or in a set's elements. */
static const char *const unsteady_expressions[] = {"limit", "quota", "connlimit"};

/* Whether a name is listed. */
static bool is_listed(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_name(name, list[i]))
			return true;
	return false;
}
#define LISTED(name, list) is_listed(name, list, sizeof(list) / sizeof(*(list)))

/* Orders two names of which either may be missing. */
static int name_compare(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

/* Orders sets, for qsort() and bsearch(). */
static int set_compare(const void *a, const void *b)
{
	const struct filled_set *left = a, *right = b;
	int order = (left->family > right->family) - (left->family < right->family);

	if (!order)
		order = (left->index > right->index) - (left->index < right->index);
	if (!order)
		order = name_compare(left->table, right->table);
	return order ? order : name_compare(left->name, right->name);
}

/* Whether a set is listed. */
static bool is_filled(const struct filled_sets *sets, const struct filled_set *set)
{
	return sets->n && bsearch(set, sets->items, sets->n, sizeof(*set), set_compare);
}

/* Adds a set. 0 or -ENOMEM. */
static int filled_add(struct filled_sets *sets, const struct filled_set *set)
{
	struct filled_set *slot = vec_push(sets);

	if (!slot)
		return -ENOMEM;
	*slot = *set;
	return 0;
}

/* The index of an ipset that a match or a target names first: all revisions begin with it. */
static bool ipset_at(struct span info, size_t offset, uint16_t *ret_index)
{
	if (info.len < offset + sizeof(*ret_index))
		return false;
	memcpy(ret_index, info.data + offset, sizeof(*ret_index));
	return *ret_index != IPSET_INVALID_ID;
}

/* Whether a match of xtables wavers. */
static bool match_wavers(const struct filled_sets *sets, const struct xt_part *match)
{
	struct xt_recent_mtinfo recent;
	uint16_t index;

	if (same_name(match->name, "recent")) {
		/* --set notes the sender and always says the same. */
		if (match->info.len < sizeof(recent))
			return true;
		memcpy(&recent, match->info.data, sizeof(recent));
		return !(recent.check_set & XT_RECENT_SET);
	}
	if (same_name(match->name, "set"))
		return ipset_at(match->info, 0, &index) &&
		       is_filled(sets, &(struct filled_set){.index = index});
	return LISTED(match->name, unsteady_matches);
}

/* The xtables extension that an nftables expression carries. False when it carries none. */
static bool compat_part(const struct nft_expr *expr, bool *ret_target, struct xt_part *ret_part)
{
	bool target = same_name(expr->name, "target");
	const struct span *attr = expr->attrs.by_type;

	if (!target && !same_name(expr->name, "match"))
		return false;
	*ret_target = target;
	*ret_part = (struct xt_part){
	    .name = attr_string(attr[target ? NFTA_TARGET_NAME : NFTA_MATCH_NAME]),
	    .revision = attr_u32(attr[target ? NFTA_TARGET_REV : NFTA_MATCH_REV], 0),
	    .info = attr[target ? NFTA_TARGET_INFO : NFTA_MATCH_INFO],
	};
	return ret_part->name != NULL;
}

/* Adds the ipsets that a SET target changes. 0 or -ENOMEM. */
static int filled_by_target(struct filled_sets *sets, const struct xt_part *target)
{
	size_t step = target->revision ? sizeof(struct xt_set_info) : sizeof(struct xt_set_info_v0);

	if (!same_name(target->name, "SET"))
		return 0;
	/* To add to, to take from, and, of revision 3, to map from: which is no change. */
	for (unsigned i = 0; i < 2; i++) {
		uint16_t index;

		if (ipset_at(target->info, i * step, &index) &&
		    filled_add(sets, &(struct filled_set){.index = index}) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds the sets that an nftables rule fills. 0 or -ENOMEM. */
static int filled_by_nft(struct filled_sets *sets, const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;
	struct xt_part part;
	bool target;

	while (nft_expr_next(&rest, &expr)) {
		struct filled_set set = {.family = rule->family, .table = rule->table};

		if (compat_part(&expr, &target, &part) && target &&
		    filled_by_target(sets, &part) < 0)
			return -ENOMEM;
		if (!same_name(expr.name, "dynset"))
			continue;
		set.name = attr_string(expr.attrs.by_type[NFTA_DYNSET_SET_NAME]);
		if (set.name && filled_add(sets, &set) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Whether a list of nested expressions has one that counts. */
static bool nest_wavers(struct span list)
{
	struct nft_expr expr;

	while (nft_expr_next(&list, &expr))
		if (LISTED(expr.name, unsteady_expressions))
			return true;
	return false;
}

/* The same of a single expression. */
static bool single_wavers(struct span nest)
{
	struct nft_expr expr;

	return nest.data && nft_expr_read(nest, &expr) && LISTED(expr.name, unsteady_expressions);
}

/* Whether objects of a type can say no. */
static bool object_wavers(uint32_t type)
{
	return type == OBJECT_LIMIT || type == OBJECT_QUOTA || type == OBJECT_CONNLIMIT;
}

/* Adds the sets whose elements count, or name what counts. 0 or -ENOMEM. */
static int filled_by_counting(const struct netview *view, struct filled_sets *sets)
{
	struct nft_set set;
	size_t offset = 0;

	while (nft_set_next(view, &offset, &set))
		if ((object_wavers(set.object_type) || single_wavers(set.expression) ||
		     nest_wavers(set.expressions)) &&
		    filled_add(sets, &(struct filled_set){.family = set.family,
		                                          .table = set.table,
		                                          .name = set.name}) < 0)
			return -ENOMEM;
	return 0;
}

int filled_sets_find(const struct netview *view, struct filled_sets *ret_sets)
{
	struct filled_sets sets = {0};
	struct nft_rule rule;
	size_t offset = 0;
	int status = filled_by_counting(view, &sets);

	while (status == 0 && nft_rule_next(view, &offset, &rule))
		status = filled_by_nft(&sets, &rule);
	vec_foreach(table, &view->xtables) {
		struct legacy_walk walk = {.table = table};
		struct legacy_entry entry;
		struct xt_part target;

		while (status == 0 && legacy_next(&walk, &entry))
			if (legacy_target(table, &entry, &target))
				status = filled_by_target(&sets, &target);
	}
	if (status == 0 && sets.n)
		qsort(sets.items, sets.n, sizeof(*sets.items), set_compare);
	if (status < 0)
		vec_done(&sets);
	else
		*ret_sets = sets;
	return status;
}

/* An nft rule that is being looked through. */
struct look {
	const struct netview *view;
	const struct filled_sets *sets;
	const struct nft_rule *rule;
	struct registers registers;
	bool drawn; /* something that wavers was loaded */
};

/* Whether what is in a set changes, or its elements count. */
static bool set_wavers(const struct look *look, const char *name)
{
	return name && is_filled(look->sets, &(struct filled_set){.family = look->rule->family,
	                                                          .table = look->rule->table,
	                                                          .name = name});
}

/* Whether a meta key is not the packet's. */
static bool meta_wavers(uint32_t key)
{
	return key == NFT_META_PRANDOM || key == NFT_META_CPU || key == NFT_META_TIME_NS ||
	       key == NFT_META_TIME_DAY || key == NFT_META_TIME_HOUR;
}

/* Whether the value of an operand was drawn, or read off a clock. */
static bool operand_wavers(const struct operand *operand, unsigned depth)
{
	const struct span *attr;

	if (!operand)
		return false;
	attr = operand->expr.attrs.by_type;
	switch (operand->kind) {
	case OPERAND_META:
		return meta_wavers(operand->key);
	case OPERAND_OTHER:
		return same_name(operand->expr.name, "numgen");
	case OPERAND_HASH:
		/* Without a seed each rule draws its own; symhash goes by the machine's. */
		if (attr_u32(attr[NFTA_HASH_TYPE], NFT_HASH_JENKINS) != NFT_HASH_JENKINS ||
		    !attr[NFTA_HASH_SEED].data)
			return true;
		break;
	case OPERAND_MAP:
		break;
	case OPERAND_PAYLOAD:
	case OPERAND_CT:
	case OPERAND_CONSTANT:
		return false;
	}
	for (unsigned i = 0; depth < KEYS_DEEP && i < operand->n_keys; i++)
		if (operand_wavers(operand->keys[i], depth + 1))
			return true;
	return false;
}

/* Whether the value in a register that an attribute names was drawn. */
static bool register_wavers(const struct look *look, struct span attribute)
{
	return attribute.data &&
	       operand_wavers(register_get(&look->registers, attr_u32(attribute, 0)), 0);
}

/* Whether one of the keys of a lookup was drawn. To find the set is dear, and seldom needed. */
static bool keys_waver(const struct look *look, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *keys[OPERAND_KEYS];
	struct nft_set set = {0};
	unsigned n;

	if (!look->drawn)
		return false;
	(void)nft_set_find(look->view, look->rule->family, look->rule->table,
	                   attr_string(attr[NFTA_LOOKUP_SET]), &set);
	n = register_get_keys(&look->registers, attr_u32(attr[NFTA_LOOKUP_SREG], 0), set.key_len,
	                      keys);
	for (unsigned i = 0; i < n; i++)
		if (operand_wavers(keys[i], 0))
			return true;
	return false;
}

enum wavering { STEADY, CONDITION, CHOICE };

/* limit, quota, connlimit */
static enum wavering see_counter(const struct look *look, const struct nft_expr *expr)
{
	(void)look;
	(void)expr;
	return CONDITION;
}

/* cmp, range: both have their register first. */
static enum wavering see_comparison(const struct look *look, const struct nft_expr *expr)
{
	_Static_assert((int)NFTA_CMP_SREG == (int)NFTA_RANGE_SREG, "one attribute for both");
	return register_wavers(look, expr->attrs.by_type[NFTA_CMP_SREG]) ? CONDITION : STEADY;
}

/* lookup: a set, or a map whose value the rest of the rule needs. */
static enum wavering see_lookup(const struct look *look, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	if (!set_wavers(look, attr_string(attr[NFTA_LOOKUP_SET])) && !keys_waver(look, expr))
		return STEADY;
	return attr[NFTA_LOOKUP_DREG].data ? CHOICE : CONDITION;
}

/* dynset: it says no where an expression of the element does. */
static enum wavering see_dynset(const struct look *look, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	(void)look;
	return single_wavers(attr[NFTA_DYNSET_EXPR]) || nest_wavers(attr[NFTA_DYNSET_EXPRESSIONS])
	           ? CONDITION
	           : STEADY;
}

/* objref: a named limit, quota or ct count, or one that a map gives. */
static enum wavering see_object(const struct look *look, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	return object_wavers(attr_u32(attr[NFTA_OBJREF_IMM_TYPE], 0)) ||
	               set_wavers(look, attr_string(attr[NFTA_OBJREF_SET_NAME]))
	           ? CONDITION
	           : STEADY;
}

/* match: an extension of xtables. */
static enum wavering see_match(const struct look *look, const struct nft_expr *expr)
{
	struct xt_part part;
	bool target;

	return compat_part(expr, &target, &part) && match_wavers(look->sets, &part) ? CONDITION
	                                                                            : STEADY;
}

/* Statements that act on what is in a register, and the attributes that name it; 0 ends. */
static const struct {
	const char *name;
	uint16_t sregs[4];
} register_users[] = {
    {"meta", {NFTA_META_SREG}},
    {"ct", {NFTA_CT_SREG}},
    {"payload", {NFTA_PAYLOAD_SREG}},
    {"nat",
     {NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX, NFTA_NAT_REG_PROTO_MIN,
      NFTA_NAT_REG_PROTO_MAX}},
    {"redir", {NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX}},
    {"tproxy", {NFTA_TPROXY_REG_ADDR, NFTA_TPROXY_REG_PORT}},
    {"queue", {NFTA_QUEUE_SREG_QNUM}},
    {"fwd", {NFTA_FWD_SREG_DEV, NFTA_FWD_SREG_ADDR}},
};

/* Anything else: what it does may have been drawn. */
static enum wavering see_statement(const struct look *look, const struct nft_expr *expr)
{
	for (size_t i = 0; i < sizeof(register_users) / sizeof(*register_users); i++) {
		if (!same_name(expr->name, register_users[i].name))
			continue;
		for (unsigned k = 0; k < 4 && register_users[i].sregs[k]; k++)
			if (register_wavers(look, expr->attrs.by_type[register_users[i].sregs[k]]))
				return CHOICE;
	}
	return STEADY;
}

static const struct {
	const char *name;
	enum wavering (*see)(const struct look *look, const struct nft_expr *expr);
} seen[] = {
    {"limit", see_counter},  {"quota", see_counter},    {"connlimit", see_counter},
    {"cmp", see_comparison}, {"range", see_comparison}, {"lookup", see_lookup},
    {"dynset", see_dynset},  {"objref", see_object},    {"match", see_match},
};

/* What one expression is. */
static enum wavering see(const struct look *look, const struct nft_expr *expr)
{
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
		if (same_name(expr->name, seen[i].name))
			return seen[i].see(look, expr);
	return see_statement(look, expr);
}

void unsteady_nft(const struct netview *view, const struct filled_sets *sets,
                  const struct nft_rule *rule, uint64_t *ret_conditions, uint64_t *ret_choices)
{
	_cleanup_(arena_done) struct arena arena = {0};
	struct look look = {
	    .view = view, .sets = sets, .rule = rule, .registers = {.arena = &arena}};
	struct span rest = rule->expressions;
	uint64_t conditions = 0, choices = 0;
	struct nft_expr expr;

	for (unsigned i = 0; i < PARTS_MAX && nft_expr_next(&rest, &expr); i++) {
		switch (see(&look, &expr)) {
		case STEADY:
			break;
		case CONDITION:
			conditions |= 1ull << i;
			break;
		case CHOICE:
			choices |= 1ull << i;
			break;
		}
		look.drawn |= same_name(expr.name, "numgen") || same_name(expr.name, "hash") ||
		              (same_name(expr.name, "meta") &&
		               meta_wavers(attr_u32(expr.attrs.by_type[NFTA_META_KEY], 0)));
		(void)registers_step(&look.registers, &expr);
	}
	*ret_conditions = conditions;
	*ret_choices = choices;
}

int unsteady_legacy(const struct filled_sets *sets, const struct xtables_table *table,
                    const struct legacy_entry *entry, uint64_t *ret_conditions)
{
	struct xt_rule rule = {0};
	uint64_t conditions = 0;
	int status = xt_rule_from_legacy(table, entry, &rule);

	if (status < 0)
		return status == -ENOMEM ? status : 0;
	for (size_t i = 0; i < rule.matches.n && i < PARTS_MAX; i++)
		if (match_wavers(sets, &rule.matches.items[i]))
			conditions |= 1ull << i;
	xt_rule_done(&rule);
	*ret_conditions = conditions;
	return 0;
}
