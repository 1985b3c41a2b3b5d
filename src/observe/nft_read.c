/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads all of nftables: tables, chains, sets and their elements, objects, flowtables, rules.
 *
 * Theory of operation. Rules are asked for chain by chain: for a whole table the kernel goes
 * through it from the head again for each 32 kB that it has filled (nf_tables_dump_rules()), and
 * 100,000 rules take seconds rather than tenths. Many dumps are no snapshot, so they stand between
 * two questions for the generation id, which counts committed transactions: when it moved, when a
 * dump was marked as torn, or when a chain was gone by the time it was asked for, everything is
 * read again, a few times. After that the last answer is kept and said to be uncertain.
 *
 * The kernel ends the elements of each set with a message whose list is empty, and repeats table
 * and set in each message; all is kept as it came.
 */
#include "observe/nft_read.h"
#include "observe/decode.h"
#include "observe/module.h"
#include "observe/netlink.h"
#include "observe/read_status.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { TRIES = 5 };

/* Dumps of all objects of a kind at once, in all families. */
static const struct whole {
	enum raw_kind kind;
	uint8_t message;
	const char *what;
} wholes[] = {
    {RAW_NFT_TABLE, NFT_MSG_GETTABLE, "the nftables tables"},
    {RAW_NFT_CHAIN, NFT_MSG_GETCHAIN, "the nftables chains"},
    {RAW_NFT_SET, NFT_MSG_GETSET, "the nftables sets"},
    {RAW_NFT_OBJECT, NFT_MSG_GETOBJ, "the nftables objects"},
    {RAW_NFT_FLOWTABLE, NFT_MSG_GETFLOWTABLE, "the nftables flowtables"},
};

/*
 * Dumps of what each object of another kind holds. Table and name are attributes 1 and 2 of both
 * questions (NFTA_RULE_TABLE, NFTA_RULE_CHAIN; NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET).
 */
static const struct part {
	enum raw_kind kind;
	uint8_t message;
	enum raw_kind holder;
	uint16_t holder_table, holder_name; /* attributes of the holder */
	uint16_t holder_use;                /* its reference count, or 0: holds nothing when 0 */
	const char *what;
} parts[] = {
    {RAW_NFT_ELEMENT, NFT_MSG_GETSETELEM, RAW_NFT_SET, NFTA_SET_TABLE, NFTA_SET_NAME, 0,
     "the elements of nftables sets"},
    {RAW_NFT_RULE, NFT_MSG_GETRULE, RAW_NFT_CHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME,
     NFTA_CHAIN_USE, "the nftables rules"},
};

/* Asks for the generation id. 0 or negative errno. */
static int read_generation(struct netlink *netlink, uint32_t *ret_generation)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, AF_UNSPEC);
	const struct nlattr *table[NFTA_GEN_ID + 1];
	struct decoder decoder = {.what = "generation"};
	struct bytes answer = {0};
	uint32_t generation = 0;
	int status = netlink_ask(netlink, request, &answer);

	if (status == 0) {
		decoder.message = (const void *)answer.data;
		status = decode_message_attributes(&decoder, sizeof(struct nfgenmsg), table,
		                                   TABLE_LEN(table));
	}
	if (status == 0)
		status = decode_value(&decoder, table[NFTA_GEN_ID], &generation, 4);
	bytes_done(&answer);
	if (status == 0)
		*ret_generation = ntohl(generation);
	return status;
}

/* Dumps one kind as a whole. 0, 1 when torn, or negative errno. */
static int read_whole(struct netlink *netlink, struct netview *view, const struct whole *whole,
                      struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES, whole->message, NFPROTO_UNSPEC);
	const struct dump dump = {
	    .to = &view->raw[whole->kind], .cap = NETLINK_DUMP_MAX, .what = whole->what};
	int status = netlink_dump(netlink, request, &dump, ret_error);

	/* Objects and flowtables are younger than nftables: without them there are none. */
	return status == -EOPNOTSUPP || status == -EINVAL ? 0 : status;
}

