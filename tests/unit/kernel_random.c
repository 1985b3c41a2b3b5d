/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rulesets over a small grammar, and random packets at and beside what they mention. */
#include "kernel_random.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array)      ((unsigned)(sizeof(array) / sizeof(*(array))))
#define PICK(array, seed) ((array)[pick(COUNT(array), seed)])

/* Bounds of packets: few enough that rules and packets meet. */
enum { PORT_FIRST = 78, PORTS = 14, HOSTS = 12, CHAINS = 3 };

/* A number below n. */
static unsigned pick(unsigned n, unsigned *seed)
{
	return (unsigned)rand_r(seed) / 7 % n;
}

/* Yes in one of n cases. */
static bool one_in(unsigned n, unsigned *seed)
{
	return pick(n, seed) == 0;
}

/* A port near the others, or one of those at the ends. */
static unsigned port(unsigned *seed)
{
	static const unsigned odd[] = {0, 1, 22, 443, 1023, 1024, 32767, 32768, 65534, 65535};

	return one_in(6, seed) ? PICK(odd, seed) : PORT_FIRST + pick(PORTS, seed);
}

/* Networks that sources and destinations are of; the last two of each are the host's own side. */
static const char *const sources4[] = {"192.0.2.", "198.51.100."};
static const char *const destinations4[] = {"172.17.0."};
static const char *const sources6[] = {"2001:db8:2::", "2001:db8:9::"};
static const char *const destinations6[] = {"fd00:17::"};

/* The text of an address; rotates among buffers. */
static const char *address(bool ipv6, bool source, unsigned *seed)
{
	static char buffers[8][48];
	static unsigned next;
	char *text = buffers[next++ % COUNT(buffers)];
	unsigned host = 2 + pick(HOSTS, seed);

	if (ipv6)
		snprintf(text, sizeof(buffers[0]), "%s%x",
		         source ? PICK(sources6, seed) : PICK(destinations6, seed), host);
	else
		snprintf(text, sizeof(buffers[0]), "%s%u",
		         source ? PICK(sources4, seed) : PICK(destinations4, seed), host);
	if (!source && one_in(4, seed))
		strcpy(text, ipv6 ? "2001:db8:2::1" : "192.0.2.1");
	return text;
}

/* A prefix around an address, as both tools take it. */
static const char *prefix(bool ipv6, bool source, unsigned *seed)
{
	static char buffers[4][64];
	static unsigned next;
	static const unsigned lengths4[] = {0, 8, 12, 16, 20, 24, 25, 28, 29, 30, 31, 32};
	static const unsigned lengths6[] = {0, 10, 16, 48, 63, 64, 65, 120, 125, 126, 127, 128};
	char *text = buffers[next++ % COUNT(buffers)];

	snprintf(text, sizeof(buffers[0]), "%s/%u", address(ipv6, source, seed),
	         ipv6 ? PICK(lengths6, seed) : PICK(lengths4, seed));
	return text;
}

/* "A-B" of one network. */
static const char *range(bool ipv6, bool source, unsigned *seed)
{
	static char text[64];
	unsigned first = 2 + pick(HOSTS, seed), last = first + pick(5, seed);

	if (ipv6) {
		const char *net = source ? PICK(sources6, seed) : PICK(destinations6, seed);

		snprintf(text, sizeof(text), "%s%x-%s%x", net, first, net, last);
	} else {
		const char *net = source ? PICK(sources4, seed) : PICK(destinations4, seed);

		snprintf(text, sizeof(text), "%s%u-%s%u", net, first, net, last);
	}
	return text;
}

/* "80", "80-85" or, among the elements of a set, any of these. */
static void put_ports(FILE *file, bool ranges, char dash, unsigned *seed)
{
	unsigned first = port(seed);

	if (first == 0)
		first = 1;
	fprintf(file, "%u", first);
	if (ranges && first < 65530 && one_in(2, seed))
		fprintf(file, "%c%u", dash, first + 1 + pick(4, seed));
}

/* " != " now and then. */
static const char *maybe_not(unsigned *seed)
{
	return one_in(4, seed) ? "!= " : "";
}

