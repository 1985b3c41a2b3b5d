/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's ipsets, at the host's indexes.
 *
 * Theory of operation. An iptables rule names a set by its index, not by its name, and the kernel
 * gives a new set the lowest index that is free. So sets are created in the order of their indexes,
 * with a placeholder wherever the host has a gap; the placeholders go at the end. When the kernel
 * refuses a set, all are destroyed and made again with a placeholder in its place. Members are
 * added when all sets are there, since a list of sets names others.
 */
#include "prove/twin_ipset.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_MAX = 4096 }; /* beyond it gaps would cost more than they are worth */

/* A set of the view. */
struct ipset {
	const char *name;
	const struct nlmsghdr *raw; /* its first message, which has its type */
	uint32_t index;
	bool refused;
};

struct ipsets {
	struct twin *twin;
	const struct bytes *run;
	struct wire wire;
	VEC(struct ipset) sets; /* by index */
	bool refused;           /* in the pass under way */
	int error;
};

/* Releases all but the twin. */
static void ipsets_done(struct ipsets *sets)
{
	wire_close(&sets->wire);
	vec_done(&sets->sets);
}

const struct nlattr *ipset_attr(const struct nlmsghdr *raw, uint16_t type)
{
	return message_find(raw, sizeof(struct nfgenmsg), type);
}

const char *ipset_name(const struct nlmsghdr *raw)
{
	const char *name = nlattr_string(ipset_attr(raw, IPSET_ATTR_SETNAME));

	return name && strlen(name) < IPSET_MAXNAMELEN ? name : NULL;
}

uint32_t ipset_index(const struct nlmsghdr *raw)
{
	const struct nlattr *index = ipset_attr(raw, IPSET_ATTR_INDEX);
	uint16_t value;

	if (!index || nlattr_len(index) != sizeof(value))
		return UINT32_MAX;
	memcpy(&value, nlattr_data(index), sizeof(value));
	return ntohs(value);
}

/* The set of a name, or NULL. */
static struct ipset *ipset_find(struct ipsets *sets, const char *name)
{
	vec_foreach(set, &sets->sets)
		if (strcmp(set->name, name) == 0)
			return set;
	return NULL;
}

/* Orders sets by index, for qsort(). */
static int ipset_compare(const void *a, const void *b)
{
	const struct ipset *left = a, *right = b;

	return (left->index > right->index) - (left->index < right->index);
}

/* Collects the view's sets. */
static int ipsets_collect(struct ipsets *sets)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;

	while ((raw = raw_next(sets->run, &offset))) {
		const char *name = ipset_name(raw);
		struct ipset *set = name ? ipset_find(sets, name) : NULL;

		/* Of an older kernel the index comes in a message of its own. */
		if (set && ipset_index(raw) != UINT32_MAX)
			set->index = ipset_index(raw);
		if (set || !name || !ipset_attr(raw, IPSET_ATTR_TYPENAME))
			continue;
		set = vec_push(&sets->sets);
		if (!set)
			return -ENOMEM;
		*set = (struct ipset){.name = name, .raw = raw, .index = ipset_index(raw)};
	}
	if (sets->sets.n)
		qsort(sets->sets.items, sets->sets.n, sizeof(struct ipset), ipset_compare);
	return 0;
}

/* Leaves out sets whose index cannot be had. */
static int ipsets_leave_out(struct ipsets *sets)
{
	const struct ipset *before = NULL;
	int status = 0;

	vec_foreach(set, &sets->sets) {
		if (status < 0)
			break;
		if (set->index > INDEX_MAX || (before && before->index == set->index)) {
			set->refused = true;
			status = twin_note(sets->twin,
			                   "ipset %s: it is not copied: its index is %s", set->name,
			                   set->index == UINT32_MAX ? "not known"
			                   : set->index > INDEX_MAX ? "too high"
			                                            : "another set's too");
		}
		before = set;
	}
	return status;
}

/* Opens a message about a set. */
static size_t ipset_begin(struct draft *draft, uint8_t command, uint16_t flags, uint32_t seq,
                          const char *name)
{
	struct nfgenmsg header = {.nfgen_family = AF_INET};
	size_t start = draft_begin(draft, (uint16_t)(NFNL_SUBSYS_IPSET << 8 | command), flags, seq,
	                           &header, sizeof(header));

	draft_put_u8(draft, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL_MIN);
	if (name)
		draft_put_string(draft, IPSET_ATTR_SETNAME, name);
	return start;
}

