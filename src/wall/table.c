/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall as an nftables transaction.
 *
 * Theory of operation. All keys are parts of 4 bytes (addresses of IPv6: 16) side by side in
 * registers, as nf_tables lays out concatenations; each kind of door has one layout, written once
 * for the elements (key_of()) and once for the rules that look them up (load_key()).
 */
#include "wall/table_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	MESSAGE_ROOM = 192 * 1024, /* a list of elements has at most 64 kB */
	ELEMENTS_MOST = 256,       /* in one message */
	/* nft's own numbers of types (nft(8), datatype.h), for those who list the table. */
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_PROTOCOL = 12,
	TYPE_SERVICE = 13,
	TYPE_IFNAME = 41,
	TYPE_BITS = 6,
	PRIORITY_PREROUTING = -150, /* between conntrack and DNAT */
	PRIORITY_FILTER = NF_IP_PRI_FILTER - 1,
};

static const char family_digit[] = {'4', '6'};

void writer_begin(struct writer *writer, struct bytes *out)
{
	*writer = (struct writer){.out = out, .sequence = 1, .buffer = calloc(1, MESSAGE_ROOM)};
	if (!writer->buffer)
		writer->status = -ENOMEM;
	else
		writer_take(writer, nftnl_batch_begin(writer->buffer, writer->sequence++));
}

int writer_end(struct writer *writer)
{
	if (writer->status == 0)
		writer_take(writer, nftnl_batch_end(writer->buffer, writer->sequence++));
	free(writer->buffer);
	writer->buffer = NULL;
	return writer->status;
}

struct nlmsghdr *writer_message(struct writer *writer, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(writer->buffer, type, NFPROTO_INET, flags, writer->sequence++);
}

void writer_take(struct writer *writer, const struct nlmsghdr *message)
{
	static const uint8_t padding[4];
	size_t len = message->nlmsg_len, rest = (4 - len % 4) % 4;

	if (writer->status == 0)
		writer->status = bytes_append(writer->out, message, len, WALL_TRANSACTION_MOST);
	if (writer->status == 0 && rest)
		writer->status = bytes_append(writer->out, padding, rest, WALL_TRANSACTION_MOST);
	/* Libraries leave padding as it is; the same wall shall be the same bytes. */
	memset(writer->buffer, 0, len);
}

void writer_copy(struct writer *writer, const struct nlmsghdr *message)
{
	struct nlmsghdr *copy = (struct nlmsghdr *)writer->buffer;

	if (writer->status < 0)
		return;
	if (message->nlmsg_len > MESSAGE_ROOM) {
		writer->status = -EFBIG;
		return;
	}
	memcpy(copy, message, message->nlmsg_len);
	copy->nlmsg_seq = writer->sequence++;
	writer_take(writer, copy);
}

/* Writes a message about the table as such. */
static void write_table(struct writer *writer, uint16_t type, uint16_t flags, uint32_t kind)
{
	struct nftnl_table *table = writer->status == 0 ? nftnl_table_alloc() : NULL;
	struct nlmsghdr *message;

	if (!table) {
		writer->status = writer->status ? writer->status : -ENOMEM;
		return;
	}
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, WALL_TABLE);
	nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	if (kind)
		nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, kind);
	message = writer_message(writer, type, flags);
	nftnl_table_nlmsg_build_payload(message, table);
	writer_take(writer, message);
	nftnl_table_free(table);
}

