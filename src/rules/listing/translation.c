/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that translate to one address: which port of which host address leads where.
 *
 * Theory of operation. A rule's text is what an admin reads, and it is the same for a rule of
 * iptables, of either kind, whatever expressions it was made of; so it is the text that is read
 * here, word by word, iptables' and nft's. A translation through a map, to a range or without a
 * protocol is none: packets tell where those lead.
 */
#include "rules/listing/translation.h"
#include "rules/listing/find.h"
#include "rules/listing/ports.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { TRANSLATIONS_MOST = 65536, WORD_ROOM = 80 };

/* What is told by the words of a rule so far. */
struct reading {
	struct translation found;
	bool negated; /* the word before was "!" or "!=" */
	char before[WORD_ROOM];
};

/* A protocol by its name, or 0. */
static uint8_t protocol_of(const char *word)
{
	if (strcmp(word, "tcp") == 0)
		return IPPROTO_TCP;
	if (strcmp(word, "udp") == 0)
		return IPPROTO_UDP;
	return strcmp(word, "sctp") == 0 ? IPPROTO_SCTP : 0;
}

/* A single port, or 0. */
static uint16_t port_of(const char *word)
{
	char *end;
	unsigned long port = strtoul(word, &end, 10);

	return *word && !*end && port < PORTS ? (uint16_t)port : 0;
}

/* Reads "192.0.2.1:80", "[2001:db8::1]:80" or an address alone; family 0 for anything else. */
static void read_target(const char *word, struct translation *found)
{
	char text[WORD_ROOM], *colon;

	snprintf(text, sizeof(text), "%s", *word == '[' ? word + 1 : word);
	colon = *word == '[' ? strstr(text, "]:") : strchr(text, ':');
	if (address_parse(text, &found->target))
		return;
	found->target.family = 0;
	if (!colon)
		return;
	found->target_port = port_of(colon + (*word == '[' ? 2 : 1));
	*colon = 0;
	if (!found->target_port || !address_parse(text, &found->target))
		found->target.family = 0;
}

/* Reads the destination that a rule asks for; a prefix is as good as none. */
static void read_host(const char *word, struct translation *found)
{
	struct prefix prefix;

	if (prefix_parse(word, &prefix) && prefix.len == address_size(prefix.address.family) * 8)
		found->host = prefix.address;
}

/* Takes in one word by the one before it. */
static void take_word(struct reading *reading, const char *word)
{
	struct translation *found = &reading->found;
	const char *before = reading->before;

	if (strcmp(before, "--to-destination") == 0 || strcmp(before, "to") == 0)
		read_target(word, found);
	else if (strcmp(word, "dport") == 0)
		found->protocol = protocol_of(before);
	if (reading->negated)
		return;
	if (strcmp(before, "-d") == 0 || strcmp(before, "daddr") == 0)
		read_host(word, found);
	else if (strcmp(before, "-p") == 0)
		found->protocol = protocol_of(word);
	else if (strcmp(before, "--dport") == 0 || strcmp(before, "dport") == 0)
		found->host_port = port_of(word);
}

/* Reads the text of a rule. False when it is no translation to one address and port. */
static bool read_text(const char *text, struct translation *ret_found)
{
	struct reading reading = {0};
	struct translation *found = &reading.found;

	while (*text) {
		size_t len = strcspn(text, " ");
		char word[WORD_ROOM];

		snprintf(word, sizeof(word), "%.*s", (int)(len < WORD_ROOM ? len : WORD_ROOM - 1),
		         text);
		text += len + strspn(text + len, " ");
		if (strcmp(word, "comment") == 0)
			break; /* the last of an nft rule, and no words of ours */
		if (strcmp(word, "!") == 0) {
			reading.negated = true; /* "! -d X": the option, then its value */
			continue;
		}
		take_word(&reading, word);
		/* A negation holds until its value has been read: one word behind an option. */
		reading.negated = strcmp(word, "!=") == 0 || (reading.negated && *word == '-');
		memcpy(reading.before, word, sizeof(word));
	}
	if (!found->target_port)
		found->target_port = found->host_port;
	if (!found->host.family)
		found->host = address_any(found->target.family);
	*ret_found = *found;
	return found->protocol && found->target.family && found->target_port;
}

/* Keeps the translation that a rule is. 0 or -ENOMEM. */
static int keep(const struct netview *view, const struct rule_ref *ref, char *text,
                struct translations *translations)
{
	_cleanup_free_ char *owned = text;
	struct translation found, *slot;

	if (!owned || translations->n == TRANSLATIONS_MOST || !read_text(owned, &found))
		return 0;
	found.owner = rule_owner_name(view, ref);
	slot = vec_push(translations);
	if (!slot)
		return -ENOMEM;
	*slot = found;
	return 0;
}

/* Adds those of a legacy table. 0 or -ENOMEM. */
static int legacy_translations(const struct netview *view, const struct xtables_table *table,
                               struct translations *translations)
{
	struct legacy_walk walk = {.table = table};
	struct legacy_entry entry;
	int status = 0;

	while (status == 0 && legacy_next(&walk, &entry)) {
		struct rule_ref ref = {.family = table->family,
		                       .legacy = true,
		                       .table = table->name,
		                       .chain = entry.chain,
		                       .handle = entry.offset};
		struct xt_part target;

		if (entry.head || !legacy_target(table, &entry, &target) ||
		    strcmp(target.name, "DNAT") != 0)
			continue;
		status = keep(view, &ref, rule_text_of_legacy(view, table, &entry), translations);
	}
	return status;
}

int rule_translations(const struct netview *view, struct translations *translations)
{
	struct nft_rule rule;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && nft_rule_next(view, &offset, &rule)) {
		struct rule_ref ref = {.family = rule.family,
		                       .table = rule.table,
		                       .chain = rule.chain,
		                       .handle = rule.handle};

		if (finder_nft_rewrites(&rule))
			status = keep(view, &ref, rule_text_of_nft(view, &rule), translations);
	}
	vec_foreach(table, &view->xtables)
		if (status == 0)
			status = legacy_translations(view, table, translations);
	return status;
}
