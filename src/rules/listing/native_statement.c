/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What native rules do: verdicts, counters, limits, logs, rejects, elements of sets. */
#include "rules/listing/native.h"

#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

/* What nft leaves out when it lists. */
enum { DEFAULT_BURST = 5, DEFAULT_LOG_LEVEL = 4 };

void native_add_verdict(struct native *native, const struct nft_verdict *verdict)
{
	static const struct {
		int32_t code;
		const char *name;
	} names[] = {
	    {NF_ACCEPT, "accept"},      {NF_DROP, "drop"},    {NF_QUEUE, "queue"},
	    {NFT_CONTINUE, "continue"}, {NFT_BREAK, "break"}, {NFT_RETURN, "return"},
	    {NFT_JUMP, "jump"},         {NFT_GOTO, "goto"},
	};
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == verdict->code)
			name = names[i].name;
	if (name)
		text_add(&native->text, "%s", name);
	else
		text_add(&native->text, "<verdict %d>", verdict->code);
	if (verdict->chain)
		text_add(&native->text, " %s", verdict->chain);
}

/* immediate into the verdict register */
static void says_verdict(struct native *native, const struct nft_expr *expr)
{
	struct nft_verdict verdict;

	if (attr_verdict(expr->attrs.by_type[NFTA_IMMEDIATE_DATA], &verdict))
		native_add_verdict(native, &verdict);
	else
		text_add(&native->text, "<immediate>");
}

/* counter, without its numbers: they are of no rule's meaning. */
static void says_counter(struct native *native, const struct nft_expr *expr)
{
	(void)expr;
	text_add(&native->text, "counter");
}

/* Adds bytes in the largest unit that divides them. */
static void add_bytes(struct native *native, uint64_t bytes)
{
	const char *unit = "bytes";

	if (bytes && bytes % (UINT64_C(1024) * 1024) == 0) {
		bytes /= UINT64_C(1024) * 1024;
		unit = "mbytes";
	} else if (bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit = "kbytes";
	}
	text_add(&native->text, "%" PRIu64 " %s", bytes, unit);
}

/* limit */
static void says_limit(struct native *native, const struct nft_expr *expr)
{
	static const struct symbol units[] = {
	    {1, "second"},  {60, "minute"},   {3600, "hour"},
	    {86400, "day"}, {604800, "week"}, {0, NULL},
	};
	const struct span *attr = expr->attrs.by_type;
	uint64_t rate = attr_number(attr[NFTA_LIMIT_RATE], 0);
	const char *unit = symbol_name(units, attr_number(attr[NFTA_LIMIT_UNIT], 0));
	uint32_t burst = attr_u32(attr[NFTA_LIMIT_BURST], 0);
	bool bytes = attr_u32(attr[NFTA_LIMIT_TYPE], 0) == NFT_LIMIT_PKT_BYTES;

	text_add(&native->text, "limit rate %s",
	         attr_u32(attr[NFTA_LIMIT_FLAGS], 0) & NFT_LIMIT_F_INV ? "over " : "");
	if (bytes)
		add_bytes(native, rate);
	else
		text_add(&native->text, "%" PRIu64, rate);
	text_add(&native->text, "/%s", unit ? unit : "<?>");
	if (burst == 0 || (!bytes && burst == DEFAULT_BURST))
		return;
	text_add(&native->text, " burst ");
	if (bytes)
		add_bytes(native, burst);
	else
		text_add(&native->text, "%u packets", burst);
}

