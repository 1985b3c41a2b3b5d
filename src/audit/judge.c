/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging: hits become reach entries, and each entry is held against what was declared. */
#include "audit/judge.h"

#include "audit/judge_policy.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Whether an address is one of the interface's own. */
static bool address_of_link(const struct netview *view, const struct address *address,
                            uint32_t ifindex)
{
	vec_foreach(own, &view->addresses)
		if (own->ifindex == ifindex && address_equal(&own->address, address))
			return true;
	return false;
}

/* The entry of an endpoint that a hit belongs to, or NULL. */
static struct reach_entry *entry_of(struct audit_endpoint *endpoint, const struct vantage *vantage,
                                    const char *zone, const struct hit *hit)
{
	vec_foreach(entry, &endpoint->reach)
		if (entry->path == hit->path && entry->to_port == hit->probe.destination_port &&
		    address_equal(&entry->to, &hit->probe.destination) &&
		    strcmp(entry->in, vantage->in) == 0 && strcmp(entry->zone, zone) == 0)
			return entry;
	return NULL;
}

int judge_add(struct audit *audit, const struct netview *view, const struct vantages *vantages,
              struct hit *hit, bool live)
{
	struct audit_endpoint *endpoint = &audit->endpoints.items[hit->endpoint];
	const struct vantage *vantage = &vantages->items[hit->vantage];
	const char *zone = policy_zone_of(audit, vantage);
	struct reach_entry *entry = entry_of(endpoint, vantage, zone, hit);

	if (vantage->class == VANTAGE_CONTAINER && vantage->network &&
	    strcmp(vantage->network->name, endpoint->network) == 0)
		return 0; /* who shares its network is meant to reach it, by whatever address */
	if (!entry) {
		entry = vec_push(&endpoint->reach);
		if (!entry)
			return -ENOMEM;
		*entry = (struct reach_entry){
		    .path = hit->path,
		    .in = vantage->in,
		    .zone = zone,
		    .to = hit->probe.destination,
		    .to_port = hit->probe.destination_port,
		    .certainty = CERTAIN_MAY,
		    .live = live,
		    .own_address =
		        address_of_link(view, &hit->probe.destination, vantage->in_ifindex),
		    .published = hit->published,
		    .witness = hit->probe,
		    .vantage_ifindex = vantage->in_ifindex,
		    .relay = hit->socket ? (hit->socket->owner.comm ? hit->socket->owner.comm
		                                                    : "docker-proxy")
		                         : NULL,
		};
		if (hit->path == PATH_HOST)
			entry->relay = NULL;
	}
	hit->entry = (size_t)(entry - endpoint->reach.items);
	/* The farthest sender that stands for the most makes the best story. */
	if (vantage->class == VANTAGE_BEYOND && (!(entry->classes & 1u << VANTAGE_BEYOND) ||
	                                         vantage->sources.len < entry->witness_len)) {
		entry->witness = hit->probe;
		entry->witness_len = vantage->sources.len;
	}
	if (policy_judge(audit, endpoint, vantage, entry) < 0)
		return -ENOMEM;
	entry->classes |= 1u << vantage->class;
	entry->arrived++;
	entry->sent++;
	entry->rounded = entry->rounded || vantage->rounded;
	if (vantage->class != VANTAGE_SPOOFED && vantage_senders(vantage, &entry->genuine) < 0)
		return -ENOMEM;
	if (vantage->class == VANTAGE_BEYOND && vantage->parts &&
	    vantage_senders(vantage, &entry->far) < 0)
		return -ENOMEM;
	return vantage_senders(vantage, &entry->sources);
}

enum declared judge_declared(const struct audit_endpoint *endpoint, uint8_t family)
{
	enum declared widest = DECLARED_NOTHING;

	vec_foreach(published, &endpoint->published) {
		enum declared declared = declared_by(published);

		if (declared > widest && published->host_address.family == family)
			widest = declared;
	}
	return widest;
}

bool judge_meaning_known(const struct audit *audit, const struct audit_endpoint *endpoint)
{
	enum declared four = judge_declared(endpoint, AF_INET);
	enum declared six = judge_declared(endpoint, AF_INET6);

	return !audit->snapshot->engine.from_kernel || (four > six ? four : six) == DECLARED_HOST;
}

/* Whether an address of the host belongs to a bridge of the engine. */
static bool address_is_gateway(const struct snapshot *snapshot, const struct address *address)
{
	vec_foreach(own, &snapshot->net.addresses) {
		const struct link *link = netview_link(&snapshot->net, own->ifindex);

		if (link && address_equal(&own->address, address) &&
		    vantage_bridge_network(snapshot, link))
			return true;
	}
	return false;
}

/* Whether docker-proxy took what the engine's own translation should have: its rule is gone. */
static bool translation_missing(const struct audit *audit, const struct reach_entry *entry)
{
	return entry->path == PATH_PROXY && entry->to.family == AF_INET &&
	       entry->classes != 1u << VANTAGE_CONTAINER && audit->snapshot->engine.iptables != 0 &&
	       entry->relay && strcmp(entry->relay, "docker-proxy") == 0;
}

