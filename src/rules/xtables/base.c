/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that every rule of iptables has: addresses, interfaces, the protocol, -m and -j.
 *
 * "-p tcp" holds for fragments behind the first too, since they carry the protocol; ports do not,
 * and the matches that look for them say so (see struct xt_extension, `whole`).
 */
#include "rules/xtables/base.h"

#include <string.h>

int xt_protocol(const struct xt_reader *reader, const struct xt_word *word, uint8_t *ret_protocol)
{
	size_t len = strlen(word->text);
	const struct xt_name *name;
	uint64_t number;

	if (xt_number_parse(word->text, word->text + len, UINT8_MAX, &number)) {
		*ret_protocol = (uint8_t)number;
		return 0;
	}
	name = xt_name_find(xt_protocols, word->text, len);
	if (!name || strlen(name->name) != len)
		return xt_expected(reader, word,
		                   "a protocol, as tcp, udp, icmp, all or its number");
	*ret_protocol = (uint8_t)name->value;
	return 0;
}

const char *xt_protocol_name(uint8_t protocol)
{
	for (const struct xt_name *name = xt_protocols; name->name; name++)
		if (name->value == protocol)
			return name->name;
	return "?";
}

/* -p PROTOCOL */
static int read_protocol(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	int status = xt_protocol(draft->reader, argument->values, &draft->protocol);

	(void)use;
	if (status < 0)
		return status;
	if (draft->protocol_given)
		return xt_wrong(draft->reader, argument->option,
		                "found a second protocol, expected one");
	draft->protocol_given = draft->protocol != 0;
	draft->protocol_negated = argument->negated;
	draft->protocol_word = argument->option;
	if (draft->protocol == 0)
		return argument->negated ? xt_expected(draft->reader, argument->values,
		                                       "a protocol other than all behind \"!\"")
		                         : 0;
	return xt_match(draft, FIELD_PROTOCOL, argument->negated, draft->protocol, draft->protocol);
}

/* One network of a list. */
struct network {
	field_value address, mask;
};
VEC_TYPE(networks, struct network);

/* Reads networks joined by commas. */
static int read_networks(struct xt_draft *draft, const struct xt_argument *argument,
                         struct networks *networks)
{
	const struct xt_word *word = argument->values;

	for (size_t at = 0;;) {
		size_t len = xt_part(word->text + at, ',');
		struct network *network = vec_push(networks);
		int status;

		if (!network)
			return -ENOMEM;
		status = xt_network(draft->reader, word, at, len, xt_family(draft),
		                    &network->address, &network->mask);
		if (status < 0)
			return status;
		at += len;
		if (word->text[at++] == '\0')
			break;
	}
	if (argument->negated && networks->n > 1)
		return xt_expected(draft->reader, word, "one network behind \"!\", not a list");
	return 0;
}

/*
 * Adds a box of one network among those of a list. What has a mask that is no prefix has an operand
 * of its own, the odd-th; the others are intervals of the operand at 0.
 */
static int add_network(struct step *step, const struct network *network, uint8_t family,
                       unsigned odd)
{
	field_value last = network->address | (~network->mask & xt_address_ones(family));
	int status = 0;

	for (unsigned i = 0; i < step->n_fields && status == 0; i++) {
		if (i != odd)
			status = xt_add_any(step, step->fields[0].field);
		else if (odd == 0)
			status = step_add_interval(step, network->address, last);
		else
			status = step_add_interval(step, network->address, network->address);
	}
	return status;
}

/* Adds the match of networks that have masks with holes: an operand for each of these. */
static int match_odd_networks(struct xt_draft *draft, enum field field, bool negated,
                              const struct networks *networks)
{
	enum { ODD_MAX = 16 };
	struct operand_field operands[1 + ODD_MAX] = {{field, ~(field_value)0}};
	uint8_t family = xt_family(draft);
	unsigned n = 1, odd = 0;
	struct step *step;
	int status = 0;

	vec_foreach(network, networks) {
		if (xt_mask_is_prefix(family, network->mask))
			continue;
		if (n > ODD_MAX)
			return xt_wrong(draft->reader, NULL,
			                "found many masks with holes in one list, expected at most "
			                "%d",
			                ODD_MAX);
		operands[n++] = (struct operand_field){field, network->mask};
	}
	step = xt_match_fields(draft, negated, n, operands);
	if (!step)
		return -ENOMEM;
	vec_foreach(network, networks) {
		bool prefix = xt_mask_is_prefix(family, network->mask);

		if (status == 0)
			status = add_network(step, network, family, prefix ? 0 : ++odd);
	}
	return status;
}

