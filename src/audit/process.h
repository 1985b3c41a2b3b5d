/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process's name says of its part: an engine's own, a relay, neither. */
#pragma once

#include <stdbool.h>

/* The engine's per-port relay: docker-proxy, Podman's conmon and rootlessport. NULL is false. */
bool process_is_proxy(const char *comm);

/* The engine's daemon. NULL is false. */
bool process_is_engine(const char *comm);

/* Why a process may carry a port out, for a sentence: "a tunnel to Cloudflare"; NULL when it is
 * none. */
const char *process_relay(const char *comm);

/* Whether the relay is a web proxy, which may ask for a password first; else a plain tunnel. */
bool process_is_web_proxy(const char *comm);
