/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipsets as boxes.
 *
 * The name of a type says its dimensions: "hash:net,port". An element becomes one interval for
 * each; a port comes with its protocol, which is a dimension more. Where elements are networks the
 * kernel takes the longest prefix first (ip_set_hash_gen.h), so an element with "nomatch" is cut
 * out of those with shorter ones. A list of sets is all of its members'.
 */
#include "rules/kernel/ipset.h"

#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set_hash.h>
#include <netinet/in.h>
#include <string.h>

static const char *const dimension_names[DIMENSION_NAMES] = {
    [OF_IP] = "ip",   [OF_NET] = "net",         [OF_PORT] = "port", [OF_MARK] = "mark",
    [OF_MAC] = "mac", [OF_INTERFACE] = "iface", [OF_SET] = "set",
};

/* All attributes of a nest; those of elements have numbers beyond struct attrs. */
struct many_attrs {
	struct span by_type[ATTRS];
	bool others; /* some that have no name here */
};

/* Sorts them. */
static struct many_attrs many_read(struct span nest)
{
	struct many_attrs attrs = {0};
	struct span value;
	uint16_t type;

	while (attr_next(&nest, &type, &value)) {
		if (type < ATTRS)
			attrs.by_type[type] = value;
		else
			attrs.others = true;
	}
	return attrs;
}

int kernel_ipsets_read(struct kernel *kernel)
{
	struct attrs attrs;
	size_t offset = 0;

	while (ipset_next(kernel->view, &offset, &attrs)) {
		const char *name = attr_string(attrs.by_type[IPSET_ATTR_SETNAME]);
		struct kernel_ipset *set = NULL;
		struct span *message;

		vec_foreach(other, &kernel->ipsets)
			if (same_name(other->name, name))
				set = other;
		if (!set) {
			set = vec_push(&kernel->ipsets);
			if (!set)
				return -ENOMEM;
			*set = (struct kernel_ipset){.name = name, .index = UINT16_MAX};
		}
		if (attrs.by_type[IPSET_ATTR_TYPENAME].data) {
			set->type = attr_string(attrs.by_type[IPSET_ATTR_TYPENAME]);
			set->family = (uint8_t)attr_u32(attrs.by_type[IPSET_ATTR_FAMILY], 0);
		}
		if (attrs.by_type[IPSET_ATTR_INDEX].data)
			set->index = (uint16_t)attr_u32(attrs.by_type[IPSET_ATTR_INDEX], 0);
		/* The header: a netmask is in the elements already, but the packet's is not. */
		if (attrs.by_type[IPSET_ATTR_DATA].data) {
			struct many_attrs data = many_read(attrs.by_type[IPSET_ATTR_DATA]);

			set->netmask = (uint8_t)attr_u32(data.by_type[IPSET_ATTR_NETMASK], 0);
			set->markmask = attr_u32(data.by_type[IPSET_ATTR_MARKMASK], UINT32_MAX);
			set->opaque = set->opaque || data.others;
		}
		if (!attrs.by_type[IPSET_ATTR_ADT].data)
			continue;
		message = vec_push(&set->messages);
		if (!message)
			return -ENOMEM;
		*message = attrs.by_type[IPSET_ATTR_ADT];
	}
	return 0;
}

void kernel_ipsets_done(struct kernel *kernel)
{
	vec_foreach(set, &kernel->ipsets)
		vec_done(&set->messages);
	vec_done(&kernel->ipsets);
}

struct kernel_ipset *kernel_ipset_find(struct kernel *kernel, unsigned index)
{
	vec_foreach(set, &kernel->ipsets)
		if (set->index == index && set->type)
			return set;
	return NULL;
}

/* A set of a name, for lists. */
static struct kernel_ipset *ipset_by_name(struct kernel *kernel, const char *name)
{
	vec_foreach(set, &kernel->ipsets)
		if (same_name(set->name, name) && set->type)
			return set;
	return NULL;
}

