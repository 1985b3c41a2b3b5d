/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's legacy iptables and ip6tables tables.
 *
 * Theory of operation. A table goes in as the one run of bytes that it came as. The kernel refuses
 * it as a whole and does not say why; the reason that can be mended is an extension which it does
 * not have or will not let in, so then each match and target is asked for by name, and the rules
 * with those that are missing are left out and noted. If that does not help, the table is.
 */
#include "prove/twin_xtables.h"
#include "prove/twin_nft.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(offsetof(struct ipt_replace, entries) == offsetof(struct ip6t_replace, entries),
               "both families share their layout");
/* NOLINTNEXTLINE(misc-redundant-expression): that two names mean the same is what it asserts */
_Static_assert(IPT_SO_SET_REPLACE == IP6T_SO_SET_REPLACE && IPT_SO_GET_INFO == IP6T_SO_GET_INFO,
               "both families share their options");

/* The question for an extension, which the families number differently. */
static int revision_option(uint8_t family, bool target)
{
	if (family == AF_INET6)
		return target ? IP6T_SO_GET_REVISION_TARGET : IP6T_SO_GET_REVISION_MATCH;
	return target ? IPT_SO_GET_REVISION_TARGET : IPT_SO_GET_REVISION_MATCH;
}

const char *xt_family_name(uint8_t family)
{
	return family == AF_INET6 ? "ip6tables" : "iptables";
}

