/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the engine's answers down to what is parsed, before anything else sees them.
 *
 * Theory of operation. For each kind of request a const table lists the keys that stay; whatever
 * has no row is dropped unread: environment, commands, mounts, logging, whatever a newer engine
 * adds. A row also says what type its value must have, so that nothing can hide in a value of
 * another type; such an answer is refused with the key's path, and none of its values, rather
 * than cut to something that looks complete. Two values are not copied but judged: a label stays
 * only under the keys that are ours, Compose's or Swarm's, and of all mounts only this stays,
 * whether the engine's own socket can be seen through one of them. What has been pruned once stays
 * as it is when pruned again.
 */
#include "observe/engine_read.h"
#include "base/bytes.h"
#include "observe/json_scan.h"

#include <errno.h>
#include <stdio.h>
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

enum {
	PATH_TEXT = 256,      /* of a key path in a message */
	STEP_TEXT = 80,       /* of one key in it */
	KEPT_CAP = 128 << 20, /* of what is kept; what comes in has the broker's caps */
};

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

/* True when a slice is this text. */
static bool slice_is(struct json_slice slice, const char *text)
{
	return strlen(text) == slice.len && memcmp(slice.text, text, slice.len) == 0;
}

/* True for the labels that are kept. */
static bool label_kept(struct json_slice key)
{
	for (size_t i = 0; i < sizeof(kept_labels) / sizeof(*kept_labels); i++) {
		const size_t len = strlen(kept_labels[i]);

		if (kept_labels[i][len - 1] == '.'
		        ? key.len >= len && memcmp(key.text, kept_labels[i], len) == 0
		        : slice_is(key, kept_labels[i]))
			return true;
	}
	return false;
}

/*
 * True when a mount from this path shows the container an engine's socket: the socket itself by
 * its usual names, or a directory that it usually stands in.
 */
static bool shows_engine_socket(struct json_slice source)
{
	static const char *const directories[] = {
	    "/",    "/run",        "/run/",       "/var/run",        "/var/run/",
	    "/var", "/run/podman", "/run/docker", "/run/containerd",
	};
	static const char *const sockets[] = {"docker.sock", "podman.sock", "containerd.sock"};
	const char *slash = source.len ? memrchr(source.text, '/', source.len) : NULL;
	struct json_slice base = source;

	if (slash) {
		base.text = slash + 1;
		base.len = (size_t)(source.text + source.len - base.text);
	}
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (slice_is(source, directories[i]))
			return true;
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		if (slice_is(base, sockets[i]))
			return true;
	return false;
}

/* The way to the value in hand, linked up the stack. */
struct place {
	const struct place *up;
	struct json_slice key; /* text NULL: an item, by index */
	size_t index;
};

/* A pruning under way. */
struct pruning {
	struct json_scan scan;
	struct bytes kept;
	struct error **ret_error;
	int status; /* 0, or the first negative errno */
};

static void prune_value(struct pruning *pruning, const struct place *place, const struct keep *row);
static void prune_object(struct pruning *pruning, const struct place *place,
                         const struct keep *rows);

/* Whether to go on. */
static bool going(const struct pruning *pruning)
{
	return pruning->status == 0 && !pruning->scan.wrong;
}

/* Adds text to what is kept. */
static void keep_text(struct pruning *pruning, const char *text, size_t len)
{
	if (pruning->status == 0 && bytes_append(&pruning->kept, text, len, KEPT_CAP) < 0)
		pruning->status = error_set(pruning->ret_error, ENOMEM, "out of memory");
}

/* Writes the way to a place into path, whose beginning is lost where it is too long. */
static const char *spell(const struct place *place, char path[static PATH_TEXT])
{
	size_t at = PATH_TEXT - 1;

	path[at] = 0;
	for (; place && place->up; place = place->up) {
		char step[STEP_TEXT];
		size_t len;

		if (place->key.text)
			snprintf(step, sizeof(step), "%s%.*s", place->up->up ? "." : "",
			         (int)(place->key.len < STEP_TEXT ? place->key.len : STEP_TEXT),
			         place->key.text);
		else
			snprintf(step, sizeof(step), "[%zu]", place->index);
		len = strlen(step);
		if (len > at)
			break;
		at -= len;
		memcpy(path + at, step, len);
	}
	return path + at;
}