/* The dimensions that a type's name says; 0 when one is not known. */
static unsigned dimensions_of(const char *type, enum dimension dimensions[static DIMENSIONS])
{
	const char *at = strchr(type, ':');
	unsigned n = 0;

	for (; at && *at; n++) {
		size_t len = strcspn(++at, ",");
		unsigned i;

		for (i = 0; i < DIMENSION_NAMES; i++)
			if (strlen(dimension_names[i]) == len &&
			    strncmp(dimension_names[i], at, len) == 0)
				break;
		if (i == DIMENSION_NAMES || n == DIMENSIONS)
			return 0;
		dimensions[n] = (enum dimension)i;
		at += len;
	}
	return n;
}

/* Adds an operand. */
static void add_operand(struct ipset_boxing *boxing, enum field field, field_value mask)
{
	boxing->operands[boxing->n++] = (struct operand_field){field, mask};
}

/* Fills the operands. False when a dimension is no field. */
static bool add_operands(struct ipset_boxing *boxing)
{
	const struct kernel_ipset *set = boxing->set;
	unsigned width = set->family == NFPROTO_IPV6 ? 128 : 32;
	field_value netmask = ~(field_value)0;

	if (set->netmask && set->netmask < width)
		netmask = ones(width) & ~ones(width - set->netmask);
	for (unsigned i = 0; i < boxing->n_dimensions; i++) {
		bool source = boxing->flags & 1U << (i + 1);

		switch (boxing->dimensions[i]) {
		case OF_IP:
			add_operand(boxing, source ? FIELD_SOURCE : FIELD_DESTINATION, netmask);
			break;
		case OF_NET:
			add_operand(boxing, source ? FIELD_SOURCE : FIELD_DESTINATION,
			            ~(field_value)0);
			break;
		case OF_PORT:
			add_operand(boxing, source ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT,
			            ~(field_value)0);
			break;
		case OF_MARK:
			add_operand(boxing, FIELD_MARK,
			            set->markmask == UINT32_MAX ? ~(field_value)0 : set->markmask);
			break;
		case OF_INTERFACE:
			add_operand(boxing, source ? FIELD_IN : FIELD_OUT, ~(field_value)0);
			break;
		case OF_MAC:
			if (!source)
				return false;
			add_operand(boxing, FIELD_SOURCE_MAC, ~(field_value)0);
			break;
		default:
			return false;
		}
	}
	return true;
}

/* The bytes of a nested address attribute of the set's family; NULL when there is none. */
static const uint8_t *address_bytes(const struct kernel_ipset *set, struct span nest)
{
	bool ipv6 = set->family == NFPROTO_IPV6;
	struct span value =
	    attrs_read(nest).by_type[ipv6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4];

	return value.data && value.len >= (ipv6 ? 16U : 4U) ? value.data : NULL;
}

/* The interval of an address dimension. */
static bool read_address(const struct ipset_boxing *boxing, const struct many_attrs *attrs,
                         bool second, struct ipset_box *box, struct interval *ret)
{
	const struct kernel_ipset *set = boxing->set;
	unsigned width = set->family == NFPROTO_IPV6 ? 128 : 32;
	const uint8_t *bytes =
	    address_bytes(set, attrs->by_type[second ? IPSET_ATTR_IP2 : IPSET_ATTR_IP]);
	const uint8_t *last =
	    address_bytes(set, attrs->by_type[second ? IPSET_ATTR_IP2_TO : IPSET_ATTR_IP_TO]);
	unsigned prefix =
	    attr_u32(attrs->by_type[second ? IPSET_ATTR_CIDR2 : IPSET_ATTR_CIDR], width);

	if (!bytes || prefix > width)
		return false;
	ret->first = ret->last = field_of_address(set->family, bytes);
	if (last)
		ret->last = field_of_address(set->family, last);
	else
		ret->last |= ones(width - prefix);
	box->prefixes = box->prefixes << 8 | prefix;
	return ret->first <= ret->last;
}