void write_chain(struct writer *writer, const char *name, const struct chain_place *place)
{
	struct nftnl_chain *chain = writer->status == 0 ? nftnl_chain_alloc() : NULL;
	struct nlmsghdr *message;

	if (!chain) {
		writer->status = writer->status ? writer->status : -ENOMEM;
		return;
	}
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, WALL_TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (place) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, place->hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, place->priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	message = writer_message(writer, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nftnl_chain_nlmsg_build_payload(message, chain);
	writer_take(writer, message);
	nftnl_chain_free(chain);
}

/* A set, not yet written. NULL without memory. */
static struct nftnl_set *new_set(struct writer *writer, const char *name)
{
	struct nftnl_set *set = writer->status == 0 ? nftnl_set_alloc() : NULL;

	if (!set) {
		writer->status = writer->status ? writer->status : -ENOMEM;
		return NULL;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, WALL_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	return set;
}

/* Tells nft how to print keys: names of interfaces are in the host's order, all else in the net's.
 */
static void set_order(struct writer *writer, struct nftnl_set *set, uint32_t key_type)
{
	enum { HOST_ENDIAN = 1, BIG_ENDIAN_ORDER = 2, ROOM = 32 }; /* nft's enum byteorder */
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(ROOM);

	if (!data || !nftnl_udata_put_u32(data, NFTNL_UDATA_SET_KEYBYTEORDER,
	                                  key_type == TYPE_IFNAME ? HOST_ENDIAN : BIG_ENDIAN_ORDER))
		writer->status = writer->status ? writer->status : -ENOMEM;
	else
		nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(data),
		                   nftnl_udata_buf_len(data));
	if (data)
		nftnl_udata_buf_free(data);
}

/* Writes a set's own message. */
static void write_set(struct writer *writer, struct nftnl_set *set, uint32_t flags,
                      uint32_t key_type, uint32_t key_len)
{
	struct nlmsghdr *message;

	if (!set)
		return;
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_len);
	if (flags & NFT_SET_MAP)
		nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
	nftnl_set_set_u32(set, NFTNL_SET_ID, ++writer->set_id);
	set_order(writer, set, key_type);
	message = writer_message(writer, NFT_MSG_NEWSET, NLM_F_CREATE);
	nftnl_set_nlmsg_build_payload(message, set);
	writer_take(writer, message);
}

/* Writes the elements that were added to a set, and takes them out of it. */
static void write_elements(struct writer *writer, const char *name, struct nftnl_set **set,
                           unsigned *n)
{
	struct nlmsghdr *message;

	if (*set && *n) {
		message = writer_message(writer, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
		nftnl_set_elems_nlmsg_build_payload(message, *set);
		writer_take(writer, message);
		nftnl_set_free(*set);
		*set = new_set(writer, name);
	}
	*n = 0;
}

/* Adds an element to a set. NULL without memory. */
static struct nftnl_set_elem *add_element(struct writer *writer, struct nftnl_set *set,
                                          const void *key, size_t len, uint32_t flags)
{
	struct nftnl_set_elem *element = set ? nftnl_set_elem_alloc() : NULL;

	if (!element) {
		writer->status = writer->status ? writer->status : -ENOMEM;
		return NULL;
	}
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key, (uint32_t)len);
	if (flags)
		nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS, flags);
	nftnl_set_elem_add(set, element);
	return element;
}

/* A set of interface names. */
static void write_names(struct writer *writer, const char *name, const char *const *names, size_t n)
{
	struct nftnl_set *set = new_set(writer, name);
	unsigned added = 0;

	write_set(writer, set, 0, TYPE_IFNAME, IFNAMSIZ);
	for (size_t i = 0; i < n; i++) {
		char padded[IFNAMSIZ] = "";

		strncpy(padded, names[i], sizeof(padded) - 1);
		add_element(writer, set, padded, sizeof(padded), 0);
		if (++added == ELEMENTS_MOST)
			write_elements(writer, name, &set, &added);
	}
	write_elements(writer, name, &set, &added);
	if (set)
		nftnl_set_free(set);
}

/* A set of the gateways of one family. */
static void write_gateways(struct writer *writer, const struct wall *wall, unsigned six)
{
	uint8_t family = six ? AF_INET6 : AF_INET;
	char name[32];
	struct nftnl_set *set;
	unsigned added = 0;

	snprintf(name, sizeof(name), "gateways_%c", family_digit[six]);
	set = new_set(writer, name);
	write_set(writer, set, 0, six ? TYPE_IPV6 : TYPE_IPV4, (uint32_t)address_size(family));
	vec_foreach(gateway, &wall->gateways) {
		if (gateway->family != family)
			continue;
		add_element(writer, set, gateway->bytes, address_size(family), 0);
		if (++added == ELEMENTS_MOST)
			write_elements(writer, name, &set, &added);
	}
	write_elements(writer, name, &set, &added);
	if (set)
		nftnl_set_free(set);
}

