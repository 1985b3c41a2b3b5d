/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall that is up, for a person or a program. */
#include "report/status_report.h"

#include "base/cleanup.h"
#include "report/json_build.h"
#include "report/printable.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

enum { JSON_FORMAT_VERSION = 1 };

/* A time as RFC 3339 in UTC. */
static const char *time_text(time_t when, char text[static 32])
{
	struct tm utc;

	if (!gmtime_r(&when, &utc) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc))
		text[0] = 0;
	return text;
}

/* The first line: what is up. */
static const char *headline(const struct wall_status *status)
{
	if (status->damaged)
		return status->up ? "A wall is up; what was kept of it is damaged."
		                  : "No wall is up; what was kept of one is damaged.";
	if (!status->saved)
		return status->up ? "A wall is up, and nothing on disk says whose."
		                  : "No wall is up.";
	if (status->as_saved)
		return status->state.now.log_only
		           ? "The wall is up and only counts: it turns nobody away."
		           : "The wall is up, as it was put up.";
	return status->up ? "A WALL IS UP, BUT NOT THE ONE THAT WAS PUT UP: somebody changed it."
	                  : "NO WALL IS UP, although one was put up: somebody took it away, or "
	                    "the host has been restarted.";
}

int report_status(const struct wall_status *status, FILE *out)
{
	const struct state_wall *wall = &status->state.now;
	_cleanup_free_ char *policy = printable(wall->policy);
	char text[32];

	if (!policy)
		return -ENOMEM;
	fprintf(out, "%s\n", headline(status));
	if (status->damaged)
		fprintf(out, "  %s\n", status->damage ? status->damage : "");
	if (status->saved)
		fprintf(out, "  policy:       %s\n  put up:       %s\n", policy,
		        time_text(wall->applied, text));
	if (status->saved)
		fprintf(out, "  last proved:  %s, with %" PRIu64 " packets%s\n",
		        time_text(wall->proved, text), wall->packets,
		        status->this_boot ? "" : "; not since this boot");
	if (status->up)
		fprintf(out, "  turned away:  %" PRIu64 " packets\n", status->turned_away);
	if (wall->hard_asked || status->hold != WALL_LOOSE)
		fprintf(out, "  hard:         %s%s\n", wall_status_hard(status),
		        status->hold == WALL_HELD ? ""
		                                  : ": whoever has root's rights can flush it");
	if (status->saved_rules)
		fprintf(out,
		        "  saved rules:  %s has the wall's table in it and cannot be loaded: take "
		        "that out\n",
		        status->saved_rules);
	if (status->waits)
		fprintf(out, "  waits:        goes back at %s unless `seawall confirm` follows\n",
		        time_text(status->pending.until, text));
	return ferror(out) ? -EIO : 0;
}

int report_status_json(const struct wall_status *status, FILE *out)
{
	const struct state_wall *wall = &status->state.now;
	struct json_builder builder = {0};
	json_t *root = json_object();
	char text[32];

	json_put(&builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	json_put(&builder, root, "up", json_boolean(status->up));
	json_put(&builder, root, "saved", json_boolean(status->saved));
	json_put(&builder, root, "damaged", text_json(status->damage));
	json_put(&builder, root, "as_saved", json_boolean(status->as_saved));
	json_put(&builder, root, "log_only", json_boolean(wall->log_only));
	json_put(&builder, root, "hard", json_string(wall_status_hard(status)));
	json_put(&builder, root, "saved_rules", text_json(status->saved_rules));
	json_put(&builder, root, "policy", text_json(wall->policy));
	json_put(&builder, root, "applied",
	         status->saved ? json_string(time_text(wall->applied, text)) : json_null());
	json_put(&builder, root, "proved",
	         status->saved ? json_string(time_text(wall->proved, text)) : json_null());
	json_put(&builder, root, "proved_since_boot", json_boolean(status->this_boot));
	json_put(&builder, root, "packets", count_json(wall->packets));
	json_put(&builder, root, "turned_away", count_json(status->turned_away));
	json_put(&builder, root, "goes_back",
	         status->waits ? json_string(time_text(status->pending.until, text)) : json_null());
	return json_write(&builder, root, out);
}
