/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy file's zones, and that no sender can be in two of them.
 *
 * Which zone wins is decided by how specific it is (zone.h). Two zones that hold the same prefix by
 * the same interface would be equally so: that is found here, where there is a line to show for it.
 */
#include "intent/policy_reader.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static const char zone_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-";

/* What is being filled. */
struct zone_reading {
	struct policy_zone *zone;
	size_t *interfaces, *sources; /* of all zones so far */
};

/* One item of `interfaces`. */
static int read_interface(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct zone_reading *reading = to;
	const char *text = "", **slot;
	size_t len;
	int status = read_word(reader, node, "an interface like eth1 or wg*", &text);

	if (status < 0)
		return status;
	len = strlen(text);
	if (strcspn(text, "*") + 1 < len && strchr(text, '*'))
		return reader_error(reader, node, "%s: a * may only stand at the end",
		                    quoted(reader, node));
	if (len >= IFNAMSIZ || strpbrk(text, "/: \t\n"))
		return reader_error(reader, node, "%s: no interface can be called that",
		                    quoted(reader, node));
	if (strcmp(text, "lo") == 0)
		return reader_error(reader, node, "\"lo\" is always zone host");
	if (++*reading->interfaces > POLICY_INTERFACES_CAP)
		return reader_error(reader, node, "more than the %d interfaces that are read",
		                    POLICY_INTERFACES_CAP);
	slot = vec_push(&reading->zone->interfaces);
	if (!slot)
		return reader_no_memory(reader);
	*slot = text;
	return 0;
}

/* One item of `sources`. */
static int read_source(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct zone_reading *reading = to;
	struct prefix prefix, *slot;
	const char *text = "";
	int status = read_word(reader, node, "an address or a prefix", &text);

	if (status < 0)
		return status;
	if (!read_prefix(reader, node, &prefix, &status))
		return reader_error(reader, node,
		                    "%s: expected an address or a prefix, like 192.168.1.0/24",
		                    quoted(reader, node));
	if (status < 0)
		return status;
	if (++*reading->sources > POLICY_SOURCES_CAP)
		return reader_error(reader, node, "more than the %d sources that are read",
		                    POLICY_SOURCES_CAP);
	slot = vec_push(&reading->zone->sources);
	if (!slot)
		return reader_no_memory(reader);
	*slot = prefix;
	return 0;
}

/* A zone's `interfaces`. */
static int read_interfaces(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_list(reader, node, "\"interfaces\"", POLICY_INTERFACES_CAP, true,
	                 read_interface, to);
}

/* A zone's `sources`. */
static int read_sources(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_list(reader, node, "\"sources\"", POLICY_SOURCES_CAP, true, read_source, to);
}

static const struct policy_key zone_keys[] = {
    {"interfaces", read_interfaces},
    {"sources", read_sources},
    {0},
};

/* Checks a zone's name. 0 or -EINVAL. */
static int check_name(struct policy_reader *reader, const struct yaml_node *key)
{
	const char *name = key->text;
	size_t i;

	if (strcmp(name, "any") == 0 || strcmp(name, "none") == 0)
		return reader_error(reader, key, "%s has a meaning of its own in \"from\"",
		                    quoted(reader, key));
	for (i = 0; i < ZONES_BUILT_IN; i++)
		if (strcmp(name, zone_built_in_name((enum zone_number)i)) == 0)
			return reader_error(reader, key, "zone %s is always there",
			                    quoted(reader, key));
	if (!*name || strspn(name, zone_letters) != strlen(name) || strchr("0123456789-", *name) ||
	    strlen(name) > POLICY_NAME_CAP)
		return reader_error(
		    reader, key,
		    "%s: expected a zone's name: up to %d letters, digits, _ and -, "
		    "a letter first",
		    quoted(reader, key), POLICY_NAME_CAP);
	i = policy_zone_find(reader->policy, name);
	if (i != SIZE_MAX)
		return reader_error(reader, key, "zone %s is already at line %u",
		                    quoted(reader, key),
		                    reader->policy->zones.items[i - ZONES_BUILT_IN].place.line);
	return 0;
}