/* A set of a class's prefixes of one family, as intervals. */
static void write_prefixes(struct writer *writer, const char *name,
                           const struct span_prefix_list *prefixes, unsigned six)
{
	uint8_t family = six ? AF_INET6 : AF_INET;
	struct nftnl_set *set = new_set(writer, name);
	unsigned added = 0;

	write_set(writer, set, NFT_SET_INTERVAL, six ? TYPE_IPV6 : TYPE_IPV4,
	          (uint32_t)address_size(family));
	vec_foreach(prefix, prefixes) {
		struct address last = prefix_last(prefix), end = address_add(&last, 1);

		if (prefix->address.family != family)
			continue;
		add_element(writer, set, prefix->address.bytes, address_size(family), 0);
		if (!address_is_any(&end)) /* behind the last address there is no end */
			add_element(writer, set, end.bytes, address_size(family),
			            NFT_SET_ELEM_INTERVAL_END);
		added += 2;
		if (added >= ELEMENTS_MOST)
			write_elements(writer, name, &set, &added);
	}
	write_elements(writer, name, &set, &added);
	if (set)
		nftnl_set_free(set);
}

/* The parts of each kind's key, in order. */
enum part { PART_END, PART_HOST_ADDRESS, PART_PROTOCOL, PART_HOST_PORT, PART_ADDRESS, PART_PORT };

static const struct door_layout {
	const char *name; /* of the map, before "_4" or "_6" */
	enum part parts[6];
} layouts[DOOR_KINDS] = {
    /* The container first: nft reads the port of a flow only behind one of a packet. */
    [DOOR_EXACT] = {"published",
                    {PART_ADDRESS, PART_PORT, PART_PROTOCOL, PART_HOST_PORT, PART_HOST_ADDRESS}},
    [DOOR_NAMED] = {"named", {PART_ADDRESS, PART_PORT, PART_PROTOCOL, PART_HOST_PORT}},
    [DOOR_BIND] = {"bind", {PART_ADDRESS, PART_PORT, PART_PROTOCOL, PART_HOST_PORT}},
    [DOOR_DIRECT] = {"direct", {PART_ADDRESS, PART_PROTOCOL, PART_PORT}},
    [DOOR_PROXY_EXACT] = {"proxy", {PART_HOST_ADDRESS, PART_PROTOCOL, PART_HOST_PORT}},
    [DOOR_PROXY_NAMED] = {"proxy_named", {PART_PROTOCOL, PART_HOST_PORT}},
    [DOOR_PROXY_BIND] = {"proxy_bind", {PART_PROTOCOL, PART_HOST_PORT}},
    [DOOR_HOST] = {"host", {PART_PROTOCOL, PART_HOST_PORT}},
};

void door_map_name(enum door_kind kind, unsigned six, char name[static WALL_NAME])
{
	snprintf(name, WALL_NAME, "%s_%c", layouts[kind].name, family_digit[six]);
}

/* The length of a part, with its padding. */
static size_t part_len(enum part part, unsigned six)
{
	bool address = part == PART_HOST_ADDRESS || part == PART_ADDRESS;

	return address && six ? 16 : 4;
}

/* nft's number of a part's type. */
static uint32_t part_type(enum part part, unsigned six)
{
	switch (part) {
	case PART_HOST_ADDRESS:
	case PART_ADDRESS:
		return six ? TYPE_IPV6 : TYPE_IPV4;
	case PART_PROTOCOL:
		return TYPE_PROTOCOL;
	default:
		return TYPE_SERVICE;
	}
}

