/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rules and tables of nft. */
#include "grammar.h"
#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

/* A verdict; `depth`: chains below may be called. */
static const char *verdict(unsigned depth, unsigned *seed)
{
	static const char *const ends[] = {"accept", "drop",   "drop",
	                                   "accept", "return", "continue"};
	static const char *const calls[CHAINS][2] = {
	    {"jump c0", "goto c0"}, {"jump c1", "goto c1"}, {"jump c2", "goto c2"}};

	if (depth > 0 && one_in(3, seed))
		return calls[pick(depth, seed)][pick(2, seed)];
	return PICK(ends, seed);
}

/* What an nft rule changes. */
static void put_change(FILE *file, unsigned *seed)
{
	static const char *const changes[] = {
	    "meta mark set 1",
	    "meta mark set 0x101",
	    "meta mark set meta mark | 0x100",
	    "meta mark set meta mark & 0xfffffffe",
	    "meta mark set meta mark ^ 0x3",
	    "meta mark set ct mark",
	    "ct mark set 2",
	    "ct mark set meta mark",
	    "meta mark set ip saddr map { 192.0.2.3 : 1, 192.0.2.4-192.0.2.6 : 2 }",
	    "meta mark set tcp dport map { 80 : 1, 81 : 2, 82 : 1 }",
	    "meta mark set iifname map { \"eth0\" : 0x102 }",
	    "counter",
	    "notrack",
	    "meta priority set 1:2",
	    "ct mark set meta mark & 0xff",
	    "counter name \"k\"",
	    "add @dyn { ip saddr }",
	    "update @dyn { ip saddr }",
	    "ip dscp set cs1",
	};

	fprintf(file, "%s ", PICK(changes, seed));
}

/* A verdict map. */
static void put_map(FILE *file, unsigned depth, unsigned *seed)
{
	const char *values[3] = {verdict(depth, seed), verdict(depth, seed), verdict(depth, seed)};

	switch (pick(5, seed)) {
	case 0:
		fprintf(file,
		        "ip saddr . tcp dport vmap { 192.0.2.3 . 80 : %s, 192.0.2.4 . 81-83 : "
		        "%s }",
		        values[0], values[1]);
		break;
	case 1:
		fprintf(file, "meta mark vmap { 0 : %s, 1 : %s }", values[0], values[1]);
		break;
	case 2:
		fprintf(file, "iifname vmap { \"eth0\" : %s, \"c0\" : %s }", values[0], values[1]);
		break;
	case 3:
		fprintf(file, "ct state vmap { new : %s, established : %s }", values[0], values[1]);
		break;
	default:
		fprintf(file, "%s dport vmap ", PICK(transports, seed));
		put_port_set(file, one_in(2, seed), values, 3, seed);
	}
}

/* An end of a rule that is more than a verdict, or one. */
static const char *rule_end(unsigned depth, unsigned *seed)
{
	static const char *const ends[] = {"log prefix \"x\" drop", "log group 5", "reject",
	                                   "reject with icmpx admin-prohibited"};

	/* Chains that postrouting calls cannot reject. */
	return one_in(8, seed) ? ends[depth > 0 ? pick(COUNT(ends), seed) : 0]
	                       : verdict(depth, seed);
}

/* Whether a rule speaks of several families or protocols, which nft does not take. */
static bool conflicts(const char *rule)
{
	static const char *const families[] = {" ip ", " ip6 "};
	static const char *const protocols[] = {" tcp ", " udp ", " sctp ", " icmp ", " th "};
	unsigned n_families = strstr(rule, "meta protocol") || strstr(rule, "nfproto");
	unsigned n_protocols =
	    strstr(rule, "l4proto") || strstr(rule, "ip protocol") || strstr(rule, "nexthdr");

	for (unsigned i = 0; i < COUNT(families); i++)
		n_families += strstr(rule, families[i]) != NULL;
	for (unsigned i = 0; i < COUNT(protocols); i++)
		n_protocols += strstr(rule, protocols[i]) != NULL;
	return n_families > 1 || n_protocols > 2 ||
	       (n_protocols == 2 && !strstr(rule, "l4proto") && !strstr(rule, "ip protocol") &&
	        !strstr(rule, "nexthdr"));
}

/* A rule of nft, which may be one that it does not take. */
static void try_rule(FILE *file, unsigned depth, unsigned *seed)
{
	unsigned n = pick(4, seed);

	fputc(' ', file);
	for (unsigned i = 0; i < n; i++)
		nft_condition(file, seed);
	if (one_in(3, seed))
		put_change(file, seed);
	else if (one_in(4, seed))
		put_map(file, depth, seed);
	else
		fprintf(file, "%s", n == 0 && one_in(2, seed) ? "counter" : rule_end(depth, seed));
}

/* A rule of nft. */
static void put_rule(FILE *file, unsigned depth, unsigned *seed)
{
	char rule[4096];

	do {
		FILE *draft = fmemopen(rule, sizeof(rule), "w");

		if (!draft)
			abort();
		try_rule(draft, depth, seed);
		fclose(draft);
	} while (conflicts(rule));
	fprintf(file, "\t\t%s\n", rule);
}

/* A chain's rules. */
static void put_rules(FILE *file, unsigned n, unsigned depth, unsigned *seed)
{
	for (unsigned i = 0; i < n; i++)
		put_rule(file, depth, seed);
	fputs("\t}\n", file);
}

void nft_filter(FILE *file, unsigned *seed)
{
	static const struct {
		const char *hook;
		int priority;
	} bases[] = {{"prerouting", -150}, {"forward", 0}, {"input", 0},
	             {"forward", 10},      {"input", 10},  {"prerouting", -310},
	             {"postrouting", 50}};

	fputs("table inet t {\n", file);
	for (unsigned source = 0; source < 2; source++) {
		fprintf(file, "\tset four%u { type ipv4_addr; flags interval; elements = ", source);
		put_set(file, false, source, true, seed);
		fprintf(file, "; }\n\tset six%u { type ipv6_addr; elements = ", source);
		put_set(file, true, source, false, seed);
		fputs("; }\n", file);
	}
	fputs("\tset ports { type inet_service; flags interval; elements = ", file);
	put_port_set(file, true, NULL, 0, seed);
	fputs("; }\n\tset names { type ifname; elements = { \"eth0\", \"p0\" }; }\n"
	      "\tset links { type iface_index; elements = { \"eth0\", \"p0\" }; }\n"
	      "\tset dyn { type ipv4_addr; flags dynamic; size 65535; }\n"
	      "\tcounter k { }\n\tlimit l { rate 5/second; }\n",
	      file);
	for (unsigned i = 0; i < CHAINS; i++) {
		fprintf(file, "\tchain c%u {\n", i);
		put_rules(file, 1 + pick(4, seed), i, seed);
	}
	for (unsigned i = 0; i < COUNT(bases); i++) {
		if (i >= 3 && one_in(2, seed))
			continue;
		fprintf(file, "\tchain b%u {\n\t\ttype filter hook %s priority %d; policy %s;\n", i,
		        bases[i].hook, bases[i].priority,
		        i > 0 && i < 5 && one_in(2, seed) ? "drop" : "accept");
		put_rules(file, 1 + pick(7, seed), i < 5 ? CHAINS : 0, seed);
	}
	fputs("}\n", file);
}
