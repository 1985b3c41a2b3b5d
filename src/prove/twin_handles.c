/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule of the host a rule of the twin is.
 *
 * Theory of operation. The kernel numbers rules itself, so a trace in the twin names a rule by a
 * number that the host does not know. What both share is the order within a chain: while building,
 * the host's handle of each rule that the twin took is kept, chain by chain; when a chain is first
 * asked about, its rules in the twin are dumped and matched by position. Should somebody have
 * changed the twin's chain since, the counts differ, and no answer is better than a wrong one.
 */
#include "observe/netlink.h"
#include "prove/twin_nft.h"

#include <libmnl/libmnl.h>
#include <string.h>

struct twin_handles {
	struct netlink *netlink;       /* in the twin */
	VEC(struct twin_chain) chains; /* by family, table, name */
};

/* Orders chains, for qsort() and bsearch(). */
static int chain_compare(const void *a, const void *b)
{
	const struct twin_chain *left = a, *right = b;
	int order = (left->family > right->family) - (left->family < right->family);

	if (!order)
		order = strcmp(left->table, right->table);
	return order ? order : strcmp(left->name, right->name);
}

void twin_handles_free(struct twin_handles *handles)
{
	if (!handles)
		return;
	vec_foreach(chain, &handles->chains) {
		vec_done(&chain->host_handles);
		vec_done(&chain->twin_handles);
	}
	vec_done(&handles->chains);
	netlink_free(handles->netlink);
	free(handles);
}

/* Adds a chain of the view. 0 or -ENOMEM. */
static int chain_add(struct twin *twin, const struct nlmsghdr *raw)
{
	const struct nlattr *hook =
	    nlattr_nested(nft_attr(raw, NFTA_CHAIN_HOOK), NFTA_HOOK_HOOKNUM);
	struct twin_chain *chain = vec_push(&twin->handles->chains);

	if (!chain)
		return -ENOMEM;
	*chain = (struct twin_chain){
	    .family = raw_family(raw),
	    .table = arena_strdup(&twin->arena, nft_text(raw, NFTA_CHAIN_TABLE)),
	    .name = arena_strdup(&twin->arena, nft_text(raw, NFTA_CHAIN_NAME)),
	    .hook = hook ? (int)nlattr_be32(hook, 0) : -1,
	};
	return chain->table && chain->name ? 0 : -ENOMEM;
}

int twin_handles_new(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status;

	twin->handles = calloc(1, sizeof(*twin->handles));
	if (!twin->handles)
		return -ENOMEM;
	status = netlink_open(NETLINK_NETFILTER, &twin->handles->netlink, ret_error);
	while (status == 0 && (raw = raw_next(&view->raw[RAW_NFT_CHAIN], &offset)))
		status = chain_add(twin, raw);
	if (status == 0 && twin->handles->chains.n)
		qsort(twin->handles->chains.items, twin->handles->chains.n,
		      sizeof(struct twin_chain), chain_compare);
	return status;
}

struct twin_chain *twin_chain_find(const struct twin *twin, uint8_t family, const char *table,
                                   const char *name)
{
	const struct twin_chain wanted = {.family = family, .table = table, .name = name};

	if (!twin->handles || !twin->handles->chains.n)
		return NULL;
	return bsearch(&wanted, twin->handles->chains.items, twin->handles->chains.n,
	               sizeof(wanted), chain_compare);
}

/* Reads the handles that a chain's rules have in the twin. 0 or a negative errno. */
static int chain_read(struct twin_handles *handles, struct twin_chain *chain)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETRULE, chain->family);
	_cleanup_(bytes_done) struct bytes answer = {0};
	const struct dump dump = {
	    .to = &answer, .cap = NETLINK_DUMP_MAX, .what = "the rules of a chain of the twin"};
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status;

	if (!mnl_attr_put_strz_check(request, sizeof(buffer), NFTA_RULE_TABLE, chain->table) ||
	    !mnl_attr_put_strz_check(request, sizeof(buffer), NFTA_RULE_CHAIN, chain->name))
		return -EMSGSIZE;
	status = netlink_dump_steady(handles->netlink, request, &dump, NULL);
	while (status >= 0 && (raw = raw_next(&answer, &offset))) {
		uint64_t *handle = vec_push(&chain->twin_handles);

		if (!handle)
			return -ENOMEM;
		*handle = nlattr_be64(nft_attr(raw, NFTA_RULE_HANDLE), 0);
	}
	return status < 0 ? status : 0;
}

bool twin_host_handle(const struct twin *twin, uint8_t family, const char *table,
                      const char *chain_name, uint64_t twin_handle, uint64_t *ret_host_handle)
{
	struct twin_chain *chain = twin_chain_find(twin, family, table, chain_name);

	if (!chain)
		return false;
	if (!chain->read && chain_read(twin->handles, chain) == 0)
		chain->read = true;
	if (!chain->read || chain->twin_handles.n != chain->host_handles.n)
		return false;
	for (size_t i = 0; i < chain->twin_handles.n; i++)
		if (chain->twin_handles.items[i] == twin_handle) {
			*ret_host_handle = chain->host_handles.items[i];
			return true;
		}
	return false;
}
