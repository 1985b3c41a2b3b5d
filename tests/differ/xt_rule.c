/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rules and tables of iptables. */
#include "grammar.h"
#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

/* " ! " now and then. */
static const char *maybe_bang(unsigned *seed)
{
	return one_in(4, seed) ? "! " : "";
}

/* Conditions that stand for all protocols. */
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
    "-m mac --mac-source 02:5e:a3:a1:1e:01",
    "-m mac ! --mac-source 02:00:00:00:00:01",
};

static const char *const ipv6_conditions[] = {
    "-m hl --hl-gt 62",
    "-m hl --hl-gt 63",
    "-m hl --hl-eq 63",
    "-m hl --hl-lt 64",
};

static const char *const ipv4_conditions[] = {
    "-m ttl --ttl-gt 62",
    "-m ttl --ttl-gt 63",
    "-m ttl --ttl-eq 63",
    "-m ttl --ttl-lt 64",
    "-m set --match-set bitmap src",
    "-m addrtype --dst-type LOCAL",
    "-m addrtype ! --dst-type LOCAL,BROADCAST",
    "-m addrtype --src-type UNICAST",
    "-m addrtype --dst-type LOCAL --limit-iface-in",
    "-m addrtype ! --dst-type LOCAL --limit-iface-in",
    "-m conntrack --ctorigsrc 192.0.2.0/29",
    "! -f",
    "-f",
    "-s 192.0.2.5/255.0.0.255",
};

/* What no packet decides. */
static const char *const open_questions[] = {
    "-m limit --limit 5/s",
    "-m statistic --mode random --probability 0.5",
    "-m statistic --mode nth --every 3 --packet 0",
    "-m recent --name r --set",
    "-m recent --name r --rcheck",
    "-m hashlimit --hashlimit-above 5/s --hashlimit-mode srcip --hashlimit-name h",
    "-m connlimit --connlimit-above 3",
    "-m quota --quota 1000",
    "-m time --timestart 00:00 --timestop 12:00",
};

static const char *const mark_conditions[] = {
    "-m mark --mark 1",           "-m mark ! --mark 0x1/0x1",     "-m mark --mark 0x100/0xff00",
    "-m mark --mark 0x1/0xf",     "-m mark --mark 0x30/0xf0",     "-m mark ! --mark 0x20/0xf0",
    "-m connmark --mark 0x1/0xf", "-m connmark --mark 0x20/0xf0", "-m mark --mark 0",
};

void xt_condition(FILE *file, bool ipv6, bool input, unsigned *seed)
{
	if (one_in(6, seed)) {
		fprintf(file, "%s ", PICK(mark_conditions, seed));
	} else if (open_conditions && one_in(12, seed)) {
		fprintf(file, "%s ", PICK(open_questions, seed));
	} else if (!ipv6 && one_in(4, seed)) {
		fprintf(file, "%s ", PICK(ipv4_conditions, seed));
	} else if (ipv6 && one_in(12, seed)) {
		fprintf(file, "%s ", PICK(ipv6_conditions, seed));
	} else if (one_in(3, seed)) {
		fprintf(file, "%s%s %s%s ", maybe_bang(seed), one_in(2, seed) ? "-s" : "-d",
		        random_prefix(ipv6, one_in(2, seed), seed), "");
	} else if (one_in(4, seed)) {
		fprintf(file, "-m iprange %s--src-range %s ", maybe_bang(seed),
		        random_range(ipv6, true, seed));
	} else if (one_in(4, seed)) {
		static const char *const names[] = {"eth0", "c0", "e+", "c+", "eth+", "et"};
		bool out = !input && one_in(2, seed);

		fprintf(file, "%s%s %s ", maybe_bang(seed), out ? "-o" : "-i", PICK(names, seed));
	} else {
		fprintf(file, "%s ", PICK(conditions, seed));
	}
}

/* A condition of iptables that needs its protocol. */
static void put_protocol(FILE *file, unsigned *seed)
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

/* What a rule of mangle changes. */
static const char *const changes[] = {
    "MARK --set-mark 1",
    "MARK --set-mark 0x131",
    "MARK --set-mark 0x21",
    "MARK --set-xmark 0x100/0xff00",
    "MARK --set-xmark 0x30/0x0",
    "MARK --or-mark 2",
    "MARK --and-mark 0xfe",
    "CONNMARK --set-mark 1",
    "CONNMARK --set-mark 0x32",
    "CONNMARK --save-mark",
    "CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff",
    "CONNMARK --restore-mark",
    "CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf",
};

/* A rule of iptables, which may be one that it does not take. */
static void try_rule(FILE *file, const char *chain, unsigned depth, bool ipv6, bool mangle,
                     unsigned *seed)
{
	static const char *const ends[] = {"ACCEPT", "DROP",   "RETURN", "ACCEPT",
	                                   "DROP",   "REJECT", "LOG",    "NFLOG --nflog-group 5"};
	unsigned n = pick(3, seed);

	fprintf(file, "-A %s ", chain);
	if (one_in(2, seed))
		put_protocol(file, seed);
	else if (one_in(4, seed))
		fprintf(file, "%s-p %s ", maybe_bang(seed), PICK(transports, seed));
	for (unsigned i = 0; i < n; i++)
		xt_condition(file, ipv6, mangle || strcmp(chain, "INPUT") == 0, seed);
	if (mangle && one_in(2, seed))
		fprintf(file, "-j %s", PICK(changes, seed));
	else if (!mangle && depth > 0 && one_in(3, seed))
		fprintf(file, "-%c c%u", one_in(2, seed) ? 'g' : 'j', pick(depth, seed));
	else if (!one_in(6, seed))
		fprintf(file, "-j %s", ends[mangle ? pick(5, seed) : pick(COUNT(ends), seed)]);
}

