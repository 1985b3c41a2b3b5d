/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes policy routing rules (net/core/fib_rules.c, fib_nl_newrule()). */
#include "observe/decode.h"

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <string.h>

/* Reads a prefix of the header's length from an attribute. */
static int decode_prefix(const struct decoder *decoder, const struct nlattr *attribute,
                         uint8_t family, uint8_t len, struct prefix *to)
{
	struct address address = address_any(family);
	int status = 0;

	if (len > address_size(family) * 8)
		return decode_bad(decoder, "a prefix is longer than an address");
	if (attribute)
		status = decode_address(decoder, attribute, family, &address);
	*to = prefix_make(&address, attribute ? len : 0);
	return status;
}

/* Reads a range of ports; absent, all of them. */
static int decode_ports(const struct decoder *decoder, const struct nlattr *attribute,
                        uint16_t *first, uint16_t *last)
{
	struct fib_rule_port_range range = {0, UINT16_MAX};
	int status = decode_value(decoder, attribute, &range, sizeof(range));

	*first = range.start;
	*last = range.end;
	return status;
}

/* Reads the conditions that are attributes of their own. */
static int decode_conditions(const struct decoder *decoder, const struct nlattr *const *table,
                             struct policy_rule *rule)
{
	struct fib_rule_uid_range uids = {0, 0};
	int status;

	rule->mark_mask = table[FRA_FWMARK] ? UINT32_MAX : 0;
	if ((status = decode_string(decoder, table[FRA_IIFNAME], IFNAMSIZ, &rule->in)) < 0 ||
	    (status = decode_string(decoder, table[FRA_OIFNAME], IFNAMSIZ, &rule->out)) < 0 ||
	    (status = decode_value(decoder, table[FRA_FWMARK], &rule->mark, 4)) < 0 ||
	    (status = decode_value(decoder, table[FRA_FWMASK], &rule->mark_mask, 4)) < 0 ||
	    (status = decode_value(decoder, table[FRA_IP_PROTO], &rule->protocol, 1)) < 0 ||
	    (status = decode_value(decoder, table[FRA_UID_RANGE], &uids, sizeof(uids))) < 0 ||
	    (status = decode_ports(decoder, table[FRA_SPORT_RANGE], &rule->first_source_port,
	                           &rule->last_source_port)) < 0)
		return status;
	rule->not_root = uids.start > 0;
	return decode_ports(decoder, table[FRA_DPORT_RANGE], &rule->first_port, &rule->last_port);
}

int decode_policy_rule(const struct decoder *decoder)
{
	const struct nlattr *table[FRA_DPORT_RANGE + 1];
	struct policy_rule rule = {.suppress_len = -1}, *slot;
	struct fib_rule_hdr header;
	uint8_t l3mdev = 0;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	if (header.family != AF_INET && header.family != AF_INET6)
		return 0;
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status < 0)
		return status;
	rule.family = header.family;
	rule.action = header.action;
	rule.tos = header.tos;
	rule.invert = header.flags & FIB_RULE_INVERT;
	rule.table = header.table;
	if ((status = decode_value(decoder, table[FRA_PRIORITY], &rule.priority, 4)) < 0 ||
	    (status = decode_value(decoder, table[FRA_TABLE], &rule.table, 4)) < 0 ||
	    (status = decode_value(decoder, table[FRA_GOTO], &rule.go_to, 4)) < 0 ||
	    (status = decode_value(decoder, table[FRA_L3MDEV], &l3mdev, 1)) < 0 ||
	    (status = decode_value(decoder, table[FRA_SUPPRESS_PREFIXLEN], &rule.suppress_len, 4)) <
	        0 ||
	    (status = decode_prefix(decoder, table[FRA_SRC], header.family, header.src_len,
	                            &rule.source)) < 0 ||
	    (status = decode_prefix(decoder, table[FRA_DST], header.family, header.dst_len,
	                            &rule.destination)) < 0 ||
	    (status = decode_conditions(decoder, table, &rule)) < 0)
		return status;
	rule.l3mdev = l3mdev;
	slot = vec_push(&decoder->view->policy_rules);
	if (!slot)
		return -ENOMEM;
	*slot = rule;
	return 0;
}
