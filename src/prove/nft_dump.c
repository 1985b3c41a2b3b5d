/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the elements of an nftables set. */
#include "prove/nft_dump.h"
#include "prove/nft_attr.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* The packets that the counter in an element's expression has seen. */
static uint64_t counter_packets(const struct nlattr *expression)
{
	nft_each_nested(data, expression) {
		if (mnl_attr_get_type(data) != NFTA_EXPR_DATA)
			continue;
		nft_each_nested(value, data)
			if (mnl_attr_get_type(value) == NFTA_COUNTER_PACKETS &&
			    mnl_attr_get_payload_len(value) >= sizeof(uint64_t))
				return be64toh(mnl_attr_get_u64(value));
	}
	return 0;
}

/* Hands one element on. */
static void read_element(const struct nlattr *element, nft_element_fn *each, void *data)
{
	const struct nlattr *key = NULL;
	uint64_t packets = 0;

	nft_each_nested(attribute, element) {
		if (mnl_attr_get_type(attribute) == NFTA_SET_ELEM_KEY)
			key = attribute;
		else if (mnl_attr_get_type(attribute) == NFTA_SET_ELEM_EXPR)
			packets = counter_packets(attribute);
	}
	if (!key)
		return;
	nft_each_nested(value, key)
		if (mnl_attr_get_type(value) == NFTA_DATA_VALUE)
			each(mnl_attr_get_payload(value), mnl_attr_get_payload_len(value), packets,
			     data);
}

/* Hands the elements of one message of a dump on. */
static void read_elements(const struct nlmsghdr *header, nft_element_fn *each, void *data)
{
	nft_each(list, header) {
		if (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		nft_each_nested(element, list)
			read_element(element, each, data);
	}
}

/* Asks for all elements of a set. */
static int request_dump(struct mnl_socket *socket, uint32_t sequence, const struct nft_set *set)
{
	uint8_t request[512] __attribute__((aligned(4)));
	struct nlmsghdr *header = mnl_nlmsg_put_header(request);
	struct nfgenmsg *generic;

	header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = sequence;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->nfgen_family = set->family;
	generic->version = NFNETLINK_V0;
	if (!mnl_attr_put_strz_check(header, sizeof(request), NFTA_SET_ELEM_LIST_TABLE,
	                             set->table) ||
	    !mnl_attr_put_strz_check(header, sizeof(request), NFTA_SET_ELEM_LIST_SET, set->name))
		return -EMSGSIZE;
	return mnl_socket_sendto(socket, request, header->nlmsg_len) < 0 ? -errno : 0;
}

/* What one dump is about. */
struct reading {
	struct mnl_socket *socket;
	uint32_t sequence;
	uint8_t *room;
	nft_element_fn *each;
	void *data;
	bool interrupted; /* the set changed meanwhile */
};

/* Reads one part of a dump. 1 while more is to come, 0 at its end, or a negative errno. */
static int read_part(struct reading *reading)
{
	ssize_t len = mnl_socket_recvfrom(reading->socket, reading->room, NFT_DUMP_ROOM);
	int remaining = (int)len;

	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	for (const struct nlmsghdr *header = (const struct nlmsghdr *)reading->room;
	     mnl_nlmsg_ok(header, remaining); header = mnl_nlmsg_next(header, &remaining)) {
		const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

		if (header->nlmsg_seq != reading->sequence)
			continue;
		reading->interrupted |= header->nlmsg_flags & NLM_F_DUMP_INTR;
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR)
			return mnl_nlmsg_get_payload_len(header) >= sizeof(*error) && error->error
			           ? error->error
			           : -EIO;
		read_elements(header, reading->each, reading->data);
	}
	return 1;
}

int nft_dump_set(struct mnl_socket *socket, uint32_t sequence, const struct nft_set *set,
                 uint8_t *room, nft_element_fn *each, void *data)
{
	struct reading reading = {socket, sequence, room, each, data, false};
	int status = request_dump(socket, sequence, set);

	if (status < 0)
		return status;
	do
		status = read_part(&reading);
	while (status > 0);
	return status < 0 ? status : reading.interrupted ? -EAGAIN : 0;
}
