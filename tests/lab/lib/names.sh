# SPDX-License-Identifier: GPL-2.0-or-later
# The names, addresses and hardware addresses of the lab, in one place for all tests.
# shellcheck shell=bash disable=SC2034

# Every role is a network namespace of this name; "seg" is the switch between three of them.
readonly LAB_ROLES="host neighbour router world lan vpn"

# The segment: host eth0, neighbour eth0, router eth0.
readonly HOST=192.0.2.10           HOST6=2001:db8:1::10
readonly NEIGHBOUR=192.0.2.20      NEIGHBOUR6=2001:db8:1::20
readonly ROUTER=192.0.2.1          ROUTER6=2001:db8:1::1
readonly SEGMENT=192.0.2.0/24      SEGMENT6=2001:db8:1::/64
# Beyond the router: router eth1, world eth0.
readonly WORLD=198.51.100.2        WORLD6=2001:db8:2::2
readonly WORLD_ROUTER=198.51.100.1 WORLD_ROUTER6=2001:db8:2::1
# The inner network: host eth1, lan eth0.
readonly HOST_LAN=10.9.0.10        HOST_LAN6=fd00:9::10
readonly LAN=10.9.0.20             LAN6=fd00:9::20
# The tunnel: host wg0, vpn eth0.
readonly HOST_VPN=10.8.0.1         HOST_VPN6=fd00:8::1
readonly VPN=10.8.0.2              VPN6=fd00:8::2

# What IPv6 makes of the hardware address; needs %eth0 after it.
readonly HOST_LINK6=fe80::ff:fe00:110
readonly HOST_ETH0_MAC=02:00:00:00:01:10
readonly HOST_ETH1_MAC=02:00:00:00:09:10
readonly HOST_WG0_MAC=02:00:00:00:08:01
readonly NEIGHBOUR_MAC=02:00:00:00:01:20
readonly ROUTER_MAC=02:00:00:00:01:01
