#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints what the standard tools say of the network namespace it runs in, without what a copy cannot
# share: counts, time that is left, the state of duplicate detection, the kinds of stand-ins.
ip -d link | sed -E 's/@[^:]*:/:/; s/link-netns[^ ]* [^ ]*//; s/addrgenmode.*//; s/ +$//
	s/^    bridge .*(group_fwd_mask)/bridge \1/; s/mcast_snooping.*(nf_call_iptables)/\1/
	s/(bridge_slave state [a-z]*).*(hairpin [a-z]*).*(isolated [a-z]*).*/\1 \2 \3/'
ip addr | grep inet | sed -E 's/ (nodad|tentative)//g; s/ +$//'
ip -4 route show table all | sort
ip -6 route show table all | sed -E 's/(table local.*) metric [0-9]+/\1/' | sort
ip rule
ip -6 rule
ip nexthop
sysctl -a 2>/dev/null | grep -E 'net.ipv[46].conf.*(forwarding|rp_filter|disable_ipv6|localnet|redirects|accept_ra) '
nft list ruleset 2>/dev/null |
	sed -E 's/expires [0-9a-z]+/expires X/g; s/packets [0-9]+ bytes [0-9]+/packets N bytes N/g'
for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save \
	ebtables-nft-save arptables-nft-save; do
	"$save" 2>&1 | sed -E '/^#/d; s/\[[0-9]+:[0-9]+\]/[N:N]/'
done
ipset save | sed -E 's/timeout [1-9][0-9]?$|timeout [1-9][0-9]? /timeout X /; s/hashsize [0-9]+//'