/* The level of a family's socket options. */
static int family_level(uint8_t family)
{
	return family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

int xt_socket(uint8_t family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	return fd < 0 ? -errno : fd;
}

int xt_replace(int fd, uint8_t family, const char *name, const struct ipt_getinfo *info,
               const struct bytes *entries)
{
	_cleanup_free_ struct xt_counters *counters = NULL;
	_cleanup_free_ struct ipt_replace *replace = NULL;
	struct ipt_getinfo now = {0};
	socklen_t len = sizeof(now);
	size_t size;

	/* Asking makes the table; it takes back as many counters as it has entries. */
	snprintf(now.name, sizeof(now.name), "%s", name);
	if (getsockopt(fd, family_level(family), IPT_SO_GET_INFO, &now, &len) < 0)
		return -errno;
	size = offsetof(struct ipt_replace, entries) + entries->len;
	replace = calloc(1, size + 1);
	counters = calloc((size_t)now.num_entries + 1, sizeof(*counters));
	if (!replace || !counters)
		return -ENOMEM;
	memcpy(replace->name, now.name, sizeof(replace->name));
	replace->valid_hooks = info->valid_hooks;
	replace->num_entries = info->num_entries;
	replace->size = (unsigned)entries->len;
	memcpy(replace->hook_entry, info->hook_entry, sizeof(replace->hook_entry));
	memcpy(replace->underflow, info->underflow, sizeof(replace->underflow));
	replace->num_counters = now.num_entries;
	replace->counters = counters;
	if (entries->len)
		memcpy((uint8_t *)replace + offsetof(struct ipt_replace, entries), entries->data,
		       entries->len);
	if (setsockopt(fd, family_level(family), IPT_SO_SET_REPLACE, replace, (socklen_t)size) < 0)
		return -errno;
	return 0;
}

/* A table on its way into the twin. */
struct table_copy {
	struct twin *twin;
	const struct xtables_table *table;
	int fd;
	bool ask; /* the kernel which extensions it has */
	unsigned rule;
	int error;
};

/* Whether the kernel has an extension; when in doubt it has. */
static bool extension_known(const struct table_copy *copy, const char *name, uint8_t revision,
                            bool target)
{
	struct xt_get_revision question = {.revision = revision};
	socklen_t len = sizeof(question);

	if (!copy->ask || !*name || strcmp(name, XT_ERROR_TARGET) == 0)
		return true;
	memcpy(question.name, name, strnlen(name, sizeof(question.name) - 1));
	return getsockopt(copy->fd, family_level(copy->table->family),
	                  revision_option(copy->table->family, target), &question, &len) >= 0 ||
	       (errno != ENOENT && errno != EPROTONOSUPPORT);
}

/* Notes what an extension means for the twin, and says whether its rule must be left out. */
static bool extension_check(struct table_copy *copy, const char *raw_name, uint8_t revision,
                            bool target)
{
	char name[XT_EXTENSION_MAXNAMELEN + 1] = "";
	const struct xt_trait *trait;
	const char *why = NULL;
	bool leave = false;

	memcpy(name, raw_name, XT_EXTENSION_MAXNAMELEN);
	trait = xt_trait_find(name, target);
	if (trait) {
		why = trait->why;
		leave = trait->leave;
	}
	if (!leave && !extension_known(copy, name, revision, target)) {
		why = "this kernel does not have it, so the rule is left out";
		leave = true;
	}
	/* The second time round only what is left out then is news. */
	if (why && (leave || !copy->ask) && copy->error == 0)
		copy->error = twin_note(copy->twin, "legacy %s table %s rule %u (%s %s): %s",
		                        xt_family_name(copy->table->family), copy->table->name,
		                        copy->rule, target ? "target" : "match", name, why);
	return leave;
}

/* Leaves an entry out that must not be copied. */
static struct xt_edit entry_edit(void *data, const struct xt_entry *entry)
{
	struct table_copy *copy = data;
	const struct xt_entry_match *match;
	size_t at = entry->matches;
	bool leave;

	copy->rule++;
	leave =
	    extension_check(copy, entry->target->u.user.name, entry->target->u.user.revision, true);
	while ((match = xt_match_next(entry, &at)))
		leave |= extension_check(copy, match->u.user.name, match->u.user.revision, false);
	return (struct xt_edit){.leave_out = leave};
}

/* Keeps where the entries of a table that was set were on the host. 0 or -ENOMEM. */
static int legacy_keep(const struct table_copy *copy, struct xt_shifts *shifts)
{
	struct twin_legacy *legacy = vec_push(&copy->twin->legacy);

	if (!legacy)
		return -ENOMEM;
	*legacy = (struct twin_legacy){.family = copy->table->family,
	                               .table = arena_strdup(&copy->twin->arena, copy->table->name),
	                               .shifts = *shifts};
	memset(shifts, 0, sizeof(*shifts));
	return legacy->table ? 0 : -ENOMEM;
}

void twin_legacy_done(struct twin *twin)
{
	vec_foreach(legacy, &twin->legacy)
		vec_done(&legacy->shifts);
	vec_done(&twin->legacy);
}

uint64_t twin_host_offset(const struct twin *twin, uint8_t family, const char *table,
                          uint64_t offset)
{
	vec_foreach(legacy, &twin->legacy)
		if (legacy->family == family && strcmp(legacy->table, table) == 0)
			return xt_shift_origin(&legacy->shifts, offset);
	return offset;
}

/* Sets a table once, without the rules that must be left out. 0 or a negative errno. */
static int table_try(struct table_copy *copy)
{
	_cleanup_(bytes_done) struct bytes entries = {0};
	struct xt_shifts shifts = {0};
	struct ipt_getinfo info;
	int status;

	copy->rule = 0;
	status = xt_blob_edit(copy->table, entry_edit, copy, &info, &entries, &shifts);
	if (status == 0 && copy->error == 0)
		status =
		    xt_replace(copy->fd, copy->table->family, copy->table->name, &info, &entries);
	if (status == 0 && copy->error == 0)
		status = legacy_keep(copy, &shifts);
	vec_done(&shifts);
	return copy->error < 0 ? copy->error : status;
}

/* Copies one table. 0, or a negative errno that leaves no twin. */
static int table_copy(struct twin *twin, const struct xtables_table *table)
{
	_cleanup_close_ int fd = xt_socket(table->family);
	struct table_copy copy = {.twin = twin, .table = table, .fd = fd};
	int status = fd;

	if (status >= 0)
		status = table_try(&copy);
	if (status < 0 && status != -ENOMEM && fd >= 0) {
		copy.ask = true;
		status = table_try(&copy);
	}
	if (status < 0 && status != -ENOMEM)
		return twin_note(twin, "legacy %s table %s: it is not copied: %s",
		                 xt_family_name(table->family), table->name, strerror(-status));
	return status < 0 ? status : 0;
}

/* Whether a legacy table has rules at prerouting, in its built-in chain. */
static bool prerouting_used(const struct xtables_table *table)
{
	struct ipt_getinfo info;

	return xt_info_read(table, &info) && info.valid_hooks & 1U << NF_INET_PRE_ROUTING &&
	       info.hook_entry[NF_INET_PRE_ROUTING] != info.underflow[NF_INET_PRE_ROUTING];
}

/* Whether an nftables chain translates at prerouting where the legacy table does, and has rules. */
static bool chain_beside(const struct twin *twin, const struct nlmsghdr *raw, uint8_t family)
{
	const struct nlattr *hook = nft_attr(raw, NFTA_CHAIN_HOOK);
	const struct twin_chain *chain = twin_chain_find(
	    twin, raw_family(raw), nft_text(raw, NFTA_CHAIN_TABLE), nft_text(raw, NFTA_CHAIN_NAME));

	return (raw_family(raw) == family || raw_family(raw) == NFPROTO_INET) &&
	       strcmp(nft_text(raw, NFTA_CHAIN_TYPE), "nat") == 0 &&
	       nlattr_be32(nlattr_nested(hook, NFTA_HOOK_HOOKNUM), UINT32_MAX) ==
	           NF_INET_PRE_ROUTING &&
	       (int32_t)nlattr_be32(nlattr_nested(hook, NFTA_HOOK_PRIORITY), 0) ==
	           NF_IP_PRI_NAT_DST &&
	       chain && chain->host_handles.n;
}

/*
 * Notes where a legacy table and an nftables chain translate at one hook and priority: the first to
 * match wins, whichever was registered last is the first, and no dump tells which that was.
 */
static int order_notes(struct twin *twin, const struct netview *view,
                       const struct xtables_table *table)
{
	uint8_t family = table->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const struct nlmsghdr *raw;
	char text[NFT_DESCRIPTION];
	size_t offset = 0;
	int status = 0;

	if (strcmp(table->name, "nat") != 0 || !prerouting_used(table))
		return 0;
	while (status == 0 && (raw = raw_next(&view->raw[RAW_NFT_CHAIN], &offset)))
		if (chain_beside(twin, raw, family))
			status = twin_note(twin,
			                   "legacy %s table nat and %s translate at the same "
			                   "priority: which is asked first on the host is not told",
			                   xt_family_name(table->family),
			                   nft_describe(raw, RAW_NFT_CHAIN, text));
	return status;
}

int twin_xtables(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	int status = 0;

	/* The kernel lists the newest first. */
	for (size_t i = view->xtables.n; status == 0 && i > 0; i--)
		status = table_copy(twin, &view->xtables.items[i - 1]);
	for (size_t i = 0; status == 0 && i < view->xtables.n; i++)
		status = order_notes(twin, view, &view->xtables.items[i]);
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its legacy tables") : 0;
}
