/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measurements over HTTP, in Prometheus's text format (version 0.0.4).
 *
 * Theory of operation. The server (libmicrohttpd) has no thread: its epoll descriptor is one more
 * of the guard's loop, which runs it when it can be read. An answer is made from numbers that are
 * kept here as they change, so a scrape costs no look at the host. Only loopback addresses and unix
 * sockets are listened on, and a request over TCP must name one of loopback's as its host, so that
 * a page in somebody's browser cannot read it under another name. Series are bounded: endpoints by
 * a cap, ports of knocks by another, beyond which they count as "other".
 */
#pragma once

#include "audit/audit.h"
#include "base/error.h"

struct metrics;

/*
 * Listens on "127.0.0.1:9477", "[::1]:9477", or "unix:/run/seawall/metrics" (for root alone). 0 or
 * a negative errno with a sentence.
 */
int metrics_new(const char *listen, struct metrics **ret_metrics, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
void metrics_free(struct metrics *metrics);
DEFINE_CLEANUP(struct metrics, metrics_free);

/* A descriptor that can be read when there is something to do, and doing it. */
int metrics_fd(const struct metrics *metrics) __attribute__((nonnull));
void metrics_serve(struct metrics *metrics) __attribute__((nonnull));

/* What changed; `metrics` may be NULL in all of them. */
void metrics_proved(struct metrics *metrics, const char *page, uint64_t disagreements, time_t when);
void metrics_healed(struct metrics *metrics, const char *cause);
void metrics_wall(struct metrics *metrics, bool up);
void metrics_knocked(struct metrics *metrics, const char *zone, uint16_t port, uint64_t packets);

/* The part of the page that an audit makes. The caller frees; NULL without memory. */
char *metrics_page(const struct audit *audit) __attribute__((nonnull));

/* The page. The caller frees; NULL without memory. For the server and for tests. */
char *metrics_text(const struct metrics *metrics) __attribute__((nonnull));
/* Numbers without a server, for tests. */
struct metrics *metrics_alone(void);
