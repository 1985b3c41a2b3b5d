/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who stands behind reach entries, in words. */
#include "audit/finding.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Whether these are most of all addresses. */
static bool is_world(const struct prefixes *sources)
{
	return prefixes_are_most(sources->items, sources->n);
}

/* Whether a sender far away would need a route to an address that the world has none for. */
static bool needs_route(const struct reach_entry *entry)
{
	return (entry->path == PATH_DIRECT || entry->path == PATH_L2 || !entry->own_address) &&
	       address_is_private(&entry->to);
}

/* Writes ", " and a name unless it stands there already. */
static void add_name(char *list, size_t size, const char *name)
{
	size_t len = strlen(list), name_len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += name_len)
		if ((at == list || at[-1] == ' ') && (at[name_len] == 0 || at[name_len] == ','))
			return;
	snprintf(list + len, size - len, "%s%s", len ? ", " : "", name);
}

/* The far senders of an entry in words: "198.51.100.0/24", and how many networks more. */
static void add_far(char *list, size_t size, const struct reach_entry *entry)
{
	char prefix[PREFIX_TEXT], name[PREFIX_TEXT + 32];

	if (entry->far.n < 2)
		snprintf(name, sizeof(name), "%s", prefix_format(&entry->far.items[0], prefix));
	else
		snprintf(name, sizeof(name), "%s and %zu more networks",
		         prefix_format(&entry->far.items[0], prefix), entry->far.n - 1);
	add_name(list, size, name);
}

/* Adds to who gets in what all of them must choose for it: "from port 53". From the arena. */
static const char *add_choice(struct audit *audit, const struct reach_entry *const *entries,
                              size_t n, const char *text)
{
	const struct probe *first = n ? &entries[0]->witness : NULL;
	bool port = n > 0, mac = n > 0;

	for (size_t i = 0; i < n; i++) {
		const struct probe *probe = &entries[i]->witness;

		port = port && probe->source_port != PROBE_SOURCE_PORT &&
		       probe->source_port == first->source_port;
		mac = mac && probe->has_source_mac;
	}
	if (text && port)
		text = arena_printf(&audit->arena, "%s, from port %u", text, first->source_port);
	if (text && mac)
		text = arena_printf(&audit->arena, "%s, by one link address", text);
	return text;
}

const char *finding_who(struct audit *audit, const struct reach_entry *const *entries, size_t n,
                        bool denied)
{
	char links[256] = "", forged[256] = "", behind[256] = "", far[256] = "";
	bool anyone = false, routed = false, containers = false, ipv4 = false;
	const char *text;

	for (size_t i = 0; i < n; i++) {
		const struct reach_entry *entry = entries[i];
		unsigned classes = denied ? entry->denied_classes : entry->classes;

		ipv4 |= entry->to.family == AF_INET;
		containers |= (classes & 1u << VANTAGE_CONTAINER) != 0;
		if (classes & 1u << VANTAGE_BEYOND) {
			if (needs_route(entry))
				routed = true;
			else if (is_world(denied ? &entry->denied : &entry->sources))
				anyone = true;
			else if (!denied && entry->far.n)
				add_far(far, sizeof(far), entry);
			else
				add_name(behind, sizeof(behind), entry->in);
		}
		if (classes & (1u << VANTAGE_NEIGHBOUR | 1u << VANTAGE_LINK_LOCAL))
			add_name(links, sizeof(links), entry->in);
		else if (classes & 1u << VANTAGE_SPOOFED)
			add_name(forged, sizeof(forged), entry->in);
	}
	if (anyone)
		text = "anyone";
	else if (*far && *links)
		text = arena_printf(&audit->arena, "neighbours on %s, and %s", links, far);
	else if (*far)
		text = arena_printf(&audit->arena, "%s", far);
	else if (*links && routed)
		text = arena_printf(&audit->arena, "neighbours on %s, and who has a route", links);
	else if (*links)
		text = arena_printf(&audit->arena, "neighbours on %s", links);
	else if (*behind)
		text = arena_printf(&audit->arena, "networks behind %s", behind);
	else if (routed)
		text = "who has a route";
	else if (*forged)
		text = arena_printf(&audit->arena, "forged addresses on %s", forged);
	else
		text = containers ? "other containers" : "nobody";
	if (text && !ipv4 && (anyone || routed || *links || *behind || *far || *forged))
		text = arena_printf(&audit->arena, "%s, IPv6 only", text);
	return add_choice(audit, entries, n, text);
}