/* The length and type of a kind's key. */
static size_t key_shape(enum door_kind kind, unsigned six, uint32_t *ret_type)
{
	size_t len = 0;

	*ret_type = 0;
	for (const enum part *part = layouts[kind].parts; *part; part++) {
		len += part_len(*part, six);
		*ret_type = *ret_type << TYPE_BITS | part_type(*part, six);
	}
	return len;
}

/* Writes the key of a door; returns its length. */
static size_t key_of(const struct wall_door *door, unsigned six, uint8_t key[static 64])
{
	uint16_t host_port = htons(door->host_port), port = htons(door->port);
	size_t at = 0;

	memset(key, 0, 64);
	for (const enum part *part = layouts[door->kind].parts; *part; part++) {
		switch (*part) {
		case PART_HOST_ADDRESS:
			memcpy(key + at, door->host_address.bytes, part_len(*part, six));
			break;
		case PART_ADDRESS:
			memcpy(key + at, door->address.bytes, part_len(*part, six));
			break;
		case PART_PROTOCOL:
			key[at] = door->protocol;
			break;
		case PART_HOST_PORT:
			memcpy(key + at, &host_port, sizeof(host_port));
			break;
		case PART_PORT:
			memcpy(key + at, &port, sizeof(port));
			break;
		case PART_END:
			break;
		}
		at += part_len(*part, six);
	}
	return at;
}

void load_key(struct words *words, enum door_kind kind, unsigned six)
{
	bool input = door_at_input(kind);
	uint32_t reg = WORD_REGISTER;

	for (const enum part *part = layouts[kind].parts; *part; part++) {
		bool original = *part == PART_HOST_ADDRESS && !input;

		if (original)
			word_ct(words, six ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, 0, reg);
		else if (*part == PART_ADDRESS || *part == PART_HOST_ADDRESS)
			word_payload(words, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16, six ? 16 : 4,
			             reg);
		else if (*part == PART_PROTOCOL)
			word_meta(words, NFT_META_L4PROTO, reg);
		else if (*part == PART_HOST_PORT && !input)
			word_ct(words, NFT_CT_PROTO_DST, 0, reg);
		else
			word_payload(words, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg);
		reg += (uint32_t)part_len(*part, six) / 4;
	}
}

/* The family of a door, as an index. */
static unsigned door_six(const struct wall_door *door)
{
	return (door->kind == DOOR_DIRECT ? door->address : door->host_address).family == AF_INET6;
}

/* Fills what an element of a map says. */
static void set_verdict(struct nftnl_set_elem *element, const struct wall_group *group)
{
	if (!element)
		return;
	if (group->everybody) {
		nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, NF_ACCEPT);
		return;
	}
	nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_GOTO);
	nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_CHAIN,
	                       group->nobody ? CHAIN_TURNED_AWAY : group->name);
}

/*
 * The doors of one kind and family as a map; or, where map is false, only the keys of kinds from
 * this one to `last`, which have one layout.
 */
static void write_doors(struct writer *writer, const struct wall *wall, enum door_kind kind,
                        enum door_kind last, unsigned six, const char *name, bool map)
{
	struct nftnl_set *set = new_set(writer, name);
	unsigned added = 0;
	uint32_t type;
	size_t len = key_shape(kind, six, &type);

	write_set(writer, set, map ? NFT_SET_MAP : 0, type, (uint32_t)len);
	vec_foreach(door, &wall->doors) {
		struct nftnl_set_elem *element;
		uint8_t key[64];

		if (door->kind < kind || door->kind > last || door_six(door) != six ||
		    writer->status < 0)
			continue;
		len = key_of(door, six, key);
		element = add_element(writer, set, key, len, 0);
		if (map)
			set_verdict(element, &wall->groups.items[door->group]);
		if (++added == ELEMENTS_MOST)
			write_elements(writer, name, &set, &added);
	}
	write_elements(writer, name, &set, &added);
	if (set)
		nftnl_set_free(set);
}