/* The interval of a dimension. False when the element does not say it. */
static bool read_dimension(const struct ipset_boxing *boxing, unsigned i,
                           const struct many_attrs *attrs, unsigned *addresses,
                           struct ipset_box *box)
{
	struct interval *interval = &box->fields[i];
	struct span value;
	uint8_t flags = (uint8_t)attr_u32(attrs->by_type[IPSET_ATTR_CADT_FLAGS], 0);
	const char *name;

	switch (boxing->dimensions[i]) {
	case OF_IP:
	case OF_NET:
		return read_address(boxing, attrs, (*addresses)++ > 0, box, interval);
	case OF_PORT:
		value = attrs->by_type[IPSET_ATTR_PORT];
		interval->first = interval->last = attr_u32(value, 0);
		if (attrs->by_type[IPSET_ATTR_PORT_TO].data)
			interval->last = attr_u32(attrs->by_type[IPSET_ATTR_PORT_TO], 0);
		return value.data != NULL;
	case OF_MARK:
		value = attrs->by_type[IPSET_ATTR_MARK];
		interval->first = interval->last = attr_u32(value, 0);
		return value.data != NULL;
	case OF_MAC:
		value = attrs->by_type[IPSET_ATTR_ETHER];
		/* An element of bitmap:ip,mac may wait for its address: any will do. */
		interval->first = value.len == 6 ? attr_number(value, 0) : 0;
		interval->last = value.len == 6 ? interval->first : ones(48);
		return true;
	case OF_INTERFACE:
		name = attr_string(attrs->by_type[IPSET_ATTR_IFACE]);
		if (!name || flags & IPSET_FLAG_PHYSDEV)
			return false;
		*interval = field_of_name(name, flags & IPSET_FLAG_IFACE_WILDCARD);
		return true;
	default:
		return false;
	}
}

/* Adds what the protocol of a port asks for; of ICMP the port is the type and code. */
static int add_protocol(struct ipset_boxing *boxing, const struct many_attrs *attrs,
                        struct ipset_box *box)
{
	bool any = strcmp(boxing->set->type, "bitmap:port") == 0;
	uint32_t protocol = attr_u32(attrs->by_type[IPSET_ATTR_PROTO], 0);

	box->fields[boxing->n_dimensions] = (struct interval){protocol, protocol};
	/* Only the first fragment has ports; without ports, they are all alike. */
	box->fields[boxing->n_dimensions + 1] = (struct interval){0, 0};
	if (any)
		box->fields[boxing->n_dimensions] = (struct interval){IPPROTO_TCP, IPPROTO_TCP};
	else if (!attrs->by_type[IPSET_ATTR_PROTO].data || protocol == IPPROTO_ICMP ||
	         protocol == IPPROTO_ICMPV6)
		return -EOPNOTSUPP;
	return 0;
}

/* Whether the set has ports, and so protocols. */
static bool has_ports(const struct ipset_boxing *boxing)
{
	for (unsigned i = 0; i < boxing->n_dimensions; i++)
		if (boxing->dimensions[i] == OF_PORT)
			return true;
	return false;
}

/* Adds an element. */
static int add_element(struct ipset_boxing *boxing, struct span nest)
{
	struct many_attrs attrs = many_read(nest);
	uint32_t flags = attr_u32(attrs.by_type[IPSET_ATTR_CADT_FLAGS], 0);
	struct ipset_box box = {.nomatch = flags & IPSET_FLAG_NOMATCH}, *added;
	bool ports = has_ports(boxing);
	unsigned addresses = 0;
	int status = 0;

	for (unsigned i = 0; i < boxing->n_dimensions; i++)
		if (!read_dimension(boxing, i, &attrs, &addresses, &box))
			status = -EOPNOTSUPP;
	if (status == 0 && ports)
		status = add_protocol(boxing, &attrs, &box);
	if (status < 0) {
		boxing->opaque = true;
		return 0;
	}
	added = vec_push(&boxing->boxes);
	if (!added)
		return -ENOMEM;
	*added = box;
	if (strcmp(boxing->set->type, "bitmap:port") == 0) {
		added = vec_push(&boxing->boxes);
		if (!added)
			return -ENOMEM;
		*added = box;
		added->fields[boxing->n_dimensions] = (struct interval){IPPROTO_UDP, IPPROTO_UDP};
	}
	return 0;
}

