/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of values in rules, and how nft and iptables spell them. */
#include "reach/rule_types.h"

#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static const struct symbol protocols[] = {
    {0, "ip"},
    {1, "icmp"},
    {2, "igmp"},
    {3, "ggp"},
    {4, "ipencap"},
    {5, "st"},
    {6, "tcp"},
    {8, "egp"},
    {9, "igp"},
    {12, "pup"},
    {17, "udp"},
    {20, "hmp"},
    {22, "xns-idp"},
    {27, "rdp"},
    {29, "iso-tp4"},
    {33, "dccp"},
    {36, "xtp"},
    {37, "ddp"},
    {38, "idpr-cmtp"},
    {41, "ipv6"},
    {43, "ipv6-route"},
    {44, "ipv6-frag"},
    {45, "idrp"},
    {46, "rsvp"},
    {47, "gre"},
    {50, "esp"},
    {51, "ah"},
    {57, "skip"},
    {58, "ipv6-icmp"},
    {59, "ipv6-nonxt"},
    {60, "ipv6-opts"},
    {73, "rspf"},
    {81, "vmtp"},
    {88, "eigrp"},
    {89, "ospf"},
    {93, "ax.25"},
    {94, "ipip"},
    {97, "etherip"},
    {98, "encap"},
    {103, "pim"},
    {108, "ipcomp"},
    {112, "vrrp"},
    {115, "l2tp"},
    {124, "isis"},
    {132, "sctp"},
    {133, "fc"},
    {135, "mobility-header"},
    {136, "udplite"},
    {137, "mpls-in-ip"},
    {138, "manet"},
    {139, "hip"},
    {140, "shim6"},
    {141, "wesp"},
    {142, "rohc"},
    {143, "ethernet"},
    {0, NULL},
};

static const struct symbol icmp_types[] = {
    {0, "echo-reply"},           {3, "destination-unreachable"},
    {4, "source-quench"},        {5, "redirect"},
    {8, "echo-request"},         {9, "router-advertisement"},
    {10, "router-solicitation"}, {11, "time-exceeded"},
    {12, "parameter-problem"},   {13, "timestamp-request"},
    {14, "timestamp-reply"},     {15, "info-request"},
    {16, "info-reply"},          {17, "address-mask-request"},
    {18, "address-mask-reply"},  {0, NULL},
};

static const struct symbol icmp6_types[] = {
    {1, "destination-unreachable"},
    {2, "packet-too-big"},
    {3, "time-exceeded"},
    {4, "parameter-problem"},
    {128, "echo-request"},
    {129, "echo-reply"},
    {130, "mld-listener-query"},
    {131, "mld-listener-report"},
    {132, "mld-listener-done"},
    {133, "nd-router-solicit"},
    {134, "nd-router-advert"},
    {135, "nd-neighbor-solicit"},
    {136, "nd-neighbor-advert"},
    {137, "nd-redirect"},
    {138, "router-renumbering"},
    {141, "ind-neighbor-solicit"},
    {142, "ind-neighbor-advert"},
    {143, "mld2-listener-report"},
    {0, NULL},
};

static const struct symbol icmp_codes[] = {
    {0, "net-unreachable"},  {1, "host-unreachable"},  {2, "prot-unreachable"},
    {3, "port-unreachable"}, {4, "frag-needed"},       {9, "net-prohibited"},
    {10, "host-prohibited"}, {13, "admin-prohibited"}, {0, NULL},
};

static const struct symbol icmp6_codes[] = {
    {0, "no-route"},
    {1, "admin-prohibited"},
    {3, "addr-unreachable"},
    {4, "port-unreachable"},
    {5, "policy-fail"},
    {6, "reject-route"},
    {0, NULL},
};

static const struct symbol igmp_types[] = {
    {17, "membership-query"},     {18, "membership-report-v1"}, {22, "membership-report-v2"},
    {34, "membership-report-v3"}, {23, "leave-group"},          {0, NULL},
};

