#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The units under a real systemd: started and stopped, killed, hung, reloaded, through the engine's restarts and a boot.
# engines: init12
# timeout: 600
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$LAB_REPO/meson.build")
lab_up
deb_into "$LAB_DIR/deb" >/dev/null 2>&1 || exit
etc=$LAB_ROOT$LAB_CHROOT/etc
cp "$LAB_DIR/deb/seawall_${version}_$(dpkg --print-architecture).deb" "$LAB_ROOT$LAB_CHROOT/root/seawall.deb"

is_active() {
	[[ $(systemctl is-active "$1") == active ]]
}
# A property of the guard's unit.
guard_has() {
	systemctl show --property "$1" --value seawall-guard.service
}
journal_has() {
	in_init journalctl --quiet --unit seawall-guard.service --output cat "$@" | grep -q .
}
status_says() {
	guard_has StatusText | grep -q "$1"
}
another_main() {
	[[ $(guard_has MainPID) != "$1" && $(guard_has MainPID) != 0 ]] && is_active seawall-guard.service
}

# Who runs clerks, a line each.
clerks() {
	# shellcheck disable=SC2016
	in_init sh -c 'for process in /proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" = seawall-clerk ] && stat -c %U "$process"; done'
}
one_clerk() {
	[[ $(clerks) == seawall ]]
}
signal() {
	in_init bash -c "kill -$1 $2"
}
knocks_told() {
	client world tcp "$HOST" 5432 --timeout 200 >/dev/null
	in_init seawall knocks --json | grep -q "\"$WORLD/32\""
}

container web -p 443:80 || exit
container db -p 5432:80 || exit
check "the package is installed" in_init env DEBIAN_FRONTEND=noninteractive dpkg -i /root/seawall.deb
check "with a user for its clerk" in_init getent passwd seawall
check "its units are what systemd takes" equal "$(in_init systemd-analyze verify /lib/systemd/system/seawall-guard.service /lib/systemd/system/seawall-wall.service 2>&1 | grep -v "man seawall")" ""
check "nothing is started by that" not is_active seawall-guard.service
check "nor will be" equal "$(systemctl is-enabled seawall-guard.service seawall-wall.service | sort -u)" disabled
printf 'version: 1\ndefault: closed\nallow:\n  - { container: web, host_port: 443/tcp, from: any }\n' >"$etc/seawall/policy.yaml"

systemctl enable --quiet --now seawall-guard.service seawall-wall.service
check "started, it says that it is ready" is_active seawall-guard.service
check "and what it does" wait_until status_says 'the wall is up'
expect_closed world tcp "$HOST" 5432
expect_open world tcp "$HOST" 443
check "its clerk is nobody else" equal "$(clerks)" seawall
check "it can prove" wait_until journal_has SEAWALL_KIND=proof
check "and read who knocks" wait_until knocks_told
check "what it says has fields in the journal" wait_until journal_has SEAWALL_KIND=wall
check "members of the group may ask" in_init setpriv --reuid 65534 --regid "$(in_init id -g seawall)" --clear-groups seawall log

on host nft flush table inet seawall
check "a flush is mended" wait_until shut_now 5432
check "and in the journal" wait_until journal_has SEAWALL_KIND=heal PRIORITY=5

# A reload takes the policy's new words; a bad one keeps the old.
sed -i 's/container: web/container: db/; s/443/5432/' "$etc/seawall/policy.yaml"
check "a reload" systemctl reload seawall-guard.service
check "opens what the policy says now" wait_until open_now 5432
check "and closes what it does not" wait_until shut_now 443
sed -i 's/container: db/container: web/; s/5432/443/' "$etc/seawall/policy.yaml"
systemctl reload seawall-guard.service
check "and back" wait_until open_now 443

# Killed, hung: systemd starts another, and the wall stands meanwhile.
main=$(guard_has MainPID)
signal KILL "$main"
expect_closed world tcp "$HOST" 5432
check "one that was killed is started again" wait_until another_main "$main"
mkdir -p "$etc/systemd/system/seawall-guard.service.d"
printf '[Service]\nWatchdogSec=2\n' >"$etc/systemd/system/seawall-guard.service.d/lab.conf"
systemctl daemon-reload
systemctl restart seawall-guard.service
main=$(guard_has MainPID)
signal STOP "$main"
expect_closed world tcp "$HOST" 5432
check "one that hangs is ended by the watchdog" wait_until another_main "$main"
check "there is one clerk" wait_until one_clerk

# The engine's restart.
systemctl restart docker.service
expect_closed world tcp "$HOST" 5432
docker start web db >/dev/null
check "what is allowed is open after the engine's restart" wait_until open_now 443
expect_closed world tcp "$HOST" 5432

# A boot: the wall is there before the engine is.
docker update --restart always web db >/dev/null
systemctl stop seawall-guard.service
expect_closed world tcp "$HOST" 5432
init_kill
check "without power nothing is left of it" not on host nft list table inet seawall
lab_note "boot"
init_start
check "the unit for boot ran" is_active seawall-wall.service
begun() {
	in_init systemctl show --property "$2" --value "$1"
}
check "before the engine was started" test \
	"$(begun seawall-wall.service ActiveEnterTimestampMonotonic)" -lt "$(begun docker.service ExecMainStartTimestampMonotonic)"
check "the guard is there again" wait_until is_active seawall-guard.service
expect_closed world tcp "$HOST" 5432
check "what is allowed is open again" wait_until open_now 443

# A hard wall's keeper is a child of the service, and outlives it.
held() {
	in_init seawall status | grep -q 'hard' && on host pgrep -x seawall-keeper >/dev/null
}
echo 'wall: { hard: true }' >>"$etc/seawall/policy.yaml"
systemctl reload seawall-guard.service
check "a hard wall has its keeper" wait_until held
systemctl restart seawall-guard.service
check "which outlives the guard" held
on host nft flush ruleset
expect_closed world tcp "$HOST" 5432
check "none of it was kept from a system call, a file or a capability" not journal_has --grep 'not permitted|Read-only|denied|cannot'
lab_note "$(in_init systemd-analyze security seawall-guard.service | tail -n 1)"
systemctl disable --quiet --now seawall-guard.service seawall-wall.service
check "stopped, the wall stays" shut_now 5432
