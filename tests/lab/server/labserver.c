/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one static binary of the lab: container's server, outsider's client, sender of frames, relay.
 */
#include <stdio.h>
#include <string.h>

#include "modes.h"
#include "verdict.h"

static const char usage[] =
    "labserver [--name NAME] [--log FILE] PROTO:[ADDRESS:]PORT[-PORT]...\n"
    "          serve; PROTO: tcp udp http sctp\n"
    "labserver --client tcp|udp|sctp ADDRESS PORT [--source ADDRESS] [--sport PORT]\n"
    "          [--timeout MS] [--payload TEXT] [--hold]\n"
    "labserver --raw tcp|udp|sctp ADDRESS PORT --dev INTERFACE --mac MAC --source ADDRESS\n"
    "          [--sport PORT] [--timeout MS] [--payload TEXT]\n"
    "labserver --relay tcp|udp LISTEN-ADDRESS PORT ADDRESS PORT\n"
    "labserver --hook xdp|tcx DEV ADDRESS TO-DEV      sends ADDRESS's packets on, past all rules\n"
    "docker-proxy -proto P -host-ip A -host-port P -container-ip A -container-port P\n"
    "dockerd -H unix://PATH --data-root DIRECTORY      answers GET from files\n"
    "A client prints open, refused, timeout or unreachable and exits with 0, 1, 2 or 3.\n";

/** Chooses the mode by the name it was called by or by the first argument. */
int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(int argc, char **argv);
	} modes[] = {
	    {"--client", client_main},
	    {"--raw", raw_main},
	    {"--relay", relay_main},
	    {"--hook", hook_main},
	};
	const char *base = strrchr(argv[0], '/');

	base = base ? base + 1 : argv[0];
	if (!strcmp(base, "docker-proxy"))
		return relay_main(argc - 1, argv + 1);
	if (!strcmp(base, "dockerd"))
		return api_main(argc - 1, argv + 1);
	if (argc < 2 || !strcmp(argv[1], "--help")) {
		fputs(usage, argc < 2 ? stderr : stdout);
		return argc < 2 ? VERDICT_ERROR : 0;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[1], modes[i].word))
			return modes[i].run(argc - 2, argv + 2);
	return serve_main(argc - 1, argv + 1);
}
