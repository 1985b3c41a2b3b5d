/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HAProxy's map: frontends, listens, backends and their servers, as routes.
 *
 * Follows HAProxy 2.6 (Debian 12), doc/configuration.txt sections 2, 4 and 7. What no access list
 * of names, paths or addresses decides (maps, Lua, stick tables) makes a route a guess, which says
 * so.
 */
#pragma once

#include "site/directive.h"
#include "site/site.h"

/*
 * Adds the routes of a HAProxy whose file is `path` to a map; those of a container have its id
 * (borrowed). 0, or a negative errno with a sentence when the file cannot be understood.
 */
int haproxy_read(struct config_files *files, const char *path, const char *container_id,
                 struct site_map *map, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
