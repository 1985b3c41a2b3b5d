/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two views have the same wall. */
#include "wall/docker_user.h"
#include "wall/table_parts.h"

#include "base/cleanup.h"
#include "observe/nft_read.h"
#include "observe/xtables_read.h"
#include "rules/listing/find.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of a canonical listing. */
VEC_TYPE(lines, char *);

static void lines_done(struct lines *lines)
{
	vec_foreach(line, lines)
		free(*line);
	vec_done(lines);
}

/* Adds a line, which it takes; NULL is no memory. 0 or -ENOMEM. */
static int add_line(struct lines *lines, char *line)
{
	char **slot = line ? vec_push(lines) : NULL;

	if (!slot) {
		free(line);
		return -ENOMEM;
	}
	*slot = line;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is at hand while elements are listed. */
struct listing {
	struct lines *lines;
	const char *set;
};

/* Adds "element SET KEY DATA FLAGS", in hexadecimal digits. */
static int add_element(const struct nft_element *element, void *data)
{
	const struct listing *listing = data;
	struct text text = {0};

	text_add(&text, "element %s %x ", listing->set, element->flags);
	for (size_t i = 0; i < element->key.len; i++)
		text_add(&text, "%02x", element->key.data[i]);
	text_add(&text, " ");
	for (size_t i = 0; i < element->data.len; i++)
		text_add(&text, "%02x", element->data.data[i]);
	return add_line(listing->lines, text_take(&text));
}

/* Adds the table's rules, in order within a chain. 0 or -ENOMEM. */
static int list_rules(const struct netview *view, struct lines *lines)
{
	struct nft_rule rule;
	size_t offset = 0;
	unsigned number = 0;

	while (nft_rule_next(view, &offset, &rule)) {
		_cleanup_free_ char *text = NULL;
		char *line;

		if (rule.family != NFPROTO_INET || !same_name(rule.table, WALL_TABLE))
			continue;
		text = rule_text_of_nft(view, &rule);
		if (!text || asprintf(&line, "rule %s %05u %s", rule.chain, number++, text) < 0)
			return -ENOMEM;
		if (add_line(lines, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds the table's chains. 0 or -ENOMEM. */
static int list_chains(const struct netview *view, struct lines *lines)
{
	struct nft_chain chain;
	size_t offset = 0;

	while (nft_chain_next(view, &offset, &chain)) {
		char *line;

		if (chain.family != NFPROTO_INET || !same_name(chain.table, WALL_TABLE))
			continue;
		if (asprintf(&line, "chain %s %d %u %u", chain.name, chain.is_base, chain.hook,
		             chain.policy) < 0 ||
		    add_line(lines, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds the table's sets and what is in them. 0 or -ENOMEM. */
static int list_sets(const struct netview *view, struct lines *lines)
{
	struct nft_set set;
	size_t offset = 0;

	while (nft_set_next(view, &offset, &set)) {
		struct listing listing = {lines, set.name};
		char *line;

		if (set.family != NFPROTO_INET || !same_name(set.table, WALL_TABLE))
			continue;
		if (asprintf(&line, "set %s %u", set.name, set.key_len) < 0 ||
		    add_line(lines, line) < 0 ||
		    nft_elements_walk(view, &set, add_element, &listing) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds a line of a wall behind DOCKER-USER. */
static int add_copy(const char *line, void *data)
{
	return add_line(data, strdup(line));
}

/* Lists a view's wall; lines in an order of their own. 0 or -ENOMEM. */
static int list(const struct netview *view, struct lines *lines)
{
	int status = list_chains(view, lines);

	/* Whether it has its keeper is another question. */
	if (status == 0 && wall_hold_of(view) != WALL_LOOSE)
		status = add_copy("hard", lines);
	if (status == 0)
		status = list_rules(view, lines);
	if (status == 0)
		status = list_sets(view, lines);
	if (status == 0)
		status = docker_user_list(view, add_copy, lines);
	if (lines->n)
		qsort(lines->items, lines->n, sizeof(*lines->items), compare_lines);
	return status;
}

enum wall_hold wall_hold_of(const struct netview *view)
{
	size_t offset = 0;
	const struct nlmsghdr *message;

	while ((message = raw_next(&view->raw[RAW_NFT_TABLE], &offset))) {
		const uint8_t *body = NLMSG_DATA(message);
		struct attrs attrs = attrs_of_message(message);
		uint32_t flags = attr_u32(attrs.by_type[NFTA_TABLE_FLAGS], 0);

		if (body[0] != NFPROTO_INET ||
		    !same_name(attr_string(attrs.by_type[NFTA_TABLE_NAME]), WALL_TABLE))
			continue;
		if (flags & TABLE_OWNER)
			return WALL_HELD;
		return flags & TABLE_PERSIST ? WALL_ORPHAN : WALL_LOOSE;
	}
	return WALL_LOOSE;
}

bool wall_is_up(const struct netview *view)
{
	struct nft_chain chain;

	return nft_chain_find(view, NFPROTO_INET, WALL_TABLE, "forward", &chain) ||
	       docker_user_is_up(view);
}

int wall_read(struct netview *view, struct error **ret_error)
{
	int status = nft_read(view, ret_error);

	return status == 0 ? xtables_read(view, ret_error) : status;
}

bool wall_same(const struct netview *a, const struct netview *b)
{
	struct lines one = {0}, other = {0};
	bool same = list(a, &one) == 0 && list(b, &other) == 0 && one.n == other.n;

	for (size_t i = 0; same && i < one.n; i++)
		same = strcmp(one.items[i], other.items[i]) == 0;
	lines_done(&one);
	lines_done(&other);
	return same;
}
