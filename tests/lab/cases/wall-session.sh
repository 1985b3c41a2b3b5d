#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An apply that would cut the remote session that it runs in is refused: here one that comes through a VPN container.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container vpn -p 0.0.0.0:51820:51820/udp || exit
printf 'version: 1\ndefault: closed\n' >"$LAB_DIR/closed.yaml"
cat >"$LAB_DIR/open.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: vpn, host_port: 51820/udp, from: any }
END

# A server for remote shells that runs one command for who connects, as a child of its own.
cp "$(readlink -f /usr/bin/python3)" "$LAB_DIR/sshd"
cat >"$LAB_DIR/serve.py" <<'END'
import socket, subprocess, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 2222))
server.listen()
open(sys.argv[1] + ".ready", "w").close()
session, _ = server.accept()
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
with open(sys.argv[1], "wb") as out:
    out.write(done.stdout)
with open(sys.argv[1] + ".code", "w") as out:
    out.write(str(done.returncode))
END

# Runs seawall with these arguments in a session that comes from the container; says what it said.
in_session() {
	local client server
	rm -f "$LAB_DIR"/said*
	on host "$LAB_DIR/sshd" "$LAB_DIR/serve.py" "$LAB_DIR/said" \
		env DOCKER_HOST=unix:///run/docker.sock "${SEAWALL:-$LAB_REPO/build/seawall}" "$@" &
	server=$!
	wait_until test -e "$LAB_DIR/said.ready"
	sleep 30 | on container:vpn labserver --client tcp 172.17.0.1 2222 --hold >/dev/null 2>&1 &
	client=$!
	wait $server
	kill $client 2>/dev/null
	cat "$LAB_DIR/said"
}

# Somebody's VPN is up: a flow from the world to the container.
expect_open world udp "$HOST" 51820
in_session apply "$LAB_DIR/closed.yaml" >"$LAB_DIR/log"
check 'it is refused' equal "$(cat "$LAB_DIR/said.code")" 1
check 'it says why' grep -q 'this session, from 172.17.0.2' "$LAB_DIR/said"
check 'no wall came of it' not on host nft list table inet seawall
expect_open world udp "$HOST" 51820
in_session apply "$LAB_DIR/open.yaml" >"$LAB_DIR/log"
check 'what lets it in is not refused' equal "$(cat "$LAB_DIR/said.code")" 0
check 'and is to be confirmed, for the session is a remote one' grep -q 'goes back in 60 s' "$LAB_DIR/said"
seawall apply "$LAB_DIR/closed.yaml" >/dev/null 2>&1
check 'without a session it is not refused' equal $? 0
