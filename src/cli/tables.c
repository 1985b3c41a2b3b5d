/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of commands, and the option tables that several of them share. */
#include "cli/commands.h"

static const struct command *const commands[] = {
    &audit_command,    &explain_command,    &prove_command,  &reach_command, &capture_command,
    &fix_command,      &init_command,       &plan_command,   &apply_command, &confirm_command,
    &rollback_command, &status_command,     &remove_command, &guard_command, &log_command,
    &knocks_command,   &visits_command,     &lint_command,   &scan_command,  &serve_command,
    &help_command,     &completion_command, &manual_command, &boot_command,  NULL,
};

const struct program seawall_program = {
    .name = "seawall",
    .about = "Tells who can reach each container port of a Docker host, and proves it with real "
             "packets.",
    .commands = commands,
};

#define CAPTURE_OPTION                                                                             \
	{                                                                                          \
		.name = "capture", .kind = OPTION_FILE, .argument = "FILE",                        \
		.help = "read a file made by `seawall capture`, or by its script, instead of "     \
		        "this host",                                                               \
		.offset = offsetof(struct settings, capture),                                      \
	}

#define HOST_OPTION                                                                                \
	{                                                                                          \
		.name = "host", .kind = OPTION_TEXTS, .argument = "URL",                           \
		.help = "look at another host by your own ssh, ssh://[USER@]HOST[:PORT], with "    \
		        "its own tools: nothing is installed there, and the proof is made here; "  \
		        "audit takes several",                                                     \
		.offset = offsetof(struct settings, hosts),                                        \
	}

#define DOCKER_OPTION                                                                              \
	{                                                                                          \
		.name = "docker", .kind = OPTION_FILE, .argument = "SOCKET",                       \
		.help = "the engine's unix socket; default: $DOCKER_HOST, then the usual places",  \
		.offset = offsetof(struct settings, docker),                                       \
	}

#define POLICY_OPTION                                                                              \
	{                                                                                          \
		.name = "policy", .kind = OPTION_FILE, .argument = "FILE",                         \
		.help =                                                                            \
		    "who is meant to get in; default: /etc/seawall/policy.yaml, if it is there",   \
		.offset = offsetof(struct settings, policy),                                       \
	}

const struct option reading_options[] = {
    CAPTURE_OPTION, HOST_OPTION, DOCKER_OPTION, POLICY_OPTION, {0}};
const struct option host_options[] = {HOST_OPTION, {0}};
const struct option engine_options[] = {DOCKER_OPTION, {0}};

static const struct option_choice color_choices[] = {
    {"auto", COLOR_AUTO},
    {"always", COLOR_ALWAYS},
    {"never", COLOR_NEVER},
    {0},
};

const struct option output_options[] = {
    {
        .name = "json",
        .kind = OPTION_FLAG,
        .help = "print JSON instead of text",
        .offset = offsetof(struct settings, json),
    },
    {0},
};

const struct option general_options[] = {
    {
        .name = "color",
        .kind = OPTION_CHOICE,
        .argument = "WHEN",
        .choices = color_choices,
        .help = "when to use colours: auto (on a terminal, unless NO_COLOR is set), always, never",
        .offset = offsetof(struct settings, color),
    },
    {
        .name = "quiet",
        .letter = 'q',
        .kind = OPTION_FLAG,
        .help = "say nothing but problems and what is not known",
        .offset = offsetof(struct settings, quiet),
    },
    {
        .name = "help",
        .letter = 'h',
        .kind = OPTION_FLAG,
        .help = "show help and exit",
        .offset = offsetof(struct settings, help),
    },
    {
        .name = "version",
        .letter = 'V',
        .kind = OPTION_FLAG,
        .help = "show the version and exit",
        .offset = offsetof(struct settings, version),
    },
    {0},
};
