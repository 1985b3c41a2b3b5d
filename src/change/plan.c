/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan: the wall that a policy asks for, and what becomes of each problem and each way in. */
#include "change/plan.h"

#include "audit/judge.h"
#include "audit/judge_policy.h"
#include "wall/stage.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The endpoint of an id, or NULL. */
static const struct audit_endpoint *endpoint_of(const struct audit *audit, const char *id)
{
	vec_foreach(endpoint, &audit->endpoints)
		if (strcmp(endpoint->id, id) == 0)
			return endpoint;
	return NULL;
}

/* Whether two findings of two audits are one. */
static bool same_finding(const struct audit *a, const struct finding *one, const struct audit *b,
                         const struct finding *other)
{
	const char *id = one->endpoint == SIZE_MAX ? "" : a->endpoints.items[one->endpoint].id;
	const char *other_id =
	    other->endpoint == SIZE_MAX ? "" : b->endpoints.items[other->endpoint].id;

	return one->kind == other->kind && one->has_path == other->has_path &&
	       (!one->has_path || one->path == other->path) &&
	       strcmp(one->mechanism, other->mechanism) == 0 && strcmp(id, other_id) == 0 &&
	       strcmp(one->subject, other->subject) == 0 &&
	       strcmp(one->in ? one->in : "", other->in ? other->in : "") == 0;
}

/* Whether an audit has a finding. */
static bool has_finding(const struct audit *audit, const struct audit *of,
                        const struct finding *finding)
{
	vec_foreach(other, &audit->findings)
		if (same_finding(of, finding, audit, other))
			return true;
	return false;
}

/* Whether an interface is a bridge of the engine: who sends by it is a container. */
static bool from_containers(const struct audit *audit, const char *in)
{
	if (!in)
		return false;
	vec_foreach(network, &audit->snapshot->engine.networks)
		if (network->bridge && strcmp(network->bridge, in) == 0)
			return true;
	return false;
}

/* Whether a finding's packets come by a DOCKER-USER that has the wall. */
static bool passes_forward(const struct plan *plan, const struct audit *audit,
                           const struct finding *finding)
{
	uint8_t family;

	if (finding->endpoint == SIZE_MAX || finding->path == PATH_PROXY ||
	    finding->path == PATH_BROADCAST || finding->path == PATH_HOST)
		return false;
	family = audit->endpoints.items[finding->endpoint].address.family;
	return docker_user_has(&plan->places, family);
}

/*
 * Whether the wall answers for a finding: something from outside gets to a container by way of this
 * host, and is not meant to.
 */
static bool is_the_walls(const struct plan *plan, const struct audit *audit,
                         const struct finding *finding)
{
	if (plan->places.n && !passes_forward(plan, audit, finding))
		return false;
	if (finding->kind != FINDING_EXPOSURE || finding->endpoint == SIZE_MAX ||
	    from_containers(audit, finding->in))
		return false;
	/* Weak host, unless bind addresses are to be strict. */
	if (strcmp(finding->mechanism, "M13") == 0)
		return audit->intent && audit->intent->policy->strict_bind;
	/* Flows from before a rule of the admin's, to a port that is meant: that rule is not ours.
	 */
	if (strcmp(finding->mechanism, "M28") == 0)
		return false;
	switch (finding->path) {
	case PATH_PUBLISHED:
	case PATH_DIRECT:
	case PATH_LOOPBACK:
	case PATH_INGRESS:
	case PATH_REDIRECT:
	case PATH_BROADCAST:
		return true;
	case PATH_PROXY:
		/* A proxy that took what the engine's own rule should have: the port is meant. */
		return finding->to.family == AF_INET6 || strcmp(finding->mechanism, "-") == 0;
	case PATH_HOST:
		return strcmp(finding->mechanism, "-") == 0; /* the policy names it */
	default:
		return false;
	}
}

/* Adds "subject: why", once. 0 or -ENOMEM. */
static int add_finding(struct plan *plan, struct notes *notes, const struct finding *finding)
{
	const char *text = arena_printf(&plan->arena, "%s: %s", finding->subject, finding->why);

	vec_foreach(note, notes)
		if (text && strcmp(*note, text) == 0)
			return 0;
	return notes_add(notes, text);
}

/* Sorts the findings of both audits into what goes and what stays. 0 or -ENOMEM. */
static int compare_findings(struct plan *plan, const struct audit *before,
                            const struct audit *after)
{
	int status = 0;

	vec_foreach(finding, &before->findings)
		if (status == 0 && !has_finding(after, before, finding))
			status = add_finding(plan, &plan->closes, finding);
	vec_foreach(finding, &after->findings) {
		bool bad =
		    is_the_walls(plan, after, finding) && !(plan->wall && plan->wall->log_only);

		if (status == 0)
			status = add_finding(plan, bad ? &plan->exposed : &plan->remains, finding);
	}
	return status;
}

/*
 * Whether an entry is of somebody from outside who got in and is meant, for himself, by what the
 * plan's policy says of the same endpoint. 0, 1, or -ENOMEM.
 */
static int is_allowed(const struct audit *before, const struct audit_endpoint *endpoint,
                      const struct audit *after, const struct audit_endpoint *same,
                      const struct reach_entry *entry)
{
	const struct vantage sender = {
	    .class = VANTAGE_BEYOND, .in = entry->in, .source = entry->witness.source};
	const struct intent_port *row;

	if (!entry->arrived || from_containers(before, entry->in) || entry->path == PATH_BROADCAST)
		return 0;
	row = policy_row(after, same, entry);
	return policy_governs(row) ? policy_allows(after->intent, row, &sender)
	                           : judge_bind_means(before, endpoint, entry);
}

