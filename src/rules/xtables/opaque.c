/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches of iptables that the fields of a packet do not decide: their own words are an unknown.
 *
 * "shared" are those that answer the same for the same packet wherever they stand: what its bytes,
 * its socket, its flow, its interfaces say. Not so what counts or draws lots.
 */
#include "rules/xtables/xt.h"

#include <string.h>

/* An option with n words behind it. */
#define WORDS(name, n)                                                                             \
	{                                                                                          \
		name, n, 0, NULL, 0                                                                \
	}
#define NEGATED(name, n)                                                                           \
	{                                                                                          \
		name, n, XT_NOT, NULL, 0                                                           \
	}
#define AGAIN(name, n)                                                                             \
	{                                                                                          \
		name, n, XT_NOT | XT_AGAIN, NULL, 0                                                \
	}

static const struct xt_option comment[] = {WORDS("comment", 1), {0}};
static const struct xt_option limit[] = {NEGATED("limit", 1), WORDS("limit-burst", 1), {0}};
static const struct xt_option hashlimit[] = {
    NEGATED("hashlimit", 1),
    NEGATED("hashlimit-upto", 1),
    NEGATED("hashlimit-above", 1),
    WORDS("hashlimit-burst", 1),
    WORDS("hashlimit-mode", 1),
    WORDS("hashlimit-name", 1),
    WORDS("hashlimit-srcmask", 1),
    WORDS("hashlimit-dstmask", 1),
    WORDS("hashlimit-htable-size", 1),
    WORDS("hashlimit-htable-max", 1),
    WORDS("hashlimit-htable-gcinterval", 1),
    WORDS("hashlimit-htable-expire", 1),
    WORDS("hashlimit-rate-match", 0),
    WORDS("hashlimit-rate-interval", 1),
    {0},
};
static const struct xt_option recent[] = {
    NEGATED("set", 0),
    NEGATED("rcheck", 0),
    NEGATED("update", 0),
    NEGATED("remove", 0),
    WORDS("seconds", 1),
    WORDS("reap", 0),
    WORDS("hitcount", 1),
    WORDS("rttl", 0),
    WORDS("name", 1),
    WORDS("rsource", 0),
    WORDS("rdest", 0),
    WORDS("mask", 1),
    {0},
};
static const struct xt_option connlimit[] = {
    WORDS("connlimit-upto", 1),  NEGATED("connlimit-above", 1), WORDS("connlimit-mask", 1),
    WORDS("connlimit-saddr", 0), WORDS("connlimit-daddr", 0),   {0},
};
static const struct xt_option statistic[] = {
    WORDS("mode", 1), NEGATED("probability", 1), NEGATED("every", 1), WORDS("packet", 1), {0},
};
static const struct xt_option owner[] = {
    NEGATED("uid-owner", 1),     NEGATED("gid-owner", 1),
    NEGATED("socket-exists", 0), WORDS("suppl-groups", 0),
    NEGATED("pid-owner", 1),     NEGATED("sid-owner", 1),
    NEGATED("cmd-owner", 1),     {0},
};

/* --restore-skmark */
static int read_restore_mark(struct xt_draft *draft, struct xt_use *use,
                             const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->change.kept = true;
	return 0;
}

/* finish() of socket: where it matches it may set the packet's mark to the socket's. */
static int finish_socket(struct xt_draft *draft, struct xt_use *use)
{
	int status = xt_finish_unknown(draft, use);

	return status < 0 || !use->change.kept ? status
	                                       : xt_forget(draft, use, FIELD_MARK, UINT32_MAX);
}

static const struct xt_option socket_options[] = {
    WORDS("transparent", 0),
    WORDS("nowildcard", 0),
    {"restore-skmark", 0, 0, read_restore_mark, 0},
    {0},
};
static const struct xt_option physdev[] = {
    NEGATED("physdev-in", 1),     NEGATED("physdev-out", 1),        NEGATED("physdev-is-in", 0),
    NEGATED("physdev-is-out", 0), NEGATED("physdev-is-bridged", 0), {0},
};
static const struct xt_option rpfilter[] = {
    WORDS("loose", 0), WORDS("validmark", 0), WORDS("accept-local", 0), WORDS("invert", 0), {0}};
