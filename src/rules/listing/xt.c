/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An iptables rule in the spelling of iptables-save, and the pieces that its parts share. */
#include "rules/listing/xt.h"
#include "rules/listing/types.h"

#include <arpa/inet.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <string.h>

/* More than any printer reads; the longest structure that one does is hashlimit's. */
enum { INFO_ROOM = 512 };

void xt_rule_done(struct xt_rule *rule)
{
	vec_done(&rule->matches);
	arena_done(&rule->arena);
}

int xt_mask_len(const uint8_t *mask, size_t len)
{
	int bits = 0;
	bool gap = false;

	for (size_t bit = 0; bit < len * 8; bit++) {
		bool set = mask[bit / 8] & 0x80 >> bit % 8;

		if (set && gap)
			return -1;
		gap = gap || !set;
		bits += set;
	}
	return bits;
}

void xt_add_string(const struct xt_context *context, const char *string, size_t size)
{
	char copy[INFO_ROOM + 1];
	size_t len = strnlen(string, size < INFO_ROOM ? size : INFO_ROOM);

	memcpy(copy, string, len);
	copy[len] = 0;
	text_add_quoted(context->text, copy);
}

void xt_add_range(const struct xt_context *context, unsigned first, unsigned last)
{
	text_add(context->text, "%u", first);
	if (first != last)
		text_add(context->text, ":%u", last);
}

void xt_add_mark(const struct xt_context *context, unsigned mark, unsigned mask)
{
	text_add(context->text, "0x%x", mark);
	if (mask != UINT32_MAX)
		text_add(context->text, "/0x%x", mask);
}

void xt_add_address(const struct xt_context *context, const void *bytes)
{
	struct address address = address_make(context->family, bytes);
	char buffer[ADDRESS_TEXT];

	text_add(context->text, "%s", address_format(&address, buffer));
}

void xt_add_prefix(const struct xt_context *context, const void *address, const void *mask)
{
	int len = xt_mask_len(mask, address_size(context->family));

	xt_add_address(context, address);
	text_add(context->text, "/");
	if (len < 0)
		xt_add_address(context, mask);
	else
		text_add(context->text, "%d", len);
}

/* The name of the ipset with a kernel index, or NULL. */
static const char *ipset_name(const struct netview *view, unsigned index)
{
	size_t offset = 0;
	struct attrs attrs;

	while (ipset_next(view, &offset, &attrs))
		if (attr_number(attrs.by_type[IPSET_ATTR_INDEX], UINT64_MAX) == index)
			return attr_string(attrs.by_type[IPSET_ATTR_SETNAME]);
	return NULL;
}

void xt_add_set(const struct xt_context *context, unsigned index, unsigned dim, unsigned flags)
{
	const char *name = ipset_name(context->view, index);

	if (name)
		text_add(context->text, "%s ", name);
	else
		text_add(context->text, "<set %u> ", index);
	for (unsigned i = 1; i <= dim && i <= IPSET_DIM_MAX; i++)
		text_add(context->text, "%s%s", i > 1 ? "," : "", flags & 1u << i ? "src" : "dst");
}

void xt_spell(const struct xt_context *context, const struct xt_part *part,
              const struct xt_spelling *spellings, size_t n)
{
	uint8_t info[INFO_ROOM] __attribute__((aligned(16))) = {0};

	for (size_t i = 0; i < n; i++) {
		if (strcmp(spellings[i].name, part->name) != 0 ||
		    spellings[i].revision != part->revision ||
		    (spellings[i].family && spellings[i].family != context->family) ||
		    spellings[i].size > part->info.len || spellings[i].size > INFO_ROOM)
			continue;
		if (spellings[i].size)
			memcpy(info, part->info.data, spellings[i].size);
		spellings[i].print(context, info);
		return;
	}
	text_add(context->text, " <...>");
}

/* Adds " -s ADDRESS" unless it is any. */
static void add_address(const struct xt_context *context, const char *option,
                        const struct xt_address *address)
{
	static const uint8_t none[16];

	if (!address->negated && memcmp(address->mask, none, sizeof(none)) == 0)
		return;
	text_add(context->text, " %s%s ", address->negated ? "! " : "", option);
	xt_add_prefix(context, address->address, address->mask);
}

/* Adds " -i NAME" unless it is any; a prefix ends in "+". */
static void add_interface(const struct xt_context *context, const char *option,
                          const struct xt_interface *interface)
{
	size_t len = strnlen(interface->name, interface->compared);

	if (interface->compared == 0 && !interface->negated)
		return;
	text_add(context->text, " %s%s %.*s%s", interface->negated ? "! " : "", option, (int)len,
	         interface->name, len == interface->compared && len < XT_INTERFACE ? "+" : "");
}

/* Adds what the rule does. */
static void add_action(const struct xt_context *context, const struct xt_rule *rule)
{
	switch (rule->action) {
	case XT_ACTION_NONE:
		break;
	case XT_ACTION_TARGET:
		xt_target_add(context, &rule->target);
		break;
	case XT_ACTION_VERDICT:
	case XT_ACTION_JUMP:
		text_add(context->text, " -j %s", rule->target.name);
		break;
	case XT_ACTION_GOTO:
		text_add(context->text, " -g %s", rule->target.name);
		break;
	}
}

char *xt_rule_text(const struct netview *view, const struct xt_rule *rule, const char *chain)
{
	struct text text = {0};
	struct xt_context context = {.view = view, .text = &text, .family = rule->family};
	const char *name = protocol_name(rule->protocol);

	text_add(&text, "-A %s", chain);
	add_address(&context, "-s", &rule->source);
	add_address(&context, "-d", &rule->destination);
	add_interface(&context, "-i", &rule->in);
	add_interface(&context, "-o", &rule->out);
	if (rule->protocol || rule->protocol_negated) {
		text_add(&text, " %s-p ", rule->protocol_negated ? "! " : "");
		if (name)
			text_add(&text, "%s", name);
		else
			text_add(&text, "%u", rule->protocol);
	}
	if (rule->fragment)
		text_add(&text, " %s-f", rule->fragment_negated ? "! " : "");
	vec_foreach(match, &rule->matches)
		xt_match_add(&context, match);
	add_action(&context, rule);
	return text_take(&text);
}
