#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself: a real engine, outsiders with real verdicts, and counts that move when they should.
# engines: debian12 sid
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 -p 8080:80 -p 8053:53/udp || exit
ip=$(address_of web)

check "published on loopback" equal "$(published web 1234/tcp)" 127.0.0.1:1234

# Controls: an allowed path answers, a port where nobody listens is refused, so is silence told apart.
for role in neighbour world lan vpn; do
	case $role in
	lan) address=$HOST_LAN address6=$HOST_LAN6 ;;
	vpn) address=$HOST_VPN address6=$HOST_VPN6 ;;
	*) address=$HOST address6=$HOST6 ;;
	esac
	expect_open "$role" tcp "$address" 8080
	expect_open "$role" tcp "$address6" 8080
	expect_open "$role" udp "$address" 8053
	check "$role is refused where nobody listens" verdict_is refused client "$role" tcp "$address" 81
	check "$role is refused where nobody listens, UDP" verdict_is refused client "$role" udp "$address" 81
	check "$role is refused on loopback's port" verdict_is refused client "$role" tcp "$address" 1234
done
check "the banner names who asked" verdict_is open client world tcp "$HOST" 8080
check "the real source is seen" grep -q "peer=$WORLD:" <(client world tcp "$HOST" 8080)
check "TCP arrivals are counted" equal "$(count web 80/tcp)" 10
check "UDP arrivals are counted" equal "$(count web 53/udp)" 4
check "the payload is seen" grep -q "hello$" <(
	client lan udp "$HOST_LAN" 8053 --payload hello >/dev/null
	arrivals web 53/udp
)
expect_open host tcp 127.0.0.1 1234
expect_open host tcp "$ip" 1234
expect_open container:web tcp 127.0.0.1 80

# Directly, and 127.0.0.1 over the wire: open to who has a route, up to Docker 27, and closed since.
expect_closed world tcp "$ip" 1234
expect_closed neighbour tcp "$ip" 1234
route_to 172.17.0.0/16 from neighbour
leak=expect_open raw_leak=expect_raw_open
[[ $LAB_ENGINE == sid ]] && leak=expect_closed raw_leak=expect_raw_closed
$leak neighbour tcp "$ip" 1234
$raw_leak neighbour tcp 127.0.0.1 1234
$raw_leak lan tcp 127.0.0.1 1234
expect_raw_closed neighbour tcp 127.0.0.1 99
expect_raw_open neighbour tcp "$HOST" 8080
expect_raw_open neighbour udp "$HOST" 8053
expect_closed world tcp "$ip" 1234
route_to 172.17.0.0/16 from world
$leak world tcp "$ip" 1234

# A drop is told from a refusal, and a firewall of the host's own reaches the lab's host only.
host_firewall --noflush <<'END'
*filter
-I DOCKER-USER -i eth0 -j DROP
COMMIT
END
check "a drop is silence" verdict_is timeout client world tcp "$HOST" 8080 --timeout 300
expect_open lan tcp "$HOST_LAN" 8080
check "the machine has no such rule" not iptables -C DOCKER-USER -i eth0 -j DROP

# The engine's life.
engine_restart
docker start web >/dev/null
container_await web
expect_open lan tcp "$HOST_LAN" 8080
engine_kill
expect_open lan tcp "$HOST_LAN" 8080
