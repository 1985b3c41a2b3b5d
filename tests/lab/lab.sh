# SPDX-License-Identifier: GPL-2.0-or-later
# The library of the lab: source this in a test case, then call lab_up. See README.md.
# shellcheck shell=bash disable=SC2034

LAB_HOME=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
LAB_REPO=$(cd "$LAB_HOME/../.." && pwd)
LAB_NAME='' LAB_DIR='' LAB_PID='' LAB_ROOT='' LAB_PROC='' LAB_CHROOT='' LAB_ENGINE='' LAB_UNSHARE='' LAB_KEEP=''
LAB_DOCKERD_ARGS=()

# shellcheck source=tests/lab/lib/names.sh
. "$LAB_HOME/lib/names.sh"
# shellcheck source=tests/lab/lib/check.sh
. "$LAB_HOME/lib/check.sh"
# shellcheck source=tests/lab/lib/state.sh
. "$LAB_HOME/lib/state.sh"
# shellcheck source=tests/lab/lib/engine.sh
. "$LAB_HOME/lib/engine.sh"
# shellcheck source=tests/lab/lib/image.sh
. "$LAB_HOME/lib/image.sh"
# shellcheck source=tests/lab/lib/deb.sh
. "$LAB_HOME/lib/deb.sh"
# shellcheck source=tests/lab/lib/init.sh
. "$LAB_HOME/lib/init.sh"
# shellcheck source=tests/lab/lib/podman.sh
. "$LAB_HOME/lib/podman.sh"
# shellcheck source=tests/lab/lib/standin.sh
. "$LAB_HOME/lib/standin.sh"
# shellcheck source=tests/lab/lib/client.sh
. "$LAB_HOME/lib/client.sh"
# shellcheck source=tests/lab/lib/audit.sh
. "$LAB_HOME/lib/audit.sh"
# shellcheck source=tests/lab/lib/flood.sh
. "$LAB_HOME/lib/flood.sh"
# shellcheck source=tests/lab/lib/proxy.sh
. "$LAB_HOME/lib/proxy.sh"
# shellcheck source=tests/lab/lib/wall.sh
. "$LAB_HOME/lib/wall.sh"

PATH=$LAB_CACHE/lab:/usr/local/sbin:/usr/sbin:/sbin:$PATH

# Brings a lab up: `lab_up [--engine E] [--name N] [--forward 0|1] [--before CMD]
# [--keep] [-- DOCKERD-ARG...]`.
# E is one of none, debian12, trixie, sid, nft29, ipt29, podman, clean12, init12 (default: $LAB_DEFAULT_ENGINE, else debian12). --forward 1
# has the host forward before the engine starts, which then leaves the FORWARD policy alone.
# --before runs a command when the host is there and its engine does not run yet.
# The lab ends with this shell unless --keep is given. Do not call it in a subshell.
lab_up() {
	local engine=${LAB_DEFAULT_ENGINE:-debian12} name='' forward=0 before='' keep='' root rc
	while (($#)); do
		case $1 in
		--engine) engine=$2; shift ;;
		--name) name=$2; shift ;;
		--forward) forward=$2; shift ;;
		--before) before=$2; shift ;;
		--keep) keep=keep ;;
		--) shift; LAB_DOCKERD_ARGS=("$@"); break ;;
		*) lab_fail "lab_up: unknown option \"$1\"" ;;
		esac
		shift
	done
	((EUID == 0)) || lab_skip "the lab needs root"
	[[ $name ]] || name=$(printf 'l%d-%04x' "$$" "$RANDOM")
	trap lab_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	root=$(engine_root "$engine") || {
		rc=$?
		printf '%s\n' "$root"
		exit "$rc"
	}
	labserver_build
	state_create "$name" || lab_fail "there is a lab \"$name\" already"
	LAB_ENGINE=$engine
	# Docker 29 does not start with the nftables back end unless the host forwards already.
	[[ $engine == *29 ]] && forward=1
	echo "$engine" >"$LAB_DIR/engine"
	echo "${LAB_FOR-}" >"$LAB_DIR/for"
	supervisor_start "$forward" "$root" "$keep"
	[[ $root ]] && LAB_CHROOT=/var/lib/seawall-engine
	if [[ $before ]]; then
		"$before" || lab_fail "$before: failed before the engine's start"
	fi
	if is_standin; then
		standin_up || lab_fail "the stand-in for the engine could not be made"
	elif [[ $engine != none ]]; then
		engine_start
		image lab || lab_fail "the image could not be imported"
	fi
}
