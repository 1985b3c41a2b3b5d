/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers, a policy, and what follows.
 *
 * Containers are lines of words: NAME, then project/service, image=NAME,
 * p=ADDRESS:HOST:PORT[/PROTO] (published), l=KEY=VALUE (a label it was given), i=KEY=VALUE (its
 * image's), claim=project/service (its image's word), expose=PORT[/PROTO], socket=PORT[/PROTO],
 * loopback=PORT, mode=MODE, lan (macvlan), unread (its image did not come). A line that begins with
 * "service" is one of Swarm's mesh: service STACK NAME image=... p=HOST:PORT.
 *
 * Of what follows, ways that only this host has are left out, but for a published port's.
 */
#pragma once

#define V        "version: 1\n"
#define Z        V "zones:\n  lan: { sources: [192.168.1.0/24] }\n  vpn: { interfaces: [wg0] }\n"
#define DECLARED "default: declared\n"
#define ALLOW    "allow:\n"

static const struct intent_case {
	const char *containers, *policy; /* policy NULL: none */
	const char *expected;            /* rows, then warnings, then "incomplete: " lines */
} intent_cases[] = {
    /* What bind addresses mean. */
    {"web p=0.0.0.0:80:80 p=[::]:80:80", NULL,
     "web 0.0.0.0:80>80/tcp bind any\n"
     "web :::80>80/tcp bind any\n"
     "web direct 80/tcp bind any\n"},
    {"web p=127.0.0.1:80:80", NULL, "web 127.0.0.1:80>80/tcp bind host\n"},
    {"web p=10.9.0.10:80:80", NULL, "web 10.9.0.10:80>80/tcp bind world host own\n"},
    {"web socket=80", NULL, ""},
    {"ha mode=host socket=8123 socket=53/udp loopback=99", NULL,
     "ha host * bind any hands-off\n"
     "ha host 99/tcp bind host hands-off\n"
     "ha host 8123/tcp bind any hands-off\n"
     "ha host 53/udp bind any hands-off\n"},
    {"cam lan socket=554", NULL,
     "cam lan * bind any hands-off\n"
     "cam lan 554/tcp bind any hands-off\n"},
    {"service shop web image=web:1 p=8080:80", NULL, "mesh 8080>80/tcp bind any\n"},
    /* default: closed */
    {"web p=0.0.0.0:80:80", V, "web 0.0.0.0:80>80/tcp policy(p) host\n"},
    {"web p=0.0.0.0:80:80", V "default: closed\n", "web 0.0.0.0:80>80/tcp policy(p:2:10) host\n"},
    {"web p=10.9.0.10:80:80", V DECLARED, "web 10.9.0.10:80>80/tcp bind world host own\n"},
    {"ha mode=host socket=8123", V,
     "ha host * bind any hands-off\n"
     "ha host 8123/tcp bind any hands-off\n"},
    {"cam lan", V, "cam lan * bind any hands-off\n"},
    {"service shop web image=web:1 p=8080:80", V, "mesh 8080>80/tcp policy(p) host\n"},
    /* The policy names. */
    {"web p=0.0.0.0:80:80\ndb p=0.0.0.0:5432:5432", Z ALLOW "- { container: web, from: [lan] }\n",
     "web 0.0.0.0:80>80/tcp policy(p:6:3) lan\n"
     "web direct * policy(p:6:3) lan\n"
     "web direct 80/tcp policy(p:6:3) lan\n"
     "db 0.0.0.0:5432>5432/tcp policy(p) host\n"},
    {"web p=0.0.0.0:80:80", V DECLARED ALLOW "- { container: web, host_port: 80, from: none }\n",
     "web 0.0.0.0:80>80/tcp policy(p:4:3) nobody\n"
     "web direct 80/tcp bind any\n"},
    {"web p=0.0.0.0:80:80 p=0.0.0.0:8443:443",
     V ALLOW "- { container: web, container_port: 443/tcp, from: any }\n",
     "web 0.0.0.0:80>80/tcp policy(p) host\n"
     "web 0.0.0.0:8443>443/tcp policy(p:3:3) any\n"
     "web direct 443/tcp policy(p:3:3) any\n"},
    {"dns p=0.0.0.0:53:53 p=0.0.0.0:53:53/udp p=0.0.0.0:53:53/sctp",
     Z ALLOW "- { container: dns, host_port: 53, from: lan }\n",
     "dns 0.0.0.0:53>53/tcp policy(p:6:3) lan\n"
     "dns 0.0.0.0:53>53/udp policy(p:6:3) lan\n"
     "dns 0.0.0.0:53>53/sctp policy(p) host\n"},
    {"dns p=0.0.0.0:53:53 p=0.0.0.0:53:53/udp",
     Z ALLOW "- { container: dns, host_port: 53/udp, from: lan }\n",
     "dns 0.0.0.0:53>53/tcp policy(p) host\n"
     "dns 0.0.0.0:53>53/udp policy(p:6:3) lan\n"},
    {"a p=0.0.0.0:9000:1 p=0.0.0.0:9010:2 p=0.0.0.0:9011:3",
     V ALLOW "- { host_port: 9000-9010, from: 10.0.0.1 }\n",
     "a 0.0.0.0:9000>1/tcp policy(p:3:3) 10.0.0.1/32\n"
     "a 0.0.0.0:9010>2/tcp policy(p:3:3) 10.0.0.1/32\n"
     "a 0.0.0.0:9011>3/tcp policy(p) host\n"},
    {"a shop/web p=0.0.0.0:1:1\nb shop/db p=0.0.0.0:2:2\nc blog/web p=0.0.0.0:3:3",
     V ALLOW "- { service: shop/web, from: 10.0.0.1 }\n- { service: \"*/web\", from: 10.0.0.2 }\n",
     "a 0.0.0.0:1>1/tcp policy(p:3:3) 10.0.0.1/32 10.0.0.2/32\n"
     "a direct * policy(p:3:3) 10.0.0.1/32 10.0.0.2/32\n"
     "a direct 1/tcp policy(p:3:3) 10.0.0.1/32 10.0.0.2/32\n"
     "b 0.0.0.0:2>2/tcp policy(p) host\n"
     "c 0.0.0.0:3>3/tcp policy(p:4:3) 10.0.0.2/32\n"
     "c direct * policy(p:4:3) 10.0.0.2/32\n"
     "c direct 3/tcp policy(p:4:3) 10.0.0.2/32\n"},
    {"a image=ghcr.io/acme/app:1 p=0.0.0.0:1:1\nb image=ghcr.io/other/app:1 p=0.0.0.0:2:2",
     V ALLOW "- { image: \"ghcr.io/acme/*\", host_port: 1-9, from: 10.0.0.1 }\n",
     "a 0.0.0.0:1>1/tcp policy(p:3:3) 10.0.0.1/32\n"
     "b 0.0.0.0:2>2/tcp policy(p) host\n"},
    {"a l=seawall.tier=front p=0.0.0.0:1:1\nb i=seawall.tier=front p=0.0.0.0:2:2",
     V ALLOW "- { label: seawall.tier=front, host_port: 1-9, from: any }\n",
     "a 0.0.0.0:1>1/tcp policy(p:3:3) any\n"
     "b 0.0.0.0:2>2/tcp policy(p) host\n"},
    {"ha mode=host socket=8123 socket=99",
     Z ALLOW "- { container: ha, host_port: 8123, from: lan }\n",
     "ha host 99/tcp policy(p) host\n"
     "ha host 8123/tcp policy(p:6:3) lan\n"},
    {"ha mode=host socket=8123 socket=99",
     Z DECLARED ALLOW "- { container: ha, host_port: 8123, from: lan }\n",
     "ha host * bind any\n"
     "ha host 99/tcp bind any\n"
     "ha host 8123/tcp policy(p:7:3) lan\n"},
    {"cam lan socket=554 socket=80",
     Z ALLOW "- { container: cam, container_port: 554, from: lan }\n",
     "cam direct 554/tcp policy(p:6:3) lan\n"
     "cam lan 554/tcp policy(p:6:3) lan\n"},
    {"service shop shop_web image=web:1 p=8080:80\nservice blog blog_web image=web:1 p=8081:80",
     V ALLOW "- { service: shop/web, container_port: 80, from: 10.0.0.1 }\n",
     "mesh 8080>80/tcp policy(p:3:3) 10.0.0.1/32\n"
     "mesh 8081>80/tcp policy(p) host\n"},
    /* An image's word: it closes what an entry would close, and opens nothing. */
    {"evil claim=shop/db p=0.0.0.0:5432:5432",
     Z DECLARED ALLOW "- { service: shop/db, from: lan }\n",
     "evil 0.0.0.0:5432>5432/tcp policy(p:7:3) lan\n"
     "evil direct * policy(p:7:3) nobody\n"
     "evil direct 5432/tcp policy(p:7:3) lan\n"
     "p:7:3: { service: shop/db, from: lan }: matches nothing for certain: only an image says so "
     "of "
     "itself, and that may close but not open\n"},
    {"evil claim=shop/db p=0.0.0.0:5432:5432", Z ALLOW "- { service: shop/db, from: lan }\n",
     "evil 0.0.0.0:5432>5432/tcp policy(p:6:3) nobody\n"
     "evil direct * policy(p:6:3) nobody\n"
     "evil direct 5432/tcp policy(p:6:3) nobody\n"
     "p:6:3: { service: shop/db, from: lan }: matches nothing for certain: only an image says so "
     "of "
     "itself, and that may close but not open\n"},
    {"a claim=shop/db unread p=0.0.0.0:1:1",
     V ALLOW "- { service: shop/db, host_port: 1, from: any }\n",
     "a 0.0.0.0:1>1/tcp policy(p) host\n"
     "p:3:3: { service: shop/db, host_port: 1, from: any }: matches nothing for certain: only an "
     "image says so of itself, and that may close but not open\n"
     "incomplete: the image of container a could not be read: what labels it was given itself is "
     "not known, so they only close\n"},
    /* Labels that may only close. */
    {"db l=seawall.allow=lan p=0.0.0.0:1:1", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) lan\n"
     "db direct 1/tcp label(label seawall.allow) lan\n"},
    {"db l=seawall.allow=lan p=0.0.0.0:1:1", Z,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"},
    {"db l=seawall.allow=any p=127.0.0.1:1:1", Z DECLARED,
     "db 127.0.0.1:1>1/tcp label(label seawall.allow) host\n"},
    {"db l=seawall.allow=10.8.0.7,lan p=0.0.0.0:1:1", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) lan 10.8.0.7/32\n"
     "db direct 1/tcp label(label seawall.allow) lan 10.8.0.7/32\n"},
    {"db l=seawall.allow.1=none l=seawall.allow=lan p=0.0.0.0:1:1 p=0.0.0.0:2:2", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow.1) nobody\n"
     "db 0.0.0.0:2>2/tcp label(label seawall.allow) lan\n"
     "db direct 2/tcp label(label seawall.allow) lan\n"},
    {"db l=seawall.allow.1/udp=none p=0.0.0.0:1:1 p=0.0.0.0:1:1/udp", V DECLARED,
     "db 0.0.0.0:1>1/tcp bind any\n"
     "db 0.0.0.0:1>1/udp label(label seawall.allow.1/udp) nobody\n"
     "db direct 1/tcp bind any\n"},
    {"db l=seawall.allow=none p=0.0.0.0:1:1", NULL,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"},
    {"db l=seawall.allow=none p=0.0.0.0:1:1", V DECLARED "labels: off\n",
     "db 0.0.0.0:1>1/tcp bind any\n"
     "db direct 1/tcp bind any\n"},
    /* Labels that may open, if they are the container's own. */
    {"db l=seawall.allow=lan p=0.0.0.0:1:1", Z "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) lan\n"
     "db direct * label(label seawall.allow) lan\n"
     "db direct 1/tcp label(label seawall.allow) lan\n"},
    {"db i=seawall.allow=lan p=0.0.0.0:1:1", Z "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"},
    {"db i=seawall.allow=lan p=0.0.0.0:1:1", Z DECLARED "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) lan\n"
     "db direct 1/tcp label(label seawall.allow) lan\n"},
    {"db l=seawall.allow=any i=seawall.allow.1=lan p=0.0.0.0:1:1 p=0.0.0.0:2:2", Z "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow.1) lan\n"
     "db 0.0.0.0:2>2/tcp label(label seawall.allow) any\n"
     "db direct * label(label seawall.allow) any\n"
     "db direct 1/tcp label(label seawall.allow.1) lan\n"
     "db direct 2/tcp label(label seawall.allow) any\n"},
    {"db i=seawall.allow=lan unread p=0.0.0.0:1:1", Z DECLARED "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) lan\n"
     "db direct 1/tcp label(label seawall.allow) lan\n"
     "incomplete: the image of container db could not be read: what labels it was given itself is "
     "not known, so they only close\n"},
    /* The policy is stronger. */
    {"db l=seawall.allow=none p=0.0.0.0:1:1",
     Z ALLOW "- { container: db, host_port: 1, from: lan }\n",
     "db 0.0.0.0:1>1/tcp policy(p:6:3) lan\n"},
    /* Labels that cannot be read close, whatever else they say. */
    {"db l=seawall.allow=lam p=0.0.0.0:1:1", Z DECLARED "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"
     "container db, label \"seawall.allow: lam\": \"lam\": the policy has no such zone; until it "
     "can "
     "be read its ports are closed\n"},
    {"db l=seawall.allow.1=lan,,vpn p=0.0.0.0:1:1 p=0.0.0.0:2:2", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow.1) nobody\n"
     "db 0.0.0.0:2>2/tcp bind any\n"
     "db direct 2/tcp bind any\n"
     "container db, label \"seawall.allow.1: lan,,vpn\": a word is missing; until it can be read "
     "port 1 is closed\n"},
    {"db l=seawall.allow.http=any p=0.0.0.0:1:1", Z DECLARED "labels: full\n",
     "db 0.0.0.0:1>1/tcp label(label seawall.allow.http) nobody\n"
     "container db, label \"seawall.allow.http: any\": expected a port behind seawall.allow; until "
     "it "
     "can be read its ports are closed\n"},
    {"db l=seawall.allow.http=any l=seawall.allow.1=any p=0.0.0.0:1:1", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow.http) nobody\n"
     "container db, label \"seawall.allow.http: any\": expected a port behind seawall.allow; until "
     "it "
     "can be read its ports are closed\n"},
    {"db l=seawall.allow=10.0.0.1/8 p=0.0.0.0:1:1", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"
     "container db, label \"seawall.allow: 10.0.0.1/8\": \"10.0.0.1/8\": the prefix has bits "
     "beyond "
     "its length; until it can be read its ports are closed\n"},
    {"db l=seawall.allow=none,lan p=0.0.0.0:1:1", Z DECLARED,
     "db 0.0.0.0:1>1/tcp label(label seawall.allow) nobody\n"
     "container db, label \"seawall.allow: none,lan\": \"lan\": \"none\" stands alone; until it "
     "can "
     "be read its ports are closed\n"},
    {"db l=seawall.allow.70000=any p=127.0.0.1:1:1", V,
     "db 127.0.0.1:1>1/tcp label(label seawall.allow.70000) nobody\n"
     "container db, label \"seawall.allow.70000: any\": expected a port behind seawall.allow; "
     "until "
     "it can be read its ports are closed\n"},
    {"db l=seawall.alow=none p=127.0.0.1:1:1", NULL,
     "db 127.0.0.1:1>1/tcp bind host\n"
     "container db, label \"seawall.alow\": no such label; did you mean \"seawall.allow\"?\n"},
    /* Entries that match nothing, or cannot work. */
    {"web p=0.0.0.0:80:80", V ALLOW "- { container: wep, from: any }\n",
     "web 0.0.0.0:80>80/tcp policy(p) host\n"
     "p:3:3: { container: wep, from: any }: matches nothing: no container is called that; did you "
     "mean \"web\"?\n"},
    {"web shop/web p=0.0.0.0:80:80", V ALLOW "- { service: shop/weg, from: any }\n",
     "web 0.0.0.0:80>80/tcp policy(p) host\n"
     "p:3:3: { service: shop/weg, from: any }: matches nothing: no container is like that; did you "
     "mean \"web\"?\n"},
    {"web p=0.0.0.0:80:80", V ALLOW "- { image: \"x/*\", from: any }\n",
     "web 0.0.0.0:80>80/tcp policy(p) host\n"
     "p:3:3: { image: x/*, from: any }: matches nothing: no container is like that\n"},
    {"web p=0.0.0.0:80:80", V ALLOW "- { container: web, host_port: 81, from: any }\n",
     "web 0.0.0.0:80>80/tcp policy(p) host\n"
     "p:3:3: { container: web, host_port: 81, from: any }: matches nothing: it publishes no such "
     "port\n"},
    {"web p=127.0.0.1:80:80", V ALLOW "- { container: web, host_port: 80, from: [10.0.0.1] }\n",
     "web 127.0.0.1:80>80/tcp policy(p:3:3) 10.0.0.1/32\n"
     "p:3:3: { container: web, host_port: 80, from: [10.0.0.1] }: cannot work: what it names is "
     "published on a loopback address of this host, or not at all, and nobody else gets there; "
     "publish it on another address\n"},
    {"web p=127.0.0.1:80:80 p=10.9.0.10:80:80",
     V ALLOW "- { container: web, host_port: 80, from: [10.0.0.1] }\n",
     "web 10.9.0.10:80>80/tcp policy(p:3:3) 10.0.0.1/32 own\n"
     "web 127.0.0.1:80>80/tcp policy(p:3:3) 10.0.0.1/32\n"},
    {"web p=127.0.0.1:80:80", V ALLOW "- { container: web, host_port: 80, from: host }\n",
     "web 127.0.0.1:80>80/tcp policy(p:3:3) host\n"},
    {"gw p=0.0.0.0:80:80\napp mode=container:gw", V ALLOW "- { container: app, from: any }\n",
     "gw 0.0.0.0:80>80/tcp policy(p) host\n"
     "p:3:3: { container: app, from: any }: matches nothing: that container shares the network of "
     "another one, which has its ports; name that one\n"},
};

