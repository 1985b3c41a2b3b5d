/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that nft has for values: rule_types.h's, and other spellings of them. */
#include "rules/nft/symbols.h"
#include "rules/listing/types.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* Spellings beside those that nft prints. */
static const struct symbol other_protocols[] = {
    {58, "icmpv6"},     {4, "ip-in-ip"},   {47, "ipgre"},     {50, "ipsec-esp"}, {51, "ipsec-ah"},
    {50, "ipv6-crypt"}, {51, "ipv6-auth"}, {0, "hopopt"},     {60, "ipv6-opt"},  {89, "ospfigp"},
    {108, "comp"},      {135, "ipv6-mh"},  {135, "mh"},       {44, "frag"},      {60, "dst"},
    {43, "rt"},         {0, "hbh"},        {136, "udp-lite"}, {0, NULL},
};

static const struct symbol other_icmp6_types[] = {
    {142, "ind-neighbor-advert"},
    {132, "mld-listener-reduction"},
    {0, NULL},
};

static const struct symbol other_ether_types[] = {
    {0x8100, "vlan"},
    {0x88a8, "qinq"},
    {0, NULL},
};

static const struct symbol other_packet_types[] = {{0, "unicast"}, {0, NULL}};

static const struct symbol other_presences[] = {
    {0, "false"},
    {1, "true"},
    {0, NULL},
};

static const struct symbol other_dscps[] = {{0, "df"}, {0, "be"}, {1, "le"}, {0, NULL}};

static const struct table {
	const struct datatype *type;
	const struct symbol *others;
	bool any_case;
} tables[] = {
    [WORDS_PROTOCOL] = {&type_protocol, other_protocols, true},
    [WORDS_FAMILY] = {&type_nfproto, NULL, false},
    [WORDS_ETHER_TYPE] = {&type_ethertype, other_ether_types, false},
    [WORDS_ICMP] = {&type_icmp, NULL, false},
    [WORDS_ICMP6] = {&type_icmp6, other_icmp6_types, false},
    [WORDS_ICMP_CODE] = {&type_icmp_code, NULL, false},
    [WORDS_ICMP6_CODE] = {&type_icmp6_code, NULL, false},
    [WORDS_TCP_FLAG] = {&type_tcp_flags, NULL, false},
    [WORDS_STATE] = {&type_ct_state, NULL, false},
    [WORDS_STATUS] = {&type_ct_status, NULL, false},
    [WORDS_DIRECTION] = {&type_ct_direction, NULL, false},
    [WORDS_PACKET_TYPE] = {&type_packet, other_packet_types, false},
    [WORDS_ADDRESS_TYPE] = {&type_fib, NULL, false},
    [WORDS_DSCP] = {&type_dscp, other_dscps, false},
    [WORDS_PRESENCE] = {&type_bool, other_presences, false},
};
static_assert(sizeof(tables) / sizeof(*tables) == NFT_WORDS, "one for each");

/* Looks a word up in one list. */
static bool symbols_find(const struct symbol *symbols, bool any_case, const char *text, size_t len,
                         uint64_t *ret_value)
{
	for (; symbols && symbols->name; symbols++) {
		if (strlen(symbols->name) != len ||
		    (any_case ? strncasecmp(symbols->name, text, len)
		              : memcmp(symbols->name, text, len)) != 0)
			continue;
		*ret_value = symbols->value;
		return true;
	}
	return false;
}

