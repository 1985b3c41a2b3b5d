/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who was turned away and who got in, written down by the names of zones and containers.
 *
 * Both are counted first (tally.h) and written at most once a second. An interface that is not told
 * - conntrack does not know it - is the one by which the main table leads back to the sender.
 */
#include "clerk/desk.h"

#include "intent/zone.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>

enum { TRIM_EVERY = 3600 * 1000 };

bool desk_count(struct desk *desk)
{
	bool any = false;

	if (desk->knocks && desk->knocked)
		any |= knocks_read(desk->knocks, desk->knocked, time(NULL));
	if (desk->visits && desk->visited)
		any |= visits_read(desk->visits, desk->visited, time(NULL));
	return any;
}

/* What is at hand while sightings are taken. */
struct flush {
	struct desk *desk;
	const struct zone_table *zones;
	struct arena arena;
	VEC(struct history_knock) knocks;
	VEC(struct history_visit) visits;
};

/* A protocol as people write it. */
static const char *protocol_text(struct arena *arena, uint8_t protocol)
{
	return protocol == IPPROTO_TCP    ? "tcp"
	       : protocol == IPPROTO_UDP  ? "udp"
	       : protocol == IPPROTO_SCTP ? "sctp"
	                                  : arena_printf(arena, "%u", protocol);
}

/* The link by which the main table leads to an address; NULL for none. */
static const struct link *link_towards(const struct snapshot *seen, const struct address *address)
{
	const struct route *best = NULL;

	vec_foreach(route, &seen->net.routes)
		if (route->table == RT_TABLE_MAIN && route->type == RTN_UNICAST &&
		    route->destination.address.family == address->family &&
		    prefix_contains(&route->destination, address) &&
		    (!best || route->destination.len > best->destination.len ||
		     (route->destination.len == best->destination.len &&
		      route->metric < best->metric)))
			best = route;
	return best ? netview_link(&seen->net, best->out_ifindex) : NULL;
}

/* The name of the interface that somebody came in by; "" where it is not known. */
static const char *name_of_link(const struct flush *flush, const struct sighting *sighting)
{
	const struct snapshot *seen = flush->desk->seen;
	const struct link *link = NULL;

	if (seen)
		link = sighting->ifindex ? netview_link(&seen->net, sighting->ifindex)
		                         : link_towards(seen, &sighting->source.address);
	return link ? link->name : "";
}

/* The zone of somebody who came in by an interface; "" without a policy. */
static const char *name_of_zone(const struct flush *flush, const char *in,
                                const struct sighting *sighting)
{
	return flush->zones
	           ? policy_zone_name(flush->zones->policy,
	                              zones_of(flush->zones, in, &sighting->source.address))
	           : "";
}

/* Takes one who was turned away. */
static void take_knock(const struct sighting *knock, void *data)
{
	struct flush *flush = data;
	const char *in = name_of_link(flush, knock);
	struct history_knock *slot = vec_push(&flush->knocks);
	char text[PREFIX_TEXT], to[ADDRESS_TEXT];

	if (!slot)
		return;
	*slot = (struct history_knock){
	    .source = arena_strdup(&flush->arena, prefix_format(&knock->source, text)),
	    .zone = name_of_zone(flush, in, knock),
	    .in = in,
	    .to = arena_strdup(&flush->arena, address_format(&knock->to, to)),
	    .protocol = protocol_text(&flush->arena, knock->protocol),
	    .port = knock->port,
	    .count = knock->count,
	    .first = knock->first,
	    .last = knock->last,
	};
	metrics_knocked(flush->desk->numbers, slot->zone, slot->port, slot->count);
}

/* The container that answers a visit; "" where it is not known any more. */
static const char *name_of_container(const struct flush *flush, const struct sighting *visit)
{
	const struct snapshot *seen = flush->desk->seen;

	if (!seen)
		return "";
	vec_foreach(container, &seen->engine.containers) {
		vec_foreach(attachment, &container->attachments)
			if (address_equal(&attachment->ipv4, &visit->at) ||
			    address_equal(&attachment->ipv6, &visit->at))
				return container->name;
		if (visit->path != PATH_PROXY && visit->path != PATH_HOST)
			continue;
		vec_foreach(port, &container->published)
			if (port->protocol == visit->protocol && port->host_port == visit->port)
				return container->name;
		vec_foreach(socket, &container->sockets)
			if (visit->path == PATH_HOST && socket->protocol == visit->protocol &&
			    socket->port == visit->port)
				return container->name;
	}
	return "";
}

/* Takes one who got in. */
static void take_visit(const struct sighting *visit, void *data)
{
	struct flush *flush = data;
	const char *in = name_of_link(flush, visit);
	struct history_visit *slot = vec_push(&flush->visits);
	char text[PREFIX_TEXT], to[ADDRESS_TEXT], at[ADDRESS_TEXT];

	if (!slot)
		return;
	*slot = (struct history_visit){
	    .source = arena_strdup(&flush->arena, prefix_format(&visit->source, text)),
	    .zone = name_of_zone(flush, in, visit),
	    .in = in,
	    .to = arena_strdup(&flush->arena, address_format(&visit->to, to)),
	    .protocol = protocol_text(&flush->arena, visit->protocol),
	    .container = name_of_container(flush, visit),
	    .endpoint = arena_printf(&flush->arena, "%s:%u", address_format(&visit->at, at),
	                             visit->at_port),
	    .path = reach_path_name(visit->path),
	    .port = visit->port,
	    .flows = visit->count,
	    .first = visit->first,
	    .last = visit->last,
	};
}

/* Writes down what was taken, and what is too old out. 0 or a negative errno with a sentence. */
static int write_down(struct desk *desk, const struct flush *flush, bool *ret_tried,
                      struct error **ret_error)
{
	const int64_t now = clock_milliseconds();
	int status = 0;

	*ret_tried = flush->knocks.n || flush->visits.n;
	if (flush->knocks.n)
		status =
		    history_knocks(desk->history, flush->knocks.items, flush->knocks.n, ret_error);
	if (status == 0 && flush->visits.n)
		status =
		    history_visits(desk->history, flush->visits.items, flush->visits.n, ret_error);
	if (status < 0 || now - desk->trimmed <= TRIM_EVERY)
		return status;
	*ret_tried = true;
	desk->trimmed = now;
	return history_trim(desk->history, time(NULL), ret_error);
}

void desk_flush(struct desk *desk)
{
	_cleanup_error_ struct error *error = NULL;
	struct flush flush = {.desk = desk};
	struct zone_table zones = {0};
	bool tried = false;
	int status = 0;

	if (desk->policy && desk->seen && zones_make(desk->policy, desk->seen, &zones) == 0)
		flush.zones = &zones;
	if (desk->knocked)
		(void)tally_take(desk->knocked, take_knock, &flush);
	if (desk->visited)
		(void)tally_take(desk->visited, take_visit, &flush);
	if (desk_history(desk))
		status = write_down(desk, &flush, &tried, &error);
	if (tried)
		desk_note_history(desk, status, error);
	zones_done(&zones);
	vec_done(&flush.knocks);
	vec_done(&flush.visits);
	arena_done(&flush.arena);
}
