#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M49: Podman writes no rule against 127/8 from the wire nor against direct access.
# engines: podman
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up --engine podman
container web -p 127.0.0.1:1234:1234 --expose 91 || exit
ip=$(address_of web)
route_to 10.88.0.0/16 from neighbour

expect_raw_open neighbour tcp 127.0.0.1 1234
expect_open neighbour tcp "$ip" 1234
expect_open neighbour tcp "$ip" 91
expect_closed neighbour tcp "$HOST" 1234
audit
expect_finding M49 web:1234/tcp loopback eth0 '.to == {address: "127.0.0.1", port: 1234}'
expect_finding M49 web:1234/tcp direct eth0 ".to == {address: \"$ip\", port: 1234}"
expect_finding M49 web:91/tcp direct eth0
expect_no_finding any web published

# What the finding says to do.
on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
on host iptables -t raw -A PREROUTING ! -i podman0 -d 10.88.0.0/16 -j DROP
expect_raw_closed neighbour tcp 127.0.0.1 1234
expect_closed neighbour tcp "$ip" 91
expect_open host tcp 127.0.0.1 1234
audit
expect_safe web
