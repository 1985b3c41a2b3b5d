/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's rules as text, and packets to try on it. */
#include "case.h"
#include "grammar.h"
#include "vocabulary.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { ETH0 = 10, SEED_STEP = 7919 };

static const char *const names[TOOLS] = {
    [TOOL_IPSET] = "ipset",
    [TOOL_NFT] = "nft",
    [TOOL_IPTABLES_LEGACY] = "iptables-legacy",
    [TOOL_IPTABLES_NFT] = "iptables-nft",
    [TOOL_IP6TABLES_LEGACY] = "ip6tables-legacy",
    [TOOL_IP6TABLES_NFT] = "ip6tables-nft",
};

const char *tool_name(enum tool tool)
{
	return names[tool];
}

/* Adds a part with a text, which it takes over. */
static void add_part(struct rules_case *rules, enum tool tool, char *text)
{
	struct part *part = vec_push(&rules->parts);

	if (!part || !text)
		abort();
	*part = (struct part){tool, text};
}

/* Adds random rules of a tool. */
static void add_random(struct rules_case *rules, enum tool tool, unsigned *seed)
{
	bool ipv6 = tool == TOOL_IP6TABLES_LEGACY || tool == TOOL_IP6TABLES_NFT;
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		abort();
	if (tool == TOOL_NFT) {
		nft_filter(file, seed);
		if (one_in(2, seed))
			nft_nat(file, seed);
	} else {
		xt_tables(file, ipv6, seed);
	}
	fclose(file);
	add_part(rules, tool, text);
}

/* Adds the ipsets that rules of iptables look into. */
static void add_sets(struct rules_case *rules, bool ipv6, unsigned *seed)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		abort();
	ipset_sets(file, ipv6, seed);
	fclose(file);
	add_part(rules, TOOL_IPSET, text);
}

/* A packet that arrives on eth0, towards the host or through it. */
static struct probe random_packet(bool ipv6, unsigned *seed)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	struct probe probe = {
	    .ifindex = ETH0,
	    .protocol = PICK(protocols, seed),
	    .source_port = (uint16_t)(one_in(3, seed) ? random_port(seed) : 39990 + pick(12, seed)),
	    .destination_port = (uint16_t)random_port(seed),
	};

	/* Some come from where they cannot. */
	if (!address_parse(random_address(ipv6, !one_in(16, seed), seed), &probe.source) ||
	    !address_parse(random_address(ipv6, false, seed), &probe.destination))
		abort();
	return probe;
}

void case_random(struct rules_case *rules, unsigned number, unsigned seed, size_t n)
{
	/*
	 * Which tools made the host's rules, one beside the other, and the families of packets.
	 * Those with iptables-legacy have odd numbers: a host that had its tables has them for
	 * good.
	 */
	static const struct {
		enum tool tools[2];
		unsigned n;
		int ipv6; /* -1: both */
	} hosts[] = {
	    {{TOOL_NFT}, 1, -1},
	    {{TOOL_IPTABLES_LEGACY}, 1, 0},
	    {{TOOL_IPTABLES_NFT}, 1, 0},
	    {{TOOL_IP6TABLES_LEGACY}, 1, 1},
	    {{TOOL_IP6TABLES_NFT}, 1, 1},
	    {{TOOL_IPTABLES_LEGACY, TOOL_NFT}, 2, -1},
	    {{TOOL_NFT}, 1, -1},
	    {{TOOL_NFT, TOOL_IP6TABLES_LEGACY}, 2, 1},
	    {{TOOL_NFT, TOOL_IPTABLES_NFT}, 2, -1},
	    {{TOOL_IPTABLES_NFT, TOOL_IPTABLES_LEGACY}, 2, 0},
	};
	unsigned host = number % COUNT(hosts), own = seed + number * SEED_STEP;
	bool has_sets = false;

	*rules = (struct rules_case){0};
	open_conditions = one_in(6, &own);
	for (unsigned i = 0; i < hosts[host].n; i++) {
		enum tool tool = hosts[host].tools[i];

		if (tool != TOOL_NFT && !has_sets)
			add_sets(rules, tool >= TOOL_IP6TABLES_LEGACY, &own);
		has_sets = has_sets || tool != TOOL_NFT;
		add_random(rules, tool, &own);
	}
	for (size_t i = 0; i < n; i++) {
		struct probe *packet = vec_push(&rules->packets);
		bool ipv6 = hosts[host].ipv6 < 0 ? one_in(3, &own) : hosts[host].ipv6;

		if (!packet)
			abort();
		*packet = random_packet(ipv6, &own);
	}
}

void case_write(const struct rules_case *rules, FILE *file)
{
	char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];

	vec_foreach(part, &rules->parts)
		fprintf(file, "@%s\n%s", names[part->tool], part->text);
	vec_foreach(packet, &rules->packets)
		fprintf(file, "@packet %u %u %s %u %s %u\n", packet->ifindex, packet->protocol,
		        address_format(&packet->source, source), packet->source_port,
		        address_format(&packet->destination, destination),
		        packet->destination_port);
}

/* Reads what stands behind "@packet". */
static bool read_packet(const char *text, struct probe *packet)
{
	char source[64], destination[64];
	unsigned link, protocol, source_port, port;

	if (sscanf(text, "%u %u %63s %u %63s %u", &link, &protocol, source, &source_port,
	           destination, &port) != 6)
		return false;
	*packet = (struct probe){.ifindex = link,
	                         .protocol = (uint8_t)protocol,
	                         .source_port = (uint16_t)source_port,
	                         .destination_port = (uint16_t)port};
	return address_parse(source, &packet->source) &&
	       address_parse(destination, &packet->destination);
}

/* The tool of a line "@TOOL"; TOOLS for none. */
static enum tool read_tool(const char *line)
{
	for (unsigned tool = 0; tool < TOOLS; tool++) {
		size_t len = strlen(names[tool]);

		if (strncmp(line + 1, names[tool], len) == 0 && line[1 + len] == '\n')
			return (enum tool)tool;
	}
	return TOOLS;
}

/* Takes a line that begins with '@'. */
static bool take_mark(struct rules_case *rules, const char *line)
{
	struct probe *packet;
	enum tool tool;

	if (strncmp(line, "@packet ", 8) == 0) {
		packet = vec_push(&rules->packets);
		return packet && read_packet(line + 8, packet);
	}
	tool = read_tool(line);
	if (tool == TOOLS)
		return false;
	add_part(rules, tool, strdup(""));
	return true;
}

/* Adds a line to the last part. */
static void take_line(struct rules_case *rules, const char *line)
{
	struct part *part;
	char *text;

	if (!rules->parts.n)
		return;
	part = &rules->parts.items[rules->parts.n - 1];
	if (asprintf(&text, "%s%s", part->text, line) < 0)
		abort();
	free(part->text);
	part->text = text;
}

int case_read(const char *path, struct rules_case *ret_rules, struct error **ret_error)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	unsigned n = 0;
	int status = 0;

	*ret_rules = (struct rules_case){0};
	if (!file)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	while (status == 0 && getline(&line, &room, file) >= 0) {
		n++;
		if (*line != '@')
			take_line(ret_rules, line);
		else if (!take_mark(ret_rules, line))
			status = error_set(ret_error, EBADMSG, "%s:%u: no tool or packet", path, n);
	}
	free(line);
	fclose(file);
	return status;
}

void case_done(struct rules_case *rules)
{
	vec_foreach(part, &rules->parts)
		free(part->text);
	vec_done(&rules->parts);
	vec_done(&rules->packets);
}
