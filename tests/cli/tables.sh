# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
# What is made of the option tables: completions that shells take, one meaning for one name.
"$seawall" manual >manual.scd
holds 'an option of one name takes a value everywhere or nowhere' bash -c '
	grep -Eo -e "\*--[a-z-]+\*( _[A-Z]+_)?" manual.scd | sed "s/ _[A-Z]*_/ VALUE/" | sort -u | cut -d" " -f1 | uniq -d | {
		! grep .
	}'
# Each command has a page of its own, and its text is whole.
holds 'each command has a man page, and no other' [ "$("$seawall" help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' | sort | paste -sd' ')" = \
	"$(sed -n "/foreach command/,/\]/p" "$home/../../man/meson.build" | grep -o "'[a-z]*'" | tr -d "'" | sort | paste -sd' ')" ]
holds "a command's page has its options" grep -q '^\*--sarif\*$' <("$seawall" manual audit)
for shell in bash zsh fish; do
	"$seawall" completion "$shell" >"completion.$shell"
	if command -v "$shell" >/dev/null; then
		holds "completion for $shell is valid" "$shell" -n "completion.$shell"
	fi
done

# What bash would offer for a command line.
offered() {
	bash -c '
		. ./completion.bash
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_seawall
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | paste -sd' '
}
holds 'bash offers commands' [ "$(offered seawall c)" = 'capture confirm' ]
holds 'bash offers options' [ "$(offered seawall prove --a)" = --all-ports ]
holds 'bash offers choices' [ "$(offered seawall --color '')" = 'always auto never' ]
holds 'bash offers choices after =' [ "$(offered seawall --color = n)" = never ]
holds 'bash offers no option of another command' [ "$(offered seawall --all)" = '' ]
