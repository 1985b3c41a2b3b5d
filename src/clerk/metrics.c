/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers, and the page that is made of them. */
#include "clerk/metrics_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDPOINTS_MOST = 20000, KNOCKS_MOST = 500, HEALS_MOST = 16 };

struct metrics *metrics_new(void)
{
	return calloc(1, sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	free(metrics->proof);
	vec_done(&metrics->heals);
	vec_done(&metrics->knocks);
	free(metrics);
}

/* Writes a label's value: quotes, backslashes and line ends escaped, all that is not ASCII spelled.
 */
static void write_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (const unsigned char *at = (const unsigned char *)value; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < ' ' || *at > '~')
			fprintf(out, "\\\\x%02x", *at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
}

/* Writes what a series is. */
static void write_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Whether an earlier way in of an endpoint makes the same series. */
static bool is_repeated(const struct audit_endpoint *endpoint, size_t index)
{
	const struct reach_entry *entry = &endpoint->reach.items[index];

	for (size_t i = 0; i < index; i++) {
		const struct reach_entry *other = &endpoint->reach.items[i];

		if (other->arrived && other->path == entry->path &&
		    strcmp(other->zone, entry->zone) == 0)
			return true;
	}
	return false;
}

/* Writes the series of an audit's endpoints. */
static void write_reach(const struct audit *audit, FILE *out)
{
	size_t n = 0;

	vec_foreach(endpoint, &audit->endpoints)
		for (size_t i = 0; i < endpoint->reach.n && n < ENDPOINTS_MOST; i++) {
			const struct reach_entry *entry = &endpoint->reach.items[i];

			if (!entry->arrived || is_repeated(endpoint, i))
				continue;
			fputs("seawall_endpoint_reachable{", out);
			write_label(out, "endpoint", endpoint->id);
			fputc(',', out);
			write_label(out, "zone", entry->zone);
			fputc(',', out);
			write_label(out, "path", reach_path_name(entry->path));
			fputs("} 1\n", out);
			n++;
		}
}

/* Writes how many findings of each kind and severity there are, those without too. */
static void write_findings(const struct audit *audit, FILE *out)
{
	unsigned counts[FINDING_KINDS][SEVERITIES] = {0};

	vec_foreach(finding, &audit->findings)
		counts[finding->kind][finding->severity]++;
	for (int kind = 0; kind < FINDING_KINDS; kind++)
		for (int severity = 0; severity < SEVERITIES; severity++)
			fprintf(out, "seawall_findings{kind=\"%s\",severity=\"%s\"} %u\n",
			        finding_kind_name((enum finding_kind)kind),
			        severity_name((enum severity)severity), counts[kind][severity]);
}

char *metrics_page(const struct audit *audit)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	write_head(out, "seawall_endpoint_reachable", "gauge",
	           "1 for each way in by which packets got to an endpoint in the last proof.");
	write_reach(audit, out);
	write_head(out, "seawall_findings", "gauge", "Problems that the last proof found.");
	write_findings(audit, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void metrics_proved(struct metrics *metrics, const char *page, uint64_t disagreements, time_t when)
{
	char *copy = metrics ? strdup(page) : NULL;

	if (!copy)
		return;
	free(metrics->proof);
	metrics->proof = copy;
	metrics->proved = when;
	metrics->disagreements += disagreements;
}

void metrics_healed(struct metrics *metrics, const char *cause)
{
	if (!metrics)
		return;
	vec_foreach(heal, &metrics->heals)
		if (strncmp(heal->cause, cause, CAUSE_ROOM - 1) == 0) {
			heal->count++;
			return;
		}
	if (metrics->heals.n < HEALS_MOST) {
		struct heal_count *slot = vec_push(&metrics->heals);

		if (!slot)
			return;
		*slot = (struct heal_count){.count = 1};
		snprintf(slot->cause, CAUSE_ROOM, "%s", cause);
	}
}

void metrics_wall(struct metrics *metrics, bool up)
{
	if (metrics)
		metrics->up = up;
}

/* The count of a zone and port, or NULL. */
static struct knock_count *find_knock(struct metrics *metrics, const char *zone, uint16_t port)
{
	vec_foreach(count, &metrics->knocks)
		if (count->port == port && strncmp(count->zone, zone, ZONE_ROOM - 1) == 0)
			return count;
	return NULL;
}

void metrics_knocked(struct metrics *metrics, const char *zone, uint16_t port, uint64_t packets)
{
	struct knock_count *slot;

	if (!metrics)
		return;
	slot = find_knock(metrics, zone, port);
	if (!slot && metrics->knocks.n >= KNOCKS_MOST) {
		port = 0;
		slot = find_knock(metrics, zone, 0);
	}
	if (slot) {
		slot->packets += packets;
		return;
	}
	slot = vec_push(&metrics->knocks);
	if (!slot)
		return;
	*slot = (struct knock_count){.port = port, .packets = packets};
	snprintf(slot->zone, ZONE_ROOM, "%s", zone);
}

/* Writes the counters. */
static void write_counters(const struct metrics *metrics, FILE *out)
{
	write_head(out, "seawall_wall_up", "gauge", "Whether the wall stands as it should.");
	fprintf(out, "seawall_wall_up %d\n", metrics->up);
	write_head(out, "seawall_last_proof_timestamp_seconds", "gauge",
	           "When it was proved last.");
	fprintf(out, "seawall_last_proof_timestamp_seconds %lld\n", (long long)metrics->proved);
	write_head(out, "seawall_proof_disagreements_total", "counter",
	           "Packets of which the model and the kernel said different things.");
	fprintf(out, "seawall_proof_disagreements_total %" PRIu64 "\n", metrics->disagreements);
	write_head(out, "seawall_heals_total", "counter", "How often the wall was put up again.");
	vec_foreach(heal, &metrics->heals) {
		fputs("seawall_heals_total{", out);
		write_label(out, "cause", heal->cause);
		fprintf(out, "} %" PRIu64 "\n", heal->count);
	}
	write_head(out, "seawall_knocks_total", "counter",
	           "Packets that were turned away, as far as the wall logs them.");
	vec_foreach(count, &metrics->knocks) {
		fputs("seawall_knocks_total{", out);
		write_label(out, "zone", count->zone);
		if (count->port)
			fprintf(out, ",port=\"%u\"} %" PRIu64 "\n", count->port, count->packets);
		else
			fprintf(out, ",port=\"other\"} %" PRIu64 "\n", count->packets);
	}
}

char *metrics_text(const struct metrics *metrics)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	write_counters(metrics, out);
	if (metrics->proof)
		fputs(metrics->proof, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
