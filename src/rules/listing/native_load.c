/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What native rules look at besides headers, meta and ct: fib, sockets, options, hashes, ... */
#include "rules/listing/native.h"

#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

/* TCP option 2 and where its value lies (RFC 9293). */
enum { TCP_OPTION_MSS = 2, TCP_OPTION_MSS_VALUE = 2 };

/* Adds the flags of a fib lookup joined by " . ", then what it asks for. */
static void add_fib(struct native *native, const struct operand *operand)
{
	static const struct symbol flags[] = {
	    {NFTA_FIB_F_SADDR, "saddr"}, {NFTA_FIB_F_DADDR, "daddr"}, {NFTA_FIB_F_MARK, "mark"},
	    {NFTA_FIB_F_IIF, "iif"},     {NFTA_FIB_F_OIF, "oif"},     {0, NULL},
	};
	static const struct symbol results[] = {
	    {NFT_FIB_RESULT_OIF, "oif"},
	    {NFT_FIB_RESULT_OIFNAME, "oifname"},
	    {NFT_FIB_RESULT_ADDRTYPE, "type"},
	    {0, NULL},
	};
	const struct span *attr = operand->expr.attrs.by_type;
	uint32_t set = attr_u32(attr[NFTA_FIB_FLAGS], 0);
	const char *result = symbol_name(results, attr_u32(attr[NFTA_FIB_RESULT], 0));
	const char *dot = " ";

	text_add(&native->text, "fib");
	for (const struct symbol *flag = flags; flag->name; flag++) {
		if (!(set & flag->value))
			continue;
		text_add(&native->text, "%s%s", dot, flag->name);
		dot = " . ";
	}
	text_add(&native->text, " %s", result ? result : "<?>");
}

/* socket transparent, ... */
static void add_socket(struct native *native, const struct operand *operand)
{
	static const char *const keys[] = {
	    [NFT_SOCKET_TRANSPARENT] = "transparent",
	    [NFT_SOCKET_MARK] = "mark",
	    [NFT_SOCKET_WILDCARD] = "wildcard",
	    [NFT_SOCKET_CGROUPV2] = "cgroupv2",
	};
	const struct span *attr = operand->expr.attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_SOCKET_KEY], UINT32_MAX);

	text_add(&native->text, "socket %s",
	         key < sizeof(keys) / sizeof(*keys) ? keys[key] : "<?>");
	if (key == NFT_SOCKET_CGROUPV2)
		text_add(&native->text, " level %u", attr_u32(attr[NFTA_SOCKET_LEVEL], 0));
}

/* rt nexthop, ... */
static void add_rt(struct native *native, const struct operand *operand)
{
	static const char *const keys[] = {
	    [NFT_RT_CLASSID] = "classid",      [NFT_RT_NEXTHOP4] = "ip nexthop",
	    [NFT_RT_NEXTHOP6] = "ip6 nexthop", [NFT_RT_TCPMSS] = "mtu",
	    [NFT_RT_XFRM] = "ipsec",
	};
	uint32_t key = attr_u32(operand->expr.attrs.by_type[NFTA_RT_KEY], UINT32_MAX);

	text_add(&native->text, "rt %s", key < sizeof(keys) / sizeof(*keys) ? keys[key] : "<?>");
}

/* numgen inc mod 2 */
static void add_numgen(struct native *native, const struct operand *operand)
{
	const struct span *attr = operand->expr.attrs.by_type;
	uint32_t offset = attr_u32(attr[NFTA_NG_OFFSET], 0);

	text_add(&native->text, "numgen %s mod %u",
	         attr_u32(attr[NFTA_NG_TYPE], 0) == NFT_NG_RANDOM ? "random" : "inc",
	         attr_u32(attr[NFTA_NG_MODULUS], 0));
	if (offset)
		text_add(&native->text, " offset %u", offset);
}

/* jhash ip saddr mod 2 seed 0x1 */
static void add_hash(struct native *native, const struct operand *operand)
{
	const struct span *attr = operand->expr.attrs.by_type;
	uint32_t offset = attr_u32(attr[NFTA_HASH_OFFSET], 0);

	if (attr_u32(attr[NFTA_HASH_TYPE], NFT_HASH_JENKINS) == NFT_HASH_SYM) {
		text_add(&native->text, "symhash");
	} else {
		text_add(&native->text, "jhash");
		for (unsigned i = 0; i < operand->n_keys; i++) {
			text_add(&native->text, i ? " . " : " ");
			native_add_operand(native, operand->keys[i]);
		}
		if (operand->n_keys == 0)
			text_add(&native->text, " <?>");
	}
	text_add(&native->text, " mod %u", attr_u32(attr[NFTA_HASH_MODULUS], 0));
	if (attr[NFTA_HASH_SEED].data)
		text_add(&native->text, " seed 0x%x", attr_u32(attr[NFTA_HASH_SEED], 0));
	if (offset)
		text_add(&native->text, " offset %u", offset);
}

