/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intent: for each port of each container who should get in, and who says so. */
#include "intent/intent_parts.h"

#include <errno.h>
#include <string.h>

static const char *const from_names[] = {
    [INTENT_BIND] = "bind", [INTENT_LABEL] = "label", [INTENT_POLICY] = "policy"};
_Static_assert(sizeof(from_names) / sizeof(*from_names) == INTENT_POLICY + 1, "a name for each");

const char *intent_from_name(enum intent_from from)
{
	return from_names[from];
}

bool intent_allows_zone(const struct policy_sources *allowed, size_t zone)
{
	vec_foreach(source, allowed)
		if (source->zone == zone)
			return true;
	return false;
}

/* Adds an entry that names what is in hand. 0 or -ENOMEM. */
static int naming_add(struct intent_making *making, struct namings *namings, size_t entry,
                      enum selector_match match)
{
	struct naming *slot = vec_push(namings);

	if (!slot)
		return -ENOMEM;
	*slot = (struct naming){entry, match};
	making->uses[entry].container |= match == MATCH_SURE;
	making->uses[entry].claimed |= match == MATCH_CLAIMED;
	return 0;
}

/* Whether what an image says of its containers would matter and is not known. */
static bool image_missed(const struct container *container, const struct namings *namings,
                         const struct allow_labels *labels)
{
	bool claimed = false;

	vec_foreach(naming, namings)
		claimed = claimed || naming->match == MATCH_CLAIMED;
	return !container->image_known && (claimed || labels->n > 0);
}

/* Adds the rows of one container. 0 or -ENOMEM. */
static int add_container(struct intent_making *making, const struct container *container)
{
	struct intent *intent = making->intent;
	const struct policy *policy = intent->policy;
	struct allow_labels labels = {0};
	struct namings namings = {0};
	int status = labels_read(policy, container, &intent->arena, &intent->warnings, &labels);

	for (size_t i = 0; i < policy->allow.n && status == 0; i++) {
		enum selector_match match =
		    selector_container(&policy->allow.items[i].selector, container);

		if (match != MATCH_NOT)
			status = naming_add(making, &namings, i, match);
	}
	if (status == 0 && image_missed(container, &namings, &labels))
		status = notes_addf(&intent->incomplete, &intent->arena,
		                    "the image of container %s could not be read: what labels it "
		                    "was given itself is not known, so they only close",
		                    container->name);
	if (status == 0)
		status = intent_container(making, container, &namings, &labels);
	labels_done(&labels);
	vec_done(&namings);
	return status;
}

/* Adds the rows of one service. 0 or -ENOMEM. */
static int add_service(struct intent_making *making, const struct swarm_service *service)
{
	const struct policy *policy = making->intent->policy;
	struct namings namings = {0};
	int status = 0;

	for (size_t i = 0; i < policy->allow.n && status == 0; i++)
		if (selector_service(&policy->allow.items[i].selector, service) != MATCH_NOT)
			status = naming_add(making, &namings, i, MATCH_SURE);
	if (status == 0)
		status = intent_service(making, service, &namings);
	vec_done(&namings);
	return status;
}

/* Orders two addresses that may be missing. */
static int mapping_compare(const struct published_port *a, const struct published_port *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return a->host_port != b->host_port ? (int)a->host_port - (int)b->host_port
	                                    : address_compare(&a->host_address, &b->host_address);
}

/* Orders rows as intent.h says. */
static int port_compare(const void *a, const void *b)
{
	const struct intent_port *one = a, *two = b;

	/* Containers stand in one array, services in another; services are last. */
	if (one->container != two->container) {
		if (!one->container || !two->container)
			return one->container ? -1 : 1;
		return one->container < two->container ? -1 : 1;
	}
	if (one->service != two->service)
		return one->service < two->service ? -1 : 1;
	if (one->way != two->way)
		return (int)one->way - (int)two->way;
	if (one->protocol != two->protocol)
		return (int)one->protocol - (int)two->protocol;
	if (one->port != two->port)
		return (int)one->port - (int)two->port;
	return mapping_compare(one->published, two->published);
}

/* The row that is alike to a wanted one, or NULL. */
static const struct intent_port *port_exact(const struct intent *intent,
                                            const struct intent_port *wanted)
{
	return intent->ports.n ? bsearch(wanted, intent->ports.items, intent->ports.n,
	                                 sizeof(*wanted), port_compare)
	                       : NULL;
}

const struct intent_port *intent_find(const struct intent *intent,
                                      const struct container *container, enum intent_way way,
                                      const struct published_port *published, uint16_t port,
                                      uint8_t protocol)
{
	struct intent_port wanted = {.container = container, .way = way};
	const struct intent_port *found;

	if (way == WAY_PUBLISHED) {
		wanted.published = published;
		wanted.port = published->container_port;
		wanted.protocol = published->protocol;
		return port_exact(intent, &wanted);
	}
	wanted.port = port;
	wanted.protocol = protocol;
	found = port_exact(intent, &wanted);
	if (found)
		return found;
	wanted.port = 0;
	wanted.protocol = 0;
	return port_exact(intent, &wanted);
}

const struct intent_port *intent_find_mesh(const struct intent *intent, uint16_t host_port,
                                           uint8_t protocol)
{
	/* Services are last. */
	for (size_t i = intent->ports.n; i-- > 0 && intent->ports.items[i].service;)
		if (intent->ports.items[i].host_port == host_port &&
		    intent->ports.items[i].protocol == protocol)
			return &intent->ports.items[i];
	return NULL;
}

/* Fills an intent. 0 or -ENOMEM. */
static int intent_fill(struct intent_making *making)
{
	struct intent *intent = making->intent;
	const struct engine *engine = &intent->snapshot->engine;
	int status = zones_make(intent->policy, intent->snapshot, &intent->zones);

	vec_foreach(container, &engine->containers)
		if (status == 0)
			status = add_container(making, container);
	vec_foreach(service, &engine->services)
		if (status == 0)
			status = add_service(making, service);
	if (status == 0 && intent->ports.n)
		qsort(intent->ports.items, intent->ports.n, sizeof(struct intent_port),
		      port_compare);
	return status == 0 ? intent_warn(making) : status;
}

int intent_make(const struct policy *policy, const struct snapshot *snapshot,
                struct intent **ret_intent)
{
	struct intent_making making = {.intent = calloc(1, sizeof(struct intent)),
	                               .uses =
	                                   calloc(policy->allow.n + 1, sizeof(struct entry_use))};
	int status = -ENOMEM;

	if (making.intent && making.uses) {
		making.intent->policy = policy;
		making.intent->snapshot = snapshot;
		status = intent_fill(&making);
	}
	free(making.uses);
	if (status < 0) {
		intent_free(making.intent);
		return status;
	}
	*ret_intent = making.intent;
	return 0;
}

void intent_free(struct intent *intent)
{
	if (!intent)
		return;
	vec_foreach(port, &intent->ports)
		vec_done(&port->allowed);
	vec_done(&intent->ports);
	vec_done(&intent->warnings);
	vec_done(&intent->incomplete);
	zones_done(&intent->zones);
	arena_done(&intent->arena);
	free(intent);
}
