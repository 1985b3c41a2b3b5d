/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of records in a capture file, and what reads them.
 *
 * Theory of operation. A record about a container goes into that container's own view, any other
 * one into the host's: the same functions read both. What later stages rely on is checked here
 * where no decoder does it: that runs of netlink messages are framed, that a legacy table is as
 * long as it says, that the path of a sysctl stays below /proc/sys/net.
 */
#include "observe/capture_record.h"
#include "observe/engine_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

void record_check_keys(struct json_reader *json, const struct json_node *node,
                       const char *const *keys)
{
	json_t *value;
	const char *key;

	if (!node->value)
		return;
	json_object_foreach((json_t *)node->value, key, value)
	{
		const struct json_node member = {.up = node, .key = key, .value = value};
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (!keys[i]) {
			(void)json_reader_expected(json, &member, "no such key");
			return;
		}
	}
}

/* A string that must be there; "" with an error else. Borrowed from the record. */
static const char *need_text(struct json_reader *json, const struct json_node *up, const char *key)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_peek_string(json, &node);

	if (text)
		return text;
	(void)json_reader_expected(json, &node, "a string");
	return "";
}

/* A copy of it in an arena; "" with an error else. */
static const char *keep_text(struct json_reader *json, struct arena *arena, const char *text)
{
	const char *kept = arena_strdup(arena, text);

	if (kept)
		return kept;
	(void)json_reader_no_memory(json);
	return "";
}

/* A whole number that must be there. */
static int64_t need_int(struct json_reader *json, const struct json_node *up, const char *key,
                        int64_t max)
{
	const struct json_node node = json_node_member(up, key);

	if (!node.value)
		(void)json_reader_expected(json, &node, "a whole number");
	return json_read_int(json, up, key, 0, max, 0);
}

/* The view that a record is about. A container's is made when it is first spoken of. */
static struct netview *view_of(struct capture_reader *reader, struct json_reader *json)
{
	struct container *container = reader->container;

	if (!container)
		return &reader->snapshot->net;
	if (!container->view)
		container->view = calloc(1, sizeof(*container->view));
	if (!container->view)
		(void)json_reader_no_memory(json);
	return container->view;
}

/* Adds base64 at the end of a run of bytes. */
static void need_base64(struct json_reader *json, const struct json_node *up, const char *key,
                        struct bytes *to)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = need_text(json, up, key);
	struct bytes decoded = {0};
	int status;

	if (json->status < 0)
		return;
	status = base64_decode(text, json_string_length(node.value), &decoded);
	if (status == 0)
		status = bytes_append(to, decoded.data, decoded.len, CAPTURE_RUN_CAP);
	bytes_done(&decoded);
	if (status == -EINVAL)
		(void)json_reader_expected(json, &node, "base64");
	else if (status == -EFBIG)
		(void)json_reader_expected(json, &node, "at most 256 MiB of one kind");
	else if (status < 0)
		(void)json_reader_no_memory(json);
}