static const struct xt_option policy[] = {
    WORDS("dir", 1),
    WORDS("pol", 1),
    WORDS("strict", 0),
    AGAIN("reqid", 1),
    AGAIN("spi", 1),
    AGAIN("proto", 1),
    AGAIN("mode", 1),
    AGAIN("tunnel-src", 1),
    AGAIN("tunnel-dst", 1),
    AGAIN("next", 0),
    {0},
};
static const struct xt_option tcpmss[] = {NEGATED("mss", 1), {0}};
static const struct xt_option string[] = {
    WORDS("from", 1),
    WORDS("to", 1),
    WORDS("algo", 1),
    WORDS("icase", 0),
    NEGATED("string", 1),
    NEGATED("hex-string", 1),
    {0},
};
static const struct xt_option u32[] = {NEGATED("u32", 1), {0}};
static const struct xt_option bpf[] = {WORDS("bytecode", 1), WORDS("object-pinned", 1), {0}};
static const struct xt_option time_options[] = {
    WORDS("datestart", 1),
    WORDS("datestop", 1),
    WORDS("timestart", 1),
    WORDS("timestop", 1),
    NEGATED("monthdays", 1),
    NEGATED("weekdays", 1),
    WORDS("kerneltz", 0),
    WORDS("utc", 0),
    WORDS("localtz", 0),
    WORDS("contiguous", 0),
    {0},
};
static const struct xt_option cpu[] = {NEGATED("cpu", 1), {0}};
static const struct xt_option helper[] = {NEGATED("helper", 1), {0}};
static const struct xt_option realm[] = {NEGATED("realm", 1), {0}};
static const struct xt_option devgroup[] = {NEGATED("src-group", 1), NEGATED("dst-group", 1), {0}};
static const struct xt_option cgroup[] = {NEGATED("path", 1), NEGATED("cgroup", 1), {0}};
static const struct xt_option esp[] = {NEGATED("espspi", 1), {0}};
static const struct xt_option ah[] = {
    NEGATED("ahspi", 1), NEGATED("ahlen", 1), WORDS("ahres", 0), {0}};
static const struct xt_option ipcomp[] = {NEGATED("ipcompspi", 1), WORDS("compres", 0), {0}};
static const struct xt_option quota[] = {NEGATED("quota", 1), {0}};
static const struct xt_option nfacct[] = {WORDS("nfacct-name", 1), {0}};
static const struct xt_option connbytes[] = {
    NEGATED("connbytes", 1), WORDS("connbytes-dir", 1), WORDS("connbytes-mode", 1), {0}};
static const struct xt_option connlabel[] = {NEGATED("label", 1), WORDS("set", 0), {0}};
static const struct xt_option cluster[] = {WORDS("cluster-total-nodes", 1),
                                           NEGATED("cluster-local-node", 1),
                                           NEGATED("cluster-local-nodemask", 1),
                                           WORDS("cluster-hash-seed", 1),
                                           {0}};
static const struct xt_option osf[] = {NEGATED("genre", 1), WORDS("ttl", 1), WORDS("log", 1), {0}};
static const struct xt_option rateest[] = {
    WORDS("rateest", 1),      WORDS("rateest1", 1),
    WORDS("rateest2", 1),     WORDS("rateest-delta", 0),
    WORDS("rateest-bps", 1),  WORDS("rateest-pps", 1),
    WORDS("rateest-bps1", 1), WORDS("rateest-pps1", 1),
    WORDS("rateest-bps2", 1), WORDS("rateest-pps2", 1),
    NEGATED("rateest-lt", 0), NEGATED("rateest-gt", 0),
    NEGATED("rateest-eq", 0), {0},
};
static const struct xt_option ipvs[] = {
    NEGATED("ipvs", 0), NEGATED("vproto", 1),  NEGATED("vaddr", 1),    NEGATED("vport", 1),
    WORDS("vdir", 1),   NEGATED("vmethod", 1), NEGATED("vportctl", 1), {0},
};
static const struct xt_option l2tp[] = {
    WORDS("pversion", 1), NEGATED("tid", 1), NEGATED("sid", 1), WORDS("type", 1), {0}};
