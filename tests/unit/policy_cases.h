/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy files and the one sentence that is said of each; what is fine is written out instead. */
#pragma once

#define V "version: 1\n"
#define Z                                                                                          \
	V "zones:\n  lan: { sources: [192.168.1.0/24, \"fd00:1::/64\"] }\n  vpn: { interfaces: "   \
	  "[wg0, \"tail*\"] }\n"

/* A file, and what comes of it. */
static const struct policy_case {
	const char *text, *expected;
} policy_cases[] = {
    /* What is taken. */
    {V, "closed narrow"},
    {"version: 1", "closed narrow"},
    {"\"version\": '1'\r\n", "closed narrow"},
    {"{\"version\": 1, \"default\": \"declared\"}", "declared narrow"},
    {V "default: closed\nlabels: off\n", "closed off"},
    {V "default: declared\nlabels: full\nwall: { strict_bind: true, hard: false }\n",
     "declared full strict_bind"},
    {V "zones:\nallow:\naccept:\nwall:\nnotify:\n", "closed narrow"},
    {V "notify: { command: /usr/local/bin/alert }\n", "closed narrow command=/usr/local/bin/alert"},
    {V "notify: { webhook: \"https://example.com/x\" }\n",
     "closed narrow webhook=https://example.com/x"},
    {Z, "closed narrow | lan sources 192.168.1.0/24 fd00:1::/64 | vpn interfaces wg0 tail*"},
    {V "zones: { one: { sources: 10.0.0.7 }, two: { interfaces: eth1 } }\n",
     "closed narrow | one sources 10.0.0.7/32 | two interfaces eth1"},
    {Z "allow:\n  - { service: shop/web, container_port: 443/tcp, from: [world, lan, vpn] }\n",
     "closed narrow | lan sources 192.168.1.0/24 fd00:1::/64 | vpn interfaces wg0 tail* | allow "
     "shop/web container_port 443-443/6 from world lan vpn"},
    {"allow:\n- { container: db, from: [10.8.0.7, lan, 10.8.0.7] }\nversion: 1\nzones:\n"
     "  lan: { interfaces: eth1 }\n",
     "closed narrow | lan interfaces eth1 | allow db from lan 10.8.0.7/32"},
    {V "allow:\n- image: \"ghcr.io/acme/*\"\n  host_port: 9000-9010/udp\n  from: any\n",
     "closed narrow | allow image ghcr.io/acme/* host_port 9000-9010/17 from world host "
     "containers"},
    {V "allow: [{ container: /pihole, host_port: 53, from: 10.0.0.0/8 }]\n",
     "closed narrow | allow pihole host_port 53-53/0 from 10.0.0.0/8"},
    {V "allow: [{ label: seawall.tier=front, from: [] }, { label: seawall.x, from: none }]\n",
     "closed narrow | allow label seawall.tier=front from nobody | allow label seawall.x from "
     "nobody"},
    {V "allow: [{ service: \"*/web\", container_port: 9/sctp, from: world }]\n",
     "closed narrow | allow */web container_port 9-9/132 from world"},
    {V "accept:\n- { container: plex, kind: bypass, reason: \"LAN only by router\", until: "
       "2027-06-01 }\n",
     "closed narrow | accept plex bypass 1811808000 LAN only by router"},
    {V "accept:\n- { host_port: 80, reason: it is fine, until: 2028-02-29 }\n",
     "closed narrow | accept host_port 80-80/0 any 1835395200 it is fine"},
    /* Not YAML, or more of it than is taken. */
    {"", "p:1:1: a policy begins with \"version: 1\""},
    {"# nothing\n", "p:1:1: a policy begins with \"version: 1\""},
    {"default: closed\n", "p:1:1: a policy begins with \"version: 1\""},
    {"hello\n", "p:1:1: a policy: expected a mapping of keys, found text"},
    {"- version: 1\n", "p:1:1: a policy: expected a mapping of keys, found a list"},
    {V "---\n" V, "p:2:1: a second document (---): a policy is one"},
    {V "zones: &z {}\n", "p:2:8: anchors (&name) are not taken: write it out"},
    {V "zones: *z\n", "p:2:8: aliases (*name) are not taken: write it out"},
    {V "zones: !!map {}\n", "p:2:8: tags (!name) are not taken: all values are plain"},
    {V "<<: { default: closed }\n",
     "p:2:1: unknown key \"<<\" in a policy: expected version, default, labels, zones, allow, "
     "accept, wall or notify"},
    {V "? [a]\n: b\n", "p:2:3: a key must be plain text"},
    {V "default: \"cl\\0sed\"\n", "p:2:10: text with a 0 byte in it"},
    {V "default: cl\x01sed\n", "p:2:12: byte 0x01: expected text in UTF-8"},
    {V "default: cl\xffsed\n", "p:2:12: byte 0xff: expected text in UTF-8"},
    {V "# \xed\xa0\x80\n", "p:2:3: byte 0xed: expected text in UTF-8"},
    {V "zones: [[[[[[[[[[[[[[[[[[[[[[", "p:2:23: nested deeper than a policy ever is"},
    /* Keys and kinds. */
    {V "alow: []\n",
     "p:2:1: unknown key \"alow\" in a policy: expected version, default, labels, zones, allow, "
     "accept, wall or notify; did you mean \"allow\"?"},
    {V "allow: []\ndefault: closed\nallow: []\n", "p:4:1: key \"allow\" is already at line 2"},
    {"version: 2\n", "p:1:10: version \"2\": this Seawall reads version 1"},
    {"version: [1]\n", "p:1:10: \"version\": expected 1, found a list"},
    {"version:\n", "p:1:1: \"version\": expected 1, found nothing"},
    {V "default: close\n",
     "p:2:10: \"close\": expected closed or declared; did you mean \"closed\"?"},
    {V "default: \"\"\n", "p:2:10: \"default\": expected closed or declared, found empty text"},
    {V "labels: [narrow]\n", "p:2:9: \"labels\": expected narrow, full or off, found a list"},
    {V "allow: { container: db }\n", "p:2:8: \"allow\": expected a list, found a mapping"},
    {V "allow: yes\n", "p:2:8: \"allow\": expected a list, found text"},
    {V "wall: { strict_bind: yes }\n",
     "p:2:22: \"yes\": expected true or false; did you mean \"true\"?"},
    {V "wall: { strict: true }\n",
     "p:2:9: unknown key \"strict\" in \"wall\": expected strict_bind or hard; did you mean "
     "\"strict_bind\"?"},
    {V "notify: { command: alert }\n", "p:2:20: \"alert\": expected a path that begins with /"},
    {V "notify: { webhook: example.com }\n",
     "p:2:20: \"example.com\": expected an http:// or https:// address"},
    {V "notify: { command: /a, webhook: \"http://b\" }\n",
     "p:2:9: \"notify\": expected command or webhook, not both"},
    /* Zones. */
    {V "zones: [lan]\n", "p:2:8: \"zones\": expected a mapping of names, found a list"},
    {V "zones: { lan: {} }\n",
     "p:2:10: zone \"lan\" holds nobody: expected interfaces, sources or both"},
    {V "zones: { lan: 10.0.0.0/8 }\n", "p:2:15: a zone: expected a mapping of keys, found text"},
    {V "zones: { lan: { source: [10.0.0.0/8] } }\n",
     "p:2:17: unknown key \"source\" in a zone: expected interfaces or sources; did you mean "
     "\"sources\"?"},
    {V "zones: { world: { interfaces: [eth0] } }\n", "p:2:10: zone \"world\" is always there"},
    {V "zones: { any: { interfaces: [eth0] } }\n",
     "p:2:10: \"any\" has a meaning of its own in \"from\""},
    {V "zones: { 1st: { interfaces: [eth0] } }\n",
     "p:2:10: \"1st\": expected a zone's name: up to 32 letters, digits, _ and -, a letter first"},
    {V "zones:\n  lan: { interfaces: [eth0] }\n  lan: { interfaces: [eth1] }\n",
     "p:4:3: zone \"lan\" is already at line 3"},
    {V "zones: { lan: { sources: [192.168.1.5/24] } }\n",
     "p:2:27: \"192.168.1.5/24\": has bits beyond /24; did you mean 192.168.1.0/24, or "
     "192.168.1.5 alone?"},
    {V "zones: { lan: { sources: [192.168.1.0/33] } }\n",
     "p:2:27: \"192.168.1.0/33\": expected at most /32 behind an IPv4 address"},
    {V "zones: { lan: { sources: [192.168.1] } }\n",
     "p:2:27: \"192.168.1\": expected an address or a prefix, like 192.168.1.0/24"},
    {V "zones: { lan: { interfaces: [\"e*0\"] } }\n",
     "p:2:30: \"e*0\": a * may only stand at the end"},
    {V "zones: { lan: { interfaces: [lo] } }\n", "p:2:30: \"lo\" is always zone host"},
    {V "zones: { lan: { interfaces: [abcdefghijklmnop] } }\n",
     "p:2:30: \"abcdefghijklmnop\": no interface can be called that"},
    {V "zones: { lan: { interfaces: [eth/1] } }\n",
     "p:2:30: \"eth/1\": no interface can be called that"},
    {V "zones:\n  a: { sources: [10.0.0.0/8, 10.0.0.0/8] }\n  b: { sources: 10.0.0.0/8 }\n",
     "p:4:3: zone \"b\" holds 10.0.0.0/8 by every interface, and so does zone \"a\" at line 3: "
     "nobody can be in both"},
    {V "zones:\n  a: { interfaces: eth1 }\n  b: { interfaces: [eth0, eth1] }\n",
     "p:4:3: zone \"b\" holds everybody by eth1, and so does zone \"a\" at line 3: nobody can be "
     "in both"},
    /* Entries. */
    {V "allow: [db]\n",
     "p:2:9: \"db\": expected an entry like { container: db, container_port: 5432/tcp, from: "
     "[lan] }"},
    {V "allow: [{ container: db }]\n",
     "p:2:9: this entry has no \"from\": who may get in? \"none\" is nobody"},
    {V "allow: [{ from: any }]\n",
     "p:2:9: this entry names nothing: expected service, container, image, label, host_port or "
     "container_port"},
    {V "allow: [{ container: db, from: }]\n",
     "p:2:26: \"from\": nothing is named; \"none\" is for nobody"},
    {Z "allow: [{ container: db, from: [lam] }]\n",
     "p:5:33: unknown zone \"lam\": expected a zone, an address, a prefix or any; did you mean "
     "\"lan\"?"},
    {V "allow: [{ container: db, from: [wordl] }]\n",
     "p:2:33: unknown zone \"wordl\": expected a zone, an address, a prefix or any; did you mean "
     "\"world\"?"},
    {V "allow: [{ container: db, from: [none, world] }]\n",
     "p:2:39: \"world\": \"none\" stands alone"},
    {V "allow: [{ container: db, from: [world, none] }]\n", "p:2:40: \"none\" stands alone"},
    {V "allow: [{ container: db, from: [10.0.0.1/8] }]\n",
     "p:2:33: \"10.0.0.1/8\": has bits beyond /8; did you mean 10.0.0.0/8, or 10.0.0.1 alone?"},
    {V "allow: [{ container: \"web-*\", from: any }]\n",
     "p:2:22: \"web-*\": expected a container's name: letters, digits, _ . - and no wildcards"},
    {V "allow: [{ container: [db], from: any }]\n",
     "p:2:22: \"container\": expected a container's name, found a list"},
    {V "allow: [{ service: web, from: any }]\n",
     "p:2:20: \"web\": expected PROJECT/SERVICE, like \"shop/web\"; \"*/web\" is that service of "
     "every project"},
    {V "allow: [{ service: a/b/c, from: any }]\n",
     "p:2:20: \"a/b/c\": expected PROJECT/SERVICE, like shop/web"},
    {V "allow: [{ label: com.example.tier, from: any }]\n",
     "p:2:18: \"com.example.tier\": only labels that begin with seawall. are read, because others "
     "may hold secrets; did you mean \"seawall.com.example.tier\"?"},
    {V "allow: [{ host_port: http, from: any }]\n",
     "p:2:22: \"http\": expected a port like 443, 443/tcp or 9000-9010/udp"},
    {V "allow: [{ host_port: 0, from: any }]\n", "p:2:22: \"0\": expected ports from 1 to 65535"},
    {V "allow: [{ host_port: 70000/tcp, from: any }]\n",
     "p:2:22: \"70000/tcp\": expected ports from 1 to 65535"},
    {V "allow: [{ host_port: 99999999999999999999, from: any }]\n",
     "p:2:22: \"99999999999999999999\": expected ports from 1 to 65535"},
    {V "allow: [{ host_port: 9010-9000/udp, from: any }]\n",
     "p:2:22: \"9010-9000/udp\": the range ends before it begins; did you mean 9000-9010/udp?"},
    {V "allow: [{ host_port: 80/tpc, from: any }]\n",
     "p:2:22: \"80/tpc\": expected tcp, udp or sctp behind the slash; did you mean \"tcp\"?"},
    {V "allow: [{ host_port: 80-, from: any }]\n",
     "p:2:22: \"80-\": expected a port like 443, 443/tcp or 9000-9010/udp"},
    {V "allow: [{ host_port: -80, from: any }]\n",
     "p:2:22: \"-80\": expected a port like 443, 443/tcp or 9000-9010/udp"},
    {V "allow: [{ host_port: 22:22, from: any }]\n",
     "p:2:22: \"22:22\": expected a port like 443, 443/tcp or 9000-9010/udp"},
    {V "allow: [{ port: 80, from: any }]\n",
     "p:2:11: unknown key \"port\" in an allow entry: expected service, container, image, label, "
     "host_port, container_port or from"},
    {V "accept: [{ container: plex, kind: bypas, reason: x }]\n",
     "p:2:35: \"bypas\": expected exposure, bypass, outage, relay, unknown or ineffective; did you "
     "mean \"bypass\"?"},
    {V "accept: [{ container: plex, kind: disagreement, reason: x }]\n",
     "p:2:35: \"disagreement\": expected exposure, bypass, outage, relay, unknown or ineffective"},
    {V "accept: [{ container: plex }]\n",
     "p:2:10: this entry has no \"reason\": why is it left open?"},
    {V "accept: [{ kind: bypass, reason: x }]\n",
     "p:2:10: this entry names nothing: expected service, container, image, label, host_port or "
     "container_port"},
    {V "accept: [{ container: a, reason: x, until: 2027-6-1 }]\n",
     "p:2:44: \"2027-6-1\": expected a date like 2027-06-01"},
    {V "accept: [{ container: a, reason: x, until: tomorrow }]\n",
     "p:2:44: \"tomorrow\": expected a date like 2027-06-01"},
    {V "accept: [{ container: a, reason: x, until: 2027-13-01 }]\n",
     "p:2:44: \"2027-13-01\": there is no such month, from 2000-01 on"},
    {V "accept: [{ container: a, reason: x, until: 2027-02-29 }]\n",
     "p:2:44: \"2027-02-29\": that month has 28 days"},
    {V "accept: [{ container: a, reason: x, until: -027-02-29 }]\n",
     "p:2:44: \"-027-02-29\": there is no such month, from 2000-01 on"},
};