static const struct symbol ct_states[] = {
    {0x1, "invalid"}, {0x2, "established"}, {0x4, "related"},
    {0x8, "new"},     {0x40, "untracked"},  {0, NULL},
};

static const struct symbol ct_statuses[] = {
    {0x1, "expected"}, {0x2, "seen-reply"}, {0x4, "assured"}, {0x8, "confirmed"},
    {0x10, "snat"},    {0x20, "dnat"},      {0x200, "dying"}, {0, NULL},
};

static const struct symbol ct_directions[] = {{0, "original"}, {1, "reply"}, {0, NULL}};

static const struct symbol packet_types[] = {
    {0, "host"}, {1, "broadcast"}, {2, "multicast"}, {3, "other"}, {0, NULL},
};

static const struct symbol fib_types[] = {
    {0, "unspec"},    {1, "unicast"},   {2, "local"},       {3, "broadcast"}, {4, "anycast"},
    {5, "multicast"}, {6, "blackhole"}, {7, "unreachable"}, {8, "prohibit"},  {0, NULL},
};

static const struct symbol ether_types[] = {
    {0x0800, "ip"},    {0x0806, "arp"},    {0x86dd, "ip6"},
    {0x8100, "8021q"}, {0x88a8, "8021ad"}, {0, NULL},
};

static const struct symbol dscps[] = {
    {0x00, "cs0"},  {0x08, "cs1"},  {0x10, "cs2"},   {0x18, "cs3"},  {0x20, "cs4"},  {0x28, "cs5"},
    {0x30, "cs6"},  {0x38, "cs7"},  {0x01, "lephb"}, {0x0a, "af11"}, {0x0c, "af12"}, {0x0e, "af13"},
    {0x12, "af21"}, {0x14, "af22"}, {0x16, "af23"},  {0x1a, "af31"}, {0x1c, "af32"}, {0x1e, "af33"},
    {0x22, "af41"}, {0x24, "af42"}, {0x26, "af43"},  {0x2c, "va"},   {0x2e, "ef"},   {0, NULL},
};

static const struct symbol ecns[] = {
    {0, "not-ect"}, {1, "ect1"}, {2, "ect0"}, {3, "ce"}, {0, NULL},
};

static const struct symbol tcp_flags[] = {
    {0x01, "fin"}, {0x02, "syn"}, {0x04, "rst"}, {0x08, "psh"}, {0x10, "ack"},
    {0x20, "urg"}, {0x40, "ecn"}, {0x80, "cwr"}, {0, NULL},
};

static const struct symbol arp_operations[] = {
    {1, "request"},   {2, "reply"},   {3, "rrequest"}, {4, "rreply"},
    {8, "inrequest"}, {9, "inreply"}, {10, "nak"},     {0, NULL},
};

static const struct symbol link_types[] = {
    {1, "ether"},      {512, "ppp"}, {768, "ipip"},  {769, "ipip6"},
    {772, "loopback"}, {776, "sit"}, {778, "ipgre"}, {0, NULL},
};

static const struct symbol nfprotos[] = {{2, "ipv4"}, {10, "ipv6"}, {0, NULL}};

static const struct symbol days[] = {
    {0, "Sunday"},   {1, "Monday"}, {2, "Tuesday"},  {3, "Wednesday"},
    {4, "Thursday"}, {5, "Friday"}, {6, "Saturday"}, {0, NULL},
};

static const struct symbol presence[] = {{0, "missing"}, {1, "exists"}, {0, NULL}};

