/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the engine's address translation out of a twin.
 *
 * Theory of operation. What is asked is what would meet a packet to a published port if the engine
 * had not led it around INPUT. So its chains stay, and jumps to them, but nothing in them matches
 * any more: rules of nftables are deleted; those of a legacy table are made to match no packet, so
 * that no offset moves. The chains and tables are those of moby (daemon/libnetwork/iptables,
 * daemon/libnetwork/drivers/bridge/internal/nftabler), netavark (src/firewall) and the CNI portmap
 * plugin.
 */
#include "observe/xtables_read.h"
#include "prove/twin_nft.h"
#include "prove/twin_xtables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <string.h>

/* Chains of table nat that translate destinations. */
static const char *const nat_chains[] = {
    "DOCKER",
    "DOCKER-INGRESS",
    "NETAVARK-HOSTPORT-DNAT",
    "CNI-HOSTPORT-DNAT",
};

/* Tables of an engine of which every NAT base chain translates for it. */
static const char *const engine_tables[] = {"docker-bridges", "netavark"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Whether text is in a list. */
static bool listed(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

/* Whether an nftables chain is one of the engine's that translates. */
static bool chain_translates(const struct nlmsghdr *raw)
{
	const char *table = nft_text(raw, NFTA_CHAIN_TABLE);

	if (strcmp(table, "nat") == 0)
		return listed(nft_text(raw, NFTA_CHAIN_NAME), nat_chains, COUNT(nat_chains));
	return listed(table, engine_tables, COUNT(engine_tables)) &&
	       strcmp(nft_text(raw, NFTA_CHAIN_TYPE), "nat") == 0;
}

/* What became of a transaction. */
struct flush {
	int number;
};

/* Remembers a refusal. */
static void flush_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct flush *flush = data;

	(void)seq;
	(void)why;
	/* A chain that was not copied need not be emptied. */
	if (number != ENOENT)
		flush->number = number;
}

/* Deletes all rules of a chain of the twin. 0 or a negative errno. */
static int chain_flush(struct wire *wire, const struct nlmsghdr *raw)
{
	_cleanup_(draft_done) struct draft draft = {0};
	struct nfgenmsg bracket = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};
	struct nfgenmsg header = {.nfgen_family = raw_family(raw)};
	struct flush flush = {0};
	size_t start;
	int status;

	draft_end(&draft,
	          draft_begin(&draft, NFNL_MSG_BATCH_BEGIN, 0, 0, &bracket, sizeof(bracket)));
	start = draft_begin(&draft, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE, 0, 1, &header,
	                    sizeof(header));
	draft_put_string(&draft, NFTA_RULE_TABLE, nft_text(raw, NFTA_CHAIN_TABLE));
	draft_put_string(&draft, NFTA_RULE_CHAIN, nft_text(raw, NFTA_CHAIN_NAME));
	draft_end(&draft, start);
	draft_end(&draft, draft_begin(&draft, NFNL_MSG_BATCH_END, 0, 0, &bracket, sizeof(bracket)));
	status = wire_send(wire, &draft, flush_refused, &flush, NULL);
	return status < 0 ? status : -flush.number;
}

/* Empties the engine's nftables chains. The thread stands in the twin. */
static int drop_nft(const struct netview *view, struct error **ret_error)
{
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&view->raw[RAW_NFT_CHAIN], &offset))) {
		char text[NFT_DESCRIPTION];

		if (!chain_translates(raw))
			continue;
		if (wire.fd < 0)
			status = wire_open(NETLINK_NETFILTER, &wire, ret_error);
		if (status == 0)
			status = chain_flush(&wire, raw);
		if (status < 0)
			return error_wrap(ret_error, status, "emptying %s",
			                  nft_describe(raw, RAW_NFT_CHAIN, text));
	}
	return status;
}

/* Makes an entry match only packets from the broadcast address (IPv6: the last one). */
static void entry_disable(uint8_t *data, uint8_t family)
{
	if (family == AF_INET6) {
		struct ip6t_entry *entry = (void *)data;

		memset(&entry->ipv6.src, 0xff, sizeof(entry->ipv6.src));
		memset(&entry->ipv6.smsk, 0xff, sizeof(entry->ipv6.smsk));
		entry->ipv6.invflags &= (uint8_t)~IP6T_INV_SRCIP;
	} else {
		struct ipt_entry *entry = (void *)data;

		memset(&entry->ip.src, 0xff, sizeof(entry->ip.src));
		memset(&entry->ip.smsk, 0xff, sizeof(entry->ip.smsk));
		entry->ip.invflags &= (uint8_t)~IPT_INV_SRCIP;
	}
}

/* Disables all rules of the engine's chains in a table; whether there were any. */
static bool entries_disable(struct bytes *entries, uint8_t family)
{
	struct xt_entry entry, before = {0};
	bool inside = false, any = false;
	size_t offset = 0;

	while (xt_entry_next(entries, family, &offset, &entry)) {
		const char *chain = xt_entry_chain(&entry);

		/* A chain's last entry is its return, which must stay: so always the one before. */
		if (inside && before.data && !chain) {
			entry_disable(entries->data + before.offset, family);
			any = true;
		}
		before = chain ? (struct xt_entry){0} : entry;
		if (chain)
			inside = listed(chain, nat_chains, COUNT(nat_chains));
	}
	return any;
}

/* Disables the rules of the engine's legacy chains. The thread stands in the twin. */
static int drop_xtables(struct error **ret_error)
{
	_cleanup_(netview_done) struct netview now = {0};
	int status = xtables_read(&now, ret_error);

	for (size_t i = 0; status == 0 && i < now.xtables.n; i++) {
		struct xtables_table *table = &now.xtables.items[i];
		_cleanup_close_ int fd = -1;
		struct ipt_getinfo info;

		if (strcmp(table->name, "nat") != 0 || !xt_info_read(table, &info) ||
		    !entries_disable(&table->entries, table->family))
			continue;
		fd = xt_socket(table->family);
		status = fd < 0
		             ? fd
		             : xt_replace(fd, table->family, table->name, &info, &table->entries);
		if (status < 0)
			return error_wrap(ret_error, status, "emptying legacy %s table nat",
			                  xt_family_name(table->family));
	}
	return status;
}

int twin_drop_engine_nat(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	int status = twin_enter(twin), back;

	if (status < 0)
		return error_set(ret_error, -status, "cannot enter the twin: %s",
		                 strerror(-status));
	status = drop_nft(view, ret_error);
	if (status == 0)
		status = drop_xtables(ret_error);
	back = twin_leave(twin);
	if (status == 0 && back < 0)
		status = error_set(ret_error, -back, "cannot leave the twin: %s", strerror(-back));
	return status;
}
