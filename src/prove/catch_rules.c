/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the catcher's tables hold.
 *
 * Theory of operation. A chain of ours stands at input and at postrouting, before connection
 * tracking would confirm a new flow (INT_MAX, at IPv6's input INT_MAX - 1:
 * nf_conntrack_proto.c): whatever gets there would have been delivered. It writes the probe's id,
 * where it goes to and comes from after translation, and the link that it leaves by, into a set,
 * counts it, and drops it. The chain at the bridge's postrouting does the same for frames that are
 * not routed; where bridged packets are handed to the IP hooks (bridge-nf-call-iptables), IP
 * postrouting comes after it and is not seen. A chain at each link's ingress counts what came in,
 * before anything of the host's own can drop it: without it, a probe that never got into the stack
 * would look like one that was filtered.
 *
 * In a twin all that the stack itself sends is dropped at output. On a live host only answers to
 * our probes are: TCP segments that acknowledge one of our ids (RST of a reject, SYN-ACK of a
 * SYNPROXY), and ICMP errors that quote one. Copies (TEE, IPVS) carry the probe's own marks and
 * end at postrouting. What cannot be stopped on a live host: packets handed to user space
 * (NFQUEUE; what is decided later counts as not arrived), frames mirrored by tc or by netdev
 * `dup` and `fwd` rules, packet captures, log lines, counters, and what `recent`, `limit` or a
 * dynamic set remembers; a bridge learns the probes' source MAC on the port they came in by.
 *
 * A sweep only wants to know of ports that somebody listens on, and at input most are closed: its
 * probes carry a bit in their id, and are dropped there without a record unless their port is
 * one of those selected. That saves writing, reading and emptying a set of 65,535 keys.
 *
 * Keys: id, destination, destination port, source, outgoing link; each field fills whole
 * four-byte registers, so an IPv6 key takes 44 of the 64 bytes that nftables allows.
 */
#include "prove/catch_rules.h"

#include <arpa/inet.h>
#include <limits.h>
#include <linux/netfilter_bridge.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const struct catch_point catch_points[CATCH_POINTS] = {
    {NFPROTO_BRIDGE, NF_BR_POST_ROUTING, ARRIVED_BRIDGED, "postrouting", {"bridged4", "bridged6"}},
    {NFPROTO_INET,
     NF_INET_POST_ROUTING,
     ARRIVED_FORWARD,
     "postrouting",
     {"forwarded4", "forwarded6"}},
    {NFPROTO_INET, NF_INET_LOCAL_IN, ARRIVED_LOCAL, "input", {"local4", "local6"}},
};

/* What all probes of a protocol have in common, from `offset` of the transport header on. */
struct signature {
	uint8_t protocol;
	const char *name;
	uint8_t offset, len;
	uint8_t id; /* where in it the id stands */
	uint8_t value[12], mask[12];
};

enum {
	MAGIC_0 = PROBE_MAGIC >> 24,
	MAGIC_1 = PROBE_MAGIC >> 16 & 0xff,
	MAGIC_2 = PROBE_MAGIC >> 8 & 0xff,
	MAGIC_3 = PROBE_MAGIC & 0xff,
	FLAG_SYN = 0x02,
	FLAG_ACK = 0x10,
	BEFORE_CONFIRM = INT_MAX - 2, /* a priority */
	FLAGS = 0x17,                 /* FIN, SYN, RST, ACK: the others may be mangled (ECN) */
	FIRST = NFT_REG32_00,
	SPARE = NFT_REG32_12, /* behind the longest key */
	POINTS = 16,
	SET_NAME = 32,
	LINKS = 4096,  /* that are probed */
	KEY_MARK = 19, /* nft's names for types of keys, so that it can print our sets */
	KEY_IPV4 = 7,
	KEY_IPV6 = 8,
	KEY_SERVICE = 13,
	KEY_IFINDEX = 20,
};

