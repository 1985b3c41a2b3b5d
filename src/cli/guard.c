/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall guard`: the daemon that keeps the wall. */
#include "guard/guard.h"

#include "change/policy_load.h"
#include "change/state.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "cli/policy_file.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct option guard_options[] = {
    {
        .name = "check-config",
        .kind = OPTION_FLAG,
        .help = "only say whether the policy can be read",
        .offset = offsetof(struct settings, check),
    },
    {
        .name = "policy",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "who is meant to get in; default: that of the wall that is kept, else "
                "/etc/seawall/policy.yaml",
        .offset = offsetof(struct settings, policy),
    },
    {
        .name = "metrics",
        .kind = OPTION_TEXT,
        .argument = "WHERE",
        .help = "serve measurements for Prometheus at /metrics: 127.0.0.1:9477, [::1]:9477, or "
                "unix:/PATH",
        .offset = offsetof(struct settings, metrics),
    },
    {0},
};

/* Writes one line to standard error, for the journal. */
static void say(const char *text, void *data)
{
	const struct settings *settings = data;

	complain(settings, "%s", text);
}

/* Runs with a policy. Returns the exit code. */
static int guard_with(const struct settings *settings, const char *path)
{
	const struct guard_options options = {.policy = path,
	                                      .docker = settings->docker,
	                                      .metrics = settings->metrics,
	                                      .listener = {say, (void *)settings}};
	_cleanup_error_ struct error *error = NULL;
	_cleanup_policy_ struct policy *policy = NULL;
	int code;

	if (policy_load(path, &policy, &error) < 0) {
		complain(settings, "%s", error_message(error));
		return CODE_USAGE;
	}
	if (settings->check)
		return CODE_FINE;
	code = change_needs_root(settings);
	if (code)
		return code;
	if (guard_run(&options, &error) == 0)
		return CODE_FINE;
	complain(settings, "%s", error_message(error));
	return error && error->number == EINVAL ? CODE_USAGE : CODE_INCOMPLETE;
}

/* Runs `guard`; returns the exit code. */
static int run_guard(const struct settings *settings)
{
	struct state state = {0};
	const char *path = settings->policy;
	int code;

	if (!path && state_read(&state, NULL) == 0 && state.now.policy[0] == '/' &&
	    access(state.now.policy, R_OK) == 0)
		path = state.now.policy;
	code = guard_with(settings, path ? path : POLICY_FILE);
	state_done(&state);
	return code;
}

const struct command guard_command = {
    .name = "guard",
    .summary = "the daemon: keeps the wall what the policy asks for",
    .about = "Puts the wall up, and again when somebody changes it; makes it anew when containers "
             "come, go or get other addresses; proves it when all is quiet. SIGHUP reads the "
             "policy again; one that cannot be read changes nothing. What it does is told on "
             "standard error.",
    .tables = {guard_options, engine_options, general_options},
    .run = run_guard,
};
