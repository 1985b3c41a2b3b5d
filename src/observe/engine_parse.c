/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Understands the engine's documents: what it is, how its daemon was started, and where the rest
 * goes.
 *
 * Theory of operation. The documents have been cut down to known keys (engine_prune.c) or come from
 * a capture file that anybody may have written, so each value's type is checked again and the
 * first wrong one ends the parsing with its document and key. An absent key is never wrong:
 * engines from 20.10 on, and Podman's imitation of them, leave out different ones. Nothing here
 * trusts the order of documents but for two things: "version" stands before "daemon", because what
 * a daemon does without an option depends on its version, and "containers", the list, before
 * "container", the details, which replace what the list said.
 */
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <errno.h>
#include <string.h>

enum {
	ID_SHOWN = 12,        /* of a container's id in messages, as `docker ps` shows it */
	IP6TABLES_SINCE = 27, /* the first major version that turns ip6tables on by itself */
};

void engine_init(struct engine *engine)
{
	engine->userland_proxy = -1;
	engine->iptables = -1;
	engine->ip6tables = -1;
	engine->no_raw_rules = -1;
}

bool engine_id_valid(const char *id)
{
	return strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;
}

const char *engine_read_name(struct json_reader *reader, const struct json_node *up,
                             const char *key)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_read_string(reader, up, key, NULL);

	if (text && *text)
		return text;
	(void)json_reader_expected(reader, &node, "a name");
	return "";
}

/* The answer to GET /version. */
static void read_version(struct json_reader *reader, struct engine *engine,
                         const struct json_node *root)
{
	const struct json_node components = json_read_array(reader, root, "Components");

	engine->kind = "docker";
	engine->version = json_read_string(reader, root, "Version", NULL);
	engine->api_version = json_read_string(reader, root, "ApiVersion", NULL);
	for (size_t i = 0; i < json_array_size(components.value); i++) {
		const struct json_node item = json_node_item(&components, i);
		const struct json_node name = json_node_member(&item, "Name");
		const char *text = json_peek_string(reader, &name);

		if (text && strncmp(text, "Podman", 6) == 0)
			engine->kind = "podman";
	}
}

/* The answer to GET /info. */
static void read_info(struct json_reader *reader, struct engine *engine,
                      const struct json_node *root)
{
	const struct json_node swarm = json_read_object(reader, root, "Swarm");
	const struct json_node firewall = json_read_object(reader, root, "FirewallBackend");
	const struct json_node security = json_read_array(reader, root, "SecurityOptions");

	if (!engine->version)
		engine->version = json_read_string(reader, root, "ServerVersion", NULL);
	engine->operating_system = json_read_string(reader, root, "OperatingSystem", NULL);
	engine->live_restore |= json_read_bool(reader, root, "LiveRestoreEnabled", false);
	engine->firewall_backend = json_read_string(reader, &firewall, "Driver", NULL);
	engine->swarm_state = json_read_string(reader, &swarm, "LocalNodeState", "inactive");
	engine->swarm_manager = json_read_bool(reader, &swarm, "ControlAvailable", false);
	for (size_t i = 0; i < json_array_size(security.value); i++) {
		const struct json_node item = json_node_item(&security, i);
		const char *text = json_peek_string(reader, &item);

		if (text && strncmp(text, "name=rootless", 13) == 0)
			engine->rootless = true;
	}
}

/* A member that is true, false or not known: 1, 0 or -1. */
static int read_tristate(struct json_reader *reader, const struct json_node *up, const char *key)
{
	return json_node_member(up, key).value ? json_read_bool(reader, up, key, false) : -1;
}

