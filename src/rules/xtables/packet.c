/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches of iptables that headers of the packet decide: ports, flags, types, lengths. */
#include "rules/xtables/xt.h"

#include <string.h>

/* --sport, --dport */
static int read_ports(struct xt_draft *draft, struct xt_use *use,
                      const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	struct interval ports;
	int status = xt_ports(draft->reader, word, 0, strlen(word->text), ':', &ports);

	(void)use;
	if (status < 0)
		return status;
	return xt_match(draft, (enum field)argument->key, argument->negated, ports.first,
	                ports.last);
}

/* --tcp-flags MASK FLAGS */
static int read_tcp_flags(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	static const struct xt_name flags[] = {
	    {"FIN", 1, 0},    {"SYN", 2, 0},    {"RST", 4, 0},  {"PSH", 8, 0}, {"ACK", 0x10, 0},
	    {"URG", 0x20, 0}, {"ALL", 0x3f, 0}, {"NONE", 0, 0}, {NULL, 0, 0},
	};
	static const char what[] = "TCP flags, as SYN,ACK: of FIN SYN RST PSH ACK URG ALL NONE";
	unsigned bits[2] = {0, 0};

	(void)use;
	for (unsigned i = 0; i < 2; i++) {
		int status =
		    xt_name_list(draft->reader, &argument->values[i], flags, what, &bits[i]);

		if (status < 0)
			return status;
	}
	return xt_match_masked(draft, FIELD_TCP_FLAGS, argument->negated, bits[0], bits[1]);
}

/* --syn */
static int read_syn(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	enum { SYN = 2, SYN_RST_ACK_FIN = 0x17 };

	(void)use;
	return xt_match_masked(draft, FIELD_TCP_FLAGS, argument->negated, SYN_RST_ACK_FIN, SYN);
}

#define PORT_OPTIONS                                                                               \
	{"dport", 1, XT_NOT, read_ports, FIELD_DESTINATION_PORT},                                  \
	    {"sport", 1, XT_NOT, read_ports, FIELD_SOURCE_PORT},                                   \
	    {"destination-port", 1, XT_NOT, read_ports, FIELD_DESTINATION_PORT},                   \
	{                                                                                          \
		"source-port", 1, XT_NOT, read_ports, FIELD_SOURCE_PORT                            \
	}

static const struct xt_option port_options[] = {PORT_OPTIONS, {0}};

static const struct xt_option tcp_options[] = {
    PORT_OPTIONS,
    {"tcp-flags", 2, XT_NOT, read_tcp_flags, 0},
    {"syn", 0, XT_NOT, read_syn, 0},
    {"tcp-option", 1, XT_NOT, xt_read_unknown, 0},
    {0},
};

static const struct xt_option sctp_options[] = {
    PORT_OPTIONS,
    {"chunk-types", 2, XT_NOT, xt_read_unknown, 0},
    {0},
};

static const struct xt_option dccp_options[] = {
    PORT_OPTIONS,
    {"dccp-types", 1, XT_NOT, xt_read_unknown, 0},
    {"dccp-option", 1, XT_NOT, xt_read_unknown, 0},
    {0},
};

/* Adds ports joined by commas to a step, with every value of the other port beside each. */
static int add_multiport(struct xt_draft *draft, const struct xt_word *word, struct step *step,
                         bool before, bool behind)
{
	for (size_t at = 0;;) {
		size_t len = xt_part(word->text + at, ',');
		struct interval ports;
		int status = xt_ports(draft->reader, word, at, len, ':', &ports);

		if (status == 0 && before)
			status = xt_add_any(step, FIELD_SOURCE_PORT);
		if (status == 0)
			status = step_add_interval(step, ports.first, ports.last);
		if (status == 0 && behind)
			status = xt_add_any(step, FIELD_DESTINATION_PORT);
		if (status < 0)
			return status;
		at += len;
		if (word->text[at++] == '\0')
			return 0;
	}
}

