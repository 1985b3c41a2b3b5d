/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Around the tables: what was asked, what is not known, how the rest was proved, and what closes
 * the problems. */
#include "report/parts.h"

#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>

bool finding_starts_row(const struct audit *audit, size_t i)
{
	const struct finding *findings = audit->findings.items;

	return i == 0 || !findings[i].row || findings[i].row != findings[i - 1].row;
}

size_t finding_row(const struct audit *audit, size_t i)
{
	return audit->findings.items[i].row ? audit->findings.items[i].row : i + 1;
}

int asked_write(const struct audit *audit, const struct layout *layout)
{
	if (!audit->asked)
		return 0;
	if (layout_say(layout, 1, 1,
	               "Only what was asked was tried: %s. Of the rest nothing is said.",
	               audit->asked) < 0)
		return -ENOMEM;
	fputc('\n', layout->out);
	return 0;
}

int unknown_write(const struct audit *audit, const struct report_style *style,
                  const struct layout *layout)
{
	if (audit->incomplete.n == 0)
		return 0;
	const struct cell heading = {"NOT KNOWN", 1, 0, LAYOUT_WARN};

	layout_row(layout, &heading, 1);
	vec_foreach(text, &audit->incomplete)
		if (layout_say(layout, 3, 5, "%s", *text) < 0)
			return -ENOMEM;
	if (style->needs_root &&
	    layout_say(layout, 3, 5, "As root more can be known: `%s`", style->repeat_command) < 0)
		return -ENOMEM;
	fputc('\n', layout->out);
	return 0;
}

/* Writes where the packets went and what that touched. 0 or -ENOMEM. */
static int write_proof(const struct audit *audit, const struct layout *layout)
{
	const struct snapshot *snapshot = audit->snapshot;
	char packets[COUNT_TEXT], taken[32] = "";
	struct tm utc;

	count_format(audit->packets, packets);
	if (audit->packets == 0)
		return layout_say(layout, 0, 0, "Not proved: no packet was sent.");
	if (audit->live)
		return layout_say(
		    layout, 0, 0,
		    "Proved with %s packets through this host's own network; each was "
		    "dropped before any service saw it.",
		    packets);
	if (snapshot->live)
		return layout_say(
		    layout, 0, 0,
		    "Proved with %s packets in a copy of this host's network; no service "
		    "was touched, nothing was changed.",
		    packets);
	if (gmtime_r(&snapshot->taken, &utc))
		strftime(taken, sizeof(taken), "%Y-%m-%d %H:%M UTC", &utc);
	return layout_say(layout, 0, 0,
	                  "Proved with %s packets in a copy of %s's network as captured %s.",
	                  packets, snapshot->host ? snapshot->host : "a host", taken);
}

/* Whether there is a mend to try. */
static bool has_mend(const struct audit *audit)
{
	vec_foreach(finding, &audit->findings)
		if (finding->fix && *finding->fix)
			return true;
	return false;
}

/* Whether something is open that was not meant to be. */
static bool has_exposure(const struct audit *audit)
{
	vec_foreach(finding, &audit->findings)
		if ((finding->kind == FINDING_EXPOSURE || finding->kind == FINDING_BYPASS) &&
		    finding->endpoint != SIZE_MAX)
			return true;
	return false;
}

int closing_write(const struct audit *audit, const struct report_style *style,
                  const struct layout *layout)
{
	if (write_proof(audit, layout) < 0)
		return -ENOMEM;
	if (layout_say(layout, 0, 0,
	               "Not known: what a router or provider firewall in front blocks.") < 0)
		return -ENOMEM;
	vec_foreach(note, &audit->notes)
		if (layout_say(layout, 0, 2, "Note: %s", *note) < 0)
			return -ENOMEM;
	if (mends_write(audit, layout) < 0)
		return -ENOMEM;
	if (style->fix_command && has_exposure(audit) &&
	    layout_say(layout, 0, 0,
	               "Close what a wall can, and nothing else (it goes back in 60 s unless you "
	               "then type `%s confirm`):  `%s fix`",
	               style->fix_command, style->fix_command) < 0)
		return -ENOMEM;
	if (audit->findings.n && style->explain_command &&
	    layout_say(layout, 0, 0, "Why?  `%s %zu`", style->explain_command,
	               finding_row(audit, 0)) < 0)
		return -ENOMEM;
	if (!has_mend(audit))
		return 0;
	if (audit->snapshot->live)
		return layout_say(layout, 0, 0, "Then look again: `%s`", style->repeat_command);
	return layout_say(layout, 0, 0, "Then look again, on that host: `%s`",
	                  style->repeat_command);
}

int report_proof(const struct audit *audit, const struct report_style *style, FILE *out)
{
	struct layout layout = {.out = out, .width = style->width ? style->width : 80};
	char sent[COUNT_TEXT], rate[COUNT_TEXT], agree[COUNT_TEXT], disagree[COUNT_TEXT];
	double seconds = audit->seconds > 0 ? audit->seconds : 0;
	uint64_t a_second = seconds > 0 ? (uint64_t)((double)audit->packets / seconds) : 0;

	if (audit->asked && layout_say(&layout, 0, 2, "Asked for: %s.", audit->asked) < 0)
		return -ENOMEM;
	if (layout_say(&layout, 0, 2, "Sent %s packets %s in %.2f s (%s a second).",
	               count_format(audit->packets, sent),
	               audit->live ? "through this host's own network"
	                           : "through a copy of the network",
	               seconds, count_format(a_second, rate)) < 0 ||
	    layout_say(
	        &layout, 0, 2, "Verdicts that agree with what was expected: %s; that disagree: %s.",
	        count_format(audit->agree, agree), count_format(audit->disagree, disagree)) < 0)
		return -ENOMEM;
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}
