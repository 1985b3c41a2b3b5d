/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An audit as the stable JSON that scripts rely on.
 *
 * Keys come in the order of the documentation and are always there, null where there is
 * nothing to say.
 */
#include "report/json_build.h"
#include "report/parts.h"
#include "report/report.h"

enum { JSON_FORMAT_VERSION = 1 };

static json_t *proof_json(struct json_builder *builder, const struct reach_entry *entry)
{
	json_t *object = json_object();

	json_put(builder, object, "where", json_string(entry->live ? "live" : "twin"));
	json_put(builder, object, "sent", count_json(entry->sent));
	json_put(builder, object, "arrived", count_json(entry->arrived));
	json_put(builder, object, "agrees", json_boolean(entry->agrees));
	return object;
}

static json_t *reach_json(struct json_builder *builder, const struct reach_entry *entry)
{
	json_t *object = json_object();

	json_put(builder, object, "path", json_string(reach_path_name(entry->path)));
	json_put(builder, object, "in", text_json(entry->in));
	json_put(builder, object, "zone", text_json(entry->zone));
	json_put(builder, object, "to", to_json(builder, &entry->to, entry->to_port));
	json_put(builder, object, "sources",
	         prefixes_json(builder, entry->sources.items, entry->sources.n));
	json_put(builder, object, "certainty",
	         json_string(entry->certainty == CERTAIN_MUST ? "must" : "may"));
	json_put(builder, object, "unknown",
	         texts_json(builder, entry->unknown.items, entry->unknown.n));
	json_put(builder, object, "rule", rule_json(builder, &entry->rule));
	json_put(builder, object, "problem",
	         entry->problem ? json_integer(entry->problem) : json_null());
	json_put(builder, object, "proof", entry->sent ? proof_json(builder, entry) : json_null());
	return object;
}

static json_t *published_json(struct json_builder *builder, const struct published_port *published)
{
	json_t *object = json_object();

	json_put(builder, object, "host_address", address_json(&published->host_address));
	json_put(builder, object, "host_port", json_integer(published->host_port));
	return object;
}

static json_t *intent_json(struct json_builder *builder, const struct intent_entry *intent)
{
	json_t *object = json_object();
	char text[PREFIX_TEXT];

	if (intent->zone)
		json_put(builder, object, "zone", text_json(intent->zone));
	else
		json_put(builder, object, "source",
		         json_string(prefix_format(&intent->source, text)));
	json_put(builder, object, "from", text_json(intent->from));
	return object;
}

/* Who an endpoint is: the container's names, or the Swarm service's. */
static void put_container(struct json_builder *builder, json_t *object,
                          const struct audit_endpoint *endpoint)
{
	const struct container *container = endpoint->container;

	json_put(builder, object, "container", text_json(endpoint->name));
	json_put(builder, object, "project", text_json(container ? container->project : NULL));
	json_put(builder, object, "service", text_json(container ? container->service : NULL));
	json_put(builder, object, "image", text_json(container ? container->image : NULL));
}

/* A way to an endpoint through a web proxy. */
static json_t *proxied_json(struct json_builder *builder, const struct proxied *proxied)
{
	const struct site_route *route = proxied->route;
	json_t *object = json_object(), *listens = json_array();

	for (size_t i = 0; i < route->n_listens; i++)
		json_append(builder, listens,
		            to_json(builder, &route->listens[i].address, route->listens[i].port));
	json_put(builder, object, "proxy", text_json(route->proxy));
	json_put(builder, object, "container", text_json(proxied->container));
	json_put(builder, object, "names", texts_json(builder, route->names, route->n_names));
	json_put(builder, object, "location", text_json(route->location));
	json_put(builder, object, "listens", listens);
	json_put(builder, object, "target", text_json(route->target));
	json_put(builder, object, "guard", text_json(route->guard.what));
	json_put(builder, object, "by", text_json(route->guard.by));
	json_put(builder, object, "allowed",
	         prefixes_json(builder, route->guard.allowed, route->guard.n_allowed));
	json_put(builder, object, "guess", text_json(route->guess));
	json_put(builder, object, "who", text_json(proxied->who));
	json_put(builder, object, "file", text_json(route->file));
	if (route->line)
		json_put(builder, object, "line", json_integer(route->line));
	return object;
}

