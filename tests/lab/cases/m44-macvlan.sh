#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M44: a macvlan container sits on the LAN with all its ports, past all rules of the host.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create -d macvlan -o parent=eth0 --subnet "$SEGMENT" --gateway "$ROUTER" wire >/dev/null
container onwire --network wire --ip 192.0.2.50 -- tcp:80 tcp:91 || exit
container inner --expose 91 || exit
on host iptables -P INPUT DROP
on host iptables -P FORWARD DROP
on host iptables -I DOCKER-USER -j DROP

expect_open neighbour tcp 192.0.2.50 80
expect_open world tcp 192.0.2.50 91
expect_closed neighbour tcp 192.0.2.50 92
expect_closed neighbour tcp "$(address_of inner)" 91
audit
expect_finding M44 onwire:80/tcp l2 any '.to == {address: "192.0.2.50", port: 80}'
expect_finding M44 onwire:91/tcp l2
expect_no_finding any onwire:92/tcp
expect_safe inner

# Only the container's own rules stop it.
on container:onwire iptables -A INPUT -p tcp --dport 91 -j DROP
expect_closed world tcp 192.0.2.50 91
expect_open world tcp 192.0.2.50 80
audit
expect_no_finding any onwire:91/tcp
expect_finding M44 onwire:80/tcp l2
