#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M16: without the userland proxy a container that writes its own frames reaches the host's loopback.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Asks port $2 of 127.0.0.1 of the host by one frame of container $1; prints as client does. The host
# must know the container's link address already, so that its answer needs no question first.
forge() {
	on "container:$1" labserver --client udp 172.17.0.1 9 --timeout 20 >/dev/null
	on "container:$1" labserver --raw tcp 127.0.0.1 "$2" --dev eth0 \
		--mac "$(on host cat /sys/class/net/docker0/address)" --source "$(address_of "$1")"
}

lab_up
server host private tcp:127.0.0.1:7777 tcp:7778
container inner || exit
check "with the proxy loopback is closed" verdict_is "timeout refused" forge inner 7777
audit
expect_no_finding M16 any

LAB_DOCKERD_ARGS=(--userland-proxy=false)
engine_restart
container web -p 127.0.0.1:1234:1234 || exit
container other || exit
check "without it a container gets an answer" verdict_is open forge other 7777
expect_closed world tcp "$HOST" 7777
expect_raw_closed neighbour tcp 127.0.0.1 7777
audit
expect_finding M16 host loopback docker0 '.severity == "medium" and .kind == "exposure" and
	.to == {address: "127.0.0.1", port: 7777} and .sources == ["172.17.0.0/16"]'
expect_no_finding M16 any any any '.to.port == 7778'
expect_no_finding M16 any any eth0

# The mend that the finding names.
on host iptables -I INPUT ! -i lo -d 127.0.0.0/8 -j DROP
check "the mend closes it" verdict_is "timeout refused" forge other 7777
audit
expect_no_finding M16 any