/* Whether a rule has an option twice that iptables takes once. */
static bool repeats(const char *rule)
{
	static const char *const once[] = {" -s ",         " -d ",     " -i ",       " -o ",
	                                   "-m conntrack", "-m mark",  "-f ",        "-m iprange",
	                                   "-m ttl",       "-m dscp",  "-m length",  "-m tos",
	                                   "-m addrtype",  "-m hl",    "-m mac",     "-m pkttype",
	                                   "-m connmark",  "-m state", "-m comment", "-p "};

	for (unsigned i = 0; i < COUNT(once); i++) {
		const char *first = strstr(rule, once[i]);

		if (first && strstr(first + 1, once[i]))
			return true;
	}
	return false;
}

/* A rule of iptables. */
static void put_rule(FILE *file, const char *chain, unsigned depth, bool ipv6, bool mangle,
                     unsigned *seed)
{
	char rule[4096];

	do {
		FILE *draft = fmemopen(rule, sizeof(rule), "w");

		if (!draft)
			abort();
		try_rule(draft, chain, depth, ipv6, mangle, seed);
		fclose(draft);
	} while (repeats(rule));
	fprintf(file, "%s\n", rule);
}

/* A translation, as the end of a rule for one protocol with ports. */
static void put_translation(FILE *file, bool ipv6, unsigned *seed)
{
	const char *to = random_address(ipv6, false, seed);

	switch (pick(6, seed)) {
	case 0:
	case 1:
		fprintf(file,
		        ipv6 ? "-j DNAT --to-destination [%s]:%u"
		             : "-j DNAT --to-destination %s:%u",
		        to, 1 + random_port(seed) % 65535);
		break;
	case 2:
		fprintf(file, "-j DNAT --to-destination %s", to);
		break;
	case 3:
		fprintf(file, "-j REDIRECT --to-ports %u", 1 + random_port(seed) % 65535);
		break;
	case 4:
		fprintf(file, "-j NETMAP --to %s",
		        ipv6              ? "fd00:17::/124"
		        : one_in(2, seed) ? "172.17.0.0/28"
		                          : "198.51.100.0/24");
		break;
	default:
		fprintf(file, "-j %s", one_in(2, seed) ? "ACCEPT" : "RETURN");
	}
}

/* A table of translations. */
static void put_nat(FILE *file, bool ipv6, unsigned *seed)
{
	fputs("*nat\n:n0 -\n", file);
	for (unsigned i = 1 + pick(5, seed); i > 0; i--) {
		fprintf(file, "-A %s -p %s --dport ", one_in(4, seed) ? "n0" : "PREROUTING",
		        PICK(transports, seed));
		put_ports(file, true, ':', seed);
		fputc(' ', file);
		if (one_in(2, seed))
			xt_condition(file, ipv6, true, seed);
		put_translation(file, ipv6, seed);
		fputc('\n', file);
	}
	if (one_in(2, seed))
		fputs("-A PREROUTING -m addrtype --dst-type LOCAL -j n0\n", file);
	if (one_in(4, seed))
		fputs("-A POSTROUTING -o c0 -j MASQUERADE\n", file);
	else if (one_in(3, seed))
		fprintf(file, "-A POSTROUTING -s %s -j MASQUERADE\n",
		        random_prefix(ipv6, true, seed));
	if (one_in(4, seed))
		fprintf(file, "-A POSTROUTING -j SNAT --to-source %s\n",
		        ipv6 ? "fd00:17::1" : "172.17.0.1");
	fputs("COMMIT\n", file);
}

/* A table that stands before conntrack. */
static void put_raw(FILE *file, bool ipv6, unsigned *seed)
{
	static const char *const ends[] = {"CT --notrack", "ACCEPT", "DROP", "MARK --set-mark 2"};
	static const char *const reverse[] = {"-m rpfilter", "-m rpfilter --invert",
	                                      "-m rpfilter --validmark"};

	fputs("*raw\n", file);
	for (unsigned i = 1 + pick(3, seed); i > 0; i--) {
		fputs("-A PREROUTING ", file);
		if (one_in(4, seed))
			fprintf(file, "%s ", PICK(reverse, seed));
		else
			xt_condition(file, ipv6, true, seed);
		fprintf(file, "-j %s\n", PICK(ends, seed));
	}
	fputs("COMMIT\n", file);
}

void xt_tables(FILE *file, bool ipv6, unsigned *seed)
{
	if (one_in(3, seed))
		put_raw(file, ipv6, seed);
	if (one_in(2, seed))
		put_nat(file, ipv6, seed);
	fputs("*mangle\n", file);
	for (unsigned i = one_in(3, seed) ? 4 : 0; i > 0; i--)
		fprintf(file, "-A PREROUTING -j %s\n", PICK(changes, seed));
	for (unsigned i = pick(5, seed); i > 0; i--)
		put_rule(file, "PREROUTING", 0, ipv6, true, seed);
	fprintf(file, "COMMIT\n*filter\n:FORWARD %s\n:INPUT %s\n:c0 -\n:c1 -\n:c2 -\n",
	        one_in(2, seed) ? "DROP" : "ACCEPT", one_in(2, seed) ? "DROP" : "ACCEPT");
	for (unsigned i = 0; i < CHAINS; i++) {
		char name[] = {'c', (char)('0' + i), 0};

		for (unsigned k = pick(5, seed); k > 0; k--)
			put_rule(file, name, i, ipv6, false, seed);
	}
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 1 + pick(8, seed); k > 0; k--)
			put_rule(file, i ? "FORWARD" : "INPUT", CHAINS, ipv6, false, seed);
	fputs("COMMIT\n", file);
}