/* Whether an attribute of a set's header or member holds an address. */
static bool holds_address(const struct nlattr *attribute)
{
	uint16_t type = nlattr_type(attribute);

	return attribute->nla_type & NLA_F_NESTED &&
	       (type == IPSET_ATTR_IP || type == IPSET_ATTR_IP_TO || type == IPSET_ATTR_IP2 ||
	        type == IPSET_ATTR_IP2_TO);
}

/*
 * Marks the addresses among drafted attributes as being in network order. The kernel writes them
 * without the mark and does not read them without it (ip_set_get_ipaddr4()).
 */
static void mark_addresses(uint8_t *data, size_t len, bool address)
{
	const struct nlattr *attribute;
	size_t offset = 0;

	while ((attribute = nlattr_next(data, len, &offset))) {
		struct nlattr *ours =
		    (void *)(data + ((const uint8_t *)attribute - (const uint8_t *)data));

		if (address)
			ours->nla_type |= NLA_F_NET_BYTEORDER;
		else if (ours->nla_type & NLA_F_NESTED)
			mark_addresses((uint8_t *)ours + WIRE_ATTRIBUTE_HEADER, nlattr_len(ours),
			               holds_address(ours));
	}
}

void ipset_draft_copy(struct draft *draft, const struct nlattr *attribute)
{
	size_t start = draft->bytes.len;

	draft_copy(draft, attribute);
	if (draft->error == 0)
		mark_addresses(draft->bytes.data + start, draft->bytes.len - start, false);
}

void ipset_draft_create(struct draft *draft, const struct nlmsghdr *raw, uint32_t seq)
{
	static const uint16_t same[] = {IPSET_ATTR_TYPENAME, IPSET_ATTR_REVISION,
	                                IPSET_ATTR_FAMILY};
	const struct nlattr *theirs = ipset_attr(raw, IPSET_ATTR_DATA), *attribute;
	size_t start =
	    ipset_begin(draft, IPSET_CMD_CREATE, NLM_F_CREATE | NLM_F_EXCL, seq, ipset_name(raw));
	size_t offset = 0, data;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		attribute = ipset_attr(raw, same[i]);
		if (attribute)
			draft_copy(draft, attribute);
	}
	data = draft_nest(draft, IPSET_ATTR_DATA);
	while (theirs &&
	       (attribute = nlattr_next(nlattr_data(theirs), nlattr_len(theirs), &offset))) {
		uint16_t type = nlattr_type(attribute);

		/* What the kernel counts itself. */
		if (type != IPSET_ATTR_REFERENCES && type != IPSET_ATTR_MEMSIZE &&
		    type != IPSET_ATTR_ELEMENTS)
			ipset_draft_copy(draft, attribute);
	}
	draft_nest_end(draft, data);
	draft_end(draft, start);
}

/* Drafts the creation of a set that only takes up an index. */
static void draft_placeholder(struct draft *draft, uint32_t index)
{
	char name[IPSET_MAXNAMELEN];
	const uint16_t port = 0;
	size_t start, data;

	snprintf(name, sizeof(name), "seawall-gap-%u", index);
	start = ipset_begin(draft, IPSET_CMD_CREATE, NLM_F_CREATE | NLM_F_EXCL, 0, name);
	draft_put_string(draft, IPSET_ATTR_TYPENAME, "bitmap:port");
	draft_put_u8(draft, IPSET_ATTR_REVISION, 0);
	draft_put_u8(draft, IPSET_ATTR_FAMILY, AF_UNSPEC);
	data = draft_nest(draft, IPSET_ATTR_DATA);
	draft_put(draft, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER, &port, sizeof(port));
	draft_put(draft, IPSET_ATTR_PORT_TO | NLA_F_NET_BYTEORDER, &port, sizeof(port));
	draft_nest_end(draft, data);
	draft_end(draft, start);
}

/* ipset's own errors have no errno; what they say is in lib/errcode.c of ipset's sources. */
static const char *ipset_error(int number)
{
	return number >= IPSET_ERR_PRIVATE ? "the kernel's ipset refuses it" : strerror(number);
}

/* Notes a refused set. */
static void create_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct ipsets *sets = data;
	struct ipset *set;

	if (seq == 0 || seq > sets->sets.n || sets->error < 0)
		return;
	set = &sets->sets.items[seq - 1];
	if (!set->refused)
		sets->error = twin_note(sets->twin, "ipset %s: it is not copied: %s", set->name,
		                        why ? why : ipset_error(number));
	set->refused = sets->refused = true;
}