/* --sports, --dports */
static int read_multiport(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	struct step *step = rule_add_match(draft->reader->ruleset, &draft->rule,
	                                   (enum field)argument->key, argument->negated);

	(void)use;
	return step ? add_multiport(draft, argument->values, step, false, false) : -ENOMEM;
}

/* --ports: the source or the destination */
static int read_multiport_either(struct xt_draft *draft, struct xt_use *use,
                                 const struct xt_argument *argument)
{
	static const struct operand_field both[] = {
	    {FIELD_SOURCE_PORT, ~(field_value)0},
	    {FIELD_DESTINATION_PORT, ~(field_value)0},
	};
	struct step *step = xt_match_fields(draft, argument->negated, 2, both);
	int status;

	(void)use;
	if (!step)
		return -ENOMEM;
	status = add_multiport(draft, argument->values, step, false, true);
	return status < 0 ? status : add_multiport(draft, argument->values, step, true, false);
}

static const struct xt_option multiport_options[] = {
    {"dports", 1, XT_NOT, read_multiport, FIELD_DESTINATION_PORT},
    {"sports", 1, XT_NOT, read_multiport, FIELD_SOURCE_PORT},
    {"ports", 1, XT_NOT, read_multiport_either, 0},
    {"destination-ports", 1, XT_NOT, read_multiport, FIELD_DESTINATION_PORT},
    {"source-ports", 1, XT_NOT, read_multiport, FIELD_SOURCE_PORT},
    {0},
};

/* "3", "3/4": a type of ICMP, with a code or all of them. */
static bool parse_icmp_number(const char *text, struct interval *ret_types)
{
	size_t len = strlen(text), type_len = xt_part(text, '/');
	uint64_t type, code = 0;

	if (!xt_number_parse(text, text + type_len, UINT8_MAX, &type))
		return false;
	if (type_len < len && !xt_number_parse(text + type_len + 1, text + len, UINT8_MAX, &code))
		return false;
	ret_types->first = type << 8 | code;
	ret_types->last = type_len < len ? ret_types->first : type << 8 | UINT8_MAX;
	return true;
}

/* --icmp-type, --icmpv6-type. Of ICMP, type 255 without a code stands for any. */
static int read_icmp_type(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	bool ipv4 = xt_family(draft) == NFPROTO_IPV4;
	const struct xt_name *names = ipv4 ? xt_icmp_types : xt_icmp6_types;
	const char *text = argument->values->text;
	const struct xt_name *name = xt_name_find(names, text, strlen(text));
	struct interval types;

	(void)use;
	if (name)
		types = (struct interval){name->value, name->last};
	else if (!parse_icmp_number(text, &types))
		return xt_expected(draft->reader, argument->values,
		                   "a type of ICMP, as echo-request, 3 or 3/4");
	if (ipv4 && types.first >> 8 == UINT8_MAX)
		types = (struct interval){0, UINT16_MAX};
	return xt_match(draft, FIELD_ICMP_TYPE, argument->negated, types.first, types.last);
}

static const struct xt_option icmp_options[] = {{"icmp-type", 1, XT_NOT, read_icmp_type, 0}, {0}};
static const struct xt_option icmp6_options[] = {{"icmpv6-type", 1, XT_NOT, read_icmp_type, 0},
                                                 {0}};

/* --src-range FIRST-LAST */
static int read_iprange(struct xt_draft *draft, struct xt_use *use,
                        const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	size_t len = strlen(word->text), first_len = xt_part(word->text, '-');
	uint8_t family = xt_family(draft);
	field_value first, last;
	int status = xt_address(draft->reader, word, 0, first_len, family, &first);

	(void)use;
	last = first;
	if (status == 0 && first_len < len)
		status = xt_address(draft->reader, word, first_len + 1, len - first_len - 1, family,
		                    &last);
	if (status < 0)
		return status;
	if (first > last)
		return xt_expected(draft->reader, word, "a range that begins with its lower end");
	return xt_match(draft, (enum field)argument->key, argument->negated, first, last);
}

