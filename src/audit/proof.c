/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The proof: sends what witnesses ask for, and fills the audit's reach entries. */
#include "audit/proof.h"
#include "audit/certain.h"
#include "audit/flow_ask.h"
#include "audit/judge_policy.h"
#include "audit/proof_run.h"
#include "audit/vantage_split.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SEND_CHUNK = 16384, /* probes whose arrivals are held at once */
};

/* Notes what the caps of the witnesses left out; nothing where nothing was. 0 or -ENOMEM. */
static int say_left_out(struct audit *audit, unsigned left_out, const char *what)
{
	return left_out ? notes_addf(&audit->notes, &audit->arena,
	                             "%u %s were not tried: there are too many", left_out, what)
	                : 0;
}

/* Tells the caller that a step began. */
static void progress(const struct audit_options *options, const char *what)
{
	if (options->progress)
		options->progress(what, options->progress_data);
}

/* Keeps one arrival as a hit, by the rules of the view that the run is in. */
static int keep_hit(struct run *run, const struct witness *witness, const struct probe *probe,
                    const struct arrival *arrival)
{
	size_t before = run->hits.n;
	int status = run->container
	                 ? hit_add_l2(run->index, witness, probe, arrival, &run->hits)
	                 : hit_add(run->index, run->vantages, witness, probe, arrival, &run->hits);

	for (size_t i = before; i < run->hits.n; i++) {
		run->hits.items[i].order = run->order;
		run->hits.items[i].passes = 1u << run->pass;
	}
	return status;
}

/* Sends all probes, a chunk at a time. */
static int send_probes(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	_cleanup_free_ struct arrival *arrivals = calloc(SEND_CHUNK, sizeof(*arrivals));

	if (!arrivals)
		return -ENOMEM;
	for (size_t first = 0; first < witnesses->probes.n; first += SEND_CHUNK) {
		size_t n = witnesses->probes.n - first;
		int status;

		n = n < SEND_CHUNK ? n : SEND_CHUNK;
		status = prover_send(run->prover, witnesses->probes.items + first, n, arrivals,
		                     ret_error);
		for (size_t i = 0; i < n && status == 0; i++) {
			run->order = first + i;
			status = keep_hit(run, &witnesses->of.items[first + i],
			                  &witnesses->probes.items[first + i], &arrivals[i]);
			if (status == 0 && run->prover != run->live)
				status = model_check_probe(&run->model, run->audit, first + i,
				                           &witnesses->probes.items[first + i],
				                           &arrivals[i]);
		}
		if (status < 0)
			return status;
	}
	return 0;
}

/* Takes an arrival of a sweep. */
static int sweep_arrived(const struct probe *probe, const struct arrival *arrival, void *data)
{
	struct run *run = data;

	run->order = run->sweep_order | probe->destination_port;
	return keep_hit(run, &run->sweep->witness, probe, arrival);
}

/* Sends all sweeps. */
static int send_sweeps(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	run->sweep_order = 1ull << 32; /* behind all single probes */
	vec_foreach(sweep, &witnesses->sweeps) {
		int status;

		run->sweep = sweep;
		status = prover_sweep(run->prover, &sweep->probe, 1, 65535, sweep_arrived, run,
		                      ret_error);
		if (status < 0)
			return status;
		run->sweep_order += 1 << 16;
	}
	return 0;
}

/* Moves what was hit into reach entries, and hits on the host's own processes into the proof. */
static int take_hits(struct run *run, struct proof *proof)
{
	vec_foreach(hit, &run->hits) {
		int status = 0;

		if (hit->endpoint != SIZE_MAX) {
			status =
			    judge_add(run->audit, run->view, run->vantages, hit, run->live != NULL);
		} else if (!run->container) { /* whose vantage points are not the host's */
			struct hit *slot = vec_push(&proof->host_hits);

			if (!slot)
				return -ENOMEM;
			*slot = *hit;
		}
		if (status < 0)
			return status;
	}
	passes_mark(run);
	return 0;
}

