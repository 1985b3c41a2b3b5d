/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the maps of the web proxies that run here, on the host and in containers.
 *
 * A proxy's files are read below its own root (/proc/PID/root), and no link in them leads out of
 * it: a container that links its configuration to the host's secrets shows us nothing. Only the map
 * is kept, never a file's text, which may hold passwords and tokens.
 */
#pragma once

#include "observe/snapshot.h"

/* Fills snapshot->sites. What cannot be read or understood is noted. 0 or -ENOMEM with a sentence.
 */
int sites_read(struct snapshot *snapshot, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * The path that a command line names first by an option, "nginx: master process nginx -c FILE",
 * "caddy run --config=FILE"; NULL where it names none. *ret_times: how often the option is there.
 * Borrowed from the arena.
 */
const char *proxy_config_path(const char *command_line, const char *option, struct arena *arena,
                              unsigned *ret_times) __attribute__((nonnull));
