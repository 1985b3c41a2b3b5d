/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of values in rules, and how nft and iptables spell them. */
#include "rules/listing/types.h"

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
const struct datatype type_ipv4 = {FORM_ADDRESS, true, 4, false, NULL};
const struct datatype type_ipv6 = {FORM_ADDRESS, true, 16, false, NULL};
const struct datatype type_ether = {FORM_ETHER, true, 6, false, NULL};
const struct datatype type_hex = {FORM_HEX, true, 0, false, NULL};
const struct datatype type_ct_state = {FORM_FLAGS, false, 4, false, ct_states};
const struct datatype type_ct_status = {FORM_FLAGS, false, 4, false, ct_statuses};
const struct datatype type_ct_direction = {FORM_DECIMAL, false, 1, false, ct_directions};
const struct datatype type_packet = {FORM_DECIMAL, false, 1, false, packet_types};
const struct datatype type_icmp = {FORM_DECIMAL, true, 1, false, icmp_types};
const struct datatype type_icmp6 = {FORM_DECIMAL, true, 1, false, icmp6_types};
const struct datatype type_icmp_code = {FORM_DECIMAL, true, 1, false, icmp_codes};
const struct datatype type_icmp6_code = {FORM_DECIMAL, true, 1, false, icmp6_codes};
const struct datatype type_igmp = {FORM_DECIMAL, true, 1, false, igmp_types};
const struct datatype type_dscp = {FORM_HEX, true, 0, false, dscps};
const struct datatype type_ecn = {FORM_HEX, true, 0, false, ecns};
const struct datatype type_arp = {FORM_DECIMAL, true, 2, false, arp_operations};
const struct datatype type_link = {FORM_DECIMAL, false, 2, false, link_types};
const struct datatype type_duration = {FORM_DURATION, false, 0, false, NULL};
const struct datatype type_class = {FORM_CLASS, false, 4, false, NULL};
const struct datatype type_day = {FORM_DECIMAL, false, 1, true, days};
const struct datatype type_hour = {FORM_HOUR, false, 4, false, NULL};
const struct datatype type_u32 = {FORM_DECIMAL, false, 4, false, NULL};

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
			text_add(text, "%s%02x",
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
