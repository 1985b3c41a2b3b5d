/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of iptables that rewrite addresses: DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP, TPROXY,
 * DNPT, SNPT.
 *
 * MASQUERADE and REDIRECT rewrite to an address of an interface, which no rule names: their steps
 * say no addresses, the kind of translation says it. DNPT and SNPT rewrite each packet and go on:
 * the prefix is set, and the rest, where the kernel mends the checksum, is forgotten.
 */
#include "rules/xtables/xt.h"

#include <string.h>

/* Ports of a translation, "80", "80-90" or "80-90/5000" (its last part only says in what order). */
static int read_nat_ports(struct xt_draft *draft, struct xt_use *use, const struct xt_word *word,
                          size_t offset)
{
	const char *text = word->text + offset;
	int status =
	    xt_ports(draft->reader, word, offset, xt_part(text, '/'), '-', &use->nat.ports);

	use->nat.port = true;
	return status;
}

/* Addresses of a translation, "192.0.2.1" or "192.0.2.1-192.0.2.9". */
static int read_nat_addresses(struct xt_draft *draft, struct xt_use *use,
                              const struct xt_word *word, size_t offset, size_t len)
{
	const char *text = word->text + offset, *dash = memchr(text, '-', len);
	size_t first_len = dash ? (size_t)(dash - text) : len;
	uint8_t family = xt_family(draft);
	struct interval *addresses = &use->nat.addresses;
	int status = xt_address(draft->reader, word, offset, first_len, family, &addresses->first);

	use->nat.address = true;
	addresses->last = addresses->first;
	if (status == 0 && dash)
		status = xt_address(draft->reader, word, offset + first_len + 1,
		                    len - first_len - 1, family, &addresses->last);
	if (status == 0 && addresses->first > addresses->last)
		return xt_expected_in(draft->reader, word, offset, len,
		                      "a range that begins with its lower end");
	return status;
}

/* --to-destination, --to-source: ADDRESSES, ADDRESSES:PORTS, [ADDRESSES]:PORTS or :PORTS */
static int read_nat_to(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	const char *text = word->text, *colon;
	bool bracket = *text == '[';
	size_t offset = bracket, len;
	int status;

	if (bracket && !strchr(text, ']'))
		return xt_expected(draft->reader, word, "a closing bracket behind the address");
	len = bracket ? xt_part(text, ']') - 1 : strlen(text);
	colon = bracket ? strchr(text, ']') + 1 : NULL;
	if (!bracket && xt_family(draft) == NFPROTO_IPV4) {
		colon = strchr(text, ':');
		len = xt_part(text, ':');
	}
	if (!bracket && *text == ':' && xt_family(draft) == NFPROTO_IPV6 && text[1] != ':') {
		colon = text;
		len = 0;
	}
	if (colon && *colon && *colon != ':')
		return xt_expected(draft->reader, word, "a colon behind the bracket");
	if (len > 0) {
		status = read_nat_addresses(draft, use, word, offset, len);
		if (status < 0)
			return status;
	}
	if (!colon || !*colon)
		return 0;
	return read_nat_ports(draft, use, word, (size_t)(colon + 1 - text));
}

/* --to-ports of REDIRECT and MASQUERADE, --on-port of TPROXY */
static int read_nat_to_ports(struct xt_draft *draft, struct xt_use *use,
                             const struct xt_argument *argument)
{
	return read_nat_ports(draft, use, argument->values, 0);
}

/* --to NETWORK of NETMAP */
static int read_netmap(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	uint8_t family = xt_family(draft);
	field_value address, mask;
	int status =
	    xt_network(draft->reader, word, 0, strlen(word->text), family, &address, &mask);

	if (status < 0)
		return status;
	if (!xt_mask_is_prefix(family, mask))
		return xt_expected(draft->reader, word, "a network whose mask is a prefix");
	use->nat.address = true;
	use->nat.addresses =
	    (struct interval){address, address | (~mask & xt_address_ones(family))};
	return 0;
}

/* Adds the step of a translation. */
static int add_nat(struct xt_draft *draft, const struct xt_use *use, enum nat_kind kind)
{
	struct step *step = rule_add_step(&draft->rule, STEP_NAT);

	if (!step)
		return -ENOMEM;
	step->nat = kind;
	step->nat_address = use->nat.address;
	step->nat_port = use->nat.port;
	step->addresses = use->nat.addresses;
	step->ports = use->nat.ports;
	return 0;
}

/* finish() of DNAT */
static int finish_dnat(struct xt_draft *draft, struct xt_use *use)
{
	return add_nat(draft, use, NAT_DESTINATION);
}

/* finish() of SNAT */
static int finish_snat(struct xt_draft *draft, struct xt_use *use)
{
	return add_nat(draft, use, NAT_SOURCE);
}

/* finish() of MASQUERADE */
static int finish_masquerade(struct xt_draft *draft, struct xt_use *use)
{
	return add_nat(draft, use, NAT_MASQUERADE);
}

/* finish() of REDIRECT */
static int finish_redirect(struct xt_draft *draft, struct xt_use *use)
{
	return add_nat(draft, use, NAT_REDIRECT);
}

