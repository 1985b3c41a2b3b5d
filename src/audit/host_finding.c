/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about the host itself: the engine's API, cluster ports, relays. */
#include "audit/host_finding.h"
#include "audit/ineffective.h"
#include "audit/process.h"
#include "audit/proxied.h"
#include "audit/setting.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { SWARM_MANAGER_PORT = 2377, SWARM_GOSSIP_PORT = 7946, VXLAN_PORT = 4789 };

/* How much the sender's place says of a socket of the host: 2 from afar, 1 on a link, 0 nothing. */
static int hit_rank(const struct proof *proof, const struct hit *hit)
{
	enum vantage_class class = proof->vantages.items[hit->vantage].class;

	if (class == VANTAGE_CONTAINER || class == VANTAGE_SPOOFED)
		return 0;
	return class == VANTAGE_BEYOND ? 2 : 1;
}

/* Whether two hits are on the same port of the same process, or of no process. */
static bool same_service(const struct hit *a, const struct hit *b)
{
	const char *one, *two;

	if (!a->socket || !b->socket || a->socket->port != b->socket->port ||
	    a->socket->protocol != b->socket->protocol)
		return false;
	one = a->socket->owner.comm;
	two = b->socket->owner.comm;
	return one && two ? strcmp(one, two) == 0 : one == two;
}

/* Whether another hit tells of the same process and port: an earlier one, or one from farther. */
static bool told_by_another(const struct proof *proof, const struct hit *hit)
{
	int rank = hit_rank(proof, hit);

	vec_foreach(other, &proof->host_hits) {
		int other_rank = hit_rank(proof, other);

		if ((other_rank > rank || (other_rank == rank && other < hit)) &&
		    same_service(other, hit))
			return true;
	}
	return false;
}

/* Fills in a finding, NULL for no memory, who gets to which socket. 0 or -ENOMEM. */
static int socket_finding(struct audit *audit, const struct proof *proof, const struct hit *hit,
                          struct finding *finding)
{
	const struct vantage *vantage = &proof->vantages.items[hit->vantage];

	if (!finding)
		return -ENOMEM;
	finding->in = vantage->in;
	finding->has_path = true;
	finding->path = PATH_HOST;
	finding->to = hit->probe.destination;
	finding->to_port = hit->probe.destination_port;
	finding->who =
	    vantage->class == VANTAGE_BEYOND && (!vantage->parts || vantage_is_world(vantage))
	        ? "anyone"
	        : arena_printf(&audit->arena, "%s %s",
	                       vantage->class == VANTAGE_BEYOND ? "networks behind"
	                                                        : "neighbours on",
	                       vantage->in);
	return vantage_senders(vantage, &finding->sources);
}

/* Makes a finding about a process of the host whose socket outsiders reach. */
static int process_finding(struct audit *audit, const struct proof *proof, const struct hit *hit,
                           enum finding_kind kind, enum severity severity, enum mechanism mechanism)
{
	struct mechanism_facts facts = {.port = hit->socket->port,
	                                .protocol = hit->socket->protocol,
	                                .relay = hit->socket->owner.comm,
	                                .what = process_relay(hit->socket->owner.comm)};
	struct finding *finding;

	if (socket_is_ssh_forward(&audit->snapshot->net, hit->socket))
		facts.what = "a forwarding of ssh -R";
	finding = finding_add(audit, kind, severity, mechanism, &facts);

	if (finding)
		finding->subject = hit->socket->owner.comm;
	return socket_finding(audit, proof, hit, finding);
}

/* The overlay networks in words, NULL where there is none. Borrowed from the arena. */
static const char *overlay_names(struct audit *audit)
{
	const char *names = NULL;

	vec_foreach(network, &audit->snapshot->engine.networks)
		if (network->driver && strcmp(network->driver, "overlay") == 0)
			names = arena_printf(&audit->arena, "%s%s%s", names ? names : "",
			                     names ? ", " : "", network->name);
	return names;
}