static const struct xt_option frag[] = {
    NEGATED("fragid", 1),
    NEGATED("fraglen", 1),
    WORDS("fragres", 0),
    WORDS("fragfirst", 0),
    WORDS("fragmore", 0),
    WORDS("fraglast", 0),
    {0},
};
static const struct xt_option rt[] = {
    NEGATED("rt-type", 1),
    NEGATED("rt-segsleft", 1),
    NEGATED("rt-len", 1),
    WORDS("rt-0-res", 0),
    WORDS("rt-0-addrs", 1),
    WORDS("rt-0-not-strict", 0),
    {0},
};
static const struct xt_option hbh[] = {NEGATED("hbh-len", 1), WORDS("hbh-opts", 1), {0}};
static const struct xt_option dst[] = {NEGATED("dst-len", 1), WORDS("dst-opts", 1), {0}};
static const struct xt_option ipv6header[] = {NEGATED("header", 1), WORDS("soft", 0), {0}};
static const struct xt_option mh[] = {NEGATED("mh-type", 1), {0}};
static const struct xt_option srh[] = {
    NEGATED("srh-next-hdr", 1),
    NEGATED("srh-hdr-len-eq", 1),
    NEGATED("srh-hdr-len-gt", 1),
    NEGATED("srh-hdr-len-lt", 1),
    NEGATED("srh-segs-left-eq", 1),
    NEGATED("srh-segs-left-gt", 1),
    NEGATED("srh-segs-left-lt", 1),
    NEGATED("srh-last-entry-eq", 1),
    NEGATED("srh-last-entry-gt", 1),
    NEGATED("srh-last-entry-lt", 1),
    NEGATED("srh-tag", 1),
    NEGATED("srh-psid", 1),
    NEGATED("srh-nsid", 1),
    NEGATED("srh-lsid", 1),
    {0},
};

/* --match-set: a set's counters, once asked for, differ from rule to rule. */
static int read_set(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	const struct xt_word *flags = &argument->values[1];

	for (const char *at = flags->text;;) {
		size_t len = xt_part(at, ',');

		if (len != 3 || (memcmp(at, "src", 3) != 0 && memcmp(at, "dst", 3) != 0))
			return xt_expected_in(draft->reader, flags, (size_t)(at - flags->text), len,
			                      "src or dst, joined by commas");
		at += len;
		if (*at++ == '\0')
			break;
	}
	use->set.name = argument->values[0].text;
	use->set.flags = flags->text;
	use->set.negated = argument->negated;
	return 0;
}

/* The options of the counters of a set's element. */
static int read_set_counter(struct xt_draft *draft, struct xt_use *use,
                            const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->set.counted = true;
	return 0;
}

static const struct xt_option set[] = {
    {"match-set", 2, XT_NOT, read_set, 0},          {"set", 2, XT_NOT, read_set, 0},
    {"return-nomatch", 0, 0, read_set_counter, 0},  {"update-counters", 0, XT_NOT, NULL, 0},
    {"update-subcounters", 0, XT_NOT, NULL, 0},     {"packets-eq", 1, XT_NOT, read_set_counter, 0},
    {"packets-lt", 1, XT_NOT, read_set_counter, 0}, {"packets-gt", 1, XT_NOT, read_set_counter, 0},
    {"bytes-eq", 1, XT_NOT, read_set_counter, 0},   {"bytes-lt", 1, XT_NOT, read_set_counter, 0},
    {"bytes-gt", 1, XT_NOT, read_set_counter, 0},   {0},
};

