#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M17: up to Docker 27 a published port answers on the container's own address, bound to lo or not.
# engines: debian12 sid ipt29 nft29
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 --expose 91 || exit
container inner --expose 91 || exit
ip=$(address_of web)

# Without a route nobody gets there; who has one is not for the host to know.
expect_closed neighbour tcp "$ip" 1234
route_to 172.17.0.0/16 from neighbour
route_to 172.17.0.0/16 from world
if [[ $LAB_ENGINE != debian12 && $LAB_ENGINE != trixie ]]; then
	expect_closed neighbour tcp "$ip" 1234
	expect_closed world tcp "$ip" 1234
	audit
	expect_safe web inner
	exit
fi

expect_open neighbour tcp "$ip" 1234
expect_open world tcp "$ip" 1234
expect_closed neighbour tcp "$ip" 91
expect_closed neighbour tcp "$(address_of inner)" 91
audit
for at in eth0 eth1 wg0; do
	expect_finding M17 web:1234/tcp direct $at ".to == {address: \"$ip\", port: 1234}"
done
check "the rule is named" rule_mentions M17 "-A DOCKER -d $ip/32" "--dport 1234 -j ACCEPT"
expect_no_finding any web:91/tcp
expect_safe inner

# The rule that Docker 28 has, by hand.
on host iptables -t raw -A PREROUTING -d "$ip" ! -i docker0 -j DROP
expect_closed neighbour tcp "$ip" 1234
audit
expect_no_finding any web direct
expect_no_finding M17 any
