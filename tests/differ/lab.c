/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small host with the rules of a case in its kernel. */
#include "lab.h"
#include "observe/netview_read.h"
#include "prove/catch.h"
#include "../unit/prove_host.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How each tool takes its rules, from the file behind it, and how they go away. */
static const struct {
	const char *load, *flush;
} ways[TOOLS] = {
    [TOOL_NFT] = {"nft -f", "nft 'add table inet t; delete table inet t; add table inet n; delete "
                            "table inet n; add table ip n; delete table ip n; add table ip6 n; "
                            "delete table ip6 n'\n"},
    /* nf_tables lets go of a set when its rules are freed, which is later. */
    [TOOL_IPSET] = {"ipset restore -f", "ipset flush; i=0; until ipset destroy 2>/dev/null || "
                                        "[ $i = 300 ]; do i=$((i + 1)); done; [ $i -lt 300 ]\n"},
    [TOOL_IPTABLES_LEGACY] = {"iptables-legacy-restore", "iptables-legacy-restore empty\n"},
    [TOOL_IP6TABLES_LEGACY] = {"ip6tables-legacy-restore", "ip6tables-legacy-restore empty\n"},
    [TOOL_IPTABLES_NFT] = {"iptables-nft-restore",
                           "for t in raw mangle nat filter; do nft \"add table ip $t; delete "
                           "table ip $t\"; done\n"},
    [TOOL_IP6TABLES_NFT] = {"ip6tables-nft-restore",
                            "for t in raw mangle nat filter; do nft \"add table ip6 $t; delete "
                            "table ip6 $t\"; done\n"},
};

/* Opens a file of the lab to write it. */
static FILE *create(const struct lab *lab, const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", lab->directory, name);
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

void lab_new(struct lab *lab)
{
	_cleanup_error_ struct error *error = NULL;
	char lock[64];
	FILE *file;

	*lab = (struct lab){.directory = "/tmp/seawall-differ.XXXXXX"};
	prove_host_new("");
	prove_host_run("ip route add 2001:db8:9::/64 via 2001:db8:2::fe");
	if (!mkdtemp(lab->directory) ||
	    prover_new(&prove_host, &prove_host_view, INJECT_AUTO, &lab->prover, &error) < 0) {
		fprintf(stderr, "differ: %s\n", error_message(error));
		exit(1);
	}
	/* Labs beside each other do not wait for the machine's one lock. */
	snprintf(lock, sizeof(lock), "%s/lock", lab->directory);
	setenv("XTABLES_LOCKFILE", lock, 1);
	file = create(lab, "empty");
	fputs("*raw\nCOMMIT\n*mangle\nCOMMIT\n*nat\nCOMMIT\n*filter\n:INPUT ACCEPT\n:FORWARD "
	      "ACCEPT\nCOMMIT\n",
	      file);
	fclose(file);
}

/* Forgets all flows: one that was left would make a later packet another than new. */
static void flush_flows(void)
{
	struct {
		struct nlmsghdr head;
		struct nfgenmsg generic;
	} request = {
	    .head = {.nlmsg_len = sizeof(request),
	             .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
	             .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
	};
	uint8_t answer[256];
	int wire = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (wire < 0 || send(wire, &request, sizeof(request), 0) != sizeof(request) ||
	    recv(wire, answer, sizeof(answer), 0) <= 0)
		abort();
	close(wire);
}

/* Writes the parts and the commands that load them. */
static void write_script(struct lab *lab, const struct rules_case *rules)
{
	FILE *script = create(lab, "load");

	fprintf(script, "cd %s || exit\n", lab->directory);
	/* Rules go before the sets that they look into. */
	for (unsigned tool = TOOLS; tool-- > 0; lab->loaded[tool] = false)
		if (lab->loaded[tool])
			fputs(ways[tool].flush, script);
	fputs("set -e\n", script);
	for (size_t i = 0; i < rules->parts.n; i++) {
		const struct part *part = &rules->parts.items[i];
		char name[32];
		FILE *file;

		snprintf(name, sizeof(name), "part%zu", i);
		file = create(lab, name);
		fputs(part->text, file);
		fclose(file);
		fprintf(script, "%s %s\n", ways[part->tool].load, name);
		lab->loaded[part->tool] = true;
	}
	fclose(script);
}

/* Reads the host as it stands. */
static void read_host(struct lab *lab)
{
	_cleanup_error_ struct error *error = NULL;

	if (setns(prove_host.netns, CLONE_NEWNET) < 0)
		abort();
	flush_flows();
	netview_done(&prove_host_view);
	if (netview_read(&prove_host_view, &error) < 0 ||
	    netview_decode(&prove_host_view, &error) < 0 ||
	    host_new(&prove_host_view, CATCH_TABLE, &lab->host, &error) < 0) {
		fprintf(stderr, "differ: %s\n", error_message(error));
		exit(1);
	}
	if (setns(prove_host.home_netns, CLONE_NEWNET) < 0)
		abort();
}

bool lab_load(struct lab *lab, const struct rules_case *rules)
{
	host_free(lab->host);
	lab->host = NULL;
	write_script(lab, rules);
	if (*prove_host_run("sh %s/load >%s/said 2>&1 || echo refused", lab->directory,
	                    lab->directory))
		return false;
	read_host(lab);
	return true;
}

void lab_said(const struct lab *lab, FILE *file)
{
	fputs(prove_host_run("head -c 2000 %s/said", lab->directory), file);
}

void lab_done(struct lab *lab)
{
	host_free(lab->host);
	prover_free(lab->prover);
	(void)prove_host_run("rm -r %s", lab->directory);
	prove_host_free();
}
