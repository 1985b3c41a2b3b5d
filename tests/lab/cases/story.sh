#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The story: restored and forgotten NAT rules let the world in past 127.0.0.1 and nginx; then the copied mend.
# engines: debian12 trixie sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"
# shellcheck source=demo/host.sh
. "$LAB_REPO/demo/host.sh"

get=(--payload $'GET / HTTP/1.0\r\n\r\n')

# Audits the host; what it says is for `finding NAME` from now on. Succeeds when it found problems.
audit() {
	seawall audit --json >"$LAB_DIR/$1.json"
	equal $? 1
}

# Tells whether what audit $1 found about container $2 ("" for everything) meets `any(EXPRESSION) $4`; shows it
# otherwise. An expression that jq does not understand is never met.
findings_are() {
	# jq's variables, not ours.
	# shellcheck disable=SC2016
	local mine='[.findings[] | select($name == "" or (.endpoint // "" | startswith($name + "/")))]'
	jq -e --arg name "$2" "$mine | any(.[]; $3) $4" "$LAB_DIR/$1.json" >/dev/null && return
	jq -c --arg name "$2" "$mine | .[] | [.endpoint, .kind, .severity, .mechanism, .path, .in, .to, .rule.text]" \
		"$LAB_DIR/$1.json"
	return 1
}

# Tells whether audit NAME has such a finding about CONTAINER: `finding NAME CONTAINER EXPRESSION`.
finding() {
	findings_are "$1" "$2" "$3" ''
}

# Tells whether it has none; arguments as finding.
no_finding() {
	findings_are "$1" "$2" "$3" '| not'
}

# The HTTP status that a role gets from a URL: `status_of ROLE URL [CURL-ARG...]`.
status_of() {
	on "$1" curl -s -o /dev/null --max-time 3 -w '%{http_code}' "${@:2}"
}

# What the loopback publications give away on interface $2, as audit $1 must know it.
check_loopback() {
	local word=finding
	[[ $leaks ]] || word=no_finding
	check "$1: 127.0.0.1 over the wire, $2" "$word" "$1" service-1236 \
		".mechanism == \"M11\" and .path == \"loopback\" and .in == \"$2\""
	check "$1: the container's own address, $2" "$word" "$1" service-1236 \
		".mechanism == \"M17\" and .path == \"direct\" and .in == \"$2\""
}

lab_up
# Up to Docker 27, what is published on loopback answers on each link.
leak=expect_open raw_leak=expect_raw_open leaks=1
[[ $LAB_ENGINE == sid ]] && leak=expect_closed raw_leak=expect_raw_closed leaks=''
demo_containers && demo_services || exit

# Without the firewall's rules the declaration holds against the world.
expect_closed world tcp "$HOST" 1234
check "clean: audited" audit clean
check "clean: nothing is sent on" no_finding clean '' '.path == "redirect"'
check "clean: 1234 is not open to the world" no_finding clean service-1234 '.severity == "critical"'

demo_firewall || exit
stale="--dport 1234 -j DNAT --to-destination $DEMO_1234:1234"
forgotten="--dport 8035 -j DNAT --to-destination $DEMO_1235:1235"

# With them it does not.
expect_open world tcp "$HOST" 1234 "${get[@]}"
check "service-1234 saw the world" grep -q "$WORLD" <(arrivals service-1234 1234/tcp)
expect_open lan tcp "$HOST_LAN" 1234 "${get[@]}"
expect_open world tcp "$HOST" 8035 "${get[@]}"
expect_open neighbour tcp "$HOST" 8035 "${get[@]}"
expect_closed lan tcp "$HOST_LAN" 8035
expect_closed world tcp "$HOST" 1236
expect_closed world tcp "$HOST" 1237
for role in neighbour lan; do
	$leak "$role" tcp "$DEMO_1236" 1236 "${get[@]}"
	$raw_leak "$role" tcp 127.0.0.1 1236
