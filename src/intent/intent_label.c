/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container's labels `seawall.allow` and `seawall.allow.PORT` say of a port. */
#include "intent/intent_label.h"

#include "base/suggest.h"
#include "intent/source_word.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "seawall.allow";

enum { WORD_MOST = 64, VALUE_QUOTED = 60 };

/* Reads ".5432" or ".5432/udp" behind the key; false when it is neither. */
static bool read_key(const char *rest, struct allow_label *label)
{
	static const struct {
		const char *text;
		uint8_t protocol;
	} protocols[] = {
	    {"", 0}, {"/tcp", IPPROTO_TCP}, {"/udp", IPPROTO_UDP}, {"/sctp", IPPROTO_SCTP}};
	unsigned long port = 0;
	size_t digits;

	if (!*rest)
		return true;
	digits = strspn(rest + 1, "0123456789");
	if (digits == 0 || digits > 5)
		return false;
	for (size_t i = 0; i < digits; i++)
		port = port * 10 + (unsigned long)(rest[1 + i] - '0');
	if (port == 0 || port > UINT16_MAX)
		return false;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcmp(rest + 1 + digits, protocols[i].text) == 0) {
			label->port = (uint16_t)port;
			label->protocol = protocols[i].protocol;
			return true;
		}
	return false;
}

/*
 * Reads one word of a value. 0; -ENOMEM; or -EINVAL with *ret_why, borrowed from nowhere, saying
 * what is wrong with it.
 */
static int read_word(const struct policy *policy, const char *word, size_t n, bool *none,
                     struct policy_sources *from, const char **ret_why)
{
	struct policy_source source = {.zone = SIZE_MAX};
	struct source_word found;

	if (strcmp(word, "none") == 0) {
		*none = true;
		*ret_why = "\"none\" stands alone";
		return n == 1 ? 0 : -EINVAL;
	}
	*ret_why = "\"none\" stands alone";
	if (*none)
		return -EINVAL;
	if (strcmp(word, "any") == 0)
		return sources_add_all(policy, from);
	switch (source_word_prefix(word, &found)) {
	case SOURCE_WORD_PREFIX:
		source.prefix = found.prefix;
		return sources_add(from, &source);
	case SOURCE_WORD_HOST_BITS:
		*ret_why = "the prefix has bits beyond its length";
		return -EINVAL;
	case SOURCE_WORD_LENGTH:
		*ret_why = "there is no prefix of that length";
		return -EINVAL;
	case SOURCE_WORD_NAME:
		break;
	}
	source.zone = policy_zone_find(policy, word);
	*ret_why = "the policy has no such zone";
	return source.zone == SIZE_MAX ? -EINVAL : sources_add(from, &source);
}

/* Reads a value, "lan, 10.8.0.7". 0; -ENOMEM; or -EINVAL with the wrong word and why. */
static int read_value(const struct policy *policy, const char *value, struct policy_sources *from,
                      char word[static WORD_MOST], const char **ret_why)
{
	bool none = false;
	size_t n = 0;

	*word = 0;
	*ret_why = "it is longer than what is read";
	if (strlen(value) > LABEL_VALUE_CAP)
		return -EINVAL;
	for (const char *at = value;; at++) {
		size_t len = strcspn(at, ","), kept = len;
		const char *begin = at;
		int status;

		while (kept > 0 && isspace((unsigned char)*begin)) {
			begin++;
			kept--;
		}
		while (kept > 0 && isspace((unsigned char)begin[kept - 1]))
			kept--;
		snprintf(word, WORD_MOST, "%.*s", (int)(kept < WORD_MOST ? kept : WORD_MOST - 1),
		         begin);
		*ret_why = kept ? "that is no zone, address or prefix" : "a word is missing";
		if (kept == 0 || kept >= WORD_MOST)
			return -EINVAL;
		status = read_word(policy, word, ++n, &none, from, ret_why);
		if (status < 0)
			return status;
		at += len;
		if (!*at)
			return 0;
	}
}

