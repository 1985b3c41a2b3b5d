/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of xtables, and matches and targets that stand in nft rules: which of them is read how.
 *
 * What has no reader is an unknown by its own words: a match goes on or not, a target may end the
 * packet's way or not.
 */
#include "rules/kernel/kernel.h"

#include <linux/netfilter.h>
#include <netinet/in.h>
#include <string.h>

/* No structure that is read is longer. */
enum { INFO_ROOM = 512 };

uint8_t decode_family(const struct decode *decode)
{
	const struct known *known = &decode->path->known;

	if (decode->family == NFPROTO_IPV4 || decode->family == NFPROTO_IPV6)
		return decode->family;
	return known->families == KNOWN_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* Matches whose answer changes from one packet to the next like it, or as it goes along. */
static bool counts(const char *name)
{
	static const char *const names[] = {"limit",     "hashlimit", "recent", "connlimit",
	                                    "statistic", "quota",     "nfacct", "connlabel",
	                                    "rateest",   "connbytes", "set"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Runs the reader of a part; *ret_found is false where there is none. */
static int part_read(struct decode *decode, const struct xt_part *part,
                     const struct xt_reader *readers, size_t n, bool *ret_found)
{
	uint8_t info[INFO_ROOM] __attribute__((aligned(16))) = {0};
	uint8_t family = decode_family(decode);

	*ret_found = false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(readers[i].name, part->name) != 0 ||
		    readers[i].revision != part->revision ||
		    (readers[i].family && readers[i].family != family))
			continue;
		if (part->info.len < readers[i].size || readers[i].size > INFO_ROOM)
			return error_set(decode->kernel->ret_error, EBADMSG,
			                 "%s of table %s has %zu bytes, not %u", part->name,
			                 decode->table, part->info.len, readers[i].size);
		if (readers[i].size)
			memcpy(info, part->info.data, readers[i].size);
		*ret_found = true;
		return readers[i].read(decode, info);
	}
	return 0;
}

int decode_xt_match(struct decode *decode, const struct xt_part *part)
{
	bool found;
	int status;

	decode->part = part;
	decode->part_is_target = false;
	status = part_read(decode, part, xt_packet_readers, n_xt_packet_readers, &found);
	if (status == 0 && !found)
		status = part_read(decode, part, xt_flow_readers, n_xt_flow_readers, &found);
	if (status == 0 && !found)
		status = decode_unknown(decode, !counts(part->name));
	decode->part = NULL;
	return status;
}

int decode_xt_target(struct decode *decode, const struct xt_part *part)
{
	bool found;
	int status;

	decode->part = part;
	decode->part_is_target = true;
	status = part_read(decode, part, xt_target_readers, n_xt_target_readers, &found);
	if (status == 0 && !found)
		status = decode_unknown_verdict(decode);
	decode->part = NULL;
	return status;
}

/* Adds the match of an address, unless it is any. */
static int match_address(struct decode *decode, enum field field, const struct xt_address *address)
{
	unsigned bits = decode->family == NFPROTO_IPV4 ? 32 : 128;
	field_value value = field_of_address(decode->family, address->address);
	field_value mask = field_of_address(decode->family, address->mask);
	field_value rest = ones(bits) & ~mask;

	if (!mask && !address->negated)
		return 0;
	if (value & rest) {
		/* No address is that under the mask. */
		if (!address->negated)
			decode_never(decode);
		return 0;
	}
	if (rest & (rest + 1))
		return decode_match_masked(decode, field, address->negated, mask, value);
	return decode_match(decode, field, address->negated, value, value | rest);
}

/* Adds the match of an interface, unless it is any. */
static int match_interface(struct decode *decode, enum field field,
                           const struct xt_interface *interface)
{
	unsigned rest = 8U * (XT_INTERFACE - interface->compared);
	struct interval names;
	char name[XT_INTERFACE] = {0};

	if (interface->compared == 0) {
		if (interface->negated)
			decode_never(decode);
		return 0;
	}
	memcpy(name, interface->name, interface->compared);
	names = field_of_name(name, false);
	/* What is compared ends where the mask does: with the NUL, or before it. */
	names.last = names.first | ones(rest);
	if (memchr(name, 0, interface->compared))
		names.last = names.first;
	return decode_match(decode, field, interface->negated, names.first, names.last);
}

/* Adds what the head of an entry asks for. */
static int match_head(struct decode *decode, const struct xt_rule *rule)
{
	int status = match_address(decode, FIELD_SOURCE, &rule->source);

	if (status == 0)
		status = match_address(decode, FIELD_DESTINATION, &rule->destination);
	if (status == 0)
		status = match_interface(decode, FIELD_IN, &rule->in);
	if (status == 0)
		status = match_interface(decode, FIELD_OUT, &rule->out);
	if (status == 0 && (rule->protocol || rule->protocol_negated))
		status = decode_match(decode, FIELD_PROTOCOL, rule->protocol_negated,
		                      rule->protocol, rule->protocol);
	if (status == 0 && (rule->fragment || rule->fragment_negated))
		status = decode_match(decode, FIELD_FRAGMENT, false, !rule->fragment_negated,
		                      !rule->fragment_negated);
	return status;
}

/* Adds what an entry does. */
static int add_action(struct decode *decode, const struct xt_rule *rule)
{
	static const struct {
		const char *name;
		enum rule_verdict kind;
	} verdicts[] = {{"ACCEPT", VERDICT_ACCEPT},
	                {"DROP", VERDICT_DROP},
	                {"QUEUE", VERDICT_QUEUE},
	                {"RETURN", VERDICT_RETURN}};

	switch (rule->action) {
	case XT_ACTION_NONE:
		return 0;
	case XT_ACTION_TARGET:
		return decode_xt_target(decode, &rule->target);
	case XT_ACTION_JUMP:
		return decode_verdict(decode, VERDICT_JUMP, rule->target.name);
	case XT_ACTION_GOTO:
		return decode_verdict(decode, VERDICT_GOTO, rule->target.name);
	case XT_ACTION_VERDICT:
		break;
	}
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (strcmp(verdicts[i].name, rule->target.name) == 0)
			return decode_verdict(decode, verdicts[i].kind, NULL);
	return error_set(decode->kernel->ret_error, EBADMSG,
	                 "an entry of table %s has a verdict that there is none of", decode->table);
}

/* Runs a part over all paths that are still on their way. */
int decode_all(struct decode *decode, int (*run)(struct decode *decode, const void *what),
               const void *what)
{
	int status = 0;

	for (size_t i = 0; i < decode->paths.n && status == 0; i++) {
		decode->path = &decode->paths.items[i];
		if (!decode->path->ended)
			status = run(decode, what);
	}
	vec_foreach(fork, &decode->forks) {
		struct path *path = status == 0 ? vec_push(&decode->paths) : NULL;

		if (!path)
			return status < 0 ? status : -ENOMEM;
		*path = *fork;
		*fork = (struct path){0};
	}
	decode->forks.n = 0;
	return status;
}

/* decode_all() of each of these. */
static int run_head(struct decode *decode, const void *what)
{
	return match_head(decode, what);
}
static int run_match(struct decode *decode, const void *what)
{
	return decode_xt_match(decode, what);
}
static int run_action(struct decode *decode, const void *what)
{
	return add_action(decode, what);
}

int decode_xt_rule(struct decode *decode, const struct xt_rule *rule)
{
	int status = decode_all(decode, run_head, rule);

	vec_foreach(match, &rule->matches) {
		if (status < 0)
			return status;
		status = decode_all(decode, run_match, match);
	}
	return status < 0 ? status : decode_all(decode, run_action, rule);
}
