/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages: ours written one after the other, others' read. */
#include "prove/twin_draft.h"

#include <errno.h>
#include <string.h>

enum { DRAFT_CAP = 256 << 20 }; /* far beyond any batch; a runaway stops here */

/* Appends bytes and the zeroes that align them. */
static void draft_append(struct draft *draft, const void *data, size_t len)
{
	static const uint8_t zeroes[4];
	size_t pad = (4 - len % 4) % 4;

	if (draft->error == 0)
		draft->error = bytes_append(&draft->bytes, data, len, DRAFT_CAP);
	if (draft->error == 0)
		draft->error = bytes_append(&draft->bytes, zeroes, pad, DRAFT_CAP);
}

size_t draft_begin(struct draft *draft, uint16_t type, uint16_t flags, uint32_t seq,
                   const void *header, size_t header_len)
{
	struct nlmsghdr message = {
	    .nlmsg_type = type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST), .nlmsg_seq = seq};
	size_t start = draft->bytes.len;

	draft_append(draft, &message, sizeof(message));
	draft_append(draft, header, header_len);
	return start;
}

void draft_end(struct draft *draft, size_t start)
{
	uint32_t len = (uint32_t)(draft->bytes.len - start);

	if (draft->error == 0)
		memcpy(draft->bytes.data + start, &len, sizeof(len));
}

void draft_put(struct draft *draft, uint16_t type, const void *data, size_t len)
{
	struct nlattr attribute = {.nla_len = (uint16_t)(len + sizeof(attribute)),
	                           .nla_type = type};

	if (len > UINT16_MAX - sizeof(attribute))
		draft->error = draft->error ? draft->error : -EMSGSIZE;
	draft_append(draft, &attribute, sizeof(attribute));
	draft_append(draft, data, len);
}

void draft_put_u8(struct draft *draft, uint16_t type, uint8_t value)
{
	draft_put(draft, type, &value, sizeof(value));
}

void draft_put_u32(struct draft *draft, uint16_t type, uint32_t value)
{
	draft_put(draft, type, &value, sizeof(value));
}

void draft_put_string(struct draft *draft, uint16_t type, const char *text)
{
	draft_put(draft, type, text, strlen(text) + 1);
}

void draft_copy(struct draft *draft, const struct nlattr *attribute)
{
	draft_append(draft, attribute, attribute->nla_len);
}

size_t draft_nest(struct draft *draft, uint16_t type)
{
	struct nlattr attribute = {.nla_type = (uint16_t)(type | NLA_F_NESTED)};
	size_t start = draft->bytes.len;

	draft_append(draft, &attribute, sizeof(attribute));
	return start;
}

void draft_nest_end(struct draft *draft, size_t start)
{
	size_t len = draft->bytes.len - start;
	uint16_t nla_len = (uint16_t)len;

	if (draft->error == 0 && len > UINT16_MAX)
		draft->error = -EMSGSIZE;
	if (draft->error == 0)
		memcpy(draft->bytes.data + start, &nla_len, sizeof(nla_len));
}

void draft_done(struct draft *draft)
{
	bytes_done(&draft->bytes);
	draft->error = 0;
}

uint16_t nlattr_type(const struct nlattr *attribute)
{
	return (uint16_t)(attribute->nla_type & (unsigned)NLA_TYPE_MASK);
}

const void *nlattr_data(const struct nlattr *attribute)
{
	return (const char *)attribute + WIRE_ATTRIBUTE_HEADER;
}

size_t nlattr_len(const struct nlattr *attribute)
{
	return (size_t)attribute->nla_len - WIRE_ATTRIBUTE_HEADER;
}

const struct nlattr *nlattr_next(const void *data, size_t len, size_t *offset)
{
	const struct nlattr *attribute;
	size_t rest, step;

	if (!data || *offset >= len)
		return NULL;
	rest = len - *offset;
	attribute = (const void *)((const char *)data + *offset);
	if (rest < sizeof(*attribute) || attribute->nla_len < sizeof(*attribute) ||
	    attribute->nla_len > rest)
		return NULL;
	step = (attribute->nla_len + (size_t)3) & ~(size_t)3;
	*offset += step < rest ? step : rest;
	return attribute;
}

const struct nlattr *nlattr_find(const void *data, size_t len, uint16_t type)
{
	const struct nlattr *attribute;
	size_t offset = 0;

	while ((attribute = nlattr_next(data, len, &offset)))
		if (nlattr_type(attribute) == type)
			return attribute;
	return NULL;
}

const struct nlattr *nlattr_nested(const struct nlattr *nest, uint16_t type)
{
	return nest ? nlattr_find(nlattr_data(nest), nlattr_len(nest), type) : NULL;
}

const char *nlattr_string(const struct nlattr *attribute)
{
	if (!attribute || !memchr(nlattr_data(attribute), 0, nlattr_len(attribute)))
		return NULL;
	return nlattr_data(attribute);
}

uint32_t nlattr_u32(const struct nlattr *attribute, uint32_t otherwise)
{
	uint32_t value;

	if (!attribute || nlattr_len(attribute) != sizeof(value))
		return otherwise;
	memcpy(&value, nlattr_data(attribute), sizeof(value));
	return value;
}

uint32_t nlattr_be32(const struct nlattr *attribute, uint32_t otherwise)
{
	if (!attribute || nlattr_len(attribute) != sizeof(otherwise))
		return otherwise;
	return __builtin_bswap32(nlattr_u32(attribute, 0));
}

uint64_t nlattr_be64(const struct nlattr *attribute, uint64_t otherwise)
{
	uint64_t value;

	if (!attribute || nlattr_len(attribute) != sizeof(value))
		return otherwise;
	memcpy(&value, nlattr_data(attribute), sizeof(value));
	return __builtin_bswap64(value);
}

void message_attributes(const struct nlmsghdr *message, size_t header_len, const void **ret_data,
                        size_t *ret_len)
{
	size_t skip = WIRE_MESSAGE_HEADER + NLMSG_ALIGN(header_len);

	*ret_data = (const char *)message + skip;
	*ret_len = message->nlmsg_len > skip ? message->nlmsg_len - skip : 0;
}

const struct nlattr *message_find(const struct nlmsghdr *message, size_t header_len, uint16_t type)
{
	const void *data;
	size_t len;

	message_attributes(message, header_len, &data, &len);
	return nlattr_find(data, len, type);
}

const void *message_header(const struct nlmsghdr *message, size_t header_len)
{
	if (message->nlmsg_len < WIRE_MESSAGE_HEADER + header_len)
		return NULL;
	return (const char *)message + WIRE_MESSAGE_HEADER;
}

bool nlattr_on(const struct nlattr *attribute)
{
	const uint8_t *data = attribute ? nlattr_data(attribute) : NULL;

	for (size_t i = 0; data && i < nlattr_len(attribute); i++)
		if (data[i])
			return true;
	return false;
}
