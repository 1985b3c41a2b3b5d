/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF program on a link that sends packets for one address on by another link, before any rule:
 * what Cilium and its like do, in thirteen instructions. It stays as long as the process does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modes.h"
#include "verdict.h"

enum { TCX_INGRESS = 46 }; /* younger than the headers */

/** Where a program can hang. */
struct place {
	const char *word;
	uint32_t program, attach, flags;
	int16_t data, data_end; /* of the packet, in the program's context */
	int32_t pass;
};

static const struct place places[] = {
    {"xdp", BPF_PROG_TYPE_XDP, BPF_XDP, XDP_FLAGS_SKB_MODE, offsetof(struct xdp_md, data),
     offsetof(struct xdp_md, data_end), XDP_PASS},
    {"tcx", BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS, 0, offsetof(struct __sk_buff, data),
     offsetof(struct __sk_buff, data_end), -1},
};

/** One instruction. */
static struct bpf_insn insn(int code, int dst, int src, int off, int32_t imm)
{
	return (struct bpf_insn){.code = (uint8_t)code,
	                         .dst_reg = (uint8_t)(dst & 15),
	                         .src_reg = (uint8_t)(src & 15),
	                         .off = (int16_t)off,
	                         .imm = imm};
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/** Loads the program: what is for `address` goes out by link `to`. Returns its descriptor or -1. */
static int load(const struct place *place, struct in_addr address, unsigned to)
{
	const struct bpf_insn program[] = {
	    insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, place->data, 0),
	    insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_1, place->data_end, 0),
	    insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_4, BPF_REG_2, 0, 0),
	    insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_4, 0, 0, 34), /* Ethernet and IP */
	    insn(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 6, 0),
	    insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_5, BPF_REG_2, 30, 0), /* destination */
	    insn(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_5, 0, 4, (int32_t)address.s_addr),
	    insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, (int32_t)to),
	    insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0),
	    insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect),
	    insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	    insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, place->pass),
	    insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {.prog_type = place->program,
	                       .insns = (uintptr_t)program,
	                       .insn_cnt = sizeof(program) / sizeof(*program),
	                       .license = (uintptr_t) "GPL",
	                       .expected_attach_type = place->attach};

	return bpf(BPF_PROG_LOAD, &attr);
}

/** Attaches it and says "ready"; the link goes when we do. */
int hook_main(int argc, char **argv)
{
	union bpf_attr attr = {0};
	const struct place *place = NULL;
	struct in_addr address;
	unsigned at, to;
	int program;

	for (size_t i = 0; argc == 4 && i < sizeof(places) / sizeof(*places); i++)
		if (!strcmp(argv[0], places[i].word))
			place = &places[i];
	if (!place || !inet_aton(argv[2], &address)) {
		fputs("labserver: --hook xdp|tcx DEV ADDRESS TO-DEV; see --help\n", stderr);
		return VERDICT_ERROR;
	}
	at = if_nametoindex(argv[1]);
	to = if_nametoindex(argv[3]);
	program = at && to ? load(place, address, to) : -1;
	if (program >= 0) {
		attr.link_create.prog_fd = (uint32_t)program;
		attr.link_create.target_ifindex = at;
		attr.link_create.attach_type = place->attach;
		attr.link_create.flags = place->flags;
	}
	if (program < 0 || bpf(BPF_LINK_CREATE, &attr) < 0) {
		fprintf(stderr, "labserver: %s on %s: %s\n", place->word, argv[1], strerror(errno));
		return VERDICT_ERROR;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
