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
#include "reach/rule_registers.h"
#include "reach/rule_types.h"
#include "reach/rule_xt.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_LOG.h>
#include <string.h>

/* Matches of one rule; the kernel takes no more expressions than this. */
enum { MATCHES_MAX = 128 };

struct builder {
	struct xt_rule *rule;
	struct registers registers;
	struct xt_tcp *tcp; /* the tcp match that native expressions add to, or NULL */
	struct xt_udp *udp;
};

/* Adds a match of name with zeroed info of size bytes. Returns the info, or NULL. */
static void *match_add(struct builder *builder, const char *name, uint32_t revision, size_t size)
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

/* Where the ports of the rule's tcp or udp match are; NULL for another protocol or no memory. */
static uint16_t *ports_of(struct builder *builder, uint32_t offset, uint8_t **ret_invert,
                          uint8_t *ret_flag)
{
	if (builder->rule->protocol == IPPROTO_TCP && !builder->rule->protocol_negated) {
		if (!builder->tcp) {
			builder->tcp = match_add(builder, "tcp", 0, sizeof(*builder->tcp));
			if (!builder->tcp)
				return NULL;
			builder->tcp->spts[1] = builder->tcp->dpts[1] = UINT16_MAX;
		}
		*ret_invert = &builder->tcp->invflags;
		*ret_flag = offset == 0 ? XT_TCP_INV_SRCPT : XT_TCP_INV_DSTPT;
		return offset == 0 ? builder->tcp->spts : builder->tcp->dpts;
	}
	if (builder->rule->protocol == IPPROTO_UDP && !builder->rule->protocol_negated) {
		if (!builder->udp) {
			builder->udp = match_add(builder, "udp", 0, sizeof(*builder->udp));
			if (!builder->udp)
				return NULL;
			builder->udp->spts[1] = builder->udp->dpts[1] = UINT16_MAX;
		}
		*ret_invert = &builder->udp->invflags;
		*ret_flag = offset == 0 ? XT_UDP_INV_SRCPT : XT_UDP_INV_DSTPT;
		return offset == 0 ? builder->udp->spts : builder->udp->dpts;
	}
	return NULL;
}

/* Sets source or destination ports of the tcp or udp match. */
static int set_ports(struct builder *builder, uint32_t offset, unsigned first, unsigned last,
                     bool negated)
{
	uint8_t *invert, flag;
	uint16_t *ports = ports_of(builder, offset, &invert, &flag);

	if (!ports || first > last || last > UINT16_MAX)
		return -ENOTSUP;
	/* A second condition on the same port has no place in one match. */
	if (ports[0] != 0 || ports[1] != UINT16_MAX || *invert & flag)
		return -ENOTSUP;
	ports[0] = (uint16_t)first;
	ports[1] = (uint16_t)last;
	if (negated)
		*invert |= flag;
	return 0;
}

/* A comparison of a port. */
static int build_port(struct builder *builder, const struct operand *operand, uint32_t op,
                      struct span value)
{
	unsigned port = (unsigned)value_number(&type_port, value, false);

	if (operand->masked || value.len != 2)
		return -ENOTSUP;
	switch (op) {
	case NFT_CMP_EQ:
	case NFT_CMP_NEQ:
		return set_ports(builder, operand->offset, port, port, op == NFT_CMP_NEQ);
	case NFT_CMP_LTE:
		return set_ports(builder, operand->offset, 0, port, false);
	case NFT_CMP_GTE:
		return set_ports(builder, operand->offset, port, UINT16_MAX, false);
	case NFT_CMP_LT:
		return port ? set_ports(builder, operand->offset, 0, port - 1, false) : -ENOTSUP;
	case NFT_CMP_GT:
		return set_ports(builder, operand->offset, port + 1, UINT16_MAX, false);
	default:
		return -ENOTSUP;
	}
}

/* A comparison of TCP flags under a mask. */
static int build_tcp_flags(struct builder *builder, const struct operand *operand, uint32_t op,
                           struct span value)
{
	uint8_t *invert, flag;

	if (!ports_of(builder, 0, &invert, &flag) || !builder->tcp || value.len != 1 ||
	    op > NFT_CMP_NEQ || builder->tcp->flg_mask)
		return -ENOTSUP;
	builder->tcp->flg_mask = operand->masked ? operand->mask.data[0] : 0xff;
	builder->tcp->flg_cmp = value.data[0];
	if (op == NFT_CMP_NEQ)
		builder->tcp->invflags |= XT_TCP_INV_FLAGS;
	return 0;
}