/* Elements of a set, each of another network so that they do not overlap. */
static void put_set(FILE *file, bool ipv6, bool source, bool ranges, unsigned *seed)
{
	unsigned n = 1 + pick(4, seed), host = 2;

	fputs("{ ", file);
	for (unsigned i = 0; i < n; i++) {
		const char *net = ipv6 ? (source ? sources6[0] : destinations6[0])
		                       : (source ? sources4[0] : destinations4[0]);
		unsigned first = host + pick(3, seed), last = first + pick(3, seed);

		fprintf(file, ipv6 ? "%s%s%x" : "%s%s%u", i ? ", " : "", net, first);
		if (ranges && last > first)
			fprintf(file, ipv6 ? "-%s%x" : "-%s%u", net, last);
		host = last + 1 + pick(2, seed);
	}
	fputs(" } ", file);
}

/* Ports of a set that do not overlap, each with something behind it. */
static void put_port_set(FILE *file, bool ranges, const char *const *values, unsigned n_values,
                         unsigned *seed)
{
	unsigned n = 1 + pick(4, seed), at = PORT_FIRST;

	fputs("{ ", file);
	for (unsigned i = 0; i < n; i++) {
		unsigned first = at + pick(3, seed), last = first + pick(3, seed);

		fprintf(file, "%s%u", i ? ", " : "", first);
		if (ranges && last > first)
			fprintf(file, "-%u", last);
		if (n_values)
			fprintf(file, " : %s", values[pick(n_values, seed)]);
		at = last + 1 + pick(2, seed);
	}
	if (n_values && one_in(4, seed))
		fprintf(file, ", * : %s", values[pick(n_values, seed)]);
	fputs(" } ", file);
}

static const char *const transports[] = {"tcp", "udp", "sctp"};

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

/* Conditions of nft. */
static void nft_address(FILE *file, unsigned *seed)
{
	bool ipv6 = one_in(3, seed), source = one_in(2, seed);

	fprintf(file, "%s %s %s", ipv6 ? "ip6" : "ip", source ? "saddr" : "daddr", maybe_not(seed));
	switch (pick(6, seed)) {
	case 0:
		fprintf(file, "%s ", address(ipv6, source, seed));
		break;
	case 1:
		fprintf(file, "%s ", prefix(ipv6, source, seed));
		break;
	case 2:
		fprintf(file, "%s ", range(ipv6, source, seed));
		break;
	case 3:
		fprintf(file, "@%s%u ", ipv6 ? "six" : "four", source);
		break;
	default:
		put_set(file, ipv6, source, one_in(2, seed), seed);
	}
}

static void nft_port(FILE *file, unsigned *seed)
{
	static const char *const operators[] = {"< ", "> ", "<= ", ">= "};
	const char *transport = one_in(4, seed) ? "th" : PICK(transports, seed);
	const char *side = one_in(3, seed) ? "sport" : "dport";

	if (strcmp(transport, "th") == 0)
		fputs(one_in(2, seed) ? "meta l4proto { tcp, udp } " : "meta l4proto != icmp ",
		      file);
	fprintf(file, "%s %s ", transport, side);
	switch (pick(5, seed)) {
	case 0:
		fprintf(file, "%s%u ", PICK(operators, seed), 1 + port(seed) % 65534);
		break;
	case 1:
		fputs(maybe_not(seed), file);
		put_ports(file, true, '-', seed);
		fputc(' ', file);
		break;
	case 2:
		fprintf(file, "%s@ports ", maybe_not(seed));
		break;
	case 3:
		fputs(maybe_not(seed), file);
		put_port_set(file, one_in(2, seed), NULL, 0, seed);
		break;
	default:
		fprintf(file, "%s%u ", maybe_not(seed), port(seed));
	}
}

