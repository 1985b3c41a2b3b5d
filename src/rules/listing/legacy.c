/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Legacy xtables blobs as chains of entries. */
#include "rules/listing/legacy.h"

#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo),
               "both families share their layout");

static const char *const hook_names[NF_INET_NUMHOOKS] = {
    [NF_INET_PRE_ROUTING] = "PREROUTING",   [NF_INET_LOCAL_IN] = "INPUT",
    [NF_INET_FORWARD] = "FORWARD",          [NF_INET_LOCAL_OUT] = "OUTPUT",
    [NF_INET_POST_ROUTING] = "POSTROUTING",
};

/* What the entries of both families begin with, brought together. */
struct entry_head {
	uint32_t size, target_offset, next_offset;
};

/* Reads and checks an entry's offsets. False when it is malformed or cut off. */
static bool head_read(const struct xtables_table *table, uint32_t offset, struct entry_head *ret)
{
	struct entry_head head;
	size_t left;

	if (offset >= table->entries.len || table->entries.len > INT32_MAX)
		return false;
	left = table->entries.len - offset;
	if (table->family == AF_INET) {
		struct ipt_entry entry;

		if (left < sizeof(entry))
			return false;
		memcpy(&entry, table->entries.data + offset, sizeof(entry));
		head = (struct entry_head){sizeof(entry), entry.target_offset, entry.next_offset};
	} else {
		struct ip6t_entry entry;

		if (left < sizeof(entry))
			return false;
		memcpy(&entry, table->entries.data + offset, sizeof(entry));
		head = (struct entry_head){sizeof(entry), entry.target_offset, entry.next_offset};
	}
	if (head.target_offset < head.size || head.next_offset > left ||
	    head.next_offset < head.target_offset + sizeof(struct xt_entry_target))
		return false;
	*ret = head;
	return true;
}

/* A part's header at offset, within the entry's `end`. Returns its size, 0 when malformed. */
static uint32_t part_read(const struct xtables_table *table, uint32_t offset, uint32_t end,
                          struct xt_part *ret_part)
{
	const uint8_t *data = table->entries.data + offset;
	struct xt_entry_match match; /* a target's header is laid out the same */
	const char *name = (const char *)data + offsetof(struct xt_entry_match, u.user.name);

	_Static_assert(sizeof(struct xt_entry_match) == sizeof(struct xt_entry_target) &&
	                   offsetof(struct xt_entry_match, u.user.revision) ==
	                       offsetof(struct xt_entry_target, u.user.revision),
	               "matches and targets have one header");
	if (end - offset < sizeof(match))
		return 0;
	memcpy(&match, data, sizeof(match));
	if (match.u.user.match_size < sizeof(match) || match.u.user.match_size > end - offset ||
	    !memchr(name, 0, sizeof(match.u.user.name)))
		return 0;
	*ret_part = (struct xt_part){
	    .name = name,
	    .revision = match.u.user.revision,
	    .info = {data + sizeof(match), match.u.user.match_size - sizeof(match)},
	};
	return match.u.user.match_size;
}

/* Reads an entry's target. False when it is malformed. */
static bool target_read(const struct xtables_table *table, uint32_t offset,
                        const struct entry_head *head, struct xt_part *ret_target)
{
	return part_read(table, offset + head->target_offset, offset + head->next_offset,
	                 ret_target) > 0;
}

bool legacy_target(const struct xtables_table *table, const struct legacy_entry *entry,
                   struct xt_part *ret_target)
{
	struct entry_head head;

	return head_read(table, entry->offset, &head) &&
	       target_read(table, entry->offset, &head, ret_target);
}

/* The name in an ERROR entry, or NULL when the entry at offset is none. */
static const char *chain_head(const struct xtables_table *table, uint32_t offset)
{
	struct entry_head head;
	struct xt_part target;

	if (!head_read(table, offset, &head) || !target_read(table, offset, &head, &target) ||
	    strcmp(target.name, XT_ERROR_TARGET) != 0 ||
	    !memchr(target.info.data, 0, target.info.len))
		return NULL;
	return (const char *)target.info.data;
}

/* The table's IPT_SO_GET_INFO; all zero when it is too short. */
static struct ipt_getinfo info_read(const struct xtables_table *table)
{
	struct ipt_getinfo info = {0};

	if (table->info.len >= sizeof(info))
		memcpy(&info, table->info.data, sizeof(info));
	return info;
}

