/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that iptables-nft wrote, brought into the shape of iptables.
 *
 * Theory of operation. iptables-nft keeps what it can as native expressions and
 * more so with each version (addresses and interfaces in 1.8.0, ports and marks
 * and limits from 1.8.8 on), the rest as compat expressions. Reading back, it
 * builds the xtables structure that a native expression stands for and lets the
 * extension print it. The same is done here.
 */
#include "rules/listing/xt_build.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_LOG.h>
#include <string.h>

void *xt_match_build(struct xt_builder *builder, const char *name, uint32_t revision, size_t size)
{
	struct xt_part *match;
	void *info;

	if (builder->rule->matches.n == MATCHES_MAX)
		return NULL;
	info = arena_alloc(&builder->rule->arena, size);
	match = info ? vec_push(&builder->rule->matches) : NULL;
	if (!match)
		return NULL;
	*match = (struct xt_part){.name = name, .revision = revision, .info = {info, size}};
	return info;
}

/* limit: a rate of packets */
static int build_limit(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint64_t rate = attr_number(attr[NFTA_LIMIT_RATE], 0);
	uint64_t unit = attr_number(attr[NFTA_LIMIT_UNIT], 0);
	struct xt_rateinfo *info;

	if (rate == 0 || unit > UINT32_MAX || attr_u32(attr[NFTA_LIMIT_FLAGS], 0) ||
	    attr_u32(attr[NFTA_LIMIT_TYPE], 0) != NFT_LIMIT_PKTS)
		return -ENOTSUP;
	info = xt_match_build(builder, "limit", 0, sizeof(*info));
	if (!info)
		return -ENOMEM;
	info->avg = (uint32_t)(unit * XT_LIMIT_SCALE / rate);
	info->burst = attr_u32(attr[NFTA_LIMIT_BURST], 0);
	return 0;
}

/* Sets the rule's target with info of size bytes. Returns the info, or NULL. */
static void *target_set(struct xt_builder *builder, const char *name, uint32_t revision,
                        size_t size)
{
	void *info = arena_alloc(&builder->rule->arena, size);

	builder->rule->action = XT_ACTION_TARGET;
	builder->rule->target =
	    (struct xt_part){.name = name, .revision = revision, .info = {info, info ? size : 0}};
	return info;
}

/* log: to a group it is NFLOG, else LOG */
static int build_log(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *prefix = attr_string(attr[NFTA_LOG_PREFIX]);
	size_t len = prefix ? strlen(prefix) : 0;

	if (builder->rule->action != XT_ACTION_NONE)
		return -ENOTSUP;
	if (attr[NFTA_LOG_GROUP].data) {
		struct xt_nflog_info *log = target_set(builder, "NFLOG", 0, sizeof(*log));

		if (!log)
			return -ENOMEM;
		log->group = (uint16_t)attr_u32(attr[NFTA_LOG_GROUP], 0);
		log->threshold = (uint16_t)attr_u32(attr[NFTA_LOG_QTHRESHOLD], 0);
		log->len = attr_u32(attr[NFTA_LOG_SNAPLEN], 0);
		log->flags = log->len ? XT_NFLOG_F_COPY_LEN : 0;
		memcpy(log->prefix, prefix ? prefix : "",
		       len < sizeof(log->prefix) ? len : sizeof(log->prefix));
	} else {
		struct ipt_log_info *log = target_set(builder, "LOG", 0, sizeof(*log));

		if (!log)
			return -ENOMEM;
		log->level = (uint8_t)attr_u32(attr[NFTA_LOG_LEVEL], 4);
		log->logflags = (uint8_t)attr_u32(attr[NFTA_LOG_FLAGS], 0);
		memcpy(log->prefix, prefix ? prefix : "",
		       len < sizeof(log->prefix) ? len : sizeof(log->prefix));
	}
	return 0;
}

/* match: a compat expression */
static int build_match(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *name = attr_string(attr[NFTA_MATCH_NAME]);
	struct xt_part *match;

	if (!name || strlen(name) >= XT_NAME || builder->rule->matches.n == MATCHES_MAX)
		return -ENOTSUP;
	match = vec_push(&builder->rule->matches);
	if (!match)
		return -ENOMEM;
	*match = (struct xt_part){
	    .name = name,
	    .revision = attr_u32(attr[NFTA_MATCH_REV], 0),
	    .info = attr[NFTA_MATCH_INFO],
	};
	return 0;
}