/* The first record. */
static void read_header(struct capture_reader *reader, struct json_reader *json,
                        const struct json_node *root)
{
	const struct json_node version = json_node_member(root, "seawall_capture");
	const struct json_node node = json_node_member(root, "taken");
	const char *taken = need_text(json, root, "taken"), *end;
	struct snapshot *snapshot = reader->snapshot;
	struct tm utc = {0};

	if (!json_is_integer(version.value) || json_integer_value(version.value) != CAPTURE_VERSION)
		(void)json_reader_expected(json, &version, "1, the version of this format");
	(void)need_text(json, root, "version");
	snapshot->host = keep_text(json, &snapshot->arena, need_text(json, root, "host"));
	snapshot->kernel = keep_text(json, &snapshot->arena, need_text(json, root, "kernel"));
	end = strptime(taken, "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (end && *end == 0)
		snapshot->taken = timegm(&utc);
	else
		(void)json_reader_expected(json, &node, "a time like 2026-01-31T12:00:00Z");
}

/* Netlink messages. */
static void read_raw(struct capture_reader *reader, struct json_reader *json,
                     const struct json_node *root)
{
	const struct json_node name = json_node_member(root, "raw");
	const struct json_node data = json_node_member(root, "data");
	const int kind = raw_kind_from_name(need_text(json, root, "raw"));
	struct netview *view = view_of(reader, json);
	size_t offset;

	if (kind < 0)
		(void)json_reader_expected(json, &name, "a kind of netlink message");
	if (json->status < 0)
		return;
	offset = view->raw[kind].len;
	need_base64(json, root, "data", &view->raw[kind]);
	while (raw_next(&view->raw[kind], &offset))
		;
	if (offset != view->raw[kind].len)
		(void)json_reader_expected(json, &data, "whole netlink messages");
}

/* Moves *at behind a word that must stand there. False when it does not. */
static bool skip_word(const char **at, const char *end, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

bool record_read_plain_raw(struct capture_reader *reader)
{
	static const char tail[] = "\"}";
	const char *at = reader->line, *end = at + reader->len;
	struct bytes decoded = {0};
	size_t offset = 0;
	int kind = 0;
	bool taken = false;

	if (reader->host_done || reader->source.number == 1 ||
	    !skip_word(&at, end, "{\"raw\":\""))
		return false;
	end -= sizeof(tail) - 1;
	if (at > end || strcmp(end, tail) != 0)
		return false;
	while (kind < RAW_KINDS && !skip_word(&at, end, raw_kind_name((enum raw_kind)kind)))
		kind++;
	if (kind == RAW_KINDS || !skip_word(&at, end, "\",\"data\":\"") ||
	    base64_decode(at, (size_t)(end - at), &decoded) < 0)
		return false;
	while (raw_next(&decoded, &offset))
		;
	if (offset == decoded.len)
		taken = bytes_append(&reader->snapshot->net.raw[kind], decoded.data, decoded.len,
		                     CAPTURE_RUN_CAP) == 0;
	bytes_done(&decoded);
	return taken;
}

/* The family of a legacy table by its name, with an error for another. */
static uint8_t need_family(struct json_reader *json, const struct json_node *up)
{
	const struct json_node node = json_node_member(up, "family");
	const char *name = need_text(json, up, "family");

	if (strcmp(name, "ip") != 0 && strcmp(name, "ip6") != 0)
		(void)json_reader_expected(json, &node, "\"ip\" or \"ip6\"");
	return strcmp(name, "ip6") == 0 ? AF_INET6 : AF_INET;
}

/* The size that a legacy table says its entries have. */
static size_t xtables_size(const struct xtables_table *table)
{
	struct ipt_getinfo info;

	memcpy(&info, table->info.data, sizeof(info));
	return info.size;
}

bool record_xtables_whole(const struct xtables_table *table)
{
	return table->entries.len == xtables_size(table);
}

/* Begins a legacy table. */
static struct xtables_table *add_xtables(struct json_reader *json, struct netview *view,
                                         const struct json_node *node, const char *name,
                                         uint8_t family)
{
	const struct json_node info = json_node_member(node, "info");
	struct xtables_table *table;

	vec_foreach(known, &view->xtables)
		if (known->family == family && strcmp(known->name, name) == 0)
			(void)json_reader_expected(json, &info, "each table once");
	table = json->status < 0 ? NULL : vec_push(&view->xtables);
	if (!table)
		return NULL;
	*table = (struct xtables_table){.family = family};
	table->name = keep_text(json, &view->arena, name);
	need_base64(json, node, "info", &table->info);
	if (table->info.len != sizeof(struct ipt_getinfo))
		(void)json_reader_expected(json, &info, "a struct ipt_getinfo");
	return table;
}

/* A legacy table, or more of it. */
static void read_xtables(struct capture_reader *reader, struct json_reader *json,
                         const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "xtables");
	const struct json_node entries = json_node_member(&node, "entries");
	const char *name = need_text(json, &node, "name");
	const uint8_t family = need_family(json, &node);
	struct netview *view = view_of(reader, json);
	struct xtables_table *table = NULL;

	record_check_keys(json, &node, KEYS("family", "name", "info", "entries"));
	if (json->status < 0)
		return;
	if (json_node_member(&node, "info").value)
		table = add_xtables(json, view, &node, name, family);
	else if (view->xtables.n > 0)
		table = &view->xtables.items[view->xtables.n - 1];
	if (json->status < 0)
		return;
	if (!table || table->family != family || strcmp(table->name, name) != 0) {
		(void)json_reader_expected(json, &node, "\"info\" in a table's first record");
		return;
	}
	need_base64(json, &node, "entries", &table->entries);
	if (json->status == 0 && table->entries.len > xtables_size(table))
		(void)json_reader_expected(json, &entries, "no more than the table's size");
}

/* True for a path below net/ that cannot lead out of it. */
static bool sysctl_path_valid(const char *path)
{
	if (strncmp(path, "net/", 4) != 0)
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t len;

		part += *part == '/';
		len = strcspn(part, "/");
		if (len == 0 || strncmp(part, "..", len) == 0)
			return false;
	}
	return true;
}

