/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types that fields of packets and keys of meta and ct have, and how nft and iptables
 * spell their values; the names of fields by where they are.
 */
#pragma once

#include "rules/listing/print.h"
#include "rules/listing/wire.h"

enum value_form {
	FORM_DECIMAL,
	FORM_HEX,       /* 0x1f */
	FORM_HEX32,     /* 0x0000001f: marks */
	FORM_FLAGS,     /* names of bits, joined by commas */
	FORM_ADDRESS,   /* 4 or 16 bytes */
	FORM_ETHER,     /* 00:11:22:33:44:55 */
	FORM_STRING,    /* in quotes */
	FORM_INTERFACE, /* an ifindex, by the link's name in quotes */
	FORM_DURATION,  /* milliseconds as 1d2h3m4s */
	FORM_CLASS,     /* 1:2 */
	FORM_HOUR,      /* seconds of the day, UTC */
};

struct symbol {
	uint32_t value;
	const char *name;
};

struct datatype {
	enum value_form form;
	bool network_order;           /* in registers as on the wire, else as the host's integers */
	uint8_t len;                  /* bytes, 0 when they vary */
	bool quoted;                  /* its names stand in quotes */
	const struct symbol *symbols; /* ends with a NULL name; may be NULL */
};

extern const struct datatype type_integer, type_network_integer, type_address, type_port, type_mark,
    type_string, type_interface, type_protocol, type_tcp_flags, type_bool, type_fib, type_nfproto,
    type_ethertype, type_arp, type_class, type_ct_direction, type_ct_state, type_ct_status,
    type_day, type_dscp, type_duration, type_ecn, type_ether, type_hex, type_hour, type_icmp,
    type_icmp6, type_icmp6_code, type_icmp_code, type_igmp, type_ipv4, type_ipv6, type_link,
    type_packet, type_u32;

/* The type behind nft's own number for it (as sets carry), by libnftables' enum datatypes. */
const struct datatype *type_by_number(uint32_t number) __attribute__((returns_nonnull));

/*
 * Adds a value to text. big_endian: it was turned by a byteorder expression although its type is
 * host's order. view: for names of interfaces.
 */
void value_add(struct text *text, const struct netview *view, const struct datatype *type,
               struct span value, bool big_endian) __attribute__((nonnull));

/* The value as a number; 0 when it has no or more than eight bytes. */
uint64_t value_number(const struct datatype *type, struct span value, bool big_endian)
    __attribute__((nonnull));

/* The name of a transport protocol as /etc/protocols has it, or NULL. */
const char *protocol_name(uint64_t protocol);

/* The symbol of a value, or NULL. */
const char *symbol_name(const struct symbol *symbols, uint64_t value);

/* Whose header a payload offset counts in. */
enum header {
	HEADER_UNKNOWN,
	HEADER_ETHER,
	HEADER_VLAN,
	HEADER_ARP,
	HEADER_IP,
	HEADER_IP6,
	HEADER_ICMP,
	HEADER_ICMP6,
	HEADER_IGMP,
	HEADER_TCP,
	HEADER_UDP,
	HEADER_UDPLITE,
	HEADER_SCTP,
	HEADER_DCCP,
	HEADER_AH,
	HEADER_ESP,
	HEADER_TH, /* the ports of whatever transport it is */
};

struct field {
	enum header header;
	uint16_t bit, bits; /* from the header's start */
	const char *name;   /* "ip saddr" */
	const struct datatype *type;
};

/* The field of a header at a bit, of a length in bits (0: any). NULL when there is none. */
const struct field *field_find(enum header header, uint32_t bit, uint32_t bits);

/* The transport header that a protocol number stands for. */
enum header header_of_protocol(uint64_t protocol);

struct key_name {
	const char *name; /* "iifname", "meta mark", "ct state" */
	const struct datatype *type;
};

/* The name and type of a meta or ct key; NULL when it is not known. */
const struct key_name *meta_key_name(uint32_t key);
const struct key_name *ct_key_name(uint32_t key);
