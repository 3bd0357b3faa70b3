// SPDX-License-Identifier: GPL-2.0
/* A port becomes a NIC, is linked with another one, and goes again. */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/pkt_sched.h>

#include "netdevsim.h"
#include "nic.h"
#include "nic_channels.h"
#include "nic_link.h"
#include "wire.h"

/**
 * nic_of() - the NIC of a net_device
 * @dev: one of ours
 *
 * Context: any.
 * Return: the NIC.
 */
struct nsim_nic *nic_of(const struct net_device *dev)
{
	return ((struct netdevsim *)netdev_priv(dev))->nic;
}

/**
 * nsim_nic_is() - is this net_device a NIC of ours?
 * @dev: any
 *
 * Context: any.
 * Return: whether it is.
 */
bool nsim_nic_is(const struct net_device *dev)
{
	return dev->netdev_ops == &nic_netdev_ops;
}

/**
 * nsim_nic_asked() - shall a new port be a NIC?
 * @nsim_dev: the device
 * @port: its new port
 *
 * Context: process, under the devlink lock.
 * Return: whether it shall. Virtual functions stay stock.
 */
bool nsim_nic_asked(const struct nsim_dev *nsim_dev,
		    const struct nsim_dev_port *port)
{
	return nsim_dev->nic.nic && port->port_type == NSIM_DEV_PORT_TYPE_PF;
}

/* Packets that may wait in a queue for late ones. */
#define NIC_RX_REORDER	64

static void nic_queues_exit(struct nsim_nic *nic)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++)
		if (nic->queues[i].rx.hgro)
			hgro_destroy(nic->queues[i].rx.hgro);
}

static int nic_queues_init(struct nsim_nic *nic)
{
	struct hgro_config config = {
		.recycle = true,
		.ports = &nic->hgro_ports,
		.reorder_packets = NIC_RX_REORDER,
		.reorder_us = nic->ns->nsim_dev->nic.rx_reorder_us,
	};
	struct nic_queue *queue;
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		queue = &nic->queues[i];
		queue->index = i;
		queue->tx.nic = nic;
		queue->tx.index = i;
		queue->tx.txq = netdev_get_tx_queue(nic->netdev, i);
		__skb_queue_head_init(&queue->tx.pending);
		u64_stats_init(&queue->tx.sync);
		u64_stats_init(&queue->tx.done_sync);
		hgso_txq_init(&queue->tx.hgso, nic->dma_dev, nic->sizes.tx - 1); /* hgso: line */
		queue->rx.nic = nic;
		queue->rx.index = i;
		queue->rx.napi = &queue->napi;
		timer_setup(&queue->rx.retry, nic_rx_retry, 0);
		u64_stats_init(&queue->rx.sync);
		config.queue = i;
		queue->rx.hgro = hgro_create(&queue->napi, &config);
		if (!queue->rx.hgro || nic_lro_init(&queue->rx)) {
			nic_queues_exit(nic);
			return -ENOMEM;
		}
	}
	return 0;
}

static int nic_hw_up(struct nsim_nic *nic)
{
	struct netdevsim *ns = nic->ns;
	char name[32];

	nic->ddir = debugfs_create_dir("nic", ns->nsim_dev_port->ddir);
	/* It may outlive its port, so the number is not the port's. */
	nic->pdev = nsim_iommu_device_create("netdevsim-nic",
					     PLATFORM_DEVID_AUTO,
					     ns->nsim_dev->nic.iommu,
					     nic->ddir);
	if (IS_ERR(nic->pdev))
		return PTR_ERR(nic->pdev);
	nic->dma_dev = &nic->pdev->dev;
	snprintf(name, sizeof(name), "nic%u.%u", ns->nsim_bus_dev->dev.id,
		 ns->nsim_dev_port->port_index);
	nic->hw = nic_hw_create(nic->dma_dev, name, nic->nr_queues, nic->ddir);
	if (IS_ERR(nic->hw)) {
		nsim_iommu_device_destroy(nic->pdev);
		return PTR_ERR(nic->hw);
	}
	return 0;
}

static void nic_netdev_setup(struct nsim_nic *nic)
{
	struct net_device *dev = nic->netdev;

	dev->netdev_ops = &nic_netdev_ops;
	dev->ethtool_ops = &nic_ethtool_ops;
	dev->stat_ops = &nic_stat_ops;
	dev->tx_queue_len = DEFAULT_TX_QUEUE_LEN;
	dev->flags |= IFF_MULTICAST;
	dev->priv_flags &= ~IFF_NO_QUEUE;
	/* It writes to an skb's head, so nobody else may hold that. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;		/* hgso: line */
	dev->max_mtu = NIC_MAX_FRAME - VLAN_ETH_HLEN;
	dev->xdp_features = 0;
	dev->udp_tunnel_nic_info = &nic_tunnel_info;
	nic_features_init(nic);
	netif_carrier_off(dev);
}

static void nic_hw_down(struct nsim_nic *nic)
{
	nic_hw_destroy(nic->hw);
	/* Sockets may still hold pages that were received into. */
	nsim_iommu_device_release(nic->pdev);
}

static struct nsim_nic *nic_alloc(struct netdevsim *ns)
{
	u32 nr = ns->nsim_bus_dev->num_queues;
	struct nsim_nic *nic;