/* All maps of doors, the ports of proxies, and those that answer by their bind address alone. */
static void write_maps(struct writer *writer, const struct wall *wall)
{
	char name[WALL_NAME];

	for (unsigned six = 0; six < 2; six++) {
		for (enum door_kind kind = 0; kind < DOOR_KINDS; kind++) {
			door_map_name(kind, six, name);
			write_doors(writer, wall, kind, kind, six, name, true);
		}
		snprintf(name, sizeof(name), "proxy_ports_%c", family_digit[six]);
		write_doors(writer, wall, DOOR_PROXY_NAMED, DOOR_PROXY_BIND, six, name, false);
		snprintf(name, sizeof(name), "proxy_bound_%c", family_digit[six]);
		write_doors(writer, wall, DOOR_PROXY_BIND, DOOR_PROXY_BIND, six, name, false);
		write_gateways(writer, wall, six);
	}
}

void class_set_name(const struct wall_group *group, size_t class, unsigned six,
                    char name[static WALL_NAME])
{
	snprintf(name, WALL_NAME, "%s_%zu_%c", group->name, class, family_digit[six]);
}

/* Whether a group needs a chain of its own. */
static bool has_chain(const struct wall_group *group)
{
	return !group->everybody && !group->nobody;
}

/* The chains of groups, and the sets that these look up. */
static void write_groups(struct writer *writer, const struct wall *wall)
{
	char name[WALL_NAME];

	for (size_t i = 0; i < wall->groups.n; i++) {
		const struct wall_group *group = &wall->groups.items[i];

		if (!has_chain(group))
			continue;
		write_chain(writer, group->name, NULL);
		for (size_t k = 0; k < group->classes.n; k++)
			for (unsigned six = 0; six < 2; six++) {
				class_set_name(group, k, six, name);
				write_prefixes(writer, name, &group->classes.items[k].allowed, six);
			}
	}
}

/* Takes the table away, whether it is there or not, and makes it anew. */
static void write_new_table(struct writer *writer, bool hard)
{
	if (hard) {
		write_table(writer, MSG_DESTROY_TABLE, 0, 0);
		write_table(writer, NFT_MSG_NEWTABLE, NLM_F_CREATE, TABLE_OWNER | TABLE_PERSIST);
		return;
	}
	/* As kernels before 6.3 can do it, too. */
	write_table(writer, NFT_MSG_NEWTABLE, NLM_F_CREATE, 0);
	write_table(writer, NFT_MSG_DELTABLE, 0, 0);
	write_table(writer, NFT_MSG_NEWTABLE, NLM_F_CREATE, 0);
}

int wall_transaction(const struct wall *wall, struct bytes *ret_bytes)
{
	static const struct chain_place prerouting = {NF_INET_PRE_ROUTING, PRIORITY_PREROUTING};
	static const struct chain_place forward = {NF_INET_FORWARD, PRIORITY_FILTER};
	static const struct chain_place input = {NF_INET_LOCAL_IN, PRIORITY_FILTER};
	static const char *const chains[] = {CHAIN_TURNED_AWAY, CHAIN_INSIDE, CHAIN_DOORS,
	                                     CHAIN_NEW_BRIDGE};
	struct writer writer;

	writer_begin(&writer, ret_bytes);
	write_new_table(&writer, wall->hard);
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		write_chain(&writer, chains[i], NULL);
	write_chain(&writer, CHAIN_PREROUTING, &prerouting);
	write_chain(&writer, CHAIN_FORWARD, &forward);
	write_chain(&writer, CHAIN_INPUT, &input);
	write_names(&writer, SET_BRIDGES, wall->bridges.items, wall->bridges.n);
	write_names(&writer, SET_OTHERS, wall->others.items, wall->others.n);
	write_groups(&writer, wall);
	write_maps(&writer, wall);
	write_rules(&writer, wall);
	return writer_end(&writer);
}

int wall_removal(struct bytes *ret_bytes)
{
	struct writer writer;

	writer_begin(&writer, ret_bytes);
	write_table(&writer, NFT_MSG_NEWTABLE, NLM_F_CREATE, 0);
	write_table(&writer, NFT_MSG_DELTABLE, 0, 0);
	return writer_end(&writer);
}
