/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a kernel dump and their parts in words. */
#include "rules/kernel/words.h"
#include "rules/listing/native.h"
#include "rules/listing/xt.h"

#include <linux/netfilter.h>

char *kernel_expression_words(const struct netview *view, const struct nft_rule *rule,
                              unsigned number)
{
	struct span rest = rule->expressions;
	struct text words = {0};
	struct native native;
	struct nft_expr expr;
	size_t before = 0;

	native_init(&native, view, rule->family, rule->table);
	for (unsigned i = 0; i <= number && nft_expr_next(&rest, &expr); i++) {
		before = native.items.n;
		native_expr(&native, &expr);
	}
	/* A range takes the place of the comparison before it. */
	if (before == native.items.n && before > 0)
		before--;
	for (size_t i = before; i < native.items.n; i++) {
		const struct native_item *item = &native.items.items[i];

		text_add(&words, "%s%.*s", i > before ? " " : "", (int)(item->end - item->start),
		         (const char *)native.text.bytes.data + item->start);
	}
	native_done(&native);
	return text_take(&words);
}

char *kernel_part_words(const struct netview *view, uint8_t family, const struct xt_part *part,
                        bool is_target)
{
	struct text words = {0};
	const struct xt_context context = {
	    .view = view,
	    .text = &words,
	    .family = family == NFPROTO_IPV6 ? AF_INET6 : AF_INET,
	};

	if (is_target)
		xt_target_add(&context, part);
	else
		xt_match_add(&context, part);
	return text_take(&words);
}

char *kernel_rule_words(const struct netview *view, const struct nft_rule *rule, bool iptables)
{
	struct xt_rule xt;
	char *text;

	if (!iptables || xt_rule_from_nft(rule, &xt) < 0)
		return native_rule_text(view, rule);
	text = xt_rule_text(view, &xt, rule->chain ? rule->chain : "<?>");
	xt_rule_done(&xt);
	return text;
}
