# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Bad usage: one line that says what was meant, and exit code 2.
says 0 '' --help
holds 'help names each command' grep -q '^  capture ' out
says 0 '' help prove
holds 'the help of a command names its options' grep -q -e '--all-ports' out
says 0 '' --version
holds 'the version is a number' grep -Eqx 'seawall [0-9]+\.[0-9]+\.[0-9]+' out
says 2 "seawall: unknown option '--jsn'; did you mean '--json'?" --jsn
says 2 "seawall: unknown option '--js'; did you mean '--json'?" --js
says 2 "seawall: unknown command 'prov'; did you mean 'prove'?" prov
says 2 "seawall: unknown command 'mend'; see 'seawall --help'" mend
says 2 "seawall: 'capture' has no option '--json'; 'audit' has it" capture --json
says 2 "seawall: '--color red': expected auto, always or never" --color=red
says 2 "seawall: option '--capture' needs a value: FILE" --capture
says 2 "seawall: 'audit' does not take 'twice'" audit twice
says 2 'seawall: --json and --sarif both want standard output: give one' audit --json --sarif
says 2 "seawall: option '--html' needs a value: FILE" audit --html
says 2 "seawall: unknown option '-x'; see 'seawall --help'" -x
says 2 "seawall: no help for 'nothing': there is no such command" help nothing
says 2 "seawall: no completion for 'tcsh': expected bash, zsh or fish" completion tcsh
says 2 "seawall: 'completion' needs SHELL" completion
says 2 'seawall: --docker asks *' --docker here --capture there
says 2 'seawall: --live goes through this host: *' prove --live --capture nothing
says 2 '*--live needs --yes where nobody can be asked' prove --live
says 2 "seawall: unknown command '\\\\x1b\\[31mred'; *" $'\e[31mred'
says 2 "seawall: 'explain' needs TARGET" explain
says 2 'seawall: "tcp/80" is no target: *' explain tcp/80
says 2 'seawall: --from needs --in: *' explain 1 --from 192.0.2.1
says 2 'seawall: --to wants an IPv4 or IPv6 address, not "here"' explain 1 --to here
says 2 'seawall: --confirm wants seconds, 0 to 86400, not "soon"' apply --confirm soon
says 2 'seawall: a policy is named twice: a.yaml and --policy b.yaml' plan a.yaml --policy b.yaml
says 2 'seawall: a capture is another host, *' apply --capture there
