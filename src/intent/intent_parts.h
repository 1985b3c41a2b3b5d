/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of intent.h have between them: the making of it. */
#pragma once

#include "intent/intent.h"
#include "intent/intent_label.h"
#include "intent/selector.h"

/* What became of an entry of the policy's `allow`. */
struct entry_use {
	bool container; /* it names a container or a service that is there */
	bool claimed;   /* only by the word of its image */
	bool port;      /* it names a port of one */
	bool works;     /* and one that others than this host can address */
	bool joined;    /* a container that it names has the network of another one */
};

/* A making under way. */
struct intent_making {
	struct intent *intent;
	struct entry_use *uses; /* one for each entry of policy->allow */
};

/* An entry that names the container in hand. */
struct naming {
	size_t entry; /* index into policy->allow */
	enum selector_match match;
};

VEC_TYPE(namings, struct naming);

/* Adds a row for each way to each port of a container; `namings` are the entries that name it. */
int intent_container(struct intent_making *making, const struct container *container,
                     const struct namings *namings, const struct allow_labels *labels)
    __attribute__((nonnull, warn_unused_result));

/* The same for a service of Swarm's mesh. */
int intent_service(struct intent_making *making, const struct swarm_service *service,
                   const struct namings *namings) __attribute__((nonnull, warn_unused_result));

/*
 * Fills who is allowed into a row whose way, ports and declared list (`allowed`) are there, from
 * labels and entries. 0 or -ENOMEM.
 */
int intent_decide(struct intent_making *making, struct intent_port *port,
                  const struct namings *namings, const struct allow_labels *labels)
    __attribute__((nonnull, warn_unused_result));

/* Adds the warnings about entries and zones. 0 or -ENOMEM. */
int intent_warn(struct intent_making *making) __attribute__((nonnull, warn_unused_result));