static const struct signature signatures[] = {
    {IPPROTO_TCP, "tcp", 4, 12, 0, {[9] = FLAG_SYN, MAGIC_0, MAGIC_1}, {[9] = FLAGS, 0xff, 0xff}},
    {IPPROTO_UDP, "udp", 8, 8, 4, {MAGIC_0, MAGIC_1, MAGIC_2, MAGIC_3}, {0xff, 0xff, 0xff, 0xff}},
    {IPPROTO_SCTP,
     "sctp",
     16,
     8,
     0,
     {[4] = MAGIC_0, MAGIC_1, MAGIC_2, MAGIC_3},
     {[4] = 0xff, 0xff, 0xff, 0xff}},
};
enum { SIGNATURES = sizeof(signatures) / sizeof(*signatures) };

/* The EtherTypes of the two families, and how long their addresses are and where they stand. */
static const struct ip_layout {
	uint16_t ethertype;
	uint8_t address, source, destination;
} layouts[2] = {{0x0800, 4, 12, 16}, {0x86dd, 16, 8, 24}};

/* Goes on only for a transport protocol. */
static void match_protocol(struct nft_batch *batch, uint8_t protocol)
{
	nft_meta(batch, NFT_META_L4PROTO, FIRST);
	nft_equal(batch, FIRST, &protocol, sizeof(protocol));
}

/* Goes on only where the signature stands at an offset of the transport header, with such an id. */
static void match_signature(struct nft_batch *batch, const struct signature *signature,
                            uint32_t offset, uint32_t id, uint32_t id_mask)
{
	uint8_t value[sizeof(signature->value)], mask[sizeof(signature->mask)];

	memcpy(value, signature->value, sizeof(value));
	memcpy(mask, signature->mask, sizeof(mask));
	id = htonl(id);
	id_mask = htonl(id_mask);
	memcpy(value + signature->id, &id, sizeof(id));
	memcpy(mask + signature->id, &id_mask, sizeof(id_mask));
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, offset + signature->offset, signature->len,
	            FIRST);
	nft_mask(batch, FIRST, mask, signature->len);
	nft_equal(batch, FIRST, value, signature->len);
}

/* Writes a chain; with `type` a base chain at a hook, on a device where one is named. */
static void write_chain(struct nft_batch *batch, uint8_t family, const char *name, bool base,
                        uint32_t hook, int32_t priority, const char *device)
{
	struct nlmsghdr *chain = nft_batch_message(batch, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE);

	mnl_attr_put_strz(chain, NFTA_CHAIN_TABLE, CATCH_TABLE);
	mnl_attr_put_strz(chain, NFTA_CHAIN_NAME, name);
	if (base) {
		struct nlattr *nest = mnl_attr_nest_start(chain, NFTA_CHAIN_HOOK);

		mnl_attr_put_u32(chain, NFTA_HOOK_HOOKNUM, htonl(hook));
		mnl_attr_put_u32(chain, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
		if (device)
			mnl_attr_put_strz(chain, NFTA_HOOK_DEV, device);
		mnl_attr_nest_end(chain, nest);
		mnl_attr_put_u32(chain, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
		mnl_attr_put_strz(chain, NFTA_CHAIN_TYPE, "filter");
	}
}

/* Writes a set of keys of a type and length. */
static struct nlmsghdr *write_set(struct nft_batch *batch, uint8_t family, const char *name,
                                  uint32_t flags, uint32_t type, uint32_t len)
{
	struct nlmsghdr *set = nft_batch_message(batch, NFT_MSG_NEWSET, family, NLM_F_CREATE);

	mnl_attr_put_strz(set, NFTA_SET_TABLE, CATCH_TABLE);
	mnl_attr_put_strz(set, NFTA_SET_NAME, name);
	mnl_attr_put_u32(set, NFTA_SET_ID, htonl(set->nlmsg_seq));
	mnl_attr_put_u32(set, NFTA_SET_FLAGS, htonl(flags));
	mnl_attr_put_u32(set, NFTA_SET_KEY_TYPE, htonl(type));
	mnl_attr_put_u32(set, NFTA_SET_KEY_LEN, htonl(len));
	return set;
}

/* Writes a set that rules fill, with room for so many elements. */
static void write_filled_set(struct nft_batch *batch, uint8_t family, const char *name,
                             uint32_t type, uint32_t len, uint32_t room)
{
	struct nlmsghdr *set = write_set(batch, family, name, NFT_SET_EVAL, type, len);
	struct nlattr *description = mnl_attr_nest_start(set, NFTA_SET_DESC);

	mnl_attr_put_u32(set, NFTA_SET_DESC_SIZE, htonl(room));
	mnl_attr_nest_end(set, description);
}

/* Writes the set of one point's arrivals of one family: five fields of nft's types. */
static void write_arrival_set(struct nft_batch *batch, const struct catch_point *point,
                              unsigned layout)
{
	uint32_t address = layout ? KEY_IPV6 : KEY_IPV4;
	uint32_t type = KEY_MARK;

	type = type << 6 | address;
	type = type << 6 | KEY_SERVICE;
	type = type << 6 | address;
	type = type << 6 | KEY_IFINDEX;
	write_filled_set(batch, point->family, point->sets[layout], type,
	                 catch_key_size(layouts[layout].address), CATCH_ROOM);
}

/* Loads an arrival's key: id, destination, port, source, outgoing link. */
static void load_key(struct nft_batch *batch, const struct catch_point *point,
                     const struct signature *signature, const struct ip_layout *layout)
{
	uint32_t words = layout->address / 4, reg = FIRST;

	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, signature->offset + signature->id, 4, reg);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, layout->destination, layout->address,
	            reg + 1);
	reg += 1 + words;
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg);
	nft_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, layout->source, layout->address, reg + 1);
	reg += 1 + words;
	if (point->arrival == ARRIVED_LOCAL)
		nft_immediate(batch, reg, 0);
	else
		nft_meta(batch, NFT_META_OIF, reg);
}