/* Makes the finding of the port that overlay networks take their frames by: the kernel's own. */
static int vxlan_finding(struct audit *audit, const struct proof *proof, const struct hit *hit)
{
	struct mechanism_facts facts = {.port = hit->socket->port,
	                                .protocol = hit->socket->protocol,
	                                .network = overlay_names(audit)};
	struct finding *finding;

	if (!facts.network)
		return 0; /* somebody else's VXLAN */
	finding = finding_add(audit, FINDING_EXPOSURE, SEVERITY_MEDIUM, M46_VXLAN, &facts);
	if (finding)
		finding->subject = "VXLAN";
	return socket_finding(audit, proof, hit, finding);
}

/* Whether the engine holds a socket only to keep a published port: it never accepts there. */
static bool port_is_held(const struct audit *audit, const struct socket *socket)
{
	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(published, &endpoint->published)
			if (published->host_port == socket->port &&
			    published->protocol == socket->protocol &&
			    (address_is_any(&published->host_address) ||
			     address_equal(&published->host_address, &socket->address)))
				return true;
	return false;
}

/* Looks at one socket of the host that a probe reached. */
static int host_hit(struct audit *audit, const struct proof *proof, const struct hit *hit)
{
	const char *comm = hit->socket ? hit->socket->owner.comm : NULL;
	const struct vantage *vantage = &proof->vantages.items[hit->vantage];
	uint16_t port = hit->socket ? hit->socket->port : 0;
	bool far_away = vantage->class == VANTAGE_BEYOND;

	if (!hit->socket || hit_rank(proof, hit) == 0 || told_by_another(proof, hit))
		return 0;
	if (socket_is_vxlan(hit->socket))
		return vxlan_finding(audit, proof, hit);
	if (!comm)
		return 0;
	if (process_is_engine(comm)) {
		bool cluster = port == SWARM_MANAGER_PORT || port == SWARM_GOSSIP_PORT ||
		               port == VXLAN_PORT || hit->probe.protocol != IPPROTO_TCP;

		if (port_is_held(audit, hit->socket))
			return 0;
		return process_finding(audit, proof, hit, FINDING_EXPOSURE,
		                       !cluster && far_away ? SEVERITY_CRITICAL : SEVERITY_HIGH,
		                       cluster ? M46_OVERLAY : M54_API);
	}
	if (process_is_web_proxy(comm) && proxied_known(audit, comm))
		return 0; /* proxied.h has more to say */
	if (process_is_web_proxy(comm))
		return finding_note(
		    audit, arena_printf(&audit->arena,
		                        "%s answers outsiders on port %u: it may lead them on "
		                        "to a container; its own rules are not read",
		                        comm, port));
	if (process_relay(comm) || socket_is_ssh_forward(&audit->snapshot->net, hit->socket))
		return process_finding(audit, proof, hit, FINDING_RELAY, SEVERITY_MEDIUM,
		                       M55_RELAY);
	return 0;
}

/* Whether a relay of this name is in a finding already. */
static bool process_named(const struct audit *audit, const char *comm)
{
	vec_foreach(finding, &audit->findings)
		if (finding->endpoint == SIZE_MAX && finding->kind == FINDING_RELAY &&
		    strcmp(finding->subject, comm) == 0)
			return true;
	return false;
}

/*
 * Names tunnels that no probe reaches, because they listen on loopback only and dial out: nothing
 * that arrives at this host tells what they carry.
 */
static int tunnel_findings(struct audit *audit)
{
	vec_foreach(socket, &audit->snapshot->net.sockets) {
		const char *comm = socket->owner.comm;
		struct mechanism_facts facts = {.relay = comm, .what = process_relay(comm)};
		struct finding *finding;

		if (!process_is_tunnel(comm) || socket->owner.container_id ||
		    process_named(audit, comm))
			continue;
		finding = finding_add(audit, FINDING_RELAY, SEVERITY_MEDIUM, M55_TUNNEL, &facts);
		if (!finding)
			return -ENOMEM;
		finding->subject = comm;
		finding->who = "not known";
	}
	return 0;
}

/* Whether a container's forged frame reached a service that listens on loopback only. */
static bool is_loopback_hit(const struct proof *proof, const struct hit *hit)
{
	return hit->path == PATH_LOOPBACK && hit->socket &&
	       address_is_loopback(&hit->socket->address) &&
	       proof->vantages.items[hit->vantage].class == VANTAGE_CONTAINER;
}