/* Whether a packet through a mapping of the engine was meant, by rule or by proxy. */
static bool mapping_meant(const struct audit *audit, const struct audit_endpoint *endpoint,
                          const struct reach_entry *entry)
{
	const struct published_port *published = entry->published;

	if (!published || translation_missing(audit, entry))
		return false;
	switch (declared_by(published)) {
	case DECLARED_NOTHING:
	case DECLARED_HOST:
		return false;
	case DECLARED_ADDRESS:
		return entry->own_address && entry->classes != 1u << VANTAGE_CONTAINER;
	case DECLARED_ANYONE:
		break;
	}
	if (entry->to.family == AF_INET6 && entry->path == PATH_PROXY)
		return endpoint->address.family == AF_INET &&
		       declared_ipv6(endpoint->container, published);
	return entry->classes == 1u << VANTAGE_CONTAINER ||
	       !address_is_gateway(audit->snapshot, &entry->to);
}

bool judge_bind_means(const struct audit *audit, const struct audit_endpoint *endpoint,
                      const struct reach_entry *entry)
{
	bool on_link_only = !(entry->classes & (1u << VANTAGE_BEYOND | 1u << VANTAGE_SPOOFED));

	if (audit->snapshot->engine.from_kernel)
		return entry->classes == 1u << VANTAGE_CONTAINER;
	switch (entry->path) {
	case PATH_PUBLISHED:
	case PATH_PROXY:
	case PATH_INGRESS:
		return mapping_meant(audit, endpoint, entry);
	case PATH_DIRECT:
		return endpoint->container && entry->to_port == endpoint->port &&
		       judge_declared(endpoint, entry->to.family) == DECLARED_ANYONE;
	case PATH_HOST:
		return !declared_loopback(endpoint->container, endpoint->protocol, endpoint->port);
	case PATH_L2:
		return endpoint->container && endpoint->container->view && on_link_only &&
		       !declared_loopback(endpoint->container, endpoint->protocol, endpoint->port);
	default:
		return false;
	}
}

/* Whether each prefix of a set lies in one of another. */
static bool covered(const struct prefixes *by, const struct prefixes *what)
{
	vec_foreach(one, what)
		if (!prefixes_hold(by, one))
			return false;
	return true;
}

/* Whether all who get in by an entry get in by another one as well: same interface and family. */
static bool adds_nobody(const struct reach_entry *entry, const struct reach_entry *other)
{
	return strcmp(other->in, entry->in) == 0 && other->to.family == entry->to.family &&
	       (entry->classes & ~(other->classes | 1u << VANTAGE_SPOOFED)) == 0 &&
	       covered(&other->genuine, &entry->genuine);
}

/*
 * Whether what an entry lets in, nobody knows what for, comes in at the link's own address as well:
 * who asks that question once need not ask it of each further address.
 */
static bool entry_asked(const struct audit_endpoint *endpoint, const struct reach_entry *entry)
{
	if (entry->own_address)
		return false;
	vec_foreach(other, &endpoint->reach)
		if (other->own_address && other->path == PATH_PUBLISHED &&
		    adds_nobody(entry, other))
			return true;
	return false;
}

/*
 * Whether somebody who is meant gets in by the same interface and family, from as many places.
 * Direct access is no such way: who closed the host's addresses did not mean the gateway's to stay.
 */
static bool entry_redundant(const struct audit_endpoint *endpoint, const struct reach_entry *entry)
{
	if (entry->path == PATH_BROADCAST ||
	    (entry->path == PATH_PROXY && entry->to.family == AF_INET6 &&
	     endpoint->address.family == AF_INET))
		return false;
	vec_foreach(other, &endpoint->reach)
		if (other != entry && other->meant && other->path != PATH_DIRECT &&
		    adds_nobody(entry, other))
			return true;
	return false;
}

/* Adds an intent entry of the bind address. */
static int intent_add(struct audit_endpoint *endpoint, const char *zone)
{
	struct intent_entry *slot = vec_push(&endpoint->intent);

	if (!slot)
		return -ENOMEM;
	*slot = (struct intent_entry){.zone = zone, .from = "bind"};
	return 0;
}

/* Fills an endpoint's intent from its mappings, the widest of them. */
static int endpoint_intent(struct audit_endpoint *endpoint)
{
	enum declared four = judge_declared(endpoint, AF_INET);
	enum declared six = judge_declared(endpoint, AF_INET6);
	enum declared widest = four > six ? four : six;
	bool lan = endpoint->container && endpoint->container->view;
	bool host_network = strcmp(endpoint->network, "host") == 0;
	int status = intent_add(endpoint, "host");

	if (status == 0 &&
	    (widest == DECLARED_ANYONE || widest == DECLARED_NOTHING || host_network))
		status = intent_add(endpoint, "containers");
	if (status == 0 && (widest >= DECLARED_ADDRESS || lan || host_network))
		status = intent_add(endpoint, "world");
	return status;
}

int judge_all(struct audit *audit)
{
	vec_foreach(endpoint, &audit->endpoints) {
		bool known = judge_meaning_known(audit, endpoint);
		bool governed = false;
		int status = endpoint->intent.n ? 0 : policy_intents(audit, endpoint, &governed);

		if (status == 0 && !endpoint->intent.n && !governed && known)
			status = endpoint_intent(endpoint);
		if (status < 0)
			return status;
		vec_foreach(entry, &endpoint->reach)
			entry->meant = entry->row ? !entry->unmeant.n
			                          : judge_bind_means(audit, endpoint, entry);
		vec_foreach(entry, &endpoint->reach)
			if (!entry->meant && !entry->row)
				entry->meant = known ? entry_redundant(endpoint, entry)
				                     : entry_asked(endpoint, entry);
	}
	return 0;
}
