/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of an explanation share; see explain.h. */
#pragma once

#include "audit/explain.h"
#include "audit/decide.h"
#include "audit/vantage.h"
#include "reach/host_walk.h"

/* The packet that is looked at. */
struct explain_choice {
	const struct finding *finding;
	const struct audit_endpoint *endpoint;
	const struct reach_entry *entry; /* that it belongs to; NULL: it got nowhere */
	const struct netview *view;      /* through which it goes */
	struct probe probe;
	bool has_packet;
	enum vantage_class sender;
};

/* Finds it. 0, -ENOMEM, or another negative errno with a sentence. */
int explain_choose(const struct audit *audit, const struct explain_target *target,
                   const struct explain_options *options, struct explain_choice *ret_choice,
                   struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* The view's rule that an event of the walk names, as listings name it. False: nobody's. */
bool explain_rule_ref(const struct netview *view, const struct walk_event *event,
                      struct rule_ref *ret_ref) __attribute__((nonnull));

/* A rule for people; strings are copied. 0 or -ENOMEM. */
int explain_rule_note(const struct netview *view, const struct rule_ref *ref, struct arena *arena,
                      struct rule_note *ret_note) __attribute__((nonnull, warn_unused_result));

/* Adds the walk's steps. 0 or -ENOMEM. */
int explain_add_steps(struct explanation *explanation, const struct netview *view,
                      const struct host_events *events)
    __attribute__((nonnull, warn_unused_result));

/*
 * Lays the kernel's trace beside the steps: what both have is the same, what only the kernel has
 * is added where it stands. 0 or -ENOMEM.
 */
int explain_add_trace(struct explanation *explanation, const struct host *host,
                      const struct trace_origin *from, const struct trace_steps *trace)
    __attribute__((nonnull, warn_unused_result));

/* What would have to change for a packet that was stopped. NULL without memory. */
const char *explain_change(struct explanation *explanation, const struct host_end *end)
    __attribute__((nonnull));
