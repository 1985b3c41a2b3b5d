/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main job: who can reach each container port, was it meant, and what to do about it. */
#include "audit/audit.h"
#include "audit/endpoint.h"
#include "audit/finding.h"
#include "audit/host_finding.h"
#include "audit/proof.h"

#include <errno.h>
#include <string.h>

/* Said where the kernel had to tell of containers in the engine's place. */
static const char nameless_text[] =
    "containers have no names here, only ids and addresses, and what their ports were meant for is "
    "not known: that only the engine can say. What follows is from the kernel's own state";

/* Takes over sentences of others; borrowed. 0 or -ENOMEM. */
static int take_notes(struct notes *notes, const struct notes *from)
{
	int status = 0;

	vec_foreach(text, from)
		if (status == 0)
			status = notes_add(notes, *text);
	return status;
}

/* Takes over what the snapshot could not read. */
static int take_incomplete(struct audit *audit)
{
	const struct snapshot *snapshot = audit->snapshot;
	const struct engine *engine = &snapshot->engine;
	int status = take_notes(&audit->incomplete, &snapshot->incomplete);

	if (status == 0)
		status = take_notes(&audit->incomplete, &snapshot->net.incomplete);
	if (status == 0 && audit->intent)
		status = take_notes(&audit->incomplete, &audit->intent->incomplete);
	if (status == 0 && audit->intent)
		status = take_notes(&audit->notes, &audit->intent->warnings);
	if (status < 0 || engine->status == ENGINE_OK)
		return status;
	return notes_add(&audit->incomplete, engine->status_text ? engine->status_text
	                                                         : "no container engine was found");
}

/* Whether this host was looked at by somebody who may not read its rules: a copy would be without
 * them. */
static bool rules_unread(const struct audit *audit, const struct audit_options *options)
{
	return options->user_namespace && audit->snapshot->live &&
	       audit->snapshot->net.incomplete.n > 0;
}

/* What the options leave of everything, in words: audit->asked. 0 or -ENOMEM. */
static int take_asked(struct audit *audit, const struct audit_options *options)
{
	static const char *const protocols[] = {
	    [AUDIT_TCP] = "TCP",
	    [AUDIT_UDP] = "UDP",
	    [AUDIT_TCP | AUDIT_UDP] = "TCP and UDP",
	    [AUDIT_SCTP] = "SCTP",
	    [AUDIT_TCP | AUDIT_SCTP] = "TCP and SCTP",
	    [AUDIT_UDP | AUDIT_SCTP] = "UDP and SCTP",
	};
	unsigned all = AUDIT_TCP | AUDIT_UDP | AUDIT_SCTP, some = options->protocols & all;
	const char *protocol = some && some != all ? protocols[some] : NULL;
	bool from = options->only_from.family, to = options->only_to.family;
	char from_text[ADDRESS_TEXT] = "", to_text[ADDRESS_TEXT] = "";

	if (!protocol && !options->only_in && !from && !to)
		return 0;
	if (from)
		address_format(&options->only_from, from_text);
	if (to)
		address_format(&options->only_to, to_text);
	audit->asked = arena_printf(&audit->arena, "%s%s%s%s%s%s%s", protocol ? protocol : "all",
	                            options->only_in ? " in by " : "",
	                            options->only_in ? options->only_in : "", from ? " from " : "",
	                            from_text, to ? " to " : "", to_text);
	return audit->asked ? 0 : -ENOMEM;
}

/* Finds, proves and judges. */
static int audit_fill(struct audit *audit, const struct audit_options *options,
                      struct error **ret_error)
{
	struct proof proof = {0};
	int status = take_incomplete(audit);

	if (status == 0)
		status = take_asked(audit, options);
	if (status == 0)
		status = host_firewall(audit);
	if (status == 0)
		status = endpoints_find(audit);
	if (status == 0 && audit->snapshot->engine.from_kernel && audit->endpoints.n)
		status = notes_add(&audit->incomplete, nameless_text);
	if (status == 0 && rules_unread(audit, options))
		status = notes_add(&audit->incomplete,
		                   "nothing was proved: without root the rules cannot be read");
	else if (status == 0 && !options->no_proof && audit->snapshot->net.links.n) {
		status = proof_run(audit, options, &proof, ret_error);
		audit->proved = status == 0;
	}
	if (status == 0)
		status = findings_make(audit, &proof);
	proof_done(&proof);
	return status;
}

int audit_run(const struct snapshot *snapshot, const struct audit_options *options,
              struct audit **ret_audit, struct error **ret_error)
{
	_cleanup_(cleanup_audit_free) struct audit *audit = calloc(1, sizeof(*audit));
	int status;

	if (!audit)
		return error_set(ret_error, ENOMEM, "out of memory");
	audit->snapshot = snapshot;
	audit->live = options->live;
	audit->intent = options->intent;
	status = audit_fill(audit, options, ret_error);
	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	*ret_audit = steal_pointer(&audit);
	return 0;
}

int audit_exit_code(const struct audit *audit)
{
	if (audit->disagree)
		return 4;
	if (audit->findings.n)
		return 1;
	return audit->incomplete.n ? 3 : 0;
}

void audit_free(struct audit *audit)
{
	if (!audit)
		return;
	vec_foreach(endpoint, &audit->endpoints) {
		vec_foreach(entry, &endpoint->reach) {
			vec_done(&entry->sources);
			vec_done(&entry->far);
			vec_done(&entry->genuine);
			vec_done(&entry->denied);
			vec_done(&entry->unmeant);
			vec_done(&entry->unknown);
		}
		vec_done(&endpoint->published);
		vec_done(&endpoint->intent);
		vec_done(&endpoint->reach);
	}
	vec_foreach(finding, &audit->findings)
		vec_done(&finding->sources);
	vec_foreach(container, &audit->nameless)
		vec_done(&container->attachments);
	vec_done(&audit->endpoints);
	vec_done(&audit->nameless);
	vec_done(&audit->proxied);
	vec_done(&audit->findings);
	vec_done(&audit->fine);
	vec_done(&audit->incomplete);
	vec_done(&audit->notes);
	arena_done(&audit->arena);
	free(audit);
}
