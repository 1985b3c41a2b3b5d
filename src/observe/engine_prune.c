/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the engine's answers down to what is parsed, before anything else sees them.
 *
 * Theory of operation. For each kind of request a const table lists the keys that stay; whatever
 * has no row is dropped unread: environment, commands, mounts, logging, whatever a newer engine
 * adds. A row also says what type its value must have, so that nothing can hide in a value of
 * another type; such an answer is refused with the key's path rather than cut to something that
 * looks complete. Two values are not copied but judged: a label stays only under the keys that
 * are ours, Compose's or Swarm's, and of all mounts only this stays, whether the engine's own
 * socket can be seen through one of them. What has been pruned once stays as it is when pruned
 * again.
 */
#include "observe/engine_read.h"
#include "observe/json_node.h"

#include <errno.h>
#include <string.h>

enum keep_kind {
	KEEP_TEXT,   /* a string */
	KEEP_NUMBER, /* a whole number */
	KEEP_FLAG,   /* true or false */
	KEEP_TEXTS,  /* an array of strings */
	KEEP_OBJECT, /* an object, by the rows of `inside` */
	KEEP_LIST,   /* an array of such objects */
	KEEP_MAP,    /* an object whose keys all stay and whose values are such objects */
	KEEP_PORTS,  /* an object whose keys all stay and whose values are arrays of such objects */
	KEEP_KEYS,   /* an object whose keys all stay and whose values do not */
	KEEP_LABELS, /* an object of strings; our own, Compose's and Swarm's stay */
	KEEP_SOCKET, /* mounts: judged, see engine_socket_key */
};

struct keep {
	const char *key;
	enum keep_kind kind;
	const struct keep *inside;
};

#define END                                                                                        \
	{                                                                                          \
	}

/* The key that stands for all mounts: does one of them show the container the engine's socket? */
static const char engine_socket_key[] = "SeawallEngineSocket";

static const struct keep component_rows[] = {{"Name", KEEP_TEXT}, {"Version", KEEP_TEXT}, END};

static const struct keep version_rows[] = {
    {"Version", KEEP_TEXT},
    {"ApiVersion", KEEP_TEXT},
    {"MinAPIVersion", KEEP_TEXT},
    {"Components", KEEP_LIST, component_rows},
    END,
};

static const struct keep swarm_rows[] = {
    {"LocalNodeState", KEEP_TEXT}, {"ControlAvailable", KEEP_FLAG}, END};

static const struct keep firewall_rows[] = {{"Driver", KEEP_TEXT}, END};

static const struct keep info_rows[] = {
    {"ServerVersion", KEEP_TEXT},
    {"OperatingSystem", KEEP_TEXT},
    {"LiveRestoreEnabled", KEEP_FLAG},
    {"SecurityOptions", KEEP_TEXTS},
    {"Swarm", KEEP_OBJECT, swarm_rows},
    {"FirewallBackend", KEEP_OBJECT, firewall_rows},
    END,
};

static const struct keep endpoint_rows[] = {
    {"NetworkID", KEEP_TEXT},
    {"IPAddress", KEEP_TEXT},
    {"GlobalIPv6Address", KEEP_TEXT},
    {"MacAddress", KEEP_TEXT},
    END,
};

static const struct keep listed_port_rows[] = {
    {"IP", KEEP_TEXT},
    {"PrivatePort", KEEP_NUMBER},
    {"PublicPort", KEEP_NUMBER},
    {"Type", KEEP_TEXT},
    END,
};

static const struct keep listed_host_rows[] = {{"NetworkMode", KEEP_TEXT}, END};

static const struct keep listed_network_rows[] = {{"Networks", KEEP_MAP, endpoint_rows}, END};

static const struct keep listed_rows[] = {
    {"Id", KEEP_TEXT},
    {"Names", KEEP_TEXTS},
    {"Image", KEEP_TEXT},
    {"State", KEEP_TEXT},
    {"Labels", KEEP_LABELS},
    {"Ports", KEEP_LIST, listed_port_rows},
    {"HostConfig", KEEP_OBJECT, listed_host_rows},
    {"NetworkSettings", KEEP_OBJECT, listed_network_rows},
    END,
};

static const struct keep binding_rows[] = {{"HostIp", KEEP_TEXT}, {"HostPort", KEEP_TEXT}, END};

