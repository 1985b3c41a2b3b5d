/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays of an engine's answers: the allow-list of keys that engine_prune() goes by. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What of a value stays, and so what type it must have. */
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
	KEEP_SOCKET, /* mounts: judged, see ENGINE_SOCKET_KEY */
};

/* A key that stays. Tables of them end with a row without a key. */
struct keep {
	const char *key;
	enum keep_kind kind;
	const struct keep *inside;
};

/* What stays of one request's answer. */
struct keep_answer {
	const char *request;
	bool list; /* an array of objects, else one object */
	const struct keep *rows;
};

/* The key that stands for all mounts: does one of them show the container the engine's socket? */
#define ENGINE_SOCKET_KEY "SeawallEngineSocket"

/* What stays of the answer to a request; NULL for an unknown one. */
const struct keep_answer *engine_keep(const char *request) __attribute__((nonnull));

/* What stays of a label. */
enum label_keep {
	LABEL_GOES,
	LABEL_STAYS,
	LABEL_KEY,  /* its key, with an empty value */
	LABEL_RULE, /* the value too, if engine_keep_rule() says so */
};

/* What stays of the label of this key, which need not end with a 0. */
enum label_keep engine_keep_label(const char *key, size_t len) __attribute__((nonnull));
/* The same for those that Traefik reads. */
enum label_keep engine_keep_traefik(const char *key, size_t len) __attribute__((nonnull));
/* Whether a rule of Traefik, escaped as JSON is, names nothing but names, places and addresses. */
bool engine_keep_rule(const char *text, size_t len) __attribute__((nonnull));