/* Patterns, names of images, and whether they fit. */
static const struct {
	const char *pattern, *image;
	bool fits;
} image_cases[] = {
    {"nginx", "nginx", true},
    {"nginx", "nginx:1.25", true},
    {"nginx", "docker.io/library/nginx:1.25", true},
    {"docker.io/library/nginx", "nginx", true},
    {"nginx", "nginx@sha256:00", true},
    {"nginx", "acme/nginx", false},
    {"nginx", "nginxx", false},
    {"nginx:1.25", "nginx:1.25", true},
    {"nginx:1.25", "nginx:1.26", false},
    {"nginx:1.*", "nginx:1.26", true},
    {"nginx:1.*", "nginx:2.1", false},
    {"*", "nginx:1", true},
    {"*", "acme/nginx", false},
    {"**", "ghcr.io/acme/nginx:1", true},
    {"ghcr.io/acme/*", "ghcr.io/acme/app:1", true},
    {"ghcr.io/acme/*", "ghcr.io/acme/team/app:1", false},
    {"ghcr.io/acme/**", "ghcr.io/acme/team/app:1", true},
    {"ghcr.io/acme/*", "ghcr.io/acmes/app", false},
    {"ghcr.io/acme/*", "evil.example/ghcr.io/acme/app", false},
    {"registry:5000/app", "registry:5000/app:1", true},
    {"registry:5000/app", "registry:5001/app:1", false},
    {"app-?", "app-1", true},
    {"app-?", "app-12", false},
    {"", "nginx", false},
    {"***a***b***", "xxaxxb", true},
    {"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};
