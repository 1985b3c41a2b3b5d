/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches of iptables on what an address or a packet is to this host: addrtype, pkttype. */
#include "rules/packet_type.h"
#include "rules/xtables/xt.h"

#include <linux/if_packet.h>
#include <string.h>

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

/*
 * finish() of addrtype. Limited to an interface, an address of another interface of this host is
 * unicast: that changes the answer for all but what a multicast address is, and only takes away
 * from the others where unicast is not asked for.
 */
static int finish_address_type(struct xt_draft *draft, struct xt_use *use)
{
	static const enum field fields[] = {FIELD_SOURCE_TYPE, FIELD_DESTINATION_TYPE};
	bool unsure = false;
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
		status = rule_match_types(draft->reader->ruleset, &draft->rule, xt_family(draft),
		                          fields[i], types, negated);
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

/* --pkt-type */
static int read_packet_type(struct xt_draft *draft, struct xt_use *use,
                            const struct xt_argument *argument)
{
	static const struct xt_name types[] = {
	    {"unicast", PACKET_HOST, 0},        {"host", PACKET_HOST, 0},
	    {"broadcast", PACKET_BROADCAST, 0}, {"bcast", PACKET_BROADCAST, 0},
	    {"multicast", PACKET_MULTICAST, 0}, {"mcast", PACKET_MULTICAST, 0},
	    {"otherhost", PACKET_OTHERHOST, 0}, {NULL, 0, 0},
	};
	const char *text = argument->values->text;
	const struct xt_name *name = xt_name_find(types, text, strlen(text));

	(void)use;
	if (!name)
		return xt_expected(draft->reader, argument->values,
		                   "unicast, broadcast or multicast");
	return rule_match_packet_type(draft->reader->ruleset, &draft->rule, xt_family(draft),
	                              (uint8_t)name->value, argument->negated);
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
