/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the proof asks once it knows what arrives: again? by which rule? what is closed? */
#include "audit/judge_policy.h"
#include "audit/proof_run.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { TRACES_MOST = 512 /* traced witnesses; problems come first */ };

bool entry_of_run(const struct run *run, const struct audit_endpoint *endpoint)
{
	const struct container *own =
	    endpoint->container && endpoint->container->view ? endpoint->container : NULL;

	return own == run->container;
}

/* Traces an entry's witness: the deciding rule, and whether it arrives as it did before. */
static int trace_entry(struct run *run, struct reach_entry *entry, struct error **ret_error)
{
	const struct pass *pass = passes_first(run, entry->passes);
	const struct trace_origin from = {pass->twin, pass->variant};
	struct trace_steps steps = {0};
	struct arrival arrival = {0};
	int status = prover_trace(pass->prover, &entry->witness, &steps, &arrival, ret_error);

	if (status == 0)
		status = decide_rule(run->view, &from, &steps, &entry->witness, &arrival,
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

int run_trace(struct run *run, struct error **ret_error)
{
	unsigned traced = 0;
	int status = trace_entries(run, false, &traced, ret_error);

	return status == 0 ? trace_entries(run, true, &traced, ret_error) : status;
}

/* Entries, and a packet for each. */
struct questions {
	VEC(struct probe) probes;
	VEC(struct reach_entry *) entries;
	struct arrival *arrivals;
};

/* Releases the lists. */
static void questions_done(struct questions *questions)
{
	vec_done(&questions->probes);
	vec_done(&questions->entries);
	free(questions->arrivals);
}

/* Adds an entry's witness. 0 or -ENOMEM. */
static int questions_add(struct questions *questions, struct reach_entry *entry)
{
	struct probe *probe = vec_push(&questions->probes);
	struct reach_entry **slot = vec_push(&questions->entries);

	if (!probe || !slot)
		return -ENOMEM;
	*probe = entry->witness;
	*slot = entry;
	return 0;
}

/* Sends them all. 0 or a negative errno. */
static int questions_send(struct questions *questions, struct prover *prover,
                          struct error **ret_error)
{
	questions->arrivals = calloc(questions->probes.n + 1, sizeof(*questions->arrivals));
	if (!questions->arrivals)
		return -ENOMEM;
	if (!questions->probes.n)
		return 0;
	return prover_send(prover, questions->probes.items, questions->probes.n,
	                   questions->arrivals, ret_error);
}

/* The same as run_confirm() in one pass, for the entries that arrived in it. */
static int confirm_pass(struct run *run, unsigned pass, struct error **ret_error)
{
	_cleanup_(questions_done) struct questions asked = {0};
	int status = 0;

	vec_foreach(endpoint, &run->audit->endpoints)
		if (entry_of_run(run, endpoint))
			vec_foreach(entry, &endpoint->reach)
				if (status == 0 && entry->passes & 1u << pass)
					status = questions_add(&asked, entry);
	if (status == 0)
		status = questions_send(&asked, run->passes[pass].prover, ret_error);
	for (size_t i = 0; status == 0 && i < asked.probes.n; i++) {
		struct reach_entry *entry = asked.entries.items[i];
		bool arrived = asked.arrivals[i].hook != ARRIVED_NOWHERE;

		entry->sent++;
		entry->arrived += arrived;
		entry->agrees = entry->agrees && arrived;
	}
	return status;
}

int run_confirm(struct run *run, struct error **ret_error)
{
	int status = 0;

	vec_foreach(endpoint, &run->audit->endpoints)
		if (entry_of_run(run, endpoint))
			vec_foreach(entry, &endpoint->reach)
				entry->agrees = true;
	for (unsigned i = 0; status == 0 && i < run->n_passes; i++)
		status = confirm_pass(run, i, ret_error);
	vec_foreach(endpoint, &run->audit->endpoints)
		if (entry_of_run(run, endpoint))
			vec_foreach(entry, &endpoint->reach) {
				/* Left to chance, the same packet may fare otherwise: see
				 * incomplete. */
				entry->agrees |= run_draws(run);
				run->audit->agree += entry->agrees;
				run->audit->disagree += !entry->agrees;
			}
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
		if (vantage_is_world(vantage))
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
	const struct trace_origin from = {run->passes[0].twin, run->passes[0].variant};
	struct trace_steps steps = {0};
	struct arrival arrival = {0};
	struct blocked *blocked;
	struct probe probe;
	int status;

	if (!link || !vantage ||
	    let_in(&run->audit->endpoints.items[endpoint], link->name, AF_INET))
		return 0;
	status =
	    policy_shuts(run->audit, &run->audit->endpoints.items[endpoint], published, vantage);
	if (status)
		return status < 0 ? status : 0;
	probe = witness_probe(vantage, &own->address, published->host_port, published->protocol);
	status = prover_trace(run->passes[0].prover, &probe, &steps, &arrival, ret_error);
	if (status == 0 && arrival.hook == ARRIVED_FORWARD) {
		vec_done(&steps);
		return 0; /* it is led on, to somebody; at input it only came to a closed door */
	}
	blocked = status == 0 ? vec_push(&proof->blocked) : NULL;
	if (blocked) {
		*blocked = (struct blocked){.endpoint = endpoint,
		                            .in = link->name,
		                            .to = own->address,
		                            .to_port = published->host_port};
		status = decide_rule(run->view, &from, &steps, &probe, &arrival, &run->audit->arena,
		                     &blocked->rule);
	}
	vec_done(&steps);
	return status < 0 ? status : (blocked ? 0 : -ENOMEM);
}

int run_blocked(struct run *run, struct proof *proof, struct error **ret_error)
{
	for (size_t i = 0; i < run->audit->endpoints.n; i++) {
		const struct audit_endpoint *endpoint = &run->audit->endpoints.items[i];

		if (!entry_of_run(run, endpoint) ||
		    (endpoint->listening_known && !endpoint->listening))
			continue;
		vec_foreach(published, &endpoint->published) {
			enum declared declared = declared_by(published);

			if (declared < DECLARED_ADDRESS ||
			    published->host_address.family != AF_INET || !published->host_port ||
			    !witness_protocol_wanted(run->options, published->protocol))
				continue;
			vec_foreach(own, &run->view->addresses) {
				const struct link *link = netview_link(run->view, own->ifindex);
				int status;

				if (own->address.family != AF_INET || !link ||
				    (run->options->only_to.family &&
				     !address_equal(&run->options->only_to, &own->address)) ||
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

/* Whether a hit is one that INPUT is asked about: led around it, from a genuine sender. */
static bool hit_went_around(const struct run *run, const struct hit *hit)
{
	const struct reach_entry *entry;

	if (hit->endpoint == SIZE_MAX || hit->entry == SIZE_MAX ||
	    run->vantages->items[hit->vantage].class == VANTAGE_SPOOFED)
		return false;
	entry = &run->audit->endpoints.items[hit->endpoint].reach.items[hit->entry];
	return entry->own_address && (entry->path == PATH_PUBLISHED || entry->path == PATH_INGRESS);
}

/* Notes in a hit's entry that INPUT denies its sender. 0 or -ENOMEM. */
static int note_denied(const struct run *run, const struct hit *hit)
{
	struct reach_entry *entry =
	    &run->audit->endpoints.items[hit->endpoint].reach.items[hit->entry];
	const struct vantage *vantage = &run->vantages->items[hit->vantage];

	entry->denied_classes |= 1u << vantage->class;
	return vantage_senders(vantage, &entry->denied);
}

/* The same as run_bypasses() in one pass, for what first arrived in it. */
static int bypasses_pass(struct run *run, const struct pass *pass, struct error **ret_error)
{
	VEC(struct probe) probes = {0};
	VEC(const struct hit *) hits = {0};
	_cleanup_free_ struct arrival *arrivals = NULL;
	int status = 0;

	vec_foreach(hit, &run->hits) {
		struct probe *probe;
		const struct hit **slot;

		if (status < 0 || !hit_went_around(run, hit) ||
		    passes_first(run, hit->passes) != pass)
			continue;
		probe = vec_push(&probes);
		slot = vec_push(&hits);
		if (!probe || !slot) {
			status = -ENOMEM;
			continue;
		}
		*probe = hit->probe;
		*slot = hit;
	}
	arrivals = calloc(probes.n + 1, sizeof(*arrivals));
	if (!arrivals)
		status = -ENOMEM;
	if (status == 0 && probes.n)
		status = twin_drop_engine_nat(pass->twin, pass->view, ret_error);
	if (status == 0 && probes.n)
		status = prover_send(pass->prover, probes.items, probes.n, arrivals, ret_error);
	for (size_t i = 0; i < probes.n && status == 0; i++)
		if (arrivals[i].hook == ARRIVED_NOWHERE)
			status = note_denied(run, hits.items[i]);
	vec_done(&probes);
	vec_done(&hits);
	return status;
}

int run_bypasses(struct run *run, struct error **ret_error)
{
	int status = 0;

	for (unsigned i = 0; status == 0 && i < run->n_passes; i++)
		status = bypasses_pass(run, &run->passes[i], ret_error);
	return status;
}
