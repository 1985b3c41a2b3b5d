#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M21: with iptables off nothing guards the containers, and the host forwards all the same.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up -- --iptables=false
container web -p 127.0.0.1:1234:1234 --expose 91 || exit
ip=$(address_of web)
route_to 172.17.0.0/16 from neighbour
route_to 172.17.0.0/16 from world

expect_open world tcp "$ip" 1234
expect_open neighbour tcp "$ip" 91
expect_closed neighbour tcp "$HOST" 1234
expect_raw_closed neighbour tcp 127.0.0.1 1234
audit
expect_finding M21 web:1234/tcp direct eth0 ".to == {address: \"$ip\", port: 1234}"
expect_finding M21 web:91/tcp direct eth1
expect_no_finding any web loopback
expect_no_finding any web proxy

on host iptables -P FORWARD DROP
expect_closed neighbour tcp "$ip" 1234
audit
expect_safe web
