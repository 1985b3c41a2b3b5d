/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One nftables transaction, written message by message.
 *
 * Theory of operation. nfnetlink takes a transaction as one datagram: BATCH_BEGIN, messages,
 * BATCH_END. It works it off before sendmsg() returns, with the answers already queued: an error
 * for each message that failed, or the acknowledgement that we ask for on the last one. So reading
 * never waits, and an empty queue without an acknowledgement is an error of its own.
 */
#include "prove/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BATCH_ROOM = 128 * 1024, /* below the default limit of a socket's send buffer */
	MESSAGE_ROOM = 2 * 1024, /* more than any one message of ours */
	ANSWER_ROOM = 32 * 1024,
};

/* A message's length with its padding. */
static size_t aligned(uint32_t len)
{
	return (len + 3u) & ~3u;
}

/* How many bytes of the buffer are written. */
static size_t used(const struct nft_batch *batch)
{
	if (!batch->last)
		return 0;
	return (size_t)((uint8_t *)batch->last - batch->buffer) + aligned(batch->last->nlmsg_len);
}

/* Appends a header with a message type and, in the generic part, a family and a resource. */
static struct nlmsghdr *append(struct nft_batch *batch, int type, uint8_t family, uint16_t flags,
                               uint16_t resource)
{
	size_t offset = used(batch);
	struct nlmsghdr *header;
	struct nfgenmsg *generic;

	if (offset + MESSAGE_ROOM > BATCH_ROOM) {
		batch->overflow = true; /* from here on messages are written over the first */
		offset = 0;
	}
	header = mnl_nlmsg_put_header(batch->buffer + offset);
	header->nlmsg_type = (uint16_t)type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	header->nlmsg_seq = batch->sequence++;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->nfgen_family = family;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons(resource);
	batch->last = header;
	return header;
}

int nft_batch_begin(struct nft_batch *batch, uint32_t sequence)
{
	*batch = (struct nft_batch){.sequence = sequence};
	batch->buffer = malloc(BATCH_ROOM);
	if (!batch->buffer)
		return -ENOMEM;
	append(batch, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
	return 0;
}

struct nlmsghdr *nft_batch_message(struct nft_batch *batch, uint16_t type, uint8_t family,
                                   uint16_t flags)
{
	return append(batch, NFNL_SUBSYS_NFTABLES << 8 | type, family, flags, 0);
}

/* The error of an answer to message `sequence` or later ones; *ret_done for the acknowledgement. */
static int read_answer(const uint8_t *answer, size_t len, uint32_t sequence, bool *ret_done)
{
	int remaining = (int)len, status = 0;

	for (const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	     mnl_nlmsg_ok(header, remaining); header = mnl_nlmsg_next(header, &remaining)) {
		const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

		if (header->nlmsg_type != NLMSG_ERROR ||
		    mnl_nlmsg_get_payload_len(header) < sizeof(*error))
			continue;
		if (error->error && !status)
			status = error->error;
		if (!error->error && header->nlmsg_seq == sequence)
			*ret_done = true;
	}
	return status;
}

/* Reads all that the kernel has answered; `sequence` is the message whose acknowledgement counts.
 */
static int read_answers(struct mnl_socket *socket, uint32_t sequence)
{
	uint8_t *answer = malloc(ANSWER_ROOM);
	bool done = false;
	int status = answer ? 0 : -ENOMEM;

	while (answer) {
		ssize_t len = recv(mnl_socket_get_fd(socket), answer, ANSWER_ROOM, MSG_DONTWAIT);
		int error;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0) {
			if (!status && !done)
				status = errno == EAGAIN ? -EIO : -errno;
			break;
		}
		error = read_answer(answer, (size_t)len, sequence, &done);
		if (!status)
			status = error;
	}
	free(answer);
	return status;
}