/* target: a compat expression */
static int build_target(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *name = attr_string(attr[NFTA_TARGET_NAME]);

	if (!name || strlen(name) >= XT_NAME || builder->rule->action != XT_ACTION_NONE)
		return -ENOTSUP;
	builder->rule->action = XT_ACTION_TARGET;
	builder->rule->target = (struct xt_part){
	    .name = name,
	    .revision = attr_u32(attr[NFTA_TARGET_REV], 0),
	    .info = attr[NFTA_TARGET_INFO],
	};
	return 0;
}

/* immediate: a verdict */
static int build_verdict(struct xt_builder *builder, const struct nft_expr *expr)
{
	static const struct {
		int32_t code;
		enum xt_action action;
		const char *name;
	} verdicts[] = {
	    {NF_ACCEPT, XT_ACTION_VERDICT, "ACCEPT"},  {NF_DROP, XT_ACTION_VERDICT, "DROP"},
	    {NFT_RETURN, XT_ACTION_VERDICT, "RETURN"}, {NF_QUEUE, XT_ACTION_VERDICT, "QUEUE"},
	    {NFT_JUMP, XT_ACTION_JUMP, NULL},          {NFT_GOTO, XT_ACTION_GOTO, NULL},
	};
	struct nft_verdict verdict;

	if (builder->rule->action != XT_ACTION_NONE ||
	    !attr_verdict(expr->attrs.by_type[NFTA_IMMEDIATE_DATA], &verdict))
		return -ENOTSUP;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		const char *name = verdicts[i].name ? verdicts[i].name : verdict.chain;

		if (verdicts[i].code != verdict.code || !name)
			continue;
		builder->rule->action = verdicts[i].action;
		builder->rule->target.name = name;
		return 0;
	}
	return -ENOTSUP;
}

/* meta, writing: nftrace is TRACE */
static int build_trace(struct xt_builder *builder, const struct nft_expr *expr)
{
	if (builder->rule->action != XT_ACTION_NONE ||
	    attr_u32(expr->attrs.by_type[NFTA_META_KEY], UINT32_MAX) != NFT_META_NFTRACE)
		return -ENOTSUP;
	builder->rule->action = XT_ACTION_TARGET;
	builder->rule->target = (struct xt_part){.name = "TRACE"};
	return 0;
}

/* counter: each rule of iptables has one. */
static int build_nothing(struct xt_builder *builder, const struct nft_expr *expr)
{
	(void)builder;
	(void)expr;
	return 0;
}

/* Follows one expression. */
static int build_expr(struct xt_builder *builder, const struct nft_expr *expr)
{
	static const struct {
		const char *name;
		int (*build)(struct xt_builder *builder, const struct nft_expr *expr);
	} builds[] = {
	    {"cmp", xt_build_cmp},        {"range", xt_build_range},  {"limit", build_limit},
	    {"log", build_log},           {"match", build_match},     {"target", build_target},
	    {"immediate", build_verdict}, {"counter", build_nothing}, {"meta", build_trace},
	};

	if (registers_step(&builder->registers, expr) == REGISTER_LOADED)
		return 0;
	for (size_t i = 0; i < sizeof(builds) / sizeof(*builds); i++)
		if (strcmp(builds[i].name, expr->name) == 0)
			return builds[i].build(builder, expr);
	return -ENOTSUP;
}

/* Adds the comment that newer versions keep beside the rule. */
static int build_comment(struct xt_builder *builder, const struct nft_rule *nft)
{
	const char *text = nft_rule_comment(nft);
	struct xt_comment_info *comment;
	size_t len;

	if (!text)
		return 0;
	comment = xt_match_build(builder, "comment", 0, sizeof(*comment));
	if (!comment)
		return -ENOMEM;
	len = strlen(text);
	memcpy(comment->comment, text,
	       len < sizeof(comment->comment) ? len : sizeof(comment->comment) - 1);
	return 0;
}

int xt_rule_from_nft(const struct nft_rule *nft, struct xt_rule *ret_rule)
{
	struct xt_rule rule = {.family = nft->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET};
	struct xt_builder builder = {.rule = &rule, .registers = {.arena = &rule.arena}};
	struct span rest = nft->expressions;
	struct nft_expr expr;
	int status = 0;

	while (status == 0 && nft_expr_next(&rest, &expr))
		status = build_expr(&builder, &expr);
	if (status == 0)
		status = build_comment(&builder, nft);
	if (status < 0) {
		xt_rule_done(&rule);
		return status;
	}
	*ret_rule = rule;
	return 0;
}
