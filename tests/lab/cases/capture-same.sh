#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture, read anywhere and without rights, gives the findings that the host itself gave.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 --expose 91 || exit
container all -p 8080:80 || exit
on host iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 8035 \
	-j DNAT --to-destination "$(address_of web):1234"
on host iptables-legacy -A INPUT -i eth1 -p tcp --dport 8080 -j DROP
expect_open world tcp "$HOST" 8035
expect_open world tcp "$HOST6" 8080

# What an audit says, in an order of its own and without what differs from run to run.
said() {
	jq -S '{endpoints, findings, incomplete} | del(.. | .proof?)' "$1"
}
audit
said "$LAB_DIR/audit.json" >"$LAB_DIR/live"
check "there is something to find" test "$(jq '.findings | length' "$LAB_DIR/audit.json")" -gt 3
check "a capture is written" seawall capture -o "$LAB_DIR/host.capture"
chmod a+rx "$LAB_DIR" && chmod a+r "$LAB_DIR/host.capture"

# The host is gone when it is read: nothing of it can be asked.
engine_stop
audit --capture "$LAB_DIR/host.capture"
said "$LAB_DIR/audit.json" >"$LAB_DIR/captured"
check "the capture says the same" diff "$LAB_DIR/live" "$LAB_DIR/captured"

# In another place, by somebody without rights.
on lan setpriv --reuid 65534 --regid 65534 --clear-groups "${SEAWALL:-$LAB_REPO/build/seawall}" audit \
	--json --capture "$LAB_DIR/host.capture" >"$LAB_DIR/nobody.json" 2>"$LAB_DIR/nobody.err"
check "without rights there are problems too" equal $? 1
said "$LAB_DIR/nobody.json" >"$LAB_DIR/nobody"
check "and they are the same" diff "$LAB_DIR/live" "$LAB_DIR/nobody"

# No secrets in it.
engine_start
container secret2 -e PASSWORD=hunter2hunter2 --label com.example.token=hunter2hunter2 || exit
check "a capture with a secret about is written" seawall capture -o "$LAB_DIR/secret.capture"
check "the container is in it" grep -q secret2 "$LAB_DIR/secret.capture"
check "the secret is not" not grep -q hunter2 "$LAB_DIR/secret.capture"
