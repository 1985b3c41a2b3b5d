/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mechanisms: by which known way a port got out, in words. */
#include "audit/mechanism.h"
#include "audit/endpoint.h"
#include "audit/process.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
	const char *id, *why, *fix;
} mechanisms[] = {
    [M01_BYPASS] =
        {"M01", "{port} is published on {published}; {firewall} denies it, {engine} goes around it",
         "publish it on 127.0.0.1:{port}, or accept it on purpose in the firewall too"},
    [M02_RELAY_V6] =
        {"M02",
         "{port} is relayed by docker-proxy from [::]; IPv4 rules do not see it and the "
         "container sees no client address",
         "publish it as 0.0.0.0:{port} or on one address"},
    [M06_DEFAULT_ADDRESS] =
        {"M06",
         "{port} is published on every address: the engine's default address {mode} holds for "
         "network bridge only",
         "write the address into the port: {mode}:{port}"},
    [M07_GATEWAY_NETWORK] =
        {"M07",
         "{port} is published on every address: network {network} would make that {mode}, but "
         "another network is the container's gateway",
         "write the address into the port: {mode}:{port}"},
    [M08_HOST_NETWORK] =
        {"M08",
         "it shares this host's network, so its bind address decides; the published "
         "address 127.0.0.1 is ignored",
         "use a bridge network, or let the program itself bind 127.0.0.1"},
    [M09_SWARM] =
        {"M09", "Swarm publishes {port} on every address of every node; a bind address is ignored",
         "do not publish it through the mesh, or filter {port} on every node"},
    [M10_INGRESS_LOOPBACK] =
        {"M10", "Swarm's mesh answers {to} from the wire: it has no rule against 127/8",
         "drop 127.0.0.0/8 that does not come in by lo, before address translation"},
    [M10_INGRESS_ACCEPT] =
        {"M10",
         "{at} directly: Swarm lets its port {port} pass to every address, not to its mesh "
         "only: {rule}",
         "`{iptables} -t raw -I PREROUTING ! -i {bridge} -d {net} -j DROP`"},
    [M11_LOOPBACK_WIRE] =
        {"M11",
         "{to} over the wire; you published it on {published}, which {engine} does not "
         "guard",
         "upgrade to Docker 28, or: `iptables -t raw -I PREROUTING ! -i lo -d "
         "127.0.0.0/8 -j DROP`"},
    [M12_PROTECTION_GONE] =
        {"M12",
         "{to} gets through: {engine}'s rules in table raw that should stop it are "
         "missing",
         "restart the engine so that it writes its rules again, and stop what removes "
         "them"},
    [M13_WEAK_HOST] = {"M13",
                       "{port} is published on {published}, but the host takes that address in by "
                       "{in} too",
                       "drop packets to that address which come in by another interface"},
    [M14_FORGOTTEN_ADDRESS] = {"M14", "{port} is published on {published}: {to} is one of them",
                               "publish it on the one address that is meant"},
    [M15_ROUTE_LOCALNET] =
        {"M15", "a rule sends {to} on to a loopback address, and route_localnet lets it in",
         "remove the rule, or set route_localnet of {in} to 0"},
    [M16_HOST_LOOPBACK] =
        {"M16",
         "{relay} listens on {to} only, but route_localnet of {in} lets in containers that write "
         "their own frames",
         "turn the engine's userland proxy on, or: `iptables -I INPUT ! -i lo -d 127.0.0.0/8 -j "
         "DROP`"},
    [M17_DIRECT_PUBLISHED] =
        {"M17", "{at} directly; you published it on {published}",
         "upgrade to Docker 28, or: `{iptables} -t raw -I PREROUTING ! -i {bridge} -d {net} "
         "-j DROP`"},
    [M18_DIRECT_UNPUBLISHED] =
        {"M18", "{at} directly; it is not published, and nothing stops forwarding to it",
         "`{iptables} -t raw -I PREROUTING ! -i {bridge} -d {net} -j DROP`, and a FORWARD "
         "policy of DROP"},
    [M19_ACCEPT_IN_FRONT] = {"M19", "{at} directly: a rule of {rule_owner} lets it pass: {rule}",
                             "remove that rule or narrow it to where it must lead"},
    [M20_MODE] = {"M20", "{at} directly: network {network} asks for it ({mode})",
                  "use gateway mode nat, without trusted interfaces or direct routing"},
    [M21_NO_IPTABLES] = {"M21",
                         "{at} directly: the engine runs with iptables off, so nothing guards its "
                         "containers",
                         "let the engine write its rules again, or drop forwarding to {net}"},
    [M22_NO_IP6TABLES] =
        {"M22", "{at} directly: network {network} has IPv6 and the engine wrote no IPv6 rules",
         "turn on ip6tables in the engine, or take IPv6 off the network"},
    [M23_FOREIGN_DNAT] = {"M23", "{to} is sent on to {at} by a rule of {rule_owner}: {rule}",
                          "remove that rule"},
    [M24_REDIRECT] = {"M24", "{to} is redirected to docker-proxy by a rule of {rule_owner}: {rule}",
                      "remove that rule"},
    [M25_POST_DNAT] =
        {"M25",
         "does nothing: in DOCKER-USER the port and address are already the container's, "
         "so it never matches: {rule}",
         "match the published port with -m conntrack --ctorigdstport {port}"},
    [M26_SELECTOR] = {"M26", "does nothing: no interface is called that: {rule}",
                      "name the interface that the packets come in by"},
    [M27_AFTER_RETURN] = {"M27",
                          "does nothing: it stands after a RETURN that takes everything: {rule}",
                          "insert it with -I DOCKER-USER instead of appending it"},
    [M28_FLOWS] =
        {"M28",
         "{what} through {to}, port {port}, from before newcomers were refused there: "
         "{rule}",
         "end them: `conntrack -D -p {published} --orig-dst {to} --orig-port-dst {port}`"},
    [M29_LINK_LOCAL] = {"M29",
                        "{port} answers senders with a link-local address through docker-proxy; "
                        "DOCKER-USER does not see them",
                        "drop {port} in the IPv6 INPUT chain, or turn the userland proxy off"},
    [M30_BROADCAST] = {"M30",
                       "broadcasts to {to} are relayed by docker-proxy, whatever DOCKER-USER says",
                       "publish it on one address"},
    [M31_SECOND_DOOR] =
        {"M31", "docker-proxy answers {to} itself: the engine's translation for it is missing",
         "restart the engine so that it writes its rules again"},
    [M36_STALE] = {"M36",
                   "{to} is sent to {at} by a rule that the engine once made; you published it on "
                   "{published}: {rule}",
                   "delete that rule, and cut the engine's chains out of saved firewall files"},
    [M37_NOT_HOOKED] = {"M37", "does nothing: no rule jumps to the chain that it stands in: {rule}",
                        "restart the engine, or: `iptables -I FORWARD -j DOCKER-USER`"},
    [M41_UNKNOWN] = {"M41",
                     "{to} leads into it; the engine does not answer, so whether that was meant is "
                     "not known",
                     "start the engine and look again, or remove what lets {to} in: {rule}"},
    [M44_MACVLAN] =
        {"M44",
         "{at} is on the LAN itself ({network}); published ports and this host's rules do not "
         "apply to it",
         "filter inside the container, or upstream"},
    [M45_ENSLAVED] =
        {"M45", "{in} is a port of the bridge of network {network}: who is behind it is inside",
         "take {in} off that bridge"},
    [M46_OVERLAY] = {"M46", "{relay}'s port {port} for cluster traffic is open to anybody",
                     "let only the other nodes reach 2377, 7946 and 4789"},
    [M46_VXLAN] =
        {"M46",
         "{port} takes frames for overlay networks ({network}) from anybody: one way, but to "
         "unpublished ports too",
         "let only the other nodes reach 2377, 7946 and 4789"},
    [M49_PODMAN] = {"M49", "{to} gets through: Podman writes no rules against it",
                    "drop 127.0.0.0/8 and {net} that come in by {in}, before address translation"},
    [M52_CONTAINERS] = {"M52",
                        "containers of other networks reach {to}; you published it on {published}",
                        "publish it on 127.0.0.1, or put the two on one network on purpose"},
    [M52_DIRECT] = {"M52",
                    "containers of other networks reach {at} directly: nothing keeps the networks "
                    "apart",
                    "restart the engine so that it writes its rules again"},
    [M54_API] = {"M54", "the engine's API listens on port {port}: who reaches it owns this host",
                 "take the tcp:// entry out of the engine's hosts"},
    [M55_RELAY] = {"M55",
                   "{relay} ({what}) listens on port {port} and may carry ports of this host out; "
                   "where it leads is not known",
                   "look at what {relay} forwards"},
    [M55_TUNNEL] =
        {"M55",
         "{relay} ({what}) is a tunnel or proxy: what it carries out of this host is not known",
         "look at what {relay} forwards"},
    [M55_PAST_PROXY] = {"M55",
                        "{port} is answered directly too, past {relay}, which leads {rule} to it",
                        "publish it on 127.0.0.1:{port}"},
    [M55_PAST_GUARD] =
        {"M55", "{port} is answered directly, past {relay}, which asks for {what} at {rule}",
         "publish it on 127.0.0.1:{port}"},
    [M55_UNGUARDED] = {"M55", "{relay} leads {rule} to it and asks for nothing{mode}",
                       "let {relay} ask for a password (auth_basic), or `accept` it: kind relay"},
    [M55_NOWHERE] = {"M55", "{relay} leads {rule} to {to}, where nothing answers",
                     "start what should answer there, or take it out of {relay}'s configuration"},
    [M58_INTERNAL] = {"M58",
                      "{at} takes packets with a forged address of network {network} from {in}",
                      "set net.ipv4.conf.{in}.rp_filter to 1"},
    [M00_DISAGREE] = {"-", "{rule}", "report it with the file that `seawall capture` writes"},
    [M00_POLICY] = {"-", "{to} is open; {policy}",
                    "`seawall apply` closes it; or allow it in the policy"},
    [M00_CLOSED] = {"-", "{port} is published on {published}, but nobody gets in by {in}: {rule}",
                    "narrow that rule if this port is meant to be open"},
    [M00_NOWHERE] = {"-",
                     "{port} is published on {published}, but nothing takes it in by {in}: it is "
                     "not translated and nobody listens",
                     "restart the engine so that it writes its rules again; Swarm's mesh needs "
                     "IPVS in the kernel"},
};
_Static_assert(sizeof(mechanisms) / sizeof(*mechanisms) == MECHANISMS, "a text for each mechanism");

