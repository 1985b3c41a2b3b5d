/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container's labels `seawall.allow` and `seawall.allow.PORT` say of a port.
 *
 * Labels that were set on the container are its maker's word; those that came with the image are a
 * stranger's, and only take away. Of each the one for the port counts before the one for all
 * ports. A label that cannot be read closes what it is about, and says so. Pure.
 */
#pragma once

#include "base/notes.h"
#include "intent/policy.h"
#include "observe/engine.h"

enum { LABEL_VALUE_CAP = 4096 /* bytes of a label's value that is read */ };

/* A label as read: for a port, for all, or (unread) for whatever it may have meant. */
struct allow_label {
	const char *key;
	uint16_t port;    /* 0: all ports */
	uint8_t protocol; /* 0: TCP and UDP, and with port 0 all */
	bool inherited;
	bool unread; /* it could not be read: nobody */
	struct policy_sources from;
};

VEC_TYPE(allow_labels, struct allow_label);

/*
 * Reads a container's labels; adds a warning about each that cannot be read or is nearly one of
 * ours. Warnings are kept in the arena. 0 or -ENOMEM; the list is to be released either way.
 */
int labels_read(const struct policy *policy, const struct container *container, struct arena *arena,
                struct notes *warnings, struct allow_labels *ret_labels)
    __attribute__((nonnull, warn_unused_result));

/*
 * The label that speaks for a port, of those set on the container or of the image's; port 0 stands
 * for all that no label names. NULL for none. Borrowed.
 */
const struct allow_label *labels_find(const struct allow_labels *labels, uint16_t port,
                                      uint8_t protocol, bool inherited) __attribute__((nonnull));

void labels_done(struct allow_labels *labels);