/* What the daemon's own process and files told: see engine_daemon_document(). */
static void read_daemon(struct json_reader *reader, struct engine *engine,
                        const struct json_node *root)
{
	const char *namespace = json_read_string(reader, root, "pid-namespace", "unknown");
	const char *options = json_read_string(reader, root, "options", "unknown");
	const int major = engine->version ? atoi(engine->version) : 0;

	engine->pids_foreign = strcmp(namespace, "other") == 0;
	engine->userland_proxy = read_tristate(reader, root, "userland-proxy");
	engine->iptables = read_tristate(reader, root, "iptables");
	engine->ip6tables = read_tristate(reader, root, "ip6tables");
	if (engine->ip6tables < 0 && strcmp(options, "known") == 0 && major > 0)
		engine->ip6tables = major >= IP6TABLES_SINCE;
	engine->no_raw_rules = read_tristate(reader, root, "insecure-no-iptables-raw");
	engine->allow_direct_routing = json_read_bool(reader, root, "allow-direct-routing", false);
	engine->tcp_listener = json_read_bool(reader, root, "hosts-tcp", false);
	engine->live_restore |= json_read_bool(reader, root, "live-restore", false);
	engine->default_address = json_read_string(reader, root, "ip", NULL);
	engine->default_bridge = json_read_string(reader, root, "bridge", NULL);
	if (!engine->firewall_backend)
		engine->firewall_backend = json_read_string(reader, root, "firewall-backend", NULL);
}

/*
 * What is left of an engine that does not answer: see observe/remains.h. It takes the place of
 * whatever the engine said before it fell silent.
 */
static void read_remains(struct json_reader *reader, struct engine *engine,
                         const struct json_node *root)
{
	const struct json_node containers = json_read_array(reader, root, "Containers");
	const struct json_node networks = json_read_array(reader, root, "Networks");

	engine_clear(engine);
	engine->from_kernel = true;
	engine->pids_foreign = false; /* these were seen from here */
	if (json_read_bool(reader, root, "Podman", false))
		engine->kind = "podman";
	for (size_t i = 0; i < json_array_size(containers.value) && reader->status == 0; i++) {
		const struct json_node entry = json_node_item(&containers, i);

		if (json_is_object(entry.value))
			engine_read_container(reader, engine, &entry);
		else
			(void)json_reader_expected(reader, &entry, "an object");
	}
	engine_read_networks(reader, engine, &networks);
}

/* What each document is and who reads it. */
static const struct {
	const char *request;
	json_type type;
	const char *expected;
	void (*read)(struct json_reader *reader, struct engine *engine,
	             const struct json_node *root);
} readers[] = {
    {"version", JSON_OBJECT, "an object", read_version},
    {"info", JSON_OBJECT, "an object", read_info},
    {"daemon", JSON_OBJECT, "an object", read_daemon},
    {"containers", JSON_ARRAY, "an array", engine_read_containers},
    {"container", JSON_OBJECT, "an object", engine_read_container},
    {"image", JSON_OBJECT, "an object", engine_read_image},
    {"networks", JSON_ARRAY, "an array", engine_read_networks},
    {"services", JSON_ARRAY, "an array", engine_read_services},
    {"remains", JSON_OBJECT, "an object", read_remains},
};

/* Puts the document's name, and a container's id, before an error. */
static int wrap_document(struct error **ret_error, int status, const char *request,
                         const json_t *json)
{
	const json_t *id = json_object_get(json, "Id");

	if (strcmp(request, "container") == 0 && json_is_string(id) &&
	    engine_id_valid(json_string_value(id)))
		return error_wrap(ret_error, status, "container %.*s", ID_SHOWN,
		                  json_string_value(id));
	return error_wrap(ret_error, status, "%s", request);
}

int engine_parse_document(struct snapshot *snapshot, const struct engine_document *document,
                          struct error **ret_error)
{
	struct json_reader reader = {.arena = &snapshot->arena, .ret_error = ret_error};
	json_error_t wrong;
	json_t *json = json_loads(document->json, JSON_REJECT_DUPLICATES, &wrong);
	struct json_node root;
	size_t i = 0;