const char *mechanism_id(enum mechanism mechanism)
{
	return mechanisms[mechanism].id;
}

/* The value of a placeholder of `len` characters; port_text is room for a number. */
static const char *fact(const struct mechanism_facts *facts, const char *name, size_t len,
                        char port_text[static 16])
{
	const struct {
		const char *name, *value;
	} table[] = {
	    {"to", facts->to},
	    {"at", facts->at},
	    {"published", facts->published},
	    {"in", facts->in},
	    {"owner_if", facts->owner_if},
	    {"engine", facts->engine},
	    {"firewall", facts->firewall},
	    {"rule", facts->rule},
	    {"rule_owner", facts->rule_owner},
	    {"network", facts->network},
	    {"container", facts->container},
	    {"relay", facts->relay},
	    {"net", facts->net},
	    {"bridge", facts->bridge},
	    {"iptables", facts->iptables},
	    {"mode", facts->mode},
	    {"what", facts->what},
	    {"policy", facts->policy},
	};

	if (len == 4 && memcmp(name, "port", 4) == 0) {
		snprintf(port_text, 16, "%u%s", facts->port, protocol_suffix(facts->protocol));
		return port_text;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strlen(table[i].name) == len && memcmp(name, table[i].name, len) == 0)
			return table[i].value;
	return NULL;
}

