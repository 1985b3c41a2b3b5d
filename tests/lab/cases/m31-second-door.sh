#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M31, M33: once table nat is flushed docker-proxy answers itself, by INPUT and around DOCKER-USER.
# engines: debian12 ipt29
# also: trixie sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
container loop -p 127.0.0.1:1234:1234 || exit
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
check "it is closed" no_reach web any eth0
expect_no_finding M31 any

on host iptables -t nat -F
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 1234
check "the container does not see who asks" not grep -q "$WORLD" <(arrivals web 80/tcp)
audit
expect_finding M31 web:80/tcp proxy eth0 ".to == {address: \"$HOST\", port: 8080}"
expect_no_finding M31 loop

on host iptables -A INPUT -i eth0 -p tcp --dport 8080 -j DROP
expect_closed world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
audit
check "INPUT closes it" no_reach web any eth0
expect_finding M31 web:80/tcp proxy eth1
