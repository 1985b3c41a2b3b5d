# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package, for the cases that install it: built once for what the sources are.
# shellcheck shell=bash

# Prints what the sources are, as a name.
sources_name() {
	(
		cd "$LAB_REPO" || exit
		if git rev-parse --git-dir >/dev/null 2>&1; then
			git ls-files -z --cached --others --exclude-standard
		else
			find . -type f -not -path './build*' -not -path './.cache/*' -print0
		fi | sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -c 1-16
	)
}

# Puts the package, and the tarball that comes with it, into directory $1 as `make deb` does; what that
# says goes to its standard output. Whoever comes second takes what the first one built.
deb_into() {
	local home=$LAB_CACHE/deb name lock rc=0
	name=$(sources_name) || return
	mkdir -p "$home" "$1"
	exec {lock}>"$home/lock"
	flock "$lock"
	if [[ ! -e $home/$name/done ]]; then
		find "$home" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
		"$LAB_REPO/scripts/deb" "$home/$name" && touch "$home/$name/done" || rc=1
	fi
	exec {lock}>&-
	((rc)) || cp "$home/$name"/*.* "$1"
	return "$rc"
}
