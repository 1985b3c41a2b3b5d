/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the policy file: which keys there are, and where their values go.
 *
 * Theory of operation. Each map has a table of its keys. A map is read in the table's order, not in
 * the file's, so that zones are known before entries name them; that no key is unknown or there
 * twice is seen first, in the file's order. The first thing that is wrong ends the reading: what
 * follows it is often wrong for the same reason.
 */
#include "intent/policy_reader.h"

#include "base/suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { QUOTED_MOST = 60, ENTRY_QUOTED_MOST = 120, REASON_CAP = 1024 };

int reader_error(const struct policy_reader *reader, const struct yaml_node *node,
                 const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return reader_no_memory(reader);
	return error_set(reader->ret_error, EINVAL, "%s:%u:%u: %s", reader->policy->name,
	                 node->line, node->column, text);
}

int reader_no_memory(const struct policy_reader *reader)
{
	return error_set(reader->ret_error, ENOMEM, "%s: out of memory", reader->policy->name);
}

const char *quoted(const struct policy_reader *reader, const struct yaml_node *node)
{
	struct yaml_node plain = *node;
	const char *text, *marked;

	plain.key = NULL;
	text = yaml_quote(&plain, QUOTED_MOST, &reader->policy->arena);
	marked = text ? arena_printf(&reader->policy->arena, "\"%s\"", text) : NULL;
	return marked ? marked : "\"...\"";
}

const char *did_you_mean(const struct policy_reader *reader, const char *typed,
                         const char *const *words)
{
	struct suggestion near = {.typed = typed};
	const char *text;

	for (; *words; words++)
		suggestion_offer(&near, *words);
	if (!near.word)
		return "";
	text = arena_printf(&reader->policy->arena, "; did you mean \"%s\"?", near.word);
	return text ? text : "";
}

