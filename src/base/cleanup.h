/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release of memory and descriptors, and handing them over. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

/* Frees what a pointer variable holds; for use through _cleanup_free_. */
static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/* Closes a descriptor unless it is negative; for use through _cleanup_close_. */
static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_      _cleanup_(cleanup_free)
#define _cleanup_close_     _cleanup_(cleanup_close)

/* Defines cleanup_NAME(), which calls NAME on the object a variable points to. */
#define DEFINE_CLEANUP(type, function)                                                             \
	static inline void cleanup_##function(type **object)                                       \
	{                                                                                          \
		function(*object);                                                                 \
	}                                                                                          \
	struct cleanup_needs_semicolon

/* Takes what *pointer holds and leaves NULL, so that its cleanup does nothing. */
static inline void *steal_pointer_raw(void *pointer)
{
	void **slot = pointer;
	void *taken = *slot;
	*slot = NULL;
	return taken;
}
#define steal_pointer(pointer) ((__typeof__(*(pointer)))steal_pointer_raw(pointer))

/* Takes a descriptor and leaves -1. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}
