/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random translations of nft. */
#include "grammar.h"
#include "vocabulary.h"

/* A port that something can be sent to. */
static unsigned target_port(unsigned *seed)
{
	return 1 + random_port(seed) % 65535;
}

/* Conditions that go with any protocol. */
static void put_condition(FILE *file, bool ipv6, unsigned *seed)
{
	static const char *const conditions[] = {"iifname \"eth0\"",     "iifname != \"c0\"",
	                                         "fib daddr type local", "meta mark 1",
	                                         "ct state new",         "meta pkttype host",
	                                         "meta mark != 0x101",   "fib daddr type != local"};

	if (one_in(3, seed))
		fprintf(file, "%s ", PICK(conditions, seed));
	else if (one_in(3, seed))
		fprintf(file, "%s %s %s ", ipv6 ? "ip6" : "ip", one_in(2, seed) ? "saddr" : "daddr",
		        random_prefix(ipv6, one_in(2, seed), seed));
}

/* A map from ports to where they lead; `ports`: to an address and a port. */
static void put_map(FILE *file, bool ipv6, bool ports, unsigned *seed)
{
	unsigned n = 1 + pick(3, seed);

	fputs("{ ", file);
	for (unsigned i = 0; i < n; i++) {
		fprintf(file, "%s%u : %s", i ? ", " : "", PORT_FIRST + 3 * i + pick(3, seed),
		        random_address(ipv6, false, seed));
		if (ports)
			fprintf(file, " . %u", target_port(seed));
	}
	fputs(" }", file);
}

/* Where a packet of one protocol is sent. */
static void put_target(FILE *file, bool ipv6, const char *family, const char *transport,
                       unsigned *seed)
{
	const char *to = random_address(ipv6, false, seed);

	switch (pick(8, seed)) {
	case 0:
	case 1:
		fprintf(file, ipv6 ? "dnat %sto [%s]:%u" : "dnat %sto %s:%u", family, to,
		        target_port(seed));
		break;
	case 2:
		fprintf(file, "dnat %sto %s", family, to);
		break;
	case 3:
		fprintf(file, "dnat to :%u", target_port(seed));
		break;
	case 4:
		fprintf(file, "redirect to :%u", target_port(seed));
		break;
	case 5:
		fprintf(file, "dnat %sto %s dport map ", family, transport);
		put_map(file, ipv6, false, seed);
		break;
	case 6:
		fprintf(file, "dnat %sto %s dport map ", family, transport);
		put_map(file, ipv6, true, seed);
		break;
	default:
		fputs(one_in(2, seed) ? "accept" : "return", file);
	}
}

/* A rule that translates; `calls`: or goes to the chain for those that are gone to. */
static void put_rule(FILE *file, bool ipv6, bool inet, bool calls, unsigned *seed)
{
	const char *transport = PICK(transports, seed);

	fputs("\t\t", file);
	put_condition(file, ipv6, seed);
	if (calls && one_in(8, seed)) {
		fprintf(file, "%s dport vmap { 80 : accept, %u : drop, %u : goto n0 }\n", transport,
		        81 + pick(3, seed), 84 + pick(4, seed));
		return;
	}
	fprintf(file, "%s dport ", transport);
	put_ports(file, true, '-', seed);
	fputc(' ', file);
	put_target(file, ipv6, !inet ? "" : ipv6 ? "ip6 " : "ip ", transport, seed);
	fputc('\n', file);
}

void nft_nat(FILE *file, unsigned *seed)
{
	static const int priorities[] = {-100, -100, -95, -150, 10};
	bool ipv6 = one_in(3, seed), inet = one_in(3, seed);

	fprintf(file, "table %s n {\n\tchain n0 {\n", inet ? "inet" : ipv6 ? "ip6" : "ip");
	put_rule(file, ipv6, inet, false, seed);
	for (unsigned chain = 0; chain < 1 + pick(2, seed); chain++) {
		fprintf(file, "\t}\n\tchain p%u {\n\t\ttype nat hook prerouting priority %d;\n",
		        chain, chain ? -90 : PICK(priorities, seed));
		for (unsigned i = 1 + pick(4, seed); i > 0; i--)
			put_rule(file, inet ? one_in(3, seed) : ipv6, inet, true, seed);
	}
	if (one_in(2, seed))
		fprintf(file,
		        "\t}\n\tchain q {\n\t\ttype nat hook postrouting priority 100;\n\t\t%s\n",
		        one_in(2, seed) ? "masquerade" : "oifname \"c0\" masquerade");
	fputs("\t}\n}\n", file);
}
