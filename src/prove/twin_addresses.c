/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's addresses: the host's, usable at once and for good.
 *
 * Theory of operation. An address goes back as it was told, without what belongs to its life on
 * the host: lifetimes, duplicate detection, the making of temporary addresses. One that failed
 * duplicate detection is not used by the host's kernel, so it is left out. In the order of the
 * dump, secondary IPv4 addresses become secondary again. What a fresh lo has of its own and the
 * host's has not is taken away.
 */
#include "observe/netlink.h"
#include "prove/twin_parts.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* What of an address's flags is its own and not its state. */
static uint32_t flags_kept(uint8_t family, uint32_t flags)
{
	if (family == AF_INET)
		return flags & (IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
	return (flags & (IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS)) | IFA_F_NODAD;
}

/* Drafts the creation of an address. */
static int address_collect(struct parcels *parcels, const struct nlmsghdr *raw)
{
	static const uint16_t same[] = {IFA_LOCAL, IFA_ADDRESS, IFA_LABEL, IFA_BROADCAST,
	                                IFA_RT_PRIORITY};
	const struct ifaddrmsg *theirs = message_header(raw, sizeof(*theirs));
	struct draft *draft = &parcels->draft;
	struct ifaddrmsg header = *theirs;
	uint32_t flags =
	    nlattr_u32(message_find(raw, sizeof(header), IFA_FLAGS), theirs->ifa_flags);
	size_t start;

	header.ifa_flags = (uint8_t)flags_kept(header.ifa_family, flags);
	start =
	    draft_begin(draft, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 0, &header, sizeof(header));
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = message_find(raw, sizeof(header), same[i]);

		if (value)
			draft_copy(draft, value);
	}
	draft_put_u32(draft, IFA_FLAGS, flags_kept(header.ifa_family, flags));
	if (flags & IFA_F_DEPRECATED) {
		/* Deprecated now and valid for ever. */
		struct ifa_cacheinfo life = {.ifa_prefered = 0, .ifa_valid = UINT32_MAX};

		draft_put(draft, IFA_CACHEINFO, &life, sizeof(life));
	}
	draft_end(draft, start);
	return parcels_added(parcels, raw, start, 0);
}

/* The text of the address of a raw message, for notes. */
static const char *address_text(const struct nlmsghdr *raw, char text[static ADDRESS_TEXT])
{
	const struct ifaddrmsg *header = message_header(raw, sizeof(*header));
	const struct nlattr *value = message_find(raw, sizeof(*header), IFA_LOCAL);
	struct address address;

	value = value ? value : message_find(raw, sizeof(*header), IFA_ADDRESS);
	if (!value || nlattr_len(value) != address_size(header->ifa_family))
		return "?";
	address = address_make(header->ifa_family, nlattr_data(value));
	return address_format(&address, text);
}

/* Drafts all of the view's addresses. */
static int addresses_collect(struct twin *twin, const struct netview *view, struct parcels *parcels)
{
	const struct nlmsghdr *raw;
	char text[ADDRESS_TEXT];
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&view->raw[RAW_ADDRESS], &offset))) {
		const struct ifaddrmsg *header = message_header(raw, sizeof(*header));
		uint32_t flags;

		if (!header || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
			continue;
		flags =
		    nlattr_u32(message_find(raw, sizeof(*header), IFA_FLAGS), header->ifa_flags);
		if (flags & IFA_F_DADFAILED)
			status = twin_note(twin,
			                   "address %s: a duplicate of it was seen on the link, so "
			                   "neither host nor twin uses it",
			                   address_text(raw, text));
		else
			status = address_collect(parcels, raw);
	}
	return status;
}

/* Whether the view has an address on a link. */
static bool view_has_address(const struct netview *view, const struct ifaddr *wanted)
{
	vec_foreach(ifaddr, &view->addresses)
		if (ifaddr->ifindex == wanted->ifindex &&
		    ifaddr->prefix_len == wanted->prefix_len &&
		    address_equal(&ifaddr->address, &wanted->address))
			return true;
	return false;
}

/* Reads the twin's own addresses. */
static int addresses_now(struct netview *now, struct error **ret_error)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	_cleanup_netlink_ struct netlink *netlink = NULL;
	struct dump dump = {.to = &now->raw[RAW_ADDRESS],
	                    .cap = NETLINK_DUMP_MAX,
	                    .what = "the addresses of the twin"};
	int status = netlink_open(NETLINK_ROUTE, &netlink, ret_error);

	for (size_t i = 0; status >= 0 && i < sizeof(families); i++) {
		dump.family = families[i];
		status = netlink_dump_steady(
		    netlink,
		    request_begin(buffer, RTM_GETADDR, sizeof(struct ifaddrmsg), families[i]),
		    &dump, ret_error);
	}
	return status < 0 ? status : netview_decode(now, ret_error);
}

/* Takes away what lo was born with and the host's does not have. */
static int addresses_delete_others(struct wire *wire, const struct netview *view,
                                   struct error **ret_error)
{
	_cleanup_(netview_done) struct netview now = {0};
	_cleanup_outbox_ struct outbox outbox = {.wire = wire};
	int status = addresses_now(&now, ret_error);

	if (status < 0)
		return status;
	vec_foreach(ifaddr, &now.addresses) {
		const struct link *link = netview_link(view, ifaddr->ifindex);
		struct ifaddrmsg header = {.ifa_family = ifaddr->address.family,
		                           .ifa_prefixlen = ifaddr->prefix_len,
		                           .ifa_index = ifaddr->ifindex};
		size_t start, size = address_size(ifaddr->address.family);

		if ((link && !(link->flags & IFF_LOOPBACK)) || view_has_address(view, ifaddr))
			continue;
		start = draft_begin(&outbox.draft, RTM_DELADDR, 0, 0, &header, sizeof(header));
		draft_put(&outbox.draft, IFA_LOCAL, ifaddr->address.bytes, size);
		draft_put(&outbox.draft, IFA_ADDRESS, ifaddr->address.bytes, size);
		draft_end(&outbox.draft, start);
		status = outbox_added(&outbox);
		if (status < 0)
			return status;
	}
	return outbox_flush(&outbox);
}

int twin_addresses(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_parcels_ struct parcels parcels = {.arena = &twin->arena};
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	char text[ADDRESS_TEXT];
	int status = wire_open(NETLINK_ROUTE, &wire, ret_error);

	if (status == 0)
		status = addresses_delete_others(&wire, view, ret_error);
	if (status == 0)
		status = addresses_collect(twin, view, &parcels);
	if (status == 0)
		status = parcels_send(&parcels, &wire, EEXIST);
	for (size_t i = 0; status == 0 && i < parcels.items.n; i++) {
		const struct parcel *parcel = &parcels.items.items[i];

		if (parcel->number)
			status = twin_note(twin, "address %s: it is not copied: %s",
			                   address_text(parcel->raw, text),
			                   parcel->why ? parcel->why : strerror(parcel->number));
	}
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its addresses") : 0;
}