/* Checks that the next value begins with one of these characters; an error with its place else. */
static bool expect(struct pruning *pruning, const struct place *place, const char *first,
                   const char *expected)
{
	const char next = json_scan_peek(&pruning->scan);
	char path[PATH_TEXT];
	const char *spelled;

	if (!going(pruning) || (next && strchr(first, next)))
		return going(pruning);
	if (!next || !strchr("{[\"tfn-0123456789", next)) {
		/* No value at all: that is for the scanner to say. */
		(void)json_scan_value(&pruning->scan);
		return false;
	}
	spelled = spell(place, path);
	pruning->status = error_set(pruning->ret_error, EBADMSG, "%s%sexpected %s, found %s",
	                            spelled, *spelled ? ": " : "", expected, json_scan_kind(next));
	return false;
}

/* Copies a string with its quotes; what is not UTF-8 is an error. */
static void keep_string(struct pruning *pruning, struct json_slice string)
{
	size_t len;

	for (size_t i = 0; i < string.len; i += len) {
		len = utf8_len(string.text + i, string.len - i);
		if (len == 0) {
			pruning->scan.wrong = "bytes that are not UTF-8";
			return;
		}
	}
	keep_text(pruning, string.text - 1, string.len + 2);
}

/* Copies a scalar. */
static void prune_scalar(struct pruning *pruning, const struct place *place, enum keep_kind kind)
{
	struct json_slice value;

	if (kind == KEEP_TEXT) {
		if (expect(pruning, place, "\"", "a string") &&
		    json_scan_string(&pruning->scan, &value))
			keep_string(pruning, value);
		return;
	}
	if (!expect(pruning, place, kind == KEEP_FLAG ? "tf" : "-0123456789",
	            kind == KEEP_FLAG ? "true or false" : "a whole number"))
		return;
	value = json_scan_value(&pruning->scan);
	if (kind == KEEP_NUMBER && strcspn(value.text, ".eE") < value.len)
		pruning->scan.wrong = "a fraction where a whole number is expected";
	keep_text(pruning, value.text, value.len);
}

/* Copies the items of an array, strings or (rows given) objects; null ones are left out. */
static void prune_array(struct pruning *pruning, const struct place *place, const struct keep *rows)
{
	struct place item = {.up = place};
	struct json_walk walk;
	bool any = false;

	if (!expect(pruning, place, "[", "an array"))
		return;
	walk = json_scan_enter(&pruning->scan, '[');
	keep_text(pruning, "[", 1);
	for (; json_scan_item(&pruning->scan, &walk) && going(pruning); item.index++) {
		if (json_scan_peek(&pruning->scan) == 'n') {
			(void)json_scan_value(&pruning->scan);
			continue;
		}
		if (any)
			keep_text(pruning, ",", 1);
		any = true;
		if (rows)
			prune_object(pruning, &item, rows);
		else
			prune_scalar(pruning, &item, KEEP_TEXT);
	}
	keep_text(pruning, "]", 1);
}

/* Copies one value of an object whose keys are data: see enum keep_kind. */
static void prune_map_value(struct pruning *pruning, const struct place *place,
                            const struct keep *row)
{
	if (row->kind == KEEP_KEYS) {
		(void)json_scan_value(&pruning->scan);
		keep_text(pruning, "{}", 2);
	} else if (json_scan_peek(&pruning->scan) == 'n') {
		(void)json_scan_value(&pruning->scan);
		keep_text(pruning, "null", 4);
	} else if (row->kind == KEEP_LABELS) {
		prune_scalar(pruning, place, KEEP_TEXT);
	} else if (row->kind == KEEP_MAP) {
		prune_object(pruning, place, row->inside);
	} else {
		prune_array(pruning, place, row->inside);
	}
}

/* Copies an object whose keys are data: networks, ports, labels. */
static void prune_map(struct pruning *pruning, const struct place *place, const struct keep *row)
{
	struct place member = {.up = place};
	struct json_walk walk;
	bool any = false;

	if (!expect(pruning, place, "{", "an object"))
		return;
	walk = json_scan_enter(&pruning->scan, '{');
	keep_text(pruning, "{", 1);
	while (json_scan_member(&pruning->scan, &walk, &member.key) && going(pruning)) {
		if (row->kind == KEEP_LABELS && !label_kept(member.key)) {
			(void)json_scan_value(&pruning->scan);
			continue;
		}
		if (any)
			keep_text(pruning, ",", 1);
		any = true;
		keep_string(pruning, member.key);
		keep_text(pruning, ":", 1);
		prune_map_value(pruning, &member, row);
	}
	keep_text(pruning, "}", 1);
}

/* Judges one mount: does its source show the engine's socket? */
static bool prune_mount(struct pruning *pruning, const struct place *place)
{
	struct json_slice key, source;
	struct json_walk walk;
	bool shows = false;

	if (!expect(pruning, place, "{", "an object"))
		return false;
	walk = json_scan_enter(&pruning->scan, '{');
	while (json_scan_member(&pruning->scan, &walk, &key) && going(pruning)) {
		if (!slice_is(key, "Source") || json_scan_peek(&pruning->scan) != '"')
			(void)json_scan_value(&pruning->scan);
		else if (json_scan_string(&pruning->scan, &source))
			shows |= shows_engine_socket(source);
	}
	return shows;
}