static const struct keep state_rows[] = {{"Status", KEEP_TEXT}, {"Pid", KEEP_NUMBER}, END};

static const struct keep config_rows[] = {
    {"Image", KEEP_TEXT}, {"Labels", KEEP_LABELS}, {"ExposedPorts", KEEP_KEYS}, END};

static const struct keep host_config_rows[] = {
    {"NetworkMode", KEEP_TEXT}, {"PortBindings", KEEP_PORTS, binding_rows},
    {"Privileged", KEEP_FLAG},  {"PublishAllPorts", KEEP_FLAG},
    {"CapAdd", KEEP_TEXTS},     END,
};

static const struct keep settings_rows[] = {
    {"Ports", KEEP_PORTS, binding_rows}, {"Networks", KEEP_MAP, endpoint_rows}, END};

static const struct keep container_rows[] = {
    {"Id", KEEP_TEXT},
    {"Name", KEEP_TEXT},
    {"State", KEEP_OBJECT, state_rows},
    {"Config", KEEP_OBJECT, config_rows},
    {"HostConfig", KEEP_OBJECT, host_config_rows},
    {"NetworkSettings", KEEP_OBJECT, settings_rows},
    {"Mounts", KEEP_SOCKET},
    {engine_socket_key, KEEP_FLAG},
    END,
};

static const struct keep subnet_rows[] = {{"Subnet", KEEP_TEXT}, {"Gateway", KEEP_TEXT}, END};

static const struct keep ipam_rows[] = {{"Config", KEEP_LIST, subnet_rows}, END};

static const struct keep option_rows[] = {
    {"com.docker.network.bridge.default_bridge", KEEP_TEXT},
    {"com.docker.network.bridge.enable_icc", KEEP_TEXT},
    {"com.docker.network.bridge.enable_ip_masquerade", KEEP_TEXT},
    {"com.docker.network.bridge.gateway_mode_ipv4", KEEP_TEXT},
    {"com.docker.network.bridge.gateway_mode_ipv6", KEEP_TEXT},
    {"com.docker.network.bridge.host_binding_ipv4", KEEP_TEXT},
    {"com.docker.network.bridge.name", KEEP_TEXT},
    {"com.docker.network.bridge.trusted_host_interfaces", KEEP_TEXT},
    {"ipvlan_mode", KEEP_TEXT},
    {"macvlan_mode", KEEP_TEXT},
    {"mode", KEEP_TEXT},
    {"parent", KEEP_TEXT},
    END,
};

static const struct keep network_rows[] = {
    {"Name", KEEP_TEXT},
    {"Id", KEEP_TEXT},
    {"Scope", KEEP_TEXT},
    {"Driver", KEEP_TEXT},
    {"EnableIPv6", KEEP_FLAG},
    {"IPAM", KEEP_OBJECT, ipam_rows},
    {"Internal", KEEP_FLAG},
    {"Ingress", KEEP_FLAG},
    {"ConfigOnly", KEEP_FLAG},
    {"Options", KEEP_OBJECT, option_rows},
    END,
};

static const struct keep service_port_rows[] = {
    {"Protocol", KEEP_TEXT},
    {"TargetPort", KEEP_NUMBER},
    {"PublishedPort", KEEP_NUMBER},
    {"PublishMode", KEEP_TEXT},
    END,
};

static const struct keep service_endpoint_rows[] = {{"Ports", KEEP_LIST, service_port_rows}, END};

static const struct keep container_spec_rows[] = {{"Image", KEEP_TEXT}, END};

static const struct keep task_rows[] = {{"ContainerSpec", KEEP_OBJECT, container_spec_rows}, END};

static const struct keep service_spec_rows[] = {
    {"Name", KEEP_TEXT}, {"Labels", KEEP_LABELS}, {"TaskTemplate", KEEP_OBJECT, task_rows}, END};

static const struct keep service_rows[] = {
    {"ID", KEEP_TEXT},
    {"Spec", KEEP_OBJECT, service_spec_rows},
    {"Endpoint", KEEP_OBJECT, service_endpoint_rows},
    END,
};

