#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M25: in DOCKER-USER port and address are the container's, so a rule for the published ones does nothing.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
expect_open world tcp "$HOST" 8080
audit
expect_no_finding any any

on host iptables -I DOCKER-USER -i eth0 -p tcp --dport 8080 -j DROP
on host iptables -I DOCKER-USER -d "$HOST" -p tcp -j DROP
expect_open world tcp "$HOST" 8080
audit
expect_finding M25 host any any '.kind == "ineffective" and (.rule.text | contains("--dport 8080"))'
expect_finding M25 host any any ".kind == \"ineffective\" and (.rule.text | contains(\"-d $HOST\"))"
check "and it is open" reach web:80/tcp published eth0
check "the mend is named" finding M25 host any any '.fix | contains("--ctorigdstport 8080")'

# What works: the port before translation.
on host iptables -F DOCKER-USER
on host iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP
expect_closed world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
audit
expect_no_finding M25 any
check "now it is closed" no_reach web published eth0
check "on that link only" reach web:80/tcp published eth1
