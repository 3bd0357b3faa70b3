// SPDX-License-Identifier: GPL-2.0
/* What devlink says about NICs: whether, behind which IOMMU, and how. */
#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "netdevsim.h"
#include "nic.h"

/* Beyond those of the stock driver, which begin at the same base. */
enum {
	NIC_PARAM_ID_NIC = DEVLINK_PARAM_GENERIC_ID_MAX + 64,
	NIC_PARAM_ID_IOMMU,
	NIC_PARAM_ID_TX_STRATEGY,
	NIC_PARAM_ID_RX_STRATEGY,
	NIC_PARAM_ID_RX_REORDER,
};

static const struct nic_tx_strategy *const nic_tx_strategies[] = {
	&nic_tx_plain,
	&nic_tx_tso_lib,
	&nic_tx_hgso,		/* hgso: line */
	&nic_tx_hw_tso,
};

static const char * const nic_iommu_modes[] = {
	[NSIM_IOMMU_STRICT] = "strict",
	[NSIM_IOMMU_LAZY] = "lazy",
	[NSIM_IOMMU_IDENTITY] = "identity",
};

static const char * const nic_rx_strategies[] = {
	[NIC_RX_NONE] = "none",
	[NIC_RX_GRO] = "gro",
	[NIC_RX_GRO_FRAGS] = "gro-frags",
	[NIC_RX_HGRO] = "hgro",
	[NIC_RX_LRO_SKB] = "lro-skb",
	[NIC_RX_LRO_FRAGS] = "lro-frags",
	[NIC_RX_LRO_HW] = "lro-hw",
};

static const struct nic_tx_strategy *nic_tx_strategy_find(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(nic_tx_strategies); i++)
		if (!strcmp(nic_tx_strategies[i]->name, name))
			return nic_tx_strategies[i];
	return NULL;
}

static int nic_iommu_validate(struct devlink *devlink, u32 id,
			      union devlink_param_value val,
			      struct netlink_ext_ack *extack)
{
	if (match_string(nic_iommu_modes, ARRAY_SIZE(nic_iommu_modes),
			 val.vstr) >= 0)
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "iommu is one of: strict, lazy, identity");
	return -EINVAL;
}

static int nic_tx_validate(struct devlink *devlink, u32 id,
			   union devlink_param_value val,
			   struct netlink_ext_ack *extack)
{
	if (nic_tx_strategy_find(val.vstr))
		return 0;
	NL_SET_ERR_MSG_MOD(extack,
			   "tx_strategy is one of: gso, tso-lib, hgso, tso-hw");
	return -EINVAL;
}

static int nic_rx_validate(struct devlink *devlink, u32 id,
			   union devlink_param_value val,
			   struct netlink_ext_ack *extack)
{
	if (match_string(nic_rx_strategies, ARRAY_SIZE(nic_rx_strategies),
			 val.vstr) >= 0)
		return 0;
	NL_SET_ERR_MSG_MOD(extack,
			   "rx_strategy is one of: none, gro, gro-frags, hgro, lro-skb, lro-frags, lro-hw");
	return -EINVAL;
}

static int nic_tx_get(struct devlink *devlink, u32 id,
		      struct devlink_param_gset_ctx *ctx)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);

	strscpy(ctx->val.vstr, nsim_dev->nic.tx->name, sizeof(ctx->val.vstr));
	return 0;
}

static int nic_tx_set(struct devlink *devlink, u32 id,
		      struct devlink_param_gset_ctx *ctx,
		      struct netlink_ext_ack *extack)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);
	struct nsim_dev_port *port;

	nsim_dev->nic.tx = nic_tx_strategy_find(ctx->val.vstr);
	rtnl_lock();
	list_for_each_entry(port, &nsim_dev->port_list, list)
		if (port->ns->nic)
			nic_strategy_set(port->ns->nic, nsim_dev->nic.tx);
	rtnl_unlock();
	return 0;
}

static int nic_rx_get(struct devlink *devlink, u32 id,
		      struct devlink_param_gset_ctx *ctx)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);

	strscpy(ctx->val.vstr, nic_rx_strategies[nsim_dev->nic.rx],
		sizeof(ctx->val.vstr));
	return 0;
}

static int nic_rx_set(struct devlink *devlink, u32 id,
		      struct devlink_param_gset_ctx *ctx,
		      struct netlink_ext_ack *extack)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);
	int rx = match_string(nic_rx_strategies, ARRAY_SIZE(nic_rx_strategies),
			      ctx->val.vstr);
	struct nsim_dev_port *port;

	if (rx < 0)
		return rx;
	nsim_dev->nic.rx = rx;
	rtnl_lock();
	list_for_each_entry(port, &nsim_dev->port_list, list)
		if (port->ns->nic)
			nic_rx_strategy_set(port->ns->nic, rx);
	rtnl_unlock();
	return 0;
}

