# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the tables of docs/publishing.md from the rows of two engines:
#
#   awk -v legend=legend.md -f render.awk OLD.tsv NEW.tsv

BEGIN {
	FS = "\t"
	tools = split("run v1 v2 stack", tool, " ")
	name["run"] = "`docker run -p`"
	name["v1"] = "Compose v1"
	name["v2"] = "Compose v2"
	name["stack"] = "`docker stack deploy`"
}

FNR == 1 { engine++ }

# "# TOOL VERSION", and the engine's first numbers as its short name.
/^# / {
	split($0, word, " ")
	version[engine, word[2]] = word[3]
	if (word[2] == "engine") {
		split(word[3], number, ".")
		short[engine] = number[1] == 20 ? "20." number[2] : number[1]
	}
	next
}

$1 == "tool" { next }

# Compose takes a file, so it has a row for each form.
engine == 1 && $1 == "v1" { form[++forms] = $2 }

{
	line = $3
	for (i = 4; i <= 9; i++)
		line = line " | " $i
	full[engine, $1, $2] = line
	fact = $4 $5 $6 $7 $8 $9
	if (engine == 1)
		seen[$1, $2] = fact
	else if (seen[$1, $2] != fact)
		differ++
	glance[engine, $1, $2] = summary($2, $3, $10)
}

# What the first table says: who reaches it and what the tool said; bold where an address of the
# host alone was asked for and everyone gets in.
function summary(title, said, who)
{
	if (said ~ /refused:|not run/)
		return said
	if (who == "no IPVS")
		who = "every node (mesh)"
	if (title ~ /127\.0\.0\.1|\[::1\]/ && who !~ /the host|nobody/)
		who = "**" who "**"
	return who (said == "-" ? "" : " - " said)
}

# Both engines' texts: one where they agree.
function both(old, new)
{
	return old == new ? old : short[1] ": " old "; " short[2] ": " new
}

END {
	print "\n## Who reaches it\n"
	head = "| declared"
	rule = "|---"
	for (t = 1; t <= tools; t++) {
		head = head " | " name[tool[t]]
		rule = rule "|---"
	}
	print head " |"
	print rule "|"
	for (f = 1; f <= forms; f++) {
		line = "| " form[f]
		for (t = 1; t <= tools; t++) {
			line = line " | "
			if ((1, tool[t], form[f]) in glance)
				line = line both(glance[1, tool[t], form[f]], glance[2, tool[t], form[f]])
			else
				line = line "-"
		}
		print line " |"
	}
	while ((getline line <legend) > 0)
		print line
	print ""
	for (e = 1; e <= 2; e++)
		print (e == 1 ? "Seen with" : "and with") " Docker " version[e, "engine"] \
			" and its own client, Compose v1 " version[e, "v1"] \
			", Compose v2 " version[e, "v2"] (e == 1 ? "," : ".")
	print "Where a row differs between the two both are given" \
		(differ ? "." : "; only words of the client do, both engines published the same.")
	for (t = 1; t <= tools; t++) {
		print "\n## " name[tool[t]] ", in full\n"
		print "| declared | said | published | listens | 127.0.0.1 | ::1 | IPv4 | IPv6 |"
		print "|---|---|---|---|---|---|---|---|"
		for (f = 1; f <= forms; f++) {
			if (!((1, tool[t], form[f]) in full))
				continue
			if (full[1, tool[t], form[f]] == full[2, tool[t], form[f]]) {
				print "| " form[f] " | " full[1, tool[t], form[f]] " |"
				continue
			}
			for (e = 1; e <= 2; e++)
				print "| " form[f] " (" short[e] ") | " full[e, tool[t], form[f]] " |"
		}
	}
}
