/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall capture`: a snapshot of this host in one file. */
#include "cli/commands.h"
#include "cli/survey.h"
#include "collect/collect.h"
#include "observe/capture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option capture_options[] = {
    {
        .name = "output",
        .letter = 'o',
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "write to FILE; default: standard output, unless that is a terminal",
        .offset = offsetof(struct settings, output),
    },
    {
        .name = "script",
        .kind = OPTION_FLAG,
        .help = "print the shell script that collects by a host's own tools, for where Seawall is "
                "not; what it prints, --capture reads",
        .offset = offsetof(struct settings, script),
    },
    {0},
};

/* Names on standard error what the capture lacks. Returns the exit code. */
static int name_gaps(const struct settings *settings, const struct snapshot *snapshot)
{
	const struct engine *engine = &snapshot->engine;
	bool denied = engine->status != ENGINE_OK && engine->status != ENGINE_NONE;

	vec_foreach(text, &snapshot->incomplete)
		complain(settings, "not in the capture: %s", *text);
	vec_foreach(text, &snapshot->net.incomplete)
		complain(settings, "not in the capture: %s", *text);
	if (denied)
		complain(settings, "not in the capture: %s: %s",
		         engine->from_kernel ? "names of containers and what is published"
		                             : "containers",
		         engine->status_text ? engine->status_text : "the engine did not answer");
	if (snapshot->incomplete.n + snapshot->net.incomplete.n == 0 && !denied)
		return CODE_FINE;
	if (!settings->root)
		complain(settings, "as root more can be captured: sudo %s capture",
		         settings->called_as);
	return CODE_INCOMPLETE;
}

/* Says what was written, so that nobody has to wonder what is in it. */
static void say_written(const struct settings *settings, const struct snapshot *snapshot)
{
	if (settings->quiet || strcmp(settings->output, "-") == 0)
		return;
	complain(settings,
	         "wrote %s: %zu containers, the network and its rules; no environment, command "
	         "lines or foreign label values",
	         settings->output, snapshot->engine.containers.n);
}

/* Runs the command; returns the exit code. */
static int run_capture(const struct settings *asked)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct settings settings = *asked;
	int code;

	if (settings.script) {
		fputs(collect_text(), stdout);
		return CODE_FINE;
	}
	if (!settings.output)
		settings.output = "-";
	if (strcmp(settings.output, "-") == 0 && isatty(STDOUT_FILENO)) {
		complain(&settings,
		         "a capture is no reading for a terminal; give it a file: -o FILE");
		return CODE_USAGE;
	}
	code = survey_snapshot(&settings, &snapshot);
	if (code)
		return code;
	if (capture_write(snapshot, settings.output, &error) < 0) {
		complain(&settings, "%s", error_message(error));
		return CODE_USAGE;
	}
	say_written(&settings, snapshot);
	return name_gaps(&settings, snapshot);
}

const struct command capture_command = {
    .name = "capture",
    .summary = "a snapshot of this host in one file, without secrets",
    .about = "Writes what Seawall knows of this host - containers, ports, networks, links, "
             "routes, rules, sockets, who is connected to containers - into one file that "
             "--capture reads anywhere. Environment variables, command lines and label values "
             "other than Compose's and our own are "
             "never in it; addresses, names and rules are.",
    .tables = {capture_options, host_options, engine_options, general_options},
    .run = run_capture,
};
