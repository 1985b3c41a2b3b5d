/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One network namespace as its kernel tells it: names, lifetime and lookups. */
#include "observe/netview.h"

#include <assert.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const raw_kind_names[] = {
    [RAW_LINK] = "link",
    [RAW_ADDRESS] = "address",
    [RAW_ROUTE] = "route",
    [RAW_RULE] = "rule",
    [RAW_NEIGHBOUR] = "neighbour",
    [RAW_NEXTHOP] = "nexthop",
    [RAW_NFT_TABLE] = "nft_table",
    [RAW_NFT_CHAIN] = "nft_chain",
    [RAW_NFT_SET] = "nft_set",
    [RAW_NFT_ELEMENT] = "nft_element",
    [RAW_NFT_OBJECT] = "nft_object",
    [RAW_NFT_FLOWTABLE] = "nft_flowtable",
    [RAW_NFT_RULE] = "nft_rule",
    [RAW_IPSET] = "ipset",
};
static_assert(sizeof(raw_kind_names) / sizeof(*raw_kind_names) == RAW_KINDS,
              "each raw kind has a name");

const char *raw_kind_name(enum raw_kind kind)
{
	return (unsigned)kind < RAW_KINDS ? raw_kind_names[kind] : "unknown";
}

int raw_kind_from_name(const char *name)
{
	for (int kind = 0; kind < RAW_KINDS; kind++)
		if (strcmp(raw_kind_names[kind], name) == 0)
			return kind;
	return -1;
}

const struct nlmsghdr *raw_next(const struct bytes *raw, size_t *offset)
{
	const struct nlmsghdr *message;
	size_t rest;

	if (*offset >= raw->len)
		return NULL;
	rest = raw->len - *offset;
	message = (const void *)(raw->data + *offset);
	if (rest < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > rest || NLMSG_ALIGN((size_t)message->nlmsg_len) > rest)
		return NULL;
	*offset += NLMSG_ALIGN((size_t)message->nlmsg_len);
	return message;
}

void netview_done(struct netview *view)
{
	for (int kind = 0; kind < RAW_KINDS; kind++)
		bytes_done(&view->raw[kind]);
	vec_foreach(table, &view->xtables) {
		bytes_done(&table->info);
		bytes_done(&table->entries);
	}
	vec_done(&view->xtables);
	vec_done(&view->sysctls);
	vec_done(&view->sockets);
	vec_done(&view->links);
	vec_done(&view->addresses);
	vec_done(&view->routes);
	vec_done(&view->policy_rules);
	vec_done(&view->neighbours);
	vec_done(&view->incomplete);
	arena_done(&view->arena);
	*view = (struct netview){0};
}

int netview_incomplete(struct netview *view, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = notes_addv(&view->incomplete, &view->arena, format, args);
	va_end(args);
	return status;
}

const struct link *netview_link(const struct netview *view, uint32_t ifindex)
{
	vec_foreach(link, &view->links)
		if (link->index == ifindex)
			return link;
	return NULL;
}

const struct link *netview_link_by_name(const struct netview *view, const char *name)
{
	vec_foreach(link, &view->links)
		if (strcmp(link->name, name) == 0)
			return link;
	return NULL;
}

/* Orders a path against a sysctl, for bsearch(). */
static int sysctl_compare_key(const void *path, const void *item)
{
	return strcmp(path, ((const struct sysctl *)item)->path);
}

const char *netview_sysctl(const struct netview *view, const char *path)
{
	const struct sysctl *found = NULL;

	if (view->sysctls_sorted)
		found = bsearch(path, view->sysctls.items, view->sysctls_sorted,
		                sizeof(*view->sysctls.items), sysctl_compare_key);
	for (size_t i = view->sysctls_sorted; !found && i < view->sysctls.n; i++)
		if (strcmp(view->sysctls.items[i].path, path) == 0)
			found = &view->sysctls.items[i];
	return found ? found->value : NULL;
}
