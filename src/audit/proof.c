/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The proof: sends what witnesses ask for, and fills the audit's reach entries. */
#include "audit/proof.h"
#include "audit/proof_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SEND_CHUNK = 16384, /* probes whose arrivals are held at once */
};

/* Adds a sentence to a list of the audit. 0 or -ENOMEM. */
__attribute__((format(printf, 2, 3))) static int say(struct audit *audit, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	const char **slot;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		text = NULL;
		return -ENOMEM;
	}
	slot = vec_push(&audit->incomplete);
	if (!slot)
		return -ENOMEM;
	*slot = arena_strdup(&audit->arena, text);
	return *slot ? 0 : -ENOMEM;
}

/* Notes what the caps of the witnesses left out; nothing where nothing was. 0 or -ENOMEM. */
static int say_left_out(struct audit *audit, unsigned left_out, const char *what)
{
	const char **slot;

	if (!left_out)
		return 0;
	slot = vec_push(&audit->notes);
	if (!slot)
		return -ENOMEM;
	*slot =
	    arena_printf(&audit->arena, "%u %s were not tried: there are too many", left_out, what);
	return *slot ? 0 : -ENOMEM;
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
	if (run->container)
		return hit_add_l2(run->index, witness, probe, arrival, &run->hits);
	return hit_add(run->index, run->vantages, witness, probe, arrival, &run->hits);
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
		for (size_t i = 0; i < n && status == 0; i++)
			status = keep_hit(run, &witnesses->of.items[first + i],
			                  &witnesses->probes.items[first + i], &arrivals[i]);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Takes an arrival of a sweep. */
static int sweep_arrived(const struct probe *probe, const struct arrival *arrival, void *data)
{
	struct run *run = data;

	return keep_hit(run, &run->sweep->witness, probe, arrival);
}

/* Sends all sweeps. */
static int send_sweeps(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	vec_foreach(sweep, &witnesses->sweeps) {
		int status;

		run->sweep = sweep;
		status = prover_sweep(run->prover, &sweep->probe, 1, 65535, sweep_arrived, run,
		                      ret_error);
		if (status < 0)
			return status;
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
	return 0;
}

/* Whether two hits are the same packet with the same fate. */
static bool same_hit(const struct hit *a, const struct hit *b)
{
	return a->endpoint == b->endpoint && a->path == b->path && a->vantage == b->vantage &&
	       a->probe.destination_port == b->probe.destination_port &&
	       address_equal(&a->probe.destination, &b->probe.destination) &&
	       address_equal(&a->arrival.destination, &b->arrival.destination) &&
	       a->arrival.destination_port == b->arrival.destination_port;
}

/* Names the first packet of which host and twin tell different things. */
static int compare_hits(struct run *run, const struct hits *live, const struct hits *twin)
{
	size_t n = live->n < twin->n ? live->n : twin->n, i = 0;
	const struct hit *hit;
	char text[ADDRESS_TEXT];

	while (i < n && same_hit(&live->items[i], &twin->items[i]))
		i++;
	if (i == live->n && i == twin->n)
		return 0;
	hit = i < live->n ? &live->items[i] : &twin->items[i];
	run->audit->disagree++;
	return say(run->audit,
	           "this host and its copy disagree on %s port %u by %s: please report it",
	           address_format(&hit->probe.destination, text), hit->probe.destination_port,
	           run->vantages->items[hit->vantage].in);
}

/* Sends through the live host, then the same through the twin, and holds one against the other. */
static int send_live(struct run *run, const struct witnesses *witnesses, struct error **ret_error)
{
	struct prover *twin_prover = run->prover;
	struct hits live = {0};
	int status;

	run->prover = run->live;
	status = send_probes(run, witnesses, ret_error);
	if (status == 0)
		status = send_sweeps(run, witnesses, ret_error);
	live = run->hits;
	run->hits = (struct hits){0};
	run->prover = twin_prover;
	if (status == 0)
		status = send_probes(run, witnesses, ret_error);
	if (status == 0)
		status = send_sweeps(run, witnesses, ret_error);
	if (status == 0)
		status = compare_hits(run, &live, &run->hits);
	vec_done(&run->hits);
	run->hits = live;
	return status;
}

/* Sends everything, then asks about what was found. */
static int run_all(struct run *run, const struct witnesses *witnesses, struct proof *proof,
                   struct error **ret_error)
{
	int status;

	if (run->live) {
		status = send_live(run, witnesses, ret_error);
	} else {
		status = send_probes(run, witnesses, ret_error);
		if (status == 0)
			status = send_sweeps(run, witnesses, ret_error);
	}
	if (status == 0)
		status = take_hits(run, proof);
	if (status == 0)
		status = run_confirm(run, ret_error);
	if (status == 0)
		status = judge_all(run->audit);
	if (status == 0)
		status = run_trace(run, ret_error);
	if (status == 0 && !run->container)
		status = run_blocked(run, proof, ret_error);
	if (status == 0 && !run->container)
		status = run_bypasses(run, ret_error);
	return status;
}

/* Copies what a twin could not copy into the audit. */
static int take_notes(struct run *run)
{
	vec_foreach(note, &run->twin->notes) {
		int status = say(run->audit, "%s%s%s", run->container ? run->container->name : "",
		                 run->container ? ": " : "", *note);

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

/* Runs through a twin of one view. */
static int run_twin(struct run *run, const struct witnesses *witnesses, struct proof *proof,
                    struct error **ret_error)
{
	_cleanup_(cleanup_twin_free) struct twin *twin = NULL;
	_cleanup_(cleanup_prover_free) struct prover *prover = NULL;
	_cleanup_(cleanup_prover_free) struct prover *live = NULL;
	int status;

	status = twin_new(run->view, run->options->user_namespace, &twin, ret_error);
	if (status < 0)
		return error_wrap(ret_error, status, "the copy of this network cannot be made");
	run->twin = twin;
	status = twin_check(twin, run->view, ret_error);
	if (status == 0)
		status = take_notes(run);
	if (status == 0)
		status = prover_new(twin, run->view, run->options->injector, &prover, ret_error);
	if (status == 0 && run->options->live && !run->container)
		status = prover_new(NULL, run->view, run->options->injector, &live, ret_error);
	run->prover = prover;
	run->live = live;
	if (status == 0)
		status = run_all(run, witnesses, proof, ret_error);
	if (prover)
		take_counts(run->audit, prover);
	if (live)
		take_counts(run->audit, live);
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
	int status = vantages_find(audit->snapshot, run.view, &proof->vantages);

	if (status == 0 && (options->only_in || options->only_from.family)) {
		status = vantages_narrow(&proof->vantages, options->only_in, &options->only_from);
		if (status == -ENODEV)
			return error_set(
			    ret_error, ENODEV,
			    "nobody with such an address stands behind interface \"%s\"",
			    options->only_in);
	}
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
		status = witnesses_make_l2(audit, options, container, &vantages, &witnesses);
	if (status == 0)
		status = run_twin(&run, &witnesses, proof, ret_error);
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
	return say(audit, "%s: %s", container->name, error_message(error));
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
	vec_done(&proof->vantages);
}
