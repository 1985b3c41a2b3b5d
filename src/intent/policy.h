/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy file as a value: what docs/policy.md says may stand in it, checked.
 *
 * A policy knows nothing of this host: which containers its entries name, and which interfaces its
 * zones hold, is for intent.h and zone.h to say. All strings live in its arena, except where
 * borrowed from it by others, so it must outlive what is made of it. It does not change once it was
 * read. Ports are in host byte order; a date is a time_t, UTC.
 */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

#include <time.h>

enum {
	POLICY_FILE_CAP = 8 << 20,   /* bytes of a policy file */
	POLICY_ZONES_CAP = 64,       /* zones, beside those that are always there */
	POLICY_INTERFACES_CAP = 128, /* interfaces of all zones together */
	POLICY_SOURCES_CAP = 4096,   /* prefixes of all zones together */
	POLICY_ENTRIES_CAP = 20000,  /* entries of `allow`, and of `accept` */
	POLICY_FROM_CAP = 1024,      /* items of one `from` */
	POLICY_NAME_CAP = 32,        /* bytes of a zone's name */
};

/* Where something stands in the file; lines and columns from 1, columns in characters. */
struct policy_place {
	unsigned line, column; /* 0: nowhere, it was not written */
};

/* Zones that are always there; the policy's own follow from ZONES_BUILT_IN on. */
enum zone_number { ZONE_WORLD, ZONE_HOST, ZONE_CONTAINERS, ZONES_BUILT_IN };

/* "world", "host", "containers". */
const char *zone_built_in_name(enum zone_number number);

/* A zone as it was written. At least one of the lists has items. */
struct policy_zone {
	const char *name;
	VEC(const char *) interfaces; /* names; one that ends with * stands for all so beginning */
	VEC(struct prefix) sources;
	struct policy_place place;
};

/* One of those who may get in: a zone, or a prefix (then `zone` is SIZE_MAX). */
struct policy_source {
	size_t zone; /* a zone_number, or ZONES_BUILT_IN + index into policy.zones */
	struct prefix prefix;
};

VEC_TYPE(policy_sources, struct policy_source);

/* Ports and protocols that an entry names; first 0: it names none, so all are meant. */
struct policy_ports {
	uint16_t first, last;
	uint8_t protocol; /* IPPROTO_*; 0: TCP and UDP */
};

/* Which endpoints an entry is about. What is NULL (or a port 0) was not written and fits all. */
struct policy_selector {
	const char *container;         /* its name */
	const char *project, *service; /* Compose's; "*" is any */
	const char *image;             /* a pattern, see image_matches() */
	const char *label, *label_value;
	struct policy_ports host_port, container_port;
	struct policy_place place; /* of the entry */
	const char *quoted;        /* the entry's words, one line, cut where long */
};

/* `from` of an entry is a list; an empty one, or `none`, means nobody. */
struct policy_allow {
	struct policy_selector selector;
	struct policy_sources from; /* sorted, no two alike */
};

/* What is known and left open. */
struct policy_accept {
	struct policy_selector selector;
	const char *kind;   /* "bypass", ...; NULL: every kind */
	const char *reason; /* for people, not empty */
	time_t until;       /* from then on it is a problem again; 0: no end */
	const char *until_text;
};

enum policy_labels { LABELS_NARROW, LABELS_FULL, LABELS_OFF };

struct policy {
	struct arena arena;
	const char *name; /* of the file, for messages; "" for the policy of those who have none */
	bool closed;      /* default: closed. Nothing from outside unless named */
	struct policy_place closed_place;
	enum policy_labels labels;
	VEC(struct policy_zone) zones;
	VEC(struct policy_allow) allow;
	VEC(struct policy_accept) accept;
	bool strict_bind, hard;
	const char *notify_command, *notify_webhook; /* at most one */
	/* By which the default route left when somebody applied the policy; not in the file, but
	 * known to who keeps its wall: see policy_know_uplinks(). */
	VEC(const char *) uplinks;
	bool has_uplinks;
};

/*
 * Reads a policy of len bytes. `name` stands in messages for the file. 0 and a policy for
 * policy_free(); or -EINVAL, -EFBIG (beyond a cap), -ENOMEM with one sentence that begins
 * "name:line:column: ", quotes what is wrong and says what was expected.
 */
int policy_read(const char *text, size_t len, const char *name, struct policy **ret_policy,
                struct error **ret_error) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/*
 * What holds where there is no policy file: bind addresses mean what they say, labels may close. 0
 * or -ENOMEM.
 */
int policy_default(struct policy **ret_policy) __attribute__((nonnull, warn_unused_result));

/*
 * Tells a policy by which interfaces the default route left when somebody applied it. From then on
 * a zone that is one by its interface alone does not hold another one that the route moves to: who
 * comes in there may be anybody. 0 or -ENOMEM.
 */
int policy_know_uplinks(struct policy *policy, const char *const *names, size_t n)
    __attribute__((nonnull(1), warn_unused_result));

/* The name of a zone by number. */
const char *policy_zone_name(const struct policy *policy, size_t zone) __attribute__((nonnull));

/* The number of a zone by name, or SIZE_MAX. */
size_t policy_zone_find(const struct policy *policy, const char *name) __attribute__((nonnull));

/* Orders sources: zones by number, then prefixes; for sorting. */
int policy_source_compare(const void *a, const void *b) __attribute__((nonnull));

/* Releases a policy; NULL is fine. */
void policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy, policy_free);
#define _cleanup_policy_ _cleanup_(cleanup_policy_free)