/* Says that host and twin tell different things of a packet. 0 or -ENOMEM. */
static int say_differs(struct run *run, const struct hit *hit)
{
	char text[ADDRESS_TEXT];

	run->audit->disagree++;
	return notes_addf(&run->audit->incomplete, &run->audit->arena,
	                  "this host and its copy disagree on %s port %u by %s: please report it",
	                  address_format(&hit->probe.destination, text),
	                  hit->probe.destination_port, run->vantages->items[hit->vantage].in);
}

/* Whether a hit is among those of its probe that begin at `first`. */
static bool is_among(const struct hits *hits, size_t first, const struct hit *hit)
{
	for (; first < hits->n && hits->items[first].order == hit->order; first++)
		if (same_hit(&hits->items[first], hit))
			return true;
	return false;
}

/*
 * Names the first packet of which host and twins tell different things: what the host let through
 * must have arrived in some pass, and what arrived in all of them on the host.
 */
static int compare_hits(struct run *run, const struct hits *live, const struct hits *twin)
{
	size_t l = 0, t = 0;

	while (l < live->n || t < twin->n) {
		uint64_t order =
		    t == twin->n || (l < live->n && live->items[l].order < twin->items[t].order)
		        ? live->items[l].order
		        : twin->items[t].order;
		size_t first_live = l, first_twin = t;

		for (; l < live->n && live->items[l].order == order; l++)
			if (!is_among(twin, first_twin, &live->items[l]))
				return say_differs(run, &live->items[l]);
		for (; t < twin->n && twin->items[t].order == order; t++)
			if (twin->items[t].passes == passes_all(run) &&
			    !is_among(live, first_live, &twin->items[t]))
				return say_differs(run, &twin->items[t]);
	}
	return 0;
}

/* Sends everything through one prover. */
static int send_through(struct run *run, struct prover *prover, const struct witnesses *witnesses,
                        struct error **ret_error)
{
	int status;

	run->prover = prover;
	status = send_probes(run, witnesses, ret_error);
	return status == 0 ? send_sweeps(run, witnesses, ret_error) : status;
}

/* Sends everything in each pass, and joins what was hit. */
static int send_passes(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	struct hits all = {0};
	int status = 0;

	for (run->pass = 0; status == 0 && run->pass < run->n_passes; run->pass++) {
		status = send_through(run, run->passes[run->pass].prover, witnesses, ret_error);
		if (status == 0)
			status = passes_join(&all, &run->hits);
		vec_done(&run->hits);
	}
	run->pass = 0;
	run->hits = all;
	return status;
}

/* Sends through the live host, then the same in each pass, and holds one against the other. */
static int send_live(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	struct hits live = {0};
	int status = send_through(run, run->live, witnesses, ret_error);

	live = run->hits;
	run->hits = (struct hits){0};
	if (status == 0)
		status = send_passes(run, witnesses, ret_error);
	if (status == 0)
		status = compare_hits(run, &live, &run->hits);
	/* Where rules waver the host's own answer was one of several. */
	if (status == 0 && run->n_passes > 1)
		status = passes_join(&run->hits, &live);
	if (run->n_passes > 1) {
		vec_done(&live);
	} else {
		vec_done(&run->hits);
		run->hits = live;
	}
	return status;
}

/* Fills the certainty of all entries of the view. 0 or -ENOMEM. */
static int run_certainty(struct run *run)
{
	struct certainty_check check;
	int status = 0;

	certainty_begin(&check, run->model.host);
	vec_foreach(endpoint, &run->audit->endpoints)
		if (entry_of_run(run, endpoint))
			vec_foreach(entry, &endpoint->reach)
				if (status == 0)
					status = certainty_fill(&check, run->audit, entry);
	return status;
}

/* Sends everything, then asks about what was found. */
static int run_all(struct run *run, const struct witnesses *witnesses, struct proof *proof,
                   struct error **ret_error)
{
	int status;

	status = run->live ? send_live(run, witnesses, ret_error)
	                   : send_passes(run, witnesses, ret_error);
	if (status == 0)
		status = take_hits(run, proof);
	if (status == 0)
		status = run_confirm(run, ret_error);
	if (status == 0)
		status = run_doubts(run, ret_error);
	if (status == 0)
		status = run_certainty(run);
	if (status == 0)
		status = judge_all(run->audit);
	if (status == 0)
		status = run_trace(run, ret_error);
	if (status == 0 && !run->container)
		status = run_blocked(run, proof, ret_error);
	if (status == 0 && !run->container)
		status = run_flows(run, proof, ret_error);
	if (status == 0 && !run->container)
		status = run_bypasses(run, ret_error);
	return status;
}

