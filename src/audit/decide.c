/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of a trace decided, and how it reads. */
#include "audit/decide.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Whether the destination of a step is told and differs from what was sent. */
static bool step_translated(const struct trace_step *step, const struct probe *probe)
{
	return step->destination.family &&
	       (!address_equal(&step->destination, &probe->destination) ||
	        step->destination_port != probe->destination_port);
}

/* Whether a verdict ends the chain's walk for good. */
static bool is_final(const struct trace_step *step)
{
	return step->verdict == NF_ACCEPT || step->verdict == NF_DROP;
}

/* Whether a step stands in a table or chain that translates addresses. */
static bool is_nat(const struct trace_step *step)
{
	return strcmp(step->table, "nat") == 0 || strstr(step->chain, "nat") != NULL ||
	       strstr(step->chain, "NAT") != NULL || strstr(step->chain, "dnat") != NULL ||
	       strstr(step->chain, "prerouting") != NULL ||
	       strstr(step->chain, "PREROUTING") != NULL;
}

/*
 * The rule that translated: the last final rule met while the packet was still as it was sent,
 * before the first step that shows it changed. Legacy steps do not show the packet: there it is the
 * last rule of table nat.
 */
static const struct trace_step *translating_step(const struct trace_steps *steps,
                                                 const struct probe *probe)
{
	const struct trace_step *found = NULL;

	vec_foreach(step, steps) {
		if (step->legacy) {
			if (strcmp(step->table, "nat") == 0 && !step->policy &&
			    strcmp(step->chain, "POSTROUTING") != 0)
				found = step;
			continue;
		}
		if (step_translated(step, probe))
			break;
		if (is_final(step) && !step->policy && is_nat(step))
			found = step;
	}
	return found;
}

/* The last step that decided: a drop, or the last accept of a filter chain before the end. */
static const struct trace_step *filtering_step(const struct trace_steps *steps, bool passed)
{
	const struct trace_step *found = NULL;

	vec_foreach(step, steps) {
		bool postrouting =
		    strstr(step->chain, "POSTROUTING") || strstr(step->chain, "postrouting");

		if (postrouting || (passed && is_nat(step)))
			continue;
		if (step->legacy || is_final(step) || step->policy)
			found = step;
	}
	return found;
}

const char *decide_family(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_ARP:
		return "arp";
	default:
		return "?";
	}
}

bool decide_step(const struct trace_origin *from, const struct trace_step *step,
                 struct rule_ref *ret_ref)
{
	struct rule_ref ref = {.family = step->family,
	                       .legacy = step->legacy,
	                       .policy = step->policy,
	                       .table = step->table,
	                       .chain = step->chain,
	                       .handle = step->handle};

	if (step->legacy && !step->policy && from->twin)
		ref.handle = twin_host_offset(from->twin, step->family, step->table, step->handle);
	if (step->legacy && !step->policy && from->variant)
		ref.handle = variant_origin(from->variant, step->family, step->table, ref.handle);
	if (from->twin && !step->legacy && !step->policy &&
	    !twin_host_handle(from->twin, step->family, step->table, step->chain, step->handle,
	                      &ref.handle))
		return false;
	*ret_ref = ref;
	return true;
}

int decide_rule(const struct netview *view, const struct trace_origin *from,
                const struct trace_steps *steps, const struct probe *probe,
                const struct arrival *arrival, struct arena *arena, struct rule_note *ret_note)
{
	bool passed = arrival->hook != ARRIVED_NOWHERE;
	bool translated = passed && (!address_equal(&arrival->destination, &probe->destination) ||
	                             arrival->destination_port != probe->destination_port);
	const struct trace_step *step =
	    translated ? translating_step(steps, probe) : filtering_step(steps, passed);
	_cleanup_free_ char *text = NULL;
	struct rule_ref ref;

	if (!step || !decide_step(from, step, &ref))
		return 0;
	text = rule_text(view, &ref);
	*ret_note = (struct rule_note){
	    .family = decide_family(step->family),
	    .table = arena_strdup(arena, step->table),
	    .chain = arena_strdup(arena, step->chain),
	    .text = text ? arena_strdup(arena, text) : NULL,
	    .handle = step->legacy ? 0 : ref.handle,
	    .line = step->legacy ? rule_line(view, &ref) : 0,
	    .legacy = step->legacy,
	    .owner = arena_strdup(arena, rule_owner_name(view, &ref)),
	};
	return ret_note->table && ret_note->chain ? 0 : -ENOMEM;
}
