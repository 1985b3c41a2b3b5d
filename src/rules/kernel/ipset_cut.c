/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets an element of an ipset stands for, where others take some of them away.
 *
 * The kernel takes the longest prefix first (ip_set_hash_gen.h), so an element with "nomatch" is
 * cut out of those with shorter ones.
 */
#include "rules/kernel/ipset.h"

#include <string.h>

enum { CUTS_MAX = 65536 };

/* Orders boxes as the kernel looks at them. */
static int compare_boxes(const void *a, const void *b)
{
	const struct ipset_box *left = a, *right = b;

	return (left->prefixes < right->prefixes) - (left->prefixes > right->prefixes);
}

/* Whether two boxes have packets in common. */
static bool overlap(const struct ipset_boxing *boxing, const struct ipset_box *a,
                    const struct ipset_box *b)
{
	for (unsigned i = 0; i < boxing->n; i++)
		if (a->fields[i].last < b->fields[i].first ||
		    b->fields[i].last < a->fields[i].first)
			return false;
	return true;
}

/* Adds what is left of a box when another is cut out of it. */
static int cut(const struct ipset_boxing *boxing, struct ipset_box box, const struct ipset_box *out,
               struct ipset_boxes *left)
{
	if (left->n > CUTS_MAX)
		return -EOPNOTSUPP;
	for (unsigned i = 0; i < boxing->n; i++) {
		const struct interval *from = &box.fields[i], *hole = &out->fields[i];
		struct ipset_box *part;

		if (hole->first > from->first) {
			part = vec_push(left);
			if (!part)
				return -ENOMEM;
			*part = box;
			part->fields[i].last = hole->first - 1;
			box.fields[i].first = hole->first;
		}
		if (hole->last < from->last) {
			part = vec_push(left);
			if (!part)
				return -ENOMEM;
			*part = box;
			part->fields[i].first = hole->last + 1;
			box.fields[i].last = hole->last;
		}
	}
	return 0;
}

/*
 * What another box takes from those with shorter prefixes: itself, if it says "nomatch"; in
 * hash:net,iface, its network on all interfaces, for there the kernel looks no further once it has
 * met the network (`multi` in mtype_test_cidrs()). False when it takes nothing.
 */
static bool box_taken(const struct ipset_boxing *boxing, const struct ipset_box *from,
                      const struct ipset_box *by, struct ipset_box *ret_taken)
{
	*ret_taken = *by;
	if (boxing->first_net) {
		for (unsigned i = 0; i < boxing->n_dimensions; i++)
			if (boxing->dimensions[i] == OF_INTERFACE)
				ret_taken->fields[i] = all_of(FIELD_IN);
		return by->prefixes > from->prefixes;
	}
	return by->nomatch && by->prefixes >= from->prefixes;
}

/* Cuts what others take out of box `end`, and adds the rest to the step. */
static int add_cut_box(struct ipset_boxing *boxing, size_t end, struct step *step)
{
	struct ipset_boxes now = {0}, left = {0};
	struct ipset_box *first = vec_push(&now);
	int status = first ? 0 : -ENOMEM;

	if (first)
		*first = boxing->boxes.items[end];
	for (size_t i = 0; i < boxing->boxes.n && status == 0; i++) {
		struct ipset_box taken, *out = &taken;
		struct ipset_boxes swap;

		if (!box_taken(boxing, &boxing->boxes.items[end], &boxing->boxes.items[i], out))
			continue;
		left.n = 0;
		vec_foreach(box, &now) {
			struct ipset_box *kept;

			if (status == 0 && overlap(boxing, box, out)) {
				status = cut(boxing, *box, out, &left);
				continue;
			}
			kept = status == 0 ? vec_push(&left) : NULL;
			if (kept)
				*kept = *box;
			else if (status == 0)
				status = -ENOMEM;
		}
		swap = now;
		now = left;
		left = swap;
	}
	vec_foreach(box, &now)
		for (unsigned i = 0; i < boxing->n && status == 0; i++)
			status = step_add_interval(step, box->fields[i].first, box->fields[i].last);
	vec_done(&now);
	vec_done(&left);
	return status;
}

int ipset_boxes_add(struct ipset_boxing *boxing, struct step *step)
{
	bool any_nomatch = boxing->first_net;
	int status = 0;

	vec_foreach(box, &boxing->boxes)
		any_nomatch = any_nomatch || box->nomatch;
	if (any_nomatch && boxing->boxes.n)
		qsort(boxing->boxes.items, boxing->boxes.n, sizeof(*boxing->boxes.items),
		      compare_boxes);
	for (size_t b = 0; b < boxing->boxes.n && status == 0; b++) {
		const struct ipset_box *box = &boxing->boxes.items[b];

		if (++boxing->decode->kernel->n_boxes > KERNEL_BOXES_MAX)
			return error_set(boxing->decode->kernel->ret_error, E2BIG,
			                 "the elements of sets that rules look into are more than "
			                 "%d",
			                 KERNEL_BOXES_MAX);
		if (box->nomatch)
			continue;
		if (any_nomatch) {
			status = add_cut_box(boxing, b, step);
			continue;
		}
		for (unsigned i = 0; i < boxing->n && status == 0; i++)
			status = step_add_interval(step, box->fields[i].first, box->fields[i].last);
	}
	return status;
}
