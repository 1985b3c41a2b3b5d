/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall serve`: the live page. */
#include "serve/serve.h"

#include "base/file.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "cli/survey.h"
#include "report/history_report.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

enum { DAY = 24 * 3600, TOKEN_LEAST = 16, TOKEN_MOST = 200, FAILED = 3 };

static const struct option serve_options[] = {
    {
        .name = "listen",
        .kind = OPTION_TEXT,
        .argument = "WHERE",
        .help = "127.0.0.1:9478 (the default), [::1]:PORT, unix:/PATH; with --token any address",
        .offset = offsetof(struct settings, listen),
    },
    {
        .name = "token",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "what is in it must be shown once, as http://HOST:PORT/?token=...",
        .offset = offsetof(struct settings, token),
    },
    {0},
};

/* Writes what is remembered of the last day below a key, where there is any. 0 or -errno. */
static int write_history(FILE *out)
{
	_cleanup_(cleanup_history_close) struct history *history = NULL;
	const struct log_query query = {.since = time(NULL) - DAY};
	int status;

	if (history_find(&history, NULL) < 0)
		return 0;
	fputs(", \"history\": ", out);
	status = report_log_json(history, &query, out, NULL);
	fputs(", \"knocks\": ", out);
	if (status == 0)
		status = report_knocks_json(history, query.since, out, NULL);
	fputs(", \"visits\": ", out);
	if (status == 0)
		status = report_visits_json(history, &query, out, NULL);
	return status;
}

/* Audits the host and writes the document, in a child. Returns its exit code. */
static int make_document(FILE *out, const void *data)
{
	const struct settings *settings = data;
	const struct audit_options options = {.user_namespace = !settings->root};
	struct survey survey = {0};
	char made[32];
	time_t now = time(NULL);
	struct tm parts;
	int status;

	if (survey_make(settings, &options, &survey) != 0) {
		survey_done(&survey);
		return FAILED;
	}
	gmtime_r(&now, &parts);
	strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", &parts);
	fprintf(out, "{\"live\": true, \"made\": \"%s\", \"audit\": ", made);
	status = report_json(survey.audit, out);
	if (status == 0)
		status = write_history(out);
	fputs("}\n", out);
	survey_done(&survey);
	return status < 0 ? FAILED : 0;
}

/* Says a sentence. */
static void say(const char *text, const void *data)
{
	complain(data, "%s", text);
}

/* Reads the token: letters, digits and signs that may stand in an address. False having complained.
 */
static bool read_token(const struct settings *settings, struct bytes *token)
{
	_cleanup_error_ struct error *error = NULL;

	if (file_read(settings->token, TOKEN_MOST, token, &error) < 0) {
		complain(settings, "%s", error_message(error));
		return false;
	}
	while (token->len && isspace(token->data[token->len - 1]))
		token->data[--token->len] = 0;
	for (size_t i = 0; i < token->len; i++)
		if (!isalnum(token->data[i]) && !strchr("-_.~", token->data[i])) {
			complain(settings, "%s: a token is letters, digits, and any of - _ . ~",
			         settings->token);
			return false;
		}
	if (token->len >= TOKEN_LEAST)
		return true;
	complain(settings, "%s: a token has %d characters or more", settings->token, TOKEN_LEAST);
	return false;
}

/* Runs the command; returns the exit code. */
static int run_serve(const struct settings *asked)
{
	struct settings settings = *asked;
	_cleanup_(bytes_done) struct bytes token = {0};
	_cleanup_error_ struct error *error = NULL;
	struct serve_options options = {
	    .listen = settings.listen ? settings.listen : "127.0.0.1:9478",
	    .make = make_document,
	    .data = &settings,
	    .say = say,
	};
	int code = change_needs_root(&settings);

	if (code)
		return code;
	if (settings.hosts.n) {
		complain(&settings, "serve looks again and again, by ssh each time: write a "
		                    "capture of it instead, and serve --capture that");
		return CODE_USAGE;
	}
	if (settings.token && !read_token(&settings, &token))
		return CODE_USAGE;
	options.token = settings.token ? (const char *)token.data : NULL;
	if (!settings.quiet)
		complain(&settings, "the page is at %s%s%s; Ctrl-C ends it",
		         strncmp(options.listen, "unix:", 5) == 0 ? "" : "http://", options.listen,
		         options.token ? "/?token=..." : "");
	/* The children that audit have no terminal to draw on. */
	settings.quiet = true;
	if (serve_run(&options, &error) == 0)
		return CODE_FINE;
	complain(&settings, "%s", error_message(error));
	return error && error->number == EINVAL ? CODE_USAGE : CODE_INCOMPLETE;
}

const struct command serve_command = {
    .name = "serve",
    .summary = "the page of an audit, live: it changes as the host does",
    .about = "Serves the page that `audit --html` writes, and audits again whenever containers, "
             "addresses or rules change, and each minute. With what the guard remembers of the "
             "last day. On loopback and unix sockets only, unless a token is given; on loopback "
             "every user of this host can read it.",
    .tables = {serve_options, reading_options, general_options},
    .run = run_serve,
};
