/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of a ruleset, and what is taken for granted where nothing is said. */
#include "reach/question.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

enum { TCP_SYN = 0x02, PORT_MOST = 65535 };

static const char *const field_questions[] = {
    [FIELD_FAMILY] = "whether it is IPv4 or IPv6",
    [FIELD_PROTOCOL] = "which protocol it is",
    [FIELD_STATE] = "which state its flow is in",
    [FIELD_IN] = "which interface it comes in by",
    [FIELD_OUT] = "which interface it goes out by",
    [FIELD_SOURCE] = "which address it comes from",
    [FIELD_DESTINATION] = "which address it goes to",
    [FIELD_SOURCE_PORT] = "which port it comes from",
    [FIELD_DESTINATION_PORT] = "which port it goes to",
    [FIELD_TCP_FLAGS] = "which TCP flags it has",
    [FIELD_ICMP_TYPE] = "which ICMP type it is",
    [FIELD_MARK] = "which mark it carries",
    [FIELD_CT_MARK] = "which mark its flow carries",
    [FIELD_CT_STATUS] = "whether its flow is translated, or what else its flow's status is",
    [FIELD_CT_REPLY] = "which direction of its flow it goes",
    [FIELD_ORIGINAL_SOURCE] = "which address its flow came from before translation",
    [FIELD_ORIGINAL_DESTINATION] = "which address its flow went to before translation",
    [FIELD_ORIGINAL_SOURCE_PORT] = "which port its flow came from before translation",
    [FIELD_ORIGINAL_DESTINATION_PORT] = "which port its flow went to before translation",
    [FIELD_DESTINATION_TYPE] = "whether its destination is this host's",
    [FIELD_SOURCE_TYPE] = "whether its source is this host's",
    [FIELD_DESTINATION_TYPE_IN] = "whether its destination is an address of the link it came in by",
    [FIELD_REVERSE_PATH] = "whether the route to its source leaves by the link it came in by",
    [FIELD_PACKET_TYPE] = "whether its link sent it to this host alone",
    [FIELD_LENGTH] = "how long it is",
    [FIELD_HOP_LIMIT] = "how many hops it has left",
    [FIELD_DSCP] = "which DSCP it has",
    [FIELD_FRAGMENT] = "whether it is a fragment",
    [FIELD_SOURCE_MAC] = "which MAC address it comes from",
};
_Static_assert(sizeof(field_questions) / sizeof(*field_questions) == FIELDS, "one for each field");

const char *field_question(enum field field)
{
	return field < FIELDS ? field_questions[field] : "";
}