/* The row of a key, or NULL. */
static const struct policy_key *key_find(const struct policy_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

enum { KEYS_MOST = 16 };

/* Says that a key is unknown. Returns -EINVAL. */
static int unknown_key(const struct policy_reader *reader, const struct yaml_node *key,
                       const char *what, const struct policy_key *keys)
{
	const char *words[KEYS_MOST + 1] = {NULL};
	char expected[200] = "";
	size_t used = 0;

	for (size_t i = 0; keys[i].name && i < KEYS_MOST; i++) {
		int n = snprintf(expected + used, sizeof(expected) - used, "%s%s",
		                 i == 0             ? ""
		                 : keys[i + 1].name ? ", "
		                                    : " or ",
		                 keys[i].name);

		words[i] = keys[i].name;
		used += n > 0 ? (size_t)n : 0;
		if (used >= sizeof(expected))
			used = sizeof(expected) - 1;
	}
	return reader_error(reader, key, "unknown key %s in %s: expected %s%s", quoted(reader, key),
	                    what, expected, did_you_mean(reader, key->text, words));
}

/* Sees that all keys of a map are known and there once. 0 or -EINVAL. */
static int check_keys(const struct policy_reader *reader, const struct yaml_node *map,
                      const char *what, const struct policy_key *keys)
{
	const struct yaml_node *seen[KEYS_MOST] = {NULL};

	for (const struct yaml_node *item = map->items; item; item = item->next) {
		const struct policy_key *known = key_find(keys, item->key->text);

		if (!known)
			return unknown_key(reader, item->key, what, keys);
		if (seen[known - keys])
			return reader_error(reader, item->key, "key %s is already at line %u",
			                    quoted(reader, item->key), seen[known - keys]->line);
		seen[known - keys] = item->key;
	}
	return 0;
}

int read_map(struct policy_reader *reader, const struct yaml_node *map, const char *what,
             const struct policy_key *keys, void *to)
{
	int status;

	if (yaml_is_empty(map))
		return 0;
	if (map->kind != YAML_MAP)
		return reader_error(reader, map, "%s: expected a mapping of keys, found %s", what,
		                    yaml_kind_words(map));
	status = check_keys(reader, map, what, keys);
	for (; keys->name && status == 0; keys++)
		for (const struct yaml_node *item = map->items; item && status == 0;
		     item = item->next)
			if (strcmp(item->key->text, keys->name) == 0)
				status = keys->read(reader, item, to);
	return status;
}

int read_list(struct policy_reader *reader, const struct yaml_node *list, const char *what,
              size_t most, bool single,
              int (*read)(struct policy_reader *reader, const struct yaml_node *item, void *to),
              void *to)
{
	size_t n = 0;
	int status = 0;

	if (yaml_is_empty(list))
		return 0;
	if (single && list->kind == YAML_TEXT)
		return read(reader, list, to);
	if (list->kind != YAML_LIST)
		return reader_error(reader, list, "%s: expected a list, found %s", what,
		                    yaml_kind_words(list));
	for (const struct yaml_node *item = list->items; item && status == 0; item = item->next) {
		if (++n > most)
			return reader_error(
			    reader, item, "%s: more than the %zu items that are read", what, most);
		status = read(reader, item, to);
	}
	return status;
}

/* `version` */
static int read_version(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	const char *text = "";
	int status = read_word(reader, node, "1", &text);

	(void)to;
	if (status == 0 && strcmp(text, "1") != 0)
		return reader_error(reader, node, "version %s: this Seawall reads version 1",
		                    quoted(reader, node));
	return status;
}

/* `default` */
static int read_default(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	static const char *const words[] = {"closed", "declared", NULL};
	struct policy *policy = to;
	size_t choice = 0;
	int status = read_choice(reader, node, words, &choice);

	policy->closed = choice == 0;
	policy->closed_place = (struct policy_place){node->line, node->column};
	return status;
}

/* `labels` */
static int read_labels(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	static const char *const words[] = {
	    [LABELS_NARROW] = "narrow", [LABELS_FULL] = "full", [LABELS_OFF] = "off", NULL};
	struct policy *policy = to;
	size_t choice = 0;
	int status = read_choice(reader, node, words, &choice);

	policy->labels = (enum policy_labels)choice;
	return status;
}

/* `host_port` */
static int read_host_port(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_ports(reader, node, &((struct policy_selector *)to)->host_port);
}

/* `container_port` */
static int read_container_port(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_ports(reader, node, &((struct policy_selector *)to)->container_port);
}

/* `from` of an entry; the entry begins with its selector. */
static int read_allow_from(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_from(reader, node, &((struct policy_allow *)to)->from);
}

/* `kind`. A disagreement is an error of ours and can be accepted by nobody. */
static int read_kind(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	static const char *const words[] = {"exposure", "bypass",      "outage", "relay",
	                                    "unknown",  "ineffective", NULL};
	struct policy_accept *accept = to;
	size_t choice = 0;
	int status = read_choice(reader, node, words, &choice);

	accept->kind = words[choice];
	return status;
}

/* `reason` */
static int read_reason(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_accept *accept = to;
	int status = read_word(reader, node, "a reason in your own words", &accept->reason);

	if (status == 0 && strlen(accept->reason) > REASON_CAP)
		return reader_error(reader, node, "%s: longer than the %d bytes that are read",
		                    quoted(reader, node), REASON_CAP);
	return status;
}

_Static_assert(offsetof(struct policy_allow, selector) == 0, "read as a selector");
_Static_assert(offsetof(struct policy_accept, selector) == 0, "read as a selector");

#define SELECTOR_KEYS                                                                              \
	{"service", read_service}, {"container", read_container}, {"image", read_image},           \
	    {"label", read_label}, {"host_port", read_host_port},                                  \
	{                                                                                          \
		"container_port", read_container_port                                              \
	}

static const struct policy_key allow_keys[] = {SELECTOR_KEYS, {"from", read_allow_from}, {0}};
static const struct policy_key accept_keys[] = {
    SELECTOR_KEYS, {"kind", read_kind}, {"reason", read_reason}, {"until", read_date}, {0}};

/* Whether a map has a key. */
static bool has_key(const struct yaml_node *map, const char *name)
{
	for (const struct yaml_node *item = map->items; item; item = item->next)
		if (strcmp(item->key->text, name) == 0)
			return true;
	return false;
}

/* Notes where an entry stands, and that it names something. 0 or a negative errno. */
static int finish_selector(const struct policy_reader *reader, const struct yaml_node *node,
                           struct policy_selector *selector)
{
	if (!selector->container && !selector->service && !selector->image && !selector->label &&
	    !selector->host_port.first && !selector->container_port.first)
		return reader_error(reader, node,
		                    "this entry names nothing: expected service, container, image, "
		                    "label, host_port or container_port");
	selector->place = (struct policy_place){node->line, node->column};
	selector->quoted = yaml_quote(node, ENTRY_QUOTED_MOST, &reader->policy->arena);
	return selector->quoted ? 0 : reader_no_memory(reader);
}

/* An entry that is no map is an error of its own, as is an empty one. 0 or -EINVAL. */
static int check_entry(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *example)
{
	if (node->kind == YAML_MAP && node->items)
		return 0;
	return reader_error(reader, node, "%s: expected an entry like %s",
	                    node->kind == YAML_TEXT ? quoted(reader, node) : yaml_kind_words(node),
	                    example);
}

/* One entry of `allow`. */
static int read_allow_entry(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_allow *allow;
	int status =
	    check_entry(reader, node, "{ container: db, container_port: 5432/tcp, from: [lan] }");

	(void)to;
	if (status < 0)
		return status;
	allow = vec_push(&reader->policy->allow);
	if (!allow)
		return reader_no_memory(reader);
	status = read_map(reader, node, "an allow entry", allow_keys, allow);
	if (status == 0)
		status = finish_selector(reader, node, &allow->selector);
	if (status == 0 && !has_key(node, "from"))
		return reader_error(
		    reader, node, "this entry has no \"from\": who may get in? \"none\" is nobody");
	return status;
}

/* One entry of `accept`. */
static int read_accept_entry(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_accept *accept;
	int status = check_entry(reader, node, "{ container: db, kind: bypass, reason: \"...\" }");

	(void)to;
	if (status < 0)
		return status;
	accept = vec_push(&reader->policy->accept);
	if (!accept)
		return reader_no_memory(reader);
	status = read_map(reader, node, "an accept entry", accept_keys, accept);
	if (status == 0)
		status = finish_selector(reader, node, &accept->selector);
	if (status == 0 && !accept->reason)
		return reader_error(reader, node,
		                    "this entry has no \"reason\": why is it left open?");
	return status;
}

/* `allow` */
static int read_allow(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_list(reader, node, "\"allow\"", POLICY_ENTRIES_CAP, false, read_allow_entry,
	                 to);
}

/* `accept` */
static int read_accept(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_list(reader, node, "\"accept\"", POLICY_ENTRIES_CAP, false, read_accept_entry,
	                 to);
}

/* `strict_bind` */
static int read_strict_bind(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_bool(reader, node, &((struct policy *)to)->strict_bind);
}

/* `hard` */
static int read_hard(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_bool(reader, node, &((struct policy *)to)->hard);
}

static const struct policy_key wall_keys[] = {
    {"strict_bind", read_strict_bind}, {"hard", read_hard}, {0}};

/* `wall` */
static int read_wall(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	return read_map(reader, node, "\"wall\"", wall_keys, to);
}

/* `command`: the path of a program, without arguments. */
static int read_command(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy *policy = to;
	int status = read_word(reader, node, "the path of a program", &policy->notify_command);

	if (status == 0 && *policy->notify_command != '/')
		return reader_error(reader, node, "%s: expected a path that begins with /",
		                    quoted(reader, node));
	return status;
}

/* `webhook` */
static int read_webhook(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy *policy = to;
	int status =
	    read_word(reader, node, "an http:// or https:// address", &policy->notify_webhook);

	if (status == 0 && strncmp(policy->notify_webhook, "https://", 8) != 0 &&
	    strncmp(policy->notify_webhook, "http://", 7) != 0)
		return reader_error(reader, node, "%s: expected an http:// or https:// address",
		                    quoted(reader, node));
	return status;
}

static const struct policy_key notify_keys[] = {
    {"command", read_command}, {"webhook", read_webhook}, {0}};

/* `notify` */
static int read_notify(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	const struct policy *policy = to;
	int status = read_map(reader, node, "\"notify\"", notify_keys, to);

	if (status == 0 && policy->notify_command && policy->notify_webhook)
		return reader_error(reader, node,
		                    "\"notify\": expected command or webhook, not both");
	return status;
}

/* In the order of reading: zones before what names them. */
static const struct policy_key policy_keys[] = {
    {"version", read_version}, {"default", read_default}, {"labels", read_labels},
    {"zones", read_zones},     {"allow", read_allow},     {"accept", read_accept},
    {"wall", read_wall},       {"notify", read_notify},   {0},
};

/* Fills a policy from its tree. 0 or a negative errno. */
static int read_root(struct policy_reader *reader, const struct yaml_node *root)
{
	if (yaml_is_empty(root) || (root->kind == YAML_MAP && !has_key(root, "version")))
		return reader_error(reader, root, "a policy begins with \"version: 1\"");
	return read_map(reader, root, "a policy", policy_keys, reader->policy);
}

int policy_read(const char *text, size_t len, const char *name, struct policy **ret_policy,
                struct error **ret_error)
{
	_cleanup_policy_ struct policy *policy = calloc(1, sizeof(*policy));
	struct policy_reader reader = {.policy = policy, .ret_error = ret_error};
	static const struct yaml_rules rules = {.what = "a policy"};
	struct yaml_node *root = NULL;
	int status;

	if (!policy)
		return error_set(ret_error, ENOMEM, "%s: out of memory", name);
	policy->name = arena_strdup(&policy->arena, name);
	if (!policy->name)
		return error_set(ret_error, ENOMEM, "%s: out of memory", name);
	/* What a policy does not say is closed; without any policy policy_default() holds. */
	policy->closed = true;
	policy->labels = LABELS_NARROW;
	status = yaml_read(&rules, text, len, POLICY_FILE_CAP, policy->name, &policy->arena, &root,
	                   ret_error);
	if (status == 0)
		status = read_root(&reader, root);
	if (status < 0)
		return status;
	*ret_policy = steal_pointer(&policy);
	return 0;
}
