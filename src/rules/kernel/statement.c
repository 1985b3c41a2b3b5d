/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What expressions of nft do: verdicts, and what only counts, logs or is not known.
 *
 * A dynset adds to a set until that is full, which would end the rule; that is not thought of. With
 * a limit or the like for each element, it is an unknown.
 */
#include "rules/kernel/kernel.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <netinet/in.h>
#include <string.h>

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 0x10 };

/* The verdict of a code that the kernel gives; false when there is none. */
static bool verdict_of(const struct nft_verdict *given, struct verdict *ret_verdict)
{
	static const struct {
		int32_t code;
		enum rule_verdict kind;
	} verdicts[] = {
	    {NF_ACCEPT, VERDICT_ACCEPT},      {NF_DROP, VERDICT_DROP},
	    {NF_STOLEN, VERDICT_STOLEN},      {NF_QUEUE, VERDICT_QUEUE},
	    {NFT_CONTINUE, VERDICT_CONTINUE}, {NFT_RETURN, VERDICT_RETURN},
	    {NFT_JUMP, VERDICT_JUMP},         {NFT_GOTO, VERDICT_GOTO},
	};
	/* NF_QUEUE carries the queue's number in its upper half. */
	int32_t code = given->code >= 0 ? given->code & NF_VERDICT_MASK : given->code;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		bool calls = verdicts[i].kind == VERDICT_JUMP || verdicts[i].kind == VERDICT_GOTO;

		if (verdicts[i].code != code || (calls && !given->chain))
			continue;
		*ret_verdict = (struct verdict){verdicts[i].kind, calls ? given->chain : NULL};
		return true;
	}
	return false;
}

bool verdict_of_data(struct span data, struct verdict *ret_verdict)
{
	struct nft_verdict given;

	return attr_verdict(data, &given) && verdict_of(&given, ret_verdict);
}

/* immediate into the verdict register */
static int state_verdict(struct decode *decode, const struct nft_expr *expr)
{
	struct verdict verdict;
	struct nft_verdict given;

	if (!attr_verdict(expr->attrs.by_type[NFTA_IMMEDIATE_DATA], &given))
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a verdict of table %s is malformed", decode->table);
	if (given.code == NFT_BREAK) {
		decode_never(decode);
		return 0;
	}
	if (!verdict_of(&given, &verdict))
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a rule of table %s has the verdict %d, which there is none of",
		                 decode->table, given.code);
	return decode_verdict(decode, verdict.kind, verdict.chain);
}

/* counter, and what is as if it were not there */
static int state_nothing(struct decode *decode, const struct nft_expr *expr)
{
	(void)decode;
	(void)expr;
	return 0;
}

/* log, dup, last, flow_offload, ... */
static int state_effect(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_effect(decode);
}

/* limit, quota, connlimit: each is its own. */
static int state_unknown(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_unknown(decode, false);
}

/* reject: it drops, whether it answers or not. */
static int state_reject(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_verdict(decode, VERDICT_REJECT, NULL);
}

/* queue */
static int state_queue(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_verdict(decode, VERDICT_QUEUE, NULL);
}

/* fwd: sent out by another link. */
static int state_stolen(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_verdict(decode, VERDICT_STOLEN, NULL);
}

/* notrack */
static int state_notrack(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return rule_add_step(&decode->path->rule, STEP_NOTRACK) ? 0 : -ENOMEM;
}

int decode_synproxy(struct decode *decode, bool xtables)
{
	/* nft looks at SYN, then ACK; SYNPROXY at SYN alone, or ACK without the three others. */
	static const struct {
		uint8_t mask, value;
	} taken[2][2] = {
	    {{TCP_SYN, TCP_SYN}, {TCP_SYN | TCP_ACK, TCP_ACK}},
	    {{TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST, TCP_SYN},
	     {TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST, TCP_ACK}},
	};
	int status = decode_match(decode, FIELD_PROTOCOL, false, IPPROTO_TCP, IPPROTO_TCP);

	if (status < 0 || decode->path->dead)
		return status;
	for (unsigned i = 0; i < 2 && status == 0; i++) {
		struct fork fork;

		status = decode_fork_begin(decode, &fork);
		if (status < 0)
			return status;
		status = decode_match_masked(decode, FIELD_TCP_FLAGS, false, taken[xtables][i].mask,
		                             taken[xtables][i].value);
		if (status == 0)
			status = decode_verdict(decode, VERDICT_STOLEN, NULL);
		if (decode_fork_end(decode, &fork) < 0)
			return -ENOMEM;
		if (status == 0)
			status =
			    decode_match_masked(decode, FIELD_TCP_FLAGS, true,
			                        taken[xtables][i].mask, taken[xtables][i].value);
	}
	return status;
}

/* synproxy */
static int state_synproxy(struct decode *decode, const struct nft_expr *expr)
{
	(void)expr;
	return decode_synproxy(decode, false);
}

