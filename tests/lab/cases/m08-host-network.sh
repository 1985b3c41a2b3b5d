#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M08: a container in the host's network answers where its program binds, whatever -p asked for.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container wild --network host -p 127.0.0.1:8888:8888 || exit
container tame --network host -p 127.0.0.1:8889:8889 -- tcp:127.0.0.1:8889 || exit
container plain --network host -- tcp:8890 || exit

expect_open world tcp "$HOST" 8888
expect_open world tcp "$HOST6" 8888
expect_open world tcp "$HOST" 8890
expect_open host tcp 127.0.0.1 8889
expect_closed world tcp "$HOST" 8889
expect_raw_closed neighbour tcp 127.0.0.1 8889
check "the container saw the world" grep -q "$WORLD" <(arrivals wild 8888/tcp)
audit
expect_finding M08 wild:8888/tcp host eth0 '.severity == "critical"'
expect_finding M08 wild:8888/tcp host eth1
expect_no_finding any tame
check "tame is not reached" no_reach tame
check "what nobody asked to be on loopback is listed" reach plain:8890/tcp host eth0
expect_no_finding any plain

# INPUT does filter it.
on host iptables -A INPUT -i eth0 -p tcp --dport 8888 -j DROP
on host ip6tables -A INPUT -i eth0 -p tcp --dport 8888 -j DROP
expect_closed world tcp "$HOST" 8888
audit
expect_no_finding any wild any eth0
expect_finding M08 wild:8888/tcp host eth1