/* The finding that speaks of this hit's bridge and service already, or NULL. */
static struct finding *loopback_finding_like(struct audit *audit, const struct vantage *vantage,
                                             const struct hit *hit)
{
	vec_foreach(finding, &audit->findings)
		if (strcmp(finding->mechanism, mechanism_id(M16_HOST_LOOPBACK)) == 0 &&
		    finding->to_port == hit->probe.destination_port &&
		    address_equal(&finding->to, &hit->probe.destination) &&
		    strcmp(finding->in, vantage->in) == 0)
			return finding;
	return NULL;
}

/* Makes the finding of a host's loopback service that containers of one bridge reach. */
static int loopback_finding(struct audit *audit, const struct proof *proof, const struct hit *hit)
{
	const struct vantage *vantage = &proof->vantages.items[hit->vantage];
	const char *comm = hit->socket->owner.comm ? hit->socket->owner.comm : "a process";
	char text[ADDRESS_TEXT];
	struct mechanism_facts facts = {
	    .relay = comm,
	    .in = vantage->in,
	    .to =
	        arena_printf(&audit->arena, "%s:%u", address_format(&hit->probe.destination, text),
	                     hit->probe.destination_port),
	};
	struct finding *finding = loopback_finding_like(audit, vantage, hit);

	if (finding)
		return vantage_senders(vantage, &finding->sources);
	finding = facts.to ? finding_add(audit, FINDING_EXPOSURE, SEVERITY_MEDIUM,
	                                 M16_HOST_LOOPBACK, &facts)
	                   : NULL;
	if (!finding)
		return -ENOMEM;
	finding->subject = comm;
	finding->in = vantage->in;
	finding->has_path = true;
	finding->path = PATH_LOOPBACK;
	finding->to = hit->probe.destination;
	finding->to_port = hit->probe.destination_port;
	finding->who = "containers";
	return vantage_senders(vantage, &finding->sources);
}

/* The last component of an image's name, without tag or digest, compared with a relay's name. */
static bool image_is(const char *image, const char *relay)
{
	const char *base = strrchr(image, '/');
	size_t len;

	base = base ? base + 1 : image;
	len = strcspn(base, ":@");
	return strlen(relay) <= len && strncmp(base, relay, strlen(relay)) == 0;
}

/* Names containers that are tunnels or proxies by their image, and those that can rewrite rules. */
static int container_findings(struct audit *audit, const struct container *container)
{
	static const char *const images[] = {"cloudflared", "tailscale", "ngrok", "frpc",
	                                     "chisel",      "traefik",   "socat"};
	int status = 0;

	if (container->state != CONTAINER_RUNNING)
		return 0;
	for (size_t i = 0; i < sizeof(images) / sizeof(*images) && container->image; i++) {
		struct mechanism_facts facts = {
		    .relay = container->name,
		    .what = arena_printf(&audit->arena, "image %s", container->image)};
		struct finding *finding;

		if (!image_is(container->image, images[i]))
			continue;
		finding = finding_add(audit, FINDING_RELAY, SEVERITY_MEDIUM, M55_TUNNEL, &facts);
		if (!finding)
			return -ENOMEM;
		finding->subject = container->name;
		finding->who = "not known";
	}
	if (container->privileged || container->docker_socket ||
	    (container->net_admin && container->network_mode &&
	     strcmp(container->network_mode, "host") == 0))
		status = finding_note(
		    audit, arena_printf(&audit->arena, "%s can rewrite this host's rules: it %s",
		                        container->name,
		                        container->privileged ? "is privileged"
		                        : container->docker_socket
		                            ? "holds the engine's socket"
		                            : "may administer this host's network"));
	return status;
}

int host_findings(struct audit *audit, const struct proof *proof)
{
	int status = 0;

	vec_foreach(hit, &proof->host_hits)
		if (status == 0)
			status = is_loopback_hit(proof, hit) ? loopback_finding(audit, proof, hit)
			                                     : host_hit(audit, proof, hit);
	if (status == 0)
		status = tunnel_findings(audit);
	vec_foreach(container, &audit->snapshot->engine.containers)
		if (status == 0)
			status = container_findings(audit, container);
	if (status == 0)
		status = setting_findings(audit);
	return status == 0 ? ineffective_findings(audit) : status;
}
