#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M57: SCTP is tried as TCP and UDP are, with what the kernel has of it.
# engines: ipt29 nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p "$HOST:8099:99/sctp" -p 127.0.0.1:8098:98/sctp || exit
route_to 172.17.0.0/16 from neighbour
ip=$(address_of web)

expect_open world sctp "$HOST" 8099
expect_closed neighbour sctp "$ip" 98
expect_raw_closed neighbour sctp 127.0.0.1 8098
audit
check "the published one is listed" reach web:99/sctp published eth0
expect_no_finding any web:98/sctp

# Without the engine's protection.
if [[ $LAB_ENGINE == nft29 ]]; then
	on host nft flush chain ip docker-bridges raw-PREROUTING
else
	on host iptables -t raw -F
fi
expect_open neighbour sctp "$ip" 98
expect_raw_open neighbour sctp 127.0.0.1 8098
audit
expect_finding M12 web:98/sctp direct eth0 ".to == {address: \"$ip\", port: 98}"
expect_finding M12 web:98/sctp loopback eth0