/* log */
static void says_log(struct native *native, const struct nft_expr *expr)
{
	static const char *const levels[] = {"emerg",  "alert", "crit",  "err",  "warn",
	                                     "notice", "info",  "debug", "audit"};
	const struct span *attr = expr->attrs.by_type;
	const char *prefix = attr_string(attr[NFTA_LOG_PREFIX]);
	uint32_t level = attr_u32(attr[NFTA_LOG_LEVEL], DEFAULT_LOG_LEVEL);
	uint32_t flags = attr_u32(attr[NFTA_LOG_FLAGS], 0), queue;

	text_add(&native->text, "log");
	if (prefix && *prefix)
		text_add(&native->text, " prefix \"%s\"", prefix);
	if (attr[NFTA_LOG_GROUP].data) {
		text_add(&native->text, " group %u", attr_u32(attr[NFTA_LOG_GROUP], 0));
		if (attr_u32(attr[NFTA_LOG_SNAPLEN], 0))
			text_add(&native->text, " snaplen %u", attr_u32(attr[NFTA_LOG_SNAPLEN], 0));
		queue = attr_u32(attr[NFTA_LOG_QTHRESHOLD], 0);
		if (queue)
			text_add(&native->text, " queue-threshold %u", queue);
		return;
	}
	if (level != DEFAULT_LOG_LEVEL)
		text_add(&native->text, " level %s",
		         level < sizeof(levels) / sizeof(*levels) ? levels[level] : "<?>");
	if ((flags & NF_LOG_MASK) == NF_LOG_MASK) {
		text_add(&native->text, " flags all");
		return;
	}
	if (flags & (NF_LOG_TCPSEQ | NF_LOG_TCPOPT))
		text_add(&native->text, " flags tcp %s%s%s",
		         flags & NF_LOG_TCPSEQ ? "sequence" : "",
		         (flags & NF_LOG_TCPSEQ) && (flags & NF_LOG_TCPOPT) ? "," : "",
		         flags & NF_LOG_TCPOPT ? "options" : "");
	if (flags & NF_LOG_IPOPT)
		text_add(&native->text, " flags ip options");
	if (flags & NF_LOG_UID)
		text_add(&native->text, " flags skuid");
	if (flags & NF_LOG_MACDECODE)
		text_add(&native->text, " flags ether");
}

/* reject */
static void says_reject(struct native *native, const struct nft_expr *expr)
{
	static const struct symbol icmp[] = {
	    {0, "net-unreachable"},   {1, "host-unreachable"},
	    {2, "prot-unreachable"},  {3, "port-unreachable"},
	    {9, "net-prohibited"},    {10, "host-prohibited"},
	    {13, "admin-prohibited"}, {0, NULL},
	};
	static const struct symbol icmp6[] = {
	    {0, "no-route"},
	    {1, "admin-prohibited"},
	    {3, "addr-unreachable"},
	    {4, "port-unreachable"},
	    {5, "policy-fail"},
	    {6, "reject-route"},
	    {0, NULL},
	};
	static const struct symbol icmpx[] = {
	    {0, "no-route"},
	    {1, "port-unreachable"},
	    {2, "host-unreachable"},
	    {3, "admin-prohibited"},
	    {0, NULL},
	};
	const struct span *attr = expr->attrs.by_type;
	uint32_t type = attr_u32(attr[NFTA_REJECT_TYPE], UINT32_MAX);
	uint32_t code = attr_u32(attr[NFTA_REJECT_ICMP_CODE], 0);
	bool ip6 = native->network == HEADER_IP6;
	const char *name;

	text_add(&native->text, "reject");
	if (type == NFT_REJECT_TCP_RST) {
		if (native->family == NFPROTO_IPV4 || native->family == NFPROTO_IPV6)
			native_hide(native, native->transport_item);
		text_add(&native->text, " with tcp reset");
	} else if (type == NFT_REJECT_ICMPX_UNREACH) {
		if (code == NFT_REJECT_ICMPX_PORT_UNREACH)
			return;
		name = symbol_name(icmpx, code);
		text_add(&native->text, " with icmpx %s", name ? name : "<?>");
	} else if (type == NFT_REJECT_ICMP_UNREACH) {
		if (native->family == (ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4) && code == (ip6 ? 4 : 3))
			return;
		native_hide(native, native->network_item);
		name = symbol_name(ip6 ? icmp6 : icmp, code);
		text_add(&native->text, " with %s %s", ip6 ? "icmpv6" : "icmp",
		         name ? name : "<?>");
	} else {
		text_add(&native->text, " <?>");
	}
}

