/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells which legacy rules one packet met, from their counters.
 *
 * Theory of operation. Legacy xtables cannot say what a packet did, but each entry counts the
 * packets that matched it. Between a reading before and one after a single packet in a twin where
 * nothing else moves, exactly the entries that it matched have moved. Walking the chains as the
 * kernel does, from each hook's first entry, taking the entries that moved and following their
 * jumps, gives their order. Tables stand at fixed priorities.
 * A blob comes from the kernel that made it, yet each offset is checked: it may also be large.
 */
#include "prove/trace.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	DEPTH_MAX = 64,   /* of jumps; a packet that goes deeper is only told as far */
	STEPS_MAX = 4096, /* of one packet in one table */
};

/* One legacy table before and after. */
struct walk {
	const struct xtables_table *table;
	const uint8_t *before, *after; /* the blobs */
	size_t size;
	struct ipt_getinfo info;
	uint64_t *left; /* how often each entry may still be met, by byte offset / 8; owned */
	struct placed_steps *steps;
};

/* What an entry's header says, for both families. */
struct entry {
	uint32_t offset, target, next; /* from the blob's start */
	uint64_t packets;
	bool go; /* its jump does not come back (-g) */
};

/* A chain that a hook calls. */
struct builtin {
	const char *name;
	unsigned hook;
	int stage;
};

static const struct builtin builtins[] = {
    {"PREROUTING", NF_INET_PRE_ROUTING, TRACE_STAGE_PREROUTING},
    {"INPUT", NF_INET_LOCAL_IN, TRACE_STAGE_ROUTED},
    {"FORWARD", NF_INET_FORWARD, TRACE_STAGE_ROUTED},
    {"POSTROUTING", NF_INET_POST_ROUTING, TRACE_STAGE_POSTROUTING},
};

/* What a target that is no verdict does with a packet, for those that end its walk. */
static const struct {
	const char *name;
	uint32_t verdict;
} final_targets[] = {
    {"REJECT", NF_DROP},     {"DNAT", NF_ACCEPT},   {"SNAT", NF_ACCEPT},
    {"REDIRECT", NF_ACCEPT}, {"NETMAP", NF_ACCEPT}, {"MASQUERADE", NF_ACCEPT},
    {"TPROXY", NF_ACCEPT},   {"NFQUEUE", NF_QUEUE}, {"QUEUE", NF_QUEUE},
    {"SYNPROXY", NF_STOLEN}, {"TARPIT", NF_DROP},   {"STEAL", NF_STOLEN},
};

/* Where the fields of an entry's header stand, for IPv4 and IPv6. */
static const struct layout {
	size_t size, flags, target, next, counters;
	uint8_t go;
} layouts[2] = {
    {sizeof(struct ipt_entry), offsetof(struct ipt_entry, ip.flags),
     offsetof(struct ipt_entry, target_offset), offsetof(struct ipt_entry, next_offset),
     offsetof(struct ipt_entry, counters), IPT_F_GOTO},
    {sizeof(struct ip6t_entry), offsetof(struct ip6t_entry, ipv6.flags),
     offsetof(struct ip6t_entry, target_offset), offsetof(struct ip6t_entry, next_offset),
     offsetof(struct ip6t_entry, counters), IP6T_F_GOTO},
};

/* Reads the entry at an offset. False when no whole one is there. */
static bool read_entry(const struct walk *walk, const uint8_t *blob, uint32_t offset,
                       struct entry *ret_entry)
{
	const struct layout *layout = &layouts[walk->table->family == AF_INET6];
	const uint8_t *header = blob + offset;
	struct xt_counters counters;
	uint16_t target, next;

	if (offset % 8 || offset > walk->size || walk->size - offset < layout->size)
		return false;
	memcpy(&target, header + layout->target, sizeof(target));
	memcpy(&next, header + layout->next, sizeof(next));
	memcpy(&counters, header + layout->counters, sizeof(counters));
	if (target < layout->size || next < target + sizeof(struct xt_entry_target) ||
	    next > walk->size - offset)
		return false;
	*ret_entry = (struct entry){.offset = offset,
	                            .target = offset + target,
	                            .next = offset + next,
	                            .packets = counters.pcnt,
	                            .go = header[layout->flags] & layout->go};
	return true;
}