const struct datatype type_integer = {FORM_DECIMAL, false, 0, false, NULL};
const struct datatype type_network_integer = {FORM_DECIMAL, true, 0, false, NULL};
const struct datatype type_address = {FORM_ADDRESS, true, 0, false, NULL};
const struct datatype type_port = {FORM_DECIMAL, true, 2, false, NULL};
const struct datatype type_mark = {FORM_HEX32, false, 4, false, NULL};
const struct datatype type_string = {FORM_STRING, true, 16, false, NULL};
const struct datatype type_interface = {FORM_INTERFACE, false, 4, false, NULL};
const struct datatype type_protocol = {FORM_DECIMAL, true, 1, false, protocols};
const struct datatype type_tcp_flags = {FORM_FLAGS, true, 1, false, tcp_flags};
const struct datatype type_bool = {FORM_DECIMAL, false, 0, false, presence};
const struct datatype type_fib = {FORM_DECIMAL, false, 4, false, fib_types};
const struct datatype type_nfproto = {FORM_DECIMAL, true, 1, false, nfprotos};
const struct datatype type_ethertype = {FORM_DECIMAL, true, 2, false, ether_types};
static const struct datatype type_ipv4 = {FORM_ADDRESS, true, 4, false, NULL};
static const struct datatype type_ipv6 = {FORM_ADDRESS, true, 16, false, NULL};
static const struct datatype type_ether = {FORM_ETHER, true, 6, false, NULL};
static const struct datatype type_hex = {FORM_HEX, true, 0, false, NULL};
static const struct datatype type_ct_state = {FORM_FLAGS, false, 4, false, ct_states};
static const struct datatype type_ct_status = {FORM_FLAGS, false, 4, false, ct_statuses};
static const struct datatype type_ct_direction = {FORM_DECIMAL, false, 1, false, ct_directions};
static const struct datatype type_packet = {FORM_DECIMAL, false, 1, false, packet_types};
static const struct datatype type_icmp = {FORM_DECIMAL, true, 1, false, icmp_types};
static const struct datatype type_icmp6 = {FORM_DECIMAL, true, 1, false, icmp6_types};
static const struct datatype type_icmp_code = {FORM_DECIMAL, true, 1, false, icmp_codes};
static const struct datatype type_icmp6_code = {FORM_DECIMAL, true, 1, false, icmp6_codes};
static const struct datatype type_igmp = {FORM_DECIMAL, true, 1, false, igmp_types};
static const struct datatype type_dscp = {FORM_HEX, true, 0, false, dscps};
static const struct datatype type_ecn = {FORM_HEX, true, 0, false, ecns};
static const struct datatype type_arp = {FORM_DECIMAL, true, 2, false, arp_operations};
static const struct datatype type_link = {FORM_DECIMAL, false, 2, false, link_types};
static const struct datatype type_duration = {FORM_DURATION, false, 0, false, NULL};
static const struct datatype type_class = {FORM_CLASS, false, 4, false, NULL};
static const struct datatype type_day = {FORM_DECIMAL, false, 1, true, days};
static const struct datatype type_hour = {FORM_HOUR, false, 4, false, NULL};
static const struct datatype type_u32 = {FORM_DECIMAL, false, 4, false, NULL};

const struct datatype *type_by_number(uint32_t number)
{
	static const struct datatype *const types[] = {
	    [2] = &type_nfproto,    [5] = &type_string,      [7] = &type_ipv4,
	    [8] = &type_ipv6,       [9] = &type_ether,       [10] = &type_ethertype,
	    [11] = &type_arp,       [12] = &type_protocol,   [13] = &type_port,
	    [14] = &type_icmp,      [15] = &type_tcp_flags,  [18] = &type_duration,
	    [19] = &type_mark,      [20] = &type_interface,  [21] = &type_link,
	    [22] = &type_u32,       [23] = &type_class,      [24] = &type_u32,
	    [25] = &type_u32,       [26] = &type_ct_state,   [27] = &type_ct_direction,
	    [28] = &type_ct_status, [29] = &type_icmp6,      [31] = &type_packet,
	    [32] = &type_icmp_code, [33] = &type_icmp6_code, [35] = &type_u32,
	    [36] = &type_dscp,      [37] = &type_ecn,        [38] = &type_fib,
	    [41] = &type_string,    [42] = &type_igmp,       [44] = &type_hour,
	    [45] = &type_day,
	};

	if (number >= sizeof(types) / sizeof(*types) || !types[number])
		return &type_integer;
	return types[number];
}

const char *symbol_name(const struct symbol *symbols, uint64_t value)
{
	for (const struct symbol *symbol = symbols; symbol && symbol->name; symbol++)
		if (symbol->value == value)
			return symbol->name;
	return NULL;
}