/* finish() of NETMAP */
static int finish_netmap(struct xt_draft *draft, struct xt_use *use)
{
	if (!use->nat.address)
		return xt_expected(draft->reader, &use->name, "--to with it");
	return add_nat(draft, use, NAT_NETMAP);
}

/* --on-ip of TPROXY; any address is the packet's own */
static int read_on_ip(struct xt_draft *draft, struct xt_use *use,
                      const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	int status = read_nat_addresses(draft, use, word, 0, strlen(word->text));

	if (status == 0 && use->nat.addresses.first == 0)
		use->nat.address = false;
	return status;
}

/* --tproxy-mark: set on what goes to the proxy's socket; the rest is dropped. */
static int read_tproxy_mark(struct xt_draft *draft, struct xt_use *use,
                            const struct xt_argument *argument)
{
	bool has_mask;

	use->nat.marked = true;
	return xt_masked(draft->reader, argument->values, UINT32_MAX, &use->nat.mark,
	                 &use->nat.mark_mask, &has_mask);
}

/* finish() of TPROXY */
static int finish_tproxy(struct xt_draft *draft, struct xt_use *use)
{
	int status = 0;

	if (!use->nat.port)
		return xt_expected(draft->reader, &use->name, "--on-port with it");
	/* Port 0 is the packet's own. */
	use->nat.port = use->nat.ports.first != 0;
	if (use->nat.marked)
		status = xt_assign(draft, FIELD_MARK, use->nat.mark_mask, use->nat.mark);
	return status < 0 ? status : add_nat(draft, use, NAT_TPROXY);
}

/* --src-pfx (key 0), --dst-pfx (key 1) */
static int read_prefix(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	field_value address, mask;
	int status =
	    xt_network(draft->reader, word, 0, strlen(word->text), NFPROTO_IPV6, &address, &mask);

	if (status < 0)
		return status;
	if (!xt_mask_is_prefix(NFPROTO_IPV6, mask))
		return xt_expected(draft->reader, word, "a prefix, as 2001:db8::/64");
	use->change.mask |= mask;
	if (argument->key)
		use->change.value = address;
	use->change.seen |= 1u << argument->key;
	return 0;
}

/* Rewrites the prefix of a field. */
static int change_prefix(struct xt_draft *draft, struct xt_use *use, enum field field)
{
	const field_value low_words = ((field_value)1 << 80) - 1;
	int status;

	if (use->change.seen != 3)
		return xt_expected(draft->reader, &use->name, "--src-pfx and --dst-pfx with it");
	status = xt_assign(draft, field, use->change.mask, use->change.value);
	/* The word that mends the checksum is the first behind the first 48 bits that is free. */
	return status < 0 ? status : xt_forget(draft, use, field, ~use->change.mask & low_words);
}

/* finish() of DNPT */
static int finish_dnpt(struct xt_draft *draft, struct xt_use *use)
{
	return change_prefix(draft, use, FIELD_DESTINATION);
}

/* finish() of SNPT */
static int finish_snpt(struct xt_draft *draft, struct xt_use *use)
{
	return change_prefix(draft, use, FIELD_SOURCE);
}

#define NAT_FLAGS                                                                                  \
	{"random", 0, 0, NULL, 0}, {"random-fully", 0, 0, NULL, 0},                                \
	{                                                                                          \
		"persistent", 0, 0, NULL, 0                                                        \
	}

static const struct xt_option dnat[] = {{"to-destination", 1, 0, read_nat_to, 0}, NAT_FLAGS, {0}};
static const struct xt_option snat[] = {{"to-source", 1, 0, read_nat_to, 0}, NAT_FLAGS, {0}};
static const struct xt_option to_ports[] = {{"to-ports", 1, 0, read_nat_to_ports, 0},
                                            {"to-port", 1, 0, read_nat_to_ports, 0},
                                            NAT_FLAGS,
                                            {0}};
static const struct xt_option netmap[] = {{"to", 1, 0, read_netmap, 0}, {0}};
static const struct xt_option tproxy[] = {
    {"on-port", 1, 0, read_nat_to_ports, 0},
    {"on-ip", 1, 0, read_on_ip, 0},
    {"tproxy-mark", 1, 0, read_tproxy_mark, 0},
    {0},
};
static const struct xt_option prefixes[] = {
    {"src-pfx", 1, 0, read_prefix, 0}, {"dst-pfx", 1, 0, read_prefix, 1}, {0}};

const struct xt_extension xt_nat_targets[] = {
    {.name = "DNAT", .options = dnat, .finish = finish_dnat},
    {.name = "SNAT", .options = snat, .finish = finish_snat},
    {.name = "MASQUERADE", .options = to_ports, .finish = finish_masquerade},
    {.name = "REDIRECT", .options = to_ports, .finish = finish_redirect},
    {.name = "NETMAP", .options = netmap, .finish = finish_netmap},
    {.name = "TPROXY",
     .options = tproxy,
     .finish = finish_tproxy,
     .protocols = {IPPROTO_TCP, IPPROTO_UDP}},
    {.name = "DNPT", .family = NFPROTO_IPV6, .options = prefixes, .finish = finish_dnpt},
    {.name = "SNPT", .family = NFPROTO_IPV6, .options = prefixes, .finish = finish_snpt},
    {0},
};