/* queue */
static void says_queue(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t first = attr_u32(attr[NFTA_QUEUE_NUM], 0);
	uint32_t total = attr_u32(attr[NFTA_QUEUE_TOTAL], 1);
	uint32_t flags = attr_u32(attr[NFTA_QUEUE_FLAGS], 0);

	text_add(&native->text, "queue");
	if (flags)
		text_add(&native->text, " flags %s%s%s",
		         flags & NFT_QUEUE_FLAG_BYPASS ? "bypass" : "",
		         flags == (NFT_QUEUE_FLAG_BYPASS | NFT_QUEUE_FLAG_CPU_FANOUT) ? "," : "",
		         flags & NFT_QUEUE_FLAG_CPU_FANOUT ? "fanout" : "");
	if (attr[NFTA_QUEUE_SREG_QNUM].data) {
		text_add(&native->text, " to ");
		native_add_value(
		    native,
		    register_get(&native->registers, attr_u32(attr[NFTA_QUEUE_SREG_QNUM], 0)),
		    &type_integer);
		return;
	}
	text_add(&native->text, " to %u", first);
	if (total > 1)
		text_add(&native->text, "-%u", first + total - 1);
}

/* notrack */
static void says_notrack(struct native *native, const struct nft_expr *expr)
{
	(void)expr;
	text_add(&native->text, "notrack");
}

/* quota */
static void says_quota(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "quota %s",
	         attr_u32(attr[NFTA_QUOTA_FLAGS], 0) & NFT_QUOTA_F_INV ? "over " : "");
	add_bytes(native, attr_number(attr[NFTA_QUOTA_BYTES], 0));
}

/* connlimit */
static void says_connlimit(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "ct count %s%u",
	         attr_u32(attr[NFTA_CONNLIMIT_FLAGS], 0) & NFT_CONNLIMIT_F_INV ? "over " : "",
	         attr_u32(attr[NFTA_CONNLIMIT_COUNT], 0));
}

/* objref: a counter, limit, helper ... that has a name. */
static void says_objref(struct native *native, const struct nft_expr *expr)
{
	static const struct symbol types[] = {
	    {NFT_OBJECT_COUNTER, "counter name"},     {NFT_OBJECT_QUOTA, "quota name"},
	    {NFT_OBJECT_CT_HELPER, "ct helper set"},  {NFT_OBJECT_LIMIT, "limit name"},
	    {NFT_OBJECT_TUNNEL, "tunnel name"},       {NFT_OBJECT_CT_TIMEOUT, "ct timeout set"},
	    {NFT_OBJECT_SECMARK, "meta secmark set"}, {NFT_OBJECT_CT_EXPECT, "ct expectation set"},
	    {NFT_OBJECT_SYNPROXY, "synproxy name"},   {0, NULL},
	};
	const struct span *attr = expr->attrs.by_type;
	const char *type = symbol_name(types, attr_u32(attr[NFTA_OBJREF_IMM_TYPE], UINT32_MAX));
	const char *name = attr_string(attr[NFTA_OBJREF_IMM_NAME]);
	const char *set = attr_string(attr[NFTA_OBJREF_SET_NAME]);
	const struct operand *key =
	    register_get(&native->registers, attr_u32(attr[NFTA_OBJREF_SET_SREG], 0));

	text_add(&native->text, "%s ", type ? type : "<objref>");
	if (!set) {
		text_add(&native->text, "\"%s\"", name ? name : "?");
		return;
	}
	native_add_value(native, key, &type_integer);
	text_add(&native->text, " map @%s", set);
}

/* flow_offload */
static void says_flow(struct native *native, const struct nft_expr *expr)
{
	const char *name = attr_string(expr->attrs.by_type[NFTA_FLOW_TABLE_NAME]);

	text_add(&native->text, "flow add @%s", name ? name : "?");
}

/* synproxy */
static void says_synproxy(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "synproxy mss %u wscale %u", attr_u32(attr[NFTA_SYNPROXY_MSS], 0),
	         attr_u32(attr[NFTA_SYNPROXY_WSCALE], 0));
}

/* last: when a rule was last used. */
static void says_last(struct native *native, const struct nft_expr *expr)
{
	(void)expr;
	text_add(&native->text, "last");
}

/* A match or target of xtables in a table that is not iptables' own. */
static void says_xt(struct native *native, const struct nft_expr *expr)
{
	/* NFTA_TARGET_NAME has the same number as NFTA_MATCH_NAME. */
	const char *name = attr_string(expr->attrs.by_type[NFTA_MATCH_NAME]);

	text_add(&native->text, "xt %s \"%s\"", expr->name, name ? name : "?");
}

