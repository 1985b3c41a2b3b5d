/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard as a service of systemd: readiness, watchdog, status and the journal's fields. */
#include "guard/service.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>

/* Whether standard error is what JOURNAL_STREAM names by device and inode. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat here;

	return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &here) == 0 && here.st_dev == device && here.st_ino == inode;
}

struct service service_begin(void)
{
	struct service service = {.every = INT64_MAX, .journal = is_journal()};
	uint64_t usec = 0;

	/* Twice in the time that is given, as sd_watchdog_enabled(3) advises. */
	if (sd_watchdog_enabled(0, &usec) > 0 && usec / 2000 > 0 && usec / 2000 < INT32_MAX)
		service.every = (int64_t)(usec / 2000);
	return service;
}

void service_ready(struct service *service)
{
	if (!service->ready)
		(void)sd_notify(0, "READY=1");
	service->ready = true;
}

void service_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

void service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	                 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void service_reloaded(void)
{
	(void)sd_notify(0, "READY=1");
}

void service_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void service_status(const char *line)
{
	/* A name within it may not end the line, and with it begin another message. */
	(void)sd_notifyf(0, "STATUS=%.*s", (int)strcspn(line, "\n"), line);
}

/* How much a kind matters, as syslog(3) counts. */
static int priority_of(const char *kind)
{
	if (strcmp(kind, "problem") == 0 || strcmp(kind, "trouble") == 0)
		return LOG_WARNING;
	return strcmp(kind, "heal") == 0 ? LOG_NOTICE : LOG_INFO;
}

bool service_log(const struct service *service, const char *kind, const char *container,
                 const char *line)
{
	_cleanup_free_ char *message = NULL, *kind_field = NULL, *container_field = NULL;
	char priority[] = "PRIORITY=0";
	struct iovec fields[4];
	int n = 0;

	if (!service->journal)
		return false;
	priority[sizeof(priority) - 2] = (char)('0' + priority_of(kind));
	if (asprintf(&message, "MESSAGE=%s", line) < 0)
		message = NULL;
	if (asprintf(&kind_field, "SEAWALL_KIND=%s", kind) < 0)
		kind_field = NULL;
	if (container && asprintf(&container_field, "SEAWALL_CONTAINER=%s", container) < 0)
		container_field = NULL;
	if (!message || !kind_field || (container && !container_field))
		return false;
	fields[n++] = (struct iovec){message, strlen(message)};
	fields[n++] = (struct iovec){priority, strlen(priority)};
	fields[n++] = (struct iovec){kind_field, strlen(kind_field)};
	if (container_field)
		fields[n++] = (struct iovec){container_field, strlen(container_field)};
	return sd_journal_sendv(fields, n) == 0;
}
