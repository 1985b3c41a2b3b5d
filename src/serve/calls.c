/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that answering takes: no file, socket or process can be opened or made. */
#include "serve/calls.h"

#include "confine/confine.h"

#include <seccomp.h>

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

int worker_confine_calls(void)
{
	return confine_calls(allowed_calls, sizeof(allowed_calls) / sizeof(*allowed_calls), -1);
}