/* A sysctl. */
static void read_sysctl(struct capture_reader *reader, struct json_reader *json,
                        const struct json_node *root)
{
	const struct json_node node = json_read_array(json, root, "sysctl");
	const struct json_node path = json_node_item(&node, 0);
	const struct json_node value = json_node_item(&node, 1);
	struct netview *view = view_of(reader, json);
	struct sysctl sysctl, *added;

	if (json->status < 0)
		return;
	if (json_array_size(node.value) != 2 || !json_is_string(path.value) ||
	    !json_is_string(value.value) || !sysctl_path_valid(json_string_value(path.value))) {
		(void)json_reader_expected(json, &node, "[\"net/...\", VALUE]");
		return;
	}
	sysctl.path = keep_text(json, &view->arena, json_string_value(path.value));
	sysctl.value = keep_text(json, &view->arena, json_string_value(value.value));
	added = vec_push(&view->sysctls);
	if (!added) {
		(void)json_reader_no_memory(json);
		return;
	}
	*added = sysctl;
	/* As long as they come in order, netview_sysctl() may look them up by halves. */
	if (view->sysctls_sorted == view->sysctls.n - 1 &&
	    (view->sysctls.n == 1 || strcmp(added[-1].path, added->path) < 0))
		view->sysctls_sorted = view->sysctls.n;
}

/* Fills who owns a socket. */
static void read_owner(struct json_reader *json, struct arena *arena, const struct json_node *node,
                       struct socket_owner *owner)
{
	const struct json_node comm = json_node_member(node, "comm");
	const struct json_node id = json_node_member(node, "container");

	owner->pid = (int)json_read_int(json, node, "pid", 1, INT32_MAX, 0);
	if (comm.value)
		owner->comm = keep_text(json, arena, need_text(json, node, "comm"));
	if (!id.value)
		return;
	owner->container_id = keep_text(json, arena, need_text(json, node, "container"));
	if (!engine_id_valid(owner->container_id))
		(void)json_reader_expected(json, &id, "64 hex digits");
}

/* A socket of the host or of a container; the latter's view has it too. */
static void read_socket(struct capture_reader *reader, struct json_reader *json,
                        const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "socket");
	const struct json_node protocol = json_node_member(&node, "protocol");
	const struct json_node address = json_node_member(&node, "address");
	struct container *container = reader->container;
	struct netview *view = container ? container->view : &reader->snapshot->net;
	struct socket socket = {
	    .protocol = engine_protocol(need_text(json, &node, "protocol")),
	    .address = engine_read_address(json, &node, "address"),
	    .port = (uint16_t)need_int(json, &node, "port", UINT16_MAX),
	    .v6only = json_read_bool(json, &node, "v6only", false),
	    .ifindex = (uint32_t)json_read_int(json, &node, "ifindex", 0, UINT32_MAX, 0),
	    .inode = (uint64_t)json_read_int(json, &node, "inode", 0, INT64_MAX, 0),
	};
	struct socket *added = NULL;

	read_owner(json, view ? &view->arena : &reader->snapshot->arena, &node, &socket.owner);
	record_check_keys(json, &node,
	                  KEYS("protocol", "address", "port", "v6only", "ifindex", "inode", "pid",
	                       "comm", "container"));
	if (socket.protocol == 0)
		(void)json_reader_expected(json, &protocol, "\"tcp\", \"udp\" or \"sctp\"");
	if (socket.address.family == 0)
		(void)json_reader_expected(json, &address, "an IPv4 or IPv6 address");
	if (json->status < 0)
		return;
	if (view) {
		added = vec_push(&view->sockets);
		if (added)
			*added = socket;
	}
	if (container && (added || !view)) {
		added = vec_push(&container->sockets);
		if (added)
			*added = socket;
	}
	if (!added)
		(void)json_reader_no_memory(json);
}