static void says_dynset(struct native *native, const struct nft_expr *expr);

static const struct statement {
	const char *name;
	void (*says)(struct native *native, const struct nft_expr *expr);
} statements[] = {
    {"immediate", says_verdict},
    {"counter", says_counter},
    {"limit", says_limit},
    {"log", says_log},
    {"nat", native_says_nat},
    {"masq", native_says_masq},
    {"redir", native_says_redir},
    {"tproxy", native_says_tproxy},
    {"reject", says_reject},
    {"queue", says_queue},
    {"notrack", says_notrack},
    {"quota", says_quota},
    {"connlimit", says_connlimit},
    {"objref", says_objref},
    {"meta", native_says_meta_set},
    {"ct", native_says_ct_set},
    {"payload", native_says_payload_set},
    {"exthdr", native_says_exthdr_set},
    {"dup", native_says_dup},
    {"fwd", native_says_fwd},
    {"flow_offload", says_flow},
    {"synproxy", says_synproxy},
    {"last", says_last},
    {"match", says_xt},
    {"target", says_xt},
    {"dynset", says_dynset},
};

/* Adds a statement that stands for each element of a dynamic set; sets cannot nest. */
static void add_element_statement(struct native *native, struct span nest)
{
	struct nft_expr expr;

	if (!nest.data || !nft_expr_read(nest, &expr))
		return;
	text_add(&native->text, " ");
	if (strcmp(expr.name, "dynset") == 0 || !native_statement(native, &expr))
		text_add(&native->text, "<%s>", expr.name);
}

/* dynset: add, update or delete an element. */
static void says_dynset(struct native *native, const struct nft_expr *expr)
{
	static const char *const ops[] = {
	    [NFT_DYNSET_OP_ADD] = "add",
	    [NFT_DYNSET_OP_UPDATE] = "update",
	    [NFT_DYNSET_OP_DELETE] = "delete",
	};
	const struct span *attr = expr->attrs.by_type;
	uint32_t op = attr_u32(attr[NFTA_DYNSET_OP], 0);
	uint64_t timeout = attr_number(attr[NFTA_DYNSET_TIMEOUT], 0);
	const char *name = attr_string(attr[NFTA_DYNSET_SET_NAME]);
	const struct operand *keys[OPERAND_KEYS];
	struct nft_set set = {0};
	struct span rest = attr[NFTA_DYNSET_EXPRESSIONS], nest;
	uint16_t type;
	unsigned n;

	nft_set_find(native->view, native->family, native->table, name ? name : "", &set);
	n = register_get_keys(&native->registers, attr_u32(attr[NFTA_DYNSET_SREG_KEY], 0),
	                      set.key_len, keys);
	text_add(&native->text, "%s @%s { ", op < sizeof(ops) / sizeof(*ops) ? ops[op] : "<?>",
	         name ? name : "?");
	for (unsigned i = 0; i < n; i++) {
		text_add(&native->text, i ? " . " : "");
		native_add_operand(native, keys[i]);
	}
	text_add(&native->text, n ? "" : "<?>");
	if (timeout) {
		static const struct datatype msec = {.form = FORM_DURATION, .network_order = true};

		text_add(&native->text, " timeout ");
		value_add(&native->text, native->view, &msec, attr[NFTA_DYNSET_TIMEOUT], false);
	}
	add_element_statement(native, attr[NFTA_DYNSET_EXPR]);
	while (attr_next(&rest, &type, &nest))
		add_element_statement(native, nest);
	if (attr[NFTA_DYNSET_SREG_DATA].data) {
		text_add(&native->text, " : ");
		native_add_value(
		    native,
		    register_get(&native->registers, attr_u32(attr[NFTA_DYNSET_SREG_DATA], 0)),
		    type_by_number(set.data_type));
	}
	text_add(&native->text, " }");
}

bool native_statement(struct native *native, const struct nft_expr *expr)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (strcmp(statements[i].name, expr->name) != 0)
			continue;
		statements[i].says(native, expr);
		return true;
	}
	return false;
}
