/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One network namespace as its kernel tells it.
 *
 * Theory of operation. What the kernel says is kept as it said it: netlink
 * messages, xtables blobs, sysctl text. That is what a capture file holds and
 * what the twin sends back, so nothing is lost by our not knowing an attribute.
 * Beside it stands what Seawall itself reads, decoded once, by the same code for
 * a live host and for a capture file (netview_decode()). Whoever needs another
 * field decodes it there, never from a second source.
 */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/notes.h"
#include "base/vec.h"

/* Which dump a run of raw netlink messages came from; also the record names of a capture file. */
enum raw_kind {
	RAW_LINK,          /* RTM_NEWLINK */
	RAW_ADDRESS,       /* RTM_NEWADDR */
	RAW_ROUTE,         /* RTM_NEWROUTE, all tables, both families */
	RAW_RULE,          /* RTM_NEWRULE, both families */
	RAW_NEIGHBOUR,     /* RTM_NEWNEIGH, ARP and ND, not the bridges' own tables */
	RAW_NEXTHOP,       /* RTM_NEWNEXTHOP */
	RAW_NFT_TABLE,     /* NFT_MSG_NEWTABLE */
	RAW_NFT_CHAIN,     /* NFT_MSG_NEWCHAIN */
	RAW_NFT_SET,       /* NFT_MSG_NEWSET */
	RAW_NFT_ELEMENT,   /* NFT_MSG_NEWSETELEM */
	RAW_NFT_OBJECT,    /* NFT_MSG_NEWOBJ */
	RAW_NFT_FLOWTABLE, /* NFT_MSG_NEWFLOWTABLE */
	RAW_NFT_RULE,      /* NFT_MSG_NEWRULE, chain by chain, in order */
	RAW_IPSET,         /* IPSET_CMD_LIST answers, several of one name for a large set */
	RAW_KINDS
};

/* The name of a raw kind in capture files and messages: "link", "nft_rule", ... */
const char *raw_kind_name(enum raw_kind kind);
/* The kind of a name, or -1. */
int raw_kind_from_name(const char *name) __attribute__((nonnull));

struct nlmsghdr;

/*
 * The message at *offset of a run, and *offset moved behind it; NULL at the end, or where the bytes
 * are no whole message. The message with its padding lies within the run. Borrowed from it.
 */
const struct nlmsghdr *raw_next(const struct bytes *raw, size_t *offset) __attribute__((nonnull));

struct link {
	uint32_t index;
	uint32_t master; /* ifindex of bridge, bond or VRF, 0 for none */
	uint32_t parent; /* IFLA_LINK: lower device or veth peer, 0 for none */
	uint32_t flags;  /* IFF_* */
	uint32_t mtu;
	uint16_t type; /* ARPHRD_* */
	bool has_mac;
	bool peer_elsewhere; /* IFLA_LINK is in another namespace (IFLA_LINK_NETNSID) */
	bool has_xdp;        /* an XDP program is attached */
	uint8_t mac[6];
	const char *name;
	const char *kind; /* IFLA_INFO_KIND: "bridge", "veth", "vlan", ... or "" for a NIC */
};

/* An address of a link. */
struct ifaddr {
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_* */
	uint8_t prefix_len;
	uint8_t scope;            /* RT_SCOPE_* */
	struct address address;   /* IFA_LOCAL where given, else IFA_ADDRESS */
	struct address peer;      /* the other end of a point-to-point link, else family 0 */
	struct address broadcast; /* IFA_BROADCAST, else family 0 */
};

struct route {
	uint8_t type;     /* RTN_* */
	uint8_t protocol; /* RTPROT_* */
	uint8_t scope;    /* RT_SCOPE_* */
	uint8_t tos;      /* 0: any */
	bool several;     /* it has more next hops than the one told here */
	bool by_source;   /* it holds for some senders only (IPv6, RTA_SRC) */
	uint32_t table;
	uint32_t metric;
	uint32_t out_ifindex; /* of the first next hop; 0 where it has none */
	struct prefix destination;
	struct address gateway; /* of the first next hop; family 0 for none */
};