/* Our own document, made by engine_daemon_document(). */
static const struct keep daemon_rows[] = {
    {"pid-namespace", KEEP_TEXT},
    {"options", KEEP_TEXT},
    {"userland-proxy", KEEP_FLAG},
    {"iptables", KEEP_FLAG},
    {"ip6tables", KEEP_FLAG},
    {"ip", KEEP_TEXT},
    {"bridge", KEEP_TEXT},
    {"allow-direct-routing", KEEP_FLAG},
    {"live-restore", KEEP_FLAG},
    {"firewall-backend", KEEP_TEXT},
    {"hosts-tcp", KEEP_FLAG},
    {"insecure-no-iptables-raw", KEEP_FLAG},
    END,
};

/* What each request's answer is, and what of it stays. */
static const struct {
	const char *request;
	bool list; /* an array of objects, else one object */
	const struct keep *rows;
} requests[] = {
    {"version", false, version_rows},  {"info", false, info_rows},
    {"containers", true, listed_rows}, {"container", false, container_rows},
    {"networks", true, network_rows},  {"services", true, service_rows},
    {"daemon", false, daemon_rows},
};

/* Label keys that stay; one that ends in a dot stands for all that begin with it. */
static const char *const kept_labels[] = {
    "seawall.",
    "com.docker.compose.project",
    "com.docker.compose.service",
    "com.docker.compose.oneoff",
    "com.docker.stack.namespace",
    "com.docker.swarm.",
};

/* True for the labels that are kept. */
static bool label_kept(const char *key)
{
	for (size_t i = 0; i < sizeof(kept_labels) / sizeof(*kept_labels); i++) {
		const size_t len = strlen(kept_labels[i]);

		if (kept_labels[i][len - 1] == '.' ? strncmp(key, kept_labels[i], len) == 0
		                                   : strcmp(key, kept_labels[i]) == 0)
			return true;
	}
	return false;
}

/*
 * True when a mount from this path shows the container an engine's socket: the socket itself by
 * its usual names, or a directory that it usually stands in.
 */
static bool shows_engine_socket(const char *source)
{
	static const char *const directories[] = {
	    "/",    "/run",        "/run/",       "/var/run",        "/var/run/",
	    "/var", "/run/podman", "/run/docker", "/run/containerd",
	};
	static const char *const sockets[] = {"docker.sock", "podman.sock", "containerd.sock"};
	const char *slash = strrchr(source, '/');
	const char *base = slash ? slash + 1 : source;

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (strcmp(source, directories[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		if (strcmp(base, sockets[i]) == 0)
			return true;
	return false;
}

static json_t *prune_object(struct json_reader *reader, const struct json_node *node,
                            const struct keep *rows);

/* Puts a value under a key, taking the value over; notes when memory is out. */
static void put(struct json_reader *reader, json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) < 0)
		(void)json_reader_no_memory(reader);
}

/* Appends a value to an array, taking it over; notes when memory is out. */
static void append(struct json_reader *reader, json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value) < 0)
		(void)json_reader_no_memory(reader);
}

/* A copy of a scalar of the type that a row asks for, or NULL with an error. */
static json_t *prune_scalar(struct json_reader *reader, const struct json_node *node,
                            enum keep_kind kind)
{
	const json_t *value = node->value;

	if (kind == KEEP_TEXT     ? json_is_string(value)
	    : kind == KEEP_NUMBER ? json_is_integer(value)
	                          : json_is_boolean(value))
		return json_copy((json_t *)value);
	(void)json_reader_expected(reader, node,
	                           kind == KEEP_TEXT     ? "a string"
	                           : kind == KEEP_NUMBER ? "a whole number"
	                                                 : "true or false");
	return NULL;
}

/* An array of strings (rows NULL) or of objects; a null item is left out. */
static json_t *prune_array(struct json_reader *reader, const struct json_node *node,
                           const struct keep *rows)
{
	json_t *kept = json_array();

	if (!json_is_array(node->value)) {
		(void)json_reader_expected(reader, node, "an array");
		return kept;
	}
	for (size_t i = 0; i < json_array_size(node->value) && reader->status == 0; i++) {
		const struct json_node item = json_node_item(node, i);

		if (item.value)
			append(reader, kept,
			       rows ? prune_object(reader, &item, rows)
			            : prune_scalar(reader, &item, KEEP_TEXT));
	}
	return kept;
}

