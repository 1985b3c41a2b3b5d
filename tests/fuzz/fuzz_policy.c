/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of policy files, and the zones that are made of what it took. */
#include "intent/zone.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of 4 kB when quotes in a flow mapping do not end: {c,''' */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

/* Whether a zone's number is one. */
static void check_sources(const struct policy *policy, const struct policy_sources *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		const struct policy_source *source = &sources->items[i];

		if (source->zone != SIZE_MAX && source->zone >= ZONES_BUILT_IN + policy->zones.n)
			abort();
		if (i && policy_source_compare(source - 1, source) >= 0)
			abort();
	}
}

/* Every class must say a zone for the first, a middle and the last address of each family. */
static void check_zones(const struct policy *policy)
{
	static const char *const addresses[] = {"0.0.0.0", "10.0.0.1", "255.255.255.255",
	                                        "::",      "fd00::1",  "ffff::ffff"};
	struct snapshot *snapshot = snapshot_new();
	struct zone_table table = {0};

	if (!snapshot || zones_make(policy, snapshot, &table) < 0)
		abort();
	vec_foreach(class, &table.classes)
		for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
			struct address address;

			if (!address_parse(addresses[i], &address) ||
			    spans_at(&class->spans, &address) >= ZONES_BUILT_IN + policy->zones.n)
				abort();
		}
	zones_done(&table);
	snapshot_free(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_policy_ struct policy *policy = NULL;
	int status = policy_read((const char *)data, size, "f", &policy, &error);

	if ((status < 0) != (error != NULL))
		abort();
	if (error &&
	    (strncmp(error_message(error), "f:", 2) != 0 || strlen(error_message(error)) > 2000))
		abort();
	if (status < 0)
		return 0;
	vec_foreach(allow, &policy->allow)
		check_sources(policy, &allow->from);
	check_zones(policy);
	return 0;
}
