/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine of a collection: what `docker` printed by the templates of collect.sh, which are the
 * answers of the engine's API cut down. They go through the same pruning and the same parser as
 * those of a live engine; only the list of containers is made here, of their details.
 */
#include "collect/collect_parts.h"

#include "base/cleanup.h"
#include "observe/engine_daemon.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"
#include "observe/engine_socket.h"

#include <jansson.h>
#include <string.h>

/* Adds a document. 0, or a negative errno with a sentence. */
static int keep(struct snapshot *snapshot, const char *request, const char *json, size_t len,
                struct error **ret_error)
{
	_cleanup_free_ char *pruned = engine_prune(request, json, len, ret_error);
	struct engine_document *document;

	if (!pruned)
		return -EBADMSG;
	document = vec_push(&snapshot->engine.documents);
	if (document)
		*document = (struct engine_document){
		    .request = request, .json = arena_strdup(&snapshot->arena, pruned)};
	return document && document->json ? 0 : error_set(ret_error, ENOMEM, "out of memory");
}

/* The same of an array or object that was made here, which it releases. */
static int keep_json(struct snapshot *snapshot, const char *request, json_t *json,
                     struct error **ret_error)
{
	_cleanup_free_ char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text ? keep(snapshot, request, text, strlen(text), ret_error)
	            : error_set(ret_error, ENOMEM, "out of memory");
}

/* Whether a section has any output. */
static bool has_output(const struct section *section)
{
	return section && section->text[strspn(section->text, " \n")] != 0;
}

/* The values of a section, one a line, as an array; NULL having complained. */
static json_t *read_lines(const struct collection *collection, const struct section *section,
                          struct error **ret_error)
{
	json_t *list = json_array(), *value;
	char *at = NULL, *line;

	while (list && section && (line = section_line(section, &at))) {
		if (!line[strspn(line, " ")])
			continue;
		value = json_loads(line, 0, NULL);
		if (json_is_object(value) && json_array_append_new(list, value) == 0)
			continue;
		json_decref(list);
		(void)section_bad(collection, section, ret_error,
		                  "expected a JSON object a line, found \"%.60s\"", line);
		return NULL;
	}
	if (!list)
		(void)error_set(ret_error, ENOMEM, "out of memory");
	return list;
}

/* Keeps each value of a section as a document of its own, or all of them as one list. */
static int keep_section(const struct collection *collection, struct snapshot *snapshot,
                        const char *name, const char *request, bool as_list,
                        struct error **ret_error)
{
	const struct section *section = collection_section(collection, name, "");
	json_t *list = read_lines(collection, section, ret_error), *value;
	size_t i;
	int status = 0;

	if (!list)
		return -EBADMSG;
	if (section && section->complaint)
		status =
		    snapshot_incomplete(snapshot, "the engine's %s: %s", name, section->complaint);
	if (as_list)
		return status < 0 ? (json_decref(list), status)
		                  : keep_json(snapshot, request, list, ret_error);
	json_array_foreach(list, i, value) if (status == 0) status =
	    keep_json(snapshot, request, json_incref(value), ret_error);
	json_decref(list);
	return status;
}

/* Makes the list of containers that an engine answers with, of their details. */
static int keep_list(const struct collection *collection, struct snapshot *snapshot,
                     struct error **ret_error)
{
	const struct section *section = collection_section(collection, "containers", "");
	json_t *details, *detail, *list = json_array();
	size_t i;

	/* Its lines are cut once they have been walked: they are read from a copy. */
	_cleanup_free_ char *copy = section ? strndup(section->text, section->len) : strdup("");
	const struct section copied = {
	    .name = "containers", .of = "", .text = copy, .len = copy ? strlen(copy) : 0};

	if (!copy || !list) {
		json_decref(list);
		return error_set(ret_error, ENOMEM, "out of memory");
	}
	details = read_lines(collection, &copied, ret_error);
	json_array_foreach(details, i, detail)
	{
		const json_t *state = json_object_get(detail, "State");
		json_t *status = json_object_get(state, "Status");
		json_t *entry =
		    json_pack("{s:O?, s:[O?], s:O?, s:O?}", "Id", json_object_get(detail, "Id"),
		              "Names", json_object_get(detail, "Name"), "ImageID",
		              json_object_get(detail, "Image"), "State", status);

		(void)json_array_append_new(list, entry ? entry : json_object());
	}
	if (!details) {
		json_decref(list);
		return -EBADMSG;
	}
	json_decref(details);
	return keep_json(snapshot, "containers", list, ret_error);
}

