# SPDX-License-Identifier: GPL-2.0-or-later
# Docker 29 without Docker 29, which no Debian suite has: its rules, with stand-ins for all else.
#
# What is the engine's own is a stand-in: a container is a network namespace on docker0 with labserver
# in it, docker-proxy and dockerd are labserver under these names, the API answers from files. What
# decides who reaches what is real: bridge, addresses, sockets, and the rules as the two back ends of
# Docker 29 write them. Replayed so, they gave the same verdicts as the engine itself.
# shellcheck shell=bash

readonly STANDIN_GATEWAY=172.17.0.1

# Tells whether the lab's engine is one of these.
is_standin() {
	[[ $LAB_ENGINE == nft29 || $LAB_ENGINE == ipt29 ]]
}

# Makes docker0, the rules that Docker 29 has without containers, and the API.
standin_up() {
	local api=$LAB_DIR/api
	mkdir -p "$api/containers" "$api/networks" "$LAB_DIR/standin"
	on host ip -batch - <<-END || return
		link add docker0 type bridge
		addr add $STANDIN_GATEWAY/16 brd + dev docker0
		link set docker0 up
	END
	"standin_rules_$LAB_ENGINE" || return
	standin_api
	on host "$LAB_CACHE/lab/stand-in/dockerd" -H unix:///run/docker.sock --data-root "$api" \
		"${LAB_DOCKERD_ARGS[@]}" </dev/null >"$LAB_DIR/dockerd.log" 2>&1 &
	wait_until test -S "$LAB_ROOT/run/docker.sock" || return
	on host pgrep -x dockerd >"$LAB_ROOT/run/docker.pid"
}

# The rules of the nftables back end for one bridge.
standin_rules_nft29() {
	on host nft -f - <<-'END'
		table ip docker-bridges {
			map filter-forward-in-jumps { type ifname : verdict; }
			map filter-forward-out-jumps { type ifname : verdict; }
			map nat-postrouting-in-jumps { type ifname : verdict; }
			map nat-postrouting-out-jumps { type ifname : verdict; }
			chain filter-forward-in__docker0 {
				ct state established,related counter accept
				iifname "docker0" counter accept comment "ICC"
				counter drop comment "UNPUBLISHED PORT DROP"
			}
			chain filter-forward-out__docker0 {
				ct state established,related counter accept
				counter accept comment "OUTGOING"
			}
			chain nat-postrouting-in__docker0 { }
			chain nat-postrouting-out__docker0 {
				oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade comment "MASQUERADE"
			}
			chain nat-prerouting-and-output { }
			chain filter-FORWARD {
				type filter hook forward priority filter; policy accept;
				oifname vmap @filter-forward-in-jumps
				iifname vmap @filter-forward-out-jumps
			}
			chain nat-OUTPUT {
				type nat hook output priority -100; policy accept;
				ip daddr != 127.0.0.0/8 fib daddr type local counter jump nat-prerouting-and-output
			}
			chain nat-POSTROUTING {
				type nat hook postrouting priority srcnat; policy accept;
				iifname vmap @nat-postrouting-out-jumps
				oifname vmap @nat-postrouting-in-jumps
			}
			chain nat-PREROUTING {
				type nat hook prerouting priority dstnat; policy accept;
				fib daddr type local counter jump nat-prerouting-and-output
			}
			chain raw-PREROUTING {
				type filter hook prerouting priority raw; policy accept;
			}
		}
		table ip6 docker-bridges { }
		add element ip docker-bridges filter-forward-in-jumps { "docker0" : jump filter-forward-in__docker0 }
		add element ip docker-bridges filter-forward-out-jumps { "docker0" : jump filter-forward-out__docker0 }
		add element ip docker-bridges nat-postrouting-in-jumps { "docker0" : jump nat-postrouting-in__docker0 }
		add element ip docker-bridges nat-postrouting-out-jumps { "docker0" : jump nat-postrouting-out__docker0 }
	END
}