/* Fills a template's {names}. NULL when memory is out. */
static const char *fill(const char *template, const struct mechanism_facts *facts,
                        struct arena *arena)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (*template) {
		size_t plain = strcspn(template, "{");
		const char *end = strchr(template + plain, '}');
		char port_text[16];
		const char *value;

		fwrite(template, 1, plain, out);
		template += plain;
		if (!*template || !end)
			break;
		value = fact(facts, template + 1, (size_t)(end - template - 1), port_text);
		fputs(value ? value : "?", out);
		template = end + 1;
	}
	if (fclose(out) != 0)
		return NULL;
	return arena_strdup(arena, text);
}

const char *mechanism_why(enum mechanism mechanism, const struct mechanism_facts *facts,
                          struct arena *arena)
{
	return fill(mechanisms[mechanism].why, facts, arena);
}

const char *mechanism_fix(enum mechanism mechanism, const struct mechanism_facts *facts,
                          struct arena *arena)
{
	return fill(mechanisms[mechanism].fix, facts, arena);
}

/* The engine's major version, 0 when it does not say. */
static int engine_major(const struct engine *engine)
{
	return engine->version ? atoi(engine->version) : 0;
}

/* Whether the engine is one that should have stopped what we saw (Docker 28 and later). */
static bool engine_protects(const struct engine *engine)
{
	return engine->kind && strcmp(engine->kind, "docker") == 0 && engine_major(engine) >= 28 &&
	       engine->iptables != 0;
}

