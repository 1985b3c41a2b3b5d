/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall explain`: one packet's way, hook by hook, and what the kernel said. */
#include "audit/explain.h"
#include "cli/commands.h"
#include "cli/survey.h"
#include "cli/terminal.h"
#include "report/report.h"

#include <errno.h>

static const struct option explain_options[] = {
    {
        .name = "in",
        .kind = OPTION_TEXT,
        .argument = "IFACE",
        .help = "a packet that comes in by this interface",
        .offset = offsetof(struct settings, only_in),
    },
    {
        .name = "from",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "with --in: from this address",
        .offset = offsetof(struct settings, only_from),
    },
    {
        .name = "to",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "to this address",
        .offset = offsetof(struct settings, only_to),
    },
    {0},
};

/* Writes it in the format that was asked for. 0 or a negative errno. */
static int write_explanation(const struct settings *settings, const struct explanation *explanation)
{
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};

	return settings->json ? report_explanation_json(explanation, stdout)
	                      : report_explanation(explanation, &style, stdout);
}

/* What the target leaves of an audit. */
static struct audit_options narrowed(const struct explain_target *target,
                                     const struct explain_options *options)
{
	struct audit_options narrow = {
	    .user_namespace = options->user_namespace,
	    .only_in = options->in,
	    .only_from = options->from,
	    .only_to = options->to,
	};

	if (target->kind == ASK_ADDRESS)
		narrow.only_to = target->address;
	return narrow;
}

/* Audits, explains and reports. Returns the exit code. */
static int explain(const struct settings *settings, const struct explain_target *target,
                   struct explain_options *options, struct survey *survey)
{
	const struct audit_options narrow = narrowed(target, options);
	_cleanup_(cleanup_explain_free) struct explanation *explanation = NULL;
	_cleanup_error_ struct error *error = NULL;
	int code = survey_make(settings, &narrow, survey);

	if (code)
		return code;
	options->no_proof = !survey->audit->proved;
	if (options->no_proof)
		complain(settings,
		         "the rules of this host cannot be read without root; try: sudo %s "
		         "explain %s",
		         settings->called_as, settings->operands[0]);
	if (explain_make(survey->audit, target, options, &explanation, &error) < 0) {
		complain(settings, "%s", error_message(error));
		return options->no_proof ? CODE_INCOMPLETE : CODE_USAGE;
	}
	if (write_explanation(settings, explanation) == -ENOMEM) {
		complain(settings, "out of memory while writing the explanation");
		return CODE_INCOMPLETE;
	}
	return explain_exit_code(explanation);
}

/* Runs the command; returns the exit code. */
static int run_explain(const struct settings *settings)
{
	struct explain_options options = {.in = settings->only_in,
	                                  .user_namespace = !settings->root};
	_cleanup_error_ struct error *error = NULL;
	struct explain_target target;
	struct survey survey = {0};
	int code;

	if (!survey_address(settings, "--from", settings->only_from, &options.from) ||
	    !survey_address(settings, "--to", settings->only_to, &options.to))
		return CODE_USAGE;
	if (settings->only_from && !settings->only_in) {
		complain(settings, "--from needs --in: an address stands behind some interface");
		return CODE_USAGE;
	}
	if (explain_target_parse(settings->operands[0], &target, &error) < 0) {
		complain(settings, "%s", error_message(error));
		return CODE_USAGE;
	}
	code = explain(settings, &target, &options, &survey);
	survey_done(&survey);
	explain_target_done(&target);
	return code;
}

const struct command explain_command = {
    .name = "explain",
    .summary = "one packet's way, hook by hook, rule by rule, and what the kernel said",
    .about = "TARGET is a problem's number as `seawall audit` counts them, a port of this host "
             "(1234/tcp), a container (web), one of its ports (web:80/tcp), or an address and port "
             "(192.0.2.10:1234/tcp, [2001:db8::10]:53/udp). Of what gets in although it should "
             "not, it shows which rule opens it and whose that is; of what is stopped, what would "
             "have to change.",
    .operands = "TARGET",
    .operands_least = 1,
    .operands_most = 1,
    .tables = {explain_options, reading_options, output_options, general_options},
    .run = run_explain,
};
