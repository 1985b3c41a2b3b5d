/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the broker's process gives up before it asks its first question.
 *
 * Theory of operation. No new privileges, then capabilities, then system calls. One capability
 * stays where it was there: CAP_DAC_OVERRIDE, without which root could not open the socket of an
 * engine that belongs to another user; without open() and its kin it is good for connect() alone.
 */
#include "observe/broker_child.h"

#include "confine/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* What malloc, libcurl's transfers and the sanitizers' run-time do. */
static const int allowed_calls[] = {
    SCMP_SYS(read),           SCMP_SYS(write),
    SCMP_SYS(readv),          SCMP_SYS(writev),
    SCMP_SYS(recv),           SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),        SCMP_SYS(send),
    SCMP_SYS(sendto),         SCMP_SYS(sendmsg),
    SCMP_SYS(poll),           SCMP_SYS(ppoll),
    SCMP_SYS(close),          SCMP_SYS(connect),
    SCMP_SYS(shutdown),       SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),     SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),        SCMP_SYS(mmap),
    SCMP_SYS(mmap2),          SCMP_SYS(munmap),
    SCMP_SYS(mremap),         SCMP_SYS(mprotect),
    SCMP_SYS(madvise),        SCMP_SYS(brk),
    SCMP_SYS(futex),          SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime),  SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday),   SCMP_SYS(time),
    SCMP_SYS(getrandom),      SCMP_SYS(getpid),
    SCMP_SYS(gettid),         SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

/* Leaves no capability but the one that opens another user's socket. */
static int drop_capabilities(void)
{
	bool override;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	override = capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
	capng_clear(CAPNG_SELECT_CAPS);
	if (override &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE) < 0)
		return -EPERM;
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

int broker_confine(void)
{
	int status = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : drop_capabilities();

	return status < 0 ? status
	                  : confine_calls(allowed_calls,
	                                  sizeof(allowed_calls) / sizeof(*allowed_calls), AF_UNIX);
}