/*
 * Writes the rule that records packets of one family and protocol. A key that is not in the set
 * yet is counted before it is added: were the set full, the count would tell.
 */
static void write_record(struct nft_batch *batch, unsigned number, const char *chain,
                         const struct signature *signature, unsigned which)
{
	const struct catch_point *point = &catch_points[number];
	uint16_t ethertype = htons(layouts[which].ethertype);

	nft_rule_begin(batch, point->family, CATCH_TABLE, chain);
	nft_meta(batch, NFT_META_PROTOCOL, FIRST);
	nft_equal(batch, FIRST, &ethertype, sizeof(ethertype));
	load_key(batch, point, signature, &layouts[which]);
	nft_not_in_set(batch, point->sets[which], FIRST);
	nft_immediate(batch, SPARE, number);
	nft_add_to_set(batch, CATCH_CAUGHT, SPARE, true);
	nft_add_to_set(batch, point->sets[which], FIRST, false);
	nft_rule_end(batch);
}

/* The name of the set of a protocol's ports that selective probes are recorded at. */
static const char *selected_set(const struct signature *signature, char name[static SET_NAME])
{
	snprintf(name, SET_NAME, "selected_%s", signature->name);
	return name;
}

/* Writes the rule that drops a selective probe that ends at a port nobody asked for. */
static void write_select(struct nft_batch *batch, const struct catch_point *point,
                         const char *chain, const struct signature *signature)
{
	uint32_t selective = htonl(CATCH_SELECTIVE);
	char set[SET_NAME];

	write_set(batch, point->family, selected_set(signature, set), 0, KEY_SERVICE,
	          sizeof(uint16_t));
	nft_rule_begin(batch, point->family, CATCH_TABLE, chain);
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, signature->offset + signature->id, 4,
	            FIRST);
	nft_mask(batch, FIRST, &selective, sizeof(selective));
	nft_equal(batch, FIRST, &selective, sizeof(selective));
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(uint16_t), FIRST);
	nft_not_in_set(batch, set, FIRST);
	nft_verdict(batch, NF_DROP, NULL);
	nft_rule_end(batch);
}

