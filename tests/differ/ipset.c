/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random ipsets. */
#include "grammar.h"
#include "vocabulary.h"

void ipset_sets(FILE *file, bool ipv6, unsigned *seed)
{
	const char *family = ipv6 ? "family inet6" : "";

	fprintf(file, "create ip hash:ip %s%s\n", family, one_in(3, seed) ? " netmask 30" : "");
	fprintf(file, "create net hash:net %s\ncreate ipport hash:ip,port %s\n", family, family);
	fprintf(file, "create netport hash:net,port %s\ncreate netiface hash:net,iface %s\n",
	        family, family);
	fprintf(file, "create ipportnet hash:ip,port,net %s\ncreate ipportip hash:ip,port,ip %s\n",
	        family, family);
	fputs(
	    "create port bitmap:port range 0-65535\ncreate list list:set\n"
	    "create bitmap bitmap:ip range 192.0.2.0/24\n"
	    "add list net\nadd list ipport\nadd bitmap 192.0.2.3\nadd bitmap 192.0.2.5-192.0.2.7\n",
	    file);
	for (unsigned i = 0; i < 4; i++) {
		fprintf(file, "add ip %s -exist\n", random_address(ipv6, true, seed));
		fprintf(file, "add net %s %s -exist\n", ipv6 ? "2001:db8:2::8/125" : "192.0.2.8/29",
		        "");
		fprintf(file, "add net %s/%u %s -exist\n",
		        random_address(ipv6, one_in(2, seed), seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), one_in(2, seed) ? "nomatch" : "");
		fprintf(file, "add ipport %s,%s:%u -exist\n", random_address(ipv6, true, seed),
		        PICK(transports, seed), random_port(seed));
		fprintf(file, "add netport %s/%u,%s:%u %s -exist\n",
		        random_address(ipv6, false, seed), (ipv6 ? 122 : 26) + pick(6, seed),
		        PICK(transports, seed), random_port(seed),
		        one_in(3, seed) ? "nomatch" : "");
		fprintf(file, "add netiface %s/%u,%s -exist\n", random_address(ipv6, true, seed),
		        (ipv6 ? 122 : 26) + pick(6, seed), one_in(2, seed) ? "eth0" : "c0");
		fprintf(file, "add ipportnet %s,%s:%u,%s/%u %s -exist\n",
		        random_address(ipv6, true, seed), PICK(transports, seed), random_port(seed),
		        random_address(ipv6, false, seed), (ipv6 ? 122 : 26) + pick(6, seed),
		        one_in(3, seed) ? "nomatch" : "");
		fprintf(file, "add ipportip %s,%s:%u,%s -exist\n", random_address(ipv6, true, seed),
		        PICK(transports, seed), random_port(seed),
		        random_address(ipv6, false, seed));
		fprintf(file, "add port %u -exist\n", random_port(seed));
	}
}
