/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses, as the fewest prefixes that make them up. */
#include "base/prefixes.h"

#include <sys/socket.h>

/* Whether one prefix lies in another, or is the same. */
static bool within(const struct prefix *wide, const struct prefix *prefix)
{
	return wide->len <= prefix->len && prefix_contains(wide, &prefix->address);
}

/* Whether two prefixes are the lower and the upper half of one, which is given. */
static bool halves(const struct prefix *lower, const struct prefix *upper, struct prefix *ret_whole)
{
	if (lower->len != upper->len || lower->len == 0 ||
	    lower->address.family != upper->address.family ||
	    address_equal(&lower->address, &upper->address))
		return false;
	*ret_whole = prefix_make(&lower->address, (uint8_t)(lower->len - 1));
	return prefix_contains(ret_whole, &upper->address);
}

/* Puts a prefix behind all that begin before it; room is there. */
static void put(struct prefixes *set, const struct prefix *prefix)
{
	struct prefix whole, *last;

	if (set->n && within(&set->items[set->n - 1], prefix))
		return;
	set->items[set->n++] = *prefix;
	for (; set->n > 1; set->n--) {
		last = &set->items[set->n - 1];
		if (!halves(last - 1, last, &whole))
			break;
		last[-1] = whole;
	}
}

int prefixes_add(struct prefixes *set, const struct prefix *added, size_t n)
{
	struct prefixes joined = {0};
	size_t i = 0, k = 0;

	if (n == 0)
		return 0;
	if (n == 1 && prefixes_hold(set, added))
		return 0;
	if (vec_reserve(&joined, set->n + n) < 0)
		return -ENOMEM;
	while (i < set->n || k < n)
		put(&joined,
		    k == n || (i < set->n && prefix_compare(&set->items[i], &added[k]) <= 0)
		        ? &set->items[i++]
		        : &added[k++]);
	vec_done(set);
	*set = joined;
	return 0;
}

bool prefixes_hold(const struct prefixes *set, const struct prefix *prefix)
{
	size_t low = 0, high = set->n;

	/* The last one that begins at or before the prefix is the only one that can hold it. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (prefix_compare(&set->items[middle], prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && within(&set->items[low - 1], prefix);
}

bool prefixes_are_most(const struct prefix *prefixes, size_t n)
{
	enum { BITS = 62 };
	uint64_t share[2] = {0}; /* of 1 << BITS, by family */

	for (size_t i = 0; i < n; i++)
		if (prefixes[i].len <= BITS)
			share[prefixes[i].address.family == AF_INET6] +=
			    UINT64_C(1) << (BITS - prefixes[i].len);
	return share[0] >= UINT64_C(1) << (BITS - 1) || share[1] >= UINT64_C(1) << (BITS - 1);
}
