# SPDX-License-Identifier: GPL-2.0-or-later
# Real requests through a web proxy of the host, and the same by the last audit's map.
# shellcheck shell=bash

# Prints who answers a name: the service, or the status where that is not 200: `request NAME [PATH [PORT]]`.
request() {
	local said code
	said=$(on world curl -s --max-time 3 -w '\n%{http_code}' -H "Host: $1" "http://$HOST:${3:-80}${2:-/}")
	code=${said##*$'\n'}
	[[ $code == 200 ]] && code=${said%% *}
	printf '%s\n' "$code"
}

# Prints the same by the audit, for a name and a place as they are written there; "" is any name:
# `by_map NAME [PLACE]`.
by_map() {
	jq -r --arg name "$1" --arg at "${2:-/}" '
		[.endpoints[] | . as $e | .proxied[] | select(.location == $at and .who == "anyone")
			| select(if $name == "" then .names == [] else (.names | index($name)) end)
			| if .guard == "a password" then "401" elif .guard then "403" else $e.container end] | unique | join(" ")' \
		<"$LAB_DIR/audit.json"
}

# Keeps those who know the way from getting to containers directly, which is not what proxies are about.
direct_off() {
	on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
	on host iptables -t raw -A PREROUTING -i eth+ -d 172.16.0.0/12 -j DROP
	on host iptables -t raw -A PREROUTING -i wg0 -d 172.16.0.0/12 -j DROP
}
