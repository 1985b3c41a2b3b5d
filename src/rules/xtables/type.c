/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches of iptables on what an address or a packet is to this host: addrtype, pkttype. */
#include "rules/xtables/xt.h"

#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Types of an address, as bits. */
enum {
	TYPE_UNSPEC = 1 << RTN_UNSPEC,
	TYPE_UNICAST = 1 << RTN_UNICAST,
	TYPE_LOCAL = 1 << RTN_LOCAL,
	TYPE_BROADCAST = 1 << RTN_BROADCAST,
	TYPE_ANYCAST = 1 << RTN_ANYCAST,
	TYPE_MULTICAST = 1 << RTN_MULTICAST,
	TYPE_UNREACHABLE = 1 << RTN_UNREACHABLE,
	/* Of IPv6, what the routing table is asked for; the others the address itself decides. */
	TYPES_ROUTED = TYPE_LOCAL | TYPE_ANYCAST | TYPE_UNREACHABLE,
	TYPES_OF_ADDRESS = TYPE_UNSPEC | TYPE_UNICAST | TYPE_MULTICAST,
};

/* --src-type, --dst-type; key is 0 for the source, 1 for the destination */
static int read_types(struct xt_draft *draft, struct xt_use *use,
                      const struct xt_argument *argument)
{
	static const struct xt_name types[] = {
	    {"UNSPEC", TYPE_UNSPEC, 0},
	    {"UNICAST", TYPE_UNICAST, 0},
	    {"LOCAL", TYPE_LOCAL, 0},
	    {"BROADCAST", TYPE_BROADCAST, 0},
	    {"ANYCAST", TYPE_ANYCAST, 0},
	    {"MULTICAST", TYPE_MULTICAST, 0},
	    {"BLACKHOLE", 1 << RTN_BLACKHOLE, 0},
	    {"UNREACHABLE", TYPE_UNREACHABLE, 0},
	    {"PROHIBIT", 1 << RTN_PROHIBIT, 0},
	    {"THROW", 1 << RTN_THROW, 0},
	    {"NAT", 1 << RTN_NAT, 0},
	    {"XRESOLVE", 1 << RTN_XRESOLVE, 0},
	    {NULL, 0, 0},
	};
	unsigned *bits = &use->address_type.types[argument->key];
	int status = xt_name_list(draft->reader, argument->values, types,
	                          "types of addresses, as LOCAL or BROADCAST,MULTICAST", bits);

	if (status < 0)
		return status;
	if (xt_family(draft) == NFPROTO_IPV6 &&
	    *bits & ~(unsigned)(TYPES_ROUTED | TYPES_OF_ADDRESS))
		return xt_expected(draft->reader, argument->values,
		                   "types that IPv6 has: UNSPEC UNICAST LOCAL ANYCAST MULTICAST "
		                   "UNREACHABLE");
	use->address_type.negated[argument->key] = argument->negated;
	return 0;
}

/* --limit-iface-in, --limit-iface-out */
static int read_limit_interface(struct xt_draft *draft, struct xt_use *use,
                                const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->address_type.limited = true;
	return 0;
}

/* Adds an interval for each type whose bit is set. */
static int add_types(struct step *step, unsigned types)
{
	int status = 0;

	for (unsigned type = 0; type <= RTN_XRESOLVE && status == 0; type++)
		if (types & 1u << type)
			status = step_add_interval(step, type, type);
	return status;
}

/* IPv4: the type is one of those. */
static int match_types4(struct xt_draft *draft, enum field field, unsigned types, bool negated)
{
	struct step *step = rule_add_match(draft->reader->ruleset, &draft->rule, field, negated);

	return step ? add_types(step, types) : -ENOMEM;
}

/* The addresses of IPv6 that are of all the types whose bits are set; at most three intervals. */
static unsigned address_intervals(unsigned types, struct interval intervals[static 3])
{
	const field_value mapped = (field_value)0xffff << 32, multicast = (field_value)0xff << 120;
	const field_value ones = ~(field_value)0;
	const struct interval unspecified = {0, 0}, all_multicast = {multicast, ones};
	unsigned n = 0;

	switch (types & TYPES_OF_ADDRESS) {
	case 0:
		intervals[n++] = (struct interval){0, ones};
		break;
	case TYPE_UNSPEC:
		intervals[n++] = unspecified;
		break;
	case TYPE_MULTICAST:
		intervals[n++] = all_multicast;
		break;
	case TYPE_UNICAST:
		/* Not the mapped ones: ipv6_addr_type() has them apart. */
		intervals[n++] = (struct interval){1, mapped - 1};
		intervals[n++] = (struct interval){mapped + UINT32_MAX + 1, multicast - 1};
		break;
	default: /* No address is of two types. */
		break;
	}
	return n;
}

/*
 * IPv6 asks for all that is named of the address itself, and, where that holds, for any of what the
 * routing table says (addrtype_mt6()). So it is boxes of the address and the type.
 */