/* The settings that were found in the daemon's file, as an object; NULL: not known. */
static json_t *read_settings(const struct section *section)
{
	_cleanup_free_ char *object = NULL;
	struct bytes joined = {0};
	char *at = NULL, *line;
	json_t *settings;
	int status = 0;

	if (!section || section->complaint)
		return NULL;
	while (status == 0 && (line = section_line(section, &at))) {
		if (!line[strspn(line, " ")])
			continue;
		status = joined.len ? bytes_append(&joined, ",", 1, SIZE_MAX) : 0;
		if (status == 0)
			status = bytes_append(&joined, line, strlen(line), SIZE_MAX);
	}
	if (status < 0 || asprintf(&object, "{%s}", joined.data ? (char *)joined.data : "") < 0)
		object = NULL;
	bytes_done(&joined);
	settings = object ? json_loads(object, 0, NULL) : NULL;
	return settings;
}

/* Keeps what the daemon was told at its start. 0 or a negative errno. */
static int keep_daemon(const struct collection *collection, struct snapshot *snapshot,
                       struct error **ret_error)
{
	const struct section *section = collection_section(collection, "daemon", "arguments");
	struct bytes arguments = {0};
	json_t *settings, *facts;
	int status;

	/* Its PIDs are those of the host that was collected from, and mean nothing here. */
	if (!section)
		return keep_json(snapshot, "daemon", json_pack("{s:s}", "pid-namespace", "same"),
		                 ret_error);
	status = bytes_append(&arguments, section->text, section->len, SIZE_MAX);
	for (size_t i = 0; status == 0 && i < arguments.len; i++)
		if (arguments.data[i] == '\n')
			arguments.data[i] = 0;
	if (status < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	settings = read_settings(collection_section(collection, "daemon", "settings"));
	facts = engine_daemon_facts(
	    &arguments, settings,
	    has_output(collection_section(collection, "daemon", "environment")));
	json_decref(settings);
	bytes_done(&arguments);
	return keep_json(snapshot, "daemon", facts, ret_error);
}

/* Keeps all documents, in the order that the parser asks for. */
static int keep_all(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error)
{
	int status = keep_section(collection, snapshot, "engine", "version", false, ret_error);

	if (status == 0)
		status =
		    keep_section(collection, snapshot, "engine-info", "info", false, ret_error);
	if (status == 0)
		status = keep_daemon(collection, snapshot, ret_error);
	if (status == 0)
		status = keep_list(collection, snapshot, ret_error);
	if (status == 0)
		status =
		    keep_section(collection, snapshot, "networks", "networks", true, ret_error);
	if (status == 0)
		status =
		    keep_section(collection, snapshot, "containers", "container", false, ret_error);
	if (status == 0)
		status = keep_section(collection, snapshot, "images", "image", false, ret_error);
	if (status == 0)
		status =
		    keep_section(collection, snapshot, "services", "services", true, ret_error);
	return status;
}

int collect_engine(const struct collection *collection, struct snapshot *snapshot,
                   struct error **ret_error)
{
	const struct section *engine = collection_section(collection, "engine", "");
	const struct section *containers = collection_section(collection, "containers", "");
	const struct section *podman = collection_section(collection, "podman", "");
	int status;

	engine_init(&snapshot->engine);
	snapshot->engine.status = ENGINE_OK;
	if (!engine && has_output(podman))
		return engine_unavailable(snapshot, ENGINE_BROKEN,
		                          "Podman's containers are not collected: only Docker's");
	if (!engine)
		return engine_unavailable(snapshot, ENGINE_NONE, "there is no `docker` there");
	if (!has_output(engine) || strncmp(engine->text, "null", 4) == 0)
		return engine_unavailable(snapshot, ENGINE_STOPPED, "it does not answer: %s",
		                          engine->complaint ? engine->complaint : "no version");
	if (containers && containers->complaint && !has_output(containers))
		return engine_unavailable(snapshot, ENGINE_BROKEN,
		                          "its containers could not be collected: %s",
		                          containers->complaint);
	snapshot->engine.socket = "/var/run/docker.sock";
	status = keep_all(collection, snapshot, ret_error);
	if (status == 0)
		status = engine_parse(snapshot, ret_error);
	return section_place(collection, engine, status, ret_error);
}