/* What stays of one member of an object whose keys are data: see enum keep_kind. */
static json_t *prune_map_value(struct json_reader *reader, const struct json_node *node,
                               const struct keep *row)
{
	if (row->kind == KEEP_KEYS)
		return json_object();
	if (!node->value)
		return json_null();
	if (row->kind == KEEP_LABELS)
		return prune_scalar(reader, node, KEEP_TEXT);
	return row->kind == KEEP_MAP ? prune_object(reader, node, row->inside)
	                             : prune_array(reader, node, row->inside);
}

/* An object whose keys are data: networks, ports, labels. */
static json_t *prune_map(struct json_reader *reader, const struct json_node *node,
                         const struct keep *row)
{
	json_t *kept = json_object(), *value;
	const char *key;

	if (!json_is_object(node->value)) {
		(void)json_reader_expected(reader, node, "an object");
		return kept;
	}
	json_object_foreach((json_t *)node->value, key, value)
	{
		const struct json_node member = json_node_member(node, key);

		if (reader->status < 0)
			break;
		if (row->kind != KEEP_LABELS || label_kept(key))
			put(reader, kept, key, prune_map_value(reader, &member, row));
	}
	return kept;
}

/* Whether one of the mounts shows the engine's socket. */
static json_t *prune_mounts(struct json_reader *reader, const struct json_node *node)
{
	bool shows = false;

	if (!json_is_array(node->value)) {
		(void)json_reader_expected(reader, node, "an array");
		return NULL;
	}
	for (size_t i = 0; i < json_array_size(node->value); i++) {
		const json_t *source = json_object_get(json_array_get(node->value, i), "Source");

		shows |= json_is_string(source) && shows_engine_socket(json_string_value(source));
	}
	return json_boolean(shows);
}

/* What stays of a member that has a row. */
static json_t *prune_member(struct json_reader *reader, const struct json_node *node,
                            const struct keep *row)
{
	switch (row->kind) {
	case KEEP_TEXT:
	case KEEP_NUMBER:
	case KEEP_FLAG:
		return prune_scalar(reader, node, row->kind);
	case KEEP_TEXTS:
		return prune_array(reader, node, NULL);
	case KEEP_OBJECT:
		return prune_object(reader, node, row->inside);
	case KEEP_LIST:
		return prune_array(reader, node, row->inside);
	case KEEP_MAP:
	case KEEP_PORTS:
	case KEEP_KEYS:
	case KEEP_LABELS:
		return prune_map(reader, node, row);
	case KEEP_SOCKET:
		return prune_mounts(reader, node);
	}
	return NULL;
}

/* The members of an object that have a row; absent and null ones are left out. */
static json_t *prune_object(struct json_reader *reader, const struct json_node *node,
                            const struct keep *rows)
{
	json_t *kept = json_object();

	if (!json_is_object(node->value)) {
		(void)json_reader_expected(reader, node, "an object");
		return kept;
	}
	for (; rows->key && reader->status == 0; rows++) {
		const struct json_node member = json_node_member(node, rows->key);

		if (member.value)
			put(reader, kept, rows->kind == KEEP_SOCKET ? engine_socket_key : rows->key,
			    prune_member(reader, &member, rows));
	}
	return kept;
}

char *engine_prune(const char *request, const char *json, size_t len, struct error **ret_error)
{
	struct json_reader reader = {.ret_error = ret_error};
	struct json_node root;
	json_error_t wrong;
	json_t *answer, *kept = NULL;
	char *text = NULL;
	size_t i = 0;

	while (i < sizeof(requests) / sizeof(*requests) && strcmp(requests[i].request, request))
		i++;
	if (i == sizeof(requests) / sizeof(*requests)) {
		(void)error_set(ret_error, EBADMSG, "no such request: \"%s\"", request);
		return NULL;
	}
	answer = json_loadb(json, len, JSON_REJECT_DUPLICATES, &wrong);
	if (!answer) {
		(void)error_set(ret_error, EBADMSG, "not JSON: %s, at byte %d of %zu",
		                json_syntax_error(&wrong), wrong.position, len);
		return NULL;
	}
	root = json_node_root(answer);
	kept = requests[i].list ? prune_array(&reader, &root, requests[i].rows)
	                        : prune_object(&reader, &root, requests[i].rows);
	if (reader.status == 0)
		text = json_dumps(kept, JSON_COMPACT);
	if (reader.status == 0 && !text)
		(void)error_set(ret_error, ENOMEM, "out of memory");
	json_decref(kept);
	json_decref(answer);
	return text;
}
