/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink for the twin: drafted messages sent many at a time. Private to prove. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"
#include "prove/twin_draft.h"

/* A netlink socket of the namespace in which it was opened. */
struct wire {
	int fd;
	size_t most;     /* bytes that one send may have */
	uint8_t *buffer; /* what was received last; owned */
};
#define WIRE_CLOSED ((struct wire){.fd = -1})

/*
 * Opens one on a netlink bus (NETLINK_ROUTE, NETLINK_NETFILTER). 0, -EPROTONOSUPPORT where the
 * kernel has no such bus, or another negative errno with a sentence.
 */
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
