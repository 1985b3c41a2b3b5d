/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet's way as the JSON of docs/json.md. */
#include "report/json_build.h"
#include "report/report.h"

enum { JSON_FORMAT_VERSION = 1 };

/* {"address", "port", ...} of the packet behind a step, or null where there was none. */
static json_t *packet_json(struct json_builder *builder, const struct explain_step *step)
{
	json_t *object;

	if (!step->source.family)
		return json_null();
	object = json_object();
	json_put(builder, object, "from", to_json(builder, &step->source, step->source_port));
	json_put(builder, object, "to", to_json(builder, &step->destination, step->port));
	json_put(builder, object, "mark", count_json(step->mark));
	return object;
}

static json_t *step_json(struct json_builder *builder, const struct explain_step *step)
{
	static const char *const kinds[] = {
	    [EXPLAINED_RULE] = "rule",
	    [EXPLAINED_TRACKED] = "conntrack",
	    [EXPLAINED_REWRITTEN] = "rewrite",
	    [EXPLAINED_ROUTED] = "route",
	};
	static const char *const traced[] = {
	    [TRACED_SAME] = "same",
	    [TRACED_MISSING] = "missing",
	    [TRACED_ONLY] = "only",
	    [TRACED_UNTOLD] = NULL,
	};
	json_t *object = json_object();

	json_put(builder, object, "kind", json_string(kinds[step->kind]));
	json_put(builder, object, "hook", text_json(step->hook));
	json_put(builder, object, "rule", rule_json(builder, &step->rule));
	json_put(builder, object, "verdict", text_json(step->verdict));
	json_put(builder, object, "what", text_json(step->what));
	json_put(builder, object, "trace", text_json(traced[step->traced]));
	json_put(builder, object, "packet", packet_json(builder, step));
	return object;
}

/* What was sent. */
static json_t *asked_json(struct json_builder *builder, const struct explanation *explanation)
{
	const struct probe *probe = &explanation->probe;
	json_t *object = json_object();

	json_put(builder, object, "in", text_json(explanation->in));
	json_put(builder, object, "sender", text_json(explanation->sender));
	json_put(builder, object, "proto", protocol_json(probe->protocol));
	json_put(builder, object, "from", to_json(builder, &probe->source, probe->source_port));
	json_put(builder, object, "to",
	         to_json(builder, &probe->destination, probe->destination_port));
	return object;
}

/* What the kernel said of it; null where it was not asked. */
static json_t *kernel_json(struct json_builder *builder, const struct explanation *explanation)
{
	json_t *object;

	if (!explanation->asked_kernel)
		return json_null();
	object = json_object();
	json_put(builder, object, "end", text_json(explanation->kernel_end));
	json_put(builder, object, "agrees",
	         json_boolean(explanation->end_agrees && !explanation->differs));
	json_put(builder, object, "same_rules", count_json(explanation->same));
	json_put(builder, object, "other_rules", count_json(explanation->differs));
	return object;
}

/* The problem that it is; null for none. */
static json_t *problem_json(struct json_builder *builder, const struct finding *finding)
{
	json_t *object;

	if (!finding)
		return json_null();
	object = json_object();
	json_put(builder, object, "number", json_integer(finding->row));
	json_put(builder, object, "kind", json_string(finding_kind_name(finding->kind)));
	json_put(builder, object, "severity", json_string(severity_name(finding->severity)));
	json_put(builder, object, "mechanism", text_json(finding->mechanism));
	json_put(builder, object, "rule", rule_json(builder, &finding->rule));
	json_put(builder, object, "why", text_json(finding->why));
	json_put(builder, object, "fix", text_json(finding->fix));
	return object;
}

/* The whole document. */
static json_t *explanation_json(struct json_builder *builder, const struct explanation *explanation)
{
	json_t *root = json_object(), *steps = json_array();
	bool packet = explanation->has_packet;

	vec_foreach(step, &explanation->steps)
		json_append(builder, steps, step_json(builder, step));
	json_put(builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	json_put(builder, root, "endpoint",
	         text_json(explanation->endpoint ? explanation->endpoint->id : NULL));
	json_put(builder, root, "packet", packet ? asked_json(builder, explanation) : json_null());
	json_put(builder, root, "steps", steps);
	json_put(builder, root, "arrives",
	         packet ? json_boolean(explanation->arrives) : json_null());
	json_put(builder, root, "meant", packet ? json_boolean(explanation->meant) : json_null());
	json_put(builder, root, "end", text_json(explanation->end));
	json_put(builder, root, "reason", text_json(explanation->reason));
	json_put(builder, root, "rule", rule_json(builder, &explanation->decider));
	json_put(builder, root, "change", text_json(explanation->change));
	json_put(builder, root, "kernel", kernel_json(builder, explanation));
	json_put(builder, root, "problem", problem_json(builder, explanation->finding));
	json_put(builder, root, "unknown",
	         texts_json(builder, explanation->unknown.items, explanation->unknown.n));
	json_put(builder, root, "incomplete",
	         texts_json(builder, explanation->incomplete.items, explanation->incomplete.n));
	return root;
}

int report_explanation_json(const struct explanation *explanation, FILE *out)
{
	struct json_builder builder = {0};

	return json_write(&builder, explanation_json(&builder, explanation), out);
}
