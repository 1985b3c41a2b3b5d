/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random conditions of nft. */
#include "grammar.h"
#include "vocabulary.h"

#include <string.h>

/* " != " now and then. */
static const char *maybe_not(unsigned *seed)
{
	return one_in(4, seed) ? "!= " : "";
}

/* Whether a packet is from or for some addresses. */
static void put_address(FILE *file, unsigned *seed)
{
	bool ipv6 = one_in(3, seed), source = one_in(2, seed);

	fprintf(file, "%s %s %s", ipv6 ? "ip6" : "ip", source ? "saddr" : "daddr", maybe_not(seed));
	switch (pick(6, seed)) {
	case 0:
		fprintf(file, "%s ", random_address(ipv6, source, seed));
		break;
	case 1:
		fprintf(file, "%s ", random_prefix(ipv6, source, seed));
		break;
	case 2:
		fprintf(file, "%s ", random_range(ipv6, source, seed));
		break;
	case 3:
		fprintf(file, "@%s%u ", ipv6 ? "six" : "four", source);
		break;
	default:
		put_set(file, ipv6, source, one_in(2, seed), seed);
	}
}

static void put_port(FILE *file, unsigned *seed)
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
		fprintf(file, "%s%u ", PICK(operators, seed), 1 + random_port(seed) % 65534);
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
		fprintf(file, "%s%u ", maybe_not(seed), random_port(seed));
	}
}

static void put_protocol(FILE *file, unsigned *seed)
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
	    "meta protocol 0x86dd",
	    "meta protocol { 0x0800, 0x86dd }",
	    "meta nfproto { ipv4, ipv6 }",
	    "meta l4proto > 6",
	    "icmp type echo-request",
	    "meta l4proto . meta nfproto { tcp . ipv4, udp . ipv6 }",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

static void put_link(FILE *file, unsigned *seed)
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

static void put_mark(FILE *file, unsigned *seed)
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

static void put_flow(FILE *file, unsigned *seed)
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

static void put_header(FILE *file, unsigned *seed)
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
	    "ip6 length 16-24",
	    "ip6 length { 8-20, 32 }",
	    "ip frag-off & 0x1fff == 0",
	    "ip frag-off & 0x1fff != 0",
	    "meta pkttype host",
	    "meta pkttype { broadcast, multicast }",
	    "fib daddr type local",
	    "fib daddr type != local",
	    "fib daddr type { local, broadcast }",
	    "fib saddr type unicast",
	    "fib saddr . iif oif missing",
	    "fib saddr . iif oif exists",
	    "fib saddr . mark . iif oif missing",
	    "fib daddr . iif type local",
	    "fib daddr . iif type != { local, broadcast, multicast }",
	    "fib daddr . iif type unicast",
	    "@nh,96,24 0xc00002",
	    "@nh,96,32 & 0xff0000ff == 0xc0000005",
	    "meta l4proto tcp @th,16,16 80",
	    "meta l4proto udp @th,16,16 & 0xfffc == 80",
	    "meta l4proto tcp @th,24,8 { 80, 82 }",
	    "ip saddr & 0.0.0.3 == 0.0.0.1",
	    "ip saddr & 255.0.0.7 != 192.0.0.5",
	    "ip6 saddr & ::f == ::5",
	    "@nh,64,8 > 63",
	    "ether saddr 02:5e:a3:a1:1e:01",
	    "ether saddr != 02:00:00:00:00:01",
	    "ether type ip",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

/* Concatenations: pairs of an address and a port, exact or in ranges. */
static void put_concat(FILE *file, unsigned *seed)
{
	bool three = one_in(3, seed);

	fprintf(file, "ip saddr . %s dport %s%s", PICK(transports, seed),
	        three ? ". meta l4proto " : "", maybe_not(seed));
	put_pairs(file, three, seed);
}

/* What no packet decides. */
static void put_open(FILE *file, unsigned *seed)
{
	static const char *const conditions[] = {
	    "limit rate 5/second",     "limit rate over 100/second burst 3 packets",
	    "limit name \"l\"",        "quota over 500 bytes",
	    "quota 2000 bytes",        "ct count over 3",
	    "numgen random mod 4 < 2", "numgen inc mod 3 0",
	    "meta hour > \"12:00\"",
	};

	fprintf(file, "%s ", PICK(conditions, seed));
}

void nft_condition(FILE *file, unsigned *seed)
{
	static void (*const conditions[])(FILE *, unsigned *) = {
	    put_address, put_address, put_port, put_port,   put_protocol, put_link,   put_mark,
	    put_mark,    put_mark,    put_flow, put_header, put_header,   put_concat,
	};

	if (open_conditions && one_in(12, seed))
		put_open(file, seed);
	else
		PICK(conditions, seed)(file, seed);
}
