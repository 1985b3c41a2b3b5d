#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: built, lintian-clean; installed, upgraded, downgraded, removed and purged with a wall up.
# engines: clean12
# timeout: 600
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$LAB_REPO/meson.build")
lab_up
check "make deb builds what lintian takes" deb_into "$LAB_DIR/deb" || exit
deb=$LAB_DIR/deb/seawall_${version}_$(dpkg --print-architecture).deb
check "a tarball has the sources" grep -q '/src/cli/main.c$' <(tar -tf "$LAB_DIR/deb/seawall-$version.tar.xz")

# The same as a version after this one.
mkdir "$LAB_DIR/next" && dpkg-deb -R "$deb" "$LAB_DIR/next" &&
	sed -i "s/^Version: .*/Version: $version+next/" "$LAB_DIR/next/DEBIAN/control" &&
	dpkg-deb --root-owner-group -b "$LAB_DIR/next" "$LAB_DIR/next.deb" >/dev/null || exit

dpkg_in() {
	in_engine env DEBIAN_FRONTEND=noninteractive dpkg "$@"
}
installed() {
	in_engine env DOCKER_HOST=unix:///run/docker.sock seawall "$@"
}

# The story's leak: a rule of one's own leads past 127.0.0.1.
container service -p 127.0.0.1:1234:80 -- http:80 || exit
on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 1234 -j DNAT --to-destination "$(address_of service):80"
expect_open world tcp "$HOST" 1234

check "it is installed with nothing but what it depends on" dpkg_in -i "$deb"
check "nothing starts" not in_engine pgrep -x seawall
# Files of it in some directories, by name.
files_of_it() {
	in_engine find "$@" -iname '*seawall*' -printf '%p ' 2>/dev/null
}
check "nothing will start at boot" equal "$(files_of_it /etc/systemd/system)" ""
check "no policy comes with it" not in_engine test -e /etc/seawall/policy.yaml
check "an example does, and says nothing" not in_engine grep -q '^[^#]' /etc/seawall/policy.yaml.example
for file in /usr/share/man/man1/seawall-audit.1.gz /usr/share/bash-completion/completions/seawall \
	/usr/share/zsh/vendor-completions/_seawall /usr/share/fish/vendor_completions.d/seawall.fish \
	/lib/systemd/system/seawall-guard.service /usr/share/doc/seawall/policy.md.gz; do
	check "there is $file" in_engine test -s "$file"
done

begun=${EPOCHREALTIME/[.,]/}
installed >"$LAB_DIR/screen"
code=$?
took=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
check "the first screen names the leak" grep -q 'service .*anyone' "$LAB_DIR/screen"
check "with code 1" equal "$code" 1
check "in less than 2 s ($took ms)" test "$took" -lt 2000
check "fix closes it" installed fix
check "and keeps it closed" installed confirm
expect_closed world tcp "$HOST" 1234

# The wall stays through upgrade and downgrade.
check "an upgrade" dpkg_in -i "$LAB_DIR/next.deb"
expect_closed world tcp "$HOST" 1234
check "the wall is what it was" installed status
check "a downgrade" dpkg_in -i "$deb"
expect_closed world tcp "$HOST" 1234
check "and still" installed status

# Removed, it goes, which is said before.
said=$(dpkg_in -r seawall 2>&1)
check "what removing does is said" grep -q 'taking the wall down; ports that it closed are open again' <<<"$said"
expect_open world tcp "$HOST" 1234
check "no table is left" not grep -q seawall <(on host nft list tables)

# Purged, nothing of it is left.
check "installed again" dpkg_in -i "$deb"
check "closed again" installed fix
installed confirm >/dev/null
expect_closed world tcp "$HOST" 1234
check "purged" dpkg_in -P seawall
expect_open world tcp "$HOST" 1234
check "nothing is left of it" equal "$(files_of_it /etc /lib/systemd /usr/bin /usr/share /var/lib/dpkg)" ""
check "nor of what it knew" not in_engine test -e /var/lib/seawall -o -e /run/seawall