bool legacy_next(struct legacy_walk *walk, struct legacy_entry *ret_entry)
{
	struct ipt_getinfo info = info_read(walk->table);
	struct entry_head head;
	struct legacy_entry entry = {.offset = walk->offset};
	const char *name;

	if (!head_read(walk->table, walk->offset, &head))
		return false;
	name = chain_head(walk->table, walk->offset);
	if (name) {
		walk->chain = name;
		walk->hook = -1;
		walk->line = 0;
		entry.head = true;
	} else {
		for (int hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
			if (!(info.valid_hooks & 1u << hook) ||
			    info.hook_entry[hook] != walk->offset)
				continue;
			walk->chain = hook_names[hook];
			walk->hook = hook;
			walk->line = 0;
		}
		entry.end = walk->chain && walk->hook >= 0
		                ? info.underflow[walk->hook] == walk->offset
		                : chain_head(walk->table, walk->offset + head.next_offset) != NULL;
		entry.line = entry.end ? 0 : ++walk->line;
	}
	entry.next = walk->offset + head.next_offset;
	entry.chain = walk->chain;
	entry.builtin = walk->hook >= 0 && walk->chain;
	walk->offset = entry.next;
	*ret_entry = entry;
	return true;
}

const struct xtables_table *legacy_table(const struct netview *view, uint8_t family,
                                         const char *name)
{
	vec_foreach(table, &view->xtables)
		if (table->family == family && same_name(table->name, name))
			return table;
	return NULL;
}

int legacy_starts_read(const struct xtables_table *table, struct legacy_starts *ret_starts)
{
	struct legacy_walk walk = {.table = table};
	struct legacy_starts starts = {0};
	struct legacy_entry entry;
	bool head = false;

	while (legacy_next(&walk, &entry)) {
		struct legacy_start *start = head && !entry.head ? vec_push(&starts) : NULL;

		if (start) {
			*start = (struct legacy_start){entry.offset, entry.chain};
		} else if (head && !entry.head) {
			vec_done(&starts);
			return -ENOMEM;
		}
		head = entry.head;
	}
	*ret_starts = starts;
	return 0;
}

/* Compares an offset with a chain's. */
static int compare_start(const void *key, const void *item)
{
	const uint32_t *offset = key;
	const struct legacy_start *start = item;

	return (*offset > start->offset) - (*offset < start->offset);
}

/* The chain whose first rule is at an offset: where jumps go. */
static const char *chain_at(const struct xtables_table *table, const struct legacy_starts *starts,
                            uint32_t offset)
{
	struct legacy_walk walk = {.table = table};
	struct legacy_start *start = NULL;
	struct legacy_entry entry;

	if (starts && starts->n > 0)
		start = bsearch(&offset, starts->items, starts->n, sizeof(*starts->items),
		                compare_start);
	if (starts)
		return start ? start->chain : NULL;

	while (legacy_next(&walk, &entry) && entry.offset <= offset)
		if (entry.offset == offset && !entry.head)
			return entry.chain;
	return NULL;
}

/* Bytes of an interface's mask that are compared. */
static uint8_t interface_compared(const uint8_t mask[static XT_INTERFACE])
{
	uint8_t compared = 0;

	while (compared < XT_INTERFACE && mask[compared])
		compared++;
	return compared;
}

/* Fills what both families' heads have. */
static void interfaces_read(struct xt_rule *rule, const char *in, const uint8_t *in_mask,
                            const char *out, const uint8_t *out_mask, uint8_t inverted)
{
	memcpy(rule->in.name, in, XT_INTERFACE);
	memcpy(rule->out.name, out, XT_INTERFACE);
	rule->in.compared = interface_compared(in_mask);
	rule->out.compared = interface_compared(out_mask);
	rule->in.negated = inverted & IPT_INV_VIA_IN;
	rule->out.negated = inverted & IPT_INV_VIA_OUT;
	rule->source.negated = inverted & IPT_INV_SRCIP;
	rule->destination.negated = inverted & IPT_INV_DSTIP;
	rule->protocol_negated = inverted & XT_INV_PROTO;
}

