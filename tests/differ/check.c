/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets through the kernel and through what was read of it, one laid beside the other. */
#include "check.h"
#include "audit/explain_parts.h"
#include "audit/model.h"
#include "../unit/prove_host.h"

#include <inttypes.h>
#include <string.h>

enum { CHUNK = 1000, TOLD = 5 };

/* Something that is not known was met. */
static uint8_t met_unknown(void *data, const struct step *step, const void *key, unsigned byte)
{
	const char **text = data;

	(void)key;
	(void)byte;
	*text = step->text ? step->text : "?";
	return 0;
}

/* Ends the process for want of memory or a link: neither is what is tried here. */
static void must(int status)
{
	if (status < 0) {
		fprintf(stderr, "differ: %s\n", strerror(-status));
		exit(1);
	}
}

/* "192.0.2.5 40000 > 172.17.0.3 80 protocol 6". */
static void put_packet(const struct probe *packet, FILE *file)
{
	char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];

	fprintf(file, "%s %u > %s %u protocol %u", address_format(&packet->source, source),
	        packet->source_port, address_format(&packet->destination, destination),
	        packet->destination_port, packet->protocol);
}

/* Says what was found different, with the rule that decided. */
static void tell_end(const struct probe *packet, const struct host_end *end,
                     const struct arrival *arrival, FILE *file)
{
	struct arena arena = {0};

	put_packet(packet, file);
	fprintf(file, "\n  the kernel: %s\n",
	        model_fate_words(&arena, &prove_host_view, model_fate(arrival),
	                         &arrival->destination, arrival->destination_port,
	                         arrival->out_ifindex));
	fprintf(file, "  the model:  %s; %s: %s\n",
	        model_fate_words(&arena, &prove_host_view, end->fate, &end->destination, end->port,
	                         end->out_ifindex),
	        end->by.chain ? end->by.chain->name : "-",
	        end->by.rule ? end->by.rule->text
	        : end->stop  ? end->stop
	                     : "policy");
	arena_done(&arena);
}

/* Whether what is not known is something that no packet decides. */
static bool is_open(const char *unknown)
{
	static const char *const words[] = {
	    "was there first", /* the order of tables, of which the kernel does not tell */
	    "limit ",          "quota ",   "ct count ", "numgen ",  "meta hour ",   "-m statistic",
	    "-m recent",       "-m quota", "-m time",   "-m limit", "-m hashlimit", "-m connlimit",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(unknown, words[i]))
			return true;
	return false;
}

/* Compares the ends that the model leaves open. */
static bool check_open(const struct lab *lab, const struct probe *packet,
                       const struct host_packet *asked, const struct arrival *arrival, FILE *told,
                       struct counts *counts)
{
	struct host_ways ways = {0};
	bool allowed;

	must(host_ways_find(lab->host, asked, &ways));
	allowed = ways.incomplete || model_allows(&ways, arrival);
	counts->incomplete += ways.incomplete;
	vec_foreach(unknown, &ways.unknown) {
		if (is_open(*unknown))
			continue;
		counts->unknown++;
		if (told)
			fprintf(told, "unknown: %s\n", *unknown);
	}
	counts->open++;
	counts->differences += !allowed;
	if (!allowed && told)
		tell_end(packet, &ways.ends.items[0], arrival, told);
	host_ways_done(&ways);
	return allowed;
}

/* Compares one packet's ends. */
static bool check_end(const struct lab *lab, const struct probe *packet,
                      const struct arrival *arrival, FILE *told, struct counts *counts)
{
	const char *unknown = NULL;
	const struct host_packet asked = model_packet(packet);
	struct host_walk walk = {.host = lab->host, .oracle = met_unknown, .oracle_data = &unknown};
	struct host_end end;

	must(host_walk(&walk, &asked, &end));
	counts->packets++;
	counts->arrived += arrival->hook != ARRIVED_NOWHERE;
	counts->translated += arrival->hook != ARRIVED_NOWHERE &&
	                      (!address_equal(&arrival->destination, &packet->destination) ||
	                       arrival->destination_port != packet->destination_port);
	if (unknown)
		return check_open(lab, packet, &asked, arrival, told, counts);
	if (model_agrees(&end, arrival))
		return true;
	counts->differences++;
	if (told)
		tell_end(packet, &end, arrival, told);
	return false;
}

bool check_ends(const struct lab *lab, const struct probe *packets, size_t n, FILE *told,
                struct counts *counts, size_t *ret_bad)
{
	static struct arrival arrivals[CHUNK];
	unsigned bad = 0;

	for (size_t from = 0; from < n; from += CHUNK) {
		_cleanup_error_ struct error *error = NULL;
		size_t len = n - from < CHUNK ? n - from : CHUNK;

		if (prover_send(lab->prover, packets + from, len, arrivals, &error) < 0) {
			fprintf(stderr, "differ: %s\n", error_message(error));
			exit(1);
		}
		for (size_t i = 0; i < len; i++) {
			if (check_end(lab, &packets[from + i], &arrivals[i],
			              bad < TOLD ? told : NULL, counts))
				continue;
			if (!bad++)
				*ret_bad = from + i;
		}
	}
	return !bad;
}

/* Says where the ways part. */
static void tell_way(const struct explanation *explanation, const struct trace_steps *trace,
                     const struct probe *packet, FILE *file)
{
	put_packet(packet, file);
	fputs(": not the same rules\n", file);
	vec_foreach(step, &explanation->steps) {
		if (step->traced != TRACED_MISSING && step->traced != TRACED_ONLY)
			continue;
		fprintf(file, "  only %s: %s %s %s: %s\n",
		        step->traced == TRACED_ONLY ? "the kernel" : "the model", step->rule.family,
		        step->rule.table, step->rule.chain,
		        step->rule.text ? step->rule.text : "policy");
	}
	vec_foreach(step, trace)
		fprintf(file, "  traced: %s %s %" PRIu64 "%s%s\n", step->table, step->chain,
		        step->handle, step->policy ? " policy" : "", step->legacy ? " legacy" : "");
}

bool check_way(const struct lab *lab, const struct probe *packet, FILE *told, struct counts *counts)
{
	_cleanup_error_ struct error *error = NULL;
	struct explanation explanation = {.probe = *packet};
	const struct trace_origin from = {0};
	const char *unknown = NULL;
	const struct host_packet asked = model_packet(packet);
	struct host_walk walk = {
	    .host = lab->host, .oracle = met_unknown, .oracle_data = &unknown, .keep_events = true};
	struct trace_steps trace = {0};
	struct arrival arrival;
	struct host_end end;
	bool same;

	if (lab->host->ties)
		return true;
	if (prover_trace(lab->prover, packet, &trace, &arrival, &error) < 0) {
		fprintf(stderr, "differ: %s\n", error_message(error));
		exit(1);
	}
	must(host_walk(&walk, &asked, &end));
	must(explain_add_steps(&explanation, &prove_host_view, &walk.events));
	must(explain_add_trace(&explanation, lab->host, &from, &trace));
	same = !explanation.differs || unknown;
	counts->traced++;
	counts->steps += explanation.same;
	counts->differences += !same;
	if (!same && told)
		tell_way(&explanation, &trace, packet, told);
	vec_done(&walk.events);
	vec_done(&trace);
	vec_done(&explanation.steps);
	arena_done(&explanation.arena);
	return same;
}
