/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is up in the kernel, beside what was put up last. */
#include "change/status.h"

#include "base/file.h"
#include "observe/snapshot.h"
#include "rules/listing/wire.h"
#include "wall/stage.h"
#include "wall/docker_user.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

enum { SAVED_MOST = 16 << 20 };

/* The packets that the last rule of turned_away has counted. */
static uint64_t count_turned_away(const struct netview *view)
{
	struct nft_rule rule;
	uint64_t packets = 0;
	size_t offset = 0;

	while (nft_rule_next(view, &offset, &rule)) {
		struct span rest = rule.expressions;
		struct nft_expr expr;

		if (rule.family != NFPROTO_INET || !same_name(rule.table, WALL_TABLE) ||
		    !same_name(rule.chain, "turned_away"))
			continue;
		while (nft_expr_next(&rest, &expr))
			if (same_name(expr.name, "counter"))
				packets += attr_number(expr.attrs.by_type[NFTA_COUNTER_PACKETS], 0);
	}
	return packets;
}

/* Compares the kernel's table with what the saved transaction makes. 0 or a negative errno. */
static int compare(struct wall_status *status, const struct netview *view, struct error **ret_error)
{
	_cleanup_snapshot_ struct snapshot *saved = snapshot_new();
	const struct bytes *transaction = &status->state.now.transaction;
	int result;

	if (!saved)
		return error_set(ret_error, ENOMEM, "out of memory");
	result = wall_stage(saved, transaction->len ? transaction : NULL, ret_error);
	status->as_saved = result == 0 && wall_same(view, &saved->net);
	return result;
}

/* Reads the state on disk; that it is damaged is an answer. 0 or a negative errno. */
static int read_state(struct wall_status *status, struct error **ret_error)
{
	_cleanup_error_ struct error *error = NULL;
	int result = state_read(&status->state, &error);
	char boot[40];

	state_boot(boot);
	status->saved = result == 0;
	status->damaged = result == -EBADMSG;
	if (status->damaged)
		status->damage = strdup(error_message(error));
	if (result < 0 && !status->damaged)
		return error_set(ret_error, -result, "%s", error_message(error));
	status->this_boot = status->saved && strcmp(status->state.now.boot, boot) == 0;
	return 0;
}

/*
 * A file that is loaded at boot and has the wall's table in it: while the table is held, all of
 * such a file is refused, and nft 1.0.6 cannot read a hard table's flags back at all.
 */
static const char *find_saved_rules(void)
{
	static const char *const files[] = {"/etc/nftables.conf", "/etc/sysconfig/nftables.conf"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		_cleanup_(bytes_done) struct bytes text = {0};

		if (file_read(files[i], SAVED_MOST, &text, NULL) == 0 && text.data &&
		    strstr((const char *)text.data, "table inet " WALL_TABLE " "))
			return files[i];
	}
	return NULL;
}

int wall_status_read(struct wall_status *ret_status, struct error **ret_error)
{
	struct netview view = {0};
	int status;

	*ret_status = (struct wall_status){0};
	ret_status->waits = pending_read(&ret_status->pending);
	status = wall_read(&view, ret_error);
	if (status == 0 && view.incomplete.n)
		status = error_set(ret_error, EPERM, "%s", view.incomplete.items[0]);
	if (status == 0)
		status = read_state(ret_status, ret_error);
	ret_status->up = wall_is_up(&view);
	ret_status->hold = wall_hold_of(&view);
	if (ret_status->hold != WALL_LOOSE)
		ret_status->saved_rules = find_saved_rules();
	ret_status->turned_away = count_turned_away(&view) + docker_user_turned_away(&view);
	if (status == 0 && ret_status->saved)
		status = compare(ret_status, &view, ret_error);
	netview_done(&view);
	return status;
}

const char *wall_status_hard(const struct wall_status *status)
{
	struct user_places places;

	if (status->hold == WALL_HELD)
		return "held";
	if (!status->state.now.hard_asked)
		return "not asked for";
	if (status->hold == WALL_ORPHAN)
		return "nobody holds it";
	if (docker_user_is(&status->state.now.transaction, &places))
		return "not behind DOCKER-USER";
	return wall_hard_works() ? "not held" : "this kernel cannot";
}

void wall_status_done(struct wall_status *status)
{
	free(status->damage);
	state_done(&status->state);
}