/* How well the engine could be asked. */
static void read_engine(struct capture_reader *reader, struct json_reader *json,
                        const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "engine");
	const struct json_node name = json_node_member(&node, "status");
	const int status = engine_status_from_name(need_text(json, &node, "status"));
	struct engine *engine = &reader->snapshot->engine;

	record_check_keys(json, &node, KEYS("status", "text", "socket"));
	if (status < 0)
		(void)json_reader_expected(json, &name, "\"ok\", \"none\", \"denied\", ...");
	if (reader->engine_seen)
		(void)json_reader_expected(json, &node, "a single record about the engine");
	if (json->status < 0)
		return;
	reader->engine_seen = true;
	engine->status = (enum engine_status)status;
	engine->status_text = json_read_string(json, &node, "text", NULL);
	engine->socket = json_read_string(json, &node, "socket", NULL);
}

/* An answer of the engine. */
static void read_document(struct capture_reader *reader, struct json_reader *json,
                          const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "document");
	struct snapshot *snapshot = reader->snapshot;
	struct engine_document *document;
	char *text;

	record_check_keys(json, &node, KEYS("request", "json"));
	document = json->status < 0 ? NULL : vec_push(&snapshot->engine.documents);
	if (!document) {
		(void)json_reader_no_memory(json);
		return;
	}
	document->request = keep_text(json, &snapshot->arena, need_text(json, &node, "request"));
	text = json_dumps(json_object_get(node.value, "json"), JSON_COMPACT | JSON_ENCODE_ANY);
	document->json = keep_text(json, &snapshot->arena, text ? text : "null");
	free(text);
	if (json->status == 0) {
		json->failed_key = "json";
		json->status = engine_parse_document(snapshot, document, json->ret_error);
	}
}

/* Something that could not be read when the file was made. */
static void read_incomplete(struct capture_reader *reader, struct json_reader *json,
                            const struct json_node *root)
{
	const struct json_node of = json_node_member(root, "of");
	const char *text = need_text(json, root, "incomplete");
	struct netview *view = NULL;
	int status;

	if (of.value && (reader->container || strcmp(need_text(json, root, "of"), "net") != 0))
		(void)json_reader_expected(json, &of, "\"net\"");
	if (of.value || reader->container)
		view = view_of(reader, json);
	if (json->status < 0)
		return;
	status = view ? netview_incomplete(view, "%s", text)
	              : snapshot_incomplete(reader->snapshot, "%s", text);
	if (status < 0)
		(void)json_reader_no_memory(json);
}

/* A member that is there only to be true. */
static void need_true(struct json_reader *json, const struct json_node *root, const char *key)
{
	const struct json_node node = json_node_member(root, key);

	if (!json_is_true(node.value))
		(void)json_reader_expected(json, &node, "true");
}

/* What listens in a container is known. */
static void read_sockets_known(struct capture_reader *reader, struct json_reader *json,
                               const struct json_node *root)
{
	need_true(json, root, "sockets_known");
	reader->container->sockets_known = true;
}

/* A container has a view of its own. */
static void read_view(struct capture_reader *reader, struct json_reader *json,
                      const struct json_node *root)
{
	need_true(json, root, "view");
	(void)view_of(reader, json);
}

/* The last record. */
static void read_end(struct capture_reader *reader, struct json_reader *json,
                     const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "end");
	const struct json_node count = json_node_member(&node, "records");

	record_check_keys(json, &node, KEYS("records"));
	if ((uint64_t)need_int(json, &node, "records", INT64_MAX) != reader->records)
		(void)json_reader_expected(json, &count, "the number of records before it");
	reader->ended = true;
}

const struct record_kind capture_records[] = {
    {"seawall_capture", RECORD_FIRST, KEYS("seawall_capture", "version", "host", "kernel", "taken"),
     read_header},
    {"raw", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "raw", "data"), read_raw},
    {"xtables", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "xtables"), read_xtables},
    {"sysctl", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "sysctl"), read_sysctl},
    {"socket", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "socket"), read_socket},
    {"engine", RECORD_HOST, KEYS("engine"), read_engine},
    {"document", RECORD_HOST, KEYS("document"), read_document},
    {"incomplete", RECORD_ANYWHERE | RECORD_CONTAINER, KEYS("container", "incomplete", "of"),
     read_incomplete},
    {"sockets_known", RECORD_CONTAINER, KEYS("container", "sockets_known"), read_sockets_known},
    {"view", RECORD_CONTAINER, KEYS("container", "view"), read_view},
    {"end", RECORD_ANYWHERE, KEYS("end"), read_end},
};
const size_t capture_record_kinds = sizeof(capture_records) / sizeof(*capture_records);