# The rules of the iptables back end for one bridge.
standin_rules_ipt29() {
	host_firewall --noflush <<-'END'
		*filter
		:DOCKER - [0:0]
		:DOCKER-BRIDGE - [0:0]
		:DOCKER-CT - [0:0]
		:DOCKER-FORWARD - [0:0]
		:DOCKER-INTERNAL - [0:0]
		:DOCKER-USER - [0:0]
		-P FORWARD DROP
		-A FORWARD -j DOCKER-USER
		-A FORWARD -j DOCKER-FORWARD
		-A DOCKER ! -i docker0 -o docker0 -j DROP
		-A DOCKER-BRIDGE -o docker0 -j DOCKER
		-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A DOCKER-FORWARD -j DOCKER-CT
		-A DOCKER-FORWARD -j DOCKER-INTERNAL
		-A DOCKER-FORWARD -j DOCKER-BRIDGE
		-A DOCKER-FORWARD -i docker0 -j ACCEPT
		COMMIT
		*nat
		:DOCKER - [0:0]
		-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
		-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
		-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
		COMMIT
		*raw
		COMMIT
	END
}

# The rules for container address $1, published ports in the rest: PROTO ADDRESS HOST-PORT PORT each.
standin_publish_nft29() {
	local ip=$1 table="ip docker-bridges" at
	shift
	{
		echo "add rule $table raw-PREROUTING ip daddr $ip iifname != { \"docker0\" } counter drop comment \"DROP DIRECT ACCESS\""
		while (($#)); do
			at=''
			if [[ $2 != any && $2 != 0.0.0.0 ]]; then
				at="ip daddr $2"
			fi
			if [[ $2 == 127.* ]]; then
				echo "add rule $table raw-PREROUTING iifname != lo ip daddr $2 $1 dport $3 counter drop comment \"DROP REMOTE LOOPBACK\""
			fi
			echo "insert rule $table filter-forward-in__docker0 ip daddr $ip $1 dport $4 counter accept"
			echo "add rule $table nat-prerouting-and-output iifname != docker0 $at $1 dport $3 counter dnat to $ip:$4 comment \"DNAT\""
			shift 4
		done
	} | on host nft -f -
}

# Likewise for the other back end.
standin_publish_ipt29() {
	local ip=$1 at filter=() nat=() raw=("-A PREROUTING -d $1/32 ! -i docker0 -j DROP")
	shift
	while (($#)); do
		at=''
		if [[ $2 != any && $2 != 0.0.0.0 ]]; then
			at="-d $2/32"
		fi
		if [[ $2 == 127.* ]]; then
			raw+=("-A PREROUTING -d $2/32 ! -i lo -p $1 -m $1 --dport $3 -j DROP")
		fi
		filter+=("-I DOCKER 1 -d $ip/32 ! -i docker0 -o docker0 -p $1 -m $1 --dport $4 -j ACCEPT")
		nat+=("-A DOCKER $at ! -i docker0 -p $1 -m $1 --dport $3 -j DNAT --to-destination $ip:$4")
		shift 4
	done
	printf '%s\n' '*raw' "${raw[@]}" COMMIT '*filter' "${filter[@]}" COMMIT '*nat' "${nat[@]}" COMMIT |
		host_firewall --noflush
}

# Splits docker's `[ADDRESS:]HOST-PORT:PORT[/PROTO]` into PROTO ADDRESS HOST-PORT PORT; without an
# ADDRESS it is "any", which is more than 0.0.0.0: the engine then adds [::].
standin_port() {
	local text=${1%/*} proto=tcp address=''
	[[ $1 == */* ]] && proto=${1#*/}
	local port=${text##*:}
	text=${text%:*}
	local host_port=${text##*:}
	[[ $text == *:* ]] && address=${text%:*}
	address=${address#[} address=${address%]}
	echo "$proto" "${address:-any}" "$host_port" "$port"
}

# Runs a stand-in: `standin_container NAME [-p MAPPING]... [--label K=V]... [--privileged] -- SPEC...`.
# A privileged one is no more than that by name, in what the API says.
standin_container() {
	local name=$1 ports=() labels=() number ip id pid words
	shift
	while (($#)) && [[ $1 != -- ]]; do
		case $1 in
		-p | --publish) read -ra words <<<"$(standin_port "$2")"; ports+=("${words[@]}") ;;
		--label | -l) labels+=("$2") ;;
		--expose) ;;
		--privileged) : >"$LAB_DIR/standin/$name.privileged"; shift; continue ;;
		*) lab_note "a stand-in knows no $1"; return 1 ;;
		esac
		shift 2
	done
	shift
	number=$(find "$LAB_DIR/standin" -name '*.ip' | wc -l)
	ip=172.17.0.$((number + 2))
	id=$(sha256sum <<<"$name")
	on host ip netns add "$name" || return
	on host ip -batch - <<-END || return
		link add veth$number index $((100 + number)) master docker0 type veth peer name eth0 index 2 netns $name
		link set veth$number up
	END
	on "$name" ip -batch - <<-END || return
		link set lo up
		addr add $ip/16 brd + dev eth0
		link set eth0 up
		route add default via $STANDIN_GATEWAY
	END
	on "$name" labserver --name "$name" --log "$LAB_DIR/standin/$name.log" "$@" </dev/null >/dev/null 2>&1 &
	wait_until grep -qsx ready "$LAB_DIR/standin/$name.log" || return
	pid=$(on host ip netns pids "$name")
	echo "$ip" >"$LAB_DIR/standin/$name.ip"
	printf '%s %s %s %s\n' "${ports[@]}" >"$LAB_DIR/standin/$name.ports"
	"standin_publish_$LAB_ENGINE" "$ip" "${ports[@]}" || return
	standin_proxies "$ip" "${ports[@]}" || return
	standin_document "$name" "${id%% *}" "${pid%%$'\n'*}" "$ip" \
		"$(on "$name" ip -j link show eth0 | jq -r '.[0].address')" "${labels[@]}"
	standin_api
}

# Starts docker-proxy for each port of container address $1; "any" has one for each family.
standin_proxies() {
	local ip=$1 address addresses
	shift
	while (($#)); do
		addresses=("$2")
		[[ $2 == any ]] && addresses=(0.0.0.0 ::)
		for address in "${addresses[@]}"; do
			# The relay has no SCTP; neither have the kernels that the lab mostly runs on.
			[[ $1 == sctp ]] && continue
			on host "$LAB_CACHE/lab/stand-in/docker-proxy" -proto "$1" -host-ip "$address" \
				-host-port "$3" -container-ip "$ip" -container-port "$4" \
				</dev/null >>"$LAB_DIR/standin/proxies" 2>&1 &
			wait_until standin_listens "$1" "$3" "$address" || return
		done
		shift 4
	done
}

# Tells whether somebody on the host listens on port $2 of protocol $1, in the family of address $3.
standin_listens() {
	local table=$1
	[[ $3 == *:* ]] && table+=6
	on host grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$2") " "/proc/net/$table"
}

# Writes what the API says of one container: name, id, pid, address, hardware address, labels.
standin_document() {
	local dir=$LAB_DIR/api/containers
	mkdir -p "$dir/$2"
	jq -n --arg name "$1" --arg id "$2" --argjson pid "$3" --arg ip "$4" --arg mac "${5:-}" \
		--rawfile ports "$LAB_DIR/standin/$1.ports" \
		--argjson privileged "$([[ -e $LAB_DIR/standin/$1.privileged ]] && echo true || echo false)" --args '
		($ports | split("\n") | map(select(test("[0-9]")) | split(" "))) as $rows |
		def twins: if .[1] == "any" then (.[1] = "0.0.0.0"), (.[1] = "::") else . end;
		def bindings(f): reduce $rows[] as $r ({}; .[$r[3] + "/" + $r[0]] += [$r | f]);
		{Id: $id, Name: ("/" + $name), Image: "lab",
		 State: {Status: "running", Running: true, Pid: $pid},
		 Config: {Image: "lab", Env: null, Cmd: null,
			ExposedPorts: bindings(1) | map_values({}),
			Labels: ($ARGS.positional | map(split("=") | {(.[0]): (.[1:] | join("="))}) | add // {})},
		 HostConfig: {NetworkMode: "bridge", Binds: null, CapAdd: null, Privileged: $privileged,
			PublishAllPorts: false,
			PortBindings: bindings({HostIp: (if .[1] == "any" then "" else .[1] end), HostPort: .[2]})},
		 Mounts: [],
		 NetworkSettings: {
			Ports: bindings(twins | {HostIp: .[1], HostPort: .[2]}),
			Networks: {bridge: {NetworkID: ("b" * 64), EndpointID: ("e" * 64), Gateway: "172.17.0.1",
				IPAddress: $ip, IPPrefixLen: 16, MacAddress: $mac, GlobalIPv6Address: ""}}}}' \
		-- "${@:6}" >"$dir/$2/json.json"
	ln -sfn "$2" "$dir/$1"
}

# Writes what the API says of the engine, its networks and all containers.
standin_api() {
	local api=$LAB_DIR/api backend=iptables version=29.7.2
	[[ $LAB_ENGINE == nft29 ]] && backend=nftables
	printf 'Api-Version: 1.52\r\nOstype: linux\r\nServer: Docker/%s (linux)\r\n' "$version" >"$api/headers"
	jq -n --arg v "$version" '{Version: $v, ApiVersion: "1.52", MinAPIVersion: "1.44", Os: "linux",
		Components: [{Name: "Engine", Version: $v}]}' >"$api/version.json"
	jq -n --arg v "$version" --arg b "$backend" '{ServerVersion: $v, OperatingSystem: "Debian GNU/Linux",
		LiveRestoreEnabled: false, SecurityOptions: ["name=seccomp,profile=builtin"],
		Swarm: {LocalNodeState: "inactive", ControlAvailable: false},
		FirewallBackend: {Driver: $b}}' >"$api/info.json"
	jq -n '[{Name: "bridge", Driver: "bridge", Id: ("b" * 64), EnableIPv4: true,
			IPAM: {Driver: "default", Config: [{Subnet: "172.17.0.0/16", Gateway: "172.17.0.1"}]},
			Options: {"com.docker.network.bridge.default_bridge": "true",
				"com.docker.network.bridge.enable_icc": "true",
				"com.docker.network.bridge.enable_ip_masquerade": "true",
				"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
				"com.docker.network.bridge.name": "docker0"}},
		{Name: "host", Driver: "host", Id: ("a" * 64)}, {Name: "none", Driver: "null", Id: ("0" * 64)}] |
		map({Scope: "local", EnableIPv6: false, Internal: false, Ingress: false, Attachable: false,
			IPAM: {Config: null}, Options: {}, Labels: {}} + .)' >"$api/networks.json"
	find "$api/containers" -mindepth 2 -name json.json -exec cat {} + | jq -s 'map({Id, Names: [.Name], Image,
		State: .State.Status, Labels: .Config.Labels, HostConfig: {NetworkMode: .HostConfig.NetworkMode},
		NetworkSettings: {Networks: .NetworkSettings.Networks}, Mounts: [],
		Ports: [.NetworkSettings.Ports | to_entries[] | (.key | split("/")) as $k | .value[] |
			{IP: .HostIp, PrivatePort: ($k[0] | tonumber), PublicPort: (.HostPort | tonumber), Type: $k[1]}]})' \
		>"$api/containers/json.json"
}
