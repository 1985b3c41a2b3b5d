/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compose files as each of the three tools reads them: which ports they publish.
 *
 * The same files are one project to `docker-compose` 1.29, another to Compose v2, and a third to
 * `docker stack deploy`; a struct compose has a view of each, and a view that the tool would not
 * take says why. Strings are borrowed from its arena. What the tools do was measured: the lab
 * runs them on the same files (tests/lab/cases/lint.sh).
 */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum compose_tool { COMPOSE_V1, COMPOSE_V2, COMPOSE_STACK, COMPOSE_TOOLS };

enum { COMPOSE_FILE_CAP = 4 << 20, COMPOSE_FILES_CAP = 64 };

/* "docker-compose 1.29", "Compose v2", "docker stack deploy" */
const char *compose_tool_name(enum compose_tool tool);

/* Where something stands; columns in characters, from 1. */
struct compose_place {
	const char *file;
	unsigned line, column;
	unsigned end_column; /* behind its last character; equal to column: a place between */
};

/*
 * A port that a service publishes, or a range of them. Host ports of 0: the engine takes free ones.
 * As many host ports as container ports: one for each; else there is one container port, and the
 * engine takes one of the host ports, or all.
 */
struct compose_port {
	struct compose_place place;
	const char *written;    /* as it stands in the file, before variables are filled in */
	bool quoted;            /* between quotes, or in a block */
	bool long_syntax;       /* a mapping with `target` */
	bool flow;              /* which stands in braces */
	bool address_given;     /* else every address */
	bool address_blank;     /* an address was written, and came out empty */
	bool address_dropped;   /* one was given that the tool passes over */
	struct address address; /* 0.0.0.0 where none is given */
	uint16_t host_first, host_last;
	uint16_t container_first, container_last;
	bool one_of; /* of the host ports */
	uint8_t protocol;
	bool mode_host;     /* the stack's: on the node that runs it, not through the mesh */
	bool as_base_sixty; /* docker-compose 1.29 takes 22:22 without quotes for 1342 */
};
VEC_TYPE(compose_ports, struct compose_port);

struct compose_service {
	const char *name;
	struct compose_place place;
	const char *network_mode; /* NULL: none */
	bool active;              /* no profile, or one that is switched on */
	bool deployed;            /* has a `deploy` key: it is meant for a stack too */
	/* Where its ports go that name no address; family 0: every address. */
	struct address default_address;
	bool default_unsteady; /* its networks do not agree on it */
	struct compose_ports ports;
};
VEC_TYPE(compose_services, struct compose_service);

/* What one tool makes of the files. */
struct compose_view {
	struct error *rejected; /* it takes them not at all; NULL: it does */
	bool versioned;         /* some file has a `version`, as the older tools want it */
	struct compose_services services;
};

struct compose {
	struct arena arena;
	struct compose_view views[COMPOSE_TOOLS];
};

struct compose_options {
	const char *env_file;        /* instead of .env beside the first file; NULL: that */
	const char *const *profiles; /* ends with NULL; NULL: none */
	char *const *environment;    /* "NAME=VALUE", ends with NULL; goes before the file */
};

/*
 * Reads n files, the later ones over the earlier ones, with whatever they include or extend. 0 and
 * a project for compose_free(), of which at least one view is not rejected; or a negative errno
 * with a sentence that begins "file:line:column: " where there is one.
 */
int compose_read(const char *const *paths, size_t n, const struct compose_options *options,
                 struct compose **ret_compose, struct error **ret_error)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));
void compose_free(struct compose *compose);
DEFINE_CLEANUP(struct compose, compose_free);
