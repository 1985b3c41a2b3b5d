#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M26: a rule for an interface that packets do not come in by leaves the port open.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
# An interface that is not there, one that packets leave by, and one of several.
on host iptables -I DOCKER-USER -i enp3s0 -j DROP
on host iptables -I DOCKER-USER -o eth0 -p tcp --dport 80 -j DROP
on host iptables -I DOCKER-USER -i eth1 -j DROP

expect_open world tcp "$HOST" 8080
expect_open vpn tcp "$HOST_VPN" 8080
expect_closed lan tcp "$HOST_LAN" 8080
audit
expect_finding M26 host any any '.kind == "ineffective" and (.rule.text | contains("enp3s0"))'
expect_no_finding M26 host any any '.rule.text | contains("enp3s0") | not'
check "open by eth0" reach web:80/tcp published eth0
check "open by wg0" reach web:80/tcp published wg0
check "closed by eth1" no_reach web published eth1

on host iptables -D DOCKER-USER -i enp3s0 -j DROP
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding M26 any
check "closed by eth0" no_reach web published eth0