/* Extension headers of IPv6, options of IPv4 and TCP: the name of one, or NULL. */
static const char *exthdr_name(uint32_t op, uint32_t type)
{
	static const struct symbol headers[] = {
	    {IPPROTO_HOPOPTS, "hbh"}, {IPPROTO_ROUTING, "rt"}, {IPPROTO_FRAGMENT, "frag"},
	    {IPPROTO_DSTOPTS, "dst"}, {IPPROTO_MH, "mh"},      {0, NULL},
	};
	static const struct symbol ip_options[] = {
	    {131, "lsrr"}, {7, "rr"}, {137, "ssrr"}, {148, "ra"}, {0, NULL},
	};
	static const struct symbol tcp_options[] = {
	    {0, "eol"},       {1, "nop"},       {2, "maxseg"},    {3, "window"},
	    {4, "sack-perm"}, {5, "sack"},      {8, "timestamp"}, {19, "md5sig"},
	    {30, "mptcp"},    {34, "fastopen"}, {0, NULL},
	};
	const struct symbol *names = op == NFT_EXTHDR_OP_IPV6     ? headers
	                             : op == NFT_EXTHDR_OP_IPV4   ? ip_options
	                             : op == NFT_EXTHDR_OP_TCPOPT ? tcp_options
	                                                          : NULL;

	return symbol_name(names, type);
}

/* exthdr frag exists, tcp option maxseg size, ip option lsrr */
static void add_exthdr(struct native *native, const struct operand *operand)
{
	const struct span *attr = operand->expr.attrs.by_type;
	uint32_t op = attr_u32(attr[NFTA_EXTHDR_OP], NFT_EXTHDR_OP_IPV6);
	uint32_t type = attr_u32(attr[NFTA_EXTHDR_TYPE], 0);
	uint32_t offset = attr_u32(attr[NFTA_EXTHDR_OFFSET], 0);
	bool present = attr_u32(attr[NFTA_EXTHDR_FLAGS], 0) & NFT_EXTHDR_F_PRESENT;
	const char *name = exthdr_name(op, type);

	/* IPv4 options imply IPv4. */
	if (op == NFT_EXTHDR_OP_IPV4 || op == NFT_EXTHDR_OP_IPV6)
		native_hide(native, native->network_item);
	text_add(&native->text, "%s ",
	         op == NFT_EXTHDR_OP_IPV6     ? "exthdr"
	         : op == NFT_EXTHDR_OP_IPV4   ? "ip option"
	         : op == NFT_EXTHDR_OP_TCPOPT ? "tcp option"
	         : op == NFT_EXTHDR_OP_SCTP   ? "sctp chunk"
	                                      : "<?>");
	if (name)
		text_add(&native->text, "%s", name);
	else
		text_add(&native->text, "%u", type);
	if (present)
		return;
	if (op == NFT_EXTHDR_OP_TCPOPT && type == TCP_OPTION_MSS && offset == TCP_OPTION_MSS_VALUE)
		text_add(&native->text, " size");
	else
		text_add(&native->text, " @%u,%u", offset * 8,
		         attr_u32(attr[NFTA_EXTHDR_LEN], 0) * 8);
}

/* osf name */
static void add_osf(struct native *native, const struct operand *operand)
{
	(void)operand;
	text_add(&native->text, "osf name");
}

void native_add_load(struct native *native, const struct operand *operand)
{
	static const struct {
		const char *name;
		void (*add)(struct native *native, const struct operand *operand);
	} loads[] = {
	    {"fib", add_fib},   {"socket", add_socket}, {"rt", add_rt},   {"numgen", add_numgen},
	    {"hash", add_hash}, {"exthdr", add_exthdr}, {"osf", add_osf},
	};
	const char *name = operand->expr.name;

	for (size_t i = 0; name && i < sizeof(loads) / sizeof(*loads); i++) {
		if (strcmp(loads[i].name, name) != 0)
			continue;
		loads[i].add(native, operand);
		return;
	}
	text_add(&native->text, "<%s>", name ? name : "?");
}

/* The type that a fib lookup gives. */
static const struct datatype *fib_type(const struct span *attr)
{
	switch (attr_u32(attr[NFTA_FIB_RESULT], 0)) {
	case NFT_FIB_RESULT_OIFNAME:
		return &type_string;
	case NFT_FIB_RESULT_ADDRTYPE:
		return &type_fib;
	default:
		return attr_u32(attr[NFTA_FIB_FLAGS], 0) & NFTA_FIB_F_PRESENT ? &type_bool
		                                                              : &type_interface;
	}
}

const struct datatype *native_load_type(const struct operand *operand)
{
	const struct span *attr = operand->expr.attrs.by_type;
	const char *name = operand->expr.name ? operand->expr.name : "";

	if (strcmp(name, "fib") == 0)
		return fib_type(attr);
	if (strcmp(name, "osf") == 0)
		return &type_string;
	if (strcmp(name, "exthdr") == 0)
		return attr_u32(attr[NFTA_EXTHDR_FLAGS], 0) & NFT_EXTHDR_F_PRESENT
		           ? &type_bool
		           : &type_network_integer;
	if (strcmp(name, "socket") == 0 && attr_u32(attr[NFTA_SOCKET_KEY], 0) == NFT_SOCKET_MARK)
		return &type_mark;
	if (strcmp(name, "rt") == 0 && (attr_u32(attr[NFTA_RT_KEY], 0) == NFT_RT_NEXTHOP4 ||
	                                attr_u32(attr[NFTA_RT_KEY], 0) == NFT_RT_NEXTHOP6))
		return &type_address;
	return &type_integer;
}
