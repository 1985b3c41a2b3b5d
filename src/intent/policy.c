/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file as a value: its zones by number, and what it owns. */
#include "intent/policy.h"

#include <errno.h>
#include <string.h>

static const char *const built_in[] = {
    [ZONE_WORLD] = "world", [ZONE_HOST] = "host", [ZONE_CONTAINERS] = "containers"};
_Static_assert(sizeof(built_in) / sizeof(*built_in) == ZONES_BUILT_IN, "a name for each zone");

const char *zone_built_in_name(enum zone_number number)
{
	return built_in[number];
}

const char *policy_zone_name(const struct policy *policy, size_t zone)
{
	return zone < ZONES_BUILT_IN ? built_in[zone]
	                             : policy->zones.items[zone - ZONES_BUILT_IN].name;
}

size_t policy_zone_find(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < ZONES_BUILT_IN + policy->zones.n; i++)
		if (strcmp(policy_zone_name(policy, i), name) == 0)
			return i;
	return SIZE_MAX;
}

int policy_source_compare(const void *a, const void *b)
{
	const struct policy_source *one = a, *two = b;

	if (one->zone != two->zone)
		return one->zone < two->zone ? -1 : 1;
	return one->zone == SIZE_MAX ? prefix_compare(&one->prefix, &two->prefix) : 0;
}

int policy_default(struct policy **ret_policy)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return -ENOMEM;
	policy->name = "";
	policy->labels = LABELS_NARROW;
	*ret_policy = policy;
	return 0;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	vec_foreach(zone, &policy->zones) {
		vec_done(&zone->interfaces);
		vec_done(&zone->sources);
	}
	vec_foreach(allow, &policy->allow)
		vec_done(&allow->from);
	vec_done(&policy->zones);
	vec_done(&policy->allow);
	vec_done(&policy->accept);
	vec_done(&policy->uplinks);
	arena_done(&policy->arena);
	free(policy);
}

int policy_know_uplinks(struct policy *policy, const char *const *names, size_t n)
{
	policy->uplinks.n = 0;
	policy->has_uplinks = true;
	for (size_t i = 0; i < n; i++) {
		const char **slot = vec_push(&policy->uplinks);

		if (!slot || !(*slot = arena_strdup(&policy->arena, names[i])))
			return -ENOMEM;
	}
	return 0;
}