	if (!json)
		return error_set(ret_error, EBADMSG, "%s: not JSON: %s, at byte %d",
		                 document->request, json_syntax_error(&wrong), wrong.position);
	root = json_node_root(json);
	while (i < sizeof(readers) / sizeof(*readers) &&
	       strcmp(readers[i].request, document->request) != 0)
		i++;
	if (i == sizeof(readers) / sizeof(*readers))
		reader.status = error_set(ret_error, EBADMSG, "no such request");
	else if (json_typeof(json) != readers[i].type)
		(void)json_reader_expected(&reader, &root, readers[i].expected);
	else
		readers[i].read(&reader, &snapshot->engine, &root);
	if (reader.status < 0)
		(void)wrap_document(ret_error, reader.status, document->request, json);
	json_decref(json);
	return reader.status;
}

/* Orders exposed ports by protocol and number, for qsort(). */
static int compare_ports(const void *a, const void *b)
{
	const struct container_port *left = a, *right = b;

	if (left->protocol != right->protocol)
		return left->protocol < right->protocol ? -1 : 1;
	return left->port < right->port ? -1 : left->port > right->port;
}

/* Sorts the exposed ports of a container and leaves each once. */
static void unite_exposed(struct container *container)
{
	struct container_port *ports = container->exposed.items;
	size_t kept = 0;

	if (container->exposed.n < 2)
		return;
	qsort(ports, container->exposed.n, sizeof(*ports), compare_ports);
	for (size_t i = 1; i < container->exposed.n; i++)
		if (compare_ports(&ports[kept], &ports[i]) != 0)
			ports[++kept] = ports[i];
	container->exposed.n = kept + 1;
}

/* Makes "container:NAME" or a short id "container:ID", so that nobody else has to look it up. */
static int resolve_joined(struct snapshot *snapshot, struct container *container)
{
	static const char joined[] = "container:";
	const char *name = container->network_mode;
	const struct container *other;
	char *mode;

	if (strncmp(name, joined, sizeof(joined) - 1) != 0)
		return 0;
	name += sizeof(joined) - 1;
	if (engine_id_valid(name))
		return 0;
	other = snapshot_container(snapshot, name);
	if (!other)
		return 0;
	mode = arena_printf(&snapshot->arena, "%s%s", joined, other->id);
	if (!mode)
		return -ENOMEM;
	container->network_mode = mode;
	return 0;
}

/* The network of an attachment by name, by id, or by whose subnet its address is in; or NULL. */
static const struct engine_network *attached_network(const struct snapshot *snapshot,
                                                     const struct attachment *attachment)
{
	const struct engine_network *named = snapshot_network(snapshot, attachment->network);

	if (named)
		return named;
	vec_foreach(network, &snapshot->engine.networks) {
		if (strcmp(network->id, attachment->network_id) == 0)
			return network;
		vec_foreach(subnet, &network->subnets)
			if (prefix_contains(&subnet->prefix, &attachment->ipv4) ||
			    prefix_contains(&subnet->prefix, &attachment->ipv6))
				return network;
	}
	/* Podman lists its default network as "bridge" and attaches containers to "podman". */
	return strcmp(attachment->network, "podman") == 0 ? snapshot_network(snapshot, "bridge")
	                                                  : NULL;
}

/* Makes attachments speak of networks by the names that the list of networks has. */
static void settle_attachments(const struct snapshot *snapshot, struct container *container)
{
	vec_foreach(attachment, &container->attachments) {
		const struct engine_network *network = attached_network(snapshot, attachment);

		if (!network)
			continue;
		attachment->network = network->name;
		attachment->network_id = network->id;
	}
}

int engine_parse_finish(struct snapshot *snapshot, struct error **ret_error)
{
	engine_name_bridges(snapshot);
	engine_settle_labels(&snapshot->engine);
	vec_foreach(container, &snapshot->engine.containers) {
		unite_exposed(container);
		settle_attachments(snapshot, container);
		if (snapshot->engine.pids_foreign)
			container->pid = 0;
		if (resolve_joined(snapshot, container) < 0)
			return error_set(ret_error, ENOMEM, "out of memory");
	}
	return 0;
}

int engine_parse(struct snapshot *snapshot, struct error **ret_error)
{
	vec_foreach(document, &snapshot->engine.documents) {
		int status = engine_parse_document(snapshot, document, ret_error);

		if (status < 0)
			return status;
	}
	return engine_parse_finish(snapshot, ret_error);
}
