#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M58: --internal networks test addresses: a datagram with a forged one gets in. One way.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Sends a datagram to the container from an address of its own network.
forge() {
	raw neighbour udp "$ip" 53 --source 172.30.8.77 --timeout 300 >/dev/null
}

# Tells whether the container has had $1 datagrams.
arrived() {
	[[ $(count inner 53/udp) == "$1" ]]
}

lab_up --forward 1
docker network create --internal --subnet 172.30.8.0/24 inside >/dev/null
container inner --network inside -- udp:53 tcp:80 || exit
ip=$(address_of inner)
route_to 172.30.8.0/24 from neighbour

expect_closed neighbour udp "$ip" 53
expect_closed neighbour tcp "$ip" 80
check "nothing arrived" arrived 0
forge
check "the forged datagram arrived" wait_until arrived 1
audit
expect_finding M58 inner:53/udp direct eth0 '.severity == "low" or .severity == "medium"'
expect_no_finding any inner:80/tcp direct any '.severity == "critical" or .severity == "high"'

on host sysctl -qw net.ipv4.conf.all.rp_filter=1
forge
check "with rp_filter it does not" arrived 1
audit
expect_no_finding any inner any eth0
