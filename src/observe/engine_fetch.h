/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the engine: what engine_fetch.c and engine_inspect.c have between them. */
#pragma once

#include "observe/broker.h"
#include "observe/snapshot.h"

/* Beside 0 and -ENOMEM: the status of the engine has been set and nothing more is to be asked. */
enum { FETCH_STOP = 1 };

enum { FETCH_SENTENCE = 256 };

/* Ids of containers that the engine told of, 64 hex digits each, oldest first. */
struct engine_news {
	VEC(char *) ids; /* owned */
	bool ended;      /* nothing more comes */
};

/* An asking under way. */
struct fetch {
	struct snapshot *snapshot;
	struct broker *broker;
	unsigned timeout_msec;
	uint16_t api_major, api_minor;
	pid_t peer;
	struct engine_news
	    *news; /* where events go that come between answers; NULL: none are asked */
};

/*
 * Chooses a socket, starts a broker for it, and asks what the engine is: who listens, version,
 * info. 0, FETCH_STOP with engine.status (also where there is no socket at all) or -ENOMEM. The
 * broker is to be released in any case.
 */
int fetch_begin(struct fetch *fetch, const char *socket, unsigned timeout_msec)
    __attribute__((nonnull(1), warn_unused_result));

/* Asks for all networks, and keeps the answer. 0, FETCH_STOP or -ENOMEM. */
int fetch_networks(struct fetch *fetch) __attribute__((nonnull, warn_unused_result));

/* Takes a line of events in: the container that it is about, if any. 0 or -ENOMEM. */
int engine_news_take(struct engine_news *news, const struct broker_answer *answer)
    __attribute__((nonnull, warn_unused_result));

/*
 * Whether an answer is none, and if so the engine's status and a sentence, for a person, that
 * begins in small letters.
 */
bool fetch_judge(const struct fetch *fetch, const struct broker_answer *answer,
                 enum broker_question question, enum engine_status *ret_status,
                 char sentence[static FETCH_SENTENCE]) __attribute__((nonnull));

/* Asks one question; `id` only for a container. 0, FETCH_STOP or -ENOMEM. */
int fetch_ask(struct fetch *fetch, enum broker_question question, uint32_t tag, const char *id)
    __attribute__((nonnull(1), warn_unused_result));

/* Waits for an answer to any question. 0, FETCH_STOP or -ENOMEM. */
int fetch_await(struct fetch *fetch, struct broker_answer *ret_answer)
    __attribute__((nonnull, warn_unused_result));

/* Adds a document, whose text is in the snapshot's arena or NULL for no memory. 0 or -ENOMEM. */
int fetch_keep(struct fetch *fetch, const char *request, const char *json)
    __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Asks for the details of each container of the list that is among the documents, and adds them in
 * its order. Details that do not come are noted; containers that are gone leave the list. 0,
 * FETCH_STOP or -ENOMEM.
 */
int engine_inspect(struct fetch *fetch) __attribute__((nonnull, warn_unused_result));

/*
 * Asks for the image of each container whose labels say something that counts, once for each image,
 * and adds the answers: what an image says of itself is told from what its container was given. An
 * image that does not come is left out, and its containers' labels then count as the image's. 0,
 * FETCH_STOP or -ENOMEM.
 */
int engine_images(struct fetch *fetch) __attribute__((nonnull, warn_unused_result));
