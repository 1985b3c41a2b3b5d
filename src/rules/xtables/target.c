/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of iptables that end a packet's way, and those that leave it as it is; finding extensions
 * by name.
 */
#include "rules/xtables/xt.h"

#include <string.h>

#define WORDS(name, n)                                                                             \
	{                                                                                          \
		name, n, 0, NULL, 0                                                                \
	}

/* --reject-with */
static int read_reject(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	static const struct xt_name ipv4[] = {
	    {"icmp-net-unreachable", 0, 0},
	    {"net-unreach", 0, 0},
	    {"icmp-host-unreachable", 1, 0},
	    {"host-unreach", 1, 0},
	    {"icmp-proto-unreachable", 2, 0},
	    {"proto-unreach", 2, 0},
	    {"icmp-port-unreachable", 3, 0},
	    {"port-unreach", 3, 0},
	    {"icmp-net-prohibited", 4, 0},
	    {"net-prohib", 4, 0},
	    {"icmp-host-prohibited", 5, 0},
	    {"host-prohib", 5, 0},
	    {"icmp-admin-prohibited", 6, 0},
	    {"admin-prohib", 6, 0},
	    {"tcp-reset", 7, 0},
	    {"tcp-rst", 7, 0},
	    {"echo-reply", 8, 0},
	    {NULL, 0, 0},
	};
	static const struct xt_name ipv6[] = {
	    {"icmp6-no-route", 0, 0},
	    {"no-route", 0, 0},
	    {"icmp6-adm-prohibited", 1, 0},
	    {"adm-prohibited", 1, 0},
	    {"icmp6-addr-unreachable", 2, 0},
	    {"addr-unreach", 2, 0},
	    {"icmp6-port-unreachable", 3, 0},
	    {"port-unreach", 3, 0},
	    {"tcp-reset", 4, 0},
	    {"icmp6-policy-fail", 5, 0},
	    {"policy-fail", 5, 0},
	    {"icmp6-reject-route", 6, 0},
	    {"reject-route", 6, 0},
	    {"icmp6-not-neighbour", 7, 0},
	    {NULL, 0, 0},
	};
	const char *text = argument->values->text;
	bool is_ipv4 = xt_family(draft) == NFPROTO_IPV4;

	(void)use;
	if (!xt_name_find(is_ipv4 ? ipv4 : ipv6, text, strlen(text)))
		return xt_expected(draft->reader, argument->values,
		                   is_ipv4
		                       ? "a way to reject, as icmp-port-unreachable or tcp-reset"
		                       : "a way to reject, as icmp6-port-unreachable or "
		                         "tcp-reset");
	return 0;
}

/* finish() of REJECT */
static int finish_reject(struct xt_draft *draft, struct xt_use *use)
{
	(void)use;
	return xt_verdict(draft, (struct verdict){VERDICT_REJECT, NULL});
}

/* finish() of NFQUEUE */
static int finish_queue(struct xt_draft *draft, struct xt_use *use)
{
	(void)use;
	return xt_verdict(draft, (struct verdict){VERDICT_QUEUE, NULL});
}

/*
 * finish() of SYNPROXY: it answers a SYN, and takes the ACK that ends a handshake; whatever else
 * comes by goes on.
 */
static int finish_synproxy(struct xt_draft *draft, struct xt_use *use)
{
	enum { FIN_SYN_RST_ACK = 0x17, SYN = 2, ACK = 0x10 };
	static const struct operand_field flags = {FIELD_TCP_FLAGS, FIN_SYN_RST_ACK};
	struct step *step = xt_match_fields(draft, false, 1, &flags);
	int status;

	(void)use;
	if (!step)
		return -ENOMEM;
	status = step_add_interval(step, SYN, SYN);
	if (status == 0)
		status = step_add_interval(step, ACK, ACK);
	return status < 0 ? status : xt_verdict(draft, (struct verdict){VERDICT_STOLEN, NULL});
}

/* finish() of CLUSTERIP: another node's packets are dropped; which ones, a hash says. */
static int finish_clusterip(struct xt_draft *draft, struct xt_use *use)
{
	int status = xt_finish_unknown(draft, use);

	return status < 0 ? status : xt_verdict(draft, (struct verdict){VERDICT_DROP, NULL});
}

