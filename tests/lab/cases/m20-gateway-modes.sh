#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M20: gateway modes, trusted interfaces and direct routing ask for access that the address forbids.
# engines: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
# Makes a network of this name, subnet and option.
network() {
	docker network create --subnet "$2" -o "com.docker.network.bridge.$3" "$1" >/dev/null
	route_to "$2" from neighbour
	route_to "$2" from lan
}
network routed 172.30.1.0/24 gateway_mode_ipv4=routed
network open 172.30.2.0/24 gateway_mode_ipv4=nat-unprotected
network trusting 172.30.3.0/24 trusted_host_interfaces=eth0
network plain 172.30.4.0/24 gateway_mode_ipv4=nat
for name in routed open trusting plain; do
	container $name --network $name -p 127.0.0.1::80 --expose 91 || exit
done

expect_open neighbour tcp "$(address_of routed)" 80
expect_open neighbour tcp "$(address_of open)" 80
expect_open neighbour tcp "$(address_of open)" 91
expect_open neighbour tcp "$(address_of trusting)" 80
expect_closed neighbour tcp "$(address_of routed)" 91
expect_closed neighbour tcp "$(address_of trusting)" 91
expect_closed neighbour tcp "$(address_of plain)" 80
expect_closed lan tcp "$(address_of trusting)" 80
audit
expect_finding M20 routed:80/tcp direct eth0 '.why | contains("routed")'
expect_finding M20 open:80/tcp direct eth0 '.why | contains("nat-unprotected")'
expect_finding M20 open:91/tcp direct eth0
expect_finding M20 trusting:80/tcp direct eth0 '.why | contains("trusted")'
expect_no_finding any routed:91/tcp
expect_no_finding any trusting any eth1
expect_no_finding any trusting:91/tcp
expect_safe plain

# The daemon's own switch opens the rest.
docker kill routed open trusting plain >/dev/null
engine_restart --allow-direct-routing
docker start plain >/dev/null
container_await plain || exit
expect_open neighbour tcp "$(address_of plain)" 80
audit
expect_finding M20 plain:80/tcp direct eth0 '.why | contains("direct routing")'
