#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M32: a firewall script that flushes table filter leaves the translation, and nothing that guards it.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 -p 127.0.0.1:1234:1234 --expose 91 || exit
ip=$(address_of web)
route_to 172.17.0.0/16 from neighbour
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
expect_closed neighbour tcp "$ip" 91
audit
check "it is closed" no_reach web any eth0

# What many scripts begin with.
on host iptables -P FORWARD ACCEPT
on host iptables -F
expect_open world tcp "$HOST" 8080
audit
check "what was closed is open" reach web:80/tcp published eth0
if [[ $LAB_ENGINE == sid ]]; then
	# Table raw still stands.
	expect_closed neighbour tcp "$ip" 91
	expect_no_finding any web direct
else
	expect_open neighbour tcp "$ip" 91
	expect_open neighbour tcp "$ip" 1234
	expect_finding M18 web:91/tcp direct eth0
	expect_finding M17 web:1234/tcp direct eth0
fi

on host iptables -P FORWARD DROP
expect_closed world tcp "$HOST" 8080
expect_closed neighbour tcp "$ip" 91
audit
check "with the policy it is closed again" no_reach web any eth0
