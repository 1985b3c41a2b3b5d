#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M55: HAProxy's map equals what real requests show: access lists of names and paths, passwords, listed addresses.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
direct_off
for service in 1 2 3 4; do
	address=127.0.0.1
	((service == 4)) && address=0.0.0.0
	container "s$service" -p "$address:$((2000 + service)):80" -- http:80 || exit
done
mkdir -p "$LAB_ROOT/etc/haproxy"
cat >"$LAB_ROOT/etc/haproxy/haproxy.cfg" <<-END
	global
	    maxconn 100
	defaults
	    mode http
	    retries 0
	    timeout connect 1s
	    timeout client 5s
	    timeout server 5s
	userlist who
	    user demo insecure-password demo
	frontend web
	    bind *:80
	    acl one hdr(host) -i one.example.com uno.example.com
	    acl inner hdr_end(host) -i .inner.example.com
	    use_backend b1 if one
	    use_backend b2 if { hdr(host) -i two.example.com }
	    use_backend b3 if inner or { hdr(host) three.example.com }
	    use_backend b4 if { path_beg /four }
	    use_backend gone if { hdr(host) -i gone.example.com }
	    default_backend asks
	backend b1
	    server s 127.0.0.1:2001 check inter 500ms
	backend b2
	    http-request deny unless { src 10.9.0.0/16 }
	    server s 127.0.0.1:2002
	backend b3
	    server s 127.0.0.1:2003
	backend b4
	    http-request auth realm four unless { http_auth(who) }
	    server s 127.0.0.1:2004
	backend gone
	    server s 127.0.0.1:2999
	backend asks
	    http-request auth realm all unless { http_auth(who) }
	    server s 127.0.0.1:2001
END
on host sh -c 'cd /etc/haproxy && exec haproxy -D -f haproxy.cfg' || exit

check "requests get through" wait_until equal "$(request one.example.com)" s1
audit
for name in one.example.com uno.example.com two.example.com three.example.com; do
	check "$name leads where it leads" equal "$(by_map "$name")" "$(request "$name")"
done
check "so does a wildcard" equal "$(by_map '*.inner.example.com')" "$(request x.inner.example.com)"
check "and a path" equal "$(by_map '' /four)" "$(request other.example.com /four/x)"
check "and what is left" equal "$(by_map '')" "$(request other.example.com)"
check "what answers nobody is led to nothing" equal "$(request gone.example.com)" 503
expect_finding M55 any any any '.kind == "outage" and (.why | contains("gone.example.com") and contains("127.0.0.1:2999"))'
expect_finding M55 s4 any any '.kind == "bypass" and .severity == "high" and .past_proxy'
expect_finding M55 s3 any any '.kind == "relay" and .severity == "low"'
expect_no_finding M55 s2
check "it is not called unread" not grep -q 'haproxy answers outsiders' <(jq -r '.notes[]' <"$LAB_DIR/audit.json")
