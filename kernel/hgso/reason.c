// SPDX-License-Identifier: GPL-2.0
/*
 * Why a super-packet was not prepared: what the caller gets, and its name.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "hgso_impl.h"

static const char * const hgso_reason_names[HGSO_NR_REASONS] = {
	[HGSO_OK] = "ok",
	[HGSO_GSO_TYPE] = "gso_type",
	[HGSO_PROTOCOL] = "protocol",
	[HGSO_FRAG_LIST] = "frag_list",
	[HGSO_UNREADABLE] = "unreadable",
	[HGSO_BIG] = "big",
	[HGSO_DESCRIPTORS] = "descriptors",
	[HGSO_SLICE] = "slice",
	[HGSO_HEADROOM] = "headroom",
	[HGSO_SHARED_FRAG] = "shared_frag",
	[HGSO_SHARED] = "shared",
	[HGSO_GSO_SIZE] = "gso_size",
	[HGSO_HEADER] = "header",
	[HGSO_LENGTH] = "length",
	[HGSO_NOMEM] = "nomem",
	[HGSO_MAP] = "map",
};

int hgso_reason_errno(enum hgso_reason reason)
{
	switch (reason) {
	case HGSO_OK:
		return 0;
	case HGSO_SHARED:
		return -EBUSY;
	case HGSO_GSO_SIZE:
	case HGSO_HEADER:
	case HGSO_LENGTH:
		return -EINVAL;
	case HGSO_NOMEM:
	case HGSO_MAP:
		return -ENOMEM;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * hgso_reason_name() - a reason's name, for counters and messages
 * @reason: why a packet was not prepared
 *
 * Context: any.
 * Return: a constant string of lower-case letters and underscores.
 */
const char *hgso_reason_name(enum hgso_reason reason)
{
	if ((unsigned int)reason >= HGSO_NR_REASONS)
		return "unknown";
	return hgso_reason_names[reason];
}
EXPORT_SYMBOL_GPL(hgso_reason_name);