/* Services: what IANA assigned and /etc/services has on most hosts. */
static const struct symbol services[] = {
    {1, "tcpmux"},
    {7, "echo"},
    {9, "discard"},
    {11, "systat"},
    {13, "daytime"},
    {17, "qotd"},
    {19, "chargen"},
    {20, "ftp-data"},
    {21, "ftp"},
    {22, "ssh"},
    {23, "telnet"},
    {25, "smtp"},
    {37, "time"},
    {43, "whois"},
    {49, "tacacs"},
    {53, "domain"},
    {67, "bootps"},
    {68, "bootpc"},
    {69, "tftp"},
    {70, "gopher"},
    {79, "finger"},
    {80, "http"},
    {80, "www"},
    {88, "kerberos"},
    {102, "iso-tsap"},
    {110, "pop3"},
    {111, "sunrpc"},
    {113, "auth"},
    {119, "nntp"},
    {123, "ntp"},
    {135, "epmap"},
    {137, "netbios-ns"},
    {138, "netbios-dgm"},
    {139, "netbios-ssn"},
    {143, "imap2"},
    {143, "imap"},
    {161, "snmp"},
    {162, "snmp-trap"},
    {163, "cmip-man"},
    {164, "cmip-agent"},
    {177, "xdmcp"},
    {179, "bgp"},
    {194, "irc"},
    {209, "qmtp"},
    {213, "ipx"},
    {319, "ptp-event"},
    {320, "ptp-general"},
    {345, "pawserv"},
    {369, "rpc2portmap"},
    {389, "ldap"},
    {427, "svrloc"},
    {443, "https"},
    {444, "snpp"},
    {445, "microsoft-ds"},
    {464, "kpasswd"},
    {465, "submissions"},
    {465, "ssmtp"},
    {465, "smtps"},
    {465, "urd"},
    {500, "isakmp"},
    {512, "exec"},
    {512, "biff"},
    {513, "login"},
    {513, "who"},
    {514, "shell"},
    {514, "syslog"},
    {515, "printer"},
    {517, "talk"},
    {518, "ntalk"},
    {520, "route"},
    {521, "ripng"},
    {538, "gdomap"},
    {540, "uucp"},
    {543, "klogin"},
    {544, "kshell"},
    {546, "dhcpv6-client"},
    {547, "dhcpv6-server"},
    {548, "afpovertcp"},
    {554, "rtsp"},
    {563, "nntps"},
    {587, "submission"},
    {607, "nqs"},
    {623, "asf-rmcp"},
    {628, "qmqp"},
    {631, "ipp"},
    {636, "ldaps"},
    {646, "ldp"},
    {655, "tinc"},
    {706, "silc"},
    {749, "kerberos-adm"},
    {853, "domain-s"},
    {873, "rsync"},
    {989, "ftps-data"},
    {990, "ftps"},
    {992, "telnets"},
    {993, "imaps"},
    {995, "pop3s"},
    {1080, "socks"},
    {1093, "proofd"},
    {1094, "rootd"},
    {1194, "openvpn"},
    {1099, "rmiregistry"},
    {1352, "lotusnote"},
    {1433, "ms-sql-s"},
    {1434, "ms-sql-m"},
    {1524, "ingreslock"},
    {1645, "datametrics"},
    {1646, "sa-msg-port"},
    {1649, "kermit"},
    {1677, "groupwise"},
    {1701, "l2f"},
    {1812, "radius"},
    {1813, "radius-acct"},
    {2000, "cisco-sccp"},
    {2049, "nfs"},
    {2086, "gnunet"},
    {2101, "rtcm-sc104"},
    {2119, "gsigatekeeper"},
    {2135, "gris"},
    {2401, "cvspserver"},
    {2430, "venus"},
    {2583, "mon"},
    {2628, "dict"},
    {2792, "f5-globalsite"},
    {2811, "gsiftp"},
    {2947, "gpsd"},
    {3050, "gds-db"},
    {3130, "icpv2"},
    {3205, "isns"},
    {3260, "iscsi-target"},
    {3306, "mysql"},
    {3389, "ms-wbt-server"},
    {3478, "stun"},
    {3493, "nut"},
    {3632, "distcc"},
    {3689, "daap"},
    {3690, "svn"},
    {4031, "suucp"},
    {4190, "sieve"},
    {4353, "f5-iquery"},
    {4369, "epmd"},
    {4373, "remctl"},
    {4460, "ntske"},
    {4500, "ipsec-nat-t"},
    {4569, "iax"},
    {4691, "mtn"},
    {4899, "radmin-port"},
    {5060, "sip"},
    {5061, "sip-tls"},
    {5222, "xmpp-client"},
    {5269, "xmpp-server"},
    {5308, "cfengine"},
    {5349, "stuns"},
    {5353, "mdns"},
    {5432, "postgresql"},
    {5555, "rplay"},
    {5556, "freeciv"},
    {5671, "amqps"},
    {5672, "amqp"},
    {6000, "x11"},
    {6346, "gnutella-svc"},
    {6379, "redis"},
    {6444, "sge-qmaster"},
    {6446, "mysql-proxy"},
    {6514, "syslog-tls"},
    {6566, "sane-port"},
    {6667, "ircd"},
    {6696, "babel"},
    {6697, "ircs-u"},
    {7000, "bbs"},
    {7100, "font-service"},
    {8021, "zope-ftp"},
    {8080, "http-alt"},
    {8080, "webcache"},
    {8140, "puppet"},
    {9101, "bacula-dir"},
    {9102, "bacula-fd"},
    {9103, "bacula-sd"},
    {9418, "git"},
    {9667, "xmms2"},
    {10000, "webmin"},
    {10050, "zabbix-agent"},
    {10051, "zabbix-trapper"},
    {10080, "amanda"},
    {10809, "nbd"},
    {11112, "dicom"},
    {11371, "hkp"},
    {17500, "db-lsp"},
    {20000, "webmin-usermin"},
    {22125, "dcap"},
    {22128, "gsidcap"},
    {22273, "wnn6"},
    {24554, "binkp"},
    {27374, "asp"},
    {30865, "csync2"},
    {57177, "dircproxy"},
    {60177, "tfido"},
    {60179, "fido"},
    {0, NULL},
};

bool nft_word_value(enum nft_words words, const char *text, size_t len, uint64_t *ret_value)
{
	const struct table *table = &tables[words];

	if (words == WORDS_SERVICE)
		return symbols_find(services, false, text, len, ret_value);
	return (table->type &&
	        symbols_find(table->type->symbols, table->any_case, text, len, ret_value)) ||
	       symbols_find(table->others, table->any_case, text, len, ret_value);
}
