/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting who was seen, in a table of fixed size. */
#include "clerk/tally.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 4096, /* a power of 2 */
	CROWDED = SLOTS / 4 * 3,
	FULL = SLOTS / 8 * 7, /* so that a free one is near */
	HOUR = 3600,
	SENDERS_AN_HOUR = 20000,
};

struct tally {
	struct sighting slots[SLOTS];
	size_t used;
	time_t hour;
	size_t senders; /* of this hour */
};

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *tally)
{
	free(tally);
}

/* The slot of a sighting, or the free one for it; NULL when there is none. */
static struct sighting *slot_of(struct tally *tally, const struct sighting *sighting)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, sighting->source.address.bytes,
	                           sizeof(sighting->source.address.bytes));

	hash = hash_bytes(hash, &sighting->source.len, sizeof(sighting->source.len));
	hash = hash_bytes(hash, &sighting->port, sizeof(sighting->port));
	hash = hash_bytes(hash, &sighting->protocol, sizeof(sighting->protocol));
	for (size_t i = 0; i < SLOTS; i++) {
		struct sighting *slot = &tally->slots[(hash + i) & (SLOTS - 1)];

		if (!slot->count)
			return slot;
		if (slot->port == sighting->port && slot->protocol == sighting->protocol &&
		    slot->ifindex == sighting->ifindex &&
		    slot->source.len == sighting->source.len &&
		    address_equal(&slot->source.address, &sighting->source.address) &&
		    slot->at_port == sighting->at_port && slot->path == sighting->path &&
		    address_equal(&slot->to, &sighting->to) &&
		    address_equal(&slot->at, &sighting->at))
			return slot;
	}
	return NULL;
}

/* Makes a sender one of his network, or of everybody. */
static void widen(struct sighting *sighting, bool everybody)
{
	uint8_t len = everybody ? 0 : sighting->source.address.family == AF_INET ? 16 : 32;

	if (sighting->source.len > len)
		sighting->source = prefix_make(&sighting->source.address, len);
	if (everybody) {
		sighting->to = address_any(sighting->source.address.family);
		sighting->port = 0;
		sighting->ifindex = 0;
		sighting->at = (struct address){0};
		sighting->at_port = 0;
	}
}

void tally_count(struct tally *tally, const struct sighting *sighting)
{
	struct sighting counted = *sighting;
	struct sighting *slot;

	if (counted.first - counted.first % HOUR != tally->hour) {
		tally->hour = counted.first - counted.first % HOUR;
		tally->senders = 0;
	}
	slot = slot_of(tally, &counted);
	if (slot && !slot->count && (tally->used >= CROWDED || tally->senders >= SENDERS_AN_HOUR)) {
		widen(&counted, false);
		slot = slot_of(tally, &counted);
	}
	if (!slot || (!slot->count && tally->used >= FULL)) {
		widen(&counted, true);
		slot = slot_of(tally, &counted);
	}
	if (!slot)
		return;
	if (!slot->count) {
		*slot = counted;
		tally->used++;
		tally->senders++;
		return;
	}
	slot->count += counted.count;
	slot->last = counted.last > slot->last ? counted.last : slot->last;
}

size_t tally_take(struct tally *tally, void (*see)(const struct sighting *sighting, void *data),
                  void *data)
{
	size_t taken = 0;

	for (size_t i = 0; i < SLOTS && tally->used; i++) {
		if (!tally->slots[i].count)
			continue;
		see(&tally->slots[i], data);
		taken++;
	}
	memset(tally->slots, 0, sizeof(tally->slots));
	tally->used = 0;
	return taken;
}
