/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one process that touches the engine's socket.
 *
 * Theory of operation. Whoever may write to the engine's socket is root on this host, so the right
 * to do it is held by one small child that can ask the few questions below and nothing else. Its
 * parent names a question by number (and a container or image by its 64 hex digits); the child
 * makes the URL, always a GET, and hands back the bytes, uncounted and unread but for a cap. It
 * follows no redirect, knows no proxy, keeps no cookie, has dropped every capability but the one
 * that opens a rootless engine's socket, cannot gain new ones, and may make only the system calls
 * that this takes. It dies with its parent. Several questions can be under way at once, on
 * connections that are kept: a thousand containers take a thousand questions.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

enum broker_question {
	BROKER_PEER,       /* who listens on the socket (SO_PEERCRED); tells why nobody does */
	BROKER_VERSION,    /* GET /version */
	BROKER_INFO,       /* GET /info */
	BROKER_CONTAINERS, /* GET /containers/json?all=1 */
	BROKER_CONTAINER,  /* GET /containers/ID/json */
	BROKER_IMAGE,      /* GET /images/ID/json */
	BROKER_NETWORKS,   /* GET /networks */
	BROKER_SERVICES,   /* GET /services */
	BROKER_EVENTS, /* GET /events: containers that start or come to a network, from now on */
	BROKER_QUESTIONS
};

/* The tag of what BROKER_EVENTS tells, whatever it was asked by: an answer for each line, as long
 * as the engine goes on, and one without bytes at the end. */
#define BROKER_EVENT_TAG UINT32_MAX

/* How many questions may be under way at once. */
enum { BROKER_WINDOW = 8 };

struct broker_request {
	uint32_t question;             /* enum broker_question */
	uint32_t tag;                  /* the asker's own number, given back with the answer */
	uint16_t api_major, api_minor; /* the version in the URL; 0.0: none */
	char id[64]; /* BROKER_CONTAINER, BROKER_IMAGE: lower-case hex, not terminated */
};

struct broker_answer {
	uint32_t tag;
	int status;    /* 0, or a negative errno: -ETIMEDOUT, -ECONNREFUSED, -EFBIG, ... */
	uint32_t http; /* the HTTP status, 0 where none came */
	pid_t peer;    /* BROKER_PEER: pid of who listens, 0 where it is not in our namespace */
	struct bytes bytes; /* owned by whoever holds the answer */
};

struct broker;

/*
 * Starts a broker for the socket at `path`; an answer that takes longer than timeout_msec is
 * -ETIMEDOUT. 0 or a negative errno with a sentence.
 */
int broker_new(const char *path, unsigned timeout_msec, struct broker **ret_broker,
               struct error **ret_error) __attribute__((nonnull(1, 3), warn_unused_result));

/* Asks. At most BROKER_WINDOW at a time. 0 or a negative errno when the broker is gone. */
int broker_ask(struct broker *broker, const struct broker_request *request)
    __attribute__((nonnull, warn_unused_result));

/*
 * Waits for the next answer, in whichever order they come. 0 and an answer for
 * bytes_done(&answer.bytes), or a negative errno when the broker is gone or silent.
 */
int broker_answer(struct broker *broker, struct broker_answer *ret_answer)
    __attribute__((nonnull, warn_unused_result));

/* A descriptor that can be read when there is an answer, or the broker is gone. */
int broker_fd(const struct broker *broker) __attribute__((nonnull));

/* Ends the broker; NULL is fine. */
void broker_free(struct broker *broker);
DEFINE_CLEANUP(struct broker, broker_free);
