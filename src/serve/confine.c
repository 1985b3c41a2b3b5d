/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the process that answers requests gives up.
 *
 * Theory of operation. Rights first, before anything from outside is read: it becomes nobody, and
 * no program that it could run would be more. Then, when the server is set up, system calls: no
 * file, socket or process can be opened or made any more. A call that is not on the list fails with
 * EPERM rather than killing the process: another version of libc or libmicrohttpd that tries a new
 * one first and then an old one goes on working.
 */
#include "serve/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* What malloc, libmicrohttpd's loop and the sanitizers' run-time do. */
static const int allowed_calls[] = {
    SCMP_SYS(read),          SCMP_SYS(write),           SCMP_SYS(readv),
    SCMP_SYS(writev),        SCMP_SYS(recvfrom),        SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),        SCMP_SYS(sendmsg),         SCMP_SYS(sendfile),
    SCMP_SYS(poll),          SCMP_SYS(ppoll),           SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),   SCMP_SYS(epoll_ctl),       SCMP_SYS(accept),
    SCMP_SYS(accept4),       SCMP_SYS(close),           SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),    SCMP_SYS(setsockopt),      SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),   SCMP_SYS(fcntl),           SCMP_SYS(fcntl64),
    SCMP_SYS(fstat),         SCMP_SYS(newfstatat),      SCMP_SYS(lseek),
    SCMP_SYS(mmap),          SCMP_SYS(mmap2),           SCMP_SYS(munmap),
    SCMP_SYS(mremap),        SCMP_SYS(mprotect),        SCMP_SYS(madvise),
    SCMP_SYS(brk),           SCMP_SYS(futex),           SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),          SCMP_SYS(getrandom),       SCMP_SYS(getpid),
    SCMP_SYS(gettid),        SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),     SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),
};

int confine_rights(void)
{
	const struct rlimit core = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* What becoming nobody takes, until that is done. */
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID, CAP_SETGID,
	                  -1) < 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -errno;
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 || setuid(0) == 0 ? -EPERM : 0;
}

int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(allowed_calls) / sizeof(*allowed_calls) && status == 0; i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status;
}
