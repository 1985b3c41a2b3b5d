/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink for the twin: messages drafted, sent many at a time, and others' read. Private to prove.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/vec.h"

#include <linux/netlink.h>
#include <stdbool.h>

/* NLMSG_HDRLEN and NLA_HDRLEN without their signs. */
#define WIRE_MESSAGE_HEADER   sizeof(struct nlmsghdr)
#define WIRE_ATTRIBUTE_HEADER sizeof(struct nlattr)

/* Messages being written one after the other; the first error stays and stops the rest. */
struct draft {
	struct bytes bytes;
	int error; /* 0 or a negative errno */
};

/* Opens a message with its fixed header; returns where it starts, for draft_end(). */
size_t draft_begin(struct draft *draft, uint16_t type, uint16_t flags, uint32_t seq,
                   const void *header, size_t header_len);
void draft_end(struct draft *draft, size_t start);

/* Adds an attribute; its type may carry NLA_F_NESTED. */
void draft_put(struct draft *draft, uint16_t type, const void *data, size_t len);
void draft_put_u8(struct draft *draft, uint16_t type, uint8_t value);
void draft_put_u32(struct draft *draft, uint16_t type, uint32_t value);
void draft_put_string(struct draft *draft, uint16_t type, const char *text);
/* Adds an attribute as it stands in another message. */
void draft_copy(struct draft *draft, const struct nlattr *attribute);

/* Opens a nest; returns where it starts, for draft_nest_end(). */
size_t draft_nest(struct draft *draft, uint16_t type);
void draft_nest_end(struct draft *draft, size_t start);

void draft_done(struct draft *draft);

/*
 * Reading what others wrote. Every step is checked: a run that ends before its length says so
 * simply ends.
 */
uint16_t attr_type(const struct nlattr *attribute) __attribute__((nonnull));
const void *nlattr_data(const struct nlattr *attribute) __attribute__((nonnull));
size_t attr_len(const struct nlattr *attribute) __attribute__((nonnull));
/* The attribute at *offset, and *offset moved behind it; NULL at the end or at damage. */
const struct nlattr *nlattr_next(const void *data, size_t len, size_t *offset);
/* The first attribute of a type among those in data, or NULL. */
const struct nlattr *attr_find(const void *data, size_t len, uint16_t type);
/* The same among those nested in an attribute; NULL for a NULL nest. */
const struct nlattr *attr_nested(const struct nlattr *nest, uint16_t type);
/* The text of an attribute where it is one and ends within it, else NULL (also for NULL). */
const char *nlattr_string(const struct nlattr *attribute);
/* A value of an attribute, or `otherwise` where it is absent or of another size. */
uint32_t nlattr_u32(const struct nlattr *attribute, uint32_t otherwise);
uint32_t attr_be32(const struct nlattr *attribute, uint32_t otherwise);
uint64_t attr_be64(const struct nlattr *attribute, uint64_t otherwise);

/* The attributes of a message behind its fixed header: *ret_data and *ret_len, borrowed. */
void message_attributes(const struct nlmsghdr *message, size_t header_len, const void **ret_data,
                        size_t *ret_len) __attribute__((nonnull));
/* The first attribute of a type of a message, or NULL. */
const struct nlattr *message_find(const struct nlmsghdr *message, size_t header_len, uint16_t type)
    __attribute__((nonnull));
/* The message's fixed header, or NULL when the message is shorter. */
const void *message_header(const struct nlmsghdr *message, size_t header_len)
    __attribute__((nonnull));

/* A netlink socket of the namespace in which it was opened. */
struct wire {
	int fd;
	size_t most;     /* bytes that one send may have */
	uint8_t *buffer; /* what was received last; owned */
};
#define WIRE_CLOSED ((struct wire){.fd = -1})

/* Opens one on a netlink bus (NETLINK_ROUTE, NETLINK_NETFILTER). */
int wire_open(int bus, struct wire *ret_wire, struct error **ret_error)
    __attribute__((nonnull(2), warn_unused_result));
void wire_close(struct wire *wire);
#define _cleanup_wire_ _cleanup_(wire_close)

/* Told of each message that the kernel refused: its sequence number, errno and, where it says, why.
 */
typedef void (*wire_refused)(void *data, uint32_t seq, int number, const char *why);

/*
 * Sends what was drafted and calls refused() for each refusal. The kernel answers within the send,
 * so no acknowledgement is asked for or waited for. *ret_lost tells of refusals beyond what the
 * socket could hold. 0 or a negative errno of the send itself.
 */
int wire_send(struct wire *wire, const struct draft *draft, wire_refused refused, void *data,
              bool *ret_lost) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Messages that go out by the dozen: flushed by themselves before refusals could overflow the
 * socket. The sequence number is the caller's name for the object.
 */
struct outbox {
	struct wire *wire;
	struct draft draft;
	unsigned pending;
	wire_refused refused;
	void *data;
};

/* To be called after each draft_end() on outbox->draft. 0 or a negative errno. */
int outbox_added(struct outbox *outbox) __attribute__((nonnull, warn_unused_result));
/* Sends what is left. 0 or a negative errno. */
int outbox_flush(struct outbox *outbox) __attribute__((nonnull, warn_unused_result));
void outbox_done(struct outbox *outbox);
#define _cleanup_outbox_ _cleanup_(outbox_done)

/* Messages prepared all at once, of which some must wait for others. */
struct parcel {
	const struct nlmsghdr *raw; /* what it is a copy of; borrowed */
	size_t offset, len;         /* in parcels.draft */
	uint16_t turn;              /* lower ones go first */
	int number;                 /* errno of the last refusal; 0 when it was taken */
	const char *why;            /* the kernel's words for that, or NULL; in the arena */
};

struct parcels {
	struct draft draft;
	struct arena *arena; /* for parcel.why */
	VEC(struct parcel) items;
};

/* Adds a parcel of what was drafted since start. 0 or -ENOMEM. */
int parcels_added(struct parcels *parcels, const struct nlmsghdr *raw, size_t start, uint16_t turn)
    __attribute__((nonnull, warn_unused_result));
/*
 * Sends all parcels by turn, and those that were refused again for as long as that gets any
 * further. What an `already` errno refuses is there already and counts as taken. 0 or a negative
 * errno; what stays refused has its number.
 */
int parcels_send(struct parcels *parcels, struct wire *wire, int already)
    __attribute__((nonnull, warn_unused_result));
void parcels_done(struct parcels *parcels);
#define _cleanup_parcels_ _cleanup_(parcels_done)
