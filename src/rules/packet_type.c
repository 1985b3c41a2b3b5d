/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address or a packet is to this host, as iptables asks for it: addrtype and pkttype. */
#include "rules/packet_type.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>

/* Adds an interval for each type whose bit is set. */
static int add_types(struct step *step, unsigned types)
{
	int status = 0;

	for (unsigned type = 0; type < 16 && status == 0; type++)
		if (types & 1U << type)
			status = step_add_interval(step, type, type);
	return status;
}

/* The addresses of IPv6 that are of all the types whose bits are set; at most two intervals. */
static unsigned address_intervals(unsigned types, struct interval intervals[static 2])
{
	const field_value mapped = (field_value)0xffff << 32, multicast = (field_value)0xff << 120;
	const field_value ones = ~(field_value)0;
	unsigned n = 0;

	switch (types & TYPES_OF_ADDRESS) {
	case 0:
		intervals[n++] = (struct interval){0, ones};
		break;
	case TYPE_UNSPEC:
		intervals[n++] = (struct interval){0, 0};
		break;
	case TYPE_MULTICAST:
		intervals[n++] = (struct interval){multicast, ones};
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

/* IPv6: boxes of the address and the type. */
static int match_types6(struct ruleset *ruleset, struct rule *rule, enum field field,
                        unsigned types, bool negated)
{
	const struct operand_field both[] = {
	    {field == FIELD_SOURCE_TYPE ? FIELD_SOURCE : FIELD_DESTINATION, ~(field_value)0},
	    {field, ~(field_value)0},
	};
	bool routed = types & TYPES_ROUTED;
	struct interval intervals[2];
	unsigned n = address_intervals(types, intervals);
	struct step *step =
	    rule_add_fields(ruleset, rule, STEP_MATCH, negated, routed ? 2 : 1, both);
	int status = step ? 0 : -ENOMEM;

	for (unsigned i = 0; i < n; i++) {
		for (unsigned type = 0; type < 16 && status == 0; type++) {
			if (!(routed ? types & TYPES_ROUTED & 1U << type : type == 0))
				continue;
			status = step_add_interval(step, intervals[i].first, intervals[i].last);
			if (status == 0 && routed)
				status = step_add_interval(step, type, type);
		}
	}
	return status;
}

int rule_match_types(struct ruleset *ruleset, struct rule *rule, uint8_t family, enum field field,
                     unsigned types, bool negated)
{
	struct step *step;

	if (family == NFPROTO_IPV6)
		return match_types6(ruleset, rule, field, types, negated);
	step = rule_add_match(ruleset, rule, field, negated);
	return step ? add_types(step, types) : -ENOMEM;
}

int rule_match_packet_type(struct ruleset *ruleset, struct rule *rule, uint8_t family, uint8_t type,
                           bool negated)
{
	static const struct operand_field both[] = {{FIELD_PACKET_TYPE, ~(field_value)0},
	                                            {FIELD_DESTINATION, ~(field_value)0}};
	const field_value ones = ~(field_value)0;
	bool ipv4 = family == NFPROTO_IPV4;
	const struct interval multicast = {ipv4 ? 0xe0000000 : (field_value)0xff << 120,
	                                   ipv4 ? 0xefffffff : ones};
	struct step *step;
	int status;

	if (type != PACKET_BROADCAST && type != PACKET_MULTICAST) {
		step = rule_add_match(ruleset, rule, FIELD_PACKET_TYPE, negated);
		return step ? step_add_interval(step, type, type) : -ENOMEM;
	}
	step = rule_add_fields(ruleset, rule, STEP_MATCH, negated, 2, both);
	if (!step)
		return -ENOMEM;
	status = step_add_interval(step, type, type);
	if (status == 0)
		status = step_add_interval(step, 0, ones);
	if (status == 0)
		status = step_add_interval(step, PACKET_LOOPBACK, PACKET_LOOPBACK);
	if (status == 0 && type == PACKET_MULTICAST)
		return step_add_interval(step, multicast.first, multicast.last);
	if (status == 0)
		status = step_add_interval(step, 0, multicast.first - 1);
	if (status < 0 || !ipv4)
		return status;
	status = step_add_interval(step, PACKET_LOOPBACK, PACKET_LOOPBACK);
	return status < 0 ? status : step_add_interval(step, multicast.last + 1, UINT32_MAX);
}
