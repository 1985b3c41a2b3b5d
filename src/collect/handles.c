/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handles of a host's rules.
 *
 * A copy's rules have handles of their own, and a person who types one of those on the host deletes
 * another rule. `nft -a list ruleset` tells the host's, of iptables' rules as well: the n-th rule
 * of a chain is the n-th of its copy.
 */
#include "collect/collect_parts.h"

#include "base/cleanup.h"
#include "observe/decode.h"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

enum { NAME_ROOM = 128 };

/* A rule that was listed. Names are borrowed from the text. */
struct listed {
	uint8_t family;
	const char *table, *chain;
	uint64_t handle;
};
VEC_TYPE(listed_rules, struct listed);

/* The number of a family by its word, or 0. */
static uint8_t family_of(const char *word)
{
	static const struct {
		const char *word;
		uint8_t family;
	} families[] = {{"ip", NFPROTO_IPV4},       {"ip6", NFPROTO_IPV6},
	                {"inet", NFPROTO_INET},     {"arp", NFPROTO_ARP},
	                {"bridge", NFPROTO_BRIDGE}, {"netdev", NFPROTO_NETDEV}};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (strcmp(families[i].word, word) == 0)
			return families[i].family;
	return 0;
}

/* The handle at the end of a line, or 0. */
static uint64_t line_handle(const char *line)
{
	static const char mark[] = " # handle ";
	const char *found = NULL, *at = line;
	char *end;
	uint64_t handle;

	while ((at = strstr(at, mark))) {
		at += sizeof(mark) - 1;
		found = at;
	}
	if (!found)
		return 0;
	handle = strtoull(found, &end, 10);
	return *end ? 0 : handle;
}

/* Ends a word, and gives it. */
static const char *cut_word(char *word)
{
	word[strcspn(word, " ")] = 0;
	return word;
}

/* Takes in a line of the listing. 0 or -ENOMEM. */
static int take_line(struct listed_rules *rules, struct listed *at, char *line)
{
	struct listed *slot;

	if (strncmp(line, "table ", 6) == 0) {
		char *name = strchr(line + 6, ' ');

		at->table = at->chain = NULL;
		if (!name)
			return 0;
		*name++ = 0;
		at->family = family_of(line + 6);
		at->table = cut_word(name);
	} else if (strncmp(line, "\tchain ", 7) == 0) {
		at->chain = cut_word(line + 7);
	} else if (strcmp(line, "\t}") == 0) {
		at->chain = NULL;
	} else if (at->table && at->chain && (at->handle = line_handle(line))) {
		slot = vec_push(rules);
		if (!slot)
			return -ENOMEM;
		*slot = *at;
	}
	return 0;
}

/* Where the rules of a chain begin in the list, and how many there are. */
static const struct listed *find_chain(const struct listed_rules *rules, uint8_t family,
                                       const char *table, const char *chain, size_t *ret_n)
{
	const struct listed *first = NULL;

	*ret_n = 0;
	vec_foreach(rule, rules)
		if (rule->family == family && strcmp(rule->table, table) == 0 &&
		    strcmp(rule->chain, chain) == 0) {
			first = first ? first : rule;
			++*ret_n;
		}
	return first;
}

/* A rule's message, taken apart. */
struct copied {
	uint8_t family;
	const char *table, *chain;
	struct nlattr *handle;
};

/* Reads which rule a message is about. False where it does not say. */
static bool read_message(const struct decoder *decoder, struct copied *ret_copied)
{
	const struct nlattr *table[NFTA_RULE_HANDLE + 1];
	struct nfgenmsg header;

	*ret_copied = (struct copied){0};
	if (decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table)) < 0 ||
	    decode_string(decoder, table[NFTA_RULE_TABLE], NAME_ROOM, &ret_copied->table) < 0 ||
	    decode_string(decoder, table[NFTA_RULE_CHAIN], NAME_ROOM, &ret_copied->chain) < 0)
		return false;
	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	ret_copied->family = header.nfgen_family;
	ret_copied->handle = (struct nlattr *)table[NFTA_RULE_HANDLE];
	return ret_copied->table && ret_copied->chain && ret_copied->handle &&
	       attribute_len(ret_copied->handle) == sizeof(uint64_t);
}

/* Whether two messages are about rules of one chain. */
static bool same_chain(const struct copied *a, const struct copied *b)
{
	return a->chain && b->chain && a->family == b->family && strcmp(a->table, b->table) == 0 &&
	       strcmp(a->chain, b->chain) == 0;
}

/* Gives the rules of the copy the handles that were listed. Returns how many had none. */
static long give_handles(struct netview *view, const struct listed_rules *rules)
{
	struct decoder decoder = {.view = view, .kind = RAW_NFT_RULE};
	struct copied before = {0}, copied;
	const struct listed *listed = NULL;
	size_t offset = 0, left = 0;
	long without = 0;

	while (decoder.offset = offset,
	       (decoder.message = raw_next(&view->raw[RAW_NFT_RULE], &offset)) != NULL) {
		uint64_t handle;

		if (!read_message(&decoder, &copied))
			continue;
		if (!same_chain(&before, &copied))
			listed =
			    find_chain(rules, copied.family, copied.table, copied.chain, &left);
		before = copied;
		if (!left) {
			without++;
			continue;
		}
		handle = htobe64(listed->handle);
		memcpy((char *)copied.handle + ATTRIBUTE_HEADER_LEN, &handle, sizeof(handle));
		listed++;
		left--;
	}
	return without;
}

int collect_handles(const struct collection *collection, struct netview *view)
{
	const struct section *section = collection_section(collection, "nft", "");
	_cleanup_free_ char *text = section ? strndup(section->text, section->len) : NULL;
	struct listed_rules rules = {0};
	struct listed place = {0};
	char *at = NULL, *line;
	long without;
	int status = 0;

	if (text) {
		/* Lines are cut on the way, and the listing is still to be used. */
		const struct section copy = {.text = text, .len = strlen(text)};

		while (status == 0 && (line = section_line(&copy, &at)))
			status = take_line(&rules, &place, line);
	}
	without = give_handles(view, &rules);
	if (status == 0 && without > 0)
		status = netview_incomplete(
		    view, "the handles of %ld rules are those of a copy, not the host's own",
		    without);
	vec_done(&rules);
	return status;
}
