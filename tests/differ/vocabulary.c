/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that random rules and packets are made of. */
#include "vocabulary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool open_conditions;

const char *const transports[3] = {"tcp", "udp", "sctp"};

/* A number below n. */
unsigned pick(unsigned n, unsigned *seed)
{
	return (unsigned)rand_r(seed) / 7 % n;
}

/* Yes in one of n cases. */
bool one_in(unsigned n, unsigned *seed)
{
	return pick(n, seed) == 0;
}

/* A port near the others, or one of those at the ends. */
unsigned random_port(unsigned *seed)
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
const char *random_address(bool ipv6, bool source, unsigned *seed)
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
		snprintf(text, sizeof(buffers[0]), "%s", ipv6 ? "2001:db8:2::1" : "192.0.2.1");
	return text;
}

/* A prefix around an address, as both tools take it. */
const char *random_prefix(bool ipv6, bool source, unsigned *seed)
{
	static char buffers[4][64];
	static unsigned next;
	static const unsigned lengths4[] = {0, 8, 12, 16, 20, 24, 25, 28, 29, 30, 31, 32};
	static const unsigned lengths6[] = {0, 10, 16, 48, 63, 64, 65, 120, 125, 126, 127, 128};
	char *text = buffers[next++ % COUNT(buffers)];

	snprintf(text, sizeof(buffers[0]), "%s/%u", random_address(ipv6, source, seed),
	         ipv6 ? PICK(lengths6, seed) : PICK(lengths4, seed));
	return text;
}

/* "A-B" of one network. */
const char *random_range(bool ipv6, bool source, unsigned *seed)
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
void put_ports(FILE *file, bool ranges, char dash, unsigned *seed)
{
	unsigned first = random_port(seed);

	if (first == 0)
		first = 1;
	fprintf(file, "%u", first);
	if (ranges && first < 65530 && one_in(2, seed))
		fprintf(file, "%c%u", dash, first + 1 + pick(4, seed));
}

/* Elements of a set, each of another network so that they do not overlap. */
void put_set(FILE *file, bool ipv6, bool source, bool ranges, unsigned *seed)
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
void put_port_set(FILE *file, bool ranges, const char *const *values, unsigned n_values,
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

void put_pairs(FILE *file, bool three, unsigned *seed)
{
	bool ranges = one_in(2, seed);
	unsigned n = 1 + pick(4, seed);

	fputs("{ ", file);
	for (unsigned i = 0; i < n; i++) {
		/* Hosts apart from each other, so that elements do not overlap. */
		unsigned host = 2 + 3 * i, at = random_port(seed) % 65000;

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