/* Whether a sentence is among those that make the audit incomplete. */
static bool is_said(const struct audit *audit, const char *text)
{
	vec_foreach(said, &audit->incomplete)
		if (strcmp(*said, text) == 0)
			return true;
	return false;
}

/* Copies what a twin could not copy into the audit, once for all passes. */
static int take_notes(struct run *run, const struct twin *twin)
{
	const char *name = run->container ? run->container->name : "";

	vec_foreach(note, &twin->notes) {
		/* A copy: the twin's own go with it. */
		const char *text = arena_printf(&run->audit->arena, "%s%s%s", name,
		                                run->container ? ": " : "", *note);
		int status = 0;

		if (!text || !is_said(run->audit, text))
			status = notes_add(&run->audit->incomplete, text);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Adds a prover's figures to the audit. */
static void take_counts(struct audit *audit, const struct prover *prover)
{
	struct prove_counts counts = prover_counts(prover);

	audit->packets += counts.sent;
	audit->seconds += counts.seconds;
}

/* Runs through twins of one view. */
static int run_twin(struct run *run, const struct witnesses *witnesses, struct proof *proof,
                    struct error **ret_error)
{
	_cleanup_(cleanup_prover_free) struct prover *live = NULL;
	int status = passes_make(run, ret_error);

	for (unsigned i = 0; status == 0 && i < run->n_passes; i++)
		status = take_notes(run, run->passes[i].twin);
	if (status == 0 && run->options->live && !run->container)
		status = prover_new(NULL, run->view, run->options->injector, &live, ret_error);
	run->live = live;
	model_check_expect(&run->model, witnesses->probes.n);
	if (status == 0)
		status = run_all(run, witnesses, proof, ret_error);
	for (unsigned i = 0; i < run->n_passes; i++)
		if (run->passes[i].prover)
			take_counts(run->audit, run->passes[i].prover);
	if (live)
		take_counts(run->audit, live);
	passes_done(run);
	return status;
}

/* Orders ports. */
static int port_compare(const void *a, const void *b)
{
	const uint16_t *one = a, *two = b;

	return (int)*one - (int)*two;
}

/* Adds the ports that rules translate to; of long ranges it is any port. 0 or -ENOMEM. */
static int add_translated(const struct chain_graph *graph, struct ports *ports, bool *any)
{
	enum { RANGE_MOST = 64 };

	vec_foreach(found, &graph->chains)
		vec_foreach(rule, &found->chain->rules)
			vec_foreach(step, &rule->steps) {
				field_value port = step->ports.first;

				if (step->kind != STEP_NAT || !step->nat_port)
					continue;
				*any = *any || step->ports.last - step->ports.first >= RANGE_MOST;
				for (; !*any && port <= step->ports.last; port++) {
					uint16_t *slot = vec_push(ports);

					if (!slot)
						return -ENOMEM;
					*slot = (uint16_t)port;
				}
			}
	return 0;
}

/* Tells senders apart as the rules do, each with a vantage point of its own. 0 or -ENOMEM. */
static int split_vantages(struct run *run, struct vantages *vantages)
{
	struct audit *audit = run->audit;
	struct split_left_out left_out = {0};
	struct ports ports = {0};
	bool any = false;
	int status = model_check_init(&run->model, audit, run->view);

	if (status == 0)
		status = witness_ports(audit, run->options, &ports, &any);
	if (status == 0 && run->model.host)
		status = add_translated(&run->model.host->graph, &ports, &any);
	if (ports.n)
		qsort(ports.items, ports.n, sizeof(*ports.items), port_compare);
	if (status == 0 && run->model.host)
		status =
		    vantages_split(run->model.host, &(struct host_ports){ports.items, ports.n, any},
		                   &audit->arena, vantages, &left_out);
	vec_done(&ports);
	if (status == 0 && left_out.kinds)
		status = notes_add(&audit->incomplete,
		                   "the rules tell more kinds of senders apart than can be tried: "
		                   "not all were");
	if (status == 0 && left_out.scattered)
		status = notes_addf(&audit->incomplete, &audit->arena,
		                    "%u rules look at some bits of a sender's address: whom they "
		                    "let in was not tried",
		                    left_out.scattered);
	return status;
}

/* Proves the host's own view. */
static int prove_host(struct audit *audit, const struct audit_options *options,
                      const struct endpoint_index *index, struct proof *proof,
                      struct error **ret_error)
{
	struct witnesses witnesses = {0};
	struct run run = {.audit = audit,
	                  .options = options,
	                  .view = &audit->snapshot->net,
	                  .vantages = &proof->vantages,
	                  .index = index};
	unsigned left_out = 0;
	int status = vantages_find(audit->snapshot, run.view, &proof->vantages);

	if (status == 0 && audit->intent)
		status =
		    policy_split_vantages(audit->intent, run.view, &proof->vantages, &left_out);
	if (status == 0)
		status = say_left_out(audit, left_out, "prefixes of the policy");
	if (status == 0 && (options->only_in || options->only_from.family)) {
		status = vantages_narrow(&proof->vantages, options->only_in, &options->only_from);
		if (status == -ENODEV)
			return error_set(
			    ret_error, ENODEV,
			    "nobody with such an address stands behind interface \"%s\"",
			    options->only_in);
	}
	if (status == 0)
		status = split_vantages(&run, &proof->vantages);
	if (status == 0)
		status = witnesses_make(audit, options, &proof->vantages, &witnesses);
	if (status == 0)
		status = say_left_out(audit, witnesses.senders_left_out,
		                      "senders in other container networks");
	if (status == 0)
		status = say_left_out(audit, witnesses.gateways_left_out,
		                      "gateway addresses of container networks");
	if (status == 0)
		status = run_twin(&run, &witnesses, proof, ret_error);
	model_check_done(&run.model);
	vec_done(&run.hits);
	witnesses_done(&witnesses);
	return status;
}

/* Proves one container that has a place on the LAN of its own. */
static int prove_container(struct audit *audit, const struct audit_options *options,
                           const struct endpoint_index *index, const struct container *container,
                           struct proof *proof, struct error **ret_error)
{
	struct witnesses witnesses = {0};
	struct vantages vantages = {0};
	struct run run = {.audit = audit,
	                  .options = options,
	                  .view = container->view,
	                  .container = container,
	                  .vantages = &vantages,
	                  .index = index};
	int status = vantages_find(audit->snapshot, run.view, &vantages);

	if (status == 0)
		status = split_vantages(&run, &vantages);
	if (status == 0)
		status = witnesses_make_l2(audit, options, container, &vantages, &witnesses);
	if (status == 0)
		status = run_twin(&run, &witnesses, proof, ret_error);
	model_check_done(&run.model);
	vec_done(&run.hits);
	vec_done(&vantages);
	witnesses_done(&witnesses);
	return status;
}

/* The same; what fails for one container is named, and says nothing of the rest. */
static int try_container(struct audit *audit, const struct audit_options *options,
                         const struct endpoint_index *index, const struct container *container,
                         struct proof *proof)
{
	_cleanup_error_ struct error *error = NULL;
	int status = prove_container(audit, options, index, container, proof, &error);

	if (status == 0 || status == -ENOMEM)
		return status;
	return notes_addf(&audit->incomplete, &audit->arena, "%s: %s", container->name,
	                  error_message(error));
}

int proof_run(struct audit *audit, const struct audit_options *options, struct proof *proof,
              struct error **ret_error)
{
	struct endpoint_index index = {0};
	int status = endpoint_index_make(audit, &index);

	if (status == 0) {
		progress(options, "sending packets through a copy of this host's network");
		status = prove_host(audit, options, &index, proof, ret_error);
	}
	vec_foreach(container, &audit->snapshot->engine.containers)
		if (status == 0 && container->view)
			status = try_container(audit, options, &index, container, proof);
	endpoint_index_done(&index);
	return status;
}

void proof_done(struct proof *proof)
{
	vec_done(&proof->host_hits);
	vec_done(&proof->blocked);
	vec_done(&proof->survivors);
	vec_done(&proof->vantages);
}