	if (!nr || nr > NIC_MAX_QUEUES) {
		dev_err(&ns->nsim_bus_dev->dev,
			"a NIC has 1 to %u queues, not %u\n", NIC_MAX_QUEUES,
			nr);
		return ERR_PTR(-EINVAL);
	}
	nic = kvzalloc(struct_size(nic, queues, nr), GFP_KERNEL);
	if (!nic)
		return ERR_PTR(-ENOMEM);
	nic->nr_queues = nr;
	nic->ns = ns;
	nic->netdev = ns->netdev;
	nic->txs = ns->nsim_dev->nic.tx;
	nic->rxs = ns->nsim_dev->nic.rx;
	nic->sizes.tx = NIC_RING_DEFAULT;
	nic->sizes.rx = NIC_RING_DEFAULT;
	nic->pause_send = true;
	nic->pause_heed = true;
	INIT_WORK(&nic->link_work, nic_link_work);
	return nic;
}

/**
 * nsim_nic_create() - give a port its NIC and register its net_device
 * @ns: the port
 *
 * Context: process, under the devlink lock, not under RTNL.
 * Return: 0; -EINVAL for a number of queues that the hardware has not; -ENOMEM;
 * -EOPNOTSUPP when the IOMMU mode cannot be had; what registration said.
 */
int nsim_nic_create(struct netdevsim *ns)
{
	struct nsim_nic *nic = nic_alloc(ns);
	int err;

	if (IS_ERR(nic))
		return PTR_ERR(nic);
	err = nic_hw_up(nic);
	if (err)
		goto err_debugfs;
	err = nic_queues_init(nic);
	if (err)
		goto err_hw;
	err = nic_layout_read(nic);
	if (err)
		goto err_queues;
	err = nic_ptp_init(nic);
	if (err)
		goto err_queues;
	nic_rss_init(nic);
	nic_netdev_setup(nic);
	nic_stats_debugfs(nic);
	nic_bug_init(nic);
	nic_headers_init(nic);
	nic_reset_init(nic);
	ns->nic = nic;

	rtnl_lock();
	err = register_netdevice(ns->netdev);
	rtnl_unlock();
	if (!err)
		return 0;

	ns->nic = NULL;
	nic_stats_debugfs_remove(nic);
	nic_bug_exit(nic);
	nic_ptp_exit(nic);
err_queues:
	nic_queues_exit(nic);
err_hw:
	nic_hw_down(nic);
err_debugfs:
	debugfs_remove(nic->ddir);
	kvfree(nic);
	return err;
}

/**
 * nsim_nic_destroy() - take a port's net_device and NIC away
 * @ns: the port, a NIC; the caller frees its net_device
 *
 * Context: process, under the devlink lock, not under RTNL.
 */
void nsim_nic_destroy(struct netdevsim *ns)
{
	struct nsim_nic *nic = ns->nic;
	struct netdevsim *peer;

	rtnl_lock();
	peer = rtnl_dereference(ns->peer);
	if (peer) {
		nsim_nic_unlink(ns, peer);
		RCU_INIT_POINTER(peer->peer, NULL);
		RCU_INIT_POINTER(ns->peer, NULL);
	}
	unregister_netdevice(ns->netdev);
	rtnl_unlock();

	nic_ptp_exit(nic);
	cancel_work_sync(&nic->link_work);
	nic_stats_debugfs_remove(nic);
	nic_reset_exit(nic);
	nic_bug_exit(nic);
	nic_queues_exit(nic);
	nic_hw_down(nic);
	debugfs_remove(nic->ddir);
	kvfree(nic);
}

/** nsim_nic_module_init() - what is there before the first NIC */
void nsim_nic_module_init(void)
{
	wire_switches_init();
}

/** nsim_nic_module_exit() - take it away; no NIC is left */
void nsim_nic_module_exit(void)
{
	wire_switches_exit();
}

/**
 * nsim_nic_link() - connect the wire between two ports that are being linked
 * @a: a port
 * @b: another one
 *
 * Context: process, under RTNL.
 * Return: 0, also when neither is a NIC; -EOPNOTSUPP when one is; what
 * wire_connect() said.
 */
int nsim_nic_link(struct netdevsim *a, struct netdevsim *b)
{
	if (!a->nic && !b->nic)
		return 0;
	if (!a->nic || !b->nic) {
		pr_err("netdevsim: cannot link NIC %s with stock %s: make both NICs\n",
		       netdev_name(a->nic ? a->netdev : b->netdev),
		       netdev_name(a->nic ? b->netdev : a->netdev));
		return -EOPNOTSUPP;
	}
	return wire_connect(nic_hw_port(a->nic->hw), nic_hw_port(b->nic->hw));
}

/**
 * nsim_nic_unlink() - take the wire away from two ports
 * @a: a port
 * @b: its peer
 *
 * Context: process, under RTNL.
 */
void nsim_nic_unlink(struct netdevsim *a, struct netdevsim *b)
{
	if (!a->nic)
		return;
	wire_disconnect(nic_hw_port(a->nic->hw));
	netif_carrier_off(a->netdev);
	netif_carrier_off(b->netdev);
}