/* The name of an entry's target: "" for a verdict or a jump. Borrowed from the blob. */
static const char *target_name(const struct walk *walk, const struct entry *entry)
{
	return (const char *)walk->after + entry->target +
	       offsetof(struct xt_entry_target, u.user.name);
}

/* The number in a standard target: a jump's offset, or a verdict below 0. */
static int standard_verdict(const struct walk *walk, const struct entry *entry)
{
	int verdict = -NF_ACCEPT - 1;
	size_t at = entry->target + offsetof(struct xt_standard_target, verdict);

	if (at + sizeof(verdict) <= entry->next)
		memcpy(&verdict, walk->after + at, sizeof(verdict));
	return verdict;
}

/* Whether a name of a fixed field is this one. */
static bool is_name(const char *field, const char *name)
{
	return strncmp(field, name, XT_EXTENSION_MAXNAMELEN) == 0;
}

/* The name of the user chain whose first entry stands at an offset. */
static const char *chain_name(const struct walk *walk, uint32_t first)
{
	struct entry entry;

	for (uint32_t offset = 0;
	     read_entry(walk, walk->after, offset, &entry) && entry.next <= first;
	     offset = entry.next)
		if (entry.next == first && is_name(target_name(walk, &entry), XT_ERROR_TARGET) &&
		    entry.next - entry.target >= sizeof(struct xt_error_target))
			return (const char *)walk->after + entry.target +
			       offsetof(struct xt_error_target, errorname);
	return "?";
}

/* The priority that a table has at a hook. */
static int32_t table_priority(const char *table, unsigned hook)
{
	static const struct {
		const char *name;
		int32_t priority;
	} tables[] = {{"raw", NF_IP_PRI_RAW},
	              {"mangle", NF_IP_PRI_MANGLE},
	              {"filter", NF_IP_PRI_FILTER},
	              {"security", NF_IP_PRI_SECURITY}};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (!strcmp(table, tables[i].name))
			return tables[i].priority;
	return hook == NF_INET_PRE_ROUTING ? NF_IP_PRI_NAT_DST : NF_IP_PRI_NAT_SRC;
}

/* Whether the entry at an offset is the head of a user chain, or the blob's end. */
static bool is_head(const struct walk *walk, uint32_t offset)
{
	struct entry entry;

	return !read_entry(walk, walk->after, offset, &entry) ||
	       is_name(target_name(walk, &entry), XT_ERROR_TARGET);
}

/* What an entry does, as a verdict; *ret_jump is where it jumps to, or 0. */
static uint32_t read_verdict(const struct walk *walk, const struct entry *entry, uint32_t *ret_jump)
{
	const char *name = target_name(walk, entry);
	int verdict;

	*ret_jump = 0;
	if (*name) {
		for (size_t i = 0; i < sizeof(final_targets) / sizeof(*final_targets); i++)
			if (is_name(name, final_targets[i].name))
				return final_targets[i].verdict;
		return (uint32_t)NFT_CONTINUE;
	}
	verdict = standard_verdict(walk, entry);
	if (verdict == XT_RETURN)
		return (uint32_t)NFT_RETURN;
	if (verdict < 0)
		return (uint32_t)(-verdict - 1);
	if ((uint32_t)verdict == entry->next) /* a rule without a target */
		return (uint32_t)NFT_CONTINUE;
	*ret_jump = (uint32_t)verdict;
	return (uint32_t)(entry->go ? NFT_GOTO : NFT_JUMP);
}

/* Adds the step of an entry. 0 or -ENOMEM. */
static int add_step(struct walk *walk, const struct builtin *builtin, const char *chain,
                    const struct entry *entry, uint32_t verdict, uint32_t jump)
{
	struct placed_step *placed = vec_push(walk->steps);
	struct trace_step *step;

	if (!placed)
		return -ENOMEM;
	placed->place.stage = builtin->stage;
	placed->place.priority = table_priority(walk->table->name, builtin->hook);
	step = &placed->step;
	step->family = walk->table->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	step->legacy = true;
	step->policy = entry->offset == walk->info.underflow[builtin->hook];
	step->handle = step->policy ? 0 : entry->offset;
	step->verdict = verdict;
	snprintf(step->table, sizeof(step->table), "%s", walk->table->name);
	snprintf(step->chain, sizeof(step->chain), "%.30s", chain);
	if (jump)
		snprintf(step->jump_chain, sizeof(step->jump_chain), "%.30s",
		         chain_name(walk, jump));
	return 0;
}

