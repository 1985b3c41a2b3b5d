#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M30: a broadcast is not translated; docker-proxy's UDP socket takes it, whatever DOCKER-USER says.
# engines: sid ipt29 nft29
# also: trixie debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Tells whether container $1 has seen $3 arrivals on port $2.
arrived() {
	[[ $(count "$1" "$2") == "$3" ]]
}

lab_up
container web -p 0.0.0.0:5353:53/udp || exit
container one -p "$HOST:5354:54/udp" || exit
[[ $LAB_ENGINE == nft29 ]] && on host iptables -N DOCKER-USER && on host iptables -I FORWARD -j DOCKER-USER
on host iptables -I DOCKER-USER -i eth0 -j DROP

# One way: the container gets it, and no answer comes home from who was asked.
expect_closed neighbour udp "$HOST" 5353
check "nothing arrived" equal "$(count web 53/udp) $(count one 54/udp)" "0 0"
for to in 192.0.2.255 255.255.255.255; do
	raw neighbour udp $to 5353 --mac ff:ff:ff:ff:ff:ff --timeout 200 >/dev/null
	raw neighbour udp $to 5354 --mac ff:ff:ff:ff:ff:ff --timeout 200 >/dev/null
done
check "the broadcasts arrived" wait_until arrived web 53/udp 2
check "an address of its own takes none" equal "$(count one 54/udp)" 0
audit
expect_finding M30 web:53/udp broadcast eth0 '.severity == "low" and (.to.address | endswith("255"))'
expect_no_finding M30 one
check "what is addressed to the host is closed" no_reach web published eth0

on host iptables -I INPUT -i eth0 -p udp --dport 5353 -j DROP
raw neighbour udp 192.0.2.255 5353 --mac ff:ff:ff:ff:ff:ff --timeout 300 >/dev/null
check "no more arrived" equal "$(count web 53/udp)" 2
audit
expect_no_finding M30 web broadcast eth0
expect_finding M30 web:53/udp broadcast eth1
