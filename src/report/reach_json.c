/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets through a saved ruleset, as the stable JSON that scripts rely on.
 *
 * The lists of sources can be millions long, so they are written as they come; only texts go
 * through the JSON library.
 */
#include "base/cleanup.h"
#include "report/printable.h"
#include "report/reach_report.h"

#include <errno.h>
#include <jansson.h>
#include <linux/netfilter.h>
#include <string.h>

const char *table_family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	default:
		return "?";
	}
}

char *note_text(const struct reach_note *note)
{
	bool drops = note->chain && note->chain->policy.kind == VERDICT_DROP;
	char *text = NULL;
	int len;

	if (note->rule)
		return strdup(note->rule->text ? note->rule->text : "");
	if (!note->chain)
		return strdup("");
	if (note->table->xtables)
		len = asprintf(&text, ":%s %s", note->chain->name, drops ? "DROP" : "ACCEPT");
	else
		len = asprintf(&text, "policy %s", drops ? "drop" : "accept");
	return len < 0 ? NULL : text;
}

/* Writes a text as JSON, ASCII only. 0 or -ENOMEM. */
static int put_text(const char *text, FILE *out)
{
	_cleanup_free_ char *valid = printable_utf8(text ? text : ""), *written = NULL;
	json_t *json = valid ? json_string(valid) : NULL;

	if (json)
		written = json_dumps(json, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	json_decref(json);
	if (!written)
		return -ENOMEM;
	fputs(written, out);
	return 0;
}

/* Writes a number below 1000 and what follows it; returns where that ends. */
static char *put_small(char *text, unsigned number, char next)
{
	if (number >= 100)
		*text++ = (char)('0' + number / 100);
	if (number >= 10)
		*text++ = (char)('0' + number / 10 % 10);
	*text++ = (char)('0' + number % 10);
	*text++ = next;
	return text;
}

/* Writes an IPv4 prefix; there are millions of them, which is too many for printf(). */
static void put_prefix4(const struct prefix *prefix, FILE *out)
{
	char text[PREFIX_TEXT], *end = text;

	for (size_t i = 0; i < 4; i++)
		end = put_small(end, prefix->address.bytes[i], i < 3 ? '.' : '/');
	end = put_small(end, prefix->len, '"');
	fwrite(text, 1, (size_t)(end - text), out);
}

/* Writes a list of prefixes. */
static void put_prefixes(const struct prefix_list *prefixes, FILE *out)
{
	char text[PREFIX_TEXT];

	fputc('[', out);
	for (size_t i = 0; i < prefixes->n; i++) {
		const struct prefix *prefix = &prefixes->items[i];

		fputs(i ? ", \"" : "\"", out);
		if (prefix->address.family == AF_INET)
			put_prefix4(prefix, out);
		else
			fprintf(out, "%s\"", prefix_format(prefix, text));
	}
	fputc(']', out);
}

/* Writes a list of texts. 0 or -ENOMEM. */
static int put_phrases(const struct phrases *phrases, FILE *out)
{
	int status = 0;

	fputc('[', out);
	for (size_t i = 0; i < phrases->n && status == 0; i++) {
		if (i)
			fputs(", ", out);
		status = put_text(phrases->items[i], out);
	}
	fputc(']', out);
	return status;
}

/* Writes the deciding rule; null where no chain looks at the packets. 0 or -ENOMEM. */
static int put_rule(const struct reach_note *note, FILE *out)
{
	_cleanup_free_ char *text = note_text(note);
	unsigned line;
	int status;

	if (!text)
		return -ENOMEM;
	if (!note->chain) {
		fputs("null", out);
		return 0;
	}
	line = note->rule ? note->rule->line : note->chain->line;
	fprintf(out, "{\"family\": \"%s\", \"table\": ", table_family_name(note->table->family));
	status = put_text(note->table->name, out);
	fputs(", \"chain\": ", out);
	if (status == 0)
		status = put_text(note->chain->name, out);
	if (note->rule && note->rule->handle)
		fprintf(out, ", \"handle\": %llu", (unsigned long long)note->rule->handle);
	fprintf(out, ", \"line\": %u, \"text\": ", line);
	if (status == 0)
		status = put_text(text, out);
	fputc('}', out);
	return status;
}

/* Writes one entry. 0 or -ENOMEM. */
static int put_accepted(const struct accepted *accepted, FILE *out)
{
	int status;

	fputs("    {\"sources\": ", out);
	put_prefixes(&accepted->sources, out);
	fprintf(out,
	        ",\n     \"certainty\": \"%s\", \"unknown\": ", accepted->must ? "must" : "may");
	status = put_phrases(&accepted->unknown, out);
	fputs(",\n     \"rule\": ", out);
	if (status == 0)
		status = put_rule(&accepted->rule, out);
	fputc('}', out);
	return status;
}

int reach_report_json(const struct accepted_list *list, FILE *out)
{
	int status = 0;

	fputs("{\n  \"accepted\": [", out);
	for (size_t i = 0; i < list->items.n && status == 0; i++) {
		fputs(i ? ",\n" : "\n", out);
		status = put_accepted(&list->items.items[i], out);
	}
	fputs(list->items.n ? "\n  ]\n}\n" : "]\n}\n", out);
	return status == 0 && ferror(out) ? -EIO : status;
}

int reach_matrix_json(const struct matrix *matrix, FILE *out)
{
	fputs("{\n  \"classes\": [", out);
	for (size_t i = 0; i < matrix->classes.n; i++) {
		fprintf(out, "%s    {\"id\": %zu, \"prefixes\": ", i ? ",\n" : "\n", i);
		put_prefixes(&matrix->classes.items[i].prefixes, out);
		fputc('}', out);
	}
	fputs(matrix->classes.n ? "\n  ],\n  \"edges\": [" : "],\n  \"edges\": [", out);
	for (size_t i = 0; i < matrix->edges.n; i++) {
		const struct matrix_edge *edge = &matrix->edges.items[i];

		fprintf(out, "%s    {\"from\": %u, \"to\": %u, \"certainty\": \"%s\"}",
		        i ? ",\n" : "\n", edge->from, edge->to, edge->must ? "must" : "may");
	}
	fputs(matrix->edges.n ? "\n  ]\n}\n" : "]\n}\n", out);
	return ferror(out) ? -EIO : 0;
}
