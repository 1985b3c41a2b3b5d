/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `audit` and `prove` share: look at a host, or a capture of one, audit it, and report. */
#include "cli/survey.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "observe/capture.h"
#include "observe/observe.h"
#include "report/report.h"

#include <errno.h>

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

int survey_snapshot(const struct settings *settings, struct snapshot **ret_snapshot)
{
	const struct observe_options options = {.socket = settings->docker};
	_cleanup_error_ struct error *error = NULL;
	int status;

	if (settings->capture && settings->docker) {
		complain(settings,
		         "--docker asks this host's engine: it does not go with --capture");
		return CODE_USAGE;
	}
	if (settings->capture) {
		if (capture_read(settings->capture, ret_snapshot, &error) == 0)
			return 0;
		complain(settings, "%s", error_message(error));
		return CODE_USAGE;
	}
	status = observe_host(&options, ret_snapshot, &error);
	return status < 0 ? give_up(settings, status, error) : 0;
}

/* Writes the report in the format that was asked for. 0 or a negative errno. */
static int write_report(const struct settings *settings, const struct audit *audit, bool figures)
{
	_cleanup_free_ char *again = repeat_command(settings);
	struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .repeat_command = again,
	    .needs_root = may_need_root(settings) && audit->incomplete.n > 0,
	    .quiet = settings->quiet,
	};
	int status = 0;

	if (!again)
		return -ENOMEM;
	if (settings->json) {
		if (style.needs_root)
			complain(settings, "incomplete; as root more can be known: %s", again);
		return report_json(audit, stdout);
	}
	if (figures)
		status = report_proof(audit, &style, stdout);
	return status < 0 ? status : report_text(audit, &style, stdout);
}

/* Snapshot and audit, with the progress line up. Returns 0 or the exit code to leave with. */
static int make_audit(const struct settings *settings, const struct audit_options *asked,
                      struct snapshot **ret_snapshot, struct audit **ret_audit)
{
	struct audit_options options = *asked;
	_cleanup_error_ struct error *error = NULL;
	struct progress progress;
	int code, status;

	progress_start(&progress, !settings->quiet);
	progress_step(settings->capture ? "reading the capture" : "looking at this host",
	              &progress);
	options.progress = progress_step;
	options.progress_data = &progress;
	code = survey_snapshot(settings, ret_snapshot);
	status = code ? 0 : audit_run(*ret_snapshot, &options, ret_audit, &error);
	progress_end(&progress);
	return status < 0 ? give_up(settings, status, error) : code;
}

int survey_run(const struct settings *settings, const struct audit_options *options, bool figures)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_audit_free) struct audit *audit = NULL;
	int code = make_audit(settings, options, &snapshot, &audit);

	if (code)
		return code;
	if (write_report(settings, audit, figures) == -ENOMEM) {
		complain(settings, "out of memory while writing the report");
		return CODE_INCOMPLETE;
	}
	/* That standard output took it all is looked at once, in main(). */
	return audit_exit_code(audit);
}
