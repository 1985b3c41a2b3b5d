/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of entries that match nothing or cannot work, and of zones that hold too many. */
#include "base/suggest.h"
#include "intent/intent_parts.h"
#include "intent/source_word.h"

#include <errno.h>
#include <string.h>

/* Says something about an entry, quoting it. 0 or -ENOMEM. */
static int warn_entry(struct intent *intent, const struct policy_selector *selector,
                      const char *what)
{
	if (!what)
		return -ENOMEM;
	return notes_addf(&intent->warnings, &intent->arena, "%s:%u:%u: %s: %s",
	                  intent->policy->name, selector->place.line, selector->place.column,
	                  selector->quoted, what);
}

/* The container or service that was probably meant, or NULL. */
static const char *near_name(const struct intent *intent, const struct policy_selector *selector)
{
	struct suggestion near = {.typed = selector->container ? selector->container
	                                                       : selector->service};

	vec_foreach(container, &intent->snapshot->engine.containers) {
		const char *name = selector->container ? container->name : container->service;

		if (name)
			suggestion_offer(&near, name);
	}
	return near.word;
}

/* Why an entry names no container. Borrowed from the arena; NULL for no memory. */
static const char *no_container(struct intent *intent, const struct policy_selector *selector)
{
	const char *near =
	    selector->container || selector->service ? near_name(intent, selector) : NULL;
	const char *what = selector->container && !selector->service && !selector->image
	                       ? "container is called that"
	                       : "container is like that";

	return arena_printf(&intent->arena, "matches nothing: no %s%s%s%s", what,
	                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Whether a list has somebody other than this host. */
static bool has_others(const struct policy_sources *sources)
{
	vec_foreach(source, sources)
		if (source->zone != ZONE_HOST)
			return true;
	return false;
}

/* What is to be said of an entry; NULL for nothing, "" for no memory. */
static const char *entry_fault(struct intent *intent, const struct policy_allow *allow,
                               const struct entry_use *use)
{
	const char *text;

	if (!use->container && use->claimed)
		return "matches nothing for certain: only an image says so of itself, and that may "
		       "close but not open";
	if (!use->container) {
		text = no_container(intent, &allow->selector);
		return text ? text : "";
	}
	if (!use->port && use->joined)
		return "matches nothing: that container shares the network of another one, which "
		       "has "
		       "its ports; name that one";
	if (!use->port)
		return "matches nothing: it publishes no such port";
	if (!use->works && has_others(&allow->from))
		return "cannot work: what it names is published on a loopback address of this "
		       "host, or "
		       "not at all, and nobody else gets there; publish it on another address";
	return NULL;
}

/* Warns about entries. 0 or -ENOMEM. */
static int warn_entries(struct intent_making *making)
{
	struct intent *intent = making->intent;
	const struct policy *policy = intent->policy;

	for (size_t i = 0; i < policy->allow.n; i++) {
		const struct policy_allow *allow = &policy->allow.items[i];
		const char *fault = entry_fault(intent, allow, &making->uses[i]);
		int status;

		if (!fault)
			continue;
		status = *fault ? warn_entry(intent, &allow->selector, fault) : -ENOMEM;
		if (status < 0)
			return status;
	}
	return 0;
}

/* Whether the host sends what has no better way out by a link. */
static const struct link *default_link(const struct snapshot *snapshot, const char *pattern)
{
	vec_foreach(route, &snapshot->net.routes) {
		const struct link *link = route->destination.len == 0
		                              ? netview_link(&snapshot->net, route->out_ifindex)
		                              : NULL;

		if (link && interface_matches(pattern, link->name))
			return link;
	}
	return NULL;
}

/* Whether an entry allows this zone without allowing everybody. */
static bool zone_used(const struct policy *policy, size_t zone)
{
	vec_foreach(allow, &policy->allow)
		if (intent_allows_zone(&allow->from, zone) && !sources_all(policy, &allow->from))
			return true;
	return false;
}

/* Warns about zones that hold all that comes by an interface from everywhere. 0 or -ENOMEM. */
static int warn_zones(struct intent *intent)
{
	const struct policy *policy = intent->policy;

	for (size_t i = 0; i < policy->zones.n; i++) {
		const struct policy_zone *zone = &policy->zones.items[i];
		const struct link *link = NULL;

		if (zone->sources.n || !zone_used(policy, ZONES_BUILT_IN + i))
			continue;
		vec_foreach(interface, &zone->interfaces)
			link = link ? link : default_link(intent->snapshot, *interface);
		if (link &&
		    notes_addf(&intent->warnings, &intent->arena,
		               "%s:%u:%u: zone \"%s\" holds all that comes in by %s, and the "
		               "default route leaves there: senders from everywhere may be "
		               "in it; add its sources",
		               policy->name, zone->place.line, zone->place.column, zone->name,
		               link->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

int intent_warn(struct intent_making *making)
{
	int status = warn_zones(making->intent);

	/* Where the engine did not tell its containers, that an entry matches none says nothing. */
	if (status < 0 || making->intent->snapshot->engine.status != ENGINE_OK)
		return status;
	return warn_entries(making);
}
