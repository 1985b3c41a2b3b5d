#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M55: Caddy's map equals what real requests show: sites, snippets, handles, matchers, passwords, listed addresses.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
direct_off
for service in 1 2 3 4; do
	container "s$service" -p "127.0.0.1:$((2000 + service)):80" -- http:80 || exit
done
hash=$(on host env HOME=/run caddy hash-password --plaintext demo)
mkdir -p "$LAB_ROOT/etc/caddy"
cat >"$LAB_ROOT/etc/caddy/Caddyfile" <<-END
	{
	    admin off
	    auto_https off
	}
	(to) {
	    reverse_proxy 127.0.0.1:{args.0}
	}
	http://one.example.com, http://uno.example.com {
	    import to 2001
	}
	http://two.example.com {
	    @far not remote_ip 10.9.0.0/16
	    respond @far 403
	    reverse_proxy localhost:2002
	}
	http://three.example.com {
	    handle /inner/* {
	        reverse_proxy 127.0.0.1:2003
	    }
	    handle {
	        basicauth {
	            demo $hash
	        }
	        reverse_proxy 127.0.0.1:2004
	    }
	}
	http://four.example.com {
	    redir http://one.example.com{uri}
	    reverse_proxy 127.0.0.1:2004
	}
	http://gone.example.com {
	    reverse_proxy 127.0.0.1:2999
	}
	:8080 {
	    reverse_proxy {\$CHOSEN:127.0.0.1:2001}
	}
END
on host env HOME=/run caddy run --config /etc/caddy/Caddyfile >"$LAB_DIR/caddy.log" 2>&1 &

answers() {
	[[ $(request one.example.com) == s1 ]]
}
check "requests get through" wait_until answers
audit
for name in one.example.com uno.example.com two.example.com three.example.com; do
	check "$name leads where it leads" equal "$(by_map "$name")" "$(request "$name")"
done
check "so does a place" equal "$(by_map three.example.com '/inner/*')" "$(request three.example.com /inner/x)"
check "and a site of no name" equal "$(by_map '')" "$(request any.example.com / 8080)"
check "what answers by itself leads nowhere" equal "$(by_map four.example.com) $(request four.example.com)" " 302"
check "what answers nobody is led to nothing" equal "$(request gone.example.com)" 502
expect_finding M55 any any any '.kind == "outage" and (.why | contains("gone.example.com") and contains("127.0.0.1:2999"))'
expect_finding M55 s1 any any '.kind == "relay" and .severity == "low"'
expect_no_finding M55 s2
expect_no_finding M55 s4
