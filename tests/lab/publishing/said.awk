# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what a tool printed into few words, by the file of phrases: awk -f said.awk phrases LOG

NR == FNR {
	if ($0 !~ /^#/ && (at = index($0, " => "))) {
		pattern[++n] = substr($0, 1, at - 1)
		phrase[n] = substr($0, at + 4)
	}
	next
}

{
	gsub(/[\t\r]/, " ")
	sub(/ +$/, "")
}

$0 != "" {
	words = $0
	for (i = 1; i <= n; i++)
		if ($0 ~ pattern[i]) {
			words = phrase[i]
			break
		}
	if (words != "nothing" && !seen[words]++)
		said = said (said == "" ? "" : ", ") words
}

END { print said }
