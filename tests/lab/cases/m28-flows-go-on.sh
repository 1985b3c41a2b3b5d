#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M28: a rule that refuses newcomers leaves who is in already.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Opens a connection from the world and keeps it; what comes back is in $LAB_DIR/held.
enter() {
	exec {lines}> >(on world labserver --client tcp "$HOST" 8080 --hold --timeout 500 >"$LAB_DIR/held")
	check "a client is in" wait_until grep -q '^open' "$LAB_DIR/held"
}

# Says a line on that connection, and tells whether it comes back as it must: open, or timeout.
says() {
	echo "$2" >&"$lines"
	if [[ $1 == open ]]; then
		wait_until grep -qx "open $2" "$LAB_DIR/held"
	else
		wait_until grep -qx "$1" "$LAB_DIR/held"
	fi
}

lab_up
container web -p 0.0.0.0:8080:80 || exit
enter
check "and is answered" says open one
audit
expect_no_finding M28 any

on host iptables -I DOCKER-USER -i eth0 -m conntrack --ctstate NEW -j DROP
expect_closed world tcp "$HOST" 8080
check "who is in stays in" says open two
audit --kept live
expect_finding M28 web:80/tcp published eth0 ".kind == \"exposure\" and .severity == \"medium\" and
	.to == {address: \"$HOST\", port: 8080} and .sources == [\"$WORLD/32\"]"
check "it says how many" finding M28 web:80/tcp published eth0 '.why | startswith("1 flow goes on")'
check "the rule is named" rule_mentions M28 "--ctstate NEW" DOCKER-USER
seawall capture -o "$LAB_DIR/host.capture" 2>/dev/null
audit --capture "$LAB_DIR/host.capture"
expect_finding M28 web:80/tcp published eth0

# A rule that asks for no state ends it; there is nothing to say then.
on host iptables -I DOCKER-USER -i eth0 -j DROP
check "a plain drop stops it" says timeout three
audit
expect_no_finding M28 any
on host iptables -D DOCKER-USER -i eth0 -j DROP

# Without the ACCEPT for the container's port: Docker's own for established flows stands in front.
on host iptables -D DOCKER-USER -i eth0 -m conntrack --ctstate NEW -j DROP
exec {lines}>&-
enter
check "and is answered" says open four
on host iptables -D DOCKER -d "$(address_of web)/32" ! -i docker0 -o docker0 -p tcp -m tcp \
	--dport 80 -j ACCEPT
on host iptables -P FORWARD DROP
expect_closed world tcp "$HOST" 8080
check "who is in stays in without a rule on NEW" says open five
audit
expect_finding M28 web:80/tcp published eth0

# The mend that the finding names.
on host conntrack -D -p tcp --orig-dst "$HOST" --orig-port-dst 8080 >/dev/null 2>&1
check "the mend ends it" says timeout six
audit
expect_no_finding M28 any
