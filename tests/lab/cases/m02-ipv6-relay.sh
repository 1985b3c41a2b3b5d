#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M02: published without an address, a port is also relayed to IPv6 clients by docker-proxy.
# engines: debian12 sid ipt29 nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 8080:80 -p 0.0.0.0:8081:81 || exit

expect_open world tcp "$HOST6" 8080
expect_closed world tcp "$HOST6" 8081
expect_open lan tcp "$HOST_LAN6" 8080
expect_open world tcp "$HOST" 8081
check "the container does not see who asks" not grep -q "$WORLD6" <(arrivals web 80/tcp)
audit
expect_finding M02 web:80/tcp proxy eth0 '.to.address | contains(":")'
expect_finding M02 web:80/tcp proxy eth1
expect_no_finding any web:81/tcp
expect_no_finding any web any any '.to.address | contains(":") | not'

# The mend that people copy is IPv4 only; an IPv6 rule at INPUT closes it.
if [[ $LAB_ENGINE != nft29 ]]; then
	on host iptables -I DOCKER-USER -i eth0 -j DROP
	expect_closed world tcp "$HOST" 8080
fi
expect_open world tcp "$HOST6" 8080
audit
expect_finding M02 web:80/tcp proxy eth0
on host ip6tables -A INPUT -i eth0 -p tcp --dport 8080 -j DROP
expect_closed world tcp "$HOST6" 8080
expect_open lan tcp "$HOST_LAN6" 8080
audit
expect_no_finding M02 web proxy eth0
expect_finding M02 web:80/tcp proxy eth1