/* Adds the match of networks: any of them. */
static int match_networks(struct xt_draft *draft, enum field field, bool negated,
                          const struct networks *networks)
{
	uint8_t family = xt_family(draft);
	struct step *step;
	int status = 0;

	vec_foreach(network, networks) {
		if (network->mask == 0 && !negated)
			return 0;
		if (xt_mask_is_prefix(family, network->mask))
			continue;
		if (networks->n > 1)
			return match_odd_networks(draft, field, negated, networks);
		return xt_match_masked(draft, field, negated, network->mask, network->address);
	}
	step = rule_add_match(draft->reader->ruleset, &draft->rule, field, negated);
	if (!step)
		return -ENOMEM;
	vec_foreach(network, networks) {
		if (status == 0)
			status = add_network(step, network, family, 0);
	}
	return status;
}

/* -s NETWORK[,NETWORK...], -d */
static int read_address(struct xt_draft *draft, struct xt_use *use,
                        const struct xt_argument *argument)
{
	struct networks networks = {0};
	int status = read_networks(draft, argument, &networks);

	(void)use;
	if (status == 0)
		status =
		    match_networks(draft, (enum field)argument->key, argument->negated, &networks);
	vec_done(&networks);
	return status;
}

/* -i NAME, NAME+ */
static int read_interface(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	enum { NAME_MAX_LEN = 15 };
	const char *name = argument->values->text;
	size_t len = strlen(name);
	bool wildcard = len > 0 && name[len - 1] == '+';
	char stem[NAME_MAX_LEN + 1];
	struct interval interval;

	(void)use;
	if (len == 0 || len > NAME_MAX_LEN)
		return xt_expected(draft->reader, argument->values,
		                   "the name of an interface, of 15 bytes at most");
	memcpy(stem, name, len + 1);
	if (wildcard)
		stem[len - 1] = '\0';
	if (wildcard && len == 1 && !argument->negated)
		return 0;
	interval = field_of_name(stem, wildcard);
	return xt_match(draft, (enum field)argument->key, argument->negated, interval.first,
	                interval.last);
}

/* -f */
static int read_fragment(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	(void)use;
	if (xt_family(draft) != NFPROTO_IPV4)
		return xt_expected(draft->reader, argument->option,
		                   "it in rules for IPv4 only; of IPv6 there is -m frag");
	return xt_match(draft, FIELD_FRAGMENT, argument->negated, 1, 1);
}

int xt_use_add(struct xt_draft *draft, const struct xt_extension *extension,
               const struct xt_word *name, bool target)
{
	struct xt_use *use = vec_push(&draft->uses);

	if (!use)
		return -ENOMEM;
	memset(use, 0, sizeof(*use));
	use->extension = extension;
	use->name = *name;
	use->target = target;
	return 0;
}

/* -m NAME */
static int read_match(struct xt_draft *draft, struct xt_use *use,
                      const struct xt_argument *argument)
{
	(void)use;
	return xt_use_add(draft, xt_match_find(xt_family(draft), argument->values->text),
	                  argument->values, false);
}

