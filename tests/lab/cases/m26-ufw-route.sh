#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M25, M26: rules of `ufw route` stand behind Docker's, and match a port that is translated by then.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

command -v ufw >/dev/null || lab_skip "ufw is not installed"
lab_up
container web -p 0.0.0.0:8080:80 || exit
server host plain tcp:8090
expect_open world tcp "$HOST" 8090
# The published port, the container's, an interface that is not there; in front of whatever ufw allows.
on host ufw allow 22/tcp >/dev/null
on host ufw route deny in on eth0 to any port 8080 proto tcp >/dev/null
on host ufw route deny in on eth0 to any port 80 proto tcp >/dev/null
on host ufw route deny in on enp3s0 >/dev/null
check "ufw starts" on host ufw --force enable

expect_closed world tcp "$HOST" 8090
expect_open world tcp "$HOST" 8080
audit
check "it is listed" reach web:80/tcp published eth0
expect_finding M01 web:80/tcp published eth0 \
	'.kind == "bypass" and .severity == "high" and (.why | contains("ufw denies it"))'

# Where it works: before Docker's rules, by the container's port.
on host iptables -I DOCKER-USER -i eth0 -p tcp --dport 80 -j DROP
expect_closed world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
audit
check "it is closed by eth0" no_reach web published eth0
expect_no_finding M01 web any eth0
expect_finding M01 web:80/tcp published eth1
