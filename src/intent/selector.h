/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers and ports an entry of the policy names. Pure. */
#pragma once

#include "intent/policy.h"
#include "observe/engine.h"

/* How well an entry names something. */
enum selector_match {
	MATCH_NOT,
	/* Only by what its image says of itself, or may say: enough to close, not to open. */
	MATCH_CLAIMED,
	MATCH_SURE,
};

/*
 * Whether the words of an entry about containers - name, service, image, label - fit one. An entry
 * that has none of them, only ports, fits all.
 */
enum selector_match selector_container(const struct policy_selector *selector,
                                       const struct container *container) __attribute__((nonnull));

/* The same for a service of Swarm: it is PROJECT/SERVICE where its stack is the project. */
enum selector_match selector_service(const struct policy_selector *selector,
                                     const struct swarm_service *service) __attribute__((nonnull));

/* Whether an entry has such words at all. */
bool selector_names_container(const struct policy_selector *selector) __attribute__((nonnull));

/* Whether ports that an entry names hold this one; an entry without ports holds all. */
bool ports_hold(const struct policy_ports *ports, uint16_t port, uint8_t protocol)
    __attribute__((nonnull));

/*
 * Whether an image's name fits a pattern: * is any run of characters within one part of the path,
 * ** of several parts, ? one character. Docker's own registry needs no name, and a pattern without
 * a tag fits every tag.
 */
bool image_matches(const char *pattern, const char *image) __attribute__((nonnull));
