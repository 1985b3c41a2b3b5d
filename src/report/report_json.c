/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An audit as the stable JSON that scripts rely on.
 *
 * Keys come in the order of the documentation and are always there, null where there is
 * nothing to say. Only ASCII is written, so that a name cannot do harm on a terminal either.
 * All put() calls may fail; json_t handles NULL values by failing in turn, and the failure
 * is kept in struct builder and looked at once.
 */
#include "report/report.h"

#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

enum { JSON_FORMAT_VERSION = 1 };

/* Whether anything failed so far; memory is the only thing that can. */
struct builder {
	bool failed;
};

DEFINE_CLEANUP(json_t, json_decref);

/* Adds a value, which it takes, under a key. */
static void put(struct builder *builder, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		builder->failed = true;
}

/* Adds a value, which it takes, to a list. */
static void append(struct builder *builder, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		builder->failed = true;
}

/* A string, valid UTF-8 whatever it was; null for NULL. */
static json_t *text_json(const char *text)
{
	_cleanup_free_ char *valid = NULL;

	if (!text)
		return json_null();
	valid = printable_utf8(text);
	return valid ? json_string(valid) : NULL;
}

/* A count that fits into JSON's signed numbers. */
static json_t *count_json(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

static json_t *address_json(const struct address *address)
{
	char text[ADDRESS_TEXT];

	return address->family ? json_string(address_format(address, text)) : json_null();
}

/* The protocol's name, or its number as text. */
static json_t *protocol_json(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_SCTP:
		return json_string("sctp");
	default:
		return json_sprintf("%u", protocol);
	}
}

/* {"address", "port"} */
static json_t *to_json(struct builder *builder, const struct address *address, uint16_t port)
{
	json_t *to = json_object();

	put(builder, to, "address", address_json(address));
	put(builder, to, "port", json_integer(port));
	return to;
}

