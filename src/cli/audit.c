/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall audit`: who can reach what, against what was meant. */
#include "cli/commands.h"
#include "cli/survey.h"

/* Runs the command; returns the exit code. */
static int run_audit(const struct settings *settings)
{
	const struct audit_options options = {.user_namespace = !settings->root};

	return survey_run(settings, &options, false);
}

const struct command audit_command = {
    .name = "audit",
    .summary = "who can reach each container port, and was it meant",
    .about = "Looks at the container engine and the kernel of this host, sends real packets "
             "through a copy of its network, and compares who gets in with how each port was "
             "published. Nothing of the host is changed and no service is touched. Needs root to "
             "read the rules; without it, says what can be known.",
    .tables = {reading_options, output_options, general_options},
    .run = run_audit,
};