/* finish() of set: "ipset NAME src,dst", whose elements are not in the file. */
static int finish_set(struct xt_draft *draft, struct xt_use *use)
{
	struct ruleset *ruleset = draft->reader->ruleset;
	const char *text;

	if (!use->set.name)
		return xt_expected(draft->reader, &use->name, "--match-set with it");
	if (use->set.counted)
		return xt_finish_unknown(draft, use);
	text = arena_printf(&ruleset->arena, "%sipset %s %s", use->set.negated ? "! " : "",
	                    use->set.name, use->set.flags);
	return text ? rule_add_unknown(ruleset, &draft->rule, true, text) : -ENOMEM;
}

#define COUNTING(name_, options_)                                                                  \
	{                                                                                          \
		.name = (name_), .options = (options_), .finish = xt_finish_unknown                \
	}
#define OF_PACKET(name_, options_)                                                                 \
	{                                                                                          \
		.name = (name_), .options = (options_), .finish = xt_finish_unknown,               \
		.shared = true                                                                     \
	}
#define OF_IPV6(name_, options_)                                                                   \
	{                                                                                          \
		.name = (name_), .options = (options_), .finish = xt_finish_unknown,               \
		.shared = true, .family = NFPROTO_IPV6                                             \
	}
#define OF_PROTOCOL(name_, options_, protocol)                                                     \
	{                                                                                          \
		.name = (name_), .options = (options_), .finish = xt_finish_unknown,               \
		.shared = true, .protocols = {protocol}, .whole = true                             \
	}

const struct xt_extension xt_opaque_matches[] = {
    {.name = "comment", .options = comment},
    {.name = "set", .options = set, .finish = finish_set},
    COUNTING("limit", limit),
    COUNTING("hashlimit", hashlimit),
    COUNTING("recent", recent),
    COUNTING("connlimit", connlimit),
    COUNTING("statistic", statistic),
    COUNTING("quota", quota),
    COUNTING("nfacct", nfacct),
    COUNTING("connlabel", connlabel),
    COUNTING("rateest", rateest),
    COUNTING("connbytes", connbytes),
    OF_PACKET("owner", owner),
    {.name = "socket", .options = socket_options, .finish = finish_socket, .shared = true},
    OF_PACKET("physdev", physdev),
    OF_PACKET("rpfilter", rpfilter),
    OF_PACKET("policy", policy),
    OF_PACKET("string", string),
    OF_PACKET("u32", u32),
    OF_PACKET("bpf", bpf),
    OF_PACKET("time", time_options),
    OF_PACKET("cpu", cpu),
    OF_PACKET("helper", helper),
    OF_PACKET("realm", realm),
    OF_PACKET("devgroup", devgroup),
    OF_PACKET("cgroup", cgroup),
    OF_PACKET("cluster", cluster),
    OF_PACKET("osf", osf),
    OF_PACKET("ipvs", ipvs),
    OF_PACKET("l2tp", l2tp),
    OF_PACKET("unclean", NULL),
    OF_PROTOCOL("tcpmss", tcpmss, IPPROTO_TCP),
    OF_PROTOCOL("esp", esp, IPPROTO_ESP),
    OF_PROTOCOL("ah", ah, IPPROTO_AH),
    OF_PROTOCOL("ipcomp", ipcomp, IPPROTO_COMP),
    OF_PROTOCOL("mh", mh, IPPROTO_MH),
    OF_IPV6("frag", frag),
    OF_IPV6("rt", rt),
    OF_IPV6("hbh", hbh),
    OF_IPV6("dst", dst),
    OF_IPV6("ipv6header", ipv6header),
    OF_IPV6("eui64", NULL),
    OF_IPV6("srh", srh),
    {0},
};