/* Whether an endpoint has the same way in. What zone that is may be another policy's word. */
static bool has_entry(const struct audit_endpoint *endpoint, const struct reach_entry *entry)
{
	vec_foreach(other, &endpoint->reach)
		if (other->path == entry->path && other->to_port == entry->to_port &&
		    address_equal(&other->to, &entry->to) && strcmp(other->in, entry->in) == 0)
			return true;
	return false;
}

/* Finds those who were meant and got in at an endpoint, and would not. 0 or -ENOMEM. */
static int compare_endpoint(struct plan *plan, const struct audit *before,
                            const struct audit_endpoint *endpoint, const struct audit *after)
{
	const struct audit_endpoint *same = endpoint_of(after, endpoint->id);
	char to[ADDRESS_TEXT];

	if (!same)
		return 0; /* it went by itself */
	vec_foreach(entry, &endpoint->reach) {
		int allowed = is_allowed(before, endpoint, after, same, entry);

		if (allowed < 0)
			return allowed;
		if (allowed && !has_entry(same, entry) &&
		    notes_addf(&plan->lost, &plan->arena, "%s: %s port %u from %s by %s",
		               endpoint->name, address_format(&entry->to, to), entry->to_port,
		               entry->zone, entry->in) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The same of all endpoints. 0 or -ENOMEM. */
static int compare_reach(struct plan *plan, const struct audit *before, const struct audit *after)
{
	int status = 0;

	vec_foreach(endpoint, &before->endpoints)
		if (status == 0)
			status = compare_endpoint(plan, before, endpoint, after);
	return status;
}

int plan_compare(struct plan *plan, const struct audit *before, const struct audit *after)
{
	int status = compare_findings(plan, before, after);

	return status == 0 ? compare_reach(plan, before, after) : status;
}

bool plan_is_good(const struct plan *plan)
{
	return !plan->exposed.n && !plan->lost.n && plan->after && plan->after->proved &&
	       !plan->after->disagree;
}

/* Says what rules behind DOCKER-USER never see. 0 or -ENOMEM. */
static int say_cannot(struct plan *plan)
{
	static const char proxy[] = "what docker-proxy takes at INPUT: IPv6 to a container without "
	                            "IPv6, broadcasts, and everything when Docker's translation is "
	                            "missing";
	static const char *const always[] = {
	    proxy,
	    "containers in the host's own network namespace",
	    "anything while table filter is flushed, until the guard or the next apply",
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(always) / sizeof(*always); i++)
		status = notes_add(&plan->cannot, always[i]);
	if (status == 0 && !docker_user_has(&plan->places, AF_INET6))
		status = notes_add(&plan->cannot,
		                   "IPv6 to containers: ip6tables has no DOCKER-USER here");
	return status;
}

/* Writes the transaction of the kind that was asked for. 0 or a negative errno with a sentence. */
static int write_transaction(struct plan *plan, bool docker_user, struct error **ret_error)
{
	int status;

	if (!docker_user)
		return wall_transaction(plan->wall, &plan->transaction);
	status = docker_user_places(plan->snapshot, &plan->places, ret_error);
	if (status == 0)
		status = docker_user_transaction(plan->wall, &plan->places, &plan->transaction,
		                                 ret_error);
	return status == 0 ? say_cannot(plan) : status;
}

/* Makes the wall and puts it into the snapshot. 0 or a negative errno with a sentence. */
static int stage(struct plan *plan, const struct policy *policy, const struct plan_options *options,
                 const struct netview *now, struct error **ret_error)
{
	int status = intent_make(policy, plan->snapshot, &plan->intent);

	if (status == 0)
		status = wall_make(plan->intent, plan->snapshot, options->log_only, &plan->wall);
	if (status == 0)
		plan->wall->hard =
		    plan->wall->hard_asked && !options->docker_user && wall_hard_works();
	if (status == 0)
		status = write_transaction(plan, options->docker_user, ret_error);
	if (status == 0)
		status = wall_stage(plan->snapshot, &plan->transaction, ret_error);
	if (status == 0)
		plan->changes = !wall_same(now, &plan->snapshot->net);
	return status;
}

int plan_make(const struct policy *policy, const struct audit *before, struct snapshot *snapshot,
              const struct plan_options *options, struct plan **ret_plan, struct error **ret_error)
{
	const struct audit_options audit_options = {.user_namespace = options->user_namespace,
	                                            .progress = options->progress,
	                                            .progress_data = options->progress_data};
	_cleanup_(cleanup_plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	struct audit_options asked = audit_options;
	int status;

	if (!plan) {
		snapshot_free(snapshot);
		return error_set(ret_error, ENOMEM, "out of memory");
	}
	plan->snapshot = snapshot;
	status = stage(plan, policy, options, &before->snapshot->net, ret_error);
	asked.intent = plan->intent;
	if (status == 0)
		status = audit_run(plan->snapshot, &asked, &plan->after, ret_error);
	if (status == 0)
		status = plan_compare(plan, before, plan->after);
	if (status == 0 && options->sessions && !options->log_only)
		status = sessions_judge(options->sessions, before->snapshot, plan->wall,
		                        &plan->arena, &plan->lost);
	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	*ret_plan = steal_pointer(&plan);
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	audit_free(plan->after);
	wall_free(plan->wall);
	intent_free(plan->intent);
	snapshot_free(plan->snapshot);
	bytes_done(&plan->transaction);
	vec_done(&plan->closes);
	vec_done(&plan->remains);
	vec_done(&plan->exposed);
	vec_done(&plan->lost);
	vec_done(&plan->cannot);
	arena_done(&plan->arena);
	free(plan);
}