/* The chains that a walk is in. */
struct calls {
	struct {
		uint32_t back;
		const char *chain;
	} stack[DEPTH_MAX];
	unsigned depth;
	const char *chain; /* the innermost; borrowed from the blob */
};

/* Follows a jump. False when it goes too deep. */
static bool call(struct calls *calls, const char *chain, uint32_t back, bool comes_back)
{
	if (comes_back) {
		if (calls->depth == DEPTH_MAX)
			return false;
		calls->stack[calls->depth].back = back;
		calls->stack[calls->depth++].chain = calls->chain;
	}
	calls->chain = chain;
	return true;
}

/* Where a RETURN goes: behind the last jump, or to the policy. */
static uint32_t come_back(const struct walk *walk, const struct builtin *builtin,
                          struct calls *calls)
{
	if (!calls->depth) {
		calls->chain = builtin->name;
		return walk->info.underflow[builtin->hook];
	}
	calls->chain = calls->stack[--calls->depth].chain;
	return calls->stack[calls->depth].back;
}

/* Walks one built-in chain. 0 or -ENOMEM. */
static int walk_builtin(struct walk *walk, const struct builtin *builtin)
{
	struct calls calls = {.chain = builtin->name};
	uint32_t offset = walk->info.hook_entry[builtin->hook];
	struct entry entry;

	for (unsigned i = 0; i < STEPS_MAX && read_entry(walk, walk->after, offset, &entry);) {
		uint32_t jump, verdict = read_verdict(walk, &entry, &jump);
		/* The RETURN that ends each user chain counts, but nobody wrote it. */
		bool written = verdict != (uint32_t)NFT_RETURN || !is_head(walk, entry.next);
		int status = 0;

		offset = entry.next;
		if (is_name(target_name(walk, &entry), XT_ERROR_TARGET))
			break;
		if (!walk->left[entry.offset / 8]) {
			/* Behind a built-in chain's policy the next one begins. */
			if (entry.offset == walk->info.underflow[builtin->hook])
				break;
			continue;
		}
		walk->left[entry.offset / 8]--;
		i++;
		if (written)
			status = add_step(walk, builtin, calls.chain, &entry, verdict, jump);
		if (status < 0)
			return status;
		if (jump && !call(&calls, chain_name(walk, jump), entry.next, !entry.go))
			break;
		if (jump)
			offset = jump;
		else if (verdict == (uint32_t)NFT_RETURN)
			offset = come_back(walk, builtin, &calls);
		else if (verdict <= NF_QUEUE)
			break;
	}
	return 0;
}

/* Fills in how often each entry was met. */
static void count_entries(struct walk *walk)
{
	struct entry before, after;

	for (uint32_t offset = 0; read_entry(walk, walk->after, offset, &after);
	     offset = after.next) {
		if (!read_entry(walk, walk->before, offset, &before) || before.next != after.next)
			return;
		walk->left[offset / 8] = after.packets - before.packets;
	}
}

/* Adds the steps of one table. 0 or -ENOMEM. */
static int walk_table(const struct xtables_table *before, const struct xtables_table *after,
                      struct placed_steps *steps)
{
	struct walk walk = {.table = after,
	                    .before = before->entries.data,
	                    .after = after->entries.data,
	                    .size = after->entries.len,
	                    .steps = steps};
	int status = 0;

	if (after->info.len != sizeof(walk.info) || before->entries.len != walk.size || !walk.size)
		return 0;
	memcpy(&walk.info, after->info.data, sizeof(walk.info));
	walk.left = calloc(walk.size / 8 + 1, sizeof(*walk.left));
	if (!walk.left)
		return -ENOMEM;
	count_entries(&walk);
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins) && !status; i++)
		if (walk.info.valid_hooks & 1u << builtins[i].hook)
			status = walk_builtin(&walk, &builtins[i]);
	free(walk.left);
	return status;
}

int trace_legacy_steps(const struct netview *before, const struct netview *after,
                       struct placed_steps *steps)
{
	vec_foreach(old, &before->xtables)
		vec_foreach(new, &after->xtables) {
			int status = 0;

			if (old->family == new->family && !strcmp(old->name, new->name))
				status = walk_table(old, new, steps);
			if (status < 0)
				return status;
		}
	return 0;
}
