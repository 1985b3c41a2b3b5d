#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Collects for `seawall audit --capture FILE` what a Docker host says of its network, by tools that
# are there anyway: ip, rtmon, ss, nft, iptables-save, ipset, docker. It changes nothing, writes no
# file, and prints no environment, command line or label but what is named below. As root:
#	sh collect.sh > server.txt
# Lines of output stand behind a space, complaints behind "!", all else is the collection's own.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
exec 3>&1

# section NAME COMMAND...: what the command prints. "name" or "name:what it is of".
section() {
	echo "section $1"
	shift
	said=$( { { "$@" || echo "$1 ended with $?" >&2; echo; } </dev/null 3>&- | sed 's/^/ /' >&3; } 2>&1)
	[ -z "$said" ] || printf '%s\n' "$said" | head -n 5 | cut -c 1-300 | sed 's/^/!/'
}
have() {
	command -v "$1" >/dev/null 2>&1
}

# The network. `ip ... save` and rtmon give the kernel's own messages; rtmon never ends by itself, and on a
# busy machine has not come to the last link when its second is over.
monitored() {
	{ timeout "$1" rtmon file /dev/stdout link || :; } | base64
}
links() {
	messages=$(monitored "${1:-1}")
	last=$(ip -o link | sed -n '$s/^[^:]*: \([^:@]*\).*/\1/p')
	printf '%s\n' "$messages" | base64 -d | grep -aqF -e "$last" || messages=$(monitored 6)
	printf '%s\n' "$messages"
}
addresses() {
	ip address save | base64
}
routes() {
	ip "$1" route save table all | base64
}
rules() {
	ip "$1" rule save | base64
}
values() {
	for path in net/bridge/* net/ipv4/* net/ipv4/conf/all/* net/ipv4/conf/default/* \
		net/ipv6/* net/ipv6/conf/all/* net/ipv6/conf/default/* net/netfilter/*; do
		[ ! -f "$path" ] || set -- "$@" "$path"
	done
	grep -sH '' "$@" || :
}
sysctls() {
	cd /proc/sys && values
}
# Links that have filters of their own, which Seawall does not read.
filters() {
	tc qdisc show | sed -n 's/^qdisc \(clsact\|ingress\) .* dev \([^ ]*\) .*/\2/p' |
		while read -r link; do
			for side in ingress egress; do
				tc filter show dev "$link" "$side" 2>/dev/null | grep -q . && echo "$link"
			done
		done
}
# The container that each process with a socket is in.
groups() {
	ss -Hnltup | grep -o 'pid=[0-9]*' | sort -u | while IFS='=' read -r _ pid; do
		sed "s/^/$pid /" "/proc/$pid/cgroup" 2>/dev/null
	done
	:
}
older() {
	grep -q . "/proc/net/$1" 2>/dev/null && "$2"
	:
}
# Whether nftables is a module here that nobody has loaded.
asleep() {
	[ ! -e /sys/module/nf_tables ] &&
		ls "/lib/modules/$(uname -r)/kernel/net/netfilter/"nf_tables.ko* >/dev/null 2>&1
}
# Where there is but one, `iptables-save` tells which kind it is.
kind() {
	case $(iptables -V 2>/dev/null) in
	*nf_tables*) echo nft ;;
	*) echo legacy ;;
	esac
}

echo 'seawall-collection 1'
section kernel uname -r
section host uname -n
section machine uname -m
section time date +%s
section user id -u
section devices ls /sys/class/net
section links links
section addresses addresses
section routes:4 routes -4
section routes:6 routes -6
section rules:4 rules -4
section rules:6 rules -6
section nexthops ip nexthop
section neighbours ip -j neighbour
section sysctls sysctls
have tc && section filters filters
section sockets ss -Hnltupe
[ ! -e /proc/net/sctp ] || section sockets:sctp ss -HnlSpe
section groups groups

# The rules. A command of the older kind would load what is not loaded: it is asked only where there
# is something, and there also where it is missing, for its complaint says that rules are not known.
[ -e /sys/module/ip_set ] && section ipsets ipset save
asleep || section nft nft -a list ruleset
for family in ip ip6; do
	if have ${family}tables-nft-save; then
		section "xtables-nft:$family" ${family}tables-nft-save
		section "xtables-legacy:$family" older ${family}_tables_names ${family}tables-legacy-save
	elif have ${family}tables-save; then
		section "xtables-$(kind):$family" ${family}tables-save
	else
		section "xtables-legacy:$family" older ${family}_tables_names ${family}tables-save
	fi
done