static json_t *endpoint_json(struct json_builder *builder, const struct audit *audit, size_t index)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];
	json_t *object = json_object(), *published = json_array(), *intents = json_array(),
	       *reach = json_array(), *ways = json_array();

	json_put(builder, object, "id", text_json(endpoint->id));
	put_container(builder, object, endpoint);
	json_put(builder, object, "network", text_json(endpoint->network));
	json_put(builder, object, "address", address_json(&endpoint->address));
	json_put(builder, object, "port", json_integer(endpoint->port));
	json_put(builder, object, "proto", protocol_json(endpoint->protocol));
	vec_foreach(port, &endpoint->published)
		json_append(builder, published, published_json(builder, port));
	vec_foreach(intent, &endpoint->intent)
		json_append(builder, intents, intent_json(builder, intent));
	vec_foreach(entry, &endpoint->reach)
		json_append(builder, reach, reach_json(builder, entry));
	vec_foreach(proxied, &audit->proxied)
		if (proxied->endpoint == index)
			json_append(builder, ways, proxied_json(builder, proxied));
	json_put(builder, object, "published", published);
	json_put(builder, object, "intent", intents);
	json_put(builder, object, "reach", reach);
	json_put(builder, object, "proxied", ways);
	return object;
}

static json_t *finding_json(struct json_builder *builder, const struct audit *audit, size_t i)
{
	const struct finding *finding = &audit->findings.items[i];
	json_t *object = json_object();
	const char *id = finding->endpoint < audit->endpoints.n
	                     ? audit->endpoints.items[finding->endpoint].id
	                     : NULL;

	json_put(builder, object, "kind", json_string(finding_kind_name(finding->kind)));
	json_put(builder, object, "severity", json_string(severity_name(finding->severity)));
	json_put(builder, object, "mechanism", text_json(finding->mechanism));
	json_put(builder, object, "endpoint", text_json(id));
	json_put(builder, object, "path",
	         finding->has_path ? json_string(reach_path_name(finding->path)) : json_null());
	json_put(builder, object, "in", text_json(finding->in));
	json_put(builder, object, "to",
	         finding->has_path ? to_json(builder, &finding->to, finding->to_port)
	                           : json_null());
	json_put(builder, object, "sources",
	         prefixes_json(builder, finding->sources.items, finding->sources.n));
	json_put(builder, object, "rule", rule_json(builder, &finding->rule));
	json_put(builder, object, "why", text_json(finding->why));
	json_put(builder, object, "fix", text_json(finding->fix));
	json_put(builder, object, "problem", count_json(finding_row(audit, i)));
	json_put(builder, object, "subject", text_json(finding->subject));
	json_put(builder, object, "who", text_json(finding->who));
	json_put(builder, object, "past_proxy", json_boolean(finding->past_proxy));
	return object;
}

static json_t *host_json(struct json_builder *builder, const struct snapshot *snapshot)
{
	json_t *object = json_object(), *engine = json_object();

	json_put(builder, engine, "kind", text_json(snapshot->engine.kind));
	json_put(builder, engine, "version", text_json(snapshot->engine.version));
	json_put(builder, engine, "firewall_backend", text_json(snapshot->engine.firewall_backend));
	json_put(builder, object, "name", text_json(snapshot->host));
	json_put(builder, object, "kernel", text_json(snapshot->kernel));
	json_put(builder, object, "engine", engine);
	return object;
}

/* What all packets together said. */
static json_t *totals_json(struct json_builder *builder, const struct audit *audit)
{
	json_t *object = json_object();

	json_put(builder, object, "packets", count_json(audit->packets));
	json_put(builder, object, "agree", count_json(audit->agree));
	json_put(builder, object, "disagree", count_json(audit->disagree));
	json_put(builder, object, "seconds", json_real(audit->seconds));
	return object;
}

/* The whole document. */
static json_t *audit_json(struct json_builder *builder, const struct audit *audit)
{
	json_t *root = json_object(), *endpoints = json_array(), *findings = json_array();

	for (size_t i = 0; i < audit->endpoints.n; i++)
		json_append(builder, endpoints, endpoint_json(builder, audit, i));
	for (size_t i = 0; i < audit->findings.n; i++)
		json_append(builder, findings, finding_json(builder, audit, i));
	json_put(builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	json_put(builder, root, "host", host_json(builder, audit->snapshot));
	json_put(builder, root, "endpoints", endpoints);
	json_put(builder, root, "findings", findings);
	json_put(builder, root, "proof", totals_json(builder, audit));
	json_put(builder, root, "asked", text_json(audit->asked));
	json_put(builder, root, "incomplete",
	         texts_json(builder, audit->incomplete.items, audit->incomplete.n));
	json_put(builder, root, "firewall", text_json(audit->firewall));
	json_put(builder, root, "notes", texts_json(builder, audit->notes.items, audit->notes.n));
	return root;
}

int report_json(const struct audit *audit, FILE *out)
{
	struct json_builder builder = {0};

	return json_write(&builder, audit_json(&builder, audit), out);
}