/* Creates all sets that were not refused, and placeholders for the indexes between. */
static int create_pass(struct ipsets *sets)
{
	_cleanup_outbox_ struct outbox outbox = {
	    .wire = &sets->wire, .refused = create_refused, .data = sets};
	uint32_t next = 0;
	int status = 0;

	sets->refused = false;
	for (size_t i = 0; status == 0 && i < sets->sets.n; i++) {
		const struct ipset *set = &sets->sets.items[i];

		if (set->refused)
			continue;
		for (; status == 0 && next < set->index; next++) {
			draft_placeholder(&outbox.draft, next);
			status = outbox_added(&outbox);
		}
		ipset_draft_create(&outbox.draft, set->raw, 1 + (uint32_t)i);
		next++;
		if (status == 0)
			status = outbox_added(&outbox);
	}
	if (status == 0)
		status = outbox_flush(&outbox);
	return status < 0 ? status : sets->error;
}

/* Destroys all sets (name NULL), or one. */
static int ipset_destroy(struct outbox *outbox, const char *name)
{
	draft_end(&outbox->draft, ipset_begin(&outbox->draft, IPSET_CMD_DESTROY, 0, 0, name));
	return outbox_added(outbox);
}

/* Creates as many sets as the kernel takes, each at its index. */
static int ipsets_create(struct ipsets *sets)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = &sets->wire};
	int status;

	for (;;) {
		status = create_pass(sets);
		if (status < 0 || !sets->refused)
			return status;
		status = ipset_destroy(&outbox, NULL);
		if (status == 0)
			status = outbox_flush(&outbox);
		if (status < 0)
			return status;
	}
}

/* Notes members that were refused. */
static void add_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct ipsets *sets = data;

	if (seq == 0 || seq > sets->sets.n || sets->error < 0)
		return;
	sets->error = twin_note(sets->twin, "ipset %s: not all of its members are copied: %s",
	                        sets->sets.items[seq - 1].name, why ? why : ipset_error(number));
}

/* Adds all members. */
static int ipsets_fill(struct ipsets *sets)
{
	_cleanup_outbox_ struct outbox outbox = {
	    .wire = &sets->wire, .refused = add_refused, .data = sets};
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(sets->run, &offset))) {
		const struct nlattr *members = ipset_attr(raw, IPSET_ATTR_ADT);
		const char *name = ipset_name(raw);
		struct ipset *set = name ? ipset_find(sets, name) : NULL;
		size_t start;

		if (!set || set->refused || !members || !nlattr_len(members))
			continue;
		start = ipset_begin(&outbox.draft, IPSET_CMD_ADD, 0,
		                    1 + (uint32_t)(set - sets->sets.items), name);
		/* Where the kernel would write the line of a restored file that was wrong. */
		draft_put_u32(&outbox.draft, IPSET_ATTR_LINENO, 0);
		ipset_draft_copy(&outbox.draft, members);
		draft_end(&outbox.draft, start);
		status = outbox_added(&outbox);
	}
	if (status == 0)
		status = outbox_flush(&outbox);
	return status < 0 ? status : sets->error;
}

/* Destroys the placeholders; that there is none of a name does not matter. */
static int ipsets_tidy(struct ipsets *sets)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = &sets->wire};
	char name[IPSET_MAXNAMELEN];
	uint32_t next = 0;
	int status = 0;

	vec_foreach(set, &sets->sets) {
		if (set->refused)
			continue;
		for (; status == 0 && next < set->index; next++) {
			snprintf(name, sizeof(name), "seawall-gap-%u", next);
			status = ipset_destroy(&outbox, name);
		}
		next = set->index + 1;
	}
	return status < 0 ? status : outbox_flush(&outbox);
}

int twin_ipsets(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_(ipsets_done) struct ipsets sets = {
	    .twin = twin, .run = &view->raw[RAW_IPSET], .wire = WIRE_CLOSED};
	int status;

	if (sets.run->len == 0)
		return 0;
	status = wire_open(NETLINK_NETFILTER, &sets.wire, ret_error);
	if (status == -EPROTONOSUPPORT)
		return twin_note(twin, "no ipset is copied: this kernel has no nfnetlink");
	if (status == 0)
		status = ipsets_collect(&sets);
	if (status == 0)
		status = ipsets_leave_out(&sets);
	if (status == 0)
		status = ipsets_create(&sets);
	if (status == 0)
		status = ipsets_fill(&sets);
	if (status == 0)
		status = ipsets_tidy(&sets);
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its ipsets") : 0;
}