/* A rule of policy routing; what it does not ask for holds for all. */
struct policy_rule {
	uint8_t family;
	uint8_t action; /* FR_ACT_* */
	uint8_t tos, protocol;
	bool invert;   /* it holds where its conditions do not */
	bool l3mdev;   /* the table is that of the VRF that the packet belongs to */
	bool not_root; /* it is for users that forwarded packets never count as */
	uint32_t priority, table, go_to;
	int32_t
	    suppress_len; /* a route found is passed over if its prefix is no longer; -1: none */
	uint32_t mark, mark_mask;
	const char *in, *out; /* NULL: any */
	struct prefix source, destination;
	uint16_t first_source_port, last_source_port, first_port, last_port;
};

struct neighbour {
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	struct address address;
	bool has_mac;
	uint8_t mac[6];
};

/* One value under /proc/sys. `path` is relative to it: "net/ipv4/conf/eth0/rp_filter". */
struct sysctl {
	const char *path;
	const char *value; /* without the newline */
};

/* What a process may be to us, told from its executable's name; the name is kept, its arguments
 * never. */
struct socket_owner {
	int pid;                  /* 0 when not known */
	const char *comm;         /* "docker-proxy", "nginx", ...; NULL when not known */
	const char *container_id; /* from the process's cgroup: 64 hex digits, or NULL */
};

/* A socket that takes new peers: TCP and SCTP listening, UDP bound and not connected. */
struct socket {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	bool v6only;      /* IPv6 wildcard that does not take IPv4 */
	uint16_t port;    /* host byte order */
	uint32_t ifindex; /* SO_BINDTODEVICE, 0 for any */
	uint64_t inode;
	struct address address; /* wildcard where any */
	struct socket_owner owner;
};

/* One legacy xtables table, as IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES give it. */
struct xtables_table {
	uint8_t family;       /* AF_INET or AF_INET6 */
	const char *name;     /* "filter", "nat", "mangle", "raw", "security" */
	struct bytes info;    /* struct ipt_getinfo; the IPv6 one has the same layout */
	struct bytes entries; /* entrytable of struct ipt_get_entries */
};

struct netview {
	struct arena arena;
	struct bytes raw[RAW_KINDS]; /* nlmsghdr-framed messages, each aligned to 4 bytes */
	VEC(struct xtables_table) xtables;
	VEC(struct sysctl) sysctls;
	size_t sysctls_sorted; /* the first so many sysctls are in order of path */
	VEC(struct socket) sockets;
	/* Decoded from raw by netview_decode(): */
	VEC(struct link) links;
	VEC(struct ifaddr) addresses;
	VEC(struct route) routes;
	VEC(struct policy_rule) policy_rules; /* in the order in which they are tried */
	VEC(struct neighbour) neighbours;
	/* What could not be read, one sentence each; borrowed from the arena. */
	struct notes incomplete;
};

/* Releases what a view holds and leaves an empty one. */
void netview_done(struct netview *view) __attribute__((nonnull));

/*
 * Fills links, addresses, routes and neighbours from raw, checking each length: raw may
 * come from a stranger's file. Puts the sysctls in order. Once it returned 0, all messages of all
 * kinds are known to be whole, of their kind's type, with its fixed header, and with attributes
 * that fill the rest exactly; what is inside an attribute is still to be checked by who reads it.
 * Returns 0, -EBADMSG with a sentence, or -ENOMEM.
 */
int netview_decode(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Notes that something could not be read. */
int netview_incomplete(struct netview *view, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/* The link of an index or name; NULL when there is none. Borrowed. */
const struct link *netview_link(const struct netview *view, uint32_t ifindex);
const struct link *netview_link_by_name(const struct netview *view, const char *name);

/* The value of a sysctl by path, or NULL. Borrowed. */
const char *netview_sysctl(const struct netview *view, const char *path);

/*
 * The socket that the kernel would hand a new packet to (__inet_lookup_listener,
 * __udp4_lib_lookup): the best match of address, port and interface, or NULL when nobody listens.
 * Borrowed.
 */
const struct socket *netview_socket(const struct netview *view, uint8_t protocol,
                                    const struct address *destination, uint16_t port,
                                    uint32_t in_ifindex);
