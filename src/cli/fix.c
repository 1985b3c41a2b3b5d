/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall init` and `seawall fix`: policies that are written for a host. */
#include "base/cleanup.h"
#include "change/policy_text.h"
#include "change/state.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "cli/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIRM_FIX = 60 };

static const struct option init_options[] = {
    {
        .name = "output",
        .letter = 'o',
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "write to FILE, - for standard output; default: /etc/seawall/policy.yaml",
        .offset = offsetof(struct settings, output),
    },
    {0},
};

static const struct option fix_options[] = {
    {
        .name = "confirm",
        .kind = OPTION_TEXT,
        .argument = "SECONDS",
        .help = "go back after so long unless `seawall confirm` follows; default: 60; 0: for "
                "good",
        .offset = offsetof(struct settings, confirm),
    },
    {0},
};

/* Opens the file for a policy, which must not be there. NULL having complained. */
static FILE *open_policy(const struct settings *settings, const char *path)
{
	FILE *file = NULL;
	int fd;

	if (strcmp(path, "-") == 0)
		return stdout;
	if (strcmp(path, POLICY_FILE) == 0)
		(void)mkdir("/etc/seawall", 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (file)
		return file;
	complain(settings,
	         errno == EEXIST ? "%s is there already: it is not overwritten" : "%s: %s", path,
	         strerror(errno));
	return NULL;
}

/* Surveys and writes. Returns the exit code. */
static int init(const struct settings *settings, struct survey *survey)
{
	const struct audit_options options = {.user_namespace = !settings->root};
	const char *path = settings->output ? settings->output : POLICY_FILE;
	int code = survey_make(settings, &options, survey), status;
	FILE *out;

	if (code)
		return code;
	out = open_policy(settings, path);
	if (!out)
		return CODE_USAGE;
	status = policy_write_starter(survey->audit, out);
	if (out != stdout && fclose(out) != 0)
		status = -EIO;
	if (status < 0) {
		complain(settings, "%s: %s", path, strerror(-status));
		return CODE_USAGE;
	}
	if (out != stdout && !settings->quiet)
		complain(settings, "wrote %s; look at it, then: sudo %s plan", path,
		         settings->program->name);
	return survey->audit->proved && !survey->audit->incomplete.n ? CODE_FINE : CODE_INCOMPLETE;
}

/* Runs `init`; returns the exit code. */
static int run_init(const struct settings *settings)
{
	struct survey survey = {0};
	int code = init(settings, &survey);

	survey_done(&survey);
	return code;
}

/*
 * Writes the policy that closes an audit's problems, keeps it, and reads it. *ret_path: where it is
 * kept, borrowed. Returns 0 or the exit code.
 */
static int make_policy(const struct settings *settings, const struct audit *audit,
                       struct policy **ret_policy, const char **ret_path)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int status = out ? policy_write_fix(audit, out) : -ENOMEM;

	if (out && fclose(out) != 0)
		status = -ENOMEM;
	if (status == 0 && !settings->json && !settings->quiet)
		printf("This policy closes them:\n\n%s\n", text);
	if (status == 0)
		status = policy_read(text, len, "fix", ret_policy, &error);
	if (status == 0 && !(*ret_path = state_keep_policy(text)))
		status = error_set(&error, errno, "%s: %s", state_directory(), strerror(errno));
	if (status == 0)
		return 0;
	complain(settings, "%s", error ? error_message(error) : strerror(-status));
	return CODE_INCOMPLETE;
}

/* Audits, makes the policy, and applies it. Returns the exit code. */
static int fix(const struct settings *settings, unsigned confirm, struct survey *survey)
{
	const struct audit_options options = {0};
	_cleanup_(cleanup_plan_free) struct plan *plan = NULL;
	_cleanup_policy_ struct policy *policy = NULL;
	const char *path;
	int code = survey_make(settings, &options, survey);

	if (code)
		return code;
	if (!survey->audit->findings.n) {
		if (!settings->quiet && !settings->json)
			printf("There is nothing to fix.\n");
		return audit_exit_code(survey->audit);
	}
	/* Where a policy says what is meant, that is what is put up. */
	path = survey->policy_path;
	if (!survey->policy_path)
		code = make_policy(settings, survey->audit, &policy, &path);
	if (code == 0)
		code = change_plan(settings, policy, survey, &plan);
	if (code)
		return code;
	return change_apply(settings, policy ? policy : survey->policy, path, confirm, survey,
	                    plan);
}

/* Runs `fix`; returns the exit code. */
static int run_fix(const struct settings *settings)
{
	struct survey survey = {0};
	unsigned confirm;
	int code = change_needs_root(settings);

	if (code)
		return code;
	if (!change_confirm(settings, CONFIRM_FIX, &confirm))
		return CODE_USAGE;
	if (settings->capture) {
		complain(settings, "a capture is another host, or another time: fix does not go "
		                   "with --capture");
		return CODE_USAGE;
	}
	code = fix(settings, confirm, &survey);
	survey_done(&survey);
	return code;
}

const struct command init_command = {
    .name = "init",
    .summary = "writes a first policy from what is published today",
    .about = "Each port that is published and open as meant gets a line; one that the host's own "
             "firewall denies stays closed, with a question. The file is not overwritten, and "
             "nothing is changed by it until `seawall apply`.",
    .tables = {init_options, reading_options, general_options},
    .run = run_init,
};

const struct command fix_command = {
    .name = "fix",
    .summary = "closes the problems of an audit and nothing else",
    .about = "Shows the policy that does it, tries it in a copy of this host's network, puts it "
             "up, and takes it back after 60 seconds unless `seawall confirm` follows.",
    .tables = {fix_options, reading_options, output_options, general_options},
    .run = run_fix,
};
