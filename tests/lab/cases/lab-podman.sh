#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Podman in the lab: who reaches what by default, which is more than with Docker.
# engines: podman
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up --engine podman
container web -p 127.0.0.1:1234:1234 -p 8080:80 -- tcp:80 tcp:1234 tcp:91 || exit
ip=$(address_of web)
route_to 10.88.0.0/16 from neighbour

expect_open world tcp "$HOST" 8080
expect_closed neighbour tcp "$HOST" 1234
expect_raw_open neighbour tcp 127.0.0.1 1234
expect_open neighbour tcp "$ip" 1234
expect_open neighbour tcp "$ip" 91
expect_closed world tcp "$ip" 91
check "it says where it publishes" equal "$(published web 1234/tcp)" 127.0.0.1:1234
check "the API answers" on host curl -fso /dev/null --unix-socket /run/podman/podman.sock \
	http://engine/v1.40/containers/json
check "arrivals are counted" equal "$(count web 91/tcp)" 1