const char *protocol_name(uint64_t protocol)
{
	return symbol_name(protocols, protocol);
}

uint64_t value_number(const struct datatype *type, struct span value, bool big_endian)
{
	uint64_t number = 0;

	if (!value.data || value.len > 8)
		return 0;
	for (size_t i = 0; i < value.len; i++)
		if (type->network_order || big_endian || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
			number = number << 8 | value.data[i];
		else
			number |= (uint64_t)value.data[i] << 8 * i;
	return number;
}

/* Adds the names of bits, the lowest first; what has no name as one hex number. */
static void flags_add(struct text *text, const struct datatype *type, uint64_t number)
{
	const char *comma = "";

	for (unsigned bit = 0; bit < 32; bit++) {
		uint64_t value = UINT64_C(1) << bit;
		const char *name = symbol_name(type->symbols, value);

		if (!(number & value) || !name)
			continue;
		text_add(text, "%s%s", comma, name);
		number &= ~value;
		comma = ",";
	}
	if (number || !*comma)
		text_add(text, "%s0x%" PRIx64, comma, number);
}

/* Adds milliseconds as days, hours, minutes, seconds and a rest. */
static void duration_add(struct text *text, uint64_t msec)
{
	static const struct {
		uint64_t msec;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};

	if (msec == 0)
		text_add(text, "0s");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (msec >= units[i].msec)
			text_add(text, "%" PRIu64 "%s", msec / units[i].msec, units[i].unit);
		msec %= units[i].msec;
	}
}

/* Adds an interface by its name; by its index where the view has no such link. */
static void interface_add(struct text *text, const struct netview *view, uint64_t index)
{
	const struct link *link = netview_link(view, (uint32_t)index);

	if (link && link->name)
		text_add(text, "\"%s\"", link->name);
	else
		text_add(text, "%" PRIu64, index);
}

/* Adds a value that is not a number: an address or a string. False when it is one. */
static bool text_value_add(struct text *text, const struct datatype *type, struct span value)
{
	if (type->form == FORM_ADDRESS && (value.len == 4 || value.len == 16)) {
		struct address address =
		    address_make(value.len == 4 ? AF_INET : AF_INET6, value.data);
		char buffer[ADDRESS_TEXT];

		text_add(text, "%s", address_format(&address, buffer));
		return true;
	}
	if (type->form == FORM_STRING) {
		size_t len = strnlen((const char *)value.data, value.len);

		/* No NUL: only the beginning is compared. */
		text_add(text, "\"%.*s%s\"", (int)len, (const char *)value.data,
		         len == value.len && len < 16 ? "*" : "");
		return true;
	}
	if (type->form == FORM_ETHER || value.len > 8) {
		for (size_t i = 0; i < value.len && i < 64; i++)
			text_add(text, type->form == FORM_ETHER ? "%s%02x" : "%s%02x",
			         i == 0                     ? (type->form == FORM_ETHER ? "" : "0x")
			         : type->form == FORM_ETHER ? ":"
			                                    : "",
			         value.data[i]);
		return true;
	}
	return false;
}

void value_add(struct text *text, const struct netview *view, const struct datatype *type,
               struct span value, bool big_endian)
{
	uint64_t number = value_number(type, value, big_endian);
	const char *name = type->form == FORM_FLAGS ? NULL : symbol_name(type->symbols, number);

	if (!value.data || value.len == 0) {
		text_add(text, "<?>");
		return;
	}
	if (text_value_add(text, type, value))
		return;
	if (name) {
		text_add(text, type->quoted ? "\"%s\"" : "%s", name);
		return;
	}
	switch (type->form) {
	case FORM_FLAGS:
		flags_add(text, type, number);
		break;
	case FORM_HEX:
		text_add(text, "0x%02" PRIx64, number);
		break;
	case FORM_HEX32:
		text_add(text, "0x%08" PRIx64, number);
		break;
	case FORM_INTERFACE:
		interface_add(text, view, number);
		break;
	case FORM_DURATION:
		duration_add(text, number);
		break;
	case FORM_CLASS:
		text_add(text, "%" PRIx64 ":%" PRIx64, number >> 16, number & 0xffff);
		break;
	case FORM_HOUR:
		text_add(text, "\"%02" PRIu64 ":%02" PRIu64 "\"", number / 3600 % 24,
		         number / 60 % 60);
		break;
	default:
		text_add(text, "%" PRIu64, number);
	}
}

