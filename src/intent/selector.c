/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers and ports an entry of the policy names. Pure. */
#include "intent/selector.h"

#include <stdlib.h>
#include <string.h>

enum { IMAGE_MOST = 1024 };

bool ports_hold(const struct policy_ports *ports, uint16_t port, uint8_t protocol)
{
	if (!ports->first)
		return true;
	if (port < ports->first || port > ports->last)
		return false;
	return ports->protocol ? protocol == ports->protocol
	                       : protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* What * and ** stand for in a pattern at a place. */
enum glob_kind { GLOB_NONE, GLOB_PART, GLOB_ALL };

/* What the pattern has at *at, and *at moved behind it. */
static enum glob_kind glob_next(const char *pattern, size_t *at)
{
	if (pattern[*at] != '*')
		return GLOB_NONE;
	(*at)++;
	if (pattern[*at] != '*')
		return GLOB_PART;
	while (pattern[*at] == '*')
		(*at)++;
	return GLOB_ALL;
}

/*
 * Whether a pattern fits len characters. reached[i]: what was read of the pattern so far fits the
 * first i of them. One row, whatever the pattern: no number of stars makes it slow.
 */
static bool glob_fits(const char *pattern, const char *text, size_t len)
{
	bool reached[IMAGE_MOST + 1] = {true};

	for (size_t at = 0; pattern[at];) {
		enum glob_kind kind = glob_next(pattern, &at);

		if (kind != GLOB_NONE) {
			for (size_t i = 0; i < len; i++)
				if (reached[i] && (kind == GLOB_ALL || text[i] != '/'))
					reached[i + 1] = true;
			continue;
		}
		for (size_t i = len; i > 0; i--)
			reached[i] = reached[i - 1] && (pattern[at] == text[i - 1] ||
			                                (pattern[at] == '?' && text[i - 1] != '/'));
		reached[0] = false;
		at++;
	}
	return reached[len];
}

/* A name without what Docker's own registry may be called by. */
static const char *short_name(const char *image)
{
	static const char *const fronts[] = {"index.docker.io/", "docker.io/", "library/"};

	for (size_t i = 0; i < sizeof(fronts) / sizeof(*fronts); i++)
		if (strncmp(image, fronts[i], strlen(fronts[i])) == 0)
			image += strlen(fronts[i]);
	return image;
}

/* Length of a name without digest and tag; a colon before the last slash is a registry's port. */
static size_t untagged_len(const char *image)
{
	size_t len = strcspn(image, "@");

	for (size_t i = len; i-- > 0 && image[i] != '/';)
		if (image[i] == ':')
			return i;
	return len;
}

bool image_matches(const char *pattern, const char *image)
{
	size_t len;

	pattern = short_name(pattern);
	image = short_name(image);
	len = strlen(image);
	if (len > IMAGE_MOST)
		return false;
	return glob_fits(pattern, image, len) || (untagged_len(pattern) == strlen(pattern) &&
	                                          glob_fits(pattern, image, untagged_len(image)));
}

/* Whether PROJECT or SERVICE of an entry is this one; "*" is any that is there. */
static bool word_fits(const char *word, const char *name)
{
	return name && (strcmp(word, "*") == 0 || strcmp(word, name) == 0);
}

/* How well an entry's service is a container's. Each half may be claimed by its image only. */
static enum selector_match service_match(const struct policy_selector *selector,
                                         const struct container *container)
{
	const char *project = container->project ? container->project : container->claimed_project;
	const char *service = container->service ? container->service : container->claimed_service;

	if (!word_fits(selector->project, project) || !word_fits(selector->service, service))
		return MATCH_NOT;
	return container->project && container->service ? MATCH_SURE : MATCH_CLAIMED;
}

/* How well an entry's label is a container's. */
static enum selector_match label_match(const struct policy_selector *selector,
                                       const struct container *container)
{
	vec_foreach(label, &container->labels)
		if (strcmp(label->key, selector->label) == 0 &&
		    (!selector->label_value || strcmp(label->value, selector->label_value) == 0))
			return label->inherited ? MATCH_CLAIMED : MATCH_SURE;
	return MATCH_NOT;
}

/* The weaker of two matches. */
static enum selector_match weaker(enum selector_match a, enum selector_match b)
{
	return a < b ? a : b;
}

enum selector_match selector_container(const struct policy_selector *selector,
                                       const struct container *container)
{
	enum selector_match match = MATCH_SURE;

	if (selector->container && strcmp(selector->container, container->name) != 0)
		return MATCH_NOT;
	if (selector->image && !image_matches(selector->image, container->image))
		return MATCH_NOT;
	if (selector->service)
		match = weaker(match, service_match(selector, container));
	if (selector->label)
		match = weaker(match, label_match(selector, container));
	return match;
}

enum selector_match selector_service(const struct policy_selector *selector,
                                     const struct swarm_service *service)
{
	size_t stack = service->stack ? strlen(service->stack) : 0;
	const char *name = service->name;

	if (selector->container || selector->label)
		return MATCH_NOT;
	if (selector->image &&
	    !image_matches(selector->image, service->image ? service->image : ""))
		return MATCH_NOT;
	if (!selector->service)
		return MATCH_SURE;
	/* `docker stack deploy` calls a stack's service STACK_NAME (docker/cli, convert.Namespace).
	 */
	if (stack && strncmp(name, service->stack, stack) == 0 && name[stack] == '_')
		name += stack + 1;
	return word_fits(selector->project, service->stack) && word_fits(selector->service, name)
	           ? MATCH_SURE
	           : MATCH_NOT;
}

bool selector_names_container(const struct policy_selector *selector)
{
	return selector->container || selector->service || selector->image || selector->label;
}
