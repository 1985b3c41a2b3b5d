/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan and what came of it, as the JSON of docs/json.md. */
#include "report/json_build.h"
#include "report/plan_report.h"

enum { JSON_FORMAT_VERSION = 1 };

/* Who may come through, as in an endpoint's intent. */
static json_t *sources_json(struct json_builder *builder, const struct intent *intent,
                            const struct policy_sources *sources)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT];

	vec_foreach(source, sources) {
		json_t *object = json_object();

		if (source->zone == SIZE_MAX)
			json_put(builder, object, "source",
			         json_string(prefix_format(&source->prefix, text)));
		else
			json_put(builder, object, "zone",
			         text_json(policy_zone_name(intent->policy, source->zone)));
		json_append(builder, list, object);
	}
	return list;
}

/* A port that the wall is about. */
static json_t *port_json(struct json_builder *builder, const struct intent *intent,
                         const struct intent_port *row)
{
	static const char *const ways[] = {
	    [WAY_PUBLISHED] = "published", [WAY_DIRECT] = "direct",
	    [WAY_HOST] = "host",           [WAY_LAN] = "lan",
	    [WAY_MESH] = "mesh",
	};
	json_t *object = json_object();

	json_put(builder, object, "container",
	         text_json(row->container ? row->container->name
	                                  : (row->service ? row->service->name : NULL)));
	json_put(builder, object, "way", json_string(ways[row->way]));
	json_put(builder, object, "host_address",
	         row->published ? address_json(&row->published->host_address) : json_null());
	json_put(builder, object, "host_port", json_integer(row->host_port));
	json_put(builder, object, "port", json_integer(row->port));
	json_put(builder, object, "proto",
	         row->protocol ? protocol_json(row->protocol) : json_null());
	json_put(builder, object, "allowed", sources_json(builder, intent, &row->allowed));
	json_put(builder, object, "from", text_json(intent_from_name(row->from)));
	json_put(builder, object, "said", text_json(row->narrowed ? row->narrowed_by : row->said));
	json_put(builder, object, "touched", json_boolean(!row->hands_off));
	return object;
}

static json_t *notes_json(struct json_builder *builder, const struct notes *notes)
{
	return texts_json(builder, notes->items, notes->n);
}

int report_plan_json(const struct plan *plan, const char *result, FILE *out)
{
	struct json_builder builder = {0};
	json_t *root = json_object(), *ports = json_array(), *proof = json_object();

	vec_foreach(row, &plan->intent->ports)
		json_append(&builder, ports, port_json(&builder, plan->intent, row));
	json_put(&builder, proof, "packets", count_json(plan->after->packets));
	json_put(&builder, proof, "agree", count_json(plan->after->agree));
	json_put(&builder, proof, "disagree", count_json(plan->after->disagree));
	json_put(&builder, proof, "seconds", json_real(plan->after->seconds));
	json_put(&builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	json_put(&builder, root, "result", text_json(result));
	json_put(&builder, root, "changes", json_boolean(plan->changes));
	json_put(&builder, root, "ports", ports);
	json_put(&builder, root, "closes", notes_json(&builder, &plan->closes));
	json_put(&builder, root, "exposed", notes_json(&builder, &plan->exposed));
	json_put(&builder, root, "lost", notes_json(&builder, &plan->lost));
	json_put(&builder, root, "remains", notes_json(&builder, &plan->remains));
	json_put(&builder, root, "cannot", notes_json(&builder, &plan->cannot));
	json_put(&builder, root, "proof", proof);
	json_put(&builder, root, "incomplete", notes_json(&builder, &plan->after->incomplete));
	return json_write(&builder, root, out);
}