enum header header_of_protocol(uint64_t protocol)
{
	static const struct {
		uint8_t protocol;
		enum header header;
	} headers[] = {
	    {1, HEADER_ICMP}, {58, HEADER_ICMP6}, {2, HEADER_IGMP},      {6, HEADER_TCP},
	    {17, HEADER_UDP}, {132, HEADER_SCTP}, {136, HEADER_UDPLITE}, {33, HEADER_DCCP},
	    {51, HEADER_AH},  {50, HEADER_ESP},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (headers[i].protocol == protocol)
			return headers[i].header;
	return HEADER_TH;
}

static const struct field fields[] = {
    {HEADER_ETHER, 0, 48, "ether daddr", &type_ether},
    {HEADER_ETHER, 48, 48, "ether saddr", &type_ether},
    {HEADER_ETHER, 96, 16, "ether type", &type_ethertype},
    {HEADER_VLAN, 112, 3, "vlan pcp", &type_network_integer},
    {HEADER_VLAN, 115, 1, "vlan dei", &type_network_integer},
    {HEADER_VLAN, 116, 12, "vlan id", &type_network_integer},
    {HEADER_VLAN, 128, 16, "vlan type", &type_ethertype},
    {HEADER_ARP, 0, 16, "arp htype", &type_network_integer},
    {HEADER_ARP, 16, 16, "arp ptype", &type_ethertype},
    {HEADER_ARP, 32, 8, "arp hlen", &type_network_integer},
    {HEADER_ARP, 40, 8, "arp plen", &type_network_integer},
    {HEADER_ARP, 48, 16, "arp operation", &type_arp},
    {HEADER_ARP, 64, 48, "arp saddr ether", &type_ether},
    {HEADER_ARP, 112, 32, "arp saddr ip", &type_ipv4},
    {HEADER_ARP, 144, 48, "arp daddr ether", &type_ether},
    {HEADER_ARP, 192, 32, "arp daddr ip", &type_ipv4},
    {HEADER_IP, 0, 4, "ip version", &type_network_integer},
    {HEADER_IP, 4, 4, "ip hdrlength", &type_network_integer},
    {HEADER_IP, 8, 6, "ip dscp", &type_dscp},
    {HEADER_IP, 14, 2, "ip ecn", &type_ecn},
    {HEADER_IP, 16, 16, "ip length", &type_network_integer},
    {HEADER_IP, 32, 16, "ip id", &type_network_integer},
    {HEADER_IP, 48, 16, "ip frag-off", &type_network_integer},
    {HEADER_IP, 64, 8, "ip ttl", &type_network_integer},
    {HEADER_IP, 72, 8, "ip protocol", &type_protocol},
    {HEADER_IP, 80, 16, "ip checksum", &type_network_integer},
    {HEADER_IP, 96, 32, "ip saddr", &type_ipv4},
    {HEADER_IP, 128, 32, "ip daddr", &type_ipv4},
    {HEADER_IP6, 0, 4, "ip6 version", &type_network_integer},
    {HEADER_IP6, 4, 6, "ip6 dscp", &type_dscp},
    {HEADER_IP6, 10, 2, "ip6 ecn", &type_ecn},
    {HEADER_IP6, 12, 20, "ip6 flowlabel", &type_network_integer},
    {HEADER_IP6, 32, 16, "ip6 length", &type_network_integer},
    {HEADER_IP6, 48, 8, "ip6 nexthdr", &type_protocol},
    {HEADER_IP6, 56, 8, "ip6 hoplimit", &type_network_integer},
    {HEADER_IP6, 64, 128, "ip6 saddr", &type_ipv6},
    {HEADER_IP6, 192, 128, "ip6 daddr", &type_ipv6},
    {HEADER_ICMP, 0, 8, "icmp type", &type_icmp},
    {HEADER_ICMP, 8, 8, "icmp code", &type_icmp_code},
    {HEADER_ICMP, 16, 16, "icmp checksum", &type_network_integer},
    {HEADER_ICMP, 32, 16, "icmp id", &type_network_integer},
    {HEADER_ICMP, 48, 16, "icmp sequence", &type_network_integer},
    {HEADER_ICMP6, 0, 8, "icmpv6 type", &type_icmp6},
    {HEADER_ICMP6, 8, 8, "icmpv6 code", &type_icmp6_code},
    {HEADER_ICMP6, 16, 16, "icmpv6 checksum", &type_network_integer},
    {HEADER_ICMP6, 32, 16, "icmpv6 id", &type_network_integer},
    {HEADER_ICMP6, 48, 16, "icmpv6 sequence", &type_network_integer},
    {HEADER_IGMP, 0, 8, "igmp type", &type_igmp},
    {HEADER_IGMP, 32, 32, "igmp group", &type_ipv4},
    {HEADER_TCP, 0, 16, "tcp sport", &type_port},
    {HEADER_TCP, 16, 16, "tcp dport", &type_port},
    {HEADER_TCP, 32, 32, "tcp sequence", &type_network_integer},
    {HEADER_TCP, 64, 32, "tcp ackseq", &type_network_integer},
    {HEADER_TCP, 96, 4, "tcp doff", &type_network_integer},
    {HEADER_TCP, 104, 8, "tcp flags", &type_tcp_flags},
    {HEADER_TCP, 112, 16, "tcp window", &type_network_integer},
    {HEADER_UDP, 0, 16, "udp sport", &type_port},
    {HEADER_UDP, 16, 16, "udp dport", &type_port},
    {HEADER_UDP, 32, 16, "udp length", &type_network_integer},
    {HEADER_UDP, 48, 16, "udp checksum", &type_network_integer},
    {HEADER_UDPLITE, 0, 16, "udplite sport", &type_port},
    {HEADER_UDPLITE, 16, 16, "udplite dport", &type_port},
    {HEADER_SCTP, 0, 16, "sctp sport", &type_port},
    {HEADER_SCTP, 16, 16, "sctp dport", &type_port},
    {HEADER_SCTP, 32, 32, "sctp vtag", &type_hex},
    {HEADER_DCCP, 0, 16, "dccp sport", &type_port},
    {HEADER_DCCP, 16, 16, "dccp dport", &type_port},
    {HEADER_AH, 32, 32, "ah spi", &type_network_integer},
    {HEADER_ESP, 0, 32, "esp spi", &type_network_integer},
    {HEADER_TH, 0, 16, "th sport", &type_port},
    {HEADER_TH, 16, 16, "th dport", &type_port},
};

const struct field *field_find(enum header header, uint32_t bit, uint32_t bits)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].header == header && fields[i].bit == bit &&
		    (bits == 0 || fields[i].bits == bits))
			return &fields[i];
	return NULL;
}

