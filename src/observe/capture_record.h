/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of records in a capture file, and what reads them. */
#pragma once

#include "observe/capture_format.h"
#include "observe/capture_line.h"
#include "observe/json_node.h"

struct capture_reader {
	struct line_source source;
	const char *name; /* of the file, for messages */
	struct snapshot *snapshot;
	struct error **ret_error;
	char *line; /* in hand */
	size_t len;
	uint64_t records;            /* before the one in hand */
	struct container *container; /* that the record in hand is about; NULL: the host */
	size_t hint;                 /* where that container is */
	bool engine_seen, host_done, ended;
};

/* Where a kind of record may stand. */
enum record_place {
	RECORD_FIRST = 1,
	RECORD_HOST = 2,      /* before the records of containers */
	RECORD_CONTAINER = 4, /* with a "container" */
	RECORD_ANYWHERE = 8,  /* without one, but also after those that have one */
};

struct record_kind {
	const char *key;
	unsigned place;
	const char *const *keys; /* all that such a record may have; ends with NULL */
	/* Takes in a record; what is wrong is noted in `json`. */
	void (*read)(struct capture_reader *reader, struct json_reader *json,
	             const struct json_node *root);
};

extern const struct record_kind capture_records[];
extern const size_t capture_record_kinds;

/* Notes an error when an object has a key that is not in the list, which ends with NULL. */
void record_check_keys(struct json_reader *json, const struct json_node *node,
                       const char *const *keys) __attribute__((nonnull));

/*
 * Takes in a line that is a record of the host's netlink messages exactly as the writer spells it,
 * without a JSON tree in between, which would take longer than all the rest. False, with nothing
 * done, for any other line, be it right or wrong.
 */
bool record_read_plain_raw(struct capture_reader *reader) __attribute__((nonnull));

/* Whether a legacy table has all the entries that it says it has. */
bool record_xtables_whole(const struct xtables_table *table) __attribute__((nonnull));

/* All keys that an object of a record may have; ends with NULL. */
#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A string that must be there; "" with an error else. Borrowed from the record. */
const char *record_text(struct json_reader *json, const struct json_node *up, const char *key)
    __attribute__((nonnull));

/* A copy of text in an arena; "" with an error when memory is out. */
const char *record_keep(struct json_reader *json, struct arena *arena, const char *text)
    __attribute__((nonnull));

/* A whole number from 0 to max that must be there; 0 with an error else. */
int64_t record_int(struct json_reader *json, const struct json_node *up, const char *key,
                   int64_t max) __attribute__((nonnull));

/* Adds base64 that must be there at the end of a run of bytes; an error else. */
void record_base64(struct json_reader *json, const struct json_node *up, const char *key,
                   struct bytes *to) __attribute__((nonnull));

/*
 * The view that the record in hand is about. A container's is made when it is first spoken of. NULL
 * with an error when memory is out.
 */
struct netview *record_view(struct capture_reader *reader, struct json_reader *json)
    __attribute__((nonnull));

/* Readers of the records about a network namespace. */
void capture_read_raw(struct capture_reader *reader, struct json_reader *json,
                      const struct json_node *root) __attribute__((nonnull));
void capture_read_xtables(struct capture_reader *reader, struct json_reader *json,
                          const struct json_node *root) __attribute__((nonnull));
void capture_read_sysctl(struct capture_reader *reader, struct json_reader *json,
                         const struct json_node *root) __attribute__((nonnull));
void capture_read_socket(struct capture_reader *reader, struct json_reader *json,
                         const struct json_node *root) __attribute__((nonnull));
/* Reader of the record about flows of the host. */
void capture_read_flow(struct capture_reader *reader, struct json_reader *json,
                       const struct json_node *root) __attribute__((nonnull));
/* Reader of the record about a way through a web proxy, and its text, which the caller frees. */
void capture_read_site(struct capture_reader *reader, struct json_reader *json,
                       const struct json_node *root) __attribute__((nonnull));
char *capture_site_text(const struct site_route *route) __attribute__((nonnull));
