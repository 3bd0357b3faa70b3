// SPDX-License-Identifier: GPL-2.0
/* VLAN tags, put into frames that are sent, taken out of those received. */

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_VLAN_AT	(2 * ETH_ALEN)	/* a tag comes after the addresses */

/**
 * nic_vlan_insert() - put an 802.1Q tag in
 * @data: addresses first, with VLAN_HLEN octets of room after the last octet
 * @len: octets, 12 at least
 * @tci: of the tag
 *
 * Context: any.
 */
void nic_vlan_insert(u8 *data, u32 len, u16 tci)
{
	memmove(data + NIC_VLAN_AT + VLAN_HLEN, data + NIC_VLAN_AT,
		len - NIC_VLAN_AT);
	put_unaligned_be16(ETH_P_8021Q, data + NIC_VLAN_AT);
	put_unaligned_be16(tci, data + NIC_VLAN_AT + 2);
}

/**
 * nic_vlan_strip() - take an 802.1Q tag out
 * @frame: the frame
 * @tci: filled in
 *
 * Context: any.
 * Return: whether there was one.
 */
bool nic_vlan_strip(struct wire_frame *frame, u16 *tci)
{
	u8 *tag = frame->data + NIC_VLAN_AT;

	if (frame->len < VLAN_ETH_HLEN || get_unaligned_be16(tag) != ETH_P_8021Q)
		return false;
	*tci = get_unaligned_be16(tag + 2);
	frame->len -= VLAN_HLEN;
	memmove(tag, tag + VLAN_HLEN, frame->len - NIC_VLAN_AT);
	return true;
}
