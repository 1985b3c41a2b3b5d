/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process's name says of its part: an engine's own, a relay, neither. */
#include "audit/process.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

/* Names as /proc/PID/comm has them: cut at 15 characters. */
static const struct {
	const char *comm;
	const char *what;
	enum { RELAY, WEB_PROXY, TUNNEL } kind;
} relays[] = {
    {"nginx", "a web proxy", WEB_PROXY},
    {"haproxy", "a web proxy", WEB_PROXY},
    {"caddy", "a web proxy", WEB_PROXY},
    {"traefik", "a web proxy that by default routes every container with an exposed port", RELAY},
    {"envoy", "a web proxy", WEB_PROXY},
    {"apache2", "a web proxy", WEB_PROXY},
    {"httpd", "a web proxy", WEB_PROXY},
    {"socat", "a relay", RELAY},
    {"redir", "a relay", RELAY},
    {"rinetd", "a relay", RELAY},
    {"ncat", "a relay", RELAY},
    {"systemd-socket-", "a relay", RELAY},
    {"cloudflared", "a tunnel to Cloudflare", TUNNEL},
    {"tailscaled", "a tunnel to a tailnet", TUNNEL},
    {"ngrok", "a tunnel to ngrok", TUNNEL},
    {"frpc", "a tunnel to an frp server", TUNNEL},
    {"frps", "an frp server", RELAY},
    {"chisel", "a tunnel", TUNNEL},
    {"bore", "a tunnel", TUNNEL},
    {"gost", "a relay", RELAY},
    {"ssh", "a forwarding of ssh -L or -D", RELAY},
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

/* Whether a name is that of a relay of a kind. */
static bool is_kind(const char *comm, int kind)
{
	for (size_t i = 0; comm && i < sizeof(relays) / sizeof(*relays); i++)
		if (strcmp(comm, relays[i].comm) == 0)
			return (int)relays[i].kind == kind;
	return false;
}

bool process_is_web_proxy(const char *comm)
{
	return is_kind(comm, WEB_PROXY);
}

bool process_is_tunnel(const char *comm)
{
	return is_kind(comm, TUNNEL);
}

bool socket_is_ssh_forward(const struct netview *view, const struct socket *socket)
{
	if (!socket->owner.comm || strcmp(socket->owner.comm, "sshd") != 0)
		return false;
	vec_foreach(other, &view->sockets)
		if (other->owner.comm && strcmp(other->owner.comm, "sshd") == 0 &&
		    other->owner.pid < socket->owner.pid)
			return true;
	return false;
}

bool socket_is_vxlan(const struct socket *socket)
{
	enum { VXLAN_PORT = 4789 };

	return !socket->owner.comm && socket->protocol == IPPROTO_UDP &&
	       socket->port == VXLAN_PORT && !address_is_loopback(&socket->address);
}
