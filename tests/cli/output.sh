# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
# An answer that cannot be written is an error, never a silent success.
holds 'a closed standard output' bash -c '"$0" --version >&- 2>err; [[ $? == 2 ]]' "$seawall"
holds 'a closed standard output is said' grep -q 'standard output is closed' err
holds 'a full disk' bash -c '"$0" --help >/dev/full 2>err; [[ $? == 2 ]]' "$seawall"
holds 'a full disk is said' grep -q 'standard output: No space left on device' err
holds 'a reader that went away' bash -c '
	exec 3> >(exec 0<&-; sleep 0.2)
	for ((i = 0; i < 50; i++)); do "$0" --help >&3; code=$?; ((code)) && break; sleep 0.1; done
	[[ $code == 2 ]]' "$seawall"
holds 'all descriptors closed' bash -c '"$0" --version <&- >&- 2>&-; [[ $? == 2 ]]' "$seawall"
holds 'standard error closed' bash -c '"$0" --version 2>&-; [[ $? == 0 ]]' "$seawall"
