#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M37: DOCKER-USER has rules, and nobody jumps to it.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding M37 any
check "it is closed" no_reach web published eth0

on host iptables -D FORWARD -j DOCKER-USER
expect_open world tcp "$HOST" 8080
audit
expect_finding M37 host any any '.kind == "ineffective" and (.rule.text | contains("-i eth0 -j DROP"))'
check "and it is open" reach web:80/tcp published eth0

# What the finding says to do does it.
on host iptables -I FORWARD -j DOCKER-USER
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding M37 any