int nft_batch_commit(struct nft_batch *batch, struct mnl_socket *socket)
{
	uint32_t acknowledged = batch->last->nlmsg_seq;
	int status = batch->overflow ? -EMSGSIZE : 0;

	batch->last->nlmsg_flags |= NLM_F_ACK;
	append(batch, NFNL_MSG_BATCH_END, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
	if (!status && mnl_socket_sendto(socket, batch->buffer, used(batch)) < 0)
		status = -errno;
	if (!status)
		status = read_answers(socket, acknowledged);
	free(batch->buffer);
	*batch = (struct nft_batch){.sequence = batch->sequence};
	return status;
}

void nft_rule_begin(struct nft_batch *batch, uint8_t family, const char *table, const char *chain)
{
	struct nlmsghdr *rule =
	    nft_batch_message(batch, NFT_MSG_NEWRULE, family, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(rule, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(rule, NFTA_RULE_CHAIN, chain);
	batch->expressions = mnl_attr_nest_start(rule, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nft_batch *batch)
{
	mnl_attr_nest_end(batch->last, batch->expressions);
}

/* The open nests of one expression. */
struct expression {
	struct nlmsghdr *rule;
	struct nlattr *element, *data;
};

/* Starts an expression of a kind. */
static struct expression expression_begin(struct nft_batch *batch, const char *kind)
{
	struct expression expression = {.rule = batch->last};

	expression.element = mnl_attr_nest_start(expression.rule, NFTA_LIST_ELEM);
	mnl_attr_put_strz(expression.rule, NFTA_EXPR_NAME, kind);
	expression.data = mnl_attr_nest_start(expression.rule, NFTA_EXPR_DATA);
	return expression;
}

/* Ends it. */
static void expression_end(struct expression expression)
{
	mnl_attr_nest_end(expression.rule, expression.data);
	mnl_attr_nest_end(expression.rule, expression.element);
}

/* A number in network order, as nftables has all of them. */
static void put_number(struct expression expression, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(expression.rule, type, htonl(value));
}

/* Bytes in the nest that nftables wraps data in. */
static void put_data(struct expression expression, uint16_t type, const void *data, uint32_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(expression.rule, type);

	mnl_attr_put(expression.rule, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(expression.rule, nest);
}

void nft_payload(struct nft_batch *batch, uint32_t base, uint32_t offset, uint32_t len,
                 uint32_t reg)
{
	struct expression expression = expression_begin(batch, "payload");

	put_number(expression, NFTA_PAYLOAD_DREG, reg);
	put_number(expression, NFTA_PAYLOAD_BASE, base);
	put_number(expression, NFTA_PAYLOAD_OFFSET, offset);
	put_number(expression, NFTA_PAYLOAD_LEN, len);
	expression_end(expression);
}

void nft_meta(struct nft_batch *batch, uint32_t key, uint32_t reg)
{
	struct expression expression = expression_begin(batch, "meta");

	put_number(expression, NFTA_META_KEY, key);
	put_number(expression, NFTA_META_DREG, reg);
	expression_end(expression);
}

void nft_meta_set(struct nft_batch *batch, uint32_t key, uint32_t reg)
{
	struct expression expression = expression_begin(batch, "meta");

	put_number(expression, NFTA_META_KEY, key);
	put_number(expression, NFTA_META_SREG, reg);
	expression_end(expression);
}

void nft_mask(struct nft_batch *batch, uint32_t reg, const void *mask, uint32_t len)
{
	static const uint8_t zeros[NFT_DATA_VALUE_MAXLEN];
	struct expression expression = expression_begin(batch, "bitwise");

	put_number(expression, NFTA_BITWISE_SREG, reg);
	put_number(expression, NFTA_BITWISE_DREG, reg);
	put_number(expression, NFTA_BITWISE_LEN, len);
	put_data(expression, NFTA_BITWISE_MASK, mask, len);
	put_data(expression, NFTA_BITWISE_XOR, zeros, len);
	expression_end(expression);
}

void nft_equal(struct nft_batch *batch, uint32_t reg, const void *bytes, uint32_t len)
{
	struct expression expression = expression_begin(batch, "cmp");

	put_number(expression, NFTA_CMP_SREG, reg);
	put_number(expression, NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(expression, NFTA_CMP_DATA, bytes, len);
	expression_end(expression);
}

void nft_immediate(struct nft_batch *batch, uint32_t reg, uint32_t value)
{
	struct expression expression = expression_begin(batch, "immediate");

	put_number(expression, NFTA_IMMEDIATE_DREG, reg);
	put_data(expression, NFTA_IMMEDIATE_DATA, &value, sizeof(value));
	expression_end(expression);
}

void nft_verdict(struct nft_batch *batch, int code, const char *chain)
{
	struct expression expression = expression_begin(batch, "immediate");
	struct nlattr *data, *verdict;

	put_number(expression, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(expression.rule, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(expression.rule, NFTA_DATA_VERDICT);
	put_number(expression, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		mnl_attr_put_strz(expression.rule, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(expression.rule, verdict);
	mnl_attr_nest_end(expression.rule, data);
	expression_end(expression);
}

void nft_not_in_set(struct nft_batch *batch, const char *set, uint32_t reg)
{
	struct expression expression = expression_begin(batch, "lookup");

	mnl_attr_put_strz(expression.rule, NFTA_LOOKUP_SET, set);
	put_number(expression, NFTA_LOOKUP_SREG, reg);
	put_number(expression, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expression_end(expression);
}

void nft_add_to_set(struct nft_batch *batch, const char *set, uint32_t reg, bool counter)
{
	struct expression expression = expression_begin(batch, "dynset");

	mnl_attr_put_strz(expression.rule, NFTA_DYNSET_SET_NAME, set);
	put_number(expression, NFTA_DYNSET_OP, NFT_DYNSET_OP_ADD);
	put_number(expression, NFTA_DYNSET_SREG_KEY, reg);
	if (counter) {
		struct nlattr *nest = mnl_attr_nest_start(expression.rule, NFTA_DYNSET_EXPR);

		mnl_attr_put_strz(expression.rule, NFTA_EXPR_NAME, "counter");
		mnl_attr_nest_end(expression.rule,
		                  mnl_attr_nest_start(expression.rule, NFTA_EXPR_DATA));
		mnl_attr_nest_end(expression.rule, nest);
	}
	expression_end(expression);
}
