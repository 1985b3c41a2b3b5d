/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets of iptables that leave a packet on its way: they log, count, label, tune. */
#include "rules/xtables/xt.h"

#include <string.h>

#define WORDS(name, n)                                                                             \
	{                                                                                          \
		name, n, 0, NULL, 0                                                                \
	}

static const struct xt_option log_options[] = {
    WORDS("log-level", 1),        WORDS("log-prefix", 1),
    WORDS("log-tcp-sequence", 0), WORDS("log-tcp-options", 0),
    WORDS("log-ip-options", 0),   WORDS("log-uid", 0),
    WORDS("log-macdecode", 0),    {0},
};
static const struct xt_option nflog[] = {
    WORDS("nflog-group", 1), WORDS("nflog-prefix", 1),    WORDS("nflog-range", 1),
    WORDS("nflog-size", 1),  WORDS("nflog-threshold", 1), {0},
};
static const struct xt_option ulog[] = {WORDS("ulog-nlgroup", 1),
                                        WORDS("ulog-prefix", 1),
                                        WORDS("ulog-cprange", 1),
                                        WORDS("ulog-qthreshold", 1),
                                        {0}};
static const struct xt_option tee[] = {WORDS("gateway", 1), WORDS("oif", 1), {0}};
static const struct xt_option classify[] = {WORDS("set-class", 1), {0}};
static const struct xt_option tcpmss[] = {WORDS("clamp-mss-to-pmtu", 0), WORDS("set-mss", 1), {0}};
static const struct xt_option tcpoptstrip[] = {WORDS("strip-options", 1), {0}};
static const struct xt_option checksum[] = {WORDS("checksum-fill", 0), {0}};
static const struct xt_option audit[] = {WORDS("type", 1), {0}};
static const struct xt_option secmark[] = {WORDS("selctx", 1), {0}};
static const struct xt_option connsecmark[] = {WORDS("save", 0), WORDS("restore", 0), {0}};
static const struct xt_option idletimer[] = {
    WORDS("timeout", 1), WORDS("label", 1), WORDS("alarm", 0), WORDS("send_nl_msg", 1), {0}};
static const struct xt_option led[] = {
    WORDS("led-trigger-id", 1), WORDS("led-delay", 1), WORDS("led-always-blink", 0), {0}};
static const struct xt_option rateest[] = {
    WORDS("rateest-name", 1), WORDS("rateest-interval", 1), WORDS("rateest-ewmalog", 1), {0}};

/* --notrack */
static int read_notrack(struct xt_draft *draft, struct xt_use *use,
                        const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->change.kept = true;
	return 0;
}

/* Adds the step of a packet that gets no flow. */
static int finish_notrack(struct xt_draft *draft, struct xt_use *use)
{
	(void)use;
	return rule_add_step(&draft->rule, STEP_NOTRACK) ? 0 : -ENOMEM;
}

/* finish() of CT: a helper, a zone, a timeout are the flow's, and no matter here. */
static int finish_ct(struct xt_draft *draft, struct xt_use *use)
{
	return use->change.kept ? finish_notrack(draft, use) : xt_finish_effect(draft, use);
}

static const struct xt_option ct[] = {
    {"notrack", 0, 0, read_notrack, 0},
    WORDS("helper", 1),
    WORDS("timeout", 1),
    WORDS("ctevents", 1),
    WORDS("expevents", 1),
    WORDS("zone", 1),
    WORDS("zone-orig", 1),
    WORDS("zone-reply", 1),
    {0},
};

/* --map-mark */
static int read_map_mark(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->change.kept = true;
	return 0;
}

/* finish() of SET: what it adds and takes away is not in the file; it may set the mark. */
static int finish_set(struct xt_draft *draft, struct xt_use *use)
{
	return use->change.kept ? xt_forget(draft, use, FIELD_MARK, UINT32_MAX)
	                        : xt_finish_effect(draft, use);
}

static const struct xt_option set[] = {
    WORDS("add-set", 2),  WORDS("del-set", 2),   WORDS("map-set", 2),
    WORDS("exist", 0),    WORDS("timeout", 1),   {"map-mark", 0, 0, read_map_mark, 0},
    WORDS("map-prio", 0), WORDS("map-queue", 0), {0},
};

/* finish() of HMARK: the mark is a hash. */
static int finish_hmark(struct xt_draft *draft, struct xt_use *use)
{
	return xt_forget(draft, use, FIELD_MARK, UINT32_MAX);
}

static const struct xt_option hmark[] = {
    WORDS("hmark-tuple", 1),      WORDS("hmark-mod", 1),
    WORDS("hmark-offset", 1),     WORDS("hmark-src-prefix", 1),
    WORDS("hmark-dst-prefix", 1), WORDS("hmark-sport-mask", 1),
    WORDS("hmark-dport-mask", 1), WORDS("hmark-spi-mask", 1),
    WORDS("hmark-sport", 1),      WORDS("hmark-dport", 1),
    WORDS("hmark-spi", 1),        WORDS("hmark-proto-mask", 1),
    WORDS("hmark-rnd", 1),        {0},
};

/* --ecn-tcp-remove */
static int read_ecn_remove(struct xt_draft *draft, struct xt_use *use,
                           const struct xt_argument *argument)
{
	(void)draft;
	(void)argument;
	use->change.kept = true;
	return 0;
}

/* finish() of ECN: it clears two TCP flags. */
static int finish_ecn(struct xt_draft *draft, struct xt_use *use)
{
	enum { ECE_CWR = 0xc0 };

	return use->change.kept ? xt_assign(draft, FIELD_TCP_FLAGS, ECE_CWR, 0)
	                        : xt_finish_effect(draft, use);
}

static const struct xt_option ecn[] = {
    {"ecn-tcp-remove", 0, 0, read_ecn_remove, 0},
    WORDS("ecn-tcp-cwr", 1),
    WORDS("ecn-tcp-ece", 1),
    WORDS("ecn-ip-ect", 1),
    {0},
};

#define EFFECT(name_, options_)                                                                    \
	{                                                                                          \
		.name = (name_), .options = (options_), .finish = xt_finish_effect                 \
	}

const struct xt_extension xt_effect_targets[] = {
    EFFECT("LOG", log_options),
    EFFECT("NFLOG", nflog),
    EFFECT("ULOG", ulog),
    EFFECT("TRACE", NULL),
    {.name = "CT", .options = ct, .finish = finish_ct},
    {.name = "NOTRACK", .finish = finish_notrack},
    {.name = "SET", .options = set, .finish = finish_set},
    EFFECT("TEE", tee),
    EFFECT("CLASSIFY", classify),
    EFFECT("TCPMSS", tcpmss),
    EFFECT("TCPOPTSTRIP", tcpoptstrip),
    EFFECT("CHECKSUM", checksum),
    EFFECT("AUDIT", audit),
    EFFECT("SECMARK", secmark),
    EFFECT("CONNSECMARK", connsecmark),
    EFFECT("IDLETIMER", idletimer),
    EFFECT("LED", led),
    EFFECT("RATEEST", rateest),
    {.name = "HMARK", .options = hmark, .finish = finish_hmark},
    {.name = "ECN",
     .options = ecn,
     .finish = finish_ecn,
     .protocols = {IPPROTO_TCP},
     .family = NFPROTO_IPV4},
    {0},
};
