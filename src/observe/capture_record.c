/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of records in a capture file, and what reads those about the whole and the engine. */
#include "observe/capture_record.h"
#include "observe/engine_parse.h"

#include <errno.h>
#include <string.h>

void record_check_keys(struct json_reader *json, const struct json_node *node,
                       const char *const *keys)
{
	json_t *value;
	const char *key;

	if (!node->value)
		return;
	json_object_foreach((json_t *)node->value, key, value) {
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

const char *record_text(struct json_reader *json, const struct json_node *up, const char *key)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_peek_string(json, &node);

	if (text)
		return text;
	(void)json_reader_expected(json, &node, "a string");
	return "";
}

const char *record_keep(struct json_reader *json, struct arena *arena, const char *text)
{
	const char *kept = arena_strdup(arena, text);

	if (kept)
		return kept;
	(void)json_reader_no_memory(json);
	return "";
}

int64_t record_int(struct json_reader *json, const struct json_node *up, const char *key,
                   int64_t max)
{
	const struct json_node node = json_node_member(up, key);

	if (!node.value)
		(void)json_reader_expected(json, &node, "a whole number");
	return json_read_int(json, up, key, 0, max, 0);
}

struct netview *record_view(struct capture_reader *reader, struct json_reader *json)
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

void record_base64(struct json_reader *json, const struct json_node *up, const char *key,
                   struct bytes *to)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = record_text(json, up, key);
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
	const char *taken = record_text(json, root, "taken"), *end;
	struct snapshot *snapshot = reader->snapshot;
	struct tm utc = {0};

	if (!json_is_integer(version.value) || json_integer_value(version.value) != CAPTURE_VERSION)
		(void)json_reader_expected(json, &version, "1, the version of this format");
	(void)record_text(json, root, "version");
	snapshot->host = record_keep(json, &snapshot->arena, record_text(json, root, "host"));
	snapshot->kernel = record_keep(json, &snapshot->arena, record_text(json, root, "kernel"));
	end = strptime(taken, "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (end && *end == 0)
		snapshot->taken = timegm(&utc);
	else
		(void)json_reader_expected(json, &node, "a time like 2026-01-31T12:00:00Z");
}

/* How well the engine could be asked. */
static void read_engine(struct capture_reader *reader, struct json_reader *json,
                        const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "engine");
	const struct json_node name = json_node_member(&node, "status");
	const int status = engine_status_from_name(record_text(json, &node, "status"));
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
	document->request =
	    record_keep(json, &snapshot->arena, record_text(json, &node, "request"));
	text = json_dumps(json_object_get(node.value, "json"), JSON_COMPACT | JSON_ENCODE_ANY);
	document->json = record_keep(json, &snapshot->arena, text ? text : "null");
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
	const char *text = record_text(json, root, "incomplete");
	const bool in_view = of.value || reader->container;
	struct netview *view = NULL;
	int status;

	if (of.value && (reader->container || strcmp(record_text(json, root, "of"), "net") != 0))
		(void)json_reader_expected(json, &of, "\"net\"");
	if (in_view)
		view = record_view(reader, json);
	if (json->status < 0 || (in_view && !view))
		return;
	status = in_view ? netview_incomplete(view, "%s", text)
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
	(void)record_view(reader, json);
}

/* The last record. */
static void read_end(struct capture_reader *reader, struct json_reader *json,
                     const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "end");
	const struct json_node count = json_node_member(&node, "records");

	record_check_keys(json, &node, KEYS("records"));
	if ((uint64_t)record_int(json, &node, "records", INT64_MAX) != reader->records)
		(void)json_reader_expected(json, &count, "the number of records before it");
	reader->ended = true;
}

const struct record_kind capture_records[] = {
    {"seawall_capture", RECORD_FIRST, KEYS("seawall_capture", "version", "host", "kernel", "taken"),
     read_header},
    {"raw", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "raw", "data"), capture_read_raw},
    {"xtables", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "xtables"), capture_read_xtables},
    {"sysctl", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "sysctl"), capture_read_sysctl},
    {"socket", RECORD_HOST | RECORD_CONTAINER, KEYS("container", "socket"), capture_read_socket},
    {"flow", RECORD_HOST, KEYS("flow"), capture_read_flow},
    {"site", RECORD_HOST, KEYS("site"), capture_read_site},
    {"engine", RECORD_HOST, KEYS("engine"), read_engine},
    {"document", RECORD_HOST, KEYS("document"), read_document},
    {"incomplete", RECORD_ANYWHERE | RECORD_CONTAINER, KEYS("container", "incomplete", "of"),
     read_incomplete},
    {"sockets_known", RECORD_CONTAINER, KEYS("container", "sockets_known"), read_sockets_known},
    {"view", RECORD_CONTAINER, KEYS("container", "view"), read_view},
    {"end", RECORD_ANYWHERE, KEYS("end"), read_end},
};
const size_t capture_record_kinds = sizeof(capture_records) / sizeof(*capture_records);
