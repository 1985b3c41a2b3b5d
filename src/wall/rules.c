/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall's rules; those of the base chains are the same for every host.
 *
 * Theory of operation. A packet of a flow's original direction is asked at each door, whatever
 * state the flow is in: so closing a port cuts who is in it, and keeps the flow's entry, without
 * which the container's next segment would begin a new flow outwards (the outsider then being the
 * one who answers). For the same reason a TCP segment from a container that begins a flow without a
 * SYN is dropped. What answers a container, what belongs to a flow that was let in (ICMP errors),
 * and what conntrack was told to leave alone goes on.
 */
#include "wall/table_parts.h"

#include <errno.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

enum {
	STATE_RELATED_BIT = 1 << 2, /* NF_CT_STATE_BIT() */
	STATE_NEW_BIT = 1 << 3,
	STATE_UNTRACKED_BIT = 1 << 6,
	TCP_FLAGS_OFFSET = 13,
	LOGS_A_SECOND = 100,
	LOGS_BURST = 500,
};

/* Begins a rule of a chain. */
static void begin(struct words *words, const char *chain)
{
	*words = (struct words){.rule = nftnl_rule_alloc()};
	if (!words->rule) {
		words->failed = true;
		return;
	}
	nftnl_rule_set_str(words->rule, NFTNL_RULE_TABLE, WALL_TABLE);
	nftnl_rule_set_str(words->rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(words->rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
}

/* Writes the rule. */
static void end(struct writer *writer, struct words *words)
{
	struct nlmsghdr *message;

	if (words->failed && writer->status == 0)
		writer->status = -ENOMEM;
	if (words->rule && writer->status == 0) {
		message = writer_message(writer, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
		nftnl_rule_nlmsg_build_payload(message, words->rule);
		writer_take(writer, message);
	}
	if (words->rule)
		nftnl_rule_free(words->rule);
}

/* Goes on for a family. */
static void match_family(struct words *words, unsigned six)
{
	const uint8_t family = six ? NFPROTO_IPV6 : NFPROTO_IPV4;

	word_meta(words, NFT_META_NFPROTO, WORD_REGISTER);
	word_compare(words, WORD_REGISTER, NFT_CMP_EQ, &family, sizeof(family));
}

/* Goes on where some bits of a 4-byte value of conntrack are set, or none is. */
static void match_bits(struct words *words, uint32_t key, uint32_t bits, bool set)
{
	const uint32_t none = 0;

	word_ct(words, key, -1, WORD_REGISTER);
	word_mask(words, WORD_REGISTER, &bits, sizeof(bits));
	word_compare(words, WORD_REGISTER, set ? NFT_CMP_NEQ : NFT_CMP_EQ, &none, sizeof(none));
}

/* Goes on for the direction in which a flow was answered. */
static void match_reply(struct words *words)
{
	const uint8_t reply = IP_CT_DIR_REPLY;

	word_ct(words, NFT_CT_DIRECTION, -1, WORD_REGISTER);
	word_compare(words, WORD_REGISTER, NFT_CMP_EQ, &reply, sizeof(reply));
}

/* Goes on for an interface of a pattern, or for all others. */
static void match_interface(struct words *words, uint32_t key, const char *pattern, bool others)
{
	char name[IFNAMSIZ] = "";
	size_t len = strlen(pattern);
	bool wildcard = len && pattern[len - 1] == '*';

	strncpy(name, pattern, sizeof(name) - 1);
	word_meta(words, key, WORD_REGISTER);
	word_compare(words, WORD_REGISTER, others ? NFT_CMP_NEQ : NFT_CMP_EQ, name,
	             wildcard ? (len - 1 < sizeof(name) ? len - 1 : sizeof(name)) : sizeof(name));
}

/* A rule of one match on an interface's name and a verdict. */
static void interface_rule(struct writer *writer, const char *chain, uint32_t key, const char *set,
                           const char *name, int code, const char *to)
{
	struct words words;

	begin(&words, chain);
	if (set) {
		word_meta(&words, key, WORD_REGISTER);
		word_lookup(&words, set, WORD_REGISTER, false);
	} else {
		match_interface(&words, key, name, false);
	}
	word_verdict(&words, code, to);
	end(writer, &words);
}

/* Goes on for a protocol with ports. */
static void match_protocol(struct words *words, uint8_t protocol)
{
	word_meta(words, NFT_META_L4PROTO, WORD_REGISTER);
	word_compare(words, WORD_REGISTER, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

/* A rule that does what a kind's map says; `protocol` 0: of each. */
static void map_rule(struct writer *writer, const char *chain, enum door_kind kind, unsigned six,
                     uint8_t protocol)
{
	struct words words;
	char map[WALL_NAME];

	begin(&words, chain);
	match_family(&words, six);
	if (protocol)
		match_protocol(&words, protocol);
	/* A container's own port may have the number of the host's. */
	if (!door_at_input(kind))
		match_bits(&words, NFT_CT_STATUS, IPS_DST_NAT, kind != DOOR_DIRECT);
	load_key(&words, kind, six);
	door_map_name(kind, six, map);
	word_verdict_map(&words, map, WORD_REGISTER);
	end(writer, &words);
}

/*
 * The rules of a kind. nft can list a rule that looks up the original port of any protocol, but not
 * read it back, and a saved ruleset that cannot be read back is no firewall after the next boot:
 * so there is one rule for each protocol, and keys begin with the container's own port.
 */
static void map_rules(struct writer *writer, const char *chain, enum door_kind kind)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	bool original = !door_at_input(kind) && kind != DOOR_DIRECT;

	for (unsigned six = 0; six < 2; six++) {
		if (!original)
			map_rule(writer, chain, kind, six, 0);
		for (size_t i = 0; original && i < sizeof(protocols); i++)
			map_rule(writer, chain, kind, six, protocols[i]);
	}
}

/* Rules for what was addressed to a gateway: at input of the proxies' ports only. */
static void gateway_rules(struct writer *writer, const char *chain, bool input)
{
	for (unsigned six = 0; six < 2; six++) {
		struct words words;

		begin(&words, chain);
		match_family(&words, six);
		if (input)
			word_payload(&words, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16,
			             six ? 16 : 4, WORD_REGISTER);
		else
			word_ct(&words, six ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, 0, WORD_REGISTER);
		word_lookup(&words, six ? "gateways_6" : "gateways_4", WORD_REGISTER, false);
		if (input) {
			load_key(&words, DOOR_PROXY_BIND, six);
			word_lookup(&words, six ? "proxy_bound_6" : "proxy_bound_4", WORD_REGISTER,
			            false);
		}
		word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
		end(writer, &words);
	}
}

/* Rules for what somebody's own translation leads to a proxy: that is not what was addressed. */
static void redirect_rules(struct writer *writer)
{
	for (unsigned six = 0; six < 2; six++) {
		struct words words;

		begin(&words, CHAIN_INPUT);
		match_family(&words, six);
		match_bits(&words, NFT_CT_STATUS, IPS_DST_NAT, true);
		load_key(&words, DOOR_PROXY_BIND, six);
		word_lookup(&words, six ? "proxy_ports_6" : "proxy_ports_4", WORD_REGISTER, false);
		word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
		end(writer, &words);
	}
}

/* Rules for what is for all stations of a link, or a group of them, and a proxy would take. */
static void broadcast_rules(struct writer *writer)
{
	const uint32_t local = RTN_LOCAL;

	for (unsigned six = 0; six < 2; six++) {
		struct words words;

		begin(&words, CHAIN_INPUT);
		match_family(&words, six);
		word_destination_type(&words, WORD_REGISTER);
		word_compare(&words, WORD_REGISTER, NFT_CMP_NEQ, &local, sizeof(local));
		load_key(&words, DOOR_PROXY_BIND, six);
		word_lookup(&words, six ? "proxy_ports_6" : "proxy_ports_4", WORD_REGISTER, false);
		word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
		end(writer, &words);
	}
}

/* What goes on at a door without being asked. */
static void pass_rules(struct writer *writer, const char *chain)
{
	struct words words;

	begin(&words, chain);
	match_reply(&words);
	word_verdict(&words, NF_ACCEPT, NULL);
	end(writer, &words);
	begin(&words, chain);
	match_bits(&words, NFT_CT_STATE, STATE_RELATED_BIT | STATE_UNTRACKED_BIT, true);
	word_verdict(&words, NF_ACCEPT, NULL);
	end(writer, &words);
}

/* The end of a chain. */
static void last_rule(struct writer *writer, const char *chain, int code, const char *to)
{
	struct words words;

	begin(&words, chain);
	word_verdict(&words, code, to);
	end(writer, &words);
}

/* From a wire, and to a loopback address. */
static void prerouting_rules(struct writer *writer)
{
	const uint32_t mask = htonl(0xff000000), loopback = htonl(INADDR_LOOPBACK & 0xff000000);
	struct words words;

	interface_rule(writer, CHAIN_PREROUTING, NFT_META_IIFNAME, NULL, "lo", NF_ACCEPT, NULL);
	interface_rule(writer, CHAIN_PREROUTING, NFT_META_IIFNAME, SET_BRIDGES, NULL, NF_ACCEPT,
	               NULL);
	begin(&words, CHAIN_PREROUTING);
	match_family(&words, 0);
	word_payload(&words, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, WORD_REGISTER);
	word_mask(&words, WORD_REGISTER, &mask, sizeof(mask));
	word_compare(&words, WORD_REGISTER, NFT_CMP_EQ, &loopback, sizeof(loopback));
	word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
	end(writer, &words);
}

/* A bridge that looks like an engine's and was not there when the wall was made. */
static void new_bridge_rules(struct writer *writer)
{
	static const char *const patterns[] = {"br-*", "docker*"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct words words;

		begin(&words, CHAIN_FORWARD);
		match_interface(&words, NFT_META_OIFNAME, patterns[i], false);
		match_interface(&words, NFT_META_IIFNAME, patterns[i], true);
		word_meta(&words, NFT_META_OIFNAME, WORD_REGISTER);
		word_lookup(&words, SET_OTHERS, WORD_REGISTER, true);
		word_verdict(&words, NFT_GOTO, CHAIN_NEW_BRIDGE);
		end(writer, &words);
	}
	pass_rules(writer, CHAIN_NEW_BRIDGE);
	last_rule(writer, CHAIN_NEW_BRIDGE, NFT_GOTO, CHAIN_TURNED_AWAY);
}

static void forward_rules(struct writer *writer)
{
	interface_rule(writer, CHAIN_FORWARD, NFT_META_IIFNAME, SET_BRIDGES, NULL, NFT_GOTO,
	               CHAIN_INSIDE);
	interface_rule(writer, CHAIN_FORWARD, NFT_META_OIFNAME, SET_BRIDGES, NULL, NFT_GOTO,
	               CHAIN_DOORS);
	new_bridge_rules(writer);
}

/* What containers send: among themselves as it likes; outwards no flow that begins in the middle.
 */
static void inside_rules(struct writer *writer)
{
	const uint8_t tcp = IPPROTO_TCP, syn = TH_SYN;
	const uint8_t mask = TH_FIN | TH_SYN | TH_RST | TH_ACK;
	struct words words;

	interface_rule(writer, CHAIN_INSIDE, NFT_META_OIFNAME, SET_BRIDGES, NULL, NF_ACCEPT, NULL);
	begin(&words, CHAIN_INSIDE);
	word_meta(&words, NFT_META_L4PROTO, WORD_REGISTER);
	word_compare(&words, WORD_REGISTER, NFT_CMP_EQ, &tcp, sizeof(tcp));
	match_bits(&words, NFT_CT_STATE, STATE_NEW_BIT, true);
	word_payload(&words, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET, 1, WORD_REGISTER);
	word_mask(&words, WORD_REGISTER, &mask, sizeof(mask));
	word_compare(&words, WORD_REGISTER, NFT_CMP_NEQ, &syn, sizeof(syn));
	word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
	end(writer, &words);
	last_rule(writer, CHAIN_INSIDE, NF_ACCEPT, NULL);
}

/* What is for containers, from outside. */
static void door_rules(struct writer *writer)
{
	pass_rules(writer, CHAIN_DOORS);
	map_rules(writer, CHAIN_DOORS, DOOR_EXACT);
	map_rules(writer, CHAIN_DOORS, DOOR_NAMED);
	gateway_rules(writer, CHAIN_DOORS, false);
	map_rules(writer, CHAIN_DOORS, DOOR_BIND);
	map_rules(writer, CHAIN_DOORS, DOOR_DIRECT);
	last_rule(writer, CHAIN_DOORS, NFT_GOTO, CHAIN_TURNED_AWAY);
}

/* What is for this host itself: the engine's proxies are looked at, and nobody else. */
static void input_rules(struct writer *writer)
{
	interface_rule(writer, CHAIN_INPUT, NFT_META_IIFNAME, NULL, "lo", NF_ACCEPT, NULL);
	interface_rule(writer, CHAIN_INPUT, NFT_META_IIFNAME, SET_BRIDGES, NULL, NF_ACCEPT, NULL);
	pass_rules(writer, CHAIN_INPUT);
	map_rules(writer, CHAIN_INPUT, DOOR_HOST);
	map_rules(writer, CHAIN_INPUT, DOOR_PROXY_EXACT);
	redirect_rules(writer);
	broadcast_rules(writer);
	map_rules(writer, CHAIN_INPUT, DOOR_PROXY_NAMED);
	gateway_rules(writer, CHAIN_INPUT, true);
	map_rules(writer, CHAIN_INPUT, DOOR_PROXY_BIND);
}

static void turned_away_rules(struct writer *writer, bool log_only)
{
	struct words words;

	begin(&words, CHAIN_TURNED_AWAY);
	word_limit(&words, LOGS_A_SECOND, LOGS_BURST);
	word_log(&words, WALL_LOG_GROUP, WALL_TABLE);
	end(writer, &words);
	begin(&words, CHAIN_TURNED_AWAY);
	word_counter(&words);
	word_verdict(&words, log_only ? NF_ACCEPT : NF_DROP, NULL);
	end(writer, &words);
}

/* The rule of a class that lets a family's prefixes in. */
static void prefix_rule(struct writer *writer, const struct wall_group *group, size_t class,
                        unsigned six)
{
	const char *pattern = group->classes.items[class].pattern;
	struct words words;
	char set[WALL_NAME];

	begin(&words, group->name);
	if (pattern)
		match_interface(&words, NFT_META_IIFNAME, pattern, false);
	match_family(&words, six);
	word_payload(&words, NFT_PAYLOAD_NETWORK_HEADER, six ? 8 : 12, six ? 16 : 4, WORD_REGISTER);
	class_set_name(group, class, six, set);
	word_lookup(&words, set, WORD_REGISTER, false);
	word_verdict(&words, NF_ACCEPT, NULL);
	end(writer, &words);
}

/* The chain of a group: class by class, in the order in which zones are asked. */
static void group_rules(struct writer *writer, const struct wall_group *group)
{
	struct words words;

	if (group->only_in) {
		begin(&words, group->name);
		match_interface(&words, NFT_META_IIFNAME, group->only_in, true);
		word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
		end(writer, &words);
	}
	for (size_t i = 0; i < group->classes.n; i++) {
		const struct wall_class *class = &group->classes.items[i];

		for (unsigned six = 0; six < 2; six++)
			prefix_rule(writer, group, i, six);
		begin(&words, group->name);
		if (class->pattern)
			match_interface(&words, NFT_META_IIFNAME, class->pattern, false);
		word_verdict(&words, NFT_GOTO, CHAIN_TURNED_AWAY);
		end(writer, &words);
	}
}

void write_rules(struct writer *writer, const struct wall *wall)
{
	turned_away_rules(writer, wall->log_only);
	prerouting_rules(writer);
	forward_rules(writer);
	inside_rules(writer);
	door_rules(writer);
	input_rules(writer);
	vec_foreach(group, &wall->groups)
		if (!group->everybody && !group->nobody)
			group_rules(writer, group);
}
