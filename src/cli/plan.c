/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall plan` and `seawall apply`: what a policy would change, and doing it. */
#include "change/session.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "cli/policy_file.h"
#include "cli/terminal.h"
#include "report/plan_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIRM_REMOTE = 60 };

static const struct option_choice backend_choices[] = {{"nft", 0}, {"docker-user", 1}, {0}};

static const struct option backend_options[] = {
    {
        .name = "backend",
        .kind = OPTION_CHOICE,
        .argument = "NAME",
        .choices = backend_choices,
        .help = "where the wall stands: nft, a table of its own; docker-user, iptables rules in "
                "DOCKER-USER, which can close less",
        .offset = offsetof(struct settings, backend),
    },
    {0},
};

static const struct option plan_options[] = {
    {
        .name = "log-only",
        .kind = OPTION_FLAG,
        .help = "count and log what would be turned away, and let it pass",
        .offset = offsetof(struct settings, log_only),
    },
    {0},
};

static const struct option apply_options[] = {
    {
        .name = "confirm",
        .kind = OPTION_TEXT,
        .argument = "SECONDS",
        .help = "go back after so long unless `seawall confirm` follows; default: 60 in a "
                "remote session, else 0: for good",
        .offset = offsetof(struct settings, confirm),
    },
    {
        .name = "log-only",
        .kind = OPTION_FLAG,
        .help = "count and log what would be turned away, and let it pass",
        .offset = offsetof(struct settings, log_only),
    },
    {
        .name = "check",
        .kind = OPTION_FLAG,
        .help = "only say whether something would change, as `plan` does",
        .offset = offsetof(struct settings, check),
    },
    {0},
};

/* The settings with the operand as the policy. False having complained. */
static bool take_operand(const struct settings *asked, struct settings *settings)
{
	*settings = *asked;
	if (!asked->n_operands)
		return true;
	if (asked->policy) {
		complain(asked, "a policy is named twice: %s and --policy %s", asked->operands[0],
		         asked->policy);
		return false;
	}
	settings->policy = asked->operands[0];
	return true;
}

/* Complains where no file says what is meant. Returns 0 or the exit code. */
static int need_policy(const struct settings *settings, const struct survey *survey)
{
	if (survey->policy_path)
		return 0;
	complain(settings, "there is no policy: %s is not there; `%s init` writes one", POLICY_FILE,
	         settings->called_as);
	return CODE_USAGE;
}

/* Says what is noteworthy of the policy, on standard error. */
static void say_warnings(const struct settings *settings, const struct survey *survey)
{
	vec_foreach(text, &survey->intent->warnings)
		complain(settings, "%s", *text);
}

/* Writes a plan. Returns the exit code: 1 where it would change something. */
static int write_plan(const struct settings *settings, const struct plan *plan)
{
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};
	int status = 0;

	if (settings->json) {
		status = report_plan_json(plan, "planned", stdout);
	} else {
		if (!settings->quiet)
			status = report_doors(plan, &style, stdout);
		if (status == 0)
			status = report_plan(plan, false, &style, stdout);
		if (status == 0 && !settings->quiet)
			printf("%s\n", plan->changes ? "This wall is not up."
			                             : "This wall is up: nothing would change.");
	}
	if (status == -ENOMEM) {
		complain(settings, "out of memory while writing the plan");
		return CODE_INCOMPLETE;
	}
	if (plan->after->disagree)
		return CODE_DISAGREE;
	if (plan->changes || plan->exposed.n || plan->lost.n)
		return CODE_PROBLEMS;
	return plan->after->incomplete.n ? CODE_INCOMPLETE : CODE_FINE;
}

/* Surveys and plans. Returns 0 with both, or the exit code. */
static int make_plan(const struct settings *settings, struct survey *survey, struct plan **ret_plan)
{
	const struct audit_options options = {.user_namespace = !settings->root};
	int code = survey_make(settings, &options, survey);

	if (code == 0)
		code = need_policy(settings, survey);
	if (code)
		return code;
	say_warnings(settings, survey);
	return change_plan(settings, NULL, survey, ret_plan);
}

/* Plans by a survey that is filled here. Returns the exit code. */
static int plan(const struct settings *settings, struct survey *survey)
{
	_cleanup_(cleanup_plan_free) struct plan *made = NULL;
	int code = make_plan(settings, survey, &made);

	return code ? code : write_plan(settings, made);
}

/* Runs `plan`; returns the exit code. */
static int run_plan(const struct settings *asked)
{
	struct settings settings;
	struct survey survey = {0};
	int code = change_needs_root(asked);

	if (code)
		return code;
	if (!take_operand(asked, &settings))
		return CODE_USAGE;
	code = plan(&settings, &survey);
	survey_done(&survey);
	return code;
}

/* Applies by a survey that is filled here. Returns the exit code. */
static int apply(const struct settings *settings, unsigned confirm, struct survey *survey)
{
	_cleanup_(cleanup_plan_free) struct plan *made = NULL;
	int code = make_plan(settings, survey, &made);
	char *path;

	if (code)
		return code;
	path = realpath(survey->policy_path, NULL);
	code = change_apply(settings, survey->policy, path ? path : survey->policy_path, confirm,
	                    survey, made);
	free(path);
	return code;
}

/* Runs `apply`; returns the exit code. */
static int run_apply(const struct settings *asked)
{
	struct settings settings;
	struct survey survey = {0};
	unsigned confirm;
	int code = change_needs_root(asked);

	if (code)
		return code;
	if (!take_operand(asked, &settings) ||
	    !change_confirm(&settings, session_is_remote() ? CONFIRM_REMOTE : 0, &confirm))
		return CODE_USAGE;
	if (settings.capture) {
		complain(&settings, "a capture is another host, or another time: apply does not go "
		                    "with --capture");
		return CODE_USAGE;
	}
	code = settings.check ? plan(&settings, &survey) : apply(&settings, confirm, &survey);
	survey_done(&survey);
	return code;
}

const struct command plan_command = {
    .name = "plan",
    .summary = "what a policy would change, tried in a copy of this host's network",
    .about = "Reads the policy - POLICY, --policy, or /etc/seawall/policy.yaml - and says who "
             "could get in if the wall that it asks for were up, proved with real packets. "
             "Changes nothing. Exit code 1 where something would change.",
    .operands = "[POLICY]",
    .operands_most = 1,
    .tables = {plan_options, backend_options, reading_options, output_options, general_options},
    .run = run_plan,
};

const struct command apply_command = {
    .name = "apply",
    .summary = "puts up the wall that a policy asks for, and proves it",
    .about = "Makes a plan, tries it in a copy of this host's network, puts it up in one "
             "transaction, proves what is there then, and takes it back where that is not what "
             "was planned. Traffic to containers is all that it touches.",
    .operands = "[POLICY]",
    .operands_most = 1,
    .tables = {apply_options, backend_options, reading_options, output_options, general_options},
    .run = run_apply,
};
