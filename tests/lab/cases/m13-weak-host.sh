#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M13: a port published on the address of one link answers on every link.
# engines: sid ipt29 nft29
# also: trixie debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p "$HOST_LAN:8082:82" || exit
container inner || exit
route_to "$HOST_LAN/32" from neighbour

expect_open lan tcp "$HOST_LAN" 8082
expect_open neighbour tcp "$HOST_LAN" 8082
expect_closed neighbour tcp "$HOST" 8082
check "the container saw the neighbour" grep -q "$NEIGHBOUR" <(arrivals web 82/tcp)
audit
expect_finding M13 web:82/tcp published eth0 \
	".severity == \"low\" and .to == {address: \"$HOST_LAN\", port: 8082}"
expect_finding M13 web:82/tcp published wg0
expect_no_finding any web published eth1
check "by its own link it is listed" reach web:82/tcp published eth1
expect_no_finding any inner published

# A host that takes an address in by its own link only.
on host iptables -t raw -A PREROUTING ! -i eth1 -d "$HOST_LAN" -j DROP
expect_closed neighbour tcp "$HOST_LAN" 8082
expect_open lan tcp "$HOST_LAN" 8082
audit
expect_no_finding M13 any
check "and still by its own link" reach web:82/tcp published eth1
