/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main job: who can reach each container port, was it meant, and what to do about it.
 *
 * An audit is a value: audit_run() makes it from a snapshot, report writes it, nobody
 * changes it. Strings are borrowed from its arena or from the snapshot, which must outlive it.
 */
#pragma once

#include "base/arena.h"
#include "base/notes.h"
#include "base/prefixes.h"
#include "intent/intent.h"
#include "observe/snapshot.h"
#include "prove/prove.h"
#include "reach/reach.h"

enum certainty { CERTAIN_MUST, CERTAIN_MAY };

/* The rule that decides, for people and for JSON. */
struct rule_note {
	const char *family; /* "ip", "ip6", "inet", ...; NULL: no rule known */
	const char *table, *chain, *text;
	uint64_t handle;   /* nft's; 0 for policies and legacy entries */
	unsigned line;     /* a legacy entry's number in its chain, from 1; 0 for nft */
	bool legacy;       /* of iptables-legacy */
	const char *owner; /* "Docker", "ufw", "firewalld", "yours", ... */
};

/* A run of sources that get to one endpoint in one way. */
struct reach_entry {
	enum reach_path path;
	unsigned classes;  /* bit 1 << enum vantage_class: where those sources stand */
	const char *in;    /* interface name */
	const char *zone;  /* "world", "containers", ... */
	struct address to; /* what the sender addressed */
	uint16_t to_port;
	struct prefixes sources;
	struct prefixes genuine; /* of these, those that are not forged */
	struct prefixes far; /* and those of a link beyond it that rules tell apart from others */
	/* Of the genuine ones, whom the host's own INPUT rules deny this port; their classes. */
	struct prefixes denied;
	unsigned denied_classes;
	bool rounded; /* not all of the sources: they are what encloses them */
	enum certainty certainty;
	struct notes unknown;
	struct rule_note rule;
	bool live; /* proved on the live host, not in the twin */
	uint64_t sent, arrived;
	bool agrees;
	bool meant;       /* by intent */
	unsigned problem; /* the row of findings that speaks of it; 0: it is none, or accepted */
	/* Where more than a bind address says who may get in: that row, and who may not. */
	const struct intent_port *row;
	struct prefixes unmeant;
	bool own_address; /* `to` belongs to the interface that the packet came in by */
	const struct published_port *published; /* the mapping that was used; NULL for none */
	const char *relay; /* the process whose socket took it: "docker-proxy"; NULL: forwarded */
	struct probe witness;     /* a packet that got there */
	uint8_t witness_len;      /* prefix length of what the witness stands for */
	uint32_t vantage_ifindex; /* the interface that IP sees it come in by */
	/*
	 * Where rules waver the proof goes through several passes (proof_run.h): in which of them
	 * the witness arrived, and a packet of this entry that did not in all, if there is one.
	 */
	uint32_t passes, doubtful_passes;
	struct probe doubtful;
};

/* Who should reach an endpoint. */
struct intent_entry {
	const char *zone; /* or NULL where a source is named */
	struct prefix source;
	const char *from; /* "bind", "label", "policy" */
};

struct audit_endpoint {
	const char *id;                    /* CONTAINER/ADDRESS:PORT/PROTO */
	const char *name;                  /* the container's, or the Swarm service's */
	const struct container *container; /* NULL: a Swarm service's mesh port */
	const char *network;
	struct address address;
	uint16_t port;
	uint8_t protocol;
	bool listening;       /* something is known to listen on it */
	bool listening_known; /* what listens could be read */
	VEC(struct published_port) published;
	VEC(struct intent_entry) intent;
	VEC(struct reach_entry) reach;
};

/* A way through a web proxy that leads to an endpoint, or to nothing. */
struct proxied {
	const struct site_route *route; /* borrowed from the snapshot */
	size_t endpoint;                /* SIZE_MAX: nothing answers there */
	struct address to;              /* what the proxy addresses; family 0: a name without one */
	const char *container;          /* the proxy's; NULL: it is a process of this host */
	const char *name;               /* "wiki.example.com", "any name" */
	const char *who;                /* which outsiders get to the proxy; NULL: none */
};

