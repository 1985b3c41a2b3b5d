/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet's way through the host: hook by hook, rule by rule, and what the kernel said.
 *
 * Theory of operation. An audit, narrowed to what was asked, tells which packet to look at: one
 * that got in although it should not have, else one that got in, else one that is made up for the
 * question. It is then taken through the rules as read (reach/host_walk.h), and sent through a
 * twin with tracing on. The two lists of rules are laid side by side. An explanation is a value;
 * report writes it.
 */
#pragma once

#include "audit/audit.h"

/* What is to be explained. */
struct explain_target {
	enum {
		ASK_PROBLEM,   /* a problem of the audit, by number */
		ASK_PORT,      /* a port of this host */
		ASK_CONTAINER, /* a container, or one port of it */
		ASK_ADDRESS,   /* an address and a port */
	} kind;
	unsigned problem;
	const char *container; /* owned; CONTAINER */
	struct address address;
	uint16_t port;    /* 0: any of the container's */
	uint8_t protocol; /* 0: any of the container's */
};

/*
 * Reads "1", "1234/tcp", "web", "web:80/tcp" or "192.0.2.1:80/tcp", "[2001:db8::1]:80/udp"; a
 * missing protocol is TCP, but any for a container. 0 and a target for explain_target_done(), or
 * -EINVAL with a sentence, -ENOMEM.
 */
int explain_target_parse(const char *text, struct explain_target *ret_target,
                         struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
void explain_target_done(struct explain_target *target) __attribute__((nonnull));

/* What is known of a step from the kernel's trace. */
enum explain_traced {
	TRACED_SAME,    /* the kernel's trace names the same rule */
	TRACED_MISSING, /* it does not */
	TRACED_ONLY,    /* only the kernel's trace does */
	TRACED_UNTOLD,  /* traces do not tell of such steps */
};

struct explain_step {
	enum { EXPLAINED_RULE, EXPLAINED_TRACKED, EXPLAINED_REWRITTEN, EXPLAINED_ROUTED } kind;
	const char *hook;      /* "prerouting"; below IP "ingress", "bridge forward" */
	struct rule_note rule; /* RULE; REWRITTEN where a rule did it */
	const char *verdict;   /* RULE: "accept", "jump DOCKER"; NULL: it went on */
	const char *what; /* what happened, in words; RULE: the element that matched, or NULL */
	enum explain_traced traced;
	/* The packet behind it. */
	struct address source, destination;
	uint16_t source_port, port;
	uint32_t mark;
};

struct explanation {
	struct arena arena;
	const struct audit *audit;     /* borrowed */
	const struct finding *finding; /* borrowed from it; NULL: the packet is no problem */
	const struct audit_endpoint *endpoint; /* whose it is meant for, or NULL */
	bool has_packet; /* false: a problem without one; only finding is filled */
	bool meant;      /* it gets in, and that is as declared */
	struct probe probe;
	const char *in, *sender; /* "eth0"; "somebody beyond a gateway" */
	VEC(struct explain_step) steps;
	bool arrives;             /* by the model */
	const char *end;          /* what becomes of it, in words */
	struct rule_note decider; /* the rule that lets it in or stops it; family NULL: none */
	const char *reason;       /* what stops it where no rule does, or NULL */
	const char *change;     /* what would have to change for it to get in; NULL where it does */
	bool asked_kernel;      /* it was sent */
	const char *kernel_end; /* what the kernel did with it, in words */
	bool end_agrees;        /* the same became of it */
	unsigned same, differs; /* rules that both met, and that only one did */
	struct notes unknown;   /* what is not known by reading, and was left to the kernel */
	struct notes incomplete;
};

/* Which packet, beside the target. */
struct explain_options {
	const char *in;                /* NULL: any */
	struct address from, to;       /* family 0: any */
	bool user_namespace, no_proof; /* as in audit_options */
};

/*
 * Explains, by an audit of the same snapshot that was narrowed by the same options. 0 and an
 * explanation for explain_free(), or a negative errno with a sentence: -ENOENT where the target is
 * not there.
 */
int explain_make(const struct audit *audit, const struct explain_target *target,
                 const struct explain_options *options, struct explanation **ret_explanation,
                 struct error **ret_error) __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
void explain_free(struct explanation *explanation);
DEFINE_CLEANUP(struct explanation, explain_free);

/* 4 where model and kernel disagree, 1 for a problem, 3 for incomplete, else 0. */
int explain_exit_code(const struct explanation *explanation) __attribute__((nonnull));