static void nft_protocol(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "meta l4proto tcp",
	    "meta l4proto != udp",
	    "meta l4proto { tcp, sctp }",
	    "meta l4proto != { 6, 132 }",
	    "ip protocol tcp",
	    "ip protocol != tcp",
	    "ip6 nexthdr udp",
	    "meta nfproto ipv4",
	    "meta nfproto != ipv4",
	    "meta protocol ip6",
	    "meta protocol { ip, ip6 }",
	    "meta nfproto { ipv4, ipv6 }",
	    "meta l4proto > 6",
	    "icmp type echo-request",
	    "meta l4proto . meta nfproto { tcp . ipv4, udp . ipv6 }",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

static void nft_link(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "iifname \"eth0\"",
	    "iifname != \"eth0\"",
	    "iifname \"eth*\"",
	    "iifname \"e*\"",
	    "iifname != \"et*\"",
	    "iifname { \"eth0\", \"c0\" }",
	    "iifname { \"eth*\", \"lo\" }",
	    "iifname != { \"p0\", \"c0\" }",
	    "oifname \"c0\"",
	    "oifname != \"c0\"",
	    "oifname \"c*\"",
	    "oifname { \"c0\", \"br0\" }",
	    "iif \"eth0\"",
	    "iif != \"eth0\"",
	    "iif { \"eth0\", \"lo\" }",
	    "oif \"c0\"",
	    "oif != { \"c0\", \"lo\" }",
	    "iif 10",
	    "iif 77",
	    "iifname . oifname { \"eth0\" . \"c0\" }",
	    "iiftype ether",
	    "iiftype != loopback",
	    "iif . meta l4proto { \"eth0\" . tcp, \"c0\" . udp }",
	    "iifname . tcp dport { \"eth0\" . 80, \"c0\" . 81, \"eth0\" . 84-86 }",
	    "iifname . ip saddr { \"eth0\" . 192.0.2.0/29, \"c0\" . 10.0.0.1 }",
	    "iifname @names",
	    "iif != @links",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

static void nft_mark(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "meta mark 1",
	    "meta mark != 2",
	    "meta mark & 0x3 == 0x1",
	    "meta mark & 0xff00 != 0x100",
	    "meta mark and 0x1 == 0x1",
	    "meta mark > 1",
	    "meta mark 1-0x102",
	    "meta mark { 1, 2, 0x101 }",
	    "meta mark != { 0-1, 0x100-0x1ff }",
	    "ct mark 1",
	    "ct mark != 0",
	    "ct mark & 0xf == 2",
	    "meta mark . ct mark { 1 . 0, 2 . 1 }",
	    "meta mark . ct mark { 1-2 . 0, 0x100-0x1ff . 1 }",
	    "meta mark 0",
	    "meta mark < 0x100",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

static void nft_flow(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "ct state new",
	    "ct state != new",
	    "ct state established,related",
	    "ct state { new, untracked }",
	    "ct state != { established, related }",
	    "ct state invalid",
	    "ct state & new == 0",
	    "ct state & (established | related) == 0",
	    "ct state > established",
	    "ct direction original",
	    "ct direction reply",
	    "ct original ip saddr 192.0.2.0/29",
	    "ct original ip daddr 172.17.0.4",
	    "ct original ip6 saddr 2001:db8:2::/124",
	    "ct status dnat",
	    "ct status & snat == 0",
	    "meta l4proto tcp ct original proto-dst 80-84",
	    "ct l3proto ipv4",
	    "ct protocol tcp",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

static void nft_header(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "tcp flags syn",
	    "tcp flags & (syn|ack) == syn",
	    "tcp flags != syn",
	    "tcp flags ! fin,rst",
	    "tcp flags & syn != syn",
	    "tcp flags { syn, syn | ack }",
	    "ip ttl > 62",
	    "ip ttl 63",
	    "ip ttl { 63, 64 }",
	    "ip6 hoplimit < 64",
	    "ip dscp 0",
	    "ip dscp != cs1",
	    "ip6 dscp { cs0, cs1 }",
	    "meta length < 45",
	    "ip length 40-50",
	    "meta length { 40, 48, 36-39 }",
	    "ip6 length > 20",
	    "ip frag-off & 0x1fff == 0",
	    "ip frag-off & 0x1fff != 0",
	    "meta pkttype host",
	    "meta pkttype { broadcast, multicast }",
	    "fib daddr type local",
	    "fib daddr type != local",
	    "fib daddr type { local, broadcast }",
	    "fib saddr type unicast",
	    "@nh,96,24 0xc00002",
	    "@nh,96,32 & 0xff0000ff == 0xc0000005",
	    "meta l4proto tcp @th,16,16 80",
	    "meta l4proto udp @th,16,16 & 0xfffc == 80",
	    "meta l4proto tcp @th,24,8 { 80, 82 }",
	    "ip saddr & 0.0.0.3 == 0.0.0.1",
	    "ip saddr & 255.0.0.7 != 192.0.0.5",
	    "ip6 saddr & ::f == ::5",
	    "@nh,64,8 > 63",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

/* Concatenations: pairs of an address and a port, exact or in ranges. */
static void nft_concat(FILE *file, unsigned *seed)
{
	bool ranges = one_in(2, seed), three = one_in(3, seed);
	unsigned n = 1 + pick(4, seed);

	fprintf(file, "ip saddr . %s dport %s", PICK(transports, seed),
	        three ? ". meta l4proto " : "");
	fprintf(file, "%s{ ", maybe_not(seed));
	for (unsigned i = 0; i < n; i++) {
		/* Hosts apart from each other, so that elements do not overlap. */
		unsigned host = 2 + 3 * i, at = port(seed) % 65000;

		fprintf(file, "%s%s%u", i ? ", " : "", sources4[0], host);
		if (ranges && one_in(2, seed))
			fprintf(file, "-%s%u", sources4[0], host + 2);
		fprintf(file, " . %u", at);
		if (ranges && one_in(2, seed))
			fprintf(file, "-%u", at + 3);
		if (three)
			fprintf(file, " . %s", PICK(transports, seed));
	}
	fputs(" } ", file);
}

/* What an nft rule changes. */
static void nft_change(FILE *file, unsigned *seed)
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
	};

	fprintf(file, "%s ", PICK(changes, seed));
}

/* A verdict map. */
static void nft_map(FILE *file, unsigned depth, unsigned *seed)
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
static void nft_try(FILE *file, unsigned depth, unsigned *seed)
{
	static void (*const conditions[])(FILE *, unsigned *) = {
	    nft_address, nft_address, nft_port,   nft_port,   nft_protocol, nft_link,
	    nft_mark,    nft_flow,    nft_header, nft_header, nft_concat,
	};
	unsigned n = pick(4, seed);

	fputc(' ', file);
	for (unsigned i = 0; i < n; i++)
		PICK(conditions, seed)(file, seed);
	if (one_in(5, seed))
		nft_change(file, seed);
	else if (one_in(4, seed))
		nft_map(file, depth, seed);
	else
		fprintf(file, "%s", n == 0 && one_in(2, seed) ? "counter" : verdict(depth, seed));
}

/* A rule of nft. */
static void nft_rule(FILE *file, unsigned depth, unsigned *seed)
{
	char rule[4096];

	do {
		FILE *draft = fmemopen(rule, sizeof(rule), "w");

		if (!draft)
			abort();
		nft_try(draft, depth, seed);
		fclose(draft);
	} while (conflicts(rule));
	fprintf(file, "\t\t%s\n", rule);
}

/* A chain's rules. */
static void nft_rules(FILE *file, unsigned n, unsigned depth, unsigned *seed)
{
	for (unsigned i = 0; i < n; i++)
		nft_rule(file, depth, seed);
	fputs("\t}\n", file);
}

/* A ruleset of nft. */
static void nft_ruleset(FILE *file, unsigned *seed)
{
	static const struct {
		const char *hook;
		int priority;
	} bases[] = {
	    {"prerouting", -150}, {"forward", 0}, {"input", 0}, {"forward", 10}, {"input", 10}};

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
	      "\tset links { type iface_index; elements = { \"eth0\", \"p0\" }; }\n",
	      file);
	for (unsigned i = 0; i < CHAINS; i++) {
		fprintf(file, "\tchain c%u {\n", i);
		nft_rules(file, 1 + pick(4, seed), i, seed);
	}
	for (unsigned i = 0; i < COUNT(bases); i++) {
		if (i >= 3 && one_in(2, seed))
			continue;
		fprintf(file, "\tchain b%u {\n\t\ttype filter hook %s priority %d; policy %s;\n", i,
		        bases[i].hook, bases[i].priority,
		        i > 0 && one_in(2, seed) ? "drop" : "accept");
		nft_rules(file, 1 + pick(7, seed), CHAINS, seed);
	}
	fputs("}\n", file);
}

/* " ! " now and then. */
static const char *maybe_bang(unsigned *seed)
{
	return one_in(4, seed) ? "! " : "";
}

/* A condition of iptables that stands for all protocols. */
static void xt_any(FILE *file, bool ipv6, bool input, unsigned *seed)
{
	static const char *const conditions[] = {
	    "-m conntrack --ctstate NEW",
	    "-m conntrack ! --ctstate NEW",
	    "-m conntrack --ctstate RELATED,ESTABLISHED",
	    "-m conntrack --ctstate INVALID",
	    "-m conntrack --ctstate NEW,UNTRACKED",
	    "-m state --state NEW,ESTABLISHED",
	    "-m conntrack --ctdir ORIGINAL",
	    "-m conntrack --ctstate NEW --ctdir REPLY",
	    "-m conntrack --ctproto 6",
	    "-m mark --mark 1",
	    "-m mark ! --mark 0x1/0x1",
	    "-m mark --mark 0x100/0xff00",
	    "-m connmark --mark 1",
	    "-m connmark ! --mark 0x1/0x3",
	    "-m length --length 30:45",
	    "-m length ! --length 40",
	    "-m pkttype --pkt-type unicast",
	    "-m pkttype ! --pkt-type multicast",
	    "-m comment --comment \"some words\"",
	    "-m set --match-set ip src",
	    "-m set ! --match-set ip src",
	    "-m set --match-set net src",
	    "-m set ! --match-set net dst",
	    "-m set --match-set ipport src,dst",
	    "-m set ! --match-set ipport src,dst",
	    "-m set --match-set netport dst,dst",
	    "-m set --match-set netiface src,src",
	    "-m set --match-set list src,dst",
	    "-m set ! --match-set list src,dst",
	    "-m set --match-set port dst",
	    "-m set --match-set ipportnet src,dst,dst",
	    "-m set --match-set ipportip src,dst,dst",
	    "-m dscp --dscp 0",
	    "-m dscp ! --dscp 8",
	    "-m tos --tos 0x00/0xfc",
	};
	static const char *const ipv4[] = {
	    "-m ttl --ttl-gt 62",
	    "-m ttl --ttl-eq 63",
	    "-m ttl --ttl-lt 64",
	    "-m set --match-set bitmap src",
	    "-m addrtype --dst-type LOCAL",
	    "-m addrtype ! --dst-type LOCAL,BROADCAST",
	    "-m addrtype --src-type UNICAST",
	    "-m conntrack --ctorigsrc 192.0.2.0/29",
	    "! -f",
	    "-f",
	    "-s 192.0.2.5/255.0.0.255",
	};

	if (!ipv6 && one_in(4, seed)) {
		fprintf(file, "%s ", PICK(ipv4, seed));
	} else if (one_in(3, seed)) {
		fprintf(file, "%s%s %s%s ", maybe_bang(seed), one_in(2, seed) ? "-s" : "-d",
		        prefix(ipv6, one_in(2, seed), seed), "");
	} else if (one_in(4, seed)) {
		fprintf(file, "-m iprange %s--src-range %s ", maybe_bang(seed),
		        range(ipv6, true, seed));
	} else if (one_in(4, seed)) {
		static const char *const names[] = {"eth0", "c0", "e+", "c+", "eth+", "et"};
		bool out = !input && one_in(2, seed);

		fprintf(file, "%s%s %s ", maybe_bang(seed), out ? "-o" : "-i", PICK(names, seed));
	} else {
		fprintf(file, "%s ", PICK(conditions, seed));
	}
}

/* A condition of iptables that needs its protocol. */
static void xt_protocol(FILE *file, unsigned *seed)
{
	static const char *const flags[] = {"--syn", "! --syn", "--tcp-flags SYN,ACK SYN",
	                                    "--tcp-flags ALL SYN", "! --tcp-flags FIN,RST NONE"};
	const char *transport = PICK(transports, seed);
	bool tcp = strcmp(transport, "tcp") == 0;

	fprintf(file, "-p %s ", transport);
	switch (pick(5, seed)) {
	case 0:
		fprintf(file, "-m %s %s--dport ", transport, maybe_bang(seed));
		put_ports(file, true, ':', seed);
		break;
	case 1:
		fprintf(file, "-m %s %s--sport ", transport, maybe_bang(seed));
		put_ports(file, true, ':', seed);
		break;
	case 2:
		fprintf(file, "-m multiport %s--dports 80,82:84,%u", maybe_bang(seed),
		        86 + pick(4, seed));
		break;
	case 3:
		fprintf(file, "-m multiport %s--ports 80,%u:40002", maybe_bang(seed),
		        39990 + pick(12, seed));
		break;
	default:
		if (tcp)
			fprintf(file, "-m tcp %s", PICK(flags, seed));
	}
	fputc(' ', file);
}

/* A rule of iptables, which may be one that it does not take. */
static void xt_try(FILE *file, const char *chain, unsigned depth, bool ipv6, bool mangle,
                   unsigned *seed)
{
	static const char *const changes[] = {
	    "MARK --set-mark 1",       "MARK --set-xmark 0x100/0xff00",
	    "MARK --or-mark 2",        "MARK --and-mark 0xfe",
	    "CONNMARK --set-mark 1",   "CONNMARK --save-mark",
	    "CONNMARK --restore-mark", "CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf",
	};
	static const char *const ends[] = {"ACCEPT", "DROP", "RETURN", "ACCEPT", "DROP"};
	unsigned n = pick(3, seed);

	fprintf(file, "-A %s ", chain);
	if (one_in(2, seed))
		xt_protocol(file, seed);
	else if (one_in(4, seed))
		fprintf(file, "%s-p %s ", maybe_bang(seed), PICK(transports, seed));
	for (unsigned i = 0; i < n; i++)
		xt_any(file, ipv6, mangle || strcmp(chain, "INPUT") == 0, seed);
	if (mangle && one_in(2, seed))
		fprintf(file, "-j %s", PICK(changes, seed));
	else if (!mangle && depth > 0 && one_in(3, seed))
		fprintf(file, "-%c c%u", one_in(2, seed) ? 'g' : 'j', pick(depth, seed));
	else if (!one_in(6, seed))
		fprintf(file, "-j %s", PICK(ends, seed));
}

/* Whether a rule has an option twice that iptables takes once. */
static bool repeats(const char *rule)
{
	static const char *const once[] = {
	    " -s ",        " -d ",       " -i ",        " -o ",     "-m conntrack", "-m mark",
	    "-f ",         "-m iprange", "-m ttl",      "-m dscp",  "-m length",    "-m tos",
	    "-m addrtype", "-m pkttype", "-m connmark", "-m state", "-m comment",   "-p "};

	for (unsigned i = 0; i < COUNT(once); i++) {
		const char *first = strstr(rule, once[i]);

		if (first && strstr(first + 1, once[i]))
			return true;
	}
	return false;
}

/* A rule of iptables. */
static void xt_rule(FILE *file, const char *chain, unsigned depth, bool ipv6, bool mangle,
                    unsigned *seed)
{
	char rule[4096];

	do {
		FILE *draft = fmemopen(rule, sizeof(rule), "w");

		if (!draft)
			abort();
		xt_try(draft, chain, depth, ipv6, mangle, seed);
		fclose(draft);
	} while (repeats(rule));
	fprintf(file, "%s\n", rule);
}

/* A ruleset of iptables. */
static void xt_ruleset(FILE *file, bool ipv6, unsigned *seed)
{
	fputs("*mangle\n", file);
	for (unsigned i = pick(5, seed); i > 0; i--)
		xt_rule(file, "PREROUTING", 0, ipv6, true, seed);
	fprintf(file, "COMMIT\n*filter\n:FORWARD %s\n:INPUT %s\n:c0 -\n:c1 -\n:c2 -\n",
	        one_in(2, seed) ? "DROP" : "ACCEPT", one_in(2, seed) ? "DROP" : "ACCEPT");
	for (unsigned i = 0; i < CHAINS; i++) {
		char name[] = {'c', (char)('0' + i), 0};

		for (unsigned k = pick(5, seed); k > 0; k--)
			xt_rule(file, name, i, ipv6, false, seed);
	}
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 1 + pick(8, seed); k > 0; k--)
			xt_rule(file, i ? "FORWARD" : "INPUT", CHAINS, ipv6, false, seed);
	fputs("COMMIT\n", file);
}

/* The ipsets that rules of iptables look into. */
static void xt_sets(FILE *file, bool ipv6, unsigned *seed)
{
	const char *family = ipv6 ? "family inet6" : "";

	fprintf(file, "create ip hash:ip %s%s\n", family, one_in(3, seed) ? " netmask 30" : "");
	fprintf(file, "create net hash:net %s\ncreate ipport hash:ip,port %s\n", family, family);
	fprintf(file, "create netport hash:net,port %s\ncreate netiface hash:net,iface %s\n",
	        family, family);
	fprintf(file, "create ipportnet hash:ip,port,net %s\ncreate ipportip hash:ip,port,ip %s\n",
	        family, family);
	fputs(
	    "create port bitmap:port range 0-65535\ncreate list list:set\n"
	    "create bitmap bitmap:ip range 192.0.2.0/24\n"
	    "add list net\nadd list ipport\nadd bitmap 192.0.2.3\nadd bitmap 192.0.2.5-192.0.2.7\n",
	    file);
	for (unsigned i = 0; i < 4; i++) {
		fprintf(file, "add ip %s -exist\n", address(ipv6, true, seed));
		fprintf(file, "add net %s %s -exist\n", ipv6 ? "2001:db8:2::8/125" : "192.0.2.8/29",
		        "");
		fprintf(file, "add net %s/%u %s -exist\n", address(ipv6, one_in(2, seed), seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), one_in(2, seed) ? "nomatch" : "");
		fprintf(file, "add ipport %s,%s:%u -exist\n", address(ipv6, true, seed),
		        PICK(transports, seed), port(seed));
		fprintf(file, "add netport %s/%u,%s:%u %s -exist\n", address(ipv6, false, seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), PICK(transports, seed), port(seed),
		        one_in(3, seed) ? "nomatch" : "");
		fprintf(file, "add netiface %s/%u,%s -exist\n", address(ipv6, true, seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), one_in(2, seed) ? "eth0" : "c0");
		fprintf(file, "add ipportnet %s,%s:%u,%s/%u %s -exist\n", address(ipv6, true, seed),
		        PICK(transports, seed), port(seed), address(ipv6, false, seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), one_in(3, seed) ? "nomatch" : "");
		fprintf(file, "add ipportip %s,%s:%u,%s -exist\n", address(ipv6, true, seed),
		        PICK(transports, seed), port(seed), address(ipv6, false, seed));
		fprintf(file, "add port %u -exist\n", port(seed));
	}
}

void random_rules(FILE *rules, FILE *sets, enum random_tool tool, unsigned *seed)
{
	if (tool == RANDOM_NFT) {
		nft_ruleset(rules, seed);
		return;
	}
	xt_sets(sets, tool == RANDOM_IP6TABLES, seed);
	xt_ruleset(rules, tool == RANDOM_IP6TABLES, seed);
}

struct probe random_probe(enum random_tool tool, unsigned *seed)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	bool ipv6 = tool == RANDOM_IP6TABLES || (tool == RANDOM_NFT && one_in(3, seed));
	struct probe probe = {
	    .ifindex = 10,
	    .protocol = PICK(protocols, seed),
	    .source_port = (uint16_t)(one_in(3, seed) ? port(seed) : 39990 + pick(12, seed)),
	    .destination_port = (uint16_t)port(seed),
	};

	if (!address_parse(address(ipv6, true, seed), &probe.source) ||
	    !address_parse(address(ipv6, false, seed), &probe.destination))
		abort();
	return probe;
}
