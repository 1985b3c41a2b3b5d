/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the admin. */
#include "guard/notify.h"

#include "base/cleanup.h"
#include "base/detach.h"
#include "base/hash.h"
#include "base/run.h"
#include "base/say.h"
#include "confine/confine.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REMEMBERED = 256, AGAIN_AFTER = 3600, A_MINUTE = 10, SECONDS_MOST = 30, NOBODY = 65534 };

struct notify {
	/* What was told, and when; the oldest is overwritten. */
	struct {
		uint64_t hash;
		int64_t when;
	} told[REMEMBERED];
	size_t next;
	int64_t minute;
	unsigned sent, held;
};

struct notify *notify_new(void)
{
	return calloc(1, sizeof(struct notify));
}

void notify_free(struct notify *notify)
{
	free(notify);
}

bool notify_admits(struct notify *notify, const char *text, int64_t now, unsigned *ret_held)
{
	uint64_t hash = hash_text(HASH_BEGIN, text);

	for (size_t i = 0; i < REMEMBERED; i++)
		if (notify->told[i].when && notify->told[i].hash == hash &&
		    now - notify->told[i].when < AGAIN_AFTER)
			return false;
	if (now / 60 != notify->minute) {
		notify->minute = now / 60;
		notify->sent = 0;
	}
	notify->told[notify->next].hash = hash;
	notify->told[notify->next].when = now;
	notify->next = (notify->next + 1) % REMEMBERED;
	if (notify->sent >= A_MINUTE) {
		notify->held++;
		return false;
	}
	notify->sent++;
	*ret_held = notify->held;
	notify->held = 0;
	return true;
}

char *notify_message(const char *kind, const char *container, const char *text, unsigned held,
                     time_t now)
{
	struct utsname host = {0};
	char when[32] = "", *message;
	struct tm parts;
	json_t *json;

	(void)uname(&host);
	if (gmtime_r(&now, &parts))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json = json_pack("{s:i, s:s, s:s, s:s, s:s?}", "version", 1, "time", when, "host",
	                 host.nodename, "kind", kind, "container", container);
	if (!json)
		return NULL;
	/* Rules and names may be no UTF-8. */
	if (json_object_set_new(json, "text", json_string(text)) < 0)
		(void)json_object_set_new(json, "text", json_string("(not printable)"));
	if (held)
		(void)json_object_set_new(json, "held_back", json_integer(held));
	message = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	return message;
}

/* Sends a message by the webhook, whose answer is a stranger's: as nobody, without rights. Never
 * returns. */
static void post(const char *url, const char *message)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *curl = curl_easy_init();

	if (confine_rights(NOBODY, NOBODY) == 0 && curl && headers &&
	    curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SECONDS_MOST) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK)
		(void)curl_easy_perform(curl);
	_exit(0);
}

/* Sends a message, in a process of its own. Never returns. */
static void deliver(const struct policy *policy, char *message)
{
	const char *const argv[] = {policy->notify_command, NULL};
	const struct bytes input = {.data = (uint8_t *)message, .len = strlen(message)};

	detach(NULL, 0);
	(void)alarm(SECONDS_MOST + 10);
	if (policy->notify_webhook)
		post(policy->notify_webhook, message);
	(void)!run_program(argv, &input, SECONDS_MOST, NULL, NULL);
	_exit(0);
}

void notify_tell(struct notify *notify, const struct policy *policy, const char *kind,
                 const char *container, const char *text)
{
	_cleanup_free_ char *message = NULL;
	time_t now = time(NULL);
	unsigned held = 0;
	pid_t pid;

	if (!notify || !policy || (!policy->notify_command && !policy->notify_webhook) ||
	    !notify_admits(notify, text, clock_milliseconds() / 1000 + 1, &held))
		return;
	message = notify_message(kind, container, text, held, now);
	if (!message)
		return;
	/* Twice, so that nobody has to wait for its end. */
	pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			deliver(policy, message);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
