/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends probes through a twin or the live kernel and says what became of each.
 *
 * Theory of operation. The injector puts frames into the stack as if they had arrived on a link:
 * BPF_PROG_TEST_RUN with live frames, or AF_PACKET from the far end where BPF is not allowed. The
 * catcher is a table of ours whose chains stand last at input and postrouting, before conntrack
 * confirms: it records the probe's id and where it was going into a set, and drops it. So a probe
 * reaches no socket, leaves the machine nowhere and leaves no conntrack entry.
 */
#pragma once

#include "base/error.h"
#include "base/vec.h"
#include "prove/probe.h"
#include "prove/twin.h"

struct prover;

enum prove_where { PROVE_TWIN, PROVE_LIVE };
enum prove_injector { INJECT_AUTO, INJECT_BPF, INJECT_PACKET };

/*
 * Gets ready in the twin, or with twin NULL in the caller's own namespace (live; `view` is that
 * namespace's). Borrows twin and view until prover_free(). 0 or a negative errno with a sentence.
 */
int prover_new(struct twin *twin, const struct netview *view, enum prove_injector injector,
               struct prover **ret_prover, struct error **ret_error)
    __attribute__((nonnull(2, 4), warn_unused_result));

/*
 * Sends n probes, in chunks of bounded memory, and fills one arrival for each. Probes of one link
 * that stand together are cheapest. 0 or a negative errno with a sentence: then no arrival counts.
 */
int prover_send(struct prover *prover, const struct probe *probes, size_t n,
                struct arrival *arrivals, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * The same for all of `first_port`..`last_port` as destination ports of one probe; calls
 * arrived(probe with that port, arrival, data) for those that arrived only. Arrivals at input
 * count where some socket of the view has the protocol and the port that they got to.
 */
int prover_sweep(struct prover *prover, const struct probe *probe, uint16_t first_port,
                 uint16_t last_port,
                 int (*arrived)(const struct probe *probe, const struct arrival *arrival,
                                void *data),
                 void *data, struct error **ret_error)
    __attribute__((nonnull(1, 2, 5), warn_unused_result));

/*
 * One rule that a traced probe met: where it stands and what it said. Handles are the twin's own:
 * twin_host_handle() tells the host's.
 */
struct trace_step {
	uint8_t family; /* NFPROTO_* */
	bool legacy;    /* an xtables table: handle is the entry's byte offset in its blob */
	bool policy;    /* the chain's policy, no rule; handle 0 */
	char table[64], chain[64];
	uint64_t handle;
	uint32_t verdict;    /* NF_ACCEPT, NF_DROP, or NFT_JUMP, NFT_RETURN, ... */
	char jump_chain[64]; /* of NFT_JUMP and NFT_GOTO */
	/* The packet as it stood when the rule was met, where the kernel told. */
	struct address source, destination;
	uint16_t destination_port;
	uint32_t in_ifindex, out_ifindex;
};

VEC_TYPE(trace_steps, struct trace_step);

/*
 * Sends one probe with tracing on and fills steps in the order the kernel took them; legacy tables
 * are told from their counters. Twin only. The caller frees with vec_done().
 */
int prover_trace(struct prover *prover, const struct probe *probe, struct trace_steps *ret_steps,
                 struct arrival *ret_arrival, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

struct prove_counts {
	uint64_t sent, arrived;
	double seconds; /* wall time inside prover_send and prover_sweep */
};
struct prove_counts prover_counts(const struct prover *prover) __attribute__((nonnull));

/* "bpf" or "packet". */
const char *prover_injector_name(const struct prover *prover) __attribute__((nonnull));

void prover_free(struct prover *prover);
DEFINE_CLEANUP(struct prover, prover_free);
