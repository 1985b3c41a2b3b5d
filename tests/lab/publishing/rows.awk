# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the rows of the facts that lib.sh wrote down; -v ipvs=1 where the kernel has IPVS.
#
# A row: tool, form, what the tool said, what the engine published, which sockets listen, what a
# client got at 127.0.0.1 and ::1 from the host and at the host's IPv4 and IPv6 address from the
# world, and who that is.

BEGIN {
	FS = OFS = "\t"
	tools = split("run v1 v2 stack", tool, " ")
	for (i = 1; i <= tools; i++)
		first[tool[i]] = 20000 + (i - 1) * 1000
	clients = split("h4 h6 w4 w6", client, " ")
	reach[""] = "nobody"
	reach["h4"] = "the host, 127.0.0.1"
	reach["h6"] = "the host, ::1"
	reach["h4h6"] = "the host"
	reach["h4w4"] = "everyone, IPv4"
	reach["h6w6"] = "everyone, IPv6"
	reach["h4h6w4w6"] = "everyone"
	print "tool", "form", "said", "published", "sockets", "127.0.0.1", "::1", "IPv4", "IPv6", "who"
}

# What the forms call a port of this key; "free" is one that the engine took.
function port_name(key, port,    part, from)
{
	split(key, part, "-")
	from = first[part[1]] + part[2] * 10
	return port >= from && port <= from + 2 ? 1234 + port - from : "free"
}

# The key that a port number belongs to, or "".
function port_key(port,    i)
{
	i = int((port - 20000) / 1000) + 1
	return port >= 20000 && i <= tools ? tool[i] "-" int(port % 1000 / 10) : ""
}

# Adds a port at an address to a list; a list is a string of "ADDRESS PORT PROTOCOL,".
function list_add(list, address, port, protocol,    item)
{
	item = (address ~ /:/ && address !~ /^\[/ ? "[" address "]" : address) " " port " " protocol ","
	return index("," list, "," item) ? list : list item
}

# A list as text: by address, in order, ports in a row as a range. Where the form leaves it to the
# engine which port of a range it takes (`any`), and it took one, the number does not matter.
function list_text(list, any,    item, n, i, j, part, ports, order, addresses, text)
{
	n = split(list, item, ",") - 1
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && item[j - 1] > item[j]; j--) {
			text = item[j]
			item[j] = item[j - 1]
			item[j - 1] = text
		}
	for (i = 1; i <= n; i++) {
		split(item[i], part, " ")
		if (!(part[1] in ports))
			order[++addresses] = part[1]
		ports[part[1]] = ports[part[1]] (part[1] in ports ? "," : "") part[2]
	}
	text = ""
	for (i = 1; i <= addresses; i++) {
		sub(/^,/, "", ports[order[i]])
		sub(/^1234,1235,1236$/, "1234-1236", ports[order[i]])
		if (any)
			sub(/^[0-9]*$/, "any", ports[order[i]])
		text = text (i > 1 ? " " : "") order[i] ":" ports[order[i]] (part[3] == "udp" ? "/udp" : "")
	}
	return text == "" ? "-" : text
}

# The words for each port, put together: one where all agree, else each with its ports.
function per_port(ports, word, n,    i, order, which, words, text)
{
	for (i = 1; i <= n; i++) {
		if (!(word[i] in which))
			order[++words] = word[i]
		which[word[i]] = which[word[i]] " " ports[i]
	}
	if (words == 1)
		return order[1]
	for (i = 1; i <= words; i++)
		text = text (i > 1 ? "; " : "") substr(which[order[i]], 2) ": " order[i]
	return text
}

# Prints the row of a key.
function row(key, number,    n, i, j, port, word, cell, opened, listens, where, any)
{
	n = split(asked[number], port, " ")
	for (i = 2; i <= n; i++)
		port[i - 1] = port[i]
	n--
	for (j = 1; j <= clients; j++) {
		for (i = 1; i <= n; i++)
			word[i] = (key, client[j], port[i]) in answer ? answer[key, client[j], port[i]] : "-"
		cell[j] = per_port(port, word, n)
	}
	for (i = 1; i <= n; i++) {
		opened = ""
		for (j = 1; j <= clients; j++)
			if (answer[key, client[j], port[i]] == "open")
				opened = opened client[j]
		word[i] = opened in reach ? reach[opened] : opened
	}
	cell[5] = per_port(port, word, n)
	any = asked[number] ~ / any$/
	where = list_text(published[key], any)
	listens = list_text(sockets[key], any) (key in process ? " (" process[key] ")" : "")
	# A port of the mesh cannot answer without IPVS, and that is no fact about the tool.
	if (where ~ /^ingress:/ && cell[5] == "nobody" && listens == "-" && !ipvs)
		listens = cell[1] = cell[2] = cell[3] = cell[4] = cell[5] = "no IPVS"
	sub(/-.*/, "", key)
	if (said[key "-" number] ~ /^not run/)
		where = listens = cell[1] = cell[2] = cell[3] = cell[4] = cell[5] = "-"
	print key, title[number], said[key "-" number], where, listens, \
		cell[1], cell[2], cell[3], cell[4], cell[5]
}

$1 == "form" {
	title[$2] = $3
	asked[$2] = $4
	if ($2 > last)
		last = $2
}
$1 == "said" { said[$2] = $3 }
$1 == "published" {
	key = port_key($5)
	name = port_name(key, $4)
	published[key] = list_add(published[key], $3, name, $2)
	if (name == "free")
		taken[$2, $4] = key
}
$1 == "socket" {
	key = ($2, $4) in taken ? taken[$2, $4] : port_key($4)
	sockets[key] = list_add(sockets[key], $3, port_name(key, $4), $2)
	process[key] = $5 == "labserver" ? "the container itself" : $5
}
$1 == "answer" { answer[$2, $3, $4] = $5 }

END {
	for (i = 1; i <= tools; i++)
		for (number = 10; number <= last; number++)
			if ((tool[i] "-" number) in said)
				row(tool[i] "-" number, number)
}
