/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process's name says of its part: an engine's own, a relay, neither. */
#pragma once

#include "observe/netview.h"

#include <stdbool.h>

/* The engine's per-port relay: docker-proxy, Podman's conmon and rootlessport. NULL is false. */
bool process_is_proxy(const char *comm);

/* The engine's daemon. NULL is false. */
bool process_is_engine(const char *comm);

/* Why a process may carry a port out, for a sentence: "a tunnel to Cloudflare"; NULL when it is
 * none. */
const char *process_relay(const char *comm);

/* Whether the relay is a web proxy, which may ask for a password first. */
bool process_is_web_proxy(const char *comm);

/* Whether the relay dials out, so that what it carries never arrives at this host's links. */
bool process_is_tunnel(const char *comm);

/*
 * Whether a socket is one that a session of sshd holds for `ssh -R`: the daemon itself is the first
 * of that name to listen.
 */
bool socket_is_ssh_forward(const struct netview *view, const struct socket *socket)
    __attribute__((nonnull));

/* Whether a socket is the kernel's own for VXLAN, by which overlay networks take their frames. */
bool socket_is_vxlan(const struct socket *socket);
