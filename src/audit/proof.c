/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The proof: sends what witnesses ask for, and fills the audit's reach entries. */
#include "audit/proof.h"
#include "audit/decide.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SEND_CHUNK = 16384, /* probes whose arrivals are held at once */
	TRACES_MOST = 512,  /* traced witnesses; problems come first */
};

/* What one run through a namespace needs at hand. */
struct run {
	struct audit *audit;
	const struct audit_options *options;
	const struct netview *view;
	const struct container *container; /* whose view it is; NULL: the host's */
	const struct vantages *vantages;
	const struct endpoint_index *index;
	struct prover *prover;
	struct twin *twin; /* NULL: live */
	struct hits hits;
	const struct sweep *sweep; /* the one under way */
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
			status = judge_add(run->audit, run->view, run->vantages, hit, !run->twin);
		} else {
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

/* Whether an entry came from the view of this run. */
static bool entry_of_run(const struct run *run, const struct audit_endpoint *endpoint)
{
	const struct container *own =
	    endpoint->container && endpoint->container->view ? endpoint->container : NULL;

	return own == run->container;
}

/* Traces an entry's witness: the deciding rule, and whether it arrives as it did before. */
static int trace_entry(struct run *run, struct reach_entry *entry, struct error **ret_error)
{
	struct trace_steps steps = {0};
	struct arrival arrival = {0};
	int status = prover_trace(run->prover, &entry->witness, &steps, &arrival, ret_error);

	if (status == 0)
		status = decide_rule(run->view, run->twin, &steps, &entry->witness, &arrival,
		                     &run->audit->arena, &entry->rule);
	vec_done(&steps);
	return status;
}

/* Traces entries that are (`meant`) or are not meant, up to the cap. */
static int trace_entries(struct run *run, bool meant, unsigned *traced, struct error **ret_error)
{
	vec_foreach(endpoint, &run->audit->endpoints) {
		if (!entry_of_run(run, endpoint))
			continue;
		vec_foreach(entry, &endpoint->reach) {
			int status;

			if (entry->meant != meant || ++*traced > TRACES_MOST)
				continue;
			status = trace_entry(run, entry, ret_error);
			if (status < 0)
				return status;
		}
	}
	return 0;
}

/*
 * Sends each entry's witness once more, alone in its batch of one kind: it must arrive as before.
 * Entries of the run's view, in order.
 */
static int confirm_entries(struct run *run, struct error **ret_error)
{
	VEC(struct probe) probes = {0};
	VEC(struct reach_entry *) entries = {0};
	_cleanup_free_ struct arrival *arrivals = NULL;
	int status = 0;

	vec_foreach(endpoint, &run->audit->endpoints) {
		if (!entry_of_run(run, endpoint))
			continue;
		vec_foreach(entry, &endpoint->reach) {
			struct probe *probe = vec_push(&probes);
			struct reach_entry **slot = vec_push(&entries);

			if (!probe || !slot) {
				status = -ENOMEM;
				break;
			}
			*probe = entry->witness;
			*slot = entry;
		}
	}
	arrivals = calloc(probes.n + 1, sizeof(*arrivals));
	if (!arrivals)
		status = -ENOMEM;
	if (status == 0 && probes.n)
		status = prover_send(run->prover, probes.items, probes.n, arrivals, ret_error);
	for (size_t i = 0; i < probes.n && status == 0; i++) {
		struct reach_entry *entry = entries.items[i];

		entry->sent++;
		entry->arrived += arrivals[i].hook != ARRIVED_NOWHERE;
		entry->agrees = arrivals[i].hook != ARRIVED_NOWHERE;
		if (entry->agrees)
			run->audit->agree++;
		else
			run->audit->disagree++;
	}
	vec_done(&probes);
	vec_done(&entries);
	return status;
}

/* Whether some meant entry of this family comes in by the interface. */
static bool let_in(const struct audit_endpoint *endpoint, const char *in, uint8_t family)
{
	vec_foreach(entry, &endpoint->reach)
		if (entry->to.family == family && strcmp(entry->in, in) == 0 &&
		    (entry->path == PATH_PUBLISHED || entry->path == PATH_PROXY ||
		     entry->path == PATH_INGRESS))
			return true;
	return false;
}

/* The outsider's vantage point of a link that speaks for the most: behind a gateway, else beside
 * it. */
static const struct vantage *farthest(const struct vantages *vantages, uint32_t ifindex,
                                      uint8_t family)
{
	const struct vantage *found = NULL;

	vec_foreach(vantage, vantages) {
		if (vantage->in_ifindex != ifindex || vantage->source.family != family ||
		    vantage->enslaved)
			continue;
		if (vantage->class == VANTAGE_BEYOND && vantage->sources.len == 0)
			return vantage;
		if (!found &&
		    (vantage->class == VANTAGE_NEIGHBOUR || vantage->class == VANTAGE_BEYOND))
			found = vantage;
	}
	return found;
}

/* Notes that a mapping does not let anybody in by a link that it was meant for, and which rule
 * stops it. */
static int note_blocked(struct run *run, struct proof *proof, size_t endpoint,
                        const struct published_port *published, const struct ifaddr *own,
                        struct error **ret_error)
{
	const struct link *link = netview_link(run->view, own->ifindex);
	const struct vantage *vantage = farthest(run->vantages, own->ifindex, AF_INET);
	struct trace_steps steps = {0};
	struct arrival arrival = {0};
	struct blocked *blocked;
	struct probe probe;
	int status;

	if (!link || !vantage ||
	    let_in(&run->audit->endpoints.items[endpoint], link->name, AF_INET))
		return 0;
	probe = witness_probe(vantage, &own->address, published->host_port, published->protocol);
	status = prover_trace(run->prover, &probe, &steps, &arrival, ret_error);
	blocked = status == 0 ? vec_push(&proof->blocked) : NULL;
	if (blocked) {
		*blocked = (struct blocked){.endpoint = endpoint,
		                            .in = link->name,
		                            .to = own->address,
		                            .to_port = published->host_port};
		status = decide_rule(run->view, run->twin, &steps, &probe, &arrival,
		                     &run->audit->arena, &blocked->rule);
	}
	vec_done(&steps);
	return status < 0 ? status : (blocked ? 0 : -ENOMEM);
}

/* Finds mappings that are meant for outsiders and let nobody in. */
static int find_blocked(struct run *run, struct proof *proof, struct error **ret_error)
{
	for (size_t i = 0; i < run->audit->endpoints.n; i++) {
		const struct audit_endpoint *endpoint = &run->audit->endpoints.items[i];

		if (!entry_of_run(run, endpoint) ||
		    (endpoint->listening_known && !endpoint->listening))
			continue;
		vec_foreach(published, &endpoint->published) {
			enum declared declared = declared_by(published);

			if (declared < DECLARED_ADDRESS ||
			    published->host_address.family != AF_INET || !published->host_port)
				continue;
			vec_foreach(own, &run->view->addresses) {
				const struct link *link = netview_link(run->view, own->ifindex);
				int status;

				if (!link || own->address.family != AF_INET ||
				    !vantage_is_outside(run->audit->snapshot, run->view, link) ||
				    (declared == DECLARED_ADDRESS &&
				     !address_equal(&own->address, &published->host_address)))
					continue;
				status = note_blocked(run, proof, i, published, own, ret_error);
				if (status < 0)
					return status;
			}
		}
	}
	return 0;
}

/* Asks what INPUT would have said to packets that the engine's NAT led around it. */
static int find_bypasses(struct run *run, struct error **ret_error)
{
	VEC(struct probe) probes = {0};
	VEC(struct reach_entry *) entries = {0};
	_cleanup_free_ struct arrival *arrivals = NULL;
	int status = twin_drop_engine_nat(run->twin, run->view, ret_error);

	vec_foreach(endpoint, &run->audit->endpoints)
		vec_foreach(entry, &endpoint->reach) {
			struct probe *probe;
			struct reach_entry **slot;

			if (status < 0 || !entry_of_run(run, endpoint) || !entry->own_address ||
			    (entry->path != PATH_PUBLISHED && entry->path != PATH_INGRESS))
				continue;
			probe = vec_push(&probes);
			slot = vec_push(&entries);
			if (!probe || !slot) {
				status = -ENOMEM;
				continue;
			}
			*probe = entry->witness;
			*slot = entry;
		}
	arrivals = calloc(probes.n + 1, sizeof(*arrivals));
	if (!arrivals)
		status = -ENOMEM;
	if (status == 0 && probes.n)
		status = prover_send(run->prover, probes.items, probes.n, arrivals, ret_error);
	for (size_t i = 0; i < probes.n && status == 0; i++)
		entries.items[i]->denied_by_input = arrivals[i].hook == ARRIVED_NOWHERE;
	vec_done(&probes);
	vec_done(&entries);
	return status;
}

/* Sends everything, then asks about what was found. */
static int run_all(struct run *run, const struct witnesses *witnesses, struct proof *proof,
                   struct error **ret_error)
{
	unsigned traced = 0;
	int status = send_probes(run, witnesses, ret_error);

	if (status == 0)
		status = send_sweeps(run, witnesses, ret_error);
	if (status == 0)
		status = take_hits(run, proof);
	if (status == 0)
		status = confirm_entries(run, ret_error);
	if (status == 0)
		status = judge_all(run->audit);
	if (status == 0 && run->twin)
		status = trace_entries(run, false, &traced, ret_error);
	if (status == 0 && run->twin)
		status = trace_entries(run, true, &traced, ret_error);
	if (status == 0 && run->twin && !run->container)
		status = find_blocked(run, proof, ret_error);
	if (status == 0 && run->twin && !run->container)
		status = find_bypasses(run, ret_error);
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
	run->prover = prover;
	if (status == 0)
		status = run_all(run, witnesses, proof, ret_error);
	if (prover)
		take_counts(run->audit, prover);
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

	if (status == 0)
		status = witnesses_make(audit, options, &proof->vantages, &witnesses);
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
			status =
			    prove_container(audit, options, &index, container, proof, ret_error);
	endpoint_index_done(&index);
	return status;
}

void proof_done(struct proof *proof)
{
	vec_done(&proof->host_hits);
	vec_done(&proof->blocked);
	vec_done(&proof->vantages);
}
