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
