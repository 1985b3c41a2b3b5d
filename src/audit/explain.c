/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet's way through the host, and what the kernel said. */
#include "audit/explain_parts.h"

#include "audit/model.h"
#include "prove/catch.h"

#include <errno.h>
#include <string.h>

/* What is at hand while an explanation is made. */
struct making {
	struct explanation *explanation;
	const struct explain_options *options;
	const struct netview *view;
	struct twin *twin;
	struct prover *prover;
	struct trace_steps trace;
	struct arrival arrival;
};

/* Who sends it, in words. */
static const char *sender_words(enum vantage_class class)
{
	static const char *const words[] = {
	    [VANTAGE_NEIGHBOUR] = "a neighbour on the link",
	    [VANTAGE_LINK_LOCAL] = "a neighbour's link-local address",
	    [VANTAGE_BEYOND] = "somebody beyond a gateway",
	    [VANTAGE_SPOOFED] = "a forged address",
	    [VANTAGE_CONTAINER] = "another container",
	};

	return words[class];
}

/* Sends the packet through a twin, traced. 0 or a negative errno with a sentence. */
static int ask_kernel(struct making *making, struct error **ret_error)
{
	struct explanation *explanation = making->explanation;
	int status =
	    twin_new(making->view, making->options->user_namespace, &making->twin, ret_error);

	if (status < 0)
		return error_wrap(ret_error, status, "the copy of this network cannot be made");
	vec_foreach(note, &making->twin->notes)
		if (status == 0)
			status =
			    notes_addf(&explanation->incomplete, &explanation->arena, "%s", *note);
	if (status == 0)
		status = twin_check(making->twin, making->view, ret_error);
	if (status == 0)
		status =
		    prover_new(making->twin, making->view, INJECT_AUTO, &making->prover, ret_error);
	if (status == 0)
		status = prover_trace(making->prover, &explanation->probe, &making->trace,
		                      &making->arrival, ret_error);
	explanation->asked_kernel = status == 0;
	return status;
}

/* Whether an end is what the kernel gave; any will do where it was not asked. */
static bool is_kernels(const struct host_end *end, const void *data)
{
	const struct making *making = data;

	return !making->explanation->asked_kernel || model_agrees(end, &making->arrival);
}

/* Takes what a walk came to. 0 or -ENOMEM. */
static int take_end(struct making *making, const struct host_end *end)
{
	struct explanation *explanation = making->explanation;
	const struct walk_event *by =
	    end->nat.chain && end->fate != HOST_NOWHERE ? &end->nat : &end->by;
	struct rule_ref ref;

	explanation->arrives = end->fate != HOST_NOWHERE;
	explanation->end = model_fate_words(&explanation->arena, making->view, end->fate,
	                                    &end->destination, end->port, end->out_ifindex);
	explanation->end_agrees = is_kernels(end, making);
	if (explain_rule_ref(making->view, by, &ref) &&
	    explain_rule_note(making->view, &ref, &explanation->arena, &explanation->decider) < 0)
		return -ENOMEM;
	if (end->stop)
		explanation->reason = arena_strdup(&explanation->arena, end->stop);
	else if (end->drop != FIB_TAKEN)
		explanation->reason = fib_drop_name(end->drop);
	if (!explanation->arrives)
		explanation->change = explain_change(explanation, end);
	return explanation->end && (explanation->arrives || explanation->change) ? 0 : -ENOMEM;
}

/* A packet that this host itself would get, and nobody listens. 0 or -ENOMEM. */
static int look_for_listener(struct making *making, const struct host_end *end)
{
	struct explanation *explanation = making->explanation;
	const struct socket *socket;

	if (end->fate != HOST_LOCAL)
		return 0;
	socket = netview_socket(making->view, explanation->probe.protocol, &end->destination,
	                        end->port, explanation->probe.ifindex);
	if (socket)
		explanation->end =
		    arena_printf(&explanation->arena, "%s, where %s listens", explanation->end,
		                 socket->owner.comm ? socket->owner.comm : "a process");
	else {
		explanation->arrives = false;
		explanation->decider = (struct rule_note){0};
		explanation->change = "a process would have to listen there";
		explanation->end = arena_printf(&explanation->arena, "%s, where nothing listens",
		                                explanation->end);
	}
	return explanation->end ? 0 : -ENOMEM;
}