static int nic_reorder_validate(struct devlink *devlink, u32 id,
				union devlink_param_value val,
				struct netlink_ext_ack *extack)
{
	if (val.vu32 <= HGRO_MAX_REORDER_US)
		return 0;
	NL_SET_ERR_MSG_FMT_MOD(extack, "rx_reorder_us is at most %u",
			       HGRO_MAX_REORDER_US);
	return -ERANGE;
}

static int nic_reorder_get(struct devlink *devlink, u32 id,
			   struct devlink_param_gset_ctx *ctx)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);

	ctx->val.vu32 = nsim_dev->nic.rx_reorder_us;
	return 0;
}

static int nic_reorder_set(struct devlink *devlink, u32 id,
			   struct devlink_param_gset_ctx *ctx,
			   struct netlink_ext_ack *extack)
{
	struct nsim_dev *nsim_dev = devlink_priv(devlink);
	struct nsim_dev_port *port;
	struct nsim_nic *nic;
	u32 i;

	nsim_dev->nic.rx_reorder_us = ctx->val.vu32;
	list_for_each_entry(port, &nsim_dev->port_list, list) {
		nic = port->ns->nic;
		for (i = 0; nic && i < nic->nr_queues; i++)
			hgro_set_reorder(nic->queues[i].rx.hgro,
					 ctx->val.vu32);
	}
	return 0;
}

static const struct devlink_param nic_params[] = {
	DEVLINK_PARAM_DRIVER(NIC_PARAM_ID_NIC, "nic", DEVLINK_PARAM_TYPE_BOOL,
			     BIT(DEVLINK_PARAM_CMODE_DRIVERINIT),
			     NULL, NULL, NULL),
	DEVLINK_PARAM_DRIVER(NIC_PARAM_ID_IOMMU, "iommu",
			     DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_DRIVERINIT),
			     NULL, NULL, nic_iommu_validate),
	DEVLINK_PARAM_DRIVER(NIC_PARAM_ID_TX_STRATEGY, "tx_strategy",
			     DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     nic_tx_get, nic_tx_set, nic_tx_validate),
	DEVLINK_PARAM_DRIVER(NIC_PARAM_ID_RX_STRATEGY, "rx_strategy",
			     DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     nic_rx_get, nic_rx_set, nic_rx_validate),
	DEVLINK_PARAM_DRIVER(NIC_PARAM_ID_RX_REORDER, "rx_reorder_us",
			     DEVLINK_PARAM_TYPE_U32,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     nic_reorder_get, nic_reorder_set,
			     nic_reorder_validate),
};

/**
 * nsim_nic_params_register() - devlink parameters of a device, at defaults
 * @nsim_dev: the device
 *
 * Context: process, under the devlink lock.
 * Return: 0 or what devlink said.
 */
int nsim_nic_params_register(struct nsim_dev *nsim_dev)
{
	struct devlink *devlink = priv_to_devlink(nsim_dev);
	union devlink_param_value value = {};
	int err;

	nsim_dev->nic.nic = false;
	nsim_dev->nic.iommu = NSIM_IOMMU_STRICT;
	nsim_dev->nic.tx = &nic_tx_plain;
	nsim_dev->nic.rx = NIC_RX_GRO;
	nsim_dev->nic.rx_reorder_us = 0;
	err = devl_params_register(devlink, nic_params, ARRAY_SIZE(nic_params));
	if (err)
		return err;
	value.vbool = nsim_dev->nic.nic;
	devl_param_driverinit_value_set(devlink, NIC_PARAM_ID_NIC, value);
	strscpy(value.vstr, nic_iommu_modes[nsim_dev->nic.iommu],
		sizeof(value.vstr));
	devl_param_driverinit_value_set(devlink, NIC_PARAM_ID_IOMMU, value);
	return 0;
}

/**
 * nsim_nic_params_unregister() - the end of it
 * @nsim_dev: the device
 *
 * Context: process, under the devlink lock.
 */
void nsim_nic_params_unregister(struct nsim_dev *nsim_dev)
{
	devl_params_unregister(priv_to_devlink(nsim_dev), nic_params,
			       ARRAY_SIZE(nic_params));
}

/**
 * nsim_nic_params_load() - take over driverinit values, at reload
 * @nsim_dev: the device, without ports
 *
 * Context: process, under the devlink lock.
 */
void nsim_nic_params_load(struct nsim_dev *nsim_dev)
{
	struct devlink *devlink = priv_to_devlink(nsim_dev);
	union devlink_param_value value;
	int mode;

	if (!devl_param_driverinit_value_get(devlink, NIC_PARAM_ID_NIC, &value))
		nsim_dev->nic.nic = value.vbool;
	if (devl_param_driverinit_value_get(devlink, NIC_PARAM_ID_IOMMU,
					    &value))
		return;
	mode = match_string(nic_iommu_modes, ARRAY_SIZE(nic_iommu_modes),
			    value.vstr);
	if (mode >= 0)
		nsim_dev->nic.iommu = mode;
}