/* Whether one of the mounts shows the engine's socket. */
static void prune_mounts(struct pruning *pruning, const struct place *place)
{
	struct place item = {.up = place};
	struct json_walk walk;
	bool shows = false;

	if (!expect(pruning, place, "[", "an array"))
		return;
	walk = json_scan_enter(&pruning->scan, '[');
	for (; json_scan_item(&pruning->scan, &walk) && going(pruning); item.index++)
		shows |= prune_mount(pruning, &item);
	keep_text(pruning, shows ? "true" : "false", shows ? 4 : 5);
}

/* Copies what stays of a value that has a row. */
static void prune_value(struct pruning *pruning, const struct place *place, const struct keep *row)
{
	switch (row->kind) {
	case KEEP_TEXT:
	case KEEP_NUMBER:
	case KEEP_FLAG:
		prune_scalar(pruning, place, row->kind);
		break;
	case KEEP_TEXTS:
		prune_array(pruning, place, NULL);
		break;
	case KEEP_OBJECT:
		prune_object(pruning, place, row->inside);
		break;
	case KEEP_LIST:
		prune_array(pruning, place, row->inside);
		break;
	case KEEP_MAP:
	case KEEP_PORTS:
	case KEEP_KEYS:
	case KEEP_LABELS:
		prune_map(pruning, place, row);
		break;
	case KEEP_SOCKET:
		prune_mounts(pruning, place);
		break;
	}
}

/* The row of a key, or NULL. */
static const struct keep *find_row(const struct keep *rows, struct json_slice key)
{
	for (; rows->key; rows++)
		if (slice_is(key, rows->key))
			return rows;
	return NULL;
}

/* Copies the members of an object that have a row and are not null. */
static void prune_object(struct pruning *pruning, const struct place *place,
                         const struct keep *rows)
{
	struct place member = {.up = place};
	struct json_walk walk;
	uint64_t seen = 0;

	if (!expect(pruning, place, "{", "an object"))
		return;
	walk = json_scan_enter(&pruning->scan, '{');
	keep_text(pruning, "{", 1);
	while (json_scan_member(&pruning->scan, &walk, &member.key) && going(pruning)) {
		const struct keep *row = find_row(rows, member.key);
		const uint64_t bit = row ? UINT64_C(1) << (row - rows) : 0;
		const char *key;

		if (seen & bit)
			pruning->scan.wrong = "the same key twice";
		if (!row || json_scan_peek(&pruning->scan) == 'n') {
			(void)json_scan_value(&pruning->scan);
			continue;
		}
		key = row->kind == KEEP_SOCKET ? engine_socket_key : row->key;
		keep_text(pruning, seen ? ",\"" : "\"", seen ? 2 : 1);
		keep_text(pruning, key, strlen(key));
		keep_text(pruning, "\":", 2);
		seen |= bit;
		prune_value(pruning, &member, row);
	}
	keep_text(pruning, "}", 1);
}

/* Prunes the whole of an answer. 0 or a negative errno with a sentence. */
static int prune_answer(struct pruning *pruning, size_t request)
{
	const struct place root = {0};

	if (requests[request].list)
		prune_array(pruning, &root, requests[request].rows);
	else
		prune_object(pruning, &root, requests[request].rows);
	if (pruning->status == 0)
		json_scan_finish(&pruning->scan);
	if (pruning->status == 0 && pruning->scan.wrong)
		pruning->status =
		    error_set(pruning->ret_error, EBADMSG, "not JSON: %s, at byte %td of %td",
		              pruning->scan.wrong, pruning->scan.at - pruning->scan.start,
		              pruning->scan.end - pruning->scan.start);
	return pruning->status;
}

char *engine_prune(const char *request, const char *json, size_t len, struct error **ret_error)
{
	struct pruning pruning = {
	    .scan = {.start = json, .at = json, .end = json + len},
	    .ret_error = ret_error,
	};
	size_t i = 0;

	while (i < sizeof(requests) / sizeof(*requests) && strcmp(requests[i].request, request))
		i++;
	if (i == sizeof(requests) / sizeof(*requests)) {
		(void)error_set(ret_error, EBADMSG, "no such request: \"%s\"", request);
		return NULL;
	}
	if (prune_answer(&pruning, i) < 0)
		bytes_done(&pruning.kept);
	return (char *)pruning.kept.data;
}
