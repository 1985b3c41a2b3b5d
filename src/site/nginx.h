/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nginx's map: servers, locations, upstreams, maps and streams, as routes.
 *
 * Follows nginx 1.22 (Debian 12), src/http/ngx_http_core_module.c and modules. What a request alone
 * decides (a regular expression's capture, a cookie, Lua) is a hole in the target, and the route
 * says why it is a guess.
 */
#pragma once

#include "site/directive.h"
#include "site/site.h"

/*
 * Adds the routes of an nginx whose main file is `path` to a map; those of a container have its id
 * (borrowed). 0, or a negative errno with a sentence when the files cannot be understood.
 */
int nginx_read(struct config_files *files, const char *path, const char *container_id,
               struct site_map *map, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
