/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that write the wall's table share; see table.h. */
#pragma once

#include "wall/table.h"
#include "wall/words.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>

enum { WALL_NAME = 48 }; /* room for the names of chains and sets */

#define CHAIN_PREROUTING  "prerouting"
#define CHAIN_FORWARD     "forward"
#define CHAIN_INPUT       "input"
#define CHAIN_INSIDE      "inside"      /* what containers send */
#define CHAIN_DOORS       "doors"       /* what is for containers, from outside */
#define CHAIN_NEW_BRIDGE  "new_bridge"  /* what is for a bridge that nobody has looked at yet */
#define CHAIN_TURNED_AWAY "turned_away" /* counted, logged, dropped */
#define SET_BRIDGES       "bridges"
#define SET_OTHERS        "others"

/* Kernel numbers that Debian 12's headers do not have. */
enum {
	MSG_DESTROY_TABLE = 26, /* NFT_MSG_DESTROYTABLE, Linux 6.3 */
	TABLE_OWNER = 0x2,      /* NFT_TABLE_F_OWNER, 5.12 */
	TABLE_PERSIST = 0x4,    /* NFT_TABLE_F_PERSIST, 6.9 */
};

/* A transaction that is being written. The first failure stays in status. */
struct writer {
	struct bytes *out;
	char *buffer; /* of the message that is being written */
	uint32_t sequence, set_id;
	int status;
};

void writer_begin(struct writer *writer, struct bytes *out);
/* Closes the transaction. 0 or the failure. */
int writer_end(struct writer *writer);
/* A new message (NFT_MSG_*) in the buffer. */
struct nlmsghdr *writer_message(struct writer *writer, uint16_t type, uint16_t flags);
/* Adds the message to the transaction. */
void writer_take(struct writer *writer, const struct nlmsghdr *message);
/* Adds a message of another transaction, under a number of this one. */
void writer_copy(struct writer *writer, const struct nlmsghdr *message);

/* Where a base chain stands. */
struct chain_place {
	uint32_t hook;
	int priority;
};

/* Writes a chain; `place` NULL: only jumped to. */
void write_chain(struct writer *writer, const char *name, const struct chain_place *place);

/* The names of a kind's map, and of the set of a class of a group; six: 1 for IPv6. */
void door_map_name(enum door_kind kind, unsigned six, char name[static WALL_NAME]);
void class_set_name(const struct wall_group *group, size_t class, unsigned six,
                    char name[static WALL_NAME]);

/* Loads the key of a kind's map from the packet. */
void load_key(struct words *words, enum door_kind kind, unsigned six);

/* Writes all rules. */
void write_rules(struct writer *writer, const struct wall *wall);