/* Orders prefixes by address, then by length. */
static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* A list of prefixes in address order. */
static json_t *prefixes_json(struct builder *builder, const struct prefix *prefixes, size_t n)
{
	_cleanup_free_ struct prefix *sorted = NULL;
	json_t *list = json_array();
	char text[PREFIX_TEXT];

	sorted = n ? reallocarray(NULL, n, sizeof(*sorted)) : NULL;
	if (n && !sorted) {
		builder->failed = true;
		return list;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = prefixes[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_prefixes);
	for (size_t i = 0; i < n; i++)
		append(builder, list, json_string(prefix_format(&sorted[i], text)));
	return list;
}

static json_t *texts_json(struct builder *builder, const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		append(builder, list, text_json(texts[i]));
	return list;
}

/* The deciding rule, or null where none is known. nft rules have a handle, legacy ones a line. */
static json_t *rule_json(struct builder *builder, const struct rule_note *rule)
{
	json_t *object;

	if (!rule->family)
		return json_null();
	object = json_object();
	put(builder, object, "family", text_json(rule->family));
	put(builder, object, "table", text_json(rule->table));
	put(builder, object, "chain", text_json(rule->chain));
	if (rule->handle)
		put(builder, object, "handle", count_json(rule->handle));
	else if (rule->line)
		put(builder, object, "line", json_integer(rule->line));
	put(builder, object, "text", text_json(rule->text));
	put(builder, object, "owner", text_json(rule->owner));
	return object;
}

static json_t *proof_json(struct builder *builder, const struct reach_entry *entry)
{
	json_t *object = json_object();

	put(builder, object, "where", json_string(entry->live ? "live" : "twin"));
	put(builder, object, "sent", count_json(entry->sent));
	put(builder, object, "arrived", count_json(entry->arrived));
	put(builder, object, "agrees", json_boolean(entry->agrees));
	return object;
}

static json_t *reach_json(struct builder *builder, const struct reach_entry *entry)
{
	json_t *object = json_object();

	put(builder, object, "path", json_string(reach_path_name(entry->path)));
	put(builder, object, "in", text_json(entry->in));
	put(builder, object, "zone", text_json(entry->zone));
	put(builder, object, "to", to_json(builder, &entry->to, entry->to_port));
	put(builder, object, "sources",
	    prefixes_json(builder, entry->sources.items, entry->sources.n));
	put(builder, object, "certainty",
	    json_string(entry->certainty == CERTAIN_MUST ? "must" : "may"));
	put(builder, object, "unknown",
	    texts_json(builder, entry->unknown.items, entry->unknown.n));
	put(builder, object, "rule", rule_json(builder, &entry->rule));
	put(builder, object, "proof", entry->sent ? proof_json(builder, entry) : json_null());
	return object;
}

static json_t *published_json(struct builder *builder, const struct published_port *published)
{
	json_t *object = json_object();

	put(builder, object, "host_address", address_json(&published->host_address));
	put(builder, object, "host_port", json_integer(published->host_port));
	return object;
}

static json_t *intent_json(struct builder *builder, const struct intent_entry *intent)
{
	json_t *object = json_object();
	char text[PREFIX_TEXT];

	if (intent->zone)
		put(builder, object, "zone", text_json(intent->zone));
	else
		put(builder, object, "source", json_string(prefix_format(&intent->source, text)));
	put(builder, object, "from", text_json(intent->from));
	return object;
}

/* Who an endpoint is: the container's names, or the Swarm service's. */
static void put_container(struct builder *builder, json_t *object,
                          const struct audit_endpoint *endpoint)
{
	const struct container *container = endpoint->container;

	put(builder, object, "container", text_json(endpoint->name));
	put(builder, object, "project", text_json(container ? container->project : NULL));
	put(builder, object, "service", text_json(container ? container->service : NULL));
	put(builder, object, "image", text_json(container ? container->image : NULL));
}

static json_t *endpoint_json(struct builder *builder, const struct audit_endpoint *endpoint)
{
	json_t *object = json_object(), *published = json_array(), *intents = json_array(),
	       *reach = json_array();

	put(builder, object, "id", text_json(endpoint->id));
	put_container(builder, object, endpoint);
	put(builder, object, "network", text_json(endpoint->network));
	put(builder, object, "address", address_json(&endpoint->address));
	put(builder, object, "port", json_integer(endpoint->port));
	put(builder, object, "proto", protocol_json(endpoint->protocol));
	vec_foreach(port, &endpoint->published)
		append(builder, published, published_json(builder, port));
	vec_foreach(intent, &endpoint->intent)
		append(builder, intents, intent_json(builder, intent));
	vec_foreach(entry, &endpoint->reach)
		append(builder, reach, reach_json(builder, entry));
	put(builder, object, "published", published);
	put(builder, object, "intent", intents);
	put(builder, object, "reach", reach);
	return object;
}

static json_t *finding_json(struct builder *builder, const struct audit *audit,
                            const struct finding *finding)
{
	json_t *object = json_object();
	const char *id = finding->endpoint < audit->endpoints.n
	                     ? audit->endpoints.items[finding->endpoint].id
	                     : NULL;

	put(builder, object, "kind", json_string(finding_kind_name(finding->kind)));
	put(builder, object, "severity", json_string(severity_name(finding->severity)));
	put(builder, object, "mechanism", text_json(finding->mechanism));
	put(builder, object, "endpoint", text_json(id));
	put(builder, object, "path",
	    finding->has_path ? json_string(reach_path_name(finding->path)) : json_null());
	put(builder, object, "in", text_json(finding->in));
	put(builder, object, "to",
	    finding->has_path ? to_json(builder, &finding->to, finding->to_port) : json_null());
	put(builder, object, "sources",
	    prefixes_json(builder, finding->sources.items, finding->sources.n));
	put(builder, object, "rule", rule_json(builder, &finding->rule));
	put(builder, object, "why", text_json(finding->why));
	put(builder, object, "fix", text_json(finding->fix));
	return object;
}

static json_t *host_json(struct builder *builder, const struct snapshot *snapshot)
{
	json_t *object = json_object(), *engine = json_object();

	put(builder, engine, "kind", text_json(snapshot->engine.kind));
	put(builder, engine, "version", text_json(snapshot->engine.version));
	put(builder, engine, "firewall_backend", text_json(snapshot->engine.firewall_backend));
	put(builder, object, "name", text_json(snapshot->host));
	put(builder, object, "kernel", text_json(snapshot->kernel));
	put(builder, object, "engine", engine);
	return object;
}

/* What all packets together said. */
static json_t *totals_json(struct builder *builder, const struct audit *audit)
{
	json_t *object = json_object();

	put(builder, object, "packets", count_json(audit->packets));
	put(builder, object, "agree", count_json(audit->agree));
	put(builder, object, "disagree", count_json(audit->disagree));
	put(builder, object, "seconds", json_real(audit->seconds));
	return object;
}

/* The whole document. */
static json_t *audit_json(struct builder *builder, const struct audit *audit)
{
	json_t *root = json_object(), *endpoints = json_array(), *findings = json_array();

	vec_foreach(endpoint, &audit->endpoints)
		append(builder, endpoints, endpoint_json(builder, endpoint));
	vec_foreach(finding, &audit->findings)
		append(builder, findings, finding_json(builder, audit, finding));
	put(builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	put(builder, root, "host", host_json(builder, audit->snapshot));
	put(builder, root, "endpoints", endpoints);
	put(builder, root, "findings", findings);
	put(builder, root, "proof", totals_json(builder, audit));
	put(builder, root, "asked", text_json(audit->asked));
	put(builder, root, "incomplete",
	    texts_json(builder, audit->incomplete.items, audit->incomplete.n));
	put(builder, root, "notes", texts_json(builder, audit->notes.items, audit->notes.n));
	return root;
}

int report_json(const struct audit *audit, FILE *out)
{
	struct builder builder = {0};
	_cleanup_(cleanup_json_decref) json_t *root = audit_json(&builder, audit);

	if (!root || builder.failed)
		return -ENOMEM;
	if (json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6)) < 0)
		return -EIO;
	return fputc('\n', out) == EOF || ferror(out) ? -EIO : 0;
}
