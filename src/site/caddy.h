/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caddy's map: sites of a Caddyfile, what they hand on, and what they ask for first, as routes.
 *
 * Follows Caddy 2.6 (Debian 12), caddyconfig/caddyfile and the order of directives of
 * caddyconfig/httpcaddyfile/directives.go. What a request or the environment decides is a guess.
 */
#pragma once

#include "site/directive.h"
#include "site/site.h"

/*
 * Adds the routes of a Caddyfile to a map; those of a container have its id (borrowed). 0, or a
 * negative errno with a sentence when the files cannot be understood.
 */
int caddy_read(struct config_files *files, const char *path, const char *container_id,
               struct site_map *map, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