static const struct xt_option iprange_options[] = {
    {"src-range", 1, XT_NOT, read_iprange, FIELD_SOURCE},
    {"dst-range", 1, XT_NOT, read_iprange, FIELD_DESTINATION},
    {0},
};

/* --mark VALUE[/MASK] */
static int read_mark(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	uint32_t value, mask;
	bool has_mask;
	int status =
	    xt_masked(draft->reader, argument->values, UINT32_MAX, &value, &mask, &has_mask);

	(void)use;
	return status < 0 ? status
	                  : xt_match_masked(draft, FIELD_MARK, argument->negated, mask, value);
}

static const struct xt_option mark_options[] = {{"mark", 1, XT_NOT, read_mark, 0}, {0}};

/* --mac-source: a packet that has the field came by Ethernet, others do not match either way. */
static int read_mac(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	enum { MAC_BYTES = 6 };
	const char *at = argument->values->text;
	uint64_t mac = 0;

	(void)use;
	for (unsigned i = 0; i < MAC_BYTES; i++) {
		char *end;
		unsigned long byte = strtoul(at, &end, 16);

		if (end == at || end > at + 2 || *end != (i < MAC_BYTES - 1 ? ':' : '\0') ||
		    strchr("+- \t", *at))
			return xt_expected(draft->reader, argument->values,
			                   "an Ethernet address, as 02:00:00:00:00:01");
		mac = mac << 8 | byte;
		at = end + 1;
	}
	return xt_match(draft, FIELD_SOURCE_MAC, argument->negated, mac, mac);
}

static const struct xt_option mac_options[] = {{"mac-source", 1, XT_NOT, read_mac, 0}, {0}};

/* --length */
static int read_length(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	struct interval range;
	int status = xt_range(draft->reader, argument->values, UINT16_MAX, &range);

	(void)use;
	if (status < 0)
		return status;
	return xt_match(draft, FIELD_LENGTH, argument->negated, range.first, range.last);
}

static const struct xt_option length_options[] = {{"length", 1, XT_NOT, read_length, 0}, {0}};

/* --ttl-eq, -lt, -gt; key is the sign of the comparison */
static int read_hop_limit(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	uint64_t limit;
	int status = xt_number(draft->reader, argument->values, UINT8_MAX, &limit);
	char kind = (char)argument->key;

	(void)use;
	if (status < 0)
		return status;
	if ((kind == '<' && limit == 0) || (kind == '>' && limit == UINT8_MAX))
		return xt_match_never(draft);
	if (kind == '<')
		return xt_match(draft, FIELD_HOP_LIMIT, false, 0, limit - 1);
	if (kind == '>')
		return xt_match(draft, FIELD_HOP_LIMIT, false, limit + 1, UINT8_MAX);
	return xt_match(draft, FIELD_HOP_LIMIT, argument->negated, limit, limit);
}

static const struct xt_option ttl_options[] = {{"ttl-eq", 1, XT_NOT, read_hop_limit, '='},
                                               {"ttl", 1, XT_NOT, read_hop_limit, '='},
                                               {"ttl-lt", 1, 0, read_hop_limit, '<'},
                                               {"ttl-gt", 1, 0, read_hop_limit, '>'},
                                               {0}};
static const struct xt_option hl_options[] = {{"hl-eq", 1, XT_NOT, read_hop_limit, '='},
                                              {"hl-lt", 1, 0, read_hop_limit, '<'},
                                              {"hl-gt", 1, 0, read_hop_limit, '>'},
                                              {0}};

/* --dscp VALUE, --dscp-class NAME */
static int read_dscp(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	uint64_t value;
	int status = xt_dscp(draft->reader, argument->values, argument->key, &value);

	(void)use;
	return status < 0 ? status : xt_match(draft, FIELD_DSCP, argument->negated, value, value);
}

