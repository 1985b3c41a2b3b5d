/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the engine's answers down to what is parsed, before anything else sees them.
 *
 * Theory of operation. For each kind of request a const table (engine_keep.c) lists the keys that
 * stay; whatever has no row is dropped unread: environment, commands, mounts, logging, whatever a
 * newer engine adds. A row also says what type its value must have, so that nothing can hide in a
 * value of another type; such an answer is refused with the key's path, and none of its values,
 * rather than cut to something that looks complete. Two values are not copied but judged: a label
 * stays only under the keys that are ours, Compose's or Swarm's, and of all mounts only this stays,
 * whether the engine's own socket can be seen through one of them. What has been pruned once stays
 * as it is when pruned again.
 */
#include "observe/engine_keep.h"
#include "observe/engine_read.h"
#include "base/bytes.h"
#include "observe/json_scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	PATH_TEXT = 256,      /* of a key path in a message */
	STEP_TEXT = 80,       /* of one key in it */
	KEPT_CAP = 128 << 20, /* of what is kept; what comes in has the broker's caps */
};

/* True when a slice is this text. */
static bool slice_is(struct json_slice slice, const char *text)
{
	return strlen(text) == slice.len && memcmp(slice.text, text, slice.len) == 0;
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

/* Copies what stays of a label's value. */
static void prune_label(struct pruning *pruning, const struct place *place)
{
	enum label_keep keep = engine_keep_label(place->key.text, place->key.len);
	struct json_slice value;

	if (!expect(pruning, place, "\"", "a string") || !json_scan_string(&pruning->scan, &value))
		return;
	if (keep == LABEL_STAYS || (keep == LABEL_RULE && engine_keep_rule(value.text, value.len)))
		keep_string(pruning, value);
	else
		keep_text(pruning, "\"\"", 2);
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
		prune_label(pruning, place);
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
		if (row->kind == KEEP_LABELS &&
		    engine_keep_label(member.key.text, member.key.len) == LABEL_GOES) {
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
		key = row->kind == KEEP_SOCKET ? ENGINE_SOCKET_KEY : row->key;
		keep_text(pruning, seen ? ",\"" : "\"", seen ? 2 : 1);
		keep_text(pruning, key, strlen(key));
		keep_text(pruning, "\":", 2);
		seen |= bit;
		prune_value(pruning, &member, row);
	}
	keep_text(pruning, "}", 1);
}

/* Prunes the whole of an answer. 0 or a negative errno with a sentence. */
static int prune_answer(struct pruning *pruning, const struct keep_answer *answer)
{
	const struct place root = {0};

	if (answer->list)
		prune_array(pruning, &root, answer->rows);
	else
		prune_object(pruning, &root, answer->rows);
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
	const struct keep_answer *answer = engine_keep(request);

	if (!answer) {
		(void)error_set(ret_error, EBADMSG, "no such request: \"%s\"", request);
		return NULL;
	}
	if (prune_answer(&pruning, answer) < 0)
		bytes_done(&pruning.kept);
	return (char *)pruning.kept.data;
}