bool protocol_has_ports(int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

/* The address family of packets. */
static uint8_t address_family(uint8_t family)
{
	return family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
}

bool question_has_family(const struct reach_question *question, const struct ruleset *ruleset,
                         uint8_t family)
{
	uint8_t wanted = address_family(family);
	bool any = false, spoken_of = false;

	if (question->source.address.family || question->destination.address.family)
		return (!question->source.address.family ||
		        question->source.address.family == wanted) &&
		       (!question->destination.address.family ||
		        question->destination.address.family == wanted);
	vec_foreach(table, &ruleset->tables) {
		any = any || table_sees_family(table, NFPROTO_IPV4) ||
		      table_sees_family(table, NFPROTO_IPV6);
		spoken_of = spoken_of || table_sees_family(table, family);
	}
	return spoken_of || !any;
}

/* Adds first..last to the values a field may have; a failure stays in *status. */
static void allow(struct packet_limits *limits, enum field field, field_value first,
                  field_value last, int *status)
{
	struct interval *interval = vec_push(&limits->fields[field]);

	if (interval)
		*interval = (struct interval){first, last};
	else
		*status = -ENOMEM;
}

/* A field has one value. */
static void fix(struct packet_limits *limits, enum field field, field_value value, int *status)
{
	allow(limits, field, value, value, status);
}

/* An interface: the named one, or any but lo and none. */
static void allow_interface(struct packet_limits *limits, enum field field, const char *name,
                            int *status)
{
	field_value loopback = field_of_name("lo", false).first;

	if (name) {
		fix(limits, field, field_of_name(name, false).first, status);
		return;
	}
	allow(limits, field, 1, loopback - 1, status);
	allow(limits, field, loopback + 1, ~(field_value)0, status);
}

/* Addresses of a prefix. */
static void allow_prefix(struct packet_limits *limits, enum field field,
                         const struct prefix *prefix, int *status)
{
	struct address last;

	if (!prefix->address.family)
		return;
	last = prefix_last(prefix);
	allow(limits, field, field_of_address(limits->family, prefix->address.bytes),
	      field_of_address(limits->family, last.bytes), status);
}

/* Protocol and ports, which go together. */
static void allow_ports(struct packet_limits *limits, const struct reach_question *question,
                        int *status)
{
	static const uint8_t with_ports[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DCCP, IPPROTO_SCTP,
	                                     IPPROTO_UDPLITE};
	const int ports[] = {question->source_port, question->destination_port};
	const enum field fields[] = {FIELD_SOURCE_PORT, FIELD_DESTINATION_PORT};

	if (question->protocol >= 0)
		fix(limits, FIELD_PROTOCOL, (field_value)question->protocol, status);
	else if (ports[0] >= 0 || ports[1] >= 0)
		for (size_t i = 0; i < sizeof(with_ports); i++)
			fix(limits, FIELD_PROTOCOL, with_ports[i], status);
	for (size_t i = 0; i < 2; i++)
		if (ports[i] >= 0)
			fix(limits, fields[i], (field_value)ports[i], status);
		else if (question->protocol >= 0 && !protocol_has_ports(question->protocol))
			fix(limits, fields[i], 0, status);
		else
			allow(limits, fields[i], 0, PORT_MOST, status);
}

/* Whether a destination that is asked for lies wholly in multicast, or is all of IPv4's hosts. */
static uint8_t destination_type(const struct reach_question *question)
{
	const struct prefix *destination = &question->destination;
	struct address last;

	if (destination->address.family) {
		last = prefix_last(destination);
		if (address_is_multicast(&destination->address) && address_is_multicast(&last))
			return RTN_MULTICAST;
		if (destination->address.family == AF_INET && destination->len == 32 &&
		    destination->address.bytes[0] == 255)
			return RTN_BROADCAST;
	}
	return question->hook == NF_INET_LOCAL_IN ? RTN_LOCAL : RTN_UNICAST;
}

/* What follows from where the packet goes. */
static void allow_types(struct packet_limits *limits, const struct reach_question *question,
                        int *status)
{
	uint8_t type = destination_type(question);

	fix(limits, FIELD_DESTINATION_TYPE, type, status);
	fix(limits, FIELD_SOURCE_TYPE, RTN_UNICAST, status);
	fix(limits, FIELD_PACKET_TYPE,
	    type == RTN_MULTICAST   ? PACKET_MULTICAST
	    : type == RTN_BROADCAST ? PACKET_BROADCAST
	                            : PACKET_HOST,
	    status);
}

int question_limits(const struct reach_question *question, uint8_t family,
                    struct packet_limits *ret_limits)
{
	int status = 0;

	*ret_limits = (struct packet_limits){.family = family};
	fix(ret_limits, FIELD_FAMILY, family, &status);
	fix(ret_limits, FIELD_STATE, question->state, &status);
	fix(ret_limits, FIELD_FRAGMENT, 0, &status);
	allow_interface(ret_limits, FIELD_IN, question->in, &status);
	if (question->hook == NF_INET_LOCAL_IN)
		fix(ret_limits, FIELD_OUT, 0, &status);
	else
		allow_interface(ret_limits, FIELD_OUT, question->out, &status);
	allow_prefix(ret_limits, FIELD_SOURCE, &question->source, &status);
	allow_prefix(ret_limits, FIELD_DESTINATION, &question->destination, &status);
	allow_ports(ret_limits, question, &status);
	allow_types(ret_limits, question, &status);
	if (question->state == STATE_NEW) {
		fix(ret_limits, FIELD_CT_REPLY, 0, &status);
		fix(ret_limits, FIELD_TCP_FLAGS, TCP_SYN, &status);
	}
	return status;
}

void packet_limits_done(struct packet_limits *limits)
{
	for (unsigned i = 0; i < FIELDS; i++)
		vec_done(&limits->fields[i]);
}
