#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M27: a rule appended to DOCKER-USER stands behind a RETURN that takes everything, up to Docker 28.1.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
on host iptables -A DOCKER-USER -i eth0 -j DROP
if [[ $LAB_ENGINE == sid ]]; then
	expect_closed world tcp "$HOST" 8080
	audit
	expect_no_finding M27 any
	check "it is closed" no_reach web published eth0
	exit
fi

expect_open world tcp "$HOST" 8080
audit
expect_finding M27 host any any '.kind == "ineffective" and (.rule.text | contains("-i eth0 -j DROP")) and
	.rule.family == "ip" and .rule.handle > 0'
check "and it is open" reach web:80/tcp published eth0

on host iptables -D DOCKER-USER -i eth0 -j DROP
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding M27 any
check "now it is closed" no_reach web published eth0
