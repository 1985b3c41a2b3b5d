/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measurements, in Prometheus's text format (version 0.0.4).
 *
 * Theory of operation. An answer is made from numbers that are kept here as they change, so a
 * scrape costs no look at the host. Series are bounded: endpoints by a cap, ports of knocks by
 * another, beyond which they count as "other".
 */
#pragma once

#include "audit/audit.h"

struct metrics;

/* NULL without memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
DEFINE_CLEANUP(struct metrics, metrics_free);

/* What changed; `metrics` may be NULL in all of them. Texts are copied. */
void metrics_proved(struct metrics *metrics, const char *page, uint64_t disagreements, time_t when);
void metrics_healed(struct metrics *metrics, const char *cause);
void metrics_wall(struct metrics *metrics, bool up);
void metrics_knocked(struct metrics *metrics, const char *zone, uint16_t port, uint64_t packets);

/* The part of the page that an audit makes. The caller frees; NULL without memory. */
char *metrics_page(const struct audit *audit) __attribute__((nonnull));

/* The page. The caller frees; NULL without memory. */
char *metrics_text(const struct metrics *metrics) __attribute__((nonnull));
