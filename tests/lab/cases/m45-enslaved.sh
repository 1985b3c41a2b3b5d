#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M45: a NIC made a port of a container bridge brings outsiders in as if they were containers.
# engines: sid ipt29 nft29
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container inner --expose 91 -- tcp:91 || exit
on lan ip addr add 172.17.0.99/16 dev eth0

expect_closed lan tcp "$(address_of inner)" 91
audit
expect_no_finding any inner
expect_no_finding M45 any

on host ip link set eth1 master docker0
on lan ip neigh flush dev eth0
expect_open lan tcp "$(address_of web)" 1234
expect_open lan tcp "$(address_of inner)" 91
check "the container saw the outsider" grep -q 172.17.0.99 <(arrivals inner 91/tcp)
audit
expect_finding M45 inner:91/tcp l2 any ".to.address == \"$(address_of inner)\""
expect_finding M45 web:1234/tcp l2
check "the NIC is named" finding M45 inner:91/tcp l2 any '.why | contains("eth1")'
expect_no_finding M45 any any eth0

# By a port without a carrier nobody comes.
on lan ip link set eth0 down
audit
expect_no_finding M45 any
on lan ip link set eth0 up
wait_until on host grep -qx 1 /sys/class/net/eth1/carrier

on host ip link set eth1 nomaster
expect_closed lan tcp "$(address_of inner)" 91
audit
expect_no_finding M45 any