/* Reads one zone. */
static int read_zone(struct policy_reader *reader, const struct yaml_node *node, size_t *interfaces,
                     size_t *sources)
{
	const struct yaml_node *key = node->key;
	struct zone_reading reading = {.interfaces = interfaces, .sources = sources};
	int status = check_name(reader, key);

	if (status < 0)
		return status;
	if (reader->policy->zones.n >= POLICY_ZONES_CAP)
		return reader_error(reader, key, "more than the %d zones that are read",
		                    POLICY_ZONES_CAP);
	reading.zone = vec_push(&reader->policy->zones);
	if (!reading.zone)
		return reader_no_memory(reader);
	reading.zone->name = key->text;
	reading.zone->place = (struct policy_place){.line = key->line, .column = key->column};
	status = read_map(reader, node, "a zone", zone_keys, &reading);
	if (status == 0 && reading.zone->interfaces.n + reading.zone->sources.n == 0)
		return reader_error(reader, key,
		                    "zone %s holds nobody: expected interfaces, sources or both",
		                    quoted(reader, key));
	return status;
}

/* A prefix that a zone holds by an interface, or by any. */
struct claim {
	const char *interface; /* "" for any */
	struct prefix prefix;
	size_t zone; /* index into policy.zones */
};
VEC_TYPE(claims, struct claim);

/* Orders claims so that those to the same are neighbours, in the file's order. */
static int claim_compare(const void *a, const void *b)
{
	const struct claim *one = a, *two = b;
	int order = strcmp(one->interface, two->interface);

	if (order == 0)
		order = prefix_compare(&one->prefix, &two->prefix);
	return order ? order : (one->zone > two->zone) - (one->zone < two->zone);
}

/* Adds what a zone claims by one interface. 0 or -ENOMEM. */
static int claims_add(struct claims *claims, const struct policy_zone *zone, size_t index,
                      const char *interface)
{
	struct address any[] = {address_any(AF_INET), address_any(AF_INET6)};
	struct prefix all[] = {prefix_make(&any[0], 0), prefix_make(&any[1], 0)};
	const struct prefix *prefixes = zone->sources.n ? zone->sources.items : all;
	size_t n = zone->sources.n ? zone->sources.n : 2;

	for (size_t i = 0; i < n; i++) {
		struct claim *slot = vec_push(claims);

		if (!slot)
			return -ENOMEM;
		*slot = (struct claim){interface, prefixes[i], index};
	}
	return 0;
}

/* Gathers all claims. 0 or -ENOMEM. */
static int claims_make(const struct policy *policy, struct claims *claims)
{
	int status = 0;

	for (size_t i = 0; i < policy->zones.n && status == 0; i++) {
		const struct policy_zone *zone = &policy->zones.items[i];

		if (zone->interfaces.n == 0)
			status = claims_add(claims, zone, i, "");
		vec_foreach(interface, &zone->interfaces)
			if (status == 0)
				status = claims_add(claims, zone, i, *interface);
	}
	return status;
}

/* Says which two zones hold the same. Returns -EINVAL. */
static int claims_error(const struct policy_reader *reader, const struct claim *claim,
                        const struct claim *earlier)
{
	const struct policy_zone *zone = &reader->policy->zones.items[claim->zone];
	const struct policy_zone *other = &reader->policy->zones.items[earlier->zone];
	char text[PREFIX_TEXT];

	return error_set(reader->ret_error, EINVAL,
	                 "%s:%u:%u: zone \"%s\" holds %s by %s%s, and so does zone \"%s\" at line "
	                 "%u: nobody can be in both",
	                 reader->policy->name, zone->place.line, zone->place.column, zone->name,
	                 zone->sources.n ? prefix_format(&claim->prefix, text) : "everybody",
	                 *claim->interface ? "" : "every interface", claim->interface, other->name,
	                 other->place.line);
}

/* Sees that no two zones hold the same by the same interface. 0 or a negative errno. */
static int check_claims(const struct policy_reader *reader)
{
	struct claims claims = {0};
	int status = claims_make(reader->policy, &claims);

	if (status == 0 && claims.n)
		qsort(claims.items, claims.n, sizeof(struct claim), claim_compare);
	for (size_t i = 1; i < claims.n && status == 0; i++) {
		const struct claim *one = &claims.items[i - 1], *two = &claims.items[i];

		if (one->zone != two->zone && strcmp(one->interface, two->interface) == 0 &&
		    prefix_compare(&one->prefix, &two->prefix) == 0)
			status = claims_error(reader, two, one);
	}
	vec_done(&claims);
	return status == -ENOMEM ? reader_no_memory(reader) : status;
}

int read_zones(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	size_t interfaces = 0, sources = 0;

	(void)to;
	if (yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_MAP)
		return reader_error(reader, node,
		                    "\"zones\": expected a mapping of names, found %s",
		                    yaml_kind_words(node));
	for (const struct yaml_node *zone = node->items; zone; zone = zone->next) {
		int status = read_zone(reader, zone, &interfaces, &sources);

		if (status < 0)
			return status;
	}
	return check_claims(reader);
}