/* Writes the chain that takes one protocol's probes at a point: record, then drop. */
static void write_take(struct nft_batch *batch, unsigned number, const char *chain,
                       const struct signature *signature)
{
	const struct catch_point *point = &catch_points[number];

	write_chain(batch, point->family, chain, false, 0, 0, NULL);
	if (point->arrival == ARRIVED_LOCAL)
		write_select(batch, point, chain, signature);
	for (unsigned which = 0; which < 2; which++)
		write_record(batch, number, chain, signature, which);
	nft_rule_begin(batch, point->family, CATCH_TABLE, chain);
	nft_verdict(batch, NF_DROP, NULL);
	nft_rule_end(batch);
}

/* Writes one point: its sets, its chains, and in the base chain a way to each of them. */
static void write_point(struct nft_batch *batch, unsigned number, uint32_t tag)
{
	const struct catch_point *point = &catch_points[number];
	char chain[32];

	for (unsigned which = 0; which < 2; which++)
		write_arrival_set(batch, point, which);
	write_chain(batch, point->family, point->chain, true, point->hook, BEFORE_CONFIRM, NULL);
	for (unsigned i = 0; i < SIGNATURES; i++) {
		snprintf(chain, sizeof(chain), "%s_%s", point->chain, signatures[i].name);
		write_take(batch, number, chain, &signatures[i]);
		nft_rule_begin(batch, point->family, CATCH_TABLE, point->chain);
		match_protocol(batch, signatures[i].protocol);
		match_signature(batch, &signatures[i], 0, tag, (uint32_t)CATCH_TAG_MASK);
		nft_verdict(batch, NFT_GOTO, chain);
		nft_rule_end(batch);
	}
}

/* Drops TCP segments that acknowledge a probe. */
static void write_tcp_answer(struct nft_batch *batch, uint8_t family, uint32_t tag)
{
	uint8_t value[8] = {[5] = FLAG_ACK}, mask[8] = {[5] = FLAG_ACK};
	uint32_t tag_be = htonl(tag), mask_be = htonl((uint32_t)CATCH_TAG_MASK);

	memcpy(value, &tag_be, sizeof(tag_be));
	memcpy(mask, &mask_be, sizeof(mask_be));
	nft_rule_begin(batch, family, CATCH_TABLE, "output");
	match_protocol(batch, IPPROTO_TCP);
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 8, sizeof(value), FIRST);
	nft_mask(batch, FIRST, mask, sizeof(mask));
	nft_equal(batch, FIRST, value, sizeof(value));
	nft_verdict(batch, NF_DROP, NULL);
	nft_rule_end(batch);
}

/* Drops ICMP or ICMPv6 errors that quote a probe of one protocol. */
static void write_icmp_answer(struct nft_batch *batch, uint8_t family, unsigned layout,
                              const struct signature *signature, uint32_t tag)
{
	uint32_t inner = 8; /* the ICMP header */
	uint32_t protocol_at = inner + (layout ? 6 : 9), transport = inner + (layout ? 40 : 20);

	nft_rule_begin(batch, family, CATCH_TABLE, "output");
	match_protocol(batch, layout ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	nft_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, protocol_at, 1, FIRST);
	nft_equal(batch, FIRST, &signature->protocol, 1);
	match_signature(batch, signature, transport, tag, (uint32_t)CATCH_TAG_MASK);
	nft_verdict(batch, NF_DROP, NULL);
	nft_rule_end(batch);
}

/* Writes the chain that stops what the stack sends: all of it in a twin, answers to us elsewhere.
 */
static void write_output(struct nft_batch *batch, uint8_t family, uint32_t hook, uint32_t tag,
                         bool live)
{
	write_chain(batch, family, "output", true, hook, INT_MIN, NULL);
	if (!live) {
		nft_rule_begin(batch, family, CATCH_TABLE, "output");
		nft_verdict(batch, NF_DROP, NULL);
		nft_rule_end(batch);
		return;
	}
	write_tcp_answer(batch, family, tag);
	for (unsigned layout = 0; layout < 2; layout++)
		for (unsigned i = 0; i < SIGNATURES; i++)
			write_icmp_answer(batch, family, layout, &signatures[i], tag);
}

