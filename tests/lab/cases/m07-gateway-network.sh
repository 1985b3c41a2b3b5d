#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M07: a port without an address follows whichever network is the gateway: connecting one opens it.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
docker network create -o com.docker.network.bridge.host_binding_ipv4=127.0.0.1 mm_loop >/dev/null
docker network create aa_plain >/dev/null
docker network create zz_plain >/dev/null
container web --network mm_loop -p 8120:80 || exit
container named --network mm_loop -p 127.0.0.1:8121:80 || exit
expect_closed world tcp "$HOST" 8120
audit
check "nobody from afar is listed" no_reach any published
expect_no_finding M07 any
check "and nothing is said of it" not grep -q 'without an address' <(seawall audit 2>&1)

# A network that comes later in the alphabet does not take the gateway, yet.
docker network connect zz_plain web
expect_closed world tcp "$HOST" 8120
audit
check "nobody from afar is listed yet" no_reach any published
expect_no_finding M07 any
check "but what would happen is said" grep -q 'web was published without an address' <(
	seawall audit 2>&1 | tr -s '\n ' '  '
)

docker network connect aa_plain web
docker network connect aa_plain named
expect_open world tcp "$HOST" 8120
expect_open lan tcp "$HOST_LAN" 8120
expect_closed world tcp "$HOST" 8121
audit
expect_finding M07 web:80/tcp published eth0 \
	".kind == \"ineffective\" and .to == {address: \"$HOST\", port: 8120} and .sources == [\"0.0.0.0/0\"]"
check "the network is named" finding M07 web:80/tcp any any '.why | contains("mm_loop")'
expect_no_finding M07 named

docker network disconnect aa_plain web
docker network disconnect zz_plain web
expect_closed world tcp "$HOST" 8120
audit
expect_no_finding M07 any
check "it is closed again" no_reach web published
