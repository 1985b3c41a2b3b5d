/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' matches in the spelling of iptables-save: rates, counts and chance. */
#include "rules/listing/xt_match.h"

#include <inttypes.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_statistic.h>

/* What iptables-save leaves out. */
enum { DEFAULT_BURST = 5 };

/*
 * Adds a rate kept as the time between two packets, in units of 1/scale seconds: by the largest
 * unit of time that spells it without much rounding, as iptables does.
 */
static void add_rate(const struct xt_context *context, uint64_t period, uint64_t scale)
{
	const struct {
		const char *name;
		uint64_t period;
	} units[] = {
	    {"day", scale * 86400},
	    {"hour", scale * 3600},
	    {"min", scale * 60},
	    {"sec", scale},
	};
	unsigned i;

	if (period == 0) {
		text_add(context->text, "inf");
		return;
	}
	for (i = 1; i < sizeof(units) / sizeof(*units); i++)
		if (period > units[i].period || units[i].period / period < units[i].period % period)
			break;
	text_add(context->text, "%" PRIu64 "/%s", units[i - 1].period / period, units[i - 1].name);
}

/* limit */
static void print_limit(const struct xt_context *context, const void *info)
{
	const struct xt_rateinfo *rate = info;

	text_add(context->text, " --limit ");
	add_rate(context, rate->avg, XT_LIMIT_SCALE);
	if (rate->burst != DEFAULT_BURST)
		text_add(context->text, " --limit-burst %u", rate->burst);
}

/* Adds the parts of a hashlimit that all revisions have. */
static void add_hashlimit(const struct xt_context *context, const struct hashlimit_cfg3 *cfg,
                          uint64_t scale, const char *name, size_t name_size)
{
	static const struct xt_flag_name modes[] = {
	    {XT_HASHLIMIT_HASH_SIP, "srcip"},
	    {XT_HASHLIMIT_HASH_SPT, "srcport"},
	    {XT_HASHLIMIT_HASH_DIP, "dstip"},
	    {XT_HASHLIMIT_HASH_DPT, "dstport"},
	    {0, NULL},
	};
	unsigned keyed = cfg->mode & (XT_HASHLIMIT_HASH_SIP | XT_HASHLIMIT_HASH_SPT |
	                              XT_HASHLIMIT_HASH_DIP | XT_HASHLIMIT_HASH_DPT);
	uint8_t full = context->family == AF_INET ? 32 : 128;

	text_add(context->text, " --hashlimit-%s ",
	         cfg->mode & XT_HASHLIMIT_INVERT ? "above" : "upto");
	if (cfg->mode & (XT_HASHLIMIT_BYTES | XT_HASHLIMIT_RATE_MATCH)) {
		text_add(context->text, "<...>");
	} else {
		add_rate(context, cfg->avg, scale);
		text_add(context->text, " --hashlimit-burst %" PRIu64, (uint64_t)cfg->burst);
	}
	if (keyed) {
		text_add(context->text, " --hashlimit-mode ");
		xt_add_names(context, modes, keyed);
	}
	text_add(context->text, " --hashlimit-name ");
	xt_add_string(context, name, name_size);
	if (cfg->srcmask != full)
		text_add(context->text, " --hashlimit-srcmask %u", cfg->srcmask);
	if (cfg->dstmask != full)
		text_add(context->text, " --hashlimit-dstmask %u", cfg->dstmask);
}

/* hashlimit, revision 3 */
static void print_hashlimit3(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo3 *limit = info;

	add_hashlimit(context, &limit->cfg, XT_HASHLIMIT_SCALE_v2, limit->name,
	              sizeof(limit->name));
}

/* hashlimit, revision 2 */
static void print_hashlimit2(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo2 *limit = info;
	struct hashlimit_cfg3 cfg = {
	    .avg = limit->cfg.avg,
	    .burst = limit->cfg.burst,
	    .mode = limit->cfg.mode,
	    .srcmask = limit->cfg.srcmask,
	    .dstmask = limit->cfg.dstmask,
	};

	add_hashlimit(context, &cfg, XT_HASHLIMIT_SCALE_v2, limit->name, sizeof(limit->name));
}

/* hashlimit, revision 1 */
static void print_hashlimit1(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo1 *limit = info;
	struct hashlimit_cfg3 cfg = {
	    .avg = limit->cfg.avg,
	    .burst = limit->cfg.burst,
	    .mode = limit->cfg.mode,
	    .srcmask = limit->cfg.srcmask,
	    .dstmask = limit->cfg.dstmask,
	};

	add_hashlimit(context, &cfg, XT_HASHLIMIT_SCALE, limit->name, sizeof(limit->name));
}

/* connlimit, revision 1 */
static void print_connlimit(const struct xt_context *context, const void *info)
{
	const struct xt_connlimit_info *limit = info;

	text_add(context->text, " --connlimit-%s %u --connlimit-mask %d --connlimit-%s",
	         limit->flags & XT_CONNLIMIT_INVERT ? "upto" : "above", limit->limit,
	         xt_mask_len((const uint8_t *)&limit->mask, address_size(context->family)),
	         limit->flags & XT_CONNLIMIT_DADDR ? "daddr" : "saddr");
}

/* statistic */
static void print_statistic(const struct xt_context *context, const void *info)
{
	const struct xt_statistic_info *statistic = info;
	bool inverted = statistic->flags & XT_STATISTIC_INVERT;

	if (statistic->mode == XT_STATISTIC_MODE_RANDOM)
		text_add(context->text, " --mode random %s--probability %.11f", xt_not(inverted),
		         1.0 * statistic->u.random.probability / 0x80000000);
	else
		text_add(context->text, " --mode nth %s--every %" PRIu64 " --packet %u",
		         xt_not(inverted), (uint64_t)statistic->u.nth.every + 1,
		         statistic->u.nth.packet);
}

const struct xt_spelling rate_matches[] = {
    {"limit", 0, 0, offsetof(struct xt_rateinfo, prev), print_limit},
    {"hashlimit", 0, 3, sizeof(struct xt_hashlimit_mtinfo3), print_hashlimit3},
    {"hashlimit", 0, 2, sizeof(struct xt_hashlimit_mtinfo2), print_hashlimit2},
    {"hashlimit", 0, 1, sizeof(struct xt_hashlimit_mtinfo1), print_hashlimit1},
    {"connlimit", 0, 1, offsetof(struct xt_connlimit_info, data), print_connlimit},
    {"statistic", 0, 0, offsetof(struct xt_statistic_info, master), print_statistic},
};
const size_t n_rate_matches = sizeof(rate_matches) / sizeof(*rate_matches);
