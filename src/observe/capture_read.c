/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a capture file: lines, kinds of records, and where in the file something is wrong.
 *
 * Theory of operation. A capture file may come from anybody, so nothing in it is believed before
 * it has been checked, and the first wrong byte ends the reading with its line and column. It is
 * read a line at a time and understood as it comes; documents go through the parser that a live
 * engine's answers go through (engine_parse_document()), raw messages through netview_decode(). The
 * order of records is part of the format: the first one says what the file is, those of
 * containers come after everything that says which containers there are, and the last one
 * counts the others, so that a file that was cut short is never taken for a smaller host.
 */
#include "observe/capture.h"
#include "observe/capture_record.h"
#include "observe/engine_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Reports the record in hand as wrong at a key, unless an error has been set. */
static int wrong_at(struct capture_reader *reader, const char *key, const char *message)
{
	return error_set(reader->ret_error, EBADMSG, "%s:%zu:%zu: %s", reader->name,
	                 reader->source.number, line_key_column(reader->line, reader->len, key),
	                 message);
}

/* Puts the place before a sentence that was set without one. */
static int place(struct capture_reader *reader, int status, const char *key)
{
	return error_wrap(reader->ret_error, status, "%s:%zu:%zu", reader->name,
	                  reader->source.number, line_key_column(reader->line, reader->len, key));
}

/* Says why there is no next line. */
static int line_error(struct capture_reader *reader, int status)
{
	const size_t number = reader->source.number;

	if (status == -ENODATA)
		return error_set(reader->ret_error, EBADMSG,
		                 "%s:%zu:%zu: the file is cut short: expected the end of the line",
		                 reader->name, number,
		                 line_column(reader->line, reader->len, reader->len));
	if (status == -EFBIG && reader->len > reader->source.line_cap)
		return error_set(reader->ret_error, EFBIG,
		                 "%s:%zu:1: a line of more than %zu bytes: expected a record",
		                 reader->name, number + 1, reader->source.line_cap);
	if (status == -EFBIG)
		return error_set(reader->ret_error, EFBIG,
		                 "%s:%zu:1: the file is larger than %zu bytes, the most that is "
		                 "read",
		                 reader->name, number + 1, reader->source.total_cap);
	return error_set(reader->ret_error, -status, "%s:%zu:1: %s", reader->name, number + 1,
	                 strerror(-status));
}

/* Checks that no table lacks its end, and decodes the messages of a view. */
static int finish_view(struct capture_reader *reader, struct netview *view)
{
	vec_foreach(table, &view->xtables)
		if (!record_xtables_whole(table))
			return error_set(reader->ret_error, EBADMSG,
			                 "the legacy table \"%s\" lacks its end", table->name);
	return netview_decode(view, reader->ret_error);
}

/* Finishes what the host's own records say, before the first record of a container. */
static int finish_host(struct capture_reader *reader)
{
	int status;

	if (reader->host_done)
		return 0;
	reader->host_done = true;
	status = finish_view(reader, &reader->snapshot->net);
	if (status == 0)
		status = engine_parse_finish(reader->snapshot, reader->ret_error);
	return status < 0 ? place(reader, status, NULL) : 0;
}

/* Finds the container that a record is about and makes it the current one. */
static int choose_container(struct capture_reader *reader, const struct json_node *root)
{
	const struct json_node node = json_node_member(root, "container");
	const char *id = json_string_value(node.value);
	struct engine *engine = &reader->snapshot->engine;
	int status = finish_host(reader);

	if (status < 0)
		return status;
	/* Records of one container stand together, in the order of the containers. */
	for (size_t i = 0; id && i < engine->containers.n; i++) {
		const size_t k = (reader->hint + i) % engine->containers.n;

		if (strcmp(engine->containers.items[k].id, id) == 0) {
			reader->hint = k;
			reader->container = &engine->containers.items[k];
			return 0;
		}
	}
	return wrong_at(reader, "container",
	                "found no such container in this file, expected the id of one");
}

/* Finds the kind of a record by its keys, all of which must belong to that kind. */
static const struct record_kind *find_kind(const json_t *record)
{
	for (size_t i = 0; i < capture_record_kinds; i++)
		if (json_object_get(record, capture_records[i].key))
			return &capture_records[i];
	return NULL;
}

/* Checks where a record of this kind may stand. 0 or -EBADMSG. */
static int check_order(struct capture_reader *reader, const struct record_kind *kind)
{
	const bool first = reader->source.number == 1;

	if (first != (kind->place == RECORD_FIRST))
		return wrong_at(
		    reader, kind->key,
		    first ? "expected \"seawall_capture\" in the first record"
		          : "found a second \"seawall_capture\", expected another record");
	if (reader->container && !(kind->place & RECORD_CONTAINER))
		return wrong_at(reader, kind->key, "expected no \"container\" in such a record");
	if (!reader->container && kind->place == RECORD_CONTAINER)
		return wrong_at(reader, kind->key, "expected a \"container\" in such a record");
	if (!reader->container && (kind->place & RECORD_HOST) && reader->host_done)
		return wrong_at(reader, kind->key,
		                "expected the host's records before those of containers");
	return 0;
}

