/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For certain, or only for some of what a sender is free to choose. */
#include "audit/certain.h"

#include "audit/model.h"
#include "reach/question.h"

#include <errno.h>

/* So that a host of many rules and ports is not walked for long. */
enum { WALKS_MOST = 4096 };

static const char not_listed[] = "which of these networks: they are too many to be listed";
static const char not_walked[] = "more than was looked into: there are too many ports";

void certainty_begin(struct certainty_check *check, const struct host *host)
{
	*check = (struct certainty_check){.host = host, .plain = host && host_is_plain(host)};
}

/* Names what decides, each once. 0 or -ENOMEM. */
static int name_deciders(struct audit *audit, const struct host_ways *ways,
                         struct reach_entry *entry)
{
	int status = 0;

	if (ways->ends.n > 1 || ways->incomplete)
		vec_foreach(unknown, &ways->unknown)
			if (status == 0)
				status = notes_add(&entry->unknown,
				                   arena_strdup(&audit->arena, *unknown));
	for (unsigned field = 0; field < FIELDS && status == 0; field++)
		if (ways->looked & UINT64_C(1) << field && host_field_is_open((enum field)field))
			status = notes_add(&entry->unknown, field_question((enum field)field));
	return status;
}

/* Takes an entry's packet through the rules, and sees what they look at. 0 or -ENOMEM. */
static int walk_entry(const struct certainty_check *check, struct audit *audit,
                      struct reach_entry *entry)
{
	struct host_packet packet = model_packet(&entry->witness);
	struct host_ways ways = {0};
	int status = host_ways_find(check->host, &packet, &ways);

	if (status == 0)
		status = name_deciders(audit, &ways, entry);
	if (status == 0 && !entry->unknown.n)
		entry->certainty = CERTAIN_MUST;
	host_ways_done(&ways);
	return status == -ENODEV ? 0 : status;
}

int certainty_fill(struct certainty_check *check, struct audit *audit, struct reach_entry *entry)
{
	if (!check->host || entry->unknown.n)
		return 0;
	if (entry->rounded)
		return notes_add(&entry->unknown, not_listed);
	if (check->plain) {
		entry->certainty = CERTAIN_MUST;
		return 0;
	}
	return check->walked++ < WALKS_MOST ? walk_entry(check, audit, entry)
	                                    : notes_add(&entry->unknown, not_walked);
}
