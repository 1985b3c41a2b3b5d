/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the decoding of raw netlink messages: the first byte says which kind the rest is.
 *
 * What decoding accepted is then gone through as the twin and the rule printer do: message by
 * message, and down into nested attributes.
 */
#include "observe/decode.h"
#include "observe/netview.h"
#include "observe/socket_decode.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte of some attributes, and of those that may be nested in them. */
static unsigned walk(const struct nlattr *attribute, size_t len, int depth)
{
	int rest = (int)len;
	unsigned sum = 0;

	for (; mnl_attr_ok(attribute, rest);) {
		const uint8_t *bytes = attribute_data(attribute);
		size_t n = attribute_len(attribute);

		for (size_t i = 0; i < n; i++)
			sum += bytes[i];
		if (depth < DEPTH_MAX)
			sum += walk((const void *)bytes, n, depth + 1);
		rest -= (int)MNL_ALIGN(attribute->nla_len);
		if (rest > 0)
			attribute = mnl_attr_next(attribute);
	}
	return sum;
}

/* Goes through all messages of a kind that netview_decode() took. */
static void walk_messages(const struct bytes *raw)
{
	const struct nlmsghdr *message;
	volatile unsigned sink = 0;
	size_t offset = 0;

	while ((message = raw_next(raw, &offset)) != NULL)
		sink += walk(mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg)),
		             mnl_nlmsg_get_payload_len(message) - sizeof(struct nfgenmsg), 0);
	(void)sink;
}

/* Decodes the bytes as sock_diag's, which is no raw kind of its own. */
static void decode_sockets(struct netview *view, const struct bytes *raw)
{
	(void)!socket_decode(view, raw, IPPROTO_TCP, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netview view = {0};
	enum raw_kind kind;

	if (size < 1)
		return 0;
	kind = (enum raw_kind)(data[0] % (RAW_KINDS + 1));
	data++;
	size--;
	if (kind == RAW_KINDS) {
		struct bytes raw = {0};

		if (bytes_append(&raw, data, size, SIZE_MAX) == 0)
			decode_sockets(&view, &raw);
		bytes_done(&raw);
	} else {
		/* Allocated to the byte, so that reading beyond the end is seen. */
		view.raw[kind] = (struct bytes){.data = malloc(size ? size : 1), .len = size};
		if (view.raw[kind].data) {
			memcpy(view.raw[kind].data, data, size);
			if (netview_decode(&view, NULL) == 0)
				walk_messages(&view.raw[kind]);
		}
	}
	netview_done(&view);
	return 0;
}