/* Takes in one parsed record. */
static int take_record(struct capture_reader *reader, const json_t *record)
{
	const struct json_node root = json_node_root(record);
	const struct record_kind *kind = find_kind(record);
	struct error *error = NULL;
	struct json_reader json = {.ret_error = &error};
	int status = 0;

	reader->container = NULL;
	if (!kind)
		return wrong_at(reader, json_object_iter_key(json_object_iter((json_t *)record)),
		                "found a kind of record that this version does not know");
	/* The header and the end have no "container" of their own, a socket has one inside. */
	if (json_object_get(record, "container"))
		status = choose_container(reader, &root);
	if (status == 0)
		status = check_order(reader, kind);
	if (status < 0)
		return status;
	json.arena = &reader->snapshot->arena;
	record_check_keys(&json, &root, kind->keys);
	if (json.status == 0)
		kind->read(reader, &json, &root);
	if (json.status == 0)
		return 0;
	status = error_set(
	    reader->ret_error, -json.status, "%s:%zu:%zu: %s", reader->name, reader->source.number,
	    line_key_column(reader->line, reader->len, json.failed_key), error_message(error));
	error_free(error);
	return status;
}

/* Takes in one line. */
static int take_line(struct capture_reader *reader)
{
	json_error_t wrong;
	json_t *record;
	int status;

	if (reader->ended)
		return wrong_at(reader, NULL, "found something behind the \"end\" record");
	if (record_read_plain_raw(reader))
		return 0;
	record = json_loadb(reader->line, reader->len, JSON_REJECT_DUPLICATES, &wrong);
	if (!record)
		return error_set(reader->ret_error, EBADMSG,
		                 "%s:%zu:%zu: not JSON: %s; expected a record", reader->name,
		                 reader->source.number,
		                 line_column(reader->line, reader->len,
		                             wrong.position > 0 ? (size_t)wrong.position - 1 : 0),
		                 json_syntax_error(&wrong));
	if (json_is_object(record))
		status = take_record(reader, record);
	else
		status =
		    error_set(reader->ret_error, EBADMSG, "%s:%zu:1: found %s, expected an object",
		              reader->name, reader->source.number, json_value_kind(record));
	json_decref(record);
	return status;
}

/* Checks, at the end of the stream, that it was the end of the file as written. */
static int finish(struct capture_reader *reader)
{
	int status;

	if (!reader->ended)
		return error_set(reader->ret_error, EBADMSG,
		                 "%s:%zu:1: the file is cut short: expected an \"end\" record",
		                 reader->name, reader->source.number + 1);
	status = finish_host(reader);
	if (status < 0)
		return status;
	vec_foreach(container, &reader->snapshot->engine.containers) {
		if (!container->view)
			continue;
		status = finish_view(reader, container->view);
		if (status == 0)
			continue;
		(void)error_wrap(reader->ret_error, status, "container %.12s", container->id);
		return place(reader, status, NULL);
	}
	return 0;
}

/* Reads all lines. 0 or a negative errno with a sentence. */
static int read_lines(struct capture_reader *reader)
{
	for (;;) {
		int status;

		reader->len = 0;
		status = line_next(&reader->source, &reader->line, &reader->len);
		if (status == 0)
			return finish(reader);
		if (status < 0)
			return line_error(reader, status);
		status = take_line(reader);
		if (status < 0)
			return status;
		reader->records++;
	}
}

int capture_read_stream(FILE *stream, const char *name, struct snapshot **ret_snapshot,
                        struct error **ret_error)
{
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	struct capture_reader reader = {
	    .source = {.stream = stream,
	               .line_cap = CAPTURE_LINE_CAP,
	               .total_cap = CAPTURE_TOTAL_CAP},
	    .name = name,
	    .snapshot = snapshot,
	    .ret_error = ret_error,
	};
	int status;

	if (!snapshot)
		return error_set(ret_error, ENOMEM, "out of memory");
	engine_init(&snapshot->engine);
	status = read_lines(&reader);
	line_source_done(&reader.source);
	if (status < 0)
		return status;
	*ret_snapshot = steal_pointer(&snapshot);
	return 0;
}

int capture_read(const char *path, struct snapshot **ret_snapshot, struct error **ret_error)
{
	FILE *stream = fopen(path, "re");
	int status;

	if (!stream)
		return error_set(ret_error, errno, "%s: %m", path);
	status = capture_read_stream(stream, path, ret_snapshot, ret_error);
	fclose(stream);
	return status;
}