const struct key_name *meta_key_name(uint32_t key)
{
	static const struct key_name names[] = {
	    [NFT_META_LEN] = {"meta length", &type_u32},
	    [NFT_META_PROTOCOL] = {"meta protocol", &type_ethertype},
	    [NFT_META_PRIORITY] = {"meta priority", &type_class},
	    [NFT_META_MARK] = {"meta mark", &type_mark},
	    [NFT_META_IIF] = {"iif", &type_interface},
	    [NFT_META_OIF] = {"oif", &type_interface},
	    [NFT_META_IIFNAME] = {"iifname", &type_string},
	    [NFT_META_OIFNAME] = {"oifname", &type_string},
	    [NFT_META_IIFTYPE] = {"meta iiftype", &type_link},
	    [NFT_META_OIFTYPE] = {"meta oiftype", &type_link},
	    [NFT_META_SKUID] = {"meta skuid", &type_u32},
	    [NFT_META_SKGID] = {"meta skgid", &type_u32},
	    [NFT_META_NFTRACE] = {"meta nftrace", &type_integer},
	    [NFT_META_RTCLASSID] = {"meta rtclassid", &type_u32},
	    [NFT_META_SECMARK] = {"meta secmark", &type_u32},
	    [NFT_META_NFPROTO] = {"meta nfproto", &type_nfproto},
	    [NFT_META_L4PROTO] = {"meta l4proto", &type_protocol},
	    [NFT_META_BRI_IIFNAME] = {"meta ibrname", &type_string},
	    [NFT_META_BRI_OIFNAME] = {"meta obrname", &type_string},
	    [NFT_META_PKTTYPE] = {"meta pkttype", &type_packet},
	    [NFT_META_CPU] = {"meta cpu", &type_u32},
	    [NFT_META_IIFGROUP] = {"iifgroup", &type_u32},
	    [NFT_META_OIFGROUP] = {"oifgroup", &type_u32},
	    [NFT_META_CGROUP] = {"meta cgroup", &type_u32},
	    [NFT_META_PRANDOM] = {"meta random", &type_u32},
	    [NFT_META_SECPATH] = {"meta ipsec", &type_bool},
	    [NFT_META_IIFKIND] = {"meta iifkind", &type_string},
	    [NFT_META_OIFKIND] = {"meta oifkind", &type_string},
	    [NFT_META_TIME_NS] = {"meta time", &type_integer},
	    [NFT_META_TIME_DAY] = {"meta day", &type_day},
	    [NFT_META_TIME_HOUR] = {"meta hour", &type_hour},
	    [NFT_META_SDIF] = {"meta sdif", &type_interface},
	    [NFT_META_SDIFNAME] = {"meta sdifname", &type_string},
	};

	return key < sizeof(names) / sizeof(*names) && names[key].name ? &names[key] : NULL;
}

