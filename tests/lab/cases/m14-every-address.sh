#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M14: every address means the VPN, the bridge's gateway and addresses that come later, too.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
container one -p "$HOST:8081:81" || exit
later=192.0.2.77

# Asked for, so no finding; but each of them is listed.
expect_open vpn tcp "$HOST_VPN" 8080
expect_closed neighbour tcp "$later" 8080
audit
expect_no_finding any web published
check "the VPN is listed" reach web:80/tcp published wg0 ".to.address == \"$HOST_VPN\""
check "what is not there is not" no_reach web any any ".to.address == \"$later\""
on host ip addr add "$later/24" dev eth0
# The neighbour may still be waiting for an answer to the question that it asked before.
on neighbour ip neigh flush to "$later"
expect_open neighbour tcp "$later" 8080
expect_closed neighbour tcp "$later" 8081
audit
check "an address that came later is" reach web:80/tcp published eth0 ".to.address == \"$later\""
check "and only where it was meant" no_reach one any any ".to.address == \"$later\""

# A filter that names the addresses one thinks of leaves the gateway's.
for address in "$HOST" "$later" "$HOST_LAN" "$HOST_VPN" 192.0.2.255 255.255.255.255; do
	on host iptables -t raw -A PREROUTING -i eth0 -d "$address" -p tcp --dport 8080 -j DROP
done
route_to 172.17.0.1/32 from neighbour
expect_closed neighbour tcp "$HOST" 8080
expect_open neighbour tcp 172.17.0.1 8080
audit
expect_finding M14 web:80/tcp published eth0 '.to == {address: "172.17.0.1", port: 8080}'
on host iptables -t raw -A PREROUTING -i eth0 -d 172.17.0.1 -p tcp --dport 8080 -j DROP
expect_closed neighbour tcp 172.17.0.1 8080
audit
expect_no_finding M14 any
