/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traefik's map: what its start says of entry points, and the labels of containers, as routes.
 *
 * Follows Traefik 2.11 and 3 (pkg/provider/docker/config.go, pkg/provider/configuration.go,
 * pkg/config/label), as its documentation and source describe it; no package of it is in Debian to
 * hold this against, and what a label does not tell for certain is a guess that says so.
 *
 * Settings are keys with a value each. Those of its start are written as its command line has them,
 * "entrypoints.web.address"; labels begin with "traefik." as they do on a container. Keys are
 * compared without regard to case, as Traefik does.
 */
#pragma once

#include "site/site.h"

struct traefik_setting {
	const char *key, *value;
};
VEC_TYPE(traefik_settings, struct traefik_setting);

/* A container that Traefik sees. All is borrowed. */
struct traefik_subject {
	const char *name;              /* of the container */
	const char *project, *service; /* Compose's; NULL: none */
	const struct traefik_setting *labels;
	size_t n_labels;
	struct address address; /* where Traefik finds it; family 0: nowhere */
	const uint16_t *ports;  /* that it exposes, the lowest first */
	size_t n_ports;
};

/*
 * Adds the settings of a command line, words that each end with a 0, the program's own first.
 * 0, -E2BIG beyond 4,096 settings, or -ENOMEM.
 */
int traefik_arguments(const char *words, size_t len, struct arena *arena,
                      struct traefik_settings *settings)
    __attribute__((nonnull, warn_unused_result));

/*
 * Adds the settings of a file in YAML, which `name` stands for in sentences. 0, or -EINVAL, -EFBIG,
 * -E2BIG, -ENOMEM with a sentence.
 */
int traefik_file(const char *text, size_t len, const char *name, struct arena *arena,
                 struct traefik_settings *settings, struct error **ret_error)
    __attribute__((nonnull(1, 3, 4, 5), warn_unused_result));

/* The value of a setting; NULL where it has none. */
const char *traefik_setting(const struct traefik_setting *settings, size_t n, const char *key)
    __attribute__((nonnull(3)));

/*
 * Adds the routes to containers of a Traefik that was started with settings; those of one that runs
 * in a container have its id (borrowed). `path` names it in sentences. 0, or a negative errno with
 * a sentence.
 */
int traefik_read(const struct traefik_settings *start, const struct traefik_subject *subjects,
                 size_t n, const char *container_id, const char *path, struct site_map *map,
                 struct error **ret_error) __attribute__((nonnull(1, 5, 6), warn_unused_result));
