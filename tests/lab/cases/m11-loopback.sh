#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M11: a frame to 127.0.0.1 that arrives by a link is translated too, up to Docker 27.
# engines: debian12 sid ipt29 nft29
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 -p 127.0.0.1:5353:53/udp || exit
container inner || exit

if [[ $LAB_ENGINE != debian12 && $LAB_ENGINE != trixie ]]; then
	expect_raw_closed neighbour tcp 127.0.0.1 1234
	expect_raw_closed lan udp 127.0.0.1 5353
	check "nothing arrived" equal "$(count web 1234/syn) $(count web 53/udp)" "0 0"
	audit
	expect_safe web inner
	exit
fi

expect_raw_open neighbour tcp 127.0.0.1 1234
expect_raw_open neighbour udp 127.0.0.1 5353
expect_raw_open lan tcp 127.0.0.1 1234
expect_closed world tcp "$HOST" 1234
check "the container saw the neighbour" grep -q "$NEIGHBOUR" <(arrivals web 1234/syn)
audit
for at in eth0 eth1 wg0; do
	expect_finding M11 web:1234/tcp loopback $at \
		'.severity == "high" and .to == {address: "127.0.0.1", port: 1234}'
	expect_finding M11 web:53/udp loopback $at
done
expect_no_finding any web published
expect_no_finding any inner loopback

# The rule that Docker 28 has, by hand and for one link.
on host iptables -t raw -A PREROUTING -i eth0 -d 127.0.0.0/8 -j DROP
expect_raw_closed neighbour tcp 127.0.0.1 1234
expect_raw_open lan tcp 127.0.0.1 1234
audit
expect_no_finding M11 web loopback eth0
expect_finding M11 web:1234/tcp loopback eth1
