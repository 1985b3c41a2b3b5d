/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often each feature of kernels' rules was in a ruleset that was compared. */
#include "coverage.h"

#include <string.h>

/* What a feature is told by: words in the rules of nft, or of iptables of all kinds. */
struct feature {
	bool nft;
	const char *name;
	const char *words; /* NULL: the grammar has no rules with it */
};

static const struct feature features[] = {
    {true, "payload", "dport"},
    {true, "payload: raw", "@nh"},
    {true, "payload: ethernet", "ether saddr"},
    {true, "payload: tcp flags", "tcp flags"},
    {true, "payload: ttl, hoplimit", "ip ttl"},
    {true, "payload: dscp", "dscp"},
    {true, "payload: fragments", "frag-off"},
    {true, "payload write", "dscp set"},
    {true, "icmp", "icmp type"},
    {true, "meta mark", "meta mark"},
    {true, "meta mark set", "mark set"},
    {true, "meta iifname, wildcard", "iifname \"e"},
    {true, "meta iif", "iif \""},
    {true, "meta oif", "oif \""},
    {true, "meta oifname", "oifname"},
    {true, "meta iiftype", "iiftype"},
    {true, "meta l4proto", "l4proto"},
    {true, "meta nfproto", "nfproto"},
    {true, "meta protocol", "meta protocol"},
    {true, "meta length", "meta length"},
    {true, "meta pkttype", "pkttype"},
    {true, "ct state", "ct state"},
    {true, "ct state: bits", "ct state &"},
    {true, "ct direction", "ct direction"},
    {true, "ct original", "ct original"},
    {true, "ct status", "ct status"},
    {true, "ct mark", "ct mark"},
    {true, "fib type", "fib daddr type"},
    {true, "fib type, of a link", "fib daddr . iif type"},
    {true, "fib oif", "iif oif"},
    {true, "numgen", "numgen"},
    {true, "bitwise", " & "},
    {true, "cmp: order", " < "},
    {true, "range", "length 40-50"},
    {true, "lookup: named set", "@ports"},
    {true, "lookup: intervals", "flags interval"},
    {true, "map", " map {"},
    {true, "vmap", "vmap {"},
    {true, "concatenation", "saddr . "},
    {true, "concatenation: intervals", "81-83"},
    {true, "counter", "counter"},
    {true, "log", "log prefix"},
    {true, "reject", "reject"},
    {true, "notrack", "notrack"},
    {true, "jump", "jump c"},
    {true, "goto", "goto c"},
    {true, "return", "return"},
    {true, "dnat", "dnat "},
    {true, "dnat: port only", "to :"},
    {true, "dnat: map", "dport map { 7"},
    {true, "redirect", "redirect to"},
    {true, "masquerade", "masquerade"},
    {true, "nat in the inet family", "table inet n"},
    {true, "socket", NULL},
    {true, "rt", NULL},
    {true, "exthdr", NULL},
    {true, "jhash", NULL},
    {true, "dynset", "@dyn {"},
    {true, "objects", "counter name"},
    {true, "tproxy", NULL},
    {true, "queue", NULL},
    {true, "dup", NULL},
    {true, "fwd", NULL},
    {true, "synproxy", NULL},
    {true, "limit", "limit rate"},
    {true, "quota", "quota over"},
    {true, "connlimit", "ct count"},
    {true, "last", NULL},
    {false, "tcp", "-m tcp"},
    {false, "tcp flags", "--tcp-flags"},
    {false, "udp", "-m udp"},
    {false, "sctp", "-m sctp"},
    {false, "conntrack", "-m conntrack"},
    {false, "conntrack: direction", "--ctdir"},
    {false, "conntrack: original", "--ctorigsrc"},
    {false, "state", "-m state"},
    {false, "addrtype", "-m addrtype"},
    {false, "addrtype of a link", "--limit-iface-in"},
    {false, "multiport", "-m multiport"},
    {false, "iprange", "-m iprange"},
    {false, "set", "-m set"},
    {false, "set: of sets", "--match-set list"},
    {false, "set: interface", "--match-set netiface"},
    {false, "mark", "-m mark"},
    {false, "connmark", "-m connmark"},
    {false, "pkttype", "-m pkttype"},
    {false, "mac", "-m mac"},
    {false, "comment", "-m comment"},
    {false, "ttl", "-m ttl"},
    {false, "hl", "-m hl"},
    {false, "fragments", " -f "},
    {false, "length", "-m length"},
    {false, "dscp", "-m dscp"},
    {false, "tos", "-m tos"},
    {false, "interface wildcard", "-i e+"},
    {false, "negation", "! "},
    {false, "jump", "-j c"},
    {false, "goto", "-g c"},
    {false, "DNAT", "-j DNAT"},
    {false, "SNAT", "-j SNAT"},
    {false, "MASQUERADE", "-j MASQUERADE"},
    {false, "REDIRECT", "-j REDIRECT"},
    {false, "NETMAP", "-j NETMAP"},
    {false, "MARK", "-j MARK"},
    {false, "CONNMARK", "-j CONNMARK"},
    {false, "CT --notrack", "-j CT"},
    {false, "REJECT", "-j REJECT"},
    {false, "LOG", "-j LOG"},
    {false, "NFLOG", "-j NFLOG"},
    {false, "icmp, icmp6", NULL},
    {false, "physdev", NULL},
    {false, "socket", NULL},
    {false, "owner", NULL},
    {false, "rpfilter", "-m rpfilter"},
    {false, "policy", NULL},
    {false, "tcpmss", NULL},
    {false, "limit", "-m limit"},
    {false, "hashlimit", "-m hashlimit"},
    {false, "recent", "-m recent"},
    {false, "connlimit", "-m connlimit"},
    {false, "statistic", "-m statistic"},
    {false, "quota", "-m quota"},
    {false, "time", "-m time"},
    {false, "string, u32, bpf", NULL},
    {false, "TPROXY", NULL},
    {false, "SET, TEE, TRACE, CLASSIFY", NULL},
};

enum { FEATURES = sizeof(features) / sizeof(*features) };
_Static_assert((int)FEATURES <= (int)FEATURES_MAX, "room for all features");

/* Whether a case has a feature. */
static bool has(const struct rules_case *rules, const struct feature *feature)
{
	vec_foreach(part, &rules->parts)
		if (part->tool != TOOL_IPSET && (part->tool == TOOL_NFT) == feature->nft &&
		    feature->words && strstr(part->text, feature->words))
			return true;
	return false;
}

void coverage_add(struct coverage *coverage, const struct rules_case *rules)
{
	for (unsigned i = 0; i < FEATURES; i++)
		coverage->seen[i] += has(rules, &features[i]);
}

unsigned coverage_print(const struct coverage *coverage, FILE *file)
{
	unsigned never = 0;

	fputs("rulesets with\n", file);
	for (unsigned i = 0; i < FEATURES; i++) {
		if (!features[i].words)
			continue;
		never += !coverage->seen[i];
		fprintf(file, "  %-9s %-28s %lu\n", features[i].nft ? "nft" : "iptables",
		        features[i].name, coverage->seen[i]);
	}
	fputs("not generated:", file);
	for (unsigned i = 0; i < FEATURES; i++)
		if (!features[i].words)
			fprintf(file, " %s %s;", features[i].nft ? "nft" : "iptables",
			        features[i].name);
	fputc('\n', file);
	return never;
}
