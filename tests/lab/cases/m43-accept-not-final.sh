#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M43: an accept ends one table only; a drop in any other closes, whatever its priority.
# engines: sid nft29
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
container inner --expose 91 -- tcp:91 || exit
route_to 172.17.0.0/16 from neighbour
expect_open world tcp "$HOST" 8080

# One that accepts all opens nothing of what the engine drops.
on host nft add table inet mine
on host nft add chain inet mine all '{ type filter hook forward priority -300; policy accept; }'
on host nft add rule inet mine all accept
expect_closed neighbour tcp "$(address_of inner)" 91
audit
expect_safe inner

for priority in -10 10; do
	on host nft flush table inet mine
	on host nft delete table inet mine
	on host nft add table inet mine
	on host nft add chain inet mine some "{ type filter hook forward priority $priority; }"
	on host nft add rule inet mine some iifname eth0 tcp dport 80 counter drop
	expect_closed world tcp "$HOST" 8080
	expect_open lan tcp "$HOST_LAN" 8080
	audit
	check "closed by eth0" no_reach web published eth0
	check "open by eth1" reach web:80/tcp published eth1
done
on host nft delete table inet mine
expect_open world tcp "$HOST" 8080
audit
check "and open again" reach web:80/tcp published eth0