/* Fills addresses, interfaces and protocol from an entry. Returns whether its jump is a goto. */
static bool conditions_read(const uint8_t *data, struct xt_rule *rule)
{
	if (rule->family == AF_INET) {
		struct ipt_entry entry;

		memcpy(&entry, data, sizeof(entry));
		memcpy(rule->source.address, &entry.ip.src, 4);
		memcpy(rule->source.mask, &entry.ip.smsk, 4);
		memcpy(rule->destination.address, &entry.ip.dst, 4);
		memcpy(rule->destination.mask, &entry.ip.dmsk, 4);
		interfaces_read(rule, entry.ip.iniface, entry.ip.iniface_mask, entry.ip.outiface,
		                entry.ip.outiface_mask, entry.ip.invflags);
		rule->protocol = entry.ip.proto;
		rule->fragment = entry.ip.flags & IPT_F_FRAG;
		rule->fragment_negated = entry.ip.invflags & IPT_INV_FRAG;
		return entry.ip.flags & IPT_F_GOTO;
	} else {
		struct ip6t_entry entry;

		memcpy(&entry, data, sizeof(entry));
		memcpy(rule->source.address, &entry.ipv6.src, 16);
		memcpy(rule->source.mask, &entry.ipv6.smsk, 16);
		memcpy(rule->destination.address, &entry.ipv6.dst, 16);
		memcpy(rule->destination.mask, &entry.ipv6.dmsk, 16);
		interfaces_read(rule, entry.ipv6.iniface, entry.ipv6.iniface_mask,
		                entry.ipv6.outiface, entry.ipv6.outiface_mask, entry.ipv6.invflags);
		rule->protocol = entry.ipv6.proto;
		return entry.ipv6.flags & IP6T_F_GOTO;
	}
}

/* Fills what a standard target says: a verdict, a jump, or nothing. */
static void verdict_read(const struct xtables_table *table, const struct legacy_entry *entry,
                         const struct legacy_starts *starts, const struct xt_part *target,
                         bool is_goto, struct xt_rule *rule)
{
	int32_t verdict = 0;
	const char *name;

	if (target->info.len >= sizeof(verdict))
		memcpy(&verdict, target->info.data, sizeof(verdict));
	if (verdict >= 0) {
		if ((uint32_t)verdict == entry->next && !is_goto)
			return;
		name = chain_at(table, starts, (uint32_t)verdict);
		rule->action = is_goto ? XT_ACTION_GOTO : XT_ACTION_JUMP;
		rule->target.name = name ? name : "<?>";
		return;
	}
	rule->action = XT_ACTION_VERDICT;
	rule->target.name = verdict == -NF_ACCEPT - 1  ? "ACCEPT"
	                    : verdict == -NF_DROP - 1  ? "DROP"
	                    : verdict == -NF_QUEUE - 1 ? "QUEUE"
	                    : verdict == XT_RETURN     ? "RETURN"
	                                               : "<verdict>";
}

/* Brings an entry into *ret_rule; starts may be NULL. */
static int rule_read(const struct xtables_table *table, const struct legacy_entry *entry,
                     const struct legacy_starts *starts, struct xt_rule *ret_rule)
{
	struct xt_rule rule = {.family = table->family};
	struct xt_part target, *match;
	struct entry_head head;
	uint32_t offset, end, step;
	bool is_goto;

	if (!head_read(table, entry->offset, &head) ||
	    !target_read(table, entry->offset, &head, &target))
		return -EBADMSG;
	is_goto = conditions_read(table->entries.data + entry->offset, &rule);
	end = entry->offset + head.target_offset;
	for (offset = entry->offset + head.size; offset < end; offset += step) {
		struct xt_part part;

		step = part_read(table, offset, end, &part);
		match = step ? vec_push(&rule.matches) : NULL;
		if (!match) {
			xt_rule_done(&rule);
			return step ? -ENOMEM : -EBADMSG;
		}
		*match = part;
	}
	if (*target.name) {
		rule.action = XT_ACTION_TARGET;
		rule.target = target;
	} else {
		verdict_read(table, entry, starts, &target, is_goto, &rule);
	}
	*ret_rule = rule;
	return 0;
}

int xt_rule_from_legacy(const struct xtables_table *table, const struct legacy_entry *entry,
                        struct xt_rule *ret_rule)
{
	return rule_read(table, entry, NULL, ret_rule);
}

int xt_rule_from_legacy_with(const struct xtables_table *table, const struct legacy_entry *entry,
                             const struct legacy_starts *starts, struct xt_rule *ret_rule)
{
	return rule_read(table, entry, starts, ret_rule);
}
