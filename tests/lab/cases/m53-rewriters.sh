#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M53: containers that may rewrite the host's rules or command its engine are named, whatever is open.
# engines: debian12 ipt29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# The container that the audit's text names for the reason $1, if any.
named() {
	seawall audit 2>&1 | tr -s '\n ' '  ' | grep -oE "[a-z]+ can rewrite this host's rules: it $1" | cut -d ' ' -f 1 |
		sort | tr '\n' ' '
}

lab_up
container plain || exit
audit
check "nobody is named" equal "$(named '')" ""

# A kernel that does not grant all capabilities runs no privileged container; a stand-in is one in name.
if [[ $LAB_ENGINE == ipt29 ]]; then
	container lord --privileged || exit
	check "who is privileged is named" equal "$(named 'is privileged')" "lord "
	check "and nobody else" equal "$(named '')" "lord "
	audit
	expect_no_finding any any
	exit
fi

container net --network host --cap-add NET_ADMIN -- tcp:7000 || exit
container own --cap-add NET_ADMIN -- tcp:80 || exit
container host --network host -- tcp:7001 || exit
container sock -v /run/docker.sock:/run/docker.sock -- tcp:80 || exit
container dir -v /run:/hostrun:ro -- tcp:80 || exit
container root -v /:/host:ro -- tcp:80 || exit
container data -v /var/tmp:/data -- tcp:80 || exit
# It does what it may: net's capability is that of the host's network, own's is not.
as() {
	local pid
	pid=$(container_pid "$1")
	shift
	nsenter --target "$LAB_PID" --pid --mount -- \
		nsenter --target "$pid" --net -- \
		setpriv --bounding-set "-all,+net_admin,+net_raw" -- "$@"
}
check "net takes a rule of the engine's away" as net iptables -D FORWARD -j DOCKER-USER
check "own does not find it" not as own iptables -C FORWARD -j DOCKER-USER
check "who administers the host's network is named" equal "$(named 'may administer')" "net "
check "who holds the engine's socket is named" equal "$(named 'holds the engine')" "dir root sock "
check "and nobody else" equal "$(named '')" "dir net root sock "

docker rm -f net sock dir root >/dev/null
check "when they are gone nobody is named" equal "$(named '')" ""