static const struct xt_option reject[] = {{"reject-with", 1, 0, read_reject, 0}, {0}};
static const struct xt_option nfqueue[] = {WORDS("queue-num", 1),
                                           WORDS("queue-balance", 1),
                                           WORDS("queue-bypass", 0),
                                           WORDS("queue-cpu-fanout", 0),
                                           {0}};
static const struct xt_option synproxy[] = {WORDS("sack-perm", 0), WORDS("timestamp", 0),
                                            WORDS("wscale", 1),    WORDS("mss", 1),
                                            WORDS("ecn", 0),       {0}};
static const struct xt_option clusterip[] = {
    WORDS("new", 0),
    WORDS("hashmode", 1),
    WORDS("clustermac", 1),
    WORDS("total-nodes", 1),
    WORDS("local-node", 1),
    WORDS("hash-init", 1),
    {0},
};

const struct xt_extension xt_verdict_targets[] = {
    {.name = "REJECT", .options = reject, .finish = finish_reject},
    {.name = "NFQUEUE", .options = nfqueue, .finish = finish_queue},
    {.name = "SYNPROXY",
     .options = synproxy,
     .finish = finish_synproxy,
     .protocols = {IPPROTO_TCP},
     .whole = true},
    {.name = "CLUSTERIP",
     .options = clusterip,
     .finish = finish_clusterip,
     .family = NFPROTO_IPV4,
     .shared = true},
    {0},
};

/* The extension of a name that the family has, in one table; NULL for none. */
static const struct xt_extension *find_in(const struct xt_extension *extensions, uint8_t family,
                                          const char *name)
{
	for (; extensions->name; extensions++)
		if (extensions->name[0] == name[0] && strcmp(extensions->name, name) == 0 &&
		    (!extensions->family || extensions->family == family))
			return extensions;
	return NULL;
}

const struct xt_extension *xt_match_find(uint8_t family, const char *name)
{
	static const struct xt_extension *const tables[] = {xt_packet_matches, xt_flow_matches,
	                                                    xt_type_matches, xt_opaque_matches};
	const struct xt_extension *found = NULL;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !found; i++)
		found = find_in(tables[i], family, name);
	return found;
}

const struct xt_extension *xt_target_find(uint8_t family, const char *name)
{
	static const struct xt_extension *const tables[] = {xt_nat_targets, xt_verdict_targets,
	                                                    xt_mark_targets, xt_effect_targets};
	const struct xt_extension *found = NULL;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !found; i++)
		found = find_in(tables[i], family, name);
	return found;
}

const struct xt_extension *xt_protocol_match(uint8_t family, uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		const char *name;
	} names[] = {
	    {IPPROTO_TCP, "tcp"},      {IPPROTO_UDP, "udp"},         {IPPROTO_ICMP, "icmp"},
	    {IPPROTO_ICMPV6, "icmp6"}, {IPPROTO_UDPLITE, "udplite"}, {IPPROTO_SCTP, "sctp"},
	    {IPPROTO_DCCP, "dccp"},    {IPPROTO_ESP, "esp"},         {IPPROTO_AH, "ah"},
	    {IPPROTO_COMP, "ipcomp"},  {IPPROTO_MH, "mh"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].protocol == protocol)
			return xt_match_find(family, names[i].name);
	return NULL;
}

bool xt_target_is_foreign(const char *name)
{
	/* Of xtables-addons and of kernels gone by, among others. */
	static const char *const names[] = {
	    "ACCOUNT",       "CHAOS",       "DELUDE",      "DHCPMAC", "DNETMAP",
	    "ECHO",          "FULLCONENAT", "FLOWOFFLOAD", "IMQ",     "IPMARK",
	    "IPV4OPTSSTRIP", "JOOL",        "JOOL_SIIT",   "LOGMARK", "MIRROR",
	    "NDPI",          "PROTO",       "RAWDNAT",     "RAWSNAT", "ROUTE",
	    "RTPENGINE",     "SAME",        "SYSRQ",       "TARPIT",  "XOR",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}
