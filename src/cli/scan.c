/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall scan HOST`: what answers from here, as an outsider sees it. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "report/scan_report.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_DEFAULT = 10000, RATE_MOST = 1000000, WAIT_MSEC = 1200 };
enum { SCAN_TCP = 1, SCAN_UDP = 2, FAMILY_ANY = 0 };

static const struct option_choice protocol_choices[] = {
    {"tcp", SCAN_TCP},
    {"udp", SCAN_UDP},
    {0},
};

static const struct option scan_options[] = {
    {
        .name = "expect",
        .kind = OPTION_FILE,
        .argument = "FILE",
        .help = "what `seawall audit --json` said on that host: what is open here and closed "
                "there is a problem",
        .offset = offsetof(struct settings, expect),
    },
    {
        .name = "proto",
        .kind = OPTION_CHOICES,
        .argument = "LIST",
        .choices = protocol_choices,
        .help = "tcp, udp or both; default: both",
        .offset = offsetof(struct settings, protocols),
    },
    {
        .name = "rate",
        .kind = OPTION_TEXT,
        .argument = "PACKETS",
        .help = "packets a second at most; default: 10000",
        .offset = offsetof(struct settings, rate),
    },
    {0},
};

VEC_TYPE(scan_results, struct scan_result);

/* Scans an address that a name stands for, unless that was done. 0 or the exit code. */
static int scan_one(const struct settings *settings, const struct scan_options *options,
                    const struct addrinfo *info, struct scan_results *results)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)info->ai_addr;
	const struct sockaddr_in *four = (const struct sockaddr_in *)info->ai_addr;
	struct address address = info->ai_family == AF_INET
	                             ? address_make(AF_INET, &four->sin_addr)
	                             : address_make(AF_INET6, &six->sin6_addr);
	_cleanup_error_ struct error *error = NULL;
	struct scan_result *result;
	int status;

	vec_foreach(done, results)
		if (address_equal(&done->address, &address))
			return 0;
	result = vec_push(results);
	if (!result) {
		complain(settings, "out of memory");
		return CODE_INCOMPLETE;
	}
	status = scan_address(&address, info->ai_family == AF_INET6 ? six->sin6_scope_id : 0,
	                      options, result, &error);
	if (status == 0)
		return 0;
	results->n--;
	complain(settings, "%s", error_message(error));
	if (status == -EPERM && !settings->root)
		complain(settings, "this needs root; try: sudo %s scan %s", settings->called_as,
		         settings->operands[0]);
	return CODE_INCOMPLETE;
}

/* Scans all addresses of the host's name. Returns the exit code so far. */
static int scan_all(const struct settings *settings, const struct scan_options *options,
                    struct scan_results *results)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	struct addrinfo *list = NULL;
	int code = 0, found = getaddrinfo(settings->operands[0], NULL, &hints, &list);

	if (found != 0) {
		complain(settings, "%s: %s", settings->operands[0], gai_strerror(found));
		return CODE_USAGE;
	}
	for (const struct addrinfo *info = list; info; info = info->ai_next)
		if (info->ai_family == AF_INET || info->ai_family == AF_INET6)
			code = exit_code_merge(code, scan_one(settings, options, info, results));
	freeaddrinfo(list);
	return code;
}

/* Writes the report. Returns the exit code. */
static int write_report(const struct settings *settings, const struct scan_report *report)
{
	const struct report_style style = {
	    .color = terminal_colored(settings, stdout),
	    .width = terminal_width(stdout),
	    .quiet = settings->quiet,
	};
	int status = settings->json ? scan_report_json(report, stdout)
	                            : scan_report_text(report, &style, stdout);

	if (status == -ENOMEM) {
		complain(settings, "out of memory while writing the report");
		return CODE_INCOMPLETE;
	}
	return scan_report_problems(report) ? CODE_PROBLEMS : CODE_FINE;
}

/* Reads --rate. 0 for what is none. */
static unsigned read_rate(const struct settings *settings)
{
	char *end;
	unsigned long rate;

	if (!settings->rate)
		return RATE_DEFAULT;
	rate = strtoul(settings->rate, &end, 10);
	if (isdigit((unsigned char)*settings->rate) && !*end && rate > 0 && rate <= RATE_MOST)
		return (unsigned)rate;
	complain(settings, "--rate wants a number of packets up to %d, not \"%s\"", RATE_MOST,
	         settings->rate);
	return 0;
}

/* Runs the command; returns the exit code. */
static int run_scan(const struct settings *settings)
{
	struct progress progress;
	struct scan_options options = {
	    .rate = read_rate(settings),
	    .wait_msec = WAIT_MSEC,
	    .no_tcp = settings->protocols && !(settings->protocols & SCAN_TCP),
	    .no_udp = settings->protocols && !(settings->protocols & SCAN_UDP),
	    .progress = progress_step,
	    .progress_data = &progress,
	};
	struct expectation expectation = {0};
	_cleanup_error_ struct error *error = NULL;
	struct scan_results results = {0};
	int code = 0;

	if (!options.rate)
		return CODE_USAGE;
	if (settings->expect && expectation_read(settings->expect, &expectation, &error) < 0) {
		complain(settings, "%s", error_message(error));
		expectation_done(&expectation);
		return CODE_USAGE;
	}
	progress_start(&progress, !settings->quiet);
	code = scan_all(settings, &options, &results);
	progress_end(&progress);
	if (results.n) {
		const struct scan_report report = {
		    .host = settings->operands[0],
		    .results = results.items,
		    .n = results.n,
		    .expectation = settings->expect ? &expectation : NULL,
		    .no_tcp = options.no_tcp,
		    .no_udp = options.no_udp,
		};

		code = exit_code_merge(code, write_report(settings, &report));
	}
	vec_done(&results);
	expectation_done(&expectation);
	return code;
}

const struct command scan_command = {
    .name = "scan",
    .summary = "what of a host answers from here, as an outsider sees it",
    .about = "Asks all 65,535 TCP and UDP ports of each IPv4 and IPv6 address of HOST, which must "
             "be yours to ask. What a router or a provider's firewall in front blocks only an "
             "outsider can see: run it on another machine. Of UDP ports that stay silent nothing "
             "is known. Needs root for raw sockets.",
    .operands = "HOST",
    .operands_least = 1,
    .operands_most = 1,
    .tables = {scan_options, output_options, general_options},
    .run = run_scan,
};