/* A comparison within the transport header. */
static int build_transport(struct builder *builder, const struct operand *operand, uint32_t op,
                           struct span value)
{
	enum { TCP_FLAGS = 13 };

	if ((operand->offset == 0 || operand->offset == 2) && operand->len == 2)
		return build_port(builder, operand, op, value);
	if (operand->offset == TCP_FLAGS && operand->len == 1)
		return build_tcp_flags(builder, operand, op, value);
	if (operand->offset == 0 && operand->len == 4 && !operand->masked && op == NFT_CMP_EQ &&
	    value.len == 4) {
		/* Both ports in one comparison. */
		unsigned source = (unsigned)value.data[0] << 8 | value.data[1];
		unsigned destination = (unsigned)value.data[2] << 8 | value.data[3];
		int status = set_ports(builder, 0, source, source, false);

		return status < 0 ? status : set_ports(builder, 2, destination, destination, false);
	}
	return -ENOTSUP;
}

/* A comparison of a whole address, one under a mask, or its first bytes. */
static int build_address(struct xt_address *address, const struct operand *operand, uint32_t op,
                         struct span value)
{
	static const uint8_t none[16];

	if (op > NFT_CMP_NEQ || value.len != operand->len || value.len > 16 ||
	    memcmp(address->mask, none, sizeof(none)) != 0)
		return -ENOTSUP;
	memcpy(address->address, value.data, value.len);
	if (operand->masked)
		memcpy(address->mask, operand->mask.data, value.len);
	else
		memset(address->mask, 0xff, value.len);
	address->negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison of the protocol. */
static int build_protocol(struct builder *builder, uint32_t op, struct span value)
{
	if (op > NFT_CMP_NEQ || value.len != 1 || builder->rule->protocol)
		return -ENOTSUP;
	builder->rule->protocol = value.data[0];
	builder->rule->protocol_negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison within the network header. */
static int build_network(struct builder *builder, const struct operand *operand, uint32_t op,
                         struct span value)
{
	struct xt_rule *rule = builder->rule;
	bool ipv4 = rule->family == AF_INET;
	uint32_t size = ipv4 ? 4 : 16, source = ipv4 ? 12 : 8, destination = ipv4 ? 16 : 24;
	uint32_t protocol = ipv4 ? 9 : 6, fragment = 6;

	if (operand->offset == source && operand->len <= size)
		return build_address(&rule->source, operand, op, value);
	if (operand->offset == destination && operand->len <= size)
		return build_address(&rule->destination, operand, op, value);
	if (operand->offset == protocol && operand->len == 1 && !operand->masked)
		return build_protocol(builder, op, value);
	if (ipv4 && operand->offset == fragment && operand->len == 2 && operand->masked &&
	    op <= NFT_CMP_NEQ) {
		rule->fragment = true;
		rule->fragment_negated = op == NFT_CMP_EQ;
		return 0;
	}
	return -ENOTSUP;
}

/* A comparison of an interface's name, or of how it begins. */
static int build_interface(struct xt_interface *interface, uint32_t op, struct span value)
{
	if (op > NFT_CMP_NEQ || value.len == 0 || value.len > XT_INTERFACE || interface->compared)
		return -ENOTSUP;
	memcpy(interface->name, value.data, value.len);
	interface->compared = (uint8_t)value.len;
	interface->negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison of the mark. */
static int build_mark(struct builder *builder, const struct operand *operand, uint32_t op,
                      struct span value)
{
	struct xt_mark_mtinfo1 *mark;

	if (op > NFT_CMP_NEQ || value.len != 4 || operand->big_endian)
		return -ENOTSUP;
	mark = match_add(builder, "mark", 1, sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	memcpy(&mark->mark, value.data, sizeof(mark->mark));
	mark->mask = UINT32_MAX;
	if (operand->masked)
		memcpy(&mark->mask, operand->mask.data, sizeof(mark->mask));
	mark->invert = op == NFT_CMP_NEQ;
	return 0;
}

/* cmp */
static int build_cmp(struct builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&builder->registers, attr_u32(attr[NFTA_CMP_SREG], 0));
	uint32_t op = attr_u32(attr[NFTA_CMP_OP], UINT32_MAX);
	struct span value = attr_data(attr[NFTA_CMP_DATA]);

	if (!operand || !value.data || operand->strange)
		return -ENOTSUP;
	if (operand->kind == OPERAND_PAYLOAD && operand->key == NFT_PAYLOAD_NETWORK_HEADER)
		return build_network(builder, operand, op, value);
	if (operand->kind == OPERAND_PAYLOAD && operand->key == NFT_PAYLOAD_TRANSPORT_HEADER)
		return build_transport(builder, operand, op, value);
	if (operand->kind != OPERAND_META)
		return -ENOTSUP;
	if (operand->key == NFT_META_MARK)
		return build_mark(builder, operand, op, value);
	if (operand->masked)
		return -ENOTSUP;
	switch (operand->key) {
	case NFT_META_L4PROTO:
		return build_protocol(builder, op, value);
	case NFT_META_IIFNAME:
		return build_interface(&builder->rule->in, op, value);
	case NFT_META_OIFNAME:
		return build_interface(&builder->rule->out, op, value);
	default:
		return -ENOTSUP;
	}
}

/* range: of ports */
static int build_range(struct builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&builder->registers, attr_u32(attr[NFTA_RANGE_SREG], 0));
	struct span first = attr_data(attr[NFTA_RANGE_FROM_DATA]);
	struct span last = attr_data(attr[NFTA_RANGE_TO_DATA]);

	if (!operand || operand->kind != OPERAND_PAYLOAD || operand->masked || operand->strange ||
	    operand->key != NFT_PAYLOAD_TRANSPORT_HEADER || operand->len != 2 ||
	    (operand->offset != 0 && operand->offset != 2) || first.len != 2 || last.len != 2)
		return -ENOTSUP;
	return set_ports(builder, operand->offset, (unsigned)value_number(&type_port, first, false),
	                 (unsigned)value_number(&type_port, last, false),
	                 attr_u32(attr[NFTA_RANGE_OP], 0) == NFT_RANGE_NEQ);
}

/* limit: a rate of packets */
static int build_limit(struct builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint64_t rate = attr_number(attr[NFTA_LIMIT_RATE], 0);
	uint64_t unit = attr_number(attr[NFTA_LIMIT_UNIT], 0);
	struct xt_rateinfo *info;

	if (rate == 0 || unit > UINT32_MAX || attr_u32(attr[NFTA_LIMIT_FLAGS], 0) ||
	    attr_u32(attr[NFTA_LIMIT_TYPE], 0) != NFT_LIMIT_PKTS)
		return -ENOTSUP;
	info = match_add(builder, "limit", 0, sizeof(*info));
	if (!info)
		return -ENOMEM;
	info->avg = (uint32_t)(unit * XT_LIMIT_SCALE / rate);
	info->burst = attr_u32(attr[NFTA_LIMIT_BURST], 0);
	return 0;
}

/* Sets the rule's target with info of size bytes. Returns the info, or NULL. */
static void *target_set(struct builder *builder, const char *name, uint32_t revision, size_t size)
{
	void *info = arena_alloc(&builder->rule->arena, size);

	builder->rule->action = XT_ACTION_TARGET;
	builder->rule->target =
	    (struct xt_part){.name = name, .revision = revision, .info = {info, info ? size : 0}};
	return info;
}

/* log: to a group it is NFLOG, else LOG */
static int build_log(struct builder *builder, const struct nft_expr *expr)
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
static int build_match(struct builder *builder, const struct nft_expr *expr)
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
static int build_target(struct builder *builder, const struct nft_expr *expr)
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
static int build_verdict(struct builder *builder, const struct nft_expr *expr)
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
static int build_trace(struct builder *builder, const struct nft_expr *expr)
{
	if (builder->rule->action != XT_ACTION_NONE ||
	    attr_u32(expr->attrs.by_type[NFTA_META_KEY], UINT32_MAX) != NFT_META_NFTRACE)
		return -ENOTSUP;
	builder->rule->action = XT_ACTION_TARGET;
	builder->rule->target = (struct xt_part){.name = "TRACE"};
	return 0;
}

/* counter: each rule of iptables has one. */
static int build_nothing(struct builder *builder, const struct nft_expr *expr)
{
	(void)builder;
	(void)expr;
	return 0;
}

/* Follows one expression. */
static int build_expr(struct builder *builder, const struct nft_expr *expr)
{
	static const struct {
		const char *name;
		int (*build)(struct builder *builder, const struct nft_expr *expr);
	} builds[] = {
	    {"cmp", build_cmp},           {"range", build_range},     {"limit", build_limit},
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
static int build_comment(struct builder *builder, const struct nft_rule *nft)
{
	const char *text = nft_rule_comment(nft);
	struct xt_comment_info *comment;
	size_t len;

	if (!text)
		return 0;
	comment = match_add(builder, "comment", 0, sizeof(*comment));
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
	struct builder builder = {.rule = &rule, .registers = {.arena = &rule.arena}};
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