const struct key_name *ct_key_name(uint32_t key)
{
	static const struct key_name names[] = {
	    [NFT_CT_STATE] = {"state", &type_ct_state},
	    [NFT_CT_DIRECTION] = {"direction", &type_ct_direction},
	    [NFT_CT_STATUS] = {"status", &type_ct_status},
	    [NFT_CT_MARK] = {"mark", &type_mark},
	    [NFT_CT_SECMARK] = {"secmark", &type_u32},
	    [NFT_CT_EXPIRATION] = {"expiration", &type_duration},
	    [NFT_CT_HELPER] = {"helper", &type_string},
	    [NFT_CT_L3PROTOCOL] = {"l3proto", &type_nfproto},
	    [NFT_CT_SRC] = {"saddr", &type_address},
	    [NFT_CT_DST] = {"daddr", &type_address},
	    [NFT_CT_PROTOCOL] = {"protocol", &type_protocol},
	    [NFT_CT_PROTO_SRC] = {"proto-src", &type_port},
	    [NFT_CT_PROTO_DST] = {"proto-dst", &type_port},
	    [NFT_CT_LABELS] = {"label", &type_hex},
	    [NFT_CT_PKTS] = {"packets", &type_integer},
	    [NFT_CT_BYTES] = {"bytes", &type_integer},
	    [NFT_CT_AVGPKT] = {"avgpkt", &type_integer},
	    [NFT_CT_ZONE] = {"zone", &type_integer},
	    [NFT_CT_EVENTMASK] = {"event", &type_u32},
	    [NFT_CT_SRC_IP] = {"ip saddr", &type_ipv4},
	    [NFT_CT_DST_IP] = {"ip daddr", &type_ipv4},
	    [NFT_CT_SRC_IP6] = {"ip6 saddr", &type_ipv6},
	    [NFT_CT_DST_IP6] = {"ip6 daddr", &type_ipv6},
	    [NFT_CT_ID] = {"id", &type_u32},
	};

	return key < sizeof(names) / sizeof(*names) && names[key].name ? &names[key] : NULL;
}