done
expect_open world tcp "$HOST" 8080 "${get[@]}"
expect_open world tcp "$HOST6" 8080 "${get[@]}"
expect_open world tcp "$HOST" 25
expect_open container:status tcp "$WORLD" 80 "${get[@]}"
check "nginx asks for a password" equal "$(status_of world http://service-1234.example.com:443/)" 401
check "nginx lets in who has it" equal "$(status_of world -u demo:demo http://service-1234.example.com:443/)" 200

check "before: audited" audit before
check "before: nothing is left unknown" equal "$(jq -c .incomplete "$LAB_DIR/before.json")" '[]'
for at in "eth0 $HOST" "eth1 $HOST_LAN"; do
	check "before: 1234 by the restored rule, ${at% *}" finding before service-1234 ".path == \"redirect\" and
		.mechanism == \"M36\" and .in == \"${at% *}\" and .to == {address: \"${at#* }\", port: 1234} and
		.severity == \"critical\" and .rule.chain == \"DOCKER\" and (.rule.text | contains(\"$stale\")) and
		(.rule.text | contains(\"127.0.0.1\") | not)"
done
check "before: 8035 by the admin's own rule" finding before service-1235 ".path == \"redirect\" and
	.mechanism == \"M23\" and .in == \"eth0\" and .to == {address: \"$HOST\", port: 8035} and
	.severity == \"critical\" and .rule.chain == \"PREROUTING\" and (.rule.text | contains(\"$forgotten\"))"
check "before: 8035 by eth0 only" no_finding before service-1235 '.mechanism == "M23" and .in != "eth0"'
check_loopback before eth0
check_loopback before eth1
check "before: 1236 is not sent on" no_finding before service-1236 '.path == "redirect" or .path == "published"'
check "before: the IPv6 relay" finding before status '.mechanism == "M02" and .path == "proxy" and .in == "eth0"'
check "before: nothing of status by IPv4" no_finding before status '.to.address // "::" | contains(":") | not'
check "before: a stale rule that leads nowhere is no leak" no_finding before queue 'true'
check "before: the mailer is no container" no_finding before '' '.to.port == 25 or .to.port == 2525'

demo_mend

# The mend closes eth0, and too much there; it leaves the other links and IPv6.
expect_closed world tcp "$HOST" 1234
expect_closed world tcp "$HOST" 8035
expect_closed neighbour tcp "$HOST" 8035
expect_closed neighbour tcp "$DEMO_1236" 1236
expect_raw_closed neighbour tcp 127.0.0.1 1236
expect_closed world tcp "$HOST" 8080
expect_closed container:status tcp "$WORLD" 80
expect_open lan tcp "$HOST_LAN" 1234 "${get[@]}"
$leak lan tcp "$DEMO_1236" 1236 "${get[@]}"
$raw_leak lan tcp 127.0.0.1 1236
expect_open lan tcp "$HOST_LAN" 8080 "${get[@]}"
expect_open world tcp "$HOST6" 8080 "${get[@]}"
check "nginx still asks" equal "$(status_of world http://service-1234.example.com:443/)" 401

check "after: audited" audit after
check "after: eth0 is closed for IPv4" no_finding after '' '.kind != "outage" and .in == "eth0" and
	(.to.address // ":" | contains(":") | not)'
check "after: 1234 by the restored rule, eth1" finding after service-1234 ".path == \"redirect\" and
	.mechanism == \"M36\" and .in == \"eth1\" and (.rule.text | contains(\"$stale\"))"
check_loopback after eth1
check "after: the IPv6 relay" finding after status '.mechanism == "M02" and .path == "proxy" and .in == "eth0"'
check "after: status is cut, by the mend" finding after status '.kind == "outage" and .in == "eth0" and
	(.rule.text | contains("-A DOCKER-USER ! -s 127.0.0.1/32 -i eth0 -j DROP"))'
check "nothing ever came to the queue" equal "$(count queue 1237/tcp)" 0