/* Adds all elements of the set. */
static int add_elements(struct ipset_boxing *boxing)
{
	int status = 0;

	vec_foreach(message, &boxing->set->messages) {
		struct span rest = *message, nest;
		uint16_t type;

		while (status == 0 && attr_next(&rest, &type, &nest))
			status = add_element(boxing, nest);
	}
	return status;
}

/* Adds a match of one set that is no list; an unknown, where it cannot be told. */
static int match_one(struct decode *decode, const struct kernel_ipset *set, unsigned dim,
                     unsigned flags, bool negated)
{
	struct ipset_boxing boxing = {.decode = decode, .set = set, .flags = flags};
	struct step *step = NULL;
	int status = 0;

	boxing.n_dimensions = dimensions_of(set->type, boxing.dimensions);
	if (boxing.n_dimensions == 0 || set->opaque || set->changed || !add_operands(&boxing))
		return decode_unknown(decode, !set->changed);
	if (dim < boxing.n_dimensions ||
	    (set->family != NFPROTO_UNSPEC && set->family != decode_family(decode))) {
		if (!negated)
			decode_never(decode);
		return 0;
	}
	if (has_ports(&boxing)) {
		add_operand(&boxing, FIELD_PROTOCOL, ~(field_value)0);
		add_operand(&boxing, FIELD_FRAGMENT, ~(field_value)0);
	}
	boxing.first_net = strcmp(set->type, "hash:net,iface") == 0;
	status = add_elements(&boxing);
	if (status == 0 && !boxing.opaque) {
		step = decode_match_fields(decode, STEP_MATCH, negated, boxing.n, boxing.operands);
		status = step ? ipset_boxes_add(&boxing, step) : -ENOMEM;
		if (status == -EOPNOTSUPP) {
			vec_done(&step->boxes);
			decode->path->rule.steps.n--;
			boxing.opaque = true;
			status = 0;
		}
	}
	vec_done(&boxing.boxes);
	return status == 0 && boxing.opaque ? decode_unknown(decode, true) : status;
}

/* A list: in one of its sets, one path for each; or in none of them. */
static int match_list(struct decode *decode, const struct kernel_ipset *list, unsigned dim,
                      unsigned flags, bool negated)
{
	int status = 0;

	vec_foreach(message, &list->messages) {
		struct span rest = *message, nest;
		uint16_t type;

		while (status == 0 && attr_next(&rest, &type, &nest)) {
			struct many_attrs attrs = many_read(nest);
			const char *name = attr_string(attrs.by_type[IPSET_ATTR_NAME]);
			const struct kernel_ipset *set = ipset_by_name(decode->kernel, name);
			struct fork fork;

			if (!set || strcmp(set->type, "list:set") == 0)
				return decode_unknown(decode, true);
			if (negated) {
				status = match_one(decode, set, dim, flags, true);
				continue;
			}
			status = decode_fork_begin(decode, &fork);
			if (status < 0)
				return status;
			status = match_one(decode, set, dim, flags, false);
			if (decode_fork_end(decode, &fork) < 0)
				return -ENOMEM;
			/* What comes next is in none of those before. */
			if (status == 0)
				status = match_one(decode, set, dim, flags, true);
		}
	}
	if (status == 0 && !negated)
		decode_never(decode);
	return status;
}

int decode_ipset(struct decode *decode, unsigned index, unsigned dim, unsigned flags)
{
	const struct kernel_ipset *set = kernel_ipset_find(decode->kernel, index);
	bool negated = flags & IPSET_INV_MATCH;

	if (!set)
		return decode_unknown(decode, true);
	if (strcmp(set->type, "list:set") == 0)
		return match_list(decode, set, dim, flags, negated);
	return match_one(decode, set, dim, flags, negated);
}
