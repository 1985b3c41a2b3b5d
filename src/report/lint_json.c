/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lint found, as JSON. */
#include "report/json_build.h"
#include "report/lint_report.h"

enum { LINT_FORMAT_VERSION = 1 };

/* Puts where something stands. */
static void put_place(struct json_builder *builder, json_t *object,
                      const struct compose_place *place)
{
	json_put(builder, object, "file", text_json(place->file));
	json_put(builder, object, "line", json_integer(place->line));
	json_put(builder, object, "column", json_integer(place->column));
	json_put(builder, object, "end_column", json_integer(place->end_column));
}

static json_t *port_json(struct json_builder *builder, const struct compose_port *port)
{
	json_t *object = json_object();

	json_put(builder, object, "host_address",
	         port->address_given ? address_json(&port->address) : json_null());
	json_put(builder, object, "host_port", json_integer(port->host_first));
	json_put(builder, object, "host_port_last", json_integer(port->host_last));
	json_put(builder, object, "one_of", json_boolean(port->one_of));
	json_put(builder, object, "container_port", json_integer(port->container_first));
	json_put(builder, object, "container_port_last", json_integer(port->container_last));
	json_put(builder, object, "proto", protocol_json(port->protocol));
	json_put(builder, object, "mode", json_string(port->mode_host ? "host" : "ingress"));
	json_put(builder, object, "address_dropped", json_boolean(port->address_dropped));
	put_place(builder, object, &port->place);
	return object;
}

static json_t *service_json(struct json_builder *builder, const struct compose_service *service)
{
	json_t *object = json_object(), *ports = json_array();

	json_put(builder, object, "name", text_json(service->name));
	json_put(builder, object, "active", json_boolean(service->active));
	json_put(builder, object, "network_mode", text_json(service->network_mode));
	vec_foreach(port, &service->ports)
		json_append(builder, ports, port_json(builder, port));
	json_put(builder, object, "ports", ports);
	put_place(builder, object, &service->place);
	return object;
}

static json_t *tool_json(struct json_builder *builder, const struct lint *lint,
                         enum compose_tool tool)
{
	const struct compose_view *view = &lint->compose->views[tool];
	json_t *object = json_object(), *services = json_array();

	json_put(builder, object, "name", json_string(compose_tool_name(tool)));
	json_put(builder, object, "judged", json_boolean((lint->tools & 1U << tool) != 0));
	json_put(builder, object, "rejected",
	         view->rejected ? text_json(error_message(view->rejected)) : json_null());
	vec_foreach(service, &view->services)
		json_append(builder, services, service_json(builder, service));
	json_put(builder, object, "services", services);
	return object;
}

static json_t *finding_json(struct json_builder *builder, const struct lint_finding *finding)
{
	json_t *object = json_object(), *tools = json_array();

	json_put(builder, object, "rule", json_string(lint_rule_name(finding->rule)));
	json_put(builder, object, "kind", json_string(finding_kind_name(finding->kind)));
	json_put(builder, object, "severity", json_string(severity_name(finding->severity)));
	json_put(builder, object, "mechanism", text_json(finding->mechanism));
	json_put(builder, object, "service", text_json(finding->service));
	put_place(builder, object, &finding->place);
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
		if (finding->tools & 1U << tool)
			json_append(builder, tools, json_string(compose_tool_name(tool)));
	json_put(builder, object, "tools", tools);
	json_put(builder, object, "why", text_json(finding->why));
	json_put(builder, object, "fix", text_json(finding->fix));
	json_put(builder, object, "replacement", text_json(finding->replacement));
	return object;
}

int lint_report_json(const struct lint *lint, FILE *out)
{
	struct json_builder builder = {0};
	json_t *root = json_object(), *tools = json_array(), *findings = json_array();

	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
		json_append(&builder, tools, tool_json(&builder, lint, tool));
	vec_foreach(finding, &lint->findings)
		json_append(&builder, findings, finding_json(&builder, finding));
	json_put(&builder, root, "version", json_integer(LINT_FORMAT_VERSION));
	json_put(&builder, root, "tools", tools);
	json_put(&builder, root, "findings", findings);
	return json_write(&builder, root, out);
}
