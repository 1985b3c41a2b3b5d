/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall lint`: what Compose files would expose, before they run. */
#include "cli/commands.h"
#include "cli/lint_files.h"
#include "cli/lint_fix.h"
#include "cli/terminal.h"
#include "lint/lint.h"
#include "report/lint_report.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PROFILES_MOST = 32 };

static const struct option_choice tool_choices[] = {
    {"v1", 1 << COMPOSE_V1}, {"v2", 1 << COMPOSE_V2}, {"stack", 1 << COMPOSE_STACK}, {0}};

static const struct option lint_options[] = {
    {
        .name = "tool",
        .kind = OPTION_CHOICES,
        .argument = "LIST",
        .choices = tool_choices,
        .help = "what the files are for: v1 (docker-compose 1.29), v2, stack (docker stack "
                "deploy); default: v2, and the others where the files look like it",
        .offset = offsetof(struct settings, tools),
    },
    {
        .name = "engine",
        .kind = OPTION_TEXT,
        .argument = "VERSION",
        .help = "the engine that they will run on, as 20.10 or 28",
        .offset = offsetof(struct settings, engine),
    },
    {
        .name = "daemon",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "the engine's daemon.json, whose settings then count",
        .offset = offsetof(struct settings, daemon),
    },
    {
        .name = "env-file",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "variables, instead of the .env beside the first file",
        .offset = offsetof(struct settings, env_file),
    },
    {
        .name = "profile",
        .kind = OPTION_TEXT,
        .argument = "LIST",
        .help = "profiles that are switched on, with commas between; default: "
                "$COMPOSE_PROFILES",
        .offset = offsetof(struct settings, profiles),
    },
    {
        .name = "sarif",
        .kind = OPTION_FLAG,
        .help = "print SARIF 2.1.0, for code-scanning pages, instead of text",
        .offset = offsetof(struct settings, sarif),
    },
    {
        .name = "fix",
        .kind = OPTION_FLAG,
        .help = "write 127.0.0.1 into ports that have no address, and quotes where they lack",
        .offset = offsetof(struct settings, fix),
    },
    {0},
};

/* A run of the command. */
struct linting {
	const struct settings *settings;
	struct arena arena;
	struct lint_paths paths;
	struct lint_rule_files rules;
	const char *profiles[PROFILES_MOST + 1];
	struct lint_options options;
	struct compose *compose;
	struct lint *lint;
};

/* Says why there is no answer. Returns the exit code. */
static int give_up(const struct settings *settings, int status, const struct error *error)
{
	complain(settings, "%s", error ? error_message(error) : strerror(-status));
	return status == -ENOMEM ? CODE_INCOMPLETE : CODE_USAGE;
}

/* Splits the list of profiles. 0 or the exit code. */
static int split_profiles(struct linting *linting)
{
	const char *list = linting->settings->profiles;
	size_t n = 0;

	if (!list)
		list = getenv("COMPOSE_PROFILES");
	while (list && *list) {
		size_t len = strcspn(list, ",");

		if (n == PROFILES_MOST) {
			complain(linting->settings, "more than %d profiles", PROFILES_MOST);
			return CODE_USAGE;
		}
		linting->profiles[n] = arena_strndup(&linting->arena, list, len);
		if (!linting->profiles[n++])
			return give_up(linting->settings, -ENOMEM, NULL);
		list += len + (list[len] == ',');
	}
	return 0;
}

/* Reads what the options say of engine and daemon. 0 or the exit code. */
static int read_options(struct linting *linting)
{
	const struct settings *settings = linting->settings;
	_cleanup_error_ struct error *error = NULL;
	char *end = NULL;
	int status;

	linting->options.tools = (unsigned)settings->tools;
	if (settings->engine) {
		unsigned long major = strtoul(settings->engine, &end, 10);

		if (!isdigit((unsigned char)*settings->engine) || (*end && *end != '.') ||
		    major == 0 || major > 999) {
			complain(settings,
			         "--engine wants a version such as 20.10 or 28, not \"%s\"",
			         settings->engine);
			return CODE_USAGE;
		}
		linting->options.engine_major = (unsigned)major;
	}
	if (!settings->daemon)
		return 0;
	status =
	    lint_daemon_read(settings->daemon, &linting->arena, &linting->options.daemon, &error);
	return status < 0 ? give_up(settings, status, error) : 0;
}

/* Finds the files. 0 or the exit code. */
static int find_files(struct linting *linting)
{
	const struct settings *settings = linting->settings;
	_cleanup_error_ struct error *error = NULL;
	int status = 0;

	if (settings->n_operands == 0)
		status = lint_files_find(".", &linting->arena, &linting->paths, &error);
	for (size_t i = 0; i < settings->n_operands && status == 0; i++)
		status = lint_files_find(settings->operands[i], &linting->arena, &linting->paths,
		                         &error);
	if (status == 0)
		status = lint_files_part(&linting->paths, &linting->rules);
	return status < 0 ? give_up(settings, status, error) : 0;
}

/* Reads the project; of no files an empty one. 0 or a negative errno with a sentence. */
static int read_project(struct linting *linting, const struct compose_options *options,
                        struct error **ret_error)
{
	if (linting->paths.n)
		return compose_read(linting->paths.items, linting->paths.n, options,
		                    &linting->compose, ret_error);
	linting->compose = calloc(1, sizeof(*linting->compose));
	return linting->compose ? 0 : -ENOMEM;
}

/* Reads and judges the files, letting go of what was read before. 0 or the exit code. */
static int read_and_judge(struct linting *linting)
{
	const struct compose_options options = {.env_file = linting->settings->env_file,
	                                        .profiles = linting->profiles,
	                                        .environment = environ};
	_cleanup_error_ struct error *error = NULL;
	int status;

	lint_free(linting->lint);
	compose_free(linting->compose);
	linting->lint = NULL;
	linting->compose = NULL;
	status = read_project(linting, &options, &error);
	if (status == 0)
		status = lint_run(linting->compose, &linting->options, &linting->lint);
	vec_foreach(file, &linting->rules)
		if (status == 0 && linting->lint)
			status = lint_saved(linting->lint, file->path,
			                    (const char *)file->text.data, file->text.len);
	if (status < 0)
		return give_up(linting->settings, status, error);
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++) {
		const struct error *rejected = linting->compose->views[tool].rejected;

		if (rejected && linting->options.tools & 1U << tool) {
			complain(linting->settings, "%s; %s does not take it",
			         error_message(rejected), compose_tool_name(tool));
			return CODE_USAGE;
		}
	}
	return 0;
}

/* Rewrites the files and judges them again. 0 or the exit code. */
static int fix_files(struct linting *linting)
{
	_cleanup_error_ struct error *error = NULL;
	size_t changed = 0;
	int status = lint_fix(linting->lint, &changed, &error);

	if (status < 0)
		return give_up(linting->settings, status, error);
	if (!linting->settings->quiet)
		complain(linting->settings, "%zu %s rewritten", changed,
		         changed == 1 ? "place" : "places");
	return changed ? read_and_judge(linting) : 0;
}

/* Writes the report. 0 or a negative errno. */
static int write_report(const struct linting *linting)
{
	const struct settings *settings = linting->settings;
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};
	struct lint_sources *sources;
	int status;

	if (settings->json)
		return lint_report_json(linting->lint, stdout);
	if (settings->sarif)
		return lint_report_sarif(linting->lint, stdout);
	sources = lint_sources_new();
	if (!sources)
		return -ENOMEM;
	status = lint_report_text(linting->lint, &style, lint_sources_line, sources, stdout);
	lint_sources_free(sources);
	return status;
}

/* Does the work. Returns the exit code. */
static int lint_files(struct linting *linting)
{
	int code = split_profiles(linting);

	if (!code)
		code = read_options(linting);
	if (!code)
		code = find_files(linting);
	if (!code)
		code = read_and_judge(linting);
	if (!code && linting->settings->fix)
		code = fix_files(linting);
	if (code)
		return code;
	if (write_report(linting) == -ENOMEM)
		return give_up(linting->settings, -ENOMEM, NULL);
	return linting->lint->findings.n ? CODE_PROBLEMS : CODE_FINE;
}

/* Runs the command; returns the exit code. */
static int run_lint(const struct settings *settings)
{
	struct linting linting = {.settings = settings};
	int code;

	if (settings->json && settings->sarif) {
		complain(settings, "--json and --sarif both want standard output: give one");
		return CODE_USAGE;
	}
	code = lint_files(&linting);
	lint_free(linting.lint);
	compose_free(linting.compose);
	vec_done(&linting.paths);
	lint_rule_files_done(&linting.rules);
	arena_done(&linting.arena);
	return code;
}

const struct command lint_command = {
    .name = "lint",
    .summary = "what Compose files would expose, and saved rules break, before they are used",
    .about = "Reads Compose files as docker-compose 1.29, Compose v2 and docker stack deploy do - "
             "several are merged, with what they include and extend - and says which ports would "
             "be open to more than was written, and which lines are passed over. Without FILE: the "
             "files that Compose takes in this directory. Files of nft's and of iptables-save's "
             "are read as rules: what would not load again, or would open something. Needs "
             "no engine and no rights.",
    .operands = "[FILE...]",
    .operands_most = OPERANDS_MOST,
    .tables = {lint_options, output_options, general_options},
    .run = run_lint,
};