int decode_objref(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *name = attr_string(attr[NFTA_OBJREF_SET_NAME]);
	uint32_t type = attr_u32(attr[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC);
	const struct kernel_set *set;
	struct parts parts;
	int status;

	if (name) {
		set = kernel_set_find(decode->kernel, decode->family, decode->table, name, &status);
		if (!set)
			return status;
		parts_read(decode, attr_u32(attr[NFTA_OBJREF_SET_SREG], 0), set->key_len, &parts);
		status = decode_in_set(decode, set, &parts, false);
		if (status < 0 || decode->path->dead)
			return status;
		type = set->object_type;
	}
	switch (type) {
	case NFT_OBJECT_COUNTER:
		return 0;
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_CT_EXPECT:
	case NFT_OBJECT_SECMARK:
	case NFT_OBJECT_TUNNEL:
		return decode_effect(decode);
	case NFT_OBJECT_SYNPROXY:
		return decode_synproxy(decode, false);
	default:
		return decode_unknown(decode, false);
	}
}

/* Whether what a dynset does for each element may end the rule. */
static bool limits_elements(struct span nest)
{
	struct nft_expr expr;

	return nest.data && (!nft_expr_read(nest, &expr) ||
	                     (strcmp(expr.name, "counter") != 0 && strcmp(expr.name, "last") != 0));
}

int decode_dynset(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	bool limits = limits_elements(attr[NFTA_DYNSET_EXPR]) ||
	              attr_u32(attr[NFTA_DYNSET_FLAGS], 0) & NFT_DYNSET_F_INV;
	struct span rest = attr[NFTA_DYNSET_EXPRESSIONS], nest;
	uint16_t type;

	while (attr_next(&rest, &type, &nest))
		limits = limits || limits_elements(nest);
	return limits ? decode_unknown(decode, false) : decode_effect(decode);
}

/* A match of xtables inside of an nft rule. */
static int state_xt_match(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct xt_part part = {
	    .name = attr_string(attr[NFTA_MATCH_NAME]),
	    .revision = attr_u32(attr[NFTA_MATCH_REV], 0),
	    .info = attr[NFTA_MATCH_INFO],
	};

	if (!part.name || !part.info.data)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a match expression of table %s is malformed", decode->table);
	return decode_xt_match(decode, &part);
}

/* A target of xtables inside of an nft rule. */
static int state_xt_target(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct xt_part part = {
	    .name = attr_string(attr[NFTA_TARGET_NAME]),
	    .revision = attr_u32(attr[NFTA_TARGET_REV], 0),
	    .info = attr[NFTA_TARGET_INFO],
	};

	if (!part.name || !part.info.data)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a target expression of table %s is malformed", decode->table);
	return decode_xt_target(decode, &part);
}

/*
 * Something may accept, drop, steal or rewrite, or have the packet go on: "unknown, then either"
 * says the first three, with a verdict that user space might have given; the other path goes on.
 */
int decode_unknown_verdict(struct decode *decode)
{
	struct fork fork;
	int status = decode_fork_begin(decode, &fork);

	if (status < 0)
		return status;
	status = decode_unknown(decode, false);
	if (status == 0)
		status = decode_verdict(decode, VERDICT_QUEUE, NULL);
	if (decode_fork_end(decode, &fork) < 0)
		return -ENOMEM;
	return status < 0 ? status : decode_unknown(decode, false);
}

int decode_statement(struct decode *decode, const struct nft_expr *expr)
{
	static const struct {
		const char *name;
		int (*state)(struct decode *decode, const struct nft_expr *expr);
	} statements[] = {
	    {"cmp", decode_cmp},
	    {"lookup", decode_lookup},
	    {"immediate", state_verdict},
	    {"counter", state_nothing},
	    {"range", decode_range},
	    {"match", state_xt_match},
	    {"target", state_xt_target},
	    {"limit", state_unknown},
	    {"quota", state_unknown},
	    {"connlimit", state_unknown},
	    {"log", state_effect},
	    {"last", state_effect},
	    {"dup", state_effect},
	    {"flow_offload", state_effect},
	    {"exthdr", state_effect},
	    {"fwd", state_stolen},
	    {"reject", state_reject},
	    {"queue", state_queue},
	    {"notrack", state_notrack},
	    {"synproxy", state_synproxy},
	    {"objref", decode_objref},
	    {"dynset", decode_dynset},
	    {"nat", decode_nat_expression},
	    {"masq", decode_masquerade},
	    {"redir", decode_redirect},
	    {"tproxy", decode_tproxy},
	    {"meta", decode_meta_set},
	    {"ct", decode_ct_set},
	    {"payload", decode_payload_set},
	};

	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		if (strcmp(statements[i].name, expr->name) == 0)
			return statements[i].state(decode, expr);
	memset(decode->path->slots, 0, sizeof(decode->path->slots));
	return decode_unknown_verdict(decode);
}
