/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `audit` and `prove` share: look at a host, or a capture of one, audit it, and report. */
#include "cli/survey.h"

#include "cli/commands.h"
#include "cli/policy_file.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "base/file.h"
#include "collect/collect.h"
#include "observe/capture.h"
#include "observe/observe.h"
#include "report/report.h"

#include <errno.h>
#include <string.h>

/*
 * How to call us again with all rights, by the name that we go by here or, for a capture, would go
 * by there; the caller frees. NULL when memory is out.
 */
static char *repeat_command(const struct settings *settings)
{
	const char *name = settings->capture ? settings->program->name : settings->called_as;
	const char *options = settings->live        ? " prove --live"
	                      : settings->all_ports ? " prove"
	                                            : "";
	char *text;

	return asprintf(&text, "sudo %s%s", name, options) < 0 ? NULL : text;
}

/* The command that explains a problem, but for its number; the caller frees. NULL as above. */
static char *command_to_explain(const struct settings *settings)
{
	char *text;

	if (settings->capture)
		return asprintf(&text, "%s explain --%s %s", settings->called_as,
		                settings->hosts.n ? "host" : "capture", settings->capture) < 0
		           ? NULL
		           : text;
	return asprintf(&text, "sudo %s explain", settings->called_as) < 0 ? NULL : text;
}

/* The program with all rights, where a wall could be put up; the caller frees. NULL elsewhere. */
static char *command_to_fix(const struct settings *settings)
{
	char *text;

	if (settings->capture || asprintf(&text, "sudo %s", settings->called_as) < 0)
		return NULL;
	return text;
}

/* Whether the lack of root may be why something failed. */
static bool may_need_root(const struct settings *settings)
{
	return !settings->root && !settings->capture;
}

/* Complains about what could not be done, and says whether root could. Returns the exit code. */
static int give_up(const struct settings *settings, int status, const struct error *error)
{
	_cleanup_free_ char *again = repeat_command(settings);

	complain(settings, "%s", error_message(error));
	if (may_need_root(settings) && (status == -EPERM || status == -EACCES) && again)
		complain(settings, "this needs root; try: %s", again);
	return CODE_INCOMPLETE;
}

/* Reads a host that is another one, or was another time: by ssh, or from a file of either kind. */
static int read_other(const struct settings *settings, struct snapshot **ret_snapshot,
                      struct error **ret_error)
{
	if (settings->hosts.n)
		return collect_host(settings->capture, ret_snapshot, ret_error);
	return collect_is(settings->capture)
	           ? collect_read(settings->capture, ret_snapshot, ret_error)
	           : capture_read(settings->capture, ret_snapshot, ret_error);
}

int survey_snapshot(const struct settings *settings, struct snapshot **ret_snapshot)
{
	const struct observe_options options = {.socket = settings->docker};
	_cleanup_error_ struct error *error = NULL;
	int status;

	if (settings->capture && settings->docker) {
		complain(settings, "--docker asks this host's engine: it does not go with --%s",
		         settings->hosts.n ? "host" : "capture");
		return CODE_USAGE;
	}
	if (settings->capture) {
		status = read_other(settings, ret_snapshot, &error);
		if (status == 0)
			return 0;
		complain(settings, "%s", error_message(error));
		return status == -EIO ? CODE_INCOMPLETE : CODE_USAGE;
	}
	status = observe_host(&options, ret_snapshot, &error);
	return status < 0 ? give_up(settings, status, error) : 0;
}

/* Writes the report in the format that was asked for. 0 or a negative errno. */
static int write_report(const struct settings *settings, const struct audit *audit, bool figures)
{
	_cleanup_free_ char *again = repeat_command(settings), *why = command_to_explain(settings);
	_cleanup_free_ char *fix = command_to_fix(settings);
	struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .repeat_command = again,
	    .explain_command = why,
	    .fix_command = fix,
	    .needs_root = may_need_root(settings) && audit->incomplete.n > 0,
	    .quiet = settings->quiet,
	};
	int status = 0;

	if (!again || !why)
		return -ENOMEM;
	if ((settings->json || settings->sarif) && style.needs_root)
		complain(settings, "incomplete; as root more can be known: %s", again);
	if (settings->json)
		return report_json(audit, stdout);
	if (settings->sarif)
		return report_sarif(audit, stdout);
	if (figures)
		status = report_proof(audit, &style, stdout);
	return status < 0 ? status : report_text(audit, &style, stdout);
}

/* Audits a snapshot by an intent, with the progress line up. Returns 0 or the exit code. */
static int audit_snapshot(const struct settings *settings, const struct audit_options *asked,
                          struct survey *survey, struct progress *progress)
{
	struct audit_options options = *asked;
	_cleanup_error_ struct error *error = NULL;
	int status;

	options.progress = progress_step;
	options.progress_data = progress;
	options.intent = survey->intent;
	status = audit_run(survey->snapshot, &options, &survey->audit, &error);
	progress_end(progress);
	return status < 0 ? give_up(settings, status, error) : 0;
}

int survey_make(const struct settings *settings, const struct audit_options *options,
                struct survey *survey)
{
	struct progress progress;
	int code = policy_file_read(settings, &survey->policy, &survey->policy_path);

	if (code)
		return code;
	progress_start(&progress, !settings->quiet);
	/* ssh may have to ask. */
	if (!settings->hosts.n)
		progress_step(settings->capture ? "reading the capture" : "looking at this host",
		              &progress);
	code = survey_snapshot(settings, &survey->snapshot);
	if (code == 0 && intent_make(survey->policy, survey->snapshot, &survey->intent) < 0) {
		complain(settings, "out of memory");
		code = CODE_INCOMPLETE;
	}
	if (code == 0)
		return audit_snapshot(settings, options, survey, &progress);
	progress_end(&progress);
	return code;
}

void survey_done(struct survey *survey)
{
	audit_free(survey->audit);
	intent_free(survey->intent);
	snapshot_free(survey->snapshot);
	policy_free(survey->policy);
	*survey = (struct survey){0};
}

/* file_write()'s view of report_html(). */
static int write_html(FILE *out, const void *audit)
{
	return report_html(audit, out);
}

/* Writes the page that was asked for. Returns 0, or having complained the exit code. */
static int write_page(const struct settings *settings, const struct audit *audit)
{
	int status = settings->html ? file_write(settings->html, write_html, audit) : 0;

	if (status == 0)
		return 0;
	complain(settings, "%s: %s; no page was written", settings->html, strerror(-status));
	return CODE_USAGE;
}

/* Audits and reports. Returns the exit code. */
static int run_survey(const struct settings *settings, const struct audit_options *options,
                      struct survey *survey, bool figures)
{
	int code = survey_make(settings, options, survey);

	if (code)
		return code;
	if (write_report(settings, survey->audit, figures) == -ENOMEM) {
		complain(settings, "out of memory while writing the report");
		return CODE_INCOMPLETE;
	}
	code = write_page(settings, survey->audit);
	/* That standard output took it all is looked at once, in main(). */
	return exit_code_merge(code, audit_exit_code(survey->audit));
}

int survey_run(const struct settings *settings, const struct audit_options *options, bool figures)
{
	struct survey survey = {0};
	int code = run_survey(settings, options, &survey, figures);

	survey_done(&survey);
	return code;
}

bool survey_address(const struct settings *settings, const char *option, const char *text,
                    struct address *ret_address)
{
	if (!text || address_parse(text, ret_address))
		return true;
	complain(settings, "%s wants an IPv4 or IPv6 address, not \"%s\"", option, text);
	return false;
}