/* Whether anybody but containers can be behind an entry's classes. */
static bool only_containers(const struct reach_entry *entry)
{
	return entry->classes == 1u << VANTAGE_CONTAINER;
}

/* Whether the network, or the daemon, asks for direct access. */
static bool network_asks(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	const struct engine_network *network =
	    endpoint->network ? snapshot_network(audit->snapshot, endpoint->network) : NULL;
	const char *mode;

	if (!network)
		return false;
	mode = endpoint->address.family == AF_INET6 ? network->gateway_mode_ipv6
	                                            : network->gateway_mode_ipv4;
	return (mode && (strcmp(mode, "routed") == 0 || strcmp(mode, "nat-unprotected") == 0)) ||
	       network->trusted_interfaces || audit->snapshot->engine.allow_direct_routing;
}

/*
 * Whether a rule decided that is not the engine's and can be in front of the engine's: an accept is
 * final in its own table only, so one of nft's own tables (firewalld's) lets nothing past the
 * engine's drops.
 */
static bool foreign_rule(const struct reach_entry *entry)
{
	const struct rule_note *rule = &entry->rule;

	return rule->owner && strcmp(rule->owner, "Docker") != 0 && rule->text &&
	       strncmp(rule->text, "-A ", 3) == 0;
}

/* How a container's own address was reached. */
static enum mechanism direct_mechanism(const struct audit *audit,
                                       const struct audit_endpoint *endpoint,
                                       const struct reach_entry *entry)
{
	const struct engine *engine = &audit->snapshot->engine;

	if (entry->rule.chain && strcmp(entry->rule.chain, "DOCKER-INGRESS") == 0)
		return M10_INGRESS_ACCEPT;
	if (only_containers(entry))
		return foreign_rule(entry) ? M19_ACCEPT_IN_FRONT : M52_DIRECT;
	if (entry->classes == 1u << VANTAGE_SPOOFED)
		return M58_INTERNAL;
	if (engine->kind && strcmp(engine->kind, "podman") == 0)
		return M49_PODMAN;
	if (network_asks(audit, endpoint))
		return M20_MODE;
	if (engine->iptables == 0)
		return M21_NO_IPTABLES;
	if (endpoint->address.family == AF_INET6 &&
	    (engine->ip6tables == 0 || !engine_protects(engine)))
		return M22_NO_IP6TABLES;
	if (foreign_rule(entry))
		return M19_ACCEPT_IN_FRONT;
	if (engine_protects(engine))
		return M12_PROTECTION_GONE;
	return endpoint->published.n ? M17_DIRECT_PUBLISHED : M18_DIRECT_UNPUBLISHED;
}