enum finding_kind {
	FINDING_EXPOSURE,
	FINDING_BYPASS,
	FINDING_OUTAGE,
	FINDING_RELAY,
	FINDING_INEFFECTIVE,
	FINDING_UNKNOWN,
	FINDING_DISAGREEMENT,
	FINDING_KINDS
};
enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITIES };

/* What stands after a port number: "" for TCP, which goes without saying, "/udp", "/sctp". */
const char *protocol_suffix(uint8_t protocol);

const char *finding_kind_name(enum finding_kind kind);
const char *severity_name(enum severity severity);

struct finding {
	enum finding_kind kind;
	enum severity severity;
	const char *mechanism; /* "M11" */
	size_t endpoint;       /* index into audit.endpoints; SIZE_MAX: about the host */
	enum reach_path path;
	bool has_path;  /* path and to say something */
	const char *in; /* interface, or NULL */
	struct address to;
	uint16_t to_port;
	struct prefixes sources;
	struct rule_note rule;
	const char *subject; /* "db": the container's name, or "host" */
	const char *who;     /* "anyone", "neighbours on eth0", "anyone, IPv6 only" */
	const char *why;     /* one sentence */
	const char *fix;     /* one sentence or command */
	/*
	 * The problem's number on the first screen, from 1. Findings of one row stand together (one
	 * for each interface); the first one's who and why speak for all.
	 */
	unsigned row;
	bool past_proxy; /* around a web proxy that leads to the same endpoint */
	unsigned merged; /* how many reach entries this one finding speaks for */
};

/* A line of the FINE part: an endpoint that is as meant. */
struct fine_line {
	const char *subject, *who, *meant_by;
};

struct audit {
	struct arena arena;
	const struct snapshot *snapshot;
	const struct intent *intent; /* borrowed; NULL: bind addresses alone say what is meant */
	const char
	    *firewall; /* "ufw active (IPv4 only)", "no host firewall", ... for the first line */
	const char *firewall_name; /* "ufw", "firewalld", "your own firewall": for sentences */
	bool firewall_denies;      /* some rule or policy at input drops */
	VEC(struct audit_endpoint) endpoints;
	VEC(struct container) nameless; /* those that only a rule or a relay tells of */
	VEC(struct proxied) proxied;    /* what web proxies lead to */
	VEC(struct finding) findings;   /* worst first */
	VEC(struct fine_line) fine;
	bool live;         /* proved through the host itself, not a twin */
	bool proved;       /* packets were sent: else nothing is known to be fine */
	const char *asked; /* what alone was tried: "TCP in by eth0"; NULL: everything */
	uint64_t packets, agree, disagree;
	double seconds;
	struct notes incomplete; /* makes exit code 3 */
	struct notes notes;      /* said, but makes nothing incomplete */
};

/* Bits of audit_options.protocols. */
enum { AUDIT_TCP = 1, AUDIT_UDP = 2, AUDIT_SCTP = 4 };

struct audit_options {
	bool live;      /* through the host itself */
	bool all_ports; /* all 65,535 ports of each address and protocol */
	bool user_namespace;
	const struct intent *intent; /* NULL: bind addresses alone say what is meant; outlives it */
	bool no_proof;               /* observe and compare only: for tests of the pure part */
	unsigned protocols;          /* AUDIT_TCP | AUDIT_UDP | AUDIT_SCTP; 0: all of them */
	enum prove_injector injector;
	const char *only_in;      /* NULL: by every interface */
	struct address only_from; /* with only_in: this sender; family 0: all */
	struct address only_to;   /* family 0: every address */
	void (*progress)(const char *what, void *data); /* a step began; may be NULL */
	void *progress_data;
};

/* Audits a snapshot. 0 and an audit for audit_free(), or a negative errno with a sentence. */
int audit_run(const struct snapshot *snapshot, const struct audit_options *options,
              struct audit **ret_audit, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* 0 fine, 1 problems, 3 incomplete, 4 model and kernel disagree; the strongest that holds. */
int audit_exit_code(const struct audit *audit) __attribute__((nonnull));

void audit_free(struct audit *audit);
DEFINE_CLEANUP(struct audit, audit_free);
