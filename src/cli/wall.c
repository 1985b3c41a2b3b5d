/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall confirm`, `rollback`, `status` and `remove`: the wall that is up. */
#include "change/apply.h"
#include "change/status.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "report/status_report.h"

#include "change/pending.h"

#include <errno.h>

static const struct option remove_options[] = {
    {
        .name = "force",
        .kind = OPTION_FLAG,
        .help = "whatever else cannot be read or written: take the table away",
        .offset = offsetof(struct settings, force),
    },
    {0},
};

/* Says something, unless asked to be quiet. */
static void say(const struct settings *settings, const char *text)
{
	if (!settings->quiet)
		printf("%s\n", text);
}

/* Runs `confirm`; returns the exit code. */
static int run_confirm(const struct settings *settings)
{
	int code = change_needs_root(settings);

	if (code)
		return code;
	if (!pending_end()) {
		complain(settings, "nothing waits for a confirmation");
		return CODE_USAGE;
	}
	say(settings, "Confirmed: the wall stays.");
	return CODE_FINE;
}

/* Runs `rollback`; returns the exit code. */
static int run_rollback(const struct settings *settings)
{
	_cleanup_error_ struct error *error = NULL;
	int code = change_needs_root(settings), status;

	if (code)
		return code;
	status = apply_rollback(&error);
	if (status < 0) {
		complain(settings, "%s", error_message(error));
		return status == -ENOENT ? CODE_USAGE : CODE_INCOMPLETE;
	}
	say(settings, "The wall before is up again. `seawall status` says what that is.");
	return CODE_FINE;
}

/* Runs `remove`; returns the exit code. */
static int run_remove(const struct settings *settings)
{
	_cleanup_error_ struct error *error = NULL;
	int code = change_needs_root(settings);

	if (code)
		return code;
	if (apply_remove(settings->force, &error) < 0) {
		complain(settings, "%s", error_message(error));
		return CODE_INCOMPLETE;
	}
	say(settings, "The wall is gone, and what was kept of it.");
	return CODE_FINE;
}

/* Runs `boot`; returns the exit code. */
static int run_boot(const struct settings *settings)
{
	_cleanup_error_ struct error *error = NULL;
	int code = change_needs_root(settings), status;

	if (code)
		return code;
	status = apply_boot(&error);
	if (status < 0) {
		complain(settings, "%s", error_message(error));
		return CODE_INCOMPLETE;
	}
	say(settings, status == 1 ? "No wall was put up before: none is now."
	                          : "Closed until `seawall apply`.");
	return CODE_FINE;
}

/* Runs `status`; returns the exit code. */
static int run_status(const struct settings *settings)
{
	_cleanup_error_ struct error *error = NULL;
	struct wall_status status;
	int code = change_needs_root(settings), written;

	if (code)
		return code;
	if (wall_status_read(&status, &error) < 0) {
		complain(settings, "%s", error_message(error));
		wall_status_done(&status);
		return CODE_INCOMPLETE;
	}
	written = settings->json    ? report_status_json(&status, stdout)
	          : settings->quiet ? 0
	                            : report_status(&status, stdout);
	code = status.damaged                     ? CODE_INCOMPLETE
	       : status.saved && !status.as_saved ? CODE_PROBLEMS
	                                          : CODE_FINE;
	wall_status_done(&status);
	return written == -ENOMEM ? CODE_INCOMPLETE : code;
}

const struct command confirm_command = {
    .name = "confirm",
    .summary = "keeps a wall that would go back by itself",
    .about = "What `seawall apply --confirm SECONDS` and `seawall fix` put up stays, if this "
             "follows in time.",
    .tables = {general_options},
    .run = run_confirm,
};

const struct command rollback_command = {
    .name = "rollback",
    .summary = "puts the wall before this one up again",
    .about = "Goes back one step: to the wall that `seawall apply` replaced, or to none.",
    .tables = {general_options},
    .run = run_rollback,
};

const struct command status_command = {
    .name = "status",
    .summary = "which wall is up, since when, and when it was proved",
    .about = "Compares the kernel's table with the wall that was put up last. Exit code 1 where "
             "they differ: somebody flushed or changed it.",
    .tables = {output_options, general_options},
    .run = run_status,
};

const struct command remove_command = {
    .name = "remove",
    .summary = "takes the wall away, without a trace",
    .about = "Deletes the table and what was kept on disk. Needs neither the engine nor a policy; "
             "with --force nothing else either.",
    .tables = {remove_options, general_options},
    .run = run_remove,
};

const struct command boot_command = {
    .name = "boot",
    .summary = "closes what the wall was around, until a policy is applied",
    .about = "For seawall-wall.service, before the network and the engine start.",
    .hidden = true,
    .tables = {general_options},
    .run = run_boot,
};