/* How an address of the host led on through a rule that is not the engine's for this port. */
static enum mechanism redirect_mechanism(const struct reach_entry *entry)
{
	if (entry->relay && process_is_proxy(entry->relay))
		return M24_REDIRECT;
	if (entry->rule.chain && strncmp(entry->rule.chain, "DOCKER", 6) == 0)
		return M36_STALE;
	return M23_FOREIGN_DNAT;
}

/* How the userland proxy came to answer. */
static enum mechanism proxy_mechanism(const struct audit *audit,
                                      const struct audit_endpoint *endpoint,
                                      const struct reach_entry *entry)
{
	const struct published_port *published = entry->published;
	bool wide_ipv6 =
	    entry->to.family == AF_INET6 && published && address_is_any(&published->host_address);

	if (wide_ipv6 && endpoint->address.family == AF_INET)
		return M02_RELAY_V6; /* containers get in by it as everybody does */
	if (only_containers(entry))
		return M52_CONTAINERS;
	if (entry->to.family == AF_INET6 && endpoint->address.family == AF_INET6 &&
	    entry->classes == 1u << VANTAGE_LINK_LOCAL)
		return M29_LINK_LOCAL;
	if (wide_ipv6)
		return M02_RELAY_V6;
	if (published && !address_is_any(&published->host_address) && !entry->own_address)
		return M13_WEAK_HOST;
	if (audit->snapshot->engine.iptables == 0)
		return M21_NO_IPTABLES;
	return M31_SECOND_DOOR;
}

enum mechanism mechanism_of(const struct audit *audit, const struct audit_endpoint *endpoint,
                            const struct reach_entry *entry)
{
	const struct engine *engine = &audit->snapshot->engine;
	bool podman = engine->kind && strcmp(engine->kind, "podman") == 0;

	switch (entry->path) {
	case PATH_DIRECT:
		return direct_mechanism(audit, endpoint, entry);
	case PATH_LOOPBACK:
		if (!endpoint->container)
			return M10_INGRESS_LOOPBACK;
		if (entry->relay)
			return M15_ROUTE_LOCALNET;
		return podman ? M49_PODMAN
		              : (engine_protects(engine) ? M12_PROTECTION_GONE : M11_LOOPBACK_WIRE);
	case PATH_PROXY:
		return proxy_mechanism(audit, endpoint, entry);
	case PATH_INGRESS:
		return M09_SWARM;
	case PATH_HOST:
		return M08_HOST_NETWORK;
	case PATH_L2:
		return endpoint->container && endpoint->container->view ? M44_MACVLAN
		                                                        : M45_ENSLAVED;
	case PATH_REDIRECT:
		if (entry->relay && entry->published &&
		    address_is_loopback(&entry->published->host_address))
			return M15_ROUTE_LOCALNET;
		return redirect_mechanism(entry);
	case PATH_BROADCAST:
		return M30_BROADCAST;
	case PATH_PUBLISHED:
		if (only_containers(entry))
			return M52_CONTAINERS;
		if (entry->published && !address_is_any(&entry->published->host_address))
			return M13_WEAK_HOST;
		return M14_FORGOTTEN_ADDRESS;
	case REACH_PATHS:
		break;
	}
	return M18_DIRECT_UNPUBLISHED;
}