/* Notes that a label could not be read, and what that does. 0 or -ENOMEM. */
static int unread(const struct container *container, const struct label *label, const char *word,
                  const char *why, struct allow_label *to, struct arena *arena,
                  struct notes *warnings)
{
	char closes[32];

	to->unread = true;
	to->from.n = 0;
	if (to->port)
		snprintf(closes, sizeof(closes), "port %u is closed", to->port);
	else
		snprintf(closes, sizeof(closes), "its ports are closed");
	return notes_addf(warnings, arena,
	                  "container %s, label \"%s: %.*s%s\": %s%s%s%s; until it can be read %s",
	                  container->name, label->key, VALUE_QUOTED, label->value,
	                  strlen(label->value) > VALUE_QUOTED ? "..." : "", *word ? "\"" : "", word,
	                  *word ? "\": " : "", why, closes);
}

/* Warns of a key that is nearly ours. 0 or -ENOMEM. */
static int nearly_ours(const struct container *container, const struct label *label,
                       struct arena *arena, struct notes *warnings)
{
	struct suggestion near = {.typed = label->key};

	suggestion_offer(&near, prefix);
	if (!near.word)
		return 0;
	return notes_addf(warnings, arena,
	                  "container %s, label \"%s\": no such label; did you mean \"%s\"?",
	                  container->name, label->key, near.word);
}

/* Reads one label. 0 or -ENOMEM. */
static int label_read(const struct policy *policy, const struct container *container,
                      const struct label *label, struct arena *arena, struct notes *warnings,
                      struct allow_labels *labels)
{
	size_t len = sizeof(prefix) - 1;
	const char *why = NULL;
	char word[WORD_MOST];
	struct allow_label *slot;
	int status;

	if (strncmp(label->key, "seawall.", 8) != 0)
		return 0;
	if (strncmp(label->key, prefix, len) != 0 || (label->key[len] && label->key[len] != '.'))
		return nearly_ours(container, label, arena, warnings);
	slot = vec_push(labels);
	if (!slot)
		return -ENOMEM;
	*slot = (struct allow_label){.key = label->key, .inherited = label->inherited};
	if (!read_key(label->key + len, slot))
		return unread(container, label, "", "expected a port behind seawall.allow", slot,
		              arena, warnings);
	status = read_value(policy, label->value, &slot->from, word, &why);
	if (status == -EINVAL)
		return unread(container, label, word, why, slot, arena, warnings);
	sources_sort(&slot->from);
	return status;
}

int labels_read(const struct policy *policy, const struct container *container, struct arena *arena,
                struct notes *warnings, struct allow_labels *ret_labels)
{
	int status = 0;

	if (policy->labels == LABELS_OFF)
		return 0;
	vec_foreach(label, &container->labels)
		if (status == 0)
			status = label_read(policy, container, label, arena, warnings, ret_labels);
	return status;
}

/* How well a label speaks for a port: 0 not at all, 3 for it and its protocol. */
static unsigned label_rank(const struct allow_label *label, uint16_t port, uint8_t protocol)
{
	/* What could not be read may have been about any port. */
	if (label->unread && !label->port && strcmp(label->key, prefix) != 0)
		return 4;
	if (!label->port)
		return 1;
	if (label->port != port)
		return 0;
	if (label->protocol)
		return label->protocol == protocol ? 3 : 0;
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ? 2 : 0;
}

const struct allow_label *labels_find(const struct allow_labels *labels, uint16_t port,
                                      uint8_t protocol, bool inherited)
{
	const struct allow_label *best = NULL;
	unsigned best_rank = 0;

	vec_foreach(label, labels) {
		unsigned rank = label_rank(label, port, protocol);

		if (label->inherited != inherited || rank <= best_rank)
			continue;
		best = label;
		best_rank = rank;
	}
	return best;
}

void labels_done(struct allow_labels *labels)
{
	vec_foreach(label, labels)
		vec_done(&label->from);
	vec_done(labels);
}
