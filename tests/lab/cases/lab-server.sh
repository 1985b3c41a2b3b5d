#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's binary: each mode of it, without an engine.
# engines: none
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up --engine none
server host all tcp:80 tcp:127.0.0.1:81 "tcp:[::1]:81" http:8080-8082 udp:53 sctp:99

# The arrivals of one kind at the server.
seen() {
	grep -c "^$2/$1 " "$LAB_DIR/all.arrivals"
}

for address in "$HOST" "$HOST6" "$HOST_LINK6%eth0"; do
	expect_open neighbour tcp "$address" 80
	expect_open neighbour udp "$address" 53
	expect_closed neighbour tcp "$address" 81
done
for address in "$HOST" "$HOST6"; do
	expect_open world sctp "$address" 99
	check "SCTP is refused where nobody listens" verdict_is refused client world sctp "$address" 98
	expect_raw_open neighbour sctp "$address" 99
	expect_raw_open neighbour tcp "$address" 80
	expect_raw_open neighbour udp "$address" 53
	check "a frame is refused where nobody listens" verdict_is refused raw neighbour tcp "$address" 98
	check "a frame is refused, UDP" verdict_is refused raw neighbour udp "$address" 98
done
expect_open host tcp 127.0.0.1 81
expect_open host tcp ::1 81
check "each connection is seen once" equal "$(seen 80 tcp)" 3
check "each opening segment too" equal "$(seen 80 syn)" 5
check "each datagram" equal "$(seen 53 udp)" 5
check "each association" equal "$(seen 99 sctp)" 4
check "HTTP is answered" grep -q '^all tcp/8081 ' <(on world curl -s "http://$HOST:8081/")
check "another port says so" verdict_is open client world tcp "$HOST" 8082

# One-way delivery: silence for the sender, and yet it arrives.
expect_closed neighbour udp 192.0.2.255 53 --payload one-way
check "a broadcast arrives" grep -q "> 192.0.2.255:53 one-way" "$LAB_DIR/all.arrivals"
expect_raw_closed neighbour udp "$HOST" 53 --source 203.0.113.9 --payload spoofed
check "a spoofed datagram arrives" grep -q "^udp/53 203.0.113.9:.* spoofed" "$LAB_DIR/all.arrivals"
expect_raw_closed neighbour tcp "$HOST" 80 --source 203.0.113.9
check "a spoofed segment arrives" grep -q "^syn/80 203.0.113.9:" "$LAB_DIR/all.arrivals"

# Silence, a refusal and an error are told apart.
host_firewall <<'END'
*filter
-A INPUT -p tcp --dport 80 -j DROP
-A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp --dport 8081 -j REJECT --reject-with icmp-admin-prohibited
-A INPUT -p udp --dport 53 -j REJECT
COMMIT
END
check "a drop" verdict_is timeout client world tcp "$HOST" 80 --timeout 300
check "a reset" verdict_is refused client world tcp "$HOST" 8080
check "a prohibition" verdict_is unreachable client world tcp "$HOST" 8081
check "a rejected datagram" verdict_is refused client world udp "$HOST" 53
check "no route" verdict_is unreachable client lan tcp "$HOST" 80
on host iptables -F

# A held connection answers until it is cut.
exec {lines}> >(on world labserver --client tcp "$HOST" 80 --hold --timeout 300 >"$LAB_DIR/held")
wait_until grep -q "^open all" "$LAB_DIR/held"
echo first >&"$lines"
wait_until grep -qx "open first" "$LAB_DIR/held"
check "a held connection answers" grep -qx "open first" "$LAB_DIR/held"
on host iptables -I INPUT -p tcp --dport 80 -j DROP
echo second >&"$lines"
check "and is cut" wait_until grep -qx timeout "$LAB_DIR/held"
exec {lines}>&-

# The relay, under docker-proxy's name.
on host "$LAB_CACHE/lab/stand-in/docker-proxy" -proto tcp -host-ip :: -host-port 90 \
	-container-ip "$LAN" -container-port 80 </dev/null >/dev/null 2>&1 &
on host "$LAB_CACHE/lab/stand-in/docker-proxy" -proto udp -host-ip 0.0.0.0 -host-port 90 \
	-container-ip "$LAN" -container-port 53 </dev/null >/dev/null 2>&1 &
server lan behind tcp:80 udp:53
check "the relays listen" wait_until on host pgrep -cx docker-proxy
wait_until verdict_is open client world tcp "$HOST6" 90
expect_open world tcp "$HOST6" 90
expect_open world udp "$HOST" 90
check "the relay hides who asked" grep -q "^tcp/80 $HOST_LAN:" "$LAB_DIR/behind.arrivals"
