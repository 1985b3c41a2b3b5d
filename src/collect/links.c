/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of a collection. rtmon records what happens to links: first it writes all of them as
 * they are, then each change that comes while it listens.
 */
#include "collect/links.h"

#include "observe/decode.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum { LINKS_MOST = 256 << 20 };

/* One message about a link: where it stands in the run, and where the link's first does. */
struct mention {
	int32_t ifindex;
	size_t offset, first;
};
VEC_TYPE(mentions, struct mention);

/* By link, and of each link by time. */
static int by_link(const void *a, const void *b)
{
	const struct mention *left = a, *right = b;
	int order = (left->ifindex > right->ifindex) - (left->ifindex < right->ifindex);

	return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static int by_first(const void *a, const void *b)
{
	const struct mention *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/*
 * Whether a message tells what a link is, or that it is gone. A bridge speaks of its ports in
 * messages of the same type (net/bridge/br_netlink.c), a wireless card of what it hears
 * (net/wireless/wext-core.c): neither says what a link is, and a bridge says "gone" of a port that
 * has merely left it.
 */
static bool tells_link(const struct nlmsghdr *message, struct ifinfomsg *ret_header)
{
	const struct nlattr *table[IFLA_MTU + 1];
	struct decoder decoder = {.message = message, .kind = RAW_LINK};

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*ret_header)))
		return false;
	memcpy(ret_header, NLMSG_DATA(message), sizeof(*ret_header));
	if (ret_header->ifi_family != AF_UNSPEC)
		return false;
	/* One that cannot be read is kept: whoever decodes it says what is wrong with it. */
	return message->nlmsg_type == RTM_DELLINK ||
	       decode_message_attributes(&decoder, sizeof(*ret_header), table, TABLE_LEN(table)) <
	           0 ||
	       table[IFLA_MTU];
}

/* Lists all messages of a run that tell what a link is. 0, -EBADMSG or -ENOMEM. */
static int mentions_list(const struct bytes *run, struct mentions *mentions)
{
	const struct nlmsghdr *message;
	size_t offset = 0, at = 0;

	while ((message = raw_next(run, &offset))) {
		struct ifinfomsg header;

		if (tells_link(message, &header)) {
			struct mention *mention = vec_push(mentions);

			if (!mention)
				return -ENOMEM;
			*mention = (struct mention){header.ifi_index, at, at};
		}
		at = offset;
	}
	return offset == run->len ? 0 : -EBADMSG;
}

/* Leaves of each link its last mention, in the order of the first ones, as the kernel lists them.
 */
static void mentions_settle(struct mentions *mentions)
{
	size_t n = 0;

	if (!mentions->n)
		return;
	qsort(mentions->items, mentions->n, sizeof(*mentions->items), by_link);
	for (size_t i = 0; i < mentions->n; i++) {
		if (n && mentions->items[n - 1].ifindex == mentions->items[i].ifindex)
			mentions->items[n - 1].offset = mentions->items[i].offset;
		else
			mentions->items[n++] = mentions->items[i];
	}
	mentions->n = n;
	qsort(mentions->items, n, sizeof(*mentions->items), by_first);
}

int links_latest(const struct bytes *run, struct bytes *to)
{
	struct mentions mentions = {0};
	int status = mentions_list(run, &mentions);

	if (status == 0)
		mentions_settle(&mentions);
	for (size_t i = 0; status == 0 && i < mentions.n; i++) {
		const struct nlmsghdr *message = raw_next(run, &mentions.items[i].offset);

		if (message && message->nlmsg_type == RTM_NEWLINK)
			status =
			    bytes_append(to, message, NLMSG_ALIGN(message->nlmsg_len), LINKS_MOST);
	}
	vec_done(&mentions);
	return status;
}

uint32_t link_index(struct netview *view, const char *name)
{
	struct decoder decoder = {.view = view, .kind = RAW_LINK};
	size_t offset = 0;

	while (decoder.offset = offset,
	       (decoder.message = raw_next(&view->raw[RAW_LINK], &offset)) != NULL) {
		const struct nlattr *table[IFLA_IFNAME + 1];
		const char *found = NULL;
		struct ifinfomsg header;

		if (decoder.message->nlmsg_len < NLMSG_LENGTH(sizeof(header)) ||
		    decode_message_attributes(&decoder, sizeof(header), table, TABLE_LEN(table)) <
		        0 ||
		    decode_string(&decoder, table[IFLA_IFNAME], IFNAMSIZ, &found) < 0 || !found ||
		    strcmp(found, name) != 0)
			continue;
		memcpy(&header, NLMSG_DATA(decoder.message), sizeof(header));
		return (uint32_t)header.ifi_index;
	}
	return 0;
}

int links_check(const struct collection *collection, struct netview *view)
{
	const struct section *section = collection_section(collection, "devices", "");
	char *at = NULL, *name;
	int status = 0;

	while (section && status == 0 && (name = section_line(section, &at)))
		/* A file of the bonding driver stands among the links. */
		if (strcmp(name, "bonding_masters") != 0 && !link_index(view, name))
			status = netview_incomplete(view, "the link %s was not collected", name);
	return status;
}