/* The verdict that a target's name stands for; VERDICT_CONTINUE for none. */
static enum rule_verdict standard_verdict(const char *name)
{
	static const struct {
		const char *name;
		enum rule_verdict verdict;
	} verdicts[] = {
	    {"ACCEPT", VERDICT_ACCEPT},
	    {"DROP", VERDICT_DROP},
	    {"RETURN", VERDICT_RETURN},
	    {"QUEUE", VERDICT_QUEUE},
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (strcmp(verdicts[i].name, name) == 0)
			return verdicts[i].verdict;
	return VERDICT_CONTINUE;
}

/* Whether words that are no chain and no target known here may yet be a target of a module. */
static bool may_be_target(const struct xt_draft *draft, const struct xt_word *word)
{
	const struct xt_word *end = draft->reader->words.items + draft->reader->words.n;

	/* Its options follow. */
	if (word + 1 < end && strncmp(word[1].text, "--", 2) == 0 && !word[1].quoted)
		return true;
	return xt_target_is_foreign(word->text);
}

/* -j TARGET, -g CHAIN */
static int read_jump(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	bool going = argument->key;
	enum rule_verdict verdict = going ? VERDICT_CONTINUE : standard_verdict(word->text);
	const struct xt_extension *target;
	const struct chain *chain;

	(void)use;
	if (draft->jump)
		return xt_wrong(draft->reader, argument->option,
		                "found a second target, expected one");
	draft->jump = argument->option;
	if (verdict != VERDICT_CONTINUE) {
		draft->verdict.kind = verdict;
		return 0;
	}
	chain = xt_chain_find(draft->reader, word->text);
	if (chain && !chain->base) {
		draft->verdict = (struct verdict){going ? VERDICT_GOTO : VERDICT_JUMP, chain->name};
		return 0;
	}
	target = going ? NULL : xt_target_find(xt_family(draft), word->text);
	if (!target && (going || chain || !may_be_target(draft, word)))
		return xt_expected(draft->reader, word,
		                   going ? "a chain that is declared in this table"
		                         : "a target, or a chain that is declared in this table");
	return xt_use_add(draft, target, word, true);
}

/* -c PACKETS BYTES */
static int read_counters(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	uint64_t count;

	(void)use;
	for (unsigned i = 0; i < 2; i++) {
		int status = xt_number(draft->reader, &argument->values[i], UINT64_MAX, &count);

		if (status < 0)
			return status;
	}
	draft->counters_from = argument->option[-1].to;
	draft->counters_to = argument->values[1].to;
	return 0;
}

/* -4, -6: what is not for this family is passed over, as by iptables-restore. */
static int read_family(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	(void)use;
	if (argument->key != xt_family(draft))
		draft->other_family = true;
	return 0;
}

/* Options with one letter and one or more words. */
static const struct base_option {
	char letter;
	struct xt_option option;
} base_options[] = {
    {'p', {"protocol", 1, XT_NOT, read_protocol, 0}},
    {'s', {"source", 1, XT_NOT, read_address, FIELD_SOURCE}},
    {'d', {"destination", 1, XT_NOT, read_address, FIELD_DESTINATION}},
    {'i', {"in-interface", 1, XT_NOT, read_interface, FIELD_IN}},
    {'o', {"out-interface", 1, XT_NOT, read_interface, FIELD_OUT}},
    {'m', {"match", 1, 0, read_match, 0}},
    {'j', {"jump", 1, 0, read_jump, false}},
    {'g', {"goto", 1, 0, read_jump, true}},
    {'f', {"fragment", 0, XT_NOT, read_fragment, 0}},
    {'c', {"set-counters", 2, 0, read_counters, 0}},
    {'4', {"ipv4", 0, 0, read_family, NFPROTO_IPV4}},
    {'6', {"ipv6", 0, 0, read_family, NFPROTO_IPV6}},
    {0, {"proto", 1, XT_NOT, read_protocol, 0}},
    {0, {"src", 1, XT_NOT, read_address, FIELD_SOURCE}},
    {0, {"dst", 1, XT_NOT, read_address, FIELD_DESTINATION}},
    {0, {"fragments", 0, XT_NOT, read_fragment, 0}},
};

const struct xt_option *xt_base_option(const char *name, size_t len, bool is_long)
{
	for (size_t i = 0; i < sizeof(base_options) / sizeof(*base_options); i++) {
		const struct base_option *base = &base_options[i];

		if (is_long ? base->option.name[0] == name[0] &&
		                  strncmp(base->option.name, name, len) == 0 &&
		                  base->option.name[len] == '\0'
		            : base->letter == *name)
			return &base->option;
	}
	return NULL;
}
