/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Witnesses on both sides of each boundary between senders that rules tell apart.
 *
 * Theory of operation. Each kind of senders has one address that is sent for all its ports
 * (vantage_split.h); that its prefixes end where they are said to end is what the rules were read
 * to say. So some of its packets are sent from the first and the last address of prefixes as well,
 * and from one in between by chance: they must fare as that address did, which the model is held
 * against, and what arrives counts as of the same vantage point.
 */
#include "audit/witness.h"

#include "base/hash.h"

#include <errno.h>

enum {
	PARTS_MOST = 4,         /* prefixes of a kind that are tried, from its first on */
	PROBES_MOST = 12,       /* of each address, spread over what its vantage point sends */
	BOUNDARIES_MOST = 8192, /* probes in all */
};

/* An address of a prefix, the same one each time. */
static struct address some_of(const struct prefix *prefix)
{
	unsigned bits = (unsigned)address_size(prefix->address.family) * 8 - prefix->len;
	uint64_t hash = hash_bytes(HASH_BEGIN, &prefix->address, sizeof(prefix->address));
	uint32_t below = (uint32_t)(hash >> 16);

	return address_add(&prefix->address, bits >= 32 ? below : below & ((1u << bits) - 1));
}

/* Adds one probe again, from another sender. 0 or -ENOMEM. */
static int add_from(struct witnesses *witnesses, size_t like, const struct address *source)
{
	struct probe *probe = vec_push(&witnesses->probes);
	struct witness *witness = probe ? vec_push(&witnesses->of) : NULL;

	if (!witness)
		return -ENOMEM;
	*probe = witnesses->probes.items[like];
	*witness = witnesses->of.items[like];
	probe->source = *source;
	witnesses->boundaries++;
	return 0;
}

/* Adds some of the probes first..end-1 again, from an address of the same kind. 0 or -ENOMEM. */
static int add_some(struct witnesses *witnesses, size_t first, size_t end,
                    const struct vantage *vantage, const struct address *source)
{
	size_t step = (end - first) / PROBES_MOST + 1;
	int status = 0;

	if (!vantage_can_send(vantage, source) || address_equal(source, &vantage->source))
		return 0;
	for (size_t i = first; i < end && status == 0; i += step)
		if (witnesses->boundaries < BOUNDARIES_MOST)
			status = add_from(witnesses, i, source);
	return status;
}

int witnesses_add_boundaries(const struct vantage *vantage, size_t first,
                             struct witnesses *witnesses)
{
	size_t end = witnesses->probes.n;
	int status = 0;

	if (vantage->rounded)
		return 0;
	for (size_t i = 0; i < vantage->n_parts && i < PARTS_MOST && status == 0; i++) {
		const struct prefix *part = &vantage->parts[i];
		const struct address last = prefix_last(part), some = some_of(part);

		status = add_some(witnesses, first, end, vantage, &part->address);
		if (status == 0)
			status = add_some(witnesses, first, end, vantage, &last);
		if (status == 0)
			status = add_some(witnesses, first, end, vantage, &some);
	}
	return status;
}
