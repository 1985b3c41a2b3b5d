/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of the screen: which host this is, and how many problems it has. */
#include "report/parts.h"

#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>

/* The right end of the title, in this order; several kinds of finding share a word. */
enum title_word { WORD_OPEN, WORD_CLOSED, WORD_DISAGREE, WORD_NO_EFFECT, WORD_UNCLEAR, WORDS };

static const char *const words[] = {
    [WORD_OPEN] = "OPEN, NOT MEANT", [WORD_CLOSED] = "MEANT, NOT OPEN",
    [WORD_DISAGREE] = "DISAGREEING", [WORD_NO_EFFECT] = "WITHOUT EFFECT",
    [WORD_UNCLEAR] = "UNCLEAR",
};
_Static_assert(sizeof(words) / sizeof(*words) == WORDS, "a text for each word");

static const enum title_word kind_words[] = {
    [FINDING_EXPOSURE] = WORD_OPEN,         [FINDING_BYPASS] = WORD_OPEN,
    [FINDING_OUTAGE] = WORD_CLOSED,         [FINDING_RELAY] = WORD_OPEN,
    [FINDING_INEFFECTIVE] = WORD_NO_EFFECT, [FINDING_UNKNOWN] = WORD_UNCLEAR,
    [FINDING_DISAGREEMENT] = WORD_DISAGREE,
};
_Static_assert(sizeof(kind_words) / sizeof(*kind_words) == FINDING_KINDS, "a word for each kind");

/* What is said of an engine that could not be asked. */
static const char *const status_words[] = {
    [ENGINE_NONE] = "no container engine found",
    [ENGINE_OK] = "container engine",
    [ENGINE_DENIED] = "container engine not readable",
    [ENGINE_STOPPED] = "container engine stopped",
    [ENGINE_HANGS] = "container engine does not answer",
    [ENGINE_BROKEN] = "container engine not understood",
};

const char *count_format(uint64_t count, char text[static COUNT_TEXT])
{
	char digits[COUNT_TEXT];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count), out = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = 0;
	return text;
}

/* "Docker 20.10", or what hinders. Returns the length that the version has to its second dot. */
static int version_length(const char *version)
{
	size_t major = strcspn(version, ".");
	size_t minor = version[major] ? strcspn(version + major + 1, ".") + 1 : 0;

	return (int)(major + minor);
}

/* How an engine's kind is spelled. */
static const char *kind_title(const char *kind)
{
	if (strcmp(kind, "docker") == 0)
		return "Docker";
	return strcmp(kind, "podman") == 0 ? "Podman" : kind;
}

/* The engine and its containers in words; the caller frees. NULL when memory is out. */
static char *engine_words(const struct engine *engine)
{
	size_t running = 0, stopped;
	char *text = NULL;

	vec_foreach(container, &engine->containers)
		running += container->state == CONTAINER_RUNNING ||
		           container->state == CONTAINER_PAUSED ||
		           container->state == CONTAINER_RESTARTING;
	stopped = engine->containers.n - running;
	if (engine->status != ENGINE_OK && (!engine->from_kernel || !running))
		return strdup(status_words[engine->status]);
	if (engine->status != ENGINE_OK)
		return asprintf(&text, "%s, %zu container%s without it",
		                status_words[engine->status], running, running == 1 ? "" : "s") < 0
		           ? NULL
		           : text;
	if (asprintf(&text, "%zu container%s", running, running == 1 ? "" : "s") < 0)
		return NULL;
	if (stopped) {
		_cleanup_free_ char *plain = text;

		if (asprintf(&text, "%s (%zu stopped)", plain, stopped) < 0)
			return NULL;
	}
	return text;
}

/* The left part of the title, printable; the caller frees. NULL when memory is out. */
static char *title_left(const struct audit *audit)
{
	const struct snapshot *snapshot = audit->snapshot;
	const struct engine *engine = &snapshot->engine;
	const char *kind = engine->kind ? kind_title(engine->kind) : "container engine";
	const char *version = engine->version ? engine->version : "";
	bool named = engine->status == ENGINE_OK;
	_cleanup_free_ char *containers = engine_words(engine), *whole = NULL;

	if (!containers)
		return NULL;
	if (asprintf(&whole, "%s%s%s%s%.*s%s%s - %s", snapshot->host ? snapshot->host : "host",
	             named ? " - " : "", named ? kind : "", named && *version ? " " : "",
	             named ? version_length(version) : 0, version, audit->firewall ? " - " : "",
	             audit->firewall ? audit->firewall : "", containers) < 0) {
		whole = NULL;
		return NULL;
	}
	return printable(whole);
}

/* Adds "3 OPEN, NOT MEANT" to a list of such. 0 or -ENOMEM. */
static int add_count(char **list, size_t count, const char *word)
{
	_cleanup_free_ char *before = *list;
	char number[COUNT_TEXT];

	if (asprintf(list, "%s%s%s %s", before ? before : "", before ? "; " : "",
	             count_format(count, number), word) < 0) {
		*list = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Whether silence would mean that all is well: the engine was asked and packets were sent. */
static bool all_known(const struct audit *audit)
{
	return audit->incomplete.n == 0 && audit->snapshot->engine.status == ENGINE_OK &&
	       (audit->packets > 0 || audit->endpoints.n == 0);
}

/* The right part of the title; the caller frees. NULL when memory is out. */
static char *title_right(const struct audit *audit, enum layout_color *ret_color)
{
	size_t counts[WORDS] = {0};
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < audit->findings.n; i++)
		if (finding_starts_row(audit, i))
			counts[kind_words[audit->findings.items[i].kind]]++;
	for (size_t i = 0; i < WORDS; i++)
		if (counts[i] && add_count(&list, counts[i], words[i]) < 0)
			return NULL;
	if (audit->incomplete.n && add_count(&list, audit->incomplete.n, "NOT KNOWN") < 0)
		return NULL;
	*ret_color = audit->findings.n ? LAYOUT_BAD : all_known(audit) ? LAYOUT_GOOD : LAYOUT_WARN;
	if (list)
		return steal_pointer(&list);
	if (!all_known(audit))
		return strdup("NOT KNOWN");
	return strdup(audit->asked ? "AS MEANT, OF WHAT WAS ASKED" : "ALL AS MEANT");
}

int title_write(const struct audit *audit, const struct layout *layout)
{
	enum layout_color color = LAYOUT_PLAIN;
	_cleanup_free_ char *left = title_left(audit), *right = title_right(audit, &color);
	unsigned left_columns, right_columns;

	if (!left || !right)
		return -ENOMEM;
	left_columns = printable_columns(left, strlen(left));
	right_columns = printable_columns(right, strlen(right));
	if (left_columns + right_columns + 2 <= layout->width) {
		layout_colored(layout, LAYOUT_HEAD, left, strlen(left));
		fprintf(layout->out, "%*s", (int)(layout->width - left_columns - right_columns),
		        "");
	} else {
		layout_paragraph(layout, left, 0, 0);
		if (right_columns < layout->width)
			fprintf(layout->out, "%*s", (int)(layout->width - right_columns), "");
	}
	layout_colored(layout, color, right, strlen(right));
	fputs("\n\n", layout->out);
	return 0;
}
