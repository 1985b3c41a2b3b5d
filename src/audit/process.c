/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process's name says of its part: an engine's own, a relay, neither. */
#include "audit/process.h"

#include <stddef.h>
#include <string.h>

/* Names as /proc/PID/comm has them: cut at 15 characters. */
static const struct {
	const char *comm;
	const char *what;
	bool web;
} relays[] = {
    {"nginx", "a web proxy", true},
    {"haproxy", "a web proxy", true},
    {"caddy", "a web proxy", true},
    {"traefik", "a web proxy that by default routes every container with an exposed port", true},
    {"envoy", "a web proxy", true},
    {"apache2", "a web proxy", true},
    {"httpd", "a web proxy", true},
    {"socat", "a relay", false},
    {"redir", "a relay", false},
    {"rinetd", "a relay", false},
    {"ncat", "a relay", false},
    {"systemd-socket-", "a relay", false},
    {"cloudflared", "a tunnel to Cloudflare", false},
    {"tailscaled", "a tunnel to a tailnet", false},
    {"ngrok", "a tunnel to ngrok", false},
    {"frpc", "a tunnel to an frp server", false},
    {"frps", "an frp server", false},
    {"chisel", "a tunnel", false},
    {"bore", "a tunnel", false},
    {"gost", "a relay", false},
};

bool process_is_proxy(const char *comm)
{
	return comm && (strcmp(comm, "docker-proxy") == 0 || strcmp(comm, "conmon") == 0 ||
	                strcmp(comm, "rootlessport") == 0 || strcmp(comm, "rootlesskit") == 0);
}

bool process_is_engine(const char *comm)
{
	return comm && (strcmp(comm, "dockerd") == 0 || strcmp(comm, "podman") == 0);
}

const char *process_relay(const char *comm)
{
	for (size_t i = 0; comm && i < sizeof(relays) / sizeof(*relays); i++)
		if (strcmp(comm, relays[i].comm) == 0)
			return relays[i].what;
	return NULL;
}

bool process_is_web_proxy(const char *comm)
{
	for (size_t i = 0; comm && i < sizeof(relays) / sizeof(*relays); i++)
		if (strcmp(comm, relays[i].comm) == 0)
			return relays[i].web;
	return false;
}