static int match_types6(struct xt_draft *draft, enum field field, unsigned types, bool negated)
{
	const struct operand_field both[] = {
	    {field == FIELD_SOURCE_TYPE ? FIELD_SOURCE : FIELD_DESTINATION, ~(field_value)0},
	    {field, ~(field_value)0},
	};
	bool routed = types & TYPES_ROUTED;
	struct interval intervals[3];
	unsigned n = address_intervals(types, intervals);
	struct step *step = xt_match_fields(draft, negated, routed ? 2 : 1, both);
	int status = 0;

	if (!step)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned type = 0; type <= RTN_XRESOLVE && status == 0; type++) {
			if (!(routed ? types & TYPES_ROUTED & 1u << type : type == 0))
				continue;
			status = step_add_interval(step, intervals[i].first, intervals[i].last);
			if (status == 0 && routed)
				status = step_add_interval(step, type, type);
		}
	}
	return status;
}

/*
 * finish() of addrtype. Limited to an interface, an address of another interface of this host is
 * unicast: that changes the answer for all but what a multicast address is, and only takes away
 * from the others where unicast is not asked for.
 */
static int finish_address_type(struct xt_draft *draft, struct xt_use *use)
{
	static const enum field fields[] = {FIELD_SOURCE_TYPE, FIELD_DESTINATION_TYPE};
	bool ipv6 = xt_family(draft) == NFPROTO_IPV6, unsure = false;
	int status = 0;

	for (unsigned i = 0; i < 2 && status == 0; i++) {
		unsigned types = use->address_type.types[i];
		bool negated = use->address_type.negated[i];
		bool fixed = !use->address_type.limited || types == TYPE_MULTICAST;

		if (!types)
			continue;
		unsure = unsure || !fixed;
		if (!fixed && (negated || types & TYPE_UNICAST))
			continue;
		status = ipv6 ? match_types6(draft, fields[i], types, negated)
		              : match_types4(draft, fields[i], types, negated);
	}
	return status < 0 || !unsure ? status : xt_finish_unknown(draft, use);
}

static const struct xt_option address_type_options[] = {
    {"dst-type", 1, XT_NOT, read_types, 1},
    {"src-type", 1, XT_NOT, read_types, 0},
    {"limit-iface-in", 0, 0, read_limit_interface, 0},
    {"limit-iface-out", 0, 0, read_limit_interface, 0},
    {0},
};

/* Every address of multicast, by family. */
static struct interval multicast_of(uint8_t family)
{
	const field_value ipv6 = (field_value)0xff << 120;

	return family == NFPROTO_IPV4 ? (struct interval){0xe0000000, 0xefffffff}
	                              : (struct interval){ipv6, ~(field_value)0};
}

/*
 * --pkt-type: what loops back counts as multicast or as broadcast by its destination
 * (pkttype_mt()).
 */
static int read_packet_type(struct xt_draft *draft, struct xt_use *use,
                            const struct xt_argument *argument)
{
	static const struct xt_name types[] = {
	    {"unicast", PACKET_HOST, 0},        {"host", PACKET_HOST, 0},
	    {"broadcast", PACKET_BROADCAST, 0}, {"bcast", PACKET_BROADCAST, 0},
	    {"multicast", PACKET_MULTICAST, 0}, {"mcast", PACKET_MULTICAST, 0},
	    {"otherhost", PACKET_OTHERHOST, 0}, {NULL, 0, 0},
	};
	static const struct operand_field both[] = {{FIELD_PACKET_TYPE, ~(field_value)0},
	                                            {FIELD_DESTINATION, ~(field_value)0}};
	const char *text = argument->values->text;
	const struct xt_name *name = xt_name_find(types, text, strlen(text));
	struct interval multicast = multicast_of(xt_family(draft));
	struct step *step;
	int status;

	(void)use;
	if (!name)
		return xt_expected(draft->reader, argument->values,
		                   "unicast, broadcast or multicast");
	if (name->value != PACKET_BROADCAST && name->value != PACKET_MULTICAST)
		return xt_match(draft, FIELD_PACKET_TYPE, argument->negated, name->value,
		                name->value);
	step = xt_match_fields(draft, argument->negated, 2, both);
	if (!step)
		return -ENOMEM;
	status = step_add_interval(step, name->value, name->value);
	if (status == 0)
		status = xt_add_any(step, FIELD_DESTINATION);
	if (status == 0)
		status = step_add_interval(step, PACKET_LOOPBACK, PACKET_LOOPBACK);
	if (status == 0 && name->value == PACKET_MULTICAST)
		return step_add_interval(step, multicast.first, multicast.last);
	if (status == 0)
		status = step_add_interval(step, 0, multicast.first - 1);
	if (status < 0 || multicast.last == ~(field_value)0)
		return status;
	status = step_add_interval(step, PACKET_LOOPBACK, PACKET_LOOPBACK);
	return status < 0 ? status : step_add_interval(step, multicast.last + 1, UINT32_MAX);
}

static const struct xt_option packet_type_options[] = {{"pkt-type", 1, XT_NOT, read_packet_type, 0},
                                                       {0}};

const struct xt_extension xt_type_matches[] = {
    {.name = "addrtype",
     .options = address_type_options,
     .shared = true,
     .finish = finish_address_type},
    {.name = "pkttype", .options = packet_type_options},
    {0},
};