/* Dumps what one object holds. 0, 1 when torn or gone, or negative errno. */
static int read_holder(struct netlink *netlink, const struct decoder *holder,
                       const struct part *part, const struct dump *dump)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	const struct nlattr *table[NFTA_CHAIN_MAX + NFTA_SET_MAX];
	const struct nfgenmsg *header = NLMSG_DATA(holder->message);
	struct nlmsghdr *request;
	uint32_t use = 1;
	int status = decode_message_attributes(holder, sizeof(*header), table, TABLE_LEN(table));

	if (status == 0 && part->holder_use)
		status = decode_value(holder, table[part->holder_use], &use, sizeof(use));
	if (status < 0 || !use)
		return status;
	if (!table[part->holder_table] || !table[part->holder_name])
		return decode_bad(holder, "it has no name");
	request = request_begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES, part->message,
	                                  header->nfgen_family);
	if (!mnl_attr_put_check(request, sizeof(buffer), 1,
	                        attribute_len(table[part->holder_table]),
	                        attribute_data(table[part->holder_table])) ||
	    !mnl_attr_put_check(request, sizeof(buffer), 2, attribute_len(table[part->holder_name]),
	                        attribute_data(table[part->holder_name])))
		return decode_bad(holder, "its name is too long");
	status = netlink_dump(netlink, request, dump, holder->ret_error);
	return status == -ENOENT ? 1 : status;
}

/* Dumps one kind holder by holder. 0, 1 when torn, or negative errno. */
static int read_part(struct netlink *netlink, struct netview *view, const struct part *part,
                     struct error **ret_error)
{
	struct decoder holder = {.view = view, .kind = part->holder, .ret_error = ret_error};
	const struct dump dump = {
	    .to = &view->raw[part->kind], .cap = NETLINK_DUMP_MAX, .what = part->what};
	size_t offset = 0;
	int torn = 0;

	while (holder.offset = offset,
	       (holder.message = raw_next(&view->raw[part->holder], &offset)) != NULL) {
		int status = read_holder(netlink, &holder, part, &dump);

		if (status < 0)
			return status;
		torn |= status;
	}
	return torn;
}

/* Reads everything once. 0, 1 when it changed meanwhile, or negative errno. */
static int read_once(struct netlink *netlink, struct netview *view, struct error **ret_error)
{
	uint32_t before, after;
	int status = read_generation(netlink, &before), torn = 0;

	for (size_t i = 0; status >= 0 && i < sizeof(wholes) / sizeof(*wholes); i++) {
		status = read_whole(netlink, view, &wholes[i], ret_error);
		torn |= status > 0;
	}
	for (size_t i = 0; status >= 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		status = read_part(netlink, view, &parts[i], ret_error);
		torn |= status > 0;
	}
	if (status >= 0)
		status = read_generation(netlink, &after);
	if (status < 0)
		return status;
	return torn || before != after;
}

/* Forgets everything of nftables. */
static void clear(struct netview *view)
{
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++)
		bytes_done(&view->raw[wholes[i].kind]);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		bytes_done(&view->raw[parts[i].kind]);
}

int nft_read(struct netview *view, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	int status;

	if (module_asleep("nf_tables"))
		return 0;
	status = netlink_open(NETLINK_NETFILTER, &netlink, ret_error);
	if (status == 0)
		status = 1;
	for (int try = 0; status == 1 && try < TRIES; try++) {
		clear(view);
		status = read_once(netlink, view, ret_error);
	}
	if (status == 1)
		return netview_incomplete(view,
		                          "nftables changed each of the %d times that it was read: "
		                          "rules may be missing or out of date",
		                          TRIES);
	if (status == 0)
		return 0;
	/* Half a ruleset would only mislead. */
	clear(view);
	/* The kernel's words for: built without nfnetlink, or without nftables. */
	if (status == -EPROTONOSUPPORT || status == -EINVAL || status == -EOPNOTSUPP)
		return 0;
	return read_status(view, "the nftables rules", status, ret_error);
}