/* Writes the chain that a link's ingress chain sends probes to: counts them by link. */
static void write_count(struct nft_batch *batch)
{
	write_filled_set(batch, NFPROTO_NETDEV, CATCH_SEEN, KEY_IFINDEX, sizeof(uint32_t), LINKS);
	write_chain(batch, NFPROTO_NETDEV, "count", false, 0, 0, NULL);
	nft_rule_begin(batch, NFPROTO_NETDEV, CATCH_TABLE, "count");
	nft_meta(batch, NFT_META_IIF, FIRST);
	nft_add_to_set(batch, CATCH_SEEN, FIRST, true);
	nft_rule_end(batch);
}

void catch_rules_table(struct nft_batch *batch, uint8_t family, uint32_t tag, bool live)
{
	struct nlmsghdr *table =
	    nft_batch_message(batch, NFT_MSG_NEWTABLE, family, NLM_F_CREATE | NLM_F_EXCL);

	mnl_attr_put_strz(table, NFTA_TABLE_NAME, CATCH_TABLE);
	if (live)
		mnl_attr_put_u32(table, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	if (family == NFPROTO_NETDEV) {
		write_count(batch);
		return;
	}
	write_filled_set(batch, family, CATCH_CAUGHT, KEY_MARK, sizeof(uint32_t), POINTS);
	for (unsigned i = 0; i < CATCH_POINTS; i++)
		if (catch_points[i].family == family)
			write_point(batch, i, tag);
	write_output(batch, family, family == NFPROTO_BRIDGE ? NF_BR_LOCAL_OUT : NF_INET_LOCAL_OUT,
	             tag, live);
}

void catch_rules_watch(struct nft_batch *batch, uint32_t ifindex, const char *name, uint32_t tag)
{
	char chain[32];

	snprintf(chain, sizeof(chain), "in_%u", ifindex);
	write_chain(batch, NFPROTO_NETDEV, chain, true, NF_NETDEV_INGRESS, INT_MIN, name);
	for (unsigned i = 0; i < SIGNATURES; i++) {
		nft_rule_begin(batch, NFPROTO_NETDEV, CATCH_TABLE, chain);
		match_protocol(batch, signatures[i].protocol);
		match_signature(batch, &signatures[i], 0, tag, (uint32_t)CATCH_TAG_MASK);
		nft_verdict(batch, NFT_GOTO, "count");
		nft_rule_end(batch);
	}
}

void catch_rules_select(struct nft_batch *batch, uint8_t protocol, uint16_t port)
{
	char set[SET_NAME];
	uint16_t key = htons(port);

	for (unsigned i = 0; i < SIGNATURES; i++) {
		struct nlmsghdr *message;
		struct nlattr *list, *element, *data;

		if (signatures[i].protocol != protocol)
			continue;
		message = nft_batch_message(batch, NFT_MSG_NEWSETELEM, NFPROTO_INET, NLM_F_CREATE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, CATCH_TABLE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET,
		                  selected_set(&signatures[i], set));
		list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
		data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
		mnl_attr_put(message, NFTA_DATA_VALUE, sizeof(key), &key);
		mnl_attr_nest_end(message, data);
		mnl_attr_nest_end(message, element);
		mnl_attr_nest_end(message, list);
	}
}

void catch_rules_trace(struct nft_batch *batch, uint32_t id)
{
	for (unsigned i = 0; i < SIGNATURES; i++) {
		nft_rule_begin(batch, NFPROTO_NETDEV, CATCH_TABLE, "count");
		match_protocol(batch, signatures[i].protocol);
		match_signature(batch, &signatures[i], 0, id, UINT32_MAX);
		nft_immediate(batch, FIRST, 0x01010101); /* the kernel looks at one byte */
		nft_meta_set(batch, NFT_META_NFTRACE, FIRST);
		nft_rule_end(batch);
	}
}

void catch_rules_flush(struct nft_batch *batch, uint8_t family, const char *set)
{
	struct nlmsghdr *flush = nft_batch_message(batch, NFT_MSG_DELSETELEM, family, 0);

	mnl_attr_put_strz(flush, NFTA_SET_ELEM_LIST_TABLE, CATCH_TABLE);
	mnl_attr_put_strz(flush, NFTA_SET_ELEM_LIST_SET, set);
}
