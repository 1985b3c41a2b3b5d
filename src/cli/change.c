/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `plan`, `apply` and `fix` share: from a survey to a plan, to what is done. */
#include "cli/change.h"

#include "change/apply.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "report/plan_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIRM_MOST = 24 * 3600 };

int change_needs_root(const struct settings *settings)
{
	if (settings->root)
		return 0;
	complain(settings, "this needs root; try: sudo %s %s", settings->called_as,
	         settings->command->name);
	return CODE_INCOMPLETE;
}

bool change_confirm(const struct settings *settings, unsigned otherwise, unsigned *ret_seconds)
{
	unsigned long seconds;
	char *end;

	*ret_seconds = otherwise;
	if (!settings->confirm)
		return true;
	errno = 0;
	seconds = strtoul(settings->confirm, &end, 10);
	if (errno || *end || end == settings->confirm || settings->confirm[0] == '-' ||
	    seconds > CONFIRM_MOST) {
		complain(settings, "--confirm wants seconds, 0 to %d, not \"%s\"", CONFIRM_MOST,
		         settings->confirm);
		return false;
	}
	*ret_seconds = (unsigned)seconds;
	return true;
}

int change_plan(const struct settings *settings, const struct policy *policy, struct survey *survey,
                struct plan **ret_plan)
{
	const struct audit_options audit_options = {.user_namespace = !settings->root};
	struct plan_options options = {.log_only = settings->log_only,
	                               .user_namespace = !settings->root,
	                               .docker_user = settings->backend,
	                               .progress = progress_step};
	_cleanup_error_ struct error *error = NULL;
	struct snapshot *snapshot = NULL;
	struct sessions sessions = {0};
	struct progress progress;
	int code = survey->audit ? 0 : survey_make(settings, &audit_options, survey);
	int status;

	if (code == 0)
		code = survey_snapshot(settings, &snapshot);
	if (code)
		return code;
	progress_start(&progress, !settings->quiet);
	progress_step("trying the wall in a copy of this host's network", &progress);
	options.progress_data = &progress;
	if (!settings->capture && sessions_find(&sessions) == 0)
		options.sessions = &sessions;
	status = plan_make(policy ? policy : survey->policy, survey->audit, snapshot, &options,
	                   ret_plan, &error);
	vec_done(&sessions);
	progress_end(&progress);
	if (status == 0)
		return 0;
	complain(settings, "%s", error_message(error));
	return settings->backend && (status == -EOPNOTSUPP || status == -ENOENT) ? CODE_USAGE
	                                                                         : CODE_INCOMPLETE;
}

/* Reports what came of it. */
static int report(const struct settings *settings, const struct plan *plan, const char *result)
{
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};
	int status = settings->json ? report_plan_json(plan, result, stdout)
	                            : report_plan(plan, true, &style, stdout);

	if (status == -ENOMEM)
		complain(settings, "out of memory while writing the report");
	return status;
}

/* Says what happens next. */
static void say_next(const struct settings *settings, const struct plan *plan,
                     const struct plan *check, unsigned confirm)
{
	if (settings->json || settings->quiet)
		return;
	if (plan->wall->log_only)
		printf("Nothing is turned away yet: what would be is counted and logged (NFLOG "
		       "group %d).\n",
		       WALL_LOG_GROUP);
	if (plan->wall->hard_asked && !plan->wall->hard)
		printf("The policy asks for a hard wall, which %s: it is an ordinary one, which "
		       "root can flush.\n",
		       plan->places.n ? "rules behind DOCKER-USER cannot be"
		                      : "needs Linux 6.9 or newer");
	if (plan->wall->hard && wall_hold_of(&check->snapshot->net) != WALL_HELD)
		printf("The wall is to be hard, but its keeper could not be started: whoever has "
		       "root's rights can flush it.\n");
	if (confirm)
		printf("In force. It goes back in %u s unless you type: sudo %s confirm\n", confirm,
		       settings->program->name);
	else
		printf("In force.\n");
}

int change_apply(const struct settings *settings, const struct policy *policy, const char *name,
                 unsigned confirm, const struct survey *survey, const struct plan *plan)
{
	struct apply_options options = {
	    .observe = {.socket = settings->docker},
	    .policy = policy,
	    .policy_name = name,
	    .confirm = confirm,
	    .progress = progress_step,
	};
	_cleanup_error_ struct error *error = NULL;
	struct apply_result result;
	struct progress progress;
	int status;

	if (!plan_is_good(plan)) {
		(void)report(settings, plan, "refused");
		complain(settings, "nothing was changed: %s",
		         plan->lost.n ? "it would keep out who is meant to get in"
		                      : "the wall would not do what the policy asks");
		return plan->after->disagree ? CODE_DISAGREE : CODE_PROBLEMS;
	}
	progress_start(&progress, !settings->quiet);
	progress_step("putting the wall up", &progress);
	options.progress_data = &progress;
	status = apply_plan(plan, survey->audit, &options, &result, &error);
	progress_end(&progress);
	if (status < 0) {
		complain(settings, "%s", error_message(error));
		return status == -EBUSY || status == -EWOULDBLOCK ? CODE_USAGE : CODE_INCOMPLETE;
	}
	status =
	    report(settings, result.check, result.outcome == APPLY_DONE ? "applied" : "taken back");
	if (result.outcome == APPLY_DONE)
		say_next(settings, plan, result.check, confirm);
	else
		complain(settings, "the wall was taken back: it did not do what was planned");
	apply_result_done(&result);
	if (result.outcome != APPLY_DONE)
		return CODE_PROBLEMS;
	return status == -ENOMEM ? CODE_INCOMPLETE : CODE_FINE;
}
