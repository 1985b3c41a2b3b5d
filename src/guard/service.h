/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard as a service of systemd: readiness, watchdog, status and the journal's fields.
 *
 * Follows sd_notify(3), sd_watchdog_enabled(3), systemd.exec(5) on JOURNAL_STREAM. Where systemd
 * did not start the process all of it does nothing, and lines go to standard error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct service {
	int64_t every; /* ms between two signs of life; INT64_MAX: nobody waits for one */
	bool ready;    /* that has been said */
	bool journal;  /* standard error is the journal's */
};

/* Finds out what systemd asks for. */
struct service service_begin(void);

/* Says, once, that it works. */
void service_ready(struct service *service) __attribute__((nonnull));

/* A sign of life. */
void service_alive(void);

/* Says that the configuration is read again; service_reloaded() that it was. */
void service_reloading(void);
void service_reloaded(void);

/* Says that it ends. */
void service_stopping(void);

/* Says in a line what the service is doing. */
void service_status(const char *line) __attribute__((nonnull));

/*
 * Writes a line into the journal with SEAWALL_KIND and, unless NULL, SEAWALL_CONTAINER. False where
 * standard error is none of the journal's, or it does not take it: then it is to be said otherwise.
 */
bool service_log(const struct service *service, const char *kind, const char *container,
                 const char *line) __attribute__((nonnull(1, 2, 4)));