/* Walks the packet through the rules as read. 0 or a negative errno with a sentence. */
static int ask_model(struct making *making, struct error **ret_error)
{
	struct explanation *explanation = making->explanation;
	_cleanup_(cleanup_host_free) struct host *host = NULL;
	const struct trace_origin from = {.twin = making->twin};
	struct host_packet packet = model_packet(&explanation->probe);
	struct host_events events = {0};
	struct host_ways ways = {0};
	struct host_end end;
	int status = host_new(making->view, CATCH_TABLE, &host, ret_error);

	if (status < 0)
		return status;
	status = host_ways_follow(host, &packet, is_kernels, making, &ways, &events, &end);
	if (status == 0)
		status = explain_add_steps(explanation, making->view, &events);
	vec_foreach(unknown, &ways.unknown)
		if (status == 0)
			status =
			    notes_addf(&explanation->unknown, &explanation->arena, "%s", *unknown);
	if (status == 0)
		status = take_end(making, &end);
	if (status == 0)
		status = look_for_listener(making, &end);
	if (status == 0 && explanation->asked_kernel)
		status = explain_add_trace(explanation, host, &from, &making->trace);
	vec_done(&events);
	host_ways_done(&ways);
	return status == -ENODEV ? error_set(ret_error, ENODEV, "the link is gone") : status;
}

/* Both, for a packet that was chosen. 0 or a negative errno with a sentence. */
static int explain_packet(struct explanation *explanation, const struct explain_choice *choice,
                          const struct explain_options *options, struct error **ret_error)
{
	struct making making = {
	    .explanation = explanation, .options = options, .view = choice->view};
	const struct link *in = netview_link(choice->view, choice->probe.ifindex);
	int status = 0;

	explanation->probe = choice->probe;
	explanation->in = in ? in->name : "?";
	explanation->sender = sender_words(choice->sender);
	if (!options->no_proof)
		status = ask_kernel(&making, ret_error);
	if (status == 0)
		status = ask_model(&making, ret_error);
	if (status == 0 && explanation->asked_kernel) {
		const struct arrival *arrival = &making.arrival;

		explanation->kernel_end = model_fate_words(
		    &explanation->arena, choice->view, model_fate(arrival), &arrival->destination,
		    arrival->destination_port, arrival->out_ifindex);
		status = explanation->kernel_end ? 0 : -ENOMEM;
	}
	vec_done(&making.trace);
	prover_free(making.prover);
	twin_free(making.twin);
	return status;
}

int explain_make(const struct audit *audit, const struct explain_target *target,
                 const struct explain_options *options, struct explanation **ret_explanation,
                 struct error **ret_error)
{
	_cleanup_(cleanup_explain_free) struct explanation *explanation =
	    calloc(1, sizeof(*explanation));
	struct explain_choice choice;
	int status;

	if (!explanation)
		return error_set(ret_error, ENOMEM, "out of memory");
	explanation->audit = audit;
	status = explain_choose(audit, target, options, &choice, ret_error);
	if (status == 0) {
		explanation->finding = choice.finding;
		explanation->endpoint = choice.endpoint;
		explanation->has_packet = choice.has_packet;
		explanation->meant = choice.entry && choice.entry->meant;
	}
	if (status == 0 && choice.has_packet)
		status = explain_packet(explanation, &choice, options, ret_error);
	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	*ret_explanation = steal_pointer(&explanation);
	return 0;
}

void explain_free(struct explanation *explanation)
{
	if (!explanation)
		return;
	vec_done(&explanation->steps);
	vec_done(&explanation->unknown);
	vec_done(&explanation->incomplete);
	arena_done(&explanation->arena);
	free(explanation);
}

int explain_exit_code(const struct explanation *explanation)
{
	if (explanation->asked_kernel && (!explanation->end_agrees || explanation->differs))
		return 4;
	if (explanation->finding)
		return 1;
	return explanation->incomplete.n || (explanation->has_packet && !explanation->asked_kernel)
	           ? 3
	           : 0;
}
