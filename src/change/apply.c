/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying a plan out, proving it, and going back. */
#include "change/apply.h"

#include "change/pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What an apply needs at hand. */
struct applying {
	const struct plan *plan;
	const struct audit *before;
	const struct apply_options *options;
	struct state state;  /* as it will be */
	struct bytes back;   /* the transaction that undoes it */
	struct state former; /* what is on disk, for who goes back; empty where there is none */
	bool has_former;
};

/* Copies bytes. 0 or a negative errno. */
static int copy_bytes(const struct bytes *from, struct bytes *to)
{
	return from->len ? bytes_append(to, from->data, from->len, WALL_TRANSACTION_MOST) : 0;
}

/* Moves a wall out of a state. */
static struct state_wall take_wall(struct state_wall *from)
{
	struct state_wall wall = *from;

	*from = (struct state_wall){0};
	return wall;
}

/* Reads what is on disk; what is damaged counts as nothing. 0 or a negative errno. */
static int read_former(struct applying *applying, struct error **ret_error)
{
	int status = state_read(&applying->former, NULL);

	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	applying->has_former = status == 0 && wall_is_up(&applying->before->snapshot->net);
	return 0;
}

/* Prepares the transaction that goes back. 0 or a negative errno. */
static int prepare_back(struct applying *applying, struct error **ret_error)
{
	int status = applying->has_former && applying->former.now.transaction.len
	                 ? copy_bytes(&applying->former.now.transaction, &applying->back)
	                 : wall_removal(&applying->back);

	return status < 0 ? error_set(ret_error, -status, "out of memory") : 0;
}

/* Prepares the state that will be written. 0 or a negative errno. */
static int prepare_state(struct applying *applying, struct error **ret_error)
{
	struct state_wall *now = &applying->state.now;
	char boot[40];
	struct state again = {0};
	int status = copy_bytes(&applying->plan->transaction, &now->transaction);

	state_boot(boot);
	now->policy = strdup(applying->options->policy_name);
	now->boot = strdup(boot);
	vec_foreach(bridge, &applying->plan->wall->bridges)
		if (status == 0)
			status = state_name_add(&now->bridges, *bridge);
	now->has_uplinks = true;
	vec_foreach(link, &applying->plan->snapshot->net.links)
		if (status == 0 && zone_is_uplink(applying->plan->snapshot, link))
			status = state_name_add(&now->uplinks, link->name);
	now->applied = now->proved = time(NULL);
	now->packets = applying->plan->after->packets;
	now->log_only = applying->plan->wall->log_only;
	now->hard_asked = applying->plan->wall->hard_asked;
	applying->state.has_before = true;
	if (applying->has_former && status == 0 && state_read(&again, NULL) == 0)
		applying->state.before = take_wall(&again.now);
	state_done(&again);
	if (status < 0 || !now->policy || !now->boot)
		return error_set(ret_error, ENOMEM, "out of memory");
	return 0;
}

