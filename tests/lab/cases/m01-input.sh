#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M01: a published port is translated before INPUT is asked, so the host's own DROP never sees it.
# engines: sid
# also: trixie debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 -p 0.0.0.0:8081:81 || exit
docker network create quiet >/dev/null
container inner --network quiet || exit

# Published on purpose, and nothing of the host's denies it: as meant.
expect_open world tcp "$HOST" 8080
audit
expect_no_finding any any
check "it is listed" reach web:80/tcp published eth0

# The same two ports under rules that deny one of them.
host_firewall --noflush <<-END_RULES
	*filter
	:INPUT DROP
	-A INPUT -i lo -j ACCEPT
	-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	-A INPUT -p tcp --dport 8081 -j ACCEPT
	COMMIT
END_RULES
server host plain tcp:8090
expect_closed world tcp "$HOST" 8090
expect_open world tcp "$HOST" 8080
expect_open world tcp "$HOST" 8081
audit
expect_finding M01 web:80/tcp published eth0 '.kind == "bypass" and .severity == "high"'
expect_finding M01 web:80/tcp published eth1 '.kind == "bypass"'
expect_no_finding any web:81/tcp
expect_safe inner

# Denied to the neighbours alone: they are named, and nobody else.
host_firewall --noflush <<-END_RULES
	*filter
	:INPUT ACCEPT
	-F INPUT
	-A INPUT -s $NEIGHBOUR/24 -p tcp -m multiport --dports 8080,8090 -j DROP
	COMMIT
END_RULES
expect_closed neighbour tcp "$HOST" 8090
expect_open neighbour tcp "$HOST" 8080
expect_open world tcp "$HOST" 8080
audit
expect_finding M01 web:80/tcp published eth0 \
	".kind == \"bypass\" and (.sources | length) == 1 and (.sources[0] | endswith(\"/24\"))"
expect_no_finding M01 web:81/tcp
