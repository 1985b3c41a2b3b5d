/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall reach`: who gets through a saved ruleset. */
#include "cli/commands.h"
#include "cli/rules_file.h"
#include "cli/terminal.h"
#include "report/reach_report.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

static const struct option_choice hook_choices[] = {
    {"input", NF_INET_LOCAL_IN},
    {"forward", NF_INET_FORWARD},
    {0},
};

/* Counted from 1, so that 0 is none given. */
static const struct option_choice state_choices[] = {
    {"new", STATE_NEW + 1},
    {"established", STATE_ESTABLISHED + 1},
    {"related", STATE_RELATED + 1},
    {"invalid", STATE_INVALID + 1},
    {"untracked", STATE_UNTRACKED + 1},
    {0},
};

static const struct option reach_options[] = {
    {
        .name = "rules",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "what iptables-save, ip6tables-save, `nft list ruleset` or `nft -j list ruleset` "
                "printed; - is standard input",
        .offset = offsetof(struct settings, rules),
    },
    {
        .name = "hook",
        .kind = OPTION_CHOICE,
        .argument = "HOOK",
        .choices = hook_choices,
        .help = "input (to this host, the default) or forward (through it)",
        .offset = offsetof(struct settings, hook),
    },
    {
        .name = "in",
        .kind = OPTION_TEXT,
        .argument = "IFACE",
        .help = "the interface it comes in by; default: any but lo",
        .offset = offsetof(struct settings, only_in),
    },
    {
        .name = "out",
        .kind = OPTION_TEXT,
        .argument = "IFACE",
        .help = "the interface it goes out by, at forward; default: any but lo",
        .offset = offsetof(struct settings, only_out),
    },
    {
        .name = "proto",
        .kind = OPTION_TEXT,
        .argument = "PROTOCOL",
        .help = "tcp, udp, sctp, icmp, icmpv6 or a number; default: any",
        .offset = offsetof(struct settings, protocol),
    },
    {
        .name = "dport",
        .kind = OPTION_TEXT,
        .argument = "PORT",
        .help = "the port it goes to; default: any",
        .offset = offsetof(struct settings, destination_port),
    },
    {
        .name = "sport",
        .kind = OPTION_TEXT,
        .argument = "PORT",
        .help = "the port it comes from; default: any",
        .offset = offsetof(struct settings, source_port),
    },
    {
        .name = "src",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "only sources of this address or prefix",
        .offset = offsetof(struct settings, source),
    },
    {
        .name = "dst",
        .kind = OPTION_TEXT,
        .argument = "ADDRESS",
        .help = "the address or prefix it goes to; default: any",
        .offset = offsetof(struct settings, destination),
    },
    {
        .name = "state",
        .kind = OPTION_CHOICE,
        .argument = "STATE",
        .choices = state_choices,
        .help = "the state of its flow: new (the default), established, related, invalid, "
                "untracked",
        .offset = offsetof(struct settings, state),
    },
    {
        .name = "matrix",
        .kind = OPTION_FLAG,
        .help = "all addresses, in classes that the rules cannot tell apart, and who gets to whom",
        .offset = offsetof(struct settings, matrix),
    },
    {0},
};

/* Reads a decimal number up to `most`; missing is -1. False when it is none. */
static bool read_number(const struct settings *settings, const char *option, const char *text,
                        int most, int *ret_number)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;
	int number = 0;

	*ret_number = -1;
	if (!text)
		return true;
	for (size_t i = 0; i < digits && number <= most; i++)
		number = number * 10 + (text[i] - '0');
	if (digits > 0 && !text[digits] && number <= most) {
		*ret_number = number;
		return true;
	}
	complain(settings, "%s wants a number up to %d, not \"%s\"", option, most, text);
	return false;
}

/* Reads a protocol's name or number; missing is -1. False when it is none. */
static bool read_protocol(const struct settings *settings, const char *text, int *ret_protocol)
{
	static const struct option_choice names[] = {
	    {"tcp", IPPROTO_TCP},
	    {"udp", IPPROTO_UDP},
	    {"sctp", IPPROTO_SCTP},
	    {"icmp", IPPROTO_ICMP},
	    {"esp", IPPROTO_ESP},
	    {"icmpv6", IPPROTO_ICMPV6},
	    {"ipv6-icmp", IPPROTO_ICMPV6},
	    {"gre", IPPROTO_GRE},
	    {"dccp", IPPROTO_DCCP},
	    {"udplite", IPPROTO_UDPLITE},
	    {0},
	};

	for (const struct option_choice *name = names; text && name->name; name++)
		if (strcmp(name->name, text) == 0) {
			*ret_protocol = name->value;
			return true;
		}
	if (!text || strspn(text, "0123456789") == strlen(text))
		return read_number(settings, "--proto", text, UINT8_MAX, ret_protocol);
	complain(settings,
	         "--proto wants tcp, udp, sctp, icmp, icmpv6 or a number up to 255, not \"%s\"",
	         text);
	return false;
}

/* Reads an address or prefix that may be missing. False when it is none. */
static bool read_prefix(const struct settings *settings, const char *option, const char *text,
                        struct prefix *ret_prefix)
{
	if (!text || prefix_parse(text, ret_prefix))
		return true;
	complain(settings, "%s wants an IPv4 or IPv6 address or prefix, not \"%s\"", option, text);
	return false;
}

/* Whether what was asked goes together; says what does not. */
static bool check_question(const struct settings *settings, const struct reach_question *question)
{
	bool ports = question->source_port >= 0 || question->destination_port >= 0;
	uint8_t source = question->source.address.family,
	        destination = question->destination.address.family;

	if (ports && question->protocol >= 0 && !protocol_has_ports(question->protocol))
		complain(settings,
		         "--proto %s has no ports: it does not go with --dport or --sport",
		         settings->protocol);
	else if (source && destination && source != destination)
		complain(settings, "--src %s and --dst %s are of two families", settings->source,
		         settings->destination);
	else if (question->out && question->hook == NF_INET_LOCAL_IN)
		complain(settings, "--out does not go with --hook input: nothing goes out there");
	else
		return true;
	return false;
}

/* Makes a question of the settings. False with a complaint. */
static bool read_question(const struct settings *settings, struct reach_question *question)
{
	*question = (struct reach_question){
	    .hook = settings->hook ? (unsigned)settings->hook : NF_INET_LOCAL_IN,
	    .in = settings->only_in,
	    .out = settings->only_out,
	    .state = settings->state ? (enum packet_state)(settings->state - 1) : STATE_NEW,
	};
	return read_protocol(settings, settings->protocol, &question->protocol) &&
	       read_number(settings, "--dport", settings->destination_port, UINT16_MAX,
	                   &question->destination_port) &&
	       read_number(settings, "--sport", settings->source_port, UINT16_MAX,
	                   &question->source_port) &&
	       read_prefix(settings, "--src", settings->source, &question->source) &&
	       read_prefix(settings, "--dst", settings->destination, &question->destination) &&
	       check_question(settings, question);
}

/* How the report is to look. */
static struct report_style style_of(const struct settings *settings)
{
	return (struct report_style){
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};
}

/* Finds and writes who gets through. 0 or a negative errno. */
static int answer_list(const struct settings *settings, const struct ruleset *ruleset,
                       const struct reach_question *question, struct error **ret_error)
{
	const struct report_style style = style_of(settings);
	struct accepted_list list = {0};
	int status = accepted_find(ruleset, settings->rules, question, &list, ret_error);

	if (status == 0 && settings->json)
		status = reach_report_json(&list, stdout);
	else if (status == 0)
		status = reach_report_text(&list, question, settings->rules, &style, stdout);
	accepted_done(&list);
	return status;
}

/* The same for the matrix. */
static int answer_matrix(const struct settings *settings, const struct ruleset *ruleset,
                         const struct reach_question *question, struct error **ret_error)
{
	const struct report_style style = style_of(settings);
	struct matrix matrix = {0};
	int status = matrix_find(ruleset, settings->rules, question, &matrix, ret_error);

	if (status == 0 && settings->json)
		status = reach_matrix_json(&matrix, stdout);
	else if (status == 0)
		status = reach_matrix_text(&matrix, question, settings->rules, &style, stdout);
	matrix_done(&matrix);
	return status;
}

/* Says what failed. Returns the exit code: a bad file, or an answer that we could not give. */
static int give_up(const struct settings *settings, int status, const struct error *error)
{
	if (status == -EIO) /* that standard output took it all is looked at in main() */
		return CODE_FINE;
	complain(settings, "%s", error ? error_message(error) : strerror(-status));
	return status == -EINVAL ? CODE_USAGE : CODE_INCOMPLETE;
}

/* Runs the command; returns the exit code. */
static int run_reach(const struct settings *settings)
{
	_cleanup_error_ struct error *error = NULL;
	struct reach_question question;
	struct ruleset ruleset = {0};
	int status, code = CODE_FINE;

	if (!settings->rules) {
		complain(settings, "reach needs --rules FILE; - is standard input");
		return CODE_USAGE;
	}
	if (!read_question(settings, &question))
		return CODE_USAGE;
	status = rules_file_read(settings->rules, &ruleset, &error);
	if (status < 0) {
		complain(settings, "%s", error ? error_message(error) : strerror(-status));
		code = status == -ENOMEM ? CODE_INCOMPLETE : CODE_USAGE;
	} else {
		status = settings->matrix ? answer_matrix(settings, &ruleset, &question, &error)
		                          : answer_list(settings, &ruleset, &question, &error);
		if (status < 0)
			code = give_up(settings, status, error);
	}
	ruleset_done(&ruleset);
	return code;
}

const struct command reach_command = {
    .name = "reach",
    .summary = "who gets through a saved ruleset, by which rule; needs no rights",
    .about = "Reads a ruleset from a file and says which sources get through the chains of one "
             "hook, for certain or depending on what, and through which rule. The packet is the "
             "one that meets the hook, after any translation; it opens a flow unless --state says "
             "otherwise.",
    .tables = {reach_options, output_options, general_options},
    .run = run_reach,
};
