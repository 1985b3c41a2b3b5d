/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the model of the rules (reach/host_walk.h) says of probes, beside what the kernel did. Pure.
 */
#pragma once

#include "base/arena.h"
#include "prove/probe.h"
#include "reach/host_ways.h"

/* A probe as the model sees it arrive. */
struct host_packet model_packet(const struct probe *probe) __attribute__((nonnull));

/* Where an arrival was going, in the model's words. */
enum host_fate model_fate(const struct arrival *arrival) __attribute__((nonnull));

/* Whether an arrival is the end that the model gives. */
bool model_agrees(const struct host_end *end, const struct arrival *arrival)
    __attribute__((nonnull));

/* Whether an arrival is one of the ends that the model leaves open. */
bool model_allows(const struct host_ways *ways, const struct arrival *arrival)
    __attribute__((nonnull));

/* What became of a packet, a phrase about "it". Borrowed from the arena; NULL without memory. */
const char *model_fate_words(struct arena *arena, const struct netview *view, enum host_fate fate,
                             const struct address *to, uint16_t port, uint32_t out_ifindex)
    __attribute__((nonnull));
