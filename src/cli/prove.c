/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall prove`: the same audit, by more packets, or through the host itself. */
#include "cli/commands.h"
#include "cli/survey.h"

#include <stdio.h>
#include <unistd.h>

static const struct option_choice protocol_choices[] = {
    {"tcp", AUDIT_TCP},
    {"udp", AUDIT_UDP},
    {"sctp", AUDIT_SCTP},
    {0},
};

static const struct option_choice injector_choices[] = {
    {"auto", INJECT_AUTO},
    {"bpf", INJECT_BPF},
    {"packet", INJECT_PACKET},
    {0},
};

static const struct option prove_options[] = {
    {
        .name = "all-ports",
        .kind = OPTION_FLAG,
        .help = "all 65,535 ports of each address and protocol",
        .offset = offsetof(struct settings, all_ports),
    },
    {
        .name = "live",
        .kind = OPTION_FLAG,
        .help = "through this host itself instead of a copy; says first what that touches",
        .offset = offsetof(struct settings, live),
    },
    {
        .name = "yes",
        .letter = 'y',
        .kind = OPTION_FLAG,
        .help = "do not ask before --live",
        .offset = offsetof(struct settings, yes),
    },
    {
        .name = "proto",
        .kind = OPTION_CHOICES,
        .argument = "LIST",
        .choices = protocol_choices,
        .help = "protocols to try, with commas between: tcp, udp, sctp; default: all",
        .offset = offsetof(struct settings, protocols),
    },
    {
        .name = "in",
        .kind = OPTION_TEXT,
        .argument = "IFACE",
        .help = "only packets that come in by this interface",
        .offset = offsetof(struct settings, only_in),
    },
    {
        .name = "from",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "with --in: only from this address",
        .offset = offsetof(struct settings, only_from),
    },
    {
        .name = "to",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "only to this address",
        .offset = offsetof(struct settings, only_to),
    },
    {
        .name = "injector",
        .kind = OPTION_CHOICE,
        .argument = "HOW",
        .choices = injector_choices,
        .help = "how packets get in: bpf (fast), packet (where BPF is not allowed) or auto",
        .offset = offsetof(struct settings, injector),
    },
    {0},
};

static const char live_warning[] =
    "--live sends its packets through this host's own rules. Each is dropped before any service\n"
    "sees it, but on the way\n"
    "  - counters of rules and interfaces move,\n"
    "  - rules that log write log lines,\n"
    "  - rules that remember (limit, recent, hashlimit, connlimit, dynamic sets) remember it,\n"
    "  - a rule may answer (REJECT, SYNPROXY) or send a copy (TEE): what is caught stays here,\n"
    "    what the kernel sends past every hook does not.\n";

/* Says what --live touches and asks. 0 to go on, or the exit code. */
static int consent(const struct settings *settings)
{
	char answer[16];

	if (settings->capture) {
		complain(settings, "--live goes through this host: it does not go with --capture");
		return CODE_USAGE;
	}
	fputs(live_warning, stderr);
	if (settings->yes)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		complain(settings, "--live needs --yes where nobody can be asked");
		return CODE_USAGE;
	}
	fputs("Go on? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	complain(settings, "nothing was sent");
	return CODE_USAGE;
}

/* Runs the command; returns the exit code. */
static int run_prove(const struct settings *settings)
{
	struct audit_options options = {
	    .live = settings->live,
	    .all_ports = settings->all_ports,
	    .user_namespace = !settings->root,
	    .protocols = (unsigned)settings->protocols,
	    .injector = (enum prove_injector)settings->injector,
	    .only_in = settings->only_in,
	};
	int code;

	if (!survey_address(settings, "--from", settings->only_from, &options.only_from) ||
	    !survey_address(settings, "--to", settings->only_to, &options.only_to))
		return CODE_USAGE;
	if (settings->only_from && !settings->only_in) {
		complain(settings, "--from needs --in: an address stands behind some interface");
		return CODE_USAGE;
	}
	code = settings->live ? consent(settings) : 0;

	return code ? code : survey_run(settings, &options, !settings->quiet);
}

const struct command prove_command = {
    .name = "prove",
    .summary = "the same by more packets: all ports, chosen protocols, the host itself",
    .about = "An audit that prints how many packets were sent and what they said before the "
             "screen of `seawall audit`.",
    .tables = {prove_options, reading_options, output_options, general_options},
    .run = run_prove,
};
