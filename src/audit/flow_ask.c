/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that go on although a rule refuses new ones. */
#include "audit/flow_ask.h"
#include "audit/decide.h"
#include "audit/finding.h"
#include "prove/twin_flow.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Where a flow's sender stands: the vantage point that stands for the fewest others too. */
static const struct vantage *vantage_of(const struct run *run, const struct flow *flow)
{
	const struct vantage *found = NULL;

	vec_foreach(vantage, run->vantages)
		if ((vantage->class == VANTAGE_NEIGHBOUR || vantage->class == VANTAGE_BEYOND ||
		     vantage->class == VANTAGE_LINK_LOCAL) &&
		    !vantage->enslaved && prefix_contains(&vantage->sources, &flow->source) &&
		    (!found || vantage->sources.len > found->sources.len))
			found = vantage;
	return found;
}

/* Whether a packet got to the container that the flow's packets go to. */
static bool arrived_there(const struct arrival *arrival, const struct flow *flow)
{
	return arrival->hook == ARRIVED_FORWARD && arrival->destination_port == flow->target_port &&
	       address_equal(&arrival->destination, &flow->target);
}

/* Keeps a flow that goes on, with the rule that refuses newcomers. */
static int keep(struct run *run, struct proof *proof, const struct flow *flow, size_t endpoint,
                const struct vantage *vantage, const struct probe *newcomer,
                struct error **ret_error)
{
	struct survivor *slot = vec_push(&proof->survivors);
	const struct pass *pass = &run->passes[0];
	const struct trace_origin from = {pass->twin, pass->variant};
	struct trace_steps steps = {0};
	struct arrival arrival = {0};
	int status;

	if (!slot)
		return -ENOMEM;
	*slot = (struct survivor){.flow = flow, .endpoint = endpoint, .in = vantage->in};
	status = prover_trace(pass->prover, newcomer, &steps, &arrival, ret_error);
	if (status == 0)
		status = decide_rule(run->view, &from, &steps, newcomer, &arrival,
		                     &run->audit->arena, &slot->rule);
	vec_done(&steps);
	return status;
}

/* Puts a flow into the twin. 1 where that fails, which is said; else 0 or -ENOMEM. */
static int add_flow(struct run *run, const struct flow *flow)
{
	_cleanup_error_ struct error *error = NULL;
	int status = twin_flow_add(run->passes[0].twin, flow, &error);

	if (status == 0 || status == -EEXIST || status == -ENOMEM)
		return status == -ENOMEM ? status : 0;
	status =
	    notes_addf(&run->audit->incomplete, &run->audit->arena,
	               "whether flows from before go on is not known: %s", error_message(error));
	return status < 0 ? status : 1;
}

/* Asks about one flow. 1 where no flow can be asked about. */
static int ask_flow(struct run *run, struct proof *proof, const struct flow *flow,
                    struct error **ret_error)
{
	const struct vantage *vantage = vantage_of(run, flow);
	size_t endpoint = endpoint_at(run->index, flow->protocol, &flow->target, flow->target_port);
	struct vantage sender;
	struct probe newcomer, member;
	struct arrival arrival = {0};
	int status;

	if (!vantage || endpoint == SIZE_MAX ||
	    !witness_protocol_wanted(run->options, flow->protocol))
		return 0;
	sender = *vantage;
	sender.source = flow->source;
	newcomer = member = witness_probe(&sender, &flow->to, flow->to_port, flow->protocol);
	member.source_port = flow->source_port;
	if (newcomer.source_port == member.source_port)
		newcomer.source_port++;
	status = prover_send(run->passes[0].prover, &newcomer, 1, &arrival, ret_error);
	if (status < 0 || arrived_there(&arrival, flow))
		return status;
	status = add_flow(run, flow);
	if (status == 0)
		status = prover_send(run->passes[0].prover, &member, 1, &arrival, ret_error);
	if (status != 0 || !arrived_there(&arrival, flow))
		return status;
	return keep(run, proof, flow, endpoint, vantage, &newcomer, ret_error);
}

int run_flows(struct run *run, struct proof *proof, struct error **ret_error)
{
	int status = 0;

	vec_foreach(flow, &run->audit->snapshot->flows)
		if (status == 0)
			status = ask_flow(run, proof, flow, ret_error);
	return status < 0 ? status : 0;
}

/* Whether two flows are of one door, by one link. */
static bool same_door(const struct survivor *a, const struct survivor *b)
{
	return a->endpoint == b->endpoint && a->flow->to_port == b->flow->to_port &&
	       address_equal(&a->flow->to, &b->flow->to) && strcmp(a->in, b->in) == 0;
}

/* Makes the finding of a door, of which `first` is the first flow. */
static int door_finding(struct audit *audit, const struct proof *proof,
                        const struct survivor *first)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[first->endpoint];
	const char *address, *flows;
	char text[ADDRESS_TEXT];
	uint64_t count = 0;
	struct mechanism_facts facts;
	struct finding *finding;
	int status = 0;

	vec_foreach(other, &proof->survivors)
		count += same_door(first, other) ? other->flow->count : 0;
	address = arena_strdup(&audit->arena, address_format(&first->flow->to, text));
	flows = arena_printf(&audit->arena, count == 1 ? "%llu flow goes on" : "%llu flows go on",
	                     (unsigned long long)count);
	facts = (struct mechanism_facts){
	    .to = address,
	    .what = flows,
	    .published = transport_name(first->flow->protocol),
	    .in = first->in,
	    .rule = first->rule.text ? first->rule.text : "what stops them could not be named",
	    .port = first->flow->to_port,
	};
	finding = address && flows
	              ? finding_add(audit, FINDING_EXPOSURE, SEVERITY_MEDIUM, M28_FLOWS, &facts)
	              : NULL;
	if (!finding)
		return -ENOMEM;
	finding->endpoint = first->endpoint;
	finding->subject = endpoint->name;
	finding->who = "who is in already";
	finding->has_path = true;
	finding->path =
	    address_equal(&first->flow->to, &first->flow->target) ? PATH_DIRECT : PATH_PUBLISHED;
	finding->in = first->in;
	finding->to = first->flow->to;
	finding->to_port = first->flow->to_port;
	finding->rule = first->rule;
	vec_foreach(other, &proof->survivors) {
		struct prefix sender = prefix_make(
		    &other->flow->source, (uint8_t)(address_size(other->flow->source.family) * 8));

		if (status == 0 && same_door(first, other))
			status = prefixes_add(&finding->sources, &sender, 1);
	}
	return status;
}

int flow_findings(struct audit *audit, const struct proof *proof)
{
	vec_foreach(survivor, &proof->survivors) {
		bool first = true;

		for (const struct survivor *other = proof->survivors.items; other < survivor;
		     other++)
			first = first && !same_door(other, survivor);
		if (first && door_finding(audit, proof, survivor) < 0)
			return -ENOMEM;
	}
	return 0;
}
