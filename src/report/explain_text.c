/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet's way for a person: hook by hook, then what it means and what to do. */
#include "report/layout.h"
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, INDENT = 3, HANGING = 7 };

/* Writes a heading in its colour. */
static void heading(const struct layout *layout, const char *text, enum layout_color color)
{
	const struct cell cell = {text, 1, 0, color};

	layout_row(layout, &cell, 1);
}

/* Where a rule stands: "ip nat DOCKER, handle 12". */
static int say_rule(const struct layout *layout, unsigned first, const char *before,
                    const struct rule_note *rule, const char *after)
{
	char place[48] = ", policy";

	if (rule->handle)
		snprintf(place, sizeof(place), ", handle %" PRIu64, rule->handle);
	else if (rule->line)
		snprintf(place, sizeof(place), ", rule %u", rule->line);
	return layout_say(layout, first, HANGING, "%s%s %s %s%s - %s%s%s", before, rule->family,
	                  rule->table, rule->chain, place, rule->owner,
	                  strcmp(rule->owner, "yours") == 0 ? "" : "'s", after);
}

/* Writes a rule that was met. 0 or -ENOMEM. */
static int write_rule(const struct layout *layout, const struct explain_step *step)
{
	static const char *const marks[] = {
	    [TRACED_SAME] = "",
	    [TRACED_UNTOLD] = "",
	    [TRACED_MISSING] = "  (! the kernel's trace does not name it)",
	    [TRACED_ONLY] = "  (! only the kernel's trace names it)",
	};

	if (say_rule(layout, INDENT, "", &step->rule, marks[step->traced]) < 0 ||
	    layout_say(layout, HANGING, HANGING + 2, "%s",
	               step->rule.text ? step->rule.text : "?") < 0)
		return -ENOMEM;
	if (step->what && layout_say(layout, HANGING, HANGING + 2, "matched by %s", step->what) < 0)
		return -ENOMEM;
	return step->verdict && (step->rule.handle || step->rule.line)
	           ? layout_say(layout, HANGING, HANGING + 2, "-> %s", step->verdict)
	           : 0;
}

/* Writes one step. 0 or -ENOMEM. */
static int write_step(const struct layout *layout, const struct explain_step *step)
{
	static const char *const names[] = {
	    [EXPLAINED_TRACKED] = "conntrack",
	    [EXPLAINED_REWRITTEN] = "rewritten",
	};

	if (step->kind == EXPLAINED_RULE)
		return write_rule(layout, step);
	if (step->kind == EXPLAINED_ROUTED)
		return layout_say(layout, INDENT, HANGING, "%s", step->what);
	return layout_say(layout, INDENT, HANGING, "%s: %s", names[step->kind], step->what);
}

/* Writes all steps below the names of their hooks. 0 or -ENOMEM. */
static int write_steps(const struct explanation *explanation, const struct layout *layout)
{
	const char *hook = "";

	vec_foreach(step, &explanation->steps) {
		const char *now = step->kind == EXPLAINED_ROUTED ? "routing" : step->hook;

		if (*now && strcmp(now, hook) != 0) {
			hook = now;
			heading(layout, hook, LAYOUT_HEAD);
		}
		if (write_step(layout, step) < 0)
			return -ENOMEM;
	}
	fputc('\n', layout->out);
	return 0;
}

/* The packet that is looked at. 0 or -ENOMEM. */
static int write_packet(const struct explanation *explanation, const struct layout *layout)
{
	const struct probe *probe = &explanation->probe;
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];
	int status = layout_say(
	    layout, 0, 2, "%s%sa packet from %s (%s), in by %s, to %s port %u%s",
	    explanation->endpoint ? explanation->endpoint->name : "",
	    explanation->endpoint ? ": " : "", address_format(&probe->source, from),
	    explanation->sender, explanation->in, address_format(&probe->destination, to),
	    probe->destination_port, protocol_suffix(probe->protocol));

	fputc('\n', layout->out);
	return status;
}

/* What the kernel said of it. 0 or -ENOMEM. */
static int write_kernel(const struct explanation *explanation, const struct layout *layout)
{
	if (!explanation->asked_kernel)
		return layout_say(layout, 1, 3,
		                  "The kernel was not asked: this is how its rules read.");
	if (!explanation->end_agrees)
		return layout_say(
		    layout, 1, 3,
		    "The kernel did otherwise with a real packet in a copy of this "
		    "network: %s. Please report it with what `seawall capture` writes.",
		    explanation->kernel_end);
	if (explanation->differs)
		return layout_say(
		    layout, 1, 3,
		    "The kernel did the same with a real packet in a copy of this "
		    "network, but by other rules: %u differ. Please report it with what "
		    "`seawall capture` writes.",
		    explanation->differs);
	if (!explanation->same)
		return layout_say(layout, 1, 3,
		                  "The kernel did the same with a real packet in a copy of this "
		                  "network; no rule looked at it.");
	return layout_say(
	    layout, 1, 3,
	    "The kernel did the same with a real packet in a copy of this network, by "
	    "the same %u rule%s.",
	    explanation->same, explanation->same == 1 ? "" : "s");
}

