/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what the kernel tells of a traced packet: nftables' trace messages.
 *
 * Theory of operation. There is one message for each rule that matched, one when a base chain ends
 * in its policy, and one at the end of any other chain, which names no rule and is no step. The
 * first message from a base chain shows the packet as it stood then; it holds for those after it,
 * since a chain's own rewriting shows only in the next one. Priorities are not told: they are in
 * the view's chains, which the twin shares. A rule of a chain without a hook belongs to the base
 * chain before it.
 */
#include "prove/trace.h"
#include "prove/catch.h"
#include "prove/nft_attr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <stdio.h>
#include <string.h>

/* The number of an attribute in network order, or 0 where it is too short. */
static uint32_t number(const struct nlattr *attribute)
{
	uint32_t value;

	if (mnl_attr_get_payload_len(attribute) < sizeof(value))
		return 0;
	memcpy(&value, mnl_attr_get_payload(attribute), sizeof(value));
	return ntohl(value);
}

/* Copies an attribute's text, cut to room bytes. */
static void copy_text(const struct nlattr *attribute, char *to, size_t room)
{
	snprintf(to, room, "%.*s", (int)mnl_attr_get_payload_len(attribute),
	         (const char *)mnl_attr_get_payload(attribute));
}

/* Whether an attribute is this text. */
static bool is_text(const struct nlattr *attribute, const char *text)
{
	const char *payload = mnl_attr_get_payload(attribute);
	size_t len = strnlen(payload, mnl_attr_get_payload_len(attribute));

	return len == strlen(text) && memcmp(payload, text, len) == 0;
}

/* The attribute of a type in a message, or NULL. */
static const struct nlattr *find(const struct nlmsghdr *message, uint16_t type)
{
	nft_each(attribute, message)
		if (mnl_attr_get_type(attribute) == type)
			return attribute;
	return NULL;
}

/* The stage of a hook in a family of tables. */
static int stage_of(uint8_t family, uint32_t hook)
{
	static const int ip[] = {
	    [NF_INET_PRE_ROUTING] = TRACE_STAGE_PREROUTING,
	    [NF_INET_LOCAL_IN] = TRACE_STAGE_ROUTED,
	    [NF_INET_FORWARD] = TRACE_STAGE_ROUTED,
	    [NF_INET_LOCAL_OUT] = TRACE_STAGE_ROUTED,
	    [NF_INET_POST_ROUTING] = TRACE_STAGE_POSTROUTING,
	    [NF_INET_INGRESS] = TRACE_STAGE_EARLY,
	};

	if (family == NFPROTO_NETDEV)
		return TRACE_STAGE_EARLY;
	if (family == NFPROTO_BRIDGE)
		return hook == NF_BR_PRE_ROUTING || hook == NF_BR_LOCAL_IN ? TRACE_STAGE_EARLY
		                                                           : TRACE_STAGE_LATE;
	return hook < sizeof(ip) / sizeof(*ip) ? ip[hook] : TRACE_STAGE_ROUTED;
}

/* Reads a base chain's place. False for a chain without a hook. */
static bool chain_place(const struct nlmsghdr *chain, struct trace_place *ret_place)
{
	const struct nfgenmsg *generic = mnl_nlmsg_get_payload(chain);
	const struct nlattr *hook = find(chain, NFTA_CHAIN_HOOK);
	uint32_t number_of_hook = 0;

	if (!hook)
		return false;
	nft_each_nested(attribute, hook) {
		if (mnl_attr_get_type(attribute) == NFTA_HOOK_HOOKNUM)
			number_of_hook = number(attribute);
		else if (mnl_attr_get_type(attribute) == NFTA_HOOK_PRIORITY)
			ret_place->priority = (int32_t)number(attribute);
	}
	ret_place->stage = stage_of(generic->nfgen_family, number_of_hook);
	return true;
}

/* Looks a step's chain up. False when it has no hook, or is not known. */
static bool find_place(const struct netview *view, const struct trace_step *step,
                       struct trace_place *ret_place)
{
	const struct nlmsghdr *chain;
	size_t offset = 0;

