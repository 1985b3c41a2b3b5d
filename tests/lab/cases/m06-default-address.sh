#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M06: the engine's default address covers docker0 only, the networks' own default only user networks.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up -- --ip 127.0.0.1
# Direct and loopback access are other mechanisms; here they would only be in the way.
on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
docker network create one >/dev/null
container plain -p 8080:80 || exit
container named --network one -p 127.0.0.1:8082:80 || exit
expect_closed world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8082
audit
check "nobody from afar is listed" no_reach any published
expect_no_finding M06 any

container wide --network one -p 8081:80 || exit
expect_open world tcp "$HOST" 8081
expect_open world tcp "$HOST6" 8081
expect_closed world tcp "$HOST" 8080
audit
expect_finding M06 wide:80/tcp published eth0 \
	".kind == \"ineffective\" and .to == {address: \"$HOST\", port: 8081} and .sources == [\"0.0.0.0/0\"]"
check "the address is named" finding M06 wide:80/tcp any any '.why | contains("127.0.0.1")'
expect_finding M02 wide:80/tcp proxy eth0
expect_no_finding M06 plain
expect_no_finding M06 named

[[ $LAB_ENGINE == sid ]] || exit 0

# The other knob, since 24.0: new user networks only.
docker rm -f plain named wide >/dev/null
docker network rm one >/dev/null
LAB_DOCKERD_ARGS=(--default-network-opt bridge=com.docker.network.bridge.host_binding_ipv4=127.0.0.1)
engine_restart
docker network create two >/dev/null
container covered --network two -p 8081:80 || exit
container plain -p 8080:80 || exit
expect_closed world tcp "$HOST" 8081
expect_open world tcp "$HOST" 8080
audit
check "what docker0 publishes is listed" reach plain:80/tcp published eth0
expect_finding M02 plain:80/tcp proxy eth0
check "what the user network publishes is not" no_reach covered published