/* What becomes of it and by whose word. 0 or -ENOMEM. */
static int write_end(const struct explanation *explanation, const struct layout *layout)
{
	const struct rule_note *rule = &explanation->decider;
	bool bad = explanation->arrives && explanation->finding;
	int status = 0;

	heading(layout, explanation->arrives ? "IT GETS IN" : "IT DOES NOT GET IN",
	        bad                    ? LAYOUT_BAD
	        : explanation->arrives ? LAYOUT_GOOD
	                               : LAYOUT_WARN);
	if (!rule->family || explanation->arrives)
		status = layout_say(layout, INDENT, INDENT, "%s%s%s", explanation->end,
		                    explanation->reason ? ": " : "",
		                    explanation->reason ? explanation->reason : "");
	if (status < 0)
		return status;
	if (rule->family &&
	    (say_rule(layout, INDENT, explanation->arrives ? "opened by " : "stopped by ", rule,
	              "") < 0 ||
	     layout_say(layout, HANGING, HANGING + 2, "%s", rule->text ? rule->text : "?") < 0))
		return -ENOMEM;
	return 0;
}

/* What it means and what to do. 0 or -ENOMEM. */
static int write_meaning(const struct explanation *explanation, const struct layout *layout)
{
	const struct finding *finding = explanation->finding;

	if (explanation->arrives && explanation->meant && !finding &&
	    layout_say(layout, INDENT, INDENT, "That is as it was meant.") < 0)
		return -ENOMEM;
	if (finding &&
	    layout_say(layout, INDENT, INDENT, "problem %u, %s, %s: %s", finding->row,
	               finding->mechanism, severity_name(finding->severity), finding->why) < 0)
		return -ENOMEM;
	if (finding && finding->fix && *finding->fix &&
	    layout_say(layout, INDENT, INDENT, "mend: %s", finding->fix) < 0)
		return -ENOMEM;
	if (!explanation->arrives && explanation->change && *explanation->change &&
	    layout_say(layout, INDENT, INDENT, "to let it in: %s", explanation->change) < 0)
		return -ENOMEM;
	fputc('\n', layout->out);
	return 0;
}

/* What is not known. 0 or -ENOMEM. */
static int write_unknown(const struct explanation *explanation, const struct layout *layout)
{
	vec_foreach(text, &explanation->unknown)
		if (layout_say(layout, 1, 3, "Not to be told by reading, %s: %s",
		               explanation->asked_kernel ? "taken from the kernel"
		                                         : "taken to be no",
		               *text) < 0)
			return -ENOMEM;
	vec_foreach(text, &explanation->incomplete)
		if (layout_say(layout, 1, 3, "Not known: %s", *text) < 0)
			return -ENOMEM;
	return 0;
}

/* A problem that no packet shows. 0 or -ENOMEM. */
static int write_finding(const struct explanation *explanation, const struct layout *layout)
{
	const struct finding *finding = explanation->finding;

	if (layout_say(layout, 0, 2, "%s: problem %u, %s, %s", finding->subject, finding->row,
	               finding->mechanism, severity_name(finding->severity)) < 0 ||
	    layout_say(layout, INDENT, INDENT, "%s", finding->why) < 0)
		return -ENOMEM;
	if (finding->rule.family && (say_rule(layout, INDENT, "", &finding->rule, "") < 0 ||
	                             layout_say(layout, HANGING, HANGING + 2, "%s",
	                                        finding->rule.text ? finding->rule.text : "?") < 0))
		return -ENOMEM;
	return finding->fix && *finding->fix
	           ? layout_say(layout, INDENT, INDENT, "mend: %s", finding->fix)
	           : 0;
}

int report_explanation(const struct explanation *explanation, const struct report_style *style,
                       FILE *out)
{
	unsigned width = style->width ? style->width : WIDTH_DEFAULT;
	const struct layout layout = {out, width < WIDTH_LEAST ? WIDTH_LEAST : width, style->color};
	int status = 0;

	if (!explanation->has_packet) {
		status = write_finding(explanation, &layout);
	} else {
		status = write_packet(explanation, &layout);
		if (status == 0 && !style->quiet)
			status = write_steps(explanation, &layout);
		if (status == 0)
			status = write_end(explanation, &layout);
		if (status == 0)
			status = write_meaning(explanation, &layout);
		if (status == 0)
			status = write_kernel(explanation, &layout);
		if (status == 0)
			status = write_unknown(explanation, &layout);
	}
	if (status < 0)
		return status;
	return ferror(out) ? -EIO : 0;
}