/* Looks at the host as it is now, and proves it. 0 or a negative errno with a sentence. */
static int check(const struct applying *applying, struct plan **ret_check, struct error **ret_error)
{
	_cleanup_(cleanup_plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	struct audit_options asked = {.progress = applying->options->progress,
	                              .progress_data = applying->options->progress_data};
	int status;

	if (!plan)
		return error_set(ret_error, ENOMEM, "out of memory");
	plan->places = applying->plan->places;
	status = observe_host(&applying->options->observe, &plan->snapshot, ret_error);
	if (status == 0 &&
	    intent_make(applying->options->policy, plan->snapshot, &plan->intent) < 0)
		status = error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	asked.intent = plan->intent;
	status = audit_run(plan->snapshot, &asked, &plan->after, ret_error);
	if (status == 0 && plan_compare(plan, applying->before, plan->after) < 0)
		status = error_set(ret_error, ENOMEM, "out of memory");
	if (status == 0 && applying->plan->wall->log_only)
		plan->exposed.n = 0;
	if (status == 0)
		*ret_check = steal_pointer(&plan);
	return status;
}

/* Puts back what was there. */
static void go_back(const struct applying *applying)
{
	(void)wall_commit(&applying->back, NULL);
	(void)pending_end();
	state_discard();
}

/* The transaction, its proof, and the state. 0 or a negative errno with a sentence. */
static int carry_out(struct applying *applying, struct apply_result *result,
                     struct error **ret_error)
{
	int status = wall_commit(&applying->plan->transaction, ret_error);

	if (status < 0 && applying->plan->places.n) {
		go_back(applying); /* some tables may have it */
		return status;
	}
	if (status < 0) {
		(void)pending_end();
		state_discard();
		return status;
	}
	status = check(applying, &result->check, ret_error);
	if (status < 0) {
		go_back(applying);
		return error_wrap(ret_error, status,
		                  "the wall was taken back, for it could not be proved");
	}
	if (!plan_is_good(result->check)) {
		go_back(applying);
		result->outcome = APPLY_WENT_BACK;
		return 0;
	}
	status = state_publish(ret_error);
	if (status < 0) {
		go_back(applying);
		return error_wrap(ret_error, status,
		                  "the wall was taken back, for it could not be kept");
	}
	result->outcome = APPLY_DONE;
	return 0;
}

int apply_plan(const struct plan *plan, const struct audit *before,
               const struct apply_options *options, struct apply_result *ret_result,
               struct error **ret_error)
{
	struct applying applying = {.plan = plan, .before = before, .options = options};
	int status = change_lock(ret_error);

	*ret_result = (struct apply_result){0};
	if (status == 0)
		status = read_former(&applying, ret_error);
	if (status == 0)
		status = prepare_back(&applying, ret_error);
	if (status == 0)
		status = prepare_state(&applying, ret_error);
	if (status == 0)
		status = state_prepare(&applying.state, ret_error);
	if (status == 0 && options->confirm)
		status = pending_start(options->confirm, &applying.back,
		                       applying.has_former ? &applying.former : NULL, ret_error);
	else if (status == 0)
		(void)pending_end();
	if (status == 0)
		status = carry_out(&applying, ret_result, ret_error);
	if (status < 0)
		apply_result_done(ret_result);
	bytes_done(&applying.back);
	state_done(&applying.state);
	state_done(&applying.former);
	return status;
}

void apply_result_done(struct apply_result *result)
{
	plan_free(result->check);
	*result = (struct apply_result){0};
}

/* Puts the wall before up and makes it the one that is kept. 0 or a negative errno. */
static int roll_back(struct state *state, struct error **ret_error)
{
	struct bytes back = {0};
	int status = state->before.transaction.len ? copy_bytes(&state->before.transaction, &back)
	                                           : wall_removal(&back);

	if (status < 0)
		return error_set(ret_error, -status, "out of memory");
	status = wall_commit(&back, ret_error);
	bytes_done(&back);
	if (status < 0)
		return status;
	(void)pending_end();
	if (!state->before.transaction.len)
		return state_remove(ret_error);
	state_wall_done(&state->now);
	state->now = take_wall(&state->before);
	state->has_before = false;
	return state_write(state, ret_error);
}

int apply_rollback(struct error **ret_error)
{
	struct state state = {0};
	int status = change_lock(ret_error);

	if (status == 0)
		status = state_read(&state, ret_error);
	if (status == 1 || (status == 0 && !state.has_before))
		status = error_set(ret_error, ENOENT, "there is no earlier wall to go back to");
	if (status == 0)
		status = roll_back(&state, ret_error);
	state_done(&state);
	return status;
}

int apply_remove(bool force, struct error **ret_error)
{
	struct bytes removal = {0};
	int status = change_lock(force ? NULL : ret_error);

	if (status < 0 && !force)
		return status;
	status = wall_removal(&removal);
	if (status < 0)
		status = error_set(ret_error, -status, "out of memory");
	if (status == 0)
		status = wall_commit(&removal, ret_error);
	bytes_done(&removal);
	(void)pending_end();
	if (status < 0)
		return status;
	status = state_remove(force ? NULL : ret_error);
	return force ? 0 : status;
}

int apply_boot(struct error **ret_error)
{
	_cleanup_(cleanup_wall_free) struct wall *wall = NULL;
	struct bytes transaction = {0};
	struct user_places places = {0};
	struct state state = {0};
	int kept = state_read(&state, NULL), status;

	/* Whatever hinders reading it: somebody wanted a wall. */
	if (kept == 1)
		return 1;
	status = wall_make_closed((const char *const *)state.now.bridges.items,
	                          kept == 0 ? state.now.bridges.n : 0, &wall);
	if (status == 0 && kept == 0) {
		wall->log_only = state.now.log_only;
		wall->hard = state.now.hard_asked && wall_hard_works();
	}
	if (status == 0 && kept == 0 && docker_user_is(&state.now.transaction, &places))
		status = docker_user_transaction(wall, &places, &transaction, ret_error);
	else if (status == 0)
		status = wall_transaction(wall, &transaction);
	if (status < 0)
		status = error_set(ret_error, -status, "out of memory");
	else
		status = wall_commit(&transaction, ret_error);
	bytes_done(&transaction);
	state_done(&state);
	return status;
}