static const struct xt_option dscp_options[] = {
    {"dscp", 1, XT_NOT, read_dscp, false}, {"dscp-class", 1, XT_NOT, read_dscp, true}, {0}};

/*
 * --tos VALUE[/MASK]: its upper six bits are a field. Where the lower two are asked for as well,
 * they are an unknown behind the match of the others; negated, all of it is one.
 */
static int read_tos(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	enum { ECN = 3, ECN_BITS = 2 };
	uint8_t value, mask;
	int status = xt_read_tos(draft, argument->values, &value, &mask);

	if (status < 0)
		return status;
	if (value & ~mask)
		return argument->negated ? 0 : xt_match_never(draft);
	if (!(mask & ECN))
		return xt_match_masked(draft, FIELD_DSCP, argument->negated, mask >> ECN_BITS,
		                       value >> ECN_BITS);
	if (!argument->negated) {
		status =
		    xt_match_masked(draft, FIELD_DSCP, false, mask >> ECN_BITS, value >> ECN_BITS);
		if (status < 0)
			return status;
	}
	return xt_read_unknown(draft, use, argument);
}

static const struct xt_option tos_options[] = {{"tos", 1, XT_NOT, read_tos, 0}, {0}};

/* --ecn-tcp-cwr, --ecn-tcp-ece: key is the flag */
static int read_ecn_flag(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	int status = xt_match(draft, FIELD_PROTOCOL, false, IPPROTO_TCP, IPPROTO_TCP);

	(void)use;
	return status < 0 ? status
	                  : xt_match_masked(draft, FIELD_TCP_FLAGS, argument->negated,
	                                    argument->key, argument->key);
}

static const struct xt_option ecn_options[] = {
    {"ecn-tcp-cwr", 0, XT_NOT, read_ecn_flag, 0x80},
    {"ecn-tcp-ece", 0, XT_NOT, read_ecn_flag, 0x40},
    {"ecn-ip-ect", 1, XT_NOT, xt_read_unknown, 0},
    {0},
};

const struct xt_extension xt_packet_matches[] = {
    {.name = "tcp", .options = tcp_options, .protocols = {IPPROTO_TCP}, .whole = true},
    {.name = "udp", .options = port_options, .protocols = {IPPROTO_UDP}, .whole = true},
    {.name = "multiport",
     .options = multiport_options,
     .protocols = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP},
     .whole = true},
    {.name = "icmp",
     .family = NFPROTO_IPV4,
     .options = icmp_options,
     .protocols = {IPPROTO_ICMP},
     .whole = true},
    {.name = "icmp6",
     .family = NFPROTO_IPV6,
     .options = icmp6_options,
     .protocols = {IPPROTO_ICMPV6},
     .whole = true},
    {.name = "icmpv6",
     .family = NFPROTO_IPV6,
     .options = icmp6_options,
     .protocols = {IPPROTO_ICMPV6},
     .whole = true},
    {.name = "mark", .options = mark_options},
    {.name = "iprange", .options = iprange_options},
    {.name = "mac", .options = mac_options},
    {.name = "length", .options = length_options},
    {.name = "ttl", .family = NFPROTO_IPV4, .options = ttl_options},
    {.name = "hl", .family = NFPROTO_IPV6, .options = hl_options},
    {.name = "dscp", .options = dscp_options},
    {.name = "tos", .options = tos_options},
    {.name = "ecn", .options = ecn_options},
    {.name = "sctp", .options = sctp_options, .protocols = {IPPROTO_SCTP}, .whole = true},
    {.name = "dccp", .options = dccp_options, .protocols = {IPPROTO_DCCP}, .whole = true},
    {.name = "udplite", .options = port_options, .protocols = {IPPROTO_UDPLITE}, .whole = true},
    {0},
};
