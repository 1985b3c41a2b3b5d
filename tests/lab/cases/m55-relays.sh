#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M53, M55: relays and tunnels carry ports out, and some containers rewrite rules: named, never "fine".
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
on host iptables -t raw -A PREROUTING ! -i docker0 -d 172.17.0.0/16 -j DROP
container web -p 127.0.0.1:1234:1234 || exit
expect_closed world tcp "$HOST" 9001
audit
expect_no_finding any any

# labserver under the name of a well-known relay.
mkdir -p "$LAB_DIR/bin"
cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/bin/socat"
on host "$LAB_DIR/bin/socat" --relay tcp 0.0.0.0 9001 127.0.0.1 1234 </dev/null >/dev/null 2>&1 &
wait_until client world tcp "$HOST" 9001 >/dev/null
expect_open world tcp "$HOST" 9001
audit
expect_finding M55 host host eth0 ".kind == \"relay\" and .to == {address: \"$HOST\", port: 9001} and
	(.why | contains(\"socat\"))"

# A tunnel dials out and listens on loopback alone: no probe gets there, and it is named all the same.
cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/bin/ngrok"
on host "$LAB_DIR/bin/ngrok" --relay tcp 127.0.0.1 4040 127.0.0.1 1234 </dev/null >/dev/null 2>&1 &
wait_until client host tcp 127.0.0.1 4040 >/dev/null
expect_closed world tcp "$HOST" 4040
audit
expect_finding M55 any any any '.kind == "relay" and .endpoint == null and (.why | contains("ngrok"))'
on host pkill -KILL -x ngrok

# What ssh -R leaves on the server is held by a session of sshd, not by the daemon; ssh -L by ssh itself.
for name in sshd ssh; do cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/bin/$name"; done
on host "$LAB_DIR/bin/sshd" --relay tcp 0.0.0.0 22 127.0.0.1 1234 </dev/null >/dev/null 2>&1 &
wait_until client world tcp "$HOST" 22 >/dev/null
audit
expect_no_finding M55 any any any '.to.port == 22'
on host "$LAB_DIR/bin/sshd" --relay tcp 0.0.0.0 9022 127.0.0.1 1234 </dev/null >/dev/null 2>&1 &
on host "$LAB_DIR/bin/ssh" --relay tcp 0.0.0.0 9023 127.0.0.1 1234 </dev/null >/dev/null 2>&1 &
wait_until client world tcp "$HOST" 9023 >/dev/null
wait_until client world tcp "$HOST" 9022 >/dev/null
audit
expect_no_finding M55 any any any '.to.port == 22'
expect_finding M55 host host eth0 '.kind == "relay" and .to.port == 9022 and (.why | contains("ssh -R"))'
expect_finding M55 host host eth0 '.kind == "relay" and .to.port == 9023 and (.why | contains("ssh -L"))'
on host pkill -KILL -x 'sshd|ssh'

image cloudflared
LAB_IMAGE=cloudflared container tunnel -- tcp:80 || exit
container boss -v /run/docker.sock:/var/run/docker.sock -- tcp:80 || exit
audit
expect_finding M55 any any any '.kind == "relay" and (.why | contains("cloudflared"))'
check "who can rewrite rules is named" grep -q 'boss can rewrite' <(seawall audit 2>&1)
check "who cannot is not" not grep -q 'web can rewrite' <(seawall audit 2>&1)

on host pkill -KILL -x socat
docker rm -f tunnel >/dev/null
expect_closed world tcp "$HOST" 9001
audit
expect_no_finding M55 any