	while ((chain = raw_next(&view->raw[RAW_NFT_CHAIN], &offset))) {
		const struct nfgenmsg *generic = mnl_nlmsg_get_payload(chain);
		const struct nlattr *table, *name;

		if (mnl_nlmsg_get_payload_len(chain) < sizeof(*generic) ||
		    generic->nfgen_family != step->family)
			continue;
		table = find(chain, NFTA_CHAIN_TABLE);
		name = find(chain, NFTA_CHAIN_NAME);
		if (table && name && is_text(table, step->table) && is_text(name, step->chain))
			return chain_place(chain, ret_place);
	}
	return false;
}

/* Reads the addresses of a network header. */
static void read_network(const struct nlattr *attribute, struct trace_step *step)
{
	const uint8_t *header = mnl_attr_get_payload(attribute);
	size_t len = mnl_attr_get_payload_len(attribute);

	if (len >= 20 && header[0] >> 4 == 4) {
		step->source = address_make(AF_INET, header + 12);
		step->destination = address_make(AF_INET, header + 16);
	} else if (len >= 40 && header[0] >> 4 == 6) {
		step->source = address_make(AF_INET6, header + 8);
		step->destination = address_make(AF_INET6, header + 24);
	}
}

/* Reads a verdict and the chain that it names. */
static void read_verdict(const struct nlattr *verdict, struct trace_step *step)
{
	nft_each_nested(attribute, verdict) {
		if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CODE)
			step->verdict = number(attribute);
		else if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CHAIN)
			copy_text(attribute, step->jump_chain, sizeof(step->jump_chain));
	}
}

/* Reads one attribute into the step. */
static void read_attribute(const struct nlattr *attribute, struct trace_step *step)
{
	const uint8_t *bytes = mnl_attr_get_payload(attribute);
	size_t len = mnl_attr_get_payload_len(attribute);
	uint64_t handle;

	switch (mnl_attr_get_type(attribute)) {
	case NFTA_TRACE_TABLE:
		copy_text(attribute, step->table, sizeof(step->table));
		break;
	case NFTA_TRACE_CHAIN:
		copy_text(attribute, step->chain, sizeof(step->chain));
		break;
	case NFTA_TRACE_RULE_HANDLE:
		if (len >= sizeof(handle)) {
			memcpy(&handle, bytes, sizeof(handle));
			step->handle = be64toh(handle);
		}
		break;
	case NFTA_TRACE_TYPE:
		step->policy = number(attribute) == NFT_TRACETYPE_POLICY;
		break;
	case NFTA_TRACE_VERDICT:
		read_verdict(attribute, step);
		break;
	case NFTA_TRACE_POLICY:
		step->verdict = number(attribute);
		break;
	case NFTA_TRACE_NETWORK_HEADER:
		read_network(attribute, step);
		break;
	case NFTA_TRACE_TRANSPORT_HEADER:
		if (len >= 4)
			step->destination_port = (uint16_t)(bytes[2] << 8 | bytes[3]);
		break;
	case NFTA_TRACE_IIF:
		step->in_ifindex = number(attribute);
		break;
	case NFTA_TRACE_OIF:
		step->out_ifindex = number(attribute);
		break;
	default:
		break;
	}
}

/* Takes over how the packet stood from the step before, in the same walk of a base chain. */
static void inherit(struct trace_step *step, const struct trace_step *before)
{
	step->source = before->source;
	step->destination = before->destination;
	step->destination_port = before->destination_port;
	step->in_ifindex = before->in_ifindex;
	step->out_ifindex = before->out_ifindex;
}

int trace_nft_step(const struct netview *view, const struct nlmsghdr *message,
                   struct placed_steps *steps)
{
	const struct nfgenmsg *generic = mnl_nlmsg_get_payload(message);
	struct trace_step step = {0};
	struct placed_step *placed;
	struct trace_place place = {0};

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*generic))
		return -EBADMSG;
	step.family = generic->nfgen_family;
	nft_each(attribute, message)
		read_attribute(attribute, &step);
	if (!strcmp(step.table, CATCH_TABLE) || (!step.handle && !step.policy))
		return 0;
	if (steps->n)
		place = steps->items[steps->n - 1].place;
	if (steps->n && !step.destination.family)
		inherit(&step, &steps->items[steps->n - 1].step);
	(void)find_place(view, &step, &place);
	placed = vec_push(steps);
	if (!placed)
		return -ENOMEM;
	*placed = (struct placed_step){step, place};
	return 0;
}
