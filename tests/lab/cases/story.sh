#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The story: restored and forgotten NAT rules let the world in past 127.0.0.1 and nginx; then the copied mend.
# engines: debian12 sid
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"
# shellcheck source=demo/host.sh
. "$LAB_REPO/demo/host.sh"

get=(--payload $'GET / HTTP/1.0\r\n\r\n')
ipv4='(.to.address // "::" | contains(":") | not)'

# The HTTP status that a role gets from a URL: `status_of ROLE URL [CURL-ARG...]`.
status_of() {
	on "$1" curl -s -o /dev/null --max-time 3 -w '%{http_code}' "${@:2}"
}

# What the loopback publications give away on interface $1, as the audit must know it: up to Docker 27
# each of them answers on each link.
expect_loopback() {
	local word=expect_finding
	[[ $LAB_ENGINE == sid ]] && word=expect_no_finding
	"$word" M11 service-1236 loopback "$1"
	"$word" M17 service-1236 direct "$1"
}

lab_up
leak=expect_open raw_leak=expect_raw_open
[[ $LAB_ENGINE == sid ]] && leak=expect_closed raw_leak=expect_raw_closed
demo_containers && demo_services || exit

# Without the firewall's rules the declaration holds against the world.
expect_closed world tcp "$HOST" 1234
audit
expect_no_finding any any redirect
expect_no_finding any service-1234 any any '.severity == "critical"'

demo_firewall || exit
stale="-A DOCKER ! -i services -p tcp -m tcp --dport 1234 -j DNAT --to-destination $DEMO_1234:1234"
own="-A PREROUTING -i eth0 -p tcp -m tcp --dport 8035 -j DNAT --to-destination $DEMO_1235:1235"

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

audit
while read -r in severity address; do
	expect_finding M36 service-1234:1234/tcp redirect "$in" ".severity == \"$severity\" and .rule.text == \"$stale\""
	expect_finding M36 service-1234:1234/tcp redirect "$in" ".to == {address: \"$address\", port: 1234}"
	expect_loopback "$in"
done <<-END
	eth0 critical $HOST
	eth1 high $HOST_LAN
END
expect_finding M23 service-1235:1235/tcp redirect eth0 ".severity == \"critical\" and .rule.text == \"$own\""
expect_finding M23 service-1235:1235/tcp redirect eth0 ".to == {address: \"$HOST\", port: 8035}"
expect_no_finding M23 any any any '.in != "eth0"'
expect_no_finding any service-1236 redirect
expect_no_finding any service-1236 published
expect_finding M02 status proxy eth0
expect_no_finding any status any any "$ipv4"
# A stale rule that leads nowhere is no leak, and the mailer is no container.
expect_safe queue
expect_no_finding any any any any '.to.port == 25 or .to.port == 2525'

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

audit
expect_no_finding any any any eth0 ".kind != \"outage\" and $ipv4"
expect_finding M36 service-1234:1234/tcp redirect eth1 ".rule.text == \"$stale\""
expect_loopback eth1
expect_finding M02 status proxy eth0
drop="-A DOCKER-USER ! -s 127.0.0.1/32 -i eth0 -j DROP"
expect_finding any status any eth0 ".kind == \"outage\" and .rule.text == \"$drop\""
check "nothing ever came to the queue" equal "$(count queue 1237/tcp)" 0
