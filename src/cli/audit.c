/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall audit`: who can reach what, against what was meant. */
#include "cli/commands.h"
#include "cli/survey.h"

#include <stdio.h>

static const struct option audit_options[] = {
    {
        .name = "sarif",
        .kind = OPTION_FLAG,
        .help = "print SARIF 2.1.0, for code-scanning pages, instead of text",
        .offset = offsetof(struct settings, sarif),
    },
    {
        .name = "html",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "write a page that shows it all, too; it needs nothing but a browser",
        .offset = offsetof(struct settings, html),
    },
    {0},
};

/* Audits each of several hosts, after a line that names it. Returns the exit code. */
static int audit_each(const struct settings *settings, const struct audit_options *options)
{
	int code = CODE_FINE;

	for (size_t i = 0; i < settings->hosts.n; i++) {
		struct settings one = *settings;

		one.capture = one.hosts.items[0] = settings->hosts.items[i];
		one.hosts.n = 1;
		/* JSON is one value after the other. */
		if (!settings->json)
			printf("%s== %s\n", i ? "\n" : "", one.capture);
		fflush(stdout);
		code = exit_code_merge(code, survey_run(&one, options, false));
	}
	return code;
}

/* Runs the command; returns the exit code. */
static int run_audit(const struct settings *settings)
{
	const struct audit_options options = {.user_namespace = !settings->root};

	if (settings->json && settings->sarif) {
		complain(settings, "--json and --sarif both want standard output: give one");
		return CODE_USAGE;
	}
	if (settings->hosts.n < 2)
		return survey_run(settings, &options, false);
	if (settings->html || settings->sarif) {
		complain(settings, "--html and --sarif are of one host: give --host once");
		return CODE_USAGE;
	}
	return audit_each(settings, &options);
}

const struct command audit_command = {
    .name = "audit",
    .summary = "who can reach each container port, and was it meant",
    .about = "Looks at the container engine and the kernel of this host, sends real packets "
             "through a copy of its network, and compares who gets in with how each port was "
             "published. Nothing of the host is changed and no service is touched. Needs root to "
             "read the rules; without it, says what can be known.",
    .tables = {audit_options, reading_options, output_options, general_options},
    .run = run_audit,
};
