/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall log`, `seawall knocks` and `seawall visits`: what the guard remembers. */
#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/since.h"
#include "cli/terminal.h"
#include "report/history_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WEEK = 7 * 24 * 3600 };

static const struct option log_options[] = {
    {
        .name = "since",
        .kind = OPTION_TEXT,
        .argument = "TIME",
        .help = "from then on: 30m, 12h, 7d, 2026-11-26, 2026-11-26T08:00:00Z; default: 7d",
        .offset = offsetof(struct settings, since),
    },
    {
        .name = "container",
        .kind = OPTION_TEXT,
        .argument = "NAME",
        .help = "of this container alone",
        .offset = offsetof(struct settings, container),
    },
    {0},
};

static const struct option knocks_options[] = {
    {
        .name = "since",
        .kind = OPTION_TEXT,
        .argument = "TIME",
        .help = "from then on: 30m, 12h, 7d, 2026-11-26, 2026-11-26T08:00:00Z; default: 7d",
        .offset = offsetof(struct settings, since),
    },
    {0},
};

/* Takes --since. False having complained. */
static bool take_since(const struct settings *settings, time_t *ret_since)
{
	*ret_since = time(NULL) - WEEK;
	if (!settings->since || since_parse(settings->since, time(NULL), ret_since))
		return true;
	complain(settings,
	         "--since wants a time such as 30m, 12h, 7d, 2026-11-26 or 2026-11-26T08:00:00Z, "
	         "not \"%s\"",
	         settings->since);
	return false;
}

/* Finds the history. Returns 0 or the exit code, having complained. */
static int find_history(const struct settings *settings, struct history **ret_history)
{
	_cleanup_error_ struct error *error = NULL;
	int status = history_find(ret_history, &error);

	if (status == -ENOENT)
		complain(settings,
		         "nothing is remembered: there is no history; the guard writes it (`%s "
		         "guard`)",
		         settings->called_as);
	else if (status == -EACCES)
		complain(settings,
		         "only root and members of the group \"seawall\" may ask: try sudo (%s)",
		         error_message(error));
	else if (status < 0)
		complain(settings, "%s", error_message(error));
	return status < 0 ? CODE_INCOMPLETE : 0;
}

/* Says what went wrong. Returns the exit code. */
static int finish(const struct settings *settings, int status, const struct error *error)
{
	if (status == 0 || status == -EIO)
		return status == 0 ? CODE_FINE : CODE_INCOMPLETE;
	complain(settings, "%s", error ? error_message(error) : "out of memory");
	return CODE_INCOMPLETE;
}

/* Which of them is asked for. */
enum asked { ASKED_LOG, ASKED_KNOCKS, ASKED_VISITS };

/* Writes what was asked for. 0, -EIO, or a negative errno with a sentence. */
static int write_asked(const struct settings *settings, enum asked asked, struct history *history,
                       const struct log_query *query, struct error **ret_error)
{
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};

	if (asked == ASKED_KNOCKS)
		return settings->json
		           ? report_knocks_json(history, query->since, stdout, ret_error)
		           : report_knocks(history, query->since, &style, stdout, ret_error);
	if (asked == ASKED_VISITS)
		return settings->json ? report_visits_json(history, query, stdout, ret_error)
		                      : report_visits(history, query, &style, stdout, ret_error);
	return settings->json ? report_log_json(history, query, stdout, ret_error)
	                      : report_log(history, query, &style, stdout, ret_error);
}

/* Runs one of them. Returns the exit code. */
static int run(const struct settings *settings, enum asked asked)
{
	_cleanup_(cleanup_history_close) struct history *history = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct log_query query = {.container = settings->container};
	int code, status;

	if (!take_since(settings, &query.since))
		return CODE_USAGE;
	code = find_history(settings, &history);
	if (code)
		return code;
	status = write_asked(settings, asked, history, &query, &error);
	return finish(settings, status, error);
}

static int run_log(const struct settings *settings)
{
	return run(settings, ASKED_LOG);
}

static int run_knocks(const struct settings *settings)
{
	return run(settings, ASKED_KNOCKS);
}

static int run_visits(const struct settings *settings)
{
	return run(settings, ASKED_VISITS);
}

const struct command log_command = {
    .name = "log",
    .summary = "what the guard remembers: ways in that opened and closed, heals, plans",
    .about = "Reads what `guard` wrote down: which port was open to whom from when to when, and "
             "through which rule; each time the wall was changed, healed and proved.",
    .tables = {log_options, output_options, general_options},
    .run = run_log,
};

const struct command knocks_command = {
    .name = "knocks",
    .summary = "who was turned away: senders, ports, how often",
    .about = "Reads what `guard` counted of the packets that the wall turned away, those who sent "
             "most first. The wall logs a hundred a second at most, so there may have been more.",
    .tables = {knocks_options, output_options, general_options},
    .run = run_knocks,
};

const struct command visits_command = {
    .name = "visits",
    .summary = "who got in: senders, containers, by which path, when",
    .about = "Reads what `guard` counted of new flows from outside to containers, those who came "
             "last first: who was there while a port was open, meant or not.",
    .tables = {log_options, output_options, general_options},
    .run = run_visits,
};
