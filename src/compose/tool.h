/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In what the tools that read Compose files differ, as far as ports hang on it. */
#pragma once

#include "compose/compose.h"

/* What a tool does with a tag such as !reset. */
enum tool_tags { TAGS_REFUSED, TAGS_OBEYED, TAGS_PASSED_OVER };

struct tool_rules {
	const char *name;
	bool env_file;       /* reads .env beside the files */
	bool extends;        /* takes `extends` */
	bool include;        /* takes `include` */
	bool profiles;       /* takes `profiles` */
	bool last_key_wins;  /* a key that is there twice is no error */
	bool alternatives;   /* ${NAME:+TEXT} */
	bool nested;         /* ${NAME:-${OTHER}} */
	bool bare_dollar;    /* a $ that begins no name stands for itself */
	bool long_address;   /* takes host_ip */
	bool short_address;  /* heeds the address of the short syntax */
	bool base_sixty;     /* YAML 1.1: digits:digits without quotes are a number */
	bool text_numbers;   /* target: "80" is as good as 80 */
	bool host_range_one; /* 8000-8010:80 takes one of them; else all */
	bool by_host_port;   /* a later file's port takes the place of one with its host port */
	bool plain_limits;   /* takes mem_limit, cpus and their like */
	bool unique_items;   /* refuses a list with the same text twice */
	enum tool_tags tags;
};

const struct tool_rules *tool_rules_of(enum compose_tool tool);
