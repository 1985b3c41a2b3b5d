/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as facts: what a snapshot would be, were a wall put up or taken away. */
#include "wall/stage.h"

#include "base/cleanup.h"
#include "observe/nft_read.h"
#include "prove/twin.h"
#include "rules/listing/wire.h"
#include "wall/docker_user.h"
#include "wall/table_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>
#include <string.h>

/* The kinds of messages that a table is made of, and the attribute that names the table. */
static const struct {
	enum raw_kind kind;
	uint16_t attribute;
} kinds[] = {
    {RAW_NFT_TABLE, NFTA_TABLE_NAME}, {RAW_NFT_CHAIN, NFTA_CHAIN_TABLE},
    {RAW_NFT_SET, NFTA_SET_TABLE},    {RAW_NFT_ELEMENT, NFTA_SET_ELEM_LIST_TABLE},
    {RAW_NFT_RULE, NFTA_RULE_TABLE},
};

/* Whether a message is about the wall's table. */
static bool is_wall(const struct nlmsghdr *message, uint16_t attribute)
{
	const uint8_t *body = NLMSG_DATA(message);
	struct attrs attrs = attrs_of_message(message);

	return same_name(attr_string(attrs.by_type[attribute]), WALL_TABLE) &&
	       body[0] == NFPROTO_INET;
}

/* Takes the wall's messages out of a kind. 0 or a negative errno. */
static int strip(struct bytes *raw, uint16_t attribute)
{
	struct bytes kept = {0};
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(raw, &offset)))
		if (!is_wall(message, attribute))
			status = bytes_append(&kept, message,
			                      NLMSG_ALIGN((size_t)message->nlmsg_len), SIZE_MAX);
	if (status < 0) {
		bytes_done(&kept);
		return status;
	}
	bytes_done(raw);
	*raw = kept;
	return 0;
}

/* Reads what a transaction makes of an empty namespace. 0 or a negative errno with a sentence. */
static int read_outcome(const struct bytes *transaction, struct netview *outcome,
                        struct error **ret_error)
{
	_cleanup_close_ int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int status;

	if (home < 0)
		return error_set(ret_error, errno, "cannot open /proc/thread-self/ns/net: %s",
		                 strerror(errno));
	if (unshare(CLONE_NEWNET) < 0)
		return error_set(ret_error, errno, "cannot make a network namespace: %s",
		                 strerror(errno));
	status = wall_try(transaction, ret_error);
	if (status == 0)
		status = nft_read(outcome, ret_error);
	if (setns(home, CLONE_NEWNET) < 0)
		return error_set(ret_error, errno, "cannot leave a network namespace: %s",
		                 strerror(errno));
	return status;
}

/* Takes a view's rules over from another, which is left without them. 0 or -ENOMEM. */
static int take_rules(struct netview *view, struct netview *from)
{
	for (int kind = RAW_NFT_TABLE; kind <= RAW_NFT_RULE; kind++) {
		bytes_done(&view->raw[kind]);
		view->raw[kind] = from->raw[kind];
		from->raw[kind] = (struct bytes){0};
	}
	vec_foreach(table, &view->xtables) {
		bytes_done(&table->info);
		bytes_done(&table->entries);
	}
	view->xtables.n = 0;
	vec_foreach(table, &from->xtables) {
		struct xtables_table *slot = vec_push(&view->xtables);

		if (!slot)
			return -ENOMEM;
		*slot = *table;
		*table = (struct xtables_table){.family = slot->family, .name = slot->name};
		slot->name = arena_strdup(&view->arena, slot->name);
		if (!slot->name)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Puts a wall that is made of rules in somebody else's tables into a copy of them, and reads that
 * back: what such rules do depends on those around them.
 */
static int stage_in_twin(struct snapshot *snapshot, const struct bytes *transaction,
                         struct error **ret_error)
{
	_cleanup_(cleanup_twin_free) struct twin *twin = NULL;
	_cleanup_(bytes_done) struct bytes removal = {0};
	struct netview outcome = {0};
	int status = transaction ? 0 : wall_removal(&removal), back;

	if (status == 0)
		status = twin_new(&snapshot->net, false, &twin, ret_error);
	if (status < 0 || !twin)
		return status;
	status = twin_enter(twin);
	if (status == 0)
		status = wall_try(transaction ? transaction : &removal, ret_error);
	if (status == 0)
		status = wall_read(&outcome, ret_error);
	back = twin_leave(twin);
	if (status == 0)
		status = back;
	if (status == 0)
		status = take_rules(&snapshot->net, &outcome);
	/* A rule that the copy has not is missing in what was read back. */
	vec_foreach(note, &twin->notes)
		if (status == 0)
			status = snapshot_incomplete(snapshot, "%s", *note);
	netview_done(&outcome);
	return status < 0 ? error_wrap(ret_error, status, "trying the wall in a copy") : 0;
}

/* The same for a wall in a table of its own, which nobody else's rules have to do with. */
static int stage_table(struct snapshot *snapshot, const struct bytes *transaction,
                       struct error **ret_error)
{
	struct netview outcome = {0};
	int status = transaction ? read_outcome(transaction, &outcome, ret_error) : 0;

	for (size_t i = 0; status == 0 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct bytes *raw = &snapshot->net.raw[kinds[i].kind];
		const struct bytes *more = &outcome.raw[kinds[i].kind];

		status = strip(raw, kinds[i].attribute);
		if (status == 0 && more->len)
			status = bytes_append(raw, more->data, more->len, SIZE_MAX);
		if (status < 0)
			status = error_set(ret_error, -status, "out of memory");
	}
	netview_done(&outcome);
	return status;
}

int wall_stage(struct snapshot *snapshot, const struct bytes *transaction, struct error **ret_error)
{
	struct user_places places;

	if ((transaction && docker_user_is(transaction, &places)) ||
	    docker_user_is_up(&snapshot->net))
		return stage_in_twin(snapshot, transaction, ret_error);
	return stage_table(snapshot, transaction, ret_error);
}

/* Tries a hard table in a namespace of its own. */
static bool try_hard(void)
{
	_cleanup_(cleanup_wall_free) struct wall *wall = NULL;
	struct netview outcome = {0};
	struct bytes transaction = {0};
	bool works = wall_make_closed(NULL, 0, &wall) == 0;

	if (works) {
		wall->hard = true;
		works = wall_transaction(wall, &transaction) == 0 &&
		        read_outcome(&transaction, &outcome, NULL) == 0 &&
		        wall_hold_of(&outcome) == WALL_ORPHAN;
	}
	netview_done(&outcome);
	bytes_done(&transaction);
	return works;
}

bool wall_hard_works(void)
{
	static enum { UNTRIED, WORKS, FAILS } known;

	if (known == UNTRIED)
		known = try_hard() ? WORKS : FAILS;
	return known == WORKS;
}