# The engine: of what it says, these members and no others. The braces are docker's, not the shell's.
# shellcheck disable=SC2016
labels='{{range $key, $value := .Config.Labels}}{{if or (eq (printf "%.8s" $key) "seawall.") (eq (printf "%.19s" $key) "com.docker.compose.") (eq (printf "%.17s" $key) "com.docker.stack.") (eq (printf "%.17s" $key) "com.docker.swarm.")}}{{json $key}}:{{json $value}},{{end}}{{end}}"":""'
container='{"Id":{{json .ID}},"Name":{{json .Name}},"Image":{{json .Image}},"State":{"Status":{{json .State.Status}},"Pid":{{json .State.Pid}}},"Config":{"Image":{{json .Config.Image}},"Labels":{ '$labels'},"ExposedPorts":{{json .Config.ExposedPorts}}},"HostConfig":{"NetworkMode":{{json .HostConfig.NetworkMode}},"PortBindings":{{json .HostConfig.PortBindings}},"Privileged":{{json .HostConfig.Privileged}},"PublishAllPorts":{{json .HostConfig.PublishAllPorts}},"CapAdd":{{json .HostConfig.CapAdd}}},"NetworkSettings":{"Ports":{{json .NetworkSettings.Ports}},"Networks":{{json .NetworkSettings.Networks}}},"Mounts":{{json .Mounts}}}'
# shellcheck disable=SC2016
image='{"Id":{{json .ID}},"Config":{"Labels":{ '$labels'}}}'
info='{"ServerVersion":{{json .ServerVersion}},"OperatingSystem":{{json .OperatingSystem}},"LiveRestoreEnabled":{{json .LiveRestoreEnabled}},"SecurityOptions":{{json .SecurityOptions}},"Swarm":{"LocalNodeState":{{json .Swarm.LocalNodeState}},"ControlAvailable":{{json .Swarm.ControlAvailable}}}'
network='{"Name":{{json .Name}},"Id":{{json .ID}},"Scope":{{json .Scope}},"Driver":{{json .Driver}},"EnableIPv6":{{json .EnableIPv6}},"IPAM":{{json .IPAM}},"Internal":{{json .Internal}},"Ingress":{{json .Ingress}},"ConfigOnly":{{json .ConfigOnly}},"Options":{{json .Options}}}'
service='{"ID":{{json .ID}},"Spec":{"Name":{{json .Spec.Name}},"Labels":{ '$(printf %s "$labels" | sed s/Config/Spec/)'},"TaskTemplate":{"ContainerSpec":{"Image":{{with .Spec.TaskTemplate.ContainerSpec}}{{json .Image}}{{else}}""{{end}}}}},"Endpoint":{"Ports":{{json .Endpoint.Ports}}}}'
# Newer engines tell which firewall they speak to; older tools stumble over the question.
engine_info() {
	docker info --format "$info"',"FirewallBackend":{{json .FirewallBackend}}}' 2>/dev/null ||
		docker info --format "$info}"
}
containers() {
	docker ps --all --quiet --no-trunc | xargs -r docker inspect --type container --format "$container"
}
images() {
	docker ps --all --quiet --no-trunc | xargs -r docker inspect --type container --format '{{.Image}}' |
		sort -u | xargs -r docker image inspect --format "$image"
}
networks() {
	docker network ls --quiet --no-trunc | xargs -r docker network inspect --format "$network"
}
services() {
	docker service ls --quiet 2>/dev/null | xargs -r docker service inspect --format "$service"
}
# What the daemon was told at its start: these options and no others.
names='userland-proxy|iptables|ip6tables|allow-direct-routing|live-restore|ip|bridge|firewall-backend'
arguments() {
	tr '\0' '\n' <"/proc/$1/cmdline" | awk -v names="^--?($names|host|config-file|H|b)$" '
		taken { print; taken = 0; next }
		{ name = $0; sub(/=.*/, "", name) }
		name ~ names { print; if ($0 !~ /=/) taken = name !~ /^--(userland-proxy|iptables|ip6tables|allow-direct-routing|live-restore)$/ }
		/^-[Hb]./ { print }'
}
settings() {
	file=$(tr '\0' '\n' <"/proc/$1/cmdline" | awk '
		taken { print; exit }
		/^--config-file=/ { sub(/^[^=]*=/, ""); print; exit }
		/^--config-file$/ { taken = 1 }')
	file=${file:-/etc/docker/daemon.json}
	[ -e "$file" ] || return 0
	# What is younger than the process says nothing about it.
	[ $(($(date +%s) - $(stat -c %Y "$file") + 1)) -ge "$(ps -o etimes= -p "$1" | tr -d ' ')" ] || {
		echo "$file was changed after dockerd was started" >&2
		return 1
	}
	tr '\n\t' '  ' <"$file" |
		grep -oE "\"($names)\" *: *(true|false|\"[^\"]*\")|\"hosts\" *: *\[[^]]*\]"
	:
}
insecure() {
	tr '\0' '\n' <"/proc/$1/environ" | grep -x DOCKER_INSECURE_NO_IPTABLES_RAW=1
	:
}
if have docker; then
	section engine docker version --format '{{json .Server}}'
	section engine-info engine_info
	section containers containers
	section images images
	section networks networks
	section services services
	dockerd=$(pidof dockerd) && case $dockerd in
	*' '*) ;;
	*)
		section daemon:arguments arguments "$dockerd"
		section daemon:settings settings "$dockerd"
		section daemon:environment insecure "$dockerd" ;;
	esac
	# What listens in each container.
	docker ps --quiet --no-trunc </dev/null |
		xargs -r docker inspect --type container --format '{{.State.Pid}} {{.ID}}' |
		while read -r pid id; do
			section "listens:$id" nsenter -t "$pid" -n ss -Hnltue
		done
elif have podman; then
	section podman podman ps --all --quiet
fi
echo end
