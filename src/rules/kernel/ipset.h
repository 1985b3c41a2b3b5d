/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipsets on their way into boxes: what reading their elements and cutting them have in common. */
#pragma once

#include "rules/kernel/kernel.h"

#include <linux/netfilter/ipset/ip_set.h>

enum {
	ATTRS = IPSET_ATTR_SKBQUEUE + 1,
	DIMENSIONS = 3,
	FIELDS_MAX = DIMENSIONS + 2, /* with a protocol, and "no later fragment" */
};

/* What a dimension is of. */
enum dimension { OF_IP, OF_NET, OF_PORT, OF_MARK, OF_MAC, OF_INTERFACE, OF_SET, DIMENSION_NAMES };

/* A box of an element, and how long its prefixes are: longer ones are looked at first. */
struct ipset_box {
	struct interval fields[FIELDS_MAX];
	unsigned prefixes;
	bool nomatch;
};

VEC_TYPE(ipset_boxes, struct ipset_box);

/* One set on its way into boxes. */
struct ipset_boxing {
	struct decode *decode;
	const struct kernel_ipset *set;
	enum dimension dimensions[DIMENSIONS];
	unsigned n_dimensions;
	unsigned flags; /* of xt_set: which dimensions are of the source */
	struct operand_field operands[FIELDS_MAX];
	unsigned n;
	struct ipset_boxes boxes;
	bool opaque;
	bool first_net; /* the longest network that a packet is in decides, whatever the rest */
};

/*
 * Fills a step with the set's boxes, elements that do not count cut out. 0, -EOPNOTSUPP when that
 * would be too many, or another negative errno.
 */
int ipset_boxes_add(struct ipset_boxing *boxing, struct step *step)
    __attribute__((nonnull, warn_unused_result));
