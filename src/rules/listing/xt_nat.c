/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' targets that translate addresses, in one shape and in the spelling of iptables-save. */
#include "rules/listing/xt.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

/* Fills *ret_nat from the IPv4 layout of revision 0. */
static bool nat_read_ipv4(struct span info, struct xt_nat *ret_nat)
{
	struct nf_nat_ipv4_multi_range_compat multi;

	if (info.len < sizeof(multi))
		return false;
	memcpy(&multi, info.data, sizeof(multi));
	*ret_nat = (struct xt_nat){
	    .flags = multi.range[0].flags,
	    .family = AF_INET,
	    .first_port = ntohs(multi.range[0].min.all),
	    .last_port = ntohs(multi.range[0].max.all),
	};
	memcpy(ret_nat->first, &multi.range[0].min_ip, 4);
	memcpy(ret_nat->last, &multi.range[0].max_ip, 4);
	return true;
}

/* Fills *ret_nat from struct nf_nat_range, or nf_nat_range2, which begins alike. */
static bool nat_read_range(uint8_t family, struct span info, bool has_base, struct xt_nat *ret_nat)
{
	struct nf_nat_range2 range = {0};
	size_t size = has_base ? sizeof(range) : sizeof(struct nf_nat_range);

	if (info.len < size)
		return false;
	memcpy(&range, info.data, size);
	*ret_nat = (struct xt_nat){
	    .flags = range.flags,
	    .family = family,
	    .first_port = ntohs(range.min_proto.all),
	    .last_port = ntohs(range.max_proto.all),
	    .base_port = has_base ? ntohs(range.base_proto.all) : 0,
	};
	memcpy(ret_nat->first, &range.min_addr, sizeof(ret_nat->first));
	memcpy(ret_nat->last, &range.max_addr, sizeof(ret_nat->last));
	return true;
}

bool xt_nat_read(uint8_t family, const struct xt_part *target, struct xt_nat *ret_nat)
{
	if (target->revision == 0 && family == AF_INET)
		return nat_read_ipv4(target->info, ret_nat);
	return nat_read_range(family, target->info, target->revision >= 2, ret_nat);
}

/* Adds how NAT chooses among ports and addresses. */
static void add_nat_flags(const struct xt_context *context, uint32_t flags)
{
	text_add(context->text, "%s%s%s", flags & NF_NAT_RANGE_PROTO_RANDOM ? " --random" : "",
	         flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY ? " --random-fully" : "",
	         flags & NF_NAT_RANGE_PERSISTENT ? " --persistent" : "");
}

/* Adds "80" or "80-90". */
static void add_nat_ports(const struct xt_context *context, const struct xt_nat *nat)
{
	text_add(context->text, "%u", nat->first_port);
	if (nat->first_port != nat->last_port)
		text_add(context->text, "-%u", nat->last_port);
	if (nat->flags & NF_NAT_RANGE_PROTO_OFFSET)
		text_add(context->text, "/%u", nat->base_port);
}

/* DNAT, SNAT */
static void add_nat(const struct xt_context *context, const char *option, const struct xt_nat *nat)
{
	bool port = nat->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	bool brackets = port && context->family == AF_INET6;

	if (nat->flags & (NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED))
		text_add(context->text, " %s ", option);
	if (nat->flags & NF_NAT_RANGE_MAP_IPS) {
		text_add(context->text, brackets ? "[" : "");
		xt_add_address(context, nat->first);
		if (memcmp(nat->first, nat->last, address_size(context->family)) != 0) {
			text_add(context->text, "-");
			xt_add_address(context, nat->last);
		}
		text_add(context->text, brackets ? "]" : "");
	}
	if (port) {
		text_add(context->text, ":");
		add_nat_ports(context, nat);
	}
	add_nat_flags(context, nat->flags);
}

/* MASQUERADE, REDIRECT */
static void add_nat_to_ports(const struct xt_context *context, const struct xt_nat *nat)
{
	if (nat->flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		text_add(context->text, " --to-ports ");
		add_nat_ports(context, nat);
	}
	add_nat_flags(context, nat->flags);
}

/* NETMAP: the mask is where the first and the last address are equal. */
static void add_netmap(const struct xt_context *context, const struct xt_nat *nat)
{
	uint8_t mask[16];

	for (size_t i = 0; i < sizeof(mask); i++)
		mask[i] = (uint8_t) ~(nat->first[i] ^ nat->last[i]);
	text_add(context->text, " --to ");
	if (xt_mask_len(mask, address_size(context->family)) ==
	    (int)address_size(context->family) * 8)
		xt_add_address(context, nat->first);
	else
		xt_add_prefix(context, nat->first, mask);
}

bool xt_nat_target_add(const struct xt_context *context, const struct xt_part *target)
{
	static const char *const names[] = {"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"};
	struct xt_nat nat;
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], target->name) == 0)
			break;
	if (i == sizeof(names) / sizeof(*names) || !xt_nat_read(context->family, target, &nat))
		return false;
	if (i == 0)
		add_nat(context, "--to-destination", &nat);
	else if (i == 1)
		add_nat(context, "--to-source", &nat);
	else if (i == 4)
		add_netmap(context, &nat);
	else
		add_nat_to_ports(context, &nat);
	return true;
}
