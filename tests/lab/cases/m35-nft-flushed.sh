#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M35: `nft flush ruleset` takes all that Docker 29 keeps in nftables: direct access is open.
# engines: nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container inner --expose 91 -- tcp:91 || exit
container all -p 0.0.0.0:8080:80 || exit
route_to 172.17.0.0/16 from neighbour
expect_closed neighbour tcp "$(address_of web)" 1234
expect_closed neighbour tcp "$(address_of inner)" 91
audit
expect_safe web inner

on host nft flush ruleset
expect_open neighbour tcp "$(address_of web)" 1234
expect_open neighbour tcp "$(address_of inner)" 91
expect_raw_closed neighbour tcp 127.0.0.1 1234
expect_open world tcp "$HOST" 8080
audit
expect_finding M12 web:1234/tcp direct eth0 ".to.address == \"$(address_of web)\""
expect_finding M12 inner:91/tcp direct eth0
expect_no_finding any web loopback
expect_finding M31 all:80/tcp proxy eth0

on host nft -f - <<-'END'
	table inet guard {
		chain forward { type filter hook forward priority 0; policy drop; }
	}
END
expect_closed neighbour tcp "$(address_of web)" 1234
audit
expect_safe web inner
