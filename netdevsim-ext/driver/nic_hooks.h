/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What netdevsim's own source calls. All of it is under RTNL or the devlink
 * lock as noted; with CONFIG_NETDEVSIM_NIC off every hook costs nothing.
 */
#ifndef NSIM_NIC_HOOKS_H
#define NSIM_NIC_HOOKS_H

#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/types.h>

struct net_device;
struct netdevsim;
struct nsim_dev;
struct nsim_dev_port;
struct nsim_nic;

#if IS_ENABLED(CONFIG_NETDEVSIM_NIC)

#include "nsim_iommu.h"

struct nic_tx_strategy;

/**
 * enum nic_rx_strategy - how received frames go up the stack
 * @NIC_RX_NONE: each by netif_receive_skb()
 * @NIC_RX_GRO: as skbs, by napi_gro_receive()
 * @NIC_RX_GRO_FRAGS: as page frags, by napi_gro_frags()
 * @NIC_RX_HGRO: as pages, by hgro_receive_frags(); those of several buffers as
 *	skbs, by hgro_receive_skb()
 * @NIC_RX_LRO_SKB: as skbs, by lro_receive_skb()
 * @NIC_RX_LRO_FRAGS: as pages, by lro_receive_frags(); those of several buffers
 *	as skbs, by lro_receive_skb()
 * @NIC_RX_LRO_HW: each by netif_receive_skb(); the hardware merges
 * @NIC_RX_STRATEGIES: how many there are
 */
enum nic_rx_strategy {
	NIC_RX_NONE,
	NIC_RX_GRO,
	NIC_RX_GRO_FRAGS,
	NIC_RX_HGRO,
	NIC_RX_LRO_SKB,
	NIC_RX_LRO_FRAGS,
	NIC_RX_LRO_HW,
	NIC_RX_STRATEGIES
};

/**
 * struct nsim_nic_params - what devlink says, for all ports of a device
 * @nic: ports are NICs (taken over at reload)
 * @iommu: mode of the emulated IOMMU (taken over at reload)
 * @tx: how super-packets are sent; changes at run time
 * @rx: how received frames go up; changes at run time
 * @rx_reorder_us: how long hgro lets early packets wait, microseconds; changes
 *	at run time
 */
struct nsim_nic_params {
	bool nic;
	enum nsim_iommu_mode iommu;
	const struct nic_tx_strategy *tx;
	enum nic_rx_strategy rx;
	u32 rx_reorder_us;
};

void nsim_nic_module_init(void);
void nsim_nic_module_exit(void);

int nsim_nic_params_register(struct nsim_dev *nsim_dev);
void nsim_nic_params_unregister(struct nsim_dev *nsim_dev);
void nsim_nic_params_load(struct nsim_dev *nsim_dev);

bool nsim_nic_asked(const struct nsim_dev *nsim_dev,
		    const struct nsim_dev_port *port);
int nsim_nic_create(struct netdevsim *ns);
void nsim_nic_destroy(struct netdevsim *ns);
bool nsim_nic_is(const struct net_device *dev);
int nsim_nic_link(struct netdevsim *a, struct netdevsim *b);
void nsim_nic_unlink(struct netdevsim *a, struct netdevsim *b);

#else

struct nsim_nic_params {
};

static inline void nsim_nic_module_init(void)
{
}

static inline void nsim_nic_module_exit(void)
{
}

static inline int nsim_nic_params_register(struct nsim_dev *nsim_dev)
{
	return 0;
}

static inline void nsim_nic_params_unregister(struct nsim_dev *nsim_dev)
{
}

static inline void nsim_nic_params_load(struct nsim_dev *nsim_dev)
{
}

static inline bool nsim_nic_asked(const struct nsim_dev *nsim_dev,
				  const struct nsim_dev_port *port)
{
	return false;
}

static inline int nsim_nic_create(struct netdevsim *ns)
{
	return -EOPNOTSUPP;
}

static inline void nsim_nic_destroy(struct netdevsim *ns)
{
}

static inline bool nsim_nic_is(const struct net_device *dev)
{
	return false;
}

static inline int nsim_nic_link(struct netdevsim *a, struct netdevsim *b)
{
	return 0;
}

static inline void nsim_nic_unlink(struct netdevsim *a, struct netdevsim *b)
{
}

#endif
#endif
