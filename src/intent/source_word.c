/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who may get in as words, "lan", "10.8.0.7", "any": in the policy file and in labels. */
#include "intent/source_word.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum source_word_kind source_word_prefix(const char *text, struct source_word *ret_word)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT];
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(address))
		return SOURCE_WORD_NAME;
	memcpy(address, text, len);
	address[len] = 0;
	if (!address_parse(address, &ret_word->address))
		return SOURCE_WORD_NAME;
	if (!prefix_parse(text, &ret_word->prefix))
		return SOURCE_WORD_LENGTH;
	return address_equal(&ret_word->address, &ret_word->prefix.address) ? SOURCE_WORD_PREFIX
	                                                                    : SOURCE_WORD_HOST_BITS;
}

int sources_add(struct policy_sources *sources, const struct policy_source *source)
{
	struct policy_source *slot = vec_push(sources);

	if (!slot)
		return -ENOMEM;
	*slot = *source;
	return 0;
}

int sources_add_all(const struct policy *policy, struct policy_sources *sources)
{
	int status = 0;

	for (size_t i = 0; i < ZONES_BUILT_IN + policy->zones.n && status == 0; i++)
		status = sources_add(sources, &(struct policy_source){.zone = i});
	return status;
}

void sources_sort(struct policy_sources *sources)
{
	size_t kept = 0;

	if (sources->n < 2)
		return;
	qsort(sources->items, sources->n, sizeof(*sources->items), policy_source_compare);
	for (size_t i = 1; i < sources->n; i++)
		if (policy_source_compare(&sources->items[kept], &sources->items[i]) != 0)
			sources->items[++kept] = sources->items[i];
	sources->n = kept + 1;
}

bool sources_all(const struct policy *policy, const struct policy_sources *sources)
{
	size_t zones = 0;

	vec_foreach(source, sources)
		zones += source->zone != SIZE_MAX;
	return zones == ZONES_BUILT_IN + policy->zones.n;
}

bool sources_have(const struct policy_sources *sources, const struct policy_source *source)
{
	vec_foreach(one, sources)
		if (policy_source_compare(one, source) == 0)
			return true;
	return false;
}

int sources_join(struct policy_sources *sources, const struct policy_sources *more)
{
	vec_foreach(source, more)
		if (sources_add(sources, source) < 0)
			return -ENOMEM;
	sources_sort(sources);
	return 0;
}

/* Whether a list has every zone that senders from outside can be in. */
static bool all_from_outside(const struct policy *policy, const struct policy_sources *sources)
{
	for (size_t i = 0; i < ZONES_BUILT_IN + policy->zones.n; i++)
		if (i != ZONE_HOST && i != ZONE_CONTAINERS &&
		    !sources_have(sources, &(struct policy_source){.zone = i}))
			return false;
	return true;
}

/* Whether a prefix lies in one of a list. */
static bool prefix_within(const struct policy_sources *sources, const struct prefix *prefix)
{
	vec_foreach(one, sources)
		if (one->zone == SIZE_MAX && one->prefix.len <= prefix->len &&
		    prefix_contains(&one->prefix, &prefix->address))
			return true;
	return false;
}

/* Adds what of one list is surely in the other as well. 0 or -ENOMEM. */
static int add_common(const struct policy *policy, const struct policy_sources *of,
                      const struct policy_sources *in, struct policy_sources *both)
{
	bool everybody = all_from_outside(policy, in);

	vec_foreach(source, of) {
		bool common = source->zone != SIZE_MAX
		                  ? sources_have(in, source)
		                  : everybody || prefix_within(in, &source->prefix);

		if (common && sources_add(both, source) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sources_intersect(const struct policy *policy, const struct policy_sources *a,
                      const struct policy_sources *b, struct policy_sources *ret_both)
{
	struct policy_sources both = {0};
	int status = add_common(policy, a, b, &both);

	if (status == 0)
		status = add_common(policy, b, a, &both);
	if (status < 0) {
		vec_done(&both);
		return status;
	}
	sources_sort(&both);
	*ret_both = both;
	return 0;
}
